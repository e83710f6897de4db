/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_tables.h"

#include "base/cleanup.h"

static const struct option_def plain_options[] = {
	{ "all", 'a', NULL, "take everything", false, COMPLETE_NONE, NULL },
	{ "quiet", 'q', NULL, "say nothing", false, COMPLETE_NONE, NULL },
	{ "output", 'o', "FILE", "write here [default: nowhere]", false, COMPLETE_FILE, NULL },
	{ "container", 'c', "ID|NAME", "this one: it's yours", true, COMPLETE_NONE, NULL },
	{ "dir", 0, "DIR", "below this directory", false, COMPLETE_DIR, NULL },
	{ "arguments", 0, "WHICH", "compare these", false, COMPLETE_WORDS, "danger strict none" },
	{ "a-name-that-is-longer-than-the-column", 0, "VALUE", "something", false, COMPLETE_NONE,
	  NULL },
};

static const struct option_def runner_options[] = {
	{ "quiet", 'q', NULL, "say nothing", false, COMPLETE_NONE, NULL },
};

static int run(const struct arguments *args, struct error *err)
{
	return EXIT_OK;
}

const struct command test_plain = {
	.name = "plain",
	.summary = "do something plain",
	.operands = "[FILE]...",
	.description =
		"The first paragraph is long enough that it has to be wrapped somewhere, which "
		"is what this sentence is for, and then some more words.\n\n"
		".dots and 'quotes at the start of a line\n"
		"'and again, a back\\slash",
	.examples = "  merlon plain -a   # everything\n",
	.options = plain_options,
	.option_count = ARRAY_SIZE(plain_options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};

const struct command test_runner = {
	.name = "runner",
	.summary = "run a program",
	.options = runner_options,
	.option_count = ARRAY_SIZE(runner_options),
	.run = run,
	.command_follows = true,
};

static const struct command sub = { .name = "sub", .summary = "one of a family", .run = run };
static const struct command *const members[] = { &sub, NULL };

const struct command test_family = {
	.name = "family",
	.summary = "a group of commands",
	.subcommands = members,
};

const struct command *const commands[] = { &test_plain, &test_runner, &test_family, NULL };

const struct exit_code_def exit_codes[EXIT_CODES] = {
	{ "ok", "Success" },	{ "negative", "No" },	      { "usage", "Usage" },
	{ "denied", "Denied" }, { "not-found", "Not found" }, { "bad-input", "Bad input" },
	{ "system", "System" },
};
