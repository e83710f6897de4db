/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event, decoded: what rules look at. Everything in it is borrowed. The sensor fills one from a
 * kernel record and its tables of processes and containers, a replay fills it from a file; neither
 * copies strings, and the process, container and descriptor are shared by pointer, so that ancestry
 * costs nothing until a rule asks for it.
 *
 * Absent: a struct text without data, a NULL pointer, and for numbers the value that the *_NONE
 * initialiser has. The member tables (member.h) name every member for files.
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "event/type.h"
#include "event/value.h"

struct texts {
	const struct text *items;
	uint32_t count;
};

struct mount {
	struct text source, dest, mode, propagation;
	bool writable;
};

struct mounts {
	const struct mount *items;
	uint32_t count;
};

struct pod {
	struct text name, uid, namespace, sandbox_id, full_sandbox_id, ip, cni;
	struct texts labels; /* "key=value" */
};

struct event_container {
	struct text id, full_id, name, type;
	struct text image, image_id, repository, tag, digest;
	struct text ip, cni;
	bool has_privileged, privileged, host_pid, host_network, host_ipc;
	struct mounts mounts;
	struct texts labels;
	struct pod pod;	  /* pod.name without data: it belongs to none */
	uint32_t version; /* as that of a process */
};

#define EVENT_CONTAINER_NONE ((struct event_container){ 0 })

enum { STDIO_COUNT = 3 };

/* A process; process NULL above it: unknown or none. */
struct process {
	const struct process *parent;
	const struct event_container *container; /* NULL: the host */
	uint32_t version; /* changes whenever its owner changes anything in it: a recorder looks at it */

	struct text name;    /* as the kernel keeps it: 15 bytes */
	struct text exe;     /* argv[0] */
	struct text exepath; /* what the kernel executed, resolved */
	struct text cwd;
	struct texts args;   /* without argv[0] */
	struct text cmdline; /* name and args joined by blanks: process_cmdline() */
	struct texts env;
	struct text cgroups;

	int64_t pid, vpid, sid, pgid, vpgid; /* -1: unknown */
	uint32_t tty;
	uint32_t uid, gid, loginuid; /* UINT32_MAX: none */
	uint32_t uid_before; /* of the program that it ran before this one; UINT32_MAX: none */
	struct text user, home, shell, group, login_user;
	uint64_t cap_permitted, cap_inheritable, cap_effective;

	uint64_t start_ns, pidns_start_ns; /* since 1970; 0: unknown */
	uint64_t exe_inode, exe_ctime_ns, exe_mtime_ns;
	bool exe_writable, exe_upper_layer, exe_lower_layer, exe_memfd, exe_deleted;
	bool exe_setuid, exe_setgid;
	bool healthcheck, liveness_probe, readiness_probe;

	uint32_t thread_count;
	struct texts stdio_types, stdio_names; /* of descriptors 0, 1, 2 */
};

#define ID_NONE UINT32_MAX
#define PROCESS_NONE                            \
	((struct process){ .pid = -1,           \
			   .vpid = -1,          \
			   .sid = -1,           \
			   .pgid = -1,          \
			   .vpgid = -1,         \
			   .uid = ID_NONE,      \
			   .gid = ID_NONE,      \
			   .loginuid = ID_NONE, \
			   .uid_before = ID_NONE })

enum fd_type {
	FD_NONE,
	FD_FILE,
	FD_DIRECTORY,
	FD_IPV4,
	FD_IPV6,
	FD_IPV4_SERVER, /* bound or listening: only the server side is known */
	FD_IPV6_SERVER,
	FD_UNIX,
	FD_PIPE,
	FD_EVENT,
	FD_SIGNAL,
	FD_EVENTPOLL,
	FD_INOTIFY,
	FD_TIMER,
	FD_NETLINK,
	FD_BPF,
	FD_USERFAULT,
	FD_IO_URING,
	FD_MEMFD,
	FD_PIDFD,
	FD_UNSUPPORTED,
	FD_TYPES
};
struct fd_type_def {
	struct text name;
	char letter;
};
extern const struct fd_type_def fd_types[FD_TYPES];

/* What a descriptor refers to. */
struct fd {
	enum fd_type type;
	struct text name;     /* files: the resolved path */
	struct text name_raw; /* files: as the caller spelt it */
	struct text l4proto;  /* tcp, udp, icmp, raw */

	struct address client, server;
	uint16_t client_port, server_port;
	bool has_role; /* who is client and who server is known */
	bool client_is_local;
	bool server_is_local;
	bool connected;
	struct texts client_names, server_names; /* what the addresses resolve to */

	uint32_t device;
	uint64_t inode;
	bool upper_layer, lower_layer;
	bool outside; /* of the mount namespace of who uses it */
	bool block_device;
};

#define FD_INIT ((struct fd){ .has_role = true, .client_is_local = true })

struct event_arg {
	struct value value;
	struct text resolved; /* what the sensor made of it: a path, a name; may be absent */
	bool exact; /* of a path: the kernel resolved it, links and all; else it is by name */
};

/* What became of something that the kernel asked about before it was done. */
enum event_verdict {
	VERDICT_NONE,
	VERDICT_DENIED,
	VERDICT_WOULD_DENY, /* in a dry run: it was done */
	/* Where the kernel asks nobody: it was done, or begun, and then the process was ended, or would have been. */
	VERDICT_STOPPED,
	VERDICT_WOULD_STOP,
	VERDICTS
};

/* Which rules brought a verdict about: their numbers at one decision point, in one set of rules in force. */
enum { EVENT_DENIAL_WORDS = 8 };
struct event_denial {
	uint64_t set;
	uint32_t point, first; /* first: that which decided */
	uint32_t rules[EVENT_DENIAL_WORDS];
};

struct event {
	const struct event_type *type;
	const struct process *process;
	const struct process *
		target; /* whom a signal, a trace or the like goes to; NULL: nobody, or not known */
	const struct fd *fd;
	const json_t *audit; /* the audit record, for that source */
	struct text hostname;

	uint64_t number;   /* in its stream, from 1 */
	int64_t time_ns;   /* since 1970 */
	uint64_t start_ns; /* when the stream began */
	int64_t result;
	int64_t fd_num; /* -1: none; a negative errno after a failed open */
	int64_t tid, vtid;
	uint16_t cpu;
	bool has_result;
	bool fd_name_changed;
	uint8_t verdict;		   /* enum event_verdict */
	const struct event_denial *denial; /* of a verdict; NULL: it is not known */
	uint64_t filter, filter_parts; /* what a filter has found: guard/candidates.h; 0: nothing */
	bool is_on_guard;	       /* where there is one: what it is about is the guard's own */
	bool is_outside;	       /* the same: is in no mount of the container's */

	uint32_t arg_set; /* bit i: args[i] is there */
	struct event_arg args[EVENT_SLOTS_MAX];
};

/* Everything absent, for the given type. */
void event_init(struct event *ev, const struct event_type *type);

/* Joins name and args into out, as process.cmdline has it. */
void process_cmdline(const struct process *p, struct buf *out);

/* The n-th ancestor (0: itself), or NULL. */
static inline const struct process *process_ancestor(const struct process *p, uint32_t n)
{
	while (p && n--)
		p = p->parent;
	return p;
}

/* Ancestry is walked at most so far: a loop in a table can't hold an event. */
enum { PROCESS_ANCESTORS_MAX = 256 };
