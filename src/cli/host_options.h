/* SPDX-License-Identifier: Apache-2.0 */
/* The options that say where Docker's filters are to hold: their rules ask for capabilities and the kernel. */
#pragma once
#include "cli/command.h"
#include "profile/input.h"

#define HOST_OPTION_ROWS                                                                            \
	{ "cap",                                                                                    \
	  0,                                                                                        \
	  "CAPABILITY",                                                                             \
	  "rules in Docker's dialect: a capability of the container (default: the 14 that engines " \
	  "give; \"none\")",                                                                        \
	  true,                                                                                     \
	  COMPLETE_NONE,                                                                            \
	  NULL },                                                                                   \
	{                                                                                           \
		"kernel", 0, "VERSION",                                                             \
			"rules in Docker's dialect: the kernel (default: the running one)", false,  \
			COMPLETE_NONE, NULL                                                         \
	}

int host_options_read(const struct arguments *args, struct seccomp_host *host, struct error *err);

/* Prints what was not understood to standard error. */
void notes_print(const struct buf *notes);
