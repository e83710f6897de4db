/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real command tables, and main() on command lines that must not get further than the tables.
 * Built with the program's own main renamed (see meson.build).
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/command.h"
#include "unit.h"

#undef main

int merlon_main(int argc, char **argv);

/* --- tables ------------------------------------------------------------------------------------- */

static void check_sentence(const char *row, const char *text)
{
	size_t n = strlen(text);

	check(row, n > 3);
	check(row, text[n - 1] != '.' && text[n - 1] != ' ');
	check(row, text[0] >= 'a' && text[0] <= 'z');
	check(row, !strchr(text, '\n') && !strchr(text, '\t'));
}

static void check_option(const struct command *c, size_t i)
{
	const struct option_def *o = &c->options[i];
	cleanup_free char *row = str_format("%s --%s", c->name, o->name);

	check_sentence(row, o->help);
	check(row, strspn(o->name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(o->name));
	check(row, (o->complete == COMPLETE_WORDS) == (o->words != NULL));
	check(row, o->argument || o->complete == COMPLETE_NONE);
	check(row,
	      !o->argument || strpbrk(o->argument, "[]: ") == NULL); /* zsh takes these apart */
	for (size_t k = 0; k < i; k++) {
		check(row, !str_eq(c->options[k].name, o->name));
		check(row, !o->letter || c->options[k].letter != o->letter);
	}
	for (size_t k = 0; k < common_option_count; k++) {
		check(row, !str_eq(common_options[k].name, o->name));
		check(row, !o->letter || common_options[k].letter != o->letter);
	}
}

static void check_command(const struct command *c)
{
	check_sentence(c->name, c->summary);
	check(c->name, c->run != NULL || c->subcommands != NULL);
	check(c->name, (c->option_count != 0) == (c->options != NULL));
	check(c->name, !c->examples || str_ends(c->examples, "\n"));
	check(c->name, !c->description || !str_ends(c->description, "\n"));
	for (size_t i = 0; i < c->option_count; i++)
		check_option(c, i);
}

static void tables_are_sound(void **state)
{
	for (const struct command *const *c = commands; *c; c++) {
		check_command(*c);
		for (const struct command *const *k = commands; k < c; k++)
			check((*c)->name, !str_eq((*c)->name, (*k)->name));
		for (const struct command *const *s = (*c)->subcommands; s && *s; s++) {
			check_command(*s);
			check((*s)->name, !(*s)->subcommands);
		}
	}
	for (int i = 0; i < EXIT_CODES; i++)
		check("exit code", exit_codes[i].name && exit_codes[i].meaning);
}

/* Words offered for completion are words that are accepted: nothing else is in the table's help. */
static void examples_use_real_options(void **state)
{
	for (const struct command *const *c = commands; *c; c++) {
		const char *at = (*c)->examples;

		for (at = at ? strstr(at, " --") : NULL; at; at = strstr(at + 1, " --")) {
			size_t n = strcspn(at + 3, " =\n)"), found = n == 0;

			for (size_t i = 0; i < (*c)->option_count; i++)
				found += strlen((*c)->options[i].name) == n &&
					 !strncmp((*c)->options[i].name, at + 3, n);
			check(at, found);
		}
	}
}

/* --- exit codes --------------------------------------------------------------------------------- */

static void codes_of_errors(void **state)
{
	static const struct {
		int code;
		enum exit_code want;
	} rows[] = {
		{ EPERM, EXIT_DENIED },	    { EACCES, EXIT_DENIED },   { ENOTSUP, EXIT_DENIED },
		{ ENOENT, EXIT_NOT_FOUND }, { ESRCH, EXIT_NOT_FOUND }, { EINVAL, EXIT_BAD_INPUT },
		{ EFBIG, EXIT_BAD_INPUT },  { ENOMEM, EXIT_SYSTEM },   { EIO, EXIT_SYSTEM },
		{ ENOSPC, EXIT_SYSTEM },    { 0, EXIT_SYSTEM },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = { .code = rows[i].code };

		check_number(strerror(rows[i].code), exit_code_of(&err), rows[i].want);
	}
}

/* --- command lines ------------------------------------------------------------------------------ */

struct output {
	char out[8192], err[8192];
	int code;
};

static void slurp(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	close(fd);
}

static void run(struct output *o, const char *const *words)
{
	char out_path[] = "/tmp/merlon-unit-XXXXXX", err_path[] = "/tmp/merlon-unit-XXXXXX";
	int saved[2] = { dup(1), dup(2) }, to[2] = { mkstemp(out_path), mkstemp(err_path) };
	char *argv[8] = { (char *)"merlon" };
	int argc = 1;

	for (; *words; words++)
		argv[argc++] = (char *)*words;
	unlink(out_path);
	unlink(err_path);
	fflush(stdout);
	dup2(to[0], 1);
	dup2(to[1], 2);
	o->code = merlon_main(argc, argv);
	fflush(stdout);
	dup2(saved[0], 1);
	dup2(saved[1], 2);
	close(saved[0]);
	close(saved[1]);
	slurp(to[0], o->out, sizeof(o->out));
	slurp(to[1], o->err, sizeof(o->err));
}

struct line {
	const char *words[6];
	int code;
	const char *out, *err; /* how they begin; NULL: nothing there */
};

static void check_lines(const struct line *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *const *words = rows[i].words;
		cleanup_free char *row = str_format("merlon %s %s", words[0] ? words[0] : "",
						    words[0] && words[1] ? words[1] : "");
		static struct output o;

		run(&o, words);
		check_number(row, o.code, rows[i].code);
		if (rows[i].out ? !str_starts(o.out, rows[i].out) : *o.out != '\0')
			check_text(row, o.out, rows[i].out ? rows[i].out : "");
		if (rows[i].err ? !str_starts(o.err, rows[i].err) : *o.err != '\0')
			check_text(row, o.err, rows[i].err ? rows[i].err : "");
	}
}

