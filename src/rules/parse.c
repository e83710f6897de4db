/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recursive descent without a separate lexer: the language has no reserved words, so what a word is
 * depends on where it stands ("rename" is a macro in one place and a value in another). The grammar
 * is that of docs/rules.md; where it looks odd (an operator may touch its bracket, a backslash before
 * a closing quote keeps it open) it is what existing rule files rely on.
 */
#include <ctype.h>

#include "base/cleanup.h"
#include "rules/parse_private.h"

/* --- checks ------------------------------------------------------------------------------------------ */

typedef VEC(struct literal) literal_list;

static bool literals_finish(struct parser *p, literal_list *list, struct check *c)
{
	c->literal_count = (uint32_t)list->len;
	c->literals = arena_array(p->arena, struct literal, list->len + 1);
	if (c->literals && list->len)
		memcpy(c->literals, list->items, list->len * sizeof(*c->literals));
	vec_deinit(list);
	return c->literals || parse_no_memory(p);
}

/* A quoted or bare text. 1: taken, 0: there is none, -1: failed. */
static int take_literal(struct parser *p, literal_list *list)
{
	struct literal l = { .at = p->at };
	struct literal *slot;
	int r = scan_quoted(p, &l.text);

	if (r < 0)
		return r;
	l.quoted = r > 0;
	if (!r && !scan_bare(p, &l.text))
		return 0;
	slot = vec_add(list);
	if (!slot) {
		parse_no_memory(p);
		return -1;
	}
	*slot = l;
	return 1;
}

static bool parse_list_literal(struct parser *p, struct check *c)
{
	literal_list list = { 0 };
	int r;

	c->right_in_parens = true;
	scan_blank(p);
	r = take_literal(p, &list);
	if (r > 0) {
		scan_blank(p);
		while (scan_take(p, ",")) {
			scan_blank(p);
			r = take_literal(p, &list);
			if (r == 0)
				parse_fail(p, p->at, NULL, "expected a value behind the comma");
			if (r <= 0)
				break;
			scan_blank(p);
		}
	}
	if (!p->err->text[0] && !scan_take(p, ")"))
		parse_fail(p, p->at, "values with blanks, quotes or brackets need quotes",
			   "expected \",\" or \")\" in this list, not \"%.*s\"",
			   (int)scan_here(p).len, scan_here(p).data);
	if (p->err->text[0]) {
		vec_deinit(&list);
		return false;
	}
	return literals_finish(p, &list, c);
}

static bool single_literal(struct parser *p, struct check *c, struct literal l)
{
	c->literals = arena_new(p->arena, struct literal);
	if (!c->literals) {
		parse_no_memory(p);
		return false;
	}
	c->literals[0] = l;
	c->literal_count = 1;
	return true;
}

static bool parse_right_number(struct parser *p, struct check *c)
{
	struct literal l;

	scan_blank(p);
	l = (struct literal){ .at = p->at };
	c->right = parse_right_operand(p);
	if (c->right)
		return true;
	if (!p->err->text[0] && scan_number(p, &l.text))
		return single_literal(p, c, l);
	parse_fail(p, p->at, NULL, "expected a number");
	return false;
}

static bool parse_right_string(struct parser *p, struct check *c)
{
	literal_list list = { 0 };
	int r;

	scan_blank(p);
	c->right = parse_right_operand(p);
	if (c->right || p->err->text[0])
		return c->right;
	r = take_literal(p, &list);
	if (r > 0)
		return literals_finish(p, &list, c);
	vec_deinit(&list);
	parse_fail(p, p->at,
		   scan_peek(p) == '(' ? "a list stands behind \"in\", or behind \"anyof\"" : NULL,
		   "expected a value");
	return false;
}

static bool parse_right_list(struct parser *p, struct check *c, bool operands)
{
	struct literal l;

	scan_blank(p);
	l = (struct literal){ .at = p->at };
	if (scan_take(p, "("))
		return parse_list_literal(p, c);
	c->right = operands ? parse_right_operand(p) : NULL;
	if (c->right)
		return true;
	if (!p->err->text[0] && scan_identifier(p, &l.text))
		return single_literal(p, c, l);
	parse_fail(p, p->at, "write the values in brackets: (a, b)", "expected a list");
	return false;
}

/* "oneof (...)", "anyof name": only if a list or a name that is no "and", "or", "not" follows. */
static enum rule_modifier take_modifier(struct parser *p)
{
	static const char *const words[] = { "and", "or", "not" };
	uint32_t start = p->at;

