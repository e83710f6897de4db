/* SPDX-License-Identifier: Apache-2.0 */
/* Shell completion, from the tables of command.h. */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cli/command.h"

/* Calls fn for every command that takes options, with its path ("record", "profile export"). */
static void each_command(void (*fn)(const struct command *c, const char *path, FILE *out),
			 FILE *out)
{
	for (const struct command *const *c = commands; *c; c++) {
		if ((*c)->run)
			fn(*c, (*c)->name, out);
		for (const struct command *const *s = (*c)->subcommands; s && *s; s++) {
			char path[128];

			snprintf(path, sizeof(path), "%s %s", (*c)->name, (*s)->name);
			fn(*s, path, out);
		}
	}
}

static void bash_case(const struct command *c, const char *path, FILE *out)
{
	fprintf(out, "\t\"%s\")\n\t\topts=\"", path);
	for (size_t i = 0; i < c->option_count; i++)
		fprintf(out, "--%s ", c->options[i].name);
	fprintf(out, "--help\"\n\t\tcase $prev in\n");
	for (size_t i = 0; i < c->option_count; i++) {
		const struct option_def *o = &c->options[i];

		if (!o->argument)
			continue;
		fprintf(out, "\t\t--%s", o->name);
		if (o->letter)
			fprintf(out, "|-%c", o->letter);
		switch (o->complete) {
		case COMPLETE_FILE:
			fprintf(out, ") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n");
			break;
		case COMPLETE_DIR:
			fprintf(out, ") COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n");
			break;
		case COMPLETE_WORDS:
			fprintf(out, ") COMPREPLY=($(compgen -W \"%s\" -- \"$cur\")); return ;;\n",
				o->words);
			break;
		case COMPLETE_NONE:
			fprintf(out, ") return ;;\n");
			break;
		}
	}
	fprintf(out, "\t\tesac\n");
	if (c->operand_complete == COMPLETE_FILE)
		fprintf(out, "\t\t[[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- \"$cur\")); "
			     "return; }\n");
	fprintf(out, "\t\t;;\n");
}

static void print_names(const struct command *const *list, FILE *out)
{
	for (; *list; list++)
		fprintf(out, "%s ", (*list)->name);
}

/* "show|explain|export" */
static void print_alternatives(const struct command *const *list, FILE *out)
{
	for (size_t i = 0; list[i]; i++)
		fprintf(out, "%s%s", i ? "|" : "", list[i]->name);
}

static void bash_print(FILE *out)
{
	fputs("# bash completion for merlon: made from its command tables\n"
	      "_merlon()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} opts=\n"
	      "\tlocal path=${COMP_WORDS[1]}\n"
	      "\tif ((COMP_CWORD == 1)); then\n\t\tCOMPREPLY=($(compgen -W \"",
	      out);
	print_names(commands, out);
	fputs("\" -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase $path in\n", out);
	for (const struct command *const *c = commands; *c; c++) {
		if (!(*c)->subcommands)
			continue;
		fprintf(out,
			"\t%s)\n\t\tif ((COMP_CWORD == 2)) && [[ $cur != -* ]]; then\n"
			"\t\t\tCOMPREPLY=($(compgen -W \"",
			(*c)->name);
		print_names((*c)->subcommands, out);
		fputs("\" -- \"$cur\"))\n\t\t\treturn\n\t\tfi\n\t\tcase ${COMP_WORDS[2]} in\n\t\t",
		      out);
		print_alternatives((*c)->subcommands, out);
		fputs(") path+=\" ${COMP_WORDS[2]}\" ;;\n\t\tesac ;;\n", out);
	}
	fputs("\tesac\n\tcase $path in\n", out);
	each_command(bash_case, out);
	fputs("\tesac\n\tCOMPREPLY=($(compgen -W \"$opts\" -- \"$cur\"))\n}\n"
	      "complete -F _merlon merlon\n",
	      out);
}

/* What stands for itself in a single-quoted word only behind a backslash. */
#define ZSH_SPECIAL "[]:" /* of _arguments and _describe */
#define FISH_SPECIAL "\\"

