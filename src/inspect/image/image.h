/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is notable in an image: its configuration, and those of its files that a check may ask for. Whoever
 * reads layers or a root file system says what is there, from the lowest layer on; what a later one removes or
 * replaces is hidden, and still in the image.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/table.h"
#include "base/text.h"
#include "base/vec.h"

enum image_file_kind {
	IMAGE_SETID,	/* set-user-ID or set-group-ID, and executable */
	IMAGE_WRITABLE, /* by everybody: files, and directories without the sticky bit */
	IMAGE_DEVICE,
	IMAGE_KEY,   /* a private key, or a credential in a file; what says which */
	IMAGE_CACHE, /* of a package manager */
	IMAGE_SSHD,
	IMAGE_FILE_KINDS
};

struct image_file {
	enum image_file_kind kind;
	struct text path; /* from the root, without a slash in front */
	const char *what; /* of IMAGE_KEY: masked */
	uint32_t mode, uid;
	uint32_t layer; /* from 0 */
	uint32_t same;	/* number + 1 of the last one before with this path; 0: there is none */
	bool hidden;
};

enum {
	IMAGE_FILES_MAX = 4096, /* notable ones */
	IMAGE_ENTRIES_MAX = 4 << 20,
	IMAGE_SCAN_MAX = 256 << 10, /* bytes of a file that is looked into */
};

struct image {
	struct arena arena;
	char *name; /* "web:1.2"; NULL: it has none */
	bool named; /* whether its source could say a name at all: a root file system can't */
	struct buf config;  /* JSON; empty: there is none */
	struct buf release; /* os-release of the last layer that has it */
	VEC(struct image_file) files;
	struct table paths;		/* of each the number + 1 of the last with it */
	size_t entries, layers, beyond; /* notable files that there was no room for */
	uint32_t layer;			/* that is being read */
	uint64_t work;			/* comparisons for what is hidden */
	VEC(char *) problems;
};

void inspect_image_init(struct image *image);
void inspect_image_deinit(struct image *image);
void inspect_image_problem(struct image *image, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A file as it is said to be; path as of image_file. */
struct image_entry {
	struct text path;
	char type; /* as in tar: '0' a file, '5' a directory, '2' a symbolic link, '3', '4' devices */
	uint32_t mode, uid;
	uint64_t size;
};

/* Whether the content is to be given as well, up to IMAGE_SCAN_MAX bytes. */
bool inspect_image_wants(const struct image_entry *e);
/* False: there is no end of it. content has no data where nobody asked for it. */
bool inspect_image_add(struct image *image, const struct image_entry *e, struct text content);
/* Hides what lower layers have there: a path and all below it, or only what is below. */
void inspect_image_hide(struct image *image, struct text path, bool below_only);
