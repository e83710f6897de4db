/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of sysdig's default format, of which those with ">" are a call that begins:
 *
 *   1 11:23:45.123456789 0 cat (1234) > openat dirfd=-100(AT_FDCWD) name=/etc/hosts
 *   2 11:23:45.123459999 0 cat (1234) < openat fd=3(<f>/etc/hosts)
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "profile/trace/reader.h"

/* Events that are no system calls. */
static const char *const others[] = {
	"switch",	   "procexit",		"signaldeliver", "drop",	"page_fault",
	"page_fault_user", "page_fault_kernel", "container",	 "k8s",		"mesos",
	"tracer",	   "notification",	"infra",	 "procinfo",	"cpu_hotplug",
	"user_added",	   "group_added",	"asyncevent",	 "pluginevent",
};

/* Where the direction stands: behind "(digits) "; NULL if the line is none of sysdig's. */
static const char *direction_of(const char *line, long *ret_id)
{
	if (!isdigit((unsigned char)*line))
		return NULL;
	for (const char *p = line; (p = strchr(p, '(')); p++) {
		char *end;
		long id = strtol(p + 1, &end, 10);

		if (end > p + 1 && (str_starts(end, ") > ") || str_starts(end, ") < "))) {
			*ret_id = id;
			return end + 2;
		}
	}
	return NULL;
}

bool trace_is_sysdig(const char *line)
{
	long id;

	return direction_of(line, &id) != NULL;
}

/* "> syscall ID=157(prctl) nativeID=157": a call without an event of its own. */
static char *generic_name(const char *text)
{
	const char *open = strchr(text, '('), *close = open ? strchr(open, ')') : NULL;

	return close ? str_dup_n(open + 1, (size_t)(close - open - 1)) : NULL;
}

static bool is_other(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (str_eq(others[i], name))
			return true;
	return false;
}

/* Programs change with the answer: "< execve res=0 exe=/bin/cat ...". */
static int program_changed(struct trace *t, struct trace_task *task, const char *text)
{
	const char *exe = strstr(text, " exe="), *done = strstr(text, " res=0 ");
	cleanup_free char *path = NULL;

	if (!exe || !done)
		return 0;
	exe += strlen(" exe=");
	path = str_dup_n(exe, strcspn(exe, " "));
	task->exe = path ? profile_executable(t->profile, path) : UINT32_MAX;
	return task->exe == UINT32_MAX ? error_errno(t->err, ENOMEM, "%s", t->file) : 0;
}

int trace_sysdig(struct trace *t, const char *line)
{
	long id = 0;
	const char *direction = direction_of(line, &id), *at = direction + 2;
	cleanup_free char *name = str_dup_n(at, strcspn(at, " "));
	struct trace_task *task = trace_task(t, id);
	struct profile_call *c = NULL;
	uint32_t nr;
	int r;

	if (!name)
		return error_errno(t->err, ENOMEM, "%s", t->file);
	if (!task)
		return trace_fail(t, line, "more than %d processes at once", TRACE_TASKS_MAX);
	if (*direction == '<')
		return str_eq(name, "execve") ? program_changed(t, task, at) : 0;
	if (is_other(name))
		return 0;
	if (str_eq(name, "syscall")) {
		free(name);
		name = generic_name(at);
		if (!name)
			return trace_fail(t, at, "a call without a name");
	}
	r = trace_number(t, task->arch, name, at, &nr);
	if (!r)
		r = trace_count(t, task, task->arch, nr, 1, &c);
	return r ? r : trace_arguments(t, c, NULL);
}
