/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about a workload that more than one layer asks, answered from its profile. */
#pragma once
#include "base/string_list.h"
#include "profile/access.h"

/* True if the workload made one of these calls, and was not refused it; names end with NULL. */
bool needs_call(const struct profile *p, const struct policy_options *o, const char *const *names);

/*
 * Why it must be able to gain privileges by executing a file (set-user-ID, file capabilities), as the
 * end of a sentence that is static; NULL: nothing says so.
 */
const char *needs_escalation(const struct profile *p, const struct policy_options *o,
			     const struct access_list *files);

/*
 * Directories of the root file system in which it writes, makes or removes something, as text for
 * people and without patterns: those of volumes and of virtual file systems are not among them, nor
 * those below another of the list. None: the root file system may be read-only.
 */
int needs_written(string_list *list, const struct access_list *files);
