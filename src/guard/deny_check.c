/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/deny_check.h"

#include <errno.h>

#include "base/str.h"
#include "guard/deny_hook.h"
#include "rules/extend.h"
#include "rules/output.h"

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

/* Whether the rule is about what the kernel asks there; with *why if it can't decide all of it. */
static int check_hook(const struct rule *r, enum abi_deny_hook hook, bool *ret_about,
		      struct buf *why)
{
	const struct filter_options o = { .hook = &deny_hooks[hook].filter };
	cleanup_kernel_filter struct kernel_filter f = { 0 };
	int e = kernel_filter_compile_rule(r, deny_hook_target(hook), &o, &f);

	*ret_about = !e && f.parts.len;
	vec_foreach(p, &f.parts) {
		if (p->extent == FILTER_WHOLLY)
			continue;
		if (deny_hooks[hook].lesser) {
			*ret_about = false;
			break;
		}
		if (p->extent == FILTER_TOO_LONG)
			add_text(why, "its condition is too long for one program");
		node_unknowns(p->exact, add_unknown, why);
	}
	return e;
}

int deny_check(const struct rule *r, uint64_t *ret_hooks, struct buf *why)
{
	size_t before = why->len;
	int e = 0;

	*ret_hooks = 0;
	check_memory(r->extensions, why);
	for (unsigned hook = 0; !e && hook < ABI_DENY_HOOKS; hook++) {
		bool about = false;

		e = check_hook(r, hook, &about, why);
		*ret_hooks |= about ? 1ULL << hook : 0;
	}
	if (e)
		return e;
	if (!*ret_hooks)
		add_text(why, "the kernel asks nobody before what it is about (merlon deny hooks)");
	return why->failed ? -ENOMEM : why->len > before;
}
