/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's types of sockets, reduced as kernel.h says, whose part this is. */
#pragma once

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	__u32 skc_daddr, skc_rcv_saddr;
	__u16 skc_dport, skc_num, skc_family;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol; /* a bit field before 5.6 (bf9765145b85) */
	__u32 sk_max_ack_backlog;
	struct socket *sk_socket;
};

struct unix_sock {
	struct sock sk; /* first: a sock is one */
	struct path path;
	struct sock *peer;
};

struct sockaddr {
	__u16 sa_family;
};

struct socket {
	short type;
	struct sock *sk;
	struct file *file;
};

#pragma clang attribute pop