static void command_lines(void **state)
{
	static const struct line rows[] = {
		{ { NULL }, EXIT_USAGE, NULL, "merlon " },
		{ { "--help" }, EXIT_OK, "merlon ", NULL },
		{ { "-h" }, EXIT_OK, "merlon ", NULL },
		{ { "help" }, EXIT_OK, "merlon ", NULL },
		{ { "--version" }, EXIT_OK, "merlon ", NULL },
		{ { "version" }, EXIT_OK, "merlon ", NULL },
		{ { "recrod" },
		  EXIT_USAGE,
		  NULL,
		  "merlon: unknown command \"recrod\", did you mean \"record\"?\n" },
		{ { "xyzzyxyzzy" }, EXIT_USAGE, NULL, "merlon: unknown command \"xyzzyxyzzy\"\n" },
		{ { "" }, EXIT_USAGE, NULL, "merlon: unknown command \"\"" },
		{ { "profile" }, EXIT_USAGE, NULL, "merlon profile: " },
		{ { "profile", "--help" }, EXIT_OK, "merlon profile: ", NULL },
		{ { "profile", "exprot" },
		  EXIT_USAGE,
		  NULL,
		  "merlon: unknown command \"profile exprot\", did you mean \"export\"?\n" },
		{ { "profile", "export", "--help" }, EXIT_OK, "merlon profile export: ", NULL },
		{ { "profile", "export", "--frmat=x" },
		  EXIT_USAGE,
		  NULL,
		  "merlon profile export: unknown option --frmat (did you mean --format?)\n" },
		{ { "profile", "show", "/no/such/file" },
		  EXIT_NOT_FOUND,
		  NULL,
		  "merlon profile show: /no/such/file: No such file or directory\n" },
		{ { "record", "--help" }, EXIT_OK, "merlon record: ", NULL },
		{ { "record", "--duration=1x", "--all" },
		  EXIT_USAGE,
		  NULL,
		  "merlon record: \"1x\" is not a duration (90s, 10m, 1h30m)\n" },
		{ { "record", "--capacity=0", "--all" },
		  EXIT_USAGE,
		  NULL,
		  "merlon record: --capacity must be a number from 1 to 4096\n" },
		{ { "record", "--hooks=magic", "--all" },
		  EXIT_USAGE,
		  NULL,
		  "merlon record: --hooks must be fentry, kprobe or tracepoint\n" },
		{ { "record", "--all", "--", "ls" },
		  EXIT_USAGE,
		  NULL,
		  "merlon record: give either containers or a command to record\n" },
		{ { "completion", "bash" }, EXIT_OK, "# bash completion for merlon", NULL },
		{ { "help", "record" }, EXIT_OK, "merlon record: ", NULL },
		{ { "help", "profile", "show" }, EXIT_OK, "merlon profile show: ", NULL },
		{ { "help", "nonsense" },
		  EXIT_NOT_FOUND,
		  NULL,
		  "merlon help: there is no command \"nonsense\"\n" },
	};

	check_lines(rows, ARRAY_SIZE(rows));
}

