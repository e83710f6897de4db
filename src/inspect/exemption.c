/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/exemption.h"

#include "base/cleanup.h"
#include "base/glob.h"
#include "base/str.h"
#include "base/vec.h"

enum { CONFIG_BYTES = 16 << 20 };

/* --- configuration ------------------------------------------------------------------------------- */

struct reader {
	struct exemptions *e;
	struct diags *diags;
};

static const char *text_of_node(struct reader *r, const struct yaml_node *n, const char *what)
{
	if (n->kind != YAML_SCALAR) {
		diag_error(r->diags, yaml_place(n), "config", "%s: a text was expected", what);
		return NULL;
	}
	return arena_dup(&r->e->arena, n->text.data, n->text.len);
}

static bool is_check(const struct reader *r, struct text name)
{
	if (text_eq_str(name, "*"))
		return true;
	check_foreach (c)
		if (check_is_called(c, name))
			return true;
	check_group_foreach(c, r->e->custom) if (check_is_called(c, name)) return true;
	return false;
}

static const char *read_check(struct reader *r, const struct yaml_node *n)
{
	const char *name = text_of_node(r, n, "check");

	if (!name || is_check(r, text_of(name)))
		return name;
	diag_error(r->diags, yaml_place(n), "config", "\"%s\" is no check", name);
	return NULL;
}

