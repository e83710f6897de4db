/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/user_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "guard/parts.h"

enum {
	PLACES_MAX = 4096,
	READS_MAX = 3, /* of one place: older texts stay, as names point into them */
	AGAIN_NS = 1000000000,
	BUCKETS = 256,
};

struct reading {
	struct buf files; /* the texts are in it */
	struct text passwd, group;
};

struct place {
	struct place *next;
	const void *key;
	struct reading readings[READS_MAX];
	unsigned count; /* the last one is looked at */
	int64_t read_ns;
	bool given_up; /* its files don't answer */
};

struct user_table {
	const struct facts *how;
	struct place *buckets[BUCKETS];
	size_t count;
};

/* --- the files ---------------------------------------------------------------------------------------- */

/* Takes the next field, up to a colon, off line. */
static struct text field_next(struct text *line)
{
	const char *colon = line->len ? memchr(line->data, ':', line->len) : NULL;
	struct text field = *line;

	if (!colon) {
		*line = TEXT_NONE;
		return field;
	}
	field.len = (uint32_t)(colon - line->data);
	*line = text_from(colon + 1, line->len - field.len - 1);
	return field;
}

static struct text line_next(struct text *rest)
{
	const char *end = memchr(rest->data, '\n', rest->len);
	struct text line = *rest;

	if (end)
		line.len = (uint32_t)(end - rest->data);
	*rest = end ? text_from(end + 1, rest->len - line.len - 1) : TEXT_NONE;
	return line;
}

static bool is_number(struct text field, uint32_t want)
{
	uint64_t n = 0;

	if (!field.len || field.len > 10)
		return false;
	for (uint32_t i = 0; i < field.len; i++) {
		if (field.data[i] < '0' || field.data[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(field.data[i] - '0');
	}
	return n == want;
}

/* Finds the line whose third field is id; the rest behind that field is left in *after. */
static struct text line_of_id(struct text file, uint32_t id, struct text *after)
{
	while (file.len) {
		struct text line = line_next(&file), name = field_next(&line);

		field_next(&line); /* the password */
		if (!is_number(field_next(&line), id) || !name.len)
			continue;
		*after = line;
		return name;
	}
	return TEXT_NONE;
}

void user_names_find(struct text passwd, struct text group, uint32_t uid, uint32_t gid,
		     struct user_names *ret)
{
	struct text after = TEXT_NONE;

	*ret = (struct user_names){ .user = line_of_id(passwd, uid, &after) };
	if (ret->user.data) {
		field_next(&after); /* gid */
		field_next(&after); /* what it is in words */
		ret->home = field_next(&after);
		ret->shell = field_next(&after);
	}
	ret->group = line_of_id(group, gid, &after);
}

/* --- places --------------------------------------------------------------------------------------------- */

static void place_read(struct place *p, pid_t pid, const struct facts *how)
{
	struct reading *r = &p->readings[p->count];
	struct text rest;
	int error;

	*r = (struct reading){ .files = BUF_INIT };
	error = how->users(p->key ? (uint32_t)pid : 0, &r->files, how->arg);
	rest = text_from(r->files.data, r->files.len);
	p->given_up = error == -ETIMEDOUT;
	/* What can't be read has no names. */
	if (error || !parts_next(&rest, &r->passwd) || !parts_next(&rest, &r->group)) {
		buf_deinit(&r->files);
		return;
	}
	p->count++;
	p->read_ns = clock_passed_ns();
}

static void place_find(const struct place *p, uint32_t uid, uint32_t gid, struct user_names *ret)
{
	const struct reading *r = p->count ? &p->readings[p->count - 1] : NULL;

	*ret = (struct user_names){ 0 };
	if (r)
		user_names_find(r->passwd, r->group, uid, gid, ret);
}

/* --- the table ------------------------------------------------------------------------------------------ */

int user_table_new(struct user_table **ret)
{
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	(*ret)->how = &facts_direct;
	return 0;
}

void user_table_read_by(struct user_table *t, const struct facts *how)
{
	t->how = how;
}

static void place_free(struct place *p)
{
	for (unsigned i = 0; i < p->count; i++)
		buf_deinit(&p->readings[i].files);
	free(p);
}

void user_table_free(struct user_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (t->buckets[i]) {
			struct place *p = t->buckets[i];

			t->buckets[i] = p->next;
			place_free(p);
		}
	}
	free(t);
}

static struct place **slot_of(struct user_table *t, const void *key)
{
	struct place **at = &t->buckets[(uintptr_t)key / 64 % BUCKETS];

	while (*at && (*at)->key != key)
		at = &(*at)->next;
	return at;
}

void user_table_find(struct user_table *t, const void *place, pid_t pid, uint32_t uid, uint32_t gid,
		     struct user_names *ret)
{
	struct place **slot = slot_of(t, place), *p = *slot;

	*ret = (struct user_names){ 0 };
	if (!p && t->count < PLACES_MAX) {
		p = *slot = calloc(1, sizeof(*p));
		if (!p)
			return;
		p->key = place;
		t->count++;
	}
	if (!p)
		return;
	place_find(p, uid, gid, ret);
	if (ret->user.data || p->count == READS_MAX || p->given_up ||
	    (p->count && clock_passed_ns() - p->read_ns < AGAIN_NS))
		return;
	place_read(p, pid, t->how);
	place_find(p, uid, gid, ret);
}

void user_table_forget(struct user_table *t, const void *place)
{
	struct place **slot = slot_of(t, place), *p = *slot;

	if (!p)
		return;
	*slot = p->next;
	t->count--;
	place_free(p);
}
