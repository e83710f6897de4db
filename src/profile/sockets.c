/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/sockets.h"

#include <errno.h>
#include <linux/in.h>
#include <linux/net.h>

#include "base/str.h"
#include "profile/access.h"
#include "uapi/socket.h"
#include "uapi/syscall.h"

void socket_list_deinit(struct socket_list *list)
{
	vec_deinit(&list->items);
}

static int socket_compare(const void *a, const void *b)
{
	const struct socket_use *x = a, *y = b;

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return x->protocol < y->protocol ? -1 : x->protocol > y->protocol;
}

static int socket_add(struct socket_list *list, unsigned family, unsigned type, unsigned protocol)
{
	const struct socket_use use = { family, type, protocol };
	struct socket_use *slot;

	vec_foreach(known, &list->items)
		if (!socket_compare(known, &use))
			return 0;
	slot = vec_add(&list->items);
	if (!slot)
		return -ENOMEM;
	*slot = use;
	return 0;
}

/* The type that goes with a protocol, where there is but one. */
static unsigned type_of_protocol(unsigned protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return SYS_SOCK_STREAM;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return SYS_SOCK_DGRAM;
	default:
		return SOCKET_TYPE_ANY;
	}
}

/* Families of the addresses that were used: all that is known where the call's arguments are not. */
static int guess(struct socket_list *list, const struct profile *p, const struct policy_options *o)
{
	list->guessed = true;
	vec_foreach(peer, &p->peers)
		if (access_layer_is_wanted(peer->layer, o) && peer->family != SYS_AF_UNSPEC &&
		    socket_add(list, peer->family, type_of_protocol(peer->protocol),
			       peer->protocol))
			return -ENOMEM;
	vec_foreach(f, &p->files)
		if (access_layer_is_wanted(f->layer, o) &&
		    f->ops & (ABI_FILE_BIND | ABI_FILE_CONNECT) &&
		    socket_add(list, SYS_AF_UNIX, SOCKET_TYPE_ANY, 0))
			return -ENOMEM;
	return 0;
}

static int add_call(struct socket_list *list, const struct profile_call *c)
{
	vec_foreach(t, &c->tuples)
		if (socket_add(list, (unsigned)t->values[0],
			       (unsigned)t->values[1] & SYS_SOCK_TYPE_MASK, (unsigned)t->values[2]))
			return -ENOMEM;
	list->unknown = list->unknown || c->range.count || !c->tuples.len;
	return 0;
}

static bool socketcall_makes_sockets(const struct profile_call *c)
{
	vec_foreach(t, &c->tuples)
		if (t->values[0] == SYS_SOCKET || t->values[0] == SYS_SOCKETPAIR)
			return true;
	return c->range.count || !c->tuples.len;
}

int socket_list_build(struct socket_list *list, const struct profile *profile,
		      const struct policy_options *options, struct error *err)
{
	bool in_memory = false;
	int r = 0;

	*list = (struct socket_list){ 0 };
	vec_foreach(c, &profile->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);

		if (r || !name || c->refused || !access_layer_is_wanted(c->layer, options))
			continue;
		if (str_eq(name, "socket") || str_eq(name, "socketpair"))
			r = add_call(list, c);
		else if (str_eq(name, "socketcall"))
			in_memory = in_memory || socketcall_makes_sockets(c);
	}
	if (!r && in_memory)
		r = guess(list, profile, options);
	if (r) {
		socket_list_deinit(list);
		return error_errno(err, ENOMEM, "sockets");
	}
	vec_sort(&list->items, socket_compare);
	return 0;
}
