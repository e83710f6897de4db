/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/rulebook.h"

#include <errno.h>

static int collect_types(struct rulebook *b)
{
	vec_foreach(it, &b->set->rules) {
		const struct rule *r = *it;
		cleanup_rule_needs struct rule_needs needs = { 0 };
		int n;

		if (!r->enabled || r->skipped || !r->condition || r->event_source != EVENT_SYSCALL)
			continue;
		b->enabled++;
		n = rule_needs(r, &needs);
		if (n)
			return n;
		for (size_t i = 0; i < TYPE_SET_WORDS; i++)
			b->types.bits[i] |= needs.types.bits[i];
	}
	return 0;
}

int rulebook_load(struct rulebook *ret, const struct rulebook_options *o, struct error *err)
{
	int r = 0;

	*ret = (struct rulebook){ 0 };
	ret->set = ruleset_new(&ret->diags);
	if (!ret->set)
		return error_errno(err, ENOMEM, "rules");
	for (size_t i = 0; i < o->path_count && !r; i++)
		r = ruleset_add_path(ret->set, o->paths[i], err);
	if (r)
		return r;
	ruleset_compile(ret->set);
	if (ret->diags.errors)
		return error_set(err, EINVAL, "there are errors in the rules");
	for (size_t i = 0; i < o->disabled_count; i++)
		if (!ruleset_select(ret->set, text_of(o->disabled[i]), false))
			return error_set(err, ENOENT, "no rule is called \"%s\"", o->disabled[i]);
	r = collect_types(ret);
	if (!r)
		ret->program = program_new(ret->set, o->matching);
	return r || !ret->program ? error_errno(err, ENOMEM, "rules") : 0;
}

void rulebook_deinit(struct rulebook *b)
{
	program_free(b->program);
	ruleset_free(b->set);
	diags_deinit(&b->diags);
	*b = (struct rulebook){ 0 };
}
