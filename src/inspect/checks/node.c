/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host under its containers: kernel settings, SSH, mounts, who watches. What could not be read is not there,
 * and nothing is said about it.
 */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/check.h"

#define NODE .category = CATEGORY_NODE, .kinds = KIND_BIT(KIND_HOST)
#define SYSCTL_DOCS "https://docs.kernel.org/admin-guide/sysctl/kernel.html"
#define SSHD_DOCS "https://man.openbsd.org/sshd_config"

/* --- kernel settings ----------------------------------------------------------------------------- */

struct sysctl_rule {
	const char *key;
	int64_t least, most;
};
#define SYSCTL(k, ...)                                              \
	.object = sysctl_check, .data = &(const struct sysctl_rule) \
	{                                                           \
		k, __VA_ARGS__                                      \
	}

static bool sysctl_value(const struct object *o, const char *key, struct at *all, struct at *ret,
			 int64_t *value)
{
	*all = at_member(&o->root, "sysctls");
	*ret = at_key(all, key);
	return at_number(ret, value);
}

static void sysctl_check(struct probe *p, const struct object *o)
{
	const struct sysctl_rule *r = probe_data(p);
	struct at all, at;
	int64_t value;

	if (!sysctl_value(o, r->key, &all, &at, &value))
		probe_skip(p);
	else if (value < r->least || value > r->most)
		probe_fail(p, &at);
}

static void user_namespaces(struct probe *p, const struct object *o)
{
	struct at all, at, other;
	int64_t most, allowed, restricted;

	if (!sysctl_value(o, "user.max_user_namespaces", &all, &at, &most)) {
		probe_skip(p);
		return;
	}
	if (sysctl_value(o, "kernel.unprivileged_userns_clone", &all, &other, &allowed) && !allowed)
		return;
	if (sysctl_value(o, "kernel.apparmor_restrict_unprivileged_userns", &all, &other,
			 &restricted) &&
	    restricted)
		return;
	if (most > 0)
		probe_fail(p, &at);
}

/* --- sshd ---------------------------------------------------------------------------------------- */

struct sshd_rule {
	const char *key, *bad, *unset;
};
#define SSHD(...)                                               \
	.object = sshd_check, .data = &(const struct sshd_rule) \
	{                                                       \
		__VA_ARGS__                                     \
	}

static void sshd_check(struct probe *p, const struct object *o)
{
	const struct sshd_rule *r = probe_data(p);
	struct at sshd = at_member(&o->root, "sshd"), at = at_member(&sshd, r->key);

	if (!sshd.node)
		probe_skip(p);
	else if (!at.node && r->unset && str_eq(r->unset, r->bad))
		probe_fail_value(p, &at, "not set, which is %s", r->unset);
	else if (at.node && at_text(&at).len == strlen(r->bad) &&
		 !strncasecmp(at_text(&at).data, r->bad, strlen(r->bad)))
		probe_fail(p, &at);
}

/* --- mounts -------------------------------------------------------------------------------------- */

static bool find_mount(const struct at *mounts, const char *point, struct at *ret)
{
	for (uint32_t i = 0; i < at_count(mounts); i++) {
		struct at item = at_item(mounts, i), at = at_member(&item, "point");

		if (!text_eq_str(at_text(&at), point))
			continue;
		*ret = item;
		return true;
	}
	return false;
}

static bool has_option(struct text options, const char *name)
{
	while (options.len) {
		const char *comma = memchr(options.data, ',', options.len);
		uint32_t len = comma ? (uint32_t)(comma - options.data) : options.len;

		if (text_eq_str(text_from(options.data, len), name))
			return true;
		options = text_from(options.data + len + (comma != NULL),
				    options.len - len - (comma != NULL));
	}
	return false;
}

static bool has_engine(const struct object *o, const char *name)
{
	struct at engines = at_member(&o->root, "engines");

	for (uint32_t i = 0; i < at_count(&engines); i++) {
		struct at item = at_item(&engines, i);

		if (text_eq_str(at_text(&item), name))
			return true;
	}
	return false;
}

