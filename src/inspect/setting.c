/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/setting.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"

enum { WORDS_MAX = 64 };

/* A setting as it is in force: the words of it, and where it was said or would be. */
struct found {
	struct at at, parent;
	char name[128];
	struct text words[WORDS_MAX];
	uint32_t count;
	bool set;
	bool is_map;
};

unsigned setting_version(const struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "version");
	int64_t minor;

	return at_number(&at, &minor) && minor >= 0 && minor <= 1000 ? (unsigned)minor :
								       probe_version(p);
}

/* --- words --------------------------------------------------------------------------------------- */

static bool same(struct text a, const char *word, size_t len)
{
	return a.len == len && !strncasecmp(a.data, word, len);
}

static bool is_one_of(struct text t, const char *words)
{
	for (size_t len; *words; words += len + (words[len] == ' ')) {
		len = strcspn(words, " ");
		if (same(t, words, len))
			return true;
	}
	return false;
}

static bool starts_with_one_of(struct text t, const char *words)
{
	for (size_t len; *words; words += len + (words[len] == ' ')) {
		len = strcspn(words, " ");
		if (t.len >= len && !strncasecmp(t.data, words, len))
			return true;
	}
	return false;
}

/* Items of a flag stand between commas. */
static void add_words(struct found *f, struct text t)
{
	while (t.len && f->count < WORDS_MAX) {
		const char *comma = memchr(t.data, ',', t.len);
		uint32_t len = comma ? (uint32_t)(comma - t.data) : t.len;
		struct text word = text_trim(text_from(t.data, len));

		if (word.len)
			f->words[f->count++] = word;
		t = text_from(t.data + len + (comma != NULL), t.len - len - (comma != NULL));
	}
}

static void read_words(struct found *f)
{
	const struct yaml_node *n = f->at.node;

	f->count = 0;
	f->set = n != NULL;
	if (n && n->kind == YAML_SCALAR)
		add_words(f, n->text);
	for (uint32_t i = 0; n && n->kind == YAML_LIST && i < n->count; i++)
		if (n->items[i]->kind == YAML_SCALAR)
			add_words(f, n->items[i]->text);
	f->is_map = n && n->kind == YAML_MAP && n->count;
	for (uint32_t i = 0; n && n->kind == YAML_MAP && i < n->count; i++)
		add_words(f, n->entries[i].key);
}

/* "90s", "4h0m0s", "300": in seconds for durations; false: it is no number. */
static bool number_of(const struct found *f, int64_t *ret)
{
	char text[64];
	uint64_t ns;

	if (f->count != 1 || f->words[0].len >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)f->words[0].len, f->words[0].data);
	if (*text == '-') {
		*ret = -1;
		return true;
	}
	if (!str_to_duration(text, &ns))
		return false;
	*ret = (int64_t)(ns / 1000000000);
	return true;
}

/* "127.0.0.1:10249", "[::1]:80", "localhost", "unix:///..." */
static bool is_local(struct text t)
{
	return starts_with_one_of(t, "127. localhost [::1] ::1 unix: fd:");
}

/* --- where it is said ---------------------------------------------------------------------------- */

static bool has_flag(const struct object *o, const char *names)
{
	struct at flags = at_member(&o->root, "flags");

	for (size_t len; *names; names += len + (names[len] == ' ')) {
		char name[128];
		struct at at;

		len = strcspn(names, " ");
		snprintf(name, sizeof(name), "%.*s", (int)len, names);
		at = at_key(&flags, name);
		if (at.node && (at.node->kind != YAML_SCALAR || at.node->text.len))
			return true;
	}
	return false;
}

/* The first flag of several that is there; of those that are all needed, the first that is not. */
static bool find_flag(const struct object *o, const struct setting_rule *r, struct found *f)
{
	const char *names = r->flags ? r->flags : "";
	bool all = r->op == SETTING_THERE;

	f->parent = at_member(&o->root, "flags");
	for (size_t len; *names; names += len + (names[len] == ' ')) {
		struct at at;

		len = strcspn(names, " ");
		snprintf(f->name, sizeof(f->name), "%.*s", (int)len, names);
		at = at_member(&f->parent, f->name);
		if (!at.node == all) {
			f->at = at;
			return !all;
		}
		if (all)
			f->at = at;
	}
	return all && f->at.node;
}

