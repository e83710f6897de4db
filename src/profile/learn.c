/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/learn.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "uapi/capability.h"
#include "uapi/socket.h"

const char *const learn_verdict_names[] = {
	[LEARN_KNOWN] = "known",   [LEARN_OPEN] = "open",	  [LEARN_DANGEROUS] = "dangerous",
	[LEARN_FOLDED] = "folded", [LEARN_UNSUITED] = "unsuited",
};
static_assert(ARRAY_SIZE(learn_verdict_names) == LEARN_VERDICTS, "a name for each");

/*
 * Ways out of a container, or into its neighbours: an intruder's first calls. A program that really
 * needs one is worth the word it takes to say so.
 */
static const char *const dangerous_calls[] = {
	"acct",
	"add_key",
	"bpf",
	"delete_module",
	"finit_module",
	"fsconfig",
	"fsmount",
	"fsopen",
	"init_module",
	"io_uring_enter",
	"io_uring_register",
	"io_uring_setup",
	"ioperm",
	"iopl",
	"kcmp",
	"kexec_file_load",
	"kexec_load",
	"keyctl",
	"lookup_dcookie",
	"mount",
	"mount_setattr",
	"move_mount",
	"name_to_handle_at",
	"nfsservctl",
	"open_by_handle_at",
	"open_tree",
	"perf_event_open",
	"pivot_root",
	"process_madvise",
	"process_vm_readv",
	"process_vm_writev",
	"ptrace",
	"quotactl",
	"reboot",
	"request_key",
	"setns",
	"settimeofday",
	"swapoff",
	"swapon",
	"syslog",
	"umount",
	"umount2",
	"unshare",
	"userfaultfd",
	"vhangup",
};

static const char *const dangerous_caps[] = {
	"CAP_BPF",	  "CAP_DAC_READ_SEARCH", "CAP_MAC_ADMIN", "CAP_MAC_OVERRIDE",
	"CAP_MKNOD",	  "CAP_NET_ADMIN",	 "CAP_NET_RAW",	  "CAP_PERFMON",
	"CAP_SYSLOG",	  "CAP_SYS_ADMIN",	 "CAP_SYS_BOOT",  "CAP_SYS_MODULE",
	"CAP_SYS_PTRACE", "CAP_SYS_RAWIO",	 "CAP_SYS_TIME",
};

static bool is_among(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(names[i], name))
			return true;
	return false;
}

/* A word that names it; "all" is none. */
static bool is_named(learn_accepted accepted, const char *name)
{
	for (; accepted && *accepted; accepted++)
		if (!str_eq(*accepted, "all") &&
		    (str_eq(*accepted, name) || (*name == '/' && !fnmatch(*accepted, name, 0))))
			return true;
	return false;
}

static bool is_all(learn_accepted accepted)
{
	for (; accepted && *accepted; accepted++)
		if (str_eq(*accepted, "all"))
			return true;
	return false;
}

/* Open, dangerous or to be folded, by name. */
static enum learn_verdict decide(learn_accepted accepted, const char *name, bool dangerous)
{
	if (is_named(accepted, name))
		return LEARN_FOLDED;
	if (dangerous)
		return LEARN_DANGEROUS;
	return is_all(accepted) ? LEARN_FOLDED : LEARN_OPEN;
}

/* The executable that did it, for the profile's list. */
static int evidence_of(struct profile *p, const struct denial *d, struct profile_evidence *ret)
{
	const char *path = d->executable ? d->executable : d->comm ? d->comm : "unknown";

	ret->exe = profile_executable(p, path);
	ret->count = d->count;
	ret->first_ns = d->first_ns;
	ret->last_ns = d->last_ns;
	return ret->exe == UINT32_MAX ? -ENOMEM : 0;
}

/* --- calls -------------------------------------------------------------------------------------- */

static bool has_tuple(const struct profile_call *c, const struct sys_arg_plan *plan,
		      const uint64_t args[6])
{
	vec_foreach(t, &c->tuples) {
		bool same = true;

		for (unsigned i = 0; i < plan->count; i++)
			same = same &&
			       !((t->values[i] ^ args[plan->arg[i].index]) & plan->arg[i].mask);
		if (same)
			return true;
	}
	return false;
}

