/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/render.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"

enum {
	CHAIN_SHOWN = 8,
	VALUE_SHOWN = 120, /* bytes */
	SENTENCE_SHOWN = 1000,
	PLACES_MAX = 4, /* at which one value stands in a sentence */
};

/* Select Graphic Rendition (ECMA-48, 8.3.117). */
static const char *const paints[] = {
	[ALERT_EMERGENCY] = "\033[1;97;41m", [ALERT_ALERT] = "\033[1;97;41m",
	[ALERT_CRITICAL] = "\033[1;31m",     [ALERT_ERROR] = "\033[31m",
	[ALERT_WARNING] = "\033[33m",	     [ALERT_NOTICE] = "\033[36m",
	[ALERT_INFORMATIONAL] = "\033[34m",  [ALERT_DEBUG] = "\033[2m",
};
static_assert(ARRAY_SIZE(paints) == ALERT_PRIORITIES, "one for each");

const char *alert_paint(enum alert_priority priority, bool colour)
{
	return colour ? paints[priority] : "";
}

const char *alert_dim(bool colour)
{
	return colour ? "\033[2m" : "";
}

const char *alert_bold(bool colour)
{
	return colour ? "\033[1m" : "";
}

const char *alert_plain(bool colour)
{
	return colour ? "\033[0m" : "";
}

bool alert_colour(int fd)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM"); /* no-color.org */

	return isatty(fd) && (!none || !*none) && (!term || !str_eq(term, "dumb"));
}

static void show(struct buf *out, const char *s)
{
	utf8_show(out, text_of(s));
}

static void add_process(struct buf *out, const json_t *process, bool *first)
{
	const char *name = json_string_value(json_object_get(process, "name"));
	const json_t *pid = json_object_get(process, "pid");

	buf_add_str(out, *first ? "" : " > ");
	*first = false;
	show(out, name ? name : "?");
	if (json_is_integer(pid))
		buf_addf(out, "(%" JSON_INTEGER_FORMAT ")", json_integer_value(pid));
}

bool alert_chain(const struct alert *a, struct buf *out)
{
	const json_t *process = json_object_get(a->json, "process");
	const json_t *ancestors = json_object_get(process, "ancestors");
	size_t n = json_array_size(ancestors);
	bool first = true;

	if (!n)
		return false;
	if (n > CHAIN_SHOWN) {
		add_process(out, json_array_get(ancestors, n - 1), &first);
		buf_add_str(out, " > ...");
		n = CHAIN_SHOWN - 1;
	}
	while (n)
		add_process(out, json_array_get(ancestors, --n), &first);
	add_process(out, process, &first);
	return true;
}

/* "web (shop/web-7d9): ", or "host: " for what is in no container. */
static void add_place(struct buf *out, const struct alert *a)
{
	if (a->container_name || a->container_id) {
		show(out, a->container_name ? a->container_name : a->container_id);
		if (a->pod) {
			buf_add_str(out, " (");
			show(out, a->namespace ? a->namespace : "?");
			buf_add_char(out, '/');
			show(out, a->pod);
			buf_add_char(out, ')');
		}
		buf_add_str(out, ": ");
	} else if (a->pid >= 0) {
		buf_add_str(out, "host: ");
	}
}

static void add_next(struct buf *out, const struct alert *a, bool colour)
{
	const json_t *item, *next = json_object_get(a->json, "next");
	size_t i;

	json_array_foreach (next, i, item) {
		buf_addf(out, "    %snext:%s ", alert_bold(colour), alert_plain(colour));
		show(out, json_string_value(item));
		buf_add_char(out, '\n');
	}
}

/* Wherever the sentence has the value, which is long, its beginning takes its place. */
static void shorten(struct buf *sentence, struct text value)
{
	cleanup_buf struct buf whole = BUF_INIT, start = BUF_INIT;
	const char *at;

	utf8_show(&whole, value);
	utf8_show_start(&start, value, VALUE_SHOWN);
	for (int n = 0;
	     n < PLACES_MAX && !whole.failed && !start.failed && start.len < whole.len &&
	     sentence->data && (at = memmem(sentence->data, sentence->len, whole.data, whole.len));
	     n++) {
		size_t before = (size_t)(at - sentence->data), after = before + whole.len;
		struct buf shorter = BUF_INIT;

		buf_add(&shorter, sentence->data, before);
		buf_add(&shorter, start.data, start.len);
		buf_add(&shorter, sentence->data + after, sentence->len - after);
		buf_deinit(sentence);
		*sentence = shorter;
	}
}

static void add_sentence(struct buf *out, const struct alert *a, uint32_t most)
{
	cleanup_buf struct buf sentence = BUF_INIT;
	json_t *fields = json_object_get(a->json, "output_fields"), *value;
	const char *name;

	show(&sentence, alert_sentence(a));
	json_object_foreach (fields, name, value)
		if (json_string_length(value) > VALUE_SHOWN)
			shorten(&sentence,
				text_from(json_string_value(value), json_string_length(value)));
	utf8_show_start(out, text_from(sentence.data, sentence.len), most);
}

/* Of the sentence, after what stands before it; without the room for "...". */
static uint32_t sentence_room(const struct alert_style *style, size_t head)
{
	if (!style->columns || style->columns >= SENTENCE_SHOWN)
		return SENTENCE_SHOWN;
	return style->columns > head + 3 ? (uint32_t)(style->columns - head - 3) : 0;
}

void alert_render(const struct alert *a, const struct alert_style *style, struct buf *out)
{
	cleanup_buf struct buf chain = BUF_INIT, rule = BUF_INIT, place = BUF_INIT;
	const char *priority = alert_priorities[a->priority];
	bool colour = style->colour;
	char time[CLOCK_TEXT_MAX];
	int head;

	clock_format(a->time_ns, time);
	show(&rule, a->rule);
	add_place(&place, a);
	/* To the millisecond: "2026-11-22T09:31:05.123" */
	head = style->id ? snprintf(NULL, 0, "%6" PRId64 "  ", style->id) : 0;
	head += (style->date ? 23 : 12) + snprintf(NULL, 0, "Z %-9s   ", priority);
	if (style->id)
		buf_addf(out, "%6" PRId64 "  ", style->id);
	buf_addf(out, "%s%.*sZ%s ", alert_dim(colour), style->date ? 23 : 12,
		 style->date ? time : time + 11, alert_plain(colour));
	buf_addf(out, "%s%s%s%*s ", alert_paint(a->priority, colour), priority, alert_plain(colour),
		 strlen(priority) < 9 ? 9 - (int)strlen(priority) : 0, "");
	buf_add_str(out, alert_bold(colour));
	buf_add(out, rule.data, rule.len);
	buf_addf(out, "%s  ", alert_plain(colour));
	buf_add(out, place.data, place.len);
	add_sentence(out, a, sentence_room(style, (size_t)head + rule.len + place.len));
	buf_add_char(out, '\n');
	if (alert_chain(a, &chain)) {
		buf_addf(out, "    %s", alert_dim(colour));
		buf_add(out, chain.data, chain.len);
		buf_addf(out, "%s\n", alert_plain(colour));
	}
	if (style->detail)
		add_next(out, a, colour);
}
