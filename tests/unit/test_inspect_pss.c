/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Pod Security Standards: pods made from the published text, each judged by both levels for every
 * version from 1.0 to 1.37. What is expected are the versions that allow it.
 */
#include "base/str.h"
#include "inspect/engine.h"
#include "unit.h"

/* A pod that restricted allows in every version, with something more in it. */
#define POD                                                                                         \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {%s}}\nspec:\n"                \
	"  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}%s}\n"       \
	"  containers:\n  - name: c\n    image: i\n"                                                \
	"    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]%s}%s}\n" \
	"%s%s"

#define ALL "0-37"
#define NEVER ""

static const struct row {
	const char *name;
	const char *annotations, *pod_context, *capabilities, *context;
	const char *container, *pod;	   /* whole lines */
	const char *baseline, *restricted; /* the versions that allow it: "0-18 35-37" */
} rows[] = {
	{ "as it is", "", "", "", "", "", "", ALL, ALL },

	{ "privileged", "", "", "", ", privileged: true", "", "", NEVER, NEVER },
	{ "not privileged", "", "", "", ", privileged: false", "", "", ALL, ALL },
	{ "privileged, init", "", "", "", "", "",
	  "  initContainers: [{name: i, image: i, securityContext: {privileged: true, "
	  "allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]\n",
	  NEVER, NEVER },
	{ "privileged, ephemeral", "", "", "", "", "",
	  "  ephemeralContainers: [{name: e, image: i, securityContext: {privileged: true, "
	  "allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]\n",
	  NEVER, NEVER },

	{ "hostNetwork", "", "", "", "", "", "  hostNetwork: true\n", NEVER, NEVER },
	{ "hostPID", "", "", "", "", "", "  hostPID: true\n", NEVER, NEVER },
	{ "hostIPC", "", "", "", "", "", "  hostIPC: true\n", NEVER, NEVER },
	{ "no host namespaces", "", "", "", "", "",
	  "  hostNetwork: false\n  hostPID: false\n  hostIPC: false\n", ALL, ALL },

	{ "hostPath", "", "", "", "", "", "  volumes: [{name: v, hostPath: {path: /a}}]\n", NEVER,
	  NEVER },
	{ "nfs", "", "", "", "", "", "  volumes: [{name: v, nfs: {server: s, path: /}}]\n", ALL,
	  NEVER },
	{ "gitRepo", "", "", "", "", "", "  volumes: [{name: v, gitRepo: {repository: r}}]\n", ALL,
	  NEVER },
	{ "the nine types", "", "", "", "", "",
	  "  volumes:\n  - {name: a, configMap: {name: c}}\n  - {name: b, csi: {driver: d}}\n"
	  "  - {name: c, downwardAPI: {items: []}}\n  - {name: d, emptyDir: {}}\n"
	  "  - {name: e, ephemeral: {volumeClaimTemplate: {}}}\n  - {name: f, image: {reference: r}}\n"
	  "  - {name: g, persistentVolumeClaim: {claimName: c}}\n  - {name: h, projected: {sources: []}}\n"
	  "  - {name: i, secret: {secretName: s}}\n",
	  ALL, ALL },

	{ "hostPort", "", "", "", "", "    ports: [{containerPort: 80, hostPort: 80}]\n", "", NEVER,
	  NEVER },
	{ "hostPort 0", "", "", "", "", "    ports: [{containerPort: 80, hostPort: 0}]\n", "", ALL,
	  ALL },

	{ "AppArmor unconfined", "container.apparmor.security.beta.kubernetes.io/c: unconfined", "",
	  "", "", "", "", NEVER, NEVER },
	{ "AppArmor default", "container.apparmor.security.beta.kubernetes.io/c: runtime/default",
	  "", "", "", "", "", ALL, ALL },
	{ "AppArmor own", "container.apparmor.security.beta.kubernetes.io/c: localhost/x", "", "",
	  "", "", "", ALL, ALL },
	{ "AppArmor empty", "container.apparmor.security.beta.kubernetes.io/c: \"\"", "", "", "",
	  "", "", ALL, ALL },
	{ "AppArmor of a container that is not there",
	  "container.apparmor.security.beta.kubernetes.io/x: unconfined", "", "", "", "", "", NEVER,
	  NEVER },
	{ "AppArmor field, unconfined", "", "", "", ", appArmorProfile: {type: Unconfined}", "", "",
	  NEVER, NEVER },
	{ "AppArmor field, pod, unconfined", "", ", appArmorProfile: {type: Unconfined}", "", "",
	  "", "", NEVER, NEVER },
	{ "AppArmor field", "", ", appArmorProfile: {type: RuntimeDefault}", "",
	  ", appArmorProfile: {type: Localhost, localhostProfile: x}", "", "", ALL, ALL },

	{ "NET_ADMIN", "", "", ", add: [NET_ADMIN]", "", "", "", NEVER, NEVER },
	{ "NET_RAW", "", "", ", add: [NET_RAW]", "", "", "", NEVER, NEVER },
	{ "CHOWN", "", "", ", add: [CHOWN]", "", "", "", ALL, "0-21" },
	{ "in lower case", "", "", ", add: [chown]", "", "", "", NEVER, NEVER },
	{ "NET_BIND_SERVICE", "", "", ", add: [NET_BIND_SERVICE]", "", "", "", ALL, ALL },
	{ "drops nothing, escalation unsaid", "", "", "", "", "",
	  "  initContainers: [{name: i, image: i}]\n", ALL, "0-7" },
	{ "drops nothing", "", "", "", "", "",
	  "  initContainers: [{name: i, image: i, securityContext: {allowPrivilegeEscalation: false}}]\n",
	  ALL, "0-21" },
	{ "drops the default ones", "", "", "", "", "",
	  "  initContainers: [{name: i, image: i, securityContext: {allowPrivilegeEscalation: false, "
	  "capabilities: {drop: [NET_RAW]}}}]\n",
	  ALL, "0-21" },
	{ "windows", "", "", "", "", "",
	  "  os: {name: windows}\n  initContainers: [{name: i, image: i, securityContext: {}}]\n",
	  ALL, "0-7 25-37" },
	{ "linux by name", "", "", "", "", "",
	  "  os: {name: linux}\n  initContainers: [{name: i, image: i, securityContext: {}}]\n",
	  ALL, "0-7" },

	{ "probe with a host", "", "", "", "",
	  "    livenessProbe: {httpGet: {host: 127.0.0.1, port: 80}}\n", "", "0-33", "0-33" },
	{ "probe by TCP with a host", "", "", "", "",
	  "    startupProbe: {tcpSocket: {host: 10.0.0.1, port: 80}}\n", "", "0-33", "0-33" },
	{ "hook with a host", "", "", "", "",
	  "    lifecycle: {postStart: {httpGet: {host: a, port: 80}}}\n", "", "0-33", "0-33" },
	{ "probe with an empty host", "", "", "", "",
	  "    readinessProbe: {httpGet: {host: \"\", port: 80}}\n", "", ALL, ALL },

	{ "host process", "", "", "", ", windowsOptions: {hostProcess: true}", "", "", NEVER,
	  NEVER },
	{ "host process, pod", "", ", windowsOptions: {hostProcess: true}", "", "", "", "", NEVER,
	  NEVER },

	{ "procMount", "", "", "", ", procMount: Unmasked", "", "", NEVER, NEVER },
	{ "procMount, users of its own", "", "", "", ", procMount: Unmasked", "",
	  "  hostUsers: false\n", "35-37", NEVER },
	{ "procMount, the node's users", "", "", "", ", procMount: Unmasked", "",
	  "  hostUsers: true\n", NEVER, NEVER },
	{ "procMount by default", "", "", "", ", procMount: Default", "", "", ALL, ALL },

	{ "seccomp, unconfined", "", "", "", ", seccompProfile: {type: Unconfined}", "", "", "0-18",
	  "0-18" },
	{ "seccomp, own", "", "", "", ", seccompProfile: {type: Localhost, localhostProfile: x}",
	  "", "", ALL, ALL },
	{ "seccomp, annotation, unconfined", "seccomp.security.alpha.kubernetes.io/pod: unconfined",
	  "", "", "", "", "", "19-37", "19-37" },
	{ "seccomp, annotation of the container, unconfined",
	  "container.seccomp.security.alpha.kubernetes.io/c: unconfined", "", "", "", "", "",
	  "19-37", "19-37" },
	{ "seccomp, annotation", "seccomp.security.alpha.kubernetes.io/pod: runtime/default", "",
	  "", "", "", "", ALL, ALL },

	{ "SELinux type", "", "", "", ", seLinuxOptions: {type: spc_t}", "", "", NEVER, NEVER },
	{ "SELinux user", "", ", seLinuxOptions: {user: u}", "", "", "", "", NEVER, NEVER },
	{ "SELinux role", "", "", "", ", seLinuxOptions: {role: r}", "", "", NEVER, NEVER },
	{ "SELinux container_kvm_t", "", "", "",
	  ", seLinuxOptions: {type: container_kvm_t, level: s0}", "", "", ALL, ALL },
	{ "SELinux container_engine_t", "", "", "", ", seLinuxOptions: {type: container_engine_t}",
	  "", "", "31-37", "31-37" },

	{ "sysctl", "", ", sysctls: [{name: kernel.msgmax, value: '1'}]", "", "", "", "", NEVER,
	  NEVER },
	{ "sysctl, safe since ever", "",
	  ", sysctls: [{name: net.ipv4.ping_group_range, value: '1'}]", "", "", "", "", ALL, ALL },
	{ "sysctl of 1.27", "", ", sysctls: [{name: net.ipv4.ip_local_reserved_ports, value: '1'}]",
	  "", "", "", "", "27-37", "27-37" },
	{ "sysctl of 1.29", "", ", sysctls: [{name: net.ipv4.tcp_fin_timeout, value: '1'}]", "", "",
	  "", "", "29-37", "29-37" },
	{ "sysctl of 1.32", "", ", sysctls: [{name: net.ipv4.tcp_wmem, value: '1'}]", "", "", "",
	  "", "32-37", "32-37" },
	{ "sysctl of 1.37", "", ", sysctls: [{name: net.ipv4.tcp_notsent_lowat, value: '1'}]", "",
	  "", "", "", "37-37", "37-37" },

	{ "may be root", "", "", "", ", runAsNonRoot: false", "", "", ALL, NEVER },
	{ "may be root, users of its own", "", "", "", ", runAsNonRoot: false", "",
	  "  hostUsers: false\n", ALL, "35-37" },
	{ "is root", "", "", "", ", runAsUser: 0", "", "", ALL, "0-22" },
	{ "is root, pod", "", ", runAsUser: 0", "", ", runAsUser: 1", "", "", ALL, "0-22" },
	{ "is root, users of its own", "", ", runAsUser: 0", "", "", "", "  hostUsers: false\n",
	  ALL, "0-22 35-37" },
	{ "is somebody", "", "", "", ", runAsUser: 1000", "", "", ALL, ALL },
};

