/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy_options.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"

int policy_options_read(const struct arguments *args, struct backend_options *o,
			const char ***allow_names, struct error *err)
{
	const char *which = arg_value(args, "arguments"), *code = arg_value(args, "errno");
	size_t n = 0;

	while (arg_value_at(args, "allow", n))
		n++;
	*allow_names = calloc(n + 1, sizeof(**allow_names));
	if (!*allow_names)
		return error_errno(err, ENOMEM, "arguments");
	for (size_t i = 0; i < n; i++)
		(*allow_names)[i] = arg_value_at(args, "allow", i);
	*o = (struct backend_options){ .default_errno = ENOSYS };
	o->policy.allow = *allow_names;
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
