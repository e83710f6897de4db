/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One harness per parser of what others wrote. libFuzzer calls the function (tools/fuzz), and
 * replay.c calls it for every file of a corpus, as a unit test of the ordinary build.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A law of the parser; a broken one is a crash. */
#define fuzz_check(law)                                                                   \
	do {                                                                              \
		if (!(law)) {                                                             \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #law); \
			abort();                                                          \
		}                                                                         \
	} while (0)

/* The input as a string that the caller owns; it ends at the first NUL. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}
