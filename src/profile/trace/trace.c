/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/trace.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "profile/multiplex.h"
#include "profile/trace/reader.h"

struct trace *trace_new(const char *name)
{
	struct trace *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->profile = profile_new(name);
	t->broken.limit = TRACE_LINE_MAX;
	if (t->profile && profile_executable(t->profile, "unknown") != UINT32_MAX)
		return t;
	trace_free(t);
	return NULL;
}

static void forget_tasks(struct trace *t)
{
	vec_foreach(task, &t->tasks)
		free(task->pending_exe);
	vec_deinit(&t->tasks);
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	forget_tasks(t);
	if (t->profile)
		profile_free(t->profile);
	buf_deinit(&t->broken);
	free(t);
}

int trace_fail(struct trace *t, const char *at, const char *fmt, ...)
{
	char text[512], shown[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	str_printable(shown, sizeof(shown), text, strlen(text));
	return error_set(t->err, EINVAL, "%s:%u:%zu: %s", t->file, t->line,
			 (size_t)(at - t->start) + 1, shown);
}

void trace_note(struct trace *t, const char *fmt, ...)
{
	char text[512], shown[640];
	va_list ap;

	if (!t->notes)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	str_printable(shown, sizeof(shown), text, strlen(text));
	buf_addf(t->notes, "%s:%u: %s\n", t->file, t->line, shown);
}

/* --- tasks -------------------------------------------------------------------------------------- */

/* Whose program a task runs that was not seen to begin: that of who is forking, or of anybody. */
static uint32_t inherited_exe(const struct trace *t)
{
	uint32_t exe = t->tasks.len ? t->tasks.items[0].exe : 0;

	vec_foreach(task, &t->tasks)
		if (task->forking)
			exe = task->exe;
	return exe;
}

static struct trace_task *find_task(struct trace *t, long id)
{
	vec_foreach(task, &t->tasks)
		if (task->id == id)
			return task;
	return NULL;
}

/*
 * On a terminal strace leaves the id out while there is one process only: it is known under no id at
 * first, gets one when a second comes, and loses it when that is gone.
 */
struct trace_task *trace_task(struct trace *t, long id)
{
	struct trace_task *task = find_task(t, id);

	if (task)
		return task;
	if (!id && t->tasks.len)
		return &t->tasks.items[0];
	task = find_task(t, 0);
	if (!task)
		return trace_task_new(t, id);
	task->id = id;
	return task;
}

struct trace_task *trace_task_new(struct trace *t, long id)
{
	struct trace_task *task = find_task(t, id);
	uint32_t exe = inherited_exe(t);

	if (task)
		return task;
	task = t->tasks.len < TRACE_TASKS_MAX ? vec_add(&t->tasks) : NULL;
	if (task)
		*task = (struct trace_task){ .id = id, .arch = SYS_ARCH_X86_64, .exe = exe };
	return task;
}

void trace_task_ended(struct trace *t, long id)
{
	for (size_t i = 0; i < t->tasks.len; i++) {
		if (t->tasks.items[i].id != id)
			continue;
		free(t->tasks.items[i].pending_exe);
		t->tasks.items[i] = t->tasks.items[--t->tasks.len];
		return;
	}
}

/* --- calls -------------------------------------------------------------------------------------- */

/* Names of tracers that are not those of our tables, which are the kernel's. */
static const struct {
	const char *name, *call;
} aliases[] = {
	{ "old_mmap", "mmap" },		  { "oldmmap", "mmap" },	{ "old_select", "select" },
	{ "oldselect", "select" },	  { "oldumount", "umount" },	{ "pread", "pread64" },
	{ "pwrite", "pwrite64" },	  { "prlimit", "prlimit64" },	{ "sysctl", "_sysctl" },
	{ "old_getrlimit", "getrlimit" }, { "sendfile", "sendfile64" }, { "umount", "umount2" },
	{ "llseek", "_llseek" },	  { "getcpu_", "getcpu" },
};

static int number_of_alias(enum sys_arch arch, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (str_eq(aliases[i].name, name))
			return sys_call_nr(arch, aliases[i].call);
	return -1;
}

int trace_number(struct trace *t, enum sys_arch arch, const char *name, const char *at,
		 uint32_t *ret)
{
	const char *close = NULL;
	char *end = NULL;
	int nr = sys_call_nr(arch, name);

	if (nr < 0)
		nr = number_of_alias(arch, name);
	if (nr < 0 && str_starts(name, "syscall_0x")) {
		unsigned long raw = strtoul(name + strlen("syscall_0x"), &end, 16);

		raw &= ~(unsigned long)sys_archs[arch].nr_flag;
		if (*end || !sys_call_name(arch, (int)(raw < SYS_NR_MAX ? raw : SYS_NR_MAX)))
			return trace_fail(t, at, "%s has no call %s", sys_archs[arch].name,
					  name + strlen("syscall_"));
		nr = (int)raw;
	}
	if (nr < 0) {
		const struct multiplexed *inner = multiplexed_find(arch, name);

		nr = inner ? sys_call_nr(arch, inner->call) : -1;
	}
	if (nr < 0) {
		close = sys_call_suggest(name);
		return trace_fail(t, at, "no system call of %s is called \"%.64s\"%s%s%s",
				  sys_archs[arch].name, name, close ? " (did you mean " : "",
				  close ? close : "", close ? "?)" : "");
	}
	*ret = (uint32_t)nr;
	return 0;
}

int trace_count(struct trace *t, const struct trace_task *task, enum sys_arch arch, uint32_t nr,
		uint64_t count, struct profile_call **ret)
{
	struct profile_evidence e = { task ? task->exe : 0, count, t->time_ns, t->time_ns };
	struct profile_call *c = profile_add_call(t->profile, arch, nr, PROFILE_APP, false, &e);

	if (!c)
		return error_errno(t->err, ENOMEM, "%s", t->file);
	if (ret)
		*ret = c;
	t->calls++;
	if (t->time_ns &&
	    (!t->profile->recording.start_ns || t->time_ns < t->profile->recording.start_ns))
		t->profile->recording.start_ns = t->time_ns;
	if (t->time_ns > t->profile->recording.end_ns)
		t->profile->recording.end_ns = t->time_ns;
	return 0;
}

/* --- files -------------------------------------------------------------------------------------- */

static int read_line(struct trace *t, char *line)
{
	int r;

	t->start = line;
	t->time_ns = 0;
	if (!*line)
		return 0;
	if (trace_summary(t, line, &r))
		return r;
	return trace_is_sysdig(line) ? trace_sysdig(t, line) : trace_strace(t, line);
}

int trace_add(struct trace *t, const char *file, const char *text, size_t len, struct buf *notes,
	      struct error *err)
{
	struct error ignored = ERROR_INIT;
	int r = 0;

	t->file = file;
	t->line = 0;
	t->notes = notes;
	t->err = err ? err : &ignored;
	t->calls = 0;
	t->lines = t->wordless = false;
	t->summary = SUMMARY_NONE;
	t->summary_arch = SYS_ARCH_X86_64;
	for (const char *at = text; at < text + len && !r;) {
		size_t left = (size_t)(text + len - at);
		const char *end = memchr(at, '\n', left);
		size_t n = end ? (size_t)(end - at) : left;
		cleanup_free char *line = NULL;

		t->line++;
		t->start = at;
		if (n > TRACE_LINE_MAX)
			r = trace_fail(t, at, "a line of more than %d bytes", TRACE_LINE_MAX);
		else if (memchr(at, 0, n))
			r = trace_fail(t, memchr(at, 0, n), "this is not text");
		line = r ? NULL : str_dup_n(at, n && at[n - 1] == '\r' ? n - 1 : n);
		if (!r)
			r = line ? read_line(t, line) : error_errno(t->err, ENOMEM, "%s", file);
		at += n + 1;
	}
	if (!r && t->wordless)
		trace_note(t, "arguments are not in it: any are taken for used");
	if (!r && t->broken.len)
		trace_note(t, "the file ends within a line");
	buf_reset(&t->broken);
	forget_tasks(t);
	return r;
}

struct profile *trace_finish(struct trace *t)
{
	struct profile *p = t->profile;

	t->profile = NULL;
	if (profile_add_note(p,
			     "made from a trace: files, network and capabilities are not in it")) {
		profile_free(p);
		return NULL;
	}
	profile_sort(p);
	return p;
}

int trace_read(struct profile **ret, const char *file, const char *text, size_t len,
	       struct buf *notes, struct error *err)
{
	cleanup_trace struct trace *t = trace_new("trace");
	int r = t ? trace_add(t, file, text, len, notes, err) :
		    error_errno(err, ENOMEM, "%s", file);

	if (r)
		return r;
	if (!t->calls)
		return error_set(err, EINVAL, "%s: there is no system call in it", file);
	*ret = trace_finish(t);
	return *ret ? 0 : error_errno(err, ENOMEM, "%s", file);
}