/* All the arguments that a plan wants are known. */
static bool has_arguments(const struct denial *d, const struct sys_arg_plan *plan)
{
	for (unsigned i = 0; i < plan->count; i++)
		if (plan->arg[i].index >= d->arg_count)
			return false;
	return true;
}

static bool is_known_call(const struct profile *p, const struct denial *d,
			  const struct sys_arg_plan *plan)
{
	vec_foreach(c, &p->calls) {
		if (c->layer != PROFILE_APP || c->refused || c->arch != d->arch || c->nr != d->nr)
			continue;
		if (!plan || (!c->tuples.len && !c->range.count) ||
		    (has_arguments(d, plan) && has_tuple(c, plan, d->args)))
			return true;
	}
	return false;
}

static int fold_call(struct profile *p, const struct denial *d, const struct sys_arg_plan *plan)
{
	uint64_t values[ABI_CALL_ARGS_MAX] = { 0 };
	struct profile_evidence e;
	struct profile_call *c;

	if (evidence_of(p, d, &e))
		return -ENOMEM;
	c = profile_add_call(p, d->arch, d->nr, PROFILE_APP, false, &e);
	if (!c)
		return -ENOMEM;
	if (!plan)
		return 0;
	if (!has_arguments(
		    d, plan)) { /* with any arguments, then: those that are known limit nothing */
		vec_deinit(&c->tuples);
		memset(&c->range, 0, sizeof(c->range));
		return 0;
	}
	for (unsigned i = 0; i < plan->count; i++)
		values[i] = d->args[plan->arg[i].index];
	return profile_call_add_tuple(c, values, d->count) ? -ENOMEM : 0;
}

static int learn_call(struct profile *p, const struct denial *d, learn_accepted accepted,
		      enum learn_verdict *ret, const char **ret_why)
{
	const char *name = sys_call_name(d->arch, (int)d->nr);
	const struct sys_arg_plan *plan = name ? sys_arg_plan(name) : NULL;
	bool vague;

	if (!name) {
		*ret = LEARN_UNSUITED;
		*ret_why = "no table has this number: no filter can name it";
		return 0;
	}
	if (is_known_call(p, d, plan)) {
		*ret = LEARN_KNOWN;
		return 0;
	}
	vague = plan && plan->use == SYS_ARG_DANGER && !has_arguments(d, plan);
	*ret = decide(accepted, name,
		      is_among(dangerous_calls, ARRAY_SIZE(dangerous_calls), name) || vague);
	if (*ret == LEARN_DANGEROUS)
		*ret_why =
			vague ? "its arguments decide danger, and this record has none: accepted by name, "
				"it is allowed with any" :
				"a call that intruders make: name it if the workload needs it";
	return *ret == LEARN_FOLDED ? fold_call(p, d, plan) : 0;
}

/* --- capabilities ------------------------------------------------------------------------------- */

static int learn_cap(struct profile *p, const struct denial *d, learn_accepted accepted,
		     enum learn_verdict *ret, const char **ret_why)
{
	struct profile_cap key = { .layer = PROFILE_APP,
				   .outcome = ABI_CAP_USED,
				   .nr = SYS_NR_MAX };
	struct profile_evidence e;

	if (!d->target || !sys_cap_parse(d->target, &key.cap)) {
		*ret = LEARN_UNSUITED;
		*ret_why = "no capability is called so";
		return 0;
	}
	vec_foreach(c, &p->caps)
		if (c->layer == PROFILE_APP && c->outcome == ABI_CAP_USED && c->cap == key.cap) {
			*ret = LEARN_KNOWN;
			return 0;
		}
	*ret = decide(accepted, sys_cap_name(key.cap),
		      is_among(dangerous_caps, ARRAY_SIZE(dangerous_caps), sys_cap_name(key.cap)));
	if (*ret == LEARN_DANGEROUS)
		*ret_why = "a capability worth a container escape: name it if the workload needs it";
	if (*ret != LEARN_FOLDED)
		return 0;
	if (d->has_call) {
		key.arch = d->arch;
		key.nr = d->nr;
	}
	return evidence_of(p, d, &e) || !profile_add_cap(p, &key, &e) ? -ENOMEM : 0;
}

