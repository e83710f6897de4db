/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause */
/*
 * What the guard in the kernel tells the guard in user space: one record per thing that happened,
 * through a ring, in the order in which it happened.
 *
 * Births, execs and deaths of processes are told for the whole machine, so that user space knows who
 * descends from whom; system calls only of watched control groups. A record is a struct abi_event,
 * then the texts that its spans point to. Texts are not terminated.
 *
 * Rules for this file, tables and numbers of calls: as abi/record.h, to be included first.
 */
#pragma once
#include <linux/types.h>

enum {
	ABI_EVENT_TEXT_MAX = 4096, /* bytes of one text; a longer one is cut there */
	ABI_EVENT_SIZE_MAX = 32768,
	ABI_EVENT_COMM = 16,
	/* Where a room says who works in it, if several share a CPU: see bpf/lib/pool.bpf.h. */
	ABI_EVENT_ROOM_OWNER = ABI_EVENT_SIZE_MAX - 8,
	/* And where a filter says, in 16 bits, that it drops by what ABI_PLAN_REMEMBER names: bpf/lib/remember.bpf.h. */
	ABI_EVENT_ROOM_EARLY = ABI_EVENT_SIZE_MAX - 12,
	ABI_EVENT_ADDRESS_MAX = 128, /* sizeof(struct sockaddr_storage) */
	ABI_EVENT_DATA_MAX = 256,
	/* What is sent over a connection is told while less than this was sent over it before. */
	ABI_EVENT_FIRST_BYTES = 4096,
};

enum abi_event_kind {
	ABI_EVENT_NONE,
	ABI_EVENT_FORK,	       /* tgid and tid are the child's; a new thread if parent is tgid */
	ABI_EVENT_EXEC,	       /* it succeeded; nr tells which call it was, from 5.15 on */
	ABI_EVENT_EXIT,	       /* of the last thread of a process */
	ABI_EVENT_CALL,	       /* a system call returned */
	ABI_EVENT_CGROUP,      /* a control group was made: cgroup is its id */
	ABI_EVENT_CGROUP_GONE, /* and removed */
	/*
	 * What the paths of a call led to, told while it is under way: PATH1 and PATH2, in the order of its
	 * arguments that are paths. The call itself follows, of the same thread, if it gets so far.
	 */
	ABI_EVENT_PATHS,
	ABI_EVENT_KINDS
};

enum abi_event_flag {
	ABI_EVENT_WATCHED = 1 << 0, /* its control group is asked for */
	ABI_EVENT_CUT = 1 << 1,	    /* a text is missing or not whole */
	ABI_EVENT_FILE = 1 << 2,    /* call.fd is a descriptor, and what is said of it holds */
	ABI_EVENT_SOCKET = 1 << 3,  /* which is a socket */
	/* On overlayfs, of the executable or of what call.fd is: in the writable layer, or not. */
	ABI_EVENT_UPPER = 1 << 4,
	ABI_EVENT_LOWER = 1 << 5,
	/* It goes through io_uring: nr says which call would do the same, the result is not known. */
	ABI_EVENT_URING = 1 << 7,
	ABI_EVENT_PIDFD = 1 << 6, /* call.fd is a pidfd for sure; before 6.9 only its name tells */
	ABI_EVENT_FOUND = 1 << 9, /* call.found says what may fit */
	/* Of its process, or of one that it descends from, the kernel keeps more than was told: map kept. */
	ABI_EVENT_UNTOLD = 1 << 8,
	/*
	 * By a decision point, before it was done: what follows was denied, or would have been (abi/deny.h).
	 * The record is that of the call that would do it, with result 0 and paths as the kernel has them.
	 */
	ABI_EVENT_STOPPED =
		1
		<< 13, /* beside one of the two: not before, but when it had been done, by a signal */
	ABI_EVENT_DENIED = 1 << 14,
	ABI_EVENT_WOULD_DENY = 1 << 15,
};

/* Where a text is, from the beginning of the record; len 0: there is none. */
struct abi_span {
	__u32 at, len;
};

/* Texts of a call ... */
enum abi_call_text {
	ABI_TEXT_PATH1, /* as the program wrote them */
	ABI_TEXT_PATH2,
	ABI_TEXT_DIR1, /* what they are relative to, where they are */
	ABI_TEXT_DIR2,
	ABI_TEXT_FILE,	  /* the file behind the descriptor, from the root of its mount namespace */
	ABI_TEXT_BYTES,	  /* a socket address, or a struct that an argument points to */
	ABI_TEXT_PROGRAM, /* the file that its process runs, if that is known and not too long */
	ABI_TEXT_DATA,	  /* what was sent, its first ABI_EVENT_DATA_MAX bytes */
};

