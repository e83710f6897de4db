/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a call has sent, and whether it was among the first of its connection. */
#pragma once
#include "bpf/lib/call.bpf.h"
#include "bpf/lib/fd.bpf.h"
#include "bpf/lib/home.bpf.h"
#include "bpf/lib/room.bpf.h"

enum {
	VECTORS_MAX = 4,
	/* Words of a struct mmsghdr, which begins as a struct msghdr does, in programs of either size. */
	MESSAGE_VECTORS = 2,
	MESSAGE_COUNT = 3,
	MESSAGE_SENT = 7,
};

struct tcp_sock {
	u64 bytes_acked;
	u32 write_seq, snd_una;
} __attribute__((preserve_access_index));

/*
 * Whether fd is a TCP connection of a watched group over which hardly anything was sent before. What is sent later, and what is
 * written to a file, costs this look; the kernel counts the bytes, so nothing is kept of a connection. Where memory is read by loads
 * that is less than to look who is watched, elsewhere it is more.
 */
subprogram int sends_first(__u32 fd, __s64 ret)
{
	struct file *file;
	struct socket *socket;
	struct tcp_sock *tcp;
	struct sock *sk;
	__u16 family;
	__u32 waiting;

	if (ret <= 0 || (!HAS_LOADS && !is_watched_group(home_of_current())))
		return false;
	file = file_of_fd(fd);
	socket = file ? socket_of_file(file) : NULL;
	if (!socket || BPF_CORE_READ(socket, type) != SOCK_STREAM)
		return false;
	sk = BPF_CORE_READ(socket, sk);
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP ||
	    (family != AF_INET && family != AF_INET6))
		return false;
	tcp = (struct tcp_sock *)sk;
	waiting = BPF_CORE_READ(tcp, write_seq) - BPF_CORE_READ(tcp, snd_una);
	if (BPF_CORE_READ(tcp, bytes_acked) + waiting >= (__u64)ret + ABI_EVENT_FIRST_BYTES)
		return false;
	return !HAS_LOADS || is_watched_group(home_of_current());
}

static __always_inline __u64 user_word(__u64 user, bool compat, __u32 n)
{
	__u32 narrow = 0;
	__u64 wide = 0;

	if (compat) {
		bpf_probe_read_user(&narrow, sizeof(narrow), (const void *)user + 4 * n);
		return narrow;
	}
	bpf_probe_read_user(&wide, sizeof(wide), (const void *)user + 8 * n);
	return wide;
}

/* Adds bytes to the text at to, which has *len; at most until it has most. False: they can't be read. */
static __always_inline bool data_add(char *to, __u32 *len, __u64 user, __u64 size, __u64 most)
{
	__u32 at = *len, n;

	if (at >= ABI_EVENT_DATA_MAX || at >= most)
		return true;
	if (size > most - at)
		size = most - at;
	if (size > ABI_EVENT_DATA_MAX - at)
		size = ABI_EVENT_DATA_MAX - at;
	n = size;
	barrier_var(n); /* the masks are for the verifier */
	barrier_var(at);
	n &= 2 * ABI_EVENT_DATA_MAX - 1;
	at &= ABI_EVENT_DATA_MAX - 1;
	if (!n)
		return true;
	if (bpf_probe_read_user(to + at, n, (const void *)user))
		return false;
	*len = at + n;
	return true;
}

/* Puts what was sent into the record of this CPU. arg: of the call, leads to it; form: enum abi_data_form. */
subprogram int data_fill(__u32 arg, __u32 form)
{
	__u32 zero = 0, len = 0;
	struct room *r = bpf_map_lookup_elem(&rooms, &zero);
	__u64 user, most, count;
	bool compat;
	char *to;

	if (!r || arg > 5 || r->ev.call.result <= 0)
		return 0;
	compat = r->ev.table == ABI_TABLE_COMPAT;
	user = r->ev.call.args[arg];
	most = r->ev.call.result; /* bytes, or messages */
	to = text_room(r);
	if (!to)
		return 0;
	if (form == ABI_DATA_BUFFER) {
		data_add(to, &len, user, most, most);
	} else {
		if (form == ABI_DATA_MESSAGES)
			most = (__u32)user_word(user, compat, MESSAGE_SENT);
		if (form == ABI_DATA_VECTORS) {
			count = r->ev.call.args[arg < 5 ? arg + 1 : 5];
		} else {
			count = user_word(user, compat, MESSAGE_COUNT);
			user = user_word(user, compat, MESSAGE_VECTORS);
		}
		for (__u32 i = 0; i < VECTORS_MAX; i++) {
			if (i >= count || !data_add(to, &len, user_word(user, compat, 2 * i),
						    user_word(user, compat, 2 * i + 1), most))
				break;
		}
	}
	if (len)
		text_put(r, ABI_TEXT_DATA, len);
	return 0;
}