	for (int i = MODIFIER_ONEOF; i < RULE_MODIFIERS; i++) {
		if (!scan_word(p, rule_modifiers[i]))
			continue;
		if (scan_peek(p) == '(')
			return (enum rule_modifier)i;
		if (scan_is_letter(scan_peek(p))) {
			struct text word = scan_here(p);
			bool keyword = false;

			for (size_t k = 0; k < ARRAY_SIZE(words); k++) {
				size_t n = strlen(words[k]);

				keyword = keyword ||
					  (word.len >= n && !memcmp(word.data, words[k], n) &&
					   (word.len == n ||
					    !isalnum((unsigned char)word.data[n])));
			}
			if (!keyword)
				return (enum rule_modifier)i;
		}
		p->at = start;
	}
	return MODIFIER_NONE;
}

static bool parse_number_op(struct parser *p, struct check *c)
{
	static const enum rule_op ops[] = { OP_LE, OP_LT, OP_GE, OP_GT };

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		if (!scan_take(p, rule_ops[ops[i]].name.data))
			continue;
		c->op = ops[i];
		return parse_right_number(p, c);
	}
	return false;
}

static bool parse_string_op(struct parser *p, struct check *c)
{
	bool found = scan_take(p, "==") || scan_take(p, "="), blank = false;

	c->op = OP_EQ;
	if (!found && scan_take(p, "!=")) {
		c->op = OP_NE;
		found = true;
	}
	if (found)
		blank = scan_blank(p);
	for (int i = OP_CONTAINS; i <= OP_REGEX && !found; i++) {
		if (!scan_word(p, rule_ops[i].name))
			continue;
		c->op = (enum rule_op)i;
		found = blank = true;
	}
	if (!found)
		return false;
	c->modifier = blank ? take_modifier(p) : MODIFIER_NONE;
	return c->modifier ? parse_right_list(p, c, false) : parse_right_string(p, c);
}

static bool parse_list_op(struct parser *p, struct check *c)
{
	static const enum rule_op ops[] = { OP_INTERSECTS, OP_IN, OP_PMATCH };

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		if (!scan_take(p, rule_ops[ops[i]].name.data))
			continue;
		c->op = ops[i];
		return parse_right_list(p, c, true);
	}
	return false;
}

static struct expr *expr_new(struct parser *p, enum expr_kind kind, uint32_t at)
{
	struct expr *e = arena_new(p->arena, struct expr);

	if (!e)
		return parse_no_memory(p);
	e->kind = kind;
	e->at = at;
	e->source = p->source;
	return e;
}

static struct expr *parse_comparison(struct parser *p, struct operand *left, uint32_t start)
{
	struct expr *e = expr_new(p, EXPR_CHECK, start);

	if (!e)
		return NULL;
	e->check.left = left;
	scan_blank(p);
	if (scan_take(p, "exists")) {
		e->check.op = OP_EXISTS;
		return e;
	}
	if (parse_number_op(p, &e->check) || (!p->err->text[0] && parse_string_op(p, &e->check)) ||
	    (!p->err->text[0] && parse_list_op(p, &e->check)))
		return p->err->text[0] ? NULL : e;
	if (p->at == p->end)
		return parse_fail(p, p->at, NULL, "expected an operator behind the field");
	return parse_fail(p, p->at, advise_operator(scan_here(p)),
			  "expected an operator, not \"%.*s\"", (int)scan_here(p).len,
			  scan_here(p).data);
}

/* --- and, or, not -------------------------------------------------------------------------------------- */

static struct expr *parse_or(struct parser *p);

static struct expr *parse_bracket_rest(struct parser *p)
{
	uint32_t open = p->at;
	struct expr *e;

	if (++p->depth > PARSE_DEPTH_MAX)
		return parse_fail(p, p->at, NULL, "nested too deeply");
	e = parse_or(p);
	if (!e)
		return NULL;
	scan_blank(p);
	if (!scan_take(p, ")")) {
		if (p->at == p->end)
			return parse_fail(p, open ? open - 1 : 0, NULL,
					  "this bracket is never closed");
		return parse_fail(p, p->at, advise_between(scan_here(p)),
				  "expected \"and\", \"or\" or \")\", not \"%.*s\"",
				  (int)scan_here(p).len, scan_here(p).data);
	}
	p->depth--;
	return e;
}

static struct expr *parse_check(struct parser *p)
{
	uint32_t start;
	struct operand *left;
	struct expr *e;
	struct text name;

