/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/response_load.h"

#include <errno.h>

#include "guard/deny_check.h"
#include "version.h"

void policy_loaded_deinit(struct policy_loaded *l)
{
	response_policy_free(l->policy);
	rules_loaded_deinit(&l->rules);
	diags_deinit(&l->diags);
	l->policy = NULL;
}

static int load_rules(const struct arguments *args, struct rules_loaded *ret, struct error *err)
{
	const char *path = arg_value_at(args, "rules", 0);
	int r = 0;

	ret->set = ruleset_new(&ret->diags);
	if (!ret->set)
		return error_errno(err, ENOMEM, "rules");
	if (!path)
		r = ruleset_add_path(ret->set, MERLON_DATA "/rules", err);
	for (size_t i = 0; !r && (path = arg_value_at(args, "rules", i)); i++)
		r = ruleset_add_path(ret->set, path, err);
	if (r)
		return r;
	ruleset_compile(ret->set);
	return rules_are_good(ret) ? 0 : error_set(err, EINVAL, "there are errors in the rules");
}

static int check_deny(struct policy_loaded *l, const struct response_entry *e,
		      const struct rule_response *deny)
{
	vec_foreach(it, &l->rules.set->rules) {
		cleanup_buf struct buf why = BUF_INIT;
		const struct rule *r = *it;
		uint64_t hooks;
		int cannot;

		if (!r->enabled || r->skipped || !r->condition || !response_may_select(e, r))
			continue;
		cannot = deny_check(r, &hooks, &why);
		if (cannot < 0)
			return cannot;
		if (!cannot)
			continue;
		diag_error(&l->diags, deny->place, "deny",
			   "\"%s\" can't be denied, the kernel does not decide it wholly",
			   rules_text(r->name));
		diag_hint(&l->diags, "%s", rules_text(text_from(why.data, why.len)));
	}
	return 0;
}

static int check_denials(struct policy_loaded *l)
{
	int r = 0;

	vec_foreach(it, &l->policy->entries) {
		const struct response_plan plan = { *it, (*it)->mode, &(*it)->responses };
		const struct rule_response *deny = plan_response(&plan, "deny");

		if (deny && !r)
			r = check_deny(l, *it, deny);
	}
	return r;
}

int policy_load(const struct arguments *args, struct policy_loaded *ret, struct error *err)
{
	size_t n;
	char **paths = arg_operands(args, &n);
	int r;

	if (!n)
		return error_set(err, USAGE_ERROR, "name policies, or directories of them");
	ret->policy = response_policy_new(&ret->diags);
	if (!ret->policy)
		return error_errno(err, ENOMEM, "policies");
	r = load_rules(args, &ret->rules, err);
	for (size_t i = 0; !r && i < n; i++)
		r = response_policy_add_path(ret->policy, paths[i], err);
	if (!r && check_denials(ret))
		r = error_errno(err, ENOMEM, "policies");
	diags_sort(&ret->diags);
	return r;
}

void policy_show_diags(const struct policy_loaded *l, FILE *out)
{
	vec_foreach(d, &l->diags.items)
		diag_show(d, ruleset_content(l->policy->base, d->place.file), out);
}
