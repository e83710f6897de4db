/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "profile/json.h"
#include "profile/profile.h"
#include "unit.h"

static struct profile_evidence seen(uint32_t exe, uint64_t count, int64_t first, int64_t last)
{
	return (struct profile_evidence){ exe, count, first, last };
}

/* --- evidence ----------------------------------------------------------------------------------- */

static void evidence_is_merged_by_executable(void **state)
{
	static const struct profile_evidence in[] = {
		{ 1, 10, 100, 200 },
		{ 2, 1, 50, 50 },
		{ 1, 5, 90, 150 },
		{ 1, 1, 120, 300 },
	};
	profile_evidence_list list = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(in); i++)
		assert_int_equal(profile_evidence_add(&list, &in[i]), 0);
	assert_int_equal(list.len, 2);
	assert_int_equal(list.items[0].count, 16);
	assert_int_equal(list.items[0].first_ns, 90);
	assert_int_equal(list.items[0].last_ns, 300);
	assert_int_equal(list.items[1].count, 1);
	vec_deinit(&list);
}

static void evidence_sum(void **state)
{
	static const struct profile_evidence in[] = { { 3, 4, 100, 200 },
						      { 1, 9, 150, 160 },
						      { 2, 9, 90, 120 } };
	profile_evidence_list list = { 0 };
	struct profile_evidence sum = profile_evidence_sum(&list);

	assert_int_equal(sum.count, 0);
	for (size_t i = 0; i < ARRAY_SIZE(in); i++)
		profile_evidence_add(&list, &in[i]);
	sum = profile_evidence_sum(&list);
	assert_int_equal(sum.count, 22);
	assert_int_equal(sum.exe, 1); /* the first of those with the most */
	assert_int_equal(sum.first_ns, 90);
	assert_int_equal(sum.last_ns, 200);
	vec_deinit(&list);
}

static int by_exe(const void *a, const void *b)
{
	const struct profile_evidence *x = a, *y = b;

	return x->exe < y->exe ? -1 : x->exe > y->exe;
}

/* Merging is a join: any order and any grouping of the same evidence gives the same. */
static void evidence_laws(void **state)
{
	struct chance c = { 11 };

	for (int round = 0; round < 300; round++) {
		struct profile_evidence in[12];
		profile_evidence_list one = { 0 }, other = { 0 }, half = { 0 };

		for (size_t i = 0; i < ARRAY_SIZE(in); i++)
			in[i] = seen((uint32_t)chance_below(&c, 4), chance_below(&c, 100) + 1,
				     (int64_t)chance_below(&c, 1000),
				     (int64_t)chance_below(&c, 1000));
		for (size_t i = 0; i < ARRAY_SIZE(in); i++)
			profile_evidence_add(&one, &in[i]);
		chance_shuffle(&c, in, ARRAY_SIZE(in), sizeof(*in));
		for (size_t i = 0; i < ARRAY_SIZE(in); i++)
			profile_evidence_add(i < 6 ? &other : &half, &in[i]);
		vec_foreach(e, &half)
			profile_evidence_add(&other, e);
		vec_sort(&one, by_exe);
		vec_sort(&other, by_exe);
		assert_int_equal(one.len, other.len);
		for (size_t i = 0; i < one.len; i++) {
			check_number("count", one.items[i].count, other.items[i].count);
			check_number("first", one.items[i].first_ns, other.items[i].first_ns);
			check_number("last", one.items[i].last_ns, other.items[i].last_ns);
		}
		vec_deinit(&one);
		vec_deinit(&other);
		vec_deinit(&half);
	}
}

/* --- facts -------------------------------------------------------------------------------------- */

static void executables_are_interned(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");

	assert_string_equal(p->name, "x");
	assert_int_equal(profile_executable(p, "/bin/a"), 0);
	assert_int_equal(profile_executable(p, "/bin/b"), 1);
	assert_int_equal(profile_executable(p, "/bin/a"), 0);
	assert_int_equal(profile_executable(p, ""), 2);
	assert_int_equal(p->executables.len, 3);
}