static void find(const struct object *o, const struct setting_rule *r, struct found *f)
{
	struct at config = at_member(&o->root, "config");

	if (find_flag(o, r, f)) {
		read_words(f);
		return;
	}
	if (r->path && (config.node || !r->flags)) {
		f->parent = config;
		f->at = at_member(&f->parent, r->path);
	} else if (r->flags && r->op != SETTING_THERE) {
		snprintf(f->name, sizeof(f->name), "%.*s", (int)strcspn(r->flags, " "), r->flags);
		f->at = at_member(&f->parent, f->name);
	}
	read_words(f);
}

static const char *unset_value(const struct setting_rule *r, const struct object *o,
			       unsigned version)
{
	struct at config = at_member(&o->root, "config");

	if (r->before && version < r->since)
		return r->before;
	return r->bare && !config.node ? r->bare : r->unset;
}

/* --- the question -------------------------------------------------------------------------------- */

static bool each(const struct found *f, bool (*is)(struct text, const char *), const char *words,
		 bool wanted)
{
	for (uint32_t i = 0; i < f->count; i++)
		if (is(f->words[i], words) != wanted)
			return false;
	return true;
}

static bool has_all(const struct found *f, const char *words)
{
	for (size_t len; *words; words += len + (words[len] == ' ')) {
		bool has = false;

		len = strcspn(words, " ");
		for (uint32_t i = 0; i < f->count; i++)
			has |= same(f->words[i], words, len);
		if (!has)
			return false;
	}
	return true;
}

/* "Name=false" among flags, or false behind the name in the file. */
static bool gate_is_off(const struct found *f, const char *name)
{
	size_t len = strlen(name);

	if (f->is_map) {
		struct at at = at_member(&f->at, name);

		return at_is_false(&at);
	}
	for (uint32_t i = 0; i < f->count; i++)
		if (f->words[i].data && f->words[i].len == len + 6 &&
		    !memcmp(f->words[i].data, name, len) &&
		    !strncasecmp(f->words[i].data + len, "=false", 6))
			return true;
	return false;
}

static bool is_good(const struct setting_rule *r, const struct found *f)
{
	int64_t n, limit = r->want ? strtoll(r->want, NULL, 10) : 0;

	switch (r->op) {
	case SETTING_IS:
		return f->count && each(f, is_one_of, r->want, true);
	case SETTING_IS_NOT:
	case SETTING_LACKS:
		return each(f, is_one_of, r->want, false);
	case SETTING_HAS:
		return has_all(f, r->want);
	case SETTING_WITHIN:
		return each(f, is_one_of, r->want, true);
	case SETTING_AT_LEAST:
		return number_of(f, &n) && n >= limit;
	case SETTING_AT_MOST:
		return number_of(f, &n) && n > 0 && n <= limit;
	case SETTING_THERE:
		return f->count > 0;
	case SETTING_ABSENT:
		return !f->count;
	case SETTING_STARTS_NOT:
		return each(f, starts_with_one_of, r->want, false);
	case SETTING_LOCAL:
		for (uint32_t i = 0; i < f->count; i++)
			if (!is_local(f->words[i]))
				return false;
		return f->count > 0;
	case SETTING_GATE:
		return !r->want || !gate_is_off(f, r->want);
	}
	return true;
}

static bool is_pointless(const struct object *o, const struct setting_rule *r, unsigned version)
{
	struct at flags = at_member(&o->root, "flags"), config = at_member(&o->root, "config");

	if (!(r->flags && flags.node) && !(r->path && config.node))
		return true;
	if (r->until && version > r->until)
		return true;
	return (r->unless && has_flag(o, r->unless)) || (r->given && !has_flag(o, r->given));
}

static bool has_instead(const struct object *o, const struct setting_rule *r)
{
	struct at config = at_member(&o->root, "config");
	struct at at = r->instead ? at_member(&config, r->instead) : config;

	return r->instead && at.node && !at_is_false(&at) &&
	       (at.node->kind != YAML_SCALAR || at.node->text.len);
}

void setting_check(struct probe *p, const struct object *o)
{
	const struct setting_rule *r = probe_data(p);
	unsigned version = setting_version(p, o);
	const char *unset = unset_value(r, o, version);
	struct found f = { 0 };

	if (is_pointless(o, r, version)) {
		probe_skip(p);
		return;
	}
	find(o, r, &f);
	if (!f.set && unset)
		add_words(&f, text_of(unset));
	if (is_good(r, &f) || has_instead(o, r))
		return;
	if (!f.set && unset)
		probe_fail_value(p, &f.at, "not set, which is %s", unset);
	else if (r->secret && f.set)
		probe_fail_value(p, &f.at, "set");
	else
		probe_fail(p, &f.at);
}
