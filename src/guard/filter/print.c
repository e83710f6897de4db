/* SPDX-License-Identifier: Apache-2.0 */
/* Weakened trees as people read them. */
#include <linux/bpf.h>

#include "guard/filter/filter.h"

/* Places of a record by name; arguments and addresses are counted. */
#define RECORD(member)                                      \
	{                                                   \
		offsetof(struct abi_event, member), #member \
	}
static const struct {
	uint16_t at;
	const char *name;
} record_names[] = {
	RECORD(flags),
	RECORD(cpu),
	RECORD(tgid),
	RECORD(tid),
	RECORD(vtid),
	RECORD(uid),
	RECORD(gid),
	RECORD(caps_inheritable),
	RECORD(caps_permitted),
	RECORD(caps_effective),
	RECORD(call.result),
	RECORD(call.fd),
	RECORD(call.path_flags),
	RECORD(call.file_mode),
	RECORD(call.inode_mode),
	RECORD(call.family),
	RECORD(call.protocol),
	RECORD(call.local_port),
	RECORD(call.remote_port),
	RECORD(call.local),
	RECORD(call.remote),
	RECORD(call.args[0]),
	RECORD(call.args[1]),
	RECORD(call.args[2]),
	RECORD(call.args[3]),
	RECORD(call.args[4]),
	RECORD(call.args[5]),
};
static const struct {
	uint16_t at;
	const char *name;
} process_names[] = {
	RECORD(process.vpid),	    RECORD(process.sid),     RECORD(process.pgid),
	RECORD(process.vpgid),	    RECORD(process.tty),     RECORD(process.loginuid),
	RECORD(process.uid_before), RECORD(process.exe_ino), RECORD(process.path_flags),
	RECORD(process.exe_flags),
};

/* Of struct filter_process; those that are yes or no are compared with 1. */
#define LOOKED_UP_AT(member, yes_or_no, name)                                        \
	{                                                                            \
		LOOKED_UP | offsetof(struct filter_process, member), yes_or_no, name \
	}
static const struct {
	uint16_t at;
	bool yes_or_no;
	const char *name;
} looked_up_names[] = {
	LOOKED_UP_AT(vpid, false, "process.vpid"),
	LOOKED_UP_AT(known, true, "the process is known"),
	LOOKED_UP_AT(contained, true, "it is in a container"),
};

static const char *const view_names[] = {
	[VIEW_SPAN] = "text",
	[VIEW_SPAN_OR_NONE] = "text",
	[VIEW_PATH] = "path",
	[VIEW_PATH_HERE] = "path",
	[VIEW_RAW_HERE] = "text",
	[VIEW_COMM] = "comm",
	[VIEW_PROGRAM_NAME] = "proc.name",
	[VIEW_PROGRAM_PATH] = "proc.exepath",
	[VIEW_FD_NAME] = "fd.name",
	[VIEW_FD_DIRECTORY] = "fd.directory",
	[VIEW_FD_FILENAME] = "fd.filename",
	[VIEW_REMOTE4] = "remote address",
	[VIEW_LOCAL4] = "local address",
	[VIEW_REMOTE6] = "remote IPv6 address",
	[VIEW_LOCAL6] = "local IPv6 address",
	[VIEW_ABOVE_NAME] = "aname",
	[VIEW_ABOVE_PATH] = "aexepath",
	[VIEW_PIECES] = "pieces of text",
};
static_assert(ARRAY_SIZE(view_names) == VIEW_KINDS, "a name for each");
static const char *const program_facts[] = {
	[ABI_PROGRAM_NAME] = "known",
	[ABI_PROGRAM_UPPER] = "in the upper layer",
	[ABI_PROGRAM_LOWER] = "in a lower layer",
	[ABI_PROGRAM_MEMORY] = "in memory",
	[ABI_PROGRAM_DELETED] = "deleted",
	[ABI_PROGRAM_WRITABLE] = "writable",
	[ABI_PROGRAM_SETUID] = "set-user-ID",
	[ABI_PROGRAM_SETGID] = "set-group-ID",
};
static_assert(ARRAY_SIZE(program_facts) == ABI_PROGRAM_FACTS, "a name for each");
static const char *const text_ops[] = {
	[TEXT_PRESENT] = "exists", [TEXT_EQUAL] = "in",	   [TEXT_BEGINS] = "startswith",
	[TEXT_ENDS] = "endswith",  [TEXT_PATH] = "pmatch", [TEXT_HAS] = "contains",
	[TEXT_NETWORK] = "in",
};
static_assert(ARRAY_SIZE(text_ops) == TEXT_OPS, "a name for each");

enum { TEXTS_SHOWN = 4 };

static void print_place(const struct kernel_filter *f, uint16_t at, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(looked_up_names); i++)
		if (looked_up_names[i].at == at) {
			buf_add_str(out, looked_up_names[i].name);
			return;
		}
	if (f->target.kind == ABI_EVENT_EXEC)
		for (size_t i = 0; i < ARRAY_SIZE(process_names); i++)
			if (process_names[i].at == at) {
				buf_add_str(out, process_names[i].name);
				return;
			}
	for (size_t i = 0; i < ARRAY_SIZE(record_names); i++)
		if (record_names[i].at == at) {
			buf_add_str(out, record_names[i].name);
			return;
		}
	buf_addf(out, "record[%u]", at);
}

