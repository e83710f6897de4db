/* SPDX-License-Identifier: Apache-2.0 */
/* The images of one root file system, each read once however many names and users it has. */
#pragma once
#include "static/image.h"
#include "static/root.h"

enum { STORE_IMAGES_MAX = 4096 };

struct store_entry {
	struct root_id id;
	struct image *image; /* NULL: not of our kind */
	int result;	     /* of image_new() */
};

struct store {
	struct root *root; /* borrowed */
	struct code_reader *reader;
	struct code scratch;
	VEC(struct store_entry) entries;
	VEC(char *) directories; /* where the dynamic linker looks by itself */
};

int store_init(struct store *s, struct root *root, struct error *err);
void store_deinit(struct store *s);

/*
 * The image of a file. 0, ELF_E_NONE, ELF_E_OTHER, or a negative errno: -ENOENT for no such file.
 * A damaged file is -EINVAL each time it is asked for.
 */
int store_image(struct store *s, const char *path, struct image **ret, struct error *err);

/* The first bytes of a file as text, for what is no ELF file; *b is empty if there are none. */
int store_peek(struct store *s, const char *path, struct buf *b, struct error *err);
