/* SPDX-License-Identifier: Apache-2.0 */
#include "respond/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/str.h"
#include "base/utf8.h"
#include "respond/rootdir.h"

enum { PIECE = 64 << 10, XATTR_NAMES_MAX = 4096, XATTR_MAX = 4096, XATTRS_MAX = 64 };
#define FILE_MAX ((off_t)1 << 30)

/* Copies all of it; text gets its hash. -errno. */
static int copy(int from, int to, char text[SHA256_TEXT_SIZE])
{
	char piece[PIECE];
	struct sha256 h;
	off_t at = 0;
	ssize_t n;

	sha256_init(&h);
	while ((n = pread(from, piece, sizeof(piece), at)) > 0) {
		sha256_add(&h, piece, (size_t)n);
		for (ssize_t done = 0, w; done < n; done += w) {
			w = write(to, piece + done, (size_t)(n - done));
			if (w < 0)
				return -errno;
		}
		at += n;
		if (at > FILE_MAX)
			return -EFBIG;
	}
	sha256_text(&h, text);
	return n < 0 ? -errno : 0;
}

/* --- what is known of it --------------------------------------------------------------------------------- */

static json_t *attributes(int fd)
{
	char names[XATTR_NAMES_MAX] = { 0 };
	ssize_t len = flistxattr(fd, names, sizeof(names));
	json_t *all = json_object();

	for (const char *at = names;
	     len > 0 && at < names + len && json_object_size(all) < XATTRS_MAX;
	     at += strlen(at) + 1) {
		unsigned char value[XATTR_MAX];
		ssize_t n = fgetxattr(fd, at, value, sizeof(value));
		cleanup_buf struct buf text = BUF_INIT;

		if (n < 0)
			continue;
		base64_encode(&text, value, (size_t)n);
		json_object_set_new(all, at, json_string(text.data ? text.data : ""));
	}
	return all;
}

static json_t *times(const struct stat *st)
{
	return json_pack("[I, I, I, I]", (json_int_t)st->st_atim.tv_sec,
			 (json_int_t)st->st_atim.tv_nsec, (json_int_t)st->st_mtim.tv_sec,
			 (json_int_t)st->st_mtim.tv_nsec);
}

static void describe(json_t *undo, const struct target *t, const char *path, const struct stat *st,
		     int fd)
{
	json_object_set_new(undo, "path", utf8_json(text_of(path)));
	json_object_set_new(undo, "container", json_string(t->host ? "" : t->container.id));
	json_object_set_new(undo, "uid", json_integer(st->st_uid));
	json_object_set_new(undo, "gid", json_integer(st->st_gid));
	json_object_set_new(undo, "mode", json_integer(st->st_mode & 07777));
	json_object_set_new(undo, "size", json_integer(st->st_size));
	json_object_set_new(undo, "times", times(st));
	json_object_set_new(undo, "attributes", attributes(fd));
}

/* --- taking ---------------------------------------------------------------------------------------------- */

/* Where engines keep volumes, which are the containers' own; from elsewhere it is the host's what is mounted. */
static const char *const volume_places[] = {
	"/var/lib/kubelet/pods/",
	"/var/lib/docker/volumes/",
	"/var/lib/containers/storage/volumes/",
	"/var/lib/nerdctl/",
};

/* Of config.json. */
static const char *host_mount(const struct container *c, const char *path)
{
	const struct container_mount *best = NULL;
	size_t len = 0;

	vec_foreach(m, &c->mounts) {
		size_t n = m->destination ? strlen(m->destination) : 0;

		if (n < 2 || n < len || strncmp(path, m->destination, n) != 0 ||
		    (path[n] != '/' && path[n]))
			continue;
		best = m;
		len = n;
	}
	if (!best || !best->source || best->source[0] != '/')
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(volume_places); i++)
		if (str_starts(best->source, volume_places[i]))
			return NULL;
	return best->source;
}

/* Only the very file that was read goes: it is moved aside by name, and looked at again. */
static int remove_same(int parent, const char *name, const struct stat *was)
{
	char aside[64];
	struct stat st;

	snprintf(aside, sizeof(aside), ".merlon-%llx", (unsigned long long)was->st_ino);
	if (renameat2(parent, name, parent, aside, RENAME_NOREPLACE))
		return -errno;
	if (fstatat(parent, aside, &st, AT_SYMLINK_NOFOLLOW) || st.st_ino != was->st_ino ||
	    st.st_dev != was->st_dev) {
		renameat2(parent, aside, parent, name, RENAME_NOREPLACE);
		return -ESTALE;
	}
	return unlinkat(parent, aside, 0) ? -errno : 0;
}

static int open_file(int parent, const char *name, struct stat *st)
{
	int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	if (fstat(fd, st) || !S_ISREG(st->st_mode)) {
		close(fd);
		return -EINVAL;
	}
	return fd;
}

static int keep(int fd, const char *room, json_t *undo)
{
	char place[PATH_MAX], hash[SHA256_TEXT_SIZE];
	cleanup_fd int kept = -1;
	int r;

	if (snprintf(place, sizeof(place), "%s/file", room) >= (int)sizeof(place))
		return -ENAMETOOLONG;
	kept = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (kept < 0)
		return -errno;
	r = copy(fd, kept, hash);
	if (!r && fsync(kept))
		r = -errno;
	if (r)
		return r;
	json_object_set_new(undo, "kept", json_string(place));
	json_object_set_new(undo, "sha256", json_string(hash));
	return 0;
}

