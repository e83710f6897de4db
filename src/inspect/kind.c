/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/kind.h"

#include <assert.h>

#include "base/cleanup.h"

#define TEMPLATE .pod = "spec.template.spec", .pod_meta = "spec.template.metadata"
#define HOST "host.merlon", .cluster = true
#define RBAC "rbac.authorization.k8s.io"

const struct kind_def kinds[KINDS] = {
	[KIND_POD] = { "Pod", "-", .pod = "spec" },
	[KIND_DEPLOYMENT] = { "Deployment", "apps extensions", TEMPLATE },
	[KIND_DAEMON_SET] = { "DaemonSet", "apps extensions", TEMPLATE },
	[KIND_STATEFUL_SET] = { "StatefulSet", "apps", TEMPLATE },
	[KIND_REPLICA_SET] = { "ReplicaSet", "apps extensions", TEMPLATE },
	[KIND_REPLICATION_CONTROLLER] = { "ReplicationController", "-", TEMPLATE },
	[KIND_JOB] = { "Job", "batch", TEMPLATE },
	[KIND_CRON_JOB] = { "CronJob", "batch", .pod = "spec.jobTemplate.spec.template.spec",
			    .pod_meta = "spec.jobTemplate.spec.template.metadata" },
	[KIND_POD_TEMPLATE] = { "PodTemplate", "-", .pod = "template.spec",
				.pod_meta = "template.metadata" },
	[KIND_ROLLOUT] = { "Rollout", "argoproj.io", TEMPLATE },
	[KIND_KNATIVE_SERVICE] = { "Service", "serving.knative.dev", TEMPLATE },
	[KIND_KNATIVE_CONFIGURATION] = { "Configuration", "serving.knative.dev", TEMPLATE },
	[KIND_KNATIVE_REVISION] = { "Revision", "serving.knative.dev", .pod = "spec" },
	[KIND_DEPLOYMENT_CONFIG] = { "DeploymentConfig", "apps.openshift.io -", TEMPLATE },
	[KIND_ROLE] = { "Role", RBAC },
	[KIND_CLUSTER_ROLE] = { "ClusterRole", RBAC, .cluster = true },
	[KIND_ROLE_BINDING] = { "RoleBinding", RBAC },
	[KIND_CLUSTER_ROLE_BINDING] = { "ClusterRoleBinding", RBAC, .cluster = true },
	[KIND_SERVICE] = { "Service", "-" },
	[KIND_INGRESS] = { "Ingress", "networking.k8s.io extensions" },
	[KIND_NETWORK_POLICY] = { "NetworkPolicy", "networking.k8s.io extensions" },
	[KIND_NAMESPACE] = { "Namespace", "-", .cluster = true },
	[KIND_SERVICE_ACCOUNT] = { "ServiceAccount", "-" },
	[KIND_CONFIG_MAP] = { "ConfigMap", "-" },
	[KIND_SECRET] = { "Secret", "-" },
	[KIND_MUTATING_WEBHOOK] = { "MutatingWebhookConfiguration", "admissionregistration.k8s.io",
				    .cluster = true },
	[KIND_VALIDATING_WEBHOOK] = { "ValidatingWebhookConfiguration",
				      "admissionregistration.k8s.io", .cluster = true },
	[KIND_DISRUPTION_BUDGET] = { "PodDisruptionBudget", "policy" },
	[KIND_AUTOSCALER] = { "HorizontalPodAutoscaler", "autoscaling" },
	[KIND_PERSISTENT_VOLUME] = { "PersistentVolume", "-", .cluster = true },
	[KIND_GATEWAY] = { "Gateway", "gateway.networking.k8s.io networking.istio.io" },
	[KIND_NODE] = { "Node", "-", .cluster = true },
	[KIND_LIMIT_RANGE] = { "LimitRange", "-" },
	[KIND_RESOURCE_QUOTA] = { "ResourceQuota", "-" },
	[KIND_SECURITY_CONTEXT_CONSTRAINTS] = { "SecurityContextConstraints",
						"security.openshift.io", .cluster = true },
	[KIND_STORAGE_CLASS] = { "StorageClass", "storage.k8s.io", .cluster = true },
	[KIND_SERVICE_MONITOR] = { "ServiceMonitor", "monitoring.coreos.com" },
	[KIND_CLUSTER] = { "Cluster", "merlon", .cluster = true },
	[KIND_OCI_CONTAINER] = { "Container", "" }, /* no API has it */
	[KIND_DOCKER_CONTAINER] = { "Container", "" },
	[KIND_IMAGE] = { "Image", "" },
	[KIND_DOCKER_DAEMON] = { "DockerDaemon", HOST },
	[KIND_CONTAINERD] = { "Containerd", HOST },
	[KIND_CRIO] = { "CriO", HOST },
	[KIND_CONTAINER_TOOLS] = { "ContainerTools", HOST },
	[KIND_KUBELET] = { "Kubelet", HOST },
	[KIND_KUBE_PROXY] = { "KubeProxy", HOST },
	[KIND_API_SERVER] = { "ApiServer", HOST },
	[KIND_CONTROLLER_MANAGER] = { "ControllerManager", HOST },
	[KIND_SCHEDULER] = { "Scheduler", HOST },
	[KIND_ETCD] = { "Etcd", HOST },
	[KIND_HOST] = { "Host", HOST },
};
static_assert(KINDS <= 63, "a bit for each");
static_assert(KIND_POD == 0 && KIND_DEPLOYMENT_CONFIG + 1 == KIND_ROLE, "workloads come first");

static bool has_group(const char *groups, struct text group)
{
	while (*groups) {
		size_t len = strcspn(groups, " ");

		if (len == group.len && !memcmp(groups, group.data, len))
			return true;
		groups += len + (groups[len] == ' ');
	}
	return false;
}

int kind_find(struct text name, struct text api_version)
{
	const char *slash = api_version.len ? memchr(api_version.data, '/', api_version.len) : NULL;
	struct text group = slash ? text_from(api_version.data,
					      (size_t)(slash - api_version.data)) :
				    TEXT("-");

	for (int k = 0; k < KINDS; k++)
		if (text_eq_str(name, kinds[k].name) && has_group(kinds[k].groups, group))
			return k;
	return -1;
}
