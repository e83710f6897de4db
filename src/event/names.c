/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values are those of Linux (include/uapi), up to 6.18; the names are what rules compare with, so
 * they are spelt as the rules that exist spell them (mount flags without their MS_, for example).
 */
#include "event/names.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/cleanup.h"

/* clang-format off */
#define N(name, value) { { #name, sizeof(#name) - 1 }, (value) }
#define TABLE(table, is_flags)                                                                 \
	const struct name_table names_##table = { table##_items, ARRAY_SIZE(table##_items), is_flags }

/* The access mode is no bit set in Linux: 0, 1, 2. names_render() is given a set with these made
 * bits (bit 62: reading, bit 61: writing), see open_bits(). */
#define OPEN_READ (1ULL << 62)
#define OPEN_WRITE (1ULL << 61)

static const struct named_number open_items[] = {
	N(O_LARGEFILE, 0100000),     N(O_DIRECTORY, 0200000), N(O_DIRECT, 040000),
	N(O_TRUNC, 01000),	     N(O_SYNC, 04010000),     N(O_NONBLOCK, 04000),
	N(O_EXCL, 0200),	     N(O_DSYNC, 010000),      N(O_APPEND, 02000),
	N(O_CREAT, 0100),	     N(O_RDWR, OPEN_READ | OPEN_WRITE),
	N(O_WRONLY, OPEN_WRITE),     N(O_RDONLY, OPEN_READ),  N(O_CLOEXEC, 02000000),
	N(O_NOCTTY, 0400),	     N(O_NOFOLLOW, 0400000),  N(O_PATH, 010000000),
	N(O_TMPFILE, 020000000),     N(O_F_CREATED, 1ULL << 40),
	N(FD_UPPER_LAYER, 1ULL << 41), N(FD_LOWER_LAYER, 1ULL << 42),
};
TABLE(open, true);

static const struct named_number clone_items[] = {
	N(CLONE_VM, 0x100),		 N(CLONE_FS, 0x200),
	N(CLONE_FILES, 0x400),		 N(CLONE_SIGHAND, 0x800),
	N(CLONE_PIDFD, 0x1000),		 N(CLONE_PTRACE, 0x2000),
	N(CLONE_VFORK, 0x4000),		 N(CLONE_PARENT, 0x8000),
	N(CLONE_THREAD, 0x10000),	 N(CLONE_NEWNS, 0x20000),
	N(CLONE_SYSVSEM, 0x40000),	 N(CLONE_SETTLS, 0x80000),
	N(CLONE_PARENT_SETTID, 0x100000), N(CLONE_CHILD_CLEARTID, 0x200000),
	N(CLONE_UNTRACED, 0x800000),	 N(CLONE_CHILD_SETTID, 0x1000000),
	N(CLONE_NEWCGROUP, 0x2000000),	 N(CLONE_NEWUTS, 0x4000000),
	N(CLONE_NEWIPC, 0x8000000),	 N(CLONE_NEWUSER, 0x10000000),
	N(CLONE_NEWPID, 0x20000000),	 N(CLONE_NEWNET, 0x40000000),
	N(CLONE_IO, 0x80000000),	 N(CLONE_NEWTIME, 0x80),
};
TABLE(clone, true);

static const struct named_number prot_items[] = {
	N(PROT_READ, 1), N(PROT_WRITE, 2),	       N(PROT_EXEC, 4),
	N(PROT_SEM, 8),	 N(PROT_GROWSDOWN, 0x1000000), N(PROT_GROWSUP, 0x2000000),
	N(PROT_NONE, 0),
};
TABLE(prot, true);

static const struct named_number mmap_items[] = {
	N(MAP_SHARED, 1),	   N(MAP_PRIVATE, 2),	      N(MAP_FIXED, 0x10),
	N(MAP_ANONYMOUS, 0x20),	   N(MAP_32BIT, 0x40),	      N(MAP_GROWSDOWN, 0x100),
	N(MAP_DENYWRITE, 0x800),   N(MAP_EXECUTABLE, 0x1000), N(MAP_LOCKED, 0x2000),
	N(MAP_NORESERVE, 0x4000),  N(MAP_POPULATE, 0x8000),   N(MAP_NONBLOCK, 0x10000),
	N(MAP_STACK, 0x20000),	   N(MAP_HUGETLB, 0x40000),
};
TABLE(mmap, true);

