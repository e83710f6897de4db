/* SPDX-License-Identifier: Apache-2.0 */
/* What a container may do beyond being a container: privileges, namespaces, users, confinement. */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/check.h"

static void privileged(struct probe *p, const struct workload *w, const struct container *c)
{
	if (c->security.privileged.value == ON)
		probe_fail(p, &c->security.privileged.at);
}

static void fail_on(struct probe *p, const struct flag *f)
{
	if (f->value == ON)
		probe_fail(p, &f->at);
}

static void host_pid(struct probe *p, const struct workload *w)
{
	fail_on(p, &w->host_pid);
}

static void host_ipc(struct probe *p, const struct workload *w)
{
	fail_on(p, &w->host_ipc);
}

static void host_network(struct probe *p, const struct workload *w)
{
	fail_on(p, &w->host_network);
}

static void user_namespace(struct probe *p, const struct workload *w)
{
	if (is_windows(w) || w->host_network.value == ON || w->host_pid.value == ON ||
	    w->host_ipc.value == ON)
		probe_skip(p);
	else if (w->host_users.value != OFF)
		probe_fail(p, &w->host_users.at);
}

static void escalation(struct probe *p, const struct workload *w, const struct container *c)
{
	if (is_windows(w))
		probe_skip(p);
	else if (c->security.escalation.value != OFF)
		probe_fail(p, &c->security.escalation.at);
}

static const struct number *user_of(const struct workload *w, const struct container *c)
{
	return effective_number(&c->security.user, &w->security.user);
}

static void non_root(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct flag *f = effective_flag(&c->security.non_root, &w->security.non_root);
	const struct number *user = user_of(w, c);

	if (is_windows(w))
		probe_skip(p);
	else if (f->value != ON && !(user->set && user->value > 0))
		probe_fail(p, &f->at);
}

static void root_user(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct number *user = user_of(w, c);

	if (user->set && user->value == 0)
		probe_fail(p, &user->at);
}

enum { HIGH_ID = 10000 };

static void low_user(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct number *user = user_of(w, c);

	if (is_windows(w))
		probe_skip(p);
	else if (!user->set || user->value <= HIGH_ID)
		probe_fail(p, &user->at);
}

static void low_group(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct number *group = effective_number(&c->security.group, &w->security.group);

	if (is_windows(w))
		probe_skip(p);
	else if (!group->set || group->value <= HIGH_ID)
		probe_fail(p, &group->at);
}

static void root_group(struct probe *p, const struct workload *w)
{
	const struct security *s = &w->security;

	if (s->group.set && s->group.value == 0)
		probe_fail(p, &s->group.at);
	for (uint32_t i = 0; i < w->container_count; i++) {
		const struct number *own = &w->containers[i].security.group;

		if (own->set && own->value == 0)
			probe_fail(p, &own->at);
	}
	if (s->fs_group.set && s->fs_group.value == 0)
		probe_fail(p, &s->fs_group.at);
	for (uint32_t i = 0; i < s->groups.count; i++)
		if (word_is(&s->groups.items[i], "0"))
			probe_fail(p, &s->groups.items[i].at);
}

static void writable_root(struct probe *p, const struct workload *w, const struct container *c)
{
	if (is_windows(w))
		probe_skip(p);
	else if (c->security.read_only_root.value != ON)
		probe_fail(p, &c->security.read_only_root.at);
}

/* --- the rest ------------------------------------------------------------------------------------ */

static void proc_mount(struct probe *p, const struct workload *w, const struct container *c)
{
	if (word_is(&c->security.proc_mount, "Unmasked"))
		probe_fail(p, &c->security.proc_mount.at);
}

