/* SPDX-License-Identifier: Apache-2.0 */
/* Help, man pages and completion scripts, made from tables of our own. */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "cli_tables.h"
#include "unit.h"
#include "version.h"

/* What fn prints, owned by the caller. */
/* Not inlined: gcc 12 takes what is in *text for a pointer to text itself. */
__attribute__((noinline)) static char *
printed(void (*fn)(const struct command *, const struct command *, FILE *), const struct command *c,
	const struct command *parent)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	fn(c, parent, f);
	fclose(f);
	return text;
}

static void overview(const struct command *c, const struct command *parent, FILE *out)
{
	help_overview(out);
}

static void check_has(const char *text, const char *const *parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strstr(text, parts[i])) {
			print_message("# in:\n%s\n", text);
			check(parts[i], false);
		}
}

static void help_of_a_command(void **state)
{
	static const char *const parts[] = {
		"merlon plain: do something plain\n\nUsage: merlon plain [OPTION]... [FILE]...\n\n",
		"\n  -a, --all                    take everything\n",
		"\n  -c, --container ID|NAME      this one: it's yours\n",
		"\n      --dir DIR                below this directory\n",
		("\n      --a-name-that-is-longer-than-the-column VALUE\n"
		 "                               something\n"),
		"\n  -h, --help                   show what this command does and takes\n",
		"\nExamples:\n  merlon plain -a   # everything\n",
	};
	cleanup_free char *text = printed(help_print, &test_plain, NULL);

	check_has(text, parts, ARRAY_SIZE(parts));
}

static void check_lines(const char *text, size_t len, size_t longest)
{
	for (size_t at = 0; at < len; at++) {
		size_t n = strcspn(text + at, "\n");

		check(text + at, n <= longest);
		at += n;
	}
}

static void help_is_wrapped(void **state)
{
	cleanup_free char *text = printed(help_print, &test_plain, NULL);
	const char *from = strstr(text, "The first"), *to = strstr(text, "Options:");

	assert_non_null(from);
	assert_non_null(to);
	check_lines(from, (size_t)(to - from), 80);
	assert_non_null(
		strstr(text, "words.\n\n.dots and 'quotes at the start of a line 'and again"));
}

static void help_of_a_family(void **state)
{
	static const char *const parts[] = {
		"merlon family: a group of commands\n\nUsage: merlon family COMMAND [OPTION]...\n",
		"\nCommands:\n  sub            one of a family\n",
		"\nmerlon family COMMAND --help says more.\n",
	};
	cleanup_free char *text = printed(help_print, &test_family, NULL);
	cleanup_free char *member = printed(help_print, test_family.subcommands[0], &test_family);

	check_has(text, parts, ARRAY_SIZE(parts));
	assert_true(str_starts(member, "merlon family sub: one of a family\n\n"
				       "Usage: merlon family sub [OPTION]...\n"));
}

static void help_of_all(void **state)
{
	static const char *const parts[] = {
		"merlon " MERLON_VERSION ": ",
		"\n  plain          do something plain\n",
		"\n  family         a group of commands\n",
		"\n  0  Success\n",
		"\n  6  System\n",
	};
	cleanup_free char *text = printed(overview, NULL, NULL);

	check_has(text, parts, ARRAY_SIZE(parts));
}

/* --- man pages ---------------------------------------------------------------------------------- */

static void man_page(void **state)
{
	static const char *const parts[] = {
		".TH MERLON-PLAIN 1 \"\" \"merlon " MERLON_VERSION "\" \"Merlon\"\n",
		".SH NAME\nmerlon\\-plain \\- do something plain\n",
		".SH SYNOPSIS\n\\fBmerlon plain\\fR [\\fIOPTION\\fR]... [FILE]...\n",
		"\n\\&.dots and 'quotes at the start of a line\n\\&'and again, a back\\eslash\n",
		".TP\n\\fB\\-o\\fR, \\fB\\-\\-output\\fR \\fIFILE\\fR\nWrite here [default: nowhere].\n",
		".TP\n\\fB\\-\\-dir\\fR \\fIDIR\\fR\nBelow this directory.\n",
		"This one: it's yours.\nMay be given more than once.\n",
		".SH EXAMPLES\n.nf\n  merlon plain \\-a   # everything\n.fi\n",
		".SH EXIT STATUS\n.TP\n\\fB0\\fR\nSuccess.\n",
	};
	cleanup_free char *text = printed(help_man, &test_plain, NULL);

	check_has(text, parts, ARRAY_SIZE(parts));
}

static void man_pages_of_a_family(void **state)
{
	cleanup_free char *family = printed(help_man, &test_family, NULL);
	cleanup_free char *member = printed(help_man, test_family.subcommands[0], &test_family);
	cleanup_free char *all = printed(help_man, NULL, NULL);

	assert_non_null(strstr(family, "\\fBmerlon family sub\\fR"));
	assert_non_null(strstr(family, ".SH COMMANDS\n.TP\n\\fBmerlon\\-family\\-sub\\fR(1)\n"));
	assert_non_null(strstr(member, ".TH MERLON-FAMILY-SUB 1 "));
	assert_non_null(strstr(all, "\\fBmerlon\\-plain\\fR(1)"));
	assert_non_null(strstr(all, ".TH MERLON 1 "));
}