static void calls_by_key(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence e = seen(0, 1, 5, 5);

	assert_non_null(profile_add_call(p, SYS_ARCH_X86_64, 1, PROFILE_APP, false, &e));
	assert_non_null(profile_add_call(p, SYS_ARCH_X86_64, 1, PROFILE_APP, false, &e));
	assert_int_equal(p->calls.len, 1);
	assert_int_equal(p->calls.items[0].evidence.items[0].count, 2);
	profile_add_call(p, SYS_ARCH_X86, 1, PROFILE_APP, false, &e);
	profile_add_call(p, SYS_ARCH_X86_64, 2, PROFILE_APP, false, &e);
	profile_add_call(p, SYS_ARCH_X86_64, 1, PROFILE_TAIL, false, &e);
	profile_add_call(p, SYS_ARCH_X86_64, 1, PROFILE_APP, true, &e);
	assert_int_equal(p->calls.len, 5);
	for (size_t i = 0; i < p->calls.len; i++)
		assert_int_equal(p->calls.items[i].evidence.items[0].count, i == 0 ? 2 : 1);
}

static void caps_by_key(void **state)
{
	const struct profile_cap keys[] = {
		{ .cap = 10, .layer = PROFILE_APP, .outcome = ABI_CAP_USED, .nr = 49 },
		{ .cap = 10, .layer = PROFILE_APP, .outcome = ABI_CAP_USED, .nr = 49 },
		{ .cap = 11, .layer = PROFILE_APP, .outcome = ABI_CAP_USED, .nr = 49 },
		{ .cap = 10, .layer = PROFILE_TAIL, .outcome = ABI_CAP_USED, .nr = 49 },
		{ .cap = 10, .layer = PROFILE_APP, .outcome = ABI_CAP_REFUSED, .nr = 49 },
		{ .cap = 10, .layer = PROFILE_APP, .outcome = ABI_CAP_USED, .nr = 50 },
		{ .cap = 10,
		  .layer = PROFILE_APP,
		  .outcome = ABI_CAP_USED,
		  .nr = 49,
		  .arch = SYS_ARCH_X32 },
	};
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence e = seen(0, 1, 5, 5);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert_non_null(profile_add_cap(p, &keys[i], &e));
	assert_int_equal(p->caps.len, ARRAY_SIZE(keys) - 1);
	for (size_t i = 0; i < p->caps.len; i++)
		assert_int_equal(p->caps.items[i].evidence.items[0].count, i == 0 ? 2 : 1);
}

static void peers_by_key(void **state)
{
	const struct profile_peer keys[] = {
		{ .op = ABI_PEER_CONNECT, .family = 2, .port = 53, .address = { 1, 1, 1, 1 } },
		{ .op = ABI_PEER_CONNECT, .family = 2, .port = 53, .address = { 1, 1, 1, 1 } },
		{ .op = ABI_PEER_CONNECT, .family = 2, .port = 53, .address = { 1, 1, 1, 2 } },
		{ .op = ABI_PEER_CONNECT, .family = 2, .port = 54, .address = { 1, 1, 1, 1 } },
		{ .op = ABI_PEER_CONNECT, .family = 10, .port = 53, .address = { 1, 1, 1, 1 } },
		{ .op = ABI_PEER_SEND, .family = 2, .port = 53, .address = { 1, 1, 1, 1 } },
		{ .op = ABI_PEER_CONNECT,
		  .family = 2,
		  .port = 53,
		  .protocol = 17,
		  .address = { 1, 1, 1, 1 } },
		{ .op = ABI_PEER_CONNECT,
		  .family = 2,
		  .port = 53,
		  .many = true,
		  .address = { 1, 1, 1, 1 } },
		{ .op = ABI_PEER_CONNECT,
		  .family = 2,
		  .port = 53,
		  .layer = PROFILE_APP,
		  .address = { 1, 1, 1, 1 } },
	};
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence e = seen(0, 1, 5, 5);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert_non_null(profile_add_peer(p, &keys[i], &e));
	assert_int_equal(p->peers.len, ARRAY_SIZE(keys) - 1);
	for (size_t i = 0; i < p->peers.len; i++)
		assert_int_equal(p->peers.items[i].evidence.items[0].count, i == 0 ? 2 : 1);
}

