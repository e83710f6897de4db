/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/str.h"
#include "cli_tables.h"
#include "unit.h"

enum { WORDS_MAX = 8 };

static char nobody;

struct line {
	const char *words[WORDS_MAX];
};

static int parse(struct arguments **ret, const struct command *c, const struct line *line,
		 struct error *err)
{
	char **argv = (char **)line->words;
	int argc = 0;

	while (argc < WORDS_MAX && argv[argc])
		argc++;
	return arguments_parse(ret, c, argc, argv, err);
}

/* "a=1 c=x c=y | operand operand": what was understood, in the order of the table. */
static void describe(const struct arguments *a, const struct command *c, char *out, size_t size)
{
	size_t count, at = 0;
	char **operands = arg_operands(a, &count);

	out[0] = '\0';
	for (size_t i = 0; i < c->option_count; i++) {
		const struct option_def *o = &c->options[i];
		const char *value;

		if (!o->argument && arg_flag(a, o->name))
			at += (size_t)snprintf(out + at, size - at, "%s ", o->name);
		for (size_t n = 0; o->argument && (value = arg_value_at(a, o->name, n)); n++)
			at += (size_t)snprintf(out + at, size - at, "%s=%s ", o->name, value);
	}
	if (arg_flag(a, "help"))
		at += (size_t)snprintf(out + at, size - at, "help ");
	at += (size_t)snprintf(out + at, size - at, "|");
	for (size_t i = 0; i < count; i++)
		at += (size_t)snprintf(out + at, size - at, " %s", operands[i]);
	assert_null(operands[count]);
}

