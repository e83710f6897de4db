/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print_json.h"

#include "base/cleanup.h"
#include "base/utf8.h"

static void print(const json_t *value, size_t flags, FILE *out)
{
	cleanup_free char *text = utf8_json_text(value, flags);

	fprintf(out, "%s\n", text ? text : "null");
}

void print_json(const json_t *value)
{
	print(value, JSON_INDENT(2), stdout);
}

void fprint_json(const json_t *value, FILE *out)
{
	print(value, JSON_INDENT(2), out);
}

void print_json_line(const json_t *value)
{
	print(value, JSON_COMPACT, stdout);
}
