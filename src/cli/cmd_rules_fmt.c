/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/yaml_tree.h"
#include "cli/commands.h"
#include "rules/format.h"

static const struct option_def options[] = {
	{ "write", 'w', NULL, "change the files instead of printing them", false, COMPLETE_NONE,
	  NULL },
	{ "check", 'c', NULL, "only name the files that would change", false, COMPLETE_NONE, NULL },
};

static int write_back(const char *path, const struct buf *text, struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_errno(err, errno, "%s", path);
	return fs_write_atomic(path, text->data, text->len, st.st_mode & 07777, err);
}

static int format_one(const struct arguments *args, const char *path, bool *changed,
		      struct error *err)
{
	cleanup_buf struct buf before = BUF_INIT, after = BUF_INIT;
	int r = fs_read(path, YAML_TREE_BYTES_MAX, &before, err);

	if (!r)
		r = format_rules(path, text_from(before.data ? before.data : "", before.len),
				 &after, err);
	if (r)
		return r;
	*changed = !text_eq(text_from(before.data, before.len), text_from(after.data, after.len));
	if (arg_flag(args, "check")) {
		if (*changed)
			printf("%s\n", path);
	} else if (arg_flag(args, "write")) {
		r = *changed ? write_back(path, &after, err) : 0;
	} else {
		fwrite(after.data, 1, after.len, stdout);
	}
	return r;
}

static int run(const struct arguments *args, struct error *err)
{
	bool any = false;
	size_t n;
	char **paths = arg_operands(args, &n);
	int r = 0;

	if (!n)
		return error_set(err, EINVAL, "name rule files");
	for (size_t i = 0; i < n && !r; i++) {
		bool changed = false;

		r = format_one(args, paths[i], &changed, err);
		any = any || changed;
	}
	return r ? r : any && arg_flag(args, "check") ? EXIT_NEGATIVE : EXIT_OK;
}

const struct command cmd_rules_fmt = {
	.name = "fmt",
	.summary = "print rule files in one spelling",
	.operands = "FILE...",
	.description =
		"Two blanks of indentation, conditions broken at \"and\" and \"or\", short lists in one "
		"line, a blank line between objects; comments stay. What is written is read again and "
		"compared: a file that can't be formatted without a doubt is left as it is and the "
		"reason is said. With --check the exit status is 1 if a file would change.",
	.examples = "  merlon rules fmt --write my_rules.yaml\n"
		    "  merlon rules fmt --check rules.d/*.yaml # before a commit\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
