/* SPDX-License-Identifier: Apache-2.0 */
/* From collected objects to checked trees: lists, macros, exceptions, conditions, outputs. */
#include "base/glob.h"
#include "base/str.h"
#include "rules/model_private.h"
#include "rules/output.h"
#include "rules/parse.h"
#include "rules/types.h"

/* --- macros -------------------------------------------------------------------------------------------- */

static struct expr *parse_text(struct ruleset *rs, const struct source *raw)
{
	const struct source *s = lists_substitute(rs, raw);
	struct parse_error err;
	struct expr *e;

	if (!s) {
		diag_error(rs->diags, source_place(raw, 0), "limit",
			   "this condition is larger than %d bytes once its lists are put in",
			   SOURCE_TEXT_MAX);
		return NULL;
	}
	e = parse_condition(&rs->arena, s, &err);
	if (!e) {
		diag_error(rs->diags, source_place(s, err.at), "condition", "%s", err.text);
		if (err.hint)
			diag_hint(rs->diags, "%s", err.hint);
	}
	return e;
}

static void suggest_macro(struct ruleset *rs, struct text name)
{
	size_t least = name.len / 4 + 2;
	char wanted[64], known[64];
	const char *best = NULL;

	if (name.len >= sizeof(wanted))
		return;
	memcpy(wanted, name.data, name.len);
	wanted[name.len] = '\0';
	vec_foreach(m, &rs->macros) {
		size_t d;

		if ((*m)->name.len >= sizeof(known))
			continue;
		memcpy(known, (*m)->name.data, (*m)->name.len);
		known[(*m)->name.len] = '\0';
		d = str_distance(wanted, known);
		if (d < least) {
			least = d;
			best = (*m)->name.data;
		}
	}
	if (best)
		diag_hint(rs->diags, "did you mean \"%s\"?", best);
	else if (ruleset_list(rs, name))
		diag_hint(rs->diags,
			  "that is a list: compare a field with it, as in \"field in (%.*s)\"",
			  (int)name.len, name.data);
}

struct resolver {
	struct ruleset *rs;
	uint32_t visibility; /* macros from here on can't be seen */
	bool good;
	uint32_t size, depth;
};

static bool macro_resolve(struct ruleset *rs, struct rule_macro *m, uint32_t depth);

static void add_size(struct resolver *r, uint32_t n)
{
	if (__builtin_add_overflow(r->size, n, &r->size))
		r->size = UINT32_MAX;
}

static bool resolve_node(struct expr *e, void *context)
{
	struct resolver *r = context;
	struct rule_macro *m;

	if (e->kind == EXPR_CHECK)
		add_size(r, 1);
	if (e->kind != EXPR_MACRO || e->macro.body)
		return true;
	m = ruleset_macro(r->rs, e->macro.name);
	if (!m || m->index >= r->visibility) {
		diag_error(r->rs->diags, expr_place(e), "unknown-macro",
			   "there is no macro \"%.*s\"%s", (int)e->macro.name.len,
			   e->macro.name.data, m ? " here: it is defined further down" : "");
		if (!m)
			suggest_macro(r->rs, e->macro.name);
		r->good = false;
		return true;
	}
	m->used = true;
	if (m->state == MACRO_RESOLVING) {
		diag_error(r->rs->diags, expr_place(e), "macro-loop",
			   "macro \"%.*s\" contains itself", (int)m->name.len, m->name.data);
		r->good = false;
		return true;
	}
	if (!macro_resolve(r->rs, m, r->depth + 1)) {
		r->good = false; /* reported where it is defined */
		return true;
	}
	e->macro.target = m;
	add_size(r, m->size);
	return true;
}

/* How deep a tree is, with the macros that it names. */
static uint32_t height_of(const struct expr *e)
{
	uint32_t most = 0, h;

	switch (e->kind) {
	case EXPR_AND:
	case EXPR_OR:
		for (uint32_t i = 0; i < e->group.count; i++) {
			h = height_of(e->group.items[i]);
			most = h > most ? h : most;
		}
		return most + 1;
	case EXPR_NOT:
		return height_of(e->child) + 1;
	case EXPR_MACRO:
		return e->macro.target ? e->macro.target->height + 1 : 1;
	case EXPR_CHECK:
		return 1;
	}
	return 1;
}

