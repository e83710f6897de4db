/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/alert.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"

const char *const alert_priorities[] = {
	[ALERT_EMERGENCY] = "Emergency",
	[ALERT_ALERT] = "Alert",
	[ALERT_CRITICAL] = "Critical",
	[ALERT_ERROR] = "Error",
	[ALERT_WARNING] = "Warning",
	[ALERT_NOTICE] = "Notice",
	[ALERT_INFORMATIONAL] = "Informational",
	[ALERT_DEBUG] = "Debug",
};
static_assert(ARRAY_SIZE(alert_priorities) == ALERT_PRIORITIES, "a name for each");

const char *const alert_kinds[] = {
	[ALERT_FINDING] = "finding",   [ALERT_LOSS] = "loss",	      [ALERT_NOTE] = "note",
	[ALERT_ACTIVITY] = "activity", [ALERT_RESPONSE] = "response",
};
static_assert(ARRAY_SIZE(alert_kinds) == ALERT_KINDS, "a name for each");

enum {
	DEPTH_MAX = 32,
	OUTPUT_MAX = 64 << 10,
	TEXT_MAX = 4096,
	NAME_MAX_LEN = 1024,
	DETAIL_MIN = 32
};

int alert_priority_find(const char *name, enum alert_priority *ret)
{
	for (int i = 0; i < ALERT_PRIORITIES; i++) {
		if (strcasecmp(name, alert_priorities[i]) == 0) {
			*ret = (enum alert_priority)i;
			return 0;
		}
	}
	if (strcasecmp(name, "info") != 0)
		return -EINVAL;
	*ret = ALERT_INFORMATIONAL;
	return 0;
}

/* --- members ------------------------------------------------------------------------------------ */

/* The texts of a document that get a place in struct alert. */
static const struct text_member {
	const char *object, *inner; /* inside of what, or NULL */
	const char *name;
	const char *field; /* Falco's output field that says the same, or NULL */
	size_t place;
	size_t max;
	bool required;
} text_members[] = {
	{ NULL, NULL, "uuid", NULL, offsetof(struct alert, uuid), ALERT_UUID_SIZE - 1, true },
	{ NULL, NULL, "rule", NULL, offsetof(struct alert, rule), NAME_MAX_LEN, true },
	{ NULL, NULL, "source", NULL, offsetof(struct alert, source), NAME_MAX_LEN, true },
	{ NULL, NULL, "hostname", NULL, offsetof(struct alert, hostname), NAME_MAX_LEN, false },
	{ NULL, NULL, "output", NULL, offsetof(struct alert, output), OUTPUT_MAX, false },
	{ "container", NULL, "id", "container.id", offsetof(struct alert, container_id),
	  NAME_MAX_LEN, false },
	{ "container", NULL, "name", "container.name", offsetof(struct alert, container_name),
	  NAME_MAX_LEN, false },
	{ "container", NULL, "image", "container.image.repository", offsetof(struct alert, image),
	  TEXT_MAX, false },
	{ "container", "pod", "name", "k8s.pod.name", offsetof(struct alert, pod), NAME_MAX_LEN,
	  false },
	{ "container", "pod", "namespace", "k8s.ns.name", offsetof(struct alert, namespace),
	  NAME_MAX_LEN, false },
	{ "process", NULL, "name", "proc.name", offsetof(struct alert, process), NAME_MAX_LEN,
	  false },
};

/* What else is known of a document: whoever shows it need not ask for types again. */
enum shape { SHAPE_TEXTS, SHAPE_OBJECTS, SHAPE_OBJECT, SHAPE_COUNT };

static const struct shape_member {
	const char *object, *name;
	enum shape shape;
} shape_members[] = {
	{ NULL, "tags", SHAPE_TEXTS },
	{ NULL, "mitre", SHAPE_TEXTS },
	{ NULL, "next", SHAPE_TEXTS },
	{ NULL, "output_fields", SHAPE_OBJECT },
	{ NULL, "event", SHAPE_OBJECT },
	{ NULL, "why", SHAPE_OBJECTS },
	{ NULL, "before", SHAPE_OBJECTS },
	{ NULL, "suppressed", SHAPE_COUNT },
	{ "process", "ancestors", SHAPE_OBJECTS },
};

/* Absent and null are the same: NULL. */
static const json_t *member(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return json_is_null(v) ? NULL : v;
}

/* The object inside o that is called name; o itself if name is NULL. */
static const json_t *inside(struct json_reader *r, const json_t *o, const char *name)
{
	const json_t *v = name ? member(o, name) : o;

	if (v && !json_is_object(v))
		json_fail(r, "\"%s\" must be an object", name);
	return v;
}

