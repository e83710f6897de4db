/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/str.h"
#include "profile/policy.h"
#include "sample.h"
#include "uapi/syscall.h"
#include "unit.h"

#define APP PROFILE_APP
#define NATIVE SYS_ARCH_X86_64
#define NS_USER 0x10000000ULL
#define NS_NET 0x40000000ULL
#define THREAD 0x3d0f00ULL /* what pthread_create passes: no namespaces */

static void build(struct policy *policy, const struct sample_call *calls, size_t count,
		  const struct policy_options *options)
{
	cleanup_profile struct profile *p = sample_profile(calls, count);
	struct error err = ERROR_INIT;

	assert_int_equal(policy_build(policy, p, options, &err), 0);
	assert_int_equal(err.code, 0);
}

/* What a filter made of the entry would say to a call with these arguments. */
static bool allows(const struct policy *policy, const char *name, uint64_t a, uint64_t b,
		   uint64_t c)
{
	const struct policy_entry *e = policy_find(policy, name);
	const uint64_t args[6] = { a, b, c };

	if (!e || e->deflected)
		return false;
	vec_foreach(m, &e->matches) {
		bool all = true;

		for (int i = 0; i < 6; i++)
			all = all && (args[i] & m->mask[i]) == m->value[i];
		if (all)
			return true;
	}
	return !e->matches.len;
}

static unsigned reasons_of(const struct policy *policy, const char *name)
{
	const struct policy_entry *e = policy_find(policy, name);

	return e ? e->reasons : 0;
}

/* --- who is in ---------------------------------------------------------------------------------- */

