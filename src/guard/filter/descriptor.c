/* SPDX-License-Identifier: Apache-2.0 */
/* fd.*: what guard/translate.c makes of a descriptor. */
#include <linux/bpf.h>
#include <sys/stat.h>

#include "guard/fd_kind.h"
#include "guard/filter/lower.h"

enum {
	ONE_BY_ONE_MAX = 4, /* more networks than that are looked up by their bytes */
	PREFIXES_MAX = 4,   /* lengths of prefixes, each a look-up; more are one in a trie */
};

static struct node *has_flag(struct lower *l, uint64_t flag)
{
	return lower_masked(l, PLACE(flags, false), flag, BPF_JNE, 0);
}

static struct node *has_family(struct lower *l, uint64_t family)
{
	return lower_test(l, PLACE(call.family, false), BPF_JEQ, family);
}

static struct node *has_mode(struct lower *l, uint64_t mode)
{
	return lower_masked(l, PLACE(call.inode_mode, false), S_IFMT, BPF_JEQ, mode);
}

static bool opens(const struct lower *l)
{
	return l->target.type->flags & (TYPE_OPEN | TYPE_CREAT);
}

/* Sockets are looked at first, then files; what failed to be opened would have been one. */
static struct node *is_file(struct lower *l)
{
	return node_both(l->arena, node_not(l->arena, has_flag(l, ABI_EVENT_SOCKET)),
			 has_flag(l, ABI_EVENT_FILE));
}

static struct node *is_nothing(struct lower *l)
{
	return node_not(l->arena, has_flag(l, ABI_EVENT_SOCKET | ABI_EVENT_FILE));
}

/* --- number, name ----------------------------------------------------------------------------------- */

struct node *lower_fd_num(struct lower *l, const struct check *c, const struct field_place *p)
{
	struct number_place fd = p->place;
	const struct value none = { .i = -1, .type = VALUE_INT };
	struct node *given;

	if (!l->target.row)
		return lower_unknown(l, c, "where the descriptor is");
	if (l->target.row->plan.flags & ABI_PLAN_NEW_FD)
		return lower_number(l, c, PLACE(call.result, true));
	fd.extend = sizeof(__s32);
	given = lower_test(l, fd, BPF_JSGE, 0);
	return node_either(l->arena, node_both(l->arena, given, lower_number(l, c, fd)),
			   node_both(l->arena, node_not(l->arena, given),
				     node_constant(l->arena, lower_holds(c, &none))));
}

struct node *lower_fd_text(struct lower *l, const struct check *c, const struct field_place *p)
{
	return lower_text(l, c, (enum view_kind)p->place.at, opens(l));
}

/* --- type --------------------------------------------------------------------------------------------- */

/* What has a type by its name, or is a pidfd. */
static struct node *is_special(struct lower *l)
{
	struct node *in_memory[] = {
		lower_masked(l, PLACE(call.path_flags, false), ABI_PATH_MEMORY, BPF_JNE, 0),
		node_not(l->arena, has_mode(l, S_IFDIR)),
		node_not(l->arena, has_mode(l, S_IFIFO)),
	};

	return node_both(l->arena, is_file(l),
			 node_either(l->arena, has_flag(l, ABI_EVENT_PIDFD),
				     node_group(l->arena, NODE_AND, in_memory,
						ARRAY_SIZE(in_memory))));
}

