/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The upper part of the graph: the architecture, then the number. Numbers beyond those of native
 * calls (x32's bit 30, and -1 of tracers) are segments like any other: the guard costs nothing on the
 * way to an ordinary call.
 */
#include "profile/cbpf/decision.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = DECISION_NODES_MAX * 2, WEIGHT_BITS = 24, PATIENCE = 1 << 24 };

void decision_deinit(struct decision *d)
{
	vec_deinit(&d->nodes);
	vec_deinit(&d->segments);
	vec_deinit(&d->points);
	free(d->buckets);
}

/* --- nodes -------------------------------------------------------------------------------------- */

static uint32_t hash_add(uint32_t hash, uint32_t value)
{
	return (hash ^ value) * 0x9e3779b1u ^ hash >> 15;
}

static uint32_t node_hash(const struct decision_node *n, const struct tree_segment *segments)
{
	uint32_t hash = hash_add(hash_add(hash_add(n->returns, n->action), n->word), n->mask);

	for (size_t i = 0; i < n->count; i++)
		hash = hash_add(hash_add(hash, segments[i].last), segments[i].target);
	return hash;
}

static bool node_equal(const struct decision *d, const struct decision_node *a,
		       const struct decision_node *b, const struct tree_segment *segments)
{
	if (a->returns != b->returns || a->action != b->action || a->word != b->word ||
	    a->mask != b->mask || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct tree_segment *mine = &d->segments.items[a->first + i];

		if (mine->last != segments[i].last || mine->target != segments[i].target)
			return false;
	}
	return true;
}

/* The node if it is there; else it is added, without its segments yet: *ret_new. */
static int node_intern(struct decision *d, const struct decision_node *n,
		       const struct tree_segment *segments, bool *ret_new)
{
	uint32_t at = node_hash(n, segments) % BUCKETS;
	struct decision_node *slot;

	if (!d->buckets)
		d->buckets = calloc(BUCKETS, sizeof(*d->buckets));
	if (!d->buckets)
		return -ENOMEM;
	for (; d->buckets[at]; at = (at + 1) % BUCKETS)
		if (node_equal(d, &d->nodes.items[d->buckets[at] - 1], n, segments))
			return (int)d->buckets[at] - 1;
	if (d->nodes.len >= DECISION_NODES_MAX)
		return -E2BIG;
	slot = vec_add(&d->nodes);
	if (!slot)
		return -ENOMEM;
	*slot = *n;
	*ret_new = true;
	d->buckets[at] = (uint32_t)d->nodes.len;
	return (int)d->nodes.len - 1;
}

int decision_return(struct decision *d, uint32_t action)
{
	static const struct tree_segment none = { 0 };
	bool is_new;

	return node_intern(d, &(struct decision_node){ .returns = true, .action = action }, &none,
			   &is_new);
}

static int add_parts(struct decision *d, int node, const struct tree_segment *segments,
		     size_t count, const struct tree_point *points, size_t point_count)
{
	struct decision_node *n = &d->nodes.items[node];

	n->first = d->segments.len;
	n->first_point = d->points.len;
	n->point_count = point_count;
	for (size_t i = 0; i < count; i++) {
		struct tree_segment *s = vec_add(&d->segments);

		if (!s)
			return -ENOMEM;
		*s = segments[i];
	}
	for (size_t i = 0; i < point_count; i++) {
		struct tree_point *p = vec_add(&d->points);

		if (!p)
			return -ENOMEM;
		*p = points[i];
	}
	return node;
}

int decision_switch(struct decision *d, uint32_t word, uint32_t mask,
		    const struct tree_segment *segments, size_t count,
		    const struct tree_point *points, size_t point_count)
{
	VEC(struct tree_segment) merged = { 0 };
	struct decision_node n = { .word = word, .mask = mask };
	bool is_new = false;
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		struct tree_segment *last = merged.len ? &merged.items[merged.len - 1] : NULL;

		if (!last || last->target != segments[i].target)
			last = vec_add(&merged);
		if (!last) {
			vec_deinit(&merged);
			return -ENOMEM;
		}
		last->last = segments[i].last;
		last->target = segments[i].target;
		last->weight += segments[i].weight;
	}
	n.count = merged.len;
	r = merged.len == 1 ? (int)merged.items[0].target :
			      node_intern(d, &n, merged.items, &is_new);
	if (is_new)
		r = add_parts(d, r, merged.items, merged.len, points, point_count);
	vec_deinit(&merged);
	return r;
}

