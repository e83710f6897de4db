/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/config_secret.h"

#include <ctype.h>
#include <strings.h>

#include "base/mask.h"
#include "base/secret.h"
#include "base/str.h"

enum {
	NAME_LEN_MAX = 80,
	VALUE_MIN = 4,
	LINE_MAX_LEN = 64 << 10, /* longer ones are data, and looked at as far as that */
};

/* The next one, without blanks around it; false at the end. */
static bool next_line(struct text *content, struct text *ret)
{
	const char *nl = content->len ? memchr(content->data, '\n', content->len) : NULL;
	uint32_t len = nl ? (uint32_t)(nl - content->data) : content->len;

	if (!content->len)
		return false;
	*ret = text_trim(text_from(content->data, len < LINE_MAX_LEN ? len : LINE_MAX_LEN));
	*content = text_from(content->data + len + (nl != NULL), content->len - len - (nl != NULL));
	return true;
}

static bool is_comment(struct text line)
{
	return text_starts(line, TEXT("#")) || text_starts(line, TEXT("// ")) ||
	       text_starts(line, TEXT("<!--")) || text_starts(line, TEXT("-- "));
}

static struct text unquoted(struct text t)
{
	while (t.len && strchr("\"' ", *t.data))
		t = text_from(t.data + 1, t.len - 1);
	while (t.len && strchr("\"' ,;", t.data[t.len - 1]))
		t.len--;
	return t;
}

static bool is_name(struct text t)
{
	return t.len && t.len < NAME_LEN_MAX && !memchr(t.data, ' ', t.len);
}

/* What is put there later: "$NAME", "<name>", "{{ .name }}", "%(name)s". */
static bool is_placeholder(struct text t)
{
	return !t.len || strchr("$<{%*", *t.data);
}

/* --- one name, one value ------------------------------------------------------------------------- */

/* "name: value", "name=value", and "export name=value" */
static bool find_pair(struct text line, struct text *ret_name)
{
	static const struct text words[] = { TEXT("export "), TEXT("set "), TEXT("ENV ") };
	uint32_t at = 0;
	struct text name, value;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (text_starts(line, words[i]))
			line = text_trim(
				text_from(line.data + words[i].len, line.len - words[i].len));
	while (at < line.len && line.data[at] != '=' && line.data[at] != ':')
		at++;
	if (at >= line.len)
		return false;
	name = unquoted(text_from(line.data, at));
	value = unquoted(text_from(line.data + at + 1, line.len - at - 1));
	if (!is_name(name) || value.len < VALUE_MIN || is_placeholder(value) ||
	    !secret_is_named(name, value))
		return false;
	*ret_name = name;
	return true;
}

/* What is between the ends of a tag and the next one; line begins behind its "<". */
static bool find_in_element(struct text line, struct text *ret_name)
{
	const char *close = memchr(line.data, '>', line.len), *next;
	struct text name, value;

	if (!close)
		return false;
	name = text_from(line.data, (size_t)(close - line.data));
	value = text_from(close + 1, line.len - name.len - 1);
	next = value.len ? memchr(value.data, '<', value.len) : NULL;
	value = text_trim(text_from(value.data, next ? (size_t)(next - value.data) : value.len));
	if (!is_name(name) || value.len < VALUE_MIN || is_placeholder(value) ||
	    !secret_is_named(name, value))
		return false;
	*ret_name = name;
	return true;
}

/* "<password>x</password>" */
static bool find_element(struct text line, struct text *ret_name)
{
	if (!text_starts(line, TEXT("<")))
		return false;
	for (uint32_t i = 0; i + 1 < line.len; i++)
		if (line.data[i] == '<' &&
		    find_in_element(text_from(line.data + i + 1, line.len - i - 1), ret_name))
			return true;
	return false;
}

/* --- words behind words -------------------------------------------------------------------------- */

static struct text next_word(struct text *line)
{
	struct text rest = text_trim(*line);
	uint32_t n = 0;

	while (n < rest.len && !isspace((unsigned char)rest.data[n]))
		n++;
	*line = text_from(rest.data + n, rest.len - n);
	return text_from(rest.data, n);
}

/* Of redis, OpenLDAP and nslcd; and .netrc: "machine m login l password p" */
static bool find_directive(struct text line, struct text *ret_name)
{
	static const char *const directives[] = { "requirepass", "masterauth", "bindpw", "rootpw",
						  "rootpwmodpw" };
	struct text first = next_word(&line), word = first, value;
	bool netrc = text_eq_str(first, "machine") || text_eq_str(first, "default");
	bool directive = false;

	for (size_t i = 0; i < ARRAY_SIZE(directives); i++)
		directive |= text_eq_str(first, directives[i]);
	while (netrc && word.len && !text_eq_str(word, "password"))
		word = next_word(&line);
	if (!directive && !(netrc && word.len))
		return false;
	value = unquoted(next_word(&line));
	if (value.len < VALUE_MIN || is_placeholder(value))
		return false;
	*ret_name = word;
	return true;
}

/* --- several in a line --------------------------------------------------------------------------- */

/* No more than that there may be one is asked here: most lines have none. */
static bool may_have(struct text line)
{
	static const char *const words[] = { "pass", "pwd",	   "secret", "token",
					     "key",  "credential", "auth",   "bearer" };

	for (uint32_t i = 0; i + 3 <= line.len; i++)
		for (size_t k = 0; k < ARRAY_SIZE(words); k++)
			if (i + strlen(words[k]) <= line.len &&
			    !strncasecmp(line.data + i, words[k], strlen(words[k])))
				return true;
	return false;
}

static bool is_name_letter(char c)
{
	return isalnum((unsigned char)c) || strchr("_-.", c);
}

/* The name that is before what was hidden, over quotes and signs; empty: there is a map or a list between. */
static struct text name_before(const char *text, const char *hidden)
{
	const char *end = hidden, *from;

	while (end > text && !is_name_letter(end[-1]) && !strchr("{[(", end[-1]))
		end--;
	for (from = end; from > text && is_name_letter(from[-1]);)
		from--;
	return text_from(from, (size_t)(end - from));
}

static struct text word_at(struct text line, size_t at)
{
	size_t end = at;

	while (end < line.len && !strchr(" \t\"'`;|&(){},<>", line.data[end]))
		end++;
	return text_from(line.data + at, end - at);
}

/* {"password": "x"}, "Server=db;Password=x", "Authorization: Bearer x" */
static bool find_masked(struct text line, struct text *ret_name)
{
	cleanup_buf struct buf masked = BUF_INIT;
	struct text name, value;
	const char *m;
	size_t at;

	if (!may_have(line) || !mask_text(line, &masked) || !(m = strstr(masked.data, MASK)))
		return false;
	at = (size_t)(m - masked.data); /* up to the first that is hidden the two are the same */
	if (at >= line.len)
		return false;
	name = name_before(line.data, line.data + at);
	value = word_at(line, at);
	if (!name.len || value.len < VALUE_MIN || is_placeholder(value) ||
	    (secret_names(name) && !secret_is_named(name, value)))
		return false;
	*ret_name = name;
	return true;
}

bool config_secret_find(struct text content, struct text *ret_name)
{
	struct text line;

	while (next_line(&content, &line))
		if (!is_comment(line) &&
		    (find_pair(line, ret_name) || find_element(line, ret_name) ||
		     find_directive(line, ret_name) || find_masked(line, ret_name)))
			return true;
	return false;
}
