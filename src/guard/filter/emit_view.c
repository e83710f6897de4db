/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts. Of each the place and the length are found, then every term is compared (emit_compare.c), and its
 * bit set. A text that nobody knows in the kernel makes all its terms possible, and impossible.
 */
#include <errno.h>
#include <sys/stat.h>

#include "guard/fd_kind.h"
#include "guard/filter/emit.h"

#include "abi/program.h"

enum {
	/* Where a text may begin: an end, a prefix and eight bytes lie behind it in the room. */
	TEXT_AT_MARGIN = 8192,
	TEXT_MOVED_MAX = 512,
};
#define AT(member) ((int)offsetof(struct abi_event, member))
#define SCRATCH(member) ((int)offsetof(struct filter_scratch, member))

/* REG_TEXT and the length of a span; goes on if it is not empty. */
static void find_span(struct emitter *e, unsigned span, const struct view_labels *to)
{
	struct bpf_code *c = &e->code;

	bpf_load(c, 4, R1, REG_RECORD, AT(text) + (int)(span * sizeof(struct abi_span)) + 4);
	bpf_jump_imm(c, BPF_JEQ, R1, 0, to->empty);
	bpf_jump_imm(c, BPF_JGT, R1, ABI_EVENT_TEXT_MAX, to->unknown);
	bpf_store(c, 4, REG_SCRATCH, SCRATCH(len), R1);
	bpf_load(c, 4, R2, REG_RECORD, AT(text) + (int)(span * sizeof(struct abi_span)));
	bpf_jump_imm(c, BPF_JGT, R2, (int32_t)e->room_size - TEXT_AT_MARGIN, to->unknown);
	bpf_store(c, 4, REG_SCRATCH, SCRATCH(at), R2);
	bpf_alu(c, BPF_MOV, REG_TEXT, REG_RECORD);
	bpf_alu(c, BPF_ADD, REG_TEXT, R2);
}

/* Moves the beginning of the text by what is in R2; its pointer is left behind. */
static void move_text(struct emitter *e)
{
	bpf_load(&e->code, 4, R1, REG_SCRATCH, SCRATCH(at));
	bpf_alu(&e->code, BPF_ADD, R1, R2);
	bpf_store(&e->code, 4, REG_SCRATCH, SCRATCH(at), R1);
}

/*
 * The pointer anew, whichever way the text was found: behind it the verifier knows the same of all
 * ways, and goes on only once.
 */
static void point_to_text(struct emitter *e, const struct view_labels *to)
{
	struct bpf_code *c = &e->code;

	bpf_load(c, 4, R2, REG_SCRATCH, SCRATCH(at));
	bpf_jump_imm(c, BPF_JGT, R2, (int32_t)e->room_size - TEXT_AT_MARGIN + TEXT_MOVED_MAX,
		     to->unknown);
	bpf_alu(c, BPF_MOV, REG_TEXT, REG_RECORD);
	bpf_alu(c, BPF_ADD, REG_TEXT, R2);
}

static void need_slash_in_front(struct emitter *e, uint32_t unknown)
{
	bpf_load(&e->code, 1, R1, REG_TEXT, 0);
	bpf_jump_imm(&e->code, BPF_JNE, R1, '/', unknown);
}

/*
 * Goes through the text: where its last slash is; with normal, slashes that are doubled, in front of
 * a dot or at the end make it unknown, as does a length of more than TEXT_SCAN_MAX.
 */
