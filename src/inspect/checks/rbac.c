/* SPDX-License-Identifier: Apache-2.0 */
/* What roles allow, and to whom bindings give it. */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/check.h"

/* A right that a rule may give: any of the verbs on any of the resources ("pods/exec"). */
struct grant {
	const char *group; /* NULL: any */
	const char *const *resources, *const *verbs;
};

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static bool is_in(struct text t, const char *const *names)
{
	for (; *names; names++)
		if (text_eq_str(t, *names))
			return true;
	return false;
}

/* A star stands for all; "pods/" and a star, or a star and "/exec", are no such thing in RBAC but for the latter. */
static bool list_has(const struct at *rule, const char *member, const char *const *names)
{
	struct at list = at_member(rule, member);

	for (uint32_t i = 0; i < at_count(&list); i++) {
		struct at item = at_item(&list, i);

		if (text_eq_str(at_text(&item), "*") || is_in(at_text(&item), names))
			return true;
	}
	return false;
}

static bool has_star(const struct at *rule, const char *member)
{
	static const char *const none[] = { NULL };

	return list_has(rule, member, none);
}

static bool is_named(const struct at *rule)
{
	struct at names = at_member(rule, "resourceNames");

	return at_count(&names) > 0;
}

/* The roles that Kubernetes itself brings are as they are. */
static bool is_own(const struct object *o)
{
	return text_starts(o->name, TEXT("system:")) || text_eq_str(o->name, "cluster-admin") ||
	       text_eq_str(o->name, "admin") || text_eq_str(o->name, "edit");
}

static void granted(struct probe *p, const struct object *o)
{
	const struct grant *g = probe_data(p);
	struct at rules = at_member(&o->root, "rules");

	if (is_own(o)) {
		probe_skip(p);
		return;
	}
	for (uint32_t i = 0; i < at_count(&rules); i++) {
		struct at rule = at_item(&rules, i);

		/* All of everything is a finding of its own. */
		if (has_star(&rule, "resources") && has_star(&rule, "verbs"))
			continue;
		if (g->group && !list_has(&rule, "apiGroups", LIST(g->group)))
			continue;
		if (!list_has(&rule, "resources", g->resources) ||
		    !list_has(&rule, "verbs", g->verbs))
			continue;
		if (!is_named(&rule))
			probe_fail_value(p, &rule, "%s on %s", *g->verbs, *g->resources);
	}
}

static void wildcard(struct probe *p, const struct object *o)
{
	struct at rules = at_member(&o->root, "rules");

	if (is_own(o)) {
		probe_skip(p);
		return;
	}
	for (uint32_t i = 0; i < at_count(&rules); i++) {
		struct at rule = at_item(&rules, i);
		struct at verbs = at_member(&rule, "verbs"),
			  resources = at_member(&rule, "resources");

		if (has_star(&rule, "verbs"))
			probe_fail(p, &verbs);
		else if (has_star(&rule, "resources"))
			probe_fail(p, &resources);
	}
}

static void everything(struct probe *p, const struct object *o)
{
	struct at rules = at_member(&o->root, "rules");

	if (is_own(o)) {
		probe_skip(p);
		return;
	}
	for (uint32_t i = 0; i < at_count(&rules); i++) {
		struct at rule = at_item(&rules, i);

		if (has_star(&rule, "verbs") && has_star(&rule, "resources") &&
		    has_star(&rule, "apiGroups"))
			probe_fail_value(p, &rule, "every verb on every resource");
	}
}

/* --- bindings ------------------------------------------------------------------------------------ */

static void cluster_admin(struct probe *p, const struct object *o)
{
	struct at name = at_member(&o->root, "roleRef.name");

	if (text_starts(o->name, TEXT("system:")) || text_eq_str(o->name, "cluster-admin"))
		probe_skip(p);
	else if (text_eq_str(at_text(&name), "cluster-admin"))
		probe_fail(p, &name);
}

