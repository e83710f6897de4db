/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "cli/commands.h"

static const struct option_def options[] = {
	{ "man", 0, "DIR", "write the man pages of all commands into a directory instead", false,
	  COMPLETE_DIR, NULL },
};

static int write_page(const char *dir, const struct command *c, const struct command *parent,
		      struct error *err)
{
	cleanup_free char *path = str_format("%s/merlon%s%s%s%s.1", dir, parent ? "-" : "",
					     parent ? parent->name : "", c ? "-" : "",
					     c ? c->name : "");
	FILE *f = path ? fopen(path, "we") : NULL;

	if (!f)
		return error_errno(err, errno, "%s", path ? path : dir);
	help_man(c, parent, f);
	return fclose(f) ? error_errno(err, errno, "%s", path) : 0;
}

static int write_pages(const char *dir, struct error *err)
{
	int r = fs_mkdirs(dir, 0755, err);

	if (!r)
		r = write_page(dir, NULL, NULL, err);
	for (const struct command *const *c = commands; *c && !r; c++) {
		r = write_page(dir, *c, NULL, err);
		for (const struct command *const *s = (*c)->subcommands; s && *s && !r; s++)
			r = write_page(dir, *s, *c, err);
	}
	return r;
}

static int run(const struct arguments *args, struct error *err)
{
	size_t n;
	char **words = arg_operands(args, &n);

	if (arg_value(args, "man"))
		return write_pages(arg_value(args, "man"), err);
	if (n == 0) {
		help_overview(stdout);
		return EXIT_OK;
	}
	for (const struct command *const *c = commands; *c; c++) {
		if (!str_eq((*c)->name, words[0]))
			continue;
		for (const struct command *const *s = (*c)->subcommands; n > 1 && s && *s; s++) {
			if (str_eq((*s)->name, words[1])) {
				help_print(*s, *c, stdout);
				return EXIT_OK;
			}
		}
		help_print(*c, NULL, stdout);
		return EXIT_OK;
	}
	return error_set(err, ENOENT, "there is no command \"%s\"", words[0]);
}

const struct command cmd_help = {
	.name = "help",
	.summary = "explain a command",
	.operands = "[COMMAND [SUBCOMMAND]]",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