static void scan(struct emitter *e, bool normal, const struct view_labels *to)
{
	struct bpf_code *c = &e->code;
	uint32_t again = bpf_code_label(c), next = bpf_code_label(c), end = bpf_code_label(c);

	if (!emitter_may_loop(e, normal ? 5 : 2)) {
		bpf_goto(c, to->unknown);
		return;
	}
	bpf_store_imm(c, 4, REG_SCRATCH, SCRATCH(slash), TEXT_SCAN_MAX);
	bpf_alu_imm(c, BPF_MOV, REG_INDEX, 0);
	bpf_code_place(c, again);
	emit_len(e, R1);
	bpf_jump(c, BPF_JGE, REG_INDEX, R1, end);
	bpf_jump_imm(c, BPF_JGE, REG_INDEX, TEXT_SCAN_MAX, to->unknown);
	bpf_alu(c, BPF_MOV, R2, REG_TEXT);
	bpf_alu(c, BPF_ADD, R2, REG_INDEX);
	bpf_load(c, 1, R3, R2, 0);
	bpf_jump_imm(c, BPF_JNE, R3, '/', next);
	bpf_store(c, 4, REG_SCRATCH, SCRATCH(slash), REG_INDEX);
	if (normal) {
		bpf_alu(c, BPF_MOV, R4, REG_INDEX);
		bpf_alu_imm(c, BPF_ADD, R4, 1);
		bpf_jump(c, BPF_JGE, R4, R1, to->unknown);
		bpf_load(c, 1, R3, R2, 1);
		bpf_jump_imm(c, BPF_JEQ, R3, '/', to->unknown);
		bpf_jump_imm(c, BPF_JEQ, R3, '.', to->unknown);
	}
	bpf_code_place(c, next);
	bpf_alu_imm(c, BPF_ADD, REG_INDEX, 1);
	bpf_goto(c, again);
	bpf_code_place(c, end);
}

/*
 * A path argument that is resolved: only what is absolute and plain is known. Where there is none the call, if it succeeded, was about
 * what a path would have been relative to.
 */
static void find_path(struct emitter *e, unsigned span, const struct view_labels *to)
{
	struct bpf_code *c = &e->code;
	const uint32_t empty = bpf_code_label(c), found = bpf_code_label(c);
	struct view_labels path = *to;

	path.empty = empty;
	find_span(e, span, &path);
	bpf_goto(c, found);
	bpf_code_place(c, empty);
	bpf_load(c, 8, R1, REG_RECORD, AT(call.result));
	bpf_jump_imm(c, BPF_JSLT, R1, 0, to->empty);
	find_span(e, ABI_TEXT_DIR1 + span - ABI_TEXT_PATH1, to);
	bpf_code_place(c, found);
	point_to_text(e, to);
	need_slash_in_front(e, to->unknown);
	scan(e, true, to);
}

/* at: of the name in the record */
static void find_comm(struct emitter *e, int at, const struct view_labels *to)
{
	struct bpf_code *c = &e->code;

	bpf_alu(c, BPF_MOV, REG_TEXT, REG_RECORD);
	bpf_alu_imm(c, BPF_ADD, REG_TEXT, at);
	bpf_store_imm(c, 4, REG_SCRATCH, SCRATCH(at), at);
	for (int i = 0; i < ABI_EVENT_COMM; i++) {
		uint32_t next = bpf_code_label(c);

		bpf_load(c, 1, R1, REG_TEXT, i);
		bpf_jump_imm(c, BPF_JNE, R1, 0, next);
		bpf_store_imm(c, 4, REG_SCRATCH, SCRATCH(len), i);
		bpf_goto(c, to->known);
		bpf_code_place(c, next);
	}
	bpf_store_imm(c, 4, REG_SCRATCH, SCRATCH(len), ABI_EVENT_COMM);
}

static void need_program(struct emitter *e, const struct view_labels *to)
{
	bpf_load(&e->code, 1, R1, REG_RECORD, AT(call.program[ABI_PROGRAM_NAME]));
	bpf_jump_imm(&e->code, BPF_JNE, R1, ABI_YES, to->unknown);
}

/* The directory of the text at hand: what is in front of its last slash, or that slash. */
static void take_directory(struct emitter *e, const struct view_labels *to)
{
	struct bpf_code *c = &e->code;
	uint32_t inner = bpf_code_label(c);

	bpf_load(c, 2, R1, REG_RECORD, AT(call.inode_mode));
	bpf_alu_imm(c, BPF_AND, R1, S_IFMT);
	bpf_jump_imm(c, BPF_JEQ, R1, S_IFDIR, to->known);
	scan(e, false, to);
	bpf_load(c, 4, R2, REG_SCRATCH, SCRATCH(slash));
	emit_len(e, R1);
	bpf_alu_imm(c, BPF_SUB, R1, 1);
	bpf_jump(c, BPF_JEQ, R1, R2, to->unknown); /* the last byte */
	bpf_jump_imm(c, BPF_JNE, R2, 0, inner);
	bpf_alu_imm(c, BPF_MOV, R2, 1);
	bpf_code_place(c, inner);
	bpf_jump_imm(c, BPF_JGE, R2, TEXT_SCAN_MAX, to->unknown); /* there is none */
	bpf_store(c, 4, REG_SCRATCH, SCRATCH(len), R2);
}