static void fail_subjects(struct probe *p, const struct object *o, const char *const *names)
{
	struct at subjects = at_member(&o->root, "subjects");

	for (uint32_t i = 0; i < at_count(&subjects); i++) {
		struct at subject = at_item(&subjects, i), name = at_member(&subject, "name");

		if (is_in(at_text(&name), names))
			probe_fail(p, &name);
	}
}

static void anonymous(struct probe *p, const struct object *o)
{
	struct at role = at_member(&o->root, "roleRef.name");

	/* What anybody may ask: /version, /healthz, discovery. */
	if (text_eq_str(at_text(&role), "system:public-info-viewer"))
		probe_skip(p);
	else
		fail_subjects(p, o, LIST("system:anonymous", "system:unauthenticated"));
}

static void authenticated(struct probe *p, const struct object *o)
{
	struct at role = at_member(&o->root, "roleRef.name");

	if (is_in(at_text(&role),
		  LIST("system:public-info-viewer", "system:basic-user", "system:discovery")))
		probe_skip(p);
	else
		fail_subjects(p, o, LIST("system:authenticated", "system:serviceaccounts"));
}

static void masters(struct probe *p, const struct object *o)
{
	if (text_eq_str(o->name, "cluster-admin"))
		probe_skip(p);
	else
		fail_subjects(p, o, LIST("system:masters"));
}

static void default_account(struct probe *p, const struct object *o)
{
	struct at subjects = at_member(&o->root, "subjects");

	for (uint32_t i = 0; i < at_count(&subjects); i++) {
		struct at subject = at_item(&subjects, i), name = at_member(&subject, "name");
		struct at kind = at_member(&subject, "kind");

		if (text_eq_str(at_text(&kind), "ServiceAccount") &&
		    text_eq_str(at_text(&name), "default"))
			probe_fail(p, &name);
	}
}

#define READ LIST("get", "list", "watch")
#define WRITE LIST("create", "update", "patch")
#define ROLES .category = CATEGORY_RBAC, .kinds = KIND_BIT(KIND_ROLE) | KIND_BIT(KIND_CLUSTER_ROLE)
#define CLUSTER_ROLES .category = CATEGORY_RBAC, .kinds = KIND_BIT(KIND_CLUSTER_ROLE)
#define BINDINGS                   \
	.category = CATEGORY_RBAC, \
	.kinds = KIND_BIT(KIND_ROLE_BINDING) | KIND_BIT(KIND_CLUSTER_ROLE_BINDING)
#define GRANT(g, r, v) .data = &(const struct grant){ g, r, v }, .object = granted
#define PAGE "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"

