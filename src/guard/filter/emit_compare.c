/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What terms ask of a text that was found: each text that is looked for is compared, and the bit of its term set.
 * An ordinary text fits nothing, so what counts is how soon that is known: those for equality are one look into a
 * map, the others are grouped by four bytes, of which a text has one value only. A search leaves but one
 * group to compare.
 */
#include <errno.h>
#include <stdlib.h>

#include "guard/filter/emit.h"

enum {
	/* Of the 8,192 branches that the verifier remembers, those in all loops; texts beyond are unknown. */
	LOOP_JUMPS_MAX = 5400,
	KEY_LEN = 4,
	LINEAR_MAX = 4, /* groups that are looked at one by one */
};
#define SCRATCH(member) ((int)offsetof(struct filter_scratch, member))

bool emitter_may_loop(struct emitter *e, uint32_t jumps)
{
	e->loop_jumps += TEXT_SCAN_MAX * jumps;
	e->filter->overlooks |= e->loop_jumps > LOOP_JUMPS_MAX;
	return e->loop_jumps <= LOOP_JUMPS_MAX;
}

/* Goes on if the bytes at base + off are these. */
static void compare_bytes(struct emitter *e, enum bpf_reg base, int off, struct text t, uint32_t no)
{
	struct bpf_code *c = &e->code;

	for (uint32_t at = 0; at < t.len;) {
		int size = t.len - at >= 8 ? 8 : t.len - at >= 4 ? 4 : t.len - at >= 2 ? 2 : 1;
		uint64_t want = 0;

		memcpy(&want, t.data + at, (size_t)size);
		bpf_load(c, size, R1, base, off + (int)at);
		if (size == 8) {
			bpf_number(c, R2, want);
			bpf_jump(c, BPF_JNE, R1, R2, no);
		} else {
			bpf_jump32_imm(c, BPF_JNE, R1, (int32_t)(uint32_t)want, no);
		}
		at += (uint32_t)size;
	}
}

static void compare_one(struct emitter *e, enum text_op op, struct text t, uint32_t no)
{
	struct bpf_code *c = &e->code;
	uint32_t whole = bpf_code_label(c);

	emit_len(e, R1);
	switch (op) {
	case TEXT_PRESENT:
		break;
	case TEXT_EQUAL:
		bpf_jump_imm(c, BPF_JNE, R1, (int32_t)t.len, no);
		compare_bytes(e, REG_TEXT, 0, t, no);
		break;
	case TEXT_BEGINS:
		bpf_jump_imm(c, BPF_JLT, R1, (int32_t)t.len, no);
		compare_bytes(e, REG_TEXT, 0, t, no);
		break;
	case TEXT_ENDS:
		bpf_alu_imm(c, BPF_SUB, R1, (int32_t)t.len);
		bpf_jump_imm(c, BPF_JGT, R1, ABI_EVENT_TEXT_MAX, no); /* it is shorter */
		bpf_alu(c, BPF_MOV, R3, REG_TEXT);
		bpf_alu(c, BPF_ADD, R3, R1);
		compare_bytes(e, R3, 0, t, no);
		break;
	default: /* TEXT_PATH: begins with a slash, and ends or goes on with one behind t */
		bpf_jump_imm(c, BPF_JLE, R1, (int32_t)t.len, no);
		compare_bytes(e, REG_TEXT, 1, t, no);
		emit_len(e, R1);
		bpf_jump_imm(c, BPF_JEQ, R1, (int32_t)t.len + 1, whole);
		bpf_load(c, 1, R1, REG_TEXT, (int)t.len + 1);
		bpf_jump_imm(c, BPF_JNE, R1, '/', no);
		bpf_code_place(c, whole);
		break;
	}
}