static void files_are_merged_by_sorting(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence e = seen(0, 1, 5, 5), later = seen(0, 2, 7, 9);

	profile_add_file(p, "/b", ABI_FILE_READ, 0, PROFILE_APP, &e);
	profile_add_file(p, "/a", ABI_FILE_READ, 0, PROFILE_APP, &e);
	profile_add_file(p, "/b", ABI_FILE_WRITE, 0, PROFILE_APP, &later);
	profile_add_file(p, "/b", ABI_FILE_EXEC, ABI_PATH_DELETED, PROFILE_APP, &e);
	profile_add_file(p, "/b", ABI_FILE_EXEC, 0, PROFILE_TAIL, &e);
	profile_sort(p);
	assert_int_equal(p->files.len, 4);
	assert_int_equal(p->files.items[0].layer, PROFILE_TAIL);
	assert_string_equal(p->files.items[1].path, "/a");
	assert_string_equal(p->files.items[2].path, "/b");
	assert_int_equal(p->files.items[2].ops, ABI_FILE_READ | ABI_FILE_WRITE);
	assert_int_equal(p->files.items[2].evidence.items[0].count, 3);
	assert_int_equal(p->files.items[2].evidence.items[0].last_ns, 9);
	assert_int_equal(p->files.items[3].flags, ABI_PATH_DELETED);
}

static void notes(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");

	assert_int_equal(profile_add_note(p, "%d%%", 7), 0);
	assert_int_equal(profile_add_note(p, "%s", ""), 0);
	assert_int_equal(p->notes.len, 2);
	assert_string_equal(p->notes.items[0], "7%");
}

static void free_of_nothing(void **state)
{
	profile_free(NULL); /* as every destructor here */
}

/* --- arguments ---------------------------------------------------------------------------------- */

static void tuples_are_merged(void **state)
{
	static const uint64_t a[] = { 1, 2, 3 }, b[] = { 1, 2, 4 };
	struct profile_call c = { 0 };

	assert_int_equal(profile_call_add_tuple(&c, a, 5), 0);
	assert_int_equal(profile_call_add_tuple(&c, b, 1), 0);
	assert_int_equal(profile_call_add_tuple(&c, a, 2), 0);
	assert_int_equal(c.tuples.len, 2);
	assert_int_equal(c.tuples.items[0].count, 7);
	vec_deinit(&c.tuples);
}

static struct profile_range range_of(uint64_t value)
{
	struct profile_range r = { .count = 1 };

	for (int i = 0; i < ABI_CALL_ARGS_MAX; i++)
		r.arg[i].any_bits = r.arg[i].all_bits = r.arg[i].min = r.arg[i].max = value +
										      (uint64_t)i;
	return r;
}

static void ranges_widen(void **state)
{
	struct profile_range none = { 0 }, six = range_of(6), twelve = range_of(12);
	struct profile_call c = { 0 };

	profile_call_widen(&c, &none);
	assert_int_equal(c.range.count, 0);
	profile_call_widen(&c, &twelve);
	assert_memory_equal(&c.range, &twelve, sizeof(twelve));
	profile_call_widen(&c, &six);
	assert_int_equal(c.range.count, 2);
	assert_int_equal(c.range.arg[0].any_bits, 14);
	assert_int_equal(c.range.arg[0].all_bits, 4);
	assert_int_equal(c.range.arg[0].min, 6);
	assert_int_equal(c.range.arg[0].max, 12);
	profile_call_widen(&c, &none);
	assert_int_equal(c.range.count, 2);
}

