/* SPDX-License-Identifier: Apache-2.0 */
/* A program that is run for what it writes, within a time and a size. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

struct child {
	const char *const
		*argv; /* ended by NULL; the program is looked for in PATH unless it has a slash */
	char *const *env;      /* NULL: ours */
	bool (*prepare)(void); /* done in the child before the program is; false: it is not run */
	bool talks;	       /* to whom sits here: it keeps our standard input and error */
	unsigned seconds; /* after which it is ended, and all that it left in its process group */
};

/* How it ended. */
struct child_end {
	int status; /* of its exit; -1: a signal ended it */
	int signal;
};

/*
 * Appends what it writes to out, and to said what it has to say (its standard error, unless it talks; what does
 * not fit is dropped). 0: it ended; -ENOENT and other errno: it could not be
 * run; -EPERM: prepare() said no; -ETIMEDOUT; -EFBIG: out is full.
 */
int child_run(const struct child *c, struct buf *out, struct buf *said, struct child_end *ret);

/* Waits for a child's end: false if it has not ended after that many milliseconds. */
bool child_reap(pid_t pid, unsigned ms);
