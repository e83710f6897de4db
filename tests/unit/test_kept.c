/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that are kept whole: found by kind and namespace when what they were read from is gone, and not asked in vain. */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/custom/custom.h"
#include "inspect/engine.h"
#include "unit.h"

static void keep(struct kept_objects *all, uint32_t number, const char *text)
{
	char *gone = strdup(text);
	cleanup_arena struct arena a = ARENA_INIT(1 << 20);
	cleanup_diags struct diags d = { 0 };
	struct yaml_file *f;
	struct object o;

	assert_true(yaml_read(&a, "gone", text_of(gone), &d, &f));
	assert_true(object_read(&a, f->documents[0], TEXT_NONE, TEXT_NONE, &d, &o));
	assert_true(kept_add(all, &o, number, false));
	memset(gone, 'x', strlen(text));
	free(gone);
}

static void found_again(void **state)
{
	cleanup_arena struct arena a = ARENA_INIT(1 << 20);
	struct kept_objects all = { .arena = &a };
	const struct kept *k;

	keep(&all, 1,
	     "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: n}, data: {k: [v]}}");
	keep(&all, 2, "{apiVersion: x.io/v1, kind: Secret, metadata: {name: b, namespace: n}}");
	keep(&all, 3, "{apiVersion: v1, kind: Secret, metadata: {name: c, namespace: m}}");
	keep(&all, 4, "{apiVersion: v1, kind: Namespace, metadata: {name: n}}");

	k = kept_last(&all, TEXT("Secret"), TEXT("n"));
	assert_int_equal(k->number, 2);
	assert_true(text_eq_str(k->api_version, "x.io/v1"));
	k = kept_before(&all, k);
	assert_int_equal(k->number, 1);
	assert_string_equal(k->root->file->name, "gone");
	assert_true(text_eq_str(yaml_get(yaml_get(k->root, "data"), "k")->items[0]->text, "v"));
	assert_null(kept_before(&all, k));
	assert_int_equal(kept_last(&all, TEXT("Namespace"), TEXT(""))->number, 4);
	assert_null(kept_last(&all, TEXT("Secret"), TEXT("")));
	assert_null(kept_last(&all, TEXT("ConfigMap"), TEXT("n")));
	kept_deinit(&all);
}

static const char checks[] = "customChecks:\n"
			     "  beside:\n"
			     "    target: Deployment\n"
			     "    additionalSchemas: {policy/PodDisruptionBudget: {}}\n";
static const char deployment[] = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d},"
				 " spec: {template: {spec: {containers: [{name: c, image: i}]}}}}\n";

/* What an inspection with the check says of text; unread: a kind that could not be listed, or -1. */
static uint64_t failures(const char *text, int unread, uint64_t *ret_kinds)
{
	struct custom_checks all;
	struct buf content = BUF_INIT;
	cleanup_diags struct diags d = { 0 };
	static const char *const only[] = { "beside", NULL };
	struct inspect_options o = { .version = KUBERNETES_MINOR_MAX, .only = only };
	struct inspection *in;
	struct error err = ERROR_INIT;
	uint64_t counts;

	assert_true(custom_checks_init(&all));
	buf_add_str(&content, checks);
	assert_true(custom_checks_add(&all, "c", &content, &d));
	o.custom = &all.group;
	assert_int_equal(inspection_new(&in, &o, &err), 0);
	*ret_kinds = inspection_kinds(in);
	if (unread >= 0)
		inspection_unread(in, unread);
	assert_int_equal(inspection_add(in, "f", text_of(text), &err), 0);
	counts = inspection_finish(in)->counts[OUTCOME_FAIL];
	inspection_free(in);
	custom_checks_deinit(&all);
	return counts;
}

static void asked_in_the_end(void **state)
{
	static const char budget[] =
		"---\n{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}}\n";
	cleanup_free char *both = str_format("%s%s", deployment, budget);
	uint64_t wanted;

	assert_int_equal(failures(deployment, -1, &wanted), 1);
	assert_true(wanted & KIND_BIT(KIND_DEPLOYMENT));
	assert_true(wanted & KIND_BIT(KIND_DISRUPTION_BUDGET));
	assert_int_equal(failures(both, -1, &wanted), 0);
	/* Nobody knows whether there is one. */
	assert_int_equal(failures(deployment, KIND_DISRUPTION_BUDGET, &wanted), 0);
	assert_int_equal(failures(deployment, KIND_SECRET, &wanted), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_again),
		cmocka_unit_test(asked_in_the_end),
	};

	return unit_run(tests);
}
