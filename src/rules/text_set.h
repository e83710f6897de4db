/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of texts that does not change any more, with a number for each. Finds a whole text, and all
 * members that another text begins or ends with: one look per length that occurs among the members.
 */
#pragma once
#include "base/arena.h"
#include "base/text.h"

struct text_set_slot {
	struct text key;
	uint32_t hash, value;
};

struct text_set {
	struct text_set_slot *slots; /* key.data NULL: free */
	uint32_t size, count;	     /* size is a power of two */
	uint32_t *lengths;	     /* that occur, ascending */
	uint32_t length_count;
	bool by_end; /* hashed from the end: for suffixes */
	uint64_t seed;
};

/* Empty, with room for count members. NULL when out of memory. */
struct text_set *text_set_new(struct arena *a, uint32_t count, bool by_end);
/* Adds a member unless it is there; returns its slot. value counts from what was added first: 0. */
struct text_set_slot *text_set_add(struct text_set *s, struct text t);
/* To be called once, after the last member. */
bool text_set_finish(struct text_set *s, struct arena *a);

/* NULL: it is no member. */
const struct text_set_slot *text_set_find(const struct text_set *s, struct text t);

/* The member of one length (an index into lengths) that t begins (or, by_end, ends) with. */
const struct text_set_slot *text_set_part(const struct text_set *s, struct text t, uint32_t which);

/* True if t begins (ends) with some member. */
bool text_set_has_part(const struct text_set *s, struct text t);
