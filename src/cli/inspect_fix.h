/* SPDX-License-Identifier: Apache-2.0 */
/* merlon inspect --fix: each file mended before it is inspected; differences or patches, and files. */
#pragma once
#include <jansson.h>

#include "base/string_list.h"
#include "inspect/engine.h"

struct inspect_fix {
	const struct inspect_options *options; /* which checks; borrowed */
	bool aggressive, write, json;
	string_list written; /* seccomp profiles that lie beside a manifest, or would */
	/* Of an object that lives: the version that the patches are for, so that no other is changed. NULL: of files. */
	const char *revision;
	struct buf out, notes; /* differences; what is left */
	json_t *patches;
	size_t mended, files, left, careful; /* careful: those that only aggressive would mend */
};

/* Of an input_hook: data is the inspect_fix; content becomes what it is once it is mended. */
int inspect_fix_change(void *data, const char *path, struct buf *content, struct error *err);
/* Writes what there is to show to a file (NULL: standard output), and a summary to standard error. */
int inspect_fix_finish(struct inspect_fix *x, const char *file, struct error *err);
void inspect_fix_deinit(struct inspect_fix *x);

#define cleanup_inspect_fix cleanup(inspect_fix_deinit)
