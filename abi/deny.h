/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause */
/*
 * What the programs that deny and their loader share. A decision point is a hook of the kernel that is
 * asked before something is done; what it stands for is told as a record of abi/event.h: the system
 * call that would do the same, as if it had succeeded.
 *
 * Rules for this file: as abi/event.h, to be included first.
 */
#pragma once
#include <linux/types.h>

/*
 * What is pinned outlives the program that made it. Whoever changes the layout or the meaning of a map that is kept from one set to the
 * next (kept_maps[] of src/sensor/deny.c, where its row says since which version it is as it is), of a set's maps, or of records of
 * denials (struct abi_event too), raises this. In every version: keys of deny_places and deny_outsiders, the first two bytes of struct
 * abi_deny_place, the first byte of struct abi_deny_state_now.
 */
enum { ABI_DENY_VERSION = 4 };

/* In the order of deny_hooks[] of src/guard/deny_hook.c. */
enum abi_deny_hook {
	ABI_DENY_OPEN,
	ABI_DENY_EXEC, /* its record is of kind EXEC, as if it had succeeded */
	ABI_DENY_UNLINK,
	ABI_DENY_RENAME,
	ABI_DENY_MKNOD,
	ABI_DENY_CHMOD,
	ABI_DENY_CHROOT,
	ABI_DENY_MOUNT,
	ABI_DENY_MOVE_MOUNT,
	ABI_DENY_PIVOT_ROOT,
	ABI_DENY_CONNECT,      /* to another machine, by address */
	ABI_DENY_CONNECT_UNIX, /* to the socket at a path, whatever it is called in the container */
	ABI_DENY_PTRACE,       /* whatever looks into a process of another mount namespace */
	ABI_DENY_KILL,	       /* a process of another mount namespace */
	ABI_DENY_BPF,
	ABI_DENY_PERF,
	ABI_DENY_MODULE_FILE,
	ABI_DENY_MODULE_DATA,
	ABI_DENY_USERNS,
	ABI_DENY_USERFAULT,
	ABI_DENY_LINK,
	ABI_DENY_SYMLINK,
	ABI_DENY_MKDIR,
	ABI_DENY_RMDIR,
	ABI_DENY_TRUNCATE,
	ABI_DENY_MMAP,	    /* of a file, to execute what is in it */
	ABI_DENY_MPROTECT,  /* the same, of what is mapped already: it is told as the mapping */
	ABI_DENY_SETNS,	    /* the kernel asks for a capability: security_capable() */
	ABI_DENY_BY_HANDLE, /* the same: it follows ABI_DENY_SETNS */
	ABI_DENY_FSMOUNT, /* the same: mounts that are in no tree yet, and mounts that are changed */
	ABI_DENY_CAPABILITY, /* and any other that is meant, and would be granted */
	/* Asked by control groups, with programs of their own: bpf/deny_cgroup.bpf.c. */
	ABI_DENY_CONNECT4,
	ABI_DENY_CONNECT6,
	ABI_DENY_SENDMSG4, /* a datagram with an address */
	ABI_DENY_SENDMSG6,
	ABI_DENY_BIND4,
	ABI_DENY_BIND6,
	ABI_DENY_SYSCTL, /* a parameter of the kernel is written */
	ABI_DENY_DEVICE_MAKE,
	/* Looked at only where nobody asks what goes through one. */
	ABI_DENY_URING,
	ABI_DENY_CHOWN,
	ABI_DENY_UMOUNT,
	ABI_DENY_HOOKS
};

/* Entries of a function's program array. Filters, one per decision point at it, are made at run time. */
enum abi_deny_call {
	ABI_DENY_VERDICT,
	ABI_DENY_LEAVE,
	ABI_DENY_FILTER,
	ABI_DENY_CALLS = ABI_DENY_FILTER + 4,
	ABI_DENY_STOP_CALLS = ABI_DENY_FILTER + ABI_DENY_HOOKS /* of a tracepoint */
};

/*
 * Array stop_calls, by table * ABI_CALL_NR_MAX + nr: which decision point a call that returns belongs to where the kernel
 * asks nobody before, and what of it goes into the record. ABI_ARG_NONE: there is none.
 */
struct abi_stop_call {
	__u8 point;   /* 1 + enum abi_deny_hook; 0: nothing is asked */
	__u8 fd;      /* an argument that is a descriptor, or says which point it is */
	__u8 path[2]; /* arguments that are paths, and the directories that they are relative to */
	__u8 dir[2];
	__u8 from[4]; /* arguments of the record: which of the call's they are */
	__u16 nr;     /* the call that the record is of, in the native table */
};

/*
 * Which decision point a record is from is in the length of this text, which records of calls don't have, until it
 * is told.
 */
enum { ABI_DENY_POINT_TEXT = ABI_EVENT_TEXTS - 1 };
/* What is sent is in the same place in records of calls, and in none of a decision: it is not known before. */
_Static_assert((int)ABI_DENY_POINT_TEXT > (int)ABI_TEXT_PROGRAM, "no text of a decision's call");
_Static_assert((int)ABI_DENY_POINT_TEXT > (int)ABI_TEXT_NAME, "nor of its exec");
/* A sum of flags is their union if each has a bit of its own. */
_Static_assert(ABI_EVENT_WATCHED + ABI_EVENT_CUT + ABI_EVENT_FILE + ABI_EVENT_SOCKET +
			       ABI_EVENT_UPPER + ABI_EVENT_LOWER + ABI_EVENT_URING +
			       ABI_EVENT_PIDFD + ABI_EVENT_STOPPED + ABI_EVENT_DENIED +
			       ABI_EVENT_WOULD_DENY ==
		       (ABI_EVENT_WATCHED | ABI_EVENT_CUT | ABI_EVENT_FILE | ABI_EVENT_SOCKET |
			ABI_EVENT_UPPER | ABI_EVENT_LOWER | ABI_EVENT_URING | ABI_EVENT_PIDFD |
			ABI_EVENT_STOPPED | ABI_EVENT_DENIED | ABI_EVENT_WOULD_DENY),
	       "flags of a record differ");

