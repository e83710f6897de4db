/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/image/image.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"
#include "base/str.h"

enum { ARENA_MAX = 64 << 20, PROBLEMS_MAX = 100, WORK_MAX = 256 << 20, TEXT_SAMPLE = 4096 };

void inspect_image_init(struct image *image)
{
	*image = (struct image){ .arena = ARENA_INIT(ARENA_MAX),
				 .config = BUF_INIT,
				 .release = BUF_INIT };
}

void inspect_image_deinit(struct image *image)
{
	arena_deinit(&image->arena);
	buf_deinit(&image->config);
	buf_deinit(&image->release);
	vec_deinit(&image->files);
	table_deinit(&image->paths);
	vec_foreach(p, &image->problems)
		free(*p);
	vec_deinit(&image->problems);
	free(image->name);
}

void inspect_image_problem(struct image *image, const char *fmt, ...)
{
	char text[400];
	va_list ap;
	char **slot;

	if (image->problems.len >= PROBLEMS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	slot = vec_add(&image->problems);
	if (slot)
		*slot = strdup(text);
	if (slot && !*slot)
		image->problems.len--;
}

/* --- which files --------------------------------------------------------------------------------- */

static const char *const caches[] = {
	"var/cache/apt/archives/", "var/lib/apt/lists/", "var/cache/yum/",	"var/cache/dnf/",
	"var/cache/apk/",	   "root/.cache/pip/",	 "root/.npm/_cacache/",
};

/* What distributions ship there is no secret of anybody's: examples, tests of libraries, documentation. */
static const char *const shipped[] = {
	"usr/share/",	  "usr/lib/", "usr/lib64/",    "usr/include/",
	"usr/local/lib/", "lib/",     "var/lib/dpkg/", "usr/src/",
	"opt/conda/",	  "proc/",    "sys/"
};

static bool is_below(struct text path, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_starts(path, text_of(list[i])))
			return true;
	return false;
}

static bool is_release(struct text path)
{
	return text_eq_str(path, "etc/os-release") || text_eq_str(path, "usr/lib/os-release");
}

bool inspect_image_wants(const struct image_entry *e)
{
	return e->type == '0' && e->size && e->size <= IMAGE_SCAN_MAX &&
	       (is_release(e->path) || !is_below(e->path, shipped, ARRAY_SIZE(shipped)));
}

static void add(struct image *image, const struct image_entry *e, enum image_file_kind kind,
		const char *what)
{
	struct image_file *slot = image->files.len < IMAGE_FILES_MAX ? vec_add(&image->files) :
								       NULL;
	char *path = slot ? arena_dup(&image->arena, e->path.data, e->path.len) : NULL;

	if (slot && !path)
		image->files.len--;
	if (!path) {
		image->beyond++;
		return;
	}
	*slot = (struct image_file){ .kind = kind,
				     .path = text_from(path, e->path.len),
				     .what = what,
				     .mode = e->mode,
				     .uid = e->uid,
				     .layer = image->layer };
	slot->same = (uint32_t)(uintptr_t)table_get(&image->paths, slot->path);
	if (!table_set(&image->paths, slot->path, (void *)(uintptr_t)image->files.len))
		image->beyond++;
}

static bool has_cache(const struct image *image, const char *folder)
{
	vec_foreach(f, &image->files)
		if (f->kind == IMAGE_CACHE && !f->hidden && text_starts(f->path, text_of(folder)))
			return true;
	return false;
}

/* The first file of each is enough. */
static void note_cache(struct image *image, const struct image_entry *e)
{
	struct text name = text_basename(e->path);

	if (!e->size || text_eq_str(name, "lock"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(caches); i++)
		if (text_starts(e->path, text_of(caches[i])) && !has_cache(image, caches[i]))
			add(image, e, IMAGE_CACHE, NULL);
}

static void note_content(struct image *image, const struct image_entry *e, struct text content)
{
	struct secret s;
	char described[160];
	const char *what;

	if (is_release(e->path)) {
		buf_reset(&image->release);
		buf_add(&image->release, content.data, content.len);
		return;
	}
	/* Programs have whatever bytes; texts don't have NULs. */
	if (memchr(content.data, '\0', content.len < TEXT_SAMPLE ? content.len : TEXT_SAMPLE))
		return;
	s = secret_find(content);
	if (!s.what)
		return;
	secret_describe(&s, described, sizeof(described));
	what = arena_dup(&image->arena, described, strlen(described));
	if (what)
		add(image, e, IMAGE_KEY, what);
}

/* --- layers -------------------------------------------------------------------------------------- */

static bool is_inside(struct text path, struct text folder)
{
	return path.len > folder.len && text_starts(path, folder) &&
	       (!folder.len || path.data[folder.len] == '/');
}

static void hide_itself(struct image *image, struct text path)
{
	uint32_t number = (uint32_t)(uintptr_t)table_get(&image->paths, path);

	while (number) {
		struct image_file *f = &image->files.items[number - 1];

		f->hidden |= f->layer < image->layer;
		number = f->same;
	}
}

static void hide_below(struct image *image, struct text path)
{
	image->work += image->files.len;
	if (image->work > WORK_MAX)
		return;
	vec_foreach(f, &image->files)
		if (f->layer < image->layer && is_inside(f->path, path))
			f->hidden = true;
}

void inspect_image_hide(struct image *image, struct text path, bool below_only)
{
	if (!below_only)
		hide_itself(image, path);
	hide_below(image, path);
}

bool inspect_image_add(struct image *image, const struct image_entry *e, struct text content)
{
	static const char *const sshd[] = { "usr/sbin/sshd", "usr/bin/sshd", "sbin/sshd",
					    "usr/sbin/dropbear", "usr/local/sbin/sshd" };
	bool file = e->type == '0';

	if (++image->entries > IMAGE_ENTRIES_MAX || image->work > WORK_MAX)
		return false;
	if (image->layer && image->files.len)
		hide_itself(image, e->path);
	/* Where a directory was there may be a link now; a file is not worth the search. */
	if (image->layer && e->type == '2')
		hide_below(image, e->path);
	/* Engines mount a /dev of their own over it. */
	if ((e->type == '3' || e->type == '4') && !text_starts(e->path, TEXT("dev/")))
		add(image, e, IMAGE_DEVICE, NULL);
	if (file && (e->mode & 06000) && (e->mode & 0111))
		add(image, e, IMAGE_SETID, NULL);
	if ((file && (e->mode & 0002)) || (e->type == '5' && (e->mode & 01002) == 0002))
		add(image, e, IMAGE_WRITABLE, NULL);
	if (file)
		note_cache(image, e);
	for (size_t i = 0; file && i < ARRAY_SIZE(sshd); i++)
		if (text_eq_str(e->path, sshd[i]))
			add(image, e, IMAGE_SSHD, NULL);
	if (content.len)
		note_content(image, e, content);
	return true;
}
