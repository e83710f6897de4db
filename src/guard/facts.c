/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fs.h"
#include "guard/parts.h"

enum { LIST_MAX = 64 << 10, MOUNTINFO_MAX = 1 << 20, USERS_MAX = 64 << 10 };

/* --- parts ---------------------------------------------------------------------------------------------- */

/* What can't be read is an empty part; of what is too long there is the beginning. */
static int add_file(uint32_t pid, const char *name, size_t limit, struct buf *out)
{
	cleanup_buf struct buf text = BUF_INIT;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	r = fs_read(path, limit, &text, NULL);
	parts_add(out, text.data, r && r != -EFBIG ? 0 : text.len);
	return r;
}

static void add_link(uint32_t pid, const char *name, struct buf *out)
{
	char path[64], target[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	n = readlink(path, target, sizeof(target));
	parts_add(out, target, n > 0 ? (size_t)n : 0);
}

static int done(const struct buf *out)
{
	return out->failed ? -ENOMEM : 0;
}

/* --- the kernel's own ------------------------------------------------------------------------------------- */

static int read_kernel(uint32_t pid, struct buf *out, void *arg)
{
	uint32_t pidns = 0;
	char path[64];
	struct stat st;

	if (add_file(pid, "stat", LIST_MAX, out) || add_file(pid, "status", LIST_MAX, out))
		return -ESRCH;
	add_file(pid, "cgroup", MOUNTINFO_MAX, out);
	add_file(pid, "loginuid", LIST_MAX, out);
	add_link(pid, "exe", out);
	add_link(pid, "cwd", out);
	for (unsigned i = 0; i < STDIO_COUNT; i++) {
		snprintf(path, sizeof(path), "fd/%u", i);
		add_link(pid, path, out);
	}
	snprintf(path, sizeof(path), "/proc/%u/ns/pid", pid);
	if (!stat(path, &st))
		pidns = (uint32_t)st.st_ino;
	parts_add(out, &pidns, sizeof(pidns));
	return done(out);
}

/* --- its own ------------------------------------------------------------------------------------------------ */

static uint64_t stamp(struct timespec t)
{
	return t.tv_sec > 0 ? (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec : 0;
}

/* True if it is on an overlay. */
static bool see_exe(uint32_t pid, struct facts_files *f)
{
	struct statfs fs;
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	if (stat(path, &st))
		return false;
	f->exe.ino = st.st_ino;
	f->exe.ctime_ns = stamp(st.st_ctim);
	f->exe.mtime_ns = stamp(st.st_mtim);
	f->exe.mode = st.st_mode;
	f->exe.uid = st.st_uid;
	f->exe.gid = st.st_gid;
	f->exe.read_only = true;
	if (statfs(path, &fs))
		return false;
	f->exe.read_only = (fs.f_flags & ST_RDONLY) != 0;
	return fs.f_type == OVERLAYFS_SUPER_MAGIC;
}

/* The family of a socket of another process; 0: not known. */
static uint32_t family_of(uint32_t pid, unsigned n)
{
	cleanup_fd int process = (int)syscall(SYS_pidfd_open, pid, 0), copy = -1;
	int family = 0;
	socklen_t size = sizeof(family);

	if (process < 0)
		return 0;
	copy = (int)syscall(SYS_pidfd_getfd, process, n, 0);
	if (copy < 0 || getsockopt(copy, SOL_SOCKET, SO_DOMAIN, &family, &size))
		return 0;
	return (uint32_t)family;
}

static void see_stdio(uint32_t pid, struct facts_files *f)
{
	for (unsigned i = 0; i < STDIO_COUNT; i++) {
		struct stat st;
		char path[64];

		snprintf(path, sizeof(path), "/proc/%u/fd/%u", pid, i);
		if (stat(path, &st))
			continue;
		f->stdio[i].mode = st.st_mode;
		if (S_ISSOCK(st.st_mode))
			f->stdio[i].family = family_of(pid, i);
	}
}

static int read_own(uint32_t pid, uint64_t cgroup, struct buf *out, void *arg)
{
	struct facts_files files;
	bool overlay;

	memset(&files, 0, sizeof(files)); /* between its members, too: all of it is told */
	add_file(pid, "cmdline", LIST_MAX, out);
	add_file(pid, "environ", LIST_MAX, out);
	overlay = see_exe(pid, &files);
	see_stdio(pid, &files);
	parts_add(out, &files, sizeof(files));
	if (overlay)
		add_file(pid, "mountinfo", MOUNTINFO_MAX, out);
	else
		parts_add(out, NULL, 0);
	return done(out);
}

/* --- files ------------------------------------------------------------------------------------------------------- */

static int look_in_layer(const char *upper, const char *path, void *arg)
{
	cleanup_fd int dir = open(upper, O_PATH | O_DIRECTORY | O_CLOEXEC), found = -1;

	if (dir < 0)
		return -errno;
	found = fs_open_in_root(dir, path);
	return found < 0 ? found : 0;
}

/* The host's mount namespace is that of process 1; ours may be another, made by a service manager. */
static bool is_in_namespace_of(const struct stat *its, const char *path)
{
	struct stat st;

	return !stat(path, &st) && its->st_ino == st.st_ino;
}

/* A runtime that has not made the container's root yet is in the host's mount namespace. */
static bool has_own_root(uint32_t pid)
{
	struct stat its;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/ns/mnt", pid);
	return !stat(path, &its) && !is_in_namespace_of(&its, "/proc/1/ns/mnt") &&
	       !is_in_namespace_of(&its, "/proc/self/ns/mnt");
}

static void add_in_root(int root, const char *path, struct buf *out)
{
	cleanup_buf struct buf text = BUF_INIT;
	int r = fs_read_in_root(root, path, USERS_MAX, &text);

	parts_add(out, text.data, r ? 0 : text.len);
}

static int read_users(uint32_t pid, struct buf *out, void *arg)
{
	char path[64] = "/";
	cleanup_fd int root = -1;

	if (pid && !has_own_root(pid))
		return -EAGAIN;
	if (pid)
		snprintf(path, sizeof(path), "/proc/%u/root", pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	add_in_root(root, "etc/passwd", out);
	add_in_root(root, "etc/group", out);
	return done(out);
}

static int open_in_root(uint32_t pid, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	cleanup_fd int root = -1;
	char at[64];
	int fd;

	snprintf(at, sizeof(at), "/proc/%u/root", pid);
	root = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = root < 0 ? -1 : (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

static int hash_all(int fd, char out[SHA256_TEXT_SIZE])
{
	char piece[64 << 10];
	struct sha256 h;
	ssize_t n;

	sha256_init(&h);
	for (size_t total = 0; (n = read(fd, piece, sizeof(piece))) > 0; total += (size_t)n) {
		if (total > FACTS_HASH_MAX)
			return -EFBIG;
		sha256_add(&h, piece, (size_t)n);
	}
	if (n < 0)
		return -errno;
	sha256_text(&h, out);
	return 0;
}

static int hash_program(uint32_t pid, const char *path, uint64_t ino, char out[SHA256_TEXT_SIZE],
			void *arg)
{
	cleanup_fd int place = -1, fd = -1;
	struct stat st;
	char at[64];

	snprintf(at, sizeof(at), "/proc/%u/exe", pid);
	place = path ? open_in_root(pid, path) : open(at, O_PATH | O_CLOEXEC);
	if (place < 0)
		return path ? place : -errno;
	/* Looked at before it is opened: no device, no FIFO, and not another file of that name. */
	if (fstat(place, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_ino != ino)
		return -ESTALE;
	if (st.st_size > FACTS_HASH_MAX)
		return -EFBIG;
	snprintf(at, sizeof(at), "/proc/self/fd/%d", place);
	fd = open(at, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : hash_all(fd, out);
}

const struct facts facts_direct = {
	.kernel = read_kernel,
	.own = read_own,
	.layer = look_in_layer,
	.users = read_users,
	.hash = hash_program,
};
