/* SPDX-License-Identifier: Apache-2.0 */
/* What a cluster's API serves: asked once, so that nothing is requested that is not there. */
#pragma once
#include "base/vec.h"
#include "kube/client.h"

enum { KUBE_NAME_MAX = 254 };

/* How the API calls a kind in its paths. */
struct kube_resource {
	char group[KUBE_NAME_MAX]; /* "" is the core group */
	char version[KUBE_NAME_MAX], plural[KUBE_NAME_MAX], kind[KUBE_NAME_MAX];
	bool namespaced;
};

struct kube_group {
	char name[KUBE_NAME_MAX];
	char versions[16][64]; /* the preferred one first */
	size_t count;
};

struct kube_discovery {
	struct kube_client *client; /* borrowed */
	VEC(struct kube_group) groups;
	VEC(struct kube_resource) resources; /* of the versions that were looked at */
	VEC(char *) looked_at;		     /* "apps/v1" */
};

/* Lists the groups. -EACCES: it may not be known what there is. */
int kube_discovery_open(struct kube_discovery *d, struct kube_client *client, struct error *err);
void kube_discovery_close(struct kube_discovery *d);

/*
 * The kind in the group ("-" or "" is the core group), in the preferred version that has it and may be listed.
 * NULL with a return of 0: it is not served. The resource lives until the next call.
 */
int kube_discovery_find(struct kube_discovery *d, const char *group, const char *kind,
			const struct kube_resource **ret, struct error *err);

/* Pure: what an answer says, added; a group or resource that is named strangely is passed over. */
bool kube_discovery_read_groups(struct kube_discovery *d, struct text body);
bool kube_discovery_read_resources(struct kube_discovery *d, const char *group, const char *version,
				   struct text body);

#define cleanup_kube_discovery cleanup(kube_discovery_close)
