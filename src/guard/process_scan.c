/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/process_scan.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "guard/parts.h"
#include "guard/process_exe.h"
#include "identity/process.h"

#define DELETED TEXT(" (deleted)")

/* Name, group, session and terminal: fields 2, 5, 6 and 7 of /proc/PID/stat. */
static bool stat_parse(struct text stat, struct process_facts *f)
{
	const char *open = strchr(stat.data, '('), *close = strrchr(stat.data, ')');
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

static bool take_parts(const struct buf *from, struct text *parts, size_t count)
{
	struct text rest = text_from(from->data, from->len);

	for (size_t i = 0; i < count; i++)
		if (!parts_next(&rest, &parts[i]))
			return false;
	return true;
}

static struct text text_or_none(struct text t)
{
	return t.len ? t : TEXT_NONE;
}

static bool understand_status(uint32_t pid, const struct text parts[FACTS_KERNEL_PARTS],
			      struct process_facts *f)
{
	struct process_status p;

	if (process_parse((pid_t)pid, parts[FACTS_STAT].data, parts[FACTS_STATUS].data, &p) ||
	    !stat_parse(parts[FACTS_STAT], f))
		return false;
	f->parent = (uint32_t)p.parent;
	f->vpid = (uint32_t)(p.inner_pid ? p.inner_pid : p.pid);
	f->uid = p.uid;
	f->gid = p.gid;
	f->caps_permitted = p.caps_permitted;
	f->caps_inheritable = p.caps_inheritable;
	f->caps_effective = p.caps_effective;
	f->start_ns = p.start_ticks * (1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK));
	return true;
}

static bool understand_kernel(uint32_t pid, const struct cgroup_layout *layout,
			      const struct text parts[FACTS_KERNEL_PARTS], struct process_facts *f)
{
	char group[PATH_MAX];
	uint64_t n;

	if (!understand_status(pid, parts, f))
		return false;
	f->exepath = text_or_none(parts[FACTS_EXE]);
	f->cwd = text_or_none(parts[FACTS_CWD]);
	f->exe_memfd = text_starts(f->exepath, TEXT("/memfd:"));
	if (text_ends(f->exepath, DELETED)) {
		f->exepath.len -= DELETED.len;
		f->exe_deleted = true;
	}
	if (str_to_u64(parts[FACTS_LOGINUID].data, &n))
		f->loginuid = (uint32_t)n;
	if (parts[FACTS_PIDNS].len == sizeof(f->pidns))
		memcpy(&f->pidns, parts[FACTS_PIDNS].data, sizeof(f->pidns));
	if (!cgroup_of_text(layout, parts[FACTS_CGROUP].data, group, sizeof(group)) ||
	    cgroup_id(layout, group, &f->cgroup))
		f->cgroup = 0;
	return true;
}

static void understand_own(const struct facts *how, const struct text parts[FACTS_OWN_PARTS],
			   const struct text links[STDIO_COUNT], struct process_facts *f)
{
	struct facts_files files;

	f->args = text_or_none(parts[FACTS_CMDLINE]);
	f->env = text_or_none(parts[FACTS_ENVIRON]);
	if (parts[FACTS_FILES].len != sizeof(files))
		return;
	memcpy(&files, parts[FACTS_FILES].data, sizeof(files));
	process_exe_understand(how, &files, parts[FACTS_MOUNTINFO], f);
	process_stdio_understand(&files, links, f);
}

int process_scan_one(const struct facts *how, const struct cgroup_layout *layout, uint32_t pid,
		     process_scan_fn fn, void *arg)
{
	cleanup_buf struct buf kernel = BUF_INIT, own = BUF_INIT;
	struct text parts[FACTS_KERNEL_PARTS], own_parts[FACTS_OWN_PARTS];
	struct process_facts f = { .pid = pid, .loginuid = UINT32_MAX, .uid_before = UINT32_MAX };
	int r = how->kernel(pid, &kernel, how->arg);

	if (r == -ENOMEM)
		return r;
	if (r || !take_parts(&kernel, parts, FACTS_KERNEL_PARTS) ||
	    !understand_kernel(pid, layout, parts, &f))
		return -ESRCH;
	/* It may be gone meanwhile, or not answer: there was such a process all the same. */
	if (!how->own(pid, f.cgroup, &own, how->arg) &&
	    take_parts(&own, own_parts, FACTS_OWN_PARTS))
		understand_own(how, own_parts, &parts[FACTS_STDIO], &f);
	return fn(&f, arg);
}

struct walk {
	const struct facts *how;
	const struct cgroup_layout *layout;
	process_scan_fn fn;
	void *arg;
};

static int scan_name(const char *name, bool is_dir, void *arg)
{
	const struct walk *w = arg;
	uint64_t pid;
	int r;

	if (!is_dir || !str_to_u64(name, &pid) || !pid || pid > INT_MAX)
		return 0;
	r = process_scan_one(w->how, w->layout, (uint32_t)pid, w->fn, w->arg);
	return r == -ESRCH ? 0 : r;
}

int process_scan_all(const struct facts *how, const struct cgroup_layout *layout,
		     process_scan_fn fn, void *arg)
{
	struct walk w = { how, layout, fn, arg };

	return fs_list("/proc", scan_name, &w);
}
