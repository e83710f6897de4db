/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the record has what a field says: the one table to follow when guard/translate.c or
 * guard/process_table.c change what they make of a record. A field that is not here is unknown.
 *
 * What a record of a call says of its process reaches the event only if the process is known: such
 * fields may be missing there, so a check that fits may still be false.
 */
#include <linux/bpf.h>
#include <sys/stat.h>

#include "event/names.h"
#include "guard/filter/filter.h"

static struct node *of_record(struct lower *l, const struct check *c, const struct field_place *p)
{
	return lower_number(l, c, p->place);
}

/* An exec makes its process known; one that is asked about by a hook is there. */
static struct node *if_process(struct lower *l, const struct check *c, struct node *n)
{
	if (l->target.kind == ABI_EVENT_EXEC || l->hook)
		return n;
	return node_both(l->arena, n, lower_unknown(l, c, "the process may be unknown"));
}

static struct node *of_process(struct lower *l, const struct check *c, const struct field_place *p)
{
	return if_process(l, c, lower_number(l, c, p->place));
}

static struct node *of_process_bit(struct lower *l, const struct check *c,
				   const struct field_place *p)
{
	return if_process(l, c, lower_bool(l, c, lower_masked(l, p->place, p->arg, BPF_JNE, 0)));
}

/*
 * A bit of a file: where a decision point asks about one there is one. A call may have none, or a socket: then the field is missing, or
 * false.
 */
static struct node *of_file(struct lower *l, const struct check *c, struct node *bit)
{
	const struct number_place flags = PLACE(flags, false);
	struct node *file, *none;

	if (l->hook)
		return bit;
	file = node_both(l->arena, lower_masked(l, flags, ABI_EVENT_FILE, BPF_JNE, 0),
			 lower_masked(l, flags, ABI_EVENT_SOCKET, BPF_JEQ, 0));
	none = node_both(l->arena, lower_unknown(l, c, "whether there is a file"),
			 lower_bool(l, c, node_constant(l->arena, false)));
	return node_either(l->arena, node_both(l->arena, file, bit),
			   node_both(l->arena, node_not(l->arena, file), none));
}

static struct node *of_file_bit(struct lower *l, const struct check *c, const struct field_place *p)
{
	return of_file(l, c, lower_bool(l, c, lower_masked(l, p->place, p->arg, BPF_JNE, 0)));
}

/* p->arg: the kind of file that it is, of S_IFMT. */
static struct node *of_file_kind(struct lower *l, const struct check *c,
				 const struct field_place *p)
{
	return of_file(l, c, lower_bool(l, c, lower_masked(l, p->place, S_IFMT, BPF_JEQ, p->arg)));
}

/* Only decision points look: elsewhere the field is missing. */
static struct node *asked_bit(struct lower *l, const struct check *c, const struct field_place *p)
{
	if (!l->hook)
		return node_constant(l->arena, false);
	return lower_bool(l, c, lower_masked(l, p->place, p->arg, BPF_JNE, 0));
}

/* What was looked up of a process says something if that is known, and then user space knows it too. */
static struct node *if_looked_up(struct lower *l, const struct check *c, struct node *n)
{
	struct node *known = lower_test(l, LOOKED(known, false), BPF_JEQ, 1);

	return node_either(l->arena, node_both(l->arena, known, n),
			   node_both(l->arena, node_not(l->arena, known),
				     lower_unknown(l, c,
						   "a process that the kernel does not know")));
}

static struct node *of_looked_up(struct lower *l, const struct check *c,
				 const struct field_place *p)
{
	return if_looked_up(l, c, lower_number(l, c, p->place));
}

/* Of a call's record, but of a process: whom the kernel knows user space knows too. */
static struct node *if_known(struct lower *l, const struct check *c, struct node *n)
{
	struct node *known, *unknown;

	if (l->target.kind == ABI_EVENT_EXEC || l->hook)
		return n;
	known = lower_test(l, LOOKED(known, false), BPF_JEQ, 1);
	unknown = lower_unknown(l, c, "a process that the kernel does not know");
	return node_both(l->arena, n, node_either(l->arena, known, unknown));
}

