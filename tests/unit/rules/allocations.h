/* SPDX-License-Identifier: Apache-2.0 */
/* Counts calls of malloc(), calloc() and realloc() of the whole program that this is linked into. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* False under AddressSanitizer, whose malloc it would be. */
extern const bool allocations_are_counted;
/* volatile: compilers know that malloc() changes no variables. */
extern volatile size_t allocations;
