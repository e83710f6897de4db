/* SPDX-License-Identifier: Apache-2.0 */
/* A borrowed string: bytes with a length, not necessarily NUL-terminated. data NULL: there is none. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	const char *data;
	uint32_t len;
};

#define TEXT_NONE ((struct text){ NULL, 0 })
#define TEXT(literal) ((struct text){ literal, sizeof(literal) - 1 })

static inline struct text text_of(const char *s)
{
	return s ? (struct text){ s, (uint32_t)strlen(s) } : TEXT_NONE;
}

static inline struct text text_from(const char *data, size_t len)
{
	return (struct text){ data, (uint32_t)len };
}

static inline bool text_eq(struct text a, struct text b)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): with a length there is data */
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool text_eq_str(struct text a, const char *s)
{
	return strlen(s) == a.len && (a.len == 0 || memcmp(a.data, s, a.len) == 0);
}

static inline bool text_starts(struct text s, struct text prefix)
{
	return s.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(s.data, prefix.data, prefix.len) == 0);
}

static inline bool text_ends(struct text s, struct text suffix)
{
	return s.len >= suffix.len && (suffix.len == 0 || memcmp(s.data + s.len - suffix.len,
								 suffix.data, suffix.len) == 0);
}

/* Byte-wise, the shorter first where one is the beginning of the other: what strcmp() says. */
static inline int text_compare(struct text a, struct text b)
{
	uint32_t n = a.len < b.len ? a.len : b.len;
	int r = n ? memcmp(a.data, b.data, n) : 0;

	return r ? r : (a.len > b.len) - (a.len < b.len);
}

static inline bool text_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without the blanks and line breaks around it. */
static inline struct text text_trim(struct text t)
{
	while (t.len && text_is_blank(t.data[0]))
		t = text_from(t.data + 1, t.len - 1);
	while (t.len && text_is_blank(t.data[t.len - 1]))
		t.len--;
	return t;
}

/* What is behind the last slash; all of it if there is none. */
static inline struct text text_basename(struct text path)
{
	const char *slash = path.len ? memrchr(path.data, '/', path.len) : NULL;

	return slash ? text_from(slash + 1, path.len - (size_t)(slash + 1 - path.data)) : path;
}
