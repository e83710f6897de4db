/* SPDX-License-Identifier: Apache-2.0 */
/* What a live cluster tells about itself: its version, its API, its nodes, what it ships. */
#include <arpa/inet.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/check.h"

/* --- versions ------------------------------------------------------------------------------------- */

enum { FIRST_MINOR = 16 };

/*
 * Until when a minor version of Kubernetes 1 is mended: to 1.31 as data/releases/eol.yaml of the project's site has
 * it, later ones as planned (https://kubernetes.io/releases/patch-releases/).
 */
static const char *const ends[] = {
	"2020-09-02", "2021-01-13", "2021-06-18", "2021-10-28", "2022-02-28",
	"2022-06-28", "2022-12-08", "2023-02-28", "2023-07-28", "2023-10-28",
	"2024-02-28", "2024-07-16", "2024-10-22", "2025-02-28", "2025-07-15",
	"2025-11-11", "2026-02-28", "2026-06-28", "2026-10-27", "2027-02-28",
};

static bool is_ended(const struct probe *p, int64_t minor)
{
	const char *today = probe_today(p);

	if (minor < FIRST_MINOR)
		return true;
	return today && minor < FIRST_MINOR + (int64_t)ARRAY_SIZE(ends) &&
	       strcmp(today, ends[minor - FIRST_MINOR]) > 0;
}

static void ended(struct probe *p, const struct at *at, int64_t minor)
{
	if (minor >= FIRST_MINOR)
		probe_fail_value(p, at, "1.%lld, mended until %s", (long long)minor,
				 ends[minor - FIRST_MINOR]);
	else
		probe_fail_value(p, at, "1.%lld", (long long)minor);
}

static void cluster_ended(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "version.minor");
	int64_t minor;

	if (!at_number(&at, &minor))
		probe_skip(p);
	else if (is_ended(p, minor))
		ended(p, &at, minor);
}

/* "1.5.9" behind a prefix; false if it is something else. */
static bool read_version(struct text t, const char *prefix, unsigned long v[3])
{
	char buf[64], *end = buf;

	if (!text_starts(t, text_of(prefix)) || t.len >= sizeof(buf))
		return false;
	snprintf(buf, sizeof(buf), "%.*s", (int)(t.len - strlen(prefix)), t.data + strlen(prefix));
	for (size_t i = 0; i < 3; i++) {
		char *start = i ? end + 1 : end;

		if ((i && *end != '.') || *start < '0' || *start > '9')
			return false;
		v[i] = strtoul(start, &end, 10);
	}
	return true;
}

static void node_ended(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "status.nodeInfo.kubeletVersion");
	unsigned long v[3];

	if (!read_version(at_text(&at), "v", v) || v[0] != 1)
		probe_skip(p);
	else if (is_ended(p, (int64_t)v[1]))
		ended(p, &at, (int64_t)v[1]);
}

/* From which patch of a minor version on the known ways out of a container are closed; older ones have all. */
static const struct {
	const char *prefix;
	unsigned long minor, patch;
	const char *what;
} runtimes[] = {
	{ "containerd://", 4, 13, "CVE-2022-23648" }, { "containerd://", 5, 10, "CVE-2022-23648" },
	{ "containerd://", 6, 1, "CVE-2022-23648" },  { "cri-o://", 19, 6, "CVE-2022-0811" },
	{ "cri-o://", 20, 7, "CVE-2022-0811" },	      { "cri-o://", 21, 6, "CVE-2022-0811" },
	{ "cri-o://", 22, 3, "CVE-2022-0811" },	      { "cri-o://", 23, 2, "CVE-2022-0811" },
};

static void runtime_escape(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "status.nodeInfo.containerRuntimeVersion");
	struct text t = at_text(&at);
	unsigned long v[3];
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(runtimes); i++) {
		if (!read_version(t, runtimes[i].prefix, v) || v[0] != 1)
			continue;
		known = true;
		if (v[1] == runtimes[i].minor && v[2] < runtimes[i].patch)
			probe_fail_value(p, &at, "%.*s: %s", (int)t.len, t.data, runtimes[i].what);
	}
	if (!known)
		probe_skip(p);
}

/* --- the API -------------------------------------------------------------------------------------- */

static void answers(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "anonymous.answered");

	if (at_count(&at))
		probe_fail(p, &at);
}

static void strangers(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "anonymous.accepted");

	if (!at.node)
		probe_skip(p);
	else if (at_is_true(&at))
		probe_fail(p, &at);
}

