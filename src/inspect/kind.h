/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of objects that are understood. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum kind {
	KIND_POD,
	KIND_DEPLOYMENT,
	KIND_DAEMON_SET,
	KIND_STATEFUL_SET,
	KIND_REPLICA_SET,
	KIND_REPLICATION_CONTROLLER,
	KIND_JOB,
	KIND_CRON_JOB,
	KIND_POD_TEMPLATE,
	KIND_ROLLOUT,
	KIND_KNATIVE_SERVICE,
	KIND_KNATIVE_CONFIGURATION,
	KIND_KNATIVE_REVISION,
	KIND_DEPLOYMENT_CONFIG,
	KIND_ROLE,
	KIND_CLUSTER_ROLE,
	KIND_ROLE_BINDING,
	KIND_CLUSTER_ROLE_BINDING,
	KIND_SERVICE,
	KIND_INGRESS,
	KIND_NETWORK_POLICY,
	KIND_NAMESPACE,
	KIND_SERVICE_ACCOUNT,
	KIND_CONFIG_MAP,
	KIND_SECRET,
	KIND_MUTATING_WEBHOOK,
	KIND_VALIDATING_WEBHOOK,
	KIND_DISRUPTION_BUDGET,
	KIND_AUTOSCALER,
	KIND_PERSISTENT_VOLUME,
	KIND_GATEWAY,
	KIND_NODE,
	KIND_LIMIT_RANGE,
	KIND_RESOURCE_QUOTA,
	KIND_SECURITY_CONTEXT_CONSTRAINTS,
	KIND_STORAGE_CLASS,
	KIND_SERVICE_MONITOR, /* of the Prometheus operator */
	KIND_CLUSTER, /* what merlon inspect --cluster learned besides: no object of a cluster */
	KIND_OCI_CONTAINER, /* an OCI bundle's config.json: no object of a cluster */
	KIND_DOCKER_CONTAINER, /* the same as Docker keeps it, with the bundle that it made of it or without */
	KIND_IMAGE,	       /* neither: an image, with its files */
	/* What host/ finds on a host: no objects of a cluster either. */
	KIND_DOCKER_DAEMON,
	KIND_CONTAINERD,
	KIND_CRIO,
	KIND_CONTAINER_TOOLS, /* what podman, buildah, skopeo and CRI-O read: containers.conf, registries.conf */
	KIND_KUBELET,
	KIND_KUBE_PROXY,
	KIND_API_SERVER,
	KIND_CONTROLLER_MANAGER,
	KIND_SCHEDULER,
	KIND_ETCD,
	KIND_HOST,
	KINDS
};

struct kind_def {
	const char *name;
	const char *groups;   /* of the API, separated by blanks; "-" is the core group */
	const char *pod;      /* where the PodSpec is; NULL: it has none */
	const char *pod_meta; /* where the pods' metadata are; NULL: the object's own */
	bool cluster;	      /* not in a namespace */
};

extern const struct kind_def kinds[KINDS];

#define KIND_BIT(k) ((uint64_t)1 << (k))
#define KINDS_WORKLOAD (KIND_BIT(KIND_DEPLOYMENT_CONFIG + 1) - 1)
#define KINDS_KNATIVE                                                            \
	(KIND_BIT(KIND_KNATIVE_SERVICE) | KIND_BIT(KIND_KNATIVE_CONFIGURATION) | \
	 KIND_BIT(KIND_KNATIVE_REVISION))
/* What has a workload, of a cluster or not. */
#define KINDS_CONTAINER (KINDS_WORKLOAD | KINDS_BUNDLE)
#define KINDS_BUNDLE (KIND_BIT(KIND_OCI_CONTAINER) | KINDS_DOCKER)
#define KINDS_DOCKER KIND_BIT(KIND_DOCKER_CONTAINER)
#define KINDS_IMAGE KIND_BIT(KIND_IMAGE)
#define KINDS_HOST (KIND_BIT(KIND_HOST + 1) - KIND_BIT(KIND_DOCKER_DAEMON))
/* All but what host/ finds. */
#define KINDS_ANY ((KIND_BIT(KINDS) - 1) & ~KINDS_HOST)
/* What nothing is known about: only checks that somebody wrote are asked. */
#define KINDS_OTHER ((uint64_t)1 << 63)

/* The kind called name in the group of an apiVersion ("apps/v1"), or -1. */
int kind_find(struct text name, struct text api_version);