/* What is known of the program that a process runs: each an enum abi_truth. */
enum abi_program_fact {
	ABI_PROGRAM_NAME,  /* yes: so are comm and the others; or not known */
	ABI_PROGRAM_UPPER, /* the layer of overlayfs that it is in */
	ABI_PROGRAM_LOWER,
	ABI_PROGRAM_MEMORY,
	ABI_PROGRAM_DELETED,
	ABI_PROGRAM_WRITABLE, /* as enum abi_exe_flag */
	ABI_PROGRAM_SETUID,
	ABI_PROGRAM_SETGID,
	ABI_PROGRAM_FACTS
};
enum abi_truth { ABI_UNKNOWN, ABI_NO, ABI_YES };

/* ... of an exec, and the path of a new control group. */
enum abi_process_text {
	ABI_TEXT_EXE,  /* the file that runs */
	ABI_TEXT_ARGS, /* each with its NUL */
	ABI_TEXT_ENV,
	ABI_TEXT_CWD,
	ABI_TEXT_NAME,	/* as it was asked for */
	ABI_TEXT_STDIO, /* three: paths of descriptors 0 to 2 */
	ABI_EVENT_TEXTS = ABI_TEXT_STDIO + 3,
	ABI_TEXT_GROUP = ABI_TEXT_EXE,
};

/* Beside the type of a socket: it listened, or came out of accept(). */
enum { ABI_SOCKET_ACCEPTED = 1 << 15 };

/*
 * What a filter has found, in the place of what it alone looks at: a bit for each of its parts that may fit. User space made
 * the filter, and knows by the digest which one it was.
 */
struct abi_found {
	__u64 filter, parts;
};

struct abi_event_call {
	__s64 result;
	__u64 args[6];
	__u64 ino;
	__u32 dev;
	__s32 fd;
	__u32 path_flags; /* enum abi_path_flag, of ABI_TEXT_FILE */
	__u32 file_mode;  /* FMODE_* */
	__u16 inode_mode;
	__u16 family;		       /* of the socket */
	__u16 socket_type;	       /* SOCK_STREAM, ..., and ABI_SOCKET_ACCEPTED */
	__u16 protocol;		       /* IPPROTO_* */
	__u16 local_port, remote_port; /* host order */
	__u32 target; /* with ABI_PLAN_PIDFD: of whom the descriptor says it is, if it is a pidfd */
	__u8 local[16], remote[16];
	union {
		char comm[ABI_EVENT_COMM]; /* of its process, as program[ABI_PROGRAM_NAME] says */
		struct abi_found found;	   /* instead, with ABI_EVENT_FOUND */
	};
	__u8 program[ABI_PROGRAM_FACTS];
	__u64 start_ns; /* with ABI_EVENT_UNTOLD: of its process */
};

enum abi_exe_flag {
	ABI_EXE_WRITABLE =
		1 << 0, /* by whoever runs it: as owner, group, anybody, or with CAP_DAC_OVERRIDE */
	ABI_EXE_SETUID = 1 << 1,
	ABI_EXE_SETGID = 1 << 2,
};

struct abi_event_stdio {
	__u16 inode_mode; /* 0: it is closed */
	__u16 family;	  /* of a socket */
	__u32 path_flags; /* enum abi_path_flag */
};

/* Of the executable and of stdio only an exec tells. */
struct abi_event_process {
	__u64 start_ns; /* CLOCK_BOOTTIME */
	__u64 exe_ino;
	__u32 exe_dev;
	__u32 path_flags; /* enum abi_path_flag, of ABI_TEXT_EXE */
	__u32 parent;	  /* tgid */
	__u32 vpid;
	__u32 sid;
	__u32 pgid, vpgid; /* vpid, vpgid, sid: in its own PID namespace */
	__u32 tty;
	__u32 loginuid;
	union {
		__s32 status;	  /* EXIT: as wait(2) has it */
		__u32 uid_before; /* EXEC: of the program that the process ran before; ABI_ID_NONE (abi/program.h): none, or not known */
	};
	char comm[ABI_EVENT_COMM];
	__u64 pidns_start_ns; /* CLOCK_BOOTTIME: of the first process of its PID namespace */
	__s64 exe_ctime_ns, exe_mtime_ns; /* since 1970 */
	__u32 exe_flags;		  /* enum abi_exe_flag */
	__u32 pidns;			  /* inode number of its PID namespace */
	struct abi_event_stdio stdio[3];
	__u64 parent_start_ns; /* of a FORK */
};

struct abi_event_cgroup {
	__u64 parent; /* id of the group that it is in */
};

struct abi_event {
	__u32 size; /* with the texts */
	__u8 kind;
	__u8 table;    /* enum abi_table */
	__u16 nr;      /* of the system call, ABI_CALL_NR_MAX: not known */
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u64 cgroup;
	__u64 caps_inheritable, caps_permitted, caps_effective; /* in its own user namespace */
	__u32 tgid, tid, vtid;
	__u32 uid, gid; /* effective, in the initial user namespace */
	__u16 cpu;
	__u16 flags; /* enum abi_event_flag */
	struct abi_span text[ABI_EVENT_TEXTS];
	union {
		struct abi_event_call call;
		struct abi_event_process process;
		struct abi_event_cgroup group;
	};
};