static const struct check checks[] = {
	{ .id = "MRL-701",
	  .name = "cluster-admin-role-binding",
	  .title = "cluster-admin is given away",
	  .attack =
		  "Who holds one of the subjects owns the cluster, or the namespace for a RoleBinding.",
	  .suggest = "Bind a role with what is used.",
	  .aliases =
		  "clusterrolebindingClusterAdmin rolebindingClusterAdminClusterRole C-0035 C-0185 KSV-0111 CIS-5.1.1",
	  .links = PAGE,
	  .severity = SEVERITY_CRITICAL,
	  BINDINGS,
	  .object = cluster_admin },
	{ .id = "MRL-702",
	  .name = "role-everything",
	  .title = "The role allows everything",
	  .attack = "It is cluster-admin by another name, now and for all that is added later.",
	  .suggest = "Name groups, resources and verbs.",
	  .aliases = "rolebindingClusterAdminRole KSV-0044",
	  .links = PAGE,
	  .severity = SEVERITY_CRITICAL,
	  ROLES,
	  .object = everything },
	{ .id = "MRL-703",
	  .name = "wildcard-in-rules",
	  .title = "A rule has a star for verbs or resources",
	  .attack = "Among what it stands for are Secrets, exec and impersonation.",
	  .suggest = "Name resources and verbs.",
	  .aliases = "C-0187 KSV-0045 KSV-0046 KSV-0112 CKV_K8S_49 CIS-5.1.3",
	  .links = PAGE,
	  .severity = SEVERITY_HIGH,
	  ROLES,
	  .object = wildcard },
	{ .id = "MRL-704",
	  .name = "pod-exec",
	  .title = "The role may run commands in pods",
	  .attack =
		  "Is in every container that it may exec into, with that pod's secrets and rights.",
	  .suggest =
		  "Remove pods/exec and pods/attach; grant them for the hour that they are needed.",
	  .aliases =
		  "clusterrolePodExecAttach rolePodExecAttach clusterrolebindingPodExecAttach "
		  "rolebindingClusterRolePodExecAttach rolebindingRolePodExecAttach C-0002 KSV-0053 KSV-0054",
	  .links = PAGE,
	  .severity = SEVERITY_HIGH,
	  ROLES,
	  GRANT("", LIST("pods/exec", "pods/attach", "pods/ephemeralcontainers"),
		LIST("create", "get", "patch", "update")) },
	{ .id = "MRL-705",
	  .name = "access-to-secrets",
	  .title = "The role may read Secrets",
	  .attack = "Reads passwords and tokens of other accounts, and is them.",
	  .suggest = "Name the Secrets with resourceNames and get only.",
	  .aliases = "C-0015 C-0186 KSV-0041 KSV-0113 CKV2_K8S_5 CIS-5.1.2",
	  .links = PAGE,
	  .severity = SEVERITY_HIGH,
	  ROLES,
	  GRANT("", LIST("secrets"), READ) },
	{ .id = "MRL-706",
	  .name = "access-to-create-pods",
	  .title = "The role may create pods or what makes them",
	  .attack = "Runs a pod as any account of the namespace, with any Secret of it mounted.",
	  .suggest = "Leave that to the deployment pipeline; enforce a Pod Security Standard.",
	  .aliases = "C-0188 KSV-0048 CIS-5.1.4",
	  .links = PAGE,
	  .severity = SEVERITY_HIGH,
	  ROLES,
	  GRANT(NULL,
		LIST("pods", "deployments", "daemonsets", "statefulsets", "replicasets",
		     "replicationcontrollers", "jobs", "cronjobs"),
		WRITE) },
	{ .id = "MRL-707",
	  .name = "bind-escalate",
	  .title = "The role may give itself more rights",
	  .attack = "bind and escalate pass the rule that nobody grants what he does not have.",
	  .suggest = "Remove the verbs.",
	  .aliases =
		  "C-0191 KSV-0050 KSV-0051 KSV-0052 KSV-0055 CKV_K8S_157 CKV_K8S_158 CKV2_K8S_1 CIS-5.1.8",
	  .links = PAGE,
	  .severity = SEVERITY_CRITICAL,
	  ROLES,
	  GRANT("rbac.authorization.k8s.io", LIST("roles", "clusterroles"),
		LIST("bind", "escalate")) },
	{ .id = "MRL-708",
	  .name = "binding-write",
	  .title = "The role may bind roles",
	  .attack = "Binds every role whose rights it has to whom it likes, to stay.",
	  .suggest = "Remove the verbs.",
	  .aliases = "",
	  .links = PAGE,
	  .severity = SEVERITY_HIGH,
	  ROLES,
	  GRANT("rbac.authorization.k8s.io", LIST("rolebindings", "clusterrolebindings"), WRITE) },
	{ .id = "MRL-709",
	  .name = "impersonate",
	  .title = "The role may act as others",
	  .attack = "Is whoever it says, system:masters included.",
	  .suggest = "Name the users or groups with resourceNames.",
	  .aliases = "C-0065 KSV-0043 CKV2_K8S_3",
	  .links = PAGE,
	  .severity = SEVERITY_CRITICAL,
	  ROLES,
	  GRANT(NULL, LIST("users", "groups", "serviceaccounts", "userextras"),
		LIST("impersonate")) },
	{ .id = "MRL-710",
	  .name = "anonymous-binding",
	  .title = "A role is given to people who did not log in",
	  .attack = "Needs nothing but the address of the API server.",
	  .suggest = "Remove the subject.",
	  .aliases = "anonymousUserRBACBinding C-0262 KSV-0122 BindingsToSystemAnonymous",
	  .links = PAGE,
	  .severity = SEVERITY_CRITICAL,
	  BINDINGS,
	  .object = anonymous },
	{ .id = "MRL-711",
	  .name = "authenticated-binding",
	  .title = "A role is given to everybody who is logged in",
	  .attack = "Every pod has a token: every pod has these rights.",
	  .suggest = "Name accounts or groups.",
	  .aliases = "C-0265 KSV-01011",
	  .links = PAGE,
	  .severity = SEVERITY_HIGH,
	  BINDINGS,
	  .object = authenticated },
	{ .id = "MRL-712",
	  .name = "masters-binding",
	  .title = "The group system:masters is bound",
	  .attack = "A certificate with that group can't be revoked and passes every check.",
	  .suggest = "Use another group.",
	  .aliases = "C-0246 KSV-0123 CIS-5.1.7",
	  .links = PAGE,
	  .severity = SEVERITY_CRITICAL,
	  BINDINGS,
	  .object = masters },
	{ .id = "MRL-713",
	  .name = "default-account-binding",
	  .title = "The default account is given a role",
	  .attack = "Every pod of the namespace that names no account has it.",
	  .suggest = "Bind an account of the workload's own.",
	  .aliases = "C-0189 CIS-5.1.5",
	  .links = PAGE,
	  .severity = SEVERITY_MEDIUM,
	  BINDINGS,
	  .object = default_account },
	{ .id = "MRL-714",
	  .name = "nodes-proxy",
	  .title = "The role may talk to kubelets through the API server",
	  .attack = "Runs commands in every pod of the node, past admission and audit.",
	  .suggest = "Use nodes/metrics and nodes/stats.",
	  .aliases = "C-0279 KSV-0047 CKV2_K8S_2 CIS-5.1.10",
	  .links = PAGE,
	  .severity = SEVERITY_HIGH,
	  CLUSTER_ROLES,
	  GRANT("", LIST("nodes/proxy"), LIST("get", "create")) },
	{ .id = "MRL-715",
	  .name = "csr-approval",
	  .title = "The role may approve certificates",
	  .attack = "Signs a certificate for whoever it likes.",
	  .suggest = "Remove it, or name the signer.",
	  .aliases = "C-0280 CKV_K8S_156 CIS-5.1.11",
	  .links = PAGE,
	  .severity = SEVERITY_HIGH,
	  CLUSTER_ROLES,
	  GRANT("certificates.k8s.io", LIST("certificatesigningrequests/approval"),
		LIST("update", "patch")) },
	{ .id = "MRL-716",
	  .name = "webhook-write",
	  .title = "The role may change admission webhooks",
	  .attack =
		  "Turns off what protects the cluster, or reads and changes every object on its way.",
	  .suggest = "Remove the verbs.",
	  .aliases = "C-0281 C-0036 C-0039 KSV-0114 CKV_K8S_155 CIS-5.1.12",
	  .links = PAGE,
	  .severity = SEVERITY_HIGH,
	  CLUSTER_ROLES,
	  GRANT("admissionregistration.k8s.io",
		LIST("mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
		LIST("create", "update", "patch", "delete")) },
	{ .id = "MRL-717",
	  .name = "token-create",
	  .title = "The role may make tokens of service accounts",
	  .attack = "Is any account of the namespace, or of the cluster.",
	  .suggest = "Name them with resourceNames.",
	  .aliases = "C-0282 CIS-5.1.13",
	  .links = PAGE,
	  .severity = SEVERITY_HIGH,
	  ROLES,
	  GRANT("", LIST("serviceaccounts/token"), LIST("create")) },
	{ .id = "MRL-718",
	  .name = "volume-create",
	  .title = "The role may create PersistentVolumes",
	  .attack = "Makes one of the node's disk and mounts it.",
	  .suggest = "Leave that to the provisioner.",
	  .aliases = "C-0278 CIS-5.1.9",
	  .links = PAGE,
	  .severity = SEVERITY_MEDIUM,
	  CLUSTER_ROLES,
	  GRANT("", LIST("persistentvolumes"), WRITE) },
	{ .id = "MRL-719",
	  .name = "delete-events",
	  .title = "The role may delete events",
	  .attack = "Takes the traces of what was done away.",
	  .suggest = "Remove the verbs.",
	  .aliases = "C-0031",
	  .links = PAGE,
	  .severity = SEVERITY_MEDIUM,
	  ROLES,
	  GRANT(NULL, LIST("events"), LIST("delete", "deletecollection")) },
	{ .id = "MRL-720",
	  .name = "port-forward",
	  .title = "The role may open ports of pods",
	  .attack = "Reaches what listens on the pod's loopback, past network policies.",
	  .suggest = "Remove it.",
	  .aliases = "C-0063",
	  .links = PAGE,
	  .severity = SEVERITY_MEDIUM,
	  ROLES,
	  GRANT("", LIST("pods/portforward"), LIST("create", "get")) },
	{ .id = "MRL-721",
	  .name = "config-map-write",
	  .title = "The role may change ConfigMaps",
	  .attack = "In kube-system, CoreDNS and the map of cloud users are among them.",
	  .suggest = "Name them with resourceNames.",
	  .aliases = "C-0037 KSV-0049 KSV-0115",
	  .links = PAGE,
	  .severity = SEVERITY_MEDIUM,
	  CLUSTER_ROLES,
	  GRANT("", LIST("configmaps"), WRITE) },
	{ .id = "MRL-722",
	  .name = "network-write",
	  .title = "The role may change how traffic flows",
	  .attack = "Opens what policies closed, and redirects services.",
	  .suggest = "Remove the verbs.",
	  .aliases = "KSV-0056",
	  .links = PAGE,
	  .severity = SEVERITY_MEDIUM,
	  ROLES,
	  GRANT(NULL,
		LIST("networkpolicies", "services", "endpoints", "endpointslices", "ingresses"),
		LIST("create", "update", "patch", "delete")) },
	{ .id = "MRL-723",
	  .name = "mass-delete",
	  .title = "The role may delete whole collections",
	  .attack = "One call removes all of a kind.",
	  .suggest = "Remove deletecollection.",
	  .aliases = "C-0007",
	  .links = PAGE,
	  .severity = SEVERITY_MEDIUM,
	  ROLES,
	  GRANT(NULL,
		LIST("pods", "secrets", "configmaps", "deployments", "statefulsets",
		     "persistentvolumeclaims", "namespaces"),
		LIST("deletecollection")) },
	{ .id = "MRL-724",
	  .name = "pod-logs",
	  .title = "The role may read the logs of pods",
	  .attack = "Logs often have tokens and personal data in them.",
	  .suggest = "Grant it in single namespaces.",
	  .aliases = "KSV-0042",
	  .links = PAGE,
	  .severity = SEVERITY_LOW,
	  CLUSTER_ROLES,
	  GRANT("", LIST("pods/log"), LIST("get", "list")) },
	{ .id = "MRL-725",
	  .name = "namespace-write",
	  .title = "The role may change namespaces",
	  .attack = "Takes the label away that enforces a Pod Security Standard.",
	  .suggest = "Remove the verbs.",
	  .aliases = "",
	  .links = PAGE,
	  .severity = SEVERITY_HIGH,
	  CLUSTER_ROLES,
	  GRANT("", LIST("namespaces"), LIST("update", "patch")) },
};

const struct check_group checks_rbac = { checks, ARRAY_SIZE(checks) };
