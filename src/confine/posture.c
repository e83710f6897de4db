/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/posture.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/fs.h"
#include "base/str.h"
#include "identity/mountinfo.h"

enum { MOUNTINFO_MAX = 4 << 20, LABEL_MAX = 4096, MOUNTS_MAX = 16384 };

const char *const posture_namespace_names[] = {
	[POSTURE_CGROUP] = "cgroup", [POSTURE_IPC] = "ipc", [POSTURE_MNT] = "mnt",
	[POSTURE_NET] = "net",	     [POSTURE_PID] = "pid", [POSTURE_USER] = "user",
	[POSTURE_UTS] = "uts",
};
static_assert(ARRAY_SIZE(posture_namespace_names) == POSTURE_NAMESPACES, "a name for each");

void posture_deinit(struct posture *p)
{
	filter_stack_deinit(&p->filters);
	free(p->label);
	vec_foreach(m, &p->mounts) {
		free(m->point);
		free(m->root);
		free(m->type);
		free(m->device);
	}
	vec_deinit(&p->mounts);
}

/* --- label -------------------------------------------------------------------------------------- */

void posture_label_parse(struct posture *p, char *text)
{
	static const char enforce[] = " (enforce)";
	size_t len;
	char *mode;

	text[strcspn(text, "\n")] = '\0';
	len = strlen(text);
	if (!len)
		return;
	mode = text[len - 1] == ')' ? strrchr(text, '(') : NULL;
	if (mode && mode > text && mode[-1] == ' ') {
		p->lsm = POSTURE_APPARMOR;
		p->label_enforced = str_ends(text, enforce);
		mode[-1] = '\0';
	} else if (str_eq(text, "unconfined")) {
		p->lsm = POSTURE_APPARMOR;
	} else if (strchr(text, ':')) {
		p->lsm = POSTURE_SELINUX;
		p->label_enforced = true;
	} else {
		p->lsm = POSTURE_LSM_OTHER;
	}
	p->label = strdup(text);
}

/* AppArmor has a directory of its own where several modules are active (5.1). */
static void label_read(struct posture *p)
{
	static const char *const files[] = { "attr/apparmor/current", "attr/current" };
	char mode[4];

	for (size_t i = 0; i < ARRAY_SIZE(files) && !p->label; i++) {
		cleanup_buf struct buf text = BUF_INIT;
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/%s", p->process.pid, files[i]);
		if (!fs_read(path, LABEL_MAX, &text, NULL) && text.len)
			posture_label_parse(p, text.data);
	}
	if (p->lsm == POSTURE_SELINUX &&
	    !fs_read_line("/sys/fs/selinux/enforce", mode, sizeof(mode)) && str_eq(mode, "0"))
		p->label_enforced = false;
}

/* --- namespaces, mounts ------------------------------------------------------------------------- */

/*
 * The host's namespaces are those of process 1; where that may not be looked at, our own, and those
 * whose inode the kernel has fixed (PROC_*_INIT_INO, include/linux/proc_ns.h).
 */
static bool is_hosts(int which, uint32_t inode)
{
	static const uint32_t initial[POSTURE_NAMESPACES] = {
		[POSTURE_IPC] = 0xefffffff,    [POSTURE_UTS] = 0xeffffffe,
		[POSTURE_USER] = 0xeffffffd,   [POSTURE_PID] = 0xeffffffc,
		[POSTURE_CGROUP] = 0xeffffffb,
	};
	uint32_t first = process_namespace(1, posture_namespace_names[which]);

	if (!first)
		first = process_namespace(getpid(), posture_namespace_names[which]);
	return inode && (inode == first || inode == initial[which]);
}

static void namespaces_read(struct posture *p)
{
	for (int i = 0; i < POSTURE_NAMESPACES; i++)
		p->host[i] = is_hosts(i, process_namespace(p->process.pid,
							   posture_namespace_names[i]));
}

int posture_read_mounts(struct posture *p, struct error *err)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct mountinfo m;
	char path[64], *at;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", p->process.pid);
	r = fs_read(path, MOUNTINFO_MAX, &text, err);
	if (r)
		return r;
	at = text.data;
	while (p->mounts.len < MOUNTS_MAX && mountinfo_next(&at, &m)) {
		struct posture_mount *to = vec_add(&p->mounts);

		if (!to)
			return error_errno(err, ENOMEM, "%s", path);
		to->point = strdup(m.point);
		to->root = strdup(m.root);
		to->type = strdup(m.type);
		to->device = strdup(m.device);
		to->read_only = mountinfo_has(m.options, "ro") || mountinfo_has(m.super, "ro");
		if (!to->point || !to->root || !to->type || !to->device)
			return error_errno(err, ENOMEM, "%s", path);
	}
	return 0;
}

const struct posture_mount *posture_mount_at(const struct posture *p, const char *point)
{
	for (size_t i = p->mounts.len;
	     i-- > 0;) /* the kernel lists them in the order of mounting */
		if (str_eq(p->mounts.items[i].point, point))
			return &p->mounts.items[i];
	return NULL;
}

bool posture_has_path(const struct posture *p, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	cleanup_fd int root = -1, fd = -1;
	char file[64];

	snprintf(file, sizeof(file), "/proc/%d/root", p->process.pid);
	root = open(file, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return false;
	fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	return fd >= 0;
}

int posture_look(pid_t pid, struct posture *ret, struct error *err)
{
	int r = process_read(pid, &ret->process);

	if (r)
		return error_errno(err, -r, "process %d", pid);
	label_read(ret);
	namespaces_read(ret);
	return 0;
}

int posture_read(pid_t pid, struct posture *ret, struct error *err)
{
	int r = posture_look(pid, ret, err);

	if (!r)
		r = posture_read_mounts(ret, err);
	if (r)
		return r;
	ret->filters_known = !filter_stack_read(pid, &ret->filters, &ret->filters_error);
	return ret->filters_error.code == ESRCH ? error_errno(err, ESRCH, "process %d", pid) : 0;
}
