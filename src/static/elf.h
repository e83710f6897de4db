/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sweep needs of an ELF file for x86-64, read by libelf. The file is hostile: what libelf
 * hands out is checked against hard maxima, and what does not fit is left out and counted.
 *
 * Symbols and relocations come from section headers. A file without them (nobody links such files,
 * packers make them) is code and nothing more: its segments are believed, as the kernel does.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/vec.h"

/* Positive results of elf_parse(). */
enum {
	ELF_E_NONE = 1, /* no ELF file */
	ELF_E_OTHER,	/* an ELF file, but not one of 64-bit x86 code to run or to link against */
};

enum {
	ELF_SEGMENTS_MAX = 128,
	ELF_SECTIONS_MAX = 4096,
	ELF_NEEDED_MAX = 512,
	ELF_INITS_MAX = 1 << 16,
	ELF_SYMBOLS_MAX = 1 << 21,
	ELF_RELOCS_MAX = 1 << 22,
};

struct elf_segment {
	uint64_t address, offset, file_size;
	uint32_t flags; /* PF_R, PF_W, PF_X */
};

/* Addresses from start up to, not including, end. */
struct elf_range {
	uint64_t start, end;
};
typedef VEC(struct elf_range) elf_range_list;

struct elf_symbol {
	const char *name; /* in the file; never NULL */
	uint64_t address, size;
	uint8_t type, bind; /* STT_*, STB_* */
	bool defined;
};
typedef VEC(struct elf_symbol) elf_symbol_list;

struct elf_reloc {
	uint64_t place;
	int64_t addend;
	uint32_t type, symbol; /* R_X86_64_*; index into symbols */
};

struct elf {
	const uint8_t *data; /* borrowed, must outlive this */
	size_t size;
	bool shared;  /* ET_DYN: a library, or a program that is loaded anywhere */
	bool dynamic; /* has a dynamic section */
	uint64_t entry;
	VEC(struct elf_segment) segments;
	elf_range_list code; /* what may be executed, sorted, disjoint */
	const char *interpreter, *soname, *rpath, *runpath; /* in the file, or NULL */
	VEC(const char *) needed;
	elf_symbol_list symbols;      /* .dynsym; relocations refer to it */
	elf_symbol_list locals;	      /* functions of .symtab */
	VEC(struct elf_reloc) relocs; /* sorted by place */
	VEC(uint64_t) inits; /* code that the dynamic linker calls: constructors, destructors */
	struct elf_range frame_index, frames; /* .eh_frame_hdr, .eh_frame; empty if absent */
	struct elf_range go_table;	      /* .gopclntab */
	uint64_t left_out;		      /* entries beyond the maxima or outside of the file */
};

/* 0, ELF_E_*, or -EINVAL with the reason, or -ENOMEM. On failure nothing needs to be freed. */
int elf_parse(struct elf *e, void *data, size_t size, struct error *err);
void elf_deinit(struct elf *e);

/* The file's bytes at an address; NULL unless all n are there. */
const uint8_t *elf_at(const struct elf *e, uint64_t address, uint64_t n);
/* How many of the file's bytes follow an address. */
uint64_t elf_left(const struct elf *e, uint64_t address);
/* The 8-byte word at an address, 0 if there is none. */
uint64_t elf_word(const struct elf *e, uint64_t address);
/* A string at an address that ends within max bytes, or NULL. */
const char *elf_string(const struct elf *e, uint64_t address, uint64_t max);

bool elf_is_code(const struct elf *e, uint64_t address);

/* The relocation of the word at an address, or NULL. */
const struct elf_reloc *elf_reloc_at(const struct elf *e, uint64_t place);
