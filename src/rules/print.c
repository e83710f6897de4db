/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/print.h"

#include "base/str.h"
#include "rules/parse.h"

/* --- values, fields --------------------------------------------------------------------------------------- */

static void print_quoted(struct text t, struct buf *out)
{
	buf_add_char(out, '"');
	for (uint32_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.data[i];

		if (c == '"')
			buf_add_str(out, "\\\"");
		else if (c == '\\' && i + 1 == t.len)
			buf_add_str(out,
				    "\\x5c"); /* before the closing quote it would keep it open */
		else if (c == '\\')
			buf_add_str(out, "\\\\");
		else if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\x%02x", c);
		else
			buf_add_char(out, (char)c);
	}
	buf_add_char(out, '"');
}

void print_literal(struct text t, bool quoted, struct buf *out)
{
	/* These would be read as something else, or not at all. */
	bool odd = text_eq_str(t, "oneof") || text_eq_str(t, "anyof") || text_eq_str(t, "allof");

	for (uint32_t i = 0; i < t.len; i++)
		odd = odd || (unsigned char)t.data[i] < 0x20 || t.data[i] == 0x7f;
	if (quoted || odd || !parse_is_bare(t))
		print_quoted(t, out);
	else
		buf_add(out, t.data, t.len);
}

static bool is_bare_arg(struct text t)
{
	for (uint32_t i = 0; i < t.len; i++)
		if (t.data[i] == ' ' || (t.data[i] >= '\t' && t.data[i] <= '\r') ||
		    strchr("][\"'", t.data[i]) || !t.data[i])
			return false;
	return t.len > 0;
}

static void print_items(const struct operand *o, struct buf *out)
{
	buf_add_char(out, '(');
	for (uint32_t i = 0; i < o->count; i++) {
		if (i)
			buf_add_str(out, ", ");
		print_operand(o->items[i], out);
	}
	buf_add_char(out, ')');
}

void print_operand(const struct operand *o, struct buf *out)
{
	switch (o->kind) {
	case OPERAND_FIELD:
		buf_add(out, o->text.data, o->text.len);
		break;
	case OPERAND_TRANSFORM:
		buf_add_str(out, rule_transforms[o->transform].data);
		print_items(o, out);
		break;
	case OPERAND_TEXT:
		print_quoted(o->text, out);
		break;
	case OPERAND_LIST:
		print_items(o, out);
		break;
	}
	if (!o->has_arg)
		return;
	buf_add_char(out, '[');
	if (is_bare_arg(o->arg))
		buf_add(out, o->arg.data, o->arg.len);
	else
		print_quoted(o->arg, out);
	buf_add_char(out, ']');
}

static void print_literals(const struct check *c, struct buf *out)
{
	bool list = rule_ops[c->op].kind == OP_LIST || c->modifier;

	if (!list || !c->right_in_parens) {
		print_literal(c->literals[0].text, c->literals[0].quoted, out);
		return;
	}
	buf_add_char(out, '(');
	for (uint32_t i = 0; i < c->literal_count; i++) {
		if (i)
			buf_add_str(out, ", ");
		print_literal(c->literals[i].text, c->literals[i].quoted, out);
	}
	buf_add_char(out, ')');
}

void print_check(const struct check *c, struct buf *out)
{
	print_operand(c->left, out);
	buf_addf(out, " %s", rule_ops[c->op].name.data);
	if (c->op == OP_EXISTS)
		return;
	if (c->modifier)
		buf_addf(out, " %s", rule_modifiers[c->modifier].data);
	buf_add_char(out, ' ');
	if (c->right)
		print_operand(c->right, out);
	else
		print_literals(c, out);
}

/* --- logic ------------------------------------------------------------------------------------------------- */

static bool is_group(const struct expr *e)
{
	return e->kind == EXPR_AND || e->kind == EXPR_OR;
}

static const struct expr *body(const struct expr *e, bool expand)
{
	while (expand && e->kind == EXPR_MACRO && e->macro.body)
		e = e->macro.body;
	return e;
}

/* "not (not a)" is "a". */
static const struct expr *positive(const struct expr *e, bool expand)
{
	while (e->kind == EXPR_NOT && body(e->child, expand)->kind == EXPR_NOT)
		e = body(body(e->child, expand)->child, expand);
	return e;
}

