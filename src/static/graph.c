/* SPDX-License-Identifier: Apache-2.0 */
#include "static/graph.h"

#include <elf.h>
#include <errno.h>

#include "base/str.h"

struct walk {
	struct graph *graph;
	struct store *store;
	uint32_t visit; /* whose edges are followed */
};

static int visit(struct walk *w, uint32_t image, uint64_t address)
{
	struct image *i = w->graph->program->images.items[image].image;
	uint32_t function = image_find(i, address);
	struct graph_visit *slot;

	if (function == IMAGE_NONE || w->graph->numbers.items[image][function])
		return 0;
	slot = vec_add(&w->graph->visits);
	if (!slot)
		return -ENOMEM;
	*slot = (struct graph_visit){ { image, function }, w->visit };
	w->graph->numbers.items[image][function] = (uint32_t)w->graph->visits.len;
	return 0;
}

static int follow_to(struct walk *w, uint32_t image, uint64_t target, const struct image_edge *edge)
{
	struct graph_link *slot;

	if (w->graph->links.len >= GRAPH_LINKS_MAX)
		return -EFBIG;
	slot = vec_add(&w->graph->links);
	if (!slot)
		return -ENOMEM;
	*slot = (struct graph_link){ target, edge->at, image, w->visit, edge->kind };
	return visit(w, image, target);
}

/* The first image in order that has a name tells what it means; it may have several versions of it. */
static int follow_name(struct walk *w, const char *name, const struct image_edge *edge)
{
	const struct program *p = w->graph->program;

	for (uint32_t i = 0; i < p->images.len; i++) {
		const struct image *image = p->images.items[i].image;
		const struct image_export *found = image_export(image, name);
		const struct image_export *end = image->exports.items + image->exports.len;
		int r = 0;

		if (!found)
			continue;
		for (int n = 0;
		     !r && n < GRAPH_VERSIONS_MAX && found < end && str_eq(found->name, name);
		     n++, found++)
			r = follow_to(w, i, found->address, edge);
		return r;
	}
	return 0;
}

static int follow(struct walk *w, uint32_t image, const struct image_edge *edge)
{
	const struct image *i = w->graph->program->images.items[image].image;
	const struct elf_symbol *s;
	int r = 0;

	if (edge->symbol == IMAGE_NONE)
		return follow_to(w, image, edge->target, edge);
	s = &i->elf.symbols.items[edge->symbol];
	if (s->name[0])
		r = follow_name(w, s->name, edge);
	/* Its own one too: modules see their own first, and what is hidden has no export. */
	if (!r && s->defined && elf_is_code(&i->elf, s->address))
		r = follow_to(w, image, s->address, edge);
	return r;
}

/* Where the kernel or the dynamic linker comes in, and whatever may be called through data. */
static int add_roots(struct walk *w, uint32_t image)
{
	const struct program_image *p = &w->graph->program->images.items[image];
	const struct elf *e = &p->image->elf;
	int r = 0;

	w->visit = IMAGE_NONE;
	if (p->reason == PROGRAM_ITSELF || p->reason == PROGRAM_LINKER)
		r = visit(w, image, e->entry);
	vec_foreach(init, &e->inits)
		r = r ? r : visit(w, image, *init);
	vec_foreach(edge, &p->image->data)
		r = r ? r : follow(w, image, edge);
	if (p->reason == PROGRAM_MODULE)
		vec_foreach(export, &p->image->exports)
			r = r ? r : visit(w, image, export->address);
	/* Go's linker has left out what can't be reached; it knows interfaces, we don't. */
	if (p->image->go)
		vec_foreach(s, &e->locals)
			r = r || s->type != STT_FUNC ? r : visit(w, image, s->address);
	return r;
}

static int link_compare(const void *a, const void *b)
{
	const struct graph_link *x = a, *y = b;

	if (x->image != y->image)
		return x->image < y->image ? -1 : 1;
	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	return x->visit < y->visit ? -1 : x->visit > y->visit;
}

static int numbers_alloc(struct graph *r)
{
	vec_foreach(p, &r->program->images) {
		uint32_t **slot = vec_add(&r->numbers);

		if (!slot)
			return -ENOMEM;
		*slot = calloc(p->image->functions.len + 1, sizeof(**slot));
		if (!*slot)
			return -ENOMEM;
	}
	return 0;
}

static int follow_visit(struct walk *w, uint32_t visit)
{
	struct graph_place at = w->graph->visits.items[visit].at;
	struct image *image = w->graph->program->images.items[at.image].image;
	const struct image_function *f = &image->functions.items[at.function];
	int r = image_read(image, at.function, w->store->reader, &w->store->scratch);

	w->visit = visit;
	for (uint32_t e = 0; !r && e < f->edges; e++)
		r = follow(w, at.image, &image->edges.items[f->edge + e]);
	return r;
}

/* One image's roots after the other, the program's first: what it reaches itself is told so. */
static int walk(struct walk *w)
{
	uint32_t next = 0;
	int r = 0;

	for (uint32_t i = 0; !r && i < w->graph->program->images.len; i++) {
		r = add_roots(w, i);
		while (!r && next < w->graph->visits.len)
			r = follow_visit(w, next++);
	}
	return r;
}

int graph_build(struct graph *graph, const struct program *program, struct store *store)
{
	struct walk w = { .graph = graph, .store = store };
	int r;

	*graph = (struct graph){ .program = program };
	r = numbers_alloc(graph);
	r = r ? r : walk(&w);
	if (r)
		graph_deinit(graph);
	else
		vec_sort(&graph->links, link_compare);
	return r;
}

void graph_deinit(struct graph *graph)
{
	vec_foreach(numbers, &graph->numbers)
		free(*numbers);
	vec_deinit(&graph->numbers);
	vec_deinit(&graph->visits);
	vec_deinit(&graph->links);
}

const struct graph_link *graph_links(const struct graph *graph, uint32_t image, uint64_t target)
{
	size_t low = 0, high = graph->links.len;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct graph_link *l = &graph->links.items[mid];

		if (l->image < image || (l->image == image && l->target < target))
			low = mid + 1;
		else
			high = mid;
	}
	return graph->links.items + low;
}
