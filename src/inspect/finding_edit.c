/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/finding_edit.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "inspect/edit.h"
#include "inspect/patch.h"

enum { FILE_BYTES_MAX = 8 << 20 };

struct source {
	struct inspection *in;
	const char *file;
	struct text content;
	const struct yaml_node *document;
	json_t *was; /* the document's values */
};

static bool is_wanted(const struct finding *f)
{
	return finding_fix(f) && !finding_reason(f) && !f->check->fix.aggressive &&
	       (f->outcome == OUTCOME_FAIL || f->outcome == OUTCOME_WARN);
}

/* Whether the document of that number reads as these values. */
static bool reads_as(const struct source *s, struct text content, const json_t *wanted)
{
	cleanup_diags struct diags d = { 0 };
	cleanup_yaml_stream struct yaml_stream *y = yaml_stream_new(s->file, content,
								    &manifest_limits, NULL, &d);
	struct yaml_node *n = NULL;
	json_t *is;
	bool good = y;

	for (uint32_t i = 0; good && i <= s->in->document; i++)
		good = yaml_stream_next(y, &n) == YAML_DOCUMENT;
	is = good ? yaml_json(n) : NULL;
	good = is && json_equal(is, wanted);
	json_decref(is);
	return good;
}

static bool is_proven(const struct source *s, const struct edit *e, const char *pointer,
		      const json_t *operation)
{
	cleanup_json json_t *wanted = json_deep_copy(s->was);
	cleanup_buf struct buf text = { .limit = s->content.len + 65536 };
	json_t *object = wanted ? pointer_find(wanted, pointer) : NULL;

	if (!object || !patch_apply(object, operation))
		return false;
	buf_add(&text, s->content.data, e->start);
	buf_add_str(&text, e->text);
	buf_add(&text, s->content.data + e->end, s->content.len - e->end);
	return !text.failed && reads_as(s, text_from(text.data, text.len), wanted);
}

/* From 1, in characters: what begins none does not count. */
static void place_of(struct text content, size_t offset, uint32_t *line, uint32_t *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < offset; i++) {
		++*column;
		if (content.data[i] == '\n')
			++*line, *column = 1;
		else if (((unsigned char)content.data[i] & 0xc0) == 0x80)
			--*column;
	}
}

static void keep_edit(const struct source *s, struct finding *f, const struct edit *e)
{
	struct finding_edit *kept = arena_new(&s->in->kept, struct finding_edit);
	struct finding_more *more = arena_new(&s->in->kept, struct finding_more);

	if (!kept || !more)
		return;
	place_of(s->content, e->start, &kept->line, &kept->column);
	place_of(s->content, e->end, &kept->end_line, &kept->end_column);
	kept->text = inventory_text(&s->in->inventory, text_of(e->text));
	if (!kept->text)
		return;
	/* No two have the same. */
	*more = *f->more;
	more->edit = kept;
	f->more = more;
}

static void add_edit(const struct source *s, struct finding *f)
{
	const char *pointer = s->in->report.objects.items[f->object].pointer;
	const struct finding_fix *fix = finding_fix(f);
	json_t *object = pointer ? pointer_find(s->was, pointer) : NULL;
	cleanup_json json_t *value = fix->value ? json_loads(fix->value, JSON_DECODE_ANY, NULL) :
						  NULL;
	cleanup_json json_t *operation = object ? patch_plan(object, fix->target, fix->op, value) :
						  NULL;
	struct edit e = { 0 };

	if (operation && !patch_is_careful(object, fix->target, operation) &&
	    !edit_plan(&e, s->document, pointer, operation) && is_proven(s, &e, pointer, operation))
		keep_edit(s, f, &e);
	free(e.text);
}

bool finding_edits_are_for(struct text content)
{
	return content.len <= FILE_BYTES_MAX;
}

void finding_edits(struct inspection *in, const char *file, struct text content,
		   const struct yaml_node *document, size_t first)
{
	struct source s = { in, file, content, document, NULL };

	for (size_t i = first; i < in->report.findings.len; i++) {
		struct finding *f = &in->report.findings.items[i];

		if (!is_wanted(f))
			continue;
		if (!finding_edits_are_for(content)) {
			if (in->unedited != file)
				inspection_note(
					in, file,
					"fixes of what is in it are not shown: it is too much to be read again for each");
			in->unedited = file;
			break;
		}
		if (in->edit_room < content.len) {
			if (in->edit_room)
				inspection_note(
					in, file,
					"fixes of what follows are not shown: it is too much to be read again for each");
			in->edit_room = 0;
			break;
		}
		in->edit_room -= content.len;
		s.was = s.was ? s.was : yaml_json(document);
		if (!s.was)
			break;
		add_edit(&s, f);
	}
	json_decref(s.was);
}
