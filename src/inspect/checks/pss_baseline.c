/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/checks/confinement.h"
#include "inspect/checks/pss.h"

#define containers_foreach(c, w)                          \
	for (const struct container *c = (w)->containers; \
	     c && c < (w)->containers + (w)->container_count; c++)

bool pss_is_relaxed(const struct probe *p, const struct workload *w)
{
	return probe_version(p) >= 35 && w->host_users.value == OFF;
}

bool pss_is_exempt(const struct probe *p, const struct workload *w)
{
	return probe_version(p) >= 25 && is_windows(w);
}

bool pss_is_seccomp(const struct word *type)
{
	return word_is(type, "RuntimeDefault") || word_is(type, "Localhost");
}

bool pss_is_seccomp_annotation(struct text value)
{
	return text_eq_str(value, "runtime/default") || text_eq_str(value, "docker/default") ||
	       text_starts(value, TEXT("localhost/"));
}

static void fail_on(struct probe *p, const struct flag *f)
{
	if (f->value == ON)
		probe_fail(p, &f->at);
}

static bool is_listed(struct text t, const char *const *names)
{
	for (; *names; names++)
		if (text_eq_str(t, *names))
			return true;
	return false;
}

static void privileged(struct probe *p, const struct workload *w)
{
	containers_foreach(c, w) fail_on(p, &c->security.privileged);
}

static void host_namespaces(struct probe *p, const struct workload *w)
{
	fail_on(p, &w->host_network);
	fail_on(p, &w->host_pid);
	fail_on(p, &w->host_ipc);
}

static void host_path(struct probe *p, const struct workload *w)
{
	for (uint32_t i = 0; i < w->volume_count; i++)
		if (yaml_get(w->volumes[i].at.node, "hostPath"))
			probe_fail_value(p, &w->volumes[i].at, "hostPath");
}

static void host_ports(struct probe *p, const struct workload *w)
{
	containers_foreach(c, w) for (uint32_t i = 0; i < c->port_count;
				      i++) if (c->ports[i].host.value)
		probe_fail(p, &c->ports[i].host.at);
}

static void apparmor(struct probe *p, const struct workload *w)
{
	static const char prefix[] = "container.apparmor.security.beta.kubernetes.io/";
	const struct yaml_node *n = w->annotations.node;
	const struct word *pod = &w->security.apparmor;

	if (pod->value.data && !pss_is_seccomp(pod))
		probe_fail(p, &pod->at);
	containers_foreach(c, w) if (c->security.apparmor.value.data &&
				     !pss_is_seccomp(&c->security.apparmor))
		probe_fail(p, &c->security.apparmor.at);
	for (uint32_t i = 0; n && n->kind == YAML_MAP && i < n->count; i++) {
		const struct yaml_entry *e = &n->entries[i];
		struct text v = e->value->text;
		char key[400];
		struct at at;

		if (!text_starts(e->key, text_of(prefix)) || !v.len ||
		    text_eq_str(v, "runtime/default") || text_starts(v, TEXT("localhost/")))
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)e->key.len, e->key.data);
		at = at_key(&w->annotations, key);
		probe_fail(p, &at);
	}
}

static void capabilities(struct probe *p, const struct workload *w)
{
	static const char *const allowed[] = {
		"AUDIT_WRITE", "CHOWN",	 "DAC_OVERRIDE",     "FOWNER",	"FSETID",
		"KILL",	       "MKNOD",	 "NET_BIND_SERVICE", "SETFCAP", "SETGID",
		"SETPCAP",     "SETUID", "SYS_CHROOT",	     NULL
	};

	containers_foreach(c, w) for (uint32_t i = 0; i < c->security.add.count;
				      i++) if (!is_listed(c->security.add.items[i].value, allowed))
		probe_fail(p, &c->security.add.items[i].at);
}

static void probe_hosts(struct probe *p, const struct workload *w)
{
	static const char *const ways[] = { "httpGet.host", "tcpSocket.host" };
	static const char *const hooks[] = { "postStart.httpGet.host", "postStart.tcpSocket.host",
					     "preStop.httpGet.host", "preStop.tcpSocket.host" };

	containers_foreach(c, w)
	{
		for (size_t i = 0; i < PROBES * ARRAY_SIZE(ways); i++) {
			struct at at = at_member(&c->probes[i / ARRAY_SIZE(ways)],
						 ways[i % ARRAY_SIZE(ways)]);

			if (at_text(&at).len)
				probe_fail(p, &at);
		}
		for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
			struct at at = at_member(&c->lifecycle, hooks[i]);

			if (at_text(&at).len)
				probe_fail(p, &at);
		}
	}
}

