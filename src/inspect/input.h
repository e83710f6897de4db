/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests from the file system: files, directories of them, standard input. */
#pragma once
#include "inspect/engine.h"

/* What standard input is called in a report. */
#define INPUT_STDIN "<stdin>"

/* Who has a word in what is read; any may be NULL. */
struct input_hook {
	/* Changes the content of a file before it is inspected. */
	int (*change)(void *data, const char *path, struct buf *content, struct error *err);
	/* Sees each directory before anything is read, the one that was named too: 1 if those below are not to be seen; or -errno. */
	int (*survey)(void *data, const char *path, struct error *err);
	/* After all were seen; may add what others make of what is there. -errno. */
	int (*surveyed)(void *data, struct inspection *in, struct error *err);
	/* Whether a file is passed over: what is in it was added already. */
	bool (*skips)(void *data, const char *path);
	/* Takes a directory below the one that was named as a whole: 1 if it did, 0 to look into it, or -errno. */
	int (*directory)(void *data, struct inspection *in, const char *path, struct error *err);
	void *data;
};

/*
 * Adds a file or pipe, all *.yaml, *.yml and *.json below a directory (by name; hidden ones and links to directories
 * are passed over; of an OCI bundle its config.json alone), or standard input for "-". What can't be read below a directory is a problem in the
 * report; -errno: path itself can't be read, or -ENOMEM.
 */
int inspect_path(struct inspection *in, const char *path, const struct input_hook *hook,
		 struct error *err);