/* Names of capabilities, joined by blanks: a text without one is in it if it is in one of the names. */
static struct node *capabilities(struct lower *l, const struct check *c,
				 const struct field_place *p)
{
	uint64_t bits = 0;
	struct node *any;

	if (c->op != OP_CONTAINS || c->modifier == MODIFIER_ALLOF) /* no name has all of them */
		return lower_unknown(l, c, "capabilities as text, other than by contains");
	for (uint32_t i = 0; i < c->literal_count; i++) {
		struct text t = value_text(&c->values[i]);

		if (!text_starts(t, TEXT("CAP_")) || memchr(t.data, ' ', t.len))
			return lower_unknown(l, c, "capabilities that are not named one by one");
	}
	for (unsigned bit = 0; bit < 64; bit++) {
		char room[64];
		struct scratch s = { .data = room, .size = sizeof(room) };
		struct scratch_text out = scratch_begin(&s);
		struct value v = { .type = VALUE_STRING };
		struct text name;

		names_capabilities(1ULL << bit, &out);
		if (!scratch_end(&out, &name))
			return lower_unknown(l, c, "a capability whose name is too long");
		v = value_of_text(name);
		bits |= (uint64_t)lower_holds(c, &v) << bit;
	}
	if (!bits)
		return node_constant(l->arena, false);
	any = lower_masked(l, p->place, bits, BPF_JNE, 0);
	return if_known(l, c, any);
}

/*
 * "host" or not: that there is a container is known when user space has told it; then it has found whose process it is, if only
 * by its group (process_table_stand_in()). Which container it is, container_terms.h asks.
 */
static struct node *container_id(struct lower *l, const struct check *c,
				 const struct field_place *p)
{
	struct node *contained = lower_test(l, p->place, BPF_JEQ, 1), *other;

	for (uint32_t i = 0; i < c->literal_count; i++)
		if (!text_eq_str(value_text(&c->values[i]), "host"))
			return lower_unknown(l, c, "which container it is");
	other = lower_unknown(l, c, "a container that has not been found yet");
	if (c->op == OP_NE && c->literal_count == 1)
		return node_either(l->arena, contained, other);
	if (c->op != OP_EQ && c->op != OP_IN)
		return lower_unknown(l, c, "which container it is");
	return node_both(l->arena, node_not(l->arena, contained), other);
}

/* 0: unknown */
static struct node *of_process_unless_0(struct lower *l, const struct check *c,
					const struct field_place *p)
{
	return if_process(l, c,
			  node_both(l->arena, lower_test(l, p->place, BPF_JNE, 0),
				    lower_number(l, c, p->place)));
}

/* The largest one means that there is none, which rules know as -1. */
static struct node *login_user(struct lower *l, const struct check *c, const struct field_place *p)
{
	struct value none = { .i = -1, .type = VALUE_INT };
	bool fits = lower_holds(c, &none);
	struct node *is_none = lower_test(l, p->place, BPF_JEQ, UINT32_MAX);
	struct node *other = node_both(l->arena, node_not(l->arena, is_none),
				       lower_number(l, c, p->place));

	return if_process(l, c, fits ? node_either(l->arena, is_none, other) : other);
}

static struct node *of_process_text(struct lower *l, const struct check *c,
				    const struct field_place *p)
{
	return if_process(l, c, lower_text(l, c, (enum view_kind)p->place.at, p->arg));
}

/* What those above run is looked up where something happens: the kernel says how it is then, or nothing. */
static struct node *parent_text(struct lower *l, const struct check *c, const struct field_place *p)
{
	return lower_text(l, c, (enum view_kind)p->place.at, ABOVE_PARENT);
}

/* One ancestor, or any of them: then it is not known that none fits, as there may be others further up. */
static struct node *above_text(struct lower *l, const struct check *c, const struct field_place *p)
{
	const struct field_ref *f = &c->left->field;
	enum view_kind kind = (enum view_kind)p->place.at;

	if (f->has_arg && (f->index < ABOVE_PARENT || f->index > ABOVE_MAX))
		return lower_unknown(l, c, "an ancestor that is far above");
	if (f->has_arg)
		return lower_text(l, c, kind, (unsigned)f->index | p->arg);
	if (c->op != OP_EQ && c->op != OP_IN && c->op != OP_STARTSWITH && c->op != OP_ENDSWITH &&
	    c->op != OP_PMATCH)
		return lower_unknown(l, c, "this operator on any ancestor");
	return node_either(l->arena, lower_text(l, c, kind, ABOVE_ANY | p->arg),
			   lower_unknown(l, c, "an ancestor that the kernel does not know"));
}

/* What the kernel says of the program of a call is what the process table says; or it says nothing. */
static struct node *of_program(struct lower *l, const struct check *c, const struct field_place *p)
{
	return lower_bool(l, c, node_fact(l->arena, (uint16_t)(p->place.at + p->arg)));
}

