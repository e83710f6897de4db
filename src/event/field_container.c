/* SPDX-License-Identifier: Apache-2.0 */
/* container.*, k8s.*: where it happened. A process without a container is on the host. */
#include "base/glob.h"
#include "event/field_access.h"

#define MEMBER(type, base, f) (*(const type *)((const char *)(base) + (f)->def->param))

static const struct event_container *container_of_event(const struct event *ev)
{
	return ev->process ? ev->process->container : NULL;
}

bool field_container_id(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	const struct event_container *c = container_of_event(ev);

	if (!ev->process)
		return false;
	return yield_text(ret, c ? MEMBER(struct text, c, f) : TEXT("host"));
}

bool field_target_container(const struct field_ref *f, const struct event *ev, struct scratch *s,
			    struct value *ret)
{
	const struct event_container *c = ev->target ? ev->target->container : NULL;

	return ev->target && yield_text(ret, c ? MEMBER(struct text, c, f) : TEXT("host"));
}

bool field_container_name(const struct field_ref *f, const struct event *ev, struct scratch *s,
			  struct value *ret)
{
	const struct event_container *c = container_of_event(ev);

	if (!ev->process)
		return false;
	return yield_text(ret, c ? c->name : TEXT("host"));
}

bool field_container_text(const struct field_ref *f, const struct event *ev, struct scratch *s,
			  struct value *ret)
{
	const struct event_container *c = container_of_event(ev);

	return c && yield_text(ret, MEMBER(struct text, c, f));
}

bool field_container_flag(const struct field_ref *f, const struct event *ev, struct scratch *s,
			  struct value *ret)
{
	const struct event_container *c = container_of_event(ev);

	return c && yield_bool(ret, MEMBER(bool, c, f));
}

bool field_container_privileged(const struct field_ref *f, const struct event *ev,
				struct scratch *s, struct value *ret)
{
	const struct event_container *c = container_of_event(ev);

	return c && c->has_privileged && yield_bool(ret, c->privileged);
}

bool field_container_start(const struct field_ref *f, const struct event *ev, struct scratch *s,
			   struct value *ret)
{
	uint64_t start = ev->process ? ev->process->pidns_start_ns : 0;

	if (!start)
		return false;
	/* param 0: when, 1: how long ago */
	return yield_number(ret, (enum value_type)f->def->type,
			    f->def->param ? (uint64_t)ev->time_ns - start : start);
}

/* --- mounts --------------------------------------------------------------------------------------- */

static void add_mount(struct scratch_text *t, const struct mount *m)
{
	scratch_add(t, m->source);
	scratch_add(t, TEXT(":"));
	scratch_add(t, m->dest);
	scratch_add(t, TEXT(":"));
	scratch_add(t, m->mode);
	scratch_add(t, m->writable ? TEXT(":true:") : TEXT(":false:"));
	scratch_add(t, m->propagation);
}

bool field_container_mounts(const struct field_ref *f, const struct event *ev, struct scratch *s,
			    struct value *ret)
{
	const struct event_container *c = container_of_event(ev);
	struct scratch_text t;
	struct text text;

	if (!c)
		return false;
	t = scratch_begin(s);
	for (uint32_t i = 0; i < c->mounts.count; i++) {
		if (i)
			scratch_add(&t, TEXT(","));
		add_mount(&t, &c->mounts.items[i]);
	}
	return scratch_end(&t, &text) && yield_text(ret, text);
}

/* The mount that the argument names: by number, by destination (for its source) or by source. */
static const struct mount *mount_of(const struct field_ref *f, const struct event_container *c)
{
	if (f->index >= 0)
		return f->index < c->mounts.count ? &c->mounts.items[f->index] : NULL;
	for (uint32_t i = 0; i < c->mounts.count; i++) {
		const struct mount *m = &c->mounts.items[i];

		if (glob_match(f->key, f->def->param == MOUNT_SOURCE ? m->dest : m->source))
			return m;
	}
	return NULL;
}

