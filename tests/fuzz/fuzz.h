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

/* Text for a person: nothing in it drives a terminal, turns what is beside it, or is there unseen. */
static inline void fuzz_check_shown(const char *text, size_t len)
{
	/* U+200B, U+200F, U+2028, U+202E, U+2060, U+2066, U+FEFF, tags */
	static const unsigned char hidden[][3] = {
		{ 0xe2, 0x80, 0x8b }, { 0xe2, 0x80, 0x8f }, { 0xe2, 0x80, 0xa8 },
		{ 0xe2, 0x80, 0xae }, { 0xe2, 0x81, 0xa0 }, { 0xe2, 0x81, 0xa6 },
		{ 0xef, 0xbb, 0xbf }, { 0xf3, 0xa0, 0x80 },
	};

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		fuzz_check(c >= 0x20 && c != 0x7f);
		fuzz_check(c != 0xc2 || i + 1 == len || (unsigned char)text[i + 1] >= 0xa0);
	}
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		fuzz_check(!memmem(text, len, hidden[i], 3));
}

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
