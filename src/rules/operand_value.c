/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/operand_value.h"

#include <ctype.h>

/* --- one text ----------------------------------------------------------------------------------------- */

static bool map_bytes(struct text in, int (*fn)(int), struct scratch *s, struct text *ret)
{
	char *out = scratch_alloc(s, in.len + 1);

	if (!out)
		return false;
	for (uint32_t i = 0; i < in.len; i++) {
		unsigned char c = (unsigned char)in.data[i];

		out[i] = (char)(c < 0x80 ? fn(c) : c);
	}
	*ret = text_from(out, in.len);
	return true;
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* With or without "=" at the end; false if there is anything else in it. */
static bool decode_base64(struct text in, struct scratch *s, struct text *ret)
{
	char *out = scratch_alloc(s, in.len + 1);
	uint32_t n = 0, bits = 0, have = 0;

	while (in.len && in.data[in.len - 1] == '=')
		in.len--;
	if (!out || in.len % 4 == 1)
		return false;
	for (uint32_t i = 0; i < in.len; i++) {
		int digit = base64_digit(in.data[i]);

		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have & 255);
		}
	}
	*ret = text_from(out, n);
	return true;
}

static bool transform_text(enum rule_transform which, struct text in, struct scratch *s,
			   struct text *ret)
{
	switch (which) {
	case TRANSFORM_TOLOWER:
		return map_bytes(in, tolower, s, ret);
	case TRANSFORM_TOUPPER:
		return map_bytes(in, toupper, s, ret);
	case TRANSFORM_B64:
		return decode_base64(in, s, ret);
	case TRANSFORM_BASENAME:
		*ret = text_basename(in);
		return true;
	default:
		return false;
	}
}

static bool transform_value(enum rule_transform which, const struct value *in, struct scratch *s,
			    struct value *ret)
{
	struct text out;

	*ret = *in;
	if (!transform_text(which, value_text(in), s, &out))
		return false;
	ret->string = out.data;
	ret->len = out.len;
	return true;
}

static bool transform_each(enum rule_transform which, const struct value *in, struct scratch *s,
			   struct value *ret)
{
	struct value *items;

	if (!in->list)
		return transform_value(which, in, s, ret);
	items = scratch_alloc(s, (uint32_t)(in->len * sizeof(*items)));
	if (!items)
		return false;
	for (uint32_t i = 0; i < in->len; i++)
		if (!transform_value(which, &in->items[i], s, &items[i]))
			return false;
	*ret = *in;
	ret->items = items;
	return true;
}

/* Strings end at a NUL for whoever counts their characters; bytes do not. */
static uint64_t length(const struct value *v)
{
	const char *nul;

	if (v->list || v->type == VALUE_BYTES)
		return v->len;
	nul = v->len ? memchr(v->string, '\0', v->len) : NULL;
	return nul ? (uint64_t)(nul - v->string) : v->len;
}

/* --- several ------------------------------------------------------------------------------------------- */

static bool read_list(const struct operand *o, const struct event *ev, struct scratch *s,
		      struct value *ret)
{
	struct value *items = scratch_alloc(s, (uint32_t)(o->count * sizeof(*items)));

	if (!items)
		return false;
	for (uint32_t i = 0; i < o->count; i++)
		if (!operand_read(o->items[i], ev, s, &items[i]))
			return false;
	*ret = (struct value){ .items = items, .len = o->count, .type = VALUE_STRING, .list = true };
	return true;
}

static bool read_join(const struct operand *o, const struct event *ev, struct scratch *s,
		      struct value *ret)
{
	struct value separator, list;
	struct scratch_text t;
	struct text text;

	if (!operand_read(o->items[0], ev, s, &separator) ||
	    !operand_read(o->items[1], ev, s, &list))
		return false;
	t = scratch_begin(s);
	for (uint32_t i = 0; i < list.len; i++) {
		if (i)
			scratch_add(&t, value_text(&separator));
		scratch_add(&t, value_text(&list.items[i]));
	}
	if (!scratch_end(&t, &text))
		return false;
	*ret = value_of_text(text);
	return true;
}

static bool read_concat(const struct operand *o, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	struct scratch_text t;
	struct text text;
	struct value all;

	if (!read_list(o, ev, s, &all))
		return false;
	t = scratch_begin(s);
	for (uint32_t i = 0; i < all.len; i++)
		scratch_add(&t, value_text(&all.items[i]));
	if (!scratch_end(&t, &text))
		return false;
	*ret = value_of_text(text);
	return true;
}

/* --- getopt ---------------------------------------------------------------------------------------------- */

struct options {
	bool known[256], with_value[256];
};

static void parse_options(struct text letters, struct options *o)
{
	*o = (struct options){ 0 };
	for (uint32_t i = letters.len && letters.data[0] == ':'; i < letters.len; i++) {
		unsigned char c = (unsigned char)letters.data[i];

		if (c == ':')
			continue;
		o->known[c] = true;
		if (i + 1 < letters.len && letters.data[i + 1] == ':') {
			o->with_value[c] = true;
			i++;
		}
	}
}

