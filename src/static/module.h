/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files an image may open as libraries while it runs (dlopen). Nothing in the file says so for
 * certain, so this is a guess by three rules, which err on the side of too many:
 *  - a file name "….so" or "….so.N" in its strings, found where the linker looks by itself;
 *  - if it calls dlopen(): a directory below a library directory that its strings name, with all below;
 *  - what a function that it calls is known to open (module_rules).
 */
#pragma once
#include "static/store.h"

struct module {
	struct image *image;
	const char *why; /* static */
};
typedef VEC(struct module) module_list;

/* "It calls (or has) a function whose name begins so: files in a directory whose names begin so." */
struct module_rule {
	const char *function;
	const char *directory; /* NULL: wherever the linker looks by itself */
	const char *prefix;
	const char *why;
};
extern const struct module_rule module_rules[];
extern const size_t module_rules_count;

/* Adds what of may open; -ENOMEM. */
int module_find(struct store *store, const struct image *of, module_list *ret);
