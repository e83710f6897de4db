/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors and one timer behind a single descriptor, which sits in somebody else's loop. */
#pragma once
#include <stdint.h>

#include "base/error.h"

struct poller {
	int epoll, timer;
	int64_t armed_ns; /* what the timer is set to; INT64_MAX: to nothing */
};

/* Embedded by who waits; ready() may remove and free it. */
struct watch {
	void (*ready)(struct watch *w, uint32_t events);
};

#define POLLER_INIT ((struct poller){ -1, -1, INT64_MAX })

int poller_init(struct poller *p, struct error *err);
void poller_deinit(struct poller *p);
/* Adds a descriptor, or changes what is waited for (EPOLLIN...). -EPERM: one that is always ready. */
int poller_set(struct poller *p, int fd, uint32_t events, struct watch *w);
void poller_remove(struct poller *p, int fd);
/* Calls ready() for what is; a bounded number of times. */
void poller_turn(struct poller *p);
/* The descriptor becomes readable then (of poller_now()), at once if that has passed. */
void poller_wake_at(struct poller *p, int64_t ns);

/* A clock that never goes back, in nanoseconds. */
int64_t poller_now(void);