static struct node *of_program_text(struct lower *l, const struct check *c,
				    const struct field_place *p)
{
	return lower_text(l, c, (enum view_kind)p->place.at, 0);
}

/* Counted from 1 in user space: only comparisons with 0 or less are decided. */
static struct node *event_number(struct lower *l, const struct check *c,
				 const struct field_place *p)
{
	const struct value first = { .u = 1, .type = VALUE_UINT };

	for (uint32_t i = 0; i < c->literal_count; i++)
		if (c->values[i].u && !(c->values[i].type == VALUE_INT && c->values[i].i < 0))
			return lower_unknown(l, c, "a number that user space gives");
	return node_constant(l->arena, lower_holds(c, &first));
}

/* --- the result ----------------------------------------------------------------------------------- */

static struct node *result(struct lower *l, const struct check *c, const struct field_place *p)
{
	const struct value success = { .i = 0, .type = VALUE_INT };

	if (l->target.kind == ABI_EVENT_EXEC)
		return node_constant(l->arena, lower_holds(c, &success));
	return lower_number(l, c, p->place);
}

static struct node *failed(struct lower *l, const struct check *c, const struct field_place *p)
{
	if (l->target.kind == ABI_EVENT_EXEC)
		return lower_bool(l, c, node_constant(l->arena, false));
	return lower_bool(l, c, lower_test(l, p->place, BPF_JSLT, 0));
}

/* What decision points tell of, and nothing else: other programs look at what is done. */
static struct node *denied(struct lower *l, const struct check *c, const struct field_place *p)
{
	return lower_bool(l, c, node_constant(l->arena, l->hook != NULL));
}

enum { ERRORS = 134 }; /* beyond, none has a name */

static struct node *is_error(struct lower *l, const struct field_place *p, int code)
{
	return lower_test(l, p->place, BPF_JEQ, (uint64_t) - (int64_t)code);
}

/* SUCCESS, or the name of the error. What has no name is asked for by what is left, which is short. */
static struct node *result_name(struct lower *l, const struct check *c, const struct field_place *p)
{
	struct node *fits[ERRORS + 1], *nameless[ERRORS + 1];
	const struct value success = value_of_text(TEXT("SUCCESS"));
	uint32_t fit_count = 0, nameless_count = 0;

	if (l->target.kind == ABI_EVENT_EXEC)
		return node_constant(l->arena, lower_holds(c, &success));
	if (lower_holds(c, &success))
		fits[fit_count++] = lower_test(l, p->place, BPF_JSGE, 0);
	nameless[nameless_count++] = lower_test(l, p->place, BPF_JSLE,
						(uint64_t) - (int64_t)ERRORS);
	for (int code = 1; code < ERRORS; code++) {
		const char *name = names_errno(code);
		const struct value v = value_of_text(text_of(name ? name : ""));

		if (!name)
			nameless[nameless_count++] = is_error(l, p, code);
		else if (lower_holds(c, &v))
			fits[fit_count++] = is_error(l, p, code);
	}
	return node_either(l->arena, node_group(l->arena, NODE_OR, fits, fit_count),
			   node_both(l->arena, lower_unknown(l, c, "an error without a name"),
				     node_group(l->arena, NODE_OR, nameless, nameless_count)));
}

/* --- the table ------------------------------------------------------------------------------------ */

#define CALL (1 << ABI_EVENT_CALL)
#define EXEC (1 << ABI_EVENT_EXEC)
#define BOTH (CALL | EXEC)
#define VIEW(kind)                  \
	{                           \
		(kind), 0, 0, false \
	}
#define RESULT PLACE(call.result, true)
#define NOTHING                \
	{                      \
		0, 0, 0, false \
	}

