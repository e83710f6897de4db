/* SPDX-License-Identifier: Apache-2.0 */
/* Container engines and runtimes installed on this host. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct engine_def {
	const char *name;    /* of the program */
	const char *package; /* that has it on Debian; NULL: none */
	bool runtime;	     /* an OCI runtime, else an engine above one */
};
extern const struct engine_def engine_defs[];
extern const size_t engine_def_count;

/* Finds the program in the usual directories; false if it isn't there. */
bool engine_find(const char *name, char *path, size_t size);

/*
 * The first version number that `PATH --version` prints, "" if none. Runs the program: only if it
 * and every directory above it belong to root and nobody else may write to them.
 */
void engine_version(const char *path, char *out, size_t size);
