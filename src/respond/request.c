/* SPDX-License-Identifier: Apache-2.0 */
#include "respond/request.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"

enum { SIGNAL_MAX = 64 };

const char *const hand_actions[] = {
	[HAND_POLICY] = "policy",	  [HAND_KILL] = "kill",
	[HAND_FREEZE] = "freeze",	  [HAND_ISOLATE] = "isolate",
	[HAND_QUARANTINE] = "quarantine", [HAND_CAPTURE] = "capture",
};
static_assert(ARRAY_SIZE(hand_actions) == HAND_ACTIONS, "a name for each");

const char *const hand_scopes[] = {
	[HAND_PROCESS] = "process",
	[HAND_TREE] = "tree",
	[HAND_CONTAINER] = "container",
};
static_assert(ARRAY_SIZE(hand_scopes) == HAND_SCOPES, "a name for each");

const char *const hand_outcomes[] = {
	[HAND_DONE] = "done", [HAND_WOULD] = "would",	  [HAND_ALREADY] = "already",
	[HAND_GONE] = "gone", [HAND_REFUSED] = "refused", [HAND_FAILED] = "failed",
	[HAND_OFF] = "off",
};
static_assert(ARRAY_SIZE(hand_outcomes) == HAND_OUTCOMES, "a name for each");

static bool ends(const char *text, size_t room)
{
	return memchr(text, '\0', room);
}

/* Ids become names of files and parts of paths. */
static bool is_id(const char *id)
{
	if (!isalnum((unsigned char)*id))
		return false;
	for (const char *c = id; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.:", *c))
			return false;
	return true;
}

static bool is_uuid(const char *text)
{
	if (strlen(text) != ALERT_UUID_SIZE - 1)
		return false;
	for (const char *c = text; *c; c++)
		if (!isxdigit((unsigned char)*c) && *c != '-')
			return false;
	return true;
}

/* Absolute, and nowhere upwards. */
static bool is_path(const char *path)
{
	if (path[0] != '/' || !path[1])
		return false;
	for (const char *at = path; at; at = strchr(at + 1, '/'))
		if (!strncmp(at, "/..", 3) && (!at[3] || at[3] == '/'))
			return false;
	return true;
}

static const char *check_texts(const struct hand_request *rq)
{
	if (!ends(rq->container, sizeof(rq->container)) || !ends(rq->alert, sizeof(rq->alert)) ||
	    !ends(rq->rule, sizeof(rq->rule)) || !ends(rq->entry, sizeof(rq->entry)) ||
	    !ends(rq->path, sizeof(rq->path)) || !ends(rq->recent, sizeof(rq->recent)))
		return "a text has no end";
	if (*rq->alert && !is_uuid(rq->alert))
		return "the alert's id is none";
	if (rq->flags & HAND_HOST ? *rq->container != '\0' : !is_id(rq->container))
		return "the container's id is none";
	if (rq->action == HAND_QUARANTINE && !is_path(rq->path))
		return "the path is none";
	return NULL;
}

static const char *check_networks(const struct hand_request *rq)
{
	if (rq->network_count > HAND_NETWORKS || rq->port_count > HAND_PORTS)
		return "too many networks or ports";
	for (uint32_t i = 0; i < rq->network_count; i++) {
		const struct hand_network *n = &rq->networks[i];

		if ((n->family != 4 && n->family != 6) || n->prefix > (n->family == 4 ? 32 : 128))
			return "a network is none";
	}
	return NULL;
}

const char *hand_request_check(const void *data, size_t size)
{
	const struct hand_request *rq = data;
	const char *wrong;

	if (size != sizeof(*rq) || rq->size != sizeof(*rq))
		return "it has another size";
	if (rq->action >= HAND_ACTIONS || rq->scope >= HAND_SCOPES ||
	    rq->flags & ~(uint32_t)HAND_FLAGS)
		return "an action, scope or flag that there is not";
	if (rq->action == HAND_POLICY)
		return NULL;
	wrong = check_texts(rq);
	wrong = wrong ? wrong : check_networks(rq);
	if (wrong)
		return wrong;
	if (rq->pid <= 1)
		return "that process is never touched";
	if (rq->action == HAND_KILL && (!rq->signal || rq->signal > SIGNAL_MAX))
		return "a signal that there is not";
	if (rq->flags & HAND_HOST && (rq->scope == HAND_CONTAINER || rq->action == HAND_FREEZE ||
				      rq->action == HAND_ISOLATE))
		return "the host is no container";
	return NULL;
}