/* Rules per decision point, in the order in which they decide. What a filter leaves behind says which fit. */
enum { ABI_DENY_RULES = 256, ABI_DENY_RULE_WORDS = ABI_DENY_RULES / 32 };

enum abi_deny_mode {
	ABI_DENY_DEFAULT, /* of a place: as the settings say */
	ABI_DENY_OBSERVE, /* nobody is asked */
	ABI_DENY_DRY_RUN, /* told and counted, and allowed */
	ABI_DENY_ENFORCE,
};

/* What is known of a control group. */
enum abi_deny_state {
	/*
	 * It was made by somebody outside of containers, and no program of a container has begun in it:
	 * perhaps a runtime prepares one. Nothing is denied.
	 */
	ABI_DENY_BORN,
	/* A container's: a program out of a root of its own has begun, or user space says so. */
	ABI_DENY_STARTED,
};

/* Map deny_places: control group id -> */
struct abi_deny_place {
	__u8 state; /* enum abi_deny_state */
	__u8 mode;  /* enum abi_deny_mode */
	__u8 pad[6];
};

/*
 * What becomes of what a rule describes depends on the container. Each has a class; those for which the same is to
 * happen share one. Map deny_members: control group id -> class (__u64). A container about which nothing is known yet
 * has none, which is class 0: what applies to every container. Map deny_classes: {class, point} -> what applies; none:
 * nothing does.
 */
struct abi_deny_class_key {
	__u64 class;
	__u32 point; /* enum abi_deny_hook */
	__u32 pad;
};
struct abi_deny_class {
	__u32 enforce[ABI_DENY_RULE_WORDS]; /* bit per rule of the point */
	__u32 dry_run[ABI_DENY_RULE_WORDS];
	__u8 error[ABI_DENY_RULES]; /* 256 - errno, 1 to 255, of those in enforce */
};

/* Map deny_rule_counts, per CPU, by point * ABI_DENY_RULES + rule: what the rule was the first to decide. */
struct abi_deny_rule_count {
	__u64 denied, would;
};

/* Behind the record of a decision, as text ABI_DENY_POINT_TEXT: which rules, of which set. */
struct abi_deny_told {
	__u64 set; /* settings of the programs: what user space called it by */
	__u32 point;
	__u32 first; /* the rule that decided */
	__u32 rules[ABI_DENY_RULE_WORDS];
};

/*
 * Map deny_guarded: directories and files of the guard itself, as the kernel has them, whatever they are mounted as; what is in
 * them is the guard's too. Of each file system that has any there is an entry of inode 0.
 */
struct abi_deny_guarded {
	__u64 ino;
	__u32 dev; /* as the kernel has it: major << 20 | minor */
	__u32 pad;
};

/* Map deny_strays: process -> where it belongs, though it is in another control group. */
enum { ABI_DENY_STRAYS = 16384 };
/* Map deny_strayed: how many there are, and how often one became one that is no stray's child. */
enum abi_deny_strayed { ABI_DENY_STRAYED_NOW, ABI_DENY_STRAYED_EVER, ABI_DENY_STRAYED };
struct abi_deny_stray {
	__u64 cgroup;
	__u64 class; /* that the group had: it may be removed when nobody is in it */
};

/* Map deny_state, entry 0: written while programs run. */
struct abi_deny_state_now {
	__u8 mode;    /* at most that, of places that have none of their own */
	__u8 newborn; /* new control groups become places */
	__u8 pad[6];
	/* Pointers of the kernel: the directory that is the root of process 1, its mount namespace. */
	__u64 host_root, host_mounts;
};

/* Map deny_counts, per CPU, by hook; and one behind for what belongs to none. */
struct abi_deny_count {
	__u64 asked; /* the filter was */
	__u64 denied;
	__u64 would;  /* in a dry run */
	__u64 busy;   /* allowed without a decision: every room of the CPU was in use */
	__u64 untold; /* decided, but the ring was full */
};

enum {
	ABI_DENY_ROOMS = 4, /* per CPU: see bpf/lib/pool.bpf.h */
};

_Static_assert(sizeof(struct abi_stop_call) == 12, "abi_stop_call");
_Static_assert(sizeof(struct abi_deny_place) == 8, "abi_deny_place");
_Static_assert(sizeof(struct abi_deny_stray) == 16, "abi_deny_stray");
_Static_assert(sizeof(struct abi_deny_state_now) == 24, "abi_deny_state_now");
_Static_assert(sizeof(struct abi_deny_guarded) == 16, "abi_deny_guarded");
_Static_assert(sizeof(struct abi_deny_count) == 40, "abi_deny_count");
_Static_assert(sizeof(struct abi_deny_class_key) == 16, "abi_deny_class_key");
_Static_assert(sizeof(struct abi_deny_class) == 320, "abi_deny_class");
_Static_assert(sizeof(struct abi_deny_rule_count) == 16, "abi_deny_rule_count");
_Static_assert(sizeof(struct abi_deny_told) == 48, "abi_deny_told");
