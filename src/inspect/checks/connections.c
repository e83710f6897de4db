/* SPDX-License-Identifier: Apache-2.0 */
/* What only shows when all objects are known: who selects whom, and who is missing. */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/check.h"

static bool is_policed(const struct inventory *all, const struct resident *r, unsigned direction)
{
	resident_foreach (n, all, KIND_NETWORK_POLICY, r->name_space)
		if (n->flags & direction && selector_matches(&n->selector, &r->labels))
			return true;
	return false;
}

static void no_policy(struct probe *p, const struct inventory *all, const struct resident *r)
{
	if (!is_policed(all, r, RESIDENT_INGRESS))
		probe_fail_pod(p, "labels", "no NetworkPolicy for what comes in");
}

static void no_egress_policy(struct probe *p, const struct inventory *all, const struct resident *r)
{
	if (!is_policed(all, r, RESIDENT_EGRESS))
		probe_fail_pod(p, "labels", "no NetworkPolicy for what goes out");
}

static void empty_namespace(struct probe *p, const struct inventory *all, const struct resident *r)
{
	if (!inventory_last(all, KIND_NETWORK_POLICY, r->name))
		probe_fail_path(p, "metadata.name", "no NetworkPolicy in it");
}

/* Who has pods in the same namespace that the selector selects. */
static bool selects(const struct inventory *all, const struct resident *r)
{
	for (int kind = 0; kinds[kind].pod; kind++)
		resident_foreach (w, all, kind, r->name_space)
			if (selector_matches(&r->selector, &w->labels))
				return true;
	return false;
}

/* Manifests are seldom all of a cluster: with no pod of the namespace at all nothing can be said. */
static bool knows_pods(const struct inventory *all, const struct resident *r)
{
	for (int kind = 0; kinds[kind].pod; kind++)
		if (inventory_last(all, kind, r->name_space))
			return true;
	return false;
}

static void dangling_selector(struct probe *p, const struct inventory *all,
			      const struct resident *r)
{
	bool everything = r->selector.there && !r->selector.labels.count;

	if (!r->selector.there || everything || r->selector.expressions || !knows_pods(all, r))
		probe_skip(p);
	else if (!selects(all, r))
		probe_fail_path(p,
				r->kind == KIND_NETWORK_POLICY ? "spec.podSelector" :
								 "spec.selector",
				"selects no pods");
}

/* Its own namespace, those that it names, or all. */
static bool looks_into(const struct resident *monitor, const struct resident *service)
{
	for (uint32_t i = 0; i < monitor->ref_count; i++)
		if (str_eq(monitor->refs[i].name, service->name_space))
			return true;
	return monitor->flags & RESIDENT_EVERYWHERE ||
	       (!monitor->ref_count && str_eq(monitor->name_space, service->name_space));
}

static void dangling_monitor(struct probe *p, const struct inventory *all, const struct resident *r)
{
	bool known = false;

	vec_foreach(s, &all->residents) {
		if (s->kind != KIND_SERVICE || !looks_into(r, s))
			continue;
		known = true;
		if (selector_matches(&r->selector, &s->labels))
			return;
	}
	if (!known || !r->selector.there || r->selector.expressions)
		probe_skip(p); /* they are kept elsewhere, or nobody knows */
	else
		probe_fail_path(p, "spec.selector", "selects no services");
}

static void wrong_selector(struct probe *p, const struct inventory *all, const struct resident *r)
{
	(void)all;
	if (!r->selector.there || r->selector.expressions)
		probe_skip(p);
	else if (!selector_matches(&r->selector, &r->labels))
		probe_fail_path(p, "spec.selector", "does not match the labels of its own pods");
}

static void missing(struct probe *p, const struct inventory *all, const struct resident *r,
		    int kind, const char *path)
{
	if (!inventory_last(all, kind, r->name_space)) {
		probe_skip(p); /* they are kept elsewhere */
		return;
	}
	for (uint32_t i = 0; i < r->ref_count; i++) {
		const struct reference *ref = &r->refs[i];

		if (ref->kind != kind || str_eq(ref->name, "default") ||
		    inventory_find(all, kind, ref->name_space, ref->name))
			continue;
		if (kind == KIND_SERVICE_ACCOUNT)
			probe_fail_pod(p, path, "there is no %s", ref->name);
		else
			probe_fail_path(p, path, "there is no %s", ref->name);
	}
}

