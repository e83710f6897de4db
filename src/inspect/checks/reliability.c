/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps a workload up, and keeps it from taking others down. */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/check.h"

static void need_resource(struct probe *p, const struct container *c, enum resource r)
{
	if (!c->resources[r].value.len)
		probe_fail(p, &c->resources[r].at);
}

static void cpu_request(struct probe *p, const struct workload *w, const struct container *c)
{
	/* A limit alone is taken for the request as well. */
	if (!c->resources[CPU_LIMIT].value.len)
		need_resource(p, c, CPU_REQUEST);
}

static void cpu_limit(struct probe *p, const struct workload *w, const struct container *c)
{
	need_resource(p, c, CPU_LIMIT);
}

static void memory_request(struct probe *p, const struct workload *w, const struct container *c)
{
	if (!c->resources[MEMORY_LIMIT].value.len)
		need_resource(p, c, MEMORY_REQUEST);
}

static void memory_limit(struct probe *p, const struct workload *w, const struct container *c)
{
	need_resource(p, c, MEMORY_LIMIT);
}

static void process_limit(struct probe *p, const struct workload *w, const struct container *c)
{
	if (!c->processes.value.len)
		probe_fail(p, &c->processes.at);
}

static void readiness(struct probe *p, const struct workload *w, const struct container *c)
{
	if (!c->probes[PROBE_READINESS].node)
		probe_fail(p, &c->probes[PROBE_READINESS]);
}

static void liveness(struct probe *p, const struct workload *w, const struct container *c)
{
	if (!c->probes[PROBE_LIVENESS].node)
		probe_fail(p, &c->probes[PROBE_LIVENESS]);
}

static bool same(const struct yaml_node *a, const struct yaml_node *b)
{
	if (a->kind != b->kind || a->count != b->count)
		return false;
	if (a->kind == YAML_SCALAR)
		return text_eq(a->text, b->text);
	for (uint32_t i = 0; i < a->count; i++) {
		const struct yaml_node *x, *y;

		if (a->kind == YAML_MAP && !text_eq(a->entries[i].key, b->entries[i].key))
			return false;
		x = a->kind == YAML_MAP ? a->entries[i].value : a->items[i];
		y = a->kind == YAML_MAP ? b->entries[i].value : b->items[i];
		if (!same(x, y))
			return false;
	}
	return true;
}

static void identical_probes(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct yaml_node *a = c->probes[PROBE_LIVENESS].node,
			       *b = c->probes[PROBE_READINESS].node;

	if (!a || !b)
		probe_skip(p);
	else if (same(a, b))
		probe_fail_value(p, &c->probes[PROBE_LIVENESS], "the same as readinessProbe");
}

static bool has_port(const struct container *c, const struct at *port)
{
	struct text t = at_text(port);
	int64_t n = 0;

	at_number(port, &n);
	for (uint32_t i = 0; i < c->port_count; i++)
		if ((n && c->ports[i].container.value == n) ||
		    (c->ports[i].name.value.data && text_eq(c->ports[i].name.value, t)))
			return true;
	return false;
}

static void probe_port(struct probe *p, const struct workload *w, const struct container *c)
{
	static const char *const ways[] = { "httpGet.port", "tcpSocket.port", "grpc.port" };

	for (int k = 0; k < PROBES; k++) {
		for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
			struct at port = at_member(&c->probes[k], ways[i]);

			if (port.node && !has_port(c, &port))
				probe_fail(p, &port);
		}
	}
}

static void replicas(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "spec.replicas");
	int64_t n = 1;

	if (at.node && !at_number(&at, &n))
		probe_skip(p);
	else if (n < 2)
		probe_fail(p, &at);
}

static void update(struct probe *p, const struct object *o)
{
	struct at type = at_member(&o->root, "spec.strategy.type");

	if (type.node && !text_eq_str(at_text(&type), "RollingUpdate"))
		probe_fail(p, &type);
}

static void spread(struct probe *p, const struct object *o)
{
	const struct workload *w = o->workload;
	struct at n = at_member(&o->root, "spec.replicas");
	int64_t count = 1;

	if (!w || !at_number(&n, &count) || count < 2) {
		probe_skip(p);
	} else {
		struct at apart = at_member(&w->affinity, "podAntiAffinity");

		if (!at_count(&w->spread) && !apart.node)
			probe_fail(p, &w->spread);
	}
}

