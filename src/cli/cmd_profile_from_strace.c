/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/fs.h"
#include "cli/commands.h"
#include "cli/host_options.h"
#include "cli/profile_text.h"
#include "profile/trace.h"

static const struct option_def options[] = {
	{ "name", 'n', "NAME", "of the profile (default: trace)", false, COMPLETE_NONE, NULL },
	{ "output", 'o', "FILE", "write here instead of to standard output", false, COMPLETE_FILE,
	  NULL },
};

static int add_file(struct trace *t, const char *path, struct buf *notes, struct error *err)
{
	cleanup_buf struct buf text = { .limit = TRACE_BYTES_MAX };
	int r = fs_read(path, TRACE_BYTES_MAX, &text, err);

	return r ? r : trace_add(t, path, text.data ? text.data : "", text.len, notes, err);
}

static int run(const struct arguments *args, struct error *err)
{
	const char *name = arg_value(args, "name");
	cleanup_trace struct trace *t = trace_new(name ? name : "trace");
	cleanup_buf struct buf notes = BUF_INIT;
	cleanup_profile struct profile *p = NULL;
	size_t n;
	char **files = arg_operands(args, &n);
	int r = t ? 0 : error_errno(err, ENOMEM, "trace");

	if (!r && !n)
		r = error_set(err, EINVAL, "name the files that strace or sysdig wrote");
	for (size_t i = 0; i < n && !r; i++)
		r = add_file(t, files[i], &notes, err);
	p = r ? NULL : trace_finish(t);
	if (r || !p)
		return r ? r : error_errno(err, ENOMEM, "trace");
	if (!p->calls.len)
		return error_set(err, EINVAL, "there is no system call in these files");
	notes_print(&notes);
	return profile_output(p, arg_value(args, "output"), err);
}

const struct command cmd_profile_from_strace = {
	.name = "from-strace",
	.summary = "make a profile from what strace or sysdig wrote",
	.operands = "FILE...",
	.description =
		"Reads every form of strace's output: with -f, -ff (name all files), times (-t, -tt, "
		"-ttt, -r), -n, -i, -y, -yy, -k, -T, -X raw, -e raw=all, and the table of -c; and "
		"sysdig's default format. Arguments that decide danger are kept where they are "
		"understood, else any count as used, and that is said.\n\n"
		"A call that no table has, or a line that is not understood, is an error that names "
		"its place: nothing is left out silently. Use strace -o FILE, so that what the program "
		"prints is not between the lines.\n\n"
		"A trace has no files, network or capabilities as a recording has them, and does not "
		"tell a container's runtime from its workload: record where you can.",
	.examples =
		"  strace -f -o trace nginx -t && merlon profile from-strace trace -o web.merlon.json\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