static void set_bit(struct emitter *e, uint32_t word, uint32_t bit)
{
	struct bpf_code *c = &e->code;

	bpf_load(c, 4, R1, REG_SCRATCH, scratch_may(word));
	bpf_alu_imm(c, BPF_OR, R1, (int32_t)(1u << bit));
	bpf_store(c, 4, REG_SCRATCH, scratch_may(word), R1);
}

/* --- texts that are looked for ------------------------------------------------------------------------ */

/* One that is looked for, and the bytes that a text must have to fit. */
struct needle {
	struct text text;
	enum text_op op;
	uint32_t term, key;
};

struct needles {
	VEC(struct needle) items;
};

enum needle_kind {
	NEEDLES_SHORT, /* without four such bytes */
	NEEDLES_HEAD,  /* by the bytes behind the first one of the text */
	NEEDLES_TAIL,  /* by the last ones */
	NEEDLES_PIECE, /* found somewhere: by those behind their own first one */
	NEEDLE_KINDS
};

static enum needle_kind kind_of(enum text_op op, struct text t)
{
	switch (op) {
	case TEXT_BEGINS:
		return t.len > KEY_LEN ? NEEDLES_HEAD : NEEDLES_SHORT;
	case TEXT_PATH:
		return t.len >= KEY_LEN ? NEEDLES_HEAD : NEEDLES_SHORT;
	case TEXT_ENDS:
		return t.len >= KEY_LEN ? NEEDLES_TAIL : NEEDLES_SHORT;
	case TEXT_HAS:
		return NEEDLES_PIECE;
	default:
		return NEEDLES_SHORT;
	}
}

/* 0: it has no such bytes. */
static uint32_t key_of(enum text_op op, struct text t)
{
	uint32_t need = op == TEXT_PATH || op == TEXT_ENDS ? KEY_LEN : KEY_LEN + 1, key = 0;
	uint32_t at = op == TEXT_PATH ? 0 : op == TEXT_ENDS ? t.len - KEY_LEN : 1;

	if (t.len >= need)
		memcpy(&key, t.data + at, KEY_LEN);
	return key;
}

static int by_key(const void *a, const void *b)
{
	const struct needle *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->term < y->term ? -1 : x->term > y->term;
}

/* The needles of one kind by their keys, but for operations (a bit for each) that maps are asked for. */
static int collect(const struct text_view *v, enum needle_kind kind, uint32_t mapped,
		   struct needles *ret)
{
	for (uint32_t n = 0; n < v->terms.len; n++) {
		const struct text_term *t = &v->terms.items[n];

		for (uint32_t i = 0; i < t->count; i++) {
			struct needle *slot;

			if (kind_of(t->op, t->texts[i]) != kind || mapped >> t->op & 1)
				continue;
			slot = vec_add(&ret->items);
			if (!slot)
				return -ENOMEM;
			*slot = (struct needle){ t->texts[i], t->op, n,
						 key_of(t->op, t->texts[i]) };
		}
		if (t->op == TEXT_PRESENT && kind == NEEDLES_SHORT) {
			struct needle *slot = vec_add(&ret->items);

			if (!slot)
				return -ENOMEM;
			*slot = (struct needle){ .op = t->op, .term = n };
		}
	}
	if (ret->items.len)
		qsort(ret->items.items, ret->items.len, sizeof(*ret->items.items), by_key);
	return 0;
}

static uint32_t group_len(const struct needle *n, uint32_t count)
{
	uint32_t len = 1;

	while (len < count && n[len].key == n->key)
		len++;
	return len;
}

static uint32_t group_count(const struct needle *n, uint32_t count)
{
	uint32_t groups = 0;

	for (uint32_t i = 0; i < count; i += group_len(n + i, count - i))
		groups++;
	return groups;
}

typedef void compare_fn(struct emitter *e, const struct text_view *v, const struct needle *n);

static void compare_needle(struct emitter *e, const struct text_view *v, const struct needle *n)
{
	uint32_t no = bpf_code_label(&e->code);

	compare_one(e, n->op, n->text, no);
	set_bit(e, v->word + n->term / 32, n->term % 32);
	bpf_code_place(&e->code, no);
}

