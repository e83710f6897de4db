/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the graph of decisions to instructions. Jumps only go forwards, and a conditional one at most
 * 255 instructions far: so the program is written from its end, targets before those who jump to
 * them. Where a target is too far away it is brought near: a return is repeated, anything else is
 * reached by way of an unconditional jump, whose offset has 32 bits.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "profile/cbpf/decision.h"
#include "profile/cbpf/program.h"

enum { NEAR = 255, NOWHERE = -1 };

static_assert(offsetof(struct seccomp_data, nr) == 4 * DECISION_WORD_NR &&
		      offsetof(struct seccomp_data, arch) == 4 * DECISION_WORD_ARCH &&
		      offsetof(struct seccomp_data, args) == 4 * DECISION_WORD_ARGS,
	      "words of what a filter sees");

struct assembler {
	const struct decision *d;
	VEC(struct sock_filter) reverse; /* the last instruction first */
	VEC(int) places;		 /* of each node: index in reverse, or NOWHERE */
};

static int put(struct assembler *a, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	struct sock_filter *slot;

	if (a->reverse.len >= CBPF_PROGRAM_MAX)
		return -E2BIG;
	slot = vec_add(&a->reverse);
	if (!slot)
		return -ENOMEM;
	*slot = (struct sock_filter){ code, jt, jf, k };
	return (int)a->reverse.len - 1;
}

/* How many instructions lie between the next one to be put and a place. */
static size_t distance(const struct assembler *a, int place)
{
	return a->reverse.len - 1 - (size_t)place;
}

static int put_return(struct assembler *a, uint32_t node)
{
	int place = put(a, BPF_RET | BPF_K, a->d->nodes.items[node].action, 0, 0);

	if (place >= 0)
		a->places.items[node] = place;
	return place;
}

/* Where a jump to a place of a node may land, at most `room` from the next instruction. */
static int near(struct assembler *a, int place, size_t room)
{
	const struct sock_filter *i = &a->reverse.items[place];

	if (distance(a, place) <= room)
		return place;
	if (BPF_CLASS(i->code) == BPF_RET)
		return put(a, i->code, i->k, 0, 0);
	return put(a, BPF_JMP | BPF_JA, (uint32_t)distance(a, place), 0, 0);
}

/* A conditional jump to two places. */
static int put_jump(struct assembler *a, uint16_t test, uint32_t k, int yes, int no)
{
	/* Bringing one near may push the other away by an instruction. */
	if (yes >= 0)
		yes = near(a, yes, NEAR - 1);
	if (yes < 0)
		return yes;
	if (no >= 0)
		no = near(a, no, NEAR);
	if (no < 0)
		return no;
	return put(a, BPF_JMP | test | BPF_K, k, (uint8_t)distance(a, yes),
		   (uint8_t)distance(a, no));
}

static int put_node(struct assembler *a, uint32_t node);

/* The place of a node; a return that is far away is put again rather than jumped to. */
static int place_of(struct assembler *a, uint32_t node)
{
	int place = a->places.items[node];

	if (place == NOWHERE)
		return put_node(a, node);
	if (a->d->nodes.items[node].returns && distance(a, place) > NEAR / 2)
		return put_return(a, node);
	return place;
}

static int put_tree(struct assembler *a, const struct tree *t, int32_t at)
{
	static const uint16_t tests[] = { [TREE_EQUAL] = BPF_JEQ, [TREE_AT_LEAST] = BPF_JGE };
	const struct tree_node *n;
	int yes, no;

	if (at < 0)
		return place_of(a, (uint32_t)~at);
	n = &t->nodes.items[at];
	no = put_tree(a, t, n->no);
	yes = no < 0 ? no : put_tree(a, t, n->yes);
	return yes < 0 ? yes : put_jump(a, tests[n->test], n->value, yes, no);
}

static int put_load(struct assembler *a, uint32_t word)
{
	return put(a, BPF_LD | BPF_W | BPF_ABS, 4 * word, 0, 0);
}