bool field_container_mount(const struct field_ref *f, const struct event *ev, struct scratch *s,
			   struct value *ret)
{
	const struct event_container *c = container_of_event(ev);
	const struct mount *m = c ? mount_of(f, c) : NULL;
	struct scratch_text t;
	struct text text;

	if (!m)
		return false;
	switch ((enum field_mount)f->def->param) {
	case MOUNT_ALL:
		t = scratch_begin(s);
		add_mount(&t, m);
		return scratch_end(&t, &text) && yield_text(ret, text);
	case MOUNT_SOURCE:
		return yield_text(ret, m->source);
	case MOUNT_DEST:
		return yield_text(ret, m->dest);
	case MOUNT_MODE:
		return yield_text(ret, m->mode);
	case MOUNT_RDWR:
		return yield_text(ret, m->writable ? TEXT("true") : TEXT("false"));
	case MOUNT_PROPAGATION:
		return yield_text(ret, m->propagation);
	}
	return false;
}

/* --- labels --------------------------------------------------------------------------------------- */

static bool label_of(const struct texts *labels, struct text key, struct text *ret)
{
	for (uint32_t i = 0; i < labels->count; i++) {
		struct text l = labels->items[i];

		if (l.len <= key.len || l.data[key.len] != '=' || !text_starts(l, key))
			continue;
		*ret = text_from(l.data + key.len + 1, l.len - key.len - 1);
		return true;
	}
	return false;
}

/* "app:web, tier:front" */
static bool labels_text(const struct texts *labels, struct scratch *s, struct text *ret)
{
	struct scratch_text t = scratch_begin(s);

	for (uint32_t i = 0; i < labels->count; i++) {
		struct text l = labels->items[i];
		const char *equals = l.len ? memchr(l.data, '=', l.len) : NULL;
		size_t key = equals ? (size_t)(equals - l.data) : l.len;

		if (i)
			scratch_add(&t, TEXT(", "));
		scratch_add(&t, text_from(l.data, key));
		scratch_add(&t, TEXT(":"));
		if (equals)
			scratch_add(&t, text_from(equals + 1, l.len - key - 1));
	}
	return scratch_end(&t, ret);
}

bool field_container_labels(const struct field_ref *f, const struct event *ev, struct scratch *s,
			    struct value *ret)
{
	const struct event_container *c = container_of_event(ev);
	struct text text;

	return c && c->labels.count && labels_text(&c->labels, s, &text) && yield_text(ret, text);
}

bool field_container_label(const struct field_ref *f, const struct event *ev, struct scratch *s,
			   struct value *ret)
{
	const struct event_container *c = container_of_event(ev);
	struct text text;

	return c && label_of(&c->labels, f->key, &text) && yield_text(ret, text);
}

/* --- pod ------------------------------------------------------------------------------------------ */

static const struct pod *pod_of(const struct event *ev)
{
	const struct event_container *c = container_of_event(ev);

	return c && c->pod.name.data ? &c->pod : NULL;
}

bool field_pod_text(const struct field_ref *f, const struct event *ev, struct scratch *s,
		    struct value *ret)
{
	const struct pod *p = pod_of(ev);

	return p && yield_text(ret, MEMBER(struct text, p, f));
}

bool field_pod_labels(const struct field_ref *f, const struct event *ev, struct scratch *s,
		      struct value *ret)
{
	const struct pod *p = pod_of(ev);
	struct text text;

	return p && p->labels.count && labels_text(&p->labels, s, &text) && yield_text(ret, text);
}

bool field_pod_label(const struct field_ref *f, const struct event *ev, struct scratch *s,
		     struct value *ret)
{
	const struct pod *p = pod_of(ev);
	struct text text;

	return p && label_of(&p->labels, f->key, &text) && yield_text(ret, text);
}
