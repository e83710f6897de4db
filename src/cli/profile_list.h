/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles that are named as operands, in a list. */
#pragma once
#include "cli/command.h"
#include "profile/profile.h"

struct profile_list {
	VEC(struct profile *) items;
};

/* Loads all operands, at least `least` of them. */
int profile_list_load(struct profile_list *l, const struct arguments *args, size_t least,
		      struct error *err);
void profile_list_deinit(struct profile_list *l);
#define cleanup_profile_list cleanup(profile_list_deinit)