static void take_filename(struct emitter *e, const struct view_labels *to)
{
	struct bpf_code *c = &e->code;

	bpf_load(c, 2, R1, REG_RECORD, AT(call.inode_mode));
	bpf_alu_imm(c, BPF_AND, R1, S_IFMT);
	bpf_jump_imm(c, BPF_JEQ, R1, S_IFDIR, to->missing);
	scan(e, false, to);
	bpf_load(c, 4, R2, REG_SCRATCH, SCRATCH(slash));
	bpf_jump_imm(c, BPF_JGE, R2, TEXT_SCAN_MAX, to->unknown);
	bpf_alu_imm(c, BPF_ADD, R2, 1);
	move_text(e);
	emit_len(e, R1);
	bpf_jump(c, BPF_JGE, R2, R1, to->unknown);
	bpf_alu(c, BPF_SUB, R1, R2);
	bpf_store(c, 4, REG_SCRATCH, SCRATCH(len), R1);
}

/* Whether no term can be about the name of a connection, "10.0.0.1:4321->10.0.0.2:80". */
static bool all_have_slashes(const struct text_view *v)
{
	vec_foreach(t, &v->terms)
		for (uint32_t i = 0; t->op != TEXT_PRESENT && i < t->count; i++)
			if (!memchr(t->texts[i].data, '/', t->texts[i].len))
				return false;
	return true;
}

/* The path of a unix socket, which ends at a NUL or with the address; abstract ones are unknown. */
static void find_unix_path(struct emitter *e, const struct view_labels *to)
{
	enum { PATH_AT = 2, PATH_MAX_LEN = 128 };
	struct bpf_code *c = &e->code;
	uint32_t again = bpf_code_label(c), found = bpf_code_label(c);

	if (!emitter_may_loop(e, 2)) {
		bpf_goto(c, to->unknown);
		return;
	}
	find_span(e, ABI_TEXT_BYTES, to);
	emit_len(e, R1);
	bpf_jump_imm(c, BPF_JLE, R1, PATH_AT, to->empty);
	bpf_alu_imm(c, BPF_SUB, R1, PATH_AT);
	bpf_store(c, 4, REG_SCRATCH, SCRATCH(len), R1);
	bpf_load(c, 2, R1, REG_TEXT, 0);
	bpf_jump_imm(c, BPF_JNE, R1, FAMILY_UNIX, to->unknown);
	bpf_alu_imm(c, BPF_MOV, R2, PATH_AT);
	move_text(e);
	bpf_alu_imm(c, BPF_ADD, REG_TEXT, PATH_AT);
	bpf_load(c, 1, R1, REG_TEXT, 0);
	bpf_jump_imm(c, BPF_JEQ, R1, 0, to->unknown);
	bpf_alu_imm(c, BPF_MOV, REG_INDEX, 0);
	bpf_code_place(c, again);
	emit_len(e, R1);
	bpf_jump(c, BPF_JGE, REG_INDEX, R1, to->known);
	bpf_jump_imm(c, BPF_JGE, REG_INDEX, PATH_MAX_LEN, to->unknown);
	bpf_alu(c, BPF_MOV, R2, REG_TEXT);
	bpf_alu(c, BPF_ADD, R2, REG_INDEX);
	bpf_load(c, 1, R3, R2, 0);
	bpf_jump_imm(c, BPF_JEQ, R3, 0, found);
	bpf_alu_imm(c, BPF_ADD, REG_INDEX, 1);
	bpf_goto(c, again);
	bpf_code_place(c, found);
	bpf_store(c, 4, REG_SCRATCH, SCRATCH(len), REG_INDEX);
	bpf_goto(c, to->known);
}

