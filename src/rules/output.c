/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/output.h"

#include "base/utf8.h"
#include "rules/model_private.h"
#include "rules/operand_value.h"
#include "rules/parse.h"

struct compiler {
	struct ruleset *rs;
	const struct source *source;
	int event_source;
	bool skip_unknown, failed, unknown;
	VEC(struct output_piece) pieces;
	VEC(struct operand *) fields;
};

static bool same_field(const struct operand *a, const struct operand *b)
{
	return text_eq(a->text, b->text) && a->has_arg == b->has_arg && text_eq(a->arg, b->arg);
}

static void note_field(const struct operand *field, void *context)
{
	struct compiler *c = context;
	struct operand **slot;

	vec_foreach(known, &c->fields)
		if (same_field(*known, field))
			return;
	slot = vec_add(&c->fields);
	if (slot)
		*slot = (struct operand *)(uintptr_t)field;
}

static void add_text(struct compiler *c, uint32_t from, uint32_t to)
{
	struct output_piece *p;

	if (from == to)
		return;
	p = vec_add(&c->pieces);
	if (p)
		p->text = text_from(c->source->text.data + from, to - from);
}

static void fail(struct compiler *c, uint32_t at, const char *text)
{
	diag_error(c->rs->diags, source_place(c->source, at), "output", "%s", text);
	c->failed = true;
}

/* "%", digits, a field: returns where it ends. */
static uint32_t add_field(struct compiler *c, uint32_t at)
{
	struct text text = c->source->text;
	uint32_t start = at++, width = 0, end = at;
	struct parse_error err;
	struct output_piece *p;
	struct operand *o;

	while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9') {
		width = width * 10 + (uint32_t)(text.data[at++] - '0');
		width = width > OUTPUT_WIDTH_MAX ? OUTPUT_WIDTH_MAX : width;
	}
	if (at == text.len) {
		fail(c, start, "an output can't end with \"%\" or a width");
		return at;
	}
	/* Old rules end with it; whoever collects alerts adds the container's fields by itself. */
	if (text.len - at >= 14 && !memcmp(text.data + at, "container.info", 14)) {
		diag_warning(c->rs->diags, source_place(c->source, start), "deprecated",
			     "%%container.info is deprecated: it yields nothing");
		return at + 14;
	}
	o = parse_output_operand(&c->rs->arena, c->source, at, &end, &err);
	if (!o) {
		fail(c, err.at, err.text);
		return at;
	}
	switch (check_operand(c->rs, o, c->source, c->event_source, true, c->skip_unknown)) {
	case RULE_FINE:
		break;
	case RULE_UNKNOWN:
		c->unknown = true;
		return end;
	case RULE_BROKEN:
		c->failed = true;
		return end;
	}
	operand_fields(o, note_field, c);
	p = vec_add(&c->pieces);
	if (p) {
		p->operand = o;
		p->width = width;
	}
	return end;
}

static struct output *finish(struct compiler *c)
{
	struct output *o = arena_new(&c->rs->arena, struct output);

	if (o) {
		o->count = (uint32_t)c->pieces.len;
		o->field_count = (uint32_t)c->fields.len;
		o->pieces = arena_array(&c->rs->arena, struct output_piece, c->pieces.len + 1);
		o->fields = arena_array(&c->rs->arena, struct operand *, c->fields.len + 1);
	}
	if (!o || !o->pieces || !o->fields)
		return NULL;
	if (o->count)
		memcpy(o->pieces, c->pieces.items, o->count * sizeof(*o->pieces));
	if (o->field_count)
		memcpy(o->fields, c->fields.items, o->field_count * sizeof(*o->fields));
	return o;
}

struct output *output_compile(struct ruleset *rs, const struct source *s, int event_source,
			      bool skip_unknown)
{
	struct compiler c = {
		.rs = rs, .source = s, .event_source = event_source, .skip_unknown = skip_unknown
	};
	/* A leading "*" asked for alerts even if a field is missing: that is always so. */
	uint32_t at = s->text.len && s->text.data[0] == '*', from = at;
	struct output *o = NULL;

	while (at < s->text.len) {
		if (s->text.data[at] != '%') {
			at++;
			continue;
		}
		add_text(&c, from, at);
		from = at = add_field(&c, at);
	}
	add_text(&c, from, at);
	if (!c.failed && !c.unknown)
		o = finish(&c);
	vec_deinit(&c.pieces);
	vec_deinit(&c.fields);
	return o;
}

