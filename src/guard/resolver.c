/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

enum { NS_PER_MS = 1000000 };

/* --- the process --------------------------------------------------------------------------------------- */

static void add_address(struct resolver_answer *a, const struct sockaddr *s)
{
	struct address *to = &a->addresses[a->count];

	if (s->sa_family == AF_INET) {
		to->family = 4;
		memcpy(to->bytes, &((const struct sockaddr_in *)s)->sin_addr, 4);
	} else if (s->sa_family == AF_INET6) {
		to->family = 6;
		memcpy(to->bytes, &((const struct sockaddr_in6 *)s)->sin6_addr, 16);
	} else {
		return;
	}
	a->count++;
}

static void look_up(const char *name, struct resolver_answer *a)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;

	if (getaddrinfo(name, NULL, &hints, &found))
		return;
	for (const struct addrinfo *i = found; i && a->count < DOMAIN_ADDRESSES_MAX; i = i->ai_next)
		add_address(a, i->ai_addr);
	freeaddrinfo(found);
}

/* The cluster's DNS, which knows these names, is seldom a node's; its API server is told to every pod, and so to a guard in one. */
static const char *stand_in(const char *name)
{
	static const char *const names[] = { "kubernetes", "kubernetes.default",
					     "kubernetes.default.svc",
					     "kubernetes.default.svc.cluster.local" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(name, names[i]))
			return getenv("KUBERNETES_SERVICE_HOST");
	return NULL;
}

static _Noreturn void answer(int socket, const char *name)
{
	struct resolver_answer a = { 0 };
	const char *other = stand_in(name);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(RESOLVER_SECONDS);
	strcpy(a.name, name);
	look_up(name, &a);
	if (!a.count && other)
		look_up(other, &a);
	_exit(send(socket, &a, sizeof(a), MSG_NOSIGNAL) == sizeof(a) ? 0 : 1);
}

int resolver_serve(int socket)
{
	struct resolver_question q;

	for (;;) {
		ssize_t n = recv(socket, &q, sizeof(q), 0);
		struct resolver_answer none = { 0 };
		int status;
		pid_t child;

		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof(q))
			return n < 0 ? -errno : 0;
		q.name[sizeof(q.name) - 1] = '\0';
		strcpy(none.name, q.name);
		child = fork();
		if (child == 0)
			answer(socket, q.name);
		if (child > 0 && waitpid(child, &status, 0) == child && !status)
			continue;
		if (send(socket, &none, sizeof(none), MSG_NOSIGNAL) < 0)
			return -errno;
	}
}

/* --- who asks ------------------------------------------------------------------------------------------ */

int resolver_client_init(struct resolver_client *c, int socket)
{
	*c = (struct resolver_client){ .socket = socket };
	return domain_table_new(&c->table);
}

void resolver_client_deinit(struct resolver_client *c)
{
	domain_table_free(c->table);
	c->table = NULL;
	if (c->socket >= 0)
		close(c->socket);
	c->socket = -1;
}

static void end(struct resolver_client *c)
{
	close(c->socket);
	c->socket = -1;
	c->asking = false;
	c->ended = true;
}

/* Whoever answers reads what servers say: nothing in it is taken for granted. */
static void take(struct resolver_client *c, int64_t now_ns)
{
	struct resolver_answer a;
	ssize_t n = recv(c->socket, &a, sizeof(a), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != sizeof(a)) {
		end(c);
		return;
	}
	c->asking = false;
	a.name[sizeof(a.name) - 1] = '\0';
	if (a.count > DOMAIN_ADDRESSES_MAX)
		a.count = 0;
	/* Without memory the addresses stay those of before. */
	(void)domain_table_take(c->table, a.name, a.addresses, a.count, now_ns);
}

void resolver_client_turn(struct resolver_client *c, int64_t now_ns)
{
	struct resolver_question q = { 0 };
	const char *name;

	if (c->socket >= 0)
		take(c, now_ns);
	if (c->socket < 0 || c->asking)
		return;
	name = domain_table_next(c->table, now_ns);
	if (!name)
		return;
	strcpy(q.name, name);
	if (send(c->socket, &q, sizeof(q), MSG_NOSIGNAL | MSG_DONTWAIT) != sizeof(q))
		end(c);
	else
		c->asking = true;
}

void resolver_client_wait(struct resolver_client *c, int64_t for_ns)
{
	int64_t until = clock_passed_ns() + for_ns, now;

	while ((now = clock_passed_ns()) < until && c->socket >= 0 &&
	       !domain_table_is_settled(c->table)) {
		struct pollfd fd = { .fd = c->socket, .events = POLLIN };

		resolver_client_turn(c, now);
		if (c->asking)
			poll(&fd, 1, (int)((until - now) / NS_PER_MS) + 1);
	}
}
