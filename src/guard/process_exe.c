/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/process_exe.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "guard/fd_kind.h"
#include "identity/mountinfo.h"

enum { MOUNTINFO_MAX = 1 << 20, DAC_OVERRIDE = 1 };

static uint64_t stamp(struct timespec t)
{
	return t.tv_sec > 0 ? (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec : 0;
}

static bool may_write(const char *path, const struct stat *st, const struct process_facts *f)
{
	struct statvfs fs;

	if (statvfs(path, &fs) || fs.f_flag & ST_RDONLY)
		return false;
	if (f->caps_effective & 1ULL << DAC_OVERRIDE)
		return true;
	if (st->st_uid == f->uid)
		return st->st_mode & S_IWUSR;
	return st->st_mode & (st->st_gid == f->gid ? S_IWGRP : S_IWOTH);
}

/* The writable layer of the overlay that is the root of a process; -1: there is none that we can see. */
static int open_upper(uint32_t pid)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct mountinfo m;
	char path[64], *at;

	snprintf(path, sizeof(path), "/proc/%u/mountinfo", pid);
	if (fs_read(path, MOUNTINFO_MAX, &text, NULL))
		return -1;
	at = text.data;
	while (at && mountinfo_next(&at, &m)) {
		const char *upper = strstr(m.super, "upperdir=");
		char dir[4096];
		size_t len;

		if (strcmp(m.point, "/") || strcmp(m.type, "overlay") || !upper)
			continue;
		upper += strlen("upperdir=");
		len = strcspn(upper, ",");
		if (len >= sizeof(dir))
			continue;
		memcpy(dir, upper, len);
		dir[len] = '\0';
		return open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	return -1;
}

static void layer_scan(uint32_t pid, const char *exe, struct process_facts *f)
{
	cleanup_fd int upper = -1, found = -1;
	char inside[4096];
	struct statfs fs;

	if (statfs(exe, &fs) || fs.f_type != OVERLAYFS_SUPER_MAGIC || !f->exepath.len ||
	    f->exepath.len >= sizeof(inside))
		return;
	upper = open_upper(pid);
	if (upper < 0)
		return;
	memcpy(inside, f->exepath.data, f->exepath.len);
	inside[f->exepath.len] = '\0';
	found = fs_open_in_root(upper, inside);
	f->exe_upper_layer = found >= 0;
	f->exe_lower_layer = found < 0;
}

void process_exe_scan(uint32_t pid, struct process_facts *f)
{
	char exe[64];
	struct stat st;

	snprintf(exe, sizeof(exe), "/proc/%u/exe", pid);
	if (stat(exe, &st))
		return;
	f->exe_ino = st.st_ino;
	f->exe_ctime_ns = stamp(st.st_ctim);
	f->exe_mtime_ns = stamp(st.st_mtim);
	f->exe_setuid = st.st_mode & S_ISUID;
	f->exe_setgid = (st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
	f->exe_writable = may_write(exe, &st, f);
	layer_scan(pid, exe, f);
}

/* The family of a socket of another process; 0: not known. */
static unsigned family_of(uint32_t pid, unsigned n)
{
	cleanup_fd int process = (int)syscall(SYS_pidfd_open, pid, 0), copy = -1;
	int family = 0;
	socklen_t size = sizeof(family);

	if (process < 0)
		return 0;
	copy = (int)syscall(SYS_pidfd_getfd, process, n, 0);
	if (copy < 0 || getsockopt(copy, SOL_SOCKET, SO_DOMAIN, &family, &size))
		return 0;
	return (unsigned)family;
}

void process_stdio_scan(uint32_t pid, struct process_facts *f, struct stdio_room *room)
{
	for (unsigned i = 0; i < STDIO_COUNT; i++) {
		struct text name = TEXT_NONE;
		char path[64];
		struct stat st;
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%u/fd/%u", pid, i);
		if (stat(path, &st))
			continue;
		n = readlink(path, room->names[i], sizeof(room->names[i]));
		if (n > 0)
			name = text_from(room->names[i], (size_t)n);
		if (S_ISSOCK(st.st_mode)) {
			f->stdio_types[i] = fd_kind_of_socket(family_of(pid, i));
			continue;
		}
		f->stdio_types[i] = fd_kind_of_file(st.st_mode, false, name);
		if (f->stdio_types[i] != FD_PIPE)
			f->stdio_names[i] = name;
	}
}
