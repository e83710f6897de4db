/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles as sets: the laws of union, N of M, intersection and difference, on random profiles. */
#include <errno.h>

#include "base/str.h"
#include "profile/algebra.h"
#include "profile/check.h"
#include "profile/diff.h"
#include "profile/json.h"
#include "sample.h"
#include "unit.h"

enum { ROUNDS = 150 };

#define X64 SYS_ARCH_X86_64

static struct profile_evidence evidence(struct profile *p, struct chance *c)
{
	static const char *const exes[] = { "/bin/a", "/bin/b", "/usr/sbin/c" };
	struct profile_evidence e = { profile_executable(p,
							 exes[chance_below(c, ARRAY_SIZE(exes))]),
				      1 + chance_below(c, 100), (int64_t)chance_below(c, 50),
				      50 + (int64_t)chance_below(c, 50) };

	assert_int_not_equal(e.exe, UINT32_MAX);
	return e;
}

static void random_call(struct profile *p, struct chance *c)
{
	static const char *const names[] = { "read",   "write", "socket", "mmap",  "clone",
					     "ptrace", "ioctl", "openat", "execve" };
	const char *name = names[chance_below(c, ARRAY_SIZE(names))];
	enum sys_arch arch = chance_below(c, 5) ? X64 : SYS_ARCH_X32;
	const struct sys_arg_plan *plan = sys_arg_plan(name);
	struct profile_evidence e = evidence(p, c);
	struct profile_call *call = profile_add_call(p, arch, (uint32_t)sys_call_nr(arch, name),
						     chance_below(c, 3) ? PROFILE_APP :
									  PROFILE_TAIL,
						     !chance_below(c, 6), &e);
	size_t tuples = chance_below(c, 4);

	assert_non_null(call);
	call->phases |= (unsigned)chance_below(c, 4);
	/* A call is recorded with its arguments every time, or never. */
	for (size_t i = 0; plan && i < tuples + 1; i++) {
		uint64_t values[ABI_CALL_ARGS_MAX] = { 0 };

		for (unsigned k = 0; k < plan->count; k++)
			values[k] = chance_below(c, 4);
		assert_int_equal(profile_call_add_tuple(call, values, 1 + chance_below(c, 5)), 0);
	}
	if (plan && !chance_below(c, 8)) {
		struct profile_range r = { .count = 3 };

		for (unsigned k = 0; k < plan->count; k++) {
			r.arg[k].any_bits = 3 | chance_next(c) % 64;
			r.arg[k].max = r.arg[k].any_bits;
		}
		profile_call_widen(call, &r);
	}
}

static void random_facts(struct profile *p, struct chance *c)
{
	static const char *const paths[] = { "/etc/passwd", "/data/**", "/lib/libc.so.*",
					     "/tmp/x" };
	struct profile_evidence e = evidence(p, c);
	struct profile_cap cap = { .cap = (unsigned)chance_below(c, 5),
				   .layer = PROFILE_APP,
				   .outcome = (enum abi_cap_outcome)chance_below(c, 3),
				   .nr = (uint32_t)chance_below(c, 3) };
	struct profile_peer peer = { .op = (enum abi_peer_op)chance_below(c, 3),
				     .layer = PROFILE_APP,
				     .family = 2,
				     .port = (uint16_t)(80 + chance_below(c, 3)),
				     .protocol = 6 };
	struct profile_file *file;

	assert_non_null(profile_add_cap(p, &cap, &e));
	file = profile_add_file(p, paths[chance_below(c, ARRAY_SIZE(paths))],
				1u << chance_below(c, 6), 0, PROFILE_APP, &e);
	assert_non_null(file);
	if (chance_below(c, 3))
		file->label = strdup(chance_below(c, 2) ? "a_t" : "b_t");
	assert_non_null(profile_add_peer(p, &peer, &e));
}

static struct profile *random_profile(struct chance *c)
{
	struct profile *p = profile_new("x");
	size_t calls = chance_below(c, 12), facts = chance_below(c, 6);

	for (size_t i = 0; i < calls; i++)
		random_call(p, c);
	for (size_t i = 0; i < facts; i++)
		random_facts(p, c);
	p->recording.start_seen = chance_below(c, 2);
	p->recording.ready_seen = chance_below(c, 2);
	if (chance_below(c, 2))
		p->runtime.name = strdup(chance_below(c, 2) ? "runc" : "crun");
	profile_sort(p);
	return p;
}