/* The name of a socket: a path, a connection as text, or none. */
static void find_socket(struct emitter *e, const struct text_view *v, const struct view_labels *to)
{
	struct bpf_code *c = &e->code;
	uint32_t inet = all_have_slashes(v) ? to->empty : to->unknown;
	uint32_t path = bpf_code_label(c), bytes = bpf_code_label(c);
	struct view_labels peer = *to;

	bpf_load(c, 2, R1, REG_RECORD, AT(call.family));
	bpf_jump_imm(c, BPF_JEQ, R1, FAMILY_UNIX, path);
	bpf_jump_imm(c, BPF_JEQ, R1, FAMILY_INET, inet);
	bpf_jump_imm(c, BPF_JEQ, R1, FAMILY_INET6, inet);
	bpf_goto(c, to->empty);
	bpf_code_place(c, path);
	peer.empty = bytes;
	find_span(e, ABI_TEXT_FILE, &peer);
	bpf_goto(c, to->known);
	bpf_code_place(c, bytes);
	find_unix_path(e, to);
}

/* What a descriptor refers to: see file_fill() and fd_fill() in guard/translate.c. The name of what is in
 * memory or a pipe may be none. */
static void find_descriptor(struct emitter *e, const struct text_view *v,
			    const struct view_labels *to)
{
	struct bpf_code *c = &e->code;
	uint32_t file = bpf_code_label(c), socket = bpf_code_label(c), found = bpf_code_label(c);
	uint32_t memory = bpf_code_label(c);
	struct view_labels of_file = *to;
	bool name = v->kind == VIEW_FD_NAME, opens = v->span;

	/* A file has a path: if the record has none it could not be found, and nothing is certain. */
	if (e->certain)
		of_file.empty = to->unknown;
	bpf_load(c, 2, R1, REG_RECORD, AT(flags));
	bpf_jump_imm(c, BPF_JSET, R1, ABI_EVENT_SOCKET, name ? socket : to->missing);
	bpf_jump_imm(c, BPF_JSET, R1, ABI_EVENT_FILE, file);
	if (!opens) {
		bpf_goto(c, name			? to->empty :
			    v->kind == VIEW_FD_FILENAME ? to->missing :
							  to->unknown);
	} else if (name) {
		find_path(e, ABI_TEXT_PATH1, to);
		bpf_goto(c, found);
	} else {
		bpf_goto(c, to->unknown);
	}
	bpf_code_place(c, file);
	bpf_jump_imm(c, BPF_JSET, R1, ABI_EVENT_PIDFD, to->unknown);
	bpf_load(c, 4, R1, REG_RECORD, AT(call.path_flags));
	bpf_jump_imm(c, BPF_JSET, R1, ABI_PATH_MEMORY, name ? memory : to->unknown);
	bpf_load(c, 2, R1, REG_RECORD, AT(call.inode_mode));
	bpf_alu_imm(c, BPF_AND, R1, S_IFMT);
	bpf_jump_imm(c, BPF_JEQ, R1, S_IFIFO, to->unknown);
	find_span(e, ABI_TEXT_FILE, &of_file);
	if (v->kind == VIEW_FD_DIRECTORY)
		take_directory(e, to);
	else if (v->kind == VIEW_FD_FILENAME)
		take_filename(e, to);
	bpf_goto(c, found);
	if (name) { /* "memfd:x"; with a slash it is none, or that of a file that has no name yet */
		bpf_code_place(c, memory);
		find_span(e, ABI_TEXT_FILE, &of_file);
		bpf_load(c, 1, R1, REG_TEXT, 0);
		bpf_jump_imm(c, BPF_JEQ, R1, '/', to->unknown);
		bpf_goto(c, found);
	}
	bpf_code_place(c, socket);
	find_socket(e, v, to);
	bpf_code_place(c, found);
}

static bool is_above(const struct text_view *v)
{
	return v->kind == VIEW_ABOVE_NAME || v->kind == VIEW_ABOVE_PATH;
}

static bool is_address(const struct text_view *v)
{
	return v->kind >= VIEW_REMOTE4 && v->kind <= VIEW_LOCAL6;
}

/* Bytes of the address that a prefix keeps, as a number that is loaded. */
static uint64_t mask_of(unsigned prefix, int at, int size)
{
	uint8_t bytes[8] = { 0 };
	uint64_t mask;

	for (int i = 0; i < size; i++) {
		int left = (int)prefix - (at + i) * 8;

		bytes[i] = left >= 8 ? 0xff : left > 0 ? (uint8_t)(0xff00 >> left) : 0;
	}
	memcpy(&mask, bytes, sizeof(mask));
	return mask;
}

