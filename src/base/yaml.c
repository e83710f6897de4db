/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/str.h"

enum { INDENT = 2 };

/* What some version of YAML takes for a boolean or for nothing. */
static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "y", "n", "null" };

static bool is_plain(const char *s)
{
	if (!isalpha((unsigned char)*s) && *s != '/' && *s != '_')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcasecmp(s, words[i]))
			return false;
	for (const char *p = s; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("/_.-+@", *p) && !(*p == ':' && p[1]))
			return false;
	return true;
}

static void add_text(struct buf *out, const char *s)
{
	cleanup_free char *quoted = NULL;
	json_t *text;

	if (is_plain(s)) {
		buf_add_str(out, s);
		return;
	}
	/* A string of JSON is one of YAML. */
	text = json_string(s);
	quoted = json_dumps(text, JSON_ENCODE_ANY);
	json_decref(text);
	out->failed = out->failed || !quoted;
	buf_add_str(out, quoted ? quoted : "");
}

static void add_indent(struct buf *out, unsigned depth)
{
	buf_addf(out, "%*s", (int)depth, "");
}

static bool is_block(const json_t *v)
{
	return (json_is_object(v) && json_object_size(v)) ||
	       (json_is_array(v) && json_array_size(v));
}

static void add_scalar(struct buf *out, const json_t *v)
{
	if (json_is_string(v))
		add_text(out, json_string_value(v));
	else if (json_is_integer(v))
		buf_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_boolean(v))
		buf_add_str(out, json_is_true(v) ? "true" : "false");
	else if (json_is_object(v))
		buf_add_str(out, "{}");
	else if (json_is_array(v))
		buf_add_str(out, "[]");
	else
		buf_add_str(out, "null");
	buf_add_char(out, '\n');
}

/* inline_first: the cursor stands where the first line of the block belongs. */
static void add_block(struct buf *out, const json_t *v, unsigned depth, bool inline_first)
{
	const char *key;
	const json_t *item;
	size_t i;

	if (json_is_array(v)) {
		json_array_foreach (v, i, item) {
			if (!inline_first || i)
				add_indent(out, depth);
			buf_add_str(out, "- ");
			if (is_block(item))
				add_block(out, item, depth + INDENT, true);
			else
				add_scalar(out, item);
		}
		return;
	}
	json_object_foreach ((json_t *)v, key, item) {
		if (!inline_first)
			add_indent(out, depth);
		inline_first = false;
		add_text(out, key);
		buf_add_char(out, ':');
		if (!is_block(item)) {
			buf_add_char(out, ' ');
			add_scalar(out, item);
			continue;
		}
		buf_add_char(out, '\n');
		/* A list begins below its key. */
		add_block(out, item, json_is_array(item) ? depth : depth + INDENT, false);
	}
}

void yaml_add(struct buf *out, const json_t *value)
{
	if (is_block(value))
		add_block(out, value, 0, false);
	else
		add_scalar(out, value);
}
