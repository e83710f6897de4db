/* SPDX-License-Identifier: Apache-2.0 */
/* The call graph of a program: which functions can be reached, how, and by whom each is called. */
#pragma once
#include "static/program.h"

enum { GRAPH_LINKS_MAX = 1 << 22, GRAPH_VERSIONS_MAX = 16 };

/* A function of one of the program's images. */
struct graph_place {
	uint32_t image, function;
};

struct graph_visit {
	struct graph_place at;
	uint32_t from; /* index of the visit that led here, IMAGE_NONE: a root */
};

/* A call of an address that was found on the way. */
struct graph_link {
	uint64_t target, at;
	uint32_t image; /* of the target */
	uint32_t visit; /* of the caller; IMAGE_NONE: data */
	uint8_t kind;	/* enum image_edge_kind */
};

struct graph {
	const struct program *program;
	VEC(struct graph_visit) visits; /* the way back from each is a short one */
	VEC(struct graph_link) links;	/* sorted by image and target */
	VEC(uint32_t *) numbers;	/* for each image: index of a function's visit, plus one */
};

/* -ENOMEM; -EFBIG beyond the limits. */
int graph_build(struct graph *graph, const struct program *program, struct store *store);
void graph_deinit(struct graph *graph);

/* The first of the links to an address; there may be more right after it, or none. */
const struct graph_link *graph_links(const struct graph *graph, uint32_t image, uint64_t target);
