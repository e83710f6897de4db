/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/fd_kind.h"

#include <sys/stat.h>

#include "base/cleanup.h"

/* Files without a file system, by the name that the kernel gives them. */
static const struct {
	struct text name;
	enum fd_type type;
} anonymous[] = {
	{ TEXT("memfd:"), FD_MEMFD },
	{ TEXT("[eventfd]"), FD_EVENT },
	{ TEXT("[signalfd]"), FD_SIGNAL },
	{ TEXT("[eventpoll]"), FD_EVENTPOLL },
	{ TEXT("inotify"), FD_INOTIFY },
	{ TEXT("[timerfd]"), FD_TIMER },
	{ TEXT("bpf-"), FD_BPF },
	{ TEXT("[userfaultfd]"), FD_USERFAULT },
	{ TEXT("[io_uring]"), FD_IO_URING },
	{ TEXT("[pidfd]"), FD_PIDFD },
};

enum fd_type fd_kind_of_socket(unsigned family)
{
	switch (family) {
	case FAMILY_INET:
		return FD_IPV4;
	case FAMILY_INET6:
		return FD_IPV6;
	case FAMILY_UNIX:
		return FD_UNIX;
	case FAMILY_NETLINK:
		return FD_NETLINK;
	default:
		return FD_UNSUPPORTED;
	}
}

enum fd_type fd_kind_of_file(unsigned inode_mode, bool in_memory, struct text name)
{
	if (S_ISDIR(inode_mode))
		return FD_DIRECTORY;
	if (S_ISFIFO(inode_mode))
		return FD_PIPE;
	for (size_t i = 0; in_memory && i < ARRAY_SIZE(anonymous); i++)
		if (text_starts(name, anonymous[i].name))
			return anonymous[i].type;
	return FD_FILE;
}
