/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments are leaves of an alphabetic tree: every inner node asks "at least k?". The cheapest one is
 * found by dynamic programming over runs of neighbours, with Knuth's bounds on where a run is cut
 * ("Optimum binary search trees", 1971), so in quadratic time. Two improvements:
 *
 * - a single number between two segments with one target is found by one question "equal?";
 * - the heaviest numbers may be asked for one by one before the tree; it then need not tell them
 *   apart from their neighbours. As many are as make the sum cheapest.
 *
 * Runs longer than RUN_MAX are cut where their weight is halved.
 */
#include "profile/cbpf/tree.h"

#include <errno.h>

#include "base/cleanup.h"

enum { RUN_MAX = 512, POINTS_MAX = 8 };

typedef VEC(struct tree_segment) segment_list;

/* A run's cheapest tree, for every run from..to of a list. */
struct table {
	size_t count;
	uint64_t *sums;	 /* of the weights before each segment */
	uint64_t *costs; /* count * count */
	uint16_t *cuts;	 /* the last segment of the left part */
	bool *single;	 /* the run is two segments of one target around a number */
};

void tree_deinit(struct tree *t)
{
	vec_deinit(&t->nodes);
}

static void table_deinit(struct table *t)
{
	free(t->sums);
	free(t->costs);
	free(t->cuts);
	free(t->single);
}

static int table_init(struct table *t, const struct tree_segment *s, size_t count)
{
	t->count = count;
	t->sums = calloc(count + 1, sizeof(*t->sums));
	t->costs = calloc(count * count, sizeof(*t->costs));
	t->cuts = calloc(count * count, sizeof(*t->cuts));
	t->single = calloc(count * count, sizeof(*t->single));
	if (!t->sums || !t->costs || !t->cuts || !t->single)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		t->sums[i + 1] = t->sums[i] + s[i].weight;
	return 0;
}

static bool is_single(const struct tree_segment *s, size_t from, size_t to)
{
	return to == from + 2 && s[from].target == s[to].target &&
	       s[from + 1].last == s[from].last + 1;
}

static void table_fill(struct table *t, const struct tree_segment *s)
{
	size_t n = t->count;

	for (size_t i = 0; i < n; i++)
		t->cuts[i * n + i] = (uint16_t)i;
	for (size_t len = 2; len <= n; len++) {
		for (size_t from = 0; from + len <= n; from++) {
			size_t to = from + len - 1, cell = from * n + to;
			size_t first = t->cuts[cell - 1], last = t->cuts[cell + n];
			uint64_t best = UINT64_MAX;

			if (is_single(s, from, to)) {
				t->single[cell] = true;
				t->cuts[cell] = (uint16_t)from;
				t->costs[cell] = t->sums[to + 1] - t->sums[from];
				continue;
			}
			for (size_t cut = first; cut <= last && cut < to; cut++) {
				uint64_t cost = t->costs[from * n + cut] +
						t->costs[(cut + 1) * n + to];

				if (cost < best) {
					best = cost;
					t->cuts[cell] = (uint16_t)cut;
				}
			}
			t->costs[cell] = best + t->sums[to + 1] - t->sums[from];
		}
	}
}

/* --- from tables to nodes ----------------------------------------------------------------------- */

static int add_node(struct tree *t, enum tree_test test, uint32_t value, int32_t yes, int32_t no,
		    int32_t *ret)
{
	struct tree_node *node = vec_add(&t->nodes);

	if (!node)
		return -ENOMEM;
	*node = (struct tree_node){ test, value, yes, no };
	*ret = (int32_t)(t->nodes.len - 1);
	return 0;
}

static int emit_run(struct tree *t, const struct table *table, const struct tree_segment *s,
		    size_t from, size_t to, int32_t *ret)
{
	size_t cell = from * table->count + to, cut = table->cuts[cell];
	int32_t yes, no;
	int r;

	if (from == to) {
		*ret = ~(int32_t)s[from].target;
		return 0;
	}
	if (table->single[cell])
		return add_node(t, TREE_EQUAL, s[from + 1].last, ~(int32_t)s[from + 1].target,
				~(int32_t)s[from].target, ret);
	r = emit_run(t, table, s, from, cut, &no);
	if (!r)
		r = emit_run(t, table, s, cut + 1, to, &yes);
	return r ? r : add_node(t, TREE_AT_LEAST, s[cut].last + 1, yes, no, ret);
}

