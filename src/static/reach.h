/* SPDX-License-Identifier: Apache-2.0 */
/* Which functions of a program can be reached, how, and by whom each is called. */
#pragma once
#include "static/program.h"

enum { REACH_LINKS_MAX = 1 << 22, REACH_VERSIONS_MAX = 16 };

/* A function of one of the program's images. */
struct reach_place {
	uint32_t image, function;
};

struct reach_visit {
	struct reach_place at;
	uint32_t from; /* index of the visit that led here, IMAGE_NONE: a root */
};

/* A call of an address that was found on the way. */
struct reach_link {
	uint64_t target, at;
	uint32_t image; /* of the target */
	uint32_t visit; /* of the caller; IMAGE_NONE: data */
	uint8_t kind;	/* enum image_edge_kind */
};

struct reach {
	const struct program *program;
	VEC(struct reach_visit) visits; /* the way back from each is a short one */
	VEC(struct reach_link) links;	/* sorted by image and target */
	VEC(uint32_t *) numbers;	/* for each image: index of a function's visit, plus one */
};

/* -ENOMEM; -EFBIG beyond the limits. */
int reach_build(struct reach *r, const struct program *program, struct store *store);
void reach_deinit(struct reach *r);

/* The first of the links to an address; there may be more right after it, or none. */
const struct reach_link *reach_links(const struct reach *r, uint32_t image, uint64_t target);
