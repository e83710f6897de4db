/* SPDX-License-Identifier: Apache-2.0 */
/* Reading audit records: over a pair of sockets, as only the kernel may send to the real one. */
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "confine/audit_socket.h"
#include "unit.h"

enum { LESS = 40, AUDIT_EOE_TYPE = 1320 };

static void ignore(struct denial *d, void *arg)
{
}

static void send_record(int fd)
{
	static const char text[] = "audit(1795324025.301:6): ";
	union {
		struct nlmsghdr head;
		char room[NLMSG_SPACE(sizeof(text))];
	} message = { .head = { .nlmsg_type = AUDIT_EOE_TYPE, .nlmsg_len = sizeof(text) } };

	memcpy(message.room + NLMSG_HDRLEN, text, sizeof(text));
	assert_int_equal(send(fd, &message, NLMSG_HDRLEN + sizeof(text) - 1, MSG_DONTWAIT),
			 NLMSG_HDRLEN + sizeof(text) - 1);
}

static uint64_t told(const struct audit_reader *a)
{
	const struct audit_counts *c = audit_counts(a);

	return c->records + c->unknown + c->broken;
}

/* However many wait, a turn ends; what waits is read in the next one. */
static void turns(void **state)
{
	cleanup_audit_reader struct audit_reader *a = audit_reader_new(ignore, NULL);
	struct error err = { 0 };
	uint64_t lost = 0;
	int pair[2], room = 1 << 20; /* the least that the kernel is set to allow is enough */

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	for (int i = 0; i < AUDIT_SOCKET_TURN + LESS; i++)
		send_record(pair[0]);
	assert_int_equal(audit_socket_read(pair[1], a, &lost, &err), 0);
	assert_int_equal(told(a), AUDIT_SOCKET_TURN);
	assert_int_equal(audit_socket_read(pair[1], a, &lost, &err), 0);
	assert_int_equal(told(a), AUDIT_SOCKET_TURN + LESS);
	assert_int_equal(audit_socket_read(pair[1], a, &lost, &err), 0);
	assert_int_equal(told(a), AUDIT_SOCKET_TURN + LESS);
	assert_int_equal(lost, 0);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns),
	};

	return unit_run(tests);
}