static enum hand_outcome move_away(struct job *j, int parent, const char *name, int fd,
				   const struct stat *st)
{
	const char *path = j->rq->path;
	int r;

	describe(j->undo, j->target, path, st, fd);
	r = keep(fd, j->room, j->undo);
	if (!r)
		r = j->begin(j);
	if (r)
		return job_fail(j, -r, "it can't be kept");
	r = remove_same(parent, name, st);
	if (r == -EROFS)
		return job_say(j, HAND_REFUSED, "it is in a file system that can't be written to");
	if (r == -ESTALE)
		return job_say(j, HAND_REFUSED, "somebody put another file in its place");
	if (r)
		return job_fail(j, -r, "it can't be taken away");
	return job_say(j, HAND_DONE, "%.256s was moved away (sha256 %s)", path,
		       json_string_value(json_object_get(j->undo, "sha256")));
}

static enum hand_outcome take_from(struct job *j, int root)
{
	const char *name,
		*path = j->rq->path,
		*source = j->target->host ? NULL : host_mount(&j->target->container, path);
	cleanup_fd int parent = -1, fd = -1;
	struct stat st = { 0 };

	if (source)
		return job_say(j, HAND_REFUSED, "the file is the host's: %.300s is mounted there",
			       source);
	parent = rootdir_open_parent(root, path, &name);
	if (parent == -ELOOP)
		return job_say(j, HAND_REFUSED, "there is a link on the way to it");
	if (parent == -ENOENT)
		return job_say(j, HAND_REFUSED, "it is not there");
	if (parent < 0)
		return job_fail(j, -parent, "its directory");
	fd = open_file(parent, name, &st);
	if (fd == -ELOOP || fd == -EINVAL)
		return job_say(j, HAND_REFUSED, "it is no regular file");
	if (fd == -ENOENT)
		return job_say(j, HAND_REFUSED, "it is not there");
	if (fd < 0)
		return job_fail(j, -fd, "the file");
	if (j->dry)
		return job_say(j, HAND_WOULD, "%.400s would be moved away", path);
	return move_away(j, parent, name, fd, &st);
}

enum hand_outcome job_quarantine(struct job *j)
{
	const struct target *t = j->target;
	cleanup_fd int root = t->host ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) :
					rootdir_open(j->limits, &t->container, t);

	if (root == -ESRCH)
		return job_say(j, HAND_REFUSED, "the container has ended");
	if (root < 0)
		return job_fail(j, -root, "the container's root");
	return take_from(j, root);
}

/* --- and back -------------------------------------------------------------------------------------------- */

static void set_attributes(int fd, const json_t *all)
{
	const json_t *value;
	const char *name;

	json_object_foreach ((json_t *)(uintptr_t)all, name, value) {
		cleanup_buf struct buf bytes = BUF_INIT;
		const char *text = json_string_value(value);

		if (text && base64_decode(&bytes, text, strlen(text)))
			(void)!fsetxattr(fd, name, bytes.data, bytes.len, 0);
	}
}

static json_int_t number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

/* Owner and mode last, and mode after owner: a change of owner clears bits. */
static int dress(int fd, const json_t *undo)
{
	const json_t *t = json_object_get(undo, "times");
	const struct timespec when[2] = {
		{ json_integer_value(json_array_get(t, 0)),
		  json_integer_value(json_array_get(t, 1)) },
		{ json_integer_value(json_array_get(t, 2)),
		  json_integer_value(json_array_get(t, 3)) },
	};

	if (fchown(fd, (uid_t)number(undo, "uid"), (gid_t)number(undo, "gid")) ||
	    fchmod(fd, (mode_t)number(undo, "mode") & 07777))
		return -errno;
	set_attributes(fd, json_object_get(undo, "attributes"));
	return futimens(fd, when) ? -errno : 0;
}

static int put_back(int root, const char *path, const json_t *undo, struct error *err)
{
	cleanup_fd int parent = -1, kept = -1, fd = -1;
	const char *name, *place = json_string_value(json_object_get(undo, "kept"));
	char hash[SHA256_TEXT_SIZE];
	int r;

	parent = rootdir_open_parent(root, path, &name);
	if (parent < 0)
		return error_errno(err, -parent, "the directory of %s", path);
	kept = place ? open(place, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	if (kept < 0)
		return error_set(err, ENOENT, "what was kept of %s is gone", path);
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, errno, "%s", path);
	r = copy(kept, fd, hash);
	if (!r && !str_eq(hash, json_string_value(json_object_get(undo, "sha256")) ?: ""))
		r = -EBADMSG;
	if (!r)
		r = dress(fd, undo);
	if (r)
		unlinkat(parent, name, 0);
	return r ? error_errno(err, -r, "%s", path) : 0;
}

static int find_root(const struct target_limits *l, const char *id, struct error *err)
{
	cleanup_container_list container_list all = { 0 };
	int root, r;

	if (!*id) {
		root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		return root < 0 ? error_errno(err, errno, "/") : root;
	}
	r = container_list_all(&l->layout, &all, err);
	if (r)
		return r;
	vec_foreach(c, &all) {
		if (!str_eq(c->id, id))
			continue;
		root = rootdir_open(l, c, NULL);
		return root < 0 ? error_errno(err, -root, "the root of container %s", id) : root;
	}
	return error_set(err, ESRCH, "container %s has ended: the file stays where it is kept", id);
}

int undo_quarantine(const struct target_limits *l, const json_t *undo, struct error *err)
{
	const char *id = json_string_value(json_object_get(undo, "container")),
		   *path = json_string_value(json_object_get(undo, "path"));
	cleanup_fd int root = -1;

	if (!id || !path)
		return error_set(err, EBADMSG, "the entry does not say what was moved");
	if (!json_object_get(undo, "kept"))
		return 0; /* nothing was taken yet */
	root = find_root(l, id, err);
	return root < 0 ? root : put_back(root, path, undo, err);
}