/* RFC 1918, 6598, 3927, 4193, 4291: what nobody routes. */
static bool is_private(struct text t, bool *ret_known)
{
	char buf[INET6_ADDRSTRLEN + 1];
	unsigned char a[16];

	*ret_known = false;
	if (!t.len || t.len >= sizeof(buf))
		return false;
	snprintf(buf, sizeof(buf), "%.*s", (int)t.len, t.data);
	if (inet_pton(AF_INET, buf, a) == 1) {
		*ret_known = true;
		return a[0] == 10 || a[0] == 127 || (a[0] == 172 && (a[1] & 0xf0) == 16) ||
		       (a[0] == 192 && a[1] == 168) || (a[0] == 100 && (a[1] & 0xc0) == 64) ||
		       (a[0] == 169 && a[1] == 254);
	}
	if (inet_pton(AF_INET6, buf, a) != 1)
		return false;
	*ret_known = true;
	return (a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) ||
	       str_eq(buf, "::1");
}

static void public_address(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "server.address");
	bool known, private = is_private(at_text(&at), &known);

	if (!known)
		probe_skip(p);
	else if (!private)
		probe_fail(p, &at);
}

static void plain(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "server.plain");

	if (at_is_true(&at))
		probe_fail_value(p, &at, "http");
}

/* --- what it ships -------------------------------------------------------------------------------- */

static bool has_image(const struct workload *w, const char *word)
{
	for (uint32_t i = 0; i < w->container_count; i++) {
		struct text t = w->containers[i].image.value;

		if (t.len && memmem(t.data, t.len, word, strlen(word)))
			return true;
	}
	return false;
}

/* Of those in use only flannel leaves policies to somebody else; with Calico beside it they are enforced. */
static void no_policies(struct probe *p, const struct workload *w)
{
	if (!has_image(w, "flannel"))
		probe_skip(p);
	else if (!has_image(w, "calico") && !has_image(w, "kube-router"))
		probe_fail_value(p, &w->containers[0].image.at, "flannel, and nothing beside it");
}

static void retired_ingress(struct probe *p, const struct workload *w, const struct container *c)
{
	static const char *const names[] = { "ingress-nginx/controller",
					     "nginx-ingress-controller" };
	struct text t = c->image.value;

	(void)w;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (t.len && memmem(t.data, t.len, names[i], strlen(names[i]))) {
			probe_fail(p, &c->image.at);
			return;
		}
}

static void without(struct probe *p, const struct inventory *all, const struct resident *r)
{
	const int *kind = probe_data(p);

	if (str_starts(r->name, "kube-"))
		probe_skip(p);
	else if (!inventory_last(all, *kind, r->name))
		probe_fail_path(p, "metadata.name", "no %s in it", kinds[*kind].name);
}

static void privileged_constraints(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "allowPrivilegedContainer");

	if (at_is_true(&at))
		probe_fail(p, &at);
}

#define CLUSTER .category = CATEGORY_CLUSTER
#define OF_CLUSTER CLUSTER, .kinds = KIND_BIT(KIND_CLUSTER)
#define ANONYMOUS \
	"https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests"

static const int limit_range = KIND_LIMIT_RANGE, resource_quota = KIND_RESOURCE_QUOTA;

