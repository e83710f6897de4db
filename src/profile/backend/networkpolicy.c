/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubernetes' NetworkPolicy (networking.k8s.io/v1): what the workload listened on may be reached, what
 * it sent to may be reached by it, nothing else; replies follow their connection.
 *
 * Who its clients may be is no fact about the workload: ingress is open to all on the ports that it
 * serves. Loopback never passes a policy. DNS goes to the cluster's own servers: the address that was
 * recorded is a service's, and many network plug-ins look after that has been translated.
 */
#include "profile/backend/kubernetes.h"

#include <errno.h>

#include "profile/backend/head.h"
#include "profile/flows.h"

enum { DNS_PORT = 53 };

static json_t *port_json(const struct flow *f)
{
	json_t *port = json_object();

	json_set_string(port, "protocol", flow_protocol_name(f->protocol));
	json_object_set_new(port, "port", json_integer(f->port));
	return port;
}

static void add_block(json_t *peers, const struct flow *f)
{
	char text[FLOW_TEXT_MAX];
	json_t *peer = json_object(), *block = json_object();

	flow_address(f, text);
	json_set_string(block, "cidr", text);
	json_object_set_new(peer, "ipBlock", block);
	json_array_append_new(peers, peer);
}

/* One peer: pods and their namespace, by labels that every cluster since 1.21 has. */
static json_t *cluster_dns(void)
{
	json_t *peer = json_object(), *namespace = json_object(), *pods = json_object(),
	       *name = json_object(), *label = json_object();

	json_set_string(name, "kubernetes.io/metadata.name", "kube-system");
	json_object_set_new(namespace, "matchLabels", name);
	json_set_string(label, "k8s-app", "kube-dns");
	json_object_set_new(pods, "matchLabels", label);
	json_object_set_new(peer, "namespaceSelector", namespace);
	json_object_set_new(peer, "podSelector", pods);
	return peer;
}

static json_t *ingress_json(const struct flow_list *flows)
{
	json_t *rules = json_array(), *rule, *ports = json_array();

	vec_foreach(f, &flows->items)
		if (f->inbound)
			json_array_append_new(ports, port_json(f));
	if (json_array_size(ports)) {
		rule = json_object();
		json_object_set(rule, "ports", ports);
		json_array_append_new(rules, rule);
	}
	json_decref(ports);
	return rules;
}

/* A rule for each protocol and port: its addresses, or none if they were too many, which is all. */
static json_t *egress_json(const struct flow_list *flows)
{
	json_t *rules = json_array();
	const struct flow *last = NULL;
	json_t *peers = NULL;

	vec_foreach(f, &flows->items) {
		json_t *rule, *ports;

		if (f->inbound)
			continue;
		if (last && last->protocol == f->protocol && last->port == f->port) {
			if (peers)
				add_block(peers, f);
			continue;
		}
		last = f;
		rule = json_object();
		peers = NULL;
		if (!f->any) {
			peers = json_array();
			if (f->port == DNS_PORT)
				json_array_append_new(peers, cluster_dns());
			add_block(peers, f);
			json_object_set_new(rule, "to", peers);
		}
		ports = json_array();
		json_array_append_new(ports, port_json(f));
		json_object_set_new(rule, "ports", ports);
		json_array_append_new(rules, rule);
	}
	return rules;
}

int kubernetes_network_policy(const struct profile *p, const struct backend_options *o,
			      json_t **ret, struct buf *comment, struct error *err)
{
	cleanup_flow_list struct flow_list flows = { 0 };
	cleanup_json json_t *labels = NULL;
	cleanup_free char *name = backend_name(p, o);
	json_t *policy, *spec = json_object(), *selector = json_object(), *types = json_array();
	int r = kubernetes_labels(p, o, &labels, err);

	if (!r)
		r = flow_list_build(&flows, p, &o->policy, err);
	if (!r && flow_list_complete_dns(&flows))
		r = error_errno(err, ENOMEM, "network");
	if (flows.other)
		buf_add_str(
			comment,
			"#\n# It also used protocols without ports (ICMP, say), of which a policy "
			"can't speak.\n");
	json_object_set(selector, "matchLabels", labels);
	json_object_set_new(spec, "podSelector", selector);
	json_array_append_new(types, json_string("Ingress"));
	json_array_append_new(types, json_string("Egress"));
	json_object_set_new(spec, "policyTypes", types);
	json_object_set_new(spec, "ingress", ingress_json(&flows));
	json_object_set_new(spec, "egress", egress_json(&flows));
	policy = kubernetes_object("networking.k8s.io/v1", "NetworkPolicy", name);
	json_object_set_new(policy, "spec", spec);
	if (r)
		json_decref(policy);
	else
		*ret = policy;
	return r;
}

static int emit(const struct profile *p, const struct backend_options *o, struct buf *out,
		struct error *err)
{
	cleanup_json json_t *policy = NULL;
	cleanup_buf struct buf comment = BUF_INIT;
	int r;

	buf_add_str(
		&comment,
		"#\n# Addresses of services are written as they were seen: where the network plug-in looks "
		"behind them,\n# name the pods in place of the address.\n");
	r = kubernetes_network_policy(p, o, &policy, &comment, err);
	return r ? r : kubernetes_text(p, comment.data, policy, out, err);
}

const struct profile_backend profile_backend_networkpolicy = {
	.name = "networkpolicy",
	.suffix = "networkpolicy.yaml",
	.summary = "Kubernetes: a NetworkPolicy, from ports and peers",
	.apply = "    kubectl apply -n NAMESPACE -f @FILE@\n\n"
		 "It selects pods by the label `merlon/profile: @NAME@`, which the patch for Kubernetes puts on them, or by the "
		 "labels given with `--selector`.",
	.emit = emit,
};
