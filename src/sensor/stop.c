/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/stop.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "uapi/syscall.h"

#define NONE ABI_ARG_NONE

struct row {
	const char *call;
	enum abi_deny_hook point;
	uint8_t fd, path[2], dir[2], from[4]; /* as struct abi_stop_call */
};

#define NO_PATH            \
	{ NONE, NONE },    \
	{                  \
		NONE, NONE \
	}
#define NO_ARGS                        \
	{                              \
		NONE, NONE, NONE, NONE \
	}
#define PLAIN NONE, NO_PATH, NO_ARGS
#define PATH(at)              \
	NONE, { (at), NONE }, \
	{                     \
		NONE, NONE    \
	}
#define PATH_AT(directory, at)    \
	NONE, { (at), NONE },     \
	{                         \
		(directory), NONE \
	}
#define PATHS(a, b) NONE, { (a), (b) }, { NONE, NONE }, NO_ARGS
#define PATHS_AT(a_dir, a, b_dir, b) NONE, { (a), (b) }, { (a_dir), (b_dir) }, NO_ARGS

/* Of each point the call that its record is of comes first: that of deny_hooks[] of src/guard/deny_hook.c. */
/* clang-format off */
static const struct row rows[] = {
	{ "openat", ABI_DENY_OPEN, PLAIN },
	{ "open", ABI_DENY_OPEN, PLAIN },
	{ "openat2", ABI_DENY_OPEN, PLAIN },
	{ "creat", ABI_DENY_OPEN, PLAIN },
	{ "unlinkat", ABI_DENY_UNLINK, 2, { 1, NONE }, { 0, NONE }, NO_ARGS }, /* or RMDIR, by its flags */
	{ "unlink", ABI_DENY_UNLINK, PATH(0), NO_ARGS },
	{ "renameat2", ABI_DENY_RENAME, PATHS_AT(0, 1, 2, 3) },
	{ "renameat", ABI_DENY_RENAME, PATHS_AT(0, 1, 2, 3) },
	{ "rename", ABI_DENY_RENAME, PATHS(0, 1) },
	{ "mknodat", ABI_DENY_MKNOD, PATH_AT(0, 1), { NONE, NONE, 2, 3 } },
	{ "mknod", ABI_DENY_MKNOD, PATH(0), { NONE, NONE, 1, 2 } },
	{ "fchmodat", ABI_DENY_CHMOD, PATH_AT(0, 1), { NONE, NONE, 2, NONE } },
	{ "fchmodat2", ABI_DENY_CHMOD, PATH_AT(0, 1), { NONE, NONE, 2, NONE } },
	{ "chmod", ABI_DENY_CHMOD, PATH(0), { NONE, NONE, 1, NONE } },
	{ "fchmod", ABI_DENY_CHMOD, 0, NO_PATH, { NONE, NONE, 1, NONE } },
	{ "fchownat", ABI_DENY_CHOWN, PATH_AT(0, 1), { NONE, NONE, 2, 3 } },
	{ "chown", ABI_DENY_CHOWN, PATH(0), { NONE, NONE, 1, 2 } },
	{ "lchown", ABI_DENY_CHOWN, PATH(0), { NONE, NONE, 1, 2 } },
	{ "fchown", ABI_DENY_CHOWN, 0, NO_PATH, { NONE, NONE, 1, 2 } },
	{ "chown32", ABI_DENY_CHOWN, PATH(0), { NONE, NONE, 1, 2 } },
	{ "lchown32", ABI_DENY_CHOWN, PATH(0), { NONE, NONE, 1, 2 } },
	{ "fchown32", ABI_DENY_CHOWN, 0, NO_PATH, { NONE, NONE, 1, 2 } },
	{ "linkat", ABI_DENY_LINK, PATHS_AT(0, 1, 2, 3) },
	{ "link", ABI_DENY_LINK, PATHS(0, 1) },
	{ "symlinkat", ABI_DENY_SYMLINK, NONE, { NONE, 2 }, { NONE, 1 }, NO_ARGS },
	{ "symlink", ABI_DENY_SYMLINK, NONE, { NONE, 1 }, { NONE, NONE }, NO_ARGS },
	{ "mkdirat", ABI_DENY_MKDIR, PATH_AT(0, 1), NO_ARGS },
	{ "mkdir", ABI_DENY_MKDIR, PATH(0), NO_ARGS },
	{ "rmdir", ABI_DENY_RMDIR, PATH(0), NO_ARGS },
	{ "truncate", ABI_DENY_TRUNCATE, PATH(0), NO_ARGS },
	{ "ftruncate", ABI_DENY_TRUNCATE, 0, NO_PATH, NO_ARGS },
	{ "chroot", ABI_DENY_CHROOT, PLAIN },
	{ "mount", ABI_DENY_MOUNT, NONE, { NONE, 1 }, { NONE, NONE }, { NONE, NONE, NONE, 3 } },
	{ "umount2", ABI_DENY_UMOUNT, PATH(0), { NONE, 1, NONE, NONE } },
	{ "umount", ABI_DENY_UMOUNT, PATH(0), NO_ARGS },
	{ "move_mount", ABI_DENY_MOVE_MOUNT, PATHS_AT(0, 1, 2, 3) },
	{ "fsmount", ABI_DENY_FSMOUNT, PLAIN },
	{ "fsopen", ABI_DENY_FSMOUNT, PLAIN },
	{ "fspick", ABI_DENY_FSMOUNT, PLAIN },
	{ "mount_setattr", ABI_DENY_FSMOUNT, PLAIN },
	{ "open_tree", ABI_DENY_FSMOUNT, 2, NO_PATH, NO_ARGS }, /* if its flags say so */
	{ "open_tree_attr", ABI_DENY_FSMOUNT, 2, NO_PATH, NO_ARGS },
	{ "pivot_root", ABI_DENY_PIVOT_ROOT, PATHS(0, 1) },
	{ "connect", ABI_DENY_CONNECT, PLAIN },
	{ "ptrace", ABI_DENY_PTRACE, PLAIN },
	{ "pidfd_getfd", ABI_DENY_PTRACE, 0, NO_PATH, NO_ARGS },
	{ "process_madvise", ABI_DENY_PTRACE, 0, NO_PATH, NO_ARGS },
	{ "process_vm_readv", ABI_DENY_PTRACE, NONE, NO_PATH, { 0, NONE, NONE, NONE } },
	{ "process_vm_writev", ABI_DENY_PTRACE, NONE, NO_PATH, { 0, NONE, NONE, NONE } },
	{ "bpf", ABI_DENY_BPF, NONE, NO_PATH, { 0, NONE, NONE, NONE } },
	{ "perf_event_open", ABI_DENY_PERF, PLAIN },
	{ "finit_module", ABI_DENY_MODULE_FILE, 0, NO_PATH, NO_ARGS },
	{ "kexec_file_load", ABI_DENY_MODULE_FILE, 0, NO_PATH, NO_ARGS },
	{ "init_module", ABI_DENY_MODULE_DATA, PLAIN },
	{ "kexec_load", ABI_DENY_MODULE_DATA, PLAIN },
	{ "mmap", ABI_DENY_MMAP, 4, NO_PATH, { NONE, NONE, 2, 3 } },
	{ "mmap2", ABI_DENY_MMAP, 4, NO_PATH, { NONE, NONE, 2, 3 } },
	{ "unshare", ABI_DENY_USERNS, NONE, NO_PATH, { 0, NONE, NONE, NONE } },
	{ "clone", ABI_DENY_USERNS, NONE, NO_PATH, { 0, NONE, NONE, NONE } },
	{ "clone3", ABI_DENY_USERNS, 0, NO_PATH, NO_ARGS },
	{ "userfaultfd", ABI_DENY_USERFAULT, PLAIN },
	{ "setns", ABI_DENY_SETNS, NONE, NO_PATH, { 0, 1, NONE, NONE } },
	{ "open_by_handle_at", ABI_DENY_BY_HANDLE, PLAIN },
	{ "io_uring_setup", ABI_DENY_URING, PLAIN },
};
/* clang-format on */

