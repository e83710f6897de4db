/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/commands.h"

const struct command *const commands[] = {
	&cmd_inspect, &cmd_checks, &cmd_guard,	    &cmd_policy,     &cmd_responses,
	&cmd_undo,    &cmd_top,	   &cmd_alerts,	    &cmd_record,     &cmd_profile,
	&cmd_confine, &cmd_rules,  &cmd_events,	    &cmd_containers, &cmd_deny,
	&cmd_doctor,  &cmd_help,   &cmd_completion, &cmd_version,    NULL,
};

const struct exit_code_def exit_codes[] = {
	[EXIT_OK] = { "ok", "Success" },
	[EXIT_NEGATIVE] = { "negative", "It worked, and the answer is no (a difference, a finding, "
					"a denial)" },
	[EXIT_USAGE] = { "usage", "The command line is wrong" },
	[EXIT_DENIED] = { "denied", "A privilege or a kernel feature is missing" },
	[EXIT_NOT_FOUND] = { "not-found", "What was named does not exist" },
	[EXIT_BAD_INPUT] = { "bad-input", "A file or value that was given is not valid" },
	[EXIT_SYSTEM] = { "system", "The system failed: input or output, memory, the kernel" },
};
static_assert(ARRAY_SIZE(exit_codes) == EXIT_CODES, "a meaning for each");

enum exit_code exit_code_of(const struct error *err)
{
	switch (err->code) {
	case EPERM:
	case EACCES:
	case ENOTSUP:
		return EXIT_DENIED;
	case ENOENT:
	case ESRCH:
		return EXIT_NOT_FOUND;
	case USAGE_ERROR:
		return EXIT_USAGE;
	case EINVAL:
	case EFBIG:
		return EXIT_BAD_INPUT;
	default:
		return EXIT_SYSTEM;
	}
}

static const struct command *find(const struct command *const *list, const char *name)
{
	for (; *list; list++)
		if (str_eq((*list)->name, name))
			return *list;
	return NULL;
}

static int unknown(const struct command *const *list, const char *above, const char *name)
{
	const char *best = NULL;
	size_t least = strlen(name) / 3 + 2;

	for (; *list; list++) {
		size_t d = str_distance(name, (*list)->name);

		if (d < least) {
			least = d;
			best = (*list)->name;
		}
	}
	fprintf(stderr, "merlon: unknown command \"%s%s%s\"%s%s%s\n", above, *above ? " " : "",
		name, best ? ", did you mean \"" : "", best ? best : "", best ? "\"?" : "");
	return EXIT_USAGE;
}

/* An error may quote what it is about, and that may be hostile: no byte of it drives the terminal. */
static void complain(const struct command *parent, const struct command *command, const char *text)
{
	char shown[2048];

	str_printable(shown, sizeof(shown), text, strlen(text));
	fprintf(stderr, "merlon %s%s%s: %s\n", parent ? parent->name : "", parent ? " " : "",
		command->name, shown);
}

static int run(const struct command *command, const struct command *parent, int argc, char **argv)
{
	struct error err = ERROR_INIT;
	struct arguments *args;
	int r;

	if (arguments_parse(&args, command, argc, argv, &err)) {
		complain(parent, command, err.text);
		return (int)exit_code_of(&err);
	}
	if (arg_flag(args, "help")) {
		help_print(command, parent, stdout);
		r = EXIT_OK;
	} else {
		r = command->run(args, &err);
	}
	arguments_free(args);
	if (r < 0) {
		complain(parent, command, err.code ? err.text : strerror(-r));
		if (!err.code)
			err.code = -r;
		r = (int)exit_code_of(&err);
	}
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "merlon: cannot write the output: %s\n", strerror(errno));
		return EXIT_SYSTEM;
	}
	return r;
}

int main(int argc, char **argv)
{
	const struct command *command, *sub;

	if (argc < 2 || str_eq(argv[1], "--help") || str_eq(argv[1], "-h")) {
		help_overview(argc < 2 ? stderr : stdout);
		return argc < 2 ? EXIT_USAGE : EXIT_OK;
	}
	if (str_eq(argv[1], "--version"))
		argv[1] = (char *)"version";
	command = find(commands, argv[1]);
	if (!command)
		return unknown(commands, "", argv[1]);
	sub = command->subcommands && argc > 2 ? find(command->subcommands, argv[2]) : NULL;
	if (sub)
		return run(sub, command, argc - 3, argv + 3);
	if (command->run)
		return run(command, NULL, argc - 2, argv + 2);
	if (argc < 3 || str_eq(argv[2], "--help") || str_eq(argv[2], "-h")) {
		help_print(command, NULL, argc < 3 ? stderr : stdout);
		return argc < 3 ? EXIT_USAGE : EXIT_OK;
	}
	return unknown(command->subcommands, command->name, argv[2]);
}
