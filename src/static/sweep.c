/* SPDX-License-Identifier: Apache-2.0 */
#include "static/sweep.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "static/number.h"

int sweep_init(struct sweep *s, struct root *root, struct error *err)
{
	*s = (struct sweep){ 0 };
	return store_init(&s->store, root, err);
}

void sweep_deinit(struct sweep *s)
{
	vec_foreach(p, &s->programs) {
		program_deinit(*p);
		free(*p);
	}
	vec_deinit(&s->programs);
	vec_foreach(c, &s->calls)
		vec_deinit(&c->chain);
	vec_deinit(&s->calls);
	vec_deinit(&s->unresolved);
	vec_foreach(skipped, &s->skipped) {
		free(skipped->path);
		free(skipped->why);
	}
	vec_deinit(&s->skipped);
	vec_deinit(&s->missed);
	store_deinit(&s->store);
}

static struct sweep_step step_of(const struct graph *graph, uint32_t visit, uint64_t at)
{
	struct graph_place place = graph->visits.items[visit].at;
	const struct image *image = graph->program->images.items[place.image].image;
	uint64_t start = image->functions.items[place.function].start;

	return (struct sweep_step){ image->path, image_name_at(image, start), at ? at : start };
}

/* From the way back, one step at a time, to the way there. */
static int chain_build(sweep_chain *chain, const struct graph *graph, uint32_t visit)
{
	for (; visit != IMAGE_NONE && chain->len < SWEEP_CHAIN_MAX;
	     visit = graph->visits.items[visit].from) {
		struct sweep_step *slot = vec_add(chain);

		if (!slot)
			return -ENOMEM;
		*slot = step_of(graph, visit, 0);
	}
	for (size_t i = 0; i < chain->len / 2; i++) {
		struct sweep_step last = chain->items[chain->len - 1 - i];

		chain->items[chain->len - 1 - i] = chain->items[i];
		chain->items[i] = last;
	}
	return 0;
}

static int call_add(struct sweep *s, const struct graph *graph, const struct number *n)
{
	struct sweep_call *slot;

	vec_foreach(c, &s->calls) {
		if (c->arch == n->arch && c->nr == n->nr) {
			c->programs++;
			return 0;
		}
	}
	slot = vec_add(&s->calls);
	if (!slot)
		return -ENOMEM;
	slot->arch = n->arch;
	slot->nr = n->nr;
	slot->programs = 1;
	slot->program = graph->program->path;
	return chain_build(&slot->chain, graph, n->visit);
}

/* One that several programs share, as in libc, is told once. */
static int unresolved_add(struct sweep *s, const struct graph *graph,
			  const struct number_unresolved *u)
{
	struct sweep_step at = step_of(graph, u->visit, u->at);
	struct sweep_unresolved *slot;

	vec_foreach(known, &s->unresolved)
		if (known->at.file == at.file && known->at.address == at.address)
			return 0;
	if (s->unresolved.len >= SWEEP_UNRESOLVED_MAX) {
		s->unresolved_dropped++;
		return 0;
	}
	slot = vec_add(&s->unresolved);
	if (!slot)
		return -ENOMEM;
	*slot = (struct sweep_unresolved){ at, graph->program->path };
	return 0;
}

static int look(struct sweep *s, const struct program *p)
{
	struct graph graph = { 0 };
	struct number_list numbers = { 0 };
	int r = graph_build(&graph, p, &s->store);

	if (!r)
		r = numbers_find(&numbers, &graph, &s->store);
	vec_foreach(n, &numbers.found)
		r = r ? r : call_add(s, &graph, n);
	vec_foreach(u, &numbers.unresolved)
		r = r ? r : unresolved_add(s, &graph, u);
	s->unresolved_dropped += numbers.dropped;
	s->functions += graph.visits.len;
	s->instructions = code_reader_instructions(s->store.reader);
	number_list_deinit(&numbers);
	graph_deinit(&graph);
	return r;
}

int sweep_program(struct sweep *s, const char *path, struct error *err)
{
	struct program *p, **slot;
	int r;

	if (s->programs.len >= SWEEP_PROGRAMS_MAX)
		return error_set(err, E2BIG, "more than %d programs", SWEEP_PROGRAMS_MAX);
	p = calloc(1, sizeof(*p));
	if (!p)
		return error_errno(err, ENOMEM, "%s", path);
	r = program_load(p, &s->store, path, err);
	if (r) {
		free(p);
		return r;
	}
	vec_foreach(known, &s->programs) {
		if ((*known)->images.items[0].image == p->images.items[0].image) {
			program_deinit(p);
			free(p);
			return 0;
		}
	}
	slot = vec_add(&s->programs);
	if (!slot) {
		program_deinit(p);
		free(p);
		return error_errno(err, ENOMEM, "%s", path);
	}
	*slot = p;
	r = look(s, p);
	return r ? error_errno(err, -r, "%s", path) : 0;
}

static int call_compare(const void *a, const void *b)
{
	const struct sweep_call *x = a, *y = b;

	if (x->arch != y->arch)
		return x->arch < y->arch ? -1 : 1;
	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

void sweep_finish(struct sweep *s)
{
	vec_sort(&s->calls, call_compare);
}

int sweep_skip(struct sweep *s, const char *path, const char *why)
{
	struct sweep_skipped *slot = vec_add(&s->skipped);

	if (!slot)
		return -ENOMEM;
	slot->path = strdup(path);
	slot->why = strdup(why);
	return slot->path && slot->why ? 0 : -ENOMEM;
}

int sweep_observe(struct sweep *s, enum sys_arch arch, uint32_t nr)
{
	struct sweep_missed *slot;

	s->compared = true;
	vec_foreach(c, &s->calls) {
		if (c->arch == arch && c->nr == nr) {
			s->observed += !c->observed;
			c->observed = true;
			return 0;
		}
	}
	vec_foreach(known, &s->missed)
		if (known->arch == arch && known->nr == nr)
			return 0;
	slot = vec_add(&s->missed);
	if (!slot)
		return -ENOMEM;
	*slot = (struct sweep_missed){ arch, nr };
	s->observed++;
	return 0;
}