static void partition(struct probe *p, const struct object *o)
{
	struct at mounts = at_member(&o->root, "mounts"), at;

	if (!mounts.node || !has_engine(o, "docker"))
		probe_skip(p);
	else if (!find_mount(&mounts, "/var/lib/docker", &at))
		probe_fail_value(p, &mounts, "/var/lib/docker is no mount point");
}

static void tmp_options(struct probe *p, const struct object *o)
{
	struct at mounts = at_member(&o->root, "mounts"), at, options;

	if (!find_mount(&mounts, "/tmp", &at)) {
		probe_skip(p);
		return;
	}
	options = at_member(&at, "options");
	if (!has_option(at_text(&options), "nosuid") || !has_option(at_text(&options), "nodev"))
		probe_fail(p, &options);
}

static void cgroup_v1(struct probe *p, const struct object *o)
{
	struct at mounts = at_member(&o->root, "mounts");

	if (!mounts.node)
		probe_skip(p);
	for (uint32_t i = 0; i < at_count(&mounts); i++) {
		struct at item = at_item(&mounts, i), at = at_member(&item, "type");

		if (!text_eq_str(at_text(&at), "cgroup"))
			continue;
		probe_fail(p, &at);
		return;
	}
}

/* --- the rest ------------------------------------------------------------------------------------ */

/* A rule on a directory is one on all in it. */
static bool is_watched(const struct at *rules, struct text path)
{
	for (uint32_t i = 0; i < at_count(rules); i++) {
		struct at item = at_item(rules, i);
		struct text rule = at_text(&item);

		while (rule.len > 1 && rule.data[rule.len - 1] == '/')
			rule.len--;
		if (rule.len && text_starts(path, rule) &&
		    (path.len == rule.len || path.data[rule.len] == '/'))
			return true;
	}
	return false;
}

static void audit_rules(struct probe *p, const struct object *o)
{
	struct at audit = at_member(&o->root, "audit"), rules = at_member(&audit, "watched");
	struct at paths = at_member(&audit, "paths");

	if (!at_count(&paths))
		probe_skip(p);
	for (uint32_t i = 0; i < at_count(&paths); i++) {
		struct at item = at_item(&paths, i);

		if (!is_watched(&rules, at_text(&item)))
			probe_fail(p, &item);
	}
}

static void security_module(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "lsm");
	struct text t = at_text(&at);

	if (!t.len)
		probe_skip(p);
	else if (!has_option(t, "apparmor") && !has_option(t, "selinux"))
		probe_fail(p, &at);
}

static void docker_group(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "groups.docker");

	if (!at.node)
		probe_skip(p);
	else if (at_count(&at))
		probe_fail(p, &at);
}

static void processor(struct probe *p, const struct object *o)
{
	struct at all = at_member(&o->root, "processor");

	if (!all.node)
		probe_skip(p);
	for (uint32_t i = 0; i < at_count(&all) && all.node->kind == YAML_MAP; i++) {
		char key[128];
		struct at at;

		snprintf(key, sizeof(key), "%.*s", (int)all.node->entries[i].key.len,
			 all.node->entries[i].key.data);
		at = at_member(&all, key);
		if (text_starts(at_text(&at), TEXT("Vulnerable")))
			probe_fail(p, &at);
	}
}

static void swap(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "swaps");

	if (!at.node)
		probe_skip(p);
	else if (at_count(&at))
		probe_fail(p, &at);
}

