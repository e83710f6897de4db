/* SPDX-License-Identifier: Apache-2.0 */
/* A typed growable array: struct { T *items; size_t len, size; }. Elements may move when it grows. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define VEC(T)                    \
	struct {                  \
		T *items;         \
		size_t len, size; \
	}

/* Makes room for one more element of elem bytes; false when out of memory, nothing changed. */
static inline bool vec_grow(void **items, size_t *size, size_t len, size_t elem)
{
	size_t want = *size ? *size * 2 : 8;
	void *grown;

	if (len < *size)
		return true;
	if (want > SIZE_MAX / elem)
		return false;
	grown = realloc(*items, want * elem);
	if (!grown)
		return false;
	*items = grown;
	*size = want;
	return true;
}

/* Appends a zeroed element and yields its address, or NULL when out of memory. */
#define vec_add(v)                                                                   \
	(vec_grow((void **)&(v)->items, &(v)->size, (v)->len, sizeof(*(v)->items)) ? \
		 memset(&(v)->items[(v)->len++], 0, sizeof(*(v)->items)) :           \
		 NULL)

#define vec_deinit(v)                     \
	do {                              \
		free((v)->items);         \
		(v)->items = NULL;        \
		(v)->len = (v)->size = 0; \
	} while (0)

#define vec_sort(v, cmp)                                                       \
	do {                                                                   \
		if ((v)->len > 1)                                              \
			qsort((v)->items, (v)->len, sizeof(*(v)->items), cmp); \
	} while (0)

/* An empty one may have no items at all: to NULL nothing may be added, not even 0. */
#define vec_foreach(it, v) \
	for (__typeof__(*(v)->items) *it = (v)->items; it && it < (v)->items + (v)->len; it++)
