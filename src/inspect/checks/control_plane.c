/* SPDX-License-Identifier: Apache-2.0 */
/* The flags of the controller manager, the scheduler and etcd: sections 1.3, 1.4 and 2 of the CIS benchmark. */
#include "base/cleanup.h"
#include "inspect/setting.h"

#define PLANE(k) .category = CATEGORY_CONTROL_PLANE, .kinds = KIND_BIT(k)
#define MANAGER PLANE(KIND_CONTROLLER_MANAGER)
#define SCHEDULER PLANE(KIND_SCHEDULER)
#define ETCD PLANE(KIND_ETCD)
#define SETTING(f, c, how, ...)                                       \
	.object = setting_check, .data = &(const struct setting_rule) \
	{                                                             \
		.flags = f, .path = c, .op = how, __VA_ARGS__         \
	}
#define REFERENCE "https://kubernetes.io/docs/reference/command-line-tools-reference/"
#define MANAGER_DOCS REFERENCE "kube-controller-manager/"
#define SCHEDULER_DOCS REFERENCE "kube-scheduler/"
#define ETCD_DOCS "https://etcd.io/docs/latest/op-guide/security/"

static void plain_address(struct probe *p, const struct object *o)
{
	struct at flags = at_member(&o->root, "flags");
	struct at at = at_member(&flags, "listen-client-urls");
	struct text t = at_text(&at);

	if (!flags.node)
		probe_skip(p);
	while (t.len) {
		const char *comma = memchr(t.data, ',', t.len);
		uint32_t len = comma ? (uint32_t)(comma - t.data) : t.len;
		struct text url = text_trim(text_from(t.data, len));

		if (text_starts(url, TEXT("http://")) && !text_starts(url, TEXT("http://127.")) &&
		    !text_starts(url, TEXT("http://localhost")))
			probe_fail(p, &at);
		t = text_from(t.data + len + (comma != NULL), t.len - len - (comma != NULL));
	}
}