static const struct check checks[] = {
	{ .id = "MRL-1401",
	  .name = "unprivileged-user-namespaces",
	  .title = "Every user may make user namespaces",
	  .attack =
		  "Code of the kernel that only root could reach is open to all; most exploits of late years begin here.",
	  .suggest =
		  "Set user.max_user_namespaces=0, or kernel.apparmor_restrict_unprivileged_userns=1, unless rootless engines or browsers run here.",
	  .aliases = "",
	  .links = "https://man7.org/linux/man-pages/man7/user_namespaces.7.html",
	  .severity = SEVERITY_LOW,
	  NODE,
	  .object = user_namespaces },
	{ .id = "MRL-1402",
	  .name = "unprivileged-bpf",
	  .title = "Every user may load BPF programs",
	  .attack =
		  "The verifier, where a new way into the kernel is found every year, takes input of everybody.",
	  .suggest = "Set kernel.unprivileged_bpf_disabled=1.",
	  .aliases = "",
	  .links = SYSCTL_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  NODE,
	  SYSCTL("kernel.unprivileged_bpf_disabled", 1, 2) },
	{ .id = "MRL-1403",
	  .name = "kernel-pointers",
	  .title = "The kernel shows its addresses",
	  .attack = "An exploit knows where to write.",
	  .suggest = "Set kernel.kptr_restrict=1.",
	  .aliases = "",
	  .links = SYSCTL_DOCS,
	  .severity = SEVERITY_LOW,
	  NODE,
	  SYSCTL("kernel.kptr_restrict", 1, 2) },
	{ .id = "MRL-1404",
	  .name = "kernel-log",
	  .title = "Every user reads the kernel's log",
	  .attack = "Addresses and what other workloads do are in it.",
	  .suggest = "Set kernel.dmesg_restrict=1.",
	  .aliases = "",
	  .links = SYSCTL_DOCS,
	  .severity = SEVERITY_LOW,
	  NODE,
	  SYSCTL("kernel.dmesg_restrict", 1, 1) },
	{ .id = "MRL-1405",
	  .name = "ptrace-scope",
	  .title = "Processes may trace any other of the same user",
	  .attack = "One broken program reads the keys of all others of its user.",
	  .suggest = "Set kernel.yama.ptrace_scope=1.",
	  .aliases = "",
	  .links = SYSCTL_DOCS,
	  .severity = SEVERITY_LOW,
	  NODE,
	  SYSCTL("kernel.yama.ptrace_scope", 1, 3) },
	{ .id = "MRL-1406",
	  .name = "address-randomisation",
	  .title = "Programs lie where an exploit expects them",
	  .attack = "Memory bugs are exploited at the first try.",
	  .suggest = "Set kernel.randomize_va_space=2.",
	  .aliases = "",
	  .links = SYSCTL_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  NODE,
	  SYSCTL("kernel.randomize_va_space", 2, 2) },
	{ .id = "MRL-1407",
	  .name = "protected-symlinks",
	  .title = "Links in directories that all may write to are followed",
	  .attack = "A daemon of root is led to another file.",
	  .suggest = "Set fs.protected_symlinks=1.",
	  .aliases = "",
	  .links = SYSCTL_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  NODE,
	  SYSCTL("fs.protected_symlinks", 1, 1) },
	{ .id = "MRL-1408",
	  .name = "protected-hardlinks",
	  .title = "Everybody may link files of others",
	  .attack =
		  "A setuid program is kept after its update, or a daemon of root led to another file.",
	  .suggest = "Set fs.protected_hardlinks=1.",
	  .aliases = "",
	  .links = SYSCTL_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  NODE,
	  SYSCTL("fs.protected_hardlinks", 1, 1) },
	{ .id = "MRL-1409",
	  .name = "setuid-dumps",
	  .title = "Programs that changed their user leave core dumps",
	  .attack = "Secrets of root are in a file.",
	  .suggest = "Set fs.suid_dumpable=0.",
	  .aliases = "",
	  .links = SYSCTL_DOCS,
	  .severity = SEVERITY_LOW,
	  NODE,
	  SYSCTL("fs.suid_dumpable", 0, 0) },
	{ .id = "MRL-1410",
	  .name = "bpf-jit",
	  .title = "Compiled BPF programs are not hardened",
	  .attack = "An exploit puts its code into constants of a filter.",
	  .suggest = "Set net.core.bpf_jit_harden=1.",
	  .aliases = "",
	  .links = SYSCTL_DOCS,
	  .severity = SEVERITY_LOW,
	  NODE,
	  SYSCTL("net.core.bpf_jit_harden", 1, 2) },
	{ .id = "MRL-1411",
	  .name = "perf-events",
	  .title = "Every user may look at the kernel through performance counters",
	  .attack = "A large interface of the kernel with a record of bugs.",
	  .suggest = "Set kernel.perf_event_paranoid=2 or more.",
	  .aliases = "",
	  .links = SYSCTL_DOCS,
	  .severity = SEVERITY_LOW,
	  NODE,
	  SYSCTL("kernel.perf_event_paranoid", 2, 4) },
	{ .id = "MRL-1412",
	  .name = "low-addresses",
	  .title = "Programs may map the lowest addresses",
	  .attack = "A null pointer in the kernel leads to the attacker's data.",
	  .suggest = "Set vm.mmap_min_addr=65536.",
	  .aliases = "",
	  .links = SYSCTL_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  NODE,
	  SYSCTL("vm.mmap_min_addr", 4096, INT64_MAX) },
	{ .id = "MRL-1413",
	  .name = "kexec",
	  .title = "Root may put another kernel into this one's place",
	  .attack = "Root in a container with SYS_BOOT is the kernel.",
	  .suggest = "Set kernel.kexec_load_disabled=1.",
	  .aliases = "",
	  .links = SYSCTL_DOCS,
	  .severity = SEVERITY_LOW,
	  .optional = true,
	  NODE,
	  SYSCTL("kernel.kexec_load_disabled", 1, 1) },
	{ .id = "MRL-1414",
	  .name = "source-routing",
	  .title = "Packets may say which way they go",
	  .attack = "Gets past the rules of a network.",
	  .suggest = "Set net.ipv4.conf.all.accept_source_route=0.",
	  .aliases = "",
	  .links = SYSCTL_DOCS,
	  .severity = SEVERITY_LOW,
	  NODE,
	  SYSCTL("net.ipv4.conf.all.accept_source_route", 0, 0) },
	{ .id = "MRL-1415",
	  .name = "redirects",
	  .title = "Neighbours may tell the node where to send packets",
	  .attack = "Traffic of the node goes through the attacker.",
	  .suggest = "Set net.ipv4.conf.all.accept_redirects=0.",
	  .aliases = "",
	  .links = SYSCTL_DOCS,
	  .severity = SEVERITY_LOW,
	  NODE,
	  SYSCTL("net.ipv4.conf.all.accept_redirects", 0, 0) },
	{ .id = "MRL-1421",
	  .name = "sshd-root",
	  .title = "Root may log in over SSH with a password",
	  .attack = "One password, guessed or leaked, is the host.",
	  .suggest = "Set PermitRootLogin no, or prohibit-password.",
	  .aliases = "",
	  .links = SSHD_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  NODE,
	  SSHD("permitrootlogin", "yes", NULL) },
	{ .id = "MRL-1422",
	  .name = "sshd-passwords",
	  .title = "Passwords open SSH",
	  .attack = "They are guessed, day and night.",
	  .suggest = "Set PasswordAuthentication no, and use keys.",
	  .aliases = "",
	  .links = SSHD_DOCS,
	  .severity = SEVERITY_MEDIUM,
	  NODE,
	  SSHD("passwordauthentication", "yes", "yes") },
	{ .id = "MRL-1423",
	  .name = "sshd-empty-passwords",
	  .title = "Accounts without a password may log in over SSH",
	  .attack = "An account that somebody forgot to lock is open to all.",
	  .suggest = "Set PermitEmptyPasswords no.",
	  .aliases = "",
	  .links = SSHD_DOCS,
	  .severity = SEVERITY_CRITICAL,
	  NODE,
	  SSHD("permitemptypasswords", "yes", NULL) },
	{ .id = "MRL-1424",
	  .name = "sshd-forwarding",
	  .title = "SSH forwards graphics of this host",
	  .attack = "Keys that are typed into other windows are read.",
	  .suggest = "Set X11Forwarding no.",
	  .aliases = "",
	  .links = SSHD_DOCS,
	  .severity = SEVERITY_LOW,
	  NODE,
	  SSHD("x11forwarding", "yes", NULL) },
	{ .id = "MRL-1431",
	  .name = "docker-partition",
	  .title = "What containers write fills the system's disk",
	  .attack = "One container fills it, and nothing on the host can write.",
	  .suggest = "Give /var/lib/docker a file system of its own.",
	  .aliases = "docker-1.1.1",
	  .links = "https://docs.docker.com/engine/security/",
	  .severity = SEVERITY_LOW,
	  .optional = true,
	  NODE,
	  .object = partition },
	{ .id = "MRL-1432",
	  .name = "tmp-options",
	  .title = "Programs of /tmp may be setuid, or devices",
	  .attack = "Leaves a setuid program or a device there for later.",
	  .suggest = "Mount /tmp with nosuid,nodev.",
	  .aliases = "",
	  .links = "https://man7.org/linux/man-pages/man8/mount.8.html",
	  .severity = SEVERITY_LOW,
	  NODE,
	  .object = tmp_options },
	{ .id = "MRL-1441",
	  .name = "audit-rules",
	  .title = "Nobody is told when the engine's files change",
	  .attack = "Changes how containers run, and no log shows it.",
	  .suggest = "Let auditd watch them: -w /etc/docker -p wa.",
	  .aliases =
		  "docker-1.1.3 docker-1.1.4 docker-1.1.5 docker-1.1.6 docker-1.1.7 docker-1.1.8 docker-1.1.9 docker-1.1.10 docker-1.1.11 docker-1.1.12 docker-1.1.13 docker-1.1.14 docker-1.1.15 docker-1.1.16 docker-1.1.17 docker-1.1.18",
	  .links = "https://man7.org/linux/man-pages/man8/auditctl.8.html",
	  .severity = SEVERITY_LOW,
	  NODE,
	  .object = audit_rules },
	{ .id = "MRL-1451",
	  .name = "no-security-module",
	  .title = "Neither AppArmor nor SELinux is on",
	  .attack = "What gets out of a container is limited by users only.",
	  .suggest = "Boot with lsm=...,apparmor or install an SELinux policy.",
	  .aliases = "",
	  .links = "https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/",
	  .severity = SEVERITY_MEDIUM,
	  NODE,
	  .object = security_module },
	{ .id = "MRL-1452",
	  .name = "docker-group",
	  .title = "People are in the group docker",
	  .attack = "They are root without a password: docker run -v /:/host --privileged.",
	  .suggest = "Take them out; rootless engines and sudo say who did what.",
	  .aliases = "docker-1.1.2",
	  .links = "https://docs.docker.com/engine/install/linux-postinstall/",
	  .severity = SEVERITY_MEDIUM,
	  NODE,
	  .object = docker_group },
	{ .id = "MRL-1453",
	  .name = "cgroup-v1",
	  .title = "The host has control groups of the first version",
	  .attack =
		  "A release_agent there is run by the kernel as root of the host: a known way out of containers.",
	  .suggest = "Boot with systemd.unified_cgroup_hierarchy=1.",
	  .aliases = "",
	  .links = "https://kubernetes.io/docs/concepts/architecture/cgroups/",
	  .severity = SEVERITY_MEDIUM,
	  NODE,
	  .object = cgroup_v1 },
	{ .id = "MRL-1454",
	  .name = "cpu-vulnerable",
	  .title = "The processor leaks, and nothing is done about it",
	  .attack = "Reads memory of the kernel and of other workloads.",
	  .suggest = "Update the kernel and the firmware, and remove mitigations=off.",
	  .aliases = "",
	  .links = "https://docs.kernel.org/admin-guide/hw-vuln/index.html",
	  .severity = SEVERITY_MEDIUM,
	  NODE,
	  .object = processor },
	{ .id = "MRL-1455",
	  .name = "swap",
	  .title = "The host has swap",
	  .attack = "Secrets in memory of containers are written to the disk.",
	  .suggest = "Turn it off, or encrypt it.",
	  .aliases = "",
	  .links = "https://kubernetes.io/docs/concepts/architecture/nodes/#swap-memory",
	  .severity = SEVERITY_LOW,
	  .optional = true,
	  NODE,
	  .object = swap },
};

const struct check_group checks_node = { checks, ARRAY_SIZE(checks) };