static void priority(struct probe *p, const struct workload *w)
{
	if (!w->priority_class.value.len)
		probe_fail(p, &w->priority_class.at);
}

static void deadline(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "spec.startingDeadlineSeconds");

	if (!at.node)
		probe_fail(p, &at);
}

static void history(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "spec.ttlSecondsAfterFinished");

	if (!at.node)
		probe_fail(p, &at);
}

static void restart(struct probe *p, const struct workload *w)
{
	if (!w->restart_policy.value.data || word_is(&w->restart_policy, "Always"))
		probe_fail(p, &w->restart_policy.at);
}

static void duplicate_env(struct probe *p, const struct workload *w, const struct container *c)
{
	for (uint32_t i = 0; i < c->env_count; i++)
		for (uint32_t k = 0; k < i; k++)
			if (c->env[i].name.value.len &&
			    text_eq(c->env[i].name.value, c->env[k].name.value)) {
				probe_fail(p, &c->env[i].name.at);
				break;
			}
}

static void naked_pod(struct probe *p, const struct object *o)
{
	struct at owners = at_member(&o->root, "metadata.ownerReferences");
	struct at name = at_member(&o->root, "metadata.name");

	if (!at_count(&owners))
		probe_fail_value(p, &name, "no controller owns it");
}

/* Since when each is no longer served: the deprecation guide of Kubernetes. */
static const struct gone {
	const char *kind, *version;
	unsigned minor;
	const char *now;
} gone[] = {
	{ "Deployment", "extensions/v1beta1", 16, "apps/v1" },
	{ "Deployment", "apps/v1beta1", 16, "apps/v1" },
	{ "Deployment", "apps/v1beta2", 16, "apps/v1" },
	{ "DaemonSet", "extensions/v1beta1", 16, "apps/v1" },
	{ "DaemonSet", "apps/v1beta2", 16, "apps/v1" },
	{ "ReplicaSet", "extensions/v1beta1", 16, "apps/v1" },
	{ "ReplicaSet", "apps/v1beta2", 16, "apps/v1" },
	{ "StatefulSet", "apps/v1beta1", 16, "apps/v1" },
	{ "StatefulSet", "apps/v1beta2", 16, "apps/v1" },
	{ "NetworkPolicy", "extensions/v1beta1", 16, "networking.k8s.io/v1" },
	{ "PodSecurityPolicy", "extensions/v1beta1", 16, "Pod Security Admission" },
	{ "Ingress", "extensions/v1beta1", 22, "networking.k8s.io/v1" },
	{ "Ingress", "networking.k8s.io/v1beta1", 22, "networking.k8s.io/v1" },
	{ "Role", "rbac.authorization.k8s.io/v1beta1", 22, "rbac.authorization.k8s.io/v1" },
	{ "ClusterRole", "rbac.authorization.k8s.io/v1beta1", 22, "rbac.authorization.k8s.io/v1" },
	{ "RoleBinding", "rbac.authorization.k8s.io/v1beta1", 22, "rbac.authorization.k8s.io/v1" },
	{ "ClusterRoleBinding", "rbac.authorization.k8s.io/v1beta1", 22,
	  "rbac.authorization.k8s.io/v1" },
	{ "MutatingWebhookConfiguration", "admissionregistration.k8s.io/v1beta1", 22,
	  "admissionregistration.k8s.io/v1" },
	{ "ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1beta1", 22,
	  "admissionregistration.k8s.io/v1" },
	{ "CronJob", "batch/v1beta1", 25, "batch/v1" },
	{ "CronJob", "batch/v2alpha1", 21, "batch/v1" },
	{ "PodDisruptionBudget", "policy/v1beta1", 25, "policy/v1" },
	{ "HorizontalPodAutoscaler", "autoscaling/v2beta1", 25, "autoscaling/v2" },
	{ "HorizontalPodAutoscaler", "autoscaling/v2beta2", 26, "autoscaling/v2" },
};

