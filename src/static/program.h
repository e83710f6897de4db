/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in a program's address space: the file itself, its dynamic linker, the libraries that it
 * needs, and those that it may open at run time, as far as names and directories in it tell.
 */
#pragma once
#include "static/store.h"

enum { PROGRAM_IMAGES_MAX = 1024 };

enum program_reason {
	PROGRAM_ITSELF,
	PROGRAM_LINKER,
	PROGRAM_NEEDED,
	PROGRAM_MODULE, /* may be opened at run time: all that it exports may be called */
};
extern const char *const program_reason_names[];

struct program_image {
	struct image *image; /* the store's */
	enum program_reason reason;
	const char *why; /* of a module: static words */
};

struct program {
	char *path;			  /* as it was asked for */
	char *script;			  /* the script that this interprets, or NULL */
	VEC(struct program_image) images; /* in the order in which names are looked up */
	VEC(char *) missing; /* libraries that are needed and not there, or not readable */
	uint64_t left_out;   /* images beyond the maximum */
};

/*
 * Loads what runs when path is executed; of a script, its interpreter. -ENOENT if there is no such
 * file, -EINVAL if it is neither a program for x86-64 nor a script.
 */
int program_load(struct program *p, struct store *store, const char *path, struct error *err);
void program_deinit(struct program *p);
