/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cli/commands.h"

static int run(const struct arguments *args, struct error *err)
{
	size_t n;
	char **words = arg_operands(args, &n);

	if (n != 1)
		return error_set(err, USAGE_ERROR, "name one shell: bash, zsh or fish");
	if (completion_print(words[0], stdout))
		return error_set(err, USAGE_ERROR,
				 "no completion for \"%s\": only bash, zsh and fish", words[0]);
	return EXIT_OK;
}

const struct command cmd_completion = {
	.name = "completion",
	.summary = "print a completion script for a shell",
	.operands = "bash|zsh|fish",
	.examples = "  source <(merlon completion bash)   # in this shell, now\n",
	.run = run,
};
