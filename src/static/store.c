/* SPDX-License-Identifier: Apache-2.0 */
#include "static/store.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/* Built into glibc's and musl's linkers, Debian's and the RPM distributions' way. */
static const char *const usual_directories[] = {
	"/lib/x86_64-linux-gnu",
	"/usr/lib/x86_64-linux-gnu",
	"/lib64",
	"/usr/lib64",
	"/usr/local/lib64",
	"/lib",
	"/usr/lib",
	"/usr/local/lib",
};

enum { CONFIG_BYTES_MAX = 64 << 10, DIRECTORIES_MAX = 128 };

static int directory_add(struct store *s, const char *path, size_t length)
{
	char **slot;

	while (length > 1 && path[length - 1] == '/')
		length--;
	vec_foreach(known, &s->directories)
		if (strlen(*known) == length && !memcmp(*known, path, length))
			return 0;
	if (s->directories.len >= DIRECTORIES_MAX)
		return 0;
	slot = vec_add(&s->directories);
	if (!slot)
		return -ENOMEM;
	*slot = str_dup_n(path, length);
	if (*slot)
		return 0;
	s->directories.len--;
	return -ENOMEM;
}

/* ld.so.conf(5) as far as it names directories; its "include" is always /etc/ld.so.conf.d. */
static int config_read(struct store *s, const char *path)
{
	struct error ignored = ERROR_INIT;
	cleanup_buf struct buf text = BUF_INIT;
	int r = store_peek(s, path, &text, &ignored);

	if (r == -ENOMEM)
		return r;
	for (const char *line = r ? NULL : text.data; line && *line;) {
		size_t n = strcspn(line, "\n");

		if (line[0] == '/')
			r = directory_add(s, line, strcspn(line, " \t\r\n#:"));
		if (r)
			return r;
		line += n + (line[n] == '\n');
	}
	return 0;
}

static int directories_read(struct store *s)
{
	root_names names = { 0 };
	int r = config_read(s, "/etc/ld.so.conf");

	r = r ? r : root_list(s->root, "/etc/ld.so.conf.d", &names);
	vec_foreach(name, &names) {
		char path[512];

		snprintf(path, sizeof(path), "/etc/ld.so.conf.d/%s", *name);
		if (!r && str_ends(*name, ".conf"))
			r = config_read(s, path);
	}
	root_names_deinit(&names);
	r = r ? r : config_read(s, "/etc/ld-musl-x86_64.path");
	for (size_t i = 0; !r && i < ARRAY_SIZE(usual_directories); i++)
		r = directory_add(s, usual_directories[i], strlen(usual_directories[i]));
	return r;
}

int store_init(struct store *s, struct root *root, struct error *err)
{
	int r;

	*s = (struct store){ .root = root };
	r = code_reader_new(&s->reader, err);
	if (!r && directories_read(s))
		r = error_errno(err, ENOMEM, "libraries");
	if (r)
		store_deinit(s);
	return r;
}

void store_deinit(struct store *s)
{
	vec_foreach(e, &s->entries)
		image_free(e->image);
	vec_deinit(&s->entries);
	vec_foreach(d, &s->directories)
		free(*d);
	vec_deinit(&s->directories);
	code_deinit(&s->scratch);
	code_reader_free(s->reader);
	s->reader = NULL;
}

static struct store_entry *entry_of(struct store *s, const struct root_id *id)
{
	vec_foreach(e, &s->entries)
		if (e->id.device == id->device && e->id.inode == id->inode)
			return e;
	return NULL;
}

static int image_load(struct store *s, int fd, const char *path, struct store_entry *e,
		      struct error *err)
{
	struct buf bytes = BUF_INIT;
	int r = root_read(s->root, fd, &bytes, err);

	if (!r)
		return image_new(&e->image, path, &bytes, s->reader, &s->scratch, err);
	buf_deinit(&bytes);
	return r;
}

int store_image(struct store *s, const char *path, struct image **ret, struct error *err)
{
	cleanup_free char *name = NULL;
	struct root_id id;
	cleanup_fd int fd = root_file(s->root, path, &id, &name);
	struct store_entry *e;

	if (fd < 0)
		return error_errno(err, -fd, "%s", path);
	e = entry_of(s, &id);
	if (!e) {
		if (s->entries.len >= STORE_IMAGES_MAX)
			return error_set(err, E2BIG, "more than %d files", STORE_IMAGES_MAX);
		e = vec_add(&s->entries);
		if (!e)
			return error_errno(err, ENOMEM, "%s", path);
		e->id = id;
		e->result = image_load(s, fd, name, e, err);
	} else if (e->result < 0) {
		error_set(err, -e->result, "damaged");
	}
	if (e->result < 0)
		error_prefix(err, "%s", name);
	*ret = e->image;
	return e->result;
}

int store_peek(struct store *s, const char *path, struct buf *b, struct error *err)
{
	cleanup_free char *name = NULL;
	struct root_id id;
	cleanup_fd int fd = root_file(s->root, path, &id, &name);
	char text[4096];
	ssize_t n;

	if (fd < 0)
		return error_errno(err, -fd, "%s", path);
	while (b->len < CONFIG_BYTES_MAX && (n = read(fd, text, sizeof(text))) > 0)
		buf_add(b, text, (size_t)n);
	buf_add(b, "", 0);
	return b->failed ? error_errno(err, ENOMEM, "%s", path) : 0;
}
