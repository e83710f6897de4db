/* SPDX-License-Identifier: Apache-2.0 */
/* ELF files put together here, byte by byte. */
#include "unit.h"

#include <elf.h>
#include <errno.h>

#include "static/elf.h"

/*
 * A library with everything that is read, in one segment whose addresses are offsets + BASE. The
 * dynamic section comes after the strings that it names.
 */
enum { BASE = 0x10000, SECTIONS = 8 };

static const char strings[] = "\0used\0libc.so.6\0libm.so.6\0me.so\0$ORIGIN/lib";
static const char section_strings[] = "\0.eh_frame\0.gopclntab";

struct file {
	Elf64_Ehdr header;
	Elf64_Phdr segments[4];
	uint8_t code[64];
	uint64_t init_array[2];
	uint64_t data[2];
	char strings[sizeof(strings)];
	char section_strings[sizeof(section_strings)];
	char interpreter[16];
	Elf64_Sym symbols[3];
	Elf64_Rela relocs[2];
	Elf64_Dyn dynamic[7];
	Elf64_Shdr sections[SECTIONS];
};

#define AT(member) (BASE + offsetof(struct file, member))

static Elf64_Shdr section(uint32_t type, uint64_t flags, uint64_t offset, uint64_t size,
			  uint32_t link, uint64_t entry)
{
	return (Elf64_Shdr){ .sh_type = type,
			     .sh_flags = flags,
			     .sh_offset = offset,
			     .sh_addr = BASE + offset,
			     .sh_size = size,
			     .sh_link = link,
			     .sh_entsize = entry,
			     .sh_addralign = 1 };
}

#define SECTION(type, flags, member, link, entry)                                               \
	section(type, flags, offsetof(struct file, member), sizeof(((struct file *)0)->member), \
		link, entry)

static void build(struct file *f)
{
	enum { STRINGS = 1, SYMBOLS = 2, SECTION_STRINGS = 7 };

	memset(f, 0, sizeof(*f));
	memcpy(f->header.e_ident, ELFMAG, SELFMAG);
	f->header.e_ident[EI_CLASS] = ELFCLASS64;
	f->header.e_ident[EI_DATA] = ELFDATA2LSB;
	f->header.e_ident[EI_VERSION] = EV_CURRENT;
	f->header.e_type = ET_DYN;
	f->header.e_machine = EM_X86_64;
	f->header.e_version = EV_CURRENT;
	f->header.e_entry = AT(code);
	f->header.e_ehsize = sizeof(f->header);
	f->header.e_phoff = offsetof(struct file, segments);
	f->header.e_phentsize = sizeof(Elf64_Phdr);
	f->header.e_phnum = 4;
	f->header.e_shoff = offsetof(struct file, sections);
	f->header.e_shentsize = sizeof(Elf64_Shdr);
	f->header.e_shnum = SECTIONS;
	f->header.e_shstrndx = SECTION_STRINGS;
	f->segments[0] = (Elf64_Phdr){ .p_type = PT_LOAD,
				       .p_flags = PF_R,
				       .p_vaddr = BASE,
				       .p_filesz = sizeof(*f),
				       .p_memsz = sizeof(*f) };
	f->segments[1] = (Elf64_Phdr){ .p_type = PT_LOAD,
				       .p_flags = PF_R | PF_X,
				       .p_offset = offsetof(struct file, code),
				       .p_vaddr = AT(code),
				       .p_filesz = 64,
				       .p_memsz = 64 };
	f->segments[2] = (Elf64_Phdr){ .p_type = PT_INTERP,
				       .p_offset = offsetof(struct file, interpreter),
				       .p_filesz = sizeof(f->interpreter) };
	f->segments[3] = (Elf64_Phdr){ .p_type = PT_DYNAMIC,
				       .p_vaddr = AT(dynamic),
				       .p_offset = offsetof(struct file, dynamic),
				       .p_filesz = sizeof(f->dynamic) };
	memset(f->code, 0xc3, sizeof(f->code));
	f->init_array[0] = AT(code) + 8;
	f->init_array[1] = 1; /* no code is there */
	memcpy(f->strings, strings, sizeof(strings));
	memcpy(f->section_strings, section_strings, sizeof(section_strings));
	strcpy(f->interpreter, "/lib/ld.so");
	f->symbols[1] = (Elf64_Sym){ .st_name = 1,
				     .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
				     .st_shndx = 1,
				     .st_value = AT(code) + 4,
				     .st_size = 4 };
	f->symbols[2] = (Elf64_Sym){ .st_name = 9999, .st_info = STT_FUNC };
	f->relocs[0] = (Elf64_Rela){ AT(data) + 8, ELF64_R_INFO(1, R_X86_64_64), 0 };
	f->relocs[1] = (Elf64_Rela){ AT(data), ELF64_R_INFO(0, R_X86_64_RELATIVE),
				     (int64_t)AT(code) };
	f->dynamic[0] = (Elf64_Dyn){ .d_tag = DT_NEEDED, .d_un.d_val = 6 };
	f->dynamic[1] = (Elf64_Dyn){ .d_tag = DT_NEEDED, .d_un.d_val = 16 };
	f->dynamic[2] = (Elf64_Dyn){ .d_tag = DT_SONAME, .d_un.d_val = 26 };
	f->dynamic[3] = (Elf64_Dyn){ .d_tag = DT_RUNPATH, .d_un.d_val = 32 };
	f->dynamic[4] = (Elf64_Dyn){ .d_tag = DT_FINI, .d_un.d_ptr = AT(code) + 16 };
	f->dynamic[5] = (Elf64_Dyn){ .d_tag = DT_NEEDED, .d_un.d_val = 1 << 20 };
	f->sections[STRINGS] = SECTION(SHT_STRTAB, SHF_ALLOC, strings, 0, 0);
	f->sections[SYMBOLS] = SECTION(SHT_DYNSYM, SHF_ALLOC, symbols, STRINGS, sizeof(Elf64_Sym));
	f->sections[3] = SECTION(SHT_RELA, SHF_ALLOC, relocs, SYMBOLS, sizeof(Elf64_Rela));
	f->sections[4] = SECTION(SHT_DYNAMIC, SHF_ALLOC, dynamic, STRINGS, sizeof(Elf64_Dyn));
	f->sections[5] = SECTION(SHT_INIT_ARRAY, SHF_ALLOC, init_array, 0, 8);
	f->sections[6] = SECTION(SHT_PROGBITS, SHF_ALLOC, data, 0, 0);
	f->sections[6].sh_name = 1;
	f->sections[SECTION_STRINGS] = SECTION(SHT_STRTAB, 0, section_strings, 0, 0);
}