static void range_laws(void **state)
{
	struct chance c = { 5 };

	for (int round = 0; round < 500; round++) {
		struct profile_range x = range_of(chance_next(&c) >> 8),
				     y = range_of(chance_next(&c) >> 8);
		struct profile_call xy = { 0 }, yx = { 0 }, again = { 0 };

		profile_call_widen(&xy, &x);
		profile_call_widen(&xy, &y);
		profile_call_widen(&yx, &y);
		profile_call_widen(&yx, &x);
		assert_memory_equal(&xy.range, &yx.range, sizeof(x));
		again = xy;
		profile_call_widen(&again, &x); /* nothing new but the count */
		assert_memory_equal(again.range.arg, xy.range.arg, sizeof(xy.range.arg));
	}
}

/* --- order -------------------------------------------------------------------------------------- */

static void add_random_fact(struct profile *p, struct chance *c)
{
	struct profile_evidence e = seen((uint32_t)chance_below(c, 3), 1 + chance_below(c, 9),
					 (int64_t)chance_below(c, 100),
					 100 + (int64_t)chance_below(c, 100));
	enum profile_layer layer = (enum profile_layer)chance_below(c, PROFILE_LAYERS);
	struct profile_cap cap = { .cap = (unsigned)chance_below(c, 6),
				   .layer = layer,
				   .outcome = (enum abi_cap_outcome)chance_below(c, 3),
				   .arch = (enum sys_arch)chance_below(c, SYS_ARCH_MAX),
				   .nr = (uint32_t)chance_below(c, 4) };
	struct profile_peer peer = { .op = (enum abi_peer_op)chance_below(c, 5),
				     .layer = layer,
				     .family = chance_below(c, 2) ? 2 : 10,
				     .port = (uint16_t)chance_below(c, 3),
				     .protocol = chance_below(c, 2) ? 6 : 17,
				     .address = { (uint8_t)chance_below(c, 3) } };
	uint64_t values[ABI_CALL_ARGS_MAX] = { chance_below(c, 4) * 0x10000000 };
	cleanup_free char *path = str_format("/d%zu/f%zu", chance_below(c, 3), chance_below(c, 5));
	struct profile_call *call;

	call = profile_add_call(p, (enum sys_arch)chance_below(c, SYS_ARCH_MAX),
				(uint32_t)(56 + chance_below(c, 3)), layer, chance_below(c, 2), &e);
	profile_call_add_tuple(call, values, 1);
	profile_add_cap(p, &cap, &e);
	profile_add_peer(p, &peer, &e);
	profile_add_file(p, path, 1u << chance_below(c, 23),
			 chance_below(c, 3) ? 0 : ABI_PATH_DELETED, layer, &e);
}

static char *text_of(const struct profile *p)
{
	cleanup_json json_t *o = profile_to_json(p);
	char *text = json_dumps(o, JSON_INDENT(1));

	assert_non_null(text);
	return text;
}

/* Equal profiles are equal texts, in whatever order their facts came. */
static void sorting_is_canonical(void **state)
{
	struct chance c = { 23 };

	for (int round = 0; round < 40; round++) {
		cleanup_profile struct profile *p = profile_new("x");
		cleanup_free char *before = NULL, *after = NULL;

		profile_executable(p, "/a");
		profile_executable(p, "/b");
		profile_executable(p, "/c");
		for (int i = 0; i < 60; i++)
			add_random_fact(p, &c);
		profile_sort(p);
		before = text_of(p);
		chance_shuffle(&c, p->calls.items, p->calls.len, sizeof(*p->calls.items));
		chance_shuffle(&c, p->caps.items, p->caps.len, sizeof(*p->caps.items));
		chance_shuffle(&c, p->files.items, p->files.len, sizeof(*p->files.items));
		chance_shuffle(&c, p->peers.items, p->peers.len, sizeof(*p->peers.items));
		vec_foreach(call, &p->calls) {
			chance_shuffle(&c, call->tuples.items, call->tuples.len,
				       sizeof(*call->tuples.items));
			chance_shuffle(&c, call->evidence.items, call->evidence.len,
				       sizeof(*call->evidence.items));
		}
		profile_sort(p);
		after = text_of(p);
		assert_string_equal(before, after);
	}
}

