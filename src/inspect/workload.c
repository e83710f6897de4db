/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/workload.h"

#include "base/cleanup.h"
#include "base/str.h"

const struct flag *effective_flag(const struct flag *own, const struct flag *pod)
{
	return own->value != UNSET || pod->value == UNSET ? own : pod;
}

const struct number *effective_number(const struct number *own, const struct number *pod)
{
	return own->set || !pod->set ? own : pod;
}

const struct word *effective_word(const struct word *own, const struct word *pod)
{
	return own->value.data || !pod->value.data ? own : pod;
}

bool word_is(const struct word *w, const char *value)
{
	return w->value.data && text_eq_str(w->value, value);
}

bool words_have(const struct words *w, const char *value)
{
	for (uint32_t i = 0; i < w->count; i++)
		if (word_is(&w->items[i], value))
			return true;
	return false;
}

const struct volume *mount_volume(const struct workload *w, const struct mount *m)
{
	for (uint32_t i = 0; i < w->volume_count; i++)
		if (m->volume.value.data && text_eq(w->volumes[i].name, m->volume.value))
			return &w->volumes[i];
	return NULL;
}

bool is_windows(const struct workload *w)
{
	return word_is(&w->os, "windows");
}

/* A first part with a dot, a colon or "localhost" is a registry: the rule of the tools that pull. */
static bool is_registry(struct text t)
{
	return t.len && (memchr(t.data, '.', t.len) || memchr(t.data, ':', t.len) ||
			 text_eq_str(t, "localhost"));
}

struct image_name image_parse(struct text reference)
{
	struct image_name n = { 0 };
	const char *at, *slash, *colon;

	if (!reference.len)
		return n;
	at = memchr(reference.data, '@', reference.len);
	if (at) {
		size_t len = (size_t)(at - reference.data);

		n.digest = text_from(at + 1, reference.len - len - 1);
		reference.len = (uint32_t)len;
	}
	slash = reference.len ? memchr(reference.data, '/', reference.len) : NULL;
	if (slash && is_registry(text_from(reference.data, (size_t)(slash - reference.data)))) {
		n.registry = text_from(reference.data, (size_t)(slash - reference.data));
		reference = text_from(slash + 1, reference.len - n.registry.len - 1);
	}
	colon = reference.len ? memrchr(reference.data, ':', reference.len) : NULL;
	if (colon) {
		n.tag = text_from(colon + 1, reference.len - (size_t)(colon + 1 - reference.data));
		reference.len = (uint32_t)(colon - reference.data);
	}
	n.repository = reference;
	return n;
}
