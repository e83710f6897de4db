/* SPDX-License-Identifier: Apache-2.0 */
/* What of a file is where, once it is loaded. */
#include <string.h>

#include "static/elf.h"

static const struct elf_segment *segment_of(const struct elf *e, uint64_t address)
{
	vec_foreach(s, &e->segments)
		if (address - s->address < s->file_size)
			return s;
	return NULL;
}

uint64_t elf_left(const struct elf *e, uint64_t address)
{
	const struct elf_segment *s = segment_of(e, address);

	return s ? s->file_size - (address - s->address) : 0;
}

const uint8_t *elf_at(const struct elf *e, uint64_t address, uint64_t n)
{
	const struct elf_segment *s = segment_of(e, address);

	if (!s || n > s->file_size - (address - s->address))
		return NULL;
	return e->data + s->offset + (address - s->address);
}

uint64_t elf_word(const struct elf *e, uint64_t address)
{
	const uint8_t *p = elf_at(e, address, 8);
	uint64_t word = 0;

	if (p)
		memcpy(&word, p, sizeof(word));
	return word;
}

const char *elf_string(const struct elf *e, uint64_t address, uint64_t max)
{
	uint64_t left = elf_left(e, address);
	const uint8_t *p;

	left = left < max ? left : max;
	p = left ? elf_at(e, address, left) : NULL;
	return p && memchr(p, '\0', left) ? (const char *)p : NULL;
}

bool elf_is_code(const struct elf *e, uint64_t address)
{
	size_t low = 0, high = e->code.len;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (e->code.items[mid].end <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low < e->code.len && e->code.items[low].start <= address;
}

const struct elf_reloc *elf_reloc_at(const struct elf *e, uint64_t place)
{
	size_t low = 0, high = e->relocs.len;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (e->relocs.items[mid].place < place)
			low = mid + 1;
		else
			high = mid;
	}
	return low < e->relocs.len && e->relocs.items[low].place == place ? &e->relocs.items[low] :
									    NULL;
}