static const struct named_number mount_items[] = {
	N(RDONLY, 1),	       N(NOSUID, 2),	   N(NODEV, 4),		N(NOEXEC, 8),
	N(SYNCHRONOUS, 16),    N(REMOUNT, 32),	   N(MANDLOCK, 64),	N(DIRSYNC, 128),
	N(NOSYMFOLLOW, 256),   N(NOATIME, 1024),   N(NODIRATIME, 2048), N(BIND, 4096),
	N(MOVE, 8192),	       N(REC, 16384),	   N(SILENT, 32768),	N(POSIXACL, 1 << 16),
	N(UNBINDABLE, 1 << 17), N(PRIVATE, 1 << 18), N(SLAVE, 1 << 19), N(SHARED, 1 << 20),
	N(RELATIME, 1 << 21),  N(KERNMOUNT, 1 << 22), N(I_VERSION, 1 << 23),
	N(STRICTATIME, 1 << 24), N(LAZYTIME, 1 << 25),
};
TABLE(mount, true);

static const struct named_number umount_items[] = {
	N(FORCE, 1), N(DETACH, 2), N(EXPIRE, 4), N(NOFOLLOW, 8),
};
TABLE(umount, true);

static const struct named_number unlinkat_items[] = { N(AT_REMOVEDIR, 0x200) };
TABLE(unlinkat, true);
static const struct named_number linkat_items[] = { N(AT_SYMLINK_FOLLOW, 0x400),
						    N(AT_EMPTY_PATH, 0x1000) };
TABLE(linkat, true);
static const struct named_number fchownat_items[] = { N(AT_SYMLINK_NOFOLLOW, 0x100),
						      N(AT_EMPTY_PATH, 0x1000) };
TABLE(fchownat, true);
static const struct named_number renameat2_items[] = { N(RENAME_NOREPLACE, 1),
						       N(RENAME_EXCHANGE, 2),
						       N(RENAME_WHITEOUT, 4) };
TABLE(renameat2, true);
static const struct named_number openat2_items[] = {
	N(RESOLVE_NO_XDEV, 1), N(RESOLVE_NO_MAGICLINKS, 2), N(RESOLVE_NO_SYMLINKS, 4),
	N(RESOLVE_BENEATH, 8), N(RESOLVE_IN_ROOT, 16),	    N(RESOLVE_CACHED, 32),
};
TABLE(openat2, true);

/* Ours: what the sensor found out about the file that is executed. */
static const struct named_number execve_items[] = { N(EXE_WRITABLE, 1), N(EXE_UPPER_LAYER, 2),
						    N(EXE_FROM_MEMFD, 4), N(EXE_LOWER_LAYER, 8) };
TABLE(execve, true);

static const struct named_number memfd_items[] = { N(MFD_CLOEXEC, 1), N(MFD_ALLOW_SEALING, 2),
						   N(MFD_HUGETLB, 4), N(MFD_NOEXEC_SEAL, 8),
						   N(MFD_EXEC, 16) };
TABLE(memfd, true);
static const struct named_number finit_module_items[] = {
	N(MODULE_INIT_IGNORE_MODVERSIONS, 1),
	N(MODULE_INIT_IGNORE_VERMAGIC, 2),
	N(MODULE_INIT_COMPRESSED_FILE, 4),
};
TABLE(finit_module, true);
static const struct named_number delete_module_items[] = { N(O_NONBLOCK, 04000), N(O_TRUNC, 01000) };
TABLE(delete_module, true);
static const struct named_number pidfd_open_items[] = { N(PIDFD_NONBLOCK, 04000) };
TABLE(pidfd_open, true);
static const struct named_number io_uring_setup_items[] = {
	N(IORING_SETUP_IOPOLL, 1),     N(IORING_SETUP_SQPOLL, 2),     N(IORING_SETUP_SQ_AFF, 4),
	N(IORING_SETUP_CQSIZE, 8),     N(IORING_SETUP_CLAMP, 16),     N(IORING_SETUP_ATTACH_WQ, 32),
	N(IORING_SETUP_R_DISABLED, 64),
};
TABLE(io_uring_setup, true);
static const struct named_number splice_items[] = { N(SPLICE_F_MOVE, 1), N(SPLICE_F_NONBLOCK, 2),
						    N(SPLICE_F_MORE, 4), N(SPLICE_F_GIFT, 8) };
TABLE(splice, true);
static const struct named_number xattr_items[] = { N(XATTR_CREATE, 1), N(XATTR_REPLACE, 2) };
TABLE(xattr, true);

