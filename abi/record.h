/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause */
/*
 * What the recorder in the kernel and the recorder in user space share.
 *
 * Nothing is sent per event. Each thing a container does is a *fact*: a key in a map (who did what)
 * with a count and the first and last time it was seen. User space reads the maps when it wants a
 * profile. The maps are pinned, so a recording outlives the process that started it.
 *
 *   cell   a control group being watched; a container is a cell and the cells below it
 *   actor  who: (cell, executable, stage, origin), interned to a 32-bit number
 *   task   the kernel's memory of one thread of a cell: its actor and the call it is in
 *
 * Rules for this file: natural alignment with explicit padding (keys are compared as bytes, so
 * padding must be zero), sizes asserted below, numbers never reused.
 */
#pragma once
#include <linux/types.h>

#define ABI_RECORD_VERSION 1

enum {
	ABI_PATH_SHORT = 256, /* with the NUL; longer paths go to the map for long ones */
	ABI_PATH_MAX = 4096,
	ABI_EXE_PATH_MAX = 512,
	ABI_CGROUP_PATH_MAX = 512,
	ABI_CALL_ARGS_MAX = 3,	 /* arguments of one call that are recorded together */
	ABI_CALL_NR_MAX = 1024,	 /* numbers from here on do not exist on any architecture */
	ABI_ARG_TUPLES_MAX = 64, /* distinct argument values kept exactly per actor and call */
	ABI_NOAUDIT_MAX = 5,
	ABI_PEERS_MAX = 256, /* distinct peers kept exactly per cell */
};

/* Which system call table a call went through: the number alone does not tell. */
enum abi_table {
	ABI_TABLE_NATIVE,
	ABI_TABLE_COMPAT, /* 32-bit entry: int 0x80 and friends, also from 64-bit code */
	ABI_TABLE_X32,	  /* x86-64 with bit 30 of the number set; nr is without that bit */
	ABI_TABLES
};

/* Where a task is on its way from container runtime to application. */
enum abi_stage {
	ABI_STAGE_SETUP, /* the runtime prepares; no filter of the container is loaded yet */
	ABI_STAGE_TAIL,	 /* the runtime under the container's own filter, until its exec */
	ABI_STAGE_APP,	 /* an executable out of the container's own root */
	ABI_STAGES
};

enum abi_origin {
	ABI_ORIGIN_WORKLOAD, /* descends from what the container was started for */
	ABI_ORIGIN_ENTERED,  /* came in later from outside: exec, probe, debug shell */
	ABI_ORIGINS
};

struct abi_fact {
	__u64 count;
	__u64 first_ns; /* CLOCK_BOOTTIME */
	__u64 last_ns;	/* the same; of a fact seen again, to the timer tick */
};

enum abi_cell_flag {
	ABI_CELL_COMMAND = 1 << 0,  /* no runtime in between: the first exec is the application */
	ABI_CELL_STARTED = 1 << 1,  /* the application runs: who comes now has ENTERED */
	ABI_CELL_IGNORED = 1 << 2,  /* user space decided that nobody asked for this one */
	ABI_CELL_GONE = 1 << 3,	    /* the control group was removed */
	ABI_CELL_BORN = 1 << 4,	    /* seen from its creation on; else attached to while it ran */
	ABI_CELL_NNP = 1 << 5,	    /* no_new_privs was set when the application started */
	ABI_CELL_FILTERED = 1 << 6, /* a seccomp filter was in force by then */
};

/* Why a fact could not be kept. Every name shows up in the profile and in the live view. */
enum abi_loss {
	ABI_LOSS_TASKS, /* the task map was full: a thread was not followed */
	ABI_LOSS_ACTORS,
	ABI_LOSS_EXES,
	ABI_LOSS_CALLS,
	ABI_LOSS_ARGS,
	ABI_LOSS_CAPS,
	ABI_LOSS_FILES,
	ABI_LOSS_PEERS,
	ABI_LOSS_READ,	  /* a path or address could not be read */
	ABI_LOSS_DEPTH,	  /* a path had more components than the walk allows */
	ABI_LOSS_NOTICES, /* the notice ring was full (found again by the next sweep) */
	ABI_LOSS_CELLS,	  /* the cell map was full: a control group was not watched */
	ABI_LOSSES
};

