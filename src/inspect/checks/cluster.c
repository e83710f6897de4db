/* SPDX-License-Identifier: Apache-2.0 */
/* Where things are put, and what a namespace demands of what runs in it. */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/check.h"

static void default_namespace(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "metadata.namespace");

	if (kinds[o->kind].cluster)
		probe_skip(p);
	else if (text_eq_str(o->name_space, "default"))
		probe_fail(p, &at);
}

static void system_namespace(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "metadata.namespace");

	if (text_eq_str(o->name_space, "kube-system") ||
	    text_eq_str(o->name_space, "kube-public") ||
	    text_eq_str(o->name_space, "kube-node-lease"))
		probe_fail(p, &at);
}

#define ENFORCE "pod-security.kubernetes.io/enforce"

static bool is_system(const struct object *o)
{
	return text_starts(o->name, TEXT("kube-"));
}

static void not_enforced(struct probe *p, const struct object *o)
{
	struct at at = at_key(&o->labels, ENFORCE);

	if (is_system(o))
		probe_skip(p);
	else if (!at.node || text_eq_str(at_text(&at), "privileged"))
		probe_fail(p, &at);
}

static void not_restricted(struct probe *p, const struct object *o)
{
	struct at at = at_key(&o->labels, ENFORCE);

	if (is_system(o) || !at.node || text_eq_str(at_text(&at), "privileged"))
		probe_skip(p);
	else if (!text_eq_str(at_text(&at), "restricted"))
		probe_fail(p, &at);
}

#define CLUSTER .category = CATEGORY_CLUSTER
#define STANDARDS "https://kubernetes.io/docs/concepts/security/pod-security-admission/"

static const struct check checks[] = {
	{ .id = "MRL-801",
	  .name = "default-namespace",
	  .title = "It is put into the namespace default",
	  .attack = "What is bound and allowed there is so for everything that nobody sorted.",
	  .suggest = "Give it a namespace of its own.",
	  .aliases = "C-0061 C-0212 KSV-0110 use-namespace CKV_K8S_21 CIS-5.6.4",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  CLUSTER,
	  .kinds = KINDS_WORKLOAD,
	  .object = default_namespace },
	{ .id = "MRL-802",
	  .name = "system-namespace",
	  .title = "A workload is put into a namespace of the system",
	  .attack = "Is exempt from policies there, and beside powerful accounts.",
	  .suggest = "Give it a namespace of its own.",
	  .aliases = "KSV-0037",
	  .links = NULL,
	  .severity = SEVERITY_MEDIUM,
	  CLUSTER,
	  .kinds = KINDS_WORKLOAD,
	  .object = system_namespace },
	{ .id = "MRL-803",
	  .name = "namespace-not-enforced",
	  .title = "The namespace enforces no Pod Security Standard",
	  .attack = "Who may create pods in it may create privileged ones.",
	  .suggest = "Label it pod-security.kubernetes.io/enforce: baseline or restricted.",
	  .aliases = "C-0192 C-0193 CIS-5.2.1",
	  .links = STANDARDS,
	  .since = 23,
	  .severity = SEVERITY_MEDIUM,
	  CLUSTER,
	  .kinds = KIND_BIT(KIND_NAMESPACE),
	  .object = not_enforced },
	{ .id = "MRL-804",
	  .name = "namespace-not-restricted",
	  .title = "The namespace enforces less than restricted",
	  .attack = "Pods may run as root, with default capabilities and without a filter.",
	  .suggest = "Label it pod-security.kubernetes.io/enforce: restricted.",
	  .aliases = "C-0204",
	  .links = STANDARDS,
	  .since = 23,
	  .severity = SEVERITY_LOW,
	  CLUSTER,
	  .kinds = KIND_BIT(KIND_NAMESPACE),
	  .object = not_restricted },
};

const struct check_group checks_cluster = { checks, ARRAY_SIZE(checks) };
