/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules are those a person would accept on sight. Each looks at one component of a path and what
 * stands before it; two look at siblings and want several before they believe in a pattern.
 */
#include "profile/path_rule.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

enum {
	ORIGINALS_KEPT = 8,
	SIBLINGS_MIN = 3, /* numbered names in one directory that make a pattern */
	CROWD_MIN = 48,	  /* files in one directory that make it "all files of this directory" */
	ESCAPE_LEN = 4,	  /* "\x1b" */
};

static const char *const rule_names[] = { "process",   "volume",     "library-version",
					  "temporary", "identifier", "numbered",
					  "crowd" };
enum {
	RULE_PROCESS,
	RULE_VOLUME,
	RULE_LIBRARY,
	RULE_TEMPORARY,
	RULE_IDENTIFIER,
	RULE_NUMBERED,
	RULE_CROWD
};

const char *profile_path_rule(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rule_names); i++)
		if (str_eq(rule_names[i], name))
			return rule_names[i];
	return NULL;
}

/* --- text --------------------------------------------------------------------------------------- */

char *profile_path_escape(const char *raw, size_t len)
{
	size_t size = len * 4 + 8;
	cleanup_free char *printable = malloc(size);
	struct buf out = BUF_INIT;

	if (!printable)
		return NULL;
	str_printable(printable, size, raw, len);
	for (const char *p = printable; *p; p++) {
		if (p[0] == '\\' &&
		    p[1] == '\\') { /* str_printable() doubles it: one form is enough */
			buf_add_str(&out, "\\x5c");
			p++;
		} else if (strchr("*?[]{}@", *p)) {
			buf_addf(&out, "\\x%02x", (unsigned char)*p);
		} else {
			buf_add_char(&out, *p);
		}
	}
	return buf_take(&out);
}