/* Map cells: control group id -> */
struct abi_cell {
	__u64 parent;	  /* control group id of the parent */
	__u64 born_ns;	  /* when the record of it began */
	__u64 started_ns; /* first exec of the application, 0 before */
	__u64 facts;	  /* distinct facts learned */
	__u64 last_fact_ns;
	__u64 caps_effective; /* of the application when it started */
	__u64 caps_permitted;
	__u64 caps_bounding;
	__u32 flags;
	__u32 uid, gid;	   /* of the application when it started, in the initial user namespace */
	__u32 init_tgid;   /* first task of the workload */
	__u32 runtime_exe; /* executable of the parent of the first task: the container runtime */
	__u32 peers;	   /* distinct peers seen, up to ABI_PEERS_MAX */
	__u64 losses[ABI_LOSSES];
	char path[ABI_CGROUP_PATH_MAX];
};

/* Map tasks: thread id -> */
struct abi_task {
	__u64 cell;
	__u64 filter; /* address of the seccomp filter on entry: another one means the container's */
	__u64 caps_granted; /* capabilities asked for in the current call */
	__u64 caps_refused;
	__u32 actor; /* 0: not yet known, found out at the next system call */
	__u32 exe;
	__u32 outer_mntns; /* mount namespace of whoever put the first task here */
	__u16 nr;
	__u8 table;
	__u8 in_call; /* enum abi_in_call */
	__u8 stage;
	__u8 origin;
	__u8 pad[6];
};

/* A sys_exit without its sys_enter is a call that seccomp refused (it runs before the tracepoint). */
enum abi_in_call {
	ABI_CALL_NONE,	  /* in user space, as far as we saw */
	ABI_CALL_ENTERED, /* sys_enter was seen */
	ABI_CALL_UNKNOWN, /* the task came to us in the middle of a call */
};

/* Map actors: key -> number, first free at 1 */
struct abi_actor {
	__u64 cell;
	__u32 exe;
	__u8 stage;
	__u8 origin;
	__u8 pad[2];
};

/* Map exes: key -> */
struct abi_exe_key {
	__u64 ino;
	__u32 dev;
	__u32 generation;
};
struct abi_exe {
	__u32 id;
	__u32 flags; /* enum abi_path_flag */
	char path[ABI_EXE_PATH_MAX];
};

/* Map calls: key -> struct abi_call */
struct abi_call {
	struct abi_fact fact;
	__u64 tuples; /* distinct combinations of arguments in args; at most ABI_ARG_TUPLES_MAX */
};
struct abi_call_key {
	__u32 actor;
	__u16 nr;
	__u8 table;
	__u8 refused; /* denied by a seccomp filter in force */
};

/* Map args: one combination of the recorded arguments of a call -> struct abi_fact */
struct abi_args_key {
	__u32 actor;
	__u16 nr;
	__u8 table;
	__u8 pad;
	__u64 values[ABI_CALL_ARGS_MAX];
};

/*
 * Map arg_ranges (one value per CPU, so that nothing is lost to a race): struct abi_call_key -> what
 * the combinations beyond ABI_ARG_TUPLES_MAX have in common. min and all_bits are stored inverted:
 * a zeroed range is an empty one.
 */
struct abi_arg_range {
	__u64 count;
	struct {
		__u64 any_bits, not_all_bits, not_min, max;
	} arg[ABI_CALL_ARGS_MAX];
};

/* Array arg_plans, by table * ABI_CALL_NR_MAX + nr: which arguments decide danger. */
struct abi_arg_plan {
	__u8 count;
	__u8 index[ABI_CALL_ARGS_MAX];
	__u8 wide[ABI_CALL_ARGS_MAX]; /* the kernel reads 64 bits of it, not 32 */
	__u8 memory; /* asks for CAP_SYS_ADMIN only to size the memory reserve, unaudited */
};

