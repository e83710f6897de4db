/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binding: names become fields, texts become typed values, and what makes no sense is reported. A
 * check is bound once, whoever uses it; whether its fields exist for a source is asked each time.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "rules/model_private.h"
#include "rules/regex.h"
#include "uapi/syscall.h"

struct checker {
	struct ruleset *rs;
	const struct source *source;
	int event_source;
	bool skip_unknown, as_warnings;
};

/* What is wrong with one check: said once, where it is first seen. */
struct problem {
	enum check_state state;
	bool terse; /* nobody will read a hint: there are too many of them */
	uint32_t at;
	const char *code;
	char text[320], hint[200];
};

static struct problem problem_new(const struct diags *d)
{
	return (struct problem){ .state = CHECK_GOOD, .terse = d->errors >= DIAGS_MAX };
}

static bool wrong(struct problem *p, enum check_state state, uint32_t at, const char *code,
		  const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static bool wrong(struct problem *p, enum check_state state, uint32_t at, const char *code,
		  const char *fmt, ...)
{
	va_list ap;

	if (p->state != CHECK_GOOD)
		return false;
	p->state = state;
	p->at = at;
	p->code = code;
	va_start(ap, fmt);
	vsnprintf(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
	return false;
}

static void hint(struct problem *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void hint(struct problem *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->hint, sizeof(p->hint), fmt, ap);
	va_end(ap);
}

/* --- operands ----------------------------------------------------------------------------------------- */

static bool bind_operand(struct operand *o, struct problem *p);

static bool bind_field(struct operand *o, struct problem *p)
{
	const char *close;
	int n = (int)o->text.len;

	switch (field_bind(o->text, o->has_arg, o->arg, &o->field)) {
	case FIELD_OK:
		o->type = o->field.type;
		o->list = o->field.def->flags & FIELD_LIST;
		return true;
	case FIELD_UNKNOWN:
		wrong(p, CHECK_UNKNOWN, o->at, "unknown-field", "there is no field \"%.*s\"", n,
		      o->text.data);
		close = p->terse ? NULL : field_suggest(o->text);
		if (close)
			hint(p, "did you mean \"%s\"?", close);
		else
			hint(p, "merlon rules fields lists all fields");
		return false;
	case FIELD_UNKNOWN_PARAM:
		return wrong(p, CHECK_UNKNOWN, o->at, "unknown-field",
			     "no event has a parameter as \"%.*s\" names it", n, o->text.data);
	case FIELD_ARG_MISSING:
		return wrong(p, CHECK_BAD, o->at, "field-argument",
			     "\"%.*s\" needs an argument: %.*s[...]", n, o->text.data, n,
			     o->text.data);
	case FIELD_ARG_UNWANTED:
		return wrong(p, CHECK_BAD, o->at, "field-argument", "\"%.*s\" takes no argument", n,
			     o->text.data);
	case FIELD_ARG_NOT_NUMBER:
		return wrong(p, CHECK_BAD, o->at, "field-argument",
			     "the argument of \"%.*s\" must be a number, not \"%.*s\"", n,
			     o->text.data, (int)o->arg.len, o->arg.data);
	}
	return false;
}

static bool bind_items(struct operand *o, struct problem *p)
{
	for (uint32_t i = 0; i < o->count; i++)
		if (!bind_operand(o->items[i], p))
			return false;
	return true;
}

static const char *transform_name(const struct operand *o)
{
	return rule_transforms[o->transform].data;
}

static bool takes_count(const struct operand *o, uint32_t least, uint32_t most, struct problem *p)
{
	if (o->count >= least && o->count <= most)
		return true;
	return wrong(p, CHECK_BAD, o->at, "transformer", "%s() takes %s%u argument%s, not %u",
		     transform_name(o), least != most ? "at least " : "", least,
		     least == 1 ? "" : "s", o->count);
}

static bool is_string(const struct operand *o, bool list)
{
	return o->type == VALUE_STRING && o->list == list;
}

static bool bind_simple(struct operand *o, struct problem *p)
{
	const struct operand *in = o->items[0];
	bool good;

	if (in->kind == OPERAND_FIELD && in->field.def->flags & FIELD_NO_TRANSFORM)
		return wrong(p, CHECK_BAD, in->at, "transformer", "\"%.*s\" can't be transformed",
			     (int)in->text.len, in->text.data);
	o->type = in->type;
	o->list = in->list;
	switch (o->transform) {
	case TRANSFORM_LEN:
		good = in->list || in->type == VALUE_STRING || in->type == VALUE_BYTES;
		o->type = VALUE_UINT;
		o->list = false;
		break;
	case TRANSFORM_B64:
		good = in->type == VALUE_STRING || in->type == VALUE_BYTES;
		break;
	case TRANSFORM_VAL:
		good = true;
		break;
	default:
		good = in->type == VALUE_STRING;
		break;
	}
	return good || wrong(p, CHECK_BAD, in->at, "transformer",
			     "%s() can't transform %svalues of type %s", transform_name(o),
			     in->list ? "lists of " : "", value_types[in->type].name);
}

/* The arguments of a process are one text; where a list is wanted they are the list. */
static void use_list(struct operand *o)
{
	static const struct text args = TEXT("proc.args"), list = TEXT("proc.arglist");

	if (o->kind != OPERAND_FIELD || o->has_arg || !text_eq(o->text, args))
		return;
	field_bind(list, false, TEXT_NONE, &o->field);
	o->list = true;
}

static bool bind_multi(struct operand *o, struct problem *p)
{
	o->type = VALUE_STRING;
	switch (o->transform) {
	case TRANSFORM_JOIN:
		if (!takes_count(o, 2, 2, p))
			return false;
		use_list(o->items[1]);
		return (is_string(o->items[0], false) && is_string(o->items[1], true)) ||
		       wrong(p, CHECK_BAD, o->at, "transformer",
			     "join() takes a separator and a list: join(\",\", (a, b))");
	case TRANSFORM_CONCAT:
		if (!takes_count(o, 2, UINT32_MAX, p))
			return false;
		for (uint32_t i = 0; i < o->count; i++)
			if (!is_string(o->items[i], false))
				return wrong(p, CHECK_BAD, o->items[i]->at, "transformer",
					     "the arguments of concat() must be strings");
		return true;
	default: /* getopt */
		if (!takes_count(o, 2, 2, p))
			return false;
		use_list(o->items[0]);
		if (!is_string(o->items[0], true) || !is_string(o->items[1], false))
			return wrong(p, CHECK_BAD, o->at, "transformer",
				     "getopt() takes a list of arguments and an option string");
		if (o->has_arg && o->arg.len != 1)
			return wrong(p, CHECK_BAD, o->at, "transformer",
				     "the argument of getopt() must be one option letter");
		o->list = !o->has_arg;
		return true;
	}
}

static bool bind_transform(struct operand *o, struct problem *p)
{
	bool multi = o->transform >= TRANSFORM_JOIN && o->transform <= TRANSFORM_GETOPT;

	if (!bind_items(o, p))
		return false;
	if (o->has_arg && o->transform != TRANSFORM_GETOPT)
		return wrong(p, CHECK_BAD, o->at, "transformer", "%s() takes no argument in \"[]\"",
			     transform_name(o));
	if (multi)
		return bind_multi(o, p);
	return takes_count(o, 1, 1, p) && bind_simple(o, p);
}

static bool bind_operand(struct operand *o, struct problem *p)
{
	switch (o->kind) {
	case OPERAND_FIELD:
		return bind_field(o, p);
	case OPERAND_TRANSFORM:
		return bind_transform(o, p);
	case OPERAND_TEXT:
		o->type = VALUE_STRING;
		return true;
	case OPERAND_LIST:
		o->type = VALUE_STRING;
		o->list = true;
		if (!bind_items(o, p))
			return false;
		for (uint32_t i = 0; i < o->count; i++)
			if (!is_string(o->items[i], false))
				return wrong(p, CHECK_BAD, o->items[i]->at, "transformer",
					     "the elements of a list must be strings");
		return true;
	}
	return false;
}

/* The first field below o that the source does not have. */
static const struct operand *foreign_field(const struct operand *o, int event_source)
{
	if (o->kind == OPERAND_FIELD)
		return o->field.def->sources >> event_source & 1 ? NULL : o;
	for (uint32_t i = 0; i < o->count; i++) {
		const struct operand *found = foreign_field(o->items[i], event_source);

		if (found)
			return found;
	}
	return NULL;
}

/* --- values --------------------------------------------------------------------------------------------- */

/* Ports by the names that rule files use (IANA). */
static const struct {
	const char *name;
	uint16_t port;
} services[] = {
	{ "ftp", 21 },		{ "ssh", 22 },	  { "telnet", 23 },	   { "smtp", 25 },
	{ "domain", 53 },	{ "http", 80 },	  { "kerberos", 88 },	   { "pop3", 110 },
	{ "sunrpc", 111 },	{ "ntp", 123 },	  { "imap2", 143 },	   { "snmp", 161 },
	{ "ldap", 389 },	{ "https", 443 }, { "microsoft-ds", 445 }, { "submission", 587 },
	{ "ldaps", 636 },	{ "imaps", 993 }, { "pop3s", 995 },	   { "mysql", 3306 },
	{ "postgresql", 5432 }, { "x11", 6000 },  { "http-alt", 8080 },
};

/* [-+]digits, or 0x...; *negative and the magnitude. */
static bool parse_magnitude(struct text t, bool *negative, uint64_t *ret)
{
	uint32_t i = t.len && (t.data[0] == '-' || t.data[0] == '+');
	char digits[32];
	char *end;
	int base = 10;

	*negative = t.len && t.data[0] == '-';
	if (t.len - i > 2 && t.data[i] == '0' && (t.data[i + 1] | 32) == 'x') {
		base = 16;
		i += 2;
	}
	if (t.len - i >= sizeof(digits) || t.len == i)
		return false;
	memcpy(digits, t.data + i, t.len - i);
	digits[t.len - i] = '\0';
	if (strspn(digits, "0123456789abcdefABCDEF") != t.len - i)
		return false;
	errno = 0;
	*ret = strtoull(digits, &end, base);
	return !errno && !*end;
}

static bool not_a(struct problem *p, const struct literal *l, const char *what)
{
	return wrong(p, CHECK_BAD, l->at, "bad-value", "\"%.*s\" is no %s", (int)l->text.len,
		     l->text.data, what);
}

static bool parse_number(const struct literal *l, enum value_type type, struct value *v,
			 struct problem *p)
{
	bool negative;
	uint64_t n;

	if (!parse_magnitude(l->text, &negative, &n))
		return not_a(p, l, "whole number");
	switch (type) {
	case VALUE_INT:
		if (n > (uint64_t)INT64_MAX + negative)
			return not_a(p, l, "number that fits 64 bits");
		v->i = negative ? (int64_t)(0 - n) : (int64_t)n;
		return true;
	case VALUE_UINT32:
		/* -1 stands for the largest: ids that mean "none" are written so. */
		if (n > UINT32_MAX)
			return not_a(p, l, "number that fits 32 bits");
		v->u = negative ? (uint32_t)(0 - n) : n;
		return true;
	default:
		v->u = negative ? 0 - n : n;
		return true;
	}
}

static bool parse_port(const struct literal *l, struct value *v, struct problem *p)
{
	bool negative;
	uint64_t n;

	if (parse_magnitude(l->text, &negative, &n) && !negative && n <= UINT16_MAX) {
		v->u = n;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		if (!text_eq_str(l->text, services[i].name))
			continue;
		v->u = services[i].port;
		return true;
	}
	return not_a(p, l, "port");
}

static int hex(char c)
{
	return c >= '0' && c <= '9'		  ? c - '0' :
	       (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 :
						    -1;
}

static bool parse_hex_bytes(struct arena *a, const struct literal *l, struct value *v,
			    struct problem *p)
{
	uint32_t n = l->text.len / 2;
	char *out = arena_alloc(a, n + 1);

	for (uint32_t i = 0; out && i < n; i++) {
		int high = hex(l->text.data[2 * i]), low = hex(l->text.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return not_a(p, l, "string of hexadecimal bytes");
		out[i] = (char)(high << 4 | low);
	}
	v->string = out;
	v->len = n;
	return (out && l->text.len % 2 == 0) || not_a(p, l, "string of hexadecimal bytes");
}

static bool parse_value(struct arena *a, const struct literal *l, enum value_type type,
			enum rule_op op, struct value *v, struct problem *p)
{
	struct address *address;
	struct network *network;

	v->type = (uint8_t)type;
	switch (type) {
	case VALUE_BYTES:
		if (op == OP_BCONTAINS || op == OP_BSTARTSWITH)
			return parse_hex_bytes(a, l, v, p);
		v->string = l->text.data;
		v->len = l->text.len;
		return true;
	case VALUE_STRING:
		v->string = l->text.data;
		v->len = l->text.len;
		return !l->text.len || !memchr(l->text.data, '\0', l->text.len) ||
		       wrong(p, CHECK_BAD, l->at, "bad-value", "a value can't contain a NUL byte");
	case VALUE_BOOL:
		v->u = text_eq_str(l->text, "true");
		return v->u || text_eq_str(l->text, "false") ||
		       not_a(p, l, "boolean: true or false");
	case VALUE_PORT:
		return parse_port(l, v, p);
	case VALUE_ADDRESS:
		address = arena_new(a, struct address);
		v->address = address;
		return (address && address_parse(l->text, address)) || not_a(p, l, "IP address");
	case VALUE_NETWORK:
		network = arena_new(a, struct network);
		v->network = network;
		return (network && network_parse(l->text, network)) ||
		       not_a(p, l, "network: 10.0.0.0/8, fe80::/10");
	default:
		return parse_number(l, type, v, p);
	}
}

static void suggest_type(struct text name, struct problem *p)
{
	size_t least = name.len / 3 + 1;
	const char *best = NULL;
	char text[SYS_NAME_MAX];

	if (p->terse || name.len >= sizeof(text))
		return;
	memcpy(text, name.data, name.len);
	text[name.len] = '\0';
	for (uint32_t i = 0; i < event_type_count; i++) {
		size_t d = str_distance(text, event_types[i].name.data);

		if (d < least) {
			least = d;
			best = event_types[i].name.data;
		}
	}
	if (!best)
		best = sys_call_suggest(text);
	if (best)
		hint(p, "did you mean \"%s\"?", best);
}

/* evt.type is compared with names of events: a misspelt one would never match. */
static bool check_event_types(const struct check *c, struct problem *p)
{
	if (c->left->kind != OPERAND_FIELD || !text_eq_str(c->left->text, "evt.type"))
		return true;
	for (uint32_t i = 0; i < c->literal_count; i++) {
		struct text name = c->literals[i].text;

		if (event_type_find(name) || event_type_is_foreign(name))
			continue;
		wrong(p, CHECK_UNKNOWN, c->literals[i].at, "unknown-event",
		      "there is no event \"%.*s\"", (int)name.len, name.data);
		suggest_type(name, p);
		return false;
	}
	return true;
}

static bool check_regexes(const struct check *c, struct problem *p)
{
	for (uint32_t i = 0; c->op == OP_REGEX && i < c->literal_count; i++) {
		char error[160];
		size_t at;
		struct regex *re = regex_new(c->literals[i].text, error, sizeof(error), &at);

		if (!re)
			return wrong(p, CHECK_BAD, c->literals[i].at, "regex",
				     "not a regular expression: %s (at character %zu)", error,
				     at + 1);
		regex_free(re);
	}
	return true;
}

static bool bind_values(struct arena *a, struct check *c, struct problem *p)
{
	enum value_type type = (enum value_type)c->left->type;

	c->values = arena_array(a, struct value, c->literal_count + 1);
	if (!c->values)
		return wrong(p, CHECK_BAD, c->left->at, "limit",
			     "the rules take more memory than they may");
	for (uint32_t i = 0; i < c->literal_count; i++)
		if (!parse_value(a, &c->literals[i], type, c->op, &c->values[i], p))
			return false;
	return check_event_types(c, p) && check_regexes(c, p);
}

/* --- checks --------------------------------------------------------------------------------------------- */

static bool operator_fits(const struct check *c, struct problem *p)
{
	const struct rule_op_def *op = &rule_ops[c->op];
	const struct operand *l = c->left;

	if (l->list && (!op->on_lists || c->modifier))
		return wrong(p, CHECK_BAD, l->at, "operator",
			     "\"%.*s%s\" is a list: it can be compared with exists, in and "
			     "intersects only",
			     l->kind == OPERAND_FIELD ? (int)l->text.len : 0, l->text.data,
			     l->kind == OPERAND_FIELD ? "" : transform_name(l));
	if (op->types >> l->type & 1)
		return true;
	return wrong(p, CHECK_BAD, l->at, "operator", "\"%s\" does not compare values of type %s",
		     op->name.data, value_types[l->type].name);
}

static bool right_fits(const struct check *c, struct problem *p)
{
	const struct operand *l = c->left, *r = c->right;
	const struct operand *field = r->transform == TRANSFORM_VAL ? r->items[0] : r;

	if (c->op == OP_PMATCH || c->op == OP_REGEX || l->type == VALUE_NETWORK)
		return wrong(p, CHECK_BAD, r->at, "operator",
			     "\"%s\" can't compare values of type %s with another field",
			     rule_ops[c->op].name.data, value_types[l->type].name);
	if (l->kind == OPERAND_FIELD && l->field.def->flags & FIELD_NO_RIGHT)
		return wrong(p, CHECK_BAD, l->at, "operator",
			     "\"%.*s\" can't be compared with another field", (int)l->text.len,
			     l->text.data);
	if (field->kind == OPERAND_FIELD && field->field.def->flags & FIELD_NO_RIGHT)
		return wrong(p, CHECK_BAD, r->at, "operator",
			     "\"%.*s\" can't stand on the right side", (int)field->text.len,
			     field->text.data);
	if (l->list != r->list ||
	    (l->type != r->type && !(value_types[l->type].number && value_types[r->type].number)))
		return wrong(p, CHECK_BAD, r->at, "operator",
			     "%sof type %s can't be compared with %sof type %s",
			     l->list ? "a list " : "a value ", value_types[l->type].name,
			     r->list ? "a list " : "one ", value_types[r->type].name);
	return true;
}

static bool bind_check(struct arena *a, struct check *c, struct problem *p)
{
	if (!bind_operand(c->left, p) || !operator_fits(c, p))
		return false;
	if (!c->right)
		return bind_values(a, c, p);
	return bind_operand(c->right, p) && right_fits(c, p);
}

static void warn_literals(struct checker *k, const struct expr *e)
{
	const struct check *c = &e->check;
	bool types = c->left->kind == OPERAND_FIELD && text_eq_str(c->left->text, "evt.type");
	struct diags *d = k->rs->diags;

	for (uint32_t i = 0; c->left->type == VALUE_STRING && i < c->literal_count; i++) {
		const struct literal *l = &c->literals[i];
		struct field_ref ref;
		int n = (int)l->text.len;

		if (memchr(l->text.data, '.', l->text.len) &&
		    field_bind(l->text, false, TEXT_NONE, &ref) == FIELD_OK) {
			diag_warning(d, source_place(e->source, l->at), "field-as-text",
				     "\"%.*s\" is a field's name, but stands here as plain text", n,
				     l->text.data);
			diag_hint(d, "val(%.*s) compares with the field", n, l->text.data);
		}
		if (types && !event_type_find(l->text))
			diag_warning(
				d, source_place(e->source, l->at), "foreign-event",
				"events \"%.*s\" are known to other sensors only: here there are "
				"none",
				n, l->text.data);
	}
}

/* What looks as if something else was meant. */
static void warn_suspicious(struct checker *k, const struct expr *e)
{
	const struct check *c = &e->check;

	warn_literals(k, e);
	if (c->modifier && !c->literal_count)
		diag_warning(k->rs->diags, expr_place(e), "empty-list",
			     "%s with an empty list is never true",
			     rule_modifiers[c->modifier].data);
	if (c->left->kind == OPERAND_FIELD && c->left->field.def->flags & FIELD_DEPRECATED)
		diag_warning(k->rs->diags, expr_place(e), "deprecated", "field \"%.*s\": %s",
			     (int)c->left->text.len, c->left->text.data,
			     c->left->field.def->meaning);
}

static void report(struct checker *k, const struct expr *e, const struct problem *p)
{
	struct diag_place place = source_place(e->source, p->at);
	bool warning = k->as_warnings || (p->state == CHECK_UNKNOWN && k->skip_unknown);

	if (warning)
		diag_warning(k->rs->diags, place, p->code, "%s", p->text);
	else
		diag_error(k->rs->diags, place, p->code, "%s", p->text);
	if (p->hint[0])
		diag_hint(k->rs->diags, "%s", p->hint);
}

static enum check_outcome check_one(struct checker *k, struct expr *e)
{
	struct problem p = problem_new(k->rs->diags);
	struct check *c = &e->check;
	const struct operand *foreign;

	if (c->state == CHECK_NEW) {
		bind_check(&k->rs->arena, c, &p);
		c->state = p.state;
		if (p.state == CHECK_GOOD)
			warn_suspicious(k, e);
	} else if (c->state != CHECK_GOOD && !c->reported) {
		/* A rule that may skip it came first: now it is an error. Bind again for the words. */
		bind_check(&k->rs->arena, c, &p);
	}
	if (c->state == CHECK_GOOD) {
		foreign = foreign_field(c->left, k->event_source);
		if (!foreign && c->right)
			foreign = foreign_field(c->right, k->event_source);
		if (!foreign)
			return RULE_FINE;
		wrong(&p, CHECK_UNKNOWN, foreign->at, "unknown-field",
		      "events of source %s have no field \"%.*s\"",
		      event_sources[k->event_source].name.data, (int)foreign->text.len,
		      foreign->text.data);
		report(k, e, &p);
		return RULE_UNKNOWN;
	}
	if (p.state != CHECK_GOOD) {
		report(k, e, &p);
		c->reported = !(k->as_warnings || (p.state == CHECK_UNKNOWN && k->skip_unknown));
	}
	return c->state == CHECK_UNKNOWN ? RULE_UNKNOWN : RULE_BROKEN;
}

static enum check_outcome worse(enum check_outcome a, enum check_outcome b)
{
	return a > b ? a : b;
}

static enum check_outcome check_tree(struct checker *k, struct expr *e);

/* A macro is checked once per source, unless a rule that may skip it came first. */
static enum check_outcome check_macro(struct checker *k, struct expr *e)
{
	struct rule_macro *m = e->macro.target;
	enum check_outcome outcome;

	if (!e->macro.body || !m)
		return RULE_BROKEN;
	m->used = m->used || !k->as_warnings;
	if (m->outcome[k->event_source] == RULE_FINE + 1)
		return RULE_FINE;
	outcome = check_tree(k, e->macro.body);
	m->outcome[k->event_source] = (uint8_t)(outcome + 1);
	return outcome;
}

static enum check_outcome check_tree(struct checker *k, struct expr *e)
{
	enum check_outcome outcome = RULE_FINE;

	switch (e->kind) {
	case EXPR_AND:
	case EXPR_OR:
		for (uint32_t i = 0; i < e->group.count; i++)
			outcome = worse(outcome, check_tree(k, e->group.items[i]));
		return outcome;
	case EXPR_NOT:
		return check_tree(k, e->child);
	case EXPR_MACRO:
		return check_macro(k, e);
	case EXPR_CHECK:
		return check_one(k, e);
	}
	return RULE_BROKEN;
}

enum check_outcome check_condition(struct ruleset *rs, struct expr *e, int event_source,
				   bool skip_unknown, bool as_warnings)
{
	struct checker k = { rs, NULL, event_source, skip_unknown, as_warnings };

	return check_tree(&k, e);
}

enum check_outcome check_operand(struct ruleset *rs, struct operand *o, const struct source *s,
				 int event_source, bool output, bool skip_unknown)
{
	struct problem p = problem_new(rs->diags);
	struct checker k = { rs, s, event_source, skip_unknown, false };
	const struct expr at = { .source = s };
	const struct operand *foreign;

	if (bind_operand(o, &p)) {
		foreign = foreign_field(o, event_source);
		if (foreign)
			wrong(&p, CHECK_UNKNOWN, foreign->at, "unknown-field",
			      "events of source %s have no field \"%.*s\"",
			      event_sources[event_source].name.data, (int)foreign->text.len,
			      foreign->text.data);
		else if (output && o->kind == OPERAND_FIELD &&
			 o->field.def->flags & FIELD_CONDITION_ONLY)
			wrong(&p, CHECK_BAD, o->at, "output",
			      "\"%.*s\" is for conditions only, not for outputs", (int)o->text.len,
			      o->text.data);
	}
	if (p.state == CHECK_GOOD)
		return RULE_FINE;
	report(&k, &at, &p);
	return p.state == CHECK_UNKNOWN ? RULE_UNKNOWN : RULE_BROKEN;
}
