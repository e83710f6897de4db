/* SPDX-License-Identifier: Apache-2.0 */
/* What is requested beside what may be used. */
#include "base/cleanup.h"
#include "inspect/check.h"

static void equal(struct probe *p, struct text request, struct text limit, const struct at *at)
{
	if (!request.len || !limit.len)
		probe_skip(p); /* without a request it is the limit */
	else if (!text_eq(request, limit))
		probe_fail(p, at);
}

static void memory_equal(struct probe *p, const struct workload *w, const struct container *c)
{
	equal(p, c->resources[MEMORY_REQUEST].value, c->resources[MEMORY_LIMIT].value,
	      &c->resources[MEMORY_REQUEST].at);
}

static void cpu_equal(struct probe *p, const struct workload *w, const struct container *c)
{
	equal(p, c->resources[CPU_REQUEST].value, c->resources[CPU_LIMIT].value,
	      &c->resources[CPU_REQUEST].at);
}

#define STORAGE "ephemeral-storage"

static void storage(struct probe *p, const struct workload *w, const struct container *c)
{
	struct at limits = at_member(&c->at, "resources.limits"), at = at_key(&limits, STORAGE);

	if (!at.node)
		probe_fail(p, &at);
}

static void storage_equal(struct probe *p, const struct workload *w, const struct container *c)
{
	struct at limits = at_member(&c->at, "resources.limits"),
		  requests = at_member(&c->at, "resources.requests");
	struct at limit = at_key(&limits, STORAGE), request = at_key(&requests, STORAGE);

	equal(p, at_text(&request), at_text(&limit), &request);
}

#define EACH                                                                                       \
	.links = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/", \
	.severity = SEVERITY_LOW, .optional = true, .category = CATEGORY_RELIABILITY,              \
	.kinds = KINDS_WORKLOAD, .containers = 1 << CONTAINER_MAIN

static const struct check checks[] = {
	{ .id = "MRL-505",
	  .name = "memory-requests-equal-limits",
	  .title = "More memory may be used than is requested",
	  .attack = "Is killed when the node is short of memory.",
	  .suggest = "Request what the limit is.",
	  .aliases =
		  "container-memory-requests-equal-limits container-resource-requests-equal-limits",
	  EACH,
	  .container = memory_equal },
	{ .id = "MRL-506",
	  .name = "ephemeral-storage",
	  .title = "The use of the node's disk has no limit",
	  .attack = "Fills it, and the node evicts everybody.",
	  .suggest = "Set resources.limits.ephemeral-storage.",
	  .aliases = "container-ephemeral-storage-request-and-limit",
	  EACH,
	  .container = storage },
	{ .id = "MRL-537",
	  .name = "cpu-requests-equal-limits",
	  .title = "More CPU may be used than is requested",
	  .attack = "Is slowed down by its neighbours, and gets no CPUs of its own.",
	  .suggest = "Request what the limit is.",
	  .aliases = "container-cpu-requests-equal-limits container-resource-requests-equal-limits",
	  EACH,
	  .container = cpu_equal },
	{ .id = "MRL-538",
	  .name = "ephemeral-storage-requests-equal-limits",
	  .title = "More of the node's disk may be used than is requested",
	  .attack = "Is evicted when the node's disk fills.",
	  .suggest = "Request what the limit is.",
	  .aliases = "container-ephemeral-storage-request-equals-limit",
	  EACH,
	  .container = storage_equal },
};

const struct check_group checks_amounts = { checks, ARRAY_SIZE(checks) };
