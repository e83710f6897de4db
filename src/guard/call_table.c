/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/call_table.h"

#include <string.h>

#include "base/cleanup.h"
#include "uapi/syscall.h"

#define NONE ABI_ARG_NONE
#define PROT_EXECUTE 4
#define A(n) (SOURCE_ARG + (n))
#define U(n) (SOURCE_LOW + (n))
#define I(n) (SOURCE_INT + (n))
#define T(n) (SOURCE_TEXT + (n))
#define P(n) (SOURCE_PATH + (n))
#define W(n) (SOURCE_WORD + (n))
#define H(n) (SOURCE_HALF + (n))
#define FILE_ID SOURCE_DEVICE, SOURCE_INODE

/* clang-format off */
#define PLAN(extra, p1, d1, p2, d2, fd_, bytes_, len_)                                            \
	{ .flags = ABI_PLAN_WANTED | (extra), .path = { p1, p2 }, .dir = { d1, d2 }, .fd = fd_,   \
	  .bytes = bytes_, .bytes_len = len_, .when = NONE, .data = NONE }
/* Only if an argument has one of these values, or any of these bits. */
#define WHEN(extra, fd_, bytes_, len_, arg, mask_, v1, v2)                                        \
	{ .flags = ABI_PLAN_WANTED | (extra), .path = { NONE, NONE }, .dir = { NONE, NONE },      \
	  .fd = fd_, .bytes = bytes_, .bytes_len = len_, .when = arg, .mask = mask_, .value = { v1, v2 }, .data = NONE }
/*
 * Of a socket (argument 0): the first of what is sent over a connection; messages with an address (argument addr) whenever
 * they are sent. Without one, no value of an argument is asked for.
 */
#define SENDS(extra, bytes_, len_, arg, v, data_, form)                                           \
	{ .flags = ABI_PLAN_WANTED | ABI_PLAN_FIRST | (extra), .path = { NONE, NONE },            \
	  .dir = { NONE, NONE }, .fd = 0, .bytes = bytes_, .bytes_len = len_, .when = arg,        \
	  .mask = (v) ? 0 : ~0U, .value = { v, v }, .data = data_, .data_form = form }
#define SENDS_ONLY(form) SENDS(0, NONE, 0, 0, 1, 1, form)
#define BITS(fd, arg, mask) WHEN(ABI_PLAN_UNLESS, fd, NONE, 0, arg, mask, 0, 0)
#define BYTES(bytes, len) PLAN(0, NONE, NONE, NONE, NONE, NONE, bytes, len)
#define PIDFD(fd) PLAN(ABI_PLAN_PIDFD, NONE, NONE, NONE, NONE, fd, NONE, 0)
#define NEW_PIDFD PLAN(ABI_PLAN_NEW_FD | ABI_PLAN_PIDFD, NONE, NONE, NONE, NONE, NONE, NONE, 0)
#define PLAIN PLAN(0, NONE, NONE, NONE, NONE, NONE, NONE, 0)
#define NEW_FD PLAN(ABI_PLAN_NEW_FD, NONE, NONE, NONE, NONE, NONE, NONE, 0)
#define OPENS(path, dir) PLAN(ABI_PLAN_NEW_FD, path, dir, NONE, NONE, NONE, NONE, 0)
#define PATH(path) PLAN(0, path, NONE, NONE, NONE, NONE, NONE, 0)
#define PATH_AT(dir, path) PLAN(0, path, dir, NONE, NONE, NONE, NONE, 0)
#define PATHS(p1, p2) PLAN(0, p1, NONE, p2, NONE, NONE, NONE, 0)
#define PATHS_AT(d1, p1, d2, p2) PLAN(0, p1, d1, p2, d2, NONE, NONE, 0)
#define ON_FD(fd) PLAN(0, NONE, NONE, NONE, NONE, fd, NONE, 0)
#define ADDRESS PLAN(0, NONE, NONE, NONE, NONE, 0, 1, 0)

