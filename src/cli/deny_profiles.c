/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/deny_profiles.h"

#include <errno.h>

#include "base/str.h"
#include "profile/json.h"

static int emit(const struct profile_backend *b, const struct profile *p,
		const struct backend_options *o, struct buf *out, struct error *err)
{
	int r = b->emit(p, o, out, err);

	return r || !out->failed ? r : error_errno(err, ENOMEM, "%s", b->name);
}

static int add(const char *file, const struct backend_options *o, struct ruleset *rs,
	       struct response_policy *policy, struct error *err)
{
	cleanup_profile struct profile *p = profile_load(file, err);
	cleanup_buf struct buf rules = BUF_INIT, entries = BUF_INIT;
	int r = p ? emit(&profile_backend_deny, p, o, &rules, err) : -err->code;

	if (!r)
		r = emit(&profile_backend_deny_policy, p, o, &entries, err);
	if (r)
		return r;
	ruleset_add(rs, file, text_from(rules.data, (uint32_t)rules.len));
	response_policy_add(policy, file, text_from(entries.data, (uint32_t)entries.len));
	return 0;
}

/* Other rules mean what they say where nobody has a policy for them. */
static void add_rest(struct response_policy *policy)
{
	static const char rest[] = "policy: other rules\n"
				   "entries:\n"
				   "  - name: other rules\n"
				   "    select: {rule: \"*\"}\n"
				   "    mode: enforce\n";

	response_policy_add(policy, "(other rules)", text_from(rest, sizeof(rest) - 1));
}

int deny_profiles_add(const struct arguments *args, struct ruleset *rs,
		      struct response_policy *policy, struct error *err)
{
	struct backend_options o = { .container = arg_value(args, "container"),
				     .image = arg_value(args, "image"),
				     .exact_paths = arg_flag(args, "exact-paths"),
				     .policy = { .with_entered = arg_flag(args, "with-entered") } };
	int r = export_deny_options_read(args, &o, err);

	if (!r && (o.container || o.image) && arg_value_at(args, "profile", 1))
		r = error_set(err, USAGE_ERROR, "--container and --image are for one --profile");
	if (!r && (o.container || o.image) && !arg_value(args, "profile"))
		r = error_set(err, USAGE_ERROR, "--container and --image are for a --profile");
	for (size_t i = 0; !r && arg_value_at(args, "profile", i); i++)
		r = add(arg_value_at(args, "profile", i), &o, rs, policy, err);
	if (!r && arg_value(args, "profile") && !arg_value(args, "policy"))
		add_rest(policy);
	return r;
}
