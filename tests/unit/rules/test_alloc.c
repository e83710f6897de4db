/* SPDX-License-Identifier: Apache-2.0 */
/* An event costs no allocation: with random rules, and with every kind of state and pattern. */
#include "allocations.h"
#include "random.h"
#include "rig.h"

static const char state_rules[] =
	"- rule: s1\n  desc: d\n  output: o\n  priority: INFO\n  condition: evt.type = open\n"
	"  count: {at_least: 5, within: 1s, by: proc.pid, keys: 16}\n"
	"- rule: s2\n  desc: d\n  output: o\n  priority: INFO\n  condition: evt.type = openat\n"
	"  count: {at_least: 500, within: 1s, by: proc.name, keys: 16}\n"
	"  suppress: {for: 1s, by: proc.name, keys: 16}\n"
	"- rule: s3\n  desc: d\n  output: o\n  priority: INFO\n  condition: evt.type = connect\n"
	"  count: {at_least: 5, within: 1s, distinct: fd.sip, keys: 16}\n"
	"- rule: s4\n  desc: d\n  output: o\n  priority: INFO\n  condition: evt.type = connect\n"
	"  sequence: {within: 1m, steps: [evt.type = open, evt.type = execve], keys: 16}\n"
	"- rule: s5\n  desc: d\n  output: o\n  priority: INFO\n  condition: evt.type = execve\n"
	"  first_seen: {value: proc.name, per: container.id, keys: 16}\n"
	"- rule: s6\n  desc: d\n  output: o\n  priority: INFO\n"
	"  condition: evt.type = write and proc.cmdline regex \"(a|b|/)*.*x?\"\n";

static void count_events(struct rig *r, uint64_t seed)
{
	struct chance c = { .state = seed };
	struct random_world *world = calloc(1, sizeof(*world));
	size_t matches = 0;

	assert_non_null(world);
	rig_start(r, MATCHING_ALL);
	for (int i = 0; i < 200; i++) {
		random_world(&c, world);
		for (int k = 0; k < 50; k++) {
			size_t before;

			random_event(&c, world, &r->event);
			before = allocations;
			matches += evaluator_run(r->evaluator, &r->event, r->matches,
						 EVAL_MATCHES_MAX);
			assert_int_equal(allocations, before);
		}
	}
	free(world);
	print_message("# %zu matches\n", matches);
}

static void test_counter(void **state)
{
	size_t before = allocations;
	void *volatile p = malloc(100);

	free(p);
	assert_int_equal(allocations, before + 1);
}

static void test_random(void **state)
{
	struct chance c = { .state = 99 };

	for (int round = 0; round < 10; round++) {
		cleanup_rig struct rig r;
		cleanup_buf struct buf yaml = BUF_INIT;

		rig_init(&r);
		buf_add_str(&yaml, random_prelude);
		buf_add_str(&yaml, state_rules);
		for (int i = 0; i < 30; i++) {
			buf_addf(&yaml,
				 "- rule: r%d\n  desc: d\n  output: o\n  priority: INFO\n"
				 "  warn_evttypes: false\n  condition: |\n    ",
				 i);
			random_condition(&c, (int)chance_below(&c, 4), &yaml);
			buf_add_char(&yaml, '\n');
		}
		rig_load(&r, yaml.data);
		count_events(&r, (uint64_t)round + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counter),
		cmocka_unit_test(test_random),
	};

	if (!allocations_are_counted) {
		puts("1..0 # SKIP AddressSanitizer has a malloc() of its own");
		return 0;
	}
	return unit_run(tests);
}