static char *text_of(const struct profile *p)
{
	cleanup_json json_t *o = profile_to_json(p);
	char *text = json_dumps(o, JSON_INDENT(1));

	assert_non_null(text);
	return text;
}

/* The facts alone: what profiles say of themselves has laws of its own. */
static char *facts_of(const struct profile *p)
{
	cleanup_json json_t *o = profile_to_json(p);
	static const char *const parts[] = { "syscalls", "capabilities", "files", "network",
					     "executables" };
	cleanup_json json_t *facts = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		json_object_set(facts, parts[i], json_object_get(o, parts[i]));
	return json_dumps(facts, JSON_INDENT(1));
}

static struct profile *join(const struct profile *a, const struct profile *b, size_t at_least)
{
	const struct profile *list[] = { a, b };
	struct profile *p = profile_join(list, 2, at_least, "x");

	assert_non_null(p);
	return p;
}

static struct profile *join3(const struct profile *a, const struct profile *b,
			     const struct profile *c, size_t at_least)
{
	const struct profile *list[] = { a, b, c };
	struct profile *p = profile_join(list, 3, at_least, "x");

	assert_non_null(p);
	return p;
}

#define check_same(law, x, y)                                           \
	do {                                                            \
		cleanup_free char *x_ = facts_of(x), *y_ = facts_of(y); \
		check_text(law, x_, y_);                                \
	} while (0)

static bool range_has(const struct profile_range *r, const uint64_t values[ABI_CALL_ARGS_MAX])
{
	for (int i = 0; i < ABI_CALL_ARGS_MAX; i++)
		if (values[i] & ~r->arg[i].any_bits || r->arg[i].all_bits & ~values[i] ||
		    values[i] < r->arg[i].min || values[i] > r->arg[i].max)
			return false;
	return r->count > 0;
}

/* Whether a call may have been made with no other arguments than another. */
static bool arguments_within(const struct profile_call *a, const struct profile_call *b)
{
	if (!b->tuples.len && !b->range.count)
		return true;
	if (!a->tuples.len && !a->range.count)
		return false;
	vec_foreach(t, &a->tuples) {
		bool found = range_has(&b->range, t->values);

		vec_foreach(other, &b->tuples)
			found = found || !memcmp(other->values, t->values, sizeof(t->values));
		if (!found)
			return false;
	}
	return true;
}

/* Every call with its arguments, every capability, file operation and peer of a is in b. */
static void check_within(const char *law, const struct profile *a, const struct profile *b)
{
	cleanup_diff struct diff d = { 0 };

	vec_foreach(x, &a->calls) {
		bool found = false;

		vec_foreach(y, &b->calls)
			found = found || (!profile_call_compare(x, y) && arguments_within(x, y));
		check(law, found);
	}
	assert_int_equal(diff_build(&d, a, b, true), 0);
	vec_foreach(e, &d.entries) {
		bool less = e->sign == '-' ||
			    (e->sign == '~' && (*e->how == '-' || strstr(e->how, " -")));

		check(law, e->kind == DIFF_CALL || e->kind == DIFF_EXECUTABLE || !less);
	}
}

/* --- laws --------------------------------------------------------------------------------------- */

static void the_order_does_not_matter(void **state)
{
	struct chance c = { 11 };

	for (int i = 0; i < ROUNDS; i++) {
		cleanup_profile struct profile *a = random_profile(&c), *b = random_profile(&c),
					       *d = random_profile(&c);

		for (size_t n = 1; n <= 3; n++) {
			cleanup_profile struct profile *x = join3(a, b, d, n),
						       *y = join3(d, a, b, n),
						       *z = join3(b, a, d, n);
			cleanup_free char *tx = text_of(x), *ty = text_of(y), *tz = text_of(z);

			check_text("commutative", tx, ty);
			check_text("commutative", tx, tz);
		}
	}
}

