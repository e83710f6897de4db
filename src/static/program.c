/* SPDX-License-Identifier: Apache-2.0 */
#include "static/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "static/module.h"

enum { SCRIPT_DEPTH_MAX = 4, PATH_BYTES_MAX = 4096 };

const char *const program_reason_names[] = { "program", "linker", "needed", "module" };

static bool has_image(const struct program *p, const struct image *image)
{
	vec_foreach(known, &p->images)
		if (known->image == image)
			return true;
	return false;
}

static int add_image(struct program *p, struct image *image, enum program_reason reason,
		     const char *why)
{
	struct program_image *slot;

	if (has_image(p, image))
		return 0;
	if (p->images.len >= PROGRAM_IMAGES_MAX) {
		p->left_out++;
		return 0;
	}
	slot = vec_add(&p->images);
	if (!slot)
		return -ENOMEM;
	*slot = (struct program_image){ image, reason, why };
	return 0;
}

static int add_missing(struct program *p, const char *name)
{
	char **slot;

	vec_foreach(known, &p->missing)
		if (str_eq(*known, name))
			return 0;
	slot = vec_add(&p->missing);
	if (!slot)
		return -ENOMEM;
	*slot = strdup(name);
	if (*slot)
		return 0;
	p->missing.len--;
	return -ENOMEM;
}

/* --- libraries ---------------------------------------------------------------------------------- */

/* A file of code by its path; 1 if there is none of our kind, which then is not what is looked for. */
static int open_at(struct store *store, const char *path, struct image **ret)
{
	struct error ignored = ERROR_INIT;
	int r = store_image(store, path, ret, &ignored);

	return r == -ENOMEM ? r : r ? 1 : 0;
}

/* Searches a list "DIRECTORY:DIRECTORY" of an image, where $ORIGIN is the image's own directory. */
static int open_in_list(struct store *store, const struct image *of, const char *list,
			const char *name, struct image **ret)
{
	static const char *const origins[] = { "$ORIGIN", "${ORIGIN}" };
	const char *slash = strrchr(of->path, '/');
	int own = slash ? (int)(slash - of->path) : 0, r = 1;

	while (r == 1 && list && *list) {
		size_t n = strcspn(list, ":"), skip = 0;
		char path[PATH_BYTES_MAX];

		for (size_t i = 0; i < ARRAY_SIZE(origins); i++)
			if (str_starts(list, origins[i]))
				skip = strlen(origins[i]);
		if (n >= skip && n < PATH_BYTES_MAX) {
			int length = snprintf(path, sizeof(path), "%.*s%.*s/%s", skip ? own : 0,
					      of->path, (int)(n - skip), list + skip, name);

			if (length > 0 && (size_t)length < sizeof(path) && path[0] == '/')
				r = open_at(store, path, ret);
		}
		list += n + (list[n] == ':');
	}
	return r;
}

static int open_usual(struct store *store, const char *name, struct image **ret)
{
	int r = 1;

	for (size_t i = 0; r == 1 && i < store->directories.len; i++) {
		char path[PATH_BYTES_MAX];
		int length = snprintf(path, sizeof(path), "%s/%s", store->directories.items[i],
				      name);

		if (length > 0 && (size_t)length < sizeof(path))
			r = open_at(store, path, ret);
	}
	return r;
}

/* As ld.so(8) does it, without what the environment could say. */
static int open_library(struct program *p, struct store *store, const struct image *of,
			const char *name, struct image **ret)
{
	const struct image *first = p->images.items[0].image;
	int r = 1;

	if (strchr(name, '/'))
		return open_at(store, name, ret);
	vec_foreach(known, &p->images) {
		if (known->image->elf.soname && str_eq(known->image->elf.soname, name)) {
			*ret = known->image;
			return 0;
		}
	}
	if (!of->elf.runpath) {
		r = open_in_list(store, of, of->elf.rpath, name, ret);
		if (r == 1 && !first->elf.runpath)
			r = open_in_list(store, first, first->elf.rpath, name, ret);
	} else {
		r = open_in_list(store, of, of->elf.runpath, name, ret);
	}
	return r == 1 ? open_usual(store, name, ret) : r;
}

