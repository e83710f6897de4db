/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that are too long to be searched in the kernel: command lines and environments. What is noted there is which three
 * bytes in a row they have, each by a slot of a table: a text that lacks one of those of a word does not have the word. A text
 * that has all of them may have it.
 *
 * Arguments end with a NUL where rules have a blank between them: pieces with either are not asked for.
 */
#pragma once
#include "base/text.h"

enum { PIECE_LEN = 3, PIECE_SLOTS = 8192, PIECE_FACTOR = 0x1e35a7bd, PIECE_SHIFT = 18 };

/* Whether the three bytes at a place of a word may be asked for. */
bool piece_is_known(struct text t, uint32_t at);
uint32_t piece_slot(struct text t, uint32_t at);
bool piece_any(struct text t);

/* Of what a text must have, one. Texts are parts of the pattern. */
enum { ALTERNATIVES_MAX = 16, NEEDS_MAX = 8 };
struct word_need {
	struct text texts[ALTERNATIVES_MAX];
	uint32_t count;
};
struct word_needs {
	struct word_need items[NEEDS_MAX];
	uint32_t count;
};

/* Some of what every text that fits the pattern has, all of it; nothing where the pattern is not understood. */
void regex_needs(struct text pattern, struct word_needs *ret);
