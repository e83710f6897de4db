/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/program.h"

#include <stdlib.h>

#include "rules/program_private.h"
#include "rules/types.h"

struct program *program_new(const struct ruleset *rs, enum rule_matching matching)
{
	struct program *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->rs = rs;
	p->matching = matching;
	p->arena = ARENA_INIT(PROGRAM_ARENA_MAX);
	if (!graph_init(p) || !code_build(p)) {
		program_free(p);
		return NULL;
	}
	return p;
}

void program_free(struct program *p)
{
	if (!p)
		return;
	vec_foreach(t, &p->terms)
		match_deinit(&t->match);
	vec_deinit(&p->inputs);
	vec_deinit(&p->terms);
	vec_deinit(&p->nodes);
	vec_deinit(&p->code);
	vec_deinit(&p->slots);
	table_deinit(&p->input_names);
	table_deinit(&p->term_names);
	table_deinit(&p->node_names);
	table_deinit(&p->macro_nodes);
	arena_deinit(&p->arena);
	free(p);
}

void program_stats(const struct program *p, struct program_stats *ret)
{
	*ret = (struct program_stats){
		.fields = (uint32_t)p->inputs.len,
		.instructions = (uint32_t)p->code.len,
		.memory = p->arena.used + p->code.size * sizeof(struct insn) +
			  p->slots.size * sizeof(struct slot) +
			  p->nodes.size * sizeof(struct node) + p->terms.size * sizeof(struct term),
	};
	vec_foreach(r, &p->rs->rules)
		ret->rules += (*r)->enabled && !(*r)->skipped && (*r)->condition;
	for (uint32_t i = 0; i < event_type_count; i++)
		ret->types += p->types[i].count > 0;
	vec_foreach(t, &p->terms) {
		ret->checks += t->check_count == 1;
		ret->joined += t->check_count > 1;
	}
	vec_foreach(s, &p->slots)
		ret->groups += s->term == NONE;
}

void program_rules_of(const struct program *p, const struct event_type *t,
		      void (*fn)(const struct rule *r, void *context), void *context)
{
	const struct type_program *tp = &p->types[event_type_index(t)];

	for (uint32_t i = 0; i < tp->rules; i++)
		fn(tp->entries[i].rule, context);
}

bool program_residual(const struct program *p, const struct rule *r, const struct event_type *t,
		      struct buf *out)
{
	const struct type_program *tp = &p->types[event_type_index(t)];

	for (uint32_t i = 0; i < tp->rules; i++) {
		if (tp->entries[i].rule != r)
			continue;
		graph_print(p, tp->entries[i].node, out);
		return true;
	}
	return false;
}