static void print_inline(const struct expr *e, bool expand, enum expr_kind inside, struct buf *out)
{
	bool brackets;

	e = positive(body(e, expand), expand);
	/* "and" binds closer than "or"; groups of the same kind run into each other. */
	brackets = is_group(e) && inside != e->kind && inside != EXPR_CHECK;
	if (brackets)
		buf_add_char(out, '(');
	switch (e->kind) {
	case EXPR_AND:
	case EXPR_OR:
		for (uint32_t i = 0; i < e->group.count && !out->failed; i++) {
			if (i)
				buf_add_str(out, e->kind == EXPR_AND ? " and " : " or ");
			print_inline(e->group.items[i], expand, e->kind, out);
		}
		break;
	case EXPR_NOT:
		buf_add_str(out, "not ");
		print_inline(e->child, expand, EXPR_NOT, out);
		break;
	case EXPR_MACRO:
		buf_add(out, e->macro.name.data, e->macro.name.len);
		break;
	case EXPR_CHECK:
		print_check(&e->check, out);
		break;
	}
	if (brackets)
		buf_add_char(out, ')');
}

void print_condition(const struct expr *e, bool expand, struct buf *out)
{
	print_inline(e, expand, EXPR_CHECK, out);
}

static size_t inline_width(const struct expr *e, enum expr_kind inside)
{
	struct buf text = BUF_INIT;
	size_t n;

	print_inline(e, false, inside, &text);
	n = text.len;
	buf_deinit(&text);
	return n;
}

static void new_line(struct buf *out, unsigned indent)
{
	buf_add_char(out, '\n');
	for (unsigned i = 0; i < indent; i++)
		buf_add_char(out, ' ');
}

static unsigned column(const struct buf *out)
{
	const char *nl = out->len ? memrchr(out->data, '\n', out->len) : NULL;

	return (unsigned)(nl ? out->len - (size_t)(nl + 1 - out->data) : out->len);
}

static void print_wrapped(const struct expr *e, enum expr_kind inside, unsigned indent,
			  struct buf *out);

/* Long lists of values go on in further lines. */
static void print_long_check(const struct check *c, unsigned indent, struct buf *out)
{
	struct buf text = BUF_INIT;

	print_operand(c->left, out);
	buf_addf(out, " %s%s%s (", rule_ops[c->op].name.data, c->modifier ? " " : "",
		 rule_modifiers[c->modifier].data);
	for (uint32_t i = 0; i < c->literal_count; i++) {
		buf_reset(&text);
		print_literal(c->literals[i].text, c->literals[i].quoted, &text);
		if (i)
			buf_add_char(out, ',');
		if (i && column(out) + text.len + 2 > PRINT_WIDTH + indent)
			new_line(out, indent + 4);
		else if (i)
			buf_add_char(out, ' ');
		buf_add(out, text.data, text.len);
	}
	buf_add_char(out, ')');
	buf_deinit(&text);
}

static void print_wrapped_group(const struct expr *e, unsigned indent, struct buf *out)
{
	for (uint32_t i = 0; i < e->group.count; i++) {
		if (i) {
			new_line(out, indent);
			buf_add_str(out, e->kind == EXPR_AND ? "and " : "or ");
		}
		/* "a and (b and c)" is "a and b and c": its parts stand in lines alike. */
		if (positive(e->group.items[i], false)->kind == e->kind)
			print_wrapped_group(positive(e->group.items[i], false), indent, out);
		else
			print_wrapped(e->group.items[i], e->kind, indent, out);
	}
}

static void print_wrapped(const struct expr *e, enum expr_kind inside, unsigned indent,
			  struct buf *out)
{
	bool brackets;

	e = positive(e, false);
	brackets = is_group(e) && inside != e->kind && inside != EXPR_CHECK;
	if (column(out) + inline_width(e, inside) <= PRINT_WIDTH + indent) {
		print_inline(e, false, inside, out);
		return;
	}
	switch (e->kind) {
	case EXPR_AND:
	case EXPR_OR:
		if (brackets)
			buf_add_char(out, '(');
		print_wrapped_group(e, brackets ? indent + 4 : indent, out);
		if (brackets)
			buf_add_char(out, ')');
		break;
	case EXPR_NOT:
		buf_add_str(out, "not ");
		print_wrapped(e->child, EXPR_NOT, indent, out);
		break;
	case EXPR_CHECK:
		if (e->check.right_in_parens && e->check.literal_count > 1) {
			print_long_check(&e->check, indent, out);
			break;
		}
		print_check(&e->check, out);
		break;
	case EXPR_MACRO:
		buf_add(out, e->macro.name.data, e->macro.name.len);
		break;
	}
}

void print_condition_wrapped(const struct expr *e, unsigned indent, struct buf *out)
{
	print_wrapped(e, EXPR_CHECK, indent, out);
}
