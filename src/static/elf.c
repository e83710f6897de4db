/* SPDX-License-Identifier: Apache-2.0 */
#include "static/elf.h"

#include <errno.h>
#include <gelf.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

#ifndef SHT_RELR
#define SHT_RELR 19
#endif

/* --- program headers ---------------------------------------------------------------------------- */

static int range_compare(const void *a, const void *b)
{
	const struct elf_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Sorts the ranges and cuts off what two of them share. */
static void ranges_settle(elf_range_list *list)
{
	size_t kept = 0;
	uint64_t end = 0;

	vec_sort(list, range_compare);
	vec_foreach(r, list) {
		if (r->start < end)
			r->start = end;
		if (r->start >= r->end)
			continue;
		end = r->end;
		list->items[kept++] = *r;
	}
	list->len = kept;
}

static int range_add(elf_range_list *list, uint64_t start, uint64_t size)
{
	struct elf_range *r;

	if (!size || start + size < start)
		return 0;
	r = vec_add(list);
	if (!r)
		return -ENOMEM;
	*r = (struct elf_range){ start, start + size };
	return 0;
}

static bool in_file(const struct elf *e, uint64_t offset, uint64_t n)
{
	return offset <= e->size && n <= e->size - offset;
}

static int segment_add(struct elf *e, const GElf_Phdr *p)
{
	struct elf_segment *s;

	if (!p->p_filesz || !in_file(e, p->p_offset, p->p_filesz) ||
	    p->p_vaddr + p->p_filesz < p->p_vaddr) {
		e->left_out += p->p_filesz != 0;
		return 0;
	}
	s = vec_add(&e->segments);
	if (!s)
		return -ENOMEM;
	*s = (struct elf_segment){ p->p_vaddr, p->p_offset, p->p_filesz, p->p_flags };
	return p->p_flags & PF_X ? range_add(&e->code, p->p_vaddr, p->p_filesz) : 0;
}

static int segments_read(struct elf *e, Elf *handle)
{
	size_t n = 0;
	int r = 0;

	if (elf_getphdrnum(handle, &n) < 0)
		n = 0;
	e->left_out += n > ELF_SEGMENTS_MAX ? n - ELF_SEGMENTS_MAX : 0;
	for (size_t i = 0; !r && i < n && i < ELF_SEGMENTS_MAX; i++) {
		GElf_Phdr p;

		if (!gelf_getphdr(handle, (int)i, &p))
			continue;
		if (p.p_type == PT_LOAD)
			r = segment_add(e, &p);
		else if (p.p_type == PT_INTERP && in_file(e, p.p_offset, p.p_filesz) &&
			 memchr(e->data + p.p_offset, '\0', p.p_filesz))
			e->interpreter = (const char *)e->data + p.p_offset;
		else if (p.p_type == PT_GNU_EH_FRAME)
			e->frame_index = (struct elf_range){ p.p_vaddr, p.p_vaddr + p.p_memsz };
		else if (p.p_type == PT_DYNAMIC)
			e->dynamic = true;
	}
	ranges_settle(&e->code);
	return r;
}

/* --- sections ----------------------------------------------------------------------------------- */

/* Strings that all end within their table, in the file itself. */
struct strings {
	const char *text; /* NULL: none */
	uint64_t size;
};

struct section {
	GElf_Shdr header;
	Elf_Data *data;
	struct strings strings; /* of the section it is linked with */
};

static struct strings strings_of(const struct elf *e, Elf *handle, size_t index)
{
	Elf_Scn *scn = elf_getscn(handle, index);
	GElf_Shdr h;

	if (!scn || !gelf_getshdr(scn, &h) || h.sh_type != SHT_STRTAB || !h.sh_size ||
	    !in_file(e, h.sh_offset, h.sh_size) || e->data[h.sh_offset + h.sh_size - 1])
		return (struct strings){ 0 };
	return (struct strings){ (const char *)e->data + h.sh_offset, h.sh_size };
}

static const char *string_at(const struct strings *strings, uint64_t offset)
{
	return strings->text && offset < strings->size ? strings->text + offset : NULL;
}

static size_t entries_of(struct elf *e, const struct section *s, size_t size, size_t max)
{
	size_t n = s->data ? s->data->d_size / size : 0;

	if (n <= max)
		return n;
	e->left_out += n - max;
	return max;
}

static int symbol_add(elf_symbol_list *list, const GElf_Sym *s, const char *name)
{
	struct elf_symbol *slot = vec_add(list);

	if (!slot)
		return -ENOMEM;
	*slot = (struct elf_symbol){ name ? name : "",
				     s->st_value,
				     s->st_size,
				     GELF_ST_TYPE(s->st_info),
				     GELF_ST_BIND(s->st_info),
				     s->st_shndx != SHN_UNDEF };
	return 0;
}

/* Relocations use indices of .dynsym, so every entry of that gets one, however wrong its name. */
static int symbols_read(struct elf *e, const struct section *s)
{
	bool dynamic = s->header.sh_type == SHT_DYNSYM;
	elf_symbol_list *list = dynamic ? &e->symbols : &e->locals;
	size_t n = entries_of(e, s, sizeof(Elf64_Sym), ELF_SYMBOLS_MAX);
	int r = 0;

	if (list->len)
		return 0; /* a second table of a kind: nobody makes it */
	for (size_t i = 0; !r && i < n; i++) {
		GElf_Sym symbol;
		unsigned type;

		if (!gelf_getsym(s->data, (int)i, &symbol))
			break;
		type = GELF_ST_TYPE(symbol.st_info);
		if (dynamic || (symbol.st_shndx != SHN_UNDEF &&
				(type == STT_FUNC || type == STT_NOTYPE || type == STT_GNU_IFUNC)))
			r = symbol_add(list, &symbol, string_at(&s->strings, symbol.st_name));
	}
	return r;
}

static int reloc_add(struct elf *e, const struct elf_reloc *r)
{
	struct elf_reloc *slot;

	if (e->relocs.len >= ELF_RELOCS_MAX) {
		e->left_out++;
		return 0;
	}
	slot = vec_add(&e->relocs);
	if (!slot)
		return -ENOMEM;
	*slot = *r;
	return 0;
}

static int relocs_read(struct elf *e, const struct section *s)
{
	size_t n = entries_of(e, s, sizeof(Elf64_Rela), ELF_RELOCS_MAX);
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		GElf_Rela rela;

		if (!gelf_getrela(s->data, (int)i, &rela))
			break;
		r = reloc_add(e, &(struct elf_reloc){ rela.r_offset, rela.r_addend,
						      (uint32_t)GELF_R_TYPE(rela.r_info),
						      (uint32_t)GELF_R_SYM(rela.r_info) });
	}
	return r;
}

