/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain_kernel.h"

#include <errno.h>

#include "base/str.h"
#include "base/utf8.h"
#include "cli/rules_load.h"
#include "guard/filter/filter.h"
#include "rules/output.h"

enum { TARGETS_MAX = 256, TEXT_SHOWN = 2000 };

static const char *const extents[FILTER_EXTENTS] = {
	[FILTER_NEVER] = "never fits",
	[FILTER_WHOLLY] = "wholly",
	[FILTER_PARTLY] = "partly",
	[FILTER_NOT_AT_ALL] = "not at all",
	[FILTER_TOO_LONG] = "not at all: too long",
};

/* A record is named after its call; that of an exec that succeeded after what it is. */
static void add_target(struct buf *out, struct filter_target t)
{
	if (t.row)
		buf_add_str(out, t.row->call);
	else
		buf_addf(out, "%s that succeeds", t.type->name.data);
	if (t.row && t.row->plan.flags & ABI_PLAN_FAILED)
		buf_add_str(out, " that fails");
}

/* What the kernel does not know, each once. */
struct unknowns {
	struct buf fields[64];
	const char *reasons[64];
	size_t count;
};

static void note_unknown(const struct node *n, void *context)
{
	struct unknowns *u = context;
	struct buf name = BUF_INIT;
	size_t i = 0;

	if (n->unknown.check)
		operand_name(n->unknown.check->left, &name);
	while (i < u->count &&
	       (u->reasons[i] != n->unknown.reason ||
		!str_eq(u->fields[i].data ? u->fields[i].data : "", name.data ? name.data : "")))
		i++;
	if (i < u->count || u->count == ARRAY_SIZE(u->fields)) {
		buf_deinit(&name);
		return;
	}
	u->fields[u->count] = name;
	u->reasons[u->count++] = n->unknown.reason;
}

static void unknowns_deinit(struct unknowns *u)
{
	for (size_t i = 0; i < u->count; i++)
		buf_deinit(&u->fields[i]);
}

/* One part: how far it is decided, by what, and what is not. */
static void add_part(struct buf *out, const struct kernel_filter *f, const struct filter_part *p)
{
	struct unknowns u = { .count = 0 };
	cleanup_buf struct buf text = BUF_INIT;

	if (p->step >= 0)
		buf_addf(out, "    step %d: ", p->step + 1);
	else
		buf_add_str(out, "    ");
	buf_addf(out, "%s, %zu instructions\n", extents[p->extent], f->insns.len);
	kernel_filter_print(f, p->weak, &text);
	if (p->extent == FILTER_PARTLY || p->extent == FILTER_WHOLLY)
		buf_addf(out, "    kernel: %.*s%s\n",
			 text.len > TEXT_SHOWN ? TEXT_SHOWN : (int)text.len, text.data,
			 text.len > TEXT_SHOWN ? " ..." : "");
	node_unknowns(p->exact, note_unknown, &u);
	for (size_t i = 0; i < u.count; i++)
		buf_addf(out, "    user:   %s: %s\n", u.fields[i].data ? u.fields[i].data : "-",
			 u.reasons[i]);
	unknowns_deinit(&u);
}

/* Whatever number its terms have with others. */
static int compile(const struct rule *r, struct filter_target t, struct container_terms *terms,
		   struct kernel_filter *ret)
{
	return kernel_filter_compile_rule(r, t, &(struct filter_options){ .terms = terms }, ret);
}

/* Kinds of records of which the same is said are told together. */
int explain_kernel_text(const struct rule *r)
{
	struct filter_target targets[TARGETS_MAX];
	size_t n = kernel_filter_targets(targets, TARGETS_MAX);
	cleanup_container_terms struct container_terms terms = { 0 };
	struct buf *said = calloc(n, sizeof(*said));
	int e = said ? container_terms_number_rule(&terms, r) : -ENOMEM;

	for (size_t i = 0; !e && i < n; i++) {
		cleanup_kernel_filter struct kernel_filter f = { 0 };

		said[i] = BUF_INIT;
		e = compile(r, targets[i], &terms, &f);
		for (size_t k = 0; !e && k < f.parts.len; k++)
			add_part(&said[i], &f, &f.parts.items[k]);
	}
	for (size_t i = 0; !e && i < n; i++) {
		cleanup_buf struct buf names = BUF_INIT;

		if (!said[i].len)
			continue;
		add_target(&names, targets[i]);
		for (size_t k = i + 1; k < n; k++) {
			if (said[k].len != said[i].len ||
			    memcmp(said[k].data, said[i].data, said[i].len) != 0)
				continue;
			buf_add_str(&names, ", ");
			add_target(&names, targets[k]);
			said[k].len = 0;
		}
		printf("  %s\n", names.data);
		for (char *line = said[i].data, *end; *line; line = end + 1) {
			end = strchr(line, '\n');
			printf("%s\n", rules_text(text_from(line, (size_t)(end - line))));
		}
	}
	for (size_t i = 0; said && i < n; i++)
		buf_deinit(&said[i]);
	free(said);
	return e;
}

static json_t *part_json(const struct kernel_filter *f, const struct filter_part *p)
{
	struct unknowns u = { .count = 0 };
	cleanup_buf struct buf text = BUF_INIT;
	json_t *o = json_object(), *user = json_array();

	kernel_filter_print(f, p->weak, &text);
	node_unknowns(p->exact, note_unknown, &u);
	if (p->step >= 0)
		json_object_set_new(o, "step", json_integer(p->step + 1));
	json_object_set_new(o, "decided", json_string(extents[p->extent]));
	json_object_set_new(o, "instructions", json_integer((json_int_t)f->insns.len));
	json_object_set_new(o, "kernel", utf8_json(text_from(text.data, text.len)));
	for (size_t i = 0; i < u.count; i++) {
		json_t *one = json_object();

		json_object_set_new(one, "field",
				    utf8_json(text_from(u.fields[i].data, u.fields[i].len)));
		json_object_set_new(one, "reason", json_string(u.reasons[i]));
		json_array_append_new(user, one);
	}
	json_object_set_new(o, "user", user);
	unknowns_deinit(&u);
	return o;
}

json_t *explain_kernel_json(const struct rule *r)
{
	struct filter_target targets[TARGETS_MAX];
	size_t n = kernel_filter_targets(targets, TARGETS_MAX);
	cleanup_container_terms struct container_terms terms = { 0 };
	json_t *all = container_terms_number_rule(&terms, r) ? NULL : json_object();

	for (size_t i = 0; all && i < n; i++) {
		cleanup_kernel_filter struct kernel_filter f = { 0 };
		cleanup_buf struct buf name = BUF_INIT;
		json_t *parts;

		if (compile(r, targets[i], &terms, &f)) {
			json_decref(all);
			return NULL;
		}
		if (!f.parts.len)
			continue;
		parts = json_array();
		for (size_t k = 0; k < f.parts.len; k++)
			json_array_append_new(parts, part_json(&f, &f.parts.items[k]));
		add_target(&name, targets[i]);
		json_object_set_new(all, name.data, parts);
	}
	return all;
}
