/* SPDX-License-Identifier: Apache-2.0 */
#include "static/go.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

/*
 * Three forms of the table (Go's debug/gosym says the same in Go). Since 1.18 functions are told by
 * their offset from the start of the text; before, by their address. Since 1.16 a header says where
 * the parts are; before, all offsets are from the table's start.
 */
struct form {
	uint32_t magic;
	unsigned text, names, functions; /* where the header has these; 0: it has not */
	unsigned width;			 /* of the two numbers of a function's entry */
};

static const struct form forms[] = {
	{ 0xfffffff1, 24, 32, 64, 4 }, /* 1.20 */
	{ 0xfffffff0, 24, 32, 64, 4 }, /* 1.18 */
	{ 0xfffffffa, 0, 24, 56, 8 },  /* 1.16 */
	{ 0xfffffffb, 0, 0, 0, 8 },    /* 1.2 */
};

enum { HEADER = 16, NAME_BYTES_MAX = 4096 };

static bool number_at(const struct elf *e, uint64_t address, unsigned width, uint64_t *ret)
{
	const uint8_t *p = elf_at(e, address, width);

	*ret = 0;
	if (p)
		memcpy(ret, p, width);
	return p;
}

static const struct form *form_of(const struct elf *e)
{
	uint64_t magic = 0;

	if (!number_at(e, e->go_table.start, 4, &magic))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (forms[i].magic == magic)
			return &forms[i];
	return NULL;
}

bool go_made(const struct elf *e)
{
	return form_of(e) != NULL;
}

/* The base of offsets. In a file that is loaded anywhere a relocation may hold it. */
static uint64_t text_start(const struct elf *e, const struct form *f)
{
	uint64_t base = 0, size = 0;

	if (!f->text)
		return 0;
	number_at(e, e->go_table.start + f->text, 8, &base);
	vec_foreach(r, &e->relocs)
		if (r->place == e->go_table.start + f->text && r->type == R_X86_64_RELATIVE)
			base = (uint64_t)r->addend;
	if (elf_is_code(e, base))
		return base;
	vec_foreach(c, &e->code) {
		if (c->end - c->start > size) {
			base = c->start;
			size = c->end - c->start;
		}
	}
	return base;
}

struct table {
	const struct form *form;
	uint64_t text, names, functions, count;
};

static bool table_open(const struct elf *e, struct table *t)
{
	uint64_t start = e->go_table.start, offset = 0;

	*t = (struct table){ .form = form_of(e) };
	if (!t->form || !number_at(e, start + 8, 8, &t->count))
		return false;
	t->text = text_start(e, t->form);
	t->names = start;
	t->functions = start;
	if (t->form->names && number_at(e, start + t->form->names, 8, &offset))
		t->names += offset;
	if (t->form->functions && number_at(e, start + t->form->functions, 8, &offset))
		t->functions += offset;
	return t->count <= GO_FUNCTIONS_MAX;
}

static const char *name_of(const struct elf *e, const struct table *t, uint64_t record)
{
	unsigned width = t->form->width;
	uint64_t offset;
	const char *name;

	if (!number_at(e, t->functions + record + width, 4, &offset))
		return "";
	name = elf_string(e, t->names + offset, NAME_BYTES_MAX);
	return name ? name : "";
}

int go_symbols_read(struct elf *e)
{
	struct table t;
	unsigned width;
	uint64_t entries;

	if (!table_open(e, &t)) {
		e->left_out++;
		return 0;
	}
	width = t.form->width;
	entries = t.functions + (t.form->functions ? 0 : HEADER);
	for (uint64_t i = 0; i < t.count; i++) {
		uint64_t at = entries + i * 2 * width, start, record, end;
		struct elf_symbol *slot;

		if (!number_at(e, at, width, &start) || !number_at(e, at + width, width, &record) ||
		    !number_at(e, at + (uint64_t)2 * width, width, &end)) {
			e->left_out += t.count - i;
			break;
		}
		if (end <= start || !elf_is_code(e, t.text + start))
			continue;
		slot = vec_add(&e->locals);
		if (!slot)
			return -ENOMEM;
		*slot = (struct elf_symbol){ name_of(e, &t, record),
					     t.text + start,
					     end - start,
					     STT_FUNC,
					     STB_LOCAL,
					     true };
	}
	return 0;
}
