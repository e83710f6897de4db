/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/path_pattern.h"

#include <ctype.h>

#include "base/buf.h"
#include "base/str.h"

static unsigned hex_value(char c)
{
	return (unsigned)(isdigit((unsigned char)c) ? c - '0' :
						      tolower((unsigned char)c) - 'a' + 10);
}

struct path_token path_token_next(const char **at)
{
	static const char *const numbers[] = { "@{pid}", "@{tid}" };
	const char *p = *at;

	if (!*p)
		return (struct path_token){ .kind = PATH_TOKEN_END };
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (str_starts(p, numbers[i])) {
			*at = p + strlen(numbers[i]);
			return (struct path_token){ .kind = PATH_TOKEN_NUMBER };
		}
	}
	if (*p == '*') {
		size_t stars = strspn(p, "*");

		*at = p + stars;
		return (struct path_token){ .kind = stars > 1 ? PATH_TOKEN_DEEP : PATH_TOKEN_STAR };
	}
	if (p[0] == '\\' && p[1] == 'x' && isxdigit((unsigned char)p[2]) &&
	    isxdigit((unsigned char)p[3])) {
		*at = p + 4;
		return (struct path_token){ PATH_TOKEN_BYTE,
					    (unsigned char)(hex_value(p[2]) << 4 | hex_value(p[3])),
					    true };
	}
	*at = p + 1;
	return (struct path_token){ PATH_TOKEN_BYTE, (unsigned char)*p, false };
}

bool path_is_exact(const char *path)
{
	for (;;) {
		struct path_token t = path_token_next(&path);

		if (t.kind == PATH_TOKEN_END)
			return true;
		if (t.kind != PATH_TOKEN_BYTE)
			return false;
	}
}

char *path_literal_prefix(const char *path)
{
	struct buf out = BUF_INIT;

	buf_add_str(&out, "");
	for (;;) {
		struct path_token t = path_token_next(&path);

		if (t.kind != PATH_TOKEN_BYTE)
			return buf_take(&out);
		buf_add_char(&out, (char)t.byte);
	}
}

char *path_literal_suffix(const char *path)
{
	const char *end = path;

	for (struct path_token t; (t = path_token_next(&path)).kind != PATH_TOKEN_END;)
		if (t.kind != PATH_TOKEN_BYTE)
			end = path;
	return path_literal_prefix(end);
}

bool path_may_meet(const char *a, const char *b)
{
	cleanup_free char *begin_a = path_literal_prefix(a), *begin_b = path_literal_prefix(b);
	cleanup_free char *end_a = path_literal_suffix(a), *end_b = path_literal_suffix(b);

	if (!begin_a || !begin_b || !end_a || !end_b)
		return true;
	if (path_is_exact(a) && path_is_exact(b))
		return str_eq(begin_a, begin_b);
	return (str_starts(begin_a, begin_b) || str_starts(begin_b, begin_a)) &&
	       (str_ends(end_a, end_b) || str_ends(end_b, end_a));
}

bool path_is_below(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	return str_starts(path, directory) && (!path[n] || path[n] == '/');
}
