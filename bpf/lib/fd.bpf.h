/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Descriptors of current, and what is behind them. */
#pragma once
#include "bpf/lib/helpers.bpf.h"

static __always_inline struct file *file_of_fd(__u32 fd)
{
	struct fdtable *table = BPF_CORE_READ(current_task(), files, fdt);
	struct file **slots = BPF_CORE_READ(table, fd), *file = NULL;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), &slots[fd]);
	return file;
}

/* NULL: not a socket. */
static __always_inline struct socket *socket_of_file(struct file *file)
{
	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	return BPF_CORE_READ(file, private_data);
}

static __always_inline struct sock *sock_of_fd(__u32 fd)
{
	struct file *file = file_of_fd(fd);
	struct socket *socket = file ? socket_of_file(file) : NULL;

	return socket ? BPF_CORE_READ(socket, sk) : NULL;
}