static void missing_account(struct probe *p, const struct inventory *all, const struct resident *r)
{
	missing(p, all, r, KIND_SERVICE_ACCOUNT, "serviceAccountName");
}

static void missing_service(struct probe *p, const struct inventory *all, const struct resident *r)
{
	missing(p, all, r, KIND_SERVICE,
		r->kind == KIND_INGRESS ? "spec.rules" : "spec.serviceName");
}

static void missing_target(struct probe *p, const struct inventory *all, const struct resident *r)
{
	if (!r->ref_count)
		probe_skip(p);
	else
		missing(p, all, r, r->refs[0].kind, "spec.scaleTargetRef");
}

static void no_budget(struct probe *p, const struct inventory *all, const struct resident *r)
{
	if (r->replicas < 2) {
		probe_skip(p);
		return;
	}
	resident_foreach (b, all, KIND_DISRUPTION_BUDGET, r->name_space)
		if (selector_matches(&b->selector, &r->labels))
			return;
	probe_fail_pod(p, "labels", "no PodDisruptionBudget selects its pods");
}

static bool is_bound_powerfully(const struct inventory *all, const struct resident *binding)
{
	for (uint32_t i = 0; i < binding->ref_count; i++) {
		const struct reference *ref = &binding->refs[i];
		const struct resident *role;

		if (ref->kind != KIND_ROLE && ref->kind != KIND_CLUSTER_ROLE)
			continue;
		role = inventory_find(all, ref->kind, ref->name_space, ref->name);
		if (str_eq(ref->name, "cluster-admin") || (role && role->flags & RESIDENT_POWERFUL))
			return true;
	}
	return false;
}

/* Whether a binding names the account that a workload runs as. */
static bool binds(const struct resident *binding, const char *name_space, const char *account)
{
	for (uint32_t i = 0; i < binding->ref_count; i++)
		if (binding->refs[i].kind == KIND_SERVICE_ACCOUNT &&
		    str_eq(binding->refs[i].name, account) &&
		    str_eq(binding->refs[i].name_space, name_space))
			return true;
	return false;
}

static const char *account_of(const struct resident *r)
{
	for (uint32_t i = 0; i < r->ref_count; i++)
		if (r->refs[i].kind == KIND_SERVICE_ACCOUNT)
			return r->refs[i].name;
	return "default";
}

static void takeover_by(struct probe *p, const struct inventory *all, const struct resident *r,
			int kind, const char *name_space)
{
	resident_foreach (b, all, kind, name_space)
		if (binds(b, r->name_space, account_of(r)) && is_bound_powerfully(all, b))
			probe_fail_pod(p, "serviceAccountName", "%s, bound by %s", account_of(r),
				       b->name);
}

static void takeover(struct probe *p, const struct inventory *all, const struct resident *r)
{
	takeover_by(p, all, r, KIND_CLUSTER_ROLE_BINDING, "");
	takeover_by(p, all, r, KIND_ROLE_BINDING, r->name_space);
}

static void budget_scaler(struct probe *p, const struct inventory *all, const struct resident *r)
{
	if (r->minimum < 0) {
		probe_skip(p);
		return;
	}
	resident_foreach (h, all, KIND_AUTOSCALER, r->name_space) {
		const struct resident *w;

		if (!h->ref_count)
			continue;
		w = inventory_find(all, h->refs[0].kind, h->name_space, h->refs[0].name);
		if (w && selector_matches(&r->selector, &w->labels) &&
		    r->minimum >= (h->minimum < 0 ? 1 : h->minimum))
			probe_fail_path(p, "spec.minAvailable", "%lld, and %s goes down to %lld",
					(long long)r->minimum, h->name,
					(long long)(h->minimum < 0 ? 1 : h->minimum));
	}
}

