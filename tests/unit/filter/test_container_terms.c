/* SPDX-License-Identifier: Apache-2.0 */
/* Terms about containers: which they are, which numbers they have, and what containers answer. */
#include "guard/filter/container_terms.h"
#include "unit/rules/rig.h"

static void load(struct rig *r, const char *const *conditions, size_t count)
{
	cleanup_buf struct buf yaml = BUF_INIT;

	for (size_t i = 0; i < count; i++)
		buf_addf(&yaml,
			 "- rule: r%zu\n  desc: d\n  output: o\n  priority: INFO\n"
			 "  condition: evt.type = open and (%s)\n",
			 i, conditions[i]);
	rig_init(r);
	rig_load(r, yaml.data);
}

static uint64_t bit_of(const struct container_terms *t, const char *text)
{
	for (size_t i = 0; i < t->terms.len; i++)
		if (!strcmp(t->terms.items[i].text, text))
			return 1ULL << i;
	fail_msg("%s is no term", text);
	return 0;
}

static void what_asks_of_something_else_is_none(void **state)
{
	static const char *const conditions[] = {
		"not container.image = a",
		"container.image = a and fd.num = 1",
		"container.id != host and (container.name = x or not k8s.ns.name = y)",
		"container.name = val(proc.name) or container.duration > 5",
		"evt.target.container.name = x",
		"container.name = val(container.id)",
		"container.id in (host, 1)",
	};
	static const char *const terms[] = { "container.image = a",
					     "container.name = x or not k8s.ns.name = y",
					     "container.name = val(container.id)",
					     "container.id in (host, 1)" };
	cleanup_container_terms struct container_terms t = { 0 };
	cleanup_rig struct rig r;

	(void)state;
	load(&r, conditions, ARRAY_SIZE(conditions));
	assert_int_equal(container_terms_number(&t, r.rules), 0);
	for (size_t i = 0; i < ARRAY_SIZE(terms); i++)
		bit_of(&t, terms[i]);
	assert_int_equal(t.terms.len, ARRAY_SIZE(terms));
}

static void answers_are_those_of_rules(void **state)
{
	static const char *const conditions[] = { "container.image.repository in (nginx, b)",
						  "container.privileged = true",
						  "container.name regex \"^we.$\"",
						  "not k8s.pod.name exists" };
	static const struct event_container web = { .id = TEXT("1"),
						    .name = TEXT("web"),
						    .repository = TEXT("nginx") };
	cleanup_container_terms struct container_terms t = { 0 };
	struct container_answers a = { .numbering = 0, .yes = UINT64_MAX }, none = { 0 };
	cleanup_rig struct rig r;

	(void)state;
	load(&r, conditions, ARRAY_SIZE(conditions));
	assert_int_equal(container_terms_number(&t, r.rules), 0);
	container_terms_answer(&t, &web, &a);
	assert_int_equal(a.numbering, t.numbering);
	assert_int_equal(a.yes, bit_of(&t, conditions[0]) | bit_of(&t, conditions[2]));
	/* What is missing does not fit. */
	assert_int_equal(a.no, bit_of(&t, conditions[1]) | bit_of(&t, "k8s.pod.name exists"));
	/* Without rules nothing is known, whatever was numbered, but for what was answered. */
	container_terms_forget(&t);
	container_terms_answer(&t, &web, &none);
	assert_int_equal(none.yes | none.no, 0);
	container_terms_answer(&t, &web, &a);
	assert_int_equal(a.yes, bit_of(&t, conditions[0]) | bit_of(&t, conditions[2]));
}

static void numbers_stay_until_there_is_no_room(void **state)
{
	static const char *const first[] = { "container.image = a", "container.image = b" },
				 *const second[] = { "container.image = c", "container.image = b" };
	char texts[CONTAINER_TERMS_MAX + 2][64];
	const char *many[CONTAINER_TERMS_MAX + 2];
	cleanup_container_terms struct container_terms t = { 0 };
	struct rig r;
	uint32_t numbering;

	(void)state;
	load(&r, first, 2);
	assert_int_equal(container_terms_number(&t, r.rules), 0);
	numbering = t.numbering;
	assert_true(numbering != 0);
	rig_deinit(&r);
	load(&r, second, 2);
	assert_int_equal(container_terms_number(&t, r.rules), 0);
	assert_int_equal(t.numbering, numbering);
	assert_int_equal(t.terms.len, 3);
	assert_int_equal(bit_of(&t, first[1]), 2);
	assert_null(t.terms.items[0].expr);
	rig_deinit(&r);
	for (int i = 0; i < CONTAINER_TERMS_MAX + 2; i++) {
		snprintf(texts[i], sizeof(texts[i]), "container.name = n%d", i);
		many[i] = texts[i];
	}
	/* No room beside the old ones, and not for all of the new. */
	load(&r, many, CONTAINER_TERMS_MAX + 2);
	assert_int_equal(container_terms_number(&t, r.rules), 0);
	assert_true(t.numbering != numbering);
	assert_int_equal(t.terms.len, CONTAINER_TERMS_MAX);
	assert_int_equal(t.places.len, CONTAINER_TERMS_MAX);
	bit_of(&t, many[0]);
	rig_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_asks_of_something_else_is_none),
					    cmocka_unit_test(answers_are_those_of_rules),
					    cmocka_unit_test(numbers_stay_until_there_is_no_room) };

	return unit_run(tests);
}
