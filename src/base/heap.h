/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is given back: what a process needs for a moment when it starts (the kernel's types, the text
 * of rules) is many times what it needs for the years after.
 */
#pragma once
#include <malloc.h>

enum { HEAP_LARGE = 128 << 10 }; /* bytes */

/*
 * Large blocks are mapped one by one, and gone when they are freed. By itself the C library stops mapping blocks
 * of a size that was freed once (mallopt(3), "dynamic mmap threshold"): holes of megabytes stay in the heap.
 */
static inline void heap_map_large(void)
{
	mallopt(M_MMAP_THRESHOLD, HEAP_LARGE);
	mallopt(M_TRIM_THRESHOLD, HEAP_LARGE);
}

/* After much was freed. Walks the whole heap: not for every turn. */
static inline void heap_trim(void)
{
	malloc_trim(0);
}
