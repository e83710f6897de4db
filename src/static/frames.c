/* SPDX-License-Identifier: Apache-2.0 */
#include "static/frames.h"

#include <errno.h>
#include <string.h>

/* How a pointer is written: DW_EH_PE_* of the Linux Standard Base. */
enum {
	PE_ABSOLUTE = 0x00,
	PE_U16 = 0x02,
	PE_U32 = 0x03,
	PE_U64 = 0x04,
	PE_S16 = 0x0a,
	PE_S32 = 0x0b,
	PE_S64 = 0x0c,
	PE_FORMAT = 0x0f,
	PE_RELATIVE = 0x70, /* to what */
	PE_TO_ITSELF = 0x10,
	PE_OMITTED = 0xff,
};

/* Reads forward; after the first read past the end all are 0 and failed is set. */
struct cursor {
	const struct elf *e;
	uint64_t at, end;
	bool failed;
};

static uint64_t cursor_number(struct cursor *c, unsigned bytes, bool is_signed)
{
	const uint8_t *p = c->at <= c->end && bytes <= c->end - c->at ? elf_at(c->e, c->at, bytes) :
									NULL;
	uint64_t n = 0;

	if (!p || c->failed) {
		c->failed = true;
		return 0;
	}
	memcpy(&n, p, bytes);
	c->at += bytes;
	if (is_signed && bytes < 8 && n >> (bytes * 8 - 1))
		n |= UINT64_MAX << (bytes * 8);
	return n;
}

/* A number in LEB128; signs don't matter to those who skip it. */
static uint64_t cursor_leb(struct cursor *c)
{
	uint64_t n = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint64_t byte = cursor_number(c, 1, false);

		if (shift < 64)
			n |= (byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return n;
	}
	c->failed = true;
	return 0;
}

static uint64_t cursor_pointer(struct cursor *c, unsigned encoding)
{
	uint64_t here = c->at, n;

	switch (encoding & PE_FORMAT) {
	case PE_ABSOLUTE:
	case PE_U64:
	case PE_S64:
		n = cursor_number(c, 8, false);
		break;
	case PE_U16:
	case PE_S16:
		n = cursor_number(c, 2, (encoding & PE_FORMAT) == PE_S16);
		break;
	case PE_U32:
	case PE_S32:
		n = cursor_number(c, 4, (encoding & PE_FORMAT) == PE_S32);
		break;
	default:
		c->failed = true;
		return 0;
	}
	if ((encoding & PE_RELATIVE) == PE_TO_ITSELF)
		return n + here;
	c->failed = c->failed || (encoding & PE_RELATIVE);
	return n;
}

/* One common entry serves thousands of functions: the last one is remembered. */
struct common {
	uint64_t at;
	unsigned encoding; /* of its functions' addresses */
	bool signal;	   /* of frames that the kernel makes */
	bool good;
};

/* What a common entry (behind its length and id) says about its functions. */
static bool common_read(struct cursor *c, struct common *ret)
{
	uint64_t version = cursor_number(c, 1, false);
	char letters[8];
	unsigned n = 0;

	ret->encoding = PE_ABSOLUTE;
	for (; n < sizeof(letters); n++) {
		letters[n] = (char)cursor_number(c, 1, false);
		if (!letters[n])
			break;
	}
	if (n == sizeof(letters) || c->failed)
		return false;
	if (version >= 4)
		cursor_number(c, 2, false);
	cursor_leb(c);
	cursor_leb(c);
	if (version == 1)
		cursor_number(c, 1, false);
	else
		cursor_leb(c);
	if (letters[0] != 'z')
		return !c->failed && !letters[0];
	cursor_leb(c);
	for (unsigned i = 1; i < n; i++) {
		if (letters[i] == 'S')
			ret->signal = true;
		else if (letters[i] == 'R')
			ret->encoding = (unsigned)cursor_number(c, 1, false);
		else if (letters[i] == 'P')
			cursor_pointer(c, (unsigned)cursor_number(c, 1, false) & PE_FORMAT);
		else if (letters[i] == 'L')
			cursor_number(c, 1, false);
	}
	return !c->failed;
}

static void common_find(const struct elf *e, uint64_t at, uint64_t end, struct common *last)
{
	struct cursor c = { e, at, end, false };
	uint64_t length;

	if (last->at == at && at)
		return;
	*last = (struct common){ .at = at };
	length = cursor_number(&c, 4, false);
	if (length == UINT32_MAX)
		return; /* the 64-bit form, which no compiler makes */
	last->good = cursor_number(&c, 4, false) == 0 && common_read(&c, last);
}

/* Where the entries are: the section, or what the index in the program headers points to. */
static struct elf_range frames_find(const struct elf *e)
{
	struct cursor c = { e, e->frame_index.start, e->frame_index.end, false };
	uint64_t version, encoding, start;

	if (e->frames.start < e->frames.end)
		return e->frames;
	version = cursor_number(&c, 1, false);
	encoding = cursor_number(&c, 1, false);
	cursor_number(&c, 2, false);
	start = encoding == PE_OMITTED ? 0 : cursor_pointer(&c, (unsigned)encoding);
	if (c.failed || version != 1)
		return (struct elf_range){ 0 };
	return (struct elf_range){ start, start + elf_left(e, start) };
}

static int compare(const void *a, const void *b)
{
	const struct elf_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void settle(elf_range_list *list)
{
	size_t kept = 0;

	vec_sort(list, compare);
	vec_foreach(r, list) {
		struct elf_range *before = kept ? &list->items[kept - 1] : NULL;

		if (before && before->end > r->start)
			before->end = r->start;
		if (before && before->start >= before->end)
			kept--;
		list->items[kept++] = *r;
	}
	list->len = kept;
}

int frames_read(const struct elf *e, elf_range_list *functions)
{
	struct elf_range where = frames_find(e);
	struct common common = { 0 };
	uint64_t next;

	for (uint64_t at = where.start; at < where.end && functions->len < FRAMES_MAX; at = next) {
		struct cursor c = { e, at, where.end, false };
		uint64_t length = cursor_number(&c, 4, false), here = c.at, id, start, size;
		struct elf_range *slot;

		if (c.failed || !length || length >= UINT32_MAX)
			break;
		next = here + length;
		id = cursor_number(&c, 4, false);
		if (!id)
			continue;
		common_find(e, here - id, where.end, &common);
		if (!common.good)
			continue;
		start = cursor_pointer(&c, common.encoding);
		size = cursor_pointer(&c, common.encoding & PE_FORMAT);
		if (c.failed || !size || start + size < start || !elf_is_code(e, start))
			continue;
		/* The return from a signal is said to begin one byte early, for unwinders' sake. */
		if (common.signal && size > 1) {
			start++;
			size--;
		}
		slot = vec_add(functions);
		if (!slot)
			return -ENOMEM;
		*slot = (struct elf_range){ start, start + size };
	}
	settle(functions);
	return 0;
}
