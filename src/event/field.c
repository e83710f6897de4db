/* SPDX-License-Identifier: Apache-2.0 */
#include "event/field.h"

#include "base/str.h"

const struct field_def *field_find(struct text name)
{
	for (uint32_t i = 0; i < event_field_count; i++)
		if (text_eq(event_fields[i].name, name))
			return &event_fields[i];
	return NULL;
}

static size_t common_prefix(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

/* The fewest edits; among equals the one that begins alike, and one that only goes on is closest. */
const char *field_suggest(struct text name)
{
	size_t least = name.len / 4 + 2, longest = 0;
	const char *best = NULL;
	char text[64];

	if (!name.len || name.len >= sizeof(text))
		return NULL;
	memcpy(text, name.data, name.len);
	text[name.len] = '\0';
	for (uint32_t i = 0; i < event_field_count; i++) {
		const char *known = event_fields[i].name.data;
		size_t edits, same = common_prefix(text, known);

		if (event_fields[i].flags & FIELD_DEPRECATED)
			continue;
		edits = same == name.len && name.len > 5 ? 1 : str_distance(text, known);
		if (edits < least || (best && edits == least && same > longest)) {
			least = edits;
			longest = same;
			best = known;
		}
	}
	return best;
}

/* A whole decimal number of up to nine digits; -1 if it is something else. */
static int64_t index_of(struct text arg)
{
	int64_t n = 0;

	if (!arg.len || arg.len > 9)
		return -1;
	for (uint32_t i = 0; i < arg.len; i++) {
		if (arg.data[i] < '0' || arg.data[i] > '9')
			return -1;
		n = n * 10 + (arg.data[i] - '0');
	}
	return n;
}

static uint8_t param_type(enum event_param_kind kind)
{
	switch (kind) {
	case PARAM_TEXT:
	case PARAM_PATH:
		return VALUE_STRING;
	case PARAM_BYTES:
		return VALUE_BYTES;
	case PARAM_UINT:
	case PARAM_OCTAL:
	case PARAM_HEX:
	case PARAM_NAMES:
		return VALUE_UINT;
	case PARAM_UID:
	case PARAM_GID:
		return VALUE_UINT32;
	default:
		return VALUE_INT;
	}
}

/* "evt.arg.flags", "evt.rawarg.size": the parameter's number becomes the index. */
static enum field_problem bind_param(struct text name, struct field_ref *ret)
{
	struct text param = text_from(name.data + ret->def->name.len + 1,
				      name.len - ret->def->name.len - 1);
	int id = event_param_id(param);

	if (id < 0)
		return FIELD_UNKNOWN_PARAM;
	ret->index = id;
	ret->key = param;
	if (!text_eq(ret->def->name, TEXT("evt.arg")))
		ret->type = param_type(event_param_first(id)->kind);
	return FIELD_OK;
}

static enum field_problem bind_arg(bool has_arg, struct text arg, struct field_ref *ret)
{
	enum field_arg_kind kind = (enum field_arg_kind)ret->def->arg;
	bool needed = kind == FIELD_ARG_INDEX_NEEDED || kind == FIELD_ARG_KEY_NEEDED ||
		      kind == FIELD_ARG_EITHER_NEEDED || kind == FIELD_ARG_DOTTED;

	if (!has_arg)
		return needed ? FIELD_ARG_MISSING : FIELD_OK;
	if (kind == FIELD_ARG_NONE)
		return FIELD_ARG_UNWANTED;
	ret->has_arg = true;
	ret->key = arg;
	ret->index = kind == FIELD_ARG_KEY || kind == FIELD_ARG_KEY_NEEDED ? -1 : index_of(arg);
	if (ret->index >= 0 && kind == FIELD_ARG_DOTTED)
		ret->key = TEXT_NONE;
	if (ret->index < 0 &&
	    (kind == FIELD_ARG_INDEX || kind == FIELD_ARG_INDEX_NEEDED || kind == FIELD_ARG_DOTTED))
		return FIELD_ARG_NOT_NUMBER;
	return FIELD_OK;
}

enum field_problem field_bind(struct text name, bool has_arg, struct text arg,
			      struct field_ref *ret)
{
	static const struct text dotted[] = { TEXT("evt.arg."), TEXT("evt.rawarg.") };

	*ret = (struct field_ref){ .index = -1 };
	ret->def = field_find(name);
	if (ret->def) {
		ret->type = ret->def->type;
		return bind_arg(has_arg, arg, ret);
	}
	for (int i = 0; i < 2; i++) {
		if (!text_starts(name, dotted[i]))
			continue;
		ret->def = field_find(text_from(dotted[i].data, dotted[i].len - 1));
		ret->type = ret->def->type;
		return has_arg ? FIELD_ARG_UNWANTED : bind_param(name, ret);
	}
	return FIELD_UNKNOWN;
}