/* --- rendering ------------------------------------------------------------------------------------------ */

/* Several values that a condition looks at one by one: joined by blanks. */
static void render_any(const struct value *v, struct buf *out)
{
	for (uint32_t i = 0; i < v->len; i++) {
		if (i)
			buf_add_char(out, ' ');
		value_render(&v->items[i], out);
	}
}

static bool is_any(const struct operand *o)
{
	return o->kind == OPERAND_FIELD && o->field.def->flags & (FIELD_ANY | FIELD_EITHER);
}

static bool render_value(const struct operand *o, const struct event *ev, struct scratch *s,
			 struct buf *out)
{
	struct value v;

	if (!operand_read(o, ev, s, &v) || (v.list && !v.len && is_any(o)))
		return false;
	if (v.list && is_any(o))
		render_any(&v, out);
	else if (o->kind == OPERAND_FIELD && o->field.def->flags & FIELD_HEX)
		buf_addf(out, "%llX", (unsigned long long)v.u);
	else
		value_render(&v, out);
	return true;
}

static void add_padded(struct buf *out, struct text t, uint32_t width)
{
	uint32_t have = 0;

	for (uint32_t i = 0; i < t.len && have < width; have++) {
		size_t n = utf8_sequence((const unsigned char *)t.data + i, t.len - i);

		buf_add(out, t.data + i, n ? n : 1);
		i += (uint32_t)(n ? n : 1);
	}
	for (; have < width; have++)
		buf_add_char(out, ' ');
}

void output_render(const struct output *o, const struct event *ev, struct scratch *s,
		   struct buf *out)
{
	struct buf raw = BUF_INIT, safe = BUF_INIT;

	for (uint32_t i = 0; i < o->count; i++) {
		const struct output_piece *p = &o->pieces[i];

		if (!p->operand) {
			utf8_show(out, p->text);
			continue;
		}
		buf_reset(&raw);
		buf_reset(&safe);
		scratch_reset(s);
		if (!render_value(p->operand, ev, s, &raw)) {
			buf_reset(&raw);
			buf_add_str(&raw, "<NA>");
		}
		utf8_show(&safe, text_from(raw.data ? raw.data : "", raw.len));
		if (p->width)
			add_padded(out, text_from(safe.data ? safe.data : "", safe.len), p->width);
		else
			buf_add(out, safe.data, safe.len);
	}
	buf_deinit(&raw);
	buf_deinit(&safe);
}

void operand_name(const struct operand *field, struct buf *out)
{
	buf_add(out, field->text.data, field->text.len);
	if (!field->has_arg)
		return;
	buf_add_char(out, '[');
	buf_add(out, field->arg.data, field->arg.len);
	buf_add_char(out, ']');
}

static json_t *field_json(const struct operand *o, const struct event *ev, struct scratch *s)
{
	struct buf text = BUF_INIT;
	struct value v;
	json_t *j;

	if (o->field.def->flags & FIELD_RAW_TIME)
		return json_integer(ev->time_ns);
	if (!is_any(o) && !(o->field.def->flags & FIELD_HEX))
		return operand_read(o, ev, s, &v) ? value_json(&v) : json_null();
	if (is_any(o) && operand_read(o, ev, s, &v) && !v.list)
		return value_json(&v);
	scratch_reset(s);
	j = render_value(o, ev, s, &text) ?
		    utf8_json(text_from(text.data ? text.data : "", text.len)) :
		    json_null();
	buf_deinit(&text);
	return j;
}

json_t *output_fields_json(const struct output *o, const struct event *ev, struct scratch *s)
{
	json_t *all = json_object();

	for (uint32_t i = 0; i < o->field_count; i++) {
		struct buf name = BUF_INIT;
		json_t *value;

		scratch_reset(s);
		operand_name(o->fields[i], &name);
		value = field_json(o->fields[i], ev, s);
		if (!name.failed && name.data)
			json_object_set_new(all, name.data, value);
		else
			json_decref(value);
		buf_deinit(&name);
	}
	return all;
}
