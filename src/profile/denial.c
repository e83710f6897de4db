/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/denial.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "uapi/arg_plan.h"

enum { TEXT_MAX = 16384, PARENTS_MAX = 64 };

const char *const denial_layer_names[] = {
	[DENIAL_SECCOMP] = "seccomp",
	[DENIAL_APPARMOR] = "apparmor",
	[DENIAL_SELINUX] = "selinux",
	[DENIAL_DENY] = "deny",
};
static_assert(ARRAY_SIZE(denial_layer_names) == DENIAL_LAYERS, "a name for each");

/* The texts that a denial owns, by what they are called in JSON. */
static const struct {
	const char *name;
	size_t at;
} texts[] = {
#define AT(member) offsetof(struct denial, member)
	{ "container", AT(container) },	  { "comm", AT(comm) },
	{ "executable", AT(executable) }, { "label", AT(label) },
	{ "operation", AT(operation) },	  { "wanted", AT(wanted) },
	{ "target", AT(target) },
#undef AT
};

static char **text_of(const struct denial *d, size_t i)
{
	return (char **)((char *)(uintptr_t)d + texts[i].at);
}

void denial_deinit(struct denial *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(*text_of(d, i));
	string_list_deinit(&d->parents);
	memset(d, 0, sizeof(*d));
}

void denial_list_deinit(denial_list *list)
{
	vec_foreach(d, list)
		denial_deinit(d);
	vec_deinit(list);
}

/* --- same and not ------------------------------------------------------------------------------- */

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && str_eq(a, b));
}

/* The arguments that decide; others (addresses, sizes) differ each time. */
static bool has_same_arguments(const struct denial *a, const struct denial *b)
{
	const char *name = sys_call_name(a->arch, (int)a->nr);
	const struct sys_arg_plan *plan = name ? sys_arg_plan(name) : NULL;

	if (a->arg_count != b->arg_count)
		return false;
	for (unsigned i = 0; plan && i < plan->count; i++)
		if (plan->arg[i].index < a->arg_count &&
		    a->args[plan->arg[i].index] != b->args[plan->arg[i].index])
			return false;
	return true;
}

bool denial_is_same(const struct denial *a, const struct denial *b)
{
	if (a->layer != b->layer || a->enforced != b->enforced || a->has_call != b->has_call ||
	    a->arch != b->arch || a->nr != b->nr)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!is_same_text(*text_of(a, i), *text_of(b, i)))
			return false;
	return !a->has_call || has_same_arguments(a, b);
}

int denial_list_add(denial_list *list, struct denial *d, size_t limit)
{
	struct denial *slot;

	vec_foreach(known, list) {
		if (!denial_is_same(known, d))
			continue;
		known->count += d->count;
		if (d->first_ns < known->first_ns)
			known->first_ns = d->first_ns;
		if (d->last_ns > known->last_ns)
			known->last_ns = d->last_ns;
		denial_deinit(d);
		return 0;
	}
	if (list->len >= limit)
		return -E2BIG;
	slot = vec_add(list);
	if (!slot)
		return -ENOMEM;
	*slot = *d;
	memset(d, 0, sizeof(*d));
	return 1;
}

/* --- for a person ------------------------------------------------------------------------------- */

void denial_text(const struct denial *d, char *out, size_t size)
{
	const char *name = sys_call_name(d->arch, (int)d->nr);
	const struct sys_arg_plan *plan = name ? sys_arg_plan(name) : NULL;
	size_t n;

	if (d->layer != DENIAL_SECCOMP) {
		snprintf(out, size, "%s%s%s%s%s%s", d->operation ? d->operation : "?",
			 d->target ? " " : "", d->target ? d->target : "", d->wanted ? " (" : "",
			 d->wanted ? d->wanted : "", d->wanted ? ")" : "");
		return;
	}
	n = (size_t)snprintf(out, size, "%s%s",
			     d->arch == SYS_ARCH_X86_64 ? "" : sys_archs[d->arch].name,
			     d->arch == SYS_ARCH_X86_64 ? "" : ":");
	if (name)
		n += (size_t)snprintf(out + n, size - n, "%s", name);
	else
		n += (size_t)snprintf(out + n, size - n, "call-%" PRIu32, d->nr);
	for (unsigned i = 0; plan && i < plan->count && n < size; i++)
		if (plan->arg[i].index < d->arg_count)
			n += (size_t)snprintf(out + n, size - n, " %s=0x%" PRIx64,
					      plan->arg[i].name, d->args[plan->arg[i].index]);
}

/* --- JSON --------------------------------------------------------------------------------------- */

