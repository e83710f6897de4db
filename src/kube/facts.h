/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no object of a cluster says about it: its version, who answers strangers what, and from where. As a
 * document of kind Cluster (merlon/v1), so that checks read it like any other:
 *
 *   {"apiVersion": "merlon/v1", "kind": "Cluster", "metadata": {"name": "prod"},
 *    "server": {"url": "https://...", "address": "203.0.113.7", "plain": false},
 *    "version": {"gitVersion": "v1.34.1", "minor": 34},
 *    "anonymous": {"accepted": true, "answered": ["/api/v1/namespaces"]}}
 */
#pragma once
#include <jansson.h>

#include "kube/client.h"

struct kube_version {
	char git[64];	/* "v1.34.1"; "" if the server does not say */
	unsigned minor; /* 0: not known */
};

/* GET /version. -EPROTO: whoever answers is no API server. */
int kube_version_read(struct kube_client *c, struct kube_version *ret, struct error *err);
/* Pure: "v1.34.1-gke.7" is 34; false if it is no version of Kubernetes 1. */
bool kube_version_parse(const char *git, struct kube_version *ret);

/* Asks a few paths as a stranger. The caller owns *ret. */
int kube_facts(struct kube_client *c, const struct kube_config *config,
	       const struct kube_version *version, json_t **ret, struct error *err);
