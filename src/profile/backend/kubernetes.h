/* SPDX-License-Identifier: Apache-2.0 */
/* What the back-ends that write Kubernetes' objects share. */
#pragma once
#include "base/json.h"
#include "profile/backend.h"

/* The label by which a network policy finds the pods, put on them by the patch: its value is the name. */
#define KUBERNETES_LABEL "merlon/profile"

/* The labels that options->selectors asks for, or KUBERNETES_LABEL; -EINVAL if one has no "=". */
int kubernetes_labels(const struct profile *p, const struct backend_options *o, json_t **ret,
		      struct error *err);

/* An object with apiVersion, kind and metadata.name. */
json_t *kubernetes_object(const char *api_version, const char *kind, const char *name);

/* The text of an object, behind backend_head() and further lines of comment. */
int kubernetes_text(const struct profile *p, const char *comment, const json_t *object,
		    struct buf *out, struct error *err);

/* The objects themselves: what their back-ends write, for tests. The caller owns *ret. */
int kubernetes_patch(const struct profile *p, const struct backend_options *o, json_t **ret,
		     struct buf *comment, struct error *err);
int kubernetes_network_policy(const struct profile *p, const struct backend_options *o,
			      json_t **ret, struct buf *comment, struct error *err);
