/* SPDX-License-Identifier: Apache-2.0 */
/* Where things are put and when they run, how many of them there are, and what may take them away. */
#include "base/cleanup.h"
#include "inspect/check.h"

static void eviction_policy(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "spec.unhealthyPodEvictionPolicy");

	if (!text_eq_str(at_text(&at), "AlwaysAllow"))
		probe_fail(p, &at);
}

static void scaler_range(struct probe *p, const struct object *o)
{
	struct at most = at_member(&o->root, "spec.maxReplicas"),
		  least = at_member(&o->root, "spec.minReplicas");
	int64_t high, low = 1;

	if (!at_number(&most, &high) || (least.node && !at_number(&least, &low)))
		probe_skip(p);
	else if (high <= low)
		probe_fail(p, &most);
}

static void node_affinity(struct probe *p, const struct workload *w)
{
	struct at at = at_member(&w->affinity, "nodeAffinity");

	if (!at.node && !at_count(&w->node_selector))
		probe_fail(p, &at);
}

static void on_schedule(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "spec.schedule"),
		  off = at_member(&o->root, "spec.suspend");

	if (!at_is_true(&off))
		probe_fail(p, &at);
}

static void shared_kernel(struct probe *p, const struct workload *w)
{
	if (!w->runtime_class.value.len)
		probe_fail(p, &w->runtime_class.at);
}

#define FACTS .category = CATEGORY_RELIABILITY

static const struct check checks[] = {
	{ .id = "MRL-524",
	  .name = "pdb-unhealthy-pod-eviction-policy",
	  .title = "Pods that are broken anyway keep their node",
	  .attack = "Nodes can't be drained while it does not start, so they are not updated.",
	  .suggest = "Set unhealthyPodEvictionPolicy: AlwaysAllow.",
	  .aliases = "",
	  .links = "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
	  .since = 27,
	  .severity = SEVERITY_LOW,
	  FACTS,
	  .kinds = KIND_BIT(KIND_DISRUPTION_BUDGET),
	  .object = eviction_policy },
	{ .id = "MRL-525",
	  .name = "hpa-range",
	  .title = "The autoscaler has nothing to scale to",
	  .attack = "A flood of requests is met by as many as there were before.",
	  .suggest = "Set maxReplicas above minReplicas.",
	  .aliases = "hpaMaxAvailability",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  FACTS,
	  .kinds = KIND_BIT(KIND_AUTOSCALER),
	  .object = scaler_range },
	{ .id = "MRL-526",
	  .name = "no-node-affinity",
	  .title = "It may run on any node",
	  .attack = "Comes to stand beside what should be kept apart from it.",
	  .suggest = "Set affinity.nodeAffinity, or a nodeSelector.",
	  .aliases = "",
	  .links = "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/",
	  .severity = SEVERITY_LOW,
	  .optional = true,
	  FACTS,
	  .kinds = KINDS_WORKLOAD,
	  .pod = node_affinity },
	{ .id = "MRL-527",
	  .name = "cron-job",
	  .title = "Something runs on a schedule",
	  .attack = "Comes back after everything else was cleaned up: know each one that there is.",
	  .suggest = "Suspend it, or exempt it with the reason why it is there.",
	  .aliases = "C-0026",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  .optional = true,
	  FACTS,
	  .kinds = KIND_BIT(KIND_CRON_JOB),
	  .object = on_schedule },
	{ .id = "MRL-126",
	  .name = "shared-kernel",
	  .title = "The pod runs on the node's own kernel",
	  .attack = "One bug in the kernel, and code that nobody vouches for is on the node.",
	  .suggest = "Name a runtimeClassName of a sandbox (gVisor, Kata) for what is not trusted.",
	  .aliases = "C-0297 ack-6.6.3",
	  .links = "https://kubernetes.io/docs/concepts/containers/runtime-class/",
	  .severity = SEVERITY_LOW,
	  .optional = true,
	  .category = CATEGORY_PRIVILEGE,
	  .kinds = KINDS_WORKLOAD,
	  .pod = shared_kernel },
};

const struct check_group checks_scheduling = { checks, ARRAY_SIZE(checks) };
