/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/diff.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "uapi/capability.h"
#include "uapi/socket.h"

const char *const diff_kind_names[] = {
	[DIFF_CALL] = "syscall",    [DIFF_CAPABILITY] = "capability", [DIFF_FILE] = "file",
	[DIFF_NETWORK] = "network", [DIFF_EXECUTABLE] = "executable",
};
static_assert(ARRAY_SIZE(diff_kind_names) == DIFF_KINDS, "a name for each");

void diff_deinit(struct diff *d)
{
	vec_foreach(e, &d->entries) {
		free(e->what);
		free(e->how);
	}
	vec_deinit(&d->entries);
}

/* Takes what and how over. */
static int add(struct diff *d, enum diff_kind kind, char sign, enum profile_layer layer, char *what,
	       char *how)
{
	struct diff_entry *e = what ? vec_add(&d->entries) : NULL;

	if (!e) {
		free(what);
		free(how);
		return -ENOMEM;
	}
	*e = (struct diff_entry){ kind, sign, layer, what, how };
	return 0;
}

/* --- calls -------------------------------------------------------------------------------------- */

static char *call_text(const struct profile_call *c)
{
	const char *name = sys_call_name(c->arch, (int)c->nr);
	cleanup_buf struct buf text = BUF_INIT;

	if (name)
		buf_add_str(&text, name);
	else
		buf_addf(&text, "call-%u", c->nr);
	if (c->arch != SYS_ARCH_X86_64)
		buf_addf(&text, "/%s", sys_archs[c->arch].name);
	if (c->refused)
		buf_add_str(&text, " (refused)");
	return buf_take(&text);
}

static bool has_tuple(const struct profile_call *c, const struct profile_tuple *t)
{
	vec_foreach(known, &c->tuples)
		if (!memcmp(known->values, t->values, sizeof(t->values)))
			return true;
	return false;
}

/* The combinations of one call that another does not have: "- domain=2 type=0x1; ". */
static size_t add_tuples(struct buf *out, char sign, const struct profile_call *c,
			 const struct profile_call *than, const struct sys_arg_plan *plan)
{
	size_t n = 0;

	vec_foreach(t, &c->tuples) {
		if (has_tuple(than, t))
			continue;
		buf_addf(out, "%s%c", out->len ? "; " : "", sign);
		for (unsigned i = 0; i < plan->count; i++)
			buf_addf(out, plan->arg[i].flags ? " %s=0x%" PRIx64 : " %s=%" PRIu64,
				 plan->arg[i].name, t->values[i]);
		n++;
	}
	return n;
}

static bool same_range(const struct profile_range *a, const struct profile_range *b)
{
	return !a->count == !b->count && (!a->count || !memcmp(a->arg, b->arg, sizeof(a->arg)));
}

static int compare_arguments(struct diff *d, const struct profile_call *a,
			     const struct profile_call *b)
{
	const char *name = sys_call_name(a->arch, (int)a->nr);
	const struct sys_arg_plan *plan = name ? sys_arg_plan(name) : NULL;
	bool any_a = !a->tuples.len && !a->range.count, any_b = !b->tuples.len && !b->range.count;
	cleanup_buf struct buf how = BUF_INIT;

	if (!plan || (any_a && any_b))
		return 0;
	if (any_a || any_b) {
		buf_add_str(&how, any_a ? "- any arguments" : "+ any arguments");
	} else {
		add_tuples(&how, '-', a, b, plan);
		add_tuples(&how, '+', b, a, plan);
		if (!same_range(&a->range, &b->range))
			buf_addf(&how, "%s~ what many combinations have in common",
				 how.len ? "; " : "");
	}
	return how.len ? add(d, DIFF_CALL, '~', a->layer, call_text(a), buf_take(&how)) : 0;
}

/* --- walking two sorted lists ------------------------------------------------------------------- */

/* In the first only (b is NULL), in the second only (a is NULL), or in both. */
typedef int (*compare_facts)(struct diff *d, const void *a, const void *b);

static int walk(struct diff *d, const char *a, size_t a_count, const char *b, size_t b_count,
		size_t size, int (*order)(const void *, const void *), compare_facts compare)
{
	const char *a_end = a + a_count * size, *b_end = b + b_count * size;
	int r = 0;

	while (!r && (a < a_end || b < b_end)) {
		int which = a == a_end ? 1 : b == b_end ? -1 : order(a, b);

		r = compare(d, which <= 0 ? a : NULL, which >= 0 ? b : NULL);
		a += which <= 0 ? size : 0;
		b += which >= 0 ? size : 0;
	}
	return r;
}

static int compare_calls(struct diff *d, const void *a, const void *b)
{
	const struct profile_call *x = a, *y = b, *one = x ? x : y;

	if (x && y)
		return compare_arguments(d, x, y);
	return add(d, DIFF_CALL, x ? '-' : '+', one->layer, call_text(one), NULL);
}

static int compare_caps(struct diff *d, const void *a, const void *b)
{
	const struct profile_cap *x = a, *y = b, *one = x ? x : y;

	if (x && y)
		return 0;
	return add(d, DIFF_CAPABILITY, x ? '-' : '+', one->layer, strdup(sys_cap_name(one->cap)),
		   strdup(profile_cap_outcome_names[one->outcome]));
}

static void add_ops(struct buf *out, char sign, uint32_t ops)
{
	for (unsigned bit = 0; profile_file_op_name(bit); bit++)
		if (ops >> bit & 1)
			buf_addf(out, "%s%c%s", out->len ? " " : "", sign,
				 profile_file_op_name(bit));
}