	scan_blank(p);
	start = p->at;
	if (scan_take(p, "("))
		return parse_bracket_rest(p);
	left = parse_left_operand(p);
	if (left)
		return parse_comparison(p, left, start);
	if (p->err->text[0])
		return NULL;
	if (!scan_identifier(p, &name)) {
		if (p->at == p->end)
			return parse_fail(p, p->at, NULL, "expected a check at the end");
		return parse_fail(p, p->at, advise_check(scan_here(p)),
				  "expected a check, a macro or a bracket, not \"%.*s\"",
				  (int)scan_here(p).len, scan_here(p).data);
	}
	e = expr_new(p, EXPR_MACRO, start);
	if (e)
		e->macro.name = name;
	return e;
}

static struct expr *parse_not(struct parser *p)
{
	struct expr *child, *e;
	bool negate = false;
	uint32_t start;

	scan_blank(p);
	start = p->at;
	while (p->end - p->at > 3 && !memcmp(p->text + p->at, "not", 3) &&
	       scan_is_space(p->text[p->at + 3])) {
		p->at += 3;
		while (scan_is_space(scan_peek(p)))
			p->at++;
		negate = !negate;
	}
	if (scan_take(p, "not(")) {
		negate = !negate;
		child = parse_bracket_rest(p);
	} else {
		child = parse_check(p);
	}
	if (!child || !negate)
		return child;
	e = expr_new(p, EXPR_NOT, start);
	if (e)
		e->child = child;
	return e;
}

/* Terms with the same word between them. */
static struct expr *parse_group(struct parser *p, const char *word, enum expr_kind kind,
				struct expr *(*parse_term)(struct parser *))
{
	VEC(struct expr *) items = { 0 };
	uint32_t start = p->at;
	struct expr *e = NULL, *term = parse_term(p);

	while (term) {
		struct expr **slot = vec_add(&items);

		if (!slot) {
			term = parse_no_memory(p);
			break;
		}
		*slot = term;
		scan_blank(p);
		if (!scan_take(p, word))
			break;
		if (scan_blank(p))
			term = parse_term(p);
		else if (scan_take(p, "("))
			term = parse_bracket_rest(p);
		else
			term = parse_fail(p, p->at, NULL,
					  "expected a blank or a bracket behind \"%s\"", word);
	}
	if (term && items.len == 1) {
		e = items.items[0];
	} else if (term) {
		e = expr_new(p, kind, start);
		if (e) {
			e->group.count = (uint32_t)items.len;
			e->group.items = arena_array(p->arena, struct expr *, items.len);
			if (e->group.items && items.items)
				memcpy(e->group.items, items.items,
				       items.len * sizeof(*items.items));
			else
				e = parse_no_memory(p);
		}
	}
	vec_deinit(&items);
	return e;
}

static struct expr *parse_and(struct parser *p)
{
	scan_blank(p);
	return parse_group(p, "and", EXPR_AND, parse_not);
}

static struct expr *parse_or(struct parser *p)
{
	scan_blank(p);
	return parse_group(p, "or", EXPR_OR, parse_and);
}

static struct parser parser_on(struct arena *a, const struct source *s, struct parse_error *err)
{
	*err = (struct parse_error){ 0 };
	return (struct parser){
		.arena = a, .source = s, .text = s->text.data, .end = s->text.len, .err = err
	};
}

struct expr *parse_condition(struct arena *a, const struct source *s, struct parse_error *err)
{
	struct parser p = parser_on(a, s, err);
	struct expr *e;

	if (!s->text.len)
		return parse_fail(&p, 0, NULL, "the condition is empty");
	e = parse_or(&p);
	if (e && p.at != p.end)
		return parse_fail(&p, p.at, advise_between(scan_here(&p)),
				  "expected \"and\" or \"or\", not \"%.*s\"",
				  (int)scan_here(&p).len, scan_here(&p).data);
	return e;
}

struct operand *parse_output_operand(struct arena *a, const struct source *s, uint32_t at,
				     uint32_t *ret_end, struct parse_error *err)
{
	struct parser p = parser_on(a, s, err);
	struct operand *o;

	p.at = at;
	p.output = true;
	o = parse_left_operand(&p);
	if (!o)
		return parse_fail(&p, at, NULL, "expected a field or a transformer behind \"%%\"");
	*ret_end = p.at;
	return o;
}

struct operand *parse_operand(struct arena *a, const struct source *s, struct parse_error *err)
{
	struct parser p = parser_on(a, s, err);
	struct operand *o = parse_left_operand(&p);

	if (!o)
		return parse_fail(&p, p.at, NULL, "expected a field or a transformer");
	if (p.at != p.end)
		return parse_fail(&p, p.at, NULL, "unexpected text behind the field");
	return o;
}