static void test_all_that_is_read(void **state)
{
	struct error err = ERROR_INIT;
	struct file f;
	struct elf e;

	(void)state;
	build(&f);
	assert_int_equal(elf_parse(&e, &f, sizeof(f), &err), 0);
	assert_true(e.shared);
	assert_true(e.dynamic);
	assert_int_equal(e.entry, AT(code));
	assert_string_equal(e.interpreter, "/lib/ld.so");
	assert_string_equal(e.soname, "me.so");
	assert_string_equal(e.runpath, "$ORIGIN/lib");
	assert_null(e.rpath);
	assert_int_equal(e.needed.len, 2);
	assert_string_equal(e.needed.items[0], "libc.so.6");
	assert_string_equal(e.needed.items[1], "libm.so.6");
	assert_int_equal(e.left_out, 1); /* the third has no name */

	assert_int_equal(e.code.len, 1);
	assert_int_equal(e.code.items[0].start, AT(code));
	assert_int_equal(e.code.items[0].end, AT(code) + 64);
	assert_true(elf_is_code(&e, AT(code) + 63));
	assert_false(elf_is_code(&e, AT(code) + 64));
	assert_false(elf_is_code(&e, AT(code) - 1));

	assert_int_equal(e.symbols.len, 3);
	assert_string_equal(e.symbols.items[1].name, "used");
	assert_true(e.symbols.items[1].defined);
	assert_string_equal(e.symbols.items[2].name, "");
	assert_int_equal(e.inits.len, 2);

	/* Sorted by place. */
	assert_int_equal(e.relocs.len, 2);
	assert_int_equal(e.relocs.items[0].place, AT(data));
	assert_int_equal(elf_reloc_at(&e, AT(data) + 8)->symbol, 1);
	assert_null(elf_reloc_at(&e, AT(data) + 4));
	assert_int_equal(e.frames.start, AT(data));
	elf_deinit(&e);
}