/* None of these bits, or some of them: that is one instruction. */
static bool is_bit_test(const struct decision_node *n, const struct tree_segment *s)
{
	return n->mask != UINT32_MAX && n->count == 2 && s[0].last == 0;
}

static int weight_compare(const void *a, const void *b)
{
	const struct tree_segment *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight < y->weight ? -1 : 1;
	return x->last < y->last ? -1 : x->last > y->last;
}

/*
 * Targets before the tree that jumps to them, so that the tree's jumps are next to each other; the
 * heaviest last, so that they are near.
 */
static int put_targets(struct assembler *a, const struct tree_segment *s, size_t count)
{
	struct tree_segment *sorted = malloc(count * sizeof(*sorted));
	int place = 0;

	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, s, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), weight_compare);
	for (size_t i = 0; i < count && place >= 0; i++)
		place = place_of(a, sorted[i].target);
	free(sorted);
	return place;
}

static int put_switch(struct assembler *a, const struct decision_node *n)
{
	const struct tree_segment *s = a->d->segments.items + n->first;
	cleanup_tree struct tree t = { 0 };
	int place = put_targets(a, s, n->count);

	if (place < 0)
		return place;
	if (is_bit_test(n, s)) {
		int some = place_of(a, s[1].target), none = place_of(a, s[0].target);

		place = some < 0 ? some : put_jump(a, BPF_JSET, n->mask, some, none);
		return place < 0 ? place : put_load(a, n->word);
	}
	place = tree_build(&t, s, n->count, a->d->points.items + n->first_point, n->point_count);
	if (!place)
		place = put_tree(a, &t, t.root);
	if (place >= 0 && n->mask != UINT32_MAX)
		place = put(a, BPF_ALU | BPF_AND | BPF_K, n->mask, 0, 0);
	return place < 0 ? place : put_load(a, n->word);
}

static int put_node(struct assembler *a, uint32_t node)
{
	const struct decision_node *n = &a->d->nodes.items[node];
	int place = n->returns ? put_return(a, node) : put_switch(a, n);

	if (place >= 0)
		a->places.items[node] = place;
	return place;
}

static int assemble(struct cbpf_program *p, const struct decision *d)
{
	struct assembler a = { .d = d };
	int r = 0;

	for (size_t i = 0; i < d->nodes.len && !r; i++) {
		int *place = vec_add(&a.places);

		if (place)
			*place = NOWHERE;
		else
			r = -ENOMEM;
	}
	if (!r)
		r = put_node(&a, d->root);
	for (size_t i = a.reverse.len; i-- > 0 && r >= 0;) {
		struct sock_filter *slot = vec_add(&p->code);

		if (slot)
			*slot = a.reverse.items[i];
		else
			r = -ENOMEM;
	}
	vec_deinit(&a.reverse);
	vec_deinit(&a.places);
	return r < 0 ? r : 0;
}

static int try(struct cbpf_program *p, const struct cbpf_filter *f, bool plain, struct error *err)
{
	cleanup_decision struct decision d = { .plain = plain };
	int r = decision_build(&d, f, err);

	return r ? r : assemble(p, &d);
}

void cbpf_program_deinit(struct cbpf_program *p)
{
	vec_deinit(&p->code);
}

int cbpf_compile(struct cbpf_program *p, const struct cbpf_filter *f, struct error *err)
{
	int r = try(p, f, false, err);

	if (r == -E2BIG) {
		cbpf_program_deinit(p);
		r = try(p, f, true, err);
	}
	if (r == -E2BIG)
		return error_set(err, EFBIG,
				 "the rules make a program of more than %d instructions, "
				 "which is all that the kernel takes",
				 CBPF_PROGRAM_MAX);
	if (r)
		return err && err->code ? r : error_errno(err, -r, "the filter's program");
	return cbpf_prove(p, f, err);
}
