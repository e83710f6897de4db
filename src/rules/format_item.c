/* SPDX-License-Identifier: Apache-2.0 */
/* Values of an object's members: lists and maps in one line where they fit, else in lines of their own. */
#include "rules/format_private.h"

static bool is_flat(const struct yaml_node *n)
{
	for (uint32_t i = 0; n->kind == YAML_LIST && i < n->count; i++)
		if (n->items[i]->kind != YAML_SCALAR)
			return false;
	for (uint32_t i = 0; n->kind == YAML_MAP && i < n->count; i++)
		if (n->entries[i].value->kind != YAML_SCALAR)
			return false;
	return true;
}

static void add_flow(const struct yaml_node *n, struct buf *out)
{
	if (n->kind == YAML_SCALAR) {
		format_flow_scalar(n->text, n->plain, out);
		return;
	}
	buf_add_char(out, n->kind == YAML_LIST ? '[' : '{');
	for (uint32_t i = 0; i < n->count && !out->failed; i++) {
		buf_add_str(out, i ? ", " : "");
		if (n->kind == YAML_MAP) {
			format_flow_scalar(n->entries[i].key, true, out);
			buf_add_str(out, ": ");
		}
		add_flow(n->kind == YAML_LIST ? n->items[i] : n->entries[i].value, out);
	}
	buf_add_char(out, n->kind == YAML_LIST ? ']' : '}');
}

/* In one line, if it is no wider than there is room. */
static bool add_if_fits(const struct yaml_node *n, struct buf *out)
{
	struct buf line = { .limit = FORMAT_WIDTH };
	bool fits;

	add_flow(n, &line);
	fits = !line.failed && format_column(out) + line.len <= FORMAT_WIDTH;
	if (fits)
		buf_add(out, line.data, line.len);
	buf_deinit(&line);
	return fits;
}

/* Many values: as many in each line as fit. */
static void add_wrapped_list(const struct yaml_node *n, unsigned indent, struct buf *out)
{
	struct buf one = BUF_INIT;

	buf_add_char(out, '[');
	for (uint32_t i = 0; i < n->count; i++) {
		buf_reset(&one);
		add_flow(n->items[i], &one);
		buf_add_str(out, i ? "," : "");
		if (i && format_column(out) + one.len + 2 > FORMAT_WIDTH)
			format_new_line(out, indent);
		else if (i)
			buf_add_char(out, ' ');
		buf_add(out, one.data, one.len);
	}
	buf_add_char(out, ']');
	buf_deinit(&one);
}

static void add_node(const struct yaml_node *n, unsigned indent, unsigned depth, struct buf *out);

/* The lines of a map; the first key stands where out ends. */
static void add_entries(const struct yaml_node *n, unsigned indent, unsigned depth, struct buf *out)
{
	for (uint32_t i = 0; i < n->count && !out->failed; i++) {
		const struct yaml_entry *e = &n->entries[i];

		if (i)
			format_new_line(out, indent);
		format_flow_scalar(e->key, true, out);
		buf_add_char(out, ':');
		add_node(e->value, indent + 2, depth + 1, out);
	}
}

/* Whether a map reads well in one line: deeper ones do if they fit, others if they say little. */
static bool is_short(const struct yaml_node *n, unsigned depth)
{
	return n->kind == YAML_LIST || depth > 0 || (is_flat(n) && n->count <= 2);
}

static void add_items(const struct yaml_node *n, unsigned indent, unsigned depth, struct buf *out)
{
	for (uint32_t i = 0; i < n->count && !out->failed; i++) {
		const struct yaml_node *item = n->items[i];

		format_new_line(out, indent);
		buf_add_str(out, "- ");
		if (item->kind == YAML_SCALAR)
			format_scalar(item->text, item->plain, indent + 2, out);
		else if (is_short(item, depth) && add_if_fits(item, out))
			continue;
		else if (item->kind == YAML_MAP && item->count)
			add_entries(item, indent + 2, depth + 1, out);
		else
			add_wrapped_list(item, indent + 2, out);
	}
}

/* Of an object's own members: lists of maps, and maps of one member or of further maps. */
static bool wants_lines(const struct yaml_node *n)
{
	for (uint32_t i = 0; n->kind == YAML_MAP && i < n->count; i++)
		if (n->count == 1 || !is_flat(n->entries[i].value) ||
		    n->entries[i].value->kind == YAML_MAP)
			return true;
	return n->kind == YAML_LIST && !is_flat(n);
}

/* Behind a colon or a dash. */
static void add_node(const struct yaml_node *n, unsigned indent, unsigned depth, struct buf *out)
{
	buf_add_char(out, ' ');
	if (n->kind == YAML_SCALAR) {
		format_scalar(n->text, n->plain, indent, out);
	} else if (!n->count) {
		buf_add_str(out, n->kind == YAML_LIST ? "[]" : "{}");
	} else if ((depth == 0 && wants_lines(n)) || !add_if_fits(n, out)) {
		if (n->kind == YAML_LIST && is_flat(n)) {
			add_wrapped_list(n, indent, out);
			return;
		}
		out->data[--out->len] = '\0'; /* no blank at the end of the line */
		if (n->kind == YAML_LIST) {
			add_items(n, indent, depth, out);
			return;
		}
		format_new_line(out, indent);
		add_entries(n, indent, depth, out);
	}
}

void format_value(const struct yaml_node *n, unsigned indent, struct buf *out)
{
	add_node(n, indent, 0, out);
}
