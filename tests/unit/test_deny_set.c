/* SPDX-License-Identifier: Apache-2.0 */
/* Which rules do what in which container, and what is kept of it. */
#include "guard/deny_set.h"

#include <errno.h>

#include "base/json.h"
#include "base/str.h"
#include "guard/deny.h"
#include "guard/deny_place.h"
#include "unit.h"

static const char rules[] = "- rule: Shadow\n"
			    "  desc: d\n"
			    "  condition: evt.type = openat and fd.name = /etc/shadow\n"
			    "  output: o\n"
			    "  priority: NOTICE\n"
			    "  tags: [files]\n"
			    "- rule: Passwd\n"
			    "  desc: d\n"
			    "  condition: evt.type = openat and fd.name = /etc/passwd\n"
			    "  output: o\n"
			    "  priority: NOTICE\n"
			    "  response: {deny: EACCES}\n"
			    "- rule: Mount\n"
			    "  desc: d\n"
			    "  condition: evt.type = mount\n"
			    "  output: o\n"
			    "  priority: CRITICAL\n"
			    "  tags: [mounts]\n"
			    "- rule: Wild\n"
			    "  desc: d\n"
			    "  condition: evt.type = openat and fd.name regex '^/x[0-9]+$'\n"
			    "  output: o\n"
			    "  priority: DEBUG\n";

static const char policy[] = "policy: test\n"
			     "entries:\n"
			     "  - name: spared\n"
			     "    select: {tag: files, image: debug}\n"
			     "    mode: observe\n"
			     "  - name: files\n"
			     "    select: {tag: files}\n"
			     "    mode: enforce\n"
			     "    respond: {deny: ENOENT}\n"
			     "  - name: no mounts in shops\n"
			     "    select: {tag: mounts, namespace: shop}\n"
			     "    except: {pod: admin}\n"
			     "    mode: dry-run\n"
			     "    respond: deny\n"
			     "  - name: no mounts\n"
			     "    select: {tag: mounts}\n"
			     "    mode: enforce\n"
			     "    respond: deny\n";

struct world {
	struct diags diags;
	struct ruleset *rules;
	struct response_policy *policy;
	struct deny_set set;
};

static void add(struct world *w, enum abi_deny_hook hook, const char *rule)
{
	const struct rule **slot = vec_add(&w->set.points[hook]);

	*slot = ruleset_rule(w->rules, text_of(rule));
	assert_non_null(*slot);
}

static void begin(struct world *w, const char *text)
{
	*w = (struct world){ .set.number = 77 };
	w->rules = ruleset_new(&w->diags);
	ruleset_add(w->rules, "rules.yaml", text_of(rules));
	assert_true(ruleset_compile(w->rules));
	if (text) {
		w->policy = response_policy_new(&w->diags);
		response_policy_add(w->policy, "policy.yaml", text_of(text));
	}
	assert_int_equal(w->diags.errors, 0);
	w->set.policy = w->policy;
	add(w, ABI_DENY_OPEN, "Shadow");
	add(w, ABI_DENY_OPEN, "Passwd");
	add(w, ABI_DENY_MOUNT, "Mount");
}

static void end(struct world *w)
{
	deny_set_deinit(&w->set);
	response_policy_free(w->policy);
	ruleset_free(w->rules);
	diags_deinit(&w->diags);
}

struct expected {
	const char *row;
	bool unknown;
	const char *image, *namespace, *pod;
	uint32_t enforce_open, dry_open, enforce_mount, dry_mount;
	int shadow_error;
};

/* Bit 0: Shadow, bit 1: Passwd, which nothing of the policy selects. */
static const struct expected rows[] = {
	{ "files are for everybody but the spared: not known", true, NULL, NULL, NULL, 0, 2, 0, 0,
	  0 },
	{ "some container", false, NULL, NULL, NULL, 1, 2, 1, 0, ENOENT },
	{ "spared", false, "debug", NULL, NULL, 0, 2, 1, 0, 0 },
	{ "a shop", false, "web", "shop", "web-1", 1, 2, 0, 1, ENOENT },
	{ "its administrator", false, "web", "shop", "admin", 1, 2, 1, 0, ENOENT },
};

static struct event_container container_of(const struct expected *x)
{
	return (struct event_container){ .id = TEXT("0123456789ab"),
					 .full_id = TEXT("0123456789abcdef"),
					 .image = text_of(x->image),
					 .pod.namespace = text_of(x->namespace),
					 .pod.name = text_of(x->pod) };
}

static void classes_follow_the_policy(void **state)
{
	uint64_t numbers[ARRAY_SIZE(rows)];
	struct world w;

	(void)state;
	begin(&w, policy);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct expected *x = &rows[i];
		const struct event_container c = container_of(x);
		struct deny_class class;

		deny_class_of(&w.set, x->unknown ? NULL : &c, &class);
		numbers[i] = class.number;
		assert_int_equal(class.number == 0, x->unknown);
		assert_int_equal(class.points[ABI_DENY_OPEN].enforce[0], x->enforce_open);
		assert_int_equal(class.points[ABI_DENY_OPEN].dry_run[0], x->dry_open);
		assert_int_equal(class.points[ABI_DENY_MOUNT].enforce[0], x->enforce_mount);
		assert_int_equal(class.points[ABI_DENY_MOUNT].dry_run[0], x->dry_mount);
		if (x->shadow_error)
			assert_int_equal(256 - class.points[ABI_DENY_OPEN].error[0],
					 x->shadow_error);
		assert_int_equal(256 - class.points[ABI_DENY_OPEN].error[1], EACCES);
	}
	assert_int_equal(numbers[1], numbers[4]); /* the same happens in both */
	assert_int_not_equal(numbers[1], numbers[2]);
	assert_int_not_equal(numbers[1], numbers[3]);
	end(&w);
}

