/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles from what strace or sysdig wrote. Every form of strace's lines is understood: with and
 * without process ids, times, numbers and instruction pointers, calls that are interrupted and
 * resumed, decoded, raw and verbose arguments, stack traces, and the summary of -c. A line that is not
 * understood, or a call that no table has, is an error with its place: nothing is left out silently.
 */
#pragma once
#include "base/buf.h"
#include "profile/profile.h"

enum {
	TRACE_BYTES_MAX = 256 << 20, /* of a file */
	TRACE_LINE_MAX = 1 << 20,
	TRACE_TASKS_MAX = 1 << 16, /* processes and threads that are alive at once */
};

struct trace;

/* NULL when out of memory. */
struct trace *trace_new(const char *name);
void trace_free(struct trace *t);
DEFINE_CLEANUP(struct trace *, trace_free)
#define cleanup_trace cleanup(trace_freep)

/*
 * Reads one file's text. Files of strace -ff are traces of their own: each starts without knowledge of
 * others. What was read but not kept is told in *notes, a line each (NULL: not wanted).
 */
int trace_add(struct trace *t, const char *file, const char *text, size_t len, struct buf *notes,
	      struct error *err);

/* The profile of all that was read, sorted, owned by the caller; t is empty then. NULL: no memory. */
struct profile *trace_finish(struct trace *t);

/* All of this for one text; -EINVAL if there was no call in it. */
int trace_read(struct profile **ret, const char *file, const char *text, size_t len,
	       struct buf *notes, struct error *err);
