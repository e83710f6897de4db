/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/extend.h"

#include <assert.h>

#include "base/str.h"
#include "rules/extend_private.h"
#include "rules/parse.h"

static const char *const keys[] = { "count",	"sequence", "first_seen", "suppress",
				    "response", "next",	    "tests" };

const struct text rule_scopes[] = {
	[SCOPE_TREE] = TEXT("process_tree"),   [SCOPE_PROCESS] = TEXT("process"),
	[SCOPE_CONTAINER] = TEXT("container"), [SCOPE_USER] = TEXT("user"),
	[SCOPE_FIELDS] = TEXT("fields"),
};
static_assert(ARRAY_SIZE(rule_scopes) == RULE_SCOPES, "a name for each");

bool extensions_is_key(struct text key)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (text_eq_str(key, keys[i]))
			return true;
	return false;
}

bool extend_fail(struct ruleset *rs, const struct yaml_node *n, const char *fmt, ...)
{
	char text[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_error(rs->diags, yaml_place(n), "extension", "%s", text);
	return false;
}

/* --- pieces ------------------------------------------------------------------------------------------- */

bool extend_keys(struct ruleset *rs, const struct yaml_node *n, const char *what,
		 const char *const *known)
{
	bool good = true;

	if (n->kind != YAML_MAP)
		return extend_fail(rs, n, "\"%s\" must be a map", what);
	for (uint32_t i = 0; i < n->count; i++) {
		const struct yaml_entry *e = &n->entries[i];
		const char *const *k = known;

		while (*k && !text_eq_str(e->key, *k))
			k++;
		if (*k)
			continue;
		diag_error(rs->diags, (struct diag_place){ n->file->name, e->line, e->column },
			   "extension", "\"%s\" has no member \"%.*s\"", what, (int)e->key.len,
			   e->key.data);
		good = false;
	}
	return good;
}

bool extend_duration(struct ruleset *rs, const struct yaml_node *n, uint64_t *ret)
{
	char text[32];

	if (n->kind == YAML_SCALAR && n->text.len && n->text.len < sizeof(text)) {
		memcpy(text, n->text.data, n->text.len);
		text[n->text.len] = '\0';
		if (str_to_duration(text, ret) && *ret && *ret <= INT64_MAX)
			return true;
	}
	return extend_fail(rs, n, "a duration must be more than nothing: 30s, 5m, 1h30m, 7d");
}

static bool member_duration(struct ruleset *rs, const struct yaml_node *map, const char *key,
			    bool required, uint64_t *ret)
{
	const struct yaml_node *n = yaml_get(map, key);

	if (n)
		return extend_duration(rs, n, ret);
	return !required || extend_fail(rs, map, "\"%s\" is missing", key);
}

static bool member_number(struct ruleset *rs, const struct yaml_node *map, const char *key,
			  uint64_t least, uint64_t most, uint64_t *ret)
{
	const struct yaml_node *n = yaml_get(map, key);

	if (!n)
		return true;
	if (yaml_to_u64(n, ret) && *ret >= least && *ret <= most)
		return true;
	return extend_fail(rs, n, "\"%s\" must be a number from %llu to %llu", key,
			   (unsigned long long)least, (unsigned long long)most);
}

struct operand *extend_field(struct ruleset *rs, const struct yaml_node *n, int event_source)
{
	cleanup_source_builder struct source_builder b = SOURCE_BUILDER_INIT;
	const struct source *s;
	struct parse_error err;
	struct operand *o;

	if (n->kind != YAML_SCALAR || !n->text.len) {
		extend_fail(rs, n, "this must be a field");
		return NULL;
	}
	source_add_node(&b, n, 0, n->text.len);
	s = source_finish(&b, &rs->arena);
	if (!s)
		return NULL;
	o = parse_operand(&rs->arena, s, &err);
	if (!o) {
		diag_error(rs->diags, source_place(s, err.at), "extension", "%s", err.text);
		return NULL;
	}
	return check_operand(rs, o, s, event_source, true, false) == RULE_FINE ? o : NULL;
}

/* A field or a list of them. */
static bool read_fields(struct ruleset *rs, const struct yaml_node *n, int event_source,
			struct operand_list_of *ret)
{
	uint32_t count = !n ? 0 : n->kind == YAML_LIST ? n->count : 1;

	if (!count)
		return true;
	if (count > EXTEND_KEYS_MAX)
		return extend_fail(rs, n, "at most %d fields", EXTEND_KEYS_MAX);
	ret->items = arena_array(&rs->arena, struct operand *, count);
	for (uint32_t i = 0; ret->items && i < count; i++) {
		ret->items[i] = extend_field(rs, n->kind == YAML_LIST ? n->items[i] : n,
					     event_source);
		if (!ret->items[i])
			return false;
	}
	ret->count = count;
	return ret->items;
}

static bool read_table_size(struct ruleset *rs, const struct yaml_node *map, uint64_t entry,
			    uint32_t *ret)
{
	uint64_t most = EXTEND_MEMORY_MAX / entry, n;

	most = most > EXTEND_TABLE_MAX ? EXTEND_TABLE_MAX : most;
	n = most < EXTEND_TABLE_DEFAULT ? most : EXTEND_TABLE_DEFAULT;
	if (!member_number(rs, map, "keys", 1, most, &n))
		return false;
	*ret = (uint32_t)n;
	return true;
}

/* --- count ---------------------------------------------------------------------------------------------- */

/* "100/1s" over the window: how many events that is. */
static bool read_rate(struct ruleset *rs, const struct yaml_node *n, uint64_t within, uint64_t *ret)
{
	const char *slash = n->kind == YAML_SCALAR && n->text.len ?
				    memchr(n->text.data, '/', n->text.len) :
				    NULL;
	char text[64];
	uint64_t events, per;

	if (slash && n->text.len < sizeof(text)) {
		size_t at = (size_t)(slash - n->text.data);

		memcpy(text, n->text.data, n->text.len);
		text[n->text.len] = text[at] = '\0';
		if (str_to_u64(text, &events) && str_to_duration(text + at + 1, &per) && per &&
		    events && !__builtin_mul_overflow(events, within, &events)) {
			*ret = (events + per - 1) / per;
			return true;
		}
	}
	return extend_fail(rs, n, "a rate must be events per time: 100/1s, 5/1m");
}

static bool compile_count(struct ruleset *rs, struct rule *r, const struct yaml_node *n)
{
	static const char *const known[] = { "at_least", "more_than", "rate", "within",
					     "by",	 "distinct",  "keys", NULL };
	const struct yaml_node *rate = yaml_get(n, "rate"), *more = yaml_get(n, "more_than"),
			       *least = yaml_get(n, "at_least"),
			       *distinct = yaml_get(n, "distinct");
	struct rule_count *c = arena_new(&rs->arena, struct rule_count);
	uint64_t most = distinct ? EXTEND_DISTINCT_MAX : EXTEND_COUNT_MAX, over = 0;

	if (!c || !extend_keys(rs, n, "count", known) ||
	    !member_duration(rs, n, "within", true, &c->within_ns))
		return false;
	if (!!rate + !!more + !!least != 1)
		return extend_fail(rs, n, "count needs one of at_least, more_than and rate");
	if (!member_number(rs, n, "at_least", 1, most, &c->at_least) ||
	    !member_number(rs, n, "more_than", 0, most - 1, &over))
		return false;
	if (more)
		c->at_least = over + 1;
	if (rate && !read_rate(rs, rate, c->within_ns, &c->at_least))
		return false;
	if (!c->at_least || c->at_least > most)
		return extend_fail(rs, n, "that is %llu %s within the window: at most %llu",
				   (unsigned long long)c->at_least,
				   distinct ? "distinct values" : "events",
				   (unsigned long long)most);
	if (distinct) {
		c->distinct = extend_field(rs, distinct, r->event_source);
		if (!c->distinct)
			return false;
	}
	r->extensions->count = c;
	return read_fields(rs, yaml_get(n, "by"), r->event_source, &c->by) &&
	       read_table_size(rs, n, extend_count_entry(c), &c->keys_max);
}

/* --- sequence ------------------------------------------------------------------------------------------- */

static bool compile_scope(struct ruleset *rs, struct rule *r, const struct yaml_node *n,
			  struct rule_sequence *q)
{
	if (!n) {
		q->scope = SCOPE_TREE;
		return true;
	}
	for (int i = 0; n->kind == YAML_SCALAR && i < SCOPE_FIELDS; i++) {
		if (text_eq(rule_scopes[i], n->text)) {
			q->scope = (enum rule_scope)i;
			return true;
		}
	}
	if (n->kind == YAML_SCALAR && !memchr(n->text.data, '.', n->text.len))
		return extend_fail(
			rs, n, "\"by\" must be process_tree, process, container, user or fields");
	q->scope = SCOPE_FIELDS;
	return read_fields(rs, n, r->event_source, &q->by);
}

static bool compile_step(struct ruleset *rs, struct rule *r, const struct yaml_node *n,
			 struct rule_step *step)
{
	static const char *const known[] = { "name", "condition", NULL };
	cleanup_source_builder struct source_builder b = SOURCE_BUILDER_INIT;
	const struct yaml_node *condition = n->kind == YAML_SCALAR ? n : yaml_get(n, "condition");
	const struct yaml_node *name = yaml_get(n, "name");
	uint32_t size;

	if (n->kind != YAML_SCALAR && !extend_keys(rs, n, "step", known))
		return false;
	if (!condition || condition->kind != YAML_SCALAR || !condition->text.len)
		return extend_fail(rs, n, "a step needs a condition");
	source_add_node(&b, condition, 0, condition->text.len);
	step->raw = source_finish(&b, &rs->arena);
	step->name = name ? name->text : TEXT_NONE;
	step->condition = step->raw ? compile_condition_text(rs, step->raw, &size) : NULL;
	return step->condition &&
	       check_condition(rs, step->condition, r->event_source, false, false) == RULE_FINE;
}

static bool compile_sequence(struct ruleset *rs, struct rule *r, const struct yaml_node *n)
{
	static const char *const known[] = { "within", "by", "steps", "keys", NULL };
	const struct yaml_node *steps = yaml_get(n, "steps");
	struct rule_sequence *q = arena_new(&rs->arena, struct rule_sequence);

	if (!q || !extend_keys(rs, n, "sequence", known) ||
	    !member_duration(rs, n, "within", true, &q->within_ns))
		return false;
	if (!steps || steps->kind != YAML_LIST || !steps->count || steps->count >= EXTEND_STEPS_MAX)
		return extend_fail(rs, n,
				   "a sequence needs a list of 1 to %d steps before the rule's own "
				   "condition",
				   EXTEND_STEPS_MAX - 1);
	q->steps = arena_array(&rs->arena, struct rule_step, steps->count);
	if (!q->steps || !compile_scope(rs, r, yaml_get(n, "by"), q))
		return false;
	q->step_count = steps->count;
	for (uint32_t i = 0; i < steps->count; i++)
		if (!compile_step(rs, r, steps->items[i], &q->steps[i]))
			return false;
	r->extensions->sequence = q;
	return read_table_size(rs, n, extend_sequence_entry(q), &q->keys_max);
}

/* --- first seen, suppression ------------------------------------------------------------------------------ */

static bool compile_first_seen(struct ruleset *rs, struct rule *r, const struct yaml_node *n)
{
	static const char *const known[] = { "value", "per", "learn", "keep", "keys", NULL };
	struct rule_first_seen *f = arena_new(&rs->arena, struct rule_first_seen);

	if (!f || !extend_keys(rs, n, "first_seen", known))
		return false;
	if (!yaml_get(n, "value"))
		return extend_fail(rs, n,
				   "first_seen needs \"value\": a field or a list of fields");
	r->extensions->first_seen = f;
	return read_fields(rs, yaml_get(n, "value"), r->event_source, &f->values) &&
	       read_fields(rs, yaml_get(n, "per"), r->event_source, &f->per) &&
	       member_duration(rs, n, "learn", false, &f->learn_ns) &&
	       member_duration(rs, n, "keep", false, &f->keep_ns) &&
	       read_table_size(rs, n, extend_seen_entry(), &f->keys_max);
}

static bool compile_suppress(struct ruleset *rs, struct rule *r, const struct yaml_node *n)
{
	static const char *const known[] = { "for", "by", "keys", NULL };
	struct rule_suppress *s = arena_new(&rs->arena, struct rule_suppress);

	if (!s || !extend_keys(rs, n, "suppress", known))
		return false;
	r->extensions->suppress = s;
	return member_duration(rs, n, "for", true, &s->for_ns) &&
	       read_fields(rs, yaml_get(n, "by"), r->event_source, &s->by) &&
	       read_table_size(rs, n, extend_suppress_entry(), &s->keys_max);
}

/* --- advice, tests ----------------------------------------------------------------------------------------- */

static bool read_next(struct ruleset *rs, const struct yaml_node *n, struct rule_extensions *x)
{
	uint32_t count = n->kind == YAML_LIST ? n->count : 1;

	x->next = arena_array(&rs->arena, struct text, count + 1);
	for (uint32_t i = 0; x->next && i < count; i++) {
		const struct yaml_node *line = n->kind == YAML_LIST ? n->items[i] : n;

		if (line->kind != YAML_SCALAR || !line->text.len)
			return extend_fail(rs, line, "\"next\" must be text, or a list of texts");
		x->next[i] = line->text;
	}
	x->next_count = count;
	return x->next;
}

static bool read_test(struct ruleset *rs, const struct yaml_node *n, struct rule_test *t)
{
	static const char *const known[] = { "name", "events", "file", "expect", "output", NULL };
	const struct yaml_node *name = yaml_get(n, "name"), *expect = yaml_get(n, "expect"),
			       *file = yaml_get(n, "file"), *output = yaml_get(n, "output");

	if (!extend_keys(rs, n, "test", known))
		return false;
	t->node = n;
	t->events = yaml_get(n, "events");
	t->name = name && name->kind == YAML_SCALAR ? name->text : TEXT("unnamed");
	t->file = file && file->kind == YAML_SCALAR ? file->text : TEXT_NONE;
	t->output = output && output->kind == YAML_SCALAR ? output->text : TEXT_NONE;
	if (!!t->events + !!t->file.data != 1)
		return extend_fail(rs, n, "a test needs either events or a file of them");
	if (t->events && t->events->kind != YAML_LIST)
		return extend_fail(rs, t->events, "events must be a list");
	if (!expect || text_eq_str(expect->text, "match")) {
		t->expected = 1;
		return true;
	}
	t->exact = true; /* silent: 0 */
	return text_eq_str(expect->text, "silent") || yaml_to_u64(expect, &t->expected) ||
	       extend_fail(rs, expect, "\"expect\" must be match, silent or a number of alerts");
}

static bool read_tests(struct ruleset *rs, const struct yaml_node *n, struct rule_extensions *x)
{
	bool good = true;

	if (n->kind != YAML_LIST)
		return extend_fail(rs, n, "tests must be a list");
	x->tests = arena_array(&rs->arena, struct rule_test, n->count + 1);
	x->test_count = x->tests ? n->count : 0;
	for (uint32_t i = 0; i < x->test_count; i++)
		good = read_test(rs, n->items[i], &x->tests[i]) && good;
	return good && x->tests;
}

/* --- all ---------------------------------------------------------------------------------------------------- */

bool extensions_any(const struct yaml_node *item)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (yaml_get(item, keys[i]))
			return true;
	return false;
}

