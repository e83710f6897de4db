/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was done, and how it is undone: a file for each response, in a directory of root's own. It is not beside the
 * store: whoever writes alerts could forge there what root is to undo. An entry is written before anything is done, so
 * that whatever a killed hand has begun can be undone; each write happens whole or not at all.
 *
 * Entry: { "id", "time", "action", "scope", "state", "rule", "entry", "alert", "container", "name", "pid", "text",
 * "policy", "undo": {...} }
 */
#pragma once
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define LEDGER_PATH "/var/lib/merlon-respond"

struct ledger {
	char directory[PATH_MAX - 256];
};

/* States: "begun", "done", "failed", "undone". */

/* Makes the directory; -EPERM: it is somebody else's, or open to others. Forgets the oldest of what is over. */
int ledger_open(struct ledger *ret, const char *directory, struct error *err);

int ledger_put(const struct ledger *l, const json_t *entry, struct error *err);
/* By its id or the end of it (4 digits or more): ids of one time begin alike. -ENOENT: none; -EINVAL: several. */
int ledger_find(const struct ledger *l, const char *name, json_t **ret, struct error *err);
/* All, oldest first, until fn returns other than 0, which is passed on. */
int ledger_each(const struct ledger *l, int (*fn)(json_t *entry, void *arg), void *arg,
		struct error *err);

/* Whether it is in force: done or begun, and nobody has undone it. */
bool ledger_is_active(const json_t *entry);

/* "DIRECTORY/NAME/ID"; -errno. Made with mode 0700. */
int ledger_room(const struct ledger *l, const char *name, const char *id, char out[PATH_MAX],
		struct error *err);

/* The switch: while it is off, nothing is done by anybody. */
bool ledger_is_off(const struct ledger *l);
int ledger_switch(const struct ledger *l, bool off, struct error *err);

/* Which policy was confirmed, and which waits for it; 0: none. */
uint64_t ledger_confirmed(const struct ledger *l);
uint64_t ledger_pending(const struct ledger *l);
int ledger_set_pending(const struct ledger *l, uint64_t policy, struct error *err);
int ledger_confirm(const struct ledger *l, uint64_t policy, struct error *err);