static void old_version(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "apiVersion");

	for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
		if (text_eq_str(o->kind_name, gone[i].kind) &&
		    text_eq_str(o->api_version, gone[i].version))
			probe_fail_value(p, &at, "%s: %s since 1.%u, use %s", gone[i].version,
					 probe_version(p) >= gone[i].minor ? "not served" : "ends",
					 gone[i].minor, gone[i].now);
}

static void zero_budget(struct probe *p, const struct object *o)
{
	struct at most = at_member(&o->root, "spec.maxUnavailable");
	struct at least = at_member(&o->root, "spec.minAvailable");

	if (text_eq_str(at_text(&most), "0") || text_eq_str(at_text(&most), "0%"))
		probe_fail(p, &most);
	if (text_eq_str(at_text(&least), "100%"))
		probe_fail(p, &least);
}

static void empty_budget(struct probe *p, const struct object *o)
{
	struct at most = at_member(&o->root, "spec.maxUnavailable");
	struct at least = at_member(&o->root, "spec.minAvailable");

	if (!most.node && !least.node)
		probe_fail(p, &least);
}

static void scaler_minimum(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "spec.minReplicas");
	int64_t n = 1;

	at_number(&at, &n);
	if (n < 2)
		probe_fail(p, &at);
}

#define FACTS .category = CATEGORY_RELIABILITY
#define EACH FACTS, .kinds = KINDS_WORKLOAD, .containers = 1 << CONTAINER_MAIN
/* What a runtime can hold a container to as well. */
#define LIMIT FACTS, .kinds = KINDS_CONTAINER, .containers = 1 << CONTAINER_MAIN
#define SERVING_OR(others)                                                                    \
	FACTS,                                                                                \
		.kinds = (KINDS_WORKLOAD & ~(KIND_BIT(KIND_JOB) | KIND_BIT(KIND_CRON_JOB))) | \
			 (others),                                                            \
		.containers = 1 << CONTAINER_MAIN
#define SERVING SERVING_OR(0)
#define REPLICATED \
	(KIND_BIT(KIND_DEPLOYMENT) | KIND_BIT(KIND_STATEFUL_SET) | KIND_BIT(KIND_ROLLOUT))
#define RESOURCES_PAGE \
	"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"
#define PROBES_PAGE \
	"https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"