/* Permission bits, and the file types of mknod() (which the permission bits can't be mistaken for). */
static const struct named_number mode_items[] = {
	N(S_IXOTH, 01),	    N(S_IWOTH, 02),	N(S_IROTH, 04),	     N(S_IXGRP, 010),
	N(S_IWGRP, 020),    N(S_IRGRP, 040),	N(S_IXUSR, 0100),    N(S_IWUSR, 0200),
	N(S_IRUSR, 0400),   N(S_ISVTX, 01000),	N(S_ISGID, 02000),   N(S_ISUID, 04000),
	N(S_IFSOCK, 0140000), N(S_IFREG, 0100000), N(S_IFBLK, 060000), N(S_IFCHR, 020000),
	N(S_IFIFO, 010000),
};
TABLE(mode, true);

static const struct named_number families_items[] = {
	N(AF_UNSPEC, 0),   N(AF_LOCAL, 1),    N(AF_UNIX, 1),	 N(AF_INET, 2),
	N(AF_AX25, 3),	   N(AF_IPX, 4),      N(AF_APPLETALK, 5), N(AF_NETROM, 6),
	N(AF_BRIDGE, 7),   N(AF_ATMPVC, 8),   N(AF_X25, 9),	 N(AF_INET6, 10),
	N(AF_ROSE, 11),	   N(AF_DECnet, 12),  N(AF_NETBEUI, 13), N(AF_SECURITY, 14),
	N(AF_KEY, 15),	   N(AF_ROUTE, 16),   N(AF_NETLINK, 16), N(AF_PACKET, 17),
	N(AF_ASH, 18),	   N(AF_ECONET, 19),  N(AF_ATMSVC, 20),	 N(AF_RDS, 21),
	N(AF_SNA, 22),	   N(AF_IRDA, 23),    N(AF_PPPOX, 24),	 N(AF_WANPIPE, 25),
	N(AF_LLC, 26),	   N(AF_IB, 27),      N(AF_MPLS, 28),	 N(AF_CAN, 29),
	N(AF_TIPC, 30),	   N(AF_BLUETOOTH, 31), N(AF_IUCV, 32),	 N(AF_RXRPC, 33),
	N(AF_ISDN, 34),	   N(AF_PHONET, 35),  N(AF_IEEE802154, 36), N(AF_CAIF, 37),
	N(AF_ALG, 38),	   N(AF_NFC, 39),     N(AF_VSOCK, 40),	 N(AF_KCM, 41),
	N(AF_QIPCRTR, 42), N(AF_SMC, 43),     N(AF_XDP, 44),	 N(AF_MCTP, 45),
};
TABLE(families, false);

static const struct named_number ptrace_items[] = {
	N(PTRACE_TRACEME, 0),	    N(PTRACE_PEEKTEXT, 1),
	N(PTRACE_PEEKDATA, 2),	    N(PTRACE_PEEKUSR, 3),
	N(PTRACE_POKETEXT, 4),	    N(PTRACE_POKEDATA, 5),
	N(PTRACE_POKEUSR, 6),	    N(PTRACE_CONT, 7),
	N(PTRACE_KILL, 8),	    N(PTRACE_SINGLESTEP, 9),
	N(PTRACE_GETREGS, 12),	    N(PTRACE_SETREGS, 13),
	N(PTRACE_GETFPREGS, 14),    N(PTRACE_SETFPREGS, 15),
	N(PTRACE_ATTACH, 16),	    N(PTRACE_DETACH, 17),
	N(PTRACE_GETFPXREGS, 18),   N(PTRACE_SETFPXREGS, 19),
	N(PTRACE_OLDSETOPTIONS, 21), N(PTRACE_SYSCALL, 24),
	N(PTRACE_GET_THREAD_AREA, 25), N(PTRACE_SET_THREAD_AREA, 26),
	N(PTRACE_ARCH_PRCTL, 30),   N(PTRACE_SYSEMU, 31),
	N(PTRACE_SYSEMU_SINGLESTEP, 32), N(PTRACE_SINGLEBLOCK, 33),
	N(PTRACE_SETOPTIONS, 0x4200), N(PTRACE_GETEVENTMSG, 0x4201),
	N(PTRACE_GETSIGINFO, 0x4202), N(PTRACE_SETSIGINFO, 0x4203),
	N(PTRACE_GETREGSET, 0x4204), N(PTRACE_SETREGSET, 0x4205),
	N(PTRACE_SEIZE, 0x4206),    N(PTRACE_INTERRUPT, 0x4207),
	N(PTRACE_LISTEN, 0x4208),   N(PTRACE_PEEKSIGINFO, 0x4209),
	N(PTRACE_GETSIGMASK, 0x420a), N(PTRACE_SETSIGMASK, 0x420b),
};
TABLE(ptrace, false);