/* Those that have a namespace, so that setting them touches nobody else. */
static bool is_safe_sysctl(struct text name)
{
	static const char *const safe[] = {
		"kernel.shm_rmid_forced",
		"net.ipv4.ip_local_port_range",
		"net.ipv4.ip_unprivileged_port_start",
		"net.ipv4.tcp_syncookies",
		"net.ipv4.ping_group_range",
		"net.ipv4.ip_local_reserved_ports",
		"net.ipv4.tcp_keepalive_time",
		"net.ipv4.tcp_fin_timeout",
		"net.ipv4.tcp_keepalive_intvl",
		"net.ipv4.tcp_keepalive_probes",
		"net.ipv4.tcp_rmem",
		"net.ipv4.tcp_wmem",
		"net.ipv4.tcp_slow_start_after_idle",
		"net.ipv4.tcp_notsent_lowat",
	};

	for (size_t i = 0; i < ARRAY_SIZE(safe); i++)
		if (text_eq_str(name, safe[i]))
			return true;
	return false;
}

static void sysctls(struct probe *p, const struct workload *w)
{
	for (uint32_t i = 0; i < w->sysctl_count; i++)
		if (!is_safe_sysctl(w->sysctls[i].name.value))
			probe_fail(p, &w->sysctls[i].name.at);
}

static void host_process(struct probe *p, const struct workload *w)
{
	fail_on(p, &w->security.host_process);
	for (uint32_t i = 0; i < w->container_count; i++)
		fail_on(p, &w->containers[i].security.host_process);
}

static void probe_host(struct probe *p, const struct workload *w, const struct container *c)
{
	static const char *const members[] = { "httpGet.host", "tcpSocket.host" };
	static const char *const hooks[] = { "postStart.httpGet.host", "postStart.tcpSocket.host",
					     "preStop.httpGet.host", "preStop.tcpSocket.host" };

	for (int k = 0; k < PROBES; k++) {
		for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
			struct at at = at_member(&c->probes[k], members[i]);

			if (at_text(&at).len)
				probe_fail(p, &at);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		struct at at = at_member(&c->lifecycle, hooks[i]);

		if (at_text(&at).len)
			probe_fail(p, &at);
	}
}

static void no_context(struct probe *p, const struct workload *w, const struct container *c)
{
	if (!at_count(&c->security.at) && !at_count(&w->security.at))
		probe_fail(p, &c->security.at);
}

static void host_uts(struct probe *p, const struct workload *w)
{
	fail_on(p, &w->host_uts);
}

static void shared_processes(struct probe *p, const struct workload *w)
{
	fail_on(p, &w->share_processes);
}

/* What only pods can say. */
#define POD .category = CATEGORY_PRIVILEGE, .kinds = KINDS_WORKLOAD
#define PRIVILEGE .category = CATEGORY_PRIVILEGE, .kinds = KINDS_CONTAINER
#define STANDARDS "https://kubernetes.io/docs/concepts/security/pod-security-standards/"
#define CONTEXT "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"

