/* SPDX-License-Identifier: Apache-2.0 */
#include "event/json_text.h"

#include <stdio.h>

struct writer {
	struct scratch_text t;
	int indent; /* -1: all on one line */
};

static void add_value(struct writer *w, const json_t *v, int depth);

static void add_string(struct writer *w, const char *s, size_t len)
{
	size_t from = 0;

	scratch_add(&w->t, TEXT("\""));
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		char escaped[8];
		int n = 0;

		if (c == '"' || c == '\\')
			n = snprintf(escaped, sizeof(escaped), "\\%c", c);
		else if (c == '\n')
			n = snprintf(escaped, sizeof(escaped), "\\n");
		else if (c == '\t')
			n = snprintf(escaped, sizeof(escaped), "\\t");
		else if (c == '\r')
			n = snprintf(escaped, sizeof(escaped), "\\r");
		else if (c < 0x20)
			n = snprintf(escaped, sizeof(escaped), "\\u%04x", c);
		if (!n)
			continue;
		scratch_add(&w->t, text_from(s + from, i - from));
		scratch_add(&w->t, text_from(escaped, (size_t)n));
		from = i + 1;
	}
	scratch_add(&w->t, text_from(s + from, len - from));
	scratch_add(&w->t, TEXT("\""));
}

static void add_line(struct writer *w, int depth)
{
	if (w->indent < 0)
		return;
	scratch_add(&w->t, TEXT("\n"));
	for (int i = 0; i < depth * w->indent; i++)
		scratch_add(&w->t, TEXT(" "));
}

static void add_array(struct writer *w, const json_t *v, int depth)
{
	scratch_add(&w->t, TEXT("["));
	for (size_t i = 0; i < json_array_size(v); i++) {
		if (i)
			scratch_add(&w->t, TEXT(","));
		add_line(w, depth + 1);
		add_value(w, json_array_get(v, i), depth + 1);
	}
	if (json_array_size(v))
		add_line(w, depth);
	scratch_add(&w->t, TEXT("]"));
}

static void add_object(struct writer *w, const json_t *v, int depth)
{
	bool first = true;
	const char *key;
	json_t *member;

	scratch_add(&w->t, TEXT("{"));
	/* Iteration takes a mutable object but changes nothing; order is that of insertion. */
	json_object_foreach ((json_t *)(uintptr_t)v, key, member) {
		if (!first)
			scratch_add(&w->t, TEXT(","));
		first = false;
		add_line(w, depth + 1);
		add_string(w, key, strlen(key));
		scratch_add(&w->t, w->indent < 0 ? TEXT(":") : TEXT(": "));
		add_value(w, member, depth + 1);
	}
	if (!first)
		add_line(w, depth);
	scratch_add(&w->t, TEXT("}"));
}

static void add_real(struct writer *w, double d)
{
	char room[40];
	int n = snprintf(room, sizeof(room), "%.17g", d);

	if (n > 0)
		scratch_add(&w->t, text_from(room, (size_t)n));
}

static void add_value(struct writer *w, const json_t *v, int depth)
{
	if (depth > JSON_TEXT_DEPTH_MAX) {
		w->t.failed = true;
		return;
	}
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		add_object(w, v, depth);
		break;
	case JSON_ARRAY:
		add_array(w, v, depth);
		break;
	case JSON_STRING:
		add_string(w, json_string_value(v), json_string_length(v));
		break;
	case JSON_INTEGER:
		scratch_add_i64(&w->t, json_integer_value(v));
		break;
	case JSON_REAL:
		add_real(w, json_real_value(v));
		break;
	case JSON_TRUE:
		scratch_add(&w->t, TEXT("true"));
		break;
	case JSON_FALSE:
		scratch_add(&w->t, TEXT("false"));
		break;
	case JSON_NULL:
		scratch_add(&w->t, TEXT("null"));
		break;
	}
}

bool json_text(const json_t *v, struct scratch *s, struct text *ret)
{
	struct writer w;

	if (!v)
		return false;
	if (json_is_string(v)) {
		*ret = text_from(json_string_value(v), json_string_length(v));
		return true;
	}
	w = (struct writer){ scratch_begin(s), -1 };
	add_value(&w, v, 0);
	return scratch_end(&w.t, ret);
}

bool json_text_indented(const json_t *v, struct scratch *s, struct text *ret)
{
	struct writer w = { scratch_begin(s), 2 };

	if (!v)
		return false;
	add_value(&w, v, 0);
	return scratch_end(&w.t, ret);
}

/* One step of a pointer with "~1" and "~0" undone; false if it is too long to be a key. */
static bool step_key(struct text step, char *out, size_t size)
{
	size_t n = 0;

	for (uint32_t i = 0; i < step.len; i++) {
		char c = step.data[i];

		if (n + 1 >= size)
			return false;
		if (c == '~' && i + 1 < step.len &&
		    (step.data[i + 1] == '0' || step.data[i + 1] == '1'))
			c = step.data[++i] == '0' ? '~' : '/';
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

static const json_t *child(const json_t *v, const char *key)
{
	size_t index = 0;

	if (json_is_object(v))
		return json_object_get(v, key);
	if (!json_is_array(v) || !*key || strlen(key) > 9)
		return NULL;
	for (; *key; key++) {
		if (*key < '0' || *key > '9')
			return NULL;
		index = index * 10 + (size_t)(*key - '0');
	}
	return json_array_get(v, index);
}

const json_t *json_text_pointer(const json_t *v, struct text pointer)
{
	if (!pointer.len)
		return v;
	if (pointer.data[0] == '/')
		pointer = text_from(pointer.data + 1, pointer.len - 1);
	while (v) {
		const char *slash = pointer.len ? memchr(pointer.data, '/', pointer.len) : NULL;
		struct text step = slash ? text_from(pointer.data, (size_t)(slash - pointer.data)) :
					   pointer;
		char key[256];

		if (!step_key(step, key, sizeof(key)))
			return NULL;
		v = child(v, key);
		if (!slash)
			break;
		pointer = text_from(slash + 1, pointer.len - step.len - 1);
	}
	return v;
}
