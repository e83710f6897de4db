/* SPDX-License-Identifier: Apache-2.0 */
#include "static/number.h"

#include <errno.h>

#include "static/flow.h"
#include "uapi/syscall.h"

enum { X32_BIT = 1 << 30 };

/* What may be in a place just before an instruction of a function that was visited? */
struct question {
	uint32_t visit;
	uint64_t at;
	struct flow_place place;
	bool compat;
};

struct search {
	struct number_list *list;
	const struct graph *graph;
	struct store *store;
	VEC(struct question) questions;
	struct code code; /* of the visit that was asked about last, for most ask about it again */
	struct flow *flow;
	uint32_t visit;
};

static bool same(const struct question *a, const struct question *b)
{
	return a->visit == b->visit && a->at == b->at && a->compat == b->compat &&
	       a->place.reg == b->place.reg && a->place.memory == b->place.memory &&
	       a->place.offset == b->place.offset && a->place.plus == b->place.plus;
}

static int unresolved(struct search *s, const struct question *q)
{
	struct number_unresolved *slot;

	vec_foreach(known, &s->list->unresolved)
		if (known->visit == q->visit && known->at == q->at)
			return 0;
	if (s->list->unresolved.len >= NUMBER_UNRESOLVED_MAX) {
		s->list->dropped++;
		return 0;
	}
	slot = vec_add(&s->list->unresolved);
	if (!slot)
		return -ENOMEM;
	*slot = (struct number_unresolved){ q->visit, q->at };
	return 0;
}

static int ask(struct search *s, const struct question *q)
{
	struct question *slot;

	if (s->questions.len >= NUMBER_QUESTIONS_MAX) {
		s->list->dropped++;
		return 0;
	}
	slot = vec_add(&s->questions);
	if (!slot)
		return -ENOMEM;
	*slot = *q;
	return 0;
}

/* Each question once: circles of calls end. */
static int ask_anew(struct search *s, const struct question *q)
{
	vec_foreach(known, &s->questions)
		if (same(known, q))
			return 0;
	return ask(s, q);
}

static int found(struct search *s, const struct question *q, uint64_t value)
{
	uint32_t nr = (uint32_t)value;
	enum sys_arch arch = q->compat ? SYS_ARCH_X86 : SYS_ARCH_X86_64;
	struct number *slot;

	if (!q->compat && nr & X32_BIT) {
		arch = SYS_ARCH_X32;
		nr &= ~(uint32_t)X32_BIT;
	}
	if (nr > SYS_NR_MAX || !sys_call_name(arch, (int)nr))
		return 0; /* -1 and the like: there is no such call */
	vec_foreach(known, &s->list->found)
		if (known->arch == arch && known->nr == nr)
			return 0;
	slot = vec_add(&s->list->found);
	if (!slot)
		return -ENOMEM;
	*slot = (struct number){ arch, nr, q->visit };
	return 0;
}

/* The same question in those who call an entry: a call has put its return address on the stack. */
static int ask_callers(struct search *s, const struct question *q, const struct flow_input *input)
{
	uint32_t image = s->graph->visits.items[q->visit].at.image;
	const struct graph_link *end = s->graph->links.items + s->graph->links.len;
	const struct graph_link *l = graph_links(s->graph, image, input->entry);
	int r = 0;

	for (; !r && l < end && l->image == image && l->target == input->entry; l++) {
		struct question next = { l->visit, l->at, input->place, q->compat };

		if (l->visit == IMAGE_NONE || l->kind == IMAGE_TAKE) {
			r = unresolved(s, q); /* called through a pointer, with whatever */
			continue;
		}
		if (l->kind == IMAGE_CALL && next.place.reg == CODE_RSP) {
			if (!next.place.memory)
				continue;
			next.place.offset -= 8;
		}
		r = ask_anew(s, &next);
	}
	return r;
}

static int function_open(struct search *s, uint32_t visit)
{
	struct graph_place at = s->graph->visits.items[visit].at;
	const struct image *image = s->graph->program->images.items[at.image].image;
	int r;

	if (s->flow && s->visit == visit)
		return 0;
	flow_free(s->flow);
	s->flow = NULL;
	s->visit = visit;
	r = image_code(image, at.function, s->store->reader, &s->code);
	return r ? r : flow_new(&s->flow, &s->code, image->go ? FLOW_GO : FLOW_SYSTEM_V);
}

static int answer(struct search *s, const struct question *q)
{
	struct flow_answer a = { 0 };
	int r = function_open(s, q->visit);
	size_t op;

	if (r)
		return r;
	/* Over the end of a function: all of it has been executed. */
	op = q->at == s->code.end ? s->code.ops.len : flow_find(&s->code, q->at);
	if (op == SIZE_MAX)
		return unresolved(s, q);
	r = flow_trace(s->flow, op, &q->place, &a);
	vec_foreach(value, &a.values)
		r = r ? r : found(s, q, *value);
	vec_foreach(input, &a.inputs)
		r = r ? r : ask_callers(s, q, input);
	if (!r && a.unknown)
		r = unresolved(s, q);
	flow_answer_deinit(&a);
	return r;
}

static int ask_sites(struct search *s, uint32_t visit)
{
	struct graph_place at = s->graph->visits.items[visit].at;
	const struct image *image = s->graph->program->images.items[at.image].image;
	const struct image_function *f = &image->functions.items[at.function];
	int r = 0;

	for (uint32_t i = 0; !r && i < f->sites; i++) {
		const struct image_site *site = &image->sites.items[f->site + i];

		r = ask(s,
			&(struct question){ visit, site->at, { .reg = CODE_RAX }, site->compat });
	}
	return r;
}

int numbers_find(struct number_list *list, const struct graph *graph, struct store *store)
{
	struct search s = { .list = list, .graph = graph, .store = store };
	int r = 0;

	for (uint32_t v = 0; !r && v < graph->visits.len; v++)
		r = ask_sites(&s, v);
	for (size_t i = 0; !r && i < s.questions.len; i++) {
		struct question q = s.questions.items[i];

		r = answer(&s, &q);
	}
	vec_deinit(&s.questions);
	flow_free(s.flow);
	code_deinit(&s.code);
	return r;
}

void number_list_deinit(struct number_list *list)
{
	vec_deinit(&list->found);
	vec_deinit(&list->unresolved);
}
