/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands and their options as data. Parsing, --help, the man pages and shell completion are all
 * made from these tables: what a command accepts and what its page says can't differ.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

/* Exit codes of every command: documented in merlon(1), so never renumbered. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_NEGATIVE = 1, /* it worked, and the answer is no: findings, differences, denials */
	EXIT_USAGE = 2,
	EXIT_DENIED = 3, /* a privilege or a kernel feature is missing */
	EXIT_NOT_FOUND = 4,
	EXIT_BAD_INPUT = 5,
	EXIT_SYSTEM = 6, /* input/output, memory, the kernel */
	EXIT_CODES
};
struct exit_code_def {
	const char *name, *meaning;
};
extern const struct exit_code_def exit_codes[EXIT_CODES];

/* error.code where the command line is wrong; no errno says that. */
enum { USAGE_ERROR = 4096 };

/* The exit code for an error that reached the top. */
enum exit_code exit_code_of(const struct error *err);

enum option_completion { COMPLETE_NONE, COMPLETE_FILE, COMPLETE_DIR, COMPLETE_WORDS };

struct option_def {
	const char *name;     /* long, without dashes */
	char letter;	      /* short, or 0 */
	const char *argument; /* its name for people; NULL: the option is a flag */
	const char *help;     /* one sentence, no full stop */
	bool repeats;
	enum option_completion complete;
	const char *words; /* for COMPLETE_WORDS: separated by spaces */
};

struct arguments;

struct command {
	const char *name;
	const char *summary;	 /* one line, lower case, no full stop */
	const char *operands;	 /* as in a synopsis: "[CONTAINER]..." */
	const char *description; /* paragraphs, separated by blank lines */
	const char *examples;	 /* lines "command # what for" */
	const struct option_def *options;
	size_t option_count;
	int (*run)(const struct arguments *args, struct error *err); /* enum exit_code or -errno */
	const struct command *const *subcommands; /* NULL-terminated; run may be NULL then */
	enum option_completion operand_complete;
	bool command_follows; /* options end at the first operand, which is a program to run */
};

extern const struct command *const commands[]; /* NULL-terminated */
extern const struct option_def common_options[];
extern const size_t common_option_count;

/* --- parsed ------------------------------------------------------------------------------------- */

int arguments_parse(struct arguments **ret, const struct command *command, int argc, char **argv,
		    struct error *err);
void arguments_free(struct arguments *a);

const struct command *arguments_command(const struct arguments *a);
bool arg_flag(const struct arguments *a, const char *option);
/* The last value given, or NULL. */
const char *arg_value(const struct arguments *a, const char *option);
/* The n-th value of an option that repeats, or NULL. */
const char *arg_value_at(const struct arguments *a, const char *option, size_t n);
/* Operands, NULL-terminated. */
char **arg_operands(const struct arguments *a, size_t *ret_count);

/* --- made from the tables ----------------------------------------------------------------------- */

void help_print(const struct command *command, const struct command *parent, FILE *out);
void help_overview(FILE *out);
/* A page in man(7) source. command NULL: merlon(1) itself. */
void help_man(const struct command *command, const struct command *parent, FILE *out);
int completion_print(const char *shell, FILE *out);
