/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/rulebook.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"

static int collect_needs(struct rulebook *b)
{
	vec_foreach(it, &b->set->rules) {
		const struct rule *r = *it;
		cleanup_rule_needs struct rule_needs needs = { 0 };
		int n;

		if (!r->enabled || r->skipped || !r->condition || r->event_source != EVENT_SYSCALL)
			continue;
		b->enabled++;
		n = rule_needs(r, &needs);
		if (n)
			return n;
		for (size_t i = 0; i < TYPE_SET_WORDS; i++)
			b->types.bits[i] |= needs.types.bits[i];
		vec_foreach(d, &needs.domains) {
			struct text *slot = vec_add(&b->domains);

			if (!slot)
				return -ENOMEM;
			*slot = *d;
		}
	}
	return 0;
}

/* --- rules that the kernel denies by ------------------------------------------------------------------- */

enum { SET_FILE_MAX = 16 << 20 };

static json_t *read_set(const char *denied)
{
	cleanup_buf struct buf text = BUF_INIT;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/set.json", denied);
	if (fs_read(path, SET_FILE_MAX, &text, NULL))
		return NULL;
	return json_parse(path, text.data, text.len, NULL);
}

/* First of all: rules of the same name that are the guard's own come behind, and are what is told. */
static int add_denied(struct rulebook *b, const char *denied, struct error *err)
{
	b->denied = denied ? read_set(denied) : NULL;
	b->denied_set = (uint64_t)json_integer_value(json_object_get(b->denied, "set"));
	return b->denied_set ? ruleset_add_path(b->set, denied, err) : 0;
}

static bool is_denied(const json_t *set, struct text rule)
{
	const json_t *points = json_object_get(set, "points"), *names, *name;
	size_t i, k;

	json_array_foreach (points, i, names)
		json_array_foreach (names, k, name)
			if (text_eq_str(rule, json_string_value(name)))
				return true;
	return false;
}

/* Of the files of those that are denied no other rule is evaluated. */
static void disable_others(struct rulebook *b, const char *denied)
{
	vec_foreach(r, &b->set->rules)
		if (b->denied_set && (*r)->place.file && str_starts((*r)->place.file, denied) &&
		    !is_denied(b->denied, (*r)->name))
			(*r)->enabled = false;
}

/* --- all rules ----------------------------------------------------------------------------------------- */

int rulebook_load(struct rulebook *ret, const struct rulebook_options *o, struct error *err)
{
	int r = 0;

	*ret = (struct rulebook){ 0 };
	ret->set = ruleset_new(&ret->diags);
	if (!ret->set)
		return error_errno(err, ENOMEM, "rules");
	r = add_denied(ret, o->denied, err);
	for (size_t i = 0; i < o->path_count && !r; i++)
		r = ruleset_add_path(ret->set, o->paths[i], err);
	if (r)
		return r;
	ruleset_compile(ret->set);
	if (ret->diags.errors)
		return error_set(err, EINVAL, "there are errors in the rules");
	disable_others(ret, o->denied);
	for (size_t i = 0; i < o->disabled_count; i++)
		if (!ruleset_select(ret->set, text_of(o->disabled[i]), false))
			return error_set(err, ENOENT, "no rule is called \"%s\"", o->disabled[i]);
	r = collect_needs(ret);
	if (!r)
		ret->program = program_new(ret->set, o->matching);
	return r || !ret->program ? error_errno(err, ENOMEM, "rules") : 0;
}

void rulebook_deinit(struct rulebook *b)
{
	vec_deinit(&b->domains);
	candidates_deinit(&b->candidates);
	program_free(b->program);
	ruleset_free(b->set);
	diags_deinit(&b->diags);
	json_decref(b->denied);
	*b = (struct rulebook){ 0 };
}