static void itself_is_itself(void **state)
{
	struct chance c = { 12 };

	for (int i = 0; i < ROUNDS; i++) {
		cleanup_profile struct profile *a = random_profile(&c);
		const struct profile *one[] = { a };
		cleanup_profile struct profile *canonical = profile_join(one, 1, 1, "x");

		check_within("a profile alone", a, canonical);
		check_within("a profile alone", canonical, a);
		for (size_t n = 1; n <= 2; n++) {
			cleanup_profile struct profile *x = join(a, a, n);

			check_same("idempotent", x, canonical);
		}
	}
}

static void parts_of_a_union(void **state)
{
	struct chance c = { 13 };

	for (int i = 0; i < ROUNDS; i++) {
		cleanup_profile struct profile *a = random_profile(&c), *b = random_profile(&c),
					       *d = random_profile(&c);
		cleanup_profile struct profile *ab = join(a, b, 1), *bd = join(b, d, 1);
		cleanup_profile struct profile *left = join(ab, d, 1), *right = join(a, bd, 1),
					       *all = join3(a, b, d, 1);

		check_same("associative", left, right);
		check_same("associative", left, all);
	}
}

static void more_in_no_less_out(void **state)
{
	struct chance c = { 14 };

	for (int i = 0; i < ROUNDS; i++) {
		cleanup_profile struct profile *a = random_profile(&c), *b = random_profile(&c),
					       *d = random_profile(&c);
		cleanup_profile struct profile *more = join(a, b, 1);

		check_within("a union has its parts", a, more);
		check_within("a union has its parts", b, more);
		for (size_t n = 1; n <= 2; n++) {
			cleanup_profile struct profile *x = join(a, d, n), *y = join(more, d, n);

			check_within("monotone", x, y);
		}
	}
}

static void n_of_m(void **state)
{
	struct chance c = { 15 };

	for (int i = 0; i < ROUNDS; i++) {
		cleanup_profile struct profile *a = random_profile(&c), *b = random_profile(&c),
					       *d = random_profile(&c);
		cleanup_profile struct profile *one = join3(a, b, d, 1), *two = join3(a, b, d, 2),
					       *three = join3(a, b, d, 3), *both = join(a, b, 2);

		check_within("3 of 3 within 2 of 3", three, two);
		check_within("2 of 3 within 1 of 3", two, one);
		check_within("an intersection within its parts", three, a);
		check_within("an intersection within its parts", both, b);
		check_within("2 of 2 within 2 of 3", both, two);
	}
}

static void differences(void **state)
{
	struct chance c = { 16 };

	for (int i = 0; i < ROUNDS; i++) {
		cleanup_profile struct profile *a = random_profile(&c), *b = random_profile(&c);
		cleanup_diff struct diff none = { 0 }, there = { 0 }, back = { 0 };
		size_t minus = 0, plus = 0;

		assert_int_equal(diff_build(&none, a, a, true), 0);
		assert_int_equal(none.entries.len, 0);
		assert_int_equal(diff_build(&there, a, b, true), 0);
		assert_int_equal(diff_build(&back, b, a, true), 0);
		assert_int_equal(there.entries.len, back.entries.len);
		vec_foreach(e, &there.entries)
			minus += e->sign == '-';
		vec_foreach(e, &back.entries)
			plus += e->sign == '+';
		assert_int_equal(minus, plus);
	}
}

/* --- by example --------------------------------------------------------------------------------- */

static void arguments_that_all_have(void **state)
{
	static const struct sample_call first[] = {
		{ "socket", PROFILE_APP, X64, false, true, { 2, 1, 6 } },
		{ "socket", PROFILE_APP, X64, false, true, { 1, 1, 0 } },
		{ "ptrace", PROFILE_APP, X64, false, true, { 0 } },
		{ "bpf", PROFILE_APP, X64, false, false, { 0 } },
	};
	static const struct sample_call second[] = {
		{ "socket", PROFILE_APP, X64, false, true, { 2, 1, 6 } },
		{ "ptrace", PROFILE_APP, X64, false, true, { 16 } },
		{ "bpf", PROFILE_APP, X64, false, true, { 5 } },
	};
	cleanup_profile struct profile *a = sample_profile(first, ARRAY_SIZE(first)),
				       *b = sample_profile(second, ARRAY_SIZE(second)),
				       *both = join(a, b, 2), *any = join(a, b, 1);

	assert_int_equal(both->calls.len, 2); /* no combination of ptrace's is common: it is out */
	vec_foreach(c, &both->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);

		check(name, str_eq(name, "socket") || str_eq(name, "bpf"));
		check_number(name, c->tuples.len, 1);
		check_number(name, c->tuples.items[0].values[0], str_eq(name, "socket") ? 2 : 5);
	}
	assert_int_equal(any->calls.len, 3);
	vec_foreach(c, &any->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);

		/* Arguments that were not recorded once may have been any. */
		check_number(name, c->tuples.len, str_eq(name, "bpf") ? 0 : 2);
	}
}

