/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to a cluster's API that only read: one at a time, bounded, repeated where that may help. */
#pragma once
#include "base/buf.h"
#include "kube/config.h"

struct kube_client;

struct kube_answer {
	long status; /* of HTTP */
	struct buf body;
};

enum { KUBE_BODY_MAX = 64 << 20 };

/*
 * config is borrowed and must live as long. anonymous: without credentials, to see what strangers see.
 * -ENOENT, -EINVAL: a certificate or token that can't be used.
 */
int kube_client_new(struct kube_client **ret, const struct kube_config *config, bool anonymous,
		    struct error *err);
struct kube_client *kube_client_free(struct kube_client *c);

/*
 * GET of path ("/api/v1/pods?limit=500"); accept NULL: JSON. 0 with whatever status the server settled on:
 * 429 and 5xx are asked again as it wishes, within a minute in all. -EFBIG: the answer is beyond
 * KUBE_BODY_MAX; -EIO: there was none; -ETIMEDOUT. a is to be cleaned up in any case.
 */
int kube_get(struct kube_client *c, const char *path, const char *accept, struct kube_answer *a,
	     struct error *err);
/* Where the last answer came from: "203.0.113.7"; "" if there was none. */
const char *kube_client_peer(const struct kube_client *c);

/* Fills *err with the words of an answer that is no success, with code. Returns -code. */
int kube_answer_error(const struct kube_client *c, const struct kube_answer *a, int code,
		      const char *what, struct error *err);

void kube_answer_deinit(struct kube_answer *a);
#define cleanup_kube_answer cleanup(kube_answer_deinit)
DEFINE_CLEANUP(struct kube_client *, kube_client_free)
#define cleanup_kube_client cleanup(kube_client_freep)
