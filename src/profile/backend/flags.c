/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flags for docker run and podman run, on one line: "docker run $(cat FILE) IMAGE". No value has a
 * blank or a character that a shell looks at, so the line needs no quotes. Files are named as
 * export --all writes them, beside this one.
 */
#include "profile/backend.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "profile/backend/head.h"
#include "profile/flows.h"
#include "profile/needs.h"
#include "profile/path_pattern.h"
#include "profile/sockets.h"
#include "uapi/capability.h"
#include "uapi/socket.h"

/* Where podman --read-only mounts something writable by itself. */
static const char *const podman_writable[] = { "/dev/shm", "/run", "/tmp", "/var/tmp" };

/* True if it makes no socket that could reach another host, and its sockets are known. */
static int has_no_network(const struct profile *p, const struct policy_options *o, bool *ret,
			  struct error *err)
{
	cleanup_socket_list struct socket_list sockets = { 0 };
	int r = socket_list_build(&sockets, p, o, err);

	if (r)
		return r;
	*ret = !sockets.unknown && !sockets.guessed && p->recording.start_seen;
	vec_foreach(s, &sockets.items)
		*ret = *ret && (s->family == SYS_AF_UNIX || s->family == SYS_AF_NETLINK);
	return 0;
}

static bool is_writable_to_podman(const char *directory)
{
	for (size_t i = 0; i < ARRAY_SIZE(podman_writable); i++)
		if (path_is_below(directory, podman_writable[i]))
			return true;
	return false;
}

static bool may_be_read_only(const string_list *written, bool podman)
{
	vec_foreach(directory, written)
		if (!podman || !is_writable_to_podman(*directory))
			return false;
	return true;
}

static void add_profiles(const struct backend_options *o, const char *name, const char *type,
			 struct buf *out)
{
	buf_addf(out, " --security-opt=seccomp=%s.%s", name, profile_backend_seccomp.suffix);
	if (o->lsm == BACKEND_LSM_APPARMOR)
		buf_addf(out, " --security-opt=apparmor=%s", name);
	else if (o->lsm == BACKEND_LSM_SELINUX)
		buf_addf(out, " --security-opt=label=type:%s", type);
}

static int emit_flags(const struct profile *p, const struct backend_options *o, bool podman,
		      struct buf *out, struct error *err)
{
	cleanup_access_list struct access_list files = { 0 };
	cleanup_string_list string_list written = { 0 };
	cleanup_free char *name = backend_name(p, o), *type = backend_selinux_type(p, o);
	uint64_t caps = policy_capabilities(p, &o->policy);
	bool alone = false;
	int r = access_list_build(&files, p, &o->policy, o->exact_paths, err);

	if (!r)
		r = has_no_network(p, &o->policy, &alone, err);
	if (!r && (!name || !type || needs_written(&written, &files)))
		r = error_errno(err, ENOMEM, "flags");
	if (r)
		return r;
	buf_add_str(out, "--cap-drop=ALL");
	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++)
		if (caps >> cap & 1)
			buf_addf(out, " --cap-add=%s", sys_cap_name(cap) + strlen("CAP_"));
	if (!needs_escalation(p, &o->policy, &files))
		buf_add_str(out, " --security-opt=no-new-privileges");
	add_profiles(o, name, type, out);
	if (p->credentials.known && p->credentials.uid)
		buf_addf(out, " --user=%u:%u", p->credentials.uid, p->credentials.gid);
	if (p->recording.start_seen && may_be_read_only(&written, podman))
		buf_add_str(out, " --read-only");
	if (alone)
		buf_add_str(out, " --network=none");
	buf_add_char(out, '\n');
	return 0;
}

static int emit_docker(const struct profile *p, const struct backend_options *o, struct buf *out,
		       struct error *err)
{
	return emit_flags(p, o, false, out, err);
}

static int emit_podman(const struct profile *p, const struct backend_options *o, struct buf *out,
		       struct error *err)
{
	return emit_flags(p, o, true, out, err);
}

const struct profile_backend profile_backend_docker = {
	.name = "docker",
	.suffix = "docker",
	.summary =
		"flags for docker run: capabilities, seccomp, AppArmor or SELinux, user, read-only root",
	.apply = "In this directory, once the AppArmor (or SELinux) profile is loaded:\n\n"
		 "    docker run $(cat @FILE@) IMAGE",
	.emit = emit_docker,
};

const struct profile_backend profile_backend_podman = {
	.name = "podman",
	.suffix = "podman",
	.summary = "flags for podman run, likewise",
	.apply = "In this directory, once the AppArmor (or SELinux) profile is loaded:\n\n"
		 "    podman run $(cat @FILE@) IMAGE",
	.emit = emit_podman,
};
