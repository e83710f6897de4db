/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's audit records as they are made: the multicast group of NETLINK_AUDIT (3.16), beside
 * auditd if there is one. Records come whether or not auditing of system calls is on.
 */
#pragma once
#include "base/error.h"
#include "profile/audit.h"

/* A socket, non-blocking; -EPERM without CAP_AUDIT_READ, -ENOTSUP where the kernel has no audit. */
int audit_socket_open(struct error *err);

/* Messages of one turn: some 20 ms with a look at /proc for each, so that a flood holds up no signal. */
enum { AUDIT_SOCKET_TURN = 256 };

/*
 * Hands records that wait to the reader, at most AUDIT_SOCKET_TURN; the socket stays readable if there
 * are more. Counts in *lost how often the kernel had to drop some (it does not say how many).
 */
int audit_socket_read(int fd, struct audit_reader *reader, uint64_t *lost, struct error *err);
