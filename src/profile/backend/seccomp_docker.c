/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dialect of Docker (profiles/seccomp in moby) and containers-common (pkg/seccomp): the OCI rules,
 * with archMap instead of a list of architectures, and rules that hold only if the container has a
 * capability ("includes"). Engines resolve both when they make a container.
 *
 * A call is tied to its capability where it is of no use without, and where the recording saw the
 * workload use the one in the other: take the capability away, and the call goes with it.
 */
#include <errno.h>
#include <linux/capability.h>

#include "base/json.h"
#include "profile/backend.h"
#include "uapi/capability.h"

/* What capable() asks for at the head of each call (kernel sources, 6.12). */
static const struct {
	const char *call;
	unsigned cap;
} gates[] = {
	{ "acct", CAP_SYS_PACCT },
	{ "adjtimex", CAP_SYS_TIME },
	{ "chroot", CAP_SYS_CHROOT },
	{ "clock_adjtime", CAP_SYS_TIME },
	{ "clock_settime", CAP_SYS_TIME },
	{ "clock_settime64", CAP_SYS_TIME },
	{ "delete_module", CAP_SYS_MODULE },
	{ "finit_module", CAP_SYS_MODULE },
	{ "fsmount", CAP_SYS_ADMIN },
	{ "fsopen", CAP_SYS_ADMIN },
	{ "init_module", CAP_SYS_MODULE },
	{ "ioperm", CAP_SYS_RAWIO },
	{ "iopl", CAP_SYS_RAWIO },
	{ "kexec_file_load", CAP_SYS_BOOT },
	{ "kexec_load", CAP_SYS_BOOT },
	{ "mount", CAP_SYS_ADMIN },
	{ "mount_setattr", CAP_SYS_ADMIN },
	{ "move_mount", CAP_SYS_ADMIN },
	{ "open_by_handle_at", CAP_DAC_READ_SEARCH },
	{ "pivot_root", CAP_SYS_ADMIN },
	{ "quotactl", CAP_SYS_ADMIN },
	{ "reboot", CAP_SYS_BOOT },
	{ "setdomainname", CAP_SYS_ADMIN },
	{ "sethostname", CAP_SYS_ADMIN },
	{ "setns", CAP_SYS_ADMIN },
	{ "settimeofday", CAP_SYS_TIME },
	{ "stime", CAP_SYS_TIME },
	{ "swapoff", CAP_SYS_ADMIN },
	{ "swapon", CAP_SYS_ADMIN },
	{ "syslog", CAP_SYSLOG },
	{ "umount", CAP_SYS_ADMIN },
	{ "umount2", CAP_SYS_ADMIN },
	{ "vhangup", CAP_SYS_TTY_CONFIG },
};

/* The capability that a call is tied to, or -1. */
static int gate_of(const struct profile *p, const char *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(gates); i++) {
		if (strcmp(gates[i].call, call))
			continue;
		vec_foreach(c, &p->caps) {
			const char *name = sys_call_name(c->arch, (int)c->nr);

			if (c->layer == PROFILE_APP && c->outcome == ABI_CAP_USED &&
			    c->cap == gates[i].cap && name && !strcmp(name, call))
				return (int)c->cap;
		}
	}
	return -1;
}

static json_t *includes_json(unsigned cap)
{
	json_t *includes = json_object(), *caps = json_array();

	json_array_append_new(caps, json_string(sys_cap_name(cap)));
	json_object_set_new(includes, "caps", caps);
	return includes;
}

/* Takes the names that are tied to a capability out of a rule, into rules of their own. */
static void add_rule(json_t *rules, const struct profile *p, json_t *rule)
{
	json_t *names = json_object_get(rule, "names"), *kept = json_array(), *name;
	bool allows = !strcmp(json_string_value(json_object_get(rule, "action")), "SCMP_ACT_ALLOW");
	size_t i;

	json_array_append(rules, rule);
	json_array_foreach (names, i, name) {
		int cap = allows ? gate_of(p, json_string_value(name)) : -1;
		json_t *own;

		if (cap < 0) {
			json_array_append(kept, name);
			continue;
		}
		own = json_copy(rule);
		json_object_set_new(own, "names", json_pack("[O]", name));
		json_object_set_new(own, "includes", includes_json((unsigned)cap));
		json_array_append_new(rules, own);
	}
	json_object_set_new(rule, "names", kept);
}

/* The native architecture with those that run beside it. */
static json_t *arch_map(const json_t *archs)
{
	json_t *map = json_object(), *others = json_array(), *name;
	size_t i;

	json_array_foreach ((json_t *)archs, i, name)
		if (strcmp(json_string_value(name), sys_archs[SYS_ARCH_X86_64].oci_name))
			json_array_append(others, name);
	json_object_set_new(map, "architecture", json_string(sys_archs[SYS_ARCH_X86_64].oci_name));
	json_object_set_new(map, "subArchitectures", others);
	return json_pack("[o]", map);
}

static int emit(const struct profile *p, const struct backend_options *o, struct buf *out,
		struct error *err)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_json json_t *root = NULL, *rules = json_array();
	cleanup_free char *written = NULL;
	json_t *rule;
	size_t i;
	int r = profile_backend_seccomp.emit(p, o, &text, err);

	if (r)
		return r;
	root = json_parse("seccomp", text.data, text.len, err);
	if (!root)
		return -err->code;
	json_object_set_new(root, "archMap", arch_map(json_object_get(root, "architectures")));
	json_object_del(root, "architectures");
	json_array_foreach (json_object_get(root, "syscalls"), i, rule)
		add_rule(rules, p, rule);
	json_object_set_new(root, "syscalls", json_array());
	json_array_foreach (rules, i, rule)
		if (json_array_size(json_object_get(rule, "names")))
			json_array_append(json_object_get(root, "syscalls"), rule);
	written = json_dumps(root, JSON_INDENT(2));
	if (!written)
		return error_errno(err, ENOMEM, "seccomp");
	buf_add_str(out, written);
	buf_add_char(out, '\n');
	return 0;
}

const struct profile_backend profile_backend_seccomp_docker = {
	.name = "seccomp-docker",
	.suffix = "docker-seccomp.json",
	.summary =
		"seccomp filter in the dialect of Docker and containers-common, calls tied to capabilities",
	.apply =
		"docker and podman: `--security-opt seccomp=@FILE@`. podman's default for all containers: "
		"`seccomp_profile` in containers.conf. A call that needs a capability is allowed only to "
		"containers that have it.",
	.emit = emit,
};
