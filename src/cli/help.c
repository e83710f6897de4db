/* SPDX-License-Identifier: Apache-2.0 */
/* --help and man pages, from the tables of command.h. */
#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cli/command.h"
#include "version.h"

static void option_usage(const struct option_def *o, char *out, size_t size)
{
	int n = o->letter ? snprintf(out, size, "-%c, --%s", o->letter, o->name) :
			    snprintf(out, size, "    --%s", o->name);

	if (o->argument && n >= 0 && (size_t)n < size)
		snprintf(out + n, size - (size_t)n, " %s", o->argument);
}

/* Wraps text at 80 columns, each line indented; blank lines part paragraphs. */
static void print_wrapped(const char *text, int indent, FILE *out)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t left = end ? (size_t)(end - text) : strlen(text);
		int column = 0;

		while (left) {
			size_t blank = strspn(text, " \n"), word;

			if (blank > left)
				blank = left;
			text += blank;
			left -= blank;
			word = strcspn(text, " \n");
			if (word > left)
				word = left;
			if (!word)
				break;
			if (column && column + 1 + (int)word > 80) {
				fputc('\n', out);
				column = 0;
			}
			column += fprintf(out, "%*s%.*s", column ? 1 : indent, "", (int)word, text);
			text += word;
			left -= word;
		}
		fputc('\n', out);
		text = end ? end + 2 : text;
		if (end)
			fputc('\n', out);
	}
}

static void print_options(const struct option_def *options, size_t count, FILE *out)
{
	for (size_t i = 0; i < count; i++) {
		char usage[80];

		option_usage(&options[i], usage, sizeof(usage));
		fprintf(out, "  %-28s", usage);
		if (strlen(usage) > 28)
			fprintf(out, "\n  %-28s", "");
		fprintf(out, " %s\n", options[i].help);
	}
}

static void print_commands(const struct command *const *list, FILE *out)
{
	for (; *list; list++)
		fprintf(out, "  %-14s %s\n", (*list)->name, (*list)->summary);
}

static void print_subcommands(const struct command *c, FILE *out)
{
	fputs("Commands:\n", out);
	print_commands(c->subcommands, out);
	fprintf(out, "\nmerlon %s COMMAND --help says more.\n", c->name);
}

void help_print(const struct command *c, const struct command *parent, FILE *out)
{
	const char *above = parent ? parent->name : "", *gap = parent ? " " : "";

	fprintf(out, "merlon %s%s%s: %s\n\n", above, gap, c->name, c->summary);
	if (c->subcommands && !c->run) {
		fprintf(out, "Usage: merlon %s COMMAND [OPTION]...\n\n", c->name);
		print_subcommands(c, out);
		return;
	}
	fprintf(out, "Usage: merlon %s%s%s [OPTION]...%s%s\n\n", above, gap, c->name,
		c->operands ? " " : "", c->operands ? c->operands : "");
	if (c->description) {
		print_wrapped(c->description, 0, out);
		fputc('\n', out);
	}
	fprintf(out, "Options:\n");
	print_options(c->options, c->option_count, out);
	print_options(common_options, common_option_count, out);
	if (c->subcommands) {
		fputc('\n', out);
		print_subcommands(c, out);
	}
	if (c->examples)
		fprintf(out, "\nExamples:\n%s", c->examples);
}

void help_overview(FILE *out)
{
	fprintf(out,
		"merlon %s: runtime security for containers and Kubernetes\n\n"
		"Usage: merlon COMMAND [OPTION]...\n\nCommands:\n",
		MERLON_VERSION);
	print_commands(commands, out);
	fprintf(out, "\nmerlon COMMAND --help says more. Exit codes:\n");
	for (int i = 0; i < EXIT_CODES; i++)
		fprintf(out, "  %d  %s\n", i, exit_codes[i].meaning);
}

/* --- man pages ---------------------------------------------------------------------------------- */

/* roff takes a dash for a hyphen and a leading dot or quote for a request. */
static void man_text(const char *text, size_t len, FILE *out)
{
	bool line_start = true;

	for (size_t i = 0; i < len; i++) {
		if (line_start && (text[i] == '.' || text[i] == '\''))
			fputs("\\&", out);
		if (text[i] == '-')
			fputs("\\-", out);
		else if (text[i] == '\\')
			fputs("\\e", out);
		else
			fputc(text[i], out);
		line_start = text[i] == '\n';
	}
}