/* Only requests that we write begin with a dot. */
static void man_has_no_stray_requests(void **state)
{
	static const char *const known[] = { ".TH ", ".SH ", ".PP", ".TP",
					     ".nf",  ".fi",  ".br", ".\\\"" };
	cleanup_free char *text = printed(help_man, &test_plain, NULL);

	for (const char *line = text; *line;) {
		bool good = *line != '.' && *line != '\'';

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			good = good || str_starts(line, known[i]);
		check(line, good);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
}

/* --- completion --------------------------------------------------------------------------------- */

static void completion(const struct command *c, const struct command *parent, FILE *out)
{
	assert_int_equal(completion_print((const char *)c, out), 0);
}

static char *completion_of(const char *shell)
{
	return printed(completion, (const struct command *)shell, NULL);
}

static void bash(void **state)
{
	static const char *const parts[] = {
		"compgen -W \"plain runner family \"",
		"family)",
		"compgen -W \"sub \"",
		"\"family sub\")",
		"opts=\"--all --quiet --output --container --dir --arguments ",
		"--output|-o) COMPREPLY=($(compgen -f -- \"$cur\"))",
		"--dir) COMPREPLY=($(compgen -d -- \"$cur\"))",
		"--arguments) COMPREPLY=($(compgen -W \"danger strict none\" -- \"$cur\"))",
		"--container|-c) return ;;",
		"complete -F _merlon merlon\n",
	};
	cleanup_free char *text = completion_of("bash");

	check_has(text, parts, ARRAY_SIZE(parts));
}

static void zsh(void **state)
{
	static const char *const parts[] = {
		"#compdef merlon\n",
		"'plain:do something plain'",
		"'*--container[this one\\: it'\\''s yours]:ID|NAME:'",
		"'--output[write here \\[default\\: nowhere\\]]:FILE:_files'",
		"'--dir[below this directory]:DIR:_files -/'",
		"'--arguments[compare these]:WHICH:(danger strict none)'",
		"'family sub')",
		"'*:file:_files' ;;",
		"\tfamily)\n\t\tif ((CURRENT == 3))",
	};
	cleanup_free char *text = completion_of("zsh");

	check_has(text, parts, ARRAY_SIZE(parts));
}

static void fish(void **state)
{
	static const char *const parts[] = {
		"complete -c merlon -n __fish_use_subcommand -f -a plain -d 'do something plain'\n",
		("complete -c merlon -n '__fish_seen_subcommand_from plain' -l all -s a -d 'take "
		 "everything'\n"),
		"-l arguments -r -f -a 'danger strict none' -d 'compare these'\n",
		"-l dir -r -d 'below this directory'\n",
	};
	cleanup_free char *text = completion_of("fish");

	check_has(text, parts, ARRAY_SIZE(parts));
}

/* Between single quotes fish knows only \' and \\: any other backslash is shown. */
static void fish_shows_no_backslashes(void **state)
{
	cleanup_free char *text = completion_of("fish");

	assert_non_null(strstr(text, "[default: nowhere]"));
	assert_null(strstr(text, "\\["));
	assert_null(strstr(text, "\\:"));
}

static void other_shells(void **state)
{
	static const char *const rows[] = { "", "sh", "Bash", "bash ", "tcsh" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_number(rows[i], completion_print(rows[i], stderr), -ENOENT);
}

/* bash itself reads the script, and completes with it. */
static void bash_completes(void **state)
{
	static const struct {
		const char *words, *want;
	} rows[] = {
		{ "merlon pl", "plain" },
		{ "merlon family su", "sub" },
		{ "merlon plain --arguments str", "strict" },
		{ "merlon plain --ou", "--output" },
		{ "merlon plain -a --con", "--container" },
		{ "merlon family sub --he", "--help" },
		{ "merlon nonsense --he", "" },
	};
	cleanup_free char *text = completion_of("bash");
	char *dir = unit_dir();
	const char *script = unit_path(dir, "script");

	if (access("/bin/bash", X_OK))
		skip();
	unit_file_write(script, text, strlen(text));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *command = str_format(
			"/bin/bash -c 'source %s; COMP_WORDS=(%s); "
			"COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _merlon; "
			"echo \"${COMPREPLY[*]}\"'",
			script, rows[i].words);
		/* NOLINTNEXTLINE(cert-env33-c): a shell is what is tested */
		FILE *f = popen(command, "re");
		char line[256] = "";

		assert_non_null(f);
		check(rows[i].words, fgets(line, sizeof(line), f) != NULL);
		line[strcspn(line, "\n")] = '\0';
		pclose(f);
		check_text(rows[i].words, line, rows[i].want);
	}
	unit_dir_remove(dir);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_of_a_command),
		cmocka_unit_test(help_is_wrapped),
		cmocka_unit_test(help_of_a_family),
		cmocka_unit_test(help_of_all),
		cmocka_unit_test(man_page),
		cmocka_unit_test(man_pages_of_a_family),
		cmocka_unit_test(man_has_no_stray_requests),
		cmocka_unit_test(bash),
		cmocka_unit_test(zsh),
		cmocka_unit_test(fish),
		cmocka_unit_test(fish_shows_no_backslashes),
		cmocka_unit_test(other_shells),
		cmocka_unit_test(bash_completes),
	};

	return unit_run(tests);
}