struct getopt_run {
	struct value *out; /* room for two per argument byte */
	uint32_t count;
	bool picking; /* only the option called wanted, the last one of it */
	unsigned char wanted;
	bool found;
	struct text picked;
};

static void emit(struct getopt_run *run, struct text t)
{
	run->out[run->count++] = value_of_text(t);
}

static void emit_option(struct getopt_run *run, struct text name, const struct text *value)
{
	if (run->picking) {
		run->found = true;
		run->picked = value ? *value : name;
		return;
	}
	emit(run, name);
	if (value)
		emit(run, *value);
}

/* One "-abc" of the arguments; *next is the argument behind it, which may be taken as a value. */
static void scan_cluster(struct getopt_run *run, const struct options *o, const struct value *args,
			 uint32_t *next)
{
	struct text arg = value_text(&args->items[*next - 1]), value;

	for (uint32_t i = 1; i < arg.len; i++) {
		unsigned char c = (unsigned char)arg.data[i];
		struct text name = text_from(arg.data + i, 1);
		bool matches = !run->picking || c == run->wanted;

		if (c == ':' || !o->known[c]) {
			if (!run->picking)
				emit(run, TEXT("?"));
			continue;
		}
		if (!o->with_value[c]) {
			if (matches)
				emit_option(run, name, NULL);
			continue;
		}
		if (i + 1 < arg.len) {
			value = text_from(arg.data + i + 1, arg.len - i - 1);
		} else if (*next < args->len) {
			value = value_text(&args->items[(*next)++]);
		} else {
			if (matches)
				emit_option(run, TEXT(""), NULL);
			return;
		}
		if (matches)
			emit_option(run, name, &value);
		return;
	}
}

static bool read_getopt(const struct operand *o, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	struct getopt_run run = { .picking = o->has_arg };
	struct value args, letters;
	struct options options;
	uint32_t most = 0;

	if (!operand_read(o->items[1], ev, s, &letters) || !operand_read(o->items[0], ev, s, &args))
		return false;
	parse_options(value_text(&letters), &options);
	for (uint32_t i = 0; i < args.len; i++)
		most += args.items[i].len + 1;
	run.out = scratch_alloc(s, (uint32_t)(2 * most * sizeof(*run.out)));
	if (!run.out)
		return false;
	if (run.picking)
		run.wanted = (unsigned char)o->arg.data[0];
	for (uint32_t i = 0; i < args.len;) {
		struct text arg = value_text(&args.items[i++]);

		if (text_eq_str(arg, "--") || arg.len < 2 || arg.data[0] != '-')
			break;
		if (arg.data[1] != '-') /* long options are passed over */
			scan_cluster(&run, &options, &args, &i);
	}
	if (run.picking) {
		*ret = value_of_text(run.picked);
		return run.found;
	}
	*ret = (struct value){
		.items = run.out, .len = run.count, .type = VALUE_STRING, .list = true
	};
	return true;
}

/* --- all ------------------------------------------------------------------------------------------------- */

static bool read_transform(const struct operand *o, const struct event *ev, struct scratch *s,
			   struct value *ret)
{
	struct value in;

	switch (o->transform) {
	case TRANSFORM_JOIN:
		return read_join(o, ev, s, ret);
	case TRANSFORM_CONCAT:
		return read_concat(o, ev, s, ret);
	case TRANSFORM_GETOPT:
		return read_getopt(o, ev, s, ret);
	case TRANSFORM_VAL:
		return operand_read(o->items[0], ev, s, ret);
	case TRANSFORM_LEN:
		if (!operand_read(o->items[0], ev, s, &in))
			return false;
		*ret = (struct value){ .u = length(&in), .type = VALUE_UINT };
		return true;
	default:
		return operand_read(o->items[0], ev, s, &in) &&
		       transform_each(o->transform, &in, s, ret);
	}
}

bool operand_read(const struct operand *o, const struct event *ev, struct scratch *s,
		  struct value *ret)
{
	switch (o->kind) {
	case OPERAND_FIELD:
		return field_read(&o->field, ev, s, ret);
	case OPERAND_TRANSFORM:
		return read_transform(o, ev, s, ret);
	case OPERAND_TEXT:
		*ret = value_of_text(o->text);
		return true;
	case OPERAND_LIST:
		return read_list(o, ev, s, ret);
	}
	return false;
}

void operand_fields(const struct operand *o, void (*fn)(const struct operand *field, void *context),
		    void *context)
{
	if (o->kind == OPERAND_FIELD)
		fn(o, context);
	for (uint32_t i = 0; i < o->count; i++)
		operand_fields(o->items[i], fn, context);
}