/* --- numbers ------------------------------------------------------------------------------------ */

/* One number with a decision of its own. */
struct number {
	uint32_t value;
	uint32_t node;
	uint64_t weight;
};

struct numbers {
	VEC(struct number) list;
	VEC(struct tree_segment) segments;
	VEC(struct tree_point) points;
	uint64_t base; /* weight of a call that was never counted */
	uint64_t sum;
};

static void numbers_deinit(struct numbers *n)
{
	vec_deinit(&n->list);
	vec_deinit(&n->segments);
	vec_deinit(&n->points);
}

static int number_compare(const void *a, const void *b)
{
	const struct number *x = a, *y = b;

	return x->value < y->value ? -1 : x->value > y->value;
}

static int point_compare(const void *a, const void *b)
{
	const struct tree_point *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return x->value < y->value ? -1 : x->value > y->value;
}

/*
 * Counts become weights: seven eighths of all weight by count, one eighth in equal parts, so that
 * what was never seen is not put at the end of a long chain.
 */
static uint64_t weight_of(uint64_t count, uint64_t total, size_t calls)
{
	double part = total ? (double)count / (double)total : 1.0 / (double)calls;

	return (uint64_t)((part * 7 + 1.0 / (double)calls) / 8 * (1 << WEIGHT_BITS)) + 1;
}

static int add_segment(struct numbers *n, uint32_t last, int node, uint64_t weight)
{
	struct tree_segment *s = node < 0 ? NULL : vec_add(&n->segments);

	if (!s)
		return node < 0 ? node : -ENOMEM;
	*s = (struct tree_segment){ last, (uint32_t)node, weight };
	return 0;
}

/* Fills the numbers from *at up to last that have no decision of their own. */
static int add_gap(struct numbers *n, uint64_t *at, uint64_t last, int node)
{
	int r = 0;

	if (*at <= last)
		r = add_segment(n, (uint32_t)last, node, n->base / 4 + 1);
	*at = last + 1;
	return r;
}

/* What is between the calls: the tables' own answers, by where the flagged numbers begin and end. */
static int add_background(struct numbers *n, uint64_t *at, uint64_t end, int plain, int flagged)
{
	const uint64_t edges[] = { SYS_X32_BIT - 1, UINT32_MAX - 1, UINT32_MAX };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(edges) && *at < end && !r; i++) {
		uint64_t last = edges[i] < end ? edges[i] : end - 1;

		if (*at <= edges[i])
			r = add_gap(n, at, last, i == 1 ? flagged : plain);
	}
	return r;
}

static int number_segments(struct numbers *n, int plain, int flagged)
{
	uint64_t at = 0;
	int r = 0;

	vec_sort(&n->list, number_compare);
	vec_foreach(number, &n->list) {
		struct tree_point *p;

		r = add_background(n, &at, number->value, plain, flagged);
		if (!r)
			r = add_segment(n, number->value, (int)number->node, number->weight);
		p = r ? NULL : vec_add(&n->points);
		if (!p)
			return r ? r : -ENOMEM;
		*p = (struct tree_point){ number->value, number->node, number->weight };
		at = (uint64_t)number->value + 1;
	}
	vec_sort(&n->points, point_compare);
	return add_background(n, &at, (uint64_t)UINT32_MAX + 1, plain, flagged);
}

static uint64_t table_total(const struct cbpf_filter *f, size_t *ret_calls)
{
	uint64_t total = 0;

	*ret_calls = 1;
	for (int arch = 0; arch < SYS_ARCH_MAX; arch++) {
		*ret_calls += f->tables[arch].calls.len;
		vec_foreach(call, &f->tables[arch].calls)
			if (__builtin_add_overflow(total, call->weight, &total))
				total = UINT64_MAX;
	}
	return total;
}