static const struct check checks[] = {
	{ .id = "MRL-501",
	  .name = "cpu-request",
	  .title = "No CPU is requested",
	  .attack = "Starves beside a busy or hostile neighbour.",
	  .suggest = "Set resources.requests.cpu.",
	  .aliases =
		  "cpuRequestsMissing C-0268 C-0050 KSV-0015 unset-cpu-requirements container-resources RequestsCPU CKV_K8S_10",
	  .links = RESOURCES_PAGE,
	  .severity = SEVERITY_LOW,
	  EACH,
	  .container = cpu_request },
	{ .id = "MRL-502",
	  .name = "cpu-limit",
	  .title = "CPU use has no limit",
	  .attack = "A miner in it takes all that the node has left.",
	  .suggest = "Set resources.limits.cpu.",
	  .suggest_bundle = "Set linux.resources.cpu.quota (--cpus).",
	  .aliases =
		  "cpuLimitsMissing C-0270 C-0050 docker-5.12 KSV-0011 unset-cpu-requirements container-resources LimitsCPU CKV_K8S_11",
	  .links = RESOURCES_PAGE,
	  .severity = SEVERITY_MEDIUM,
	  LIMIT,
	  .container = cpu_limit },
	{ .id = "MRL-503",
	  .name = "memory-request",
	  .title = "No memory is requested",
	  .attack = "Is among the first to be evicted.",
	  .suggest = "Set resources.requests.memory.",
	  .aliases =
		  "memoryRequestsMissing C-0269 C-0004 KSV-0016 unset-memory-requirements container-resources RequestsMemory "
		  "CKV_K8S_12",
	  .links = RESOURCES_PAGE,
	  .severity = SEVERITY_LOW,
	  EACH,
	  .container = memory_request },
	{ .id = "MRL-504",
	  .name = "memory-limit",
	  .title = "Memory use has no limit",
	  .attack = "Takes the node's memory, and with it the other pods on it.",
	  .suggest = "Set resources.limits.memory.",
	  .suggest_bundle = "Set linux.resources.memory.limit (--memory).",
	  .aliases =
		  "memoryLimitsMissing C-0271 C-0004 docker-5.11 KSV-0018 unset-memory-requirements container-resources LimitsMemory "
		  "CKV_K8S_13",
	  .links = RESOURCES_PAGE,
	  .severity = SEVERITY_MEDIUM,
	  LIMIT,
	  .container = memory_limit },
	{ .id = "MRL-507",
	  .name = "no-readiness-probe",
	  .title = "Nothing says when it is ready",
	  .attack = "Requests reach it while it can't answer.",
	  .suggest = "Add a readinessProbe.",
	  .aliases = "readinessProbeMissing C-0018 pod-probes CKV_K8S_9",
	  .links = PROBES_PAGE,
	  .severity = SEVERITY_LOW,
	  SERVING,
	  .container = readiness },
	{ .id = "MRL-508",
	  .name = "no-liveness-probe",
	  .title = "Nothing says whether it still works",
	  .attack = "Stays broken until somebody looks.",
	  .suggest = "Add a livenessProbe.",
	  .suggest_bundle = "Add a HEALTHCHECK to its image, or --health-cmd.",
	  .aliases = "livenessProbeMissing C-0056 pod-probes CKV_K8S_8 docker-5.27",
	  .links = PROBES_PAGE,
	  .severity = SEVERITY_LOW,
	  SERVING_OR(KINDS_DOCKER),
	  .container = liveness },
	{ .id = "MRL-509",
	  .name = "identical-probes",
	  .title = "Liveness and readiness ask the same",
	  .attack = "A busy container is restarted instead of being left alone.",
	  .suggest = "Let liveness ask for less, or less often.",
	  .aliases = "pod-probes-identical",
	  .links = PROBES_PAGE,
	  .severity = SEVERITY_LOW,
	  SERVING,
	  .container = identical_probes },
	{ .id = "MRL-510",
	  .name = "probe-port",
	  .title = "A probe asks a port that is not declared",
	  .attack = "Probably the wrong one: it never becomes ready.",
	  .suggest = "Declare the port, or correct it.",
	  .aliases = "liveness-port readiness-port startup-port",
	  .links = PROBES_PAGE,
	  .severity = SEVERITY_LOW,
	  SERVING,
	  .container = probe_port },
	{ .id = "MRL-511",
	  .name = "replicas",
	  .title = "There is only one of it",
	  .attack = "Is gone while its node is.",
	  .suggest = "Set replicas to 2 or more.",
	  .aliases = "deploymentMissingReplicas minimum-three-replicas deployment-replicas",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  FACTS,
	  .kinds = REPLICATED,
	  .object = replicas },
	{ .id = "MRL-512",
	  .name = "no-rolling-update-strategy",
	  .title = "An update stops it before the new one runs",
	  .attack = "Is gone during each update.",
	  .suggest = "Set strategy.type: RollingUpdate.",
	  .aliases = "C-0305 deployment-strategy",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  FACTS,
	  .kinds = KIND_BIT(KIND_DEPLOYMENT),
	  .object = update },
	{ .id = "MRL-513",
	  .name = "no-anti-affinity",
	  .title = "Its replicas may all be on one node",
	  .attack = "Are gone together.",
	  .suggest = "Set topologySpreadConstraints.",
	  .aliases =
		  "topologySpreadConstraint pod-topology-spread pod-topology-spread-constraints deployment-has-host-podantiaffinity "
		  "statefulset-has-host-podantiaffinity",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  FACTS,
	  .kinds = REPLICATED,
	  .object = spread },
	{ .id = "MRL-514",
	  .name = "priority-class",
	  .title = "It has no priority",
	  .attack = "Is evicted as soon as anything else.",
	  .suggest = "Name a priorityClassName.",
	  .aliases = "priorityClassNotSet priority-class-name",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  .optional = true,
	  FACTS,
	  .kinds = KINDS_WORKLOAD,
	  .pod = priority },
	{ .id = "MRL-515",
	  .name = "cronjob-has-deadline",
	  .title = "A missed run is made up for however late",
	  .attack = "Runs pile up after an outage.",
	  .suggest = "Set startingDeadlineSeconds.",
	  .aliases = "",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  FACTS,
	  .kinds = KIND_BIT(KIND_CRON_JOB),
	  .object = deadline },
	{ .id = "MRL-516",
	  .name = "job-ttl-seconds-after-finished",
	  .title = "A finished job stays for ever",
	  .attack = "Its pods keep their logs, volumes and names.",
	  .suggest = "Set ttlSecondsAfterFinished.",
	  .aliases = "",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  FACTS,
	  .kinds = KIND_BIT(KIND_JOB),
	  .object = history },
	{ .id = "MRL-517",
	  .name = "job-restart-policy",
	  .title = "A job's pods say Always, which jobs can't",
	  .attack = "The API server refuses it.",
	  .suggest = "Set restartPolicy to OnFailure or Never.",
	  .aliases = "restart-policy cronjob-restartpolicy job-restartpolicy",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  FACTS,
	  .kinds = KIND_BIT(KIND_JOB) | KIND_BIT(KIND_CRON_JOB),
	  .pod = restart },
	{ .id = "MRL-518",
	  .name = "duplicate-env-var",
	  .title = "A variable is set twice",
	  .attack = "The last one counts: what a reviewer saw may not be what runs.",
	  .suggest = "Remove one.",
	  .aliases = "C-0295 environment-variable-key-duplication",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  FACTS,
	  .kinds = KINDS_WORKLOAD,
	  .container = duplicate_env },
	{ .id = "MRL-519",
	  .name = "naked-pod",
	  .title = "No controller keeps the pod",
	  .attack = "Is not started again when its node is gone.",
	  .suggest = "Make it a Deployment or a Job.",
	  .aliases = "nakedPod C-0073",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  FACTS,
	  .kinds = KIND_BIT(KIND_POD),
	  .object = naked_pod },
	{ .id = "MRL-520",
	  .name = "deprecated-api",
	  .title = "The API version is going away or gone",
	  .attack = "The cluster refuses it after an update.",
	  .suggest = "Use the version that is named.",
	  .aliases = "KSV-0107 no-extensions-v1beta stable-version",
	  .links = "https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
	  .severity = SEVERITY_LOW,
	  FACTS,
	  .kinds = KINDS_ANY & ~(KINDS_BUNDLE | KINDS_IMAGE),
	  .object = old_version },
	{ .id = "MRL-521",
	  .name = "pdb-zero-disruptions",
	  .title = "The budget allows no disruption at all",
	  .attack = "Nodes can't be drained, so they are not updated.",
	  .suggest = "Allow at least one.",
	  .aliases = "pdbDisruptionsIsZero pdb-max-unavailable pdb-min-available",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  FACTS,
	  .kinds = KIND_BIT(KIND_DISRUPTION_BUDGET),
	  .object = zero_budget },
	{ .id = "MRL-539",
	  .name = "pdb-without-policy",
	  .title = "The budget does not say how many must stay",
	  .attack = "It is as if it were not there: draining nodes may stop all of them at once.",
	  .suggest = "Set minAvailable or maxUnavailable.",
	  .aliases = "poddisruptionbudget-has-policy",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  FACTS,
	  .kinds = KIND_BIT(KIND_DISRUPTION_BUDGET),
	  .object = empty_budget },
	{ .id = "MRL-522",
	  .name = "hpa-minimum",
	  .title = "The autoscaler goes down to one replica",
	  .attack = "Is gone while its node is.",
	  .suggest = "Set minReplicas to 2 or more.",
	  .aliases =
		  "hpaMinAvailability hpa-minimum-three-replicas horizontalpodautoscaler-replicas",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  FACTS,
	  .kinds = KIND_BIT(KIND_AUTOSCALER),
	  .object = scaler_minimum },
	{ .id = "MRL-523",
	  .name = "no-process-limit",
	  .title = "The number of its processes has no limit",
	  .attack = "A fork bomb takes the process numbers of the whole host.",
	  .suggest = "Set linux.resources.pids.limit (--pids-limit).",
	  .aliases = "docker-5.29",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  FACTS,
	  .kinds = KINDS_BUNDLE,
	  .container = process_limit },
};

const struct check_group checks_reliability = { checks, ARRAY_SIZE(checks) };