/* Exit code 2 is for command lines, 5 for files and values in them: scripts tell them apart. */
static void wrong_lines_are_usage_errors(void **state)
{
	static const struct line rows[] = {
		{ { "profile", "export", "-f", "seccomp" },
		  EXIT_USAGE,
		  NULL,
		  "merlon profile export: name a profile (NAME.merlon.json)\n" },
		{ { "profile", "export", "-f", "x", "y" },
		  EXIT_USAGE,
		  NULL,
		  "merlon profile export: \"x\" is no format; --format is one of: seccomp, " },
		{ { "completion", "tcsh" },
		  EXIT_USAGE,
		  NULL,
		  "merlon completion: no completion for \"tcsh\": only bash, zsh and fish\n" },
		{ { "completion" },
		  EXIT_USAGE,
		  NULL,
		  "merlon completion: name one shell: bash, zsh or fish\n" },
		{ { "profile", "export" },
		  EXIT_USAGE,
		  NULL,
		  "merlon profile export: --format is one of: " },
		{ { "record" }, EXIT_USAGE, NULL, "merlon record: nothing to record: " },
		{ { "confine" }, EXIT_USAGE, NULL, "merlon confine: give --profile" },
	};

	check_lines(rows, ARRAY_SIZE(rows));
}

/* A file that somebody else wrote names things: they must not reach the terminal as they are. */
static void errors_are_printable(void **state)
{
	static const char text[] = "{\"format\":\"\\u001b[2J\\u009b\",\"version\":1}";
	const char *words[] = { "profile", "show", NULL, NULL };
	static struct output o;
	char *dir = unit_dir();

	words[2] = unit_path(dir, "x.json");
	unit_file_write(words[2], text, strlen(text));
	run(&o, words);
	assert_int_equal(o.code, EXIT_BAD_INPUT);
	o.err[strcspn(o.err, "\n")] = '\0';
	assert_true(unit_is_printable(o.err));
	unit_dir_remove(dir);
}

/* What a profile says is printed for people: no byte of it drives their terminal. */
static void profiles_are_shown_safely(void **state)
{
	static const char text[] =
		"{\"format\":\"merlon-profile\",\"version\":1,\"name\":\"n\\u009b2J\",\"subject\":"
		"{\"image\":\"i\\u001b[2J\"},\"runtime\":{\"name\":\"r\\u007f\",\"tail\":\"none\"},"
		"\"recording\":{\"start\":\"2026-11-22T12:00:00Z\",\"end\":\"2026-11-22T12:00:00Z\","
		"\"losses\":{}},\"notes\":[\"t\\u001b\"],\"executables\":[\"/e\\u009b2J\"],\"syscalls\":"
		"[{\"arch\":\"x86_64\",\"number\":0,\"layer\":\"app\",\"evidence\":[{\"executable\":0,"
		"\"count\":1,\"first\":\"2026-11-22T12:00:00Z\",\"last\":\"2026-11-22T12:00:00Z\"}]}],"
		"\"capabilities\":[],\"files\":[{\"path\":\"/p\\u009b2J\",\"operations\":[\"read\"],"
		"\"layer\":\"app\",\"evidence\":[{\"executable\":0,\"count\":1,\"first\":"
		"\"2026-11-22T12:00:00Z\",\"last\":\"2026-11-22T12:00:00Z\"}]}],\"network\":[]}";
	static const char *const actions[] = { "show", "explain" };
	char *dir = unit_dir();

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		const char *words[] = { "profile", actions[i], unit_path(dir, "x.json"), NULL };
		static struct output o;

		unit_file_write(words[2], text, sizeof(text) - 1);
		run(&o, words);
		check_text(actions[i], o.err, "");
		check_number(actions[i], o.code, EXIT_OK);
		for (char *line = strtok(o.out, "\n"); line; line = strtok(NULL, "\n"))
			check(actions[i], unit_is_printable(line));
	}
	unit_dir_remove(dir);
}

static void pages_are_written(void **state)
{
	char *dir = unit_dir();
	const char *words[] = { "help", "--man", dir, NULL };
	static const char *const pages[] = { "merlon.1", "merlon-record.1", "merlon-profile.1",
					     "merlon-profile-export.1" };
	static struct output o;

	run(&o, words);
	assert_int_equal(o.code, EXIT_OK);
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		cleanup_free char *text = unit_file_read(unit_path(dir, pages[i]), NULL);

		check(pages[i], strstr(text, ".SH NAME\n") != NULL);
	}
	unit_dir_remove(dir);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_sound),
		cmocka_unit_test(examples_use_real_options),
		cmocka_unit_test(codes_of_errors),
		cmocka_unit_test(command_lines),
		cmocka_unit_test(wrong_lines_are_usage_errors),
		cmocka_unit_test(errors_are_printable),
		cmocka_unit_test(profiles_are_shown_safely),
		cmocka_unit_test(pages_are_written),
	};

	return unit_run(tests);
}