/*
 * Numbers in the native table of what is no call but told as one. A check of a capability, with args[0] which, args[1] whether it
 * was granted; once for each program that a process runs. A parameter of the kernel that is written, before it is done: PATH1 is its
 * name ("kernel/core_pattern"), PATH2 what is written, BYTES what it was.
 */
enum { ABI_NR_CAPABILITY = ABI_CALL_NR_MAX - 1, ABI_NR_SYSCTL = ABI_CALL_NR_MAX - 2 };

/* Array event_plans, by table * ABI_CALL_NR_MAX + nr: whether a call is told, and what of it. */
enum abi_event_plan_flag {
	ABI_PLAN_WANTED = 1 << 0,
	ABI_PLAN_FAILED = 1 << 1, /* only if it failed */
	ABI_PLAN_NEW_FD = 1 << 2, /* the result is the descriptor */
	ABI_PLAN_CWD = 1 << 3,	  /* DIR1 is the working directory after it */
	ABI_PLAN_STDIO = 1 << 4,  /* only if the result is a descriptor from 0 to 2 */
	ABI_PLAN_UNLESS = 1 << 5, /* turns what is said of when around */
	ABI_PLAN_PIDFD = 1 << 6,  /* the descriptor is one */
	ABI_PLAN_PATHS =
		1 << 7, /* its paths are told as the kernel resolved them, where it can be asked */
	/* With NEW_FD: if that is known no filter looks at arguments that are paths; they come when it is sent. */
	ABI_PLAN_LATE = 1 << 8,
	ABI_PLAN_FIRST =
		1 << 9, /* and whatever is said of when: what is sent first over a TCP connection */
	/*
	 * With NEW_FD: its filter says so where it drops by nothing but the file that was opened, the arguments of early, and the
	 * effective user and group: then it need not be asked again about the same.
	 */
	ABI_PLAN_REMEMBER = 1 << 10,
};
/* As bytes_len: a terminated text; the address in a struct msghdr, and told only if there is one. */
enum { ABI_BYTES_TEXT = 255, ABI_BYTES_MESSAGE = 254 };
enum abi_data_form {
	ABI_DATA_BUFFER,   /* the result says how much of it */
	ABI_DATA_VECTORS,  /* struct iovec, whose number the next argument says */
	ABI_DATA_MESSAGE,  /* struct msghdr */
	ABI_DATA_MESSAGES, /* struct mmsghdr: of the first of them */
};
struct abi_event_plan {
	__u16 flags;
	__u8 path[2]; /* arguments that are texts, ABI_ARG_NONE: none */
	__u8 dir[2];  /* their directories */
	__u8 fd;
	__u8 bytes;	/* an argument that points to bytes */
	__u8 bytes_len; /* how many; 0: the next argument says */
	__u8 when; /* told only if the low half of this argument, under mask, is one of value */
	__u8 data; /* an argument that leads to what was sent, ABI_ARG_NONE: none */
	__u8 data_form; /* enum abi_data_form */
	__u8 early[2];	/* arguments, ABI_ARG_NONE: none */
	__u8 pad[2];
	__u32 mask, value[2];
};

/*
 * Program array filters: by the same number as event_plans what looks at the record that was made of a
 * call (src/guard/filter); it calls the last one, which sends the record. None: it is sent.
 */
enum { ABI_FILTER_SEND = ABI_TABLES * ABI_CALL_NR_MAX, ABI_FILTERS };

enum { ABI_SPARED_MAX = 6 }; /* processes of the guard beside the one that loads */
struct abi_event_settings {
	__u32 self;	 /* tgid of the guard: never told */
	__u8 everything; /* every control group is watched */
	__u8 newborn;	 /* new ones are watched from their birth */
	__u8 pad[2];
	__u32 ns_per_byte; /* of a budget; 0: there are none */
	__u32 calls_max;   /* bytes in the ring beyond which only births, execs and deaths go in */
	__u64 ahead_ns;	   /* how far a group may tell ahead of its rate */
};
_Static_assert(sizeof(struct abi_span) == 8, "abi_span");
_Static_assert(sizeof(struct abi_event_call) == 160, "abi_event_call");
_Static_assert(sizeof(struct abi_event_process) == 136, "abi_event_process");
_Static_assert(sizeof(struct abi_event) == 296, "abi_event");
_Static_assert(sizeof(struct abi_event_plan) == 28, "abi_event_plan");
_Static_assert(sizeof(struct abi_event_settings) == 24, "abi_event_settings");
