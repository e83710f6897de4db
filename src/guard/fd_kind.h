/* SPDX-License-Identifier: Apache-2.0 */
/* What kind of thing is open, from what the kernel says of its file. Pure. */
#pragma once
#include "event/event.h"

/* Families of sockets, as the kernel numbers them. */
enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10, FAMILY_NETLINK = 16 };

enum fd_type fd_kind_of_socket(unsigned family);
/* name: its path, or, in_memory, what the kernel calls a file that is in no file system. */
enum fd_type fd_kind_of_file(unsigned inode_mode, bool in_memory, struct text name);
