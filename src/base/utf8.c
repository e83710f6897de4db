/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"

static const char replacement[] = "\xef\xbf\xbd";

size_t utf8_sequence(const unsigned char *s, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c;
	size_t n;

	if (!len)
		return 0;
	if (s[0] < 0x80)
		return 1;
	n = s[0] >= 0xf0 && s[0] < 0xf5 ? 4 :
	    s[0] >= 0xe0 && s[0] < 0xf0 ? 3 :
	    s[0] >= 0xc2 && s[0] < 0xe0 ? 2 :
					  0;
	if (!n || n > len)
		return 0;
	c = s[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	return c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

bool utf8_valid(struct text t)
{
	for (uint32_t i = 0; i < t.len;) {
		size_t n = utf8_sequence((const unsigned char *)t.data + i, t.len - i);

		if (!n)
			return false;
		i += (uint32_t)n;
	}
	return true;
}

size_t utf8_mend_into(char *out, size_t size, struct text t)
{
	size_t at = 0;

	for (uint32_t i = 0; i < t.len;) {
		size_t n = utf8_sequence((const unsigned char *)t.data + i, t.len - i);
		const char *from = n ? t.data + i : replacement;
		size_t len = n ? n : sizeof(replacement) - 1;

		if (len > size - at)
			break;
		memcpy(out + at, from, len);
		at += len;
		i += (uint32_t)(n ? n : 1);
	}
	return at;
}

void utf8_mend(struct buf *out, struct text t)
{
	uint32_t start = 0;

	if (!t.len)
		return;
	for (uint32_t i = 0; i < t.len;) {
		size_t n = utf8_sequence((const unsigned char *)t.data + i, t.len - i);

		if (!n) {
			buf_add(out, t.data + start, i - start);
			buf_add_str(out, replacement);
			start = i + 1;
			n = 1;
		}
		i += (uint32_t)n;
	}
	buf_add(out, t.data + start, t.len - start);
}

uint32_t utf8_code_point(const unsigned char *s, size_t n)
{
	uint32_t c = n == 1 ? s[0] : s[0] & (0xffu >> (n + 1));

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3f);
	return c;
}

/*
 * In order. Beside controls and ends of lines: category Cf but for the marks before Arabic and Kaithi numbers, which
 * are seen, and Default_Ignorable_Code_Point, which no font shows (Unicode 15).
 */
static const struct {
	uint32_t first, last;
} hidden
	[] = {
		{ 0, 0x1f },	      { 0x7f, 0x9f },
		{ 0xad, 0xad },				/* soft hyphen */
		{ 0x34f, 0x34f },     { 0x61c, 0x61c }, /* direction, as 200e and 200f */
		{ 0x115f, 0x1160 },			/* fillers of Hangul, as 3164 and ffa0 */
		{ 0x17b4, 0x17b5 },   { 0x180b, 0x180f },
		{ 0x200b, 0x200f }, /* no width; joiners; direction */
		{ 0x2028, 0x202e }, /* ends of lines; direction */
		{ 0x2060, 0x206f },   { 0x3164, 0x3164 },
		{ 0xfe00, 0xfe0f }, /* variants of the character before, as e0100 and on */
		{ 0xfeff, 0xfeff }, /* the mark of byte order */
		{ 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },
		{ 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff }, /* tags: ASCII that nobody sees */
	};

bool utf8_is_hidden(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_SIZE(hidden) && c >= hidden[i].first; i++)
		if (c <= hidden[i].last)
			return true;
	return false;
}

void utf8_show(struct buf *out, struct text t)
{
	uint32_t start = 0;

	for (uint32_t i = 0; i < t.len;) {
		const unsigned char *s = (const unsigned char *)t.data + i;
		size_t n = utf8_sequence(s, t.len - i);
		uint32_t c = n ? utf8_code_point(s, n) : 0;

		if (n && !utf8_is_hidden(c)) {
			i += (uint32_t)n;
			continue;
		}
		buf_add(out, t.data + start, i - start);
		if (!n)
			buf_add_str(out, "\xef\xbf\xbd");
		else if (c == '\n' || c == '\r' || c == '\t')
			buf_add_str(out, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
		else
			buf_addf(out, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
		i += (uint32_t)(n ? n : 1);
		start = i;
	}
	if (t.len > start)
		buf_add(out, t.data + start, t.len - start);
}

void utf8_show_start(struct buf *out, struct text t, uint32_t most)
{
	if (t.len <= most) {
		utf8_show(out, t);
		return;
	}
	for (int i = 0; i < 3 && most && ((unsigned char)t.data[most] & 0xc0) == 0x80; i++)
		most--;
	utf8_show(out, text_from(t.data, most));
	buf_add_str(out, "...");
}

const char *utf8_json_escape(char out[13], uint32_t c)
{
	if (c > 0xffff)
		snprintf(out, 13, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10 & 0x3ff),
			 0xdc00 + (c & 0x3ff));
	else
		snprintf(out, 13, "\\u%04x", c);
	return out;
}

char *utf8_json_text(const json_t *v, size_t flags)
{
	char *plain = json_dumps(v, flags);
	struct text t = text_of(plain);
	struct buf out = BUF_INIT;
	uint32_t start = 0;

	for (uint32_t i = 0; i < t.len;) {
		const unsigned char *s = (const unsigned char *)t.data + i;
		size_t n = utf8_sequence(s, t.len - i);
		uint32_t c = n ? utf8_code_point(s, n) : 0;
		char escape[13];

		if (c >= 0x7f && utf8_is_hidden(c)) {
			buf_add(&out, t.data + start, i - start);
			buf_add_str(&out, utf8_json_escape(escape, c));
			start = i + (uint32_t)n;
		}
		i += (uint32_t)(n ? n : 1);
	}
	if (!start) {
		buf_deinit(&out);
		return plain;
	}
	buf_add(&out, t.data + start, t.len - start);
	free(plain);
	return buf_take(&out);
}

json_t *utf8_json(struct text t)
{
	struct buf mended = BUF_INIT;
	json_t *v;

	if (!t.data)
		return json_null();
	if (utf8_valid(t))
		return json_stringn(t.data, t.len);
	utf8_mend(&mended, t);
	v = mended.failed ? NULL : json_stringn(mended.data, mended.len);
	buf_deinit(&mended);
	return v;
}