/* The same of one that a program begins with: stdio_of() in guard/process_table.c. What is closed, or in memory, is unknown. */
struct node *lower_stdio_type(struct lower *l, const struct check *c, const struct field_place *p)
{
	const uint16_t at = (uint16_t)(offsetof(struct abi_event, process.stdio) +
				       p->arg * sizeof(struct abi_event_stdio));
	const struct number_place family = { at + offsetof(struct abi_event_stdio, family), 2, 0,
					     false };
	const struct number_place mode = { at + offsetof(struct abi_event_stdio, inode_mode), 2, 0,
					   false };
	const struct number_place flags = { at + offsetof(struct abi_event_stdio, path_flags), 4, 0,
					    false };
	static const unsigned families[] = { FAMILY_INET, FAMILY_INET6, FAMILY_UNIX,
					     FAMILY_NETLINK };
	enum { CASES = ARRAY_SIZE(families) + 3 };
	struct node *file = lower_test(l, family, BPF_JEQ, 0);
	struct node *directory = lower_masked(l, mode, S_IFMT, BPF_JEQ, S_IFDIR);
	struct node *pipe = lower_masked(l, mode, S_IFMT, BPF_JEQ, S_IFIFO);
	struct node *other[] = { file, lower_test(l, mode, BPF_JNE, 0),
				 node_not(l->arena, directory), node_not(l->arena, pipe),
				 lower_masked(l, flags, ABI_PATH_MEMORY, BPF_JEQ, 0) };
	struct text_case cases[CASES];
	uint32_t n = 0;

	for (; n < ARRAY_SIZE(families); n++)
		cases[n] = (struct text_case){ lower_test(l, family, BPF_JEQ, families[n]),
					       fd_types[fd_kind_of_socket(families[n])].name };
	cases[n++] = (struct text_case){ node_both(l->arena, file, directory),
					 fd_types[FD_DIRECTORY].name };
	cases[n++] = (struct text_case){ node_both(l->arena, file, pipe), fd_types[FD_PIPE].name };
	cases[n++] = (struct text_case){ node_group(l->arena, NODE_AND, other, ARRAY_SIZE(other)),
					 fd_types[FD_FILE].name };
	return lower_cases(l, c, cases, n, lower_unknown(l, c, "closed, or in memory"));
}

/* Where the kernel asks about one kind of sockets. */
static struct node *socket_type(struct lower *l, const struct check *c, bool letter)
{
	const enum fd_type types[] = { FD_UNIX, FD_IPV4, FD_IPV6 };
	bool fits[ARRAY_SIZE(types)];

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct fd_type_def *def = &fd_types[types[i]];
		const struct value v = value_of_text(letter ? text_from(&def->letter, 1) :
							      def->name);

		fits[i] = lower_holds(c, &v);
	}
	if (l->hook->family == FAMILY_UNIX)
		return node_constant(l->arena, fits[0]);
	return node_either(
		l->arena,
		node_both(l->arena, has_family(l, FAMILY_INET), node_constant(l->arena, fits[1])),
		node_both(l->arena, has_family(l, FAMILY_INET6), node_constant(l->arena, fits[2])));
}

struct node *lower_fd_type(struct lower *l, const struct check *c, const struct field_place *p)
{
	bool serves = l->target.type->hook == HOOK_BIND || l->target.type->hook == HOOK_LISTEN;
	struct node *socket = has_flag(l, ABI_EVENT_SOCKET), *file = is_file(l);
	struct node *dir = has_mode(l, S_IFDIR), *not_there = is_nothing(l);
	struct node *inet = node_either(l->arena, has_family(l, FAMILY_INET),
					has_family(l, FAMILY_INET6));
	struct node *rest;
	const struct {
		enum fd_type type;
		struct node *when;
	} types[] = {
		{ FD_DIRECTORY, node_both(l->arena, file, dir) },
		{ FD_PIPE, node_both(l->arena, file, has_mode(l, S_IFIFO)) },
		{ FD_FILE, file }, /* behind the two above */
		{ FD_IPV4, node_both(l->arena, socket, has_family(l, FAMILY_INET)) },
		{ FD_IPV6, node_both(l->arena, socket, has_family(l, FAMILY_INET6)) },
		{ FD_UNIX, node_both(l->arena, socket, has_family(l, FAMILY_UNIX)) },
		{ FD_NETLINK, node_both(l->arena, socket, has_family(l, FAMILY_NETLINK)) },
		{ FD_UNSUPPORTED, socket }, /* behind the others */
		{ opens(l) ? FD_FILE : FD_NONE, not_there },
	};
	struct node *all = node_constant(l->arena, false), *before = node_constant(l->arena, false);

