/* SPDX-License-Identifier: Apache-2.0 */
/* Who can reach it, by what one object says. */
#include <strings.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/check.h"

static void tls(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "spec.tls");

	if (!at_count(&at))
		probe_fail(p, &at);
}

static void exposed(struct probe *p, const struct object *o)
{
	struct at type = at_member(&o->root, "spec.type");

	if (text_eq_str(at_text(&type), "NodePort") || text_eq_str(at_text(&type), "LoadBalancer"))
		probe_fail(p, &type);
}

static void open_balancer(struct probe *p, const struct object *o)
{
	struct at type = at_member(&o->root, "spec.type");
	struct at ranges = at_member(&o->root, "spec.loadBalancerSourceRanges");

	if (!text_eq_str(at_text(&type), "LoadBalancer")) {
		probe_skip(p);
		return;
	}
	if (!at_count(&ranges))
		probe_fail(p, &ranges);
	for (uint32_t i = 0; i < at_count(&ranges); i++) {
		struct at item = at_item(&ranges, i);

		if (text_eq_str(at_text(&item), "0.0.0.0/0") || text_eq_str(at_text(&item), "::/0"))
			probe_fail(p, &item);
	}
}

static void external_ips(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "spec.externalIPs");

	if (at_count(&at))
		probe_fail(p, &at);
}

static void snippet(struct probe *p, const struct object *o)
{
	static const char *const keys[] = { "configuration-snippet", "server-snippet",
					    "auth-snippet",	     "stream-snippet",
					    "modsecurity-snippet",   "location-snippets",
					    "server-snippets" };

	for (uint32_t i = 0; i < at_count(&o->annotations); i++) {
		const struct yaml_entry *e = &o->annotations.node->entries[i];
		char key[128];

		if (o->annotations.node->kind != YAML_MAP)
			return;
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			struct at at;

			if (!text_eq_str(text_basename(e->key), keys[k]))
				continue;
			snprintf(key, sizeof(key), "%.*s", (int)e->key.len, e->key.data);
			at = at_key(&o->annotations, key);
			probe_fail_value(p, &at, "configuration of nginx");
		}
	}
}

/* A wildcard host takes what no other rule names. */
static void wildcard_host(struct probe *p, const struct object *o)
{
	struct at rules = at_member(&o->root, "spec.rules");

	for (uint32_t i = 0; i < at_count(&rules); i++) {
		struct at rule = at_item(&rules, i), host = at_member(&rule, "host");

		if (!at_text(&host).len || text_eq_str(at_text(&host), "*"))
			probe_fail(p, &host);
	}
}

static const char *const consoles[] = {
	"kubernetes-dashboard",
	"argocd",
	"argo-server",
	"jenkins",
	"weave-scope",
	"kubeflow",
	"ml-pipeline-ui",
	"jupyter",
	"ollama",
	"vllm",
	"grafana",
	"prometheus",
	"kibana",
	"phpmyadmin",
	"adminer",
	"rabbitmq-management",
	"airflow",
	"minio-console",
	"portainer",
	"tiller-deploy",
};

/* Also "argocd-server", but not "my-grafana-agent": the name begins with it. */
static bool is_console(struct text name)
{
	for (size_t i = 0; i < ARRAY_SIZE(consoles); i++)
		if (text_starts(name, text_of(consoles[i])))
			return true;
	return false;
}

static void exposed_console(struct probe *p, const struct object *o)
{
	struct at type = at_member(&o->root, "spec.type"),
		  name = at_member(&o->root, "metadata.name");

	if (!text_eq_str(at_text(&type), "NodePort") &&
	    !text_eq_str(at_text(&type), "LoadBalancer"))
		probe_skip(p);
	else if (is_console(at_text(&name)))
		probe_fail(p, &name);
}

static void tiller(struct probe *p, const struct workload *w)
{
	for (uint32_t i = 0; i < w->container_count; i++)
		if (text_eq_str(text_basename(w->containers[i].image_name.repository), "tiller"))
			probe_fail(p, &w->containers[i].image.at);
}