static void take(const struct yaml_node *item, const char *key, const struct yaml_node **node)
{
	const struct yaml_node *n = yaml_get(item, key);

	if (n)
		*node = n;
}

bool extensions_read(struct ruleset *rs, const struct yaml_node *item, struct rule *r)
{
	struct rule_extensions *x = r->extensions;
	const struct yaml_node *n;
	bool good = true;

	if (!extensions_any(item))
		return true;
	if (!x)
		x = r->extensions = arena_new(&rs->arena, struct rule_extensions);
	if (!x)
		return false;
	take(item, "count", &x->count_node);
	take(item, "sequence", &x->sequence_node);
	take(item, "first_seen", &x->first_seen_node);
	take(item, "suppress", &x->suppress_node);
	take(item, "response", &x->response_node);
	n = yaml_get(item, "next");
	if (n)
		good = read_next(rs, n, x);
	n = yaml_get(item, "tests");
	if (n)
		good = read_tests(rs, n, x) && good;
	return good;
}

uint64_t extend_state_bytes(const struct rule_extensions *x)
{
	uint64_t n = 0;

	if (x->count)
		n += x->count->keys_max * extend_count_entry(x->count);
	if (x->sequence)
		n += x->sequence->keys_max * extend_sequence_entry(x->sequence);
	if (x->first_seen)
		n += x->first_seen->keys_max * extend_seen_entry();
	if (x->suppress)
		n += x->suppress->keys_max * extend_suppress_entry();
	return n;
}

bool extensions_compile(struct ruleset *rs, struct rule *r)
{
	const struct rule_extensions *x = r->extensions;
	const struct {
		const struct yaml_node *node;
		bool (*compile)(struct ruleset *, struct rule *, const struct yaml_node *);
	} parts[] = {
		{ x->count_node, compile_count },
		{ x->sequence_node, compile_sequence },
		{ x->first_seen_node, compile_first_seen },
		{ x->suppress_node, compile_suppress },
		{ x->response_node, extend_compile_response },
	};
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i].node)
			good = parts[i].compile(rs, r, parts[i].node) && good;
	rs->state_bytes += good ? extend_state_bytes(x) : 0;
	if (rs->state_bytes <= RULES_STATE_MAX)
		return good;
	diag_error(rs->diags, r->place, "limit",
		   "the rules remember more than %d MiB together: lower \"keys\"",
		   RULES_STATE_MAX >> 20);
	rs->state_bytes -= extend_state_bytes(x);
	return false;
}
