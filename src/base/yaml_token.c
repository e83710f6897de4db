/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml_token.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_break(char c)
{
	return c == '\n' || c == '\r';
}

/* What is between the quotes; without data: it is not where it is said to be. */
static struct text raw_of(struct fy_token *token, struct text content)
{
	const struct fy_mark *start = fy_token_start_mark(token), *end = fy_token_end_mark(token);

	if (!start || !end || !start->input_pos || end->input_pos < start->input_pos ||
	    end->input_pos >= content.len || content.data[start->input_pos - 1] != '\'' ||
	    content.data[end->input_pos] != '\'')
		return TEXT_NONE;
	return text_from(content.data + start->input_pos,
			 (uint32_t)(end->input_pos - start->input_pos));
}

/* Lines are folded: one end of a line is a blank, more are one less, and blanks around them nothing. To behind them. */
static uint32_t fold(struct text raw, uint32_t i, struct buf *out)
{
	unsigned breaks = 0;

	while (out->len && is_blank(out->data[out->len - 1]))
		out->len--;
	while (i < raw.len && (is_blank(raw.data[i]) || is_break(raw.data[i]))) {
		breaks += is_break(raw.data[i]);
		i += raw.data[i] == '\r' && i + 1 < raw.len && raw.data[i + 1] == '\n' ? 2 : 1;
	}
	if (breaks == 1)
		buf_add_char(out, ' ');
	for (; breaks > 1; breaks--)
		buf_add_char(out, '\n');
	return i;
}

static void unquote(struct text raw, struct buf *out)
{
	uint32_t i = 0;

	while (i < raw.len) {
		uint32_t from = i;

		while (i < raw.len && raw.data[i] != '\'' && !is_break(raw.data[i]))
			i++;
		buf_add(out, raw.data + from, i - from);
		if (i < raw.len && raw.data[i] == '\'') {
			buf_add_char(out, '\'');
			i += 2;
		} else if (i < raw.len) {
			i = fold(raw, i, out);
		}
	}
}

struct text yaml_token_text(struct fy_token *token, struct text content, struct buf *room)
{
	struct text raw = TEXT_NONE;
	size_t len = 0;
	const char *data;

	if (token && fy_token_scalar_style(token) == FYSS_SINGLE_QUOTED)
		raw = raw_of(token, content);
	if (raw.data && memmem(raw.data, raw.len, "''", 2)) {
		buf_reset(room);
		unquote(raw, room);
		return room->failed ? TEXT_NONE : text_from(room->data, room->len);
	}
	data = token ? fy_token_get_text(token, &len) : NULL;
	return data ? text_from(data, len) : TEXT_NONE;
}