static const struct check checks[] = {
	{ .id = "MRL-101",
	  .name = "privileged-container",
	  .title = "The container is privileged",
	  .attack =
		  "Every capability, every device, no filter: mounts the node's disk and writes to it, which is "
		  "root on the node in one command.",
	  .suggest =
		  "Remove privileged; add only the capabilities that a recording shows to be used.",
	  .suggest_bundle =
		  "Run it without --privileged; add only the capabilities that a recording shows to be used.",
	  .aliases =
		  "runAsPrivileged C-0057 KSV-0017 container-security-context-privileged CKV_K8S_16 CIS-5.2.2 "
		  "docker-5.5 Privileged",
	  .links = STANDARDS,
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "false",
		   .why = "It may use devices or capabilities that it then has no more." },
	  .severity = SEVERITY_CRITICAL,
	  PRIVILEGE,
	  .container = privileged },
	{ .id = "MRL-102",
	  .name = "host-pid",
	  .title = "The pod sees all processes of the node",
	  .attack =
		  "Reads environments and memory of other workloads, follows /proc/PID/root into their files, "
		  "signals the node's daemons.",
	  .suggest = "Remove hostPID.",
	  .suggest_bundle = "Give it a PID namespace of its own (no --pid=host).",
	  .aliases = "hostPIDSet C-0275 C-0038 KSV-0010 HostPID CKV_K8S_17 CIS-5.2.3 docker-5.16",
	  .links = STANDARDS,
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "false",
		   .why = "It may look at processes of the node, as monitors do." },
	  .severity = SEVERITY_HIGH,
	  PRIVILEGE,
	  .pod = host_pid },
	{ .id = "MRL-103",
	  .name = "host-ipc",
	  .title = "The pod shares the node's IPC namespace",
	  .attack = "Reads and changes shared memory and message queues of processes on the node.",
	  .suggest = "Remove hostIPC.",
	  .suggest_bundle = "Give it an IPC namespace of its own (no --ipc=host).",
	  .aliases = "hostIPCSet C-0276 KSV-0008 HostIPC CKV_K8S_18 CIS-5.2.4 docker-5.17",
	  .links = STANDARDS,
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "false",
		   .why = "It may share memory with processes of the node." },
	  .severity = SEVERITY_HIGH,
	  PRIVILEGE,
	  .pod = host_ipc },
	{ .id = "MRL-104",
	  .name = "host-network",
	  .title = "The pod uses the node's network",
	  .attack =
		  "Reaches what listens on the node's loopback (kubelet, runtime, metadata service) and gets past "
		  "network policies; with NET_RAW it listens to other pods.",
	  .suggest = "Remove hostNetwork; publish with a Service.",
	  .suggest_bundle =
		  "Give it a network namespace of its own (no --network=host); publish ports.",
	  .aliases = "hostNetworkSet C-0041 KSV-0009 HostNetwork CKV_K8S_19 CIS-5.2.5 docker-5.10",
	  .links = STANDARDS,
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "false",
		   .why = "It may be reached, or reach others, at the node's addresses." },
	  .severity = SEVERITY_HIGH,
	  PRIVILEGE,
	  .pod = host_network },
	{ .id = "MRL-105",
	  .name = "no-user-namespace",
	  .title = "The pod has no user namespace of its own",
	  .attack = "Root in the container is root on the node for every bug that lets it out.",
	  .suggest = "Set hostUsers: false where the runtime and the volumes allow it.",
	  .suggest_bundle = "Map its users (--userns=auto, linux.uidMappings).",
	  .aliases = "HostUsers docker-2.9 docker-5.31",
	  .since = 33,
	  .optional = true,
	  .links = "https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "false",
		   .why = "Volumes and runtimes must be able to map users." },
	  .severity = SEVERITY_LOW,
	  PRIVILEGE,
	  .pod = user_namespace },
	{ .id = "MRL-106",
	  .name = "privilege-escalation-container",
	  .title = "The container may gain privileges",
	  .attack = "A setuid program in the image makes an unprivileged process root.",
	  .suggest = "Set allowPrivilegeEscalation: false.",
	  .suggest_bundle = "Set process.noNewPrivileges (--security-opt no-new-privileges).",
	  .aliases =
		  "privilegeEscalationAllowed C-0016 KSV-0001 AllowPrivilegeEscalation CKV_K8S_20 CIS-5.2.6 "
		  "docker-5.26",
	  .links = CONTEXT,
	  .fix = { .op = FIX_SET,
		   .value = "false",
		   .may = fix_is_unprivileged,
		   .why = "Only programs that change their user by a setuid bit need it, and the container was not asked to." },
	  .severity = SEVERITY_HIGH,
	  PRIVILEGE,
	  .container = escalation },
	{ .id = "MRL-107",
	  .name = "run-as-non-root",
	  .title = "The container may run as root",
	  .attack = "What gets out of the container, or writes to a volume, does so as root.",
	  .suggest = "Set runAsNonRoot: true and, if the image names no user, runAsUser.",
	  .suggest_bundle = "Set process.user (--user) to another number than 0.",
	  .aliases = "runAsRootAllowed C-0013 KSV-0012 RunAsNonRoot CKV_K8S_23 CIS-5.2.7",
	  .links = CONTEXT,
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "true",
		   .why = "An image whose user is root, or a name, is not started any more." },
	  .severity = SEVERITY_HIGH,
	  PRIVILEGE,
	  .container = non_root },
	{ .id = "MRL-108",
	  .name = "run-as-root",
	  .title = "The container is told to run as root",
	  .attack = "As for MRL-107, whatever the image says.",
	  .suggest = "Set runAsUser to another number than 0.",
	  .suggest_bundle = "Set process.user (--user) to another number than 0.",
	  .aliases = "KSV-0105 runAsUser",
	  .links = CONTEXT,
	  .severity = SEVERITY_HIGH,
	  PRIVILEGE,
	  .container = root_user },
	{ .id = "MRL-109",
	  .name = "low-user-id",
	  .title = "The user's number may be one of the node's",
	  .attack = "A file or process of the node that has the same number is theirs.",
	  .suggest = "Set runAsUser to a number above 10000.",
	  .suggest_bundle = "Set process.user.uid (--user) to a number above 10000.",
	  .aliases = "KSV-0020 container-security-context-user-group-id RunAsUser CKV_K8S_40",
	  .links = CONTEXT,
	  .severity = SEVERITY_LOW,
	  PRIVILEGE,
	  .optional = true,
	  .container = low_user },
	{ .id = "MRL-110",
	  .name = "low-group-id",
	  .title = "The group's number may be one of the node's",
	  .attack =
		  "A file of the node that the group with the same number may read is theirs to read.",
	  .suggest = "Set runAsGroup to a number above 10000.",
	  .suggest_bundle = "Set process.user.gid (--user UID:GID) to a number above 10000.",
	  .aliases = "KSV-0021 container-security-context-user-group-id RunAsGroup",
	  .links = CONTEXT,
	  .severity = SEVERITY_LOW,
	  PRIVILEGE,
	  .optional = true,
	  .container = low_group },
	{ .id = "MRL-111",
	  .name = "root-group",
	  .title = "The pod runs with the group root",
	  .attack =
		  "Files that root's group may write, in the image and on volumes, are theirs to write.",
	  .suggest = "Set runAsGroup, fsGroup and supplementalGroups to other numbers than 0.",
	  .suggest_bundle =
		  "Set process.user.gid and additionalGids (--user UID:GID) to other numbers than 0.",
	  .aliases = "KSV-0116",
	  .links = CONTEXT,
	  .severity = SEVERITY_LOW,
	  PRIVILEGE,
	  .pod = root_group },
	{ .id = "MRL-112",
	  .name = "no-read-only-root-fs",
	  .title = "The container can write to its root file system",
	  .attack = "Drops tools, replaces programs, and stays until the container is gone.",
	  .suggest = "Set readOnlyRootFilesystem: true and mount an emptyDir where it must write.",
	  .suggest_bundle = "Set root.readonly (--read-only) and mount a tmpfs where it must write.",
	  .aliases =
		  "notReadOnlyRootFilesystem notReadOnlyRootFileSystem C-0017 KSV-0014 "
		  "container-security-context-readonlyrootfilesystem ReadOnlyRootFilesystem CKV_K8S_22 docker-5.13",
	  .links = CONTEXT,
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "true",
		   .why = "What it writes outside of its volumes fails." },
	  .severity = SEVERITY_MEDIUM,
	  PRIVILEGE,
	  .container = writable_root },
	{ .id = "MRL-119",
	  .name = "unsafe-proc-mount",
	  .title = "/proc is not masked",
	  .attack = "Reads and writes kernel settings that the runtime hides otherwise.",
	  .suggest = "Remove procMount.",
	  .suggest_bundle =
		  "Keep linux.maskedPaths (no --security-opt unmask=ALL, no systempaths=unconfined).",
	  .aliases = "procMount KSV-0027",
	  .links = STANDARDS,
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "\"Default\"",
		   .why = "Containers inside of the container need it unmasked." },
	  .severity = SEVERITY_MEDIUM,
	  PRIVILEGE,
	  .container = proc_mount },
	{ .id = "MRL-120",
	  .name = "unsafe-sysctls",
	  .title = "A kernel parameter is set that is not the pod's alone",
	  .attack = "Changes the network or the memory limits of other pods and of the node.",
	  .suggest = "Set it on the node, if all of it needs it.",
	  .suggest_bundle = "Set it on the host, if all of it needs it.",
	  .aliases = "KSV-0026",
	  .links = STANDARDS,
	  .severity = SEVERITY_MEDIUM,
	  PRIVILEGE,
	  .pod = sysctls },
	{ .id = "MRL-121",
	  .name = "windows-host-process",
	  .title = "The container runs as a process of the Windows host",
	  .attack = "It is on the node already, with the rights of its user.",
	  .suggest = "Remove hostProcess.",
	  .aliases = "hostProcess C-0202 KSV-0103 CIS-5.2.10",
	  .links = STANDARDS,
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "false",
		   .why = "It may manage the node." },
	  .severity = SEVERITY_HIGH,
	  POD,
	  .pod = host_process },
	{ .id = "MRL-122",
	  .name = "probe-host",
	  .title = "A probe or hook asks another host",
	  .attack = "The kubelet sends requests from the node's network to where they say.",
	  .suggest = "Remove host; the pod's own address is the default.",
	  .aliases = "hostProbesAndHostLifecycle",
	  .links = STANDARDS,
	  .fix = { .op = FIX_REMOVE,
		   .aggressive = true,
		   .why = "The other host may be what was meant to be asked." },
	  .severity = SEVERITY_MEDIUM,
	  POD,
	  .container = probe_host },
	{ .id = "MRL-123",
	  .name = "no-security-context",
	  .title = "Nothing is said about security at all",
	  .attack = "All is as the runtime's defaults are, which are made to run anything.",
	  .suggest =
		  "Begin with runAsNonRoot, allowPrivilegeEscalation: false, dropped capabilities, RuntimeDefault.",
	  .aliases = "C-0211 KSV-0118 CKV_K8S_29 CKV_K8S_30 CIS-5.6.3",
	  .links = CONTEXT,
	  .fix = { .op = FIX_SET,
		   .path = "securityContext.allowPrivilegeEscalation",
		   .value = "false",
		   .may = fix_is_unprivileged,
		   .why = "Only programs that change their user by a setuid bit need it." },
	  .severity = SEVERITY_MEDIUM,
	  POD,
	  .container = no_context },
	{ .id = "MRL-124",
	  .name = "shared-process-namespace",
	  .title = "The pod's containers see each other's processes",
	  .attack =
		  "From one container into the files and secrets of the next, through /proc/PID/root.",
	  .suggest = "Remove shareProcessNamespace.",
	  .aliases = "",
	  .links =
		  "https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/",
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "false",
		   .why = "One container may signal or look at the processes of another." },
	  .severity = SEVERITY_LOW,
	  POD,
	  .pod = shared_processes },
	{ .id = "MRL-125",
	  .name = "host-uts",
	  .title = "The container shares the host's UTS namespace",
	  .attack =
		  "With SYS_ADMIN renames the host, which logs, certificates and schedulers then believe.",
	  .suggest = "List a namespace of type uts in linux.namespaces (no --uts=host).",
	  .aliases = "docker-5.21",
	  .links = "https://man7.org/linux/man-pages/man7/uts_namespaces.7.html",
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_PRIVILEGE,
	  .kinds = KINDS_BUNDLE,
	  .pod = host_uts },
};

const struct check_group checks_privilege = { checks, ARRAY_SIZE(checks) };