static void understood(void **state)
{
	static const struct {
		struct line line;
		const char *want;
	} rows[] = {
		{ { { NULL } }, "|" },
		{ { { "x", "y" } }, "| x y" },
		{ { { "-a" } }, "all |" },
		{ { { "--all" } }, "all |" },
		{ { { "-aq" } }, "all quiet |" },
		{ { { "-a", "-a" } }, "all |" },
		{ { { "-o", "f" } }, "output=f |" },
		{ { { "-of" } }, "output=f |" },
		{ { { "-o=f" } }, "output==f |" },
		{ { { "-aof" } }, "all output=f |" },
		{ { { "-aqo", "f" } }, "all quiet output=f |" },
		{ { { "-oa" } }, "output=a |" },
		{ { { "--output", "f" } }, "output=f |" },
		{ { { "--output=f" } }, "output=f |" },
		{ { { "--output=" } }, "output= |" },
		{ { { "--output", "" } }, "output= |" },
		{ { { "--output=a=b" } }, "output=a=b |" },
		{ { { "--output", "--all" } }, "output=--all |" },
		{ { { "--output", "--" } }, "output=-- |" },
		{ { { "-o", "-a" } }, "output=-a |" },
		{ { { "-c", "x", "--container=y", "-cz" } },
		  "container=x container=y container=z |" },
		{ { { "x", "-a", "y" } }, "all | x y" },
		{ { { "--", "-a", "--all" } }, "| -a --all" },
		{ { { "x", "--", "-a", "--" } }, "| x -a --" },
		{ { { "-" } }, "| -" },
		{ { { "" } }, "| " },
		{ { { "-h" } }, "help |" },
		{ { { "--help", "x" } }, "help | x" },
		{ { { "-ah" } }, "all help |" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		struct arguments *a = NULL;
		char got[256];

		check_number(rows[i].want, parse(&a, &test_plain, &rows[i].line, &err), 0);
		describe(a, &test_plain, got, sizeof(got));
		check_text(rows[i].want, got, rows[i].want);
		check("command", arguments_command(a) == &test_plain);
		arguments_free(a);
	}
}

static void refused(void **state)
{
	static const struct {
		struct line line;
		const char *want;
	} rows[] = {
		{ { { "--nonsense" } }, "unknown option --nonsense" },
		{ { { "--nonsense=1" } }, "unknown option --nonsense" },
		{ { { "--ouput" } }, "unknown option --ouput (did you mean --output?)" },
		{ { { "--otuput=x" } }, "unknown option --otuput (did you mean --output?)" },
		{ { { "--container-id" } },
		  "unknown option --container-id (did you mean --container?)" },
		{ { { "--outpu" } }, "unknown option --outpu (did you mean --output?)" },
		{ { { "--ALL" } }, "unknown option --ALL" },
		{ { { "--=x" } }, "unknown option --" },
		{ { { "---" } }, "unknown option ---" },
		{ { { "-x" } }, "unknown option -x" },
		{ { { "-ax" } }, "unknown option -x" },
		{ { { "-a-" } }, "unknown option --" },
		{ { { "--all=1" } }, "--all takes no value" },
		{ { { "--help=1" } }, "--help takes no value" },
		{ { { "--output" } }, "--output needs a value: FILE" },
		{ { { "-o" } }, "-o needs a value: FILE" },
		{ { { "-ao" } }, "-o needs a value: FILE" },
		{ { { "--output", "a", "-ob" } }, "--output is given twice" },
		{ { { "--output=a", "--output=a" } }, "--output is given twice" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct arguments *a = (struct arguments *)&nobody;
		struct error err = ERROR_INIT;

		check_number(rows[i].want, parse(&a, &test_plain, &rows[i].line, &err),
			     -USAGE_ERROR);
		check_text(rows[i].want, err.text, rows[i].want);
		check_number(rows[i].want, err.code, USAGE_ERROR);
		check("result is left alone", a == (struct arguments *)&nobody);
	}
}

static void a_program_follows(void **state)
{
	static const struct {
		struct line line;
		const char *want;
	} rows[] = {
		{ { { "-q", "ls", "-l", "--all" } }, "quiet | ls -l --all" },
		{ { { "ls", "-q" } }, "| ls -q" },
		{ { { "ls", "--", "-q" } }, "| ls -- -q" },
		{ { { "-q", "--", "ls", "--" } }, "quiet | ls --" },
		{ { { "--", "-q" } }, "| -q" },
		{ { { "ls", "--help" } }, "| ls --help" },
		{ { { "--help", "ls" } }, "help | ls" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		struct arguments *a = NULL;
		char got[256];

		check_number(rows[i].want, parse(&a, &test_runner, &rows[i].line, &err), 0);
		describe(a, &test_runner, got, sizeof(got));
		check_text(rows[i].want, got, rows[i].want);
		arguments_free(a);
	}
}

static void asking(void **state)
{
	static const struct line line = { { "-c", "x", "-c", "y", "-a" } };
	struct error err = ERROR_INIT;
	struct arguments *a = NULL;

	assert_int_equal(parse(&a, &test_plain, &line, &err), 0);
	assert_string_equal(arg_value(a, "container"), "y");
	assert_string_equal(arg_value_at(a, "container", 0), "x");
	assert_null(arg_value_at(a, "container", 2));
	assert_null(arg_value(a, "output"));
	assert_null(arg_value(a, "nonsense"));
	assert_false(arg_flag(a, "output"));
	assert_true(arg_flag(a, "all"));
	assert_null(arg_value(a, "all"));
	arguments_free(a);
	arguments_free(NULL);
}

static void very_many_words(void **state)
{
	enum { COUNT = 20000 };
	cleanup_free char **argv = calloc(COUNT + 1, sizeof(*argv));
	struct error err = ERROR_INIT;
	struct arguments *a = NULL;
	size_t count;

	for (int i = 0; i < COUNT; i++)
		argv[i] = (char *)(i % 2 ? "-cx" : "operand");
	assert_int_equal(arguments_parse(&a, &test_plain, COUNT, argv, &err), 0);
	arg_operands(a, &count);
	assert_int_equal(count, COUNT / 2);
	assert_string_equal(arg_value_at(a, "container", COUNT / 2 - 1), "x");
	arguments_free(a);
}

static void an_endless_name(void **state)
{
	char word[5000] = "--";
	struct error err = ERROR_INIT;
	struct arguments *a = NULL;
	char *argv[] = { word, NULL };

	memset(word + 2, 'x', sizeof(word) - 3);
	assert_int_equal(arguments_parse(&a, &test_plain, 1, argv, &err), -USAGE_ERROR);
	assert_true(str_starts(err.text, "unknown option --xxx"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(understood),	     cmocka_unit_test(refused),
		cmocka_unit_test(a_program_follows), cmocka_unit_test(asking),
		cmocka_unit_test(very_many_words),   cmocka_unit_test(an_endless_name),
	};

	return unit_run(tests);
}