/* The inside of a single-quoted word. */
static void print_quoted(const char *text, const char *special, FILE *out)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr(special, *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void zsh_case(const struct command *c, const char *path, FILE *out)
{
	fprintf(out, "\t'%s')\n\t\t_arguments -s", path);
	for (size_t i = 0; i < c->option_count; i++) {
		const struct option_def *o = &c->options[i];

		fprintf(out, " \\\n\t\t\t'%s--%s[", o->repeats ? "*" : "", o->name);
		print_quoted(o->help, ZSH_SPECIAL, out);
		fputc(']', out);
		if (o->argument) {
			fprintf(out, ":%s:", o->argument);
			if (o->complete == COMPLETE_FILE)
				fputs("_files", out);
			else if (o->complete == COMPLETE_DIR)
				fputs("_files -/", out);
			else if (o->complete == COMPLETE_WORDS)
				fprintf(out, "(%s)", o->words);
		}
		fputc('\'', out);
	}
	fprintf(out, " \\\n\t\t\t'--help[help]'%s ;;\n",
		c->operand_complete == COMPLETE_FILE ? " '*:file:_files'" : "");
}

static void zsh_list(const char *variable, const struct command *const *list, FILE *out)
{
	fprintf(out, "\t\t%s=(", variable);
	for (; *list; list++) {
		fprintf(out, " '%s:", (*list)->name);
		print_quoted((*list)->summary, ZSH_SPECIAL, out);
		fputc('\'', out);
	}
	fputs(" )\n", out);
}

static void zsh_print(FILE *out)
{
	fputs("#compdef merlon\n# made from merlon's command tables\n"
	      "_merlon()\n{\n\tlocal -a names\n\tlocal path=$words[2]\n"
	      "\tif ((CURRENT == 2)); then\n",
	      out);
	zsh_list("names", commands, out);
	fputs("\t\t_describe command names\n\t\treturn\n\tfi\n\tcase $path in\n", out);
	for (const struct command *const *c = commands; *c; c++) {
		if (!(*c)->subcommands)
			continue;
		fprintf(out, "\t%s)\n\t\tif ((CURRENT == 3)) && [[ $words[3] != -* ]]; then\n\t",
			(*c)->name);
		zsh_list("names", (*c)->subcommands, out);
		fputs("\t\t\t_describe command names\n\t\t\treturn\n\t\tfi\n\t\tcase $words[3] in\n\t\t",
		      out);
		print_alternatives((*c)->subcommands, out);
		fputs(")\n\t\t\tpath+=\" $words[3]\"\n\t\t\tshift words\n\t\t\t((CURRENT--)) ;;\n"
		      "\t\tesac ;;\n",
		      out);
	}
	fputs("\tesac\n\tshift words\n\t((CURRENT--))\n\tcase $path in\n", out);
	each_command(zsh_case, out);
	fputs("\tesac\n}\n_merlon \"$@\"\n", out);
}

static void fish_lines(const struct command *c, const char *path, FILE *out)
{
	const char *space = strchr(path, ' ');
	char condition[256];

	if (space)
		snprintf(condition, sizeof(condition),
			 "__fish_seen_subcommand_from %.*s; and __fish_seen_subcommand_from %s",
			 (int)(space - path), path, space + 1);
	else
		snprintf(condition, sizeof(condition), "__fish_seen_subcommand_from %s", path);
	for (size_t i = 0; i < c->option_count; i++) {
		const struct option_def *o = &c->options[i];

		fprintf(out, "complete -c merlon -n '%s' -l %s", condition, o->name);
		if (o->letter)
			fprintf(out, " -s %c", o->letter);
		if (o->argument)
			fprintf(out, " -r");
		if (o->complete == COMPLETE_WORDS)
			fprintf(out, " -f -a '%s'", o->words);
		fputs(" -d '", out);
		print_quoted(o->help, FISH_SPECIAL, out);
		fputs("'\n", out);
	}
}

static void fish_print(FILE *out)
{
	fputs("# fish completion for merlon: made from its command tables\n", out);
	for (const struct command *const *c = commands; *c; c++) {
		fprintf(out, "complete -c merlon -n __fish_use_subcommand -f -a %s -d '",
			(*c)->name);
		print_quoted((*c)->summary, FISH_SPECIAL, out);
		fputs("'\n", out);
		for (const struct command *const *s = (*c)->subcommands; s && *s; s++) {
			fprintf(out,
				"complete -c merlon -n '__fish_seen_subcommand_from %s' -f "
				"-a %s -d '",
				(*c)->name, (*s)->name);
			print_quoted((*s)->summary, FISH_SPECIAL, out);
			fputs("'\n", out);
		}
	}
	each_command(fish_lines, out);
}

int completion_print(const char *shell, FILE *out)
{
	static const struct {
		const char *name;
		void (*print)(FILE *out);
	} shells[] = { { "bash", bash_print }, { "zsh", zsh_print }, { "fish", fish_print } };

	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++) {
		if (str_eq(shells[i].name, shell)) {
			shells[i].print(out);
			return 0;
		}
	}
	return -ENOENT;
}
