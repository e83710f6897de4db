/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of a document with their places: what has a wrong type is told and taken for unset. */
#pragma once
#include "inspect/workload.h"

struct reader {
	struct arena *arena; /* of places and lists */
	struct diags *diags;
};

/* Tells that something else was wanted; there must be something at the place. */
void reader_complain(struct reader *r, const struct at *at, const char *wanted);

struct flag reader_flag(struct reader *r, const struct at *parent, const char *name);
struct word reader_word_at(struct reader *r, struct at at);
struct word reader_word(struct reader *r, const struct at *parent, const char *name);
struct number reader_number(struct reader *r, const struct at *parent, const char *name);
struct words reader_words(struct reader *r, const struct at *parent, const char *name);

/*
 * The list at a place; its items' places get a parent that stays. *ret_count is 0 for what is no list.
 * NULL: out of memory.
 */
struct at *reader_list(struct reader *r, const struct at *parent, const char *name,
		       uint32_t *ret_count);

/* Every place that is a parent of others is kept where it does not move. NULL: out of memory. */
const struct at *reader_keep(struct reader *r, struct at at);