	if (l->hook && l->hook->family)
		return socket_type(l, c, p->arg);
	rest = is_special(l);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct fd_type_def *def = &fd_types[types[i].type];
		struct text name = p->arg ? text_from(&def->letter, 1) : def->name;
		const struct value v = value_of_text(name);

		/* The type of a descriptor that nobody knows is missing; its letter is not. */
		if (lower_holds(c, &v) && (p->arg || types[i].type != FD_NONE))
			all = node_either(l->arena, all,
					  node_both(l->arena, types[i].when,
						    node_not(l->arena, before)));
		before = node_either(l->arena, before, types[i].when);
	}
	if (serves) /* connected, or a server: by more than the family */
		rest = node_either(l->arena, rest, node_both(l->arena, socket, inet));
	return node_either(l->arena, node_both(l->arena, node_not(l->arena, rest), all),
			   node_both(l->arena, rest,
				     lower_unknown(l, c, "a pidfd, a file in memory, a server")));
}

struct node *lower_fd_l4proto(struct lower *l, const struct check *c, const struct field_place *p)
{
	static const struct {
		uint16_t number;
		struct text name;
	} protocols[] = { { 6, TEXT("tcp") },
			  { 17, TEXT("udp") },
			  { 1, TEXT("icmp") },
			  { 58, TEXT("icmp") },
			  { 255, TEXT("raw") } };
	struct text_case cases[ARRAY_SIZE(protocols)];
	const struct value other = value_of_text(TEXT("<NA>"));
	struct node *inet = node_both(l->arena, has_flag(l, ABI_EVENT_SOCKET),
				      node_either(l->arena, has_family(l, FAMILY_INET),
						  has_family(l, FAMILY_INET6)));
	struct node *n;

	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		cases[i] = (struct text_case){ node_both(l->arena, inet,
							 lower_test(l, p->place, BPF_JEQ,
								    protocols[i].number)),
					       protocols[i].name };
	n = lower_cases(l, c, cases, ARRAY_SIZE(cases),
			node_constant(l->arena, lower_holds(c, &other)));
	return opens(l) ? n : node_both(l->arena, n, node_not(l->arena, is_nothing(l)));
}

/* --- ends of a connection ----------------------------------------------------------------------------- */

/* Which of the record's ends a letter means: c(lient), s(erver), l(ocal), r(emote). */
static bool is_remote(uint32_t side, bool accepted)
{
	return side == 'r' || side == (accepted ? 'c' : 's');
}

/* A socket that gets an address, where the kernel asks before: it is a server of what it gets, and connected to nothing. */
static bool is_to_serve(const struct lower *l)
{
	return l->hook && l->target.type->hook == HOOK_BIND;
}

/* The check on the end that a side is: that depends on whether the socket was accepted. */
static struct node *of_side(struct lower *l, const struct check *c, uint32_t side,
			    struct node *(*of_end)(struct lower *l, const struct check *c,
						   bool remote))
{
	struct node *yes = lower_masked(l, PLACE(call.socket_type, false), ABI_SOCKET_ACCEPTED,
					BPF_JNE, 0);

	if (is_to_serve(l))
		return of_end(l, c, side == 'r' || side == 'c');
	if (l->target.type->hook == HOOK_ACCEPT || l->target.type->hook == HOOK_CONNECT)
		return of_end(l, c, is_remote(side, l->target.type->hook == HOOK_ACCEPT));
	return node_either(l->arena, node_both(l->arena, yes, of_end(l, c, is_remote(side, true))),
			   node_both(l->arena, node_not(l->arena, yes),
				     of_end(l, c, is_remote(side, false))));
}

