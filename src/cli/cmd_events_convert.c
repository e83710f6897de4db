/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "cli/commands.h"
#include "event/stream.h"

static const struct option_def options[] = {
	{ "to", 't', "FORM", "json or binary; without it the other one", false, COMPLETE_WORDS,
	  "json binary" },
	{ "output", 'o', "FILE", "write here instead of to standard output", false, COMPLETE_FILE,
	  NULL },
};

static int choose_form(const struct arguments *args, struct text content, enum stream_form *ret,
		       struct error *err)
{
	const char *to = arg_value(args, "to");

	if (!to)
		*ret = event_stream_form(content) == STREAM_JSON ? STREAM_BINARY : STREAM_JSON;
	else if (str_eq(to, "json") || str_eq(to, "binary"))
		*ret = str_eq(to, "json") ? STREAM_JSON : STREAM_BINARY;
	else
		return error_set(err, EINVAL, "--to is json or binary, not \"%s\"", to);
	return 0;
}

static int convert(const char *path, struct text content, enum stream_form form, struct buf *out,
		   struct error *err)
{
	/* Kept: the writer knows a process again by its address. */
	cleanup_event_reader struct event_reader *reader = NULL;
	cleanup_event_writer struct event_writer *writer = NULL;
	struct event ev;
	int r = event_reader_new(&reader, path, content, true, err);

	while (!r && (r = event_reader_next(reader, &ev, err)) > 0) {
		r = writer ? 0 : event_writer_new(&writer, form, ev.hostname);
		r = r ? r : event_writer_add(writer, &ev, out);
		if (r)
			return error_errno(err, -r, "%s", path);
	}
	return r;
}

static int run(const struct arguments *args, struct error *err)
{
	const char *output = arg_value(args, "output");
	cleanup_buf struct buf in = { .limit = STREAM_MEMORY_MAX },
			       out = { .limit = STREAM_MEMORY_MAX };
	enum stream_form form = STREAM_JSON;
	size_t n;
	char **paths = arg_operands(args, &n);
	struct text content;
	int r;

	if (n != 1)
		return error_set(err, EINVAL, "name one file of events");
	r = fs_read(paths[0], STREAM_MEMORY_MAX, &in, err);
	if (r)
		return r;
	content = text_from(in.data ? in.data : "", in.len);
	r = choose_form(args, content, &form, err);
	if (!r && form == STREAM_BINARY && !output && isatty(STDOUT_FILENO))
		r = error_set(err, EINVAL, "the binary form is not for terminals: say --output");
	if (!r)
		r = convert(paths[0], content, form, &out, err);
	if (r)
		return r;
	if (output)
		return fs_write_atomic(output, out.data ? out.data : "", out.len, 0644, err);
	fwrite(out.data, 1, out.len, stdout);
	return EXIT_OK;
}

const struct command cmd_events_convert = {
	.name = "convert",
	.summary = "turn recorded events from binary into JSON lines, or back",
	.operands = "FILE",
	.description = "Both forms say the same (docs/event-format.md). Which one a file has is "
		       "found out.",
	.examples = "  merlon events convert incident.mev # as JSON lines, to read\n"
		    "  merlon events convert --to binary incident.jsonl -o incident.mev\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