/* What the images from the first-th on need, and what that needs. */
static int add_needed(struct program *p, struct store *store, size_t first)
{
	for (size_t i = first; i < p->images.len; i++) {
		const struct image *of = p->images.items[i].image;

		vec_foreach(name, &of->elf.needed) {
			struct image *image = NULL;
			int r = open_library(p, store, of, *name, &image);

			r = r == 1 ? add_missing(p, *name) :
			    r	   ? r :
				     add_image(p, image, PROGRAM_NEEDED, NULL);
			if (r)
				return r;
		}
	}
	return 0;
}

static int add_linker(struct program *p, struct store *store)
{
	const char *path = p->images.items[0].image->elf.interpreter;
	struct image *image = NULL;
	int r = path ? open_at(store, path, &image) : 0;

	if (!path)
		return 0;
	return r == 1 ? add_missing(p, path) : r ? r : add_image(p, image, PROGRAM_LINKER, NULL);
}

/* Modules may need libraries, and open modules of their own. */
static int add_modules(struct program *p, struct store *store)
{
	module_list modules = { 0 };
	int r = 0;

	for (size_t i = 0; !r && i < p->images.len; i++) {
		modules.len = 0;
		r = module_find(store, p->images.items[i].image, &modules);
		vec_foreach(m, &modules) {
			size_t first = p->images.len;

			r = r ? r : add_image(p, m->image, PROGRAM_MODULE, m->why);
			r = r ? r : add_needed(p, store, first);
		}
	}
	vec_deinit(&modules);
	return r;
}

/* --- the program -------------------------------------------------------------------------------- */

/* The interpreter in a script's first line; NULL if that is none. */
static char *interpreter_of(const char *text)
{
	size_t n;

	if (!str_starts(text, "#!"))
		return NULL;
	text += 2 + strspn(text + 2, " \t");
	n = strcspn(text, " \t\r\n");
	/* env(1) takes the first word that is neither an option nor a variable. */
	if (n >= 4 && !memcmp(text + n - 4, "/env", 4)) {
		const char *word = text + n + strspn(text + n, " \t");

		while (*word == '-' || memchr(word, '=', strcspn(word, " \t\r\n"))) {
			word += strcspn(word, " \t\r\n");
			word += strspn(word, " \t");
		}
		if (strcspn(word, " \t\r\n"))
			return str_format("/usr/bin/%.*s", (int)strcspn(word, " \t\r\n"), word);
	}
	return n ? str_dup_n(text, n) : NULL;
}

/* Follows scripts to the first file of code, which becomes the program itself. */
static int open_program(struct program *p, struct store *store, const char *path, struct error *err)
{
	cleanup_free char *at = strdup(path);

	for (int depth = 0; at && depth < SCRIPT_DEPTH_MAX; depth++) {
		cleanup_buf struct buf text = BUF_INIT;
		struct image *image = NULL;
		int r = store_image(store, at, &image, err);
		char *next;

		if (!r)
			return add_image(p, image, PROGRAM_ITSELF, NULL);
		if (r < 0)
			return r;
		if (r == ELF_E_OTHER)
			return error_set(err, EINVAL, "%s: not a program for x86-64", at);
		r = store_peek(store, at, &text, err);
		if (r)
			return r;
		next = interpreter_of(text.data);
		if (!next)
			return error_set(err, EINVAL, "%s: neither a program nor a script", at);
		if (!p->script)
			p->script = TAKE_PTR(at);
		free(at);
		at = next;
	}
	return at ? error_set(err, EINVAL, "%s: too many scripts in a row", path) : -ENOMEM;
}

int program_load(struct program *p, struct store *store, const char *path, struct error *err)
{
	int r;

	*p = (struct program){ .path = strdup(path) };
	r = p->path ? open_program(p, store, path, err) : -ENOMEM;
	r = r ? r : add_linker(p, store);
	r = r ? r : add_needed(p, store, 0);
	r = r ? r : add_modules(p, store);
	if (r == -ENOMEM)
		error_errno(err, ENOMEM, "%s", path);
	if (r)
		program_deinit(p);
	return r;
}

void program_deinit(struct program *p)
{
	vec_foreach(name, &p->missing)
		free(*name);
	vec_deinit(&p->missing);
	vec_deinit(&p->images);
	free(p->path);
	free(p->script);
	*p = (struct program){ 0 };
}