/* Map caps: -> struct abi_fact */
enum abi_cap_outcome {
	ABI_CAP_USED,	/* granted, and the call that asked for it succeeded */
	ABI_CAP_PROBED, /* granted, but the call failed all the same */
	ABI_CAP_REFUSED,
};
struct abi_cap_key {
	__u32 actor;
	__u16 nr; /* of the call in which it was asked for; ABI_CALL_NR_MAX outside of one */
	__u8 table;
	__u8 cap;
	__u8 outcome;
	__u8 pad[7];
};

/* What was done to a path: bits of abi_file.ops. */
enum abi_file_op {
	ABI_FILE_READ = 1 << 0,
	ABI_FILE_WRITE = 1 << 1,
	ABI_FILE_CREATE = 1 << 2,
	ABI_FILE_EXEC = 1 << 3,
	ABI_FILE_MAP_EXEC = 1 << 4,
	ABI_FILE_UNLINK = 1 << 5,
	ABI_FILE_RENAME_FROM = 1 << 6,
	ABI_FILE_RENAME_TO = 1 << 7,
	ABI_FILE_LINK_TARGET = 1 << 8,
	ABI_FILE_LINK = 1 << 9,
	ABI_FILE_SYMLINK = 1 << 10,
	ABI_FILE_MKDIR = 1 << 11,
	ABI_FILE_RMDIR = 1 << 12,
	ABI_FILE_MKNOD = 1 << 13,
	ABI_FILE_CHMOD = 1 << 14,
	ABI_FILE_CHOWN = 1 << 15,
	ABI_FILE_TRUNCATE = 1 << 16,
	ABI_FILE_SETXATTR = 1 << 17,
	ABI_FILE_UTIME = 1 << 18,
	ABI_FILE_CONNECT = 1 << 19, /* AF_UNIX */
	ABI_FILE_BIND = 1 << 20,
	ABI_FILE_CHDIR = 1 << 21,
	ABI_FILE_MOUNT = 1 << 22,

	/* Those that security_path_*() tells of. */
	ABI_FILE_NAMED = ABI_FILE_UNLINK | ABI_FILE_RENAME_FROM | ABI_FILE_RENAME_TO |
			 ABI_FILE_LINK_TARGET | ABI_FILE_LINK | ABI_FILE_SYMLINK | ABI_FILE_MKDIR |
			 ABI_FILE_RMDIR | ABI_FILE_MKNOD | ABI_FILE_CHMOD | ABI_FILE_TRUNCATE,
};

enum abi_path_flag {
	ABI_PATH_RAW = 1 << 0,	     /* as the program wrote it, below a resolved directory */
	ABI_PATH_TRUNCATED = 1 << 1, /* the beginning is missing */
	ABI_PATH_MEMORY = 1 << 2,    /* no file system: memfd or the like */
	ABI_PATH_DELETED = 1 << 3,
	ABI_PATH_DIRECTORY = 1 << 4,
	ABI_PATH_ABSTRACT = 1 << 5, /* abstract AF_UNIX name, without its leading NUL */
	ABI_PATH_DETACHED = 1 << 6, /* from the root of its file system: its mount is in no tree */
	ABI_PATH_OUTSIDE =
		1 << 7, /* its mount is in the tree of another mount namespace than current's */
	ABI_PATH_OF_GUARD =
		1
		<< 8, /* of a decision point's record: what it is about is the guard's own (abi/deny.h) */
};

/* Maps files and long_files: the path follows, in ABI_PATH_SHORT or ABI_PATH_MAX bytes */
struct abi_file_key {
	__u32 actor;
	__u32 ops;  /* enum abi_file_op: all that this one access was */
	__u64 hash; /* of the path, seeded per recording so that collisions can't be made */
};
struct abi_file {
	struct abi_fact fact;
	__u32 flags; /* enum abi_path_flag */
	__u32 len;   /* of the path, which is not terminated */
};

