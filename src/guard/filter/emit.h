/* SPDX-License-Identifier: Apache-2.0 */
/* From trees and views to instructions. Between the files of this folder. */
#pragma once
#include "guard/filter/filter.h"
#include "uapi/bpf_code.h"

struct emitter {
	struct bpf_code code;
	struct kernel_filter *filter;
	uint32_t room_size;
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

/* emit_view.c: finds each text and makes bits of its terms. -E2BIG: too many terms. */
int emit_views(struct emitter *e);
/* emit_map.c: texts for equality by way of a map, whose number is returned; negative: an errno. */
int emit_map_make(struct emitter *e, struct text_view *v);
void emit_map_look(struct emitter *e, const struct text_view *v, int map, uint32_t done);

/* Goes to yes or no. without_texts: terms of texts may hold and may not. */
void emit_tree(struct emitter *e, const struct node *n, bool without_texts, uint32_t yes,
	       uint32_t no);

static inline int scratch_may(uint32_t word)
{
	return (int)(offsetof(struct filter_scratch, words) + 8 * word);
}

static inline int scratch_may_not(uint32_t word)
{
	return scratch_may(word) + 4;
}