/* Compares with the group whose key is in key, and goes on at done. */
static void search(struct emitter *e, const struct text_view *v, const struct needle *n,
		   uint32_t count, enum bpf_reg key, compare_fn *compare, uint32_t done)
{
	struct bpf_code *c = &e->code;
	uint32_t groups = group_count(n, count), half = 0, i = 0;

	if (groups > LINEAR_MAX) {
		uint32_t above = bpf_code_label(c);

		for (; half < groups / 2; half++)
			i += group_len(n + i, count - i);
		bpf_jump32_imm(c, BPF_JGE, key, (int32_t)n[i].key, above);
		search(e, v, n, i, key, compare, done);
		bpf_code_place(c, above);
		search(e, v, n + i, count - i, key, compare, done);
		return;
	}
	while (i < count) {
		uint32_t next = bpf_code_label(c), len = group_len(n + i, count - i);

		bpf_jump32_imm(c, BPF_JNE, key, (int32_t)n[i].key, next);
		for (uint32_t k = 0; k < len; k++)
			compare(e, v, &n[i + k]);
		bpf_goto(c, done);
		bpf_code_place(c, next);
		i += len;
	}
	bpf_goto(c, done);
}

/* By its first bytes, which may be behind its end: what is there is in the room, and comparing minds the length. */
static void compare_heads(struct emitter *e, const struct text_view *v, const struct needles *n)
{
	struct bpf_code *c = &e->code;
	uint32_t done = bpf_code_label(c);

	if (!n->items.len)
		return;
	bpf_load(c, KEY_LEN, R3, REG_TEXT, 1);
	search(e, v, n->items.items, (uint32_t)n->items.len, R3, compare_needle, done);
	bpf_code_place(c, done);
}

static void compare_tails(struct emitter *e, const struct text_view *v, const struct needles *n)
{
	struct bpf_code *c = &e->code;
	uint32_t done = bpf_code_label(c);

	if (!n->items.len)
		return;
	emit_len(e, R1);
	bpf_alu_imm(c, BPF_SUB, R1, KEY_LEN);
	bpf_jump_imm(c, BPF_JGT, R1, ABI_EVENT_TEXT_MAX, done); /* it is shorter than any */
	bpf_alu(c, BPF_MOV, R2, REG_TEXT);
	bpf_alu(c, BPF_ADD, R2, R1);
	bpf_load(c, KEY_LEN, R4, R2, 0);
	search(e, v, n->items.items, (uint32_t)n->items.len, R4, compare_needle, done);
	bpf_code_place(c, done);
}

/* --- pieces ------------------------------------------------------------------------------------------ */

/*
 * R2 = 0 if the text goes on with these bytes at the place that is in R4, with R5 bytes left. Without a
 * jump: the verifier keeps a state for each jump of each round of a loop, and has room for 8,192.
 */
static void differs_here(struct emitter *e, struct text t)
{
	struct bpf_code *c = &e->code;

	bpf_alu(c, BPF_MOV, R2, R5);
	bpf_alu_imm(c, BPF_SUB, R2, (int32_t)t.len);
	bpf_alu_imm(c, BPF_ARSH, R2, 63); /* it is too short */
	for (uint32_t at = 0; at < t.len;) {
		int size = t.len - at >= 8 ? 8 : t.len - at >= 4 ? 4 : t.len - at >= 2 ? 2 : 1;
		uint64_t want = 0;

		memcpy(&want, t.data + at, (size_t)size);
		bpf_load(c, size, R1, R4, (int)at);
		bpf_number(c, R0, want);
		bpf_alu(c, BPF_XOR, R1, R0);
		bpf_alu(c, BPF_OR, R2, R1);
		at += (uint32_t)size;
	}
}

