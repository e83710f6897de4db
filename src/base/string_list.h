/* SPDX-License-Identifier: Apache-2.0 */
/* A growable list of texts that it owns. */
#pragma once
#include "base/vec.h"

typedef VEC(char *) string_list;

/* Appends a copy; false when out of memory. */
bool string_list_add(string_list *list, const char *text);
/* As printf() writes it. */
bool string_list_addf(string_list *list, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
bool string_list_has(const string_list *list, const char *text);
void string_list_deinit(string_list *list);
#define cleanup_string_list cleanup(string_list_deinit)
