/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every unit test wants: cmocka, checks that name the row of a table, repeatable chance, and a
 * directory of its own. A test program is one group of tests; each prints TAP.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

/* Runs an array of struct CMUnitTest; for main() to return. */
#define unit_run(tests) cmocka_run_group_tests(tests, NULL, NULL)

/* As cmocka's assertions, with the name of the row (or of what was read) in front. */
#define check(row, condition) unit_check(condition, row, #condition, __FILE__, __LINE__)
#define check_text(row, got, want) unit_check_text(got, want, row, #got, __FILE__, __LINE__)
#define check_number(row, got, want) \
	unit_check_number((int64_t)(got), (int64_t)(want), row, #got, __FILE__, __LINE__)
#define check_bytes(row, got, got_len, want, want_len) \
	unit_check_bytes(got, got_len, want, want_len, row, #got, __FILE__, __LINE__)

void unit_check(bool condition, const char *row, const char *what, const char *file, int line);
void unit_check_text(const char *got, const char *want, const char *row, const char *what,
		     const char *file, int line);
void unit_check_number(int64_t got, int64_t want, const char *row, const char *what,
		       const char *file, int line);
void unit_check_bytes(const void *got, size_t got_len, const void *want, size_t want_len,
		      const char *row, const char *what, const char *file, int line);

/* True if a terminal can't be driven by text: no control, nothing of direction and nothing unseen in it. */
bool unit_is_printable(const char *text);

/* Numbers from a seed (xorshift64*): a test that fails once fails always. */
struct chance {
	uint64_t state;
};
uint64_t chance_next(struct chance *c);
size_t chance_below(struct chance *c, size_t limit);
void chance_shuffle(struct chance *c, void *items, size_t count, size_t size);

/* A new empty directory, removed with all that is in it by unit_dir_remove(). */
char *unit_dir(void);
void unit_dir_remove(char *dir);

/* "DIR/NAME" in a static buffer (one of four, used in turn). */
const char *unit_path(const char *dir, const char *name);
void unit_file_write(const char *path, const void *data, size_t len);
/* All of a file, NUL-terminated, owned by the caller; fails the test if it can't be read. */
char *unit_file_read(const char *path, size_t *ret_len);
