/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdint.h>

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

/* Of a well-formed sequence of n bytes, of at most three; those of four are characters that are seen. */
static uint32_t code_point(const unsigned char *s, size_t n)
{
	return n == 1 ? s[0] :
	       n == 2 ? (s[0] & 31u) << 6 | (s[1] & 63u) :
	       n == 3 ? (s[0] & 15u) << 12 | (s[1] & 63u) << 6 | (s[2] & 63u) :
			0xffff;
}

/* Controls; and of direction, which make a person read what is not there; and what ends lines. */
static bool is_hidden(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029;
}

void utf8_show(struct buf *out, struct text t)
{
	uint32_t start = 0;

	for (uint32_t i = 0; i < t.len;) {
		const unsigned char *s = (const unsigned char *)t.data + i;
		size_t n = utf8_sequence(s, t.len - i);
		uint32_t c = code_point(s, n);

		if (n && !is_hidden(c)) {
			i += (uint32_t)n;
			continue;
		}
		buf_add(out, t.data + start, i - start);
		if (!n)
			buf_add_str(out, "\xef\xbf\xbd");
		else if (c == '\n' || c == '\r' || c == '\t')
			buf_add_str(out, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
		else
			buf_addf(out, "\\u%04x", c);
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

char *utf8_json_text(const json_t *v, size_t flags)
{
	char *plain = json_dumps(v, flags);
	struct text t = text_of(plain);
	struct buf out = BUF_INIT;
	uint32_t start = 0;

	for (uint32_t i = 0; i < t.len;) {
		const unsigned char *s = (const unsigned char *)t.data + i;
		size_t n = utf8_sequence(s, t.len - i);
		uint32_t c = code_point(s, n);

		if (n && c >= 0x7f && is_hidden(c)) {
			buf_add(&out, t.data + start, i - start);
			buf_addf(&out, "\\u%04x", c);
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
