/* SPDX-License-Identifier: Apache-2.0 */
#include "allocations.h"

#include <stdlib.h>

volatile size_t allocations;

#if defined(__SANITIZE_ADDRESS__)
const bool allocations_are_counted = false;
#else
const bool allocations_are_counted = true;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

/* Visible to shared libraries too, so that what they allocate counts. */
#define VISIBLE __attribute__((visibility("default")))

VISIBLE void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

VISIBLE void *calloc(size_t nmemb, size_t size)
{
	allocations++;
	return __libc_calloc(nmemb, size);
}

VISIBLE void *realloc(void *ptr, size_t size)
{
	allocations++;
	return __libc_realloc(ptr, size);
}
#endif
