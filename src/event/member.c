/* SPDX-License-Identifier: Apache-2.0 */
#include "event/member.h"

#include <stddef.h>

#include "base/cleanup.h"

static const struct process process_standard = PROCESS_NONE;
static const struct event_container container_standard = EVENT_CONTAINER_NONE;
static const struct fd fd_standard = FD_INIT;

#define P(id, kind, member, name, meaning)                                         \
	{                                                                          \
		id, MEMBER_##kind, offsetof(struct process, member), name, meaning \
	}
#define C(id, kind, member, name, meaning)                                                 \
	{                                                                                  \
		id, MEMBER_##kind, offsetof(struct event_container, member), name, meaning \
	}
#define F(id, kind, member, name, meaning)                                    \
	{                                                                     \
		id, MEMBER_##kind, offsetof(struct fd, member), name, meaning \
	}

/* Numbers 1 to 3 are taken by the key and the references. */
static const struct member process_members[] = {
	P(4, TEXT, name, "name", "as the kernel keeps it"),
	P(5, TEXT, exe, "exe", "the first argument"),
	P(6, TEXT, exepath, "exepath", "path of the executable"),
	P(7, TEXT, cwd, "cwd", "working directory"),
	P(8, TEXTS, args, "args", "arguments without the first"),
	P(9, TEXTS, env, "env", "environment"),
	P(10, TEXT, cgroups, "cgroups", "control groups"),
	P(11, I64, pid, "pid", "process id"),
	P(12, I64, vpid, "vpid", "process id in its namespace"),
	P(13, I64, sid, "sid", "session id"),
	P(14, I64, pgid, "pgid", "process group id"),
	P(15, I64, vpgid, "vpgid", "process group id in its namespace"),
	P(16, U32, tty, "tty", "controlling terminal"),
	P(17, U32, uid, "uid", "user id"),
	P(18, U32, gid, "gid", "group id"),
	P(19, U32, loginuid, "loginuid", "user id of who logged in"),
	P(20, TEXT, user, "user", "name of the user"),
	P(21, TEXT, home, "home", "home directory of the user"),
	P(22, TEXT, shell, "shell", "login shell of the user"),
	P(23, TEXT, group, "group", "name of the group"),
	P(24, TEXT, login_user, "login_user", "name of who logged in"),
	P(25, CAPABILITIES, cap_permitted, "cap_permitted", "permitted capabilities"),
	P(26, CAPABILITIES, cap_inheritable, "cap_inheritable", "inheritable capabilities"),
	P(27, CAPABILITIES, cap_effective, "cap_effective", "effective capabilities"),
	P(28, U64, start_ns, "start", "when it started"),
	P(29, U64, pidns_start_ns, "pidns_start", "when its PID namespace began"),
	P(30, U64, exe_inode, "exe_inode", "inode of the executable"),
	P(31, U64, exe_ctime_ns, "exe_ctime", "last change of the executable's inode"),
	P(32, U64, exe_mtime_ns, "exe_mtime", "last change of the executable"),
	P(33, BOOL, exe_writable, "exe_writable", "who runs it may write to the executable"),
	P(34, BOOL, exe_upper_layer, "exe_upper_layer", "the executable is in the upper layer"),
	P(35, BOOL, exe_lower_layer, "exe_lower_layer", "the executable is in a lower layer"),
	P(36, BOOL, exe_memfd, "exe_memfd", "the executable is in memory"),
	P(37, BOOL, exe_deleted, "exe_deleted", "the executable has no name left"),
	P(38, BOOL, healthcheck, "healthcheck", "part of a health check"),
	P(39, BOOL, liveness_probe, "liveness_probe", "part of a liveness probe"),
	P(40, BOOL, readiness_probe, "readiness_probe", "part of a readiness probe"),
	P(41, U32, thread_count, "threads", "number of threads"),
	P(42, TEXTS, stdio_types, "stdio_types", "what descriptors 0, 1, 2 are"),
	P(43, TEXTS, stdio_names, "stdio_names", "names of descriptors 0, 1, 2"),
	P(44, BOOL, exe_setuid, "exe_setuid", "the executable gives its owner's user id"),
	P(45, BOOL, exe_setgid, "exe_setgid", "the executable gives its group's id"),
	P(46, U32, uid_before, "uid_before", "user id of the program that it ran before"),
};