/* Without a policy what rules say is enforced, everywhere; nothing else is. */
static void rules_alone_are_enforced(void **state)
{
	const struct event_container c = { .id = TEXT("0123456789ab") };
	struct deny_class known, unknown;
	struct world w;

	(void)state;
	begin(&w, NULL);
	deny_class_of(&w.set, &c, &known);
	deny_class_of(&w.set, NULL, &unknown);
	assert_memory_equal(known.points, unknown.points, sizeof(known.points));
	assert_int_equal(known.points[ABI_DENY_OPEN].enforce[0], 2);
	assert_int_equal(known.points[ABI_DENY_OPEN].dry_run[0], 0);
	assert_int_equal(known.points[ABI_DENY_MOUNT].enforce[0], 0);
	end(&w);
}

/* "until-known: deny" */
static void strict_entries_begin_at_once(void **state)
{
	static const char strict[] = "policy: test\n"
				     "entries:\n"
				     "  - name: shops\n"
				     "    select: {tag: files, namespace: shop}\n"
				     "    mode: enforce\n"
				     "    until-known: deny\n"
				     "    respond: deny\n";
	struct deny_class unknown;
	struct world w;

	(void)state;
	begin(&w, strict);
	deny_class_of(&w.set, NULL, &unknown);
	assert_int_equal(unknown.points[ABI_DENY_OPEN].enforce[0], 1);
	end(&w);
}

/* What may come to be denied is planned, and only that: "Wild" can't be, and nothing asks for it. */
static void plans_are_what_may_come(void **state)
{
	static const char *const more = "policy: test\n"
					"entries:\n"
					"  - name: any\n"
					"    select: {rule: '*', namespace: shop}\n"
					"    mode: enforce\n"
					"    respond: deny\n";
	uint64_t hooks;
	size_t count;
	struct world w;

	(void)state;
	begin(&w, policy);
	assert_int_equal(deny_plan(w.rules, w.policy, &hooks, &count), 0);
	assert_int_equal(w.diags.errors, 0);
	assert_int_equal(count, 3);
	assert_true(hooks >> ABI_DENY_OPEN & 1 && hooks >> ABI_DENY_MOUNT & 1);
	assert_false(hooks >> ABI_DENY_EXEC & 1);
	end(&w);
	begin(&w, NULL);
	assert_int_equal(deny_plan(w.rules, NULL, &hooks, &count), 0);
	assert_int_equal(count, 1);
	end(&w);
	begin(&w, more);
	assert_int_equal(deny_plan(w.rules, w.policy, &hooks, &count), 0);
	assert_int_equal(w.diags.errors, 1);
	end(&w);
}

static void a_set_is_kept_by_name(void **state)
{
	cleanup_deny_set struct deny_set again = { 0 };
	cleanup_json json_t *kept = NULL, *wrong = json_pack("{s:i}", "set", 3);
	struct world w;

	(void)state;
	begin(&w, policy);
	kept = deny_set_json(&w.set);
	assert_int_equal(deny_set_from_json(kept, w.rules, &again), 0);
	assert_int_equal(again.number, 77);
	assert_int_equal(again.points[ABI_DENY_OPEN].len, 2);
	assert_ptr_equal(again.points[ABI_DENY_OPEN].items[1],
			 w.set.points[ABI_DENY_OPEN].items[1]);
	assert_true(text_eq(deny_set_name(kept, ABI_DENY_MOUNT, 0), TEXT("Mount")));
	assert_null(deny_set_name(kept, ABI_DENY_MOUNT, 1).data);
	assert_null(deny_set_name(kept, ABI_DENY_HOOKS, 0).data);
	assert_int_equal(deny_set_from_json(wrong, w.rules, &again), -EINVAL);
	end(&w);
}

static void units_are_none_of_containers(void **state)
{
	static const struct {
		const char *path;
		bool is_unit;
	} groups[] = {
		{ "/user.slice/user-0.slice/session-3.scope", true },
		{ "/system.slice/run-r01ab.scope", true },
		{ "/init.scope", true },
		{ "/run-17.scope/box", false },
		{ "/box", false },
		{ "/system.slice/box.scope", false },
		{ "/system.slice/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope",
		  false },
		{ "/session-3", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		assert_int_equal(deny_place_is_unit(groups[i].path), groups[i].is_unit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_follow_the_policy),
		cmocka_unit_test(rules_alone_are_enforced),
		cmocka_unit_test(strict_entries_begin_at_once),
		cmocka_unit_test(plans_are_what_may_come),
		cmocka_unit_test(a_set_is_kept_by_name),
		cmocka_unit_test(units_are_none_of_containers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
