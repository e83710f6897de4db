/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/image/rootfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"

enum { DEPTH_MAX = 100 };

struct walk {
	struct image *image;
	dev_t device;
	struct buf path, content;
	bool full;
};

static char type_of(mode_t mode)
{
	return S_ISREG(mode) ? '0' :
	       S_ISLNK(mode) ? '2' :
	       S_ISCHR(mode) ? '3' :
	       S_ISBLK(mode) ? '4' :
	       S_ISDIR(mode) ? '5' :
			       '6';
}

/* It may have become something else since it was looked at: then there is nothing to read. */
static void read_content(struct walk *w, int dir, const char *name)
{
	cleanup_fd int fd = openat(dir, name,
				   O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	char room[8192];
	struct stat st;
	ssize_t n;

	buf_reset(&w->content);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return;
	while ((n = read(fd, room, sizeof(room))) > 0 && !w->content.failed)
		buf_add(&w->content, room, (size_t)n);
}

static void walk(struct walk *w, int fd, unsigned depth);

static void take(struct walk *w, int dir, const char *name, unsigned depth)
{
	struct image_entry e = { 0 };
	size_t len = w->path.len;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) || st.st_dev != w->device)
		return;
	buf_addf(&w->path, "%s%s", len ? "/" : "", name);
	if (!w->path.failed) {
		e = (struct image_entry){ .path = text_from(w->path.data, w->path.len),
					  .type = type_of(st.st_mode),
					  .mode = (uint32_t)st.st_mode & 07777,
					  .uid = st.st_uid,
					  .size = (uint64_t)st.st_size };
		buf_reset(&w->content);
		if (inspect_image_wants(&e))
			read_content(w, dir, name);
		w->full = !inspect_image_add(w->image, &e,
					     text_from(w->content.data, w->content.len));
	}
	if (e.type == '5' && !w->full) {
		int fd = openat(dir, name,
				O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY | O_NONBLOCK);

		if (fd >= 0)
			walk(w, fd, depth + 1);
		else
			inspect_image_problem(w->image, "/%s: %s", w->path.data, strerror(errno));
	}
	w->path.failed = false;
	w->path.len = len;
}

/* Takes over fd. */
static void walk(struct walk *w, int fd, unsigned depth)
{
	DIR *dir = depth < DEPTH_MAX ? fdopendir(fd) : NULL;
	const struct dirent *e;

	if (!dir) {
		close(fd);
		inspect_image_problem(w->image, "/%s: too many directories inside of each other",
				      w->path.data ? w->path.data : "");
		return;
	}
	while (!w->full && (e = readdir(dir)))
		if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, ".."))
			take(w, dirfd(dir), e->d_name, depth);
	closedir(dir);
}

int rootfs_read(struct image *image, int root, const char *path, struct error *err)
{
	static const char *const looks[] = { "etc", "usr", "bin", "lib" };
	struct walk w = { .image = image,
			  .path = { .limit = 1 << 16 },
			  .content = { .limit = IMAGE_SCAN_MAX } };
	struct stat st;
	int fd = -1;

	for (size_t i = 0; i < ARRAY_SIZE(looks) && fd < 0; i++)
		if (!fstatat(root, looks[i], &st, AT_SYMLINK_NOFOLLOW))
			fd = openat(root, ".", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	if (fd < 0 || fstat(fd, &st)) {
		if (fd >= 0)
			close(fd);
		return error_set(err, EINVAL, "%s: no image and no root file system", path);
	}
	w.device = st.st_dev;
	walk(&w, fd, 0);
	if (w.full)
		inspect_image_problem(image, "there are too many files: not all are looked at");
	image->layers = 1;
	buf_deinit(&w.path);
	buf_deinit(&w.content);
	return 0;
}
