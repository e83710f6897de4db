/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What there is to read of a process, unread: bytes for process_scan.c and user_table.c to make sense of. Who
 * reads needs privileges, who understands needs none, so in the guard they are different processes (reader.h);
 * for a command that does both, facts_direct reads at once.
 *
 * The kernel's own words on a process never wait for anybody. Its memory and its files may: behind a FUSE mount
 * or a userfaultfd there is a program that answers when it likes, or never.
 */
#pragma once
#include <stdint.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "event/event.h"

/* Parts (parts.h) of the kernel's own words, in this order; an empty one: not known. */
enum facts_kernel {
	FACTS_STAT, /* files of /proc/PID */
	FACTS_STATUS,
	FACTS_CGROUP,
	FACTS_LOGINUID,
	FACTS_EXE, /* links of it */
	FACTS_CWD,
	FACTS_STDIO,				 /* one for each descriptor */
	FACTS_PIDNS = FACTS_STDIO + STDIO_COUNT, /* uint32_t: inode number of its PID namespace */
	FACTS_KERNEL_PARTS
};

/* Parts of what is its own. */
enum facts_own {
	FACTS_CMDLINE,
	FACTS_ENVIRON,
	FACTS_FILES,	 /* struct facts_files */
	FACTS_MOUNTINFO, /* if its program is on an overlay */
	FACTS_OWN_PARTS
};

struct facts_files {
	struct {
		uint64_t ino, ctime_ns, mtime_ns; /* ino 0: not known */
		uint32_t mode, uid, gid;
		uint32_t read_only; /* not 0: its file system is */
	} exe;
	struct {
		uint32_t mode;	 /* 0: closed, or not known */
		uint32_t family; /* of a socket; 0: not known */
	} stdio[STDIO_COUNT];
};

enum facts_users { FACTS_PASSWD, FACTS_GROUP, FACTS_USERS_PARTS };

/* Each adds its parts to out, or is -errno: -ESRCH: the process is gone; -ETIMEDOUT: it took too long; -EBUSY: ask later. */
struct facts {
	int (*kernel)(uint32_t pid, struct buf *out, void *arg);
	/* cgroup: of the process, for who reads to remember whose answers did not come. */
	int (*own)(uint32_t pid, uint64_t cgroup, struct buf *out, void *arg);
	/* 0 if a regular file is at path below the directory upper, which links can't leave. */
	int (*layer)(const char *upper, const char *path, void *arg);
	/* Files of users in the root of the process, unless that is ours; of pid 0: ours. */
	int (*users)(uint32_t pid, struct buf *out, void *arg);
	/*
	 * SHA-256 of the program of the process, or, if path is given, of the file there in its root; -ESTALE if that is not
	 * inode ino, -EFBIG over FACTS_HASH_MAX.
	 */
	int (*hash)(uint32_t pid, const char *path, uint64_t ino, char out[SHA256_TEXT_SIZE],
		    void *arg);
	void *arg;
};

enum { FACTS_HASH_MAX = 64 << 20 };

/* Reads at once; needs CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH for what is others'. */
extern const struct facts facts_direct;
