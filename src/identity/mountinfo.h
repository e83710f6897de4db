/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/mountinfo (proc_pid_mountinfo(5)), one line at a time. */
#pragma once
#include <stdbool.h>

/* All point into the text that is read; what the kernel escaped is itself again. */
struct mountinfo {
	const char *device;  /* "8:1": of the file system */
	const char *root;    /* of the mount, within its file system: not "/" for a bind mount */
	const char *point;   /* where it is, as the process sees it */
	const char *options; /* of the mount: "ro,nosuid" */
	const char *type;    /* of the file system */
	const char *source;
	const char *super; /* options of the file system */
};

/*
 * Takes the next line off *at, a text that is changed on the way; lines that make no sense are passed
 * over. False at the end. Start with *at at the beginning.
 */
bool mountinfo_next(char **at, struct mountinfo *ret);

/* True if a list like "rw,cpu,cpuacct" has the word. */
bool mountinfo_has(const char *list, const char *word);
