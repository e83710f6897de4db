/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fs.h"

/* include/linux/sched.h */
enum { PF_EXITING = 0x00000004, PF_KTHREAD = 0x00200000 };

enum { PROC_FILE_MAX = 64 << 10 };

/* Fields 4 (parent), 9 (flags) and 22 (start) of /proc/PID/stat; the name in parentheses may contain anything. */
static bool stat_parse(const char *text, struct process_status *p)
{
	const char *at = strrchr(text, ')');
	unsigned long long start;
	unsigned flags;
	int parent;

	if (!at || sscanf(at + 1,
			  " %*c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
			  "%*d %*d %llu",
			  &parent, &flags, &start) != 3)
		return false;
	p->parent = parent;
	p->kernel = flags & PF_KTHREAD; /* having no memory is no sign: who ends has none either */
	p->ending = flags & PF_EXITING;
	p->start_ticks = start;
	return true;
}

/* The number behind "\nName:\t" in /proc/PID/status, 0 if it isn't there. */
static uint64_t status_number(const char *text, const char *name, int base)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, base) : 0;
}

/* "NSpid:\t1234\t1": our number first, the innermost last. */
static void status_parse(const char *text, struct process_status *p)
{
	const char *at = strstr(text, "\nNSpid:");

	p->uid = (uint32_t)status_number(text, "\nUid:\t", 10);
	p->gid = (uint32_t)status_number(text, "\nGid:\t", 10);
	p->caps_effective = status_number(text, "\nCapEff:\t", 16);
	p->caps_permitted = status_number(text, "\nCapPrm:\t", 16);
	p->caps_inheritable = status_number(text, "\nCapInh:\t", 16);
	p->caps_bounding = status_number(text, "\nCapBnd:\t", 16);
	p->caps_ambient = status_number(text, "\nCapAmb:\t", 16);
	p->no_new_privileges = status_number(text, "\nNoNewPrivs:\t", 10) != 0;
	p->seccomp_mode = (int)status_number(text, "\nSeccomp:\t", 10);
	p->filter_count = (unsigned)status_number(text, "\nSeccomp_filters:\t", 10);
	if (!at)
		return;
	at += strlen("\nNSpid:");
	while (*at == '\t' || *at == ' ') {
		char *end;
		long n = strtol(at, &end, 10);

		if (end == at)
			break;
		p->inner_pid = (pid_t)n;
		p->pid_namespaces++;
		at = end;
	}
}

int process_parse(pid_t pid, const char *stat, const char *status, struct process_status *ret)
{
	*ret = (struct process_status){ .pid = pid };
	if (!stat_parse(stat, ret))
		return -EINVAL;
	status_parse(status, ret);
	return 0;
}

int process_read(pid_t pid, struct process_status *ret)
{
	cleanup_buf struct buf stat = BUF_INIT, status = BUF_INIT;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	r = fs_read(path, PROC_FILE_MAX, &stat, NULL);
	if (!r) {
		snprintf(path, sizeof(path), "/proc/%d/status", pid);
		r = fs_read(path, PROC_FILE_MAX, &status, NULL);
	}
	if (r)
		*ret = (struct process_status){ .pid = pid };
	if (r)
		return r == -ENOENT ? -ESRCH : r;
	return process_parse(pid, stat.data, status.data, ret);
}

uint32_t process_namespace(pid_t pid, const char *name)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	return stat(path, &st) < 0 ? 0 : (uint32_t)st.st_ino;
}

int64_t process_started_ns(const struct process_status *p)
{
	uint64_t ticks_per_second = (uint64_t)sysconf(_SC_CLK_TCK);

	return clock_boot_offset_ns() + (int64_t)(p->start_ticks * (1000000000 / ticks_per_second));
}

bool process_uid_outside(pid_t pid, uint32_t inside, uint32_t *ret)
{
	cleanup_buf struct buf map = BUF_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	if (fs_read(path, PROC_FILE_MAX, &map, NULL) || !map.len)
		return false;
	for (const char *at = map.data; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		uint32_t first, outside, count;

		if (sscanf(at, "%u %u %u", &first, &outside, &count) != 3)
			return false;
		if (inside >= first && inside - first < count) {
			*ret = outside + (inside - first);
			return true;
		}
	}
	return false;
}