static void man_paragraphs(const char *text, FILE *out)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t len = end ? (size_t)(end - text) : strlen(text);

		fputs(".PP\n", out);
		man_text(text, len, out);
		fputc('\n', out);
		text += len + (end ? 2 : 0);
	}
}

static void man_options(const struct option_def *options, size_t count, FILE *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct option_def *o = &options[i];

		fputs(".TP\n", out);
		if (o->letter)
			fprintf(out, "\\fB\\-%c\\fR, ", o->letter);
		fputs("\\fB\\-\\-", out);
		man_text(o->name, strlen(o->name), out);
		fputs("\\fR", out);
		if (o->argument)
			fprintf(out, " \\fI%s\\fR", o->argument);
		fputc('\n', out);
		fputc(toupper((unsigned char)o->help[0]), out);
		man_text(o->help + 1, strlen(o->help + 1), out);
		fputs(".\n", out);
		if (o->repeats)
			fputs("May be given more than once.\n", out);
	}
}

static void man_examples(const char *text, FILE *out)
{
	fputs(".SH EXAMPLES\n.nf\n", out);
	man_text(text, strlen(text), out);
	fputs(".fi\n", out);
}

static void man_exit_codes(FILE *out)
{
	fputs(".SH EXIT STATUS\n", out);
	for (int i = 0; i < EXIT_CODES; i++)
		fprintf(out, ".TP\n\\fB%d\\fR\n%s.\n", i, exit_codes[i].meaning);
}

static void man_title(const char *title, const char *summary, FILE *out)
{
	fprintf(out, ".\\\" Made from the command tables: do not edit.\n.TH ");
	for (const char *p = title; *p; p++)
		fputc(toupper((unsigned char)*p), out);
	fprintf(out, " 1 \"\" \"merlon %s\" \"Merlon\"\n.SH NAME\n", MERLON_VERSION);
	man_text(title, strlen(title), out);
	fputs(" \\- ", out);
	man_text(summary, strlen(summary), out);
	fputc('\n', out);
}

static void man_main(FILE *out)
{
	man_title("merlon", "runtime security for containers and Kubernetes", out);
	fputs(".SH SYNOPSIS\n\\fBmerlon\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]...\n", out);
	fputs(".SH COMMANDS\n", out);
	for (const struct command *const *c = commands; *c; c++)
		fprintf(out, ".TP\n\\fBmerlon\\-%s\\fR(1)\n%s.\n", (*c)->name, (*c)->summary);
	man_exit_codes(out);
}

static void man_body(const struct command *c, const char *above, FILE *out)
{
	fprintf(out, "\\fBmerlon%s%s %s\\fR [\\fIOPTION\\fR]...", *above ? " " : "", above,
		c->name);
	if (c->operands) {
		fputc(' ', out);
		man_text(c->operands, strlen(c->operands), out);
	}
	fputc('\n', out);
}

static void man_subcommands(const struct command *c, FILE *out)
{
	fputs(".SH COMMANDS\n", out);
	for (const struct command *const *s = c->subcommands; *s; s++)
		fprintf(out, ".TP\n\\fBmerlon\\-%s\\-%s\\fR(1)\n%s.\n", c->name, (*s)->name,
			(*s)->summary);
}

void help_man(const struct command *c, const struct command *parent, FILE *out)
{
	char title[128];

	if (!c) {
		man_main(out);
		return;
	}
	snprintf(title, sizeof(title), "merlon-%s%s%s", parent ? parent->name : "",
		 parent ? "-" : "", c->name);
	man_title(title, c->summary, out);
	fputs(".SH SYNOPSIS\n", out);
	if (c->run)
		man_body(c, parent ? parent->name : "", out);
	for (const struct command *const *s = c->subcommands; s && *s; s++) {
		fputs(".br\n", out);
		man_body(*s, c->name, out);
	}
	if (c->description) {
		fputs(".SH DESCRIPTION\n", out);
		man_paragraphs(c->description, out);
	}
	if (c->run) {
		fputs(".SH OPTIONS\n", out);
		man_options(c->options, c->option_count, out);
		man_options(common_options, common_option_count, out);
	}
	if (c->subcommands)
		man_subcommands(c, out);
	if (c->examples)
		man_examples(c->examples, out);
	man_exit_codes(out);
	fputs(".SH SEE ALSO\n\\fBmerlon\\fR(1)\n", out);
}
