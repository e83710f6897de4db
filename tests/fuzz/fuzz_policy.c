/* SPDX-License-Identifier: Apache-2.0 */
/* Policies of responses, and asked about a container: what is wrong has a place, what is read selects. */
#include "base/str.h"
#include "fuzz.h"
#include "respond/policy.h"

static const char rules[] = "- rule: Miner\n"
			    "  desc: d\n"
			    "  condition: evt.type = execve\n"
			    "  output: o\n"
			    "  priority: CRITICAL\n"
			    "  tags: [container]\n"
			    "  response: freeze\n";

static void select_some(const struct response_policy *p, const struct rule *r)
{
	const struct event_container c = { .full_id = TEXT("0123456789abcdef"),
					   .name = TEXT("web"),
					   .image = TEXT("nginx:1"),
					   .pod = { .name = TEXT("web-1"),
						    .namespace = TEXT("shop") } };
	const struct event_container *const whose[] = { &c, NULL };

	for (size_t i = 0; i < ARRAY_SIZE(whose); i++) {
		struct response_plan plan = response_select(p, r, whose[i]);

		fuzz_check(plan.responses && plan.mode < RESPONSE_MODES);
		fuzz_check(!plan.entry || !response_why_not(plan.entry, r, whose[i]));
		fuzz_check(!plan.entry || plan.entry->host == !whose[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_diags struct diags diags = { 0 }, fine = { 0 };
	cleanup_ruleset struct ruleset *set = ruleset_new(&fine);
	cleanup_response_policy struct response_policy *p = response_policy_new(&diags);

	if (!set || !p)
		return 0;
	ruleset_add(set, "r", text_of(rules));
	fuzz_check(ruleset_compile(set));
	response_policy_add(p, "f", text_from((const char *)data, size));
	vec_foreach(d, &diags.items)
		fuzz_check(d->code && d->text && (!d->place.line || d->place.column));
	select_some(p, set->rules.items[0]);
	return 0;
}
