/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/source.h"

void source_builder_deinit(struct source_builder *b)
{
	buf_deinit(&b->text);
	vec_deinit(&b->segments);
}

static void add(struct source_builder *b, struct text t, const struct yaml_node *n, uint32_t offset,
		bool fixed)
{
	struct source_segment *s;

	if (!t.len || b->failed)
		return;
	s = vec_add(&b->segments);
	if (s)
		*s = (struct source_segment){ (uint32_t)b->text.len, offset, n, fixed };
	buf_add(&b->text, t.data, t.len);
	b->failed = !s || b->text.failed;
}

void source_add_node(struct source_builder *b, const struct yaml_node *n, uint32_t from,
		     uint32_t len)
{
	add(b, text_from(n->text.data + from, len), n, from, false);
}

void source_add_made(struct source_builder *b, struct text t, const struct yaml_node *n,
		     uint32_t offset)
{
	add(b, t, n, offset, true);
}

/* The segment that byte at lies in. */
static uint32_t segment_of(const struct source *s, uint32_t at)
{
	uint32_t low = 0, high = s->segment_count;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (s->segments[middle].start <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

void source_add_range(struct source_builder *b, const struct source *s, uint32_t from, uint32_t to)
{
	uint32_t i;

	if (from >= to)
		return;
	for (i = segment_of(s, from); i < s->segment_count && s->segments[i].start < to; i++) {
		const struct source_segment *seg = &s->segments[i];
		uint32_t end = i + 1 < s->segment_count ? s->segments[i + 1].start : s->text.len;
		uint32_t start = seg->start > from ? seg->start : from;

		end = end < to ? end : to;
		add(b, text_from(s->text.data + start, end - start), seg->node,
		    seg->fixed ? seg->offset : seg->offset + (start - seg->start), seg->fixed);
	}
}

void source_cut(struct source_builder *b, size_t len)
{
	if (b->text.len > len) {
		b->text.len = len;
		b->text.data[len] = '\0';
	}
	while (b->segments.len && b->segments.items[b->segments.len - 1].start >= len)
		b->segments.len--;
}

const struct source *source_finish(struct source_builder *b, struct arena *a)
{
	struct source *s = b->failed ? NULL : arena_new(a, struct source);
	struct source_segment *segments;

	if (!s)
		return NULL;
	segments = arena_array(a, struct source_segment, b->segments.len + 1);
	s->text = text_from(arena_dup(a, b->text.data, b->text.len), b->text.len);
	if (!segments || !s->text.data)
		return NULL;
	if (b->segments.len)
		memcpy(segments, b->segments.items, b->segments.len * sizeof(*segments));
	s->segments = segments;
	s->segment_count = (uint32_t)b->segments.len;
	source_builder_deinit(b);
	return s;
}

const struct yaml_node *source_node(const struct source *s, uint32_t at, uint32_t *ret_offset)
{
	const struct source_segment *seg;

	if (!s->segment_count)
		return NULL;
	seg = &s->segments[segment_of(s, at)];
	*ret_offset = seg->fixed ? seg->offset : seg->offset + (at - seg->start);
	return seg->node;
}

struct diag_place source_place(const struct source *s, uint32_t at)
{
	const struct yaml_node *n;
	uint32_t offset;

	/* Behind the end: what stands last is the place to look at. */
	if (at >= s->text.len && s->text.len)
		at = s->text.len - 1;
	n = source_node(s, at, &offset);
	return n ? yaml_place_in(n, offset) : (struct diag_place){ 0 };
}
