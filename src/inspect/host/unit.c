/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/host/unit.h"

#include <ctype.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/str.h"

enum { LINES_MAX = 10000, WORDS_MAX = 1024, VALUE_MAX = 16384 };

struct unit {
	struct yaml_node *environment; /* of names to their last values */
	struct text start;	       /* what is behind the last ExecStart= */
	struct yaml_file *file;
	uint32_t line;
	bool found;
};

/* --- words, as systemd parts them ----------------------------------------------------------------- */

/* The next word without its quotes; false at the end. */
static bool next_word(struct text *t, struct buf *out)
{
	char quote = '\0';

	*t = text_trim(*t);
	buf_reset(out);
	if (!t->len)
		return false;
	while (t->len) {
		char c = *t->data;

		if (!quote && (c == ' ' || c == '\t' || c == '\n'))
			break;
		*t = text_from(t->data + 1, t->len - 1);
		if (quote ? c == quote : c == '"' || c == '\'')
			quote = quote ? '\0' : c;
		else if (out->len < VALUE_MAX)
			buf_add_char(out, c);
	}
	buf_add(out, "", 0);
	return !out->failed;
}

/* "NAME=value" */
static void set_variable(struct look *l, struct unit *u, struct text word)
{
	const char *equals = word.len ? memchr(word.data, '=', word.len) : NULL;
	uint32_t len = equals ? (uint32_t)(equals - word.data) : 0;

	if (len && u->environment && u->environment->count < WORDS_MAX)
		yaml_make_put(&l->arena, u->environment, text_from(word.data, len),
			      look_text(l, u->environment->file, 1,
					text_from(equals + 1, word.len - len - 1)));
}

static void set_variables(struct look *l, struct unit *u, struct text value)
{
	cleanup_buf struct buf word = BUF_INIT;

	while (next_word(&value, &word))
		set_variable(l, u, text_from(word.data ? word.data : "", word.len));
}

/* A line of an environment file is one variable; quotes around its value go. */
static void read_environment(struct look *l, const char *path, void *arg)
{
	struct unit *u = arg;
	struct text content = look_read(l, path);

	for (uint32_t n = 0; content.len && n < LINES_MAX; n++) {
		const char *end = memchr(content.data, '\n', content.len);
		uint32_t len = end ? (uint32_t)(end - content.data) : content.len;
		struct text line = text_trim(text_from(content.data, len));
		const char *equals = line.len ? memchr(line.data, '=', line.len) : NULL;
		cleanup_buf struct buf text = BUF_INIT;

		if (equals && *line.data != '#') {
			struct text value = text_trim(text_from(
				equals + 1, line.len - (uint32_t)(equals + 1 - line.data)));

			if (value.len > 1 && strchr("\"'", *value.data) &&
			    value.data[value.len - 1] == *value.data)
				value = text_from(value.data + 1, value.len - 2);
			buf_add(&text, line.data, (size_t)(equals + 1 - line.data));
			buf_add(&text, value.data, value.len);
			set_variable(l, u, text_from(text.data ? text.data : "", text.len));
		}
		content = text_from(content.data + len + (end != NULL),
				    content.len - len - (end != NULL));
	}
}

/* --- lines --------------------------------------------------------------------------------------- */

static void read_setting(struct look *l, struct unit *u, struct text line, struct yaml_file *f,
			 uint32_t number)
{
	static const char *const names[] = { "ExecStart=", "Environment=", "EnvironmentFile=" };
	char path[1024];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct text value;

		if (!text_starts(line, text_of(names[i])))
			continue;
		value = text_trim(text_from(line.data + strlen(names[i]),
					    line.len - (uint32_t)strlen(names[i])));
		if (i == 0) {
			u->start = value;
			u->file = f;
			u->line = number;
		} else if (i == 1) {
			set_variables(l, u, value);
		} else if (value.len && value.len < sizeof(path)) {
			bool may_miss = *value.data == '-';

			snprintf(path, sizeof(path), "%.*s", (int)(value.len - may_miss),
				 value.data + may_miss);
			look_glob(l, path, read_environment, u);
		}
	}
}

/* A backslash at its end joins a line with the next. */
static void read_unit(struct look *l, const char *path, void *arg)
{
	struct unit *u = arg;
	struct text content = look_read(l, path);
	struct yaml_file *f = look_file(l, path);
	uint32_t number = 1, first = 1;
	cleanup_buf struct buf line = BUF_INIT;

	u->found |= content.data != NULL;
	while (f && content.data && content.len && number < LINES_MAX) {
		const char *end = memchr(content.data, '\n', content.len);
		uint32_t len = end ? (uint32_t)(end - content.data) : content.len;
		struct text part = text_trim(text_from(content.data, len));
		bool goes_on = part.len && part.data[part.len - 1] == '\\';

		if (!line.len)
			first = number;
		buf_add(&line, part.data, part.len - goes_on);
		if (goes_on) {
			buf_add_char(&line, ' ');
		} else {
			if (line.len && !line.failed)
				read_setting(l, u,
					     arena_text(&l->arena, text_from(line.data, line.len)),
					     f, first);
			buf_reset(&line);
		}
		number++;
		content = text_from(content.data + len + (end != NULL),
				    content.len - len - (end != NULL));
	}
}

/* --- the command line ---------------------------------------------------------------------------- */

static void add_argument(struct look *l, const struct unit *u, struct yaml_node *list,
			 struct text t)
{
	if (list->count < WORDS_MAX)
		yaml_make_add(&l->arena, list, look_text(l, u->file, u->line, t));
}

/* A word that is "$NAME" is as many as its value has; "${NAME}" is put into a word by nobody here. */
static void add_word(struct look *l, const struct unit *u, struct yaml_node *list, struct text word)
{
	cleanup_buf struct buf part = BUF_INIT;
	char name[128];
	bool braces = text_starts(word, TEXT("${"));
	const struct yaml_node *value;
	struct text rest;

	if (!text_starts(word, TEXT("$")) || word.len >= sizeof(name)) {
		add_argument(l, u, list, word);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(word.len - 1 - 2 * braces),
		 word.data + 1 + braces);
	value = u->environment ? yaml_get(u->environment, name) : NULL;
	rest = value ? value->text : TEXT_NONE;
	while (next_word(&rest, &part))
		add_argument(l, u, list, text_from(part.data ? part.data : "", part.len));
}

struct yaml_node *unit_flags(struct look *l, const char *service, const struct flag_letter *letters)
{
	static const char *const units[] = { "/usr/lib/systemd/system/%s.service",
					     "/etc/systemd/system/%s.service",
					     "/usr/lib/systemd/system/%s.service.d/*.conf",
					     "/etc/systemd/system/%s.service.d/*.conf" };
	cleanup_buf struct buf word = BUF_INIT;
	struct yaml_node *list, *map;
	struct unit u = { 0 };

	u.environment = yaml_make_map(&l->arena, look_file(l, "/etc/systemd/system"), 1, 1);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		size_t len = strcspn(units[i], "%");
		cleanup_free char *path = str_format("%.*s%s%s", (int)len, units[i], service,
						     units[i] + len + 2);

		if (path)
			look_glob(l, path, read_unit, &u);
	}
	if (!u.found || !u.start.len || !u.file)
		return NULL;
	list = yaml_make_list(&l->arena, u.file, u.line, 1);
	map = yaml_make_map(&l->arena, u.file, u.line, 1);
	while (list && next_word(&u.start, &word))
		add_word(l, &u, list, text_from(word.data ? word.data : "", word.len));
	if (map)
		flags_of_list(&l->arena, map, list, letters);
	return map;
}
