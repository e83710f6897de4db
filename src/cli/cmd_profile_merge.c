/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/str.h"
#include "cli/commands.h"
#include "cli/profile_list.h"
#include "cli/profile_text.h"
#include "profile/algebra.h"

static const struct option_def options[] = {
	{ "at-least", 0, "N",
	  "only what as many of the profiles have (default: 1, all that any has)", false,
	  COMPLETE_NONE, NULL },
	{ "name", 'n', "NAME", "of the profile (default: merged)", false, COMPLETE_NONE, NULL },
	{ "output", 'o', "FILE", "write here instead of to standard output", false, COMPLETE_FILE,
	  NULL },
};

static int run(const struct arguments *args, struct error *err)
{
	cleanup_profile_list struct profile_list list = { 0 };
	const char *name = arg_value(args, "name"), *at_least = arg_value(args, "at-least");
	cleanup_profile struct profile *p = NULL;
	uint64_t n = 1;
	int r = profile_list_load(&list, args, 1, err);

	if (!r && at_least && (!str_to_u64(at_least, &n) || n < 1 || n > list.items.len))
		r = error_set(err, EINVAL,
			      "--at-least: a number from 1 to %zu, as many as there are "
			      "profiles",
			      list.items.len);
	if (r)
		return r;
	p = profile_join((const struct profile *const *)list.items.items, list.items.len, (size_t)n,
			 name ? name : "merged");
	return p ? profile_output(p, arg_value(args, "output"), err) :
		   error_errno(err, ENOMEM, "profile");
}

const struct command cmd_profile_merge = {
	.name = "merge",
	.summary = "make one profile of many: what any of them has, or at least N of them",
	.operands = "PROFILE...",
	.description =
		"The union of what replicas, versions or test runs did. With --at-least N only what "
		"N of them have: a call with arguments keeps the combinations that as many have. "
		"Counts are the highest of any profile's; what the profiles say of themselves is "
		"kept where all say the same.",
	.examples = "  merlon profile merge web-*.merlon.json -o web.merlon.json\n"
		    "  merlon profile merge --at-least 2 web-1.merlon.json web-2.merlon.json "
		    "web-3.merlon.json\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
