/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of traces share: where they are, who is running, and how a call is counted. */
#pragma once
#include "profile/trace.h"

/* A process or thread, while it has this id. */
struct trace_task {
	long id; /* 0: the trace has no ids */
	enum sys_arch arch;
	uint32_t exe;
	char *pending_exe; /* what it asked to execute; owned */
	bool forking;	   /* in a call that makes a child */
};

struct trace {
	struct profile *profile;
	VEC(struct trace_task) tasks;
	struct buf *notes;
	struct error *err;

	const char *file;
	unsigned line;
	const char *start; /* of the line in memory: columns count from here */
	size_t calls;	   /* of this file */
	bool lines;	   /* some of them had lines of their own */
	bool wordless;	   /* some of them had no arguments that matter */
	int64_t time_ns;   /* of the line, 0: not known */

	struct buf broken; /* the first part of a line that strace broke off to say something else */
	int summary;	   /* enum summary_state */
	size_t calls_column; /* where the column of counts ends; 0: there is none */
	enum sys_arch summary_arch;
};

/* Fails with file:line:column; at is in the line. */
int trace_fail(struct trace *t, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void trace_note(struct trace *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The task with an id (0: none was told), new if need be; NULL when out of memory or there are too many. */
struct trace_task *trace_task(struct trace *t, long id);
/* The same of an id that is known to be another process's than any before. */
struct trace_task *trace_task_new(struct trace *t, long id);
void trace_task_ended(struct trace *t, long id);

/*
 * The number behind a call's name as tracers write it ("openat", "syscall_0x1bf", names that strace
 * has for old calls); fails if there is none. at is where the name stands.
 */
int trace_number(struct trace *t, enum sys_arch arch, const char *name, const char *at,
		 uint32_t *ret);

/* Counts a call; its fact in *ret, unless ret is NULL. */
int trace_count(struct trace *t, const struct trace_task *task, enum sys_arch arch, uint32_t nr,
		uint64_t count, struct profile_call **ret);

/*
 * Counts the arguments of a call out of the text between its parentheses (or a beginning of it); NULL:
 * the trace has none.
 */
int trace_arguments(struct trace *t, struct profile_call *c, const char *text);

/* The readers: a NUL-terminated line each. */
bool trace_is_sysdig(const char *line);
int trace_sysdig(struct trace *t, const char *line);
int trace_strace(struct trace *t, const char *line);

enum summary_state { SUMMARY_NONE, SUMMARY_HEAD, SUMMARY_ROWS, SUMMARY_END };
/* True if the line is of a summary, which it then takes: *ret is what came of it. */
bool trace_summary(struct trace *t, const char *line, int *ret);