/* The bodies are bound after the walk, so that it does not go into them. */
static void bind_bodies(struct expr *e)
{
	switch (e->kind) {
	case EXPR_AND:
	case EXPR_OR:
		for (uint32_t i = 0; i < e->group.count; i++)
			bind_bodies(e->group.items[i]);
		break;
	case EXPR_NOT:
		bind_bodies(e->child);
		break;
	case EXPR_MACRO:
		e->macro.body = e->macro.target ? e->macro.target->body : NULL;
		break;
	case EXPR_CHECK:
		break;
	}
}

enum { MACRO_DEPTH_MAX = 200, HEIGHT_MAX = 1000 };

static bool resolve(struct ruleset *rs, struct expr *e, uint32_t visibility, uint32_t depth,
		    uint32_t *ret_size, uint32_t *ret_height)
{
	struct resolver r = { rs, visibility, true, 0, depth };

	if (depth > MACRO_DEPTH_MAX) {
		diag_error(rs->diags, expr_place(e), "limit", "macros are nested deeper than %d",
			   MACRO_DEPTH_MAX);
		return false;
	}
	expr_walk(e, resolve_node, &r);
	if (r.good && r.size > RULES_EXPANDED_MAX) {
		diag_error(rs->diags, expr_place(e), "limit",
			   "this condition has more than %d checks once its macros are put in",
			   RULES_EXPANDED_MAX);
		r.good = false;
	}
	*ret_size = r.size;
	*ret_height = height_of(e);
	if (r.good && *ret_height > HEIGHT_MAX) {
		diag_error(rs->diags, expr_place(e), "limit",
			   "this condition is nested deeper than %d once its macros are put in",
			   HEIGHT_MAX);
		r.good = false;
	}
	if (r.good)
		bind_bodies(e);
	return r.good;
}

static bool macro_resolve(struct ruleset *rs, struct rule_macro *m, uint32_t depth)
{
	if (m->state != MACRO_RAW)
		return m->state == MACRO_GOOD;
	m->state = MACRO_RESOLVING;
	m->state = m->body && resolve(rs, m->body, m->visibility, depth, &m->size, &m->height) ?
			   MACRO_GOOD :
			   MACRO_BAD;
	return m->state == MACRO_GOOD;
}

static void compile_macros(struct ruleset *rs)
{
	vec_foreach(it, &rs->macros) {
		struct rule_macro *m = *it;

		m->raw = source_finish(&m->text, &rs->arena);
		m->body = m->raw ? parse_text(rs, m->raw) : NULL;
	}
	/* Only what rules name counts as used. */
	vec_foreach(it, &rs->macros)
		macro_resolve(rs, *it, 0);
	vec_foreach(it, &rs->macros)
		(*it)->used = false;
}

struct expr *compile_condition_text(struct ruleset *rs, const struct source *raw,
				    uint32_t *ret_size)
{
	struct expr *e = parse_text(rs, raw);
	uint32_t height;

	return e && resolve(rs, e, UINT32_MAX, 0, ret_size, &height) ? e : NULL;
}

/* --- rules --------------------------------------------------------------------------------------------- */

static void compile_output(struct ruleset *rs, struct rule *r)
{
	const struct source *s;

	if (rs->extra_output[r->event_source].data) {
		source_add_made(&r->output_text, TEXT(" "), r->output_node, 0);
		source_add_made(&r->output_text, rs->extra_output[r->event_source], r->output_node,
				0);
	}
	s = source_finish(&r->output_text, &rs->arena);
	r->output = s ? output_compile(rs, s, r->event_source, r->skip_if_unknown) : NULL;
	if (!r->output)
		r->skipped = true;
}

