/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the first stages of a filter look at. Where that is nothing but the file that a call has opened, some of its
 * arguments, and its user, a record that they drop stands for all that agree with it in these: the kernel
 * remembers them, and does not ask again (bpf/lib/remember.bpf.h, whose struct open_facts has what is allowed here).
 */
#include "guard/filter/emit.h"

#define AT(member) ((uint16_t)offsetof(struct abi_event, member))

enum { EARLY_ARGS = ARRAY_SIZE(((struct abi_event_plan *)0)->early) };

#define MEMBER(member)                                                                      \
	{                                                                                   \
		offsetof(struct abi_event, member), sizeof(((struct abi_event *)0)->member) \
	}

/* Whole members of the record. */
static const struct {
	uint16_t at, size;
} same_file[] = {
	MEMBER(flags),
	MEMBER(uid),
	MEMBER(gid),
	MEMBER(call.ino),
	MEMBER(call.dev),
	MEMBER(call.path_flags),
	MEMBER(call.file_mode),
	MEMBER(call.inode_mode),
	/* Of a file, which is no socket, these are zero. */
	MEMBER(call.family),
	MEMBER(call.socket_type),
	MEMBER(call.protocol),
	MEMBER(call.local_port),
	MEMBER(call.remote_port),
	MEMBER(call.target),
	MEMBER(call.local),
	MEMBER(call.remote),
};

static bool is_within(const struct number_test *t, uint16_t at, uint16_t size)
{
	return t->at >= at && t->at + t->size <= at + size;
}

static bool is_of_file(const struct number_test *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(same_file); i++)
		if (is_within(t, same_file[i].at, same_file[i].size))
			return true;
	return false;
}

/* Of the result, which is a descriptor: the same for each that is none of an error. */
static bool is_of_success(const struct number_test *t)
{
	int64_t number = (int64_t)t->number;

	if (t->at != AT(call.result) || t->size != sizeof(int64_t) || t->mask)
		return false;
	switch (t->op) {
	case BPF_JEQ:
	case BPF_JNE:
		return number < 0;
	case BPF_JSLT:
	case BPF_JSGE:
		return number <= 0;
	case BPF_JSGT:
	case BPF_JSLE:
		return number < 0;
	default:
		return false;
	}
}

/* Which argument it is of; ABI_ARG_NONE: of none. */
static uint8_t argument_of(const struct number_test *t)
{
	const uint16_t size = sizeof(((struct abi_event *)0)->call.args[0]);

	for (uint8_t arg = 0; arg < 6; arg++)
		if (is_within(t, (uint16_t)(AT(call.args) + arg * size), size))
			return arg;
	return ABI_ARG_NONE;
}

bool emit_is_of_open(const struct node *n)
{
	if (n->kind == NODE_FACT)
		return false;
	if (n->kind != NODE_NUMBER)
		return true;
	return !(n->number.at & LOOKED_UP) &&
	       (is_of_file(&n->number) || is_of_success(&n->number) ||
		argument_of(&n->number) != ABI_ARG_NONE);
}

static bool add_argument(uint8_t arg, struct filter_early *ret)
{
	for (uint32_t i = 0; i < EARLY_ARGS; i++) {
		if (ret->args[i] == ABI_ARG_NONE)
			ret->args[i] = arg;
		if (ret->args[i] == arg)
			return true;
	}
	return false;
}

static bool is_of_view(const struct text_view *v)
{
	return v->kind == VIEW_FD_NAME || v->kind == VIEW_FD_DIRECTORY ||
	       v->kind == VIEW_FD_FILENAME;
}

/* Adds what a clause of the first stages looks at; false: more than can be compared. */
static bool add(const struct emitter *e, const struct node *n, struct filter_early *ret)
{
	uint8_t arg = n->kind == NODE_NUMBER ? argument_of(&n->number) : ABI_ARG_NONE;
	bool fits = emit_is_of_open(n);

	if (n->kind == NODE_TEXT)
		return is_of_view(&e->filter->views.items.items[n->text.view]);
	if (arg != ABI_ARG_NONE)
		return add_argument(arg, ret);
	for (uint32_t i = 0;
	     fits && (n->kind == NODE_AND || n->kind == NODE_OR) && i < n->group.count; i++)
		fits = add(e, n->group.items[i], ret);
	return fits;
}

struct filter_early emit_early(const struct emitter *e)
{
	struct filter_early early = { .args = { ABI_ARG_NONE, ABI_ARG_NONE } };

	early.holds = emit_each_clause(e, STAGE_OBJECT, add, &early);
	return early;
}
