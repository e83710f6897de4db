/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of the guard's documents: the store, the sinks, the metrics, as the outputs process has them. */
#pragma once
#include "cli/command.h"
#include "guard/guard.h"
#include "guard/last_seen.h"
#include "sinks/outputs.h"

#define GUARD_STATUS_PATH "/run/merlon-guard/status.json"

struct guard_sinks {
	const char *const *sinks; /* words of sink_parse(), NULL-terminated */
	const char *store;	  /* NULL: nothing is stored */
	int64_t keep_ns;	  /* alerts that are older go; 0: none */
	uint64_t keep_bytes;	  /* of the store; the oldest go. 0: no limit */
	const char *metrics;	  /* NULL: no server */
	const char *status;	  /* file that has the last numbers, for merlon top */
	const char *user;	  /* as whom the process runs: whom files are to belong to */
	struct outputs *outputs;
	json_t *numbers; /* the engine's last ones */
	int64_t numbers_ns;
	struct last_seen seen;
	struct watched watched; /* so far, and not yet in seen */
	bool watched_more;
	uint64_t lost_told;   /* of outputs_lost() */
	int64_t lost_told_ns; /* when last, by poller_now(); 0: never */
};

/* Fills in the callbacks; s must live as long as the guard runs. */
void guard_sinks_connect(struct guard_sinks *s, struct guard_outputs *to);
