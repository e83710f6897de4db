/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines: words that end in NUL, for a command that the first byte chooses. */
#include <errno.h>

#include "base/cleanup.h"
#include "cli_tables.h"
#include "fuzz.h"

enum { WORDS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct command *c = size && data[0] % 2 ? &test_runner : &test_plain;
	cleanup_free char *text = fuzz_text(data + (size > 0), size - (size > 0));
	char *argv[WORDS_MAX + 1] = { 0 }, *at = text, *end = text + size - (size > 0);
	struct arguments *a = NULL;
	struct error err = ERROR_INIT;
	size_t count, words = 0;
	int argc = 0;

	for (; at < end && argc < WORDS_MAX; at += strlen(at) + 1)
		argv[argc++] = at;
	if (arguments_parse(&a, c, argc, argv, &err)) {
		fuzz_check(!a && err.code == USAGE_ERROR && *err.text);
		return 0;
	}
	for (char **operand = arg_operands(a, &count); *operand; operand++)
		words++;
	fuzz_check(words == count && count <= (size_t)argc);
	for (size_t i = 0; i < c->option_count; i++)
		fuzz_check(!c->options[i].argument || !arg_value(a, c->options[i].name) ||
			   arg_flag(a, c->options[i].name));
	arguments_free(a);
	return 0;
}
