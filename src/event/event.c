/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event.h"

#include <assert.h>

#include "base/cleanup.h"

const struct fd_type_def fd_types[] = {
	[FD_NONE] = { TEXT(""), 'o' },
	[FD_FILE] = { TEXT("file"), 'f' },
	[FD_DIRECTORY] = { TEXT("directory"), 'd' },
	[FD_IPV4] = { TEXT("ipv4"), '4' },
	[FD_IPV6] = { TEXT("ipv6"), '6' },
	[FD_IPV4_SERVER] = { TEXT("ipv4"), '2' },
	[FD_IPV6_SERVER] = { TEXT("ipv6"), '3' },
	[FD_UNIX] = { TEXT("unix"), 'u' },
	[FD_PIPE] = { TEXT("pipe"), 'p' },
	[FD_EVENT] = { TEXT("event"), 'e' },
	[FD_SIGNAL] = { TEXT("signalfd"), 's' },
	[FD_EVENTPOLL] = { TEXT("eventpoll"), 'l' },
	[FD_INOTIFY] = { TEXT("inotify"), 'i' },
	[FD_TIMER] = { TEXT("timerfd"), 't' },
	[FD_NETLINK] = { TEXT("netlink"), 'n' },
	[FD_BPF] = { TEXT("bpf"), 'b' },
	[FD_USERFAULT] = { TEXT("userfaultfd"), 'u' },
	[FD_IO_URING] = { TEXT("io_uring"), 'r' },
	[FD_MEMFD] = { TEXT("memfd"), 'm' },
	[FD_PIDFD] = { TEXT("pidfd"), 'P' },
	[FD_UNSUPPORTED] = { TEXT("unsupported"), 'X' },
};
static_assert(ARRAY_SIZE(fd_types) == FD_TYPES, "a definition for each");

void event_init(struct event *ev, const struct event_type *type)
{
	/* The arguments keep what they had: arg_set says which are there. */
	ev->type = type;
	ev->process = ev->target = NULL;
	ev->fd = NULL;
	ev->audit = NULL;
	ev->hostname = TEXT_NONE;
	ev->number = 0;
	ev->time_ns = 0;
	ev->start_ns = 0;
	ev->result = 0;
	ev->fd_num = -1;
	ev->tid = ev->vtid = -1;
	ev->cpu = 0;
	ev->verdict = VERDICT_NONE;
	ev->denial = NULL;
	ev->is_on_guard = false;
	ev->is_outside = false;
	ev->has_result = false;
	ev->filter = ev->filter_parts = 0;
	ev->fd_name_changed = false;
	ev->arg_set = 0;
}

void process_cmdline(const struct process *p, struct buf *out)
{
	buf_add(out, p->name.data, p->name.len);
	for (uint32_t i = 0; i < p->args.count; i++) {
		buf_add_char(out, ' ');
		buf_add(out, p->args.items[i].data, p->args.items[i].len);
	}
}
