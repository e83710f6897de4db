/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy_options.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/str.h"
#include "static/report.h"

static int predicted_read(const struct arguments *args, struct backend_options *o,
			  report_names *names, struct error *err)
{
	const char *path = arg_value(args, "static"), *action = arg_value(args, "unobserved");
	cleanup_buf struct buf text = BUF_INIT;
	bool deny = action && str_eq(action, "deny");
	int r;

	o->policy.log_predicted = !action || str_eq(action, "log");
	if (action && !deny && !o->policy.log_predicted && !str_eq(action, "allow"))
		return error_set(err, USAGE_ERROR, "--unobserved must be log, allow or deny");
	if (action && !path)
		return error_set(err, USAGE_ERROR, "--unobserved is about what is in --static");
	if (!path)
		return 0;
	r = fs_read(path, REPORT_FILE_MAX, &text, err);
	r = r ? r : report_read_names(path, text.data, text.len, names, err);
	if (deny)
		names->len = 0;
	return r;
}

/* The values of --allow and what is predicted, each ended by NULL, in one block. */
static const char **names_join(const struct arguments *args, const report_names *predicted,
			       size_t *ret_second)
{
	size_t n = 0;
	const char **all;

	while (arg_value_at(args, "allow", n))
		n++;
	all = calloc(n + predicted->len + 2, sizeof(*all));
	if (!all)
		return NULL;
	for (size_t i = 0; i < n; i++)
		all[i] = arg_value_at(args, "allow", i);
	for (size_t i = 0; i < predicted->len; i++)
		all[n + 1 + i] = predicted->items[i];
	*ret_second = n + 1;
	return all;
}

static int names_read(const struct arguments *args, struct backend_options *o,
		      const char ***allow_names, struct error *err)
{
	report_names predicted = { 0 };
	size_t second = 0;
	int r = predicted_read(args, o, &predicted, err);

	if (!r)
		*allow_names = names_join(args, &predicted, &second);
	vec_deinit(&predicted);
	if (r)
		return r;
	if (!*allow_names)
		return error_errno(err, ENOMEM, "arguments");
	o->policy.allow = *allow_names;
	o->policy.predicted = *allow_names + second;
	return 0;
}

int policy_options_read(const struct arguments *args, struct backend_options *o,
			const char ***allow_names, struct error *err)
{
	const char *which = arg_value(args, "arguments"), *code = arg_value(args, "errno");
	int r;

	*o = (struct backend_options){ .default_errno = ENOSYS };
	r = names_read(args, o, allow_names, err);
	if (r)
		return r;
	o->policy.with_entered = arg_flag(args, "with-entered");
	o->policy.with_denied = arg_flag(args, "with-denied");
	o->policy.without_runtime = arg_flag(args, "without-runtime");
	o->policy.serve_only = arg_flag(args, "serve-only");
	o->policy.without_closure = arg_flag(args, "without-closure");
	if (which && str_eq(which, "strict"))
		o->policy.arguments = POLICY_ARGUMENTS_STRICT;
	else if (which && str_eq(which, "none"))
		o->policy.arguments = POLICY_ARGUMENTS_NONE;
	else if (which && !str_eq(which, "danger"))
		return error_set(err, USAGE_ERROR, "--arguments must be danger, strict or none");
	if (code && str_eq(code, "EPERM"))
		o->default_errno = EPERM;
	else if (code && !str_eq(code, "ENOSYS"))
		return error_set(err, USAGE_ERROR, "--errno must be ENOSYS or EPERM");
	return 0;
}
