/* SPDX-License-Identifier: Apache-2.0 */
#include "base/string_list.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

/* Takes text, which may be NULL. */
static bool add_owned(string_list *list, char *text)
{
	char **slot = text ? vec_add(list) : NULL;

	if (!slot) {
		free(text);
		return false;
	}
	*slot = text;
	return true;
}

bool string_list_add(string_list *list, const char *text)
{
	return add_owned(list, strdup(text));
}

bool string_list_addf(string_list *list, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	return add_owned(list, n < 0 ? NULL : text);
}

bool string_list_has(const string_list *list, const char *text)
{
	vec_foreach(s, list)
		if (str_eq(*s, text))
			return true;
	return false;
}

void string_list_deinit(string_list *list)
{
	vec_foreach(s, list)
		free(*s);
	vec_deinit(list);
}
