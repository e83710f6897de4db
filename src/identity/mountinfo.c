/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/mountinfo.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

static bool is_octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' &&
	       s[2] <= '7';
}

/* mangle() of fs/seq_file.c: blank, tab, newline and backslash are three octal digits. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s == '\\' && is_octal(s + 1)) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* Id, parent, device, root, point, options, any number of optional fields, "-", type, source, super. */
static bool line_parse(char *line, struct mountinfo *ret)
{
	const char **const before[] = { NULL,	    NULL,	 &ret->device,
					&ret->root, &ret->point, &ret->options };
	const char **const after[] = { &ret->type, &ret->source, &ret->super };
	char *dash = strstr(line, " - "), *word, *rest = line;

	if (!dash)
		return false;
	*dash = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		word = strsep(&rest, " ");
		if (!word)
			return false;
		unescape(word);
		if (before[i])
			*before[i] = word;
	}
	rest = dash + 3;
	for (size_t i = 0; i < ARRAY_SIZE(after); i++) {
		word = strsep(&rest, " ");
		if (!word)
			return false;
		unescape(word);
		*after[i] = word;
	}
	return true;
}

bool mountinfo_next(char **at, struct mountinfo *ret)
{
	char *line;

	while (*at && **at) {
		line = strsep(at, "\n");
		if (line_parse(line, ret))
			return true;
	}
	return false;
}

bool mountinfo_has(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, word, n) && (at[n] == ',' || !at[n]))
			return true;
	}
	return false;
}
