// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Decision points that are programs of control groups: every kernel has them, whatever else it lets programs do. They
 * hang on the root of the unified hierarchy, which every process is in, wherever its container is kept; who is asked is found
 * as everywhere (bpf/lib/place.bpf.h).
 *
 * They say 1 to let it be done, and 0 to deny: EPERM, or the error of the rule where they can say it.
 */
#define CURRENT_BY_TASK
#include "bpf/lib/deny.bpf.h"

const volatile struct abi_settings settings __weak = {};

enum { DENIED, ALLOWED };

/* Whether these programs have a helper for the error: settings and devices from 5.18 on, addresses from 6.0. */
const volatile bool address_errors = false, other_errors = false;

static __always_inline int verdict(bool errors)
{
	int error = deny_end();

	if (!error)
		return ALLOWED;
	if (errors)
		bpf_set_retval(error - 256);
	return DENIED;
}

/* The programs of a point, or of several that begin with FIRST: as in bpf/deny.bpf.c. */
#define DENY_CGROUP(name, section, context, errors, first, point, nr, fill)                \
	DENY_ARRAY(name)                                                                   \
	SEC(section)                                                                       \
	int deny_cgroup_##name(struct context *ctx)                                        \
	{                                                                                  \
		int which = (point);                                                       \
		struct room *r = which < 0 ? NULL : deny_begin(which, nr);                 \
                                                                                           \
		if (!r)                                                                    \
			return ALLOWED;                                                    \
		fill;                                                                      \
		bpf_tail_call(ctx, &deny_calls_##name, ABI_DENY_FILTER + which - (first)); \
		pool_leave();                                                              \
		return ALLOWED;                                                            \
	}                                                                                  \
	SEC(section)                                                                       \
	int verdict_cgroup_##name(struct context *ctx)                                     \
	{                                                                                  \
		return verdict(errors);                                                    \
	}                                                                                  \
	SEC(section)                                                                       \
	int leave_cgroup_##name(struct context *ctx)                                       \
	{                                                                                  \
		pool_leave();                                                              \
		return ALLOWED;                                                            \
	}

/* --- addresses ------------------------------------------------------------------------------------- */

/* As struct sockaddr_in, sockaddr_in6 have them. */
struct address4 {
	__u16 family, port;
	__u32 ip;
	__u64 zero;
};
struct address6 {
	__u16 family, port;
	__u32 flow, ip[4], scope;
};

static __always_inline void end_fill(struct room *r, const void *ip, __u32 size, __u16 port,
				     bool own)
{
	struct abi_event_call *c = &r->ev.call;

	__builtin_memset(c->local, 0, sizeof(c->local));
	__builtin_memset(c->remote, 0, sizeof(c->remote));
	__builtin_memcpy(own ? c->local : c->remote, ip, size);
	c->local_port = own ? bpf_ntohs(port) : c->local_port;
	c->remote_port = own ? 0 : bpf_ntohs(port);
}

static __always_inline void fill_address4(struct room *r, __u32 ip, __u16 port, bool own)
{
	struct address4 a = { .family = AF_INET, .port = port, .ip = ip };
	char *to = text_room(r);

	r->ev.call.family = AF_INET;
	end_fill(r, &a.ip, sizeof(a.ip), port, own);
	if (!to)
		return;
	__builtin_memcpy(to, &a, sizeof(a));
	text_put(r, ABI_TEXT_BYTES, sizeof(a));
}

static __always_inline void fill_address6(struct room *r, const __u32 ip[4], __u16 port, bool own)
{
	struct address6 a = { .family = AF_INET6, .port = port };
	char *to;

	if (!ip[0] && !ip[1] && ip[2] == bpf_htonl(0xffff)) { /* IPv4, by a socket for both */
		fill_address4(r, ip[3], port, own);
		return;
	}
	to = text_room(r);
	__builtin_memcpy(a.ip, ip, sizeof(a.ip));
	r->ev.call.family = AF_INET6;
	end_fill(r, a.ip, sizeof(a.ip), port, own);
	if (!to)
		return;
	__builtin_memcpy(to, &a, sizeof(a));
	text_put(r, ABI_TEXT_BYTES, sizeof(a));
}

static __always_inline void fill_socket(struct room *r, struct bpf_sock_addr *ctx)
{
	struct sock *sk = (struct sock *)address_of(ctx->sk);

	r->ev.flags |= ABI_EVENT_FILE | ABI_EVENT_SOCKET;
	socket_fill(&r->ev.call, BPF_CORE_READ(sk, sk_socket));
	r->ev.call.socket_type = ctx->type; /* it has not been accepted */
}

static __always_inline void fill4(struct room *r, struct bpf_sock_addr *ctx, bool own)
{
	__u32 ip = ctx->user_ip4, port = ctx->user_port;

	fill_socket(r, ctx);
	fill_address4(r, ip, port, own);
}

static __always_inline void fill6(struct room *r, struct bpf_sock_addr *ctx, bool own)
{
	__u32 ip[4] = { ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3] };
	__u32 port = ctx->user_port;

	fill_socket(r, ctx);
	fill_address6(r, ip, port, own);
}