static const struct row *first_of(const struct row *r)
{
	const struct row *first = rows;

	while (first->point != r->point)
		first++;
	return first;
}

static bool is_wanted(const struct row *r, uint64_t points)
{
	/* Some calls are of two. */
	if (r->point == ABI_DENY_OPEN && points >> ABI_DENY_PTRACE & 1)
		return true;
	if (r->point == ABI_DENY_CONNECT && points >> ABI_DENY_CONNECT_UNIX & 1)
		return true;
	if (r->point == ABI_DENY_UNLINK && points >> ABI_DENY_RMDIR & 1)
		return true;
	return points >> r->point & 1;
}

/* i386's mmap() has one argument, which points to the others: the C library makes it as mmap2(). */
static bool is_readable(const struct row *r, enum abi_table table)
{
	return table != ABI_TABLE_COMPAT || !str_eq(r->call, "mmap");
}

static void fill_table(struct abi_stop_call *calls, enum abi_table table, uint64_t points)
{
	const enum sys_arch native = sys_arch_of_table(ABI_TABLE_NATIVE);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		int nr = sys_call_nr(sys_arch_of_table(table), r->call);
		struct abi_stop_call *to;

		if (nr < 0 || nr >= ABI_CALL_NR_MAX || !is_wanted(r, points) ||
		    !is_readable(r, table))
			continue;
		to = &calls[table * (size_t)ABI_CALL_NR_MAX + (size_t)nr];
		to->point = (uint8_t)(1 + r->point);
		to->fd = r->fd;
		memcpy(to->path, r->path, sizeof(to->path));
		memcpy(to->dir, r->dir, sizeof(to->dir));
		memcpy(to->from, r->from, sizeof(to->from));
		to->nr = (uint16_t)sys_call_nr(native, first_of(r)->call);
	}
}

void stop_calls_fill(struct abi_stop_call calls[STOP_CALL_SLOTS], uint64_t points)
{
	memset(calls, 0, STOP_CALL_SLOTS * sizeof(*calls));
	for (unsigned table = 0; table < ABI_TABLES; table++)
		fill_table(calls, table, points);
}
