/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/deny_check.h"

#include <errno.h>

#include "base/str.h"
#include "guard/filter/filter.h"
#include "rules/extend.h"
#include "rules/output.h"

enum { TARGETS_MAX = 256 };

static void add_line(struct buf *why, const char *line, size_t len)
{
	/* The same term of several kinds of records is one reason. */
	if (why->len && memmem(why->data, why->len, line, len))
		return;
	if (why->len)
		buf_add_str(why, "; ");
	buf_add(why, line, len);
}

static void add_unknown(const struct node *n, void *context)
{
	cleanup_buf struct buf line = BUF_INIT;

	if (n->unknown.check)
		operand_name(n->unknown.check->left, &line);
	buf_addf(&line, "%s%s", n->unknown.check ? ": " : "", n->unknown.reason);
	if (!line.failed)
		add_line(context, line.data, line.len);
}

static void add_text(struct buf *why, const char *text)
{
	add_line(why, text, strlen(text));
}

/* What goes beyond one event is remembered by user space. */
static void check_memory(const struct rule_extensions *x, struct buf *why)
{
	if (x && x->count)
		add_text(why, "count: events are counted by the guard, after they have happened");
	if (x && x->sequence)
		add_text(why, "sequence: its steps are remembered by the guard");
	if (x && x->first_seen)
		add_text(why, "first_seen: values are remembered by the guard");
}

static int check_target(const struct rule *r, struct filter_target target, struct buf *why)
{
	cleanup_kernel_filter struct kernel_filter f = { 0 };
	int e = kernel_filter_compile_rule(r, target, NULL, &f);

	vec_foreach(p, &f.parts) {
		if (p->extent == FILTER_WHOLLY)
			continue;
		if (p->extent == FILTER_TOO_LONG)
			add_text(why, "its condition is too long for one program");
		node_unknowns(p->exact, add_unknown, why);
	}
	return e;
}

int deny_check(const struct rule *r, struct buf *why)
{
	struct filter_target targets[TARGETS_MAX];
	size_t n = kernel_filter_targets(targets, TARGETS_MAX), before = why->len;
	int e = 0;

	check_memory(r->extensions, why);
	for (size_t i = 0; !e && i < n; i++)
		e = check_target(r, targets[i], why);
	if (e)
		return e;
	return why->failed ? -ENOMEM : why->len > before;
}