static void layers(void **state)
{
	static const struct sample_call calls[] = {
		{ "mount", PROFILE_SETUP, NATIVE, false, false, { 0 } },
		{ "prctl", PROFILE_TAIL, NATIVE, false, false, { 0 } },
		{ "read", PROFILE_APP, NATIVE, false, false, { 0 } },
		{ "swapon", PROFILE_ENTERED_SETUP, NATIVE, false, false, { 0 } },
		{ "setuid", PROFILE_ENTERED_TAIL, NATIVE, false, false, { 0 } },
		{ "kill", PROFILE_ENTERED, NATIVE, false, false, { 0 } },
		{ "reboot", PROFILE_APP, NATIVE, true, false, { 0 } },
		{ "read", PROFILE_TAIL, NATIVE, false, false, { 0 } },
	};
	static const struct {
		const char *row;
		struct policy_options options;
		unsigned mount, prctl, read, swapon, setuid, kill, reboot;
	} rows[] = {
		{ "plain", { 0 }, 0, POLICY_RUNTIME, POLICY_OBSERVED | POLICY_RUNTIME, 0, 0, 0, 0 },
		{ "with entered",
		  { .with_entered = true },
		  0,
		  POLICY_RUNTIME,
		  POLICY_OBSERVED | POLICY_RUNTIME,
		  0,
		  POLICY_ENTERED,
		  POLICY_ENTERED,
		  0 },
		{ "with denied",
		  { .with_denied = true },
		  0,
		  POLICY_RUNTIME,
		  POLICY_OBSERVED | POLICY_RUNTIME,
		  0,
		  0,
		  0,
		  POLICY_DENIED },
		{ "without runtime", { .without_runtime = true }, 0, 0, POLICY_OBSERVED, 0, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_policy struct policy p;
		const struct policy_entry *e;

		build(&p, calls, ARRAY_SIZE(calls), &rows[i].options);
		check_number(rows[i].row, reasons_of(&p, "mount"), rows[i].mount);
		check_number(rows[i].row, reasons_of(&p, "prctl"), rows[i].prctl);
		check_number(rows[i].row, reasons_of(&p, "read"), rows[i].read);
		check_number(rows[i].row, reasons_of(&p, "swapon"), rows[i].swapon);
		check_number(rows[i].row, reasons_of(&p, "setuid"), rows[i].setuid);
		check_number(rows[i].row, reasons_of(&p, "kill"), rows[i].kill);
		check_number(rows[i].row, reasons_of(&p, "reboot"), rows[i].reboot);
		e = policy_find(&p, "read");
		check_number(rows[i].row, e->count, rows[i].options.without_runtime ? 1 : 2);
	}
}

static void sorted_by_name(void **state)
{
	static const struct sample_call calls[] = {
		{ "write", APP, NATIVE, false, false, { 0 } },
		{ "accept", APP, NATIVE, false, false, { 0 } },
		{ "read", APP, NATIVE, false, false, { 0 } },
	};
	cleanup_policy struct policy p;

	build(&p, calls, ARRAY_SIZE(calls), &(struct policy_options){ 0 });
	for (size_t i = 1; i < p.entries.len; i++)
		assert_true(strcmp(p.entries.items[i - 1].name, p.entries.items[i].name) < 0);
}

static void architectures(void **state)
{
	static const struct sample_call native[] = { { "read", APP, NATIVE, false, false, { 0 } } };
	static const struct sample_call mixed[] = {
		{ "read", APP, SYS_ARCH_X86, false, false, { 0 } },
		{ "write", PROFILE_SETUP, SYS_ARCH_X32, false, false, { 0 } },
		{ "open", APP, SYS_ARCH_X32, true, false, { 0 } },
	};
	cleanup_policy struct policy a, b;

	build(&a, native, ARRAY_SIZE(native), &(struct policy_options){ 0 });
	assert_true(a.archs[SYS_ARCH_X86_64] && !a.archs[SYS_ARCH_X86] && !a.archs[SYS_ARCH_X32]);
	build(&b, mixed, ARRAY_SIZE(mixed), &(struct policy_options){ 0 });
	assert_true(b.archs[SYS_ARCH_X86_64] && b.archs[SYS_ARCH_X86] && !b.archs[SYS_ARCH_X32]);
}

static void numbers_without_names(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence e = { 0, 1, 0, 0 };
	cleanup_policy struct policy policy;

	profile_executable(p, "/bin/app");
	profile_add_call(p, NATIVE, 1000, PROFILE_APP, false, &e);
	profile_add_call(p, NATIVE, SYS_NR_MAX, PROFILE_APP, false, &e);
	profile_add_call(p, NATIVE, 1001, PROFILE_SETUP, false, &e);
	assert_int_equal(policy_build(&policy, p, &(struct policy_options){ 0 }, NULL), 0);
	assert_int_equal(policy.unnamed.len, 2);
	assert_int_equal(policy.unnamed.items[0], 1000);
	assert_int_equal(policy.unnamed.items[1], SYS_NR_MAX);
}

/* --- arguments ---------------------------------------------------------------------------------- */

static void arguments_as_asked(void **state)
{
	static const struct sample_call calls[] = {
		{ "clone", APP, NATIVE, false, true, { THREAD } },
		{ "socket", APP, NATIVE, false, true, { 2, 0x80801, 6 } },
		{ "ioctl", APP, NATIVE, false, true, { 0x5401 } },
		{ "mmap", APP, NATIVE, false, true, { 1 } },
	};
	static const struct {
		enum policy_arguments arguments;
		size_t clone, socket, ioctl, mmap;
	} rows[] = {
		{ POLICY_ARGUMENTS_DANGER, 1, 1, 0, 1 },
		{ POLICY_ARGUMENTS_STRICT, 1, 1, 1, 1 },
		{ POLICY_ARGUMENTS_NONE, 0, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct policy_options o = { .arguments = rows[i].arguments };
		cleanup_policy struct policy p;

		build(&p, calls, ARRAY_SIZE(calls), &o);
		check_number("clone", policy_find(&p, "clone")->matches.len, rows[i].clone);
		check_number("socket", policy_find(&p, "socket")->matches.len, rows[i].socket);
		check_number("ioctl", policy_find(&p, "ioctl")->matches.len, rows[i].ioctl);
		check_number("mmap", policy_find(&p, "mmap")->matches.len, rows[i].mmap);
	}
}

static void only_what_was_seen(void **state)
{
	static const struct sample_call calls[] = {
		{ "clone", APP, NATIVE, false, true, { THREAD } },
		{ "clone", APP, NATIVE, false, true, { 17 } },
		{ "socket", APP, NATIVE, false, true, { 2, 0x80801, 6 } },
		{ "socket", APP, NATIVE, false, true, { 1, 2, 0 } },
		{ "mmap", APP, NATIVE, false, true, { 1 } },
		{ "mmap", APP, NATIVE, false, true, { 3 } },
		{ "mmap", APP, NATIVE, false, true, { 5 } },
		{ "ptrace", APP, NATIVE, false, true, { 0 } },
	};
	static const struct {
		const char *row, *name;
		uint64_t a, b, c;
		bool want;
	} rows[] = {
		{ "a thread", "clone", THREAD, 0, 0, true },
		{ "other harmless flags", "clone", 0x11, 0, 0, true },
		{ "a user namespace", "clone", NS_USER, 0, 0, false },
		{ "a thread in a network namespace", "clone", THREAD | NS_NET, 0, 0, false },
		{ "TCP", "socket", 2, 1, 6, true },
		{ "TCP, close on exec", "socket", 2, 0x80001, 6, true },
		{ "UDP", "socket", 2, 2, 17, false },
		{ "raw", "socket", 2, 3, 6, false },
		{ "datagrams on one machine", "socket", 1, 2, 0, true },
		{ "streams on one machine", "socket", 1, 1, 0, false },
		{ "packet", "socket", 17, 3, 0, false },
		{ "upper half of an int is ignored", "socket", 0xffffffff00000002, 1, 6, true },
		{ "read", "mmap", 0, 0, 1, true },
		{ "read and write", "mmap", 0, 0, 3, true },
		{ "read and execute", "mmap", 0, 0, 5, true },
		{ "write and execute", "mmap", 0, 0, 7, false },
		{ "TRACEME", "ptrace", 0, 0, 0, true },
		{ "ATTACH", "ptrace", 16, 0, 0, false },
	};
	cleanup_policy struct policy p;

	build(&p, calls, ARRAY_SIZE(calls), &(struct policy_options){ .without_closure = true });
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_number(rows[i].row, allows(&p, rows[i].name, rows[i].a, rows[i].b, rows[i].c),
			     rows[i].want);
}

/* Arguments of one sighting were not recorded: nothing is known about them. */
static void a_call_without_arguments_opens_all(void **state)
{
	static const struct sample_call calls[] = {
		{ "clone", APP, NATIVE, false, true, { THREAD } },
		{ "clone", PROFILE_TAIL, NATIVE, false, false, { 0 } },
	};
	cleanup_policy struct policy p, without;

	build(&p, calls, ARRAY_SIZE(calls), &(struct policy_options){ 0 });
	assert_true(allows(&p, "clone", NS_USER, 0, 0));
	build(&without, calls, ARRAY_SIZE(calls),
	      &(struct policy_options){ .without_runtime = true });
	assert_false(allows(&without, "clone", NS_USER, 0, 0));
}

static void same_matches_are_one(void **state)
{
	static const struct sample_call calls[] = {
		{ "clone", APP, NATIVE, false, true, { THREAD } },
		{ "clone", APP, NATIVE, false, true, { 0x11 } },
		{ "clone", PROFILE_TAIL, NATIVE, false, true, { 0x100 } },
	};
	cleanup_policy struct policy p;

	build(&p, calls, ARRAY_SIZE(calls), &(struct policy_options){ 0 });
	assert_int_equal(policy_find(&p, "clone")->matches.len, 1);
	assert_null(policy_find(&p, "clone")->widened);
}

/* More than 16 combinations: bits that no flag word had stay clear; numbers are let go. */
static void too_many_combinations(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");
	cleanup_policy struct policy policy;
	const struct policy_entry *clone;

	for (uint64_t i = 0; i < 17; i++) {
		struct sample_call flags = { "clone", APP, NATIVE, false, true, { (i % 32) << 25 } };
		struct sample_call number = { "prctl", APP, NATIVE, false, true, { i } };
		struct sample_call same = { "socket", APP, NATIVE, false, true, { 2, 1, i } };

		sample_add(p, &flags);
		sample_add(p, &number);
		sample_add(p, &same);
	}
	assert_int_equal(policy_build(&policy, p, &(struct policy_options){ 0 }, NULL), 0);
	clone = policy_find(&policy, "clone");
	assert_int_equal(clone->matches.len, 1);
	assert_string_equal(clone->widened,
			    "more than 16 combinations of arguments: flags that were "
			    "never used stay forbidden");
	assert_true(allows(&policy, "clone", 0x3e000000, 0, 0)); /* a union of what was seen */
	assert_false(allows(&policy, "clone", NS_NET, 0, 0));
	assert_string_equal(policy_find(&policy, "prctl")->widened,
			    "more than 16 combinations of arguments: any are allowed");
	assert_true(allows(&policy, "prctl", 4711, 0, 0));
	assert_true(allows(&policy, "socket", 2, 1, 99));
	assert_false(allows(&policy, "socket", 2, 3, 0));  /* raw: a bit of the type never seen */
	assert_false(allows(&policy, "socket", 17, 1, 0)); /* AF_PACKET */
	assert_false(allows(&policy, "socket", 40, 1, 0)); /* AF_VSOCK */
}

static void exactly_sixteen_stay_exact(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");
	cleanup_policy struct policy policy;

	for (uint64_t i = 0; i < 16; i++) {
		struct sample_call number = { "prctl", APP, NATIVE, false, true, { i } };

		sample_add(p, &number);
	}
	assert_int_equal(policy_build(&policy, p, &(struct policy_options){ 0 }, NULL), 0);
	assert_int_equal(policy_find(&policy, "prctl")->matches.len, 16);
	assert_null(policy_find(&policy, "prctl")->widened);
	assert_false(allows(&policy, "prctl", 16, 0, 0));
}

/* What the recorder could not keep one by one counts too. */
static void ranges_of_the_recorder(void **state)
{
	static const struct sample_call few = { "clone", APP, NATIVE, false, true, { THREAD } };
	const struct profile_range beyond = {
		.count = 5, .arg = { { NS_USER | 0x11, 0x11, 0x11, NS_USER | 0x11 } }
	};
	cleanup_profile struct profile *p = profile_new("x");
	cleanup_policy struct policy policy;

	sample_add(p, &few);
	profile_call_widen(&p->calls.items[0], &beyond);
	assert_int_equal(policy_build(&policy, p, &(struct policy_options){ 0 }, NULL), 0);
	assert_true(allows(&policy, "clone", THREAD, 0, 0));
	assert_true(allows(&policy, "clone", NS_USER, 0, 0));
	assert_false(allows(&policy, "clone", NS_NET, 0, 0));
	assert_false(allows(&policy, "clone", NS_USER | NS_NET, 0, 0));
}

/*
 * The law behind all of the above: whatever the number of combinations, every one that was seen is
 * allowed.
 */
static void what_was_seen_is_allowed(void **state)
{
	static const char *const names[] = { "clone",	    "socket",  "mmap",	"prctl",
					     "ptrace",	    "unshare", "ioctl", "setsockopt",
					     "personality", "setns" };
	struct chance c = { 77 };

	for (int round = 0; round < 200; round++) {
		const char *name = names[chance_below(&c, ARRAY_SIZE(names))];
		const struct sys_arg_plan *plan = sys_arg_plan(name);
		cleanup_profile struct profile *p = profile_new("x");
		struct policy_options o = { .arguments = POLICY_ARGUMENTS_STRICT };
		cleanup_policy struct policy policy;
		size_t n = 1 + chance_below(&c, 40);

		for (size_t i = 0; i < n; i++) {
			struct sample_call call = { name, APP, NATIVE, false, true, { 0 } };

			for (unsigned k = 0; k < plan->count; k++)
				call.values[k] = chance_below(&c, 3) ? chance_below(&c, 64) :
								       chance_next(&c);
			sample_add(p, &call);
		}
		assert_int_equal(policy_build(&policy, p, &o, NULL), 0);
		vec_foreach(t, &p->calls.items[0].tuples) {
			uint64_t args[6] = { 0 };

			for (unsigned k = 0; k < plan->count; k++)
				args[plan->arg[k].index] = t->values[k];
			check(name, allows(&policy, name, args[0], args[1], args[2]));
		}
	}
}

/* --- what a filter in force refused ------------------------------------------------------------- */

static void refused_only(void **state)
{
	static const struct sample_call calls[] = {
		{ "read", APP, NATIVE, false, false, { 0 } },
		{ "unshare", APP, NATIVE, true, false, { 0 } },
	};
	cleanup_policy struct policy without, with;

	build(&without, calls, ARRAY_SIZE(calls), &(struct policy_options){ 0 });
	assert_null(policy_find(&without, "unshare"));
	build(&with, calls, ARRAY_SIZE(calls), &(struct policy_options){ .with_denied = true });
	assert_true(allows(&with, "unshare", NS_USER, 0, 0));
}

/*
 * The arguments of a refused call are not known (its entry was not seen). Who asks for what was
 * refused must get it, also where the same call succeeded with other arguments.
 */
static void refused_with_other_arguments(void **state)
{
	static const struct sample_call calls[] = {
		{ "clone", APP, NATIVE, false, true, { THREAD } },
		{ "clone", APP, NATIVE, true, false, { 0 } },
	};
	cleanup_policy struct policy without, with;

	build(&without, calls, ARRAY_SIZE(calls), &(struct policy_options){ 0 });
	assert_false(allows(&without, "clone", NS_USER, 0, 0));
	build(&with, calls, ARRAY_SIZE(calls), &(struct policy_options){ .with_denied = true });
	assert_true(allows(&with, "clone", NS_USER, 0, 0));
}

/* --- closure ------------------------------------------------------------------------------------ */

static void closure_is_there(void **state)
{
	static const struct sample_call calls[] = {
		{ "read", APP, NATIVE, false, false, { 0 } },
		{ "nanosleep", APP, NATIVE, false, false, { 0 } },
	};
	cleanup_policy struct policy with, without;
	const struct policy_entry *e;

	build(&with, calls, ARRAY_SIZE(calls), &(struct policy_options){ 0 });
	e = policy_find(&with, "clock_nanosleep");
	assert_non_null(e);
	assert_int_equal(e->reasons, POLICY_CLOSURE);
	assert_non_null(e->why);
	assert_int_equal(e->count, 0);
	assert_int_equal(reasons_of(&with, "exit_group"), POLICY_CLOSURE);
	assert_int_equal(reasons_of(&with, "rt_sigreturn"), POLICY_CLOSURE);
	assert_null(policy_find(&with, "futex_time64"));
	assert_int_equal(reasons_of(&with, "read"), POLICY_OBSERVED);
	build(&without, calls, ARRAY_SIZE(calls),
	      &(struct policy_options){ .without_closure = true });
	assert_int_equal(without.entries.len, 2);
}

/* An implied call implies nothing more, and 32-bit calls belong to 32-bit programs. */
static void closure_does_not_spread(void **state)
{
	static const struct sample_call native[] = { { "fork", APP, NATIVE, false, false, { 0 } } };
	static const struct sample_call compat[] = {
		{ "clock_gettime", APP, SYS_ARCH_X86, false, false, { 0 } },
	};
	cleanup_policy struct policy a, b;

	build(&a, native, 1, &(struct policy_options){ 0 });
	assert_int_equal(reasons_of(&a, "clone"), POLICY_CLOSURE);
	assert_null(policy_find(&a, "clock_gettime64")); /* clock_gettime is only implied */
	build(&b, compat, 1, &(struct policy_options){ 0 });
	assert_int_equal(reasons_of(&b, "clock_gettime64"), POLICY_CLOSURE);
}

static void closure_is_careful(void **state)
{
	static const struct sample_call calls[] = { { "vfork", APP, NATIVE, false, false, { 0 } } };
	cleanup_policy struct policy p, none;

	build(&p, calls, 1, &(struct policy_options){ 0 });
	assert_true(allows(&p, "clone", THREAD, 0, 0));
	assert_false(allows(&p, "clone", NS_USER, 0, 0));
	build(&none, calls, 1, &(struct policy_options){ .arguments = POLICY_ARGUMENTS_NONE });
	assert_true(allows(&none, "clone", NS_USER, 0, 0));
}

static void closure_of_a_runtime(void **state)
{
	static const struct sample_call calls[] = { { "read", APP, NATIVE, false, false, { 0 } } };
	cleanup_profile struct profile *p = sample_profile(calls, 1);
	struct policy_options with = { 0 }, without = { .without_runtime = true };
	cleanup_policy struct policy none, runc, alone;

	assert_int_equal(policy_build(&none, p, &with, NULL), 0);
	assert_null(policy_find(&none, "sigaltstack"));
	p->runtime.name = strdup("runc");
	assert_int_equal(policy_build(&runc, p, &with, NULL), 0);
	assert_int_equal(reasons_of(&runc, "sigaltstack"), POLICY_CLOSURE);
	assert_true(allows(&runc, "mmap", 0, 0, 3));
	assert_false(allows(&runc, "mmap", 0, 0, 7));
	assert_false(allows(&runc, "mmap", 0, 0, 5));
	assert_int_equal(policy_build(&alone, p, &without, NULL), 0);
	assert_null(policy_find(&alone, "sigaltstack"));
}

/*
 * A workload that only ever clones namespaces: the runtime, and libc where clone3 is answered with
 * ENOSYS, still make ordinary threads.
 */
static void threads_of_the_runtime(void **state)
{
	static const struct sample_call calls[] = {
		{ "clone", APP, NATIVE, false, true, { NS_USER | 17 } },
		{ "mmap", APP, NATIVE, false, true, { 5 } },
	};
	cleanup_profile struct profile *p = sample_profile(calls, ARRAY_SIZE(calls));
	cleanup_policy struct policy policy;

	p->runtime.name = strdup("runc");
	assert_int_equal(policy_build(&policy, p, &(struct policy_options){ 0 }, NULL), 0);
	assert_true(allows(&policy, "clone", NS_USER | 17, 0, 0));
	assert_true(allows(&policy, "clone", THREAD, 0, 0));
	assert_true(allows(&policy, "mmap", 0, 0, 3));
	assert_false(allows(&policy, "mmap", 0, 0, 7));
}

/* --- clone3 ------------------------------------------------------------------------------------- */

static void clone3_is_deflected(void **state)
{
	static const struct sample_call calls[] = { { "clone3", APP, NATIVE, false, false, { 0 } } };
	cleanup_policy struct policy p, wanted, asked, alone;
	static const char *const allow[] = { "clone3", NULL };

	build(&p, calls, 1, &(struct policy_options){ 0 });
	assert_true(policy_find(&p, "clone3")->deflected);
	assert_non_null(policy_find(&p, "clone3")->why);
	assert_true(allows(&p, "clone", THREAD, 0, 0));
	assert_false(allows(&p, "clone", NS_USER, 0, 0));
	build(&wanted, calls, 1, &(struct policy_options){ .clone3 = true });
	assert_false(policy_find(&wanted, "clone3")->deflected);
	build(&asked, calls, 1, &(struct policy_options){ .allow = allow });
	assert_false(policy_find(&asked, "clone3")->deflected);
	build(&alone, calls, 1, &(struct policy_options){ .without_closure = true });
	assert_false(policy_find(&alone, "clone3")->deflected); /* there is no clone to go to */
}

/* A libc that is newer than the one that was recorded asks for clone3 first. */
static void clone3_is_deflected_unseen(void **state)
{
	static const struct sample_call calls[] = { { "clone", APP, NATIVE, false, false, { 0 } } };
	cleanup_policy struct policy p, none, wanted;

	build(&p, calls, 1, &(struct policy_options){ 0 });
	assert_non_null(policy_find(&p, "clone3"));
	assert_true(policy_find(&p, "clone3")->deflected);
	build(&none, NULL, 0, &(struct policy_options){ 0 });
	assert_null(policy_find(&none, "clone3"));
	build(&wanted, calls, 1, &(struct policy_options){ .clone3 = true });
	assert_null(policy_find(&wanted, "clone3"));
}

static void deflected_threads_find_clone_open(void **state)
{
	static const struct sample_call calls[] = {
		{ "clone", APP, NATIVE, false, true, { NS_USER | 17 } },
		{ "clone3", APP, NATIVE, false, false, { 0 } },
	};
	cleanup_policy struct policy p;

	build(&p, calls, ARRAY_SIZE(calls), &(struct policy_options){ 0 });
	assert_true(policy_find(&p, "clone3")->deflected);
	assert_true(allows(&p, "clone", THREAD, 0, 0));
}

/* --- asked for by name -------------------------------------------------------------------------- */

static void names_that_are_asked_for(void **state)
{
	static const char *const allow[] = { "ptrace", "clone", "socketcall", NULL };
	static const struct sample_call calls[] = {
		{ "clone", APP, NATIVE, false, true, { THREAD } },
	};
	cleanup_policy struct policy p;

	build(&p, calls, 1, &(struct policy_options){ .allow = allow });
	assert_int_equal(reasons_of(&p, "ptrace"), POLICY_ASKED);
	assert_int_equal(reasons_of(&p, "clone"), POLICY_OBSERVED | POLICY_ASKED);
	assert_true(allows(&p, "clone", NS_USER, 0, 0));
	assert_true(allows(&p, "socketcall", 1, 0, 0));
}

/* What a sweep found is there for want of a better reason, and as careful as was asked. */
static void names_that_are_predicted(void **state)
{
	static const char *const predicted[] = { "read", "unshare", "getsid", "clone3", NULL };
	static const struct sample_call calls[] = {
		{ "read", APP, NATIVE, false, false, { 0 } },
		{ "clone", APP, NATIVE, false, true, { THREAD } },
	};
	cleanup_policy struct policy logged, allowed;

	build(&logged, calls, 2,
	      &(struct policy_options){ .predicted = predicted, .log_predicted = true });
	build(&allowed, calls, 2, &(struct policy_options){ .predicted = predicted });
	assert_int_equal(reasons_of(&logged, "read"), POLICY_OBSERVED);
	assert_false(policy_find(&logged, "read")->logged);
	assert_int_equal(reasons_of(&logged, "getsid"), POLICY_PREDICTED);
	assert_true(policy_find(&logged, "getsid")->logged);
	assert_non_null(policy_find(&logged, "getsid")->why);
	assert_true(allows(&logged, "unshare", NS_USER, 0, 0));
	assert_true(policy_find(&logged, "clone3")->deflected);

	assert_int_equal(reasons_of(&allowed, "unshare"), POLICY_PREDICTED);
	assert_false(policy_find(&allowed, "unshare")->logged);
	assert_false(allows(&allowed, "unshare", NS_USER, 0, 0));
	assert_true(allows(&allowed, "getsid", 0, 0, 0));
}

static void unknown_names(void **state)
{
	static const struct {
		const char *name, *want;
	} rows[] = {
		{ "opeant", "no system call is called \"opeant\" (did you mean openat?)" },
		{ "zzzzzzzz", "no system call is called \"zzzzzzzz\"" },
		{ "", "no system call is called \"\"" },
		{ "SYS_read", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *allow[] = { "read", rows[i].name, NULL };
		struct policy_options o = { .allow = allow };
		cleanup_profile struct profile *p = profile_new("x");
		struct error err = ERROR_INIT;
		struct policy policy;

		check_number(rows[i].name, policy_build(&policy, p, &o, &err), -EINVAL);
		check_number(rows[i].name, err.code, EINVAL);
		if (rows[i].want)
			check_text(rows[i].name, err.text, rows[i].want);
	}
}

/* --- the start alone ---------------------------------------------------------------------------- */

static struct profile *phased(bool ready_seen)
{
	static const struct {
		struct sample_call call;
		unsigned phases;
	} rows[] = {
		{ { "bind", APP, NATIVE, false, false, { 0 } }, PROFILE_START },
		{ { "chown", APP, NATIVE, false, false, { 0 } }, PROFILE_START },
		{ { "read", APP, NATIVE, false, false, { 0 } }, PROFILE_START | PROFILE_SERVE },
		{ { "accept4", APP, NATIVE, false, false, { 0 } }, PROFILE_SERVE },
		{ { "getdents64", APP, NATIVE, false, false, { 0 } }, 0 }, /* not known */
		{ { "setuid", APP, NATIVE, false, false, { 0 } }, PROFILE_START },
		{ { "setuid", PROFILE_TAIL, NATIVE, false, false, { 0 } }, 0 },
		{ { "open", APP, NATIVE, false, false, { 0 } }, PROFILE_START },
		{ { "open", APP, SYS_ARCH_X86, false, false, { 0 } }, PROFILE_SERVE },
		{ { "exit_group", APP, NATIVE, false, false, { 0 } }, PROFILE_START },
		{ { "nanosleep", APP, NATIVE, false, false, { 0 } }, PROFILE_SERVE },
		{ { "clock_nanosleep", APP, NATIVE, false, false, { 0 } }, PROFILE_START },
	};
	struct profile *p = profile_new("x");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		sample_add(p, &rows[i].call);
		p->calls.items[p->calls.len - 1].phases = rows[i].phases;
	}
	p->recording.ready_seen = ready_seen;
	return p;
}

static bool is_start_only(const struct policy *policy, const char *name)
{
	const struct policy_entry *e = policy_find(policy, name);

	check(name, e != NULL);
	return e->start_only;
}

static void calls_of_the_start(void **state)
{
	cleanup_profile struct profile *known = phased(true), *unknown = phased(false);
	static const char *const others[] = { "read", "accept4", "getdents64", "setuid", "open" };
	cleanup_policy struct policy a, b;

	assert_int_equal(policy_build(&a, known, &(struct policy_options){ 0 }, NULL), 0);
	assert_true(is_start_only(&a, "bind"));
	assert_true(is_start_only(&a, "chown"));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		check(others[i], !is_start_only(&a, others[i]));
	assert_int_equal(policy_build(&b, unknown, &(struct policy_options){ 0 }, NULL), 0);
	vec_foreach(e, &b.entries)
		check(e->name, !e->start_only);
}

static void serving_alone(void **state)
{
	static const char *const allow[] = { "chown", NULL };
	cleanup_profile struct profile *p = phased(true), *unknown = phased(false);
	struct policy_options serve = { .serve_only = true };
	struct policy_options asked = { .serve_only = true, .allow = allow };
	cleanup_policy struct policy a, b, c;

	assert_int_equal(policy_build(&a, p, &serve, NULL), 0);
	assert_null(policy_find(&a, "bind"));
	assert_null(policy_find(&a, "chown"));
	assert_non_null(policy_find(&a, "accept4"));
	assert_non_null(policy_find(&a, "setuid"));
	assert_non_null(policy_find(&a, "exit_group")); /* implied, whenever it was seen */
	assert_int_equal(policy_build(&b, p, &asked, NULL), 0);
	assert_int_equal(reasons_of(&b, "chown"), POLICY_ASKED);
	assert_int_equal(policy_build(&c, unknown, &serve, NULL), 0);
	assert_non_null(policy_find(&c, "bind")); /* phases are not known: nothing is left out */
}

static void asking_by_name_opens_the_rest(void **state)
{
	static const char *const allow[] = { "bind", NULL };
	cleanup_profile struct profile *p = phased(true);
	cleanup_policy struct policy policy;

	assert_int_equal(policy_build(&policy, p, &(struct policy_options){ .allow = allow }, NULL),
			 0);
	assert_false(is_start_only(&policy, "bind"));
	assert_true(is_start_only(&policy, "chown"));
}

/* What the runtime does to hand a filter to an agent, it does for a filter that asks one only. */
static void calls_of_a_listener(void **state)
{
	static const struct sample_call calls[] = {
		{ "sendmsg", PROFILE_TAIL, NATIVE, false, false, { 0 } },
		{ "write", PROFILE_TAIL, NATIVE, false, false, { 0 } },
	};
	cleanup_profile struct profile *p = sample_profile(calls, ARRAY_SIZE(calls));
	cleanup_policy struct policy without, with;

	vec_foreach(c, &p->calls)
		if (c->nr == (uint32_t)sys_call_nr(NATIVE, "sendmsg"))
			c->phases = PROFILE_LISTENER;
	assert_int_equal(policy_build(&without, p, &(struct policy_options){ 0 }, NULL), 0);
	assert_null(policy_find(&without, "sendmsg"));
	assert_non_null(policy_find(&without, "write"));
	assert_int_equal(
		policy_build(&with, p, &(struct policy_options){ .with_listener = true }, NULL), 0);
	assert_int_equal(reasons_of(&with, "sendmsg"), POLICY_RUNTIME);
}

/* What is implied by what it does while it serves is no matter of the start, though seen there. */
static void implied_calls_outlast_the_start(void **state)
{
	cleanup_profile struct profile *p = phased(true);
	cleanup_policy struct policy policy;

	assert_int_equal(policy_build(&policy, p, &(struct policy_options){ 0 }, NULL), 0);
	assert_false(is_start_only(&policy, "exit_group"));
	assert_false(is_start_only(&policy, "clock_nanosleep"));
}

/* --- capabilities ------------------------------------------------------------------------------- */

static void capabilities(void **state)
{
	static const struct profile_cap caps[] = {
		{ .cap = 0, .layer = PROFILE_APP, .outcome = ABI_CAP_USED },
		{ .cap = 1, .layer = PROFILE_APP, .outcome = ABI_CAP_PROBED },
		{ .cap = 2, .layer = PROFILE_APP, .outcome = ABI_CAP_REFUSED },
		{ .cap = 3, .layer = PROFILE_TAIL, .outcome = ABI_CAP_USED },
		{ .cap = 4, .layer = PROFILE_SETUP, .outcome = ABI_CAP_USED },
		{ .cap = 5, .layer = PROFILE_ENTERED, .outcome = ABI_CAP_USED },
		{ .cap = 6, .layer = PROFILE_ENTERED, .outcome = ABI_CAP_REFUSED },
		{ .cap = 7, .layer = PROFILE_ENTERED_TAIL, .outcome = ABI_CAP_USED },
		{ .cap = 63, .layer = PROFILE_APP, .outcome = ABI_CAP_USED },
	};
	static const struct {
		struct policy_options options;
		uint64_t want;
	} rows[] = {
		{ { 0 }, 1ULL << 63 | 1 },
		{ { .with_denied = true }, 1ULL << 63 | 5 },
		{ { .with_entered = true }, 1ULL << 63 | 0x21 },
		{ { .with_entered = true, .with_denied = true }, 1ULL << 63 | 0x65 },
	};
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence e = { 0, 1, 0, 0 };

	assert_true(policy_capabilities(p, &rows[0].options) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++)
		profile_add_cap(p, &caps[i], &e);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_number("options", policy_capabilities(p, &rows[i].options), rows[i].want);
}

static void an_empty_profile(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");
	cleanup_policy struct policy policy;

	assert_int_equal(policy_build(&policy, p,
				      &(struct policy_options){ .without_closure = true }, NULL),
			 0);
	assert_int_equal(policy.entries.len, 0);
	assert_true(policy.archs[NATIVE]);
	assert_null(policy_find(&policy, "read"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(layers),
		cmocka_unit_test(sorted_by_name),
		cmocka_unit_test(architectures),
		cmocka_unit_test(numbers_without_names),
		cmocka_unit_test(arguments_as_asked),
		cmocka_unit_test(only_what_was_seen),
		cmocka_unit_test(a_call_without_arguments_opens_all),
		cmocka_unit_test(same_matches_are_one),
		cmocka_unit_test(too_many_combinations),
		cmocka_unit_test(exactly_sixteen_stay_exact),
		cmocka_unit_test(ranges_of_the_recorder),
		cmocka_unit_test(what_was_seen_is_allowed),
		cmocka_unit_test(refused_only),
		cmocka_unit_test(refused_with_other_arguments),
		cmocka_unit_test(closure_is_there),
		cmocka_unit_test(closure_does_not_spread),
		cmocka_unit_test(closure_is_careful),
		cmocka_unit_test(closure_of_a_runtime),
		cmocka_unit_test(threads_of_the_runtime),
		cmocka_unit_test(clone3_is_deflected),
		cmocka_unit_test(clone3_is_deflected_unseen),
		cmocka_unit_test(deflected_threads_find_clone_open),
		cmocka_unit_test(names_that_are_asked_for),
		cmocka_unit_test(names_that_are_predicted),
		cmocka_unit_test(unknown_names),
		cmocka_unit_test(calls_of_the_start),
		cmocka_unit_test(serving_alone),
		cmocka_unit_test(asking_by_name_opens_the_rest),
		cmocka_unit_test(calls_of_a_listener),
		cmocka_unit_test(implied_calls_outlast_the_start),
		cmocka_unit_test(capabilities),
		cmocka_unit_test(an_empty_profile),
	};

	return unit_run(tests);
}
