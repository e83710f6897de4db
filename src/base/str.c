/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

char *str_dup_n(const char *s, size_t n)
{
	return strndup(s, n);
}

char *str_format(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : s;
}

bool str_to_u64(const char *s, uint64_t *ret)
{
	char *end;
	uint64_t n;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	n = strtoull(s, &end, 10);
	if (errno || *end)
		return false;
	*ret = n;
	return true;
}

static const struct {
	const char *name;
	uint64_t ns;
} duration_units[] = {
	{ "ms", 1000000ULL },	       { "s", 1000000000ULL },	       { "m", 60 * 1000000000ULL },
	{ "h", 3600 * 1000000000ULL }, { "d", 86400 * 1000000000ULL },
};

bool str_to_duration(const char *s, uint64_t *ret_ns)
{
	uint64_t sum = 0;

	if (!*s)
		return false;
	while (*s) {
		uint64_t n, unit = 0;
		size_t len;
		char *end;

		if (*s < '0' || *s > '9')
			return false;
		errno = 0;
		n = strtoull(s, &end, 10);
		if (errno)
			return false;
		len = strspn(end, "abcdefghijklmnopqrstuvwxyz");
		if (!len)
			unit = 1000000000ULL;
		for (size_t i = 0; i < sizeof(duration_units) / sizeof(*duration_units); i++)
			if (strlen(duration_units[i].name) == len &&
			    !memcmp(duration_units[i].name, end, len))
				unit = duration_units[i].ns;
		if (!unit || (!len && *end))
			return false;
		if (__builtin_mul_overflow(n, unit, &n) || __builtin_add_overflow(sum, n, &sum))
			return false;
		s = end + len;
	}
	*ret_ns = sum;
	return true;
}

const char *str_grouped(uint64_t n)
{
	static char slots[8][32];
	static unsigned next;
	char *out = slots[next++ % 8], *p = out + 31;
	int digits = 0;

	*p = '\0';
	do {
		if (digits && digits % 3 == 0)
			*--p = ',';
		*--p = (char)('0' + n % 10);
		digits++;
	} while (n /= 10);
	return p;
}

size_t str_distance(const char *a, const char *b)
{
	enum { MAX = 64 };
	size_t n = strlen(a), m = strlen(b), row[3][MAX + 1];

	if (n > MAX || m > MAX)
		return MAX;
	for (size_t j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *cur = row[i % 3], *up = row[(i - 1) % 3], *upup = row[(i + 1) % 3];

		cur[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = up[j - 1] + (a[i - 1] != b[j - 1]);

			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (cur[j - 1] + 1 < best)
				best = cur[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    upup[j - 2] + 1 < best)
				best = upup[j - 2] + 1;
			cur[j] = best;
		}
	}
	return row[n % 3][m];
}

/* The length of the UTF-8 sequence at s that may be shown as it is, or 0. */
static size_t utf8_printable(const unsigned char *s, size_t len)
{
	size_t n = utf8_sequence(s, len);

	return n && s[0] != '\\' && !utf8_is_hidden(utf8_code_point(s, n)) ? n : 0;
}

void str_printable(char *out, size_t size, const char *in, size_t len)
{
	size_t at = 0, i = 0, cut = 0; /* cut: the last place that has room for "..." */

	if (!size)
		return;
	while (i < len) {
		size_t n = utf8_printable((const unsigned char *)in + i, len - i);
		char escaped[8];
		const char *from = in + i;
		size_t from_len = n;

		if (!n) {
			if (in[i] == '\\')
				from_len = (size_t)snprintf(escaped, sizeof(escaped), "\\\\");
			else
				from_len = (size_t)snprintf(escaped, sizeof(escaped), "\\x%02x",
							    (unsigned char)in[i]);
			from = escaped;
			n = 1;
		}
		if (at + from_len >= size) {
			at = cut;
			if (at + 4 <= size)
				memcpy(out + at, "...", 3), at += 3;
			break;
		}
		memcpy(out + at, from, from_len);
		at += from_len;
		i += n;
		if (at + 4 <= size)
			cut = at;
	}
	out[at] = '\0';
}

bool str_is_printable(const char *s)
{
	size_t n;

	for (size_t left = strlen(s); left; s += n, left -= n) {
		n = *s == '\\' ? 1 : utf8_printable((const unsigned char *)s, left);
		if (!n)
			return false;
	}
	return true;
}
