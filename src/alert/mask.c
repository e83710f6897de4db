/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/mask.h"

#include <string.h>

#include "base/buf.h"
#include "base/mask.h"
#include "base/secret.h"

enum { DEPTH_MAX = 32 };

/* All that is below them; names of rules, containers and images are nobody's secret. */
static const char *const members[] = { "output", "output_fields", "process",
				       "event",	 "why",		  "before" };

static json_t *masked(const json_t *text)
{
	cleanup_buf struct buf out = BUF_INIT;

	if (!mask_text(text_from(json_string_value(text), json_string_length(text)), &out))
		return NULL;
	return json_stringn(out.data, out.len);
}

/* "proc.env[DB_PASSWORD]" */
static bool asks_for_secret(const char *key)
{
	const char *open = strchr(key, '[');

	return open && secret_names(text_of(open + 1));
}

static void mask_value(json_t *value, unsigned depth);

static void mask_object(json_t *o, unsigned depth)
{
	json_t *value;
	const char *key;

	json_object_foreach (o, key, value) {
		json_t *text = NULL;

		if (json_is_string(value))
			text = asks_for_secret(key) ? json_string(MASK) : masked(value);
		else
			mask_value(value, depth + 1);
		if (text)
			json_object_set_new(o, key, text);
	}
}

static void mask_array(json_t *a, unsigned depth)
{
	for (size_t i = 0; i < json_array_size(a); i++) {
		json_t *value = json_array_get(a, i),
		       *text = json_is_string(value) ? masked(value) : NULL;

		if (text)
			json_array_set_new(a, i, text);
		else
			mask_value(value, depth + 1);
	}
}

static void mask_value(json_t *value, unsigned depth)
{
	if (depth > DEPTH_MAX)
		return;
	if (json_is_object(value))
		mask_object(value, depth);
	else if (json_is_array(value))
		mask_array(value, depth);
}

void alert_mask(json_t *document)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		json_t *value = json_object_get(document, members[i]), *text = NULL;

		if (json_is_string(value))
			text = masked(value);
		else
			mask_value(value, 0);
		if (text)
			json_object_set_new(document, members[i], text);
	}
}