static const struct check checks[] = {
	{ .id = "MRL-811",
	  .name = "cluster-end-of-life",
	  .title = "The cluster's version of Kubernetes is not mended any more",
	  .attack = "Holes that become known in it stay open.",
	  .suggest = "Update it, one minor version at a time.",
	  .aliases = "C-0273",
	  .links = "https://kubernetes.io/releases/patch-releases/",
	  .severity = SEVERITY_MEDIUM,
	  OF_CLUSTER,
	  .object = cluster_ended },
	{ .id = "MRL-812",
	  .name = "anonymous-access",
	  .title = "The API answers strangers",
	  .attack = "Without any credential: reads what is listed, names, configurations, secrets.",
	  .suggest =
		  "Remove the bindings of system:anonymous and system:unauthenticated (MRL-710 finds them).",
	  .aliases = "",
	  .links = ANONYMOUS,
	  .severity = SEVERITY_CRITICAL,
	  OF_CLUSTER,
	  .object = answers },
	{ .id = "MRL-813",
	  .name = "anonymous-authentication",
	  .title = "The API takes requests of strangers as system:anonymous",
	  .attack =
		  "Nothing yet: one careless binding, and whoever reaches the API has what it grants.",
	  .suggest =
		  "Start it with --anonymous-auth=false, or allow its health checks only (AnonymousAuthConfig).",
	  .aliases = "C-0113 KCV-0001 CKV_K8S_68 CIS-1.2.1",
	  .links = ANONYMOUS,
	  .severity = SEVERITY_LOW,
	  OF_CLUSTER,
	  .object = strangers },
	{ .id = "MRL-814",
	  .name = "public-api",
	  .title = "The API has a public address",
	  .attack = "Whoever has a stolen token, or an unknown hole, tries it from anywhere.",
	  .suggest = "Give it a private address, or let only known networks reach it.",
	  .aliases = "C-0227 C-0247",
	  .links = NULL,
	  .severity = SEVERITY_MEDIUM,
	  OF_CLUSTER,
	  .optional = true,
	  .object = public_address },
	{ .id = "MRL-815",
	  .name = "plain-api",
	  .title = "The API is spoken to without TLS",
	  .attack = "Whoever sees the traffic has the tokens in it, and all that is answered.",
	  .suggest = "Use its secure port, and close the other.",
	  .aliases = "C-0005 CKV_K8S_86 CKV_K8S_88",
	  .links = NULL,
	  .severity = SEVERITY_CRITICAL,
	  OF_CLUSTER,
	  .object = plain },
	{ .id = "MRL-816",
	  .name = "node-end-of-life",
	  .title = "The node's kubelet is not mended any more",
	  .attack = "Holes that become known in it stay open, with root on the node behind them.",
	  .suggest = "Update the node.",
	  .aliases = "",
	  .links = "https://kubernetes.io/releases/version-skew-policy/",
	  .severity = SEVERITY_MEDIUM,
	  CLUSTER,
	  .kinds = KIND_BIT(KIND_NODE),
	  .object = node_ended },
	{ .id = "MRL-817",
	  .name = "runtime-escape",
	  .title = "The node's container runtime has a known way out",
	  .attack = "An image or a pod made for it reads the node's files, or runs as its root.",
	  .suggest = "Update the runtime.",
	  .aliases = "C-0087",
	  .links = "https://nvd.nist.gov/vuln/detail/CVE-2022-23648 "
		   "https://nvd.nist.gov/vuln/detail/CVE-2022-0811",
	  .severity = SEVERITY_CRITICAL,
	  CLUSTER,
	  .kinds = KIND_BIT(KIND_NODE),
	  .object = runtime_escape },
	{ .id = "MRL-818",
	  .name = "namespace-without-quota",
	  .title = "The namespace has no ResourceQuota",
	  .attack = "Who may create pods in it may take all that the nodes have.",
	  .suggest = "Add a ResourceQuota.",
	  .aliases = "KSV-0040",
	  .links = "https://kubernetes.io/docs/concepts/policy/resource-quotas/",
	  .severity = SEVERITY_LOW,
	  CLUSTER,
	  .kinds = KIND_BIT(KIND_NAMESPACE),
	  .needs = KIND_BIT(KIND_RESOURCE_QUOTA),
	  .optional = true,
	  .data = &resource_quota,
	  .resident = without },
	{ .id = "MRL-819",
	  .name = "namespace-without-limits",
	  .title = "The namespace has no LimitRange",
	  .attack = "A container without limits takes what its neighbours need.",
	  .suggest = "Add a LimitRange with defaults.",
	  .aliases = "KSV-0039",
	  .links = "https://kubernetes.io/docs/concepts/policy/limit-range/",
	  .severity = SEVERITY_LOW,
	  CLUSTER,
	  .kinds = KIND_BIT(KIND_NAMESPACE),
	  .needs = KIND_BIT(KIND_LIMIT_RANGE),
	  .optional = true,
	  .data = &limit_range,
	  .resident = without },
	{ .id = "MRL-820",
	  .name = "network-policies-ignored",
	  .title = "The network plugin enforces no network policies",
	  .attack = "Policies are there to be read, and every pod reaches every other.",
	  .suggest = "Run a plugin that enforces them, beside it or instead.",
	  .aliases = "C-0205 C-0230 CIS-5.3.1",
	  .links = "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
	  .severity = SEVERITY_MEDIUM,
	  CLUSTER,
	  .kinds = KIND_BIT(KIND_DAEMON_SET),
	  .pod = no_policies },
	{ .id = "MRL-821",
	  .name = "privileged-constraints",
	  .title = "A SecurityContextConstraints allows privileged containers",
	  .attack = "Whoever may use it is root on a node with one pod.",
	  .suggest =
		  "Set allowPrivilegedContainer: false, or grant its use to nobody but the system.",
	  .aliases = "scc-deny-privileged-container",
	  .links = NULL,
	  .severity = SEVERITY_HIGH,
	  CLUSTER,
	  .kinds = KIND_BIT(KIND_SECURITY_CONTEXT_CONSTRAINTS),
	  .object = privileged_constraints },
	{ .id = "MRL-822",
	  .name = "ingress-nginx-retired",
	  .title = "The ingress controller is not mended any more",
	  .attack =
		  "It faces the outside, reads secrets of all namespaces, and holes in it stay open.",
	  .suggest = "Move to another controller or to the Gateway API.",
	  .aliases = "C-0292",
	  .links = "https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/",
	  .severity = SEVERITY_MEDIUM,
	  CLUSTER,
	  .kinds = KINDS_WORKLOAD,
	  .container = retired_ingress },
};

const struct check_group checks_api = { checks, ARRAY_SIZE(checks) };