/* --- files -------------------------------------------------------------------------------------- */

/* AppArmor's letters (apparmor.d(5)); locks go with writing in back-ends, so k says nothing new. */
static const struct {
	char letter;
	uint32_t op;
} mask_ops[] = {
	{ 'r', ABI_FILE_READ },	    { 'w', ABI_FILE_WRITE },  { 'a', ABI_FILE_WRITE },
	{ 'c', ABI_FILE_CREATE },   { 'd', ABI_FILE_UNLINK }, { 'x', ABI_FILE_EXEC },
	{ 'm', ABI_FILE_MAP_EXEC }, { 'l', ABI_FILE_LINK },   { 'k', ABI_FILE_WRITE },
};

/* SELinux's permissions of file classes that a profile has words for; the others come with them. */
static const struct {
	const char *permission;
	uint32_t op;
} permission_ops[] = {
	{ "read", ABI_FILE_READ },
	{ "open", ABI_FILE_READ },
	{ "getattr", ABI_FILE_READ },
	{ "search", ABI_FILE_READ },
	{ "map", ABI_FILE_READ },
	{ "ioctl", ABI_FILE_READ },
	{ "lock", ABI_FILE_READ },
	{ "watch", ABI_FILE_READ },
	{ "write", ABI_FILE_WRITE },
	{ "append", ABI_FILE_WRITE },
	{ "create", ABI_FILE_CREATE },
	{ "unlink", ABI_FILE_UNLINK },
	{ "rename", ABI_FILE_RENAME_FROM },
	{ "link", ABI_FILE_LINK_TARGET },
	{ "setattr", ABI_FILE_CHMOD },
	{ "execute", ABI_FILE_EXEC },
	{ "execute_no_trans", ABI_FILE_EXEC },
	{ "execmod", ABI_FILE_MAP_EXEC },
	{ "rmdir", ABI_FILE_RMDIR },
	{ "add_name", ABI_FILE_WRITE },
	{ "remove_name", ABI_FILE_WRITE },
	{ "connectto", ABI_FILE_CONNECT },
};

/* False if there is a letter without a meaning here. */
static bool ops_of_mask(const char *mask, uint32_t *ops)
{
	for (; *mask; mask++) {
		uint32_t op = 0;

		for (size_t i = 0; i < ARRAY_SIZE(mask_ops); i++)
			if (mask_ops[i].letter == *mask)
				op = mask_ops[i].op;
		if (!op)
			return false;
		*ops |= op;
	}
	return *ops;
}

static bool ops_of_permissions(const char *text, uint32_t *ops)
{
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, " ");
		uint32_t op = 0;

		for (size_t i = 0; i < ARRAY_SIZE(permission_ops); i++)
			if (strlen(permission_ops[i].permission) == len &&
			    !memcmp(permission_ops[i].permission, at, len))
				op = permission_ops[i].op;
		if (len && !op)
			return false;
		*ops |= op;
		at += len;
		at += strspn(at, " ");
	}
	return *ops;
}

/* A profile's own names of operations, with blanks between. */
static bool ops_of_names(const char *text, uint32_t *ops)
{
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, " ");
		uint32_t op = 0;

		for (unsigned bit = 0; profile_file_op_name(bit); bit++)
			if (strlen(profile_file_op_name(bit)) == len &&
			    !memcmp(profile_file_op_name(bit), at, len))
				op = 1u << bit;
		if (len && !op)
			return false;
		*ops |= op;
		at += len;
		at += strspn(at, " ");
	}
	return *ops;
}

static bool ops_of(const struct denial *d, uint32_t *ops)
{
	switch (d->layer) {
	case DENIAL_APPARMOR:
		return ops_of_mask(d->wanted, ops);
	case DENIAL_DENY:
		return ops_of_names(d->wanted, ops);
	default:
		return ops_of_permissions(d->wanted, ops);
	}
}

