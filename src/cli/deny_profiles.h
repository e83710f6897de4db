/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles for merlon deny on: their rules, and entries of a policy that bind them to containers. */
#pragma once
#include "cli/export_options.h"
#include "respond/policy.h"
#include "rules/model.h"

/* clang-format off */
#define DENY_PROFILE_OPTION_ROWS								\
	{ "profile", 'p', "FILE",								\
	  "deny what this profile does not have, in the containers of its image or name", true,	\
	  COMPLETE_FILE, NULL },								\
	{ "container", 'c', "PATTERN", "the containers that --profile is for, by name", false,	\
	  COMPLETE_NONE, NULL },								\
	{ "image", 0, "PATTERN", "the containers that --profile is for, by image", false,	\
	  COMPLETE_NONE, NULL },								\
	{ "with-entered", 0, NULL, "of a profile: also allow what exec sessions and probes did", \
	  false, COMPLETE_NONE, NULL },								\
	{ "exact-paths", 0, NULL, "of a profile: numbers in names are no patterns", false,	\
	  COMPLETE_NONE, NULL },								\
	DENY_EXPORT_OPTION_ROWS
/* clang-format on */

/*
 * Adds the rules of every --profile to rs, and the entries that bind them to policy; other rules are in force everywhere unless
 * there is a --policy. -EINVAL: --container or --image without one profile.
 */
int deny_profiles_add(const struct arguments *args, struct ruleset *rs,
		      struct response_policy *policy, struct error *err);
