/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/vec.h"
#include "cli/command.h"

struct given {
	const struct option_def *option;
	const char *value;
};

struct arguments {
	const struct command *command;
	VEC(struct given) given;
	VEC(char *) operands; /* borrowed from argv; NULL-terminated */
};

const struct option_def common_options[] = {
	{ "help", 'h', NULL, "show what this command does and takes", false, COMPLETE_NONE, NULL },
};
const size_t common_option_count = ARRAY_SIZE(common_options);

static const struct option_def *option_by_name(const struct command *c, const char *name,
					       size_t len)
{
	for (size_t i = 0; i < c->option_count; i++)
		if (strlen(c->options[i].name) == len && !memcmp(c->options[i].name, name, len))
			return &c->options[i];
	for (size_t i = 0; i < common_option_count; i++)
		if (strlen(common_options[i].name) == len &&
		    !memcmp(common_options[i].name, name, len))
			return &common_options[i];
	return NULL;
}

static const struct option_def *option_by_letter(const struct command *c, char letter)
{
	for (size_t i = 0; i < c->option_count; i++)
		if (c->options[i].letter == letter)
			return &c->options[i];
	for (size_t i = 0; i < common_option_count; i++)
		if (common_options[i].letter == letter)
			return &common_options[i];
	return NULL;
}

static const char *closest_option(const struct command *c, const char *name)
{
	const char *best = NULL;
	size_t least = strlen(name) / 3 + 2;

	for (size_t i = 0; i < c->option_count; i++) {
		size_t d = str_distance(name, c->options[i].name);

		if (d < least) {
			least = d;
			best = c->options[i].name;
		}
	}
	return best;
}

static int give(struct arguments *a, const struct option_def *option, const char *value,
		struct error *err)
{
	struct given *g;

	if (!option->repeats && option->argument)
		vec_foreach(known, &a->given)
			if (known->option == option)
				return error_set(err, USAGE_ERROR, "--%s is given twice",
						 option->name);
	g = vec_add(&a->given);
	if (!g)
		return error_errno(err, ENOMEM, "arguments");
	g->option = option;
	g->value = value;
	return 0;
}

/* "--name", "--name=value", "--name value". */
static int parse_long(struct arguments *a, char **argv, int argc, int *i, struct error *err)
{
	const char *name = argv[*i] + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_def *option = option_by_name(a->command, name, len);
	const char *close;

	if (!option) {
		cleanup_free char *only = str_dup_n(name, len);

		close = only ? closest_option(a->command, only) : NULL;
		return error_set(err, USAGE_ERROR, "unknown option --%.*s%s%s%s", (int)len, name,
				 close ? " (did you mean --" : "", close ? close : "",
				 close ? "?)" : "");
	}
	if (!option->argument)
		return equals ? error_set(err, USAGE_ERROR, "--%s takes no value", option->name) :
				give(a, option, NULL, err);
	if (equals)
		return give(a, option, equals + 1, err);
	if (*i + 1 >= argc)
		return error_set(err, USAGE_ERROR, "--%s needs a value: %s", option->name,
				 option->argument);
	return give(a, option, argv[++*i], err);
}

/* "-x", "-xy", "-xVALUE", "-x VALUE". */
static int parse_short(struct arguments *a, char **argv, int argc, int *i, struct error *err)
{
	int r = 0;

	for (const char *p = argv[*i] + 1; *p && !r; p++) {
		const struct option_def *option = option_by_letter(a->command, *p);

		if (!option)
			return error_set(err, USAGE_ERROR, "unknown option -%c", *p);
		if (!option->argument) {
			r = give(a, option, NULL, err);
			continue;
		}
		if (p[1])
			return give(a, option, p + 1, err);
		if (*i + 1 >= argc)
			return error_set(err, USAGE_ERROR, "-%c needs a value: %s", *p,
					 option->argument);
		return give(a, option, argv[++*i], err);
	}
	return r;
}

static int add_operand(struct arguments *a, char *operand, struct error *err)
{
	char **slot = vec_add(&a->operands);

	if (!slot)
		return error_errno(err, ENOMEM, "arguments");
	*slot = operand;
	return 0;
}

int arguments_parse(struct arguments **ret, const struct command *command, int argc, char **argv,
		    struct error *err)
{
	struct arguments *a = calloc(1, sizeof(*a));
	bool options = true;
	int r = 0;

	if (!a)
		return error_errno(err, ENOMEM, "arguments");
	a->command = command;
	for (int i = 0; i < argc && !r; i++) {
		if (options && str_eq(argv[i], "--"))
			options = false;
		else if (options && str_starts(argv[i], "--"))
			r = parse_long(a, argv, argc, &i, err);
		else if (options && argv[i][0] == '-' && argv[i][1])
			r = parse_short(a, argv, argc, &i, err);
		else
			r = add_operand(a, argv[i], err);
		if (a->operands.len && command->command_follows)
			options = false;
	}
	if (!r)
		r = add_operand(a, NULL, err);
	if (r) {
		arguments_free(a);
		return r;
	}
	*ret = a;
	return 0;
}

void arguments_free(struct arguments *a)
{
	if (!a)
		return;
	vec_deinit(&a->given);
	vec_deinit(&a->operands);
	free(a);
}

const struct command *arguments_command(const struct arguments *a)
{
	return a->command;
}

const char *arg_value_at(const struct arguments *a, const char *option, size_t n)
{
	vec_foreach(g, &a->given)
		if (str_eq(g->option->name, option) && n-- == 0)
			return g->value;
	return NULL;
}

const char *arg_value(const struct arguments *a, const char *option)
{
	const char *last = NULL;

	vec_foreach(g, &a->given)
		if (str_eq(g->option->name, option))
			last = g->value;
	return last;
}

bool arg_flag(const struct arguments *a, const char *option)
{
	vec_foreach(g, &a->given)
		if (str_eq(g->option->name, option))
			return true;
	return false;
}

char **arg_operands(const struct arguments *a, size_t *ret_count)
{
	*ret_count = a->operands.len - 1;
	return a->operands.items;
}