/* Sets the bit if R2 is 0. */
static void set_bit_unless(struct emitter *e, uint32_t word, uint32_t bit)
{
	struct bpf_code *c = &e->code;

	bpf_alu_imm(c, BPF_MOV, R1, 0);
	bpf_alu(c, BPF_SUB, R1, R2);
	bpf_alu(c, BPF_OR, R1, R2); /* its top bit: it is not 0 */
	bpf_alu_imm(c, BPF_ARSH, R1, 63);
	bpf_alu_imm(c, BPF_ADD, R1, 1);
	bpf_alu_imm(c, BPF_LSH, R1, (int32_t)bit);
	bpf_load(c, 4, R2, REG_SCRATCH, scratch_may(word));
	bpf_alu(c, BPF_OR, R2, R1);
	bpf_store(c, 4, REG_SCRATCH, scratch_may(word), R2);
}

static void compare_piece(struct emitter *e, const struct text_view *v, const struct needle *n)
{
	differs_here(e, n->text);
	set_bit_unless(e, v->word + n->term / 32, n->term % 32);
}

static uint8_t first_of(const struct needle *n)
{
	return (uint8_t)n->text.data[0];
}

static bool is_short(const struct needle *n)
{
	return n->text.len <= KEY_LEN;
}

/* By first byte, the short ones in front of the others, these by what follows. */
static int by_first(const void *a, const void *b)
{
	const struct needle *x = a, *y = b;

	if (first_of(x) != first_of(y))
		return first_of(x) < first_of(y) ? -1 : 1;
	if (is_short(x) != is_short(y))
		return is_short(x) ? -1 : 1;
	return by_key(a, b);
}

/* Needles from n on that begin with the same byte; how many of them are short. */
static uint32_t same_first(const struct needle *n, uint32_t count, uint32_t *ret_short)
{
	uint32_t len = 0;

	*ret_short = 0;
	while (len < count && first_of(&n[len]) == first_of(n))
		*ret_short += is_short(&n[len++]);
	return len;
}

/* Branches on the way to the first of so many groups. */
static uint32_t search_depth(uint32_t groups)
{
	uint32_t depth = groups > 0;

	for (; groups > LINEAR_MAX; groups -= groups / 2)
		depth++;
	return depth;
}

/*
 * Branches of a round that the verifier has to remember: of the loop, and on the longest way through it. What it
 * left aside within a round leads to where it has been, and is forgotten before the round in front of it.
 */
static uint32_t piece_jumps(const struct needle *n, uint32_t count, bool grouped)
{
	uint32_t longest = 0, brief, len;

	for (uint32_t i = 0; i < count; i += len) {
		uint32_t depth;

		len = same_first(n + i, count - i, &brief);
		depth = search_depth(group_count(n + i + brief, len - brief));
		longest = grouped && depth > longest ? depth : longest;
	}
	return 2 + longest;
}

/* Those that begin with the byte that is at R4. */
static void compare_pieces(struct emitter *e, const struct text_view *v, const struct needle *n,
			   uint32_t count, uint32_t brief, bool grouped, uint32_t next)
{
	uint32_t alone = grouped ? brief : count;

	for (uint32_t i = 0; i < alone; i++)
		compare_piece(e, v, &n[i]);
	if (alone < count) {
		bpf_load(&e->code, KEY_LEN, R3, R4, 1);
		search(e, v, n + alone, count - alone, R3, compare_piece, next);
	} else {
		bpf_goto(&e->code, next);
	}
}

