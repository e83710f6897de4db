/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/inspect_rendered.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cli/inspect_render.h"

enum { RENDERED_MAX = 256 << 20, NAME_MAX_ = 512 };

#define SOURCE "# Source: "

/* What one template was made to; source is TEXT_NONE before the first. */
struct piece {
	struct text source, content;
};

/* The template that a document behind "---" says it is of. */
static struct text source_at(struct text t, uint32_t line)
{
	struct text rest = text_from(t.data + line, t.len - line);
	const char *end;

	if (!text_starts(rest, TEXT("---\n" SOURCE)))
		return TEXT_NONE;
	rest = text_from(rest.data + strlen("---\n" SOURCE),
			 rest.len - (uint32_t)strlen("---\n" SOURCE));
	end = memchr(rest.data, '\n', rest.len);
	rest.len = end ? (uint32_t)(end - rest.data) : rest.len;
	return text_trim(rest);
}

/* The next piece from *at on; false at the end. Documents of one template that follow each other are one piece. */
static bool next_piece(struct text t, uint32_t *at, struct piece *ret)
{
	uint32_t begin = *at, i = begin;

	if (begin >= t.len)
		return false;
	ret->source = source_at(t, begin);
	for (;;) {
		const char *nl = memchr(t.data + i, '\n', t.len - i);
		struct text source;

		i = nl ? (uint32_t)(nl - t.data) + 1 : t.len;
		if (i >= t.len)
			break;
		source = source_at(t, i);
		if (source.len && !text_eq(source, ret->source))
			break;
	}
	*at = i;
	/* Without what helm puts before it, so that lines are the template's as far as it says nothing to helm. */
	if (ret->source.data)
		begin = (uint32_t)(ret->source.data + ret->source.len - t.data);
	ret->content = text_from(t.data + begin, i - begin);
	if (ret->source.data && ret->content.len)
		ret->content = text_from(ret->content.data + 1, ret->content.len - 1);
	return true;
}

/* helm names the chart first ("web/templates/pod.yaml"), whatever its directory is called. */
static void name_piece(const char *path, const char *program, struct text source,
		       char out[NAME_MAX_])
{
	const char *slash = source.len ? memchr(source.data, '/', source.len) : NULL;
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	snprintf(out, NAME_MAX_, "%.*s%.*s (%s)", (int)len, path,
		 slash ? (int)(source.len - (size_t)(slash - source.data)) : 0, slash ? slash : "",
		 program);
}

int inspect_rendered_add(struct inspection *in, const char *path, struct error *err)
{
	cleanup_buf struct buf text = { .limit = RENDERED_MAX };
	const char *program = inspect_render_program(path);
	int r = inspect_render(path, &text, err);
	struct text t = text_from(text.data ? text.data : "", text.len);
	struct piece piece;
	uint32_t at = 0;

	while (!r && next_piece(t, &at, &piece)) {
		char name[NAME_MAX_];

		name_piece(path, program, piece.source, name);
		r = inspection_add(in, name, piece.content, err);
	}
	return r;
}

int inspect_rendered_chart(void *data, struct inspection *in, const char *directory,
			   struct error *err)
{
	struct error why = ERROR_INIT;
	bool library;
	int r;

	(void)data;
	if (!inspect_is_chart(directory, &library))
		return 0;
	if (library)
		return 1;
	r = inspect_rendered_add(in, directory, &why);
	if (r == -ENOMEM) {
		*err = why;
		return r;
	}
	if (r)
		inspection_problem(in, directory, why.text);
	return 1;
}