static bool is_known_file(const struct profile *p, const char *path, uint32_t ops)
{
	uint32_t known = 0;

	vec_foreach(f, &p->files)
		if (f->layer == PROFILE_APP &&
		    (str_eq(f->path, path) || (f->rule && !fnmatch(f->path, path, 0))))
			known |= f->ops;
	return (known & ops) == ops;
}

static int learn_file(struct profile *p, const struct denial *d, learn_accepted accepted,
		      enum learn_verdict *ret, const char **ret_why)
{
	struct profile_evidence e;
	uint32_t ops = 0;
	bool runs;

	if (!d->target || d->target[0] != '/' || !d->wanted || !ops_of(d, &ops)) {
		*ret = LEARN_UNSUITED;
		*ret_why = "the record does not tell which path was to be used how";
		return 0;
	}
	if (is_known_file(p, d->target, ops)) {
		*ret = LEARN_KNOWN;
		return 0;
	}
	runs = ops & (ABI_FILE_EXEC | ABI_FILE_MAP_EXEC);
	*ret = decide(accepted, d->target, runs);
	if (*ret == LEARN_DANGEROUS)
		*ret_why =
			"a program that was never run before: name it if it belongs to the workload";
	if (*ret != LEARN_FOLDED)
		return 0;
	return evidence_of(p, d, &e) || !profile_add_file(p, d->target, ops, 0, PROFILE_APP, &e) ?
		       -ENOMEM :
		       0;
}

/* --- sockets ------------------------------------------------------------------------------------ */

/* AppArmor's "inet stream 6" is a call of socket(). */
static int learn_socket(struct profile *p, const struct denial *d, learn_accepted accepted,
			enum learn_verdict *ret, const char **ret_why)
{
	struct denial call = *d;
	char family[64], type[64];
	unsigned domain, kind, protocol;

	*ret = LEARN_UNSUITED;
	if (!d->target || sscanf(d->target, "%63s %63s %u", family, type, &protocol) != 3) {
		*ret_why = "the record does not tell which socket";
		return 0;
	}
	if (!sys_family_parse(family, &domain) || !sys_socket_type_parse(type, &kind)) {
		*ret_why = "no socket is called so";
		return 0;
	}
	call.arch = SYS_ARCH_X86_64;
	call.nr = (uint32_t)sys_call_nr(SYS_ARCH_X86_64, "socket");
	call.arg_count = 3;
	call.args[0] = domain;
	call.args[1] = kind;
	call.args[2] = protocol;
	return learn_call(p, &call, accepted, ret, ret_why);
}

/* --- connections -------------------------------------------------------------------------------- */

/* "tcp 192.0.2.1 443" */
static bool peer_of(const char *target, struct profile_peer *ret, char name[64])
{
	char protocol[8], address[INET6_ADDRSTRLEN];
	unsigned port;
	bool v6;

	if (!target || sscanf(target, "%7s %45s %u", protocol, address, &port) != 3 ||
	    port > UINT16_MAX || !(str_eq(protocol, "tcp") || str_eq(protocol, "udp")))
		return false;
	v6 = strchr(address, ':');
	*ret = (struct profile_peer){ .op = ABI_PEER_CONNECT,
				      .layer = PROFILE_APP,
				      .family = v6 ? SYS_AF_INET6 : SYS_AF_INET,
				      .port = (uint16_t)port,
				      .protocol = str_eq(protocol, "tcp") ? IPPROTO_TCP :
									    IPPROTO_UDP };
	snprintf(name, 64, "%s:%u", address, port);
	return inet_pton(v6 ? AF_INET6 : AF_INET, address, ret->address) == 1;
}

static bool is_known_peer(const struct profile *p, const struct profile_peer *key)
{
	vec_foreach(peer, &p->peers)
		if (peer->layer == PROFILE_APP && peer->family == key->family &&
		    peer->protocol == key->protocol && peer->port == key->port &&
		    (peer->op == ABI_PEER_CONNECT || peer->op == ABI_PEER_SEND) &&
		    (peer->many || !memcmp(peer->address, key->address, sizeof(key->address))))
			return true;
	return false;
}