/* Array exit_plans, by table * ABI_CALL_NR_MAX + nr: what a call that succeeded did to which path. */
enum abi_exit_handler {
	ABI_EXIT_NONE,
	ABI_EXIT_OPEN,	   /* the result is a descriptor of what was opened */
	ABI_EXIT_PATH,	   /* one or two arguments are paths */
	ABI_EXIT_FILE,	   /* an argument is a descriptor */
	ABI_EXIT_MAP,	   /* mmap */
	ABI_EXIT_SOCKADDR, /* arguments: descriptor, ..., address, its length */
	ABI_EXIT_LISTEN,
	ABI_EXIT_SENDMSG,
	ABI_EXIT_HANDLERS
};
enum { ABI_ARG_NONE = 0xff }; /* no such argument; as a directory: the working directory */
struct abi_exit_plan {
	__u32 ops[2];	 /* enum abi_file_op, or enum abi_peer_op in [0] */
	__u32 flag_mask; /* if argument flag has one of these bits, flag_ops takes the place of ops */
	__u32 flag_ops;
	__u8 handler;
	__u8 path[2]; /* arguments that are paths, descriptors or addresses */
	__u8 dir[2];  /* arguments that are their directories */
	__u8 flag;
	__u8 pad[2];
};

/* Map peers: -> struct abi_fact */
enum abi_peer_op {
	ABI_PEER_BIND,
	ABI_PEER_LISTEN,
	ABI_PEER_CONNECT,
	ABI_PEER_SEND,
	ABI_PEER_ACCEPT,
};
struct abi_peer_key {
	__u32 actor;
	__u16 family;
	__u16 port; /* host order */
	__u8 op;
	__u8 protocol;
	__u8 many; /* more than ABI_PEERS_MAX peers: address left out */
	__u8 pad[5];
	__u8 address[16];
};

/* Ring notices: hints, never the only trace of anything (the cells map holds the truth). */
enum abi_notice_kind {
	ABI_NOTICE_BORN = 1,
	ABI_NOTICE_ENTERED, /* first task in the cell */
	ABI_NOTICE_STARTED,
	ABI_NOTICE_GONE,
};
struct abi_notice {
	__u32 kind;
	__u32 tgid;
	__u64 cell;
};

/* Read-only settings of the programs, fixed when they are loaded. */
struct abi_settings {
	__u64 path_seed;
	__u64 noaudit[ABI_NOAUDIT_MAX]
		     [2];   /* code ranges of the kernel's unaudited capability checks */
	__u32 hierarchy;    /* control group hierarchy id that cells are in, 0 for v2 */
	__s32 subsystem;    /* index of a v1 controller in that hierarchy, -1 for v2 */
	__u8 watch_new;	    /* every new control group becomes a cell */
	__u8 opens_by_hook; /* security_file_open is attached: sys_exit must not look at opens */
	__u8 paths_by_hook; /* so are security_path_*: nor at names */
	__u8 pad[5];
};

_Static_assert(sizeof(struct abi_fact) == 24, "abi_fact");
_Static_assert(sizeof(struct abi_task) == 56, "abi_task");
_Static_assert(sizeof(struct abi_actor) == 16, "abi_actor");
_Static_assert(sizeof(struct abi_exe_key) == 16, "abi_exe_key");
_Static_assert(sizeof(struct abi_call_key) == 8, "abi_call_key");
_Static_assert(sizeof(struct abi_args_key) == 32, "abi_args_key");
_Static_assert(sizeof(struct abi_cap_key) == 16, "abi_cap_key");
_Static_assert(sizeof(struct abi_file_key) == 16, "abi_file_key");
_Static_assert(sizeof(struct abi_file) == 32, "abi_file");
_Static_assert(sizeof(struct abi_peer_key) == 32, "abi_peer_key");
_Static_assert(sizeof(struct abi_arg_plan) == 8, "abi_arg_plan");
_Static_assert(sizeof(struct abi_exit_plan) == 24, "abi_exit_plan");
_Static_assert(sizeof(struct abi_notice) == 16, "abi_notice");
_Static_assert(sizeof(struct abi_cell) % 8 == 0, "abi_cell");