static void host_process(struct probe *p, const struct workload *w)
{
	fail_on(p, &w->security.host_process);
	containers_foreach(c, w) fail_on(p, &c->security.host_process);
}

void pss_proc_mount(struct probe *p, const struct workload *w)
{
	containers_foreach(c, w) if (c->security.proc_mount.value.data &&
				     !word_is(&c->security.proc_mount, "Default"))
		probe_fail(p, &c->security.proc_mount.at);
}

static void proc_mount(struct probe *p, const struct workload *w)
{
	if (!pss_is_relaxed(p, w))
		pss_proc_mount(p, w);
}

static void seccomp_annotations(struct probe *p, const struct workload *w)
{
	struct at pod = at_key(&w->annotations, "seccomp.security.alpha.kubernetes.io/pod");

	if (pod.node && !pss_is_seccomp_annotation(at_text(&pod)))
		probe_fail(p, &pod);
	containers_foreach(c, w)
	{
		char key[400];
		struct at at;

		snprintf(key, sizeof(key), "container.seccomp.security.alpha.kubernetes.io/%.*s",
			 (int)c->name.len, c->name.data ? c->name.data : "");
		at = at_key(&w->annotations, key);
		if (at.node && !pss_is_seccomp_annotation(at_text(&at)))
			probe_fail(p, &at);
	}
}

static void seccomp(struct probe *p, const struct workload *w)
{
	if (probe_version(p) < 19) {
		seccomp_annotations(p, w);
		return;
	}
	if (w->security.seccomp.value.data && !pss_is_seccomp(&w->security.seccomp))
		probe_fail(p, &w->security.seccomp.at);
	containers_foreach(c, w) if (c->security.seccomp.value.data &&
				     !pss_is_seccomp(&c->security.seccomp))
		probe_fail(p, &c->security.seccomp.at);
}

static void selinux_of(struct probe *p, const struct security *s)
{
	static const char *const types[] = { "", "container_t", "container_init_t",
					     "container_kvm_t", NULL };
	const struct word *type = &s->selinux_type;

	if (type->value.data && !is_listed(type->value, types) &&
	    !(probe_version(p) >= 31 && word_is(type, "container_engine_t")))
		probe_fail(p, &type->at);
	if (s->selinux_user.value.len)
		probe_fail(p, &s->selinux_user.at);
	if (s->selinux_role.value.len)
		probe_fail(p, &s->selinux_role.at);
}

static void selinux(struct probe *p, const struct workload *w)
{
	selinux_of(p, &w->security);
	containers_foreach(c, w) selinux_of(p, &c->security);
}

static const struct {
	const char *name;
	unsigned since;
} sysctls_allowed[] = {
	{ "kernel.shm_rmid_forced", 0 },
	{ "net.ipv4.ip_local_port_range", 0 },
	{ "net.ipv4.tcp_syncookies", 0 },
	{ "net.ipv4.ping_group_range", 0 },
	{ "net.ipv4.ip_unprivileged_port_start", 0 },
	{ "net.ipv4.ip_local_reserved_ports", 27 },
	{ "net.ipv4.tcp_keepalive_time", 29 },
	{ "net.ipv4.tcp_fin_timeout", 29 },
	{ "net.ipv4.tcp_keepalive_intvl", 29 },
	{ "net.ipv4.tcp_keepalive_probes", 29 },
	{ "net.ipv4.tcp_rmem", 32 },
	{ "net.ipv4.tcp_wmem", 32 },
	{ "net.ipv4.tcp_slow_start_after_idle", 37 },
	{ "net.ipv4.tcp_notsent_lowat", 37 },
};

static void sysctls(struct probe *p, const struct workload *w)
{
	for (uint32_t i = 0; i < w->sysctl_count; i++) {
		bool good = false;

		for (size_t k = 0; k < ARRAY_SIZE(sysctls_allowed) && !good; k++)
			good = word_is(&w->sysctls[i].name, sysctls_allowed[k].name) &&
			       probe_version(p) >= sysctls_allowed[k].since;
		if (!good)
			probe_fail(p, &w->sysctls[i].name.at);
	}
}

#define PAGE "https://kubernetes.io/docs/concepts/security/pod-security-standards/"
#define BASELINE                                                                   \
	.links = PAGE, .category = CATEGORY_POD_SECURITY, .kinds = KINDS_WORKLOAD, \
	.level = PSS_BASELINE
