/* SPDX-License-Identifier: Apache-2.0 */
#include "event/stream.h"

#include <errno.h>
#include <stdlib.h>

#include "event/stream_private.h"

/* Events that say no time follow each other by a millisecond from here on: 2026-01-01. */
#define FIRST_NS 1767225600000000000LL

int event_reader_new_empty(struct event_reader **ret, const char *name, bool keep,
			   struct error *err)
{
	struct event_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return error_errno(err, ENOMEM, "%s", name);
	r->name = name;
	r->form = STREAM_JSON;
	r->keep = keep;
	r->definitions = ARENA_INIT(STREAM_MEMORY_MAX);
	r->event = ARENA_INIT(4 * STREAM_RECORD_MAX);
	r->last_ns = FIRST_NS - 1000000;
	*ret = r;
	return 0;
}

enum stream_form event_stream_form(struct text content)
{
	return text_starts(content, TEXT(STREAM_MAGIC)) ? STREAM_BINARY : STREAM_JSON;
}

int event_reader_new(struct event_reader **ret, const char *name, struct text content, bool keep,
		     struct error *err)
{
	int r = event_reader_new_empty(ret, name, keep, err);

	if (r)
		return r;
	(*ret)->content = content;
	(*ret)->form = event_stream_form(content);
	if ((*ret)->form == STREAM_BINARY)
		(*ret)->at = sizeof(STREAM_MAGIC) - 1;
	return 0;
}

void event_reader_free(struct event_reader *r)
{
	if (!r)
		return;
	json_decref(r->audit);
	vec_foreach(it, &r->kept)
		json_decref(*it);
	vec_deinit(&r->kept);
	vec_deinit(&r->process_list);
	vec_deinit(&r->container_list);
	vec_deinit(&r->types);
	table_deinit(&r->processes);
	table_deinit(&r->containers);
	arena_deinit(&r->definitions);
	arena_deinit(&r->event);
	free(r);
}

int event_reader_next(struct event_reader *r, struct event *ev, struct error *err)
{
	return r->form == STREAM_BINARY ? stream_binary_next(r, ev, err) :
					  stream_json_next(r, ev, err);
}

int stream_set_audit(struct event_reader *r, struct event *ev, json_t *audit)
{
	json_t **slot;

	ev->audit = audit;
	if (!r->keep) {
		json_decref(r->audit);
		r->audit = audit;
		return 0;
	}
	slot = vec_add(&r->kept);
	if (!slot) {
		json_decref(audit);
		ev->audit = NULL;
		return -ENOMEM;
	}
	*slot = audit;
	return 0;
}

bool stream_finish_process(struct process *p, struct arena *a)
{
	struct buf line = BUF_INIT;

	process_cmdline(p, &line);
	p->cmdline = arena_text(a, text_from(line.data ? line.data : "", line.len));
	buf_deinit(&line);
	return p->cmdline.data;
}

bool stream_parse_mount(struct text t, struct mount *ret)
{
	struct text parts[5];

	for (int i = 0; i < 5; i++) {
		const char *colon = t.len ? memchr(t.data, ':', t.len) : NULL;

		if ((i < 4) != (colon != NULL))
			return false;
		parts[i] = colon ? text_from(t.data, (size_t)(colon - t.data)) : t;
		if (colon)
			t = text_from(colon + 1, t.len - parts[i].len - 1);
	}
	*ret = (struct mount){ .source = parts[0],
			       .dest = parts[1],
			       .mode = parts[2],
			       .writable = text_eq_str(parts[3], "true"),
			       .propagation = parts[4] };
	return ret->writable || text_eq_str(parts[3], "false");
}

void stream_format_mount(const struct mount *m, struct buf *out)
{
	buf_addf(out, "%.*s:%.*s:%.*s:%s:%.*s", (int)m->source.len, m->source.data,
		 (int)m->dest.len, m->dest.data, (int)m->mode.len, m->mode.data,
		 m->writable ? "true" : "false", (int)m->propagation.len, m->propagation.data);
}