/* known: the socket is connected and says to what; other sockets are unknown, the rest has no ends. */
static struct node *of_socket(struct lower *l, const struct check *c, struct node *known)
{
	struct node *inet = node_both(l->arena, has_flag(l, ABI_EVENT_SOCKET),
				      node_either(l->arena, has_family(l, FAMILY_INET),
						  has_family(l, FAMILY_INET6)));
	struct node *connected = lower_test(l, PLACE(call.remote_port, false), BPF_JNE, 0);

	/* Where the kernel asks it says which address is meant. */
	if (l->hook && l->hook->family)
		return l->hook->family == FAMILY_INET ? node_both(l->arena, inet, known) :
							node_constant(l->arena, false);
	return node_both(
		l->arena, inet,
		node_either(l->arena, node_both(l->arena, connected, known),
			    node_both(l->arena, node_not(l->arena, connected),
				      lower_unknown(l, c, "a socket that is not connected"))));
}

static struct node *port_of(struct lower *l, const struct check *c, bool remote)
{
	return lower_number(l, c,
			    remote ? PLACE(call.remote_port, false) :
				     PLACE(call.local_port, false));
}

/* Of either end: one has to fit, both to differ. */
static struct node *either_end(struct lower *l, const struct check *c, struct node *a,
			       struct node *b)
{
	return c->op == OP_NE ? node_both(l->arena, a, b) : node_either(l->arena, a, b);
}

struct node *lower_fd_port(struct lower *l, const struct check *c, const struct field_place *p)
{
	if (p->arg == 'e')
		return of_socket(l, c, either_end(l, c, port_of(l, c, false), port_of(l, c, true)));
	return of_socket(l, c, of_side(l, c, p->arg, port_of));
}

/* So many bytes of an address at a place, as far as the prefix goes. */
static struct node *bytes_in(struct lower *l, uint16_t at, const uint8_t *bytes, uint8_t size,
			     unsigned prefix)
{
	uint8_t mask[8] = { 0 };
	uint64_t mask_number = 0, number = 0;

	for (unsigned i = 0; i < size && prefix > i * 8; i++) {
		unsigned left = prefix - i * 8;

		mask[i] = left >= 8 ? 0xff : (uint8_t)(0xff00 >> left);
	}
	memcpy(&mask_number, mask, size);
	memcpy(&number, bytes, size);
	if (!mask_number)
		return node_constant(l->arena, true);
	return lower_masked(l, (struct number_place){ at, size, 0, false }, mask_number, BPF_JEQ,
			    number & mask_number);
}

static struct node *end_in(struct lower *l, const struct address *a, unsigned prefix, bool remote)
{
	uint16_t at = remote ? offsetof(struct abi_event, call.remote) :
			       offsetof(struct abi_event, call.local);
	struct node *first;

	if (a->family == 4)
		return node_both(l->arena, has_family(l, FAMILY_INET),
				 bytes_in(l, at, a->bytes, 4, prefix));
	first = bytes_in(l, at, a->bytes, 8, prefix);
	return node_both(l->arena, has_family(l, FAMILY_INET6),
			 node_both(l->arena, first,
				   bytes_in(l, at + 8, a->bytes + 8, 8,
					    prefix > 64 ? prefix - 64 : 0)));
}

/* An address is the network of all of its bits. */
static struct network network_of(const struct value *v)
{
	return v->type == VALUE_NETWORK ?
		       *v->network :
		       (struct network){ .address = *v->address,
					 .prefix = v->address->family == 4 ? 32 : 128 };
}

/* The length of the prefix, then the bytes of the address as far as it goes. */
static struct text network_text(struct lower *l, const struct network *n)
{
	uint32_t size = n->address.family == 4 ? 4 : 16;
	char *out = arena_alloc(l->arena, 1 + size);

	if (!out)
		return TEXT_NONE;
	out[0] = (char)n->prefix;
	for (uint32_t i = 0; i < size; i++) {
		int left = (int)n->prefix - (int)i * 8;
		unsigned mask = left >= 8 ? 0xff : left > 0 ? 0xff00u >> left & 0xff : 0;

		out[1 + i] = (char)(n->address.bytes[i] & mask);
	}
	return text_from(out, 1 + size);
}