static const struct member container_members[] = {
	C(4, TEXT, id, "id", "the first 12 digits of the id"),
	C(5, TEXT, full_id, "full_id", "the whole id"),
	C(6, TEXT, name, "name", "name"),
	C(7, TEXT, type, "type", "who runs it"),
	C(8, TEXT, image, "image", "image"),
	C(9, TEXT, image_id, "image_id", "id of the image"),
	C(10, TEXT, repository, "repository", "image without tag and digest"),
	C(11, TEXT, tag, "tag", "tag of the image"),
	C(12, TEXT, digest, "digest", "digest of the image"),
	C(13, TEXT, ip, "ip", "address"),
	C(14, TEXT, cni, "cni", "result of the network plugin"),
	C(15, BOOL, has_privileged, "privileged_known", "whether it is privileged is known"),
	C(16, BOOL, privileged, "privileged", "it is privileged"),
	C(17, BOOL, host_pid, "host_pid", "shares the host's PID namespace"),
	C(18, BOOL, host_network, "host_network", "shares the host's network"),
	C(19, BOOL, host_ipc, "host_ipc", "shares the host's IPC namespace"),
	C(20, MOUNTS, mounts, "mounts", "mounts"),
	C(21, TEXTS, labels, "labels", "labels as key=value"),
	C(22, TEXT, pod.name, "pod_name", "name of the pod"),
	C(23, TEXT, pod.uid, "pod_uid", "UID of the pod"),
	C(24, TEXT, pod.namespace, "pod_namespace", "namespace of the pod"),
	C(25, TEXT, pod.sandbox_id, "pod_sandbox_id", "id of the sandbox, 12 digits"),
	C(26, TEXT, pod.full_sandbox_id, "pod_full_sandbox_id", "id of the sandbox"),
	C(27, TEXT, pod.ip, "pod_ip", "address of the pod"),
	C(28, TEXT, pod.cni, "pod_cni", "result of the network plugin"),
	C(29, TEXTS, pod.labels, "pod_labels", "labels of the pod as key=value"),
};

static const struct member fd_members[] = {
	F(4, FD_TYPE, type, "type", "what it is, as fd.type; \"listener4\", \"listener6\""),
	F(5, TEXT, name, "name", "resolved path, or another name"),
	F(6, TEXT, name_raw, "name_raw", "path as the caller spelt it"),
	F(7, TEXT, l4proto, "l4proto", "tcp, udp, icmp, raw"),
	F(8, ADDRESS, client, "client", "address of the client"),
	F(9, ADDRESS, server, "server", "address of the server"),
	F(10, U16, client_port, "client_port", "port of the client"),
	F(11, U16, server_port, "server_port", "port of the server"),
	F(12, BOOL, has_role, "has_role", "who is client is known"),
	F(13, BOOL, client_is_local, "client_is_local", "the client is the near end"),
	F(14, BOOL, server_is_local, "server_is_local", "the server is the near end"),
	F(15, BOOL, connected, "connected", "connected"),
	F(16, TEXTS, client_names, "client_names", "domain names of the client"),
	F(17, TEXTS, server_names, "server_names", "domain names of the server"),
	F(18, U32, device, "device", "device number"),
	F(19, U64, inode, "inode", "inode"),
	F(20, BOOL, upper_layer, "upper_layer", "in the upper layer"),
	F(21, BOOL, lower_layer, "lower_layer", "in a lower layer"),
	F(22, BOOL, outside, "outside", "on a mount of another mount namespace"),
	F(23, BOOL, block_device, "block_device", "a block device"),
};

const struct member_table member_process = { "process", process_members,
					     ARRAY_SIZE(process_members), &process_standard,
					     sizeof(struct process) };
const struct member_table member_container = { "container", container_members,
					       ARRAY_SIZE(container_members), &container_standard,
					       sizeof(struct event_container) };
const struct member_table member_fd = { "fd", fd_members, ARRAY_SIZE(fd_members), &fd_standard,
					sizeof(struct fd) };

const struct member *member_find(const struct member_table *t, struct text name)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (text_eq_str(name, t->items[i].name))
			return &t->items[i];
	return NULL;
}

const struct member *member_by_id(const struct member_table *t, uint64_t id)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (t->items[i].id == id)
			return &t->items[i];
	return NULL;
}

static size_t size_of(enum member_kind kind)
{
	switch (kind) {
	case MEMBER_TEXT:
		return sizeof(struct text);
	case MEMBER_TEXTS:
		return sizeof(struct texts);
	case MEMBER_MOUNTS:
		return sizeof(struct mounts);
	case MEMBER_U32:
		return sizeof(uint32_t);
	case MEMBER_U16:
		return sizeof(uint16_t);
	case MEMBER_BOOL:
		return sizeof(bool);
	case MEMBER_ADDRESS:
		return sizeof(struct address);
	case MEMBER_FD_TYPE:
		return sizeof(enum fd_type);
	default:
		return sizeof(uint64_t);
	}
}

bool member_is_set(const struct member_table *t, const struct member *m, const void *object)
{
	const char *at = (const char *)object + m->offset;

	switch (m->kind) {
	case MEMBER_TEXT:
		return ((const struct text *)at)->data != NULL;
	case MEMBER_TEXTS:
		return ((const struct texts *)at)->count > 0;
	case MEMBER_MOUNTS:
		return ((const struct mounts *)at)->count > 0;
	default:
		return memcmp(at, (const char *)t->standard + m->offset,
			      size_of((enum member_kind)m->kind)) != 0;
	}
}
