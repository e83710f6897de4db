/* SPDX-License-Identifier: Apache-2.0 */
#include "respond/undo.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "respond/job.h"

static const struct undo_def {
	enum hand_action action;
	int (*undo)(const struct target_limits *l, const json_t *undo, struct error *err);
} undoes[] = {
	{ HAND_FREEZE, undo_freeze },
	{ HAND_ISOLATE, undo_isolate },
	{ HAND_QUARANTINE, undo_quarantine },
};

static const struct undo_def *find(const json_t *entry)
{
	const char *action = json_string_value(json_object_get(entry, "action"));

	for (size_t i = 0; action && i < ARRAY_SIZE(undoes); i++)
		if (str_eq(hand_actions[undoes[i].action], action))
			return &undoes[i];
	return NULL;
}

int response_undo(const struct ledger *l, const struct target_limits *limits, json_t *entry,
		  struct error *err)
{
	const char *id = json_string_value(json_object_get(entry, "id")),
		   *action = json_string_value(json_object_get(entry, "action")),
		   *state = json_string_value(json_object_get(entry, "state"));
	const struct undo_def *def = find(entry);
	char now[CLOCK_TEXT_MAX];
	int r;

	if (!def)
		return error_set(err, EOPNOTSUPP, "%s: \"%s\" can't be undone", id,
				 action ? action : "?");
	if (state && str_eq(state, "undone"))
		return error_set(err, EINVAL, "%s was undone before", id);
	if (!ledger_is_active(entry))
		return error_set(err, EINVAL, "%s did nothing that could be undone", id);
	r = def->undo(limits, json_object_get(entry, "undo"), err);
	if (r)
		return r;
	clock_format(clock_wall_ns(), now);
	json_object_set_new(entry, "state", json_string("undone"));
	json_object_set_new(entry, "undone", json_string(now));
	return ledger_put(l, entry, err);
}

struct all {
	const struct ledger *l;
	const struct target_limits *limits;
	uint64_t policy;
	size_t undone, failed;
};

static int undo_one(json_t *entry, void *arg)
{
	struct all *a = arg;
	const char *policy = json_string_value(json_object_get(entry, "policy"));
	char wanted[17];

	snprintf(wanted, sizeof(wanted), "%016" PRIx64, a->policy);
	if (!ledger_is_active(entry) || !find(entry) ||
	    (a->policy && !(policy && str_eq(policy, wanted))))
		return 0;
	if (response_undo(a->l, a->limits, entry, NULL))
		a->failed++;
	else
		a->undone++;
	return 0;
}

size_t response_undo_all(const struct ledger *l, const struct target_limits *limits,
			 uint64_t policy, size_t *failed)
{
	struct all a = { .l = l, .limits = limits, .policy = policy };

	ledger_each(l, undo_one, &a, NULL);
	*failed = a.failed;
	return a.undone;
}