/* What a pattern stands for is a set: it has no order of its own. */
static void originals_are_sorted_too(void **state)
{
	for (int way = 0; way < 2; way++) {
		cleanup_profile struct profile *p = profile_new("x");
		struct profile_evidence e = seen(0, 1, 5, 5);

		profile_executable(p, "/a");
		for (int i = 0; i < 2; i++) {
			struct profile_file *f = profile_add_file(p, "/t/*", ABI_FILE_READ, 0,
								  PROFILE_APP, &e);
			char **slot = vec_add(&f->originals);

			*slot = strdup((way + i) % 2 ? "/t/2" : "/t/1");
			f->original_count = 1;
			f->rule = "numbered";
		}
		profile_sort(p);
		assert_int_equal(p->files.len, 1);
		assert_string_equal(p->files.items[0].originals.items[0], "/t/1");
		assert_string_equal(p->files.items[0].originals.items[1], "/t/2");
	}
}

static void sort_of_nothing(void **state)
{
	cleanup_profile struct profile *p = profile_new("");

	profile_sort(p);
	assert_int_equal(p->files.len, 0);
}

static void counting_calls(void **state)
{
	static const struct {
		enum sys_arch arch;
		uint32_t nr;
		enum profile_layer layer;
		bool refused;
	} facts[] = {
		{ SYS_ARCH_X86_64, 0, PROFILE_APP, false },
		{ SYS_ARCH_X86_64, 0, PROFILE_TAIL, false }, /* the same call */
		{ SYS_ARCH_X86_64, 1, PROFILE_TAIL, false },
		{ SYS_ARCH_X86, 0, PROFILE_APP, false },
		{ SYS_ARCH_X86_64, SYS_NR_MAX, PROFILE_APP, false },
		{ SYS_ARCH_X86_64, 0, PROFILE_APP, true },
		{ SYS_ARCH_X86_64, 9, PROFILE_ENTERED, false },
	};
	static const struct {
		unsigned mask;
		bool refused;
		size_t want;
	} rows[] = {
		{ 1u << PROFILE_APP, false, 3 },
		{ 1u << PROFILE_TAIL, false, 2 },
		{ 1u << PROFILE_APP | 1u << PROFILE_TAIL, false, 4 },
		{ ~0u, false, 5 },
		{ ~0u, true, 1 },
		{ 1u << PROFILE_SETUP, false, 0 },
		{ 0, false, 0 },
	};
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence e = seen(0, 1, 5, 5);

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		profile_add_call(p, facts[i].arch, facts[i].nr, facts[i].layer, facts[i].refused,
				 &e);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_number("mask", profile_count_calls(p, rows[i].mask, rows[i].refused),
			     rows[i].want);
}

static void every_bit_has_a_name(void **state)
{
	for (unsigned bit = 0; bit < 23; bit++)
		assert_non_null(profile_file_op_name(bit));
	assert_null(profile_file_op_name(23));
	assert_null(profile_file_op_name(32));
	assert_null(profile_file_op_name(UINT32_MAX));
	assert_string_equal(profile_file_op_name(0), "read");
	assert_string_equal(profile_file_op_name(22), "mount");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence_is_merged_by_executable),
		cmocka_unit_test(evidence_sum),
		cmocka_unit_test(evidence_laws),
		cmocka_unit_test(executables_are_interned),
		cmocka_unit_test(calls_by_key),
		cmocka_unit_test(caps_by_key),
		cmocka_unit_test(peers_by_key),
		cmocka_unit_test(files_are_merged_by_sorting),
		cmocka_unit_test(notes),
		cmocka_unit_test(tuples_are_merged),
		cmocka_unit_test(ranges_widen),
		cmocka_unit_test(range_laws),
		cmocka_unit_test(sorting_is_canonical),
		cmocka_unit_test(originals_are_sorted_too),
		cmocka_unit_test(sort_of_nothing),
		cmocka_unit_test(counting_calls),
		cmocka_unit_test(every_bit_has_a_name),
		cmocka_unit_test(free_of_nothing),
	};

	return unit_run(tests);
}