/* Argument positions: the SYSCALL_DEFINE of each call. Sources: the slots in event/type_table.c. */
const struct call_row call_rows[] = {
	/* What succeeded is told by the exec itself. */
	{ "execve", NULL, PLAN(ABI_PLAN_FAILED, 0, NONE, NONE, NONE, NONE, NONE, 0), .sources = { SOURCE_NONE, P(0) } },
	{ "execveat", NULL, PLAN(ABI_PLAN_FAILED, 1, 0, NONE, NONE, NONE, NONE, 0), .sources = { U(4), P(0) } },
	{ "clone", NULL, PLAIN, .sources = { U(0) } },
	{ "clone3", NULL, PLAN(0, NONE, NONE, NONE, NONE, NONE, 0, 8), .sources = { W(0) } },
	{ "fork", NULL, PLAIN, .sources = { 0 } },
	{ "vfork", NULL, PLAIN, .sources = { 0 } },

	{ "open", NULL, OPENS(0, NONE), .sources = { P(0), U(1), U(2), FILE_ID } },
	{ "openat", NULL, OPENS(1, 0), .sources = { I(0), P(0), U(2), U(3), FILE_ID } },
	{ "openat2", NULL, PLAN(ABI_PLAN_NEW_FD, 1, 0, NONE, NONE, NONE, 2, 24), .sources = { I(0), P(0), W(0), W(1), W(2), FILE_ID } },
	{ "creat", NULL, OPENS(0, NONE), .sources = { P(0), U(1), FILE_ID } },
	{ "open_by_handle_at", NULL, NEW_FD, .sources = { I(0), U(2), SOURCE_NONE, FILE_ID } },

	{ "unlink", NULL, PATH(0), .sources = { P(0) } },
	{ "unlinkat", NULL, PATH_AT(0, 1), .sources = { I(0), P(0), U(2) } },
	{ "rmdir", NULL, PATH(0), .sources = { P(0) } },
	{ "rename", NULL, PATHS(0, 1), .sources = { P(0), P(1) } },
	{ "renameat", NULL, PATHS_AT(0, 1, 2, 3), .sources = { I(0), P(0), I(2), P(1) } },
	{ "renameat2", NULL, PATHS_AT(0, 1, 2, 3), .sources = { I(0), P(0), I(2), P(1), U(4) } },
	{ "link", NULL, PATHS(0, 1), .sources = { P(0), P(1) } },
	{ "linkat", NULL, PATHS_AT(0, 1, 2, 3), .sources = { I(0), P(0), I(2), P(1), U(4) } },
	{ "symlink", NULL, PATHS(0, 1), .sources = { T(0), P(1) } },
	{ "symlinkat", NULL, PLAN(0, 0, NONE, 2, 1, NONE, NONE, 0), .sources = { T(0), I(1), P(1) } },
	{ "mkdir", NULL, PATH(0), .sources = { P(0), U(1) } },
	{ "mkdirat", NULL, PATH_AT(0, 1), .sources = { I(0), P(0), U(2) } },
	{ "mknod", NULL, PATH(0), .sources = { P(0), U(1), U(2) } },
	{ "mknodat", NULL, PATH_AT(0, 1), .sources = { I(0), P(0), U(2), U(3) } },
	{ "chmod", NULL, PATH(0), .sources = { P(0), U(1) } },
	{ "fchmod", NULL, ON_FD(0), .sources = { U(1) } },
	{ "fchmodat", NULL, PATH_AT(0, 1), .sources = { I(0), P(0), U(2) } },
	{ "fchmodat2", NULL, PATH_AT(0, 1), .sources = { I(0), P(0), U(2) } },
	{ "chdir", NULL, PLAN(ABI_PLAN_CWD, 0, NONE, NONE, NONE, NONE, NONE, 0), .sources = { P(0) } },
	{ "fchdir", NULL, PLAN(ABI_PLAN_CWD, NONE, NONE, NONE, NONE, 0, NONE, 0), .sources = { 0 } },
	{ "chroot", NULL, PATH(0), .sources = { P(0) } },

	{ "socket", NULL, NEW_FD, .sources = { U(0), U(1), U(2) } },
	{ "bind", NULL, ADDRESS, .sources = { SOURCE_ADDRESS } },
	{ "connect", NULL, ADDRESS, .sources = { SOURCE_ADDRESS } },
	{ "listen", NULL, ON_FD(0), .sources = { I(1) } },
	{ "accept", NULL, NEW_FD, .sources = { 0 } },
	{ "accept4", NULL, NEW_FD, .sources = { I(3) } },

	{ "ptrace", NULL, PLAIN, .sources = { A(2), A(3), A(0), I(1) }, .target = TARGET_ARG + 1 },
	{ "setns", NULL, ON_FD(0), .sources = { U(1) } },
	{ "unshare", NULL, PLAIN, .sources = { A(0) } },
	{ "setuid", NULL, PLAIN, .sources = { U(0) } },
	{ "setuid32", "setuid", PLAIN, .sources = { U(0) } },
	{ "setgid", NULL, PLAIN, .sources = { U(0) } },
	{ "setgid32", "setgid", PLAIN, .sources = { U(0) } },
	{ "setresuid", NULL, PLAIN, .sources = { U(0), U(1), U(2) } },
	{ "setresuid32", "setresuid", PLAIN, .sources = { U(0), U(1), U(2) } },
	{ "setresgid", NULL, PLAIN, .sources = { U(0), U(1), U(2) } },
	{ "setresgid32", "setresgid", PLAIN, .sources = { U(0), U(1), U(2) } },
	{ "memfd_create", NULL, OPENS(0, NONE), .sources = { T(0), U(1) } },
	{ "kill", NULL, PLAIN, .sources = { I(0), I(1) }, .target = TARGET_ARG + 0 },
	{ "dup2", NULL, PLAN(ABI_PLAN_NEW_FD | ABI_PLAN_STDIO, NONE, NONE, NONE, NONE, NONE, NONE, 0), .sources = { I(0), I(1) } },
	{ "dup3", NULL, PLAN(ABI_PLAN_NEW_FD | ABI_PLAN_STDIO, NONE, NONE, NONE, NONE, NONE, NONE, 0), .sources = { I(0), I(1), U(2) } },
	{ "chown", NULL, PATH(0), .sources = { P(0), U(1), U(2) } },
	{ "lchown", NULL, PATH(0), .sources = { P(0), U(1), U(2) } },
	{ "fchown", NULL, ON_FD(0), .sources = { U(1), U(2) } },
	{ "fchownat", NULL, PATH_AT(0, 1), .sources = { I(0), P(0), U(2), U(3), U(4) } },
	{ "truncate", NULL, PATH(0), .sources = { P(0), A(1) } },
	{ "ftruncate", NULL, ON_FD(0), .sources = { A(1) } },
	{ "setxattr", NULL, PATHS(0, 1), .sources = { P(0), T(1), SOURCE_NONE, U(4) } },
	{ "lsetxattr", NULL, PATHS(0, 1), .sources = { P(0), T(1), SOURCE_NONE, U(4) } },
	{ "fsetxattr", NULL, PLAN(0, 1, NONE, NONE, NONE, 0, NONE, 0), .sources = { T(0), SOURCE_NONE, U(4) } },
	{ "setxattrat", NULL, PLAN(0, 1, 0, 3, NONE, NONE, NONE, 0), .sources = { I(0), P(0), T(1), U(2) } },
	{ "mount", NULL, PLAN(0, 0, NONE, 1, NONE, NONE, 2, ABI_BYTES_TEXT), .sources = { T(0), P(1), SOURCE_STRING, A(3) } },
	{ "umount", NULL, PATH(0), .sources = { P(0) } },
	{ "umount2", NULL, PATH(0), .sources = { P(0), U(1) } },
	{ "pivot_root", NULL, PATHS(0, 1), .sources = { P(0), P(1) } },
	{ "move_mount", NULL, PATHS_AT(0, 1, 2, 3), .sources = { I(0), P(0), I(2), P(1), U(4) } },
	{ "open_tree", NULL, OPENS(1, 0), .sources = { I(0), P(0), U(2) } },
	{ "mount_setattr", NULL, PATH_AT(0, 1), .sources = { I(0), P(0), U(2) } },
	{ "fsopen", NULL, OPENS(0, NONE), .sources = { T(0), U(1) } },
	{ "setreuid", NULL, PLAIN, .sources = { U(0), U(1) } },
	{ "setreuid32", "setreuid", PLAIN, .sources = { U(0), U(1) } },
	{ "setregid32", "setregid", PLAIN, .sources = { U(0), U(1) } },
	{ "chown32", "chown", PATH(0), .sources = { P(0), U(1), U(2) } },
	{ "lchown32", "lchown", PATH(0), .sources = { P(0), U(1), U(2) } },
	{ "fchown32", "fchown", ON_FD(0), .sources = { U(1), U(2) } },
	{ "truncate64", "truncate", PATH(0), .sources = { P(0), A(1) } },
	{ "ftruncate64", "ftruncate", ON_FD(0), .sources = { A(1) } },
	{ "setregid", NULL, PLAIN, .sources = { U(0), U(1) } },
	{ "setsid", NULL, PLAIN, .sources = { 0 } },
	{ "init_module", NULL, PATH(2), .sources = { SOURCE_NONE, A(1), T(0) } },
	{ "finit_module", NULL, PLAN(0, 1, NONE, NONE, NONE, 0, NONE, 0), .sources = { T(0), U(2) } },
	{ "delete_module", NULL, PATH(0), .sources = { T(0), U(1) } },
	{ "bpf", NULL, PLAIN, .sources = { U(0) } },
	{ "perf_event_open", NULL, PLAN(ABI_PLAN_NEW_FD, NONE, NONE, NONE, NONE, NONE, 0, 16), .sources = { H(0), W(1), I(1), I(2), I(3), A(4) } },
	{ "io_uring_setup", NULL, PLAN(ABI_PLAN_NEW_FD, NONE, NONE, NONE, NONE, NONE, 1, 32), .sources = { U(0), H(2), H(3), H(4) } },
	{ "userfaultfd", NULL, NEW_FD, .sources = { U(0) } },
	{ "process_vm_readv", NULL, PLAIN, .sources = { I(0) }, .target = TARGET_ARG + 0 },
	{ "process_vm_writev", NULL, PLAIN, .sources = { I(0) }, .target = TARGET_ARG + 0 },
	{ "pidfd_open", NULL, NEW_PIDFD, .sources = { I(0), U(1) }, .target = TARGET_ARG + 0 },
	{ "pidfd_getfd", NULL, PIDFD(0), .sources = { I(0), I(1), U(2) }, .target = TARGET_PIDFD },
	{ "tkill", NULL, PLAIN, .sources = { I(0), I(1) }, .target = TARGET_ARG + 0 },
	{ "tgkill", NULL, PLAIN, .sources = { I(0), I(1), I(2) }, .target = TARGET_ARG + 0 },
	{ "pidfd_send_signal", NULL, PIDFD(0), .sources = { I(1) }, .target = TARGET_PIDFD },
	{ "prctl", NULL, PLAIN, .sources = { U(0) } },
	{ "dup", NULL, PLAN(ABI_PLAN_NEW_FD | ABI_PLAN_STDIO, NONE, NONE, NONE, NONE, NONE, NONE, 0), .sources = { I(0) } },
	/* F_DUPFD and F_DUPFD_CLOEXEC */
	{ "fcntl", NULL, WHEN(ABI_PLAN_STDIO, 0, NONE, 0, 1, ~0U, 0, 1030), .sources = { U(1), A(2) } },
	{ "fcntl64", "fcntl", WHEN(ABI_PLAN_STDIO, 0, NONE, 0, 1, ~0U, 0, 1030), .sources = { U(1), A(2) } },
	{ "capset", NULL, BYTES(1, 24), .sources = { SOURCE_CAPSET + 2, SOURCE_CAPSET + 1, SOURCE_CAPSET + 0 } },
	{ "fsconfig", NULL, PLAN(0, 2, NONE, 3, NONE, 0, NONE, 0), .sources = { U(1), T(0), SOURCE_NONE, T(1), I(4) } },
	{ "fsmount", NULL, ON_FD(0), .sources = { U(1), U(2) } },
	{ "mmap", NULL, BITS(4, 2, PROT_EXECUTE), .sources = { A(0), A(1), A(2), A(3), A(5) }, .not_compat = true },
	{ "mmap2", "mmap", BITS(4, 2, PROT_EXECUTE), .sources = { A(0), A(1), A(2), A(3), A(5) } },
	{ "mprotect", NULL, BITS(NONE, 2, PROT_EXECUTE), .sources = { A(0), A(1), A(2) } },
	{ "pkey_mprotect", "mprotect", BITS(NONE, 2, PROT_EXECUTE), .sources = { A(0), A(1), A(2) } },
	/* futimens() and touch(1) have no path: then it is about the descriptor. */
	{ "utimensat", NULL, PLAN(0, 1, 0, NONE, NONE, 0, NONE, 0), .sources = { I(0), P(0), U(3) } },
	{ "utimensat_time64", "utimensat", PLAN(0, 1, 0, NONE, NONE, 0, NONE, 0), .sources = { I(0), P(0), U(3) } },
	{ "futimesat", "utimensat", PATH_AT(0, 1), .sources = { I(0), P(0) } },
	{ "utimes", "utimensat", PATH(0), .sources = { SOURCE_NONE, P(0) } },
	{ "utime", "utimensat", PATH(0), .sources = { SOURCE_NONE, P(0) } },
	{ "write", NULL, SENDS_ONLY(ABI_DATA_BUFFER), .sources = { SOURCE_DATA, A(2) } },
	{ "writev", NULL, SENDS_ONLY(ABI_DATA_VECTORS), .sources = { SOURCE_DATA } },
	{ "sendto", NULL, SENDS(ABI_PLAN_UNLESS, 4, 0, 4, 0, 1, ABI_DATA_BUFFER), .sources = { A(2), SOURCE_DATA } },
	{ "sendmsg", NULL, SENDS(0, 1, ABI_BYTES_MESSAGE, NONE, 0, 1, ABI_DATA_MESSAGE), .sources = { SOURCE_NONE, SOURCE_DATA } },
	{ "sendmmsg", NULL, SENDS(0, 1, ABI_BYTES_MESSAGE, NONE, 0, 1, ABI_DATA_MESSAGES), .sources = { SOURCE_NONE, SOURCE_DATA } },
	{ "keyctl", NULL, PLAIN, .sources = { U(0), A(1), A(2), A(3), A(4) } },
	{ "sethostname", NULL, BYTES(0, 0), .sources = { SOURCE_STRING } },
	{ "setdomainname", NULL, BYTES(0, 0), .sources = { SOURCE_STRING } },
	{ "sysctl", NULL, PLAIN, .sources = { T(0), SOURCE_STRING, T(1), A(0) }, .no_call = ABI_NR_SYSCTL },
	{ "capability", NULL, PLAIN, .sources = { A(0), A(1) }, .no_call = ABI_NR_CAPABILITY },
};
/* clang-format on */
const size_t call_row_count = ARRAY_SIZE(call_rows);