static const struct check checks[] = {
	{ .id = "MRL-1301",
	  .name = "controller-manager-garbage",
	  .title = "Pods that ended are kept for ever",
	  .attack = "Fill the store of the cluster.",
	  .suggest = "Set --terminated-pod-gc-threshold to something above 0.",
	  .aliases = "CIS-1.3.1 C-0144 KCV-0033 CKV_K8S_106",
	  .links = MANAGER_DOCS,
	  .severity = SEVERITY_LOW,
	  MANAGER,
	  SETTING("terminated-pod-gc-threshold", NULL, SETTING_AT_LEAST, "1", .unset = "12500") },
	{ .id = "MRL-1302",
	  .name = "controller-manager-profiling",
	  .title = "The controller manager serves profiles of itself",
	  .attack = "Learns from its memory and stacks, and slows it down.",
	  .suggest = "Set --profiling=false.",
	  .aliases = "CIS-1.3.2 C-0145 KCV-0034 CKV_K8S_107",
	  .links = MANAGER_DOCS,
	  .severity = SEVERITY_LOW,
	  MANAGER,
	  SETTING("profiling", NULL, SETTING_IS, "false", .unset = "true") },
	{ .id = "MRL-1303",
	  .name = "controller-manager-one-account",
	  .title = "All controllers act as one account",
	  .attack = "A bug in one controller has the rights of all.",
	  .suggest = "Set --use-service-account-credentials=true.",
	  .aliases = "CIS-1.3.3 C-0146 KCV-0035 CKV_K8S_108",
	  .links = MANAGER_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  MANAGER,
	  SETTING("use-service-account-credentials", NULL, SETTING_IS, "true", .unset = "false") },
	{ .id = "MRL-1304",
	  .name = "controller-manager-no-token-key",
	  .title = "The controller manager has no key for tokens of service accounts",
	  .attack = "Tokens are made with another key, or not at all.",
	  .suggest = "Set --service-account-private-key-file.",
	  .aliases = "CIS-1.3.4 C-0147 KCV-0036 CKV_K8S_110",
	  .links = MANAGER_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  MANAGER,
	  SETTING("service-account-private-key-file", NULL, SETTING_THERE) },
	{ .id = "MRL-1305",
	  .name = "controller-manager-no-root-ca",
	  .title = "Pods are not told how to check the API server",
	  .attack = "They skip the check, and somebody on the way takes their tokens.",
	  .suggest = "Set --root-ca-file.",
	  .aliases = "CIS-1.3.5 C-0148 KCV-0037 CKV_K8S_111",
	  .links = MANAGER_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  MANAGER,
	  SETTING("root-ca-file", NULL, SETTING_THERE) },
	{ .id = "MRL-1306",
	  .name = "controller-manager-no-server-rotation",
	  .title = "Serving certificates of kubelets are not renewed",
	  .attack = "A stolen key serves in the place of a node until the certificate ends.",
	  .suggest = "Remove RotateKubeletServerCertificate=false from --feature-gates.",
	  .aliases = "CIS-1.3.6 C-0149 KCV-0038 CKV_K8S_112",
	  .links = MANAGER_DOCS,
	  .severity = SEVERITY_LOW,
	  MANAGER,
	  SETTING("feature-gates", NULL, SETTING_GATE, "RotateKubeletServerCertificate") },
	{ .id = "MRL-1307",
	  .name = "controller-manager-exposed",
	  .title = "The controller manager listens on the network",
	  .attack = "One more server of the control plane to attack.",
	  .suggest = "Set --bind-address=127.0.0.1.",
	  .aliases = "CIS-1.3.7 C-0150 KCV-0039 CKV_K8S_113",
	  .links = MANAGER_DOCS,
	  .severity = SEVERITY_LOW,
	  MANAGER,
	  SETTING("bind-address", NULL, SETTING_LOCAL, .unset = "0.0.0.0") },
	{ .id = "MRL-1311",
	  .name = "scheduler-profiling",
	  .title = "The scheduler serves profiles of itself",
	  .attack = "Learns from its memory and stacks, and slows it down.",
	  .suggest = "Set --profiling=false.",
	  .aliases = "CIS-1.4.1 C-0151 KCV-0040 CKV_K8S_114",
	  .links = SCHEDULER_DOCS,
	  .severity = SEVERITY_LOW,
	  SCHEDULER,
	  SETTING("profiling", NULL, SETTING_IS, "false", .unset = "true", .unless = "config") },
	{ .id = "MRL-1312",
	  .name = "scheduler-exposed",
	  .title = "The scheduler listens on the network",
	  .attack = "One more server of the control plane to attack.",
	  .suggest = "Set --bind-address=127.0.0.1.",
	  .aliases = "CIS-1.4.2 C-0152 KCV-0041 CKV_K8S_115",
	  .links = SCHEDULER_DOCS,
	  .severity = SEVERITY_LOW,
	  SCHEDULER,
	  SETTING("bind-address", NULL, SETTING_LOCAL, .unset = "0.0.0.0") },
	{ .id = "MRL-1321",
	  .name = "etcd-no-tls",
	  .title = "etcd serves without TLS",
	  .attack = "Every secret of the cluster goes over the network in clear text.",
	  .suggest = "Set --cert-file and --key-file.",
	  .aliases = "CIS-2.1 C-0153 KCV-0042 CKV_K8S_116",
	  .links = ETCD_DOCS,
	  .severity = SEVERITY_HIGH,
	  ETCD,
	  SETTING("cert-file key-file", NULL, SETTING_THERE) },
	{ .id = "MRL-1322",
	  .name = "etcd-no-client-auth",
	  .title = "etcd answers whoever asks",
	  .attack = "Reads every secret of the cluster, and writes roles into it.",
	  .suggest = "Set --client-cert-auth=true.",
	  .aliases = "CIS-2.2 C-0154 KCV-0043 CKV_K8S_117",
	  .links = ETCD_DOCS,
	  .severity = SEVERITY_CRITICAL,
	  ETCD,
	  SETTING("client-cert-auth", NULL, SETTING_IS, "true", .unset = "false") },
	{ .id = "MRL-1323",
	  .name = "etcd-auto-tls",
	  .title = "etcd serves with a certificate that it signed itself",
	  .attack = "The API server can not tell it from somebody on the way.",
	  .suggest = "Remove --auto-tls.",
	  .aliases = "CIS-2.3 C-0155 KCV-0044 CKV_K8S_118",
	  .links = ETCD_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  ETCD,
	  SETTING("auto-tls", NULL, SETTING_IS_NOT, "true") },
	{ .id = "MRL-1324",
	  .name = "etcd-peer-no-tls",
	  .title = "Members of etcd speak to each other without TLS",
	  .attack = "Every secret of the cluster goes over the network in clear text.",
	  .suggest = "Set --peer-cert-file and --peer-key-file.",
	  .aliases = "CIS-2.4 C-0156 KCV-0045 CKV_K8S_119",
	  .links = ETCD_DOCS,
	  .severity = SEVERITY_HIGH,
	  ETCD,
	  SETTING("peer-cert-file peer-key-file", NULL, SETTING_THERE) },
	{ .id = "MRL-1325",
	  .name = "etcd-peer-no-auth",
	  .title = "Whoever asks may be a member of etcd",
	  .attack = "Joins, and has a copy of every secret.",
	  .suggest = "Set --peer-client-cert-auth=true.",
	  .aliases = "CIS-2.5 C-0157 KCV-0046 CKV_K8S_120",
	  .links = ETCD_DOCS,
	  .severity = SEVERITY_HIGH,
	  ETCD,
	  SETTING("peer-client-cert-auth", NULL, SETTING_IS, "true", .unset = "false") },
	{ .id = "MRL-1326",
	  .name = "etcd-peer-auto-tls",
	  .title = "Members of etcd show certificates that they signed themselves",
	  .attack = "They can not tell each other from somebody on the way.",
	  .suggest = "Remove --peer-auto-tls.",
	  .aliases = "CIS-2.6 C-0158 KCV-0047 CKV_K8S_121",
	  .links = ETCD_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  ETCD,
	  SETTING("peer-auto-tls", NULL, SETTING_IS_NOT, "true") },
	{ .id = "MRL-1327",
	  .name = "etcd-no-ca",
	  .title = "etcd has no CA of its own to check clients with",
	  .attack = "A certificate made for something else opens the store.",
	  .suggest = "Set --trusted-ca-file to a CA that is etcd's alone.",
	  .aliases = "CIS-2.7 C-0159",
	  .links = ETCD_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  ETCD,
	  SETTING("trusted-ca-file", NULL, SETTING_THERE) },
	{ .id = "MRL-1328",
	  .name = "etcd-plain-address",
	  .title = "etcd listens without TLS on the network",
	  .attack = "Every secret of the cluster goes over the network in clear text.",
	  .suggest = "Use https in --listen-client-urls; http only on 127.0.0.1, for metrics.",
	  .aliases = "",
	  .links = ETCD_DOCS,
	  .severity = SEVERITY_HIGH,
	  ETCD,
	  .object = plain_address },
};

const struct check_group checks_control_plane = { checks, ARRAY_SIZE(checks) };