static bool is_in(const char *ranges, unsigned version)
{
	unsigned from, to;
	int n;

	for (; sscanf(ranges, "%u-%u%n", &from, &to, &n) == 2; ranges += n)
		if (version >= from && version <= to)
			return true;
	return false;
}

static bool is_allowed(const char *manifest, enum pss_level level, unsigned version)
{
	struct inspect_options o = { .level = level, .version = version };
	cleanup_inspection struct inspection *in = NULL;
	struct error err = ERROR_INIT;
	const struct report *r;

	assert_int_equal(inspection_new(&in, &o, &err), 0);
	assert_int_equal(inspection_add(in, "pod", text_of(manifest), &err), 0);
	r = inspection_finish(in);
	assert_int_equal(r->problems.errors, 0);
	assert_int_equal(r->objects.len, 1);
	return !report_fails(r, SEVERITY_LOW);
}

static void judge(const struct row *row, enum pss_level level, const char *ranges)
{
	char manifest[4096], name[256];

	snprintf(manifest, sizeof(manifest), POD, row->annotations, row->pod_context,
		 row->capabilities, row->context, row->container, row->pod);
	for (unsigned v = 0; v <= KUBERNETES_MINOR_MAX; v++) {
		snprintf(name, sizeof(name), "%s, %s, 1.%u", row->name,
			 level == PSS_BASELINE ? "baseline" : "restricted", v);
		check_number(name, is_allowed(manifest, level, v), is_in(ranges, v));
	}
}

static void both_levels_every_version(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		judge(&rows[i], PSS_BASELINE, rows[i].baseline);
		judge(&rows[i], PSS_RESTRICTED, rows[i].restricted);
	}
}

/* How many controls each level has, by version: the registry of the admission plugin. */
static void controls(void **state)
{
	static const struct {
		unsigned version;
		size_t baseline, restricted;
	} counts[] = { { 0, 11, 12 },  { 8, 11, 13 },  { 19, 11, 13 }, { 22, 11, 13 },
		       { 23, 11, 14 }, { 34, 12, 15 }, { 35, 12, 15 }, { 37, 12, 15 } };

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		for (int level = PSS_BASELINE; level <= PSS_RESTRICTED; level++) {
			struct inspect_options o = { .level = (enum pss_level)level,
						     .version = counts[i].version };
			cleanup_inspection struct inspection *in = NULL;
			struct error err = ERROR_INIT;

			assert_int_equal(inspection_new(&in, &o, &err), 0);
			check_number("controls", inspection_finish(in)->tally_count,
				     level == PSS_BASELINE ? counts[i].baseline :
							     counts[i].restricted);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_levels_every_version),
		cmocka_unit_test(controls),
	};

	return unit_run(tests);
}