/* The network that the address is in, put into the scratch: it is a text like others from there on. */
static void point_to_address(struct emitter *e, const struct text_view *v)
{
	bool remote = v->kind == VIEW_REMOTE4 || v->kind == VIEW_REMOTE6;
	bool six = v->kind == VIEW_REMOTE6 || v->kind == VIEW_LOCAL6;
	int from = remote ? AT(call.remote) : AT(call.local), size = six ? 16 : 4;
	int piece = six ? 8 : 4;
	struct bpf_code *c = &e->code;

	for (int at = 0; at < size; at += piece) {
		bpf_load(c, piece, R1, REG_RECORD, from + at);
		bpf_number(c, R2, mask_of(v->span, at, piece));
		bpf_alu(c, BPF_AND, R1, R2);
		bpf_store(c, 8, REG_SCRATCH, SCRATCH(address) + at, R1);
	}
	bpf_store_imm(c, 4, REG_SCRATCH, SCRATCH(len), size);
	bpf_alu(c, BPF_MOV, REG_TEXT, REG_SCRATCH);
	bpf_alu_imm(c, BPF_ADD, REG_TEXT, SCRATCH(address));
}

static void find_text(struct emitter *e, const struct text_view *v, const struct view_labels *to)
{
	switch (v->kind) {
	case VIEW_REMOTE4:
	case VIEW_LOCAL4:
	case VIEW_REMOTE6:
	case VIEW_LOCAL6:
		break; /* it is where it is: point_to_address() */
	case VIEW_SPAN:
	case VIEW_SPAN_OR_NONE:
		find_span(e, v->span, to);
		break;
	case VIEW_RAW_HERE:
		find_span(e, v->span, to);
		need_slash_in_front(e, to->unknown);
		break;
	case VIEW_PATH:
	case VIEW_PATH_HERE:
		find_path(e, v->span, to);
		break;
	case VIEW_COMM:
		find_comm(e, AT(process.comm), to);
		break;
	case VIEW_PROGRAM_NAME:
		need_program(e, to);
		find_comm(e, AT(call.comm), to);
		break;
	case VIEW_ABOVE_NAME:
	case VIEW_ABOVE_PATH:
		emit_find_above(e, v, to);
		break;
	case VIEW_PROGRAM_PATH:
		need_program(e, to);
		find_span(e, ABI_TEXT_PROGRAM, to);
		break;
	default:
		find_descriptor(e, v, to);
		break;
	}
}

/* What an empty span is. */
static void empty_text(struct emitter *e, const struct text_view *v, const struct view_labels *to)
{
	struct bpf_code *c = &e->code;

	if (v->kind == VIEW_SPAN) {
		bpf_goto(c, e->certain ? to->unknown : to->missing);
	} else if (v->kind == VIEW_PROGRAM_PATH || v->kind == VIEW_PATH_HERE ||
		   v->kind == VIEW_RAW_HERE || v->kind == VIEW_FD_DIRECTORY ||
		   v->kind == VIEW_FD_FILENAME) {
		bpf_goto(c, to->unknown);
	} else {
		bpf_store_imm(c, 4, REG_SCRATCH, SCRATCH(len), 0);
		bpf_store_imm(c, 4, REG_SCRATCH, SCRATCH(at), 0); /* no byte of it is looked at */
		bpf_goto(c, to->known);
	}
}

static bool asks_for_paths(const struct text_view *v)
{
	vec_foreach(t, &v->terms)
		if (t->op == TEXT_PATH)
			return true;
	return false;
}

/* Of what is no path from a root, nobody knows here. */
void emit_need_path(struct emitter *e, const struct text_view *v, uint32_t unknown)
{
	if (!asks_for_paths(v))
		return;
	emit_len(e, R1);
	bpf_jump_imm(&e->code, BPF_JEQ, R1, 0, unknown);
	need_slash_in_front(e, unknown);
}

/* --- views ------------------------------------------------------------------------------------------ */

static uint32_t words_of(const struct text_view *v)
{
	return ((uint32_t)v->terms.len + 31) / 32;
}