static void dashboard(struct probe *p, const struct workload *w, const struct container *c)
{
	for (uint32_t i = 0; i < c->args.count; i++)
		if (word_is(&c->args.items[i], "--enable-skip-login") ||
		    word_is(&c->args.items[i], "--enable-insecure-login"))
			probe_fail(p, &c->args.items[i].at);
}

/* "ingress: [{}]": from everywhere; for the API null is the same. */
static bool is_empty_rule(const struct at *rule)
{
	return !rule->node || (rule->node->kind == YAML_MAP && !rule->node->count);
}

static void open_policy(struct probe *p, const struct object *o)
{
	static const char *const lists[] = { "spec.ingress", "spec.egress" };

	for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
		struct at list = at_member(&o->root, lists[k]);

		for (uint32_t i = 0; i < at_count(&list) && list.node->kind == YAML_LIST; i++) {
			struct at rule = at_item(&list, i);

			if (is_empty_rule(&rule))
				probe_fail_value(p, &rule, "{}: everybody");
		}
	}
}

static bool blocks_metadata(const struct at *peer)
{
	struct at except = at_member(peer, "ipBlock.except");

	for (uint32_t i = 0; i < at_count(&except); i++) {
		struct at item = at_item(&except, i);

		if (text_starts(at_text(&item), TEXT("169.254.")))
			return true;
	}
	return false;
}

static void metadata_service(struct probe *p, const struct object *o)
{
	struct at rules = at_member(&o->root, "spec.egress");

	for (uint32_t i = 0; i < at_count(&rules); i++) {
		struct at rule = at_item(&rules, i), to = at_member(&rule, "to");

		for (uint32_t k = 0; k < at_count(&to); k++) {
			struct at peer = at_item(&to, k), cidr = at_member(&peer, "ipBlock.cidr");

			if (text_eq_str(at_text(&cidr), "0.0.0.0/0") && !blocks_metadata(&peer))
				probe_fail(p, &cidr);
		}
	}
}

static void plain_gateway(struct probe *p, const struct object *o)
{
	struct at listeners = at_member(&o->root, "spec.listeners");
	struct at servers = at_member(&o->root, "spec.servers");

	for (uint32_t i = 0; i < at_count(&listeners); i++) {
		struct at item = at_item(&listeners, i), protocol = at_member(&item, "protocol");

		if (text_eq_str(at_text(&protocol), "HTTP"))
			probe_fail(p, &protocol);
	}
	for (uint32_t i = 0; i < at_count(&servers); i++) {
		struct at item = at_item(&servers, i), protocol = at_member(&item, "port.protocol");
		struct at redirect = at_member(&item, "tls.httpsRedirect");

		if (text_eq_str(at_text(&protocol), "HTTP") && !at_is_true(&redirect))
			probe_fail(p, &protocol);
	}
}

static void webhook_failure(struct probe *p, const struct object *o)
{
	struct at hooks = at_member(&o->root, "webhooks");

	for (uint32_t i = 0; i < at_count(&hooks); i++) {
		struct at hook = at_item(&hooks, i), policy = at_member(&hook, "failurePolicy");

		if (text_eq_str(at_text(&policy), "Ignore"))
			probe_fail(p, &policy);
	}
}

/* As the API has it: at most 15 of a-z, 0-9 and "-", a letter among them, no "-" at an end or beside another. */
static bool is_port_name(struct text t)
{
	bool letter = false;

	for (uint32_t i = 0; i < t.len; i++) {
		char c = t.data[i];
		bool dash = c == '-';

		if (!dash && (c < 'a' || c > 'z') && (c < '0' || c > '9'))
			return false;
		if (dash && (!i || i + 1 == t.len || t.data[i + 1] == '-'))
			return false;
		letter |= c >= 'a' && c <= 'z';
	}
	return letter && t.len <= 15;
}