/* Not for themselves: what else is told needs them to be known. */
static bool is_always_told(const struct call_row *row)
{
	return row->plan.flags & ABI_PLAN_CWD;
}

/* Hooks that are called with what the kernel made of a path. */
static bool has_resolved_paths(const struct call_row *row, enum event_hook hook)
{
	static const uint64_t hooks = 1ULL << HOOK_UNLINK | 1ULL << HOOK_RMDIR |
				      1ULL << HOOK_RENAME | 1ULL << HOOK_LINK |
				      1ULL << HOOK_SYMLINK | 1ULL << HOOK_MKDIR |
				      1ULL << HOOK_MKNOD | 1ULL << HOOK_CHMOD |
				      1ULL << HOOK_TRUNCATE;

	return hooks >> hook & 1 && row->plan.path[0] != NONE;
}

static void plan_slot(struct call_table *t, size_t slot, const struct call_row *row, bool wanted)
{
	t->plans[slot] = wanted ? row->plan : (struct abi_event_plan){ 0 };
	if (wanted && has_resolved_paths(row, t->types[slot]->hook))
		t->plans[slot].flags |= ABI_PLAN_PATHS;
}

void call_table_want(struct call_table *t, const struct type_set *types)
{
	bool any = false;

	for (size_t i = 0; i < CALL_SLOTS; i++) {
		bool wanted = t->rows[i] &&
			      (!types || type_set_has(types, event_type_index(t->types[i])));

		if (t->rows[i])
			plan_slot(t, i, t->rows[i], wanted);
		any = any || wanted;
	}
	for (size_t i = 0; any && i < CALL_SLOTS; i++)
		if (t->rows[i] && is_always_told(t->rows[i]))
			plan_slot(t, i, t->rows[i], true);
}

void call_table_fill(struct call_table *t)
{
	memset(t, 0, sizeof(*t));
	for (size_t i = 0; i < call_row_count; i++) {
		const struct call_row *row = &call_rows[i];
		const struct event_type *type = event_type_find(
			text_of(row->type ? row->type : row->call));

		for (unsigned table = 0; type && table < ABI_TABLES; table++) {
			int nr = row->no_call && table == ABI_TABLE_NATIVE ?
					 row->no_call :
					 sys_call_nr(sys_arch_of_table((enum abi_table)table),
						     row->call);
			size_t slot = table * ABI_CALL_NR_MAX + (size_t)nr;

			if (nr < 0 || nr >= ABI_CALL_NR_MAX ||
			    (row->not_compat && table == ABI_TABLE_COMPAT))
				continue;
			t->rows[slot] = row;
			t->types[slot] = type;
		}
	}
	call_table_want(t, NULL);
}
