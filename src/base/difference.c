/* SPDX-License-Identifier: Apache-2.0 */
#include "base/difference.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/vec.h"

enum { CONTEXT = 3, AHEAD = 200 };

struct lines {
	VEC(struct text) of;
};

/* Lines a..a_end of the one became b..b_end of the other. */
struct hunk {
	size_t a, a_end, b, b_end;
};

struct difference {
	struct lines a, b;
	VEC(struct hunk) hunks;
};

static bool cut(struct lines *l, struct text t)
{
	for (size_t i = 0; i < t.len;) {
		const char *nl = memchr(t.data + i, '\n', t.len - i);
		size_t end = nl ? (size_t)(nl - t.data) + 1 : t.len;
		struct text *slot = vec_add(&l->of);

		if (!slot)
			return false;
		*slot = text_from(t.data + i, end - i);
		i = end;
	}
	return true;
}

static bool same(const struct difference *d, size_t a, size_t b)
{
	if (a >= d->a.of.len || b >= d->b.of.len)
		return a >= d->a.of.len && b >= d->b.of.len;
	return text_eq(d->a.of.items[a], d->b.of.items[b]);
}

/* From where they differ to where they go on alike, for two lines at least. */
static struct hunk next_hunk(const struct difference *d, size_t a, size_t b)
{
	for (size_t sum = 1; sum < AHEAD; sum++) {
		for (size_t i = 0; i <= sum; i++) {
			size_t to_a = a + i, to_b = b + sum - i;

			if (to_a > d->a.of.len || to_b > d->b.of.len)
				continue;
			if (same(d, to_a, to_b) &&
			    (to_a == d->a.of.len || same(d, to_a + 1, to_b + 1)))
				return (struct hunk){ a, to_a, b, to_b };
		}
	}
	return (struct hunk){ a, d->a.of.len, b, d->b.of.len };
}

static bool add_hunk(struct difference *d, struct hunk h)
{
	struct hunk *slot = vec_add(&d->hunks);

	if (slot)
		*slot = h;
	return slot != NULL;
}

/*
 * A hunk as those that leave alone what is the same in it: the longest common sequence of its lines.
 * longest[i][k] is how many lines are the same behind a + i and b + k.
 */
static bool add_refined(struct difference *d, struct hunk h)
{
	size_t rows = h.a_end - h.a, columns = h.b_end - h.b, i = 0, k = 0;
	uint16_t(*longest)[AHEAD + 1];
	struct hunk open = { h.a, h.a, h.b, h.b };
	bool good = true;

	if (!rows || !columns || rows > AHEAD || columns > AHEAD)
		return add_hunk(d, h);
	longest = calloc(rows + 1, sizeof(*longest));
	if (!longest)
		return false;
	for (i = rows; i-- > 0;)
		for (k = columns; k-- > 0;)
			longest[i][k] = same(d, h.a + i, h.b + k) ?
						(uint16_t)(longest[i + 1][k + 1] + 1) :
					longest[i + 1][k] > longest[i][k + 1] ? longest[i + 1][k] :
										longest[i][k + 1];
	for (i = k = 0; good && (i < rows || k < columns);) {
		if (i < rows && k < columns && same(d, h.a + i, h.b + k)) {
			if (open.a < open.a_end || open.b < open.b_end)
				good = add_hunk(d, open);
			i++;
			k++;
			open = (struct hunk){ h.a + i, h.a + i, h.b + k, h.b + k };
		} else if (k == columns || (i < rows && longest[i + 1][k] >= longest[i][k + 1])) {
			open.a_end = h.a + ++i;
		} else {
			open.b_end = h.b + ++k;
		}
	}
	free(longest);
	return good && (open.a == open.a_end && open.b == open.b_end ? true : add_hunk(d, open));
}

static bool compare(struct difference *d)
{
	for (size_t a = 0, b = 0; a < d->a.of.len || b < d->b.of.len;) {
		struct hunk h;

		if (same(d, a, b)) {
			a++;
			b++;
			continue;
		}
		h = next_hunk(d, a, b);
		if (!add_refined(d, h))
			return false;
		a = h.a_end;
		b = h.b_end;
	}
	return true;
}

static void add_lines(struct buf *out, const struct lines *l, size_t from, size_t to, char sign)
{
	for (size_t i = from; i < to; i++) {
		struct text t = l->of.items[i];

		buf_add_char(out, sign);
		buf_add(out, t.data, t.len);
		if (!t.len || t.data[t.len - 1] != '\n')
			buf_add_str(out, "\n\\ No newline at end of file\n");
	}
}

/* Hunks first..last share their context. */
static void add_group(struct buf *out, const struct difference *d, size_t first, size_t last)
{
	const struct hunk *h = d->hunks.items;
	size_t lead = h[first].a < CONTEXT ? h[first].a : CONTEXT;
	size_t left = d->a.of.len - h[last].a_end, tail = left < CONTEXT ? left : CONTEXT;
	size_t a = h[first].a - lead, b = h[first].b - lead;
	size_t a_len = h[last].a_end + tail - a, b_len = h[last].b_end + tail - b;

	buf_addf(out, "@@ -%zu,%zu +%zu,%zu @@\n", a + (a_len > 0), a_len, b + (b_len > 0), b_len);
	for (size_t i = first; i <= last; i++) {
		add_lines(out, &d->a, a, h[i].a, ' ');
		add_lines(out, &d->a, h[i].a, h[i].a_end, '-');
		add_lines(out, &d->b, h[i].b, h[i].b_end, '+');
		a = h[i].a_end;
	}
	add_lines(out, &d->a, a, a + tail, ' ');
}

void difference_add(struct buf *out, const char *name, struct text before, struct text after)
{
	struct difference d = { 0 };

	if (!cut(&d.a, before) || !cut(&d.b, after) || !compare(&d)) {
		out->failed = true;
	} else if (d.hunks.len) {
		buf_addf(out, "--- %s\n+++ %s\n", name, name);
		for (size_t first = 0, last; first < d.hunks.len; first = last + 1) {
			last = first;
			while (last + 1 < d.hunks.len &&
			       d.hunks.items[last + 1].a - d.hunks.items[last].a_end <= 2 * CONTEXT)
				last++;
			add_group(out, &d, first, last);
		}
	}
	vec_deinit(&d.a.of);
	vec_deinit(&d.b.of);
	vec_deinit(&d.hunks);
}
