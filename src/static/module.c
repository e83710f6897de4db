/* SPDX-License-Identifier: Apache-2.0 */
#include "static/module.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

enum { NAME_BYTES_MAX = 256, DEPTH_MAX = 6, MODULES_MAX = 1024, WORDS_MAX = 4096 };

static const char by_name[] = "its name is in the program's strings";
static const char by_directory[] = "its directory is in the program's strings";

/* clang-format off */
const struct module_rule module_rules[] = {
	{ "getpw",	 NULL,		   "libnss_", "name service switch" },
	{ "getgr",	 NULL,		   "libnss_", "name service switch" },
	{ "initgroups",	 NULL,		   "libnss_", "name service switch" },
	{ "getaddrinfo", NULL,		   "libnss_", "name service switch" },
	{ "gethostby",	 NULL,		   "libnss_", "name service switch" },
	{ "Py_BytesMain", "/usr/lib",	    "python3", "extension of Python" },
	{ "Py_BytesMain", "/usr/local/lib", "python3", "extension of Python" },
	{ "pam_start",	 "/lib/x86_64-linux-gnu", "security", "module of PAM" },
	{ "pam_start",	 "/lib64",	   "security", "module of PAM" },
	{ "pam_start",	 "/lib",	   "security", "module of PAM" },
};
/* clang-format on */
const size_t module_rules_count = ARRAY_SIZE(module_rules);

static int add(struct store *store, const char *path, const char *why, module_list *ret)
{
	struct error ignored = ERROR_INIT;
	struct image *image = NULL;
	struct module *slot;
	int r = store_image(store, path, &image, &ignored);

	if (r)
		return r == -ENOMEM ? r : 0;
	vec_foreach(known, ret)
		if (known->image == image)
			return 0;
	if (ret->len >= MODULES_MAX)
		return 0;
	slot = vec_add(ret);
	if (!slot)
		return -ENOMEM;
	*slot = (struct module){ image, why };
	return 0;
}

static bool is_library_name(const char *name)
{
	const char *so = strstr(name, ".so");

	return so && so != name && (so[3] == '\0' || so[3] == '.');
}

/* Libraries in a directory and, as deep as modules are ever put, below it. */
static int add_below(struct store *store, const char *directory, const char *prefix, int depth,
		     const char *why, module_list *ret)
{
	root_names names = { 0 };
	int r = depth < DEPTH_MAX ? root_list(store->root, directory, &names) : 0;

	vec_foreach(name, &names) {
		char path[4096];
		int n = snprintf(path, sizeof(path), "%s/%s", directory, *name);

		if (r || n < 0 || (size_t)n >= sizeof(path) || !str_starts(*name, prefix))
			continue;
		if (is_library_name(*name))
			r = add(store, path, why, ret);
		else if (!strchr(*name, '.') || depth == 0)
			r = add_below(store, path, "", depth + 1, why, ret);
	}
	root_names_deinit(&names);
	return r;
}

/* --- by rule ------------------------------------------------------------------------------------ */

static bool mentions(const struct image *of, const char *function)
{
	vec_foreach(s, &of->elf.symbols)
		if (str_starts(s->name, function))
			return true;
	return false;
}

static int apply(struct store *store, const struct module_rule *rule, module_list *ret)
{
	int r = 0;

	if (rule->directory)
		return add_below(store, rule->directory, rule->prefix, 0, rule->why, ret);
	vec_foreach(directory, &store->directories)
		/* Files only: what is below library directories is not the linker's. */
		r = r ? r :
			add_below(store, *directory, rule->prefix, DEPTH_MAX - 1, rule->why, ret);
	return r;
}

static int find_by_rule(struct store *store, const struct image *of, module_list *ret)
{
	int r = 0;

	for (size_t i = 0; !r && i < module_rules_count; i++)
		if (mentions(of, module_rules[i].function))
			r = apply(store, &module_rules[i], ret);
	return r;
}

/* --- by strings --------------------------------------------------------------------------------- */

static bool is_name_byte(uint8_t c)
{
	return c > ' ' && c < 0x7f && !strchr("\"'%:;,=<>()$&|*?\\", c);
}

/* The longest run of name bytes around a place, as a string; false if it is too long to be a name. */
static bool word_around(const uint8_t *bytes, size_t n, size_t at, char out[NAME_BYTES_MAX])
{
	size_t start = at, end = at;

	while (start && is_name_byte(bytes[start - 1]) && at - start < NAME_BYTES_MAX)
		start--;
	while (end < n && is_name_byte(bytes[end]) && end - at < NAME_BYTES_MAX)
		end++;
	if (end - start >= NAME_BYTES_MAX || end == n)
		return false;
	memcpy(out, bytes + start, end - start);
	out[end - start] = '\0';
	return true;
}

static int add_named(struct store *store, const char *name, module_list *ret)
{
	int r = 0;

	if (!is_library_name(name))
		return 0;
	if (name[0] == '/')
		return add(store, name, by_name, ret);
	if (strchr(name, '/'))
		return 0;
	vec_foreach(directory, &store->directories) {
		char path[4096];
		int n = snprintf(path, sizeof(path), "%s/%s", *directory, name);

		if (!r && n > 0 && (size_t)n < sizeof(path))
			r = add(store, path, by_name, ret);
	}
	return r;
}

/* A directory of modules is below one of libraries, and is none of those itself. */
static int add_directory(struct store *store, char *path, module_list *ret)
{
	size_t n = strlen(path);
	bool below = false;

	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
	if (strstr(path, "/../"))
		return 0;
	vec_foreach(directory, &store->directories) {
		size_t length = strlen(*directory);

		if (str_eq(*directory, path))
			return 0;
		below = below || (str_starts(path, *directory) && path[length] == '/');
	}
	return below ? add_below(store, path, "", 0, by_directory, ret) : 0;
}

static int scan(struct store *store, const uint8_t *bytes, size_t n, const char *needle,
		bool directories, module_list *ret)
{
	size_t length = strlen(needle), at = 0;
	int r = 0;

	for (int words = 0; !r && at < n && words < WORDS_MAX; words++) {
		const uint8_t *hit = memmem(bytes + at, n - at, needle, length);
		char word[NAME_BYTES_MAX];

		if (!hit)
			break;
		at = (size_t)(hit - bytes);
		if (directories) {
			/* Wherever in a text a path begins: --modules-path=/usr/lib/… */
			if (!at || !is_name_byte(bytes[at - 1]))
				r = word_around(bytes, n, at, word) ?
					    add_directory(store, word, ret) :
					    0;
		} else if (word_around(bytes, n, at, word)) {
			r = add_named(store, word, ret);
		}
		at += length;
	}
	return r;
}

static int find_by_strings(struct store *store, const struct image *of, module_list *ret)
{
	bool opens = mentions(of, "dlopen") && !image_export(of, "dlopen");
	int r = 0;

	vec_foreach(s, &of->elf.segments) {
		const uint8_t *bytes = of->elf.data + s->offset;

		if (r || s->flags & PF_X)
			continue;
		r = scan(store, bytes, s->file_size, ".so", false, ret);
		if (!r && opens)
			r = scan(store, bytes, s->file_size, "/usr/lib", true, ret);
		if (!r && opens)
			r = scan(store, bytes, s->file_size, "/usr/local/lib", true, ret);
	}
	return r;
}

int module_find(struct store *store, const struct image *of, module_list *ret)
{
	int r = find_by_rule(store, of, ret);

	return r ? r : find_by_strings(store, of, ret);
}