/* A condition that leaves the type open is evaluated for everything that happens. */
static void warn_types(struct ruleset *rs, struct rule *r)
{
	struct type_truth truth = types_of_condition(r->condition);

	if (r->event_source != EVENT_SYSCALL || !r->warn_event_types)
		return;
	if (type_set_count(&truth.can_be_true) * 4 > event_type_count * 3)
		diag_warning(
			rs->diags, r->place, "no-event-type",
			"rule \"%.*s\" does not say which events it is about: it costs time for "
			"every one of them",
			(int)r->name.len, r->name.data);
}

static void compile_rule(struct ruleset *rs, struct rule *r)
{
	const struct source *s;

	/* Taken even for rules that are skipped: commands print it. */
	r->raw = source_finish(&r->condition_text, &rs->arena);
	if (r->event_source < 0 || !r->raw) {
		r->skipped = true;
		return;
	}
	compile_output(rs, r);
	s = exceptions_apply(rs, r);
	r->condition = s ? compile_condition_text(rs, s, &r->size) : NULL;
	if (r->condition && (rs->total_size += r->size) > RULES_TOTAL_MAX) {
		diag_error(rs->diags, r->place, "limit", "the rules have more than %d checks",
			   RULES_TOTAL_MAX);
		r->condition = NULL;
	}
	if (!r->condition || check_condition(rs, r->condition, r->event_source, r->skip_if_unknown,
					     false) != RULE_FINE) {
		r->condition = NULL;
		r->skipped = true;
		return;
	}
	if (r->extensions && !extensions_compile(rs, r))
		r->skipped = true;
	warn_types(rs, r);
}

/* --- what nobody uses ------------------------------------------------------------------------------------ */

/* Used by something that is used: macros that only unused macros name are not. */
static bool mark_used(struct expr *e, void *context)
{
	if (e->kind == EXPR_MACRO && e->macro.target)
		e->macro.target->used = true;
	return true;
}

static void warn_unused(struct ruleset *rs)
{
	vec_foreach(r, &rs->rules)
		if ((*r)->condition)
			expr_walk((*r)->condition, mark_used, NULL);
	vec_foreach(it, &rs->macros) {
		struct rule_macro *m = *it;

		if (m->used || m->state == MACRO_BAD)
			continue;
		diag_warning(rs->diags, yaml_place(m->node), "unused",
			     "no rule uses macro \"%.*s\"", (int)m->name.len, m->name.data);
		check_condition(rs, m->body, EVENT_SYSCALL, false, true);
	}
	vec_foreach(it, &rs->lists)
		if (!(*it)->used)
			diag_warning(rs->diags, yaml_place((*it)->node), "unused",
				     "nothing uses list \"%.*s\"", (int)(*it)->name.len,
				     (*it)->name.data);
}

static int by_index(const void *a, const void *b)
{
	const struct rule *const *x = a, *const *y = b;

	return ((*x)->index > (*y)->index) - ((*x)->index < (*y)->index);
}

bool ruleset_compile(struct ruleset *rs)
{
	lists_expand(rs);
	compile_macros(rs);
	vec_sort(&rs->rules, by_index);
	vec_foreach(r, &rs->rules)
		compile_rule(rs, *r);
	warn_unused(rs);
	if (rs->arena.failed)
		diag_error(rs->diags, (struct diag_place){ 0 }, "limit",
			   "the rules take more memory than they may (%d MiB)",
			   RULES_ARENA_MAX >> 20);
	diags_sort(rs->diags);
	return rs->diags->errors == 0;
}

/* --- selecting -------------------------------------------------------------------------------------------- */

size_t ruleset_select(struct ruleset *rs, struct text pattern, bool enabled)
{
	size_t n = 0;

	vec_foreach(r, &rs->rules) {
		if (!glob_match(pattern, (*r)->name))
			continue;
		(*r)->enabled = enabled;
		n++;
	}
	return n;
}

size_t ruleset_select_tag(struct ruleset *rs, struct text tag, bool enabled)
{
	size_t n = 0;

	vec_foreach(r, &rs->rules) {
		vec_foreach(t, &(*r)->tags) {
			if (!text_eq(*t, tag))
				continue;
			(*r)->enabled = enabled;
			n++;
		}
	}
	return n;
}