static int relative_add(struct elf *e, uint64_t place)
{
	struct elf_reloc r = { .place = place,
			       .addend = (int64_t)elf_word(e, place),
			       .type = R_X86_64_RELATIVE };

	return reloc_add(e, &r);
}

/*
 * Packed relocations, which this libelf does not know: an even word is a place, an odd one says
 * with 63 bits which of the places after the last one too.
 */
static int packed_relocs_read(struct elf *e, const struct section *s)
{
	size_t n = entries_of(e, s, sizeof(uint64_t), ELF_RELOCS_MAX);
	uint64_t next = 0, word;
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		memcpy(&word, (const uint8_t *)s->data->d_buf + i * sizeof(word), sizeof(word));
		if (!(word & 1)) {
			r = relative_add(e, word);
			next = word + sizeof(word);
			continue;
		}
		for (unsigned bit = 1; !r && bit < 64; bit++)
			if (word >> bit & 1)
				r = relative_add(e, next + (uint64_t)(bit - 1) * sizeof(word));
		next += 63 * sizeof(word);
	}
	return r;
}

static int init_add(struct elf *e, uint64_t address)
{
	uint64_t *slot;

	if (!elf_is_code(e, address))
		return 0;
	if (e->inits.len >= ELF_INITS_MAX) {
		e->left_out++;
		return 0;
	}
	slot = vec_add(&e->inits);
	if (!slot)
		return -ENOMEM;
	*slot = address;
	return 0;
}

/* In a file that is loaded anywhere the words may be 0, and relocations tell: those are seen anyway. */
static int init_array_read(struct elf *e, const struct section *s)
{
	uint64_t size = s->header.sh_size, at = s->header.sh_addr;
	int r = 0;

	for (uint64_t i = 0;
	     !r && i < size / 8 && i < ELF_INITS_MAX && elf_left(e, at + i * 8) >= 8; i++)
		r = init_add(e, elf_word(e, at + i * 8));
	return r;
}

static int needed_add(struct elf *e, const char *name)
{
	const char **slot;

	if (!name || !*name || e->needed.len >= ELF_NEEDED_MAX) {
		e->left_out++;
		return 0;
	}
	slot = vec_add(&e->needed);
	if (!slot)
		return -ENOMEM;
	*slot = name;
	return 0;
}

static int dynamic_read(struct elf *e, const struct section *s)
{
	size_t n = entries_of(e, s, sizeof(Elf64_Dyn), ELF_SYMBOLS_MAX);
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		GElf_Dyn entry;
		const char *text;

		if (!gelf_getdyn(s->data, (int)i, &entry) || entry.d_tag == DT_NULL)
			break;
		text = string_at(&s->strings, entry.d_un.d_val);
		if (entry.d_tag == DT_NEEDED)
			r = needed_add(e, text);
		else if (entry.d_tag == DT_SONAME)
			e->soname = text;
		else if (entry.d_tag == DT_RPATH)
			e->rpath = text;
		else if (entry.d_tag == DT_RUNPATH)
			e->runpath = text;
		else if (entry.d_tag == DT_INIT || entry.d_tag == DT_FINI)
			r = init_add(e, entry.d_un.d_ptr);
	}
	return r;
}

