/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"

enum { RENAMES_MAX = 16 };

static const struct fs_agent *agent; /* NULL: this process looks itself */

void fs_use_agent(const struct fs_agent *a)
{
	agent = a;
}

static int open_regular(int dirfd, const char *path)
{
	/* O_NONBLOCK: a FIFO planted where a file is expected must not hold us. */
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		int r = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;

		close(fd);
		return r;
	}
	return fd;
}

static int read_all(int fd, const char *path, size_t limit, struct buf *b, struct error *err)
{
	char chunk[16384];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, errno, "%s", path);
		if (n == 0)
			break;
		if (b->len + (size_t)n > limit)
			return error_set(err, EFBIG, "%s: larger than the limit of %zu bytes", path,
					 limit);
		buf_add(b, chunk, (size_t)n);
	}
	buf_add(b, "", 0);
	return b->failed ? error_errno(err, ENOMEM, "%s", path) : 0;
}

int fs_read_at(int dirfd, const char *path, size_t limit, struct buf *b, struct error *err)
{
	cleanup_fd int fd = open_regular(dirfd, path);

	return fd < 0 ? error_errno(err, -fd, "%s", path) : read_all(fd, path, limit, b, err);
}

int fs_open_in_root(int root_fd, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS |
					   RESOLVE_NO_XDEV };
	cleanup_fd int place = -1;
	char again[32];
	struct stat st;
	int fd;

	for (int i = 0; place < 0 && i < RENAMES_MAX; i++) {
		place = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
		if (place < 0 && errno != EAGAIN) /* somebody renamed on the way */
			return -errno;
	}
	if (place < 0 || fstat(place, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", place);
	fd = open(again, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int fs_read_of(uid_t owner, const char *path, size_t limit, struct buf *b, struct error *err)
{
	cleanup_fd int fd = open_regular(AT_FDCWD, path);
	struct stat st;

	if (fd < 0)
		return error_errno(err, -fd, "%s", path);
	if (fstat(fd, &st) < 0 || st.st_uid != owner)
		return error_errno(err, EACCES, "%s belongs to somebody else", path);
	return read_all(fd, path, limit, b, err);
}

int fs_read_in_root(int root_fd, const char *path, size_t limit, struct buf *b)
{
	cleanup_fd int fd = fs_open_in_root(root_fd, path);

	return fd < 0 ? fd : read_all(fd, path, limit, b, NULL);
}

static int ask_read(const char *path, size_t limit, struct buf *b, struct error *err)
{
	int r = agent->read(path, limit, b, agent->arg);

	if (r == -EFBIG)
		return error_set(err, EFBIG, "%s: larger than the limit of %zu bytes", path, limit);
	return r ? error_errno(err, -r, "%s", path) : 0;
}

int fs_read(const char *path, size_t limit, struct buf *b, struct error *err)
{
	if (agent)
		return ask_read(path, limit, b, err);
	return fs_read_at(AT_FDCWD, path, limit, b, err);
}

int fs_read_line(const char *path, char *out, size_t size)
{
	cleanup_fd int fd = open_regular(AT_FDCWD, path);
	ssize_t n;

	if (fd < 0)
		return fd;
	do {
		n = read(fd, out, size - 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* like: whose owner it gets, as far as we may give it away; NULL: it is ours. */
static int write_beside(const char *path, const void *data, size_t len, mode_t mode,
			const struct stat *like, struct error *err)
{
	cleanup_free char *tmp = str_format("%s.tmp.XXXXXX", path);
	int fd, r;

	if (!tmp)
		return error_errno(err, ENOMEM, "%s", path);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, errno, "%s: cannot create a file beside it", path);
	r = write_all(fd, data, len);
	if (like && fchown(fd, like->st_uid, like->st_gid) < 0 && errno != EPERM && !r)
		r = -errno;
	if (!r && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		r = -errno;
	if (close(fd) < 0 && !r)
		r = -errno;
	if (!r && rename(tmp, path) < 0)
		r = -errno;
	if (r) {
		unlink(tmp);
		return error_errno(err, -r, "%s: not written, the old file is as it was", path);
	}
	return 0;
}

int fs_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct error *err)
{
	return write_beside(path, data, len, mode, NULL, err);
}

int fs_replace(const char *path, const void *data, size_t len, struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_errno(err, errno, "%s", path);
	return write_beside(path, data, len, st.st_mode & 07777, &st, err);
}

int fs_mkdirs(const char *path, mode_t mode, struct error *err)
{
	char partial[PATH_MAX];
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(partial))
		return error_errno(err, n ? ENAMETOOLONG : ENOENT, "%s", path);
	memcpy(partial, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (partial[i] != '/' && partial[i] != '\0')
			continue;
		partial[i] = '\0';
		if (mkdir(partial, mode) < 0 && errno != EEXIST)
			return error_errno(err, errno, "%s", partial);
		partial[i] = path[i];
	}
	return fs_is_dir(path) ? 0 : error_errno(err, ENOTDIR, "%s", path);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path); /* what can't be removed makes its directory stay, nothing else */
	return 0;
}

void fs_remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

int fs_kind(const char *path)
{
	struct statx st;

	if (agent)
		return agent->kind(path, agent->arg);
	/* What is cached will do: a server of files (NFS, FUSE) that has fallen silent would hold who asks it. */
	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_TYPE, &st))
		return -errno;
	return st.stx_mode & S_IFMT;
}

bool fs_is_dir(const char *path)
{
	return fs_kind(path) == S_IFDIR;
}

bool fs_exists(const char *path)
{
	return fs_kind(path) >= 0;
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

int fs_list(const char *path, fs_name_fn fn, void *arg)
{
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	int r = 0;

	if (agent)
		return agent->list(path, fn, arg, agent->arg);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!r && (entry = readdir(dir)))
		if (!is_dots(entry->d_name))
			r = fn(entry->d_name, entry->d_type == DT_DIR, arg);
	return r;
}

int fs_id(const char *path, uint64_t *ret)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .handle.handle_bytes = MAX_HANDLE_SZ };
	int mount_id;

	if (agent)
		return agent->id(path, ret, agent->arg);
	if (name_to_handle_at(AT_FDCWD, path, &u.handle, &mount_id, 0) < 0)
		return -errno;
	if (u.handle.handle_bytes != sizeof(*ret))
		return -EOPNOTSUPP;
	memcpy(ret, u.handle.f_handle, sizeof(*ret));
	return 0;
}
