/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/audit_socket.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECEIVE_BUFFER = 8 << 20 };

int audit_socket_open(struct error *err)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK,
				       .nl_groups = 1u << (AUDIT_NLGRP_READLOG - 1) };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT);
	int size = RECEIVE_BUFFER;

	if (fd < 0 && (errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT))
		return error_set(err, ENOTSUP, "this kernel has no audit (CONFIG_AUDIT)");
	if (fd < 0)
		return error_errno(err, errno, "audit socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int code = errno;

		close(fd);
		return error_errno(err, code,
				   "cannot listen to audit records (CAP_AUDIT_READ, in the "
				   "host's own user namespace)");
	}
	return fd;
}

int audit_socket_read(int fd, struct audit_reader *reader, uint64_t *lost, struct error *err)
{
	for (int i = 0; i < AUDIT_SOCKET_TURN; i++) {
		union {
			struct nlmsghdr head;
			char room[NLMSG_SPACE(AUDIT_LINE_MAX)];
		} message;
		ssize_t n = recv(fd, &message, sizeof(message), MSG_TRUNC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS) {
			++*lost;
			continue;
		}
		if (n < 0)
			return errno == EAGAIN ? 0 : error_errno(err, errno, "audit socket");
		if ((size_t)n < NLMSG_HDRLEN)
			continue;
		/* The length in the header is without it for these messages (kernel/audit.c): what came counts. */
		if ((size_t)n > sizeof(message))
			n = sizeof(message);
		audit_read_record(reader, message.head.nlmsg_type, message.room + NLMSG_HDRLEN,
				  (size_t)n - NLMSG_HDRLEN);
	}
	return 0;
}