/* What is read by name: tables that have no type of their own. */
static void named_section_use(struct elf *e, const GElf_Shdr *h, const char *name)
{
	struct elf_range at = { h->sh_addr, h->sh_addr + h->sh_size };

	if (!name || !(h->sh_flags & SHF_ALLOC))
		return;
	if (str_eq(name, ".eh_frame"))
		e->frames = at;
	if (str_eq(name, ".gopclntab") || str_eq(name, ".data.rel.ro.gopclntab"))
		e->go_table = at;
}

static int section_use(struct elf *e, const struct section *s, elf_range_list *code)
{
	const GElf_Shdr *h = &s->header;

	switch (h->sh_type) {
	case SHT_DYNSYM:
	case SHT_SYMTAB:
		return symbols_read(e, s);
	case SHT_RELA:
		return h->sh_flags & SHF_ALLOC ? relocs_read(e, s) : 0;
	case SHT_RELR:
		return packed_relocs_read(e, s);
	case SHT_DYNAMIC:
		return dynamic_read(e, s);
	case SHT_INIT_ARRAY:
	case SHT_FINI_ARRAY:
	case SHT_PREINIT_ARRAY:
		return init_array_read(e, s);
	case SHT_PROGBITS:
		if (h->sh_flags & SHF_EXECINSTR && elf_is_code(e, h->sh_addr) &&
		    elf_left(e, h->sh_addr) >= h->sh_size)
			return range_add(code, h->sh_addr, h->sh_size);
		return 0;
	default:
		return 0;
	}
}

/*
 * Executable segments may hold read-only data too. Where sections lie within them, they tell the
 * code; if none does, the segments do.
 */
static void code_narrow(struct elf *e, elf_range_list *code)
{
	ranges_settle(code);
	if (!code->len)
		return;
	free(e->code.items);
	e->code.items = TAKE_PTR(code->items);
	e->code.len = code->len;
	e->code.size = code->size;
}

static int sections_read(struct elf *e, Elf *handle)
{
	elf_range_list code = { 0 };
	struct strings names = { 0 };
	Elf_Scn *scn = NULL;
	size_t index = 0, seen = 0;
	int r = 0;

	if (elf_getshdrstrndx(handle, &index) == 0)
		names = strings_of(e, handle, index);
	while (!r && (scn = elf_nextscn(handle, scn))) {
		struct section s = { 0 };

		if (++seen > ELF_SECTIONS_MAX) {
			e->left_out++;
			break;
		}
		if (!gelf_getshdr(scn, &s.header))
			continue;
		named_section_use(e, &s.header, string_at(&names, s.header.sh_name));
		if (s.header.sh_type != SHT_PROGBITS && s.header.sh_type != SHT_NOBITS) {
			s.data = elf_getdata(scn, NULL);
			s.strings = strings_of(e, handle, s.header.sh_link);
			e->left_out += !s.data && s.header.sh_size;
		}
		r = section_use(e, &s, &code);
	}
	if (!r)
		code_narrow(e, &code);
	vec_deinit(&code);
	return r;
}

/* --- all ---------------------------------------------------------------------------------------- */

static int reloc_compare(const void *a, const void *b)
{
	const struct elf_reloc *x = a, *y = b;

	return x->place < y->place ? -1 : x->place > y->place;
}

void elf_deinit(struct elf *e)
{
	vec_deinit(&e->segments);
	vec_deinit(&e->code);
	vec_deinit(&e->needed);
	vec_deinit(&e->symbols);
	vec_deinit(&e->locals);
	vec_deinit(&e->relocs);
	vec_deinit(&e->inits);
}

static int header_read(struct elf *e, Elf *handle, struct error *err)
{
	GElf_Ehdr h;

	if (elf_kind(handle) != ELF_K_ELF || !gelf_getehdr(handle, &h))
		return error_set(err, EINVAL,
				 "it begins as an ELF file, but its header is cut or "
				 "wrong");
	if (h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != ELFDATA2LSB ||
	    h.e_machine != EM_X86_64 || (h.e_type != ET_EXEC && h.e_type != ET_DYN))
		return ELF_E_OTHER;
	e->shared = h.e_type == ET_DYN;
	e->entry = h.e_entry;
	return 0;
}

int elf_parse(struct elf *e, void *data, size_t size, struct error *err)
{
	Elf *handle;
	int r;

	*e = (struct elf){ .data = data, .size = size };
	if (size < SELFMAG || memcmp(data, ELFMAG, SELFMAG))
		return ELF_E_NONE;
	elf_version(EV_CURRENT);
	handle = elf_memory(data, size);
	if (!handle)
		return error_set(err, EINVAL, "ELF file: %s", elf_errmsg(-1));
	r = header_read(e, handle, err);
	if (!r)
		r = segments_read(e, handle);
	if (!r)
		r = sections_read(e, handle);
	elf_end(handle);
	vec_sort(&e->relocs, reloc_compare);
	if (!r && !e->code.len)
		r = error_set(err, EINVAL, "nothing in it can be executed");
	if (r == -ENOMEM)
		error_errno(err, ENOMEM, "ELF file");
	if (r)
		elf_deinit(e);
	return r;
}