static void many_combinations_fold(void **state)
{
	struct sample_call calls[2][50];
	cleanup_profile struct profile *a = NULL, *b = NULL, *p = NULL;

	for (uint64_t i = 0; i < 50; i++) {
		calls[0][i] = (struct sample_call){ "ioctl", PROFILE_APP, X64, false, true, { i } };
		calls[1][i] = (struct sample_call){ "ioctl", PROFILE_APP, X64,
						    false,   true,	  { 100 + i } };
	}
	a = sample_profile(calls[0], 50);
	b = sample_profile(calls[1], 50);
	p = join(a, b, 1);
	assert_int_equal(p->calls.items[0].tuples.len, 0);
	assert_true(p->calls.items[0].range.count > 0);
	assert_int_equal(p->calls.items[0].range.arg[0].min, 0);
	assert_int_equal(p->calls.items[0].range.arg[0].max, 149);
}

static void unlike_runtimes(void **state)
{
	cleanup_profile struct profile *a = profile_new("a"), *b = profile_new("b"), *p = NULL;

	a->runtime.name = strdup("runc");
	b->runtime.name = strdup("crun");
	a->recording.ready_seen = true;
	p = join(a, b, 1);
	assert_null(p->runtime.name);
	assert_false(p->recording.ready_seen);
	assert_non_null(strstr(p->notes.items[0], "different container runtimes"));
}

static void a_baseline(void **state)
{
	static const struct sample_call calls[] = {
		{ "read", PROFILE_APP, X64, false, false, { 0 } },
		{ "bpf", PROFILE_APP, X64, false, true, { 5 } },
		{ "socket", PROFILE_APP, X64, false, true, { 2, 1, 6 } },
		{ "socket", PROFILE_APP, X64, false, true, { 38, 5, 0 } },
		{ "ptrace", PROFILE_TAIL, X64, false, true, { 0 } },
	};
	cleanup_profile struct profile *p = sample_profile(calls, ARRAY_SIZE(calls));
	cleanup_cbpf_filter struct cbpf_filter f = { .otherwise = SECCOMP_RET_ERRNO | EPERM };
	struct cbpf_rule all = { .action = SECCOMP_RET_ALLOW };
	struct cbpf_rule below = { SECCOMP_RET_ALLOW, 1, { { CBPF_LT, 0, 38, 0 } } };
	cleanup_buf struct buf dropped = BUF_INIT;

	f.tables[X64].open = true;
	assert_int_equal(cbpf_call_add(cbpf_filter_call(&f, X64, 0), &all), 0);
	assert_int_equal(cbpf_call_add(cbpf_filter_call(&f, X64, 41), &below), 0);
	assert_int_equal(profile_restrict(p, &f, &dropped), 0);
	assert_int_equal(p->calls.len, 2);
	vec_foreach(c, &p->calls)
		if (c->nr == 41)
			assert_int_equal(c->tuples.len, 1);
	assert_non_null(strstr(dropped.data, "socket (x86_64), one combination"));
	assert_non_null(strstr(dropped.data, "ptrace"));
	assert_non_null(strstr(dropped.data, "bpf"));
	assert_null(strstr(dropped.data, "read"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_does_not_matter),
		cmocka_unit_test(itself_is_itself),
		cmocka_unit_test(parts_of_a_union),
		cmocka_unit_test(more_in_no_less_out),
		cmocka_unit_test(n_of_m),
		cmocka_unit_test(differences),
		cmocka_unit_test(arguments_that_all_have),
		cmocka_unit_test(many_combinations_fold),
		cmocka_unit_test(unlike_runtimes),
		cmocka_unit_test(a_baseline),
	};

	return unit_run(tests);
}