/* Falco says of what is not in a container that its container is "host". */
static const char *foreign_text(const json_t *json, const char *field)
{
	const char *s = json_string_value(
		json_object_get(json_object_get(json, "output_fields"), field));

	return !s || !*s || str_eq(s, "<NA>") ||
			       (str_starts(field, "container.") && str_eq(s, "host")) ?
		       NULL :
		       s;
}

static void read_text(struct json_reader *r, const json_t *json, const struct text_member *m,
		      struct alert *a)
{
	const json_t *o = inside(r, inside(r, json, m->object), m->inner), *v = member(o, m->name);
	const char **place = (const char **)((char *)a + m->place);

	if (!v) {
		*place = m->field && !member(json, m->object) ? foreign_text(json, m->field) : NULL;
		if (m->required)
			json_fail(r, "\"%s\" is missing", m->name);
	} else if (!json_is_string(v)) {
		json_fail(r, "\"%s\" must be a text", m->name);
	} else if (json_string_length(v) > m->max) {
		json_fail(r, "\"%s\" is longer than %zu bytes", m->name, m->max);
	} else {
		*place = json_string_value(v);
	}
}

static bool has_shape(const json_t *v, enum shape shape)
{
	const json_t *item;
	size_t i;

	if (shape == SHAPE_COUNT)
		return json_is_integer(v) && json_integer_value(v) >= 0;
	if (shape == SHAPE_OBJECT)
		return json_is_object(v);
	if (!json_is_array(v))
		return false;
	json_array_foreach (v, i, item)
		if (shape == SHAPE_TEXTS ? !json_is_string(item) : !json_is_object(item))
			return false;
	return true;
}

static void check_shapes(struct json_reader *r, const json_t *json)
{
	static const char *const wanted[] = { "an array of texts", "an array of objects",
					      "an object", "a whole number" };

	for (size_t i = 0; i < ARRAY_SIZE(shape_members) && !r->failed; i++) {
		const struct shape_member *m = &shape_members[i];
		const json_t *v = member(inside(r, json, m->object), m->name);

		if (v && !has_shape(v, m->shape))
			json_fail(r, "\"%s\" must be %s", m->name, wanted[m->shape]);
	}
}

static bool is_deep(const json_t *v, int left)
{
	const json_t *item;
	const char *name;
	size_t i;

	if (!json_is_object(v) && !json_is_array(v))
		return false;
	if (!left)
		return true;
	json_array_foreach (v, i, item)
		if (is_deep(item, left - 1))
			return true;
	if (json_is_object(v))
		json_object_foreach ((json_t *)(uintptr_t)v, name, item)
			if (is_deep(item, left - 1))
				return true;
	return false;
}

static bool is_uuid(const char *s)
{
	for (size_t i = 0; i < ALERT_UUID_SIZE - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : !s[i] || !strchr("0123456789abcdef", s[i]))
			return false;
	}
	return s[ALERT_UUID_SIZE - 1] == '\0';
}

/* --- the whole ---------------------------------------------------------------------------------- */

static void read_time(struct json_reader *r, const json_t *json, struct alert *a)
{
	const char *text = json_string_value(member(json, "time"));

	if (!text)
		json_fail(r, "\"time\" is missing, or no text");
	else if (!clock_parse(text, &a->time_ns))
		json_fail(r, "\"time\" must be as 2026-11-22T09:31:05.000000017Z");
}

static void read_words(struct json_reader *r, const json_t *json, struct alert *a)
{
	const json_t *kind = member(json, "kind");
	const char *priority = json_string_value(member(json, "priority"));
	int i = ALERT_FINDING;

	if (!priority || alert_priority_find(priority, &a->priority))
		json_fail(r, "\"priority\" is missing, or none of Emergency to Debug");
	if (kind)
		for (i = 0; i < ALERT_KINDS; i++)
			if (json_is_string(kind) && str_eq(json_string_value(kind), alert_kinds[i]))
				break;
	if (i == ALERT_KINDS)
		json_fail(r, "\"kind\" must be finding, loss, note or activity");
	else
		a->kind = (enum alert_kind)i;
}

static void read_pid(struct json_reader *r, const json_t *json, struct alert *a)
{
	const json_t *process = inside(r, json, "process");
	const json_t *v = process ? member(process, "pid") :
				    json_object_get(json_object_get(json, "output_fields"),
						    "proc.pid");

	a->pid = -1;
	if (process && v && !json_is_integer(v))
		json_fail(r, "\"pid\" must be a whole number");
	else if (json_is_integer(v))
		a->pid = json_integer_value(v);
}