#define ROW(n, id_, name_, what, alias)                                              \
	.id = "PSS-B" #n, .name = id_, .title = name_,                               \
	.attack = "The baseline Pod Security Standard is not met.", .suggest = what, \
	.aliases = alias

static const struct check checks[] = {
	{ ROW(01, "pss-privileged", "Baseline: privileged containers", "Remove privileged.", ""),
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "false",
		   .why = "It may use devices or capabilities that it then has no more." },
	  .severity = SEVERITY_CRITICAL, BASELINE, .pod = privileged },
	{ ROW(02, "pss-host-namespaces", "Baseline: host namespaces",
	      "Remove hostNetwork, hostPID and hostIPC.", "hostNamespaces"),
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "false",
		   .why = "It may need processes, memory or addresses of the node." },
	  .severity = SEVERITY_HIGH, BASELINE, .pod = host_namespaces },
	{ ROW(03, "pss-host-path-volumes", "Baseline: hostPath volumes",
	      "Use another type of volume.", ""),
	  .severity = SEVERITY_HIGH, BASELINE, .overridden = "pss-restricted-volumes",
	  .pod = host_path },
	{ ROW(04, "pss-host-ports", "Baseline: host ports", "Remove hostPort.", ""),
	  .fix = { .op = FIX_REMOVE,
		   .aggressive = true,
		   .why = "Somebody may reach it at the node's address." },
	  .severity = SEVERITY_MEDIUM, BASELINE, .pod = host_ports },
	{ ROW(05, "pss-apparmor", "Baseline: AppArmor profile", "Use RuntimeDefault or Localhost.",
	      "appArmorProfile"),
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "\"RuntimeDefault\"",
		   .why = "Somebody turned it off on purpose." },
	  .severity = SEVERITY_MEDIUM, BASELINE, .pod = apparmor },
	{ ROW(06, "pss-capabilities", "Baseline: capabilities",
	      "Add none but those of the default set.", "capabilities_baseline"),
	  .fix = { .op = FIX_REMOVE,
		   .aggressive = true,
		   .why = "It may use it: a recording tells." },
	  .severity = SEVERITY_HIGH, BASELINE, .overridden = "pss-restricted-capabilities",
	  .pod = capabilities },
	{ ROW(07, "pss-host-probes", "Baseline: hosts in probes and hooks", "Remove host.", ""),
	  .fix = { .op = FIX_REMOVE,
		   .aggressive = true,
		   .why = "The other host may be what was meant to be asked." },
	  .since = 34, .severity = SEVERITY_MEDIUM, BASELINE, .pod = probe_hosts },
	{ ROW(08, "pss-host-process", "Baseline: Windows host processes", "Remove hostProcess.",
	      "windowsHostProcess"),
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "false",
		   .why = "It may manage the node." },
	  .severity = SEVERITY_HIGH, BASELINE, .pod = host_process },
	{ ROW(09, "pss-proc-mount", "Baseline: /proc mount", "Remove procMount.", ""),
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "\"Default\"",
		   .why = "Containers inside of the container need it unmasked." },
	  .severity = SEVERITY_MEDIUM, BASELINE, .overridden = "pss-restricted-proc-mount",
	  .pod = proc_mount },
	{ ROW(10, "pss-seccomp", "Baseline: seccomp profile", "Use RuntimeDefault or Localhost.",
	      "seccompProfile_baseline"),
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "\"RuntimeDefault\"",
		   .may = confinement_may_set_seccomp,
		   .why = "Somebody turned it off on purpose." },
	  .severity = SEVERITY_HIGH, BASELINE, .overridden = "pss-restricted-seccomp",
	  .pod = seccomp },
	{ ROW(11, "pss-selinux", "Baseline: SELinux options", "Remove type, user and role.",
	      "seLinuxOptions"),
	  .fix = { .op = FIX_REMOVE,
		   .aggressive = true,
		   .why = "Files and devices may carry labels that only this one may use." },
	  .severity = SEVERITY_MEDIUM, BASELINE, .pod = selinux },
	{ ROW(12, "pss-sysctls", "Baseline: sysctls", "Set none but the safe ones.", "sysctls"),
	  .severity = SEVERITY_MEDIUM, BASELINE, .pod = sysctls },
};

const struct check_group checks_pss_baseline = { checks, ARRAY_SIZE(checks) };