static int compare_files(struct diff *d, const void *a, const void *b)
{
	const struct profile_file *x = a, *y = b, *one = x ? x : y;
	cleanup_buf struct buf how = BUF_INIT;

	if (x && y && x->ops == y->ops)
		return 0;
	add_ops(&how, '-', x ? x->ops & ~(y ? y->ops : 0) : 0);
	add_ops(&how, '+', y ? y->ops & ~(x ? x->ops : 0) : 0);
	return add(d, DIFF_FILE,
		   x && y ? '~' :
		   x	  ? '-' :
			    '+',
		   one->layer, strdup(one->path), buf_take(&how));
}

static int compare_peers(struct diff *d, const void *a, const void *b)
{
	const struct profile_peer *x = a, *y = b, *one = x ? x : y;
	const char *family = sys_family_name(one->family),
		   *protocol = sys_protocol_name(one->protocol);
	char address[INET6_ADDRSTRLEN] = "*";

	if (x && y)
		return 0;
	if (!one->many && (one->family == AF_INET || one->family == AF_INET6))
		inet_ntop(one->family, one->address, address, sizeof(address));
	return add(d, DIFF_NETWORK, x ? '-' : '+', one->layer,
		   str_format("%s %s %s %s port %u", profile_peer_op_names[one->op],
			      family ? family : "?", protocol ? protocol : "?", address, one->port),
		   NULL);
}

static int string_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_executables(struct diff *d, const void *a, const void *b)
{
	const char *const *one = a ? a : b;

	if (a && b)
		return 0;
	return add(d, DIFF_EXECUTABLE, a ? '-' : '+', PROFILE_APP, strdup(*one), NULL);
}

/* --- the parts of a profile that count ---------------------------------------------------------- */

static bool counts(enum profile_layer layer, bool with_setup)
{
	return with_setup || (layer != PROFILE_SETUP && layer != PROFILE_ENTERED_SETUP);
}

/* A kind of facts, as flat copies (what they own is borrowed) of those that count. */
#define COPY_FACTS(to, from, with_setup)                    \
	do {                                                \
		vec_foreach(f_, from) {                     \
			__typeof__(f_) slot_;               \
                                                            \
			if (!counts(f_->layer, with_setup)) \
				continue;                   \
			slot_ = vec_add(to);                \
			if (slot_)                          \
				*slot_ = *f_;               \
			else                                \
				r = -ENOMEM;                \
		}                                           \
	} while (0)

#define COMPARE_FACTS(type, facts, order, compare)                                              \
	do {                                                                                    \
		VEC(struct type) a_ = { 0 }, b_ = { 0 };                                        \
                                                                                                \
		COPY_FACTS(&a_, &a->facts, with_setup);                                         \
		COPY_FACTS(&b_, &b->facts, with_setup);                                         \
		vec_sort(&a_, order);                                                           \
		vec_sort(&b_, order);                                                           \
		r = r ? r :                                                                     \
			walk(d, (const char *)a_.items, a_.len, (const char *)b_.items, b_.len, \
			     sizeof(*a_.items), order, compare);                                \
		vec_deinit(&a_);                                                                \
		vec_deinit(&b_);                                                                \
	} while (0)

/* Capabilities without the calls that asked for them: each once. */
static int cap_order(const void *a, const void *b)
{
	const struct profile_cap *x = a, *y = b;

	if (x->layer != y->layer)
		return x->layer < y->layer ? -1 : 1;
	if (x->outcome != y->outcome)
		return x->outcome < y->outcome ? -1 : 1;
	return x->cap < y->cap ? -1 : x->cap > y->cap;
}

static void unique_caps(struct profile_cap *caps, size_t *count)
{
	size_t kept = 0;

	if (*count)
		qsort(caps, *count, sizeof(*caps), cap_order);
	for (size_t i = 0; i < *count; i++)
		if (!kept || cap_order(&caps[kept - 1], &caps[i]))
			caps[kept++] = caps[i];
	*count = kept;
}

static int diff_caps(struct diff *d, const struct profile *a, const struct profile *b,
		     bool with_setup)
{
	VEC(struct profile_cap) x = { 0 }, y = { 0 };
	int r = 0;

	COPY_FACTS(&x, &a->caps, with_setup);
	COPY_FACTS(&y, &b->caps, with_setup);
	unique_caps(x.items, &x.len);
	unique_caps(y.items, &y.len);
	r = r ? r :
		walk(d, (const char *)x.items, x.len, (const char *)y.items, y.len,
		     sizeof(*x.items), cap_order, compare_caps);
	vec_deinit(&x);
	vec_deinit(&y);
	return r;
}

static int diff_executables(struct diff *d, const struct profile *a, const struct profile *b)
{
	VEC(char *) x = { 0 }, y = { 0 };
	int r = 0;

	vec_foreach(exe, &a->executables) {
		char **slot = vec_add(&x);

		r = slot ? r : -ENOMEM;
		if (slot)
			*slot = *exe;
	}
	vec_foreach(exe, &b->executables) {
		char **slot = vec_add(&y);

		r = slot ? r : -ENOMEM;
		if (slot)
			*slot = *exe;
	}
	vec_sort(&x, string_compare);
	vec_sort(&y, string_compare);
	r = r ? r :
		walk(d, (const char *)x.items, x.len, (const char *)y.items, y.len,
		     sizeof(*x.items), string_compare, compare_executables);
	vec_deinit(&x);
	vec_deinit(&y);
	return r;
}

int diff_build(struct diff *d, const struct profile *a, const struct profile *b, bool with_setup)
{
	int r = 0;

	COMPARE_FACTS(profile_call, calls, profile_call_compare, compare_calls);
	r = r ? r : diff_caps(d, a, b, with_setup);
	COMPARE_FACTS(profile_file, files, profile_file_compare, compare_files);
	COMPARE_FACTS(profile_peer, peers, profile_peer_compare, compare_peers);
	return r ? r : diff_executables(d, a, b);
}