#define POLICIES "https://kubernetes.io/docs/concepts/services-networking/network-policies/"
#define CONTROLLERS                                                                             \
	(KINDS_WORKLOAD & ~(KIND_BIT(KIND_POD) | KIND_BIT(KIND_JOB) | KIND_BIT(KIND_CRON_JOB) | \
			    KIND_BIT(KIND_POD_TEMPLATE) | KINDS_KNATIVE))

static const struct check checks[] = {
	{ .id = "MRL-651",
	  .name = "no-network-policy",
	  .title = "No network policy limits who reaches the pods",
	  .attack = "From any pod of the cluster straight to this one.",
	  .suggest = "Add a NetworkPolicy; merlon profile export makes one from a recording.",
	  .aliases =
		  "missingNetworkPolicy C-0260 C-0030 non-isolated-pod pod-networkpolicy CKV2_K8S_6 CIS-5.3.2",
	  .links = POLICIES,
	  .severity = SEVERITY_MEDIUM,
	  .category = CATEGORY_NETWORK,
	  .kinds = KINDS_WORKLOAD,
	  .needs = KIND_BIT(KIND_NETWORK_POLICY),
	  .resident = no_policy },
	{ .id = "MRL-652",
	  .name = "no-egress-policy",
	  .title = "No network policy limits where the pods connect",
	  .attack = "Loads tools, sends data out, and asks the metadata service for credentials.",
	  .suggest =
		  "Add a NetworkPolicy with egress; merlon profile export makes one from a recording.",
	  .aliases = "",
	  .links = POLICIES,
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_NETWORK,
	  .kinds = KINDS_WORKLOAD,
	  .needs = KIND_BIT(KIND_NETWORK_POLICY),
	  .resident = no_egress_policy },
	{ .id = "MRL-653",
	  .name = "namespace-without-policy",
	  .title = "The namespace has no network policy",
	  .attack = "As for MRL-651, for all that will ever run in it.",
	  .suggest =
		  "Add a policy that selects all pods and allows nothing, then allow what is needed.",
	  .aliases = "C-0049 C-0054 C-0206",
	  .links = POLICIES,
	  .severity = SEVERITY_MEDIUM,
	  .category = CATEGORY_NETWORK,
	  .kinds = KIND_BIT(KIND_NAMESPACE),
	  .needs = KIND_BIT(KIND_NETWORK_POLICY),
	  .resident = empty_namespace },
	{ .id = "MRL-654",
	  .name = "dangling-networkpolicy",
	  .title = "The network policy selects no pods",
	  .attack = "What it was meant for is open.",
	  .suggest = "Correct the selector.",
	  .aliases = "C-0299 KSV-0038 networkpolicy-targets-pod",
	  .links = POLICIES,
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_NETWORK,
	  .kinds = KIND_BIT(KIND_NETWORK_POLICY),
	  .needs = KINDS_WORKLOAD,
	  .resident = dangling_selector },
	{ .id = "MRL-655",
	  .name = "dangling-service",
	  .title = "The service selects no pods",
	  .attack = "A pod with those labels gets its traffic.",
	  .suggest = "Correct the selector, or remove it.",
	  .aliases = "C-0298 service-targets-pod",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_NETWORK,
	  .kinds = KIND_BIT(KIND_SERVICE),
	  .needs = KINDS_WORKLOAD,
	  .resident = dangling_selector },
	{ .id = "MRL-656",
	  .name = "dangling-ingress",
	  .title = "The ingress leads to a service that is not there",
	  .attack = "Who makes a service of that name gets its traffic.",
	  .suggest = "Correct the name.",
	  .aliases = "C-0296 ingress-targets-service",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_NETWORK,
	  .kinds = KIND_BIT(KIND_INGRESS),
	  .needs = KIND_BIT(KIND_SERVICE),
	  .resident = missing_service },
	{ .id = "MRL-657",
	  .name = "dangling-servicemonitor",
	  .title = "The service monitor selects no services",
	  .attack = "What it was meant for is not watched, and nobody is told when it fails.",
	  .suggest = "Correct the selector.",
	  .aliases = "",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_RELIABILITY,
	  .kinds = KIND_BIT(KIND_SERVICE_MONITOR),
	  .needs = KIND_BIT(KIND_SERVICE),
	  .resident = dangling_monitor },
	{ .id = "MRL-531",
	  .name = "mismatching-selector",
	  .title = "The selector does not select its own pods",
	  .attack = "The API server refuses it, or another controller's pods are taken.",
	  .suggest = "Make selector and template labels agree.",
	  .aliases = "deployment-pod-selector-labels-match-template-metadata-labels "
		     "statefulset-pod-selector-labels-match-template-metadata-labels C-0293",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_RELIABILITY,
	  .kinds = CONTROLLERS,
	  .resident = wrong_selector },
	{ .id = "MRL-532",
	  .name = "missing-pdb",
	  .title = "No disruption budget protects the replicas",
	  .attack = "Draining nodes may stop all of them at once.",
	  .suggest = "Add a PodDisruptionBudget.",
	  .aliases =
		  "missingPodDisruptionBudget deployment-has-poddisruptionbudget statefulset-has-poddisruptionbudget",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_RELIABILITY,
	  .kinds = KIND_BIT(KIND_DEPLOYMENT) | KIND_BIT(KIND_STATEFUL_SET),
	  .needs = KIND_BIT(KIND_DISRUPTION_BUDGET),
	  .resident = no_budget },
	{ .id = "MRL-533",
	  .name = "dangling-hpa",
	  .title = "The autoscaler's target is not there",
	  .attack = "Nothing scales.",
	  .suggest = "Correct scaleTargetRef.",
	  .aliases = "C-0300 horizontalpodautoscaler-has-target dangling-horizontalpodautoscaler",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_RELIABILITY,
	  .kinds = KIND_BIT(KIND_AUTOSCALER),
	  .needs = KINDS_WORKLOAD,
	  .resident = missing_target },
	{ .id = "MRL-534",
	  .name = "dangling-statefulset-service",
	  .title = "The stateful set's service is not there",
	  .attack = "Its pods have no names.",
	  .suggest = "Add the headless service.",
	  .aliases = "statefulset-has-servicename",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_RELIABILITY,
	  .kinds = KIND_BIT(KIND_STATEFUL_SET),
	  .needs = KIND_BIT(KIND_SERVICE),
	  .resident = missing_service },
	{ .id = "MRL-535",
	  .name = "pdb-above-hpa-minimum",
	  .title = "The budget wants as many as the autoscaler leaves",
	  .attack = "Nodes can't be drained, so they are not updated.",
	  .suggest = "Lower minAvailable.",
	  .aliases = "pdbMinAvailableGreaterThanHPAMinReplicas",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_RELIABILITY,
	  .kinds = KIND_BIT(KIND_DISRUPTION_BUDGET),
	  .needs = KIND_BIT(KIND_AUTOSCALER),
	  .resident = budget_scaler },
	{ .id = "MRL-306",
	  .name = "non-existent-service-account",
	  .title = "The service account is not there",
	  .attack = "Who may make it gives the pod its rights.",
	  .suggest = "Add it, or correct the name.",
	  .aliases = "C-0307",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_IDENTITY,
	  .kinds = KINDS_WORKLOAD,
	  .needs = KIND_BIT(KIND_SERVICE_ACCOUNT),
	  .resident = missing_account },
	{ .id = "MRL-307",
	  .name = "workload-cluster-admin",
	  .title = "The workload may do everything in the cluster",
	  .attack = "A break-in into it is a break-in into the cluster.",
	  .suggest = "Bind its account to a role with what it uses.",
	  .aliases = "C-0267 C-0272",
	  .links = "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
	  .severity = SEVERITY_CRITICAL,
	  .category = CATEGORY_IDENTITY,
	  .kinds = KINDS_WORKLOAD,
	  .resident = takeover },
};

const struct check_group checks_connections = { checks, ARRAY_SIZE(checks) };