/* Emits the tree of a list into t, unless t is NULL; *ret_cost is what a number costs, times its weight. */
static int run_build(struct tree *t, const struct tree_segment *s, size_t count, uint64_t *ret_cost,
		     int32_t *ret)
{
	cleanup(table_deinit) struct table table = { 0 };
	int r = table_init(&table, s, count);

	if (r)
		return r;
	table_fill(&table, s);
	*ret_cost = table.costs[count - 1];
	return t ? emit_run(t, &table, s, 0, count - 1, ret) : 0;
}

static int list_build(struct tree *t, const struct tree_segment *s, size_t count,
		      uint64_t *ret_cost, int32_t *ret)
{
	uint64_t sum = 0, left = 0, cost_no, cost_yes;
	int32_t yes = 0, no = 0;
	size_t cut = 0;
	int r;

	if (count <= RUN_MAX)
		return run_build(t, s, count, ret_cost, ret);
	for (size_t i = 0; i < count; i++)
		sum += s[i].weight;
	for (; cut < count - 2 && left + s[cut].weight < sum / 2; cut++)
		left += s[cut].weight;
	r = list_build(t, s, cut + 1, &cost_no, &no);
	if (!r)
		r = list_build(t, s + cut + 1, count - cut - 1, &cost_yes, &yes);
	if (r)
		return r;
	*ret_cost = cost_no + cost_yes + sum;
	return t ? add_node(t, TREE_AT_LEAST, s[cut].last + 1, yes, no, ret) : 0;
}

/* --- numbers asked for first -------------------------------------------------------------------- */

/* Takes a number out of the list: nobody will ask for it any more. */
static void take_out(segment_list *list, const struct tree_point *p)
{
	size_t i = 0;

	while (list->items[i].last < p->value)
		i++;
	list->items[i].weight -= p->weight < list->items[i].weight ? p->weight :
								     list->items[i].weight;
	if (list->items[i].last != p->value || (i ? list->items[i - 1].last + 1 : 0) != p->value ||
	    list->len == 1)
		return;
	/* A segment of its own: its neighbours meet, and may be one. */
	if (i)
		list->items[i - 1].last = p->value;
	memmove(&list->items[i], &list->items[i + 1], (list->len - i - 1) * sizeof(*list->items));
	list->len--;
	if (i && i < list->len && list->items[i - 1].target == list->items[i].target) {
		list->items[i].weight += list->items[i - 1].weight;
		memmove(&list->items[i - 1], &list->items[i],
			(list->len - i) * sizeof(*list->items));
		list->len--;
	}
}

static int list_without(segment_list *list, const struct tree_segment *segments, size_t count,
			const struct tree_point *points, size_t taken)
{
	for (size_t i = 0; i < count; i++) {
		struct tree_segment *s = vec_add(list);

		if (!s)
			return -ENOMEM;
		*s = segments[i];
	}
	for (size_t i = 0; i < taken; i++)
		take_out(list, &points[i]);
	list->items[list->len - 1].last = UINT32_MAX;
	return 0;
}

/* The tree with the first `taken` points asked for before it. */
static int build_with(struct tree *t, const struct tree_segment *segments, size_t count,
		      const struct tree_point *points, size_t taken, uint64_t *ret_cost)
{
	segment_list list = { 0 };
	uint64_t rest = 0, cost = 0;
	int32_t at = 0;
	int r = list_without(&list, segments, count, points, taken);

	if (!r)
		r = list_build(t, list.items, list.len, &cost, &at);
	vec_foreach(s, &list)
		rest += s->weight;
	vec_deinit(&list);
	for (size_t i = taken; i-- > 0 && !r;) {
		cost += points[i].weight * (i + 1);
		if (t)
			r = add_node(t, TREE_EQUAL, points[i].value, ~(int32_t)points[i].target, at,
				     &at);
	}
	*ret_cost = cost + rest * taken;
	if (t)
		t->root = at;
	return r;
}

int tree_build(struct tree *t, const struct tree_segment *segments, size_t count,
	       const struct tree_point *points, size_t point_count)
{
	uint64_t best = UINT64_MAX, cost;
	size_t taken = 0;

	for (size_t k = 0; k <= POINTS_MAX && k <= point_count; k++) {
		int r = build_with(NULL, segments, count, points, k, &cost);

		if (r)
			return r;
		if (cost < best) {
			best = cost;
			taken = k;
		}
	}
	return build_with(t, segments, count, points, taken, &cost);
}
