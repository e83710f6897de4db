/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service manager wants to know (sd_notify(3)): that the guard watches, and that it still does. Its watchdog is fed while
 * the engine makes turns, not merely while somebody lives who could say so.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct notifier {
	int fd;		 /* -1: nobody wants to know */
	uint32_t *beats; /* shared with the engine, which counts its turns; NULL: no memory for it */
	uint32_t seen;	 /* beats when the watchdog was fed last */
	int64_t interval_ns; /* how often it is fed; 0: there is none */
	int64_t fed_ns;
};

/* From the environment, which is cleared of it: the guard's children are not the service. Never fails. */
void notifier_init(struct notifier *n);
void notifier_deinit(struct notifier *n);

void notifier_ready(struct notifier *n, size_t rules);
void notifier_stopping(struct notifier *n);
/* Now and then: feeds the watchdog if the engine has made a turn since. */
void notifier_feed(struct notifier *n);
