/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/custom_load.h"
#include "inspect/engine.h"

static const struct option_def options[] = {
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

struct testing {
	bool json;
	unsigned passed, failed, without;
	json_t *results;
};

/* Why an example is not as it says; NULL: it is. */
static const char *judge(const struct custom_example *e, const struct report *r)
{
	uint64_t bad = r->counts[OUTCOME_FAIL] + r->counts[OUTCOME_WARN];

	if (r->problems.errors)
		return "the example can't be read";
	if (e->fails)
		return bad ? NULL : "nothing is found";
	if (bad)
		return "something is found";
	return r->counts[OUTCOME_PASS] ? NULL : "there is nothing in it that the check is about";
}

static int try_example(const struct custom_checks *all, const struct check *c,
		       const struct custom_example *e, const char **ret_why, struct error *err)
{
	cleanup_inspection struct inspection *in = NULL;
	const char *const only[] = { c->name, NULL };
	struct inspect_options o = { .only = only,
				     .custom = &all->group,
				     .version = KUBERNETES_MINOR_MAX,
				     .ignore_annotations = true };
	int r = inspection_new(&in, &o, err);

	if (!r)
		r = inspection_add(in, e->place.file, e->text, err);
	if (!r)
		*ret_why = judge(e, inspection_finish(in));
	return r;
}

static void tell(struct testing *t, const struct check *c, const struct custom_example *e,
		 uint32_t number, const char *why)
{
	t->passed += !why;
	t->failed += why != NULL;
	if (t->json) {
		json_array_append_new(t->results,
				      json_pack("{ss ss sb so si ss*}", "check", c->name,
						"expected", e->fails ? "fails" : "passes", "passed",
						!why, "file", utf8_json(text_of(e->place.file)),
						"line", (int)e->place.line, "reason", why));
		return;
	}
	printf("%s %u - %s: %s, example %u\n", why ? "not ok" : "ok", t->passed + t->failed,
	       c->name, e->fails ? "fails" : "passes", number + 1);
	if (why)
		printf("# %s:%u: %s\n", e->place.file, e->place.line, why);
}

static int test_check(struct testing *t, const struct custom_checks *all, const struct check *c,
		      struct error *err)
{
	const struct custom_check *data = c->data;
	int r = 0;

	t->without += !data->example_count;
	for (uint32_t i = 0; i < data->example_count && !r; i++) {
		const char *why = NULL;

		r = try_example(all, c, &data->examples[i], &why, err);
		if (!r)
			tell(t, c, &data->examples[i], i, why);
	}
	return r;
}

static int run(const struct arguments *args, struct error *err)
{
	struct custom_checks all = { 0 };
	struct testing t = { .json = arg_flag(args, "json"), .results = json_array() };
	size_t n;
	char **paths = arg_operands(args, &n);
	int r = n ? custom_load_paths(&all, paths, n, err) :
		    error_set(err, USAGE_ERROR, "name files or directories of checks");

	check_group_foreach(c, &all.group) if (!r) r = test_check(&t, &all, c, err);
	if (!r && t.json)
		json_dumpf(t.results, stdout, JSON_INDENT(2));
	else if (!r)
		printf("%u passed, %u failed, %u checks without examples\n", t.passed, t.failed,
		       t.without);
	json_decref(t.results);
	custom_checks_deinit(&all);
	return r ? r : t.failed ? EXIT_NEGATIVE : EXIT_OK;
}

const struct command cmd_checks_test = {
	.name = "test",
	.summary = "run the examples of checks of your own",
	.operands = "FILE|DIRECTORY...",
	.description =
		"Inspects the manifests below examples of each check with this check alone: in those of \"fails\" "
		"something must be found, in those of \"passes\" it must be asked and nothing found. The exit status "
		"is 1 if an example is not as it says.",
	.examples = "  merlon checks test checks/\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
