/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file of code, prepared: its functions, and for those that were looked at what they call, which
 * functions' addresses they take, and where they enter the kernel. All of this is about the file
 * alone; who calls whom between files is the sweep's.
 */
#pragma once
#include "base/buf.h"
#include "static/code.h"
#include "static/elf.h"

enum {
	IMAGE_EDGES_MAX = 1 << 23,
	IMAGE_SITES_MAX = 1 << 16,
	IMAGE_WORDS_MAX = 1 << 26, /* of data that may be addresses */
	IMAGE_NONE = UINT32_MAX,
};

enum image_edge_kind {
	IMAGE_CALL,
	IMAGE_JUMP, /* to another function, with the same stack: also a call */
	IMAGE_FALL, /* over the end of a function into the next */
	IMAGE_TAKE, /* the address is taken: it may be called through a pointer */
};

struct image_edge {
	uint64_t at;	 /* the instruction; of FALL: the end; 0: no instruction, a word of data */
	uint64_t target; /* an address, unless there is a symbol */
	uint32_t symbol; /* of image->elf.symbols, IMAGE_NONE: none */
	uint8_t kind;
};

struct image_site {
	uint64_t at;
	bool compat; /* of the 32-bit table */
};

struct image_function {
	uint64_t start, end;
	uint32_t edge, edges, site, sites; /* into the image's lists, once read */
	bool read, described;
};

/* An exported definition, found by its name. */
struct image_export {
	const char *name;
	uint64_t address;
};

/* A function that somebody named. */
struct image_name {
	uint64_t address, size;
	const char *name;
};

struct image {
	char *path; /* in the container */
	struct buf bytes;
	struct elf elf;
	bool go;
	VEC(struct image_function) functions; /* cover all code; sorted, disjoint */
	VEC(struct image_export) exports;     /* functions, sorted by name */
	VEC(struct image_name) names;	      /* sorted by address, the shortest of aliases first */
	VEC(struct image_edge) edges;
	VEC(struct image_site) sites;
	VEC(struct image_edge) data; /* functions whose addresses are in the file's data */
	uint64_t dropped;	     /* edges and sites beyond the maxima */
};

/* Takes over what bytes holds, in any case. 0, ELF_E_* or a negative errno. */
int image_new(struct image **ret, const char *path, struct buf *bytes, struct code_reader *reader,
	      struct code *scratch, struct error *err);
void image_free(struct image *i);

/* The function that an address is in, or IMAGE_NONE. */
uint32_t image_find(const struct image *i, uint64_t address);

/* The first of the exports with a name; there may be more right after it, of other versions. */
const struct image_export *image_export(const struct image *i, const char *name);

/* Reads a function's code once; its edges and sites are there afterwards. -ENOMEM. */
int image_read(struct image *i, uint32_t function, struct code_reader *reader,
	       struct code *scratch);

/* The code of a function, for questions about its registers. -ENOMEM. */
int image_code(const struct image *i, uint32_t function, struct code_reader *reader,
	       struct code *c);

/* The name of what is at an address: a symbol that begins there or reaches it; NULL: nobody tells. */
const char *image_name_at(const struct image *i, uint64_t address);
