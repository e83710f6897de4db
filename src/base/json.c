/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *json_parse(const char *file, const char *text, size_t len, struct error *err)
{
	json_error_t e;
	json_t *v = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);

	if (!v)
		error_set(err, EINVAL, "%s:%d:%d: %s", file, e.line, e.column, e.text);
	return v;
}

static size_t enter(struct json_reader *r, int n)
{
	size_t mark = r->path_len, room = sizeof(r->path) - mark;

	r->path_len = n < 0 ? mark : (size_t)n >= room ? sizeof(r->path) - 1 : mark + (size_t)n;
	return mark;
}

size_t json_enter(struct json_reader *r, const char *name)
{
	return enter(r,
		     snprintf(r->path + r->path_len, sizeof(r->path) - r->path_len, "/%s", name));
}

size_t json_enter_at(struct json_reader *r, size_t index)
{
	return enter(r,
		     snprintf(r->path + r->path_len, sizeof(r->path) - r->path_len, "/%zu", index));
}

void json_leave(struct json_reader *r, size_t mark)
{
	r->path_len = mark;
	r->path[mark] = '\0';
}

bool json_fail(struct json_reader *r, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (r->failed)
		return false;
	r->failed = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	error_set(r->err, EINVAL, "%s: %s: %s", r->file, r->path_len ? r->path : "/", text);
	return false;
}

static const json_t *member(struct json_reader *r, const json_t *o, const char *name, bool required)
{
	const json_t *v = json_object_get(o, name);

	if (!v && required)
		json_fail(r, "\"%s\" is missing", name);
	return v;
}

static bool wrong_type(struct json_reader *r, const char *name, const char *wanted)
{
	size_t mark = json_enter(r, name);

	json_fail(r, "must be %s", wanted);
	json_leave(r, mark);
	return false;
}

bool json_get_string(struct json_reader *r, const json_t *o, const char *name, bool required,
		     size_t max, const char **ret)
{
	const json_t *v = member(r, o, name, required);

	if (!v)
		return !r->failed;
	if (!json_is_string(v))
		return wrong_type(r, name, "a string");
	if (json_string_length(v) > max)
		return wrong_type(r, name, "shorter");
	*ret = json_string_value(v);
	return true;
}

bool json_get_u64(struct json_reader *r, const json_t *o, const char *name, bool required,
		  uint64_t max, uint64_t *ret)
{
	const json_t *v = member(r, o, name, required);
	uint64_t n;

	if (!v)
		return !r->failed;
	if (!json_u64_value(v, &n) || n > max)
		return wrong_type(r, name, "a whole number in range");
	*ret = n;
	return true;
}

bool json_get_bool(struct json_reader *r, const json_t *o, const char *name, bool *ret)
{
	const json_t *v = json_object_get(o, name);

	if (!v)
		return !r->failed;
	if (!json_is_boolean(v))
		return wrong_type(r, name, "true or false");
	*ret = json_is_true(v);
	return true;
}

const json_t *json_get_array(struct json_reader *r, const json_t *o, const char *name,
			     bool required, size_t max)
{
	const json_t *v = member(r, o, name, required);

	if (!v)
		return NULL;
	if (!json_is_array(v)) {
		wrong_type(r, name, "an array");
		return NULL;
	}
	if (json_array_size(v) > max) {
		wrong_type(r, name, "a shorter array");
		return NULL;
	}
	return v;
}

const json_t *json_get_object(struct json_reader *r, const json_t *o, const char *name,
			      bool required)
{
	const json_t *v = member(r, o, name, required);

	if (v && !json_is_object(v)) {
		wrong_type(r, name, "an object");
		return NULL;
	}
	return v;
}

bool json_get_copy(struct json_reader *r, const json_t *o, const char *name, size_t max, char **ret)
{
	const char *s = NULL;

	if (!json_get_string(r, o, name, false, max, &s))
		return false;
	free(*ret);
	*ret = s ? strdup(s) : NULL;
	return !s || *ret || json_fail(r, "out of memory");
}

json_t *json_u64(uint64_t n)
{
	char hex[24];

	if (n <= INT64_MAX)
		return json_integer((json_int_t)n);
	snprintf(hex, sizeof(hex), "0x%" PRIx64, n);
	return json_string(hex);
}

bool json_u64_value(const json_t *v, uint64_t *ret)
{
	if (json_is_integer(v)) {
		if (json_integer_value(v) < 0)
			return false;
		*ret = (uint64_t)json_integer_value(v);
		return true;
	}
	if (json_is_string(v) && !strncmp(json_string_value(v), "0x", 2)) {
		const char *digits = json_string_value(v) + 2;
		size_t len = strlen(digits);

		if (!len || len > 16 || strspn(digits, "0123456789abcdefABCDEF") != len)
			return false;
		*ret = strtoull(digits, NULL, 16);
		return true;
	}
	return false;
}

void json_set_string(json_t *o, const char *name, const char *value)
{
	if (value)
		json_object_set_new(o, name, json_string(value));
}