static int add_table(struct decision *d, struct numbers *n, const struct cbpf_filter *f,
		     enum sys_arch arch, struct error *err)
{
	size_t calls;
	uint64_t total = table_total(f, &calls);

	n->base = weight_of(0, total, calls);
	vec_foreach(call, &f->tables[arch].calls) {
		const char *name = sys_call_name(arch, (int)call->nr);
		struct number *slot = vec_add(&n->list);
		int node = slot ? decision_arguments(d, call, sys_archs[arch].narrow,
						     f->otherwise) :
				  -ENOMEM;

		if (node < 0)
			return error_errno(err, -node, "the rules of %s", name ? name : "a call");
		slot->value = call->nr + sys_archs[arch].nr_flag;
		slot->node = (uint32_t)node;
		slot->weight = weight_of(call->weight, total, calls);
		n->sum += slot->weight;
	}
	return 0;
}

/* The node that decides by number, for the tables behind one AUDIT_ARCH_* value. */
static int build_numbers(struct decision *d, const struct cbpf_filter *f, uint32_t audit,
			 uint64_t *ret_weight, struct error *err)
{
	cleanup(numbers_deinit) struct numbers n = { 0 };
	int otherwise = decision_return(d, f->otherwise), foreign = decision_return(d, f->foreign);
	int plain = foreign, flagged = foreign, r = 0;

	for (int arch = 0; arch < SYS_ARCH_MAX && !r; arch++) {
		if (sys_archs[arch].audit_arch != audit || !f->tables[arch].open)
			continue;
		if (sys_archs[arch].nr_flag)
			flagged = otherwise;
		else
			plain = otherwise;
		r = add_table(d, &n, f, (enum sys_arch)arch, err);
	}
	if (audit != sys_archs[SYS_ARCH_X32].audit_arch)
		flagged = plain;
	if (!r)
		r = number_segments(&n, plain, flagged);
	*ret_weight = n.sum + n.base;
	return r ? r :
		   decision_switch(d, DECISION_WORD_NR, UINT32_MAX, n.segments.items,
				   n.segments.len, n.points.items, n.points.len);
}

/* --- architectures ------------------------------------------------------------------------------ */

static bool audit_is_open(const struct cbpf_filter *f, uint32_t audit)
{
	for (int arch = 0; arch < SYS_ARCH_MAX; arch++)
		if (sys_archs[arch].audit_arch == audit && f->tables[arch].open)
			return true;
	return false;
}

/* The next AUDIT_ARCH_* value above a floor that has an open table; 0: none. */
static uint32_t next_audit(const struct cbpf_filter *f, uint32_t floor)
{
	uint32_t next = 0;

	for (int arch = 0; arch < SYS_ARCH_MAX; arch++) {
		uint32_t audit = sys_archs[arch].audit_arch;

		if (audit > floor && audit_is_open(f, audit) && (!next || audit < next))
			next = audit;
	}
	return next;
}

int decision_build(struct decision *d, const struct cbpf_filter *f, struct error *err)
{
	struct tree_segment segments[2 * SYS_ARCH_MAX + 1];
	struct tree_point points[SYS_ARCH_MAX] = { 0 };
	int foreign = decision_return(d, f->foreign), r = foreign < 0 ? foreign : 0;
	size_t n = 0, point_count = 0;
	uint32_t audit = 0;

	d->patience = PATIENCE;
	while (r >= 0 && (audit = next_audit(f, audit))) {
		uint64_t weight;

		r = build_numbers(d, f, audit, &weight, err);
		segments[n++] = (struct tree_segment){ audit - 1, (uint32_t)foreign, 1 };
		segments[n++] = (struct tree_segment){ audit, (uint32_t)r, weight };
		points[point_count++] = (struct tree_point){ audit, (uint32_t)r, weight };
	}
	segments[n++] = (struct tree_segment){ UINT32_MAX, (uint32_t)foreign, 1 };
	qsort(points, point_count, sizeof(*points), point_compare);
	if (r >= 0)
		r = decision_switch(d, DECISION_WORD_ARCH, UINT32_MAX, segments, n, points,
				    point_count);
	if (r < 0)
		return err && err->code ? r : error_errno(err, -r, "decisions of the filter");
	d->root = (uint32_t)r;
	return 0;
}