/* A command line begins with a name, which is another text. */
static int emit_pieces_view(struct emitter *e, struct text_view *v)
{
	struct bpf_code *c = &e->code;
	const struct view_labels to = { bpf_code_label(c), bpf_code_label(c), bpf_code_label(c),
					bpf_code_label(c), bpf_code_label(c) };
	const uint32_t jumps = 2 * ABI_EVENT_TEXT_MAX / 8 / TEXT_SCAN_MAX;
	bool loops = emitter_may_loop(e, jumps + 1);

	for (uint32_t w = 0; w < words_of(v); w++)
		bpf_store_imm(c, 8, REG_SCRATCH, scratch_may(v->word + w), -1);
	if (!loops)
		bpf_goto(c, to.unknown);
	emit_clear_pieces(e);
	if (v->span == ABI_TEXT_ARGS) {
		bpf_alu(c, BPF_MOV, REG_TEXT, REG_RECORD);
		bpf_alu_imm(c, BPF_ADD, REG_TEXT, AT(process.comm));
		bpf_store_imm(c, 4, REG_SCRATCH, SCRATCH(len), ABI_EVENT_COMM);
		emit_mark_pieces(e, ABI_EVENT_COMM);
	}
	find_span(e, v->span, &to);
	emit_mark_pieces(e, ABI_EVENT_TEXT_MAX);
	bpf_code_place(c, to.empty);
	for (uint32_t w = 0; w < words_of(v); w++)
		bpf_store_imm(c, 4, REG_SCRATCH, scratch_may(v->word + w), 0);
	emit_ask_pieces(e, v);
	bpf_code_place(c, to.unknown);
	return 0;
}

static int emit_view(struct emitter *e, struct text_view *v)
{
	struct bpf_code *c = &e->code;
	const struct view_labels to = { bpf_code_label(c), bpf_code_label(c), bpf_code_label(c),
					bpf_code_label(c), bpf_code_label(c) };
	int r;

	if (v->kind == VIEW_PIECES)
		return emit_pieces_view(e, v);
	if (is_above(v) && (v->span & ABOVE_MASK) == ABOVE_ANY)
		return emit_any_above(e, v);
	for (uint32_t w = 0; w < words_of(v); w++)
		bpf_store_imm(c, 4, REG_SCRATCH, scratch_may(v->word + w), 0);
	find_text(e, v, &to);
	bpf_goto(c, to.known);
	bpf_code_place(c, to.empty);
	empty_text(e, v, &to);
	bpf_code_place(c, to.known);
	if (is_address(v)) {
		point_to_address(e, v);
	} else if (is_above(v)) {
		emit_point_above(e);
	} else {
		point_to_text(e, &to);
	}
	emit_need_path(e, v, to.unknown);
	r = emit_compare(e, v, to.unknown);
	if (r < 0)
		return r;
	bpf_code_place(c, to.missing);
	for (uint32_t w = 0; w < words_of(v); w++) {
		bpf_load(c, 4, R1, REG_SCRATCH, scratch_may(v->word + w));
		bpf_alu_imm(c, BPF_XOR, R1, -1);
		bpf_store(c, 4, REG_SCRATCH, scratch_may_not(v->word + w), R1);
	}
	bpf_goto(c, to.done);
	bpf_code_place(c, to.unknown);
	for (uint32_t w = 0; w < words_of(v); w++)
		bpf_store_imm(c, 8, REG_SCRATCH, scratch_may(v->word + w), -1);
	bpf_code_place(c, to.done);
	return 0;
}

enum emit_stage emit_stage_of(const struct text_view *v)
{
	return v->kind == VIEW_PROGRAM_NAME || v->kind == VIEW_PROGRAM_PATH ||
			       v->kind == VIEW_PIECES || is_above(v) ?
		       STAGE_ALL :
		       STAGE_OBJECT;
}

bool emit_has_views(const struct emitter *e, enum emit_stage stage)
{
	vec_foreach(v, &e->filter->views.items)
		if (emit_stage_of(v) == stage)
			return true;
	return false;
}

int emit_place_views(struct emitter *e)
{
	uint32_t word = 0;

	vec_foreach(v, &e->filter->views.items) {
		v->word = word;
		word += words_of(v);
	}
	return word > FILTER_WORDS ? -E2BIG : 0;
}

int emit_views(struct emitter *e, enum emit_stage stage)
{
	vec_foreach(v, &e->filter->views.items) {
		int r = emit_stage_of(v) == stage ? emit_view(e, v) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}