/* Goes through the text once for all pieces. Longer than TEXT_SCAN_MAX: nobody knows. */
static void find_pieces(struct emitter *e, const struct text_view *v, struct needles *pieces,
			uint32_t unknown)
{
	struct bpf_code *c = &e->code;
	uint32_t again = bpf_code_label(c), next = bpf_code_label(c), end = bpf_code_label(c);
	uint32_t count = (uint32_t)pieces->items.len, brief, len;
	struct needle *n = pieces->items.items;
	bool grouped;

	if (!count)
		return;
	qsort(n, count, sizeof(*n), by_first);
	grouped = e->loop_jumps + TEXT_SCAN_MAX * piece_jumps(n, count, true) <= LOOP_JUMPS_MAX;
	if (!emitter_may_loop(e, piece_jumps(n, count, grouped)) || count > TEXT_PIECES_MAX) {
		e->filter->overlooks = true;
		bpf_goto(c, unknown);
		return;
	}
	emit_len(e, R5);
	bpf_alu(c, BPF_MOV, R4, REG_TEXT);
	bpf_alu_imm(c, BPF_MOV, REG_INDEX, 0);
	bpf_code_place(c, again);
	bpf_jump_imm(c, BPF_JEQ, R5, 0, end);
	bpf_jump_imm(c, BPF_JGE, REG_INDEX, TEXT_SCAN_MAX, unknown);
	bpf_load(c, 1, R3, R4, 0);
	for (uint32_t i = 0; i < count; i += len) {
		uint32_t other = bpf_code_label(c);

		len = same_first(n + i, count - i, &brief);
		bpf_jump_imm(c, BPF_JNE, R3, first_of(&n[i]), other);
		compare_pieces(e, v, n + i, len, brief, grouped, next);
		bpf_code_place(c, other);
	}
	bpf_code_place(c, next);
	bpf_alu_imm(c, BPF_ADD, REG_INDEX, 1);
	bpf_alu_imm(c, BPF_ADD, R4, 1);
	bpf_alu_imm(c, BPF_SUB, R5, 1);
	bpf_goto(c, again);
	bpf_code_place(c, end);
}

/* --- all of a view ----------------------------------------------------------------------------------- */

static uint32_t equal_count(const struct text_view *v)
{
	uint32_t n = 0;

	vec_foreach(t, &v->terms)
		if (t->op == TEXT_EQUAL)
			n += t->count;
	return n;
}

static int compare_kind(struct emitter *e, const struct text_view *v, enum needle_kind kind,
			uint32_t mapped, uint32_t unknown)
{
	struct needles n = { 0 };
	int r = collect(v, kind, mapped, &n);

	if (!r && kind == NEEDLES_HEAD)
		compare_heads(e, v, &n);
	else if (!r && kind == NEEDLES_TAIL)
		compare_tails(e, v, &n);
	else if (!r && kind == NEEDLES_PIECE)
		find_pieces(e, v, &n, unknown);
	else if (!r)
		vec_foreach(one, &n.items)
			compare_needle(e, v, one);
	vec_deinit(&n.items);
	return r;
}

/* What maps are asked for. A bit for each operation, or an errno. */
static int ask_maps(struct emitter *e, struct text_view *v)
{
	static const enum text_op tries[] = { TEXT_BEGINS, TEXT_PATH, TEXT_NETWORK };
	int mapped = 0, r = 0;

	if (equal_count(v) > TEXT_INLINE_MAX) {
		uint32_t done = bpf_code_label(&e->code);

		r = emit_map_make(e, v);
		if (r < 0)
			return r;
		emit_map_look(e, v, r, done);
		bpf_code_place(&e->code, done);
		mapped |= 1 << TEXT_EQUAL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		if (!emit_by_trie(v, tries[i]))
			continue;
		r = emit_trie(e, v, tries[i]);
		if (r < 0)
			return r;
		mapped |= 1 << tries[i];
	}
	return mapped;
}

int emit_compare(struct emitter *e, struct text_view *v, uint32_t unknown)
{
	int mapped = ask_maps(e, v), r = 0;

	if (mapped < 0)
		return mapped;
	for (enum needle_kind kind = NEEDLES_SHORT; !r && kind < NEEDLE_KINDS; kind++)
		r = compare_kind(e, v, kind, (uint32_t)mapped, unknown);
	return r;
}
