/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/filter_set.h"

#include <errno.h>
#include <stdlib.h>

enum { TARGETS_MAX = 256 };

static bool is_wanted(const struct filter_target *t, const struct type_set *types)
{
	return !kernel_filter_must_emit(*t) && type_set_has(types, event_type_index(t->type));
}

/* A filter that would drop nothing, or that the kernel does not take, is left out. */
static int load_one(struct loader_client *c, struct rulebook *book, const struct filter_target *t,
		    const struct filter_options *o, struct filter_set_stats *stats)
{
	cleanup_kernel_filter struct kernel_filter f = { 0 };
	struct error err = ERROR_INIT;
	int r = kernel_filter_compile(book->set, *t, o, &f);

	if (r || !f.drops)
		return r;
	r = loader_add(c, loader_row_of(*t), &f, &err);
	if (r && r != -EPIPE) {
		stats->refused++;
		error_prefix(&err, "%.*s", (int)t->type->name.len, t->type->name.data);
		stats->why = err;
		return 0;
	}
	stats->filters += !r;
	return r ? r : candidates_add(&book->candidates, book->program, &f);
}

int filter_set_load(struct loader_client *c, struct rulebook *book, const struct type_set *types,
		    const struct filter_set_options *o, struct filter_set_stats *ret,
		    struct error *err)
{
	const struct filter_options of_calls = { .candidates = true,
						 .tells = true,
						 .remembers = true,
						 .paths_by_name = o->paths_by_name,
						 .tail_call = ABI_FILTER_SEND + 1,
						 .terms = o->terms },
				    of_execs = { .tail_call = ABI_EXEC_FILTER_SEND + 1,
						 .terms = o->terms };
	struct filter_target targets[TARGETS_MAX];
	size_t n = kernel_filter_targets(targets, TARGETS_MAX);
	int r = n > TARGETS_MAX ? -E2BIG : 0;

	*ret = (struct filter_set_stats){ 0 };
	for (size_t i = 0; !r && o->filtered && i < n; i++) {
		if (!is_wanted(&targets[i], types))
			continue;
		ret->calls++;
		r = load_one(c, book, &targets[i], targets[i].row ? &of_calls : &of_execs, ret);
	}
	return r ? error_errno(err, -r, "filters") : loader_commit(c, types, err);
}
