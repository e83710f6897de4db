/* SPDX-License-Identifier: Apache-2.0 */
#include "base/glob.h"

#include <ctype.h>

#include "base/cleanup.h"

static const struct {
	struct text name;
	int (*is)(int);
} classes[] = {
	{ TEXT("alnum"), isalnum }, { TEXT("alpha"), isalpha }, { TEXT("blank"), isblank },
	{ TEXT("cntrl"), iscntrl }, { TEXT("digit"), isdigit }, { TEXT("graph"), isgraph },
	{ TEXT("lower"), islower }, { TEXT("print"), isprint }, { TEXT("punct"), ispunct },
	{ TEXT("space"), isspace }, { TEXT("upper"), isupper }, { TEXT("xdigit"), isxdigit },
};

static unsigned char fold(unsigned char c, bool nocase)
{
	return nocase && c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : c;
}

/* "[:name:]" at p[at]: its class, and where it ends; -1 if there is none. */
static int class_at(struct text p, uint32_t at, uint32_t *ret_end)
{
	uint32_t from = at + 2, to = from;

	if (at + 1 >= p.len || p.data[at + 1] != ':')
		return -1;
	while (to < p.len && islower((unsigned char)p.data[to]))
		to++;
	if (to + 1 >= p.len || p.data[to] != ':' || p.data[to + 1] != ']')
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		if (!text_eq(classes[i].name, text_from(p.data + from, to - from)))
			continue;
		*ret_end = to + 2;
		return (int)i;
	}
	return -1;
}

/* One end of a range: a byte, an escaped byte. */
static unsigned char range_end(struct text p, uint32_t *at)
{
	if (p.data[*at] == '\\' && *at + 1 < p.len)
		(*at)++;
	return (unsigned char)p.data[(*at)++];
}

/*
 * Matches c against the bracket expression that begins behind p[at - 1] == '['. Returns where it ends,
 * or 0 if it has no end: then the '[' stands for itself.
 */
static uint32_t bracket(struct text p, uint32_t at, unsigned char c, bool nocase, bool *ret_match)
{
	bool negate = at < p.len && (p.data[at] == '!' || p.data[at] == '^'), match = false;
	uint32_t first = at += negate;

	while (at < p.len && (p.data[at] != ']' || at == first)) {
		uint32_t end;
		int which = p.data[at] == '[' ? class_at(p, at, &end) : -1;
		unsigned char low, high;

		if (which >= 0) {
			/* In a folded match [[:upper:]] and [[:lower:]] are the same class. */
			match = match || classes[which].is(c) ||
				(nocase &&
				 (classes[which].is(tolower(c)) || classes[which].is(toupper(c))));
			at = end;
			continue;
		}
		low = high = fold(range_end(p, &at), nocase);
		if (at + 1 < p.len && p.data[at] == '-' && p.data[at + 1] != ']') {
			at++;
			high = fold(range_end(p, &at), nocase);
		}
		match = match || (low <= fold(c, nocase) && fold(c, nocase) <= high);
	}
	if (at >= p.len)
		return 0;
	*ret_match = match != negate;
	return at + 1;
}

/* Matches one byte against the pattern element at p[at]; where the next one begins, 0: no match. */
static uint32_t element(struct text p, uint32_t at, unsigned char c, bool nocase)
{
	bool match = false;
	uint32_t end;

	switch (p.data[at]) {
	case '?':
		return at + 1;
	case '[':
		end = bracket(p, at + 1, c, nocase, &match);
		if (end)
			return match ? end : 0;
		break;
	case '\\':
		if (at + 1 >= p.len)
			return 0; /* nothing is escaped: fnmatch() matches nothing */
		at++;
		break;
	default:
		break;
	}
	return fold((unsigned char)p.data[at], nocase) == fold(c, nocase) ? at + 1 : 0;
}

static bool match(struct text p, struct text s, bool nocase)
{
	uint32_t at = 0, i = 0, star = UINT32_MAX, resume = 0;

	while (i < s.len) {
		uint32_t next;

		if (at < p.len && p.data[at] == '*') {
			star = ++at;
			resume = i;
			continue;
		}
		next = at < p.len ? element(p, at, (unsigned char)s.data[i], nocase) : 0;
		if (next) {
			at = next;
			i++;
		} else if (star != UINT32_MAX) {
			at = star;
			i = ++resume;
		} else {
			return false;
		}
	}
	while (at < p.len && p.data[at] == '*')
		at++;
	return at == p.len;
}

bool glob_match(struct text pattern, struct text s)
{
	return match(pattern, s, false);
}

bool glob_match_nocase(struct text pattern, struct text s)
{
	return match(pattern, s, true);
}

bool glob_is_open(struct text pattern)
{
	bool star = false;

	for (uint32_t i = 0; i < pattern.len; i++) {
		star |= pattern.data[i] == '*';
		if (pattern.data[i] != '*' && pattern.data[i] != '?')
			return false;
	}
	return star;
}

bool glob_is_pattern(struct text pattern)
{
	for (uint32_t i = 0; i < pattern.len; i++)
		if (pattern.data[i] == '*' || pattern.data[i] == '?' || pattern.data[i] == '[')
			return true;
	return false;
}