static bool is_day(const char *s)
{
	static const char shape[] = "dddd-dd-dd";

	for (size_t i = 0; i < sizeof(shape); i++)
		if (shape[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != shape[i])
			return false;
	return true;
}

static void read_exemption(struct reader *r, const struct yaml_node *n)
{
	struct exemption x = { .place = yaml_place(n) }, *slot;
	const struct {
		const char *name;
		const char **value;
	} fields[] = {
		{ "namespace", &x.name_space }, { "kind", &x.kind },	 { "name", &x.name },
		{ "container", &x.container },	{ "reason", &x.reason }, { "until", &x.until },
	};

	for (uint32_t i = 0; n->kind == YAML_MAP && i < n->count; i++) {
		const struct yaml_entry *e = &n->entries[i];
		bool found = text_eq_str(e->key, "check");

		if (found)
			x.check = read_check(r, e->value);
		for (size_t k = 0; k < ARRAY_SIZE(fields) && !found; k++) {
			found = text_eq_str(e->key, fields[k].name);
			if (found)
				*fields[k].value = text_of_node(r, e->value, fields[k].name);
		}
		if (!found)
			diag_error(r->diags,
				   (struct diag_place){ n->file->name, e->line, e->column },
				   "config", "an exemption has no \"%.*s\"", (int)e->key.len,
				   e->key.data);
	}
	if (n->kind != YAML_MAP || !x.check || !x.reason) {
		diag_error(r->diags, yaml_place(n), "config",
			   "an exemption needs a check and a reason");
		return;
	}
	if (x.until && !is_day(x.until)) {
		diag_error(r->diags, yaml_place(n), "config",
			   "until: a day like 2026-12-31 was expected");
		return;
	}
	slot = vec_add(&r->e->items);
	if (slot)
		*slot = x;
}

static void read_severity(struct reader *r, const struct yaml_entry *e)
{
	const char *name = text_of_node(r, e->value, "severity");
	struct diag_place key = { e->value->file->name, e->line, e->column };
	struct severity_override *slot;
	enum severity s;

	if (!is_check(r, e->key)) {
		diag_error(r->diags, key, "config", "\"%.*s\" is no check", (int)e->key.len,
			   e->key.data);
		return;
	}
	if (!name || !severity_parse(name, &s)) {
		diag_error(r->diags, yaml_place(e->value), "config",
			   "a severity is low, medium, high or critical");
		return;
	}
	slot = vec_add(&r->e->severities);
	if (slot)
		*slot = (struct severity_override){
			arena_dup(&r->e->arena, e->key.data, e->key.len), s
		};
}

/* "r.example.com/shop": of that registry, what is below shop. */
static void read_registry(struct reader *r, const struct yaml_node *n)
{
	const char *name = text_of_node(r, n, "registries"), **slot;

	if (!name || !*name)
		return;
	slot = vec_add(&r->e->registries);
	if (slot)
		*slot = name;
}

static void read_member(struct reader *r, const struct yaml_entry *e)
{
	const struct yaml_node *v = e->value;
	struct diag_place key = { v->file->name, e->line, e->column };

	if (text_eq_str(e->key, "exemptions") && v->kind == YAML_LIST) {
		for (uint32_t i = 0; i < v->count; i++)
			read_exemption(r, v->items[i]);
	} else if (text_eq_str(e->key, "severity") && v->kind == YAML_MAP) {
		for (uint32_t i = 0; i < v->count; i++)
			read_severity(r, &v->entries[i]);
	} else if (text_eq_str(e->key, "skip") && v->kind == YAML_LIST) {
		for (uint32_t i = 0; i < v->count; i++) {
			const char *name = read_check(r, v->items[i]), **slot;

			slot = name ? vec_add(&r->e->skip) : NULL;
			if (slot)
				*slot = name;
		}
	} else if (text_eq_str(e->key, "registries") && v->kind == YAML_LIST) {
		for (uint32_t i = 0; i < v->count; i++)
			read_registry(r, v->items[i]);
	} else {
		diag_error(
			r->diags, key, "config",
			"exemptions (a list), severity (a map), skip or registries (lists) was expected");
	}
}

bool exemptions_read(struct exemptions *e, const char *file, struct text content, struct diags *d)
{
	struct reader r = { e, d };
	struct yaml_file *f = NULL;

	e->arena = ARENA_INIT(CONFIG_BYTES);
	if (!yaml_read(&e->arena, file, content, d, &f))
		return false;
	for (uint32_t i = 0; i < f->document_count; i++) {
		const struct yaml_node *n = f->documents[i];

		if (n->kind != YAML_MAP && !yaml_is_null(n))
			diag_error(d, yaml_place(n), "config", "a map was expected");
		for (uint32_t k = 0; n->kind == YAML_MAP && k < n->count; k++)
			read_member(&r, &n->entries[k]);
	}
	return !d->errors;
}

void exemptions_deinit(struct exemptions *e)
{
	vec_deinit(&e->items);
	vec_deinit(&e->severities);
	vec_deinit(&e->skip);
	vec_deinit(&e->registries);
	arena_deinit(&e->arena);
}

static bool matches(const char *pattern, const char *value)
{
	return !pattern || glob_match(text_of(pattern), text_of(value ? value : ""));
}

const struct exemption *exemptions_find(const struct exemptions *e, const struct subject *s)
{
	vec_foreach(x, &e->items) {
		if (x->until && s->today && strcmp(s->today, x->until) > 0)
			continue;
		if (!str_eq(x->check, "*") && !check_is_called(s->check, text_of(x->check)))
			continue;
		if (matches(x->name_space, s->name_space) && matches(x->kind, s->kind) &&
		    matches(x->name, s->name) && matches(x->container, s->container))
			return x;
	}
	return NULL;
}

/* --- annotations --------------------------------------------------------------------------------- */

static bool is_yes(struct text t)
{
	return text_eq_str(t, "true") || text_eq_str(t, "yes");
}

/* Whether a list of names, parted by commas or blanks, has one of the check's. */
static bool names_check(struct text list, const struct check *c)
{
	for (uint32_t i = 0, from = 0; i <= list.len; i++) {
		if (i < list.len && !strchr(", \t\n", list.data[i]))
			continue;
		if (i > from && check_is_called(c, text_from(list.data + from, i - from)))
			return true;
		from = i + 1;
	}
	return false;
}

/* "NAME" in "PREFIX/NAME" or "PREFIX/NAME-exempt". */
static struct text middle(struct text key, const char *prefix, const char *suffix)
{
	struct text p = text_of(prefix), s = text_of(suffix);

	if (!text_starts(key, p) || !text_ends(key, s) || key.len < p.len + s.len)
		return TEXT_NONE;
	return text_from(key.data + p.len, key.len - p.len - s.len);
}

/* "until=2026-12-31 why": whether it is over. *why loses the date. */
static bool is_over(struct text *why, const char *today)
{
	static const char word[] = "until=";
	char day[11] = "";

	if (!text_starts(*why, text_of(word)) || why->len < sizeof(word) - 1 + 10)
		return false;
	memcpy(day, why->data + sizeof(word) - 1, 10);
	*why = text_trim(
		text_from(why->data + sizeof(word) - 1 + 10, why->len - sizeof(word) + 1 - 10));
	return !is_day(day) || (today && strcmp(today, day) > 0);
}

static struct text annotation_reason(struct text key, struct text value, const struct check *c,
				     const char *today)
{
	struct text name;

	if (text_eq_str(key, "merlon/exempt"))
		return names_check(value, c) ? TEXT("an annotation says so") : TEXT_NONE;
	name = middle(key, "merlon/exempt-", "");
	if (name.data)
		return check_is_called(c, name) && !is_over(&value, today) ?
			       (value.len ? value : TEXT("an annotation says so")) :
			       TEXT_NONE;
	if (text_eq_str(key, "polaris.fairwinds.com/exempt"))
		return is_yes(value) ? TEXT("an annotation for Polaris") : TEXT_NONE;
	name = middle(key, "polaris.fairwinds.com/", "-exempt");
	if (name.data)
		return is_yes(value) && check_is_called(c, name) ?
			       TEXT("an annotation for Polaris") :
			       TEXT_NONE;
	if (text_eq_str(key, "kube-linter.io/ignore-all"))
		return value.len ? value : TEXT("an annotation for kube-linter");
	name = middle(key, "ignore-check.kube-linter.io/", "");
	if (name.data)
		return check_is_called(c, name) ?
			       (value.len ? value : TEXT("an annotation for kube-linter")) :
			       TEXT_NONE;
	if (text_eq_str(key, "kube-score/ignore"))
		return names_check(value, c) ? TEXT("an annotation for kube-score") : TEXT_NONE;
	if (middle(key, "checkov.io/skip", "").data) {
		const char *equals = value.len ? memchr(value.data, '=', value.len) : NULL;
		uint32_t len = equals ? (uint32_t)(equals - value.data) : value.len;

		if (check_is_called(c, text_from(value.data, len)))
			return equals ? text_from(equals + 1, value.len - len - 1) :
					TEXT("an annotation for Checkov");
	}
	return TEXT_NONE;
}

struct text annotation_exempts(const struct at *annotations, const struct check *c,
			       const char *today)
{
	const struct yaml_node *n = annotations->node;

	for (uint32_t i = 0; n && n->kind == YAML_MAP && i < n->count; i++) {
		const struct yaml_entry *e = &n->entries[i];
		struct text why = e->value->kind == YAML_SCALAR ?
					  annotation_reason(e->key, e->value->text, c, today) :
					  TEXT_NONE;

		if (why.data)
			return why;
	}
	return TEXT_NONE;
}

/* --- baselines ----------------------------------------------------------------------------------- */

void baseline_add_line(struct buf *out, const struct subject *s, const char *path)
{
	buf_addf(out, "%s %s/%s/%s %s %s\n", s->check->id, s->kind, s->name_space, s->name,
		 s->container ? s->container : "-", path);
}

bool baseline_read(struct baseline *b, struct text content)
{
	char *line;

	b->content = BUF_INIT;
	buf_add(&b->content, content.data ? content.data : "", content.len);
	if (b->content.failed)
		return false;
	for (line = b->content.data; line && *line;) {
		size_t len = strcspn(line, "\n");

		if (len && *line != '#' && !table_set(&b->lines, text_from(line, len), b))
			return false;
		line += len + (line[len] == '\n');
	}
	return true;
}

bool baseline_has(const struct baseline *b, const struct subject *s, const char *path)
{
	cleanup_buf struct buf line = BUF_INIT;

	baseline_add_line(&line, s, path);
	return !line.failed && table_get(&b->lines, text_from(line.data, line.len - 1));
}

void baseline_deinit(struct baseline *b)
{
	buf_deinit(&b->content);
	table_deinit(&b->lines);
}
