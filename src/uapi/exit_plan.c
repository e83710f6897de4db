/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi/exit_plan.h"

#include <string.h>

#include "base/cleanup.h"

#define NONE ABI_ARG_NONE
#define AT_REMOVEDIR 0x200

struct exit_row {
	const char *call;
	struct abi_exit_plan plan;
};

/* clang-format off */
#define OPENS(call) { call, { .handler = ABI_EXIT_OPEN } }
#define MAPS(call) { call, { .handler = ABI_EXIT_MAP } }

/* A descriptor argument. */
#define ON_FD(call, arg, op) { call, { .handler = ABI_EXIT_FILE, .path = { arg }, .ops = { op } } }

/* A path relative to the working directory, or (AT) to the directory in an argument. */
#define PATH(call, arg, op)                                                                     \
	{ call,                                                                                 \
	  { .handler = ABI_EXIT_PATH, .path = { arg, NONE }, .dir = { NONE, NONE },             \
	    .ops = { op }, .flag = NONE } }
#define PATH_AT(call, dir_arg, arg, op)                                                         \
	{ call,                                                                                 \
	  { .handler = ABI_EXIT_PATH, .path = { arg, NONE }, .dir = { dir_arg, NONE },          \
	    .ops = { op }, .flag = NONE } }
#define PATHS(call, arg1, op1, arg2, op2)                                                       \
	{ call,                                                                                 \
	  { .handler = ABI_EXIT_PATH, .path = { arg1, arg2 }, .dir = { NONE, NONE },            \
	    .ops = { op1, op2 }, .flag = NONE } }
#define PATHS_AT(call, dir1, arg1, op1, dir2, arg2, op2)                                        \
	{ call,                                                                                 \
	  { .handler = ABI_EXIT_PATH, .path = { arg1, arg2 }, .dir = { dir1, dir2 },            \
	    .ops = { op1, op2 }, .flag = NONE } }

/* An address argument, its length in the next one. */
#define ADDRESS(call, arg, op)                                                                  \
	{ call, { .handler = ABI_EXIT_SOCKADDR, .path = { arg }, .ops = { op } } }

/* Argument positions: the SYSCALL_DEFINE of each call. clang-format off */
static const struct exit_row rows[] = {
	OPENS("creat"), OPENS("open"), OPENS("openat"), OPENS("openat2"),
	OPENS("open_by_handle_at"),

	MAPS("mmap"), MAPS("mmap2"),

	ON_FD("fchmod", 0, ABI_FILE_CHMOD),
	ON_FD("fchown", 0, ABI_FILE_CHOWN),
	ON_FD("fchown32", 0, ABI_FILE_CHOWN),
	ON_FD("ftruncate", 0, ABI_FILE_TRUNCATE),
	ON_FD("ftruncate64", 0, ABI_FILE_TRUNCATE),
	ON_FD("fsetxattr", 0, ABI_FILE_SETXATTR),
	ON_FD("fremovexattr", 0, ABI_FILE_SETXATTR),
	ON_FD("fchdir", 0, ABI_FILE_CHDIR),

	PATH("chdir", 0, ABI_FILE_CHDIR),
	PATH("chroot", 0, ABI_FILE_CHDIR),
	PATH("unlink", 0, ABI_FILE_UNLINK),
	PATH("rmdir", 0, ABI_FILE_RMDIR),
	{ "unlinkat", { .handler = ABI_EXIT_PATH, .path = { 1, NONE }, .dir = { 0, NONE },
			.ops = { ABI_FILE_UNLINK }, .flag = 2, .flag_mask = AT_REMOVEDIR,
			.flag_ops = ABI_FILE_RMDIR } },
	PATHS("rename", 0, ABI_FILE_RENAME_FROM, 1, ABI_FILE_RENAME_TO),
	PATHS_AT("renameat", 0, 1, ABI_FILE_RENAME_FROM, 2, 3, ABI_FILE_RENAME_TO),
	PATHS_AT("renameat2", 0, 1, ABI_FILE_RENAME_FROM, 2, 3, ABI_FILE_RENAME_TO),
	PATHS("link", 0, ABI_FILE_LINK_TARGET, 1, ABI_FILE_LINK),
	PATHS_AT("linkat", 0, 1, ABI_FILE_LINK_TARGET, 2, 3, ABI_FILE_LINK),
	PATH("symlink", 1, ABI_FILE_SYMLINK),
	PATH_AT("symlinkat", 1, 2, ABI_FILE_SYMLINK),
	PATH("mkdir", 0, ABI_FILE_MKDIR),
	PATH_AT("mkdirat", 0, 1, ABI_FILE_MKDIR),
	PATH("mknod", 0, ABI_FILE_MKNOD),
	PATH_AT("mknodat", 0, 1, ABI_FILE_MKNOD),
	PATH("chmod", 0, ABI_FILE_CHMOD),
	PATH_AT("fchmodat", 0, 1, ABI_FILE_CHMOD),
	PATH_AT("fchmodat2", 0, 1, ABI_FILE_CHMOD),
	PATH("chown", 0, ABI_FILE_CHOWN),
	PATH("chown32", 0, ABI_FILE_CHOWN),
	PATH("lchown", 0, ABI_FILE_CHOWN),
	PATH("lchown32", 0, ABI_FILE_CHOWN),
	PATH_AT("fchownat", 0, 1, ABI_FILE_CHOWN),
	PATH("truncate", 0, ABI_FILE_TRUNCATE),
	PATH("truncate64", 0, ABI_FILE_TRUNCATE),
	PATH("setxattr", 0, ABI_FILE_SETXATTR),
	PATH("lsetxattr", 0, ABI_FILE_SETXATTR),
	PATH("removexattr", 0, ABI_FILE_SETXATTR),
	PATH("lremovexattr", 0, ABI_FILE_SETXATTR),
	PATH("utime", 0, ABI_FILE_UTIME),
	PATH("utimes", 0, ABI_FILE_UTIME),
	PATH("mount", 1, ABI_FILE_MOUNT),
	PATH("umount2", 0, ABI_FILE_MOUNT),

	ADDRESS("bind", 1, ABI_PEER_BIND),
	ADDRESS("connect", 1, ABI_PEER_CONNECT),
	ADDRESS("sendto", 4, ABI_PEER_SEND),
	{ "listen", { .handler = ABI_EXIT_LISTEN, .ops = { ABI_PEER_LISTEN } } },
	{ "sendmsg", { .handler = ABI_EXIT_SENDMSG, .ops = { ABI_PEER_SEND } } },
};
/* clang-format on */
/* clang-format on */

void sys_exit_plans_fill(struct abi_exit_plan out[ABI_TABLES * ABI_CALL_NR_MAX])
{
	memset(out, 0, sizeof(*out) * ABI_TABLES * ABI_CALL_NR_MAX);
	for (int table = 0; table < ABI_TABLES; table++) {
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			int nr = sys_call_nr(sys_arch_of_table((enum abi_table)table),
					     rows[i].call);

			if (nr >= 0)
				out[table * ABI_CALL_NR_MAX + nr] = rows[i].plan;
		}
	}
}