static void set_time(json_t *o, const char *name, int64_t ns)
{
	char text[CLOCK_TEXT_MAX];

	clock_format(ns, text);
	json_object_set_new(o, name, json_string(text));
}

json_t *denial_to_json(const struct denial *d)
{
	json_t *o = json_object(), *list;

	json_object_set_new(o, "layer", json_string(denial_layer_names[d->layer]));
	json_object_set_new(o, "enforced", json_boolean(d->enforced));
	json_object_set_new(o, "count", json_u64(d->count));
	set_time(o, "first", d->first_ns);
	set_time(o, "last", d->last_ns);
	json_object_set_new(o, "pid", json_integer(d->pid));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		json_set_string(o, texts[i].name, *text_of(d, i));
	if (d->has_call) {
		json_object_set_new(o, "arch", json_string(sys_archs[d->arch].name));
		json_object_set_new(o, "number", json_integer(d->nr));
		json_set_string(o, "call", sys_call_name(d->arch, (int)d->nr));
		list = json_array();
		for (unsigned i = 0; i < d->arg_count; i++)
			json_array_append_new(list, json_u64(d->args[i]));
		json_object_set_new(o, "arguments", list);
	}
	list = json_array();
	vec_foreach(parent, &d->parents)
		json_array_append_new(list, json_string(*parent));
	json_object_set_new(o, "parents", list);
	return o;
}

static bool get_time(struct json_reader *r, const json_t *o, const char *name, int64_t *ret)
{
	const char *text = NULL;

	if (!json_get_string(r, o, name, true, CLOCK_TEXT_MAX, &text))
		return false;
	return clock_parse(text, ret) || json_fail(r, "\"%s\" is not a time in UTC", text);
}

static bool get_layer(struct json_reader *r, const json_t *o, enum denial_layer *ret)
{
	const char *text = NULL;

	if (!json_get_string(r, o, "layer", true, 64, &text))
		return false;
	for (int i = 0; i < DENIAL_LAYERS; i++) {
		if (str_eq(text, denial_layer_names[i])) {
			*ret = (enum denial_layer)i;
			return true;
		}
	}
	return json_fail(r, "unknown layer \"%s\"", text);
}

static bool get_call(struct json_reader *r, const json_t *o, struct denial *d)
{
	const json_t *arguments, *item;
	const char *arch = NULL;
	uint64_t nr = 0;
	size_t i;

	if (!json_get_string(r, o, "arch", false, 64, &arch))
		return false;
	d->has_call = arch;
	if (!arch)
		return d->layer != DENIAL_SECCOMP || json_fail(r, "\"arch\" is missing");
	if (!sys_arch_parse(arch, &d->arch))
		return json_fail(r, "unknown architecture \"%s\"", arch);
	if (!json_get_u64(r, o, "number", true, SYS_NR_MAX, &nr))
		return false;
	d->nr = (uint32_t)nr;
	arguments = json_get_array(r, o, "arguments", false, ARRAY_SIZE(d->args));
	json_array_foreach (arguments, i, item)
		if (!json_u64_value(item, &d->args[d->arg_count++]))
			return json_fail(r, "arguments/%zu must be a number", i);
	return !r->failed;
}

int denial_from_json(struct denial *ret, struct json_reader *r, const json_t *o)
{
	const json_t *parents, *item;
	uint64_t pid = 0;
	size_t i;

	if (!json_is_object(o))
		json_fail(r, "must be an object");
	if (r->failed || !get_layer(r, o, &ret->layer) ||
	    !json_get_bool(r, o, "enforced", &ret->enforced) ||
	    !json_get_u64(r, o, "count", true, UINT64_MAX, &ret->count) ||
	    !get_time(r, o, "first", &ret->first_ns) || !get_time(r, o, "last", &ret->last_ns) ||
	    !json_get_u64(r, o, "pid", false, INT32_MAX, &pid) || !get_call(r, o, ret))
		return -EINVAL;
	ret->pid = (int32_t)pid;
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		if (!json_get_copy(r, o, texts[i].name, TEXT_MAX, text_of(ret, i)))
			return -EINVAL;
	if (ret->layer != DENIAL_SECCOMP && !ret->operation)
		json_fail(r, "\"operation\" is missing");
	parents = json_get_array(r, o, "parents", false, PARENTS_MAX);
	json_array_foreach (parents, i, item)
		if (!json_is_string(item) || json_string_length(item) > TEXT_MAX ||
		    !string_list_add(&ret->parents, json_string_value(item)))
			json_fail(r, "parents/%zu must be a string", i);
	return r->failed ? -EINVAL : 0;
}