static const struct named_number bpf_items[] = {
	N(BPF_MAP_CREATE, 0),	      N(BPF_MAP_LOOKUP_ELEM, 1),
	N(BPF_MAP_UPDATE_ELEM, 2),    N(BPF_MAP_DELETE_ELEM, 3),
	N(BPF_MAP_GET_NEXT_KEY, 4),   N(BPF_PROG_LOAD, 5),
	N(BPF_OBJ_PIN, 6),	      N(BPF_OBJ_GET, 7),
	N(BPF_PROG_ATTACH, 8),	      N(BPF_PROG_DETACH, 9),
	N(BPF_PROG_TEST_RUN, 10),     N(BPF_PROG_RUN, 10),
	N(BPF_PROG_GET_NEXT_ID, 11),  N(BPF_MAP_GET_NEXT_ID, 12),
	N(BPF_PROG_GET_FD_BY_ID, 13), N(BPF_MAP_GET_FD_BY_ID, 14),
	N(BPF_OBJ_GET_INFO_BY_FD, 15), N(BPF_PROG_QUERY, 16),
	N(BPF_RAW_TRACEPOINT_OPEN, 17), N(BPF_BTF_LOAD, 18),
	N(BPF_BTF_GET_FD_BY_ID, 19),  N(BPF_TASK_FD_QUERY, 20),
	N(BPF_MAP_LOOKUP_AND_DELETE_ELEM, 21), N(BPF_MAP_FREEZE, 22),
	N(BPF_BTF_GET_NEXT_ID, 23),   N(BPF_MAP_LOOKUP_BATCH, 24),
	N(BPF_MAP_LOOKUP_AND_DELETE_BATCH, 25), N(BPF_MAP_UPDATE_BATCH, 26),
	N(BPF_MAP_DELETE_BATCH, 27),  N(BPF_LINK_CREATE, 28),
	N(BPF_LINK_UPDATE, 29),	      N(BPF_LINK_GET_FD_BY_ID, 30),
	N(BPF_LINK_GET_NEXT_ID, 31),  N(BPF_ENABLE_STATS, 32),
	N(BPF_ITER_CREATE, 33),	      N(BPF_LINK_DETACH, 34),
	N(BPF_PROG_BIND_MAP, 35),     N(BPF_TOKEN_CREATE, 36),
};
TABLE(bpf, false);

static const struct named_number fsconfig_items[] = {
	N(FSCONFIG_SET_FLAG, 0),   N(FSCONFIG_SET_STRING, 1),	  N(FSCONFIG_SET_BINARY, 2),
	N(FSCONFIG_SET_PATH, 3),   N(FSCONFIG_SET_PATH_EMPTY, 4), N(FSCONFIG_SET_FD, 5),
	N(FSCONFIG_CMD_CREATE, 6), N(FSCONFIG_CMD_RECONFIGURE, 7),
	N(FSCONFIG_CMD_CREATE_EXCL, 8),
};
TABLE(fsconfig, false);

static const struct named_number keyctl_items[] = {
	N(KEYCTL_GET_KEYRING_ID, 0), N(KEYCTL_JOIN_SESSION_KEYRING, 1),
	N(KEYCTL_UPDATE, 2),	     N(KEYCTL_REVOKE, 3),
	N(KEYCTL_CHOWN, 4),	     N(KEYCTL_SETPERM, 5),
	N(KEYCTL_DESCRIBE, 6),	     N(KEYCTL_CLEAR, 7),
	N(KEYCTL_LINK, 8),	     N(KEYCTL_UNLINK, 9),
	N(KEYCTL_SEARCH, 10),	     N(KEYCTL_READ, 11),
	N(KEYCTL_INSTANTIATE, 12),   N(KEYCTL_NEGATE, 13),
	N(KEYCTL_SET_TIMEOUT, 15),   N(KEYCTL_GET_SECURITY, 17),
	N(KEYCTL_INVALIDATE, 21),    N(KEYCTL_GET_PERSISTENT, 22),
	N(KEYCTL_RESTRICT_KEYRING, 29), N(KEYCTL_MOVE, 30),
	N(KEYCTL_CAPABILITIES, 31),  N(KEYCTL_WATCH_KEY, 32),
};
TABLE(keyctl, false);

