/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/host/sshd.h"

#include <ctype.h>

#include "base/cleanup.h"

/* The first word of a line, without quotes; what is left begins behind the blanks or "=" after it. */
static struct text take_word(struct text *line)
{
	struct text rest = text_trim(*line), word;
	uint32_t n = 0;

	if (rest.len && *rest.data == '"') {
		const char *end = memchr(rest.data + 1, '"', rest.len - 1);

		n = end ? (uint32_t)(end - rest.data) : rest.len;
		word = text_from(rest.data + 1, n - 1);
		n += end != NULL;
	} else {
		while (n < rest.len && !strchr(" \t=", rest.data[n]))
			n++;
		word = text_from(rest.data, n);
	}
	rest = text_from(rest.data + n, rest.len - n);
	while (rest.len && strchr(" \t=", *rest.data))
		rest = text_from(rest.data + 1, rest.len - 1);
	*line = rest;
	return word;
}

static bool is_keyword(struct text word, const char *name)
{
	return word.len == strlen(name) && !strncasecmp(word.data, name, word.len);
}

static void put(struct arena *a, struct yaml_node *map, const struct yaml_file *f, uint32_t number,
		struct text keyword, struct text value)
{
	char key[64];

	if (!keyword.len || keyword.len >= sizeof(key) || map->count >= SSHD_KEYS_MAX)
		return;
	for (uint32_t i = 0; i < keyword.len; i++) {
		if (!isalnum((unsigned char)keyword.data[i]))
			return;
		key[i] = (char)tolower((unsigned char)keyword.data[i]);
	}
	key[keyword.len] = '\0';
	if (!yaml_get(map, key))
		yaml_make_put(a, map, text_of(key), yaml_make_scalar(a, f, number, 1, value, true));
}

/* False: a Match, behind which nothing is for everybody. */
static bool read_line(struct arena *a, struct yaml_node *map, const struct yaml_file *f,
		      uint32_t number, struct text line,
		      void (*include)(struct text pattern, void *arg), void *arg)
{
	struct text keyword, value;

	if (!line.len || *line.data == '#')
		return true;
	keyword = take_word(&line);
	if (is_keyword(keyword, "Match"))
		return false;
	if (!is_keyword(keyword, "Include")) {
		value = take_word(&line);
		put(a, map, f, number, keyword, value);
		return true;
	}
	while (line.len) {
		value = take_word(&line);
		if (value.len)
			include(value, arg);
	}
	return true;
}

void sshd_read(struct arena *a, struct yaml_node *map, const struct yaml_file *f,
	       struct text content, void (*include)(struct text pattern, void *arg), void *arg)
{
	uint32_t number = 1;

	while (map && content.len && number < SSHD_LINES_MAX) {
		const char *end = memchr(content.data, '\n', content.len);
		uint32_t len = end ? (uint32_t)(end - content.data) : content.len;

		if (!read_line(a, map, f, number++, text_trim(text_from(content.data, len)),
			       include, arg))
			return;
		content = text_from(content.data + len + (end != NULL),
				    content.len - len - (end != NULL));
	}
}
