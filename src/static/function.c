/* SPDX-License-Identifier: Apache-2.0 */
#include "static/function.h"

#include <elf.h>
#include <errno.h>

#include "static/frames.h"

/* A compiler's function is far below this; longer ones are cut, so that no question grows with them. */
enum { FUNCTION_BYTES_MAX = 1 << 20 };

/* From here on, up to the next bound. */
struct bound {
	uint64_t at;
	bool described;
};
typedef VEC(struct bound) bound_list;

/* At one address a beginning counts more than an end. */
static int bound_compare(const void *a, const void *b)
{
	const struct bound *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (int)y->described - (int)x->described;
}

static int bound_add(bound_list *list, uint64_t at, bool described)
{
	struct bound *slot = vec_add(list);

	if (!slot)
		return -ENOMEM;
	*slot = (struct bound){ at, described };
	return 0;
}

static int add_symbols(const elf_symbol_list *symbols, bound_list *bounds)
{
	int r = 0;

	vec_foreach(s, symbols) {
		if (r || !s->defined || (s->type != STT_FUNC && s->type != STT_GNU_IFUNC))
			continue;
		r = bound_add(bounds, s->address, s->size != 0);
		if (!r && s->size)
			r = bound_add(bounds, s->address + s->size, false);
	}
	return r;
}

static int add_described(const struct elf *e, bound_list *bounds)
{
	elf_range_list frames = { 0 };
	int r = frames_read(e, &frames);

	vec_foreach(f, &frames) {
		r = r ? r : bound_add(bounds, f->start, true);
		r = r ? r : bound_add(bounds, f->end, false);
	}
	vec_deinit(&frames);
	r = r ? r : add_symbols(&e->symbols, bounds);
	r = r ? r : add_symbols(&e->locals, bounds);
	r = r ? r : bound_add(bounds, e->entry, false);
	vec_foreach(init, &e->inits)
		r = r ? r : bound_add(bounds, *init, false);
	return r;
}

static int piece_add(function_list *list, uint64_t start, uint64_t end, bool described)
{
	while (start < end) {
		struct function_bounds *f = vec_add(list);

		if (!f)
			return -ENOMEM;
		*f = (struct function_bounds){ start, end, described };
		if (end - start > FUNCTION_BYTES_MAX)
			f->end = start + FUNCTION_BYTES_MAX;
		start = f->end;
	}
	return 0;
}

/* Cuts the code at the bounds. */
static int cut(const struct elf *e, bound_list *bounds, function_list *ret)
{
	size_t at = 0;
	int r = 0;

	vec_sort(bounds, bound_compare);
	ret->len = 0;
	vec_foreach(range, &e->code) {
		uint64_t start = range->start;
		bool described = false;

		for (; !r && at < bounds->len && bounds->items[at].at < range->end; at++) {
			const struct bound *b = &bounds->items[at];

			if (b->at < start)
				continue;
			if (b->at > start) {
				r = piece_add(ret, start, b->at, described);
				described = false;
			}
			start = b->at;
			described = described || b->described;
		}
		r = r ? r : piece_add(ret, start, range->end, described);
	}
	return r;
}

/* Adds a bound wherever a call goes, in the code of a piece. */
static int add_called(const struct elf *e, struct code_reader *reader, struct code *scratch,
		      const struct function_bounds *piece, bound_list *bounds)
{
	const uint8_t *bytes = elf_at(e, piece->start, piece->end - piece->start);
	int r = bytes ? code_read(reader, bytes, piece->end - piece->start, piece->start, scratch) :
			0;

	if (!bytes)
		return 0;
	vec_foreach(op, &scratch->ops)
		if (!r && op->kind == CODE_CALL && op->target && elf_is_code(e, op->target))
			r = bound_add(bounds, op->target, false);
	return r;
}

int functions_find(const struct elf *e, struct code_reader *reader, struct code *scratch,
		   function_list *ret)
{
	bound_list bounds = { 0 };
	int r = add_described(e, &bounds);
	bool more = false;

	r = r ? r : cut(e, &bounds, ret);
	vec_foreach(piece, ret) {
		/* Shorter ones are fillers between functions, or a single one. */
		if (r || piece->described || piece->end - piece->start < 64)
			continue;
		more = true;
		r = add_called(e, reader, scratch, piece, &bounds);
	}
	if (!r && more)
		r = cut(e, &bounds, ret);
	vec_deinit(&bounds);
	return r;
}