static const struct named_number prctl_items[] = {
	N(PR_SET_PDEATHSIG, 1),	   N(PR_SET_DUMPABLE, 4),     N(PR_SET_KEEPCAPS, 8),
	N(PR_SET_NAME, 15),	   N(PR_SET_SECCOMP, 22),     N(PR_CAPBSET_DROP, 24),
	N(PR_SET_SECUREBITS, 28),  N(PR_SET_MM, 35),	      N(PR_SET_CHILD_SUBREAPER, 36),
	N(PR_SET_NO_NEW_PRIVS, 38), N(PR_CAP_AMBIENT, 47),    N(PR_SET_VMA, 0x53564d41),
	N(PR_SET_PTRACER, 0x59616d61),
};
TABLE(prctl, false);

static const struct named_number fcntl_items[] = {
	N(F_DUPFD, 0), N(F_GETFD, 1), N(F_SETFD, 2), N(F_GETFL, 3), N(F_SETFL, 4),
	N(F_GETLK, 5), N(F_SETLK, 6), N(F_SETLKW, 7), N(F_DUPFD_CLOEXEC, 1030),
	N(F_ADD_SEALS, 1033), N(F_GET_SEALS, 1034),
};
TABLE(fcntl, false);

#define CAPABILITIES(X) \
	X(CHOWN, 0) X(DAC_OVERRIDE, 1) X(DAC_READ_SEARCH, 2) X(FOWNER, 3) X(FSETID, 4) \
	X(KILL, 5) X(SETGID, 6) X(SETUID, 7) X(SETPCAP, 8) X(LINUX_IMMUTABLE, 9) \
	X(NET_BIND_SERVICE, 10) X(NET_BROADCAST, 11) X(NET_ADMIN, 12) X(NET_RAW, 13) \
	X(IPC_LOCK, 14) X(IPC_OWNER, 15) X(SYS_MODULE, 16) X(SYS_RAWIO, 17) \
	X(SYS_CHROOT, 18) X(SYS_PTRACE, 19) X(SYS_PACCT, 20) X(SYS_ADMIN, 21) \
	X(SYS_BOOT, 22) X(SYS_NICE, 23) X(SYS_RESOURCE, 24) X(SYS_TIME, 25) \
	X(SYS_TTY_CONFIG, 26) X(MKNOD, 27) X(LEASE, 28) X(AUDIT_WRITE, 29) \
	X(AUDIT_CONTROL, 30) X(SETFCAP, 31) X(MAC_OVERRIDE, 32) X(MAC_ADMIN, 33) \
	X(SYSLOG, 34) X(WAKE_ALARM, 35) X(BLOCK_SUSPEND, 36) X(AUDIT_READ, 37) \
	X(PERFMON, 38) X(BPF, 39) X(CHECKPOINT_RESTORE, 40)
#define CAP_BIT(name, bit) N(CAP_##name, 1ULL << (bit)),
#define CAP_NUMBER(name, bit) N(CAP_##name, bit),
/* A set of them, and one. */
static const struct named_number capability_items[] = { CAPABILITIES(CAP_BIT) };
static const struct named_number capability_number_items[] = { CAPABILITIES(CAP_NUMBER) };
TABLE(capability, true);
TABLE(capability_number, false);
/* clang-format on */

/* O_RDONLY is 0 in Linux: turn the access mode into bits that have names. */
static uint64_t open_bits(uint64_t flags)
{
	static const uint64_t access[] = { OPEN_READ, OPEN_WRITE, OPEN_READ | OPEN_WRITE, 0 };

	return (flags & ~3ULL) | access[flags & 3];
}

static uint64_t open_flags(uint64_t bits)
{
	uint64_t flags = bits & ~(OPEN_READ | OPEN_WRITE);

	if ((bits & OPEN_READ) && (bits & OPEN_WRITE))
		return flags | 2;
	return flags | (bits & OPEN_WRITE ? 1 : 0);
}

static bool has_name(const struct name_table *t, const struct named_number *n, uint64_t value,
		     uint64_t left)
{
	if (!t->flags)
		return n->value == value;
	return n->value ? left && (left & n->value) == n->value : value == 0;
}

