/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/alert.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "event/field.h"
#include "rules/extend.h"
#include "rules/output.h"

void alert_text(const struct rule_match *m, const struct event *ev, struct scratch *s,
		struct buf *out)
{
	char time[CLOCK_TEXT_MAX];

	/* "2026-11-22T09:31:05.000000017Z": the time of day in it */
	clock_format(ev->time_ns, time);
	buf_addf(out, "%.18s: %s ", strlen(time) > 11 ? time + 11 : time,
		 rule_priorities[m->rule->priority].data);
	output_render(m->rule->output, ev, s, out);
}

static json_t *tags_json(const struct rule *r)
{
	json_t *tags = json_array();

	vec_foreach(tag, &r->tags)
		json_array_append_new(tags, utf8_json(*tag));
	return tags;
}

static json_t *next_json(const struct rule_extensions *x)
{
	json_t *next = json_array();

	for (uint32_t i = 0; i < x->next_count; i++)
		json_array_append_new(next, utf8_json(x->next[i]));
	return next;
}

/* What Falco puts among the fields of every event of the kernel, named by the rule or not. */
static void add_common(json_t *fields, const struct event *ev, struct scratch *s)
{
	static const struct text names[] = {
		TEXT("container.id"),
		TEXT("container.name"),
		TEXT("container.image.repository"),
		TEXT("container.image.tag"),
		TEXT("k8s.ns.name"),
		TEXT("k8s.pod.name"),
	};

	if (!json_object_get(fields, "evt.time"))
		json_object_set_new(fields, "evt.time", json_integer(ev->time_ns));
	for (size_t i = 0; ev->process && i < ARRAY_SIZE(names); i++) {
		struct field_ref f;
		struct value v;

		scratch_reset(s);
		if (!json_object_get(fields, names[i].data) &&
		    field_bind(names[i], false, TEXT_NONE, &f) == FIELD_OK &&
		    field_read(&f, ev, s, &v))
			json_object_set_new(fields, names[i].data, value_json(&v));
	}
}

json_t *alert_json(const struct rule_match *m, const struct event *ev, struct scratch *s)
{
	const struct rule_extensions *x = m->rule->extensions;
	cleanup_buf struct buf text = BUF_INIT;
	char time[CLOCK_TEXT_MAX];
	json_t *o = json_object(), *fields;

	clock_format(ev->time_ns, time);
	alert_text(m, ev, s, &text);
	json_object_set_new(o, "time", json_string(time));
	json_object_set_new(o, "rule", utf8_json(m->rule->name));
	json_object_set_new(o, "priority", utf8_json(rule_priorities[m->rule->priority]));
	json_object_set_new(o, "source", utf8_json(m->rule->event_source_name));
	json_object_set_new(o, "hostname", utf8_json(ev->hostname.data ? ev->hostname : TEXT("")));
	json_object_set_new(o, "output",
			    utf8_json(text_from(text.data ? text.data : "", text.len)));
	json_object_set_new(o, "tags", tags_json(m->rule));
	fields = output_fields_json(m->rule->output, ev, s);
	add_common(fields, ev, s);
	json_object_set_new(o, "output_fields", fields);
	if (x && x->next_count)
		json_object_set_new(o, "next", next_json(x));
	if (m->suppressed)
		json_object_set_new(o, "suppressed", json_integer((json_int_t)m->suppressed));
	return o;
}
