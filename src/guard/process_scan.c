/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/process_scan.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/str.h"
#include "guard/process_exe.h"
#include "identity/process.h"

enum { STAT_MAX = 4096, LIST_MAX = 64 << 10 };

/* Name, group, session and terminal: fields 2, 5, 6 and 7 of /proc/PID/stat. */
static bool stat_parse(const struct buf *stat, struct process_facts *f)
{
	const char *open = strchr(stat->data, '('), *close = strrchr(stat->data, ')');
	int pgrp, session, tty;

	if (!open || !close || close < open ||
	    sscanf(close + 1, " %*c %*d %d %d %d", &pgrp, &session, &tty) != 3)
		return false;
	f->name = text_from(open + 1, (size_t)(close - open - 1));
	f->pgid = f->vpgid = (uint32_t)pgrp;
	f->sid = (uint32_t)session;
	f->tty = (uint32_t)tty;
	return true;
}

static struct text read_link(uint32_t pid, const char *name, char out[PATH_MAX])
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	n = readlink(path, out, PATH_MAX);
	return n > 0 ? text_from(out, (size_t)n) : TEXT_NONE;
}

static struct text read_list(uint32_t pid, const char *name, struct buf *b)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	return fs_read(path, LIST_MAX, b, NULL) || !b->len ? TEXT_NONE : text_from(b->data, b->len);
}

int process_scan_one(const struct cgroup_layout *layout, uint32_t pid, process_scan_fn fn,
		     void *arg)
{
	cleanup_buf struct buf stat = BUF_INIT, args = BUF_INIT, env = BUF_INIT;
	struct process_facts f = { .pid = pid, .loginuid = UINT32_MAX };
	char path[64], exe[PATH_MAX], cwd[PATH_MAX], group[PATH_MAX], line[32];
	struct stdio_room stdio;
	struct process_status p;
	uint64_t n;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	if (process_read((pid_t)pid, &p) || fs_read(path, STAT_MAX, &stat, NULL) ||
	    !stat_parse(&stat, &f))
		return -ESRCH;
	f.parent = (uint32_t)p.parent;
	f.vpid = (uint32_t)(p.inner_pid ? p.inner_pid : p.pid);
	f.uid = p.uid;
	f.gid = p.gid;
	f.caps_permitted = p.caps_permitted;
	f.caps_inheritable = p.caps_inheritable;
	f.caps_effective = p.caps_effective;
	f.start_ns = p.start_ticks * (1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK));
	f.exepath = read_link(pid, "exe", exe);
	f.cwd = read_link(pid, "cwd", cwd);
	f.args = read_list(pid, "cmdline", &args);
	f.env = read_list(pid, "environ", &env);
	f.exe_memfd = text_starts(f.exepath, TEXT("/memfd:"));
	if (text_ends(f.exepath, TEXT(" (deleted)"))) {
		f.exepath.len -= (uint32_t)strlen(" (deleted)");
		f.exe_deleted = true;
	}
	f.pidns = process_namespace((pid_t)pid, "pid");
	process_exe_scan(pid, &f);
	process_stdio_scan(pid, &f, &stdio);
	snprintf(path, sizeof(path), "/proc/%u/loginuid", pid);
	if (!fs_read_line(path, line, sizeof(line)) && str_to_u64(line, &n))
		f.loginuid = (uint32_t)n;
	if (!cgroup_of_pid(layout, (pid_t)pid, group, sizeof(group)) &&
	    cgroup_id(layout, group, &f.cgroup))
		f.cgroup = 0;
	return fn(&f, arg);
}

int process_scan_all(const struct cgroup_layout *layout, process_scan_fn fn, void *arg)
{
	cleanup_dir DIR *dir = opendir("/proc");
	struct dirent *entry;
	uint64_t pid;
	int r = 0;

	if (!dir)
		return -errno;
	while (!r && (entry = readdir(dir))) {
		if (!str_to_u64(entry->d_name, &pid) || !pid || pid > INT_MAX)
			continue;
		r = process_scan_one(layout, (uint32_t)pid, fn, arg);
		if (r == -ESRCH)
			r = 0;
	}
	return r;
}
