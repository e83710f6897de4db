/* SPDX-License-Identifier: Apache-2.0 */
/* Undoing what was done, whether or not a guard runs: all that is needed is in the ledger. */
#pragma once
#include "respond/ledger.h"
#include "respond/target.h"

/* The entry's state is "undone" afterwards. -EOPNOTSUPP: what it did can't be undone; -EINVAL: it is undone. */
int response_undo(const struct ledger *l, const struct target_limits *limits, json_t *entry,
		  struct error *err);

/* All that are in force of a policy (0: of any); returns how many were undone, *failed how many could not be. */
size_t response_undo_all(const struct ledger *l, const struct target_limits *limits,
			 uint64_t policy, size_t *failed);