static void port_names(struct probe *p, const struct object *o)
{
	struct at ports = at_member(&o->root, "spec.ports");

	for (uint32_t i = 0; o->kind == KIND_SERVICE && i < at_count(&ports); i++) {
		struct at port = at_item(&ports, i), target = at_member(&port, "targetPort");
		int64_t number;

		if (at_text(&target).len && !at_number(&target, &number) &&
		    !is_port_name(at_text(&target)))
			probe_fail(p, &target);
	}
	for (uint32_t i = 0; o->workload && i < o->workload->container_count; i++) {
		const struct container *c = &o->workload->containers[i];

		for (uint32_t k = 0; k < c->port_count; k++)
			if (c->ports[k].name.value.len && !is_port_name(c->ports[k].name.value))
				probe_fail(p, &c->ports[k].name.at);
	}
}

#define NETWORK .category = CATEGORY_NETWORK
#define POLICIES "https://kubernetes.io/docs/concepts/services-networking/network-policies/"
#define WEBHOOKS (KIND_BIT(KIND_MUTATING_WEBHOOK) | KIND_BIT(KIND_VALIDATING_WEBHOOK))

static const struct check checks[] = {
	{ .id = "MRL-601",
	  .name = "ingress-tls",
	  .title = "What comes in is not encrypted",
	  .attack = "Reads and changes it on the way, passwords and cookies included.",
	  .suggest = "Set spec.tls.",
	  .aliases = "tlsSettingsMissing C-0263",
	  .links = "https://kubernetes.io/docs/concepts/services-networking/ingress/#tls",
	  .severity = SEVERITY_MEDIUM,
	  NETWORK,
	  .kinds = KIND_BIT(KIND_INGRESS),
	  .object = tls },
	{ .id = "MRL-602",
	  .name = "exposed-services",
	  .title = "The service can be reached from outside the cluster",
	  .attack =
		  "Is in front of the service without an ingress, its TLS and its login in between.",
	  .suggest = "Use ClusterIP behind an Ingress or Gateway.",
	  .aliases = "C-0256 service-type",
	  .links = NULL,
	  .severity = SEVERITY_MEDIUM,
	  NETWORK,
	  .kinds = KIND_BIT(KIND_SERVICE),
	  .object = exposed },
	{ .id = "MRL-603",
	  .name = "load-balancer-open",
	  .title = "The load balancer takes connections from everywhere",
	  .attack = "Scans find it within minutes.",
	  .suggest = "Set loadBalancerSourceRanges.",
	  .aliases = "",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  NETWORK,
	  .kinds = KIND_BIT(KIND_SERVICE),
	  .object = open_balancer },
	{ .id = "MRL-604",
	  .name = "external-ips",
	  .title = "The service takes traffic for addresses of its choice",
	  .attack = "Intercepts what other pods send to that address (CVE-2020-8554).",
	  .suggest = "Remove externalIPs; turn on DenyServiceExternalIPs.",
	  .aliases = "C-0115 C-0283 KSV-0108 CKV2_K8S_4 CVE-2020-8554",
	  .links = NULL,
	  .severity = SEVERITY_HIGH,
	  NETWORK,
	  .kinds = KIND_BIT(KIND_SERVICE),
	  .object = external_ips },
	{ .id = "MRL-605",
	  .name = "ingress-nginx-snippet",
	  .title = "An annotation writes nginx' configuration",
	  .attack =
		  "Makes the ingress controller hand out its service account's token, which reads all Secrets "
		  "(CVE-2021-25742).",
	  .suggest = "Remove it; set allow-snippet-annotations: false.",
	  .aliases = "C-0059 KCV-0093 CKV_K8S_152 CKV_K8S_153 CKV_K8S_154 CVE-2021-25742",
	  .links = NULL,
	  .severity = SEVERITY_CRITICAL,
	  NETWORK,
	  .kinds = KIND_BIT(KIND_INGRESS),
	  .object = snippet },
	{ .id = "MRL-606",
	  .name = "ingress-any-host",
	  .title = "The ingress takes every host's requests",
	  .attack = "Answers for names that nobody else claimed.",
	  .suggest = "Name the host.",
	  .aliases = "",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  NETWORK,
	  .kinds = KIND_BIT(KIND_INGRESS),
	  .object = wildcard_host },
	{ .id = "MRL-607",
	  .name = "exposed-console",
	  .title = "An administration console is exposed",
	  .attack = "Logs in with a default password or a known bug, and runs what it can run.",
	  .suggest = "Use ClusterIP and kubectl port-forward, or a proxy with a login.",
	  .aliases = "C-0021 C-0014 C-0274",
	  .links = NULL,
	  .severity = SEVERITY_HIGH,
	  NETWORK,
	  .kinds = KIND_BIT(KIND_SERVICE),
	  .object = exposed_console },
	{ .id = "MRL-608",
	  .name = "tiller",
	  .title = "Helm 2's Tiller is deployed",
	  .attack = "Takes orders from every pod that reaches it, usually as cluster-admin.",
	  .suggest = "Use Helm 3 and remove it.",
	  .aliases = "KSV-0102 CKV_K8S_34",
	  .links = NULL,
	  .severity = SEVERITY_CRITICAL,
	  NETWORK,
	  .kinds = KINDS_WORKLOAD,
	  .pod = tiller },
	{ .id = "MRL-609",
	  .name = "dashboard-login",
	  .title = "The dashboard lets people in without a login",
	  .attack = "Uses it with its own rights.",
	  .suggest = "Remove the argument.",
	  .aliases = "CKV_K8S_33",
	  .links = NULL,
	  .severity = SEVERITY_HIGH,
	  NETWORK,
	  .kinds = KINDS_WORKLOAD,
	  .container = dashboard },
	{ .id = "MRL-610",
	  .name = "network-policy-open",
	  .title = "A rule of the policy allows everybody",
	  .attack = "The policy is there, and does nothing in that direction.",
	  .suggest = "Name peers and ports.",
	  .aliases = "",
	  .links = POLICIES,
	  .severity = SEVERITY_MEDIUM,
	  NETWORK,
	  .kinds = KIND_BIT(KIND_NETWORK_POLICY),
	  .object = open_policy },
	{ .id = "MRL-611",
	  .name = "metadata-service",
	  .title = "The policy lets pods reach the cloud's metadata service",
	  .attack = "Reads the node's credentials from 169.254.169.254.",
	  .suggest = "Add except: [169.254.0.0/16].",
	  .aliases = "C-0052",
	  .links = POLICIES,
	  .severity = SEVERITY_HIGH,
	  NETWORK,
	  .kinds = KIND_BIT(KIND_NETWORK_POLICY),
	  .object = metadata_service },
	{ .id = "MRL-612",
	  .name = "gateway-plain",
	  .title = "A gateway listens without TLS",
	  .attack = "Reads and changes what comes in on the way.",
	  .suggest = "Use HTTPS; redirect HTTP.",
	  .aliases = "C-0266 C-0302",
	  .links = NULL,
	  .severity = SEVERITY_MEDIUM,
	  NETWORK,
	  .kinds = KIND_BIT(KIND_GATEWAY),
	  .object = plain_gateway },
	{ .id = "MRL-613",
	  .name = "webhook-failure-ignored",
	  .title = "An admission webhook that does not answer is passed over",
	  .attack = "Brings it down, or waits, and what it would refuse comes in.",
	  .suggest = "Set failurePolicy: Fail for webhooks that protect.",
	  .aliases = "",
	  .links = NULL,
	  .severity = SEVERITY_MEDIUM,
	  NETWORK,
	  .kinds = WEBHOOKS,
	  .object = webhook_failure },
	{ .id = "MRL-614",
	  .name = "invalid-target-ports",
	  .title = "The name of a port is none that the API takes",
	  .attack = "It is refused, and what was there before goes on.",
	  .suggest = "Take at most 15 small letters, digits and dashes.",
	  .aliases = "",
	  .links = NULL,
	  .severity = SEVERITY_LOW,
	  NETWORK,
	  .kinds = KIND_BIT(KIND_SERVICE) | KINDS_WORKLOAD,
	  .object = port_names },
};

const struct check_group checks_network = { checks, ARRAY_SIZE(checks) };
