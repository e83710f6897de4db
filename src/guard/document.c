/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/document.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "event/field.h"
#include "rules/alert.h"
#include "rules/why.h"

static void set_text(json_t *o, const char *name, struct text t)
{
	if (!t.data)
		return;
	if (t.len > DOCUMENT_TEXT_MAX)
		t.len = DOCUMENT_TEXT_MAX;
	json_object_set_new(o, name, utf8_json(t));
}

static void set_id(json_t *o, const char *name, uint32_t id)
{
	if (id != ID_NONE)
		json_object_set_new(o, name, json_integer(id));
}

static void set_number(json_t *o, const char *name, int64_t n)
{
	if (n >= 0)
		json_object_set_new(o, name, json_integer((json_int_t)n));
}

/* --- who ------------------------------------------------------------------------------------------ */

static json_t *container_json(const struct event_container *c)
{
	json_t *o = json_object();

	set_text(o, "id", c->full_id.data ? c->full_id : c->id);
	set_text(o, "name", c->name);
	set_text(o, "engine", c->type);
	set_text(o, "image", c->image);
	set_text(o, "digest", c->digest);
	if (c->has_privileged)
		json_object_set_new(o, "privileged", json_boolean(c->privileged));
	if (c->pod.name.data) {
		json_t *pod = json_object();

		set_text(pod, "name", c->pod.name);
		set_text(pod, "namespace", c->pod.namespace);
		set_text(pod, "uid", c->pod.uid);
		json_object_set_new(o, "pod", pod);
	}
	return o;
}

static json_t *person_json(const struct process *p)
{
	cleanup_buf struct buf line = BUF_INIT;
	json_t *o = json_object();

	set_number(o, "pid", p->pid);
	set_text(o, "name", p->name);
	set_text(o, "exe", p->exepath);
	process_cmdline(p, &line);
	set_text(o, "cmdline", text_from(line.data, line.len));
	set_id(o, "uid", p->uid);
	set_text(o, "user", p->user);
	return o;
}

static json_t *ancestors_json(const struct process *p)
{
	json_t *all = json_array();

	for (uint32_t n = 0; p->parent && n < DOCUMENT_ANCESTORS_MAX; n++) {
		p = p->parent;
		json_array_append_new(all, person_json(p));
	}
	return all;
}

static json_t *process_json(const struct process *p)
{
	json_t *o = person_json(p);

	set_number(o, "vpid", p->vpid);
	set_text(o, "cwd", p->cwd);
	set_id(o, "gid", p->gid);
	set_id(o, "loginuid", p->loginuid);
	if (p->tty)
		json_object_set_new(o, "tty", json_integer(p->tty));
	if (p->start_ns) {
		char started[CLOCK_TEXT_MAX];

		clock_format((int64_t)p->start_ns, started);
		json_object_set_new(o, "started", json_string(started));
	}
	json_object_set_new(o, "ancestors", ancestors_json(p));
	return o;
}

/* --- what ----------------------------------------------------------------------------------------- */

/* Those of the call itself; what it shares with every event of a process is told once, as the process's. */
static bool is_of_call(const struct event_param *p)
{
	return p->slot >= 0 || text_starts(text_of(p->alias), TEXT("fd."));
}

static json_t *arguments_json(const struct event *ev, struct scratch *s)
{
	json_t *o = json_object();

	for (uint32_t i = 0; i < ev->type->param_count; i++) {
		const struct event_param *p = &ev->type->params[i];
		struct field_ref f;
		struct value v;
		char number[4], key[64];
		int len = snprintf(number, sizeof(number), "%u", i % EVENT_PARAMS_MAX);

		scratch_reset(s);
		if (!is_of_call(p) || p->name.len >= sizeof(key) ||
		    field_bind(TEXT("evt.arg"), true, text_from(number, (uint32_t)len), &f) ||
		    !field_read(&f, ev, s, &v) || v.list)
			continue;
		memcpy(key, p->name.data, p->name.len);
		key[p->name.len] = 0;
		set_text(o, key, value_text(&v));
	}
	return o;
}

static const char *const verdicts[VERDICTS] = {
	[VERDICT_DENIED] = "denied",
	[VERDICT_WOULD_DENY] = "would-deny",
	[VERDICT_STOPPED] = "stopped",
	[VERDICT_WOULD_STOP] = "would-stop",
};

