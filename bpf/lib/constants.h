/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/* Constants of the kernel's interface that no exported header has in a form usable here. */
enum {
	AF_UNIX = 1,
	AF_INET = 2,
	AF_INET6 = 10,
	SOCK_STREAM = 1,
	SOCK_DGRAM = 2,
	IPPROTO_TCP = 6,
	IPPROTO_UDP = 17,
	AT_FDCWD = -100,

	S_IFMT = 0170000,
	S_IFREG = 0100000,
	S_IFDIR = 0040000,
	S_IFCHR = 0020000,
	S_IFBLK = 0060000,
	S_IFSOCK = 0140000,
	S_ISUID = 04000,
	S_ISGID = 02000,
	S_IXGRP = 010,

	MNT_READONLY = 0x40, /* vfsmount.mnt_flags */
	SB_RDONLY = 1,	     /* super_block.s_flags */
	CAP_DAC_OVERRIDE = 1,

	FMODE_READ = 0x1,
	FMODE_WRITE = 0x2,
	FMODE_EXEC = 0x20, /* opened to be executed */
	FMODE_PATH = 0x4000,
	FMODE_CREATED = 0x100000,

	PROT_EXEC = 0x4,
	SECCOMP_MODE_FILTER = 2,
	PFA_NO_NEW_PRIVS = 0, /* bit of task_struct.atomic_flags */
	TS_COMPAT = 0x2,      /* thread_info.status: in a 32-bit system call */
	CAP_OPT_NOAUDIT = 1 << 1,
	SOCKFS_MAGIC = 0x534f434b,
	OVERLAYFS_SUPER_MAGIC = 0x794c7630,
	PID_FS_MAGIC = 0x50494446,
	PROC_SUPER_MAGIC = 0x9fa0,
	CGROUP_SUPER_MAGIC = 0x27e0eb,
	CGROUP2_SUPER_MAGIC = 0x63677270,

	EINPROGRESS = 115,
	SIGSYS = 31,
};
