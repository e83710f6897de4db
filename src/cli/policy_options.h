/* SPDX-License-Identifier: Apache-2.0 */
/* The options that choose a policy out of a profile, shared by the commands that do. */
#pragma once
#include "cli/command.h"
#include "profile/backend.h"

/* clang-format off */
#define POLICY_OPTION_ROWS                                                                         \
	{ "arguments", 0, "WHICH",                                                                 \
	  "compare arguments of the calls where they decide danger, of all that were recorded "    \
	  "(strict), or of none",                                                                  \
	  false, COMPLETE_WORDS, "danger strict none" },                                           \
	{ "with-entered", 0, NULL, "also allow what exec sessions and probes did", false,          \
	  COMPLETE_NONE, NULL },                                                                   \
	{ "with-denied", 0, NULL,                                                                  \
	  "also allow what a filter in force refused while recording", false, COMPLETE_NONE,       \
	  NULL },                                                                                  \
	{ "without-runtime", 0, NULL, "leave the container runtime's own calls out", false,        \
	  COMPLETE_NONE, NULL },                                                                   \
	{ "without-closure", 0, NULL, "only what was seen, nothing that it implies", false,        \
	  COMPLETE_NONE, NULL },                                                                   \
	{ "serve-only", 0, NULL,                                                                   \
	  "leave out what the workload did only before it was ready", false, COMPLETE_NONE,        \
	  NULL },                                                                                  \
	{ "allow", 0, "CALL", "also allow this system call", true, COMPLETE_NONE, NULL },          \
	{ "static", 0, "FILE",                                                                     \
	  "the output of merlon profile sweep --json: calls that the code can make, yet were "     \
	  "never recorded",                                                                        \
	  false, COMPLETE_FILE, NULL },                                                            \
	{ "unobserved", 0, "ACTION",                                                               \
	  "what becomes of those: allow them and log each (log, the default), allow, or deny",     \
	  false, COMPLETE_WORDS, "log allow deny" },                                               \
	{ "errno", 0, "NAME", "what a denied call answers (default: ENOSYS, on which libc takes "  \
	  "another call)",                                                                         \
	  false, COMPLETE_WORDS, "ENOSYS EPERM" }
/* clang-format on */

/* Reads them; *allow_names (names from here and from --static's file, owned by the caller) must outlive *o. */
int policy_options_read(const struct arguments *args, struct backend_options *o,
			const char ***allow_names, struct error *err);