/* clang-format off */
static const struct field_place places[] = {
	{ "evt.num", event_number, BOTH, NOTHING, 0 },
	{ "evt.cpu", of_record, BOTH, PLACE(cpu, true), 0 },
	{ "evt.rawres", result, BOTH, RESULT, 0 },
	{ "evt.failed", failed, BOTH, RESULT, 0 },
	{ "evt.is_denied", denied, BOTH, NOTHING, 0 },
	{ "evt.count.error", failed, BOTH, RESULT, 0 },
	{ "evt.res", result_name, BOTH, RESULT, 0 },
	{ "evt.arg", lower_evt_arg, CALL, NOTHING, 0 },
	{ "evt.rawarg", lower_evt_rawarg, CALL, NOTHING, 0 },
	{ "evt.buffer", lower_evt_buffer, CALL, NOTHING, 0 },
	{ "evt.is_open_read", lower_open, CALL, NOTHING, 0 },
	{ "evt.is_open_write", lower_open, CALL, NOTHING, 1 },
	{ "evt.is_open_exec", lower_open, CALL, NOTHING, 2 },
	{ "evt.is_open_create", lower_open, CALL, NOTHING, 3 },
	{ "fs.path.name", lower_fs_path, CALL, NOTHING, 0 },
	{ "fs.path.source", lower_fs_path, CALL, NOTHING, 1 },
	{ "fs.path.target", lower_fs_path, CALL, NOTHING, 2 },

	{ "fd.num", lower_fd_num, CALL, PLACE(call.fd, true), 0 },
	{ "fd.name", lower_fd_text, CALL, VIEW(VIEW_FD_NAME), 0 },
	{ "fd.directory", lower_fd_text, CALL, VIEW(VIEW_FD_DIRECTORY), 0 },
	{ "fd.filename", lower_fd_text, CALL, VIEW(VIEW_FD_FILENAME), 0 },
	{ "fd.type", lower_fd_type, CALL, NOTHING, 0 },
	{ "fd.typechar", lower_fd_type, CALL, NOTHING, 1 },
	{ "fd.l4proto", lower_fd_l4proto, CALL, PLACE(call.protocol, false), 0 },
	{ "fd.cport", lower_fd_port, CALL, NOTHING, 'c' },
	{ "fd.sport", lower_fd_port, CALL, NOTHING, 's' },
	{ "fd.lport", lower_fd_port, CALL, NOTHING, 'l' },
	{ "fd.rport", lower_fd_port, CALL, NOTHING, 'r' },
	{ "fd.port", lower_fd_port, CALL, NOTHING, 'e' },
	{ "fd.cip", lower_fd_address, CALL, NOTHING, 'c' },
	{ "fd.sip", lower_fd_address, CALL, NOTHING, 's' },
	{ "fd.lip", lower_fd_address, CALL, NOTHING, 'l' },
	{ "fd.rip", lower_fd_address, CALL, NOTHING, 'r' },
	{ "fd.ip", lower_fd_address, CALL, NOTHING, 'e' },
	{ "fd.cnet", lower_fd_address, CALL, NOTHING, 'c' },
	{ "fd.snet", lower_fd_address, CALL, NOTHING, 's' },
	{ "fd.lnet", lower_fd_address, CALL, NOTHING, 'l' },
	{ "fd.rnet", lower_fd_address, CALL, NOTHING, 'r' },
	{ "fd.net", lower_fd_address, CALL, NOTHING, 'e' },

	{ "evt.is_on_guard", asked_bit, CALL, PLACE(call.path_flags, false), ABI_PATH_OF_GUARD },
	{ "evt.is_outside", asked_bit, CALL, PLACE(call.path_flags, false), ABI_PATH_OUTSIDE },
	{ "fd.is_outside", of_file_bit, CALL, PLACE(call.path_flags, false), ABI_PATH_OUTSIDE },
	{ "fd.is_block_device", of_file_kind, CALL, PLACE(call.inode_mode, false), S_IFBLK },
	{ "fd.is_upper_layer", of_file_bit, CALL, PLACE(flags, false), ABI_EVENT_UPPER },
	{ "fd.is_lower_layer", of_file_bit, CALL, PLACE(flags, false), ABI_EVENT_LOWER },

	{ "thread.tid", of_record, BOTH, PLACE(tid, true), 0 },
	{ "thread.vtid", of_record, BOTH, PLACE(vtid, true), 0 },
	{ "proc.pid", of_process, BOTH, PLACE(tgid, true), 0 },
	{ "user.uid", of_process, BOTH, PLACE(uid, false), 0 },
	{ "group.gid", of_process, BOTH, PLACE(gid, false), 0 },
	{ "user.loginuid", login_user, EXEC, PLACE(process.loginuid, true), 0 },
	{ "user.uid_before", login_user, EXEC, PLACE(process.uid_before, true), 0 },
	{ "proc.vpid", of_process, EXEC, PLACE(process.vpid, true), 0 },
	{ "proc.sid", of_process, EXEC, PLACE(process.sid, true), 0 },
	{ "proc.pgid", of_process, EXEC, PLACE(process.pgid, true), 0 },
	{ "proc.vpgid", of_process, EXEC, PLACE(process.vpgid, true), 0 },
	{ "proc.tty", of_process, EXEC, PLACE(process.tty, false), 0 },
	{ "proc.exe_ino", of_process_unless_0, EXEC, PLACE(process.exe_ino, true), 0 },
	{ "proc.is_exe_upper_layer", of_process_bit, EXEC, PLACE(flags, false), ABI_EVENT_UPPER },
	{ "proc.is_exe_lower_layer", of_process_bit, EXEC, PLACE(flags, false), ABI_EVENT_LOWER },
	{ "proc.is_exe_from_memfd", of_process_bit, EXEC, PLACE(process.path_flags, false), ABI_PATH_MEMORY },
	{ "proc.is_exe_deleted", of_process_bit, EXEC, PLACE(process.path_flags, false), ABI_PATH_DELETED },
	{ "proc.is_exe_writable", of_process_bit, EXEC, PLACE(process.exe_flags, false), ABI_EXE_WRITABLE },
	{ "proc.is_exe_setuid", of_process_bit, EXEC, PLACE(process.exe_flags, false), ABI_EXE_SETUID },
	{ "proc.is_exe_setgid", of_process_bit, EXEC, PLACE(process.exe_flags, false), ABI_EXE_SETGID },
	{ "proc.name", of_process_text, EXEC, VIEW(VIEW_COMM), 0 },
	{ "proc.exepath", of_process_text, EXEC, VIEW(VIEW_SPAN), ABI_TEXT_EXE },
	{ "proc.cwd", of_process_text, EXEC, VIEW(VIEW_SPAN), ABI_TEXT_CWD },
	{ "proc.pname", parent_text, BOTH, VIEW(VIEW_ABOVE_NAME), 0 },
	{ "proc.pexepath", parent_text, BOTH, VIEW(VIEW_ABOVE_PATH), 0 },
	{ "proc.vpid", of_looked_up, CALL, LOOKED(vpid, true), 0 },
	{ "thread.cap_permitted", capabilities, BOTH, PLACE(caps_permitted, false), 0 },
	{ "thread.cap_inheritable", capabilities, BOTH, PLACE(caps_inheritable, false), 0 },
	{ "thread.cap_effective", capabilities, BOTH, PLACE(caps_effective, false), 0 },
	{ "container.id", container_id, BOTH, LOOKED(contained, false), 0 },
	{ "proc.aname", above_text, BOTH, VIEW(VIEW_ABOVE_NAME), 0 },
	{ "proc.aexepath", above_text, BOTH, VIEW(VIEW_ABOVE_PATH), 0 },
	{ "proc.inside.aname", above_text, BOTH, VIEW(VIEW_ABOVE_NAME), ABOVE_INSIDE },
	{ "proc.inside.aexepath", above_text, BOTH, VIEW(VIEW_ABOVE_PATH), ABOVE_INSIDE },
	{ "proc.stdin.type", lower_stdio_type, EXEC, NOTHING, 0 },
	{ "proc.stdout.type", lower_stdio_type, EXEC, NOTHING, 1 },
	{ "proc.stderr.type", lower_stdio_type, EXEC, NOTHING, 2 },
	{ "proc.args", lower_pieces, EXEC, NOTHING, ABI_TEXT_ARGS },
	{ "proc.cmdline", lower_pieces, EXEC, NOTHING, ABI_TEXT_ARGS },
	{ "proc.env", lower_pieces, EXEC, NOTHING, ABI_TEXT_ENV },
	{ "proc.name", of_program_text, CALL, VIEW(VIEW_PROGRAM_NAME), 0 },
	{ "proc.exepath", of_program_text, CALL, VIEW(VIEW_PROGRAM_PATH), 0 },
	{ "proc.is_exe_upper_layer", of_program, CALL, PLACE(call.program, false), ABI_PROGRAM_UPPER },
	{ "proc.is_exe_lower_layer", of_program, CALL, PLACE(call.program, false), ABI_PROGRAM_LOWER },
	{ "proc.is_exe_from_memfd", of_program, CALL, PLACE(call.program, false), ABI_PROGRAM_MEMORY },
	{ "proc.is_exe_deleted", of_program, CALL, PLACE(call.program, false), ABI_PROGRAM_DELETED },
	{ "proc.is_exe_writable", of_program, CALL, PLACE(call.program, false), ABI_PROGRAM_WRITABLE },
	{ "proc.is_exe_setuid", of_program, CALL, PLACE(call.program, false), ABI_PROGRAM_SETUID },
	{ "proc.is_exe_setgid", of_program, CALL, PLACE(call.program, false), ABI_PROGRAM_SETGID },
};
/* clang-format on */

const struct field_place *field_place_find(struct text name, enum abi_event_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i].kinds >> kind & 1 && text_eq_str(name, places[i].name))
			return &places[i];
	return NULL;
}
