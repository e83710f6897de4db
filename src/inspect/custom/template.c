/* SPDX-License-Identifier: Apache-2.0 */
/* Loading: text and actions, actions down to terms. Variables are numbers once they are read: they have scopes. */
#include "inspect/custom/template.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/custom/template_private.h"

struct loader {
	struct arena *arena;
	struct diags *diags;
	const struct yaml_node *node;
	struct text t;
	uint32_t at;
	uint32_t depth;
	struct text names[TEMPLATE_VARIABLES_MAX];
	uint32_t name_count;
	bool failed;
};

__attribute__((format(printf, 3, 4))) static bool complain(struct loader *l, uint32_t at,
							   const char *fmt, ...)
{
	char text[200];
	va_list ap;

	if (l->failed)
		return false;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_error(l->diags, yaml_place_in(l->node, at), "template", "%s", text);
	l->failed = true;
	return false;
}

/* --- letters ------------------------------------------------------------------------------------- */

static struct text rest(const struct loader *l)
{
	return text_from(l->t.data + l->at, l->t.len - l->at);
}

static char peek(const struct loader *l)
{
	return l->at < l->t.len ? l->t.data[l->at] : '\0';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_letter(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static void skip_blanks(struct loader *l)
{
	while (is_blank(peek(l)))
		l->at++;
}

static struct text take_word(struct loader *l)
{
	uint32_t from = l->at;

	while (is_letter(peek(l)))
		l->at++;
	return text_from(l->t.data + from, l->at - from);
}

static bool take(struct loader *l, struct text what)
{
	bool is = text_starts(rest(l), what);

	l->at += is ? what.len : 0;
	return is;
}

/* "}}", or " -}}" with a blank before. */
static bool is_at_end(const struct loader *l)
{
	return text_starts(rest(l), TEXT("}}")) ||
	       (text_starts(rest(l), TEXT("-}}")) && l->at && is_blank(l->t.data[l->at - 1]));
}

static bool take_end(struct loader *l)
{
	skip_blanks(l);
	if (!is_at_end(l))
		return complain(l, l->at, "the end of the action was expected: }}");
	if (take(l, TEXT("-}}")))
		skip_blanks(l);
	else
		l->at += 2;
	return true;
}

/* --- terms --------------------------------------------------------------------------------------- */

static struct pipe *load_pipe(struct loader *l);

static bool find_variable(struct loader *l, struct text name, uint32_t at, uint32_t *ret)
{
	for (uint32_t i = l->name_count; i; i--) {
		if (!text_eq(l->names[i - 1], name))
			continue;
		*ret = i - 1;
		return true;
	}
	return complain(l, at, "there is no variable $%.*s", (int)name.len, name.data);
}

static bool load_fields(struct loader *l, struct term *term)
{
	struct field **end = &term->fields;

	while (*end)
		end = &(*end)->next;
	while (peek(l) == '.') {
		struct text name;

		l->at++;
		name = take_word(l);
		if (!name.len)
			return complain(l, l->at, "a name was expected behind the dot");
		*end = arena_new(l->arena, struct field);
		if (!*end)
			return false;
		(*end)->name = arena_dup(l->arena, name.data, name.len);
		if (!(*end)->name)
			return false;
		end = &(*end)->next;
	}
	return true;
}

static bool load_quoted(struct loader *l, struct term *term)
{
	static const char letters[] = "nrt\"\\'", meant[] = "\n\r\t\"\\'";
	char quote = l->t.data[l->at++];
	cleanup_buf struct buf b = BUF_INIT;

	for (; peek(l) && peek(l) != quote; l->at++) {
		const char *known;

		if (quote == '`' || peek(l) != '\\') {
			buf_add_char(&b, peek(l));
			continue;
		}
		l->at++;
		known = peek(l) ? strchr(letters, peek(l)) : NULL;
		if (!known)
			return complain(l, l->at, "no such escape is known here");
		buf_add_char(&b, meant[known - letters]);
	}
	if (peek(l) != quote)
		return complain(l, term->at, "this text has no end");
	l->at++;
	term->constant = template_value_of_text(
		text_from(arena_dup(l->arena, b.data ? b.data : "", b.len), b.len));
	return term->constant.text.data && !b.failed;
}

static bool load_number(struct loader *l, struct term *term)
{
	uint32_t from = l->at;

	l->at += peek(l) == '-' || peek(l) == '+';
	while (is_letter(peek(l)) || peek(l) == '.')
		l->at++;
	term->constant.text = text_from(l->t.data + from, l->at - from);
	term->constant.type = memchr(term->constant.text.data, '.', term->constant.text.len) ?
				      NODE_NUMBER :
				      NODE_INTEGER;
	return text_number(term->constant.text, &term->constant.number) ||
	       complain(l, from, "this is no number");
}

static bool load_word(struct loader *l, struct term *term, bool first)
{
	struct text name = take_word(l);

	if (text_eq_str(name, "true") || text_eq_str(name, "false")) {
		term->constant = (struct template_value){ .type = NODE_BOOLEAN,
							  .text = name,
							  .flag = text_eq_str(name, "true") };
		return true;
	}
	if (text_eq_str(name, "nil"))
		return true;
	for (const struct function *f = template_functions; f->name; f++)
		if (text_eq_str(name, f->name))
			term->function = f;
	if (!term->function)
		return complain(l, term->at, "\"%.*s\" is no function that is known here",
				(int)name.len, name.data);
	term->kind = TERM_FUNCTION;
	return first || complain(l, term->at, "a function with arguments stands in parentheses");
}

static bool load_parentheses(struct loader *l, struct term *term)
{
	l->at++;
	term->kind = TERM_PIPE;
	term->pipe = load_pipe(l);
	if (!term->pipe)
		return false;
	if (term->pipe->variable_count)
		return complain(l, term->at, "no variable is set in parentheses");
	skip_blanks(l);
	return take(l, TEXT(")")) || complain(l, l->at, "\")\" was expected");
}

static bool load_term(struct loader *l, struct term *term, bool first)
{
	char c = peek(l);

	term->at = l->at;
	if (c == '.' &&
	    !isdigit((unsigned char)(l->at + 1 < l->t.len ? l->t.data[l->at + 1] : 0))) {
		bool alone = l->at + 1 >= l->t.len || !is_letter(l->t.data[l->at + 1]);

		term->kind = TERM_DOT;
		l->at += alone;
		return alone || load_fields(l, term);
	}
	if (c == '$') {
		struct text name;

		l->at++;
		name = take_word(l);
		term->kind = TERM_VARIABLE;
		return find_variable(l, name, term->at, &term->number) && load_fields(l, term);
	}
	if (c == '(')
		return load_parentheses(l, term) && load_fields(l, term);
	term->kind = TERM_CONSTANT;
	if (c == '"' || c == '`')
		return load_quoted(l, term);
	if (isdigit((unsigned char)c) || c == '-' || c == '+' || c == '.')
		return load_number(l, term);
	if (is_letter(c))
		return load_word(l, term, first);
	return complain(l, l->at, "a value was expected");
}

/* --- commands and pipes -------------------------------------------------------------------------- */

static bool check_count(struct loader *l, const struct command *c, bool last_is_piped)
{
	const struct function *f = c->terms->function;
	unsigned args = c->count - 1 + last_is_piped;

	if (!f)
		return args == 0 || complain(l, c->terms->at, "a value takes no arguments");
	return (args >= f->least && args <= f->most) ||
	       complain(l, c->terms->at, "%s takes %u to %u arguments", f->name, f->least, f->most);
}

static struct command *load_command(struct loader *l, bool piped)
{
	struct command *c = arena_new(l->arena, struct command);
	struct term **end = c ? &c->terms : NULL;

	while (end) {
		skip_blanks(l);
		if (is_at_end(l) || peek(l) == '|' || peek(l) == ')' || !peek(l))
			break;
		if (c->count > ARGUMENTS_MAX) {
			complain(l, l->at, "there are too many arguments");
			return NULL;
		}
		*end = arena_new(l->arena, struct term);
		if (!*end || !load_term(l, *end, !c->count))
			return NULL;
		end = &(*end)->next;
		c->count++;
		if (!is_blank(peek(l)) && !is_at_end(l) && !memchr("|)", peek(l), 3)) {
			complain(l, l->at, "a blank was expected here");
			return NULL;
		}
	}
	if (c && !c->count)
		complain(l, l->at, "a value was expected");
	return c && c->count && check_count(l, c, piped) ? c : NULL;
}

static bool add_variable(struct loader *l, struct text name, uint32_t at, uint32_t *ret)
{
	if (l->name_count == TEMPLATE_VARIABLES_MAX)
		return complain(l, at, "there are too many variables");
	*ret = l->name_count;
	l->names[l->name_count++] = name;
	return true;
}

/* "$a :=", "$a =", "$k, $v :="; what begins otherwise sets nothing. */
static bool load_targets(struct loader *l, struct pipe *p, struct text names[2], bool *ret_new)
{
	uint32_t from = l->at;

	for (unsigned n = 0; n < 2 && take(l, TEXT("$")); n++) {
		names[n] = take_word(l);
		skip_blanks(l);
		*ret_new = take(l, TEXT(":="));
		if (*ret_new || (peek(l) == '=' && take(l, TEXT("=")))) {
			p->variable_count = n + 1;
			return true;
		}
		if (!take(l, TEXT(",")))
			break;
		skip_blanks(l);
	}
	l->at = from;
	return true;
}

static struct pipe *load_pipe(struct loader *l)
{
	struct pipe *p = arena_new(l->arena, struct pipe);
	struct command **end = p ? &p->commands : NULL;
	struct text names[2] = { 0 };
	bool made = false;

	if (!p || ++l->depth > TEMPLATE_DEPTH_MAX) {
		complain(l, l->at, "this is nested too deep");
		return NULL;
	}
	skip_blanks(l);
	p->at = l->at;
	load_targets(l, p, names, &made);
	do {
		*end = load_command(l, p->commands != NULL);
		if (!*end)
			return NULL;
		end = &(*end)->next;
	} while (take(l, TEXT("|")));
	l->depth--;
	/* It is not there yet in what it is set to. */
	for (unsigned i = 0; i < p->variable_count; i++)
		if (!(made ? add_variable(l, names[i], p->at, &p->variables[i]) :
			     find_variable(l, names[i], p->at, &p->variables[i])))
			return NULL;
	return p;
}

/* --- actions ------------------------------------------------------------------------------------- */

enum stop { STOP_NONE, STOP_TEXT, STOP_END, STOP_ELSE, STOP_ELSE_IF, STOP_ELSE_WITH };

static enum stop load_items(struct loader *l, struct item **ret);

static bool is_word(const struct loader *l, struct text word)
{
	struct text t = rest(l);

	return text_starts(t, word) && (t.len == word.len || !is_letter(t.data[word.len]));
}

static bool take_keyword(struct loader *l, const char *word)
{
	bool is = is_word(l, text_of(word));

	l->at += is ? (uint32_t)strlen(word) : 0;
	return is;
}

/* from is the place of its word. */
static bool load_block(struct loader *l, struct item *item, uint32_t from)
{
	uint32_t names = l->name_count;
	enum stop stop = STOP_NONE;

	if (++l->depth > TEMPLATE_DEPTH_MAX)
		return complain(l, l->at, "this is nested too deep");
	item->pipe = load_pipe(l);
	if (!item->pipe)
		return false;
	if (item->pipe->variable_count == 2 && item->kind != ITEM_RANGE)
		return complain(l, from, "two variables are for range only");
	if (take_end(l)) {
		uint32_t inner = l->name_count;

		stop = load_items(l, &item->body);
		l->name_count = inner;
	}
	if (stop == STOP_ELSE) {
		stop = load_items(l, &item->otherwise);
	} else if (stop == STOP_ELSE_IF || stop == STOP_ELSE_WITH) {
		/* One of its own, which the same "end" ends. */
		item->otherwise = arena_new(l->arena, struct item);
		if (!item->otherwise)
			return false;
		item->otherwise->kind = stop == STOP_ELSE_IF ? ITEM_IF : ITEM_WITH;
		if (!load_block(l, item->otherwise, from))
			return false;
		stop = STOP_END;
	}
	l->name_count = names;
	l->depth--;
	return stop == STOP_END || complain(l, from, "there is no {{ end }} for this");
}

static enum stop load_else(struct loader *l)
{
	skip_blanks(l);
	if (take_keyword(l, "if"))
		return STOP_ELSE_IF;
	if (take_keyword(l, "with"))
		return STOP_ELSE_WITH;
	return take_end(l) ? STOP_ELSE : STOP_NONE;
}

/* What is behind "{{"; STOP_TEXT: an item, or a comment, was read and there may be more. */
static enum stop load_action(struct loader *l, struct item ***end)
{
	static const struct {
		const char *word;
		enum item_kind kind;
	} blocks[] = { { "if", ITEM_IF }, { "with", ITEM_WITH }, { "range", ITEM_RANGE } };
	struct item *item = arena_new(l->arena, struct item);
	bool block = false;
	uint32_t from;

	skip_blanks(l);
	from = l->at;
	if (!item)
		return STOP_NONE;
	if (text_starts(rest(l), TEXT("/*"))) {
		const char *close = memmem(rest(l).data, rest(l).len, "*/", 2);

		if (!close) {
			complain(l, l->at, "this comment has no end");
			return STOP_NONE;
		}
		l->at = (uint32_t)(close - l->t.data) + 2;
		return take_end(l) ? STOP_TEXT : STOP_NONE;
	}
	if (take_keyword(l, "end"))
		return take_end(l) ? STOP_END : STOP_NONE;
	if (take_keyword(l, "else"))
		return load_else(l);
	for (size_t i = 0; i < ARRAY_SIZE(blocks) && !block; i++) {
		block = take_keyword(l, blocks[i].word);
		item->kind = blocks[i].kind;
	}
	if (block && !load_block(l, item, from))
		return STOP_NONE;
	if (!block) {
		item->pipe = load_pipe(l);
		if (!item->pipe || !take_end(l))
			return STOP_NONE;
		item->kind = item->pipe->variable_count ? ITEM_SET : ITEM_PRINT;
		if (item->pipe->variable_count == 2) {
			complain(l, item->pipe->at, "two variables are for range only");
			return STOP_NONE;
		}
	}
	**end = item;
	*end = &item->next;
	return STOP_TEXT;
}

/* To the "end" or "else" that is not of an item in it; *ret is the first of them. */
static enum stop load_items(struct loader *l, struct item **ret)
{
	enum stop stop = STOP_TEXT;

	while (stop == STOP_TEXT && !l->failed && !l->arena->failed) {
		struct text t = rest(l), shown;
		const char *open = t.len ? memmem(t.data, t.len, "{{", 2) : NULL;
		struct item *item = arena_new(l->arena, struct item);

		shown = open ? text_from(t.data, (size_t)(open - t.data)) : t;
		l->at += shown.len + (open ? 2 : 0);
		if (open && peek(l) == '-' && l->at + 1 < l->t.len &&
		    is_blank(l->t.data[l->at + 1])) {
			l->at++;
			while (shown.len && is_blank(shown.data[shown.len - 1]))
				shown.len--;
		}
		if (!item)
			return STOP_NONE;
		*item = (struct item){ .kind = ITEM_TEXT, .text = shown };
		*ret = item;
		ret = &item->next;
		if (!open)
			return STOP_TEXT;
		stop = load_action(l, &ret);
	}
	return stop;
}

bool template_is_in(struct text t)
{
	return t.len && memmem(t.data, t.len, "{{", 2);
}

struct template *template_load(struct arena *a, const struct yaml_node *n, struct diags *d)
{
	struct loader l = { .arena = a, .diags = d, .node = n, .t = n->text, .name_count = 1 };
	struct template *t = arena_new(a, struct template);
	enum stop stop = STOP_NONE;

	l.names[0] = TEXT("");
	if (n->kind != YAML_SCALAR)
		complain(&l, 0, "a text was expected");
	else if (n->text.len > TEMPLATE_BYTES_MAX)
		complain(&l, 0, "this template is too long");
	else if (n->text.len && (memmem(n->text.data, n->text.len, MARK_BEGIN, 3) ||
				 memmem(n->text.data, n->text.len, MARK_END, 3) ||
				 memchr(n->text.data, '\0', n->text.len)))
		complain(&l, 0, "there are letters in this template that none may have");
	else if (t)
		stop = load_items(&l, &t->items);
	if (!l.failed && stop != STOP_TEXT && !a->failed)
		complain(&l, l.at ? l.at - 1 : 0, "there is nothing that this could be of");
	if (l.failed || a->failed || !t) {
		if (!l.failed)
			complain(&l, 0, "this template takes more memory than it may");
		return NULL;
	}
	t->node = n;
	return t;
}
