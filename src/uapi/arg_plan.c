/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi/arg_plan.h"

#include "base/cleanup.h"
#include "base/str.h"

#define INT 0xffffffffULL /* all 32 bits of an int */

/* The namespaces: every other flag of clone and unshare shares or unshares the caller's own things. */
#define CLONE_NAMESPACES 0x7e020000ULL
#define CLONE_NEWTIME 0x80ULL /* not for clone: the exit signal is in these bits */

#define PROT_WRITE 2ULL
#define PROT_WRITE_EXEC 6ULL /* writable, executable, or both at once */
#define SOCK_TYPE 0xfULL     /* without SOCK_NONBLOCK and SOCK_CLOEXEC */

/*
 * Argument positions: the SYSCALL_DEFINE of each call. The request of ptrace is a long, but no
 * request has a bit in its upper half. One 32-bit entry differs: see is_old_mmap().
 */
static const struct sys_arg_plan plans[] = {
	{ "arch_prctl", SYS_ARG_STRICT, 1, { { "option", 0, INT, false, true, 0 } } },
	{ "bpf", SYS_ARG_DANGER, 1, { { "cmd", 0, INT, false, false, 0 } } },
	{ "clone", SYS_ARG_DANGER, 1, { { "flags", 0, CLONE_NAMESPACES, true, true, 0 } } },
	{ "fcntl", SYS_ARG_STRICT, 1, { { "cmd", 1, INT, false, false, 0 } } },
	{ "fcntl64", SYS_ARG_STRICT, 1, { { "cmd", 1, INT, false, false, 0 } } },
	{ "ioctl", SYS_ARG_STRICT, 1, { { "request", 1, INT, false, true, 0 } } },
	{ "keyctl", SYS_ARG_DANGER, 1, { { "option", 0, INT, false, false, 0 } } },
	{ "mmap", SYS_ARG_DANGER, 1, { { "prot", 2, PROT_WRITE_EXEC, true, true, PROT_WRITE } } },
	{ "mmap2", SYS_ARG_DANGER, 1, { { "prot", 2, PROT_WRITE_EXEC, true, true, PROT_WRITE } } },
	{ "mprotect",
	  SYS_ARG_DANGER,
	  1,
	  { { "prot", 2, PROT_WRITE_EXEC, true, true, PROT_WRITE } } },
	{ "personality", SYS_ARG_DANGER, 1, { { "persona", 0, INT, false, true, 0 } } },
	{ "pkey_mprotect",
	  SYS_ARG_DANGER,
	  1,
	  { { "prot", 2, PROT_WRITE_EXEC, true, true, PROT_WRITE } } },
	{ "prctl", SYS_ARG_DANGER, 1, { { "option", 0, INT, false, false, 0 } } },
	{ "ptrace", SYS_ARG_DANGER, 1, { { "request", 0, INT, false, false, 0 } } },
	{ "seccomp", SYS_ARG_DANGER, 1, { { "operation", 0, INT, false, false, 0 } } },
	{ "setns", SYS_ARG_DANGER, 1, { { "nstype", 1, INT, false, true, 0 } } },
	{ "setsockopt",
	  SYS_ARG_STRICT,
	  2,
	  { { "level", 1, INT, false, false, 0 }, { "optname", 2, INT, false, false, 0 } } },
	{ "socket",
	  SYS_ARG_DANGER,
	  3,
	  { { "domain", 0, INT, false, false, 0 },
	    { "type", 1, SOCK_TYPE, false, true, 0 },
	    { "protocol", 2, INT, false, false, 0 } } },
	{ "socketcall", SYS_ARG_DANGER, 1, { { "call", 0, INT, false, false, 0 } } },
	{ "socketpair",
	  SYS_ARG_DANGER,
	  3,
	  { { "domain", 0, INT, false, false, 0 },
	    { "type", 1, SOCK_TYPE, false, true, 0 },
	    { "protocol", 2, INT, false, false, 0 } } },
	{ "unshare",
	  SYS_ARG_DANGER,
	  1,
	  { { "flags", 0, CLONE_NAMESPACES | CLONE_NEWTIME, true, true, 0 } } },
};

/* Calls whose only use of CAP_SYS_ADMIN is __vm_enough_memory(), which asks unaudited (mm/util.c). */
static const char *const memory_calls[] = { "brk",    "mmap",	"mmap2",	"mprotect",
					    "mremap", "munmap", "pkey_mprotect" };

/* i386's "mmap" is sys_old_mmap: its one argument points to the others, out of a filter's sight. */
static bool is_old_mmap(enum abi_table table, const char *call)
{
	return table == ABI_TABLE_COMPAT && str_eq(call, "mmap");
}

const struct sys_arg_plan *sys_arg_plan(const char *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(plans); i++)
		if (str_eq(plans[i].call, call))
			return &plans[i];
	return NULL;
}

void sys_arg_plans_fill(struct abi_arg_plan out[ABI_TABLES * ABI_CALL_NR_MAX])
{
	memset(out, 0, sizeof(*out) * ABI_TABLES * ABI_CALL_NR_MAX);
	for (int table = 0; table < ABI_TABLES; table++) {
		for (size_t i = 0; i < ARRAY_SIZE(memory_calls); i++) {
			int nr = sys_call_nr(sys_arch_of_table((enum abi_table)table),
					     memory_calls[i]);

			if (nr >= 0)
				out[table * ABI_CALL_NR_MAX + nr].memory = true;
		}
		for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
			const struct sys_arg_plan *from = &plans[i];
			int nr = sys_call_nr(sys_arch_of_table((enum abi_table)table), from->call);
			struct abi_arg_plan *to;

			if (nr < 0 || is_old_mmap((enum abi_table)table, from->call))
				continue;
			to = &out[table * ABI_CALL_NR_MAX + nr];
			to->count = (uint8_t)from->count;
			for (unsigned k = 0; k < from->count; k++) {
				to->index[k] = (uint8_t)from->arg[k].index;
				to->wide[k] = from->arg[k].wide;
			}
		}
	}
}