char *profile_path_unescape(const char *text, size_t *ret_len)
{
	char *out = malloc(strlen(text) + 1), *to = out;

	if (!out)
		return NULL;
	for (const char *p = text; *p; p++) {
		unsigned byte;

		if (p[0] == '\\' && p[1] == 'x' && isxdigit((unsigned char)p[2]) &&
		    isxdigit((unsigned char)p[3]) && sscanf(p + 2, "%2x", &byte) == 1) {
			*to++ = (char)byte;
			p += 3;
		} else if (strchr("\\*?[]{}@", *p)) {
			free(out);
			return NULL;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	*ret_len = (size_t)(to - out);
	return out;
}

void profile_path_normalise(char *path)
{
	char *to = path;

	if (*path != '/')
		return;
	for (const char *from = path; *from;) {
		size_t len;

		from += strspn(from, "/");
		len = strcspn(from, "/");
		if (!len)
			break;
		if (len == 2 && !memcmp(from, "..", 2)) {
			while (to > path && *--to != '/')
				;
		} else if (!(len == 1 && *from == '.')) {
			*to++ = '/';
			memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
}

/* --- components --------------------------------------------------------------------------------- */

static bool all_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return len > 0;
}

/* A digest or UUID: 16 or more hexadecimal digits, dashes allowed, with at least one digit. */
static bool is_identifier(const char *s, size_t len)
{
	size_t hex = 0, digits = 0;

	for (size_t i = 0; i < len; i++) {
		if (isxdigit((unsigned char)s[i]))
			hex++;
		else if (s[i] != '-')
			return false;
		digits += isdigit((unsigned char)s[i]) != 0;
	}
	return hex >= 16 && digits > 0;
}

/* "libc.so.6": where the version begins behind ".so", or 0. */
static size_t library_version(const char *s, size_t len)
{
	const char *so = memmem(s, len, ".so.", 4);
	size_t at;

	if (!so)
		return 0;
	at = (size_t)(so - s) + 4;
	for (size_t i = at; i < len; i++)
		if (!isdigit((unsigned char)s[i]) && s[i] != '.')
			return 0;
	return at < len ? at : 0;
}

/* What mkstemp and its kin make: six or more letters and digits at the end, of more than one kind. */
static size_t random_suffix(const char *s, size_t len)
{
	const char *escape = memrchr(s, '\\', len);
	size_t n = 0, most = escape ? len - (size_t)(escape - s) - ESCAPE_LEN : len;
	bool upper = false, lower = false, digit = false;

	while (n < most && isalnum((unsigned char)s[len - n - 1])) {
		unsigned char c = (unsigned char)s[len - ++n];

		upper = upper || isupper(c);
		lower = lower || islower(c);
		digit = digit || isdigit(c);
	}
	return n >= 6 && upper + lower + digit >= 2 ? n : 0;
}

static bool is_temporary_dir(const char *path, size_t len)
{
	static const char *const dirs[] = { "/tmp/", "/var/tmp/", "/dev/shm/", "/run/" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (len >= strlen(dirs[i]) && !memcmp(path, dirs[i], strlen(dirs[i])))
			return true;
	return false;
}

/* Appends component s to out (which ends in a slash), generalised if a rule fits; the rule or -1. */
static int component_add(struct buf *out, const char *s, size_t len, bool was_created)
{
	bool in_proc = str_eq(out->data, "/proc/");
	size_t cut;

	if (in_proc && all_digits(s, len)) {
		buf_add_str(out, "@{pid}");
		return RULE_PROCESS;
	}
	if (all_digits(s, len) && str_starts(out->data, "/proc/")) {
		if (str_ends(out->data, "/task/")) {
			buf_add_str(out, "@{tid}");
			return RULE_PROCESS;
		}
		if (str_ends(out->data, "/fd/") || str_ends(out->data, "/fdinfo/")) {
			buf_add_char(out, '*');
			return RULE_PROCESS;
		}
	}
	if (all_digits(s, len) && str_eq(out->data, "/dev/pts/")) {
		buf_add_char(out, '*');
		return RULE_NUMBERED;
	}
	cut = library_version(s, len);
	if (cut) {
		buf_add(out, s, cut);
		buf_add_char(out, '*');
		return RULE_LIBRARY;
	}
	if (is_identifier(s, len)) {
		buf_add_char(out, '*');
		return RULE_IDENTIFIER;
	}
	cut = random_suffix(s, len);
	if (cut && (was_created || is_temporary_dir(out->data, out->len))) {
		buf_add(out, s, len - cut);
		buf_add_char(out, '*');
		return RULE_TEMPORARY;
	}
	buf_add(out, s, len);
	return -1;
}

static const char *volume_of(const char *path, char *const *volumes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(volumes[i]);

		if (n > 1 && !strncmp(path, volumes[i], n) && path[n] == '/')
			return volumes[i];
	}
	return NULL;
}

/* The pattern for one path by the rules that need no siblings; rule -1: it stays as it is. */
static int pattern_of(const struct profile_file *f, char *const *volumes, size_t volume_count,
		      struct buf *out)
{
	const char *volume = volume_of(f->path, volumes, volume_count), *at = f->path;
	bool created = f->ops & (ABI_FILE_CREATE | ABI_FILE_MKDIR | ABI_FILE_RENAME_TO |
				 ABI_FILE_BIND | ABI_FILE_MKNOD);
	int rule = -1;

	buf_reset(out);
	buf_add_str(out, "");
	if (*at != '/') {
		buf_add_str(out, at);
		return -1;
	}
	if (volume) {
		buf_addf(out, "%s/**", volume);
		return RULE_VOLUME;
	}
	while (*at) {
		size_t len;
		int which;

		at += strspn(at, "/");
		len = strcspn(at, "/");
		buf_add_char(out, '/');
		if (!len)
			break;
		which = component_add(out, at, len, created && !at[len]);
		rule = which >= 0 ? which : rule;
		at += len;
	}
	return rule;
}

/* Makes f the pattern; its old path becomes an original. */
static int file_rename(struct profile_file *f, const char *pattern, int rule)
{
	char *path = strdup(pattern), **slot;

	if (!path)
		return -ENOMEM;
	if (!f->original_count) {
		slot = vec_add(&f->originals);
		if (!slot) {
			free(path);
			return -ENOMEM;
		}
		*slot = f->path;
		f->original_count = 1;
	} else {
		free(f->path);
	}
	f->path = path;
	f->rule = rule_names[rule];
	f->flags &= ~(uint32_t)(ABI_PATH_DELETED | ABI_PATH_RAW);
	return 0;
}

/* --- siblings ----------------------------------------------------------------------------------- */

/* The path with the runs of digits in its last component replaced by a star; false: there are none. */
static bool numbered_pattern(const char *path, struct buf *out)
{
	const char *name = strrchr(path, '/');
	bool found = false;

	buf_reset(out);
	if (!name || strchr(name, '*'))
		return false;
	buf_add(out, path, (size_t)(name + 1 - path));
	for (const char *p = name + 1; *p; p++) {
		if (*p == '\\') { /* the digits in "\x01" are no number */
			buf_add(out, p, ESCAPE_LEN);
			p += ESCAPE_LEN - 1;
			continue;
		}
		if (!isdigit((unsigned char)*p)) {
			buf_add_char(out, *p);
			continue;
		}
		buf_add_char(out, '*');
		p += strspn(p, "0123456789") - 1;
		found = true;
	}
	return found;
}

static bool crowd_pattern(const char *path, struct buf *out)
{
	const char *name = strrchr(path, '/');

	buf_reset(out);
	if (!name || name == path || !name[1] || str_ends(path, "/**"))
		return false;
	buf_add(out, path, (size_t)(name + 1 - path));
	buf_add_char(out, '*');
	return true;
}

struct candidate {
	char *pattern;
	const char *path; /* the file's, until it is renamed */
	size_t file;
};

static int candidate_compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int r = strcmp(x->pattern, y->pattern);

	return r ? r : strcmp(x->path, y->path);
}

/* Where at least min files of one layer would be the same pattern, they become it. */
static int generalise_siblings(struct profile *p, bool (*pattern)(const char *, struct buf *),
			       size_t min, int rule)
{
	cleanup_buf struct buf text = BUF_INIT;
	VEC(struct candidate) all = { 0 };
	int r = 0;

	for (size_t i = 0; i < p->files.len && !r; i++) {
		struct candidate *c;
		char layer[16];

		/* What is executed or mapped is part of the image: never blurred by its neighbours. */
		if (p->files.items[i].ops & (ABI_FILE_EXEC | ABI_FILE_MAP_EXEC))
			continue;
		if (!pattern(p->files.items[i].path, &text))
			continue;
		/* The layer goes in front, so that layers are compared apart. */
		snprintf(layer, sizeof(layer), "%02d", (int)p->files.items[i].layer);
		c = vec_add(&all);
		if (c) {
			c->file = i;
			c->path = p->files.items[i].path;
			c->pattern = str_format("%s%s", layer, text.data);
		}
		if (!c || !c->pattern)
			r = -ENOMEM;
	}
	if (!r)
		vec_sort(&all, candidate_compare);
	for (size_t i = 0, end; i < all.len && !r; i = end) {
		size_t names = 1; /* a file seen both there and deleted has one */

		for (end = i + 1; end < all.len; end++) {
			if (!str_eq(all.items[i].pattern, all.items[end].pattern))
				break;
			names += !str_eq(all.items[end - 1].path, all.items[end].path);
		}
		if (names < min)
			continue;
		for (size_t k = i; k < end && !r; k++)
			r = file_rename(&p->files.items[all.items[k].file],
					all.items[k].pattern + 2, rule);
	}
	vec_foreach(c, &all)
		free(c->pattern);
	vec_deinit(&all);
	return r;
}

static void originals_trim(struct profile *p)
{
	vec_foreach(f, &p->files) {
		while (f->originals.len > ORIGINALS_KEPT)
			free(f->originals.items[--f->originals.len]);
	}
}

/* As paths are written in a profile: people write "/data/" into config.json, or "/my@data". */
static char *volume_path(const char *volume)
{
	cleanup_free char *path = strdup(volume);

	if (!path)
		return NULL;
	profile_path_normalise(path);
	return profile_path_escape(path, strlen(path));
}

int profile_generalise(struct profile *p, char *const *volumes, size_t volume_count)
{
	cleanup_buf struct buf text = BUF_INIT;
	VEC(char *) paths = { 0 };
	int r = 0;

	for (size_t i = 0; i < volume_count; i++) {
		char **slot = vec_add(&paths);

		if (slot)
			*slot = volume_path(volumes[i]);
		if (!slot || !*slot)
			r = -ENOMEM;
	}
	profile_sort(p);
	vec_foreach(f, &p->files) {
		int rule = r || f->rule ? -1 : pattern_of(f, paths.items, paths.len, &text);

		if (rule >= 0 && !r)
			r = text.failed ? -ENOMEM : file_rename(f, text.data, rule);
	}
	profile_sort(p);
	if (!r)
		r = generalise_siblings(p, numbered_pattern, SIBLINGS_MIN, RULE_NUMBERED);
	profile_sort(p);
	if (!r)
		r = generalise_siblings(p, crowd_pattern, CROWD_MIN, RULE_CROWD);
	profile_sort(p);
	originals_trim(p);
	vec_foreach(path, &paths)
		free(*path);
	vec_deinit(&paths);
	return r;
}