static json_t *event_json(const struct event *ev, struct scratch *s)
{
	json_t *o = json_object();

	set_text(o, "type", ev->type->name);
	json_object_set_new(o, "number", json_integer((json_int_t)ev->number));
	json_object_set_new(o, "args", arguments_json(ev, s));
	/* Before it is done the result is what it would be. */
	if (ev->verdict != VERDICT_NONE)
		json_object_set_new(o, "verdict", json_string(verdicts[ev->verdict]));
	else if (ev->has_result)
		json_object_set_new(o, "result", json_integer(ev->result));
	if (ev->verdict == VERDICT_STOPPED)
		json_object_set_new(o, "may_have_happened", json_true());
	if (ev->fd) {
		struct field_ref f;
		struct value v;
		json_t *fd = json_object();

		scratch_reset(s);
		if (!field_bind(TEXT("fd.name"), false, TEXT_NONE, &f) && field_read(&f, ev, s, &v))
			set_text(fd, "name", value_text(&v));
		set_text(fd, "type", fd_types[ev->fd->type].name);
		json_object_set_new(o, "fd", fd);
	}
	return o;
}

/* --- documents ------------------------------------------------------------------------------------- */

static void set_identity(json_t *o, enum alert_kind kind, int64_t time_ns)
{
	char uuid[UUID_TEXT_SIZE];

	uuid_make(time_ns, uuid);
	json_object_set_new(o, "uuid", json_string(uuid));
	json_object_set_new(o, "kind", json_string(alert_kinds[kind]));
}

static void set_who(json_t *o, const struct event *ev, bool chain)
{
	if (!ev->process)
		return;
	if (ev->process->container)
		json_object_set_new(o, "container", container_json(ev->process->container));
	json_object_set_new(o, "process",
			    chain ? process_json(ev->process) : person_json(ev->process));
}

/* A signal comes after the call: whoever reads that it was stopped must not think that nothing happened. */
static void tell_of_stop(json_t *o)
{
	const char *output = json_string_value(json_object_get(o, "output"));

	if (output)
		json_object_set_new(o, "output",
				    json_sprintf("%s: the process was ended, but the call may have "
						 "happened before",
						 output));
}

json_t *document_of_match(const struct rule_match *m, const struct event *ev, struct scratch *s,
			  json_t *before)
{
	json_t *o = alert_json(m, ev, s);

	if (!o) {
		json_decref(before);
		return NULL;
	}
	set_identity(o, ALERT_FINDING, ev->time_ns);
	if (ev->verdict == VERDICT_STOPPED)
		tell_of_stop(o);
	set_who(o, ev, true);
	json_object_set_new(o, "event", event_json(ev, s));
	json_object_set_new(o, "why", why_json(m->rule, ev, s));
	if (before)
		json_object_set_new(o, "before", before);
	return o;
}

static json_t *plain(enum alert_kind kind, enum alert_priority priority, int64_t time_ns,
		     struct text hostname, const char *rule, struct text output)
{
	char time[CLOCK_TEXT_MAX];
	json_t *o = json_object();

	if (!o)
		return NULL;
	clock_format(time_ns, time);
	json_object_set_new(o, "time", json_string(time));
	json_object_set_new(o, "rule", json_string(rule));
	json_object_set_new(o, "priority", json_string(alert_priorities[priority]));
	json_object_set_new(o, "source", json_string("merlon"));
	json_object_set_new(o, "hostname", utf8_json(hostname.data ? hostname : TEXT("")));
	json_object_set_new(o, "output", utf8_json(output));
	json_object_set_new(o, "tags", json_array());
	set_identity(o, kind, time_ns);
	return o;
}

json_t *document_of_activity(const struct event *ev, struct text about)
{
	json_t *o = plain(ALERT_ACTIVITY, ALERT_DEBUG, ev->time_ns, ev->hostname, "activity",
			  about);

	if (!o)
		return NULL;
	json_object_set_new(o, "output_fields", json_object());
	set_who(o, ev, false);
	return o;
}

json_t *document_of_response(const struct event *ev, const char *rule)
{
	json_t *o = plain(ALERT_RESPONSE, ALERT_NOTICE, ev->time_ns, ev->hostname, rule, TEXT(""));

	if (!o)
		return NULL;
	json_object_set_new(o, "output_fields", json_object());
	set_who(o, ev, false);
	return o;
}

json_t *document_of_guard(enum alert_kind kind, enum alert_priority priority, int64_t time_ns,
			  struct text hostname, const char *rule, const char *output,
			  json_t *details)
{
	json_t *o = plain(kind, priority, time_ns, hostname, rule, text_of(output));

	if (!o) {
		json_decref(details);
		return NULL;
	}
	json_object_set_new(o, "output_fields", details ? details : json_object());
	return o;
}