static void read_members(struct json_reader *r, struct alert *a)
{
	if (!json_is_object(a->json)) {
		json_fail(r, "must be an object");
		return;
	}
	if (is_deep(a->json, DEPTH_MAX)) { /* before anything walks down it */
		json_fail(r, "is nested deeper than %d", DEPTH_MAX);
		return;
	}
	if (json_dumpb(a->json, NULL, 0, JSON_COMPACT) > ALERT_SIZE_MAX) {
		json_fail(r, "is larger than %d bytes", ALERT_SIZE_MAX);
		return;
	}
	read_time(r, a->json, a);
	read_words(r, a->json, a);
	for (size_t i = 0; i < ARRAY_SIZE(text_members) && !r->failed; i++)
		read_text(r, a->json, &text_members[i], a);
	if (!a->output) /* Falco can be told to leave it out */
		a->output = a->rule;
	read_pid(r, a->json, a);
	check_shapes(r, a->json);
	if (!r->failed && !is_uuid(a->uuid))
		json_fail(r, "\"uuid\" must be as 019ab0c4-5d6e-7f80-9123-456789abcdef");
}

int alert_of_json(struct alert *ret, json_t *json, struct error *err)
{
	struct error own = ERROR_INIT;
	struct json_reader r = { .file = "alert", .err = err ? err : &own };

	*ret = (struct alert){ .json = json };
	read_members(&r, ret);
	if (!r.failed)
		return 0;
	alert_deinit(ret);
	r.err->code = EBADMSG;
	return -EBADMSG;
}

/* --- limits ------------------------------------------------------------------------------------- */

/* Both yield whether anything was cut. */
static bool cut_text(json_t *v, size_t max)
{
	const char *s = json_string_value(v);

	if (!s || json_string_length(v) <= max)
		return false;
	while (max && (s[max] & 0xc0) == 0x80) /* in the middle of a character */
		max--;
	return !json_string_setn_nocheck(v, s, max); /* it copies first */
}

static bool cut_texts(json_t *v, size_t max, int depth)
{
	bool any = cut_text(v, max);
	const char *name;
	json_t *item;
	size_t i;

	if (!depth)
		return any;
	json_array_foreach (v, i, item)
		any |= cut_texts(item, max, depth - 1);
	if (json_is_object(v))
		json_object_foreach (v, name, item)
			any |= cut_texts(item, max, depth - 1);
	return any;
}

static bool is_large(const json_t *json)
{
	return json_dumpb(json, NULL, 0, JSON_COMPACT) > ALERT_SIZE_MAX;
}

/* Of the texts on top only the sentence may be of any length. */
static void cut_details(json_t *json, size_t max)
{
	const char *name;
	json_t *v;

	json_object_foreach (json, name, v)
		if (!json_is_string(v) || str_eq(name, "output"))
			cut_texts(v, max, DEPTH_MAX);
}

void alert_fit(json_t *json)
{
	/* Lists may still be long where texts are short. */
	static const char *const details[] = { "before",    "event",   "output_fields", "why",
					       "container", "process", "tags",		"next" };
	bool cut = false;

	for (size_t i = 0; i < ARRAY_SIZE(text_members); i++) {
		const struct text_member *m = &text_members[i];
		json_t *o = m->object ? json_object_get(json, m->object) : json;

		if (m->inner)
			o = json_object_get(o, m->inner);
		cut |= cut_text(json_object_get(o, m->name), m->max);
	}
	for (size_t max = TEXT_MAX; max >= DETAIL_MIN && is_large(json); max /= 2, cut = true)
		cut_details(json, max);
	for (size_t i = 0; i < ARRAY_SIZE(details) && is_large(json); i++)
		json_object_del(json, details[i]);
	if (cut)
		json_object_set_new(json, "cut", json_true());
}

void alert_deinit(struct alert *a)
{
	json_decref(a->json);
	*a = (struct alert){ .pid = -1 };
}

const char *alert_sentence(const struct alert *a)
{
	const char *s = a->output, *at = s + strspn(s, "0123456789:.");
	size_t n = strlen(alert_priorities[a->priority]);

	/* "HH:MM:SS.fraction: Priority " */
	if (at - s < 10 || s[2] != ':' || s[5] != ':' || at[-1] != ':' || *at != ' ')
		return s;
	at++;
	return !strncmp(at, alert_priorities[a->priority], n) && at[n] == ' ' ? at + n + 1 : s;
}