static void print_number(const struct kernel_filter *f, const struct node *n, struct buf *out)
{
	static const char *const signs[][2] = {
		[BPF_JEQ >> 4] = { "=", "!=" },	 [BPF_JNE >> 4] = { "!=", "=" },
		[BPF_JLT >> 4] = { "<", ">=" },	 [BPF_JLE >> 4] = { "<=", ">" },
		[BPF_JGT >> 4] = { ">", "<=" },	 [BPF_JGE >> 4] = { ">=", "<" },
		[BPF_JSLT >> 4] = { "<", ">=" }, [BPF_JSLE >> 4] = { "<=", ">" },
		[BPF_JSGT >> 4] = { ">", "<=" }, [BPF_JSGE >> 4] = { ">=", "<" },
	};
	const struct number_test *t = &n->number;

	for (size_t i = 0; i < ARRAY_SIZE(looked_up_names); i++)
		if (looked_up_names[i].at == t->at && looked_up_names[i].yes_or_no) {
			buf_addf(out, "%s%s", n->negated ? "not " : "", looked_up_names[i].name);
			return;
		}
	print_place(f, t->at, out);
	if (t->mask)
		buf_addf(out, " & 0x%llx", (unsigned long long)t->mask);
	buf_addf(out, " %s %lld", signs[t->op >> 4][n->negated], (long long)t->number);
}

static void print_text(const struct kernel_filter *f, const struct node *n, struct buf *out)
{
	const struct text_view *v = &f->views.items.items[n->text.view];
	const struct text_term *t = &v->terms.items[n->text.term];

	buf_add_str(out, n->negated ? "not " : "");
	if (v->kind == VIEW_ABOVE_NAME || v->kind == VIEW_ABOVE_PATH)
		buf_add_str(out, v->span & ABOVE_INSIDE ? "proc.inside." : "proc.");
	buf_add_str(out, view_names[v->kind]);
	if ((v->kind == VIEW_ABOVE_NAME || v->kind == VIEW_ABOVE_PATH) && v->span & ABOVE_MASK)
		buf_addf(out, "[%u]", v->span & ABOVE_MASK);
	if (v->kind < VIEW_COMM || v->kind == VIEW_PIECES)
		buf_addf(out, "[%u]", v->span);
	if (v->kind >= VIEW_REMOTE4 && v->kind <= VIEW_LOCAL6) {
		buf_addf(out, " in %u networks", t->count);
		if (t->op == TEXT_EQUAL)
			buf_addf(out, " of %u bits", v->span);
		return;
	}
	buf_addf(out, " %s", text_ops[t->op]);
	if (t->op == TEXT_PRESENT)
		return;
	buf_add_str(out, " (");
	for (uint32_t i = 0; i < t->count && i < TEXTS_SHOWN; i++) {
		buf_add_str(out, i ? ", " : "");
		buf_add(out, t->texts[i].data, t->texts[i].len);
	}
	if (t->count > TEXTS_SHOWN)
		buf_addf(out, ", and %u more", t->count - TEXTS_SHOWN);
	buf_add_char(out, ')');
}

static void print_term(const struct container_term *t, bool negated, struct buf *out)
{
	bool brackets = t->expr && t->expr->kind != EXPR_CHECK;

	buf_addf(out, "%s%s%s%s", negated ? "not " : "", brackets ? "(" : "", t->text,
		 brackets ? ")" : "");
}

static void print_group(const struct kernel_filter *f, const struct node *n, struct buf *out)
{
	for (uint32_t i = 0; i < n->group.count; i++) {
		const struct node *item = n->group.items[i];
		bool brackets = item->kind == NODE_AND || item->kind == NODE_OR;

		if (i)
			buf_add_str(out, n->kind == NODE_AND ? " and " : " or ");
		buf_add_str(out, brackets ? "(" : "");
		kernel_filter_print(f, item, out);
		buf_add_str(out, brackets ? ")" : "");
	}
}

void kernel_filter_print(const struct kernel_filter *f, const struct node *n, struct buf *out)
{
	switch (n->kind) {
	case NODE_FALSE:
		buf_add_str(out, "never");
		break;
	case NODE_NUMBER:
		print_number(f, n, out);
		break;
	case NODE_TEXT:
		print_text(f, n, out);
		break;
	case NODE_FACT:
		buf_addf(out, "the program is %s%s", n->negated ? "not " : "",
			 program_facts[n->fact - offsetof(struct abi_event, call.program)]);
		break;
	case NODE_TERM:
		print_term(&f->terms->terms.items[n->term], n->negated, out);
		break;
	case NODE_AND:
	case NODE_OR:
		print_group(f, n, out);
		break;
	default:
		buf_add_str(out, "always");
		break;
	}
}
