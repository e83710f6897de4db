/* SPDX-License-Identifier: Apache-2.0 */
#include "sinks/poller.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { READY_MAX = 64 /* in a turn */ };
#define SECOND 1000000000LL

int poller_init(struct poller *p, struct error *err)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };

	*p = POLLER_INIT;
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (p->epoll >= 0 && p->timer >= 0 && !epoll_ctl(p->epoll, EPOLL_CTL_ADD, p->timer, &ev))
		return 0;
	error_errno(err, errno, "outputs");
	poller_deinit(p);
	return -err->code;
}

void poller_deinit(struct poller *p)
{
	if (p->epoll >= 0)
		close(p->epoll);
	if (p->timer >= 0)
		close(p->timer);
	*p = POLLER_INIT;
}

int poller_set(struct poller *p, int fd, uint32_t events, struct watch *w)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	if (!epoll_ctl(p->epoll, EPOLL_CTL_MOD, fd, &ev))
		return 0;
	if (errno == ENOENT && !epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &ev))
		return 0;
	return -errno;
}

void poller_remove(struct poller *p, int fd)
{
	epoll_ctl(p->epoll, EPOLL_CTL_DEL, fd, NULL);
}

/* One at a time: what one handler frees must not be in a list of others that are ready. */
void poller_turn(struct poller *p)
{
	struct epoll_event ev;
	uint64_t expirations;

	for (int i = 0; i < READY_MAX && epoll_wait(p->epoll, &ev, 1, 0) == 1; i++) {
		struct watch *w = ev.data.ptr;

		if (w) {
			w->ready(w, ev.events);
			continue;
		}
		if (read(p->timer, &expirations, sizeof(expirations)) > 0)
			p->armed_ns = INT64_MAX;
	}
}

void poller_wake_at(struct poller *p, int64_t ns)
{
	struct itimerspec at = { 0 };

	if (ns == p->armed_ns)
		return;
	p->armed_ns = ns;
	if (ns != INT64_MAX) { /* zero would disarm it */
		at.it_value.tv_sec = ns > 0 ? ns / SECOND : 0;
		at.it_value.tv_nsec = ns > 0 ? ns % SECOND : 1;
	}
	timerfd_settime(p->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

int64_t poller_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec;
}