bool names_render(const struct name_table *t, uint64_t value, struct scratch_text *out)
{
	uint64_t all = t == &names_open ? open_bits(value) : value, left = all;
	bool any = false;

	for (uint32_t i = 0; i < t->count; i++) {
		const struct named_number *n = &t->items[i];

		if (!has_name(t, n, all, left))
			continue;
		if (any)
			scratch_add(out, TEXT("|"));
		scratch_add(out, n->name);
		left &= ~n->value;
		any = true;
	}
	return any;
}

static bool number_parse(struct text s, uint64_t *ret)
{
	unsigned base = s.len > 2 && s.data[0] == '0' && (s.data[1] | 32) == 'x' ? 16 : 10;
	uint64_t n = 0;

	if (base == 10 && s.len > 1 && s.data[0] == '0')
		base = 8;
	if (!s.len || s.len > 22)
		return false;
	for (uint32_t i = base == 16 ? 2 : 0; i < s.len; i++) {
		char c = s.data[i] >= 'A' && s.data[i] <= 'F' ? (char)(s.data[i] + 32) : s.data[i];
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') :
				 c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) :
							99;

		if (digit >= base || __builtin_mul_overflow(n, base, &n) ||
		    __builtin_add_overflow(n, digit, &n))
			return false;
	}
	*ret = n;
	return true;
}

static bool name_parse(const struct name_table *t, struct text s, uint64_t *ret)
{
	for (uint32_t i = 0; i < t->count; i++) {
		if (text_eq(t->items[i].name, s)) {
			*ret = t->items[i].value;
			return true;
		}
	}
	if (!number_parse(s, ret))
		return false;
	if (t == &names_open)
		*ret = open_bits(*ret);
	return true;
}

bool names_parse(const struct name_table *t, struct text s, uint64_t *ret)
{
	bool first = true;
	uint64_t sum = 0;

	for (;;) {
		const char *bar = s.len ? memchr(s.data, '|', s.len) : NULL;
		struct text part = bar ? text_from(s.data, (size_t)(bar - s.data)) : s;
		uint64_t n;

		/* Several names of an enumeration ("AF_LOCAL|AF_UNIX") must mean the same number. */
		if (!name_parse(t, part, &n) || (!t->flags && !first && n != sum))
			return false;
		first = false;
		sum |= n;
		if (!bar)
			break;
		s = text_from(bar + 1, s.len - part.len - 1);
	}
	*ret = t == &names_open ? open_flags(sum) : sum;
	return true;
}

const char *names_errno(int code)
{
	return strerrorname_np(code);
}

bool names_errno_parse(struct text s, int *ret)
{
	for (int code = 1; code < 134; code++) {
		const char *name = strerrorname_np(code);

		if (name && text_eq_str(s, name)) {
			*ret = code;
			return true;
		}
	}
	return false;
}

/* clang-format off */
#define SIGNAL(name) [SIG##name] = "SIG" #name
static const char *const signals[] = {
	SIGNAL(HUP),  SIGNAL(INT),  SIGNAL(QUIT),   SIGNAL(ILL),  SIGNAL(TRAP), SIGNAL(ABRT),
	SIGNAL(BUS),  SIGNAL(FPE),  SIGNAL(KILL),   SIGNAL(USR1), SIGNAL(SEGV), SIGNAL(USR2),
	SIGNAL(PIPE), SIGNAL(ALRM), SIGNAL(TERM),   SIGNAL(STKFLT), SIGNAL(CHLD), SIGNAL(CONT),
	SIGNAL(STOP), SIGNAL(TSTP), SIGNAL(TTIN),   SIGNAL(TTOU), SIGNAL(URG),	SIGNAL(XCPU),
	SIGNAL(XFSZ), SIGNAL(VTALRM), SIGNAL(PROF), SIGNAL(WINCH), SIGNAL(IO),	SIGNAL(PWR),
	SIGNAL(SYS),
};
/* clang-format on */

const char *names_signal(int number)
{
	return number > 0 && (size_t)number < ARRAY_SIZE(signals) ? signals[number] : NULL;
}

bool names_signal_parse(struct text s, int *ret)
{
	for (int i = 1; (size_t)i < ARRAY_SIZE(signals); i++) {
		if (signals[i] && text_eq_str(s, signals[i])) {
			*ret = i;
			return true;
		}
	}
	return false;
}

void names_capabilities(uint64_t set, struct scratch_text *out)
{
	bool any = false;

	for (uint32_t i = 0; i < ARRAY_SIZE(capability_items); i++) {
		if (!(set & capability_items[i].value))
			continue;
		if (any)
			scratch_add(out, TEXT(" "));
		scratch_add(out, capability_items[i].name);
		any = true;
	}
}
