/* SPDX-License-Identifier: Apache-2.0 */
#include "respond/ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"

enum { ENTRY_MAX = 1 << 20, KEPT_MAX = 4096, NAME_LEAST = 4 };

static void place(const struct ledger *l, const char *name, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%s", l->directory, name);
}

static int make_own(const char *path, struct error *err)
{
	struct stat st;
	int r = fs_mkdirs(path, 0700, err);

	if (r)
		return r;
	if (lstat(path, &st))
		return error_errno(err, errno, "%s", path);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, EPERM,
				 "%s: it must be a directory that nobody else writes to", path);
	return 0;
}

/* --- entries --------------------------------------------------------------------------------------------- */

static int is_entry(const struct dirent *e)
{
	return e->d_name[0] != '.' && str_ends(e->d_name, ".json");
}

static json_t *read_entry(const struct ledger *l, const char *file)
{
	cleanup_buf struct buf text = BUF_INIT;
	char path[PATH_MAX];
	json_t *o;

	snprintf(path, sizeof(path), "%s/responses/%s", l->directory, file);
	if (fs_read(path, ENTRY_MAX, &text, NULL))
		return NULL;
	o = json_loadb(text.data, text.len, 0, NULL);
	if (o && (!json_is_object(o) || !json_string_value(json_object_get(o, "id")))) {
		json_decref(o);
		o = NULL;
	}
	return o;
}

int ledger_each(const struct ledger *l, int (*fn)(json_t *entry, void *arg), void *arg,
		struct error *err)
{
	struct dirent **names = NULL;
	char path[PATH_MAX];
	int n, r = 0;

	place(l, "responses", path);
	n = scandir(path, &names, is_entry, alphasort); /* ids begin with the time */
	if (n < 0)
		return errno == ENOENT ? 0 : error_errno(err, errno, "%s", path);
	for (int i = 0; i < n; i++) {
		cleanup_json json_t *o = r ? NULL : read_entry(l, names[i]->d_name);

		if (o)
			r = fn(o, arg);
		free(names[i]);
	}
	free(names);
	return r;
}

bool ledger_is_active(const json_t *entry)
{
	const char *state = json_string_value(json_object_get(entry, "state"));

	return state && (str_eq(state, "begun") || str_eq(state, "done")) &&
	       json_object_get(entry, "undo");
}

struct pruning {
	const struct ledger *l;
	size_t over, seen;
};

static int count_over(json_t *entry, void *arg)
{
	struct pruning *p = arg;

	p->over += !ledger_is_active(entry);
	return 0;
}

static int prune_one(json_t *entry, void *arg)
{
	struct pruning *p = arg;
	char path[PATH_MAX];

	if (ledger_is_active(entry) || p->seen++ + KEPT_MAX >= p->over)
		return 0;
	snprintf(path, sizeof(path), "%s/responses/%s.json", p->l->directory,
		 json_string_value(json_object_get(entry, "id")));
	unlink(path);
	return 0;
}

int ledger_open(struct ledger *ret, const char *directory, struct error *err)
{
	struct pruning p = { .l = ret };
	char path[PATH_MAX];
	int r;

	if (strlen(directory) >= sizeof(ret->directory))
		return error_set(err, ENAMETOOLONG, "%s", directory);
	strcpy(ret->directory, directory);
	r = make_own(directory, err);
	place(ret, "responses", path);
	if (!r)
		r = make_own(path, err);
	if (!r)
		r = ledger_each(ret, count_over, &p, err);
	return r || p.over <= KEPT_MAX ? r : ledger_each(ret, prune_one, &p, err);
}

int ledger_put(const struct ledger *l, const json_t *entry, struct error *err)
{
	cleanup_free char *text = json_dumps(entry, JSON_INDENT(1));
	char path[PATH_MAX];

	if (!text)
		return error_errno(err, ENOMEM, "a response");
	snprintf(path, sizeof(path), "%s/responses/%s.json", l->directory,
		 json_string_value(json_object_get(entry, "id")));
	return fs_write_atomic(path, text, strlen(text), 0600, err);
}

struct search {
	const char *name;
	json_t *found;
	size_t count;
};

static int try_entry(json_t *entry, void *arg)
{
	struct search *s = arg;
	const char *id = json_string_value(json_object_get(entry, "id"));

	if (!str_eq(id, s->name) && (strlen(s->name) < NAME_LEAST || !str_ends(id, s->name)))
		return 0;
	json_decref(s->found);
	s->found = json_incref(entry);
	s->count++;
	return str_eq(id, s->name);
}

int ledger_find(const struct ledger *l, const char *name, json_t **ret, struct error *err)
{
	struct search s = { .name = name };
	int r = ledger_each(l, try_entry, &s, err);

	if (r >= 0 && s.count == 1) {
		*ret = s.found;
		return 0;
	}
	json_decref(s.found);
	if (r < 0)
		return r;
	return s.count ? error_set(err, EINVAL, "%zu responses end with \"%s\"", s.count, name) :
			 error_set(err, ENOENT, "there is no response \"%s\"", name);
}

int ledger_room(const struct ledger *l, const char *name, const char *id, char out[PATH_MAX],
		struct error *err)
{
	snprintf(out, PATH_MAX, "%s/%s/%s", l->directory, name, id);
	return fs_mkdirs(out, 0700, err);
}

/* --- the switch, and what is confirmed ------------------------------------------------------------------- */

bool ledger_is_off(const struct ledger *l)
{
	char path[PATH_MAX];

	place(l, "off", path);
	return !access(path, F_OK) || errno != ENOENT;
}

int ledger_switch(const struct ledger *l, bool off, struct error *err)
{
	char path[PATH_MAX];

	place(l, "off", path);
	if (off)
		return fs_write_atomic(path, "", 0, 0600, err);
	return unlink(path) && errno != ENOENT ? error_errno(err, errno, "%s", path) : 0;
}

static uint64_t read_policy(const struct ledger *l, const char *name)
{
	char path[PATH_MAX], line[32];

	place(l, name, path);
	return fs_read_line(path, line, sizeof(line)) ? 0 : strtoull(line, NULL, 16);
}

static int write_policy(const struct ledger *l, const char *name, uint64_t policy,
			struct error *err)
{
	char path[PATH_MAX], line[32];

	place(l, name, path);
	snprintf(line, sizeof(line), "%016" PRIx64 "\n", policy);
	return fs_write_atomic(path, line, strlen(line), 0600, err);
}

uint64_t ledger_confirmed(const struct ledger *l)
{
	return read_policy(l, "confirmed");
}

uint64_t ledger_pending(const struct ledger *l)
{
	return read_policy(l, "pending");
}

int ledger_set_pending(const struct ledger *l, uint64_t policy, struct error *err)
{
	return write_policy(l, "pending", policy, err);
}

int ledger_confirm(const struct ledger *l, uint64_t policy, struct error *err)
{
	return write_policy(l, "confirmed", policy, err);
}