/* Networks of a family: those of one length of prefix, by what it leaves of the address; or all of them (-1). */
static struct node *end_in_many(struct lower *l, const struct check *c, unsigned family, int prefix,
				bool remote)
{
	struct text *texts = arena_array(l->arena, struct text, c->literal_count);
	enum view_kind kind = family == 4 ? (remote ? VIEW_REMOTE4 : VIEW_LOCAL4) :
					    (remote ? VIEW_REMOTE6 : VIEW_LOCAL6);
	unsigned bits = prefix >= 0 ? (unsigned)prefix : family == 4 ? 32 : 128;
	int view = text_view_get(l->views, kind, bits), term;
	uint32_t count = 0;

	if (!texts || view < 0)
		return NULL;
	for (uint32_t i = 0; i < c->literal_count; i++) {
		struct network n = network_of(&c->values[i]);
		struct text *t = &texts[count];

		if (n.address.family != family || (prefix >= 0 && n.prefix != (unsigned)prefix))
			continue;
		*t = network_text(l, &n);
		if (!t->data)
			return NULL;
		if (prefix >= 0)
			*t = text_from(t->data + 1, t->len - 1);
		count++;
	}
	term = text_term_get(l->views, (uint32_t)view,
			     (struct text_term){ prefix >= 0 ? TEXT_EQUAL : TEXT_NETWORK, texts,
						 count });
	if (term < 0)
		return NULL;
	return node_both(l->arena, has_family(l, family == 4 ? FAMILY_INET : FAMILY_INET6),
			 node_text(l->arena, (uint32_t)view, (uint32_t)term));
}

/* Of many networks of a family, one look-up for each length of prefix, or for all of them. */
static struct node *end_in_family(struct lower *l, const struct check *c, unsigned family,
				  bool remote)
{
	struct node *items[PREFIXES_MAX];
	bool seen[129] = { 0 };
	uint32_t count = 0;

	for (uint32_t i = 0; i < c->literal_count; i++) {
		struct network n = network_of(&c->values[i]);

		if (n.address.family != family || seen[n.prefix])
			continue;
		if (count == PREFIXES_MAX)
			return end_in_many(l, c, family, -1, remote);
		seen[n.prefix] = true;
		items[count++] = end_in_many(l, c, family, n.prefix, remote);
	}
	return node_group(l->arena, NODE_OR, items, count);
}

static struct node *end_in_any(struct lower *l, const struct check *c, bool remote)
{
	struct node *items[ONE_BY_ONE_MAX];

	if (c->literal_count > ONE_BY_ONE_MAX)
		return node_either(l->arena, end_in_family(l, c, 4, remote),
				   end_in_family(l, c, 6, remote));
	for (uint32_t i = 0; i < c->literal_count; i++) {
		struct network n = network_of(&c->values[i]);

		items[i] = end_in(l, &n.address, n.prefix, remote);
	}
	return node_group(l->arena, NODE_OR, items, c->literal_count);
}

/* The check on one end; NULL: out of memory. */
static struct node *end_fits(struct lower *l, const struct check *c, bool remote)
{
	struct node *any;

	if (c->op == OP_EXISTS)
		return node_constant(l->arena, true);
	any = end_in_any(l, c, remote);
	return c->op == OP_NE ? node_not(l->arena, any) : any;
}

struct node *lower_fd_address(struct lower *l, const struct check *c, const struct field_place *p)
{
	bool known_op = c->op == OP_EXISTS || c->op == OP_EQ || c->op == OP_IN ||
			c->op == OP_INTERSECTS || (c->op == OP_NE && c->literal_count == 1);

	if (!known_op)
		return lower_unknown(l, c, "how networks are compared");
	if (p->arg == 'e')
		return of_socket(l, c,
				 either_end(l, c, end_fits(l, c, false), end_fits(l, c, true)));
	return of_socket(l, c, of_side(l, c, p->arg, end_fits));
}
