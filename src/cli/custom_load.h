/* SPDX-License-Identifier: Apache-2.0 */
/* --checks: checks that somebody wrote, read for a command; what is wrong goes to standard error. */
#pragma once
#include "cli/command.h"
#include "inspect/custom/custom.h"

#define CUSTOM_CHECKS_OPTION                                                                   \
	{                                                                                      \
		"checks", 0, "FILE|DIRECTORY",                                                 \
			"checks of your own: conditions, or JSON Schemas as Polaris has them", \
			true, COMPLETE_FILE, NULL                                              \
	}

/* all is to be cleaned up in any case. */
int custom_load(struct custom_checks *all, const struct arguments *args, struct error *err);
int custom_load_paths(struct custom_checks *all, char *const *paths, size_t count,
		      struct error *err);