DENY_CGROUP(connect4, "cgroup/connect4", bpf_sock_addr, address_errors, ABI_DENY_CONNECT4,
	    ABI_DENY_CONNECT4, NR_CONNECT, fill4(r, ctx, false))
DENY_CGROUP(connect6, "cgroup/connect6", bpf_sock_addr, address_errors, ABI_DENY_CONNECT6,
	    ABI_DENY_CONNECT6, NR_CONNECT, fill6(r, ctx, false))
DENY_CGROUP(sendmsg4, "cgroup/sendmsg4", bpf_sock_addr, address_errors, ABI_DENY_SENDMSG4,
	    ABI_DENY_SENDMSG4, NR_SENDTO, fill4(r, ctx, false))
DENY_CGROUP(sendmsg6, "cgroup/sendmsg6", bpf_sock_addr, address_errors, ABI_DENY_SENDMSG6,
	    ABI_DENY_SENDMSG6, NR_SENDTO, fill6(r, ctx, false))
DENY_CGROUP(bind4, "cgroup/bind4", bpf_sock_addr, address_errors, ABI_DENY_BIND4, ABI_DENY_BIND4,
	    NR_BIND, fill4(r, ctx, true))
DENY_CGROUP(bind6, "cgroup/bind6", bpf_sock_addr, address_errors, ABI_DENY_BIND6, ABI_DENY_BIND6,
	    NR_BIND, fill6(r, ctx, true))

/* --- parameters of the kernel ---------------------------------------------------------------------- */

enum {
	NAME_MAX = 128,
	VALUE_MAX = 512, /* more than filters look at, so what is cut is not decided */
	E2BIG = 7
};

/* n: as helpers have it, the length or why there is none. */
static __always_inline void text_told(struct room *r, __u32 which, long n, __u32 size)
{
	if (n == -E2BIG) {
		r->ev.flags |= ABI_EVENT_CUT;
		n = size - 1;
	}
	if (n > 0 && n < size)
		text_put(r, which, n);
}

/* Without the end of a line behind it. */
static __always_inline long trimmed(const char *value, long n)
{
	return n > 0 && n < VALUE_MAX && value[(n - 1) & (VALUE_MAX - 1)] == '\n' ? n - 1 : n;
}

/* As bpf/sysctl.bpf.c tells it. */
static __always_inline void fill_sysctl(struct room *r, struct bpf_sysctl *ctx)
{
	char *to = text_room(r);

	r->ev.call.args[0] = 1; /* it is written */
	if (to)
		text_told(r, ABI_TEXT_PATH1, bpf_sysctl_get_name(ctx, to, NAME_MAX, 0), NAME_MAX);
	to = text_room(r);
	if (to)
		text_told(r, ABI_TEXT_BYTES,
			  trimmed(to, bpf_sysctl_get_current_value(ctx, to, VALUE_MAX)), VALUE_MAX);
	to = text_room(r);
	if (to)
		text_told(r, ABI_TEXT_PATH2,
			  trimmed(to, bpf_sysctl_get_new_value(ctx, to, VALUE_MAX)), VALUE_MAX);
}
DENY_CGROUP(sysctl, "cgroup/sysctl", bpf_sysctl, other_errors, ABI_DENY_SYSCTL,
	    ctx->write ? ABI_DENY_SYSCTL : -1, ABI_NR_SYSCTL, fill_sysctl(r, ctx))

/* --- devices --------------------------------------------------------------------------------------- */

static __always_inline int point_of_device(const struct bpf_cgroup_dev_ctx *ctx)
{
	return ctx->access_type >> 16 & BPF_DEVCG_ACC_MKNOD ? ABI_DENY_DEVICE_MAKE : -1;
}

/* Of the mode only what kind of device it is; no path. */
static __always_inline void fill_device(struct room *r, const struct bpf_cgroup_dev_ctx *ctx)
{
	__u32 major = ctx->major, minor = ctx->minor;
	bool block = (ctx->access_type & 0xffff) == BPF_DEVCG_DEV_BLOCK;

	r->ev.call.args[0] = (__u32)AT_FDCWD;
	r->ev.call.args[2] = block ? S_IFBLK : S_IFCHR;
	r->ev.call.args[3] = (minor & 0xff) | major << 8 | (minor & ~0xffU) << 12;
}
DENY_CGROUP(device, "cgroup/dev", bpf_cgroup_dev_ctx, other_errors, ABI_DENY_DEVICE_MAKE,
	    point_of_device(ctx), NR_MKNODAT, fill_device(r, ctx))

char LICENSE[] SEC("license") = "Dual BSD/GPL";
