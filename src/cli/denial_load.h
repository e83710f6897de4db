/* SPDX-License-Identifier: Apache-2.0 */
/* Denials out of what somebody kept of them: files, and the store of alerts. */
#pragma once
#include "cli/command.h"
#include "profile/denial.h"

struct denials_loaded {
	denial_list list;
	uint64_t lost;	   /* they were too many */
	const char *label; /* of alerts, only those of rules that begin with this name; NULL: all */
};

/*
 * Adds those of a file: lines of merlon confine watch, alerts as lines of JSON or in a list, or a log that has the kernel's
 * audit records.
 */
int denials_load_file(struct denials_loaded *to, const char *file, struct error *err);
/* Those of the alerts in the store (the options --store and --since). */
int denials_load_store(struct denials_loaded *to, const struct arguments *args, struct error *err);
void denials_loaded_deinit(struct denials_loaded *d);
#define cleanup_denials_loaded cleanup(denials_loaded_deinit)