static int learn_peer(struct profile *p, const struct denial *d, learn_accepted accepted,
		      enum learn_verdict *ret, const char **ret_why)
{
	struct profile_evidence e;
	struct profile_peer key;
	char name[64];

	*ret = LEARN_UNSUITED;
	if (!peer_of(d->target, &key, name)) {
		*ret_why = "it is not known where the connection was to go";
		return 0;
	}
	*ret = is_known_peer(p, &key) ? LEARN_KNOWN : decide(accepted, name, false);
	if (*ret != LEARN_FOLDED)
		return 0;
	return evidence_of(p, d, &e) || !profile_add_peer(p, &key, &e) ? -ENOMEM : 0;
}

/* --- which of them ------------------------------------------------------------------------------ */

static const struct {
	enum denial_layer layer;
	const char *operation;
	int (*learn)(struct profile *p, const struct denial *d, learn_accepted accepted,
		     enum learn_verdict *ret, const char **ret_why);
} operations[] = {
	{ DENIAL_APPARMOR, "capable", learn_cap },
	{ DENIAL_APPARMOR, "create", learn_socket },
	{ DENIAL_APPARMOR, "open", learn_file },
	{ DENIAL_APPARMOR, "exec", learn_file },
	{ DENIAL_APPARMOR, "file_mmap", learn_file },
	{ DENIAL_APPARMOR, "file_mprotect", learn_file },
	{ DENIAL_APPARMOR, "file_perm", learn_file },
	{ DENIAL_APPARMOR, "file_inherit", learn_file },
	{ DENIAL_APPARMOR, "file_receive", learn_file },
	{ DENIAL_APPARMOR, "file_lock", learn_file },
	{ DENIAL_APPARMOR, "getattr", learn_file },
	{ DENIAL_APPARMOR, "mkdir", learn_file },
	{ DENIAL_APPARMOR, "mknod", learn_file },
	{ DENIAL_APPARMOR, "rmdir", learn_file },
	{ DENIAL_APPARMOR, "unlink", learn_file },
	{ DENIAL_APPARMOR, "truncate", learn_file },
	{ DENIAL_APPARMOR, "chmod", learn_file },
	{ DENIAL_APPARMOR, "chown", learn_file },
	{ DENIAL_APPARMOR, "symlink", learn_file },
	{ DENIAL_APPARMOR, "link", learn_file },
	{ DENIAL_APPARMOR, "rename_src", learn_file },
	{ DENIAL_APPARMOR, "rename_dest", learn_file },
	{ DENIAL_SELINUX, "capability", learn_cap },
	{ DENIAL_SELINUX, "capability2", learn_cap },
	{ DENIAL_SELINUX, "file", learn_file },
	{ DENIAL_SELINUX, "dir", learn_file },
	{ DENIAL_SELINUX, "lnk_file", learn_file },
	{ DENIAL_SELINUX, "chr_file", learn_file },
	{ DENIAL_SELINUX, "fifo_file", learn_file },
	{ DENIAL_SELINUX, "sock_file", learn_file },
	{ DENIAL_DENY, "path", learn_file },
	{ DENIAL_DENY, "capable", learn_cap },
	{ DENIAL_DENY, "connect", learn_peer },
	{ DENIAL_DENY, "call", learn_call },
};

int learn_denial(struct profile *p, const struct denial *d, learn_accepted accepted,
		 enum learn_verdict *ret, const char **ret_why)
{
	*ret_why = NULL;
	if (d->layer == DENIAL_SECCOMP)
		return learn_call(p, d, accepted, ret, ret_why);
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		if (operations[i].layer == d->layer && d->operation &&
		    str_eq(operations[i].operation, d->operation))
			return operations[i].learn(p, d, accepted, ret, ret_why);
	*ret = LEARN_UNSUITED;
	*ret_why =
		"a profile has no words for this operation: change the rule of that layer by hand";
	return 0;
}