static void test_addresses(void **state)
{
	struct error err = ERROR_INIT;
	struct file f;
	struct elf e;

	(void)state;
	build(&f);
	assert_int_equal(elf_parse(&e, &f, sizeof(f), &err), 0);
	assert_ptr_equal(elf_at(&e, BASE, sizeof(f)), &f);
	assert_null(elf_at(&e, BASE, sizeof(f) + 1));
	assert_null(elf_at(&e, BASE - 1, 1));
	assert_null(elf_at(&e, BASE + 1, UINT64_MAX));
	assert_null(elf_at(&e, UINT64_MAX, 2));
	assert_int_equal(elf_left(&e, BASE + 10), sizeof(f) - 10);
	assert_int_equal(elf_word(&e, AT(init_array)), AT(code) + 8);
	assert_int_equal(elf_word(&e, BASE + sizeof(f) - 7), 0);
	assert_string_equal(elf_string(&e, AT(interpreter), 100), "/lib/ld.so");
	assert_null(elf_string(&e, AT(interpreter), 5));
	elf_deinit(&e);
}

static void test_packed_relocations(void **state)
{
	struct error err = ERROR_INIT;
	struct file f;
	struct elf e;
	uint64_t packed[2] = { AT(init_array), 1 | 1 << 1 }; /* that word, and the next */

	(void)state;
	build(&f);
	memcpy(f.relocs, packed, sizeof(packed));
	f.sections[3] = section(19 /* SHT_RELR */, SHF_ALLOC, offsetof(struct file, relocs),
				sizeof(packed), 0, 8);
	assert_int_equal(elf_parse(&e, &f, sizeof(f), &err), 0);
	assert_int_equal(e.relocs.len, 2);
	assert_int_equal(e.relocs.items[0].place, AT(init_array));
	assert_int_equal(e.relocs.items[0].addend, AT(code) + 8);
	assert_int_equal(e.relocs.items[1].place, AT(init_array) + 8);
	elf_deinit(&e);
}

static void test_refused(void **state)
{
	struct error err = ERROR_INIT;
	struct file f;
	struct elf e;

	(void)state;
	assert_int_equal(elf_parse(&e, (char[]){ "" }, 0, &err), ELF_E_NONE);
	assert_int_equal(elf_parse(&e, (char[]){ "#!/bin/sh and so on" }, 20, &err), ELF_E_NONE);
	build(&f);
	f.header.e_machine = EM_AARCH64;
	assert_int_equal(elf_parse(&e, &f, sizeof(f), &err), ELF_E_OTHER);
	build(&f);
	f.header.e_type = ET_CORE;
	assert_int_equal(elf_parse(&e, &f, sizeof(f), &err), ELF_E_OTHER);
	build(&f);
	f.segments[1].p_flags = PF_R;
	assert_int_equal(elf_parse(&e, &f, sizeof(f), &err), -EINVAL);
	build(&f);
	assert_int_equal(elf_parse(&e, &f, 20, &err), -EINVAL);
}

/* Sections that lie: strings without an end, a segment beyond the file. */
static void test_lies(void **state)
{
	struct error err = ERROR_INIT;
	struct file f;
	struct elf e;

	(void)state;
	build(&f);
	f.sections[1].sh_size = 10; /* ends in the middle of a name */
	assert_int_equal(elf_parse(&e, &f, sizeof(f), &err), 0);
	assert_int_equal(e.needed.len, 0);
	assert_string_equal(e.symbols.items[1].name, "");
	elf_deinit(&e);

	build(&f);
	f.segments[0].p_filesz = UINT64_MAX - BASE;
	assert_int_equal(elf_parse(&e, &f, sizeof(f), &err), 0);
	assert_int_equal(e.segments.len, 1);
	assert_true(e.left_out >= 1);
	elf_deinit(&e);

	build(&f);
	f.header.e_shoff = 0;
	f.header.e_shnum = f.header.e_shstrndx = 0;
	assert_int_equal(elf_parse(&e, &f, sizeof(f), &err), 0);
	assert_int_equal(e.symbols.len, 0);
	assert_int_equal(e.code.len, 1); /* segments are believed */
	elf_deinit(&e);
}

/* Whatever one byte is changed to, and wherever the file is cut: it ends, and stays in the file. */
static void test_damaged(void **state)
{
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };
	struct file whole;

	(void)state;
	build(&whole);
	for (size_t i = 0; i < sizeof(whole); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(values); k++) {
			size_t n = k ? sizeof(whole) : i;
			uint8_t *copy = malloc(
				n + 1); /* exact, so that sanitizers see a step too far */
			struct error err = ERROR_INIT;
			struct elf e;
			int r;

			assert_non_null(copy);
			memcpy(copy, &whole, n);
			if (k)
				copy[i] = values[k];
			r = elf_parse(&e, copy, n, &err);
			assert_true(r >= 0 || (r == -err.code && err.text[0]));
			if (!r)
				elf_deinit(&e);
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_that_is_read),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_packed_relocations),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_damaged),
	};

	return unit_run(tests);
}
