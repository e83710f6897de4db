/* SPDX-License-Identifier: Apache-2.0 */
/* From trees and views to instructions. Between the files of this folder. */
#pragma once
#include "guard/filter/filter.h"
#include "uapi/bpf_code.h"

struct clause;

struct emitter {
	struct bpf_code code;
	struct kernel_filter *filter;
	VEC(struct clause) clauses; /* of emit_parts.c */
	uint32_t room_size;
	bool remembers;	     /* what is not of the file is looked at last: see early.c */
	uint32_t numbering;  /* of terms about containers */
	bool certain;	     /* a term that may hold and may not does not */
	uint32_t leave;	     /* label: nothing to look at */
	uint32_t loop_jumps; /* that loops take, over all rounds */
};

/*
 * The record is in R6, the scratch in R9. Nothing else lives from one part to the next: what the
 * verifier knows of registers would multiply the paths that it walks.
 */
#define REG_RECORD R6
#define REG_TEXT R7
#define REG_INDEX R8 /* of a byte in the text */
#define REG_SCRATCH R9

/* On the stack: what it was called with, a key of 32 bits; of emit_above.c when the process of that key started, and whose child it is. */
enum { AT_CONTEXT = -8, AT_KEY = -12, AT_NEXT = -16, AT_START = -24, AT_NEXT_START = -32 };
enum { TEXT_SCAN_MAX = 256 }; /* bytes of a text that are looked at one by one */

/* Where what is known of a text leads to. */
struct view_labels {
	uint32_t known, empty, missing, unknown, done;
};

/*
 * How far a program has looked when it asks what may still hold. Most records are about nothing that rules name, so what
 * the process runs is looked at last.
 */
enum emit_stage {
	STAGE_NUMBERS, /* no text yet: terms of texts may hold and may not */
	STAGE_OBJECT,  /* texts of what the record is about */
	STAGE_ALL,     /* and of the program that does it, and long ones */
	EMIT_STAGES
};
/* Whether there are texts that are looked at in that stage. */
bool emit_has_views(const struct emitter *e, enum emit_stage stage);
/* emit_view.c: gives the terms of all texts their bits. -E2BIG: too many terms. */
int emit_place_views(struct emitter *e);
/* Finds each text of the stage and makes bits of its terms; negative: an errno. */
int emit_views(struct emitter *e, enum emit_stage stage);
/*
 * emit_compare.c: sets the bits of the view's terms that fit the text at REG_TEXT, whose length is in the scratch;
 * or goes to unknown. Negative: an errno.
 */
int emit_compare(struct emitter *e, struct text_view *v, uint32_t unknown);
/* Whether there is room for one more loop of TEXT_SCAN_MAX rounds, with so many jumps in each. */
bool emitter_may_loop(struct emitter *e, uint32_t jumps);
/* emit_map.c: texts for equality by way of a map, whose number is returned; negative: an errno. */
int emit_map_make(struct emitter *e, struct text_view *v);
void emit_map_look(struct emitter *e, const struct text_view *v, int map, uint32_t done);
/* Of R2 bytes at REG_TEXT + from, at most room, the key in the scratch; R2 stays. */
void emit_map_key(struct emitter *e, int from, int room);
/* Looks up the key that R2 points to, and sets the bits of terms that the map has for it; or goes to done. */
void emit_map_bits(struct emitter *e, const struct text_view *v, int map, uint32_t done);

/*
 * emit_trie.c: the same of beginnings, paths, or networks. Whether the texts of an operation are looked up, all of the
 * view's; then the code for it. -ENOMEM
 */
bool emit_by_trie(const struct text_view *v, enum text_op op);
int emit_trie(struct emitter *e, const struct text_view *v, enum text_op op);

/* emit_above.c: fills in filter_scratch.process, as far as that is asked for. */
void emit_look_up(struct emitter *e, unsigned looks);
/*
 * The text of one ancestor, at scratch.above; or to unknown. Of any of them: the bits of the view's terms, all
 * of it. Negative: an errno.
 */
void emit_find_above(struct emitter *e, const struct text_view *v, const struct view_labels *to);
int emit_any_above(struct emitter *e, struct text_view *v);
void emit_point_above(struct emitter *e);
/* emit_view.c: what of the view's text has to be so that paths are compared; or to unknown. */
void emit_need_path(struct emitter *e, const struct text_view *v, uint32_t unknown);

/*
 * emit_pieces.c: no piece is there; those of the text at REG_TEXT, whose length is in the scratch and at most size, are; the
 * bits of the view's terms that may hold by them.
 */
void emit_clear_pieces(struct emitter *e);
void emit_mark_pieces(struct emitter *e, uint32_t size);
void emit_ask_pieces(struct emitter *e, const struct text_view *v);

/* The stage in which a text is looked at. */
enum emit_stage emit_stage_of(const struct text_view *v);

/* early.c: whether a term is of what is opened, how and by whom; others wait for STAGE_ALL. Texts have stages of their own. */
bool emit_is_of_open(const struct node *n);
/* What the stages before STAGE_ALL look at. */
struct filter_early emit_early(const struct emitter *e);

/* Goes to yes or no. All its texts have been looked at. */
void emit_tree(struct emitter *e, const struct node *n, uint32_t yes, uint32_t no);

/*
 * emit_parts.c: what the parts of the filter ask, and when. -ENOMEM. Then the program: first every part may hold; each stage
 * takes away those that can't, and goes to some or none.
 */
int emit_split_parts(struct emitter *e);
/* Whether fn holds for what all clauses of the stages up to that one ask. */
bool emit_each_clause(const struct emitter *e, enum emit_stage last,
		      bool (*fn)(const struct emitter *e, const struct node *n,
				 struct filter_early *ret),
		      struct filter_early *ret);
/* What of filter_scratch.process a part asks for. */
enum emit_look { LOOK_PROCESS = 1, LOOK_GROUP = 2, LOOK_TERMS = 4 };
unsigned emit_looks(const struct emitter *e);
/* Whether anything is asked in that stage. */
bool emit_has_clauses(const struct emitter *e, enum emit_stage stage);
void emit_all_parts(struct emitter *e);
void emit_clauses(struct emitter *e, enum emit_stage stage, uint32_t some, uint32_t none);

/* The length of the text at hand. */
static inline void emit_len(struct emitter *e, enum bpf_reg to)
{
	bpf_load(&e->code, 4, to, REG_SCRATCH, (int)offsetof(struct filter_scratch, len));
}

static inline int scratch_may(uint32_t word)
{
	return (int)(offsetof(struct filter_scratch, words) + 8 * word);
}

static inline int scratch_may_not(uint32_t word)
{
	return scratch_may(word) + 4;
}
