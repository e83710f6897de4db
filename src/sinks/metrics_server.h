/* SPDX-License-Identifier: Apache-2.0 */
/* "/metrics" and "/healthz" on a local port, answered from within somebody's poller. */
#pragma once
#include "sinks/metrics.h"
#include "sinks/poller.h"

struct metrics_server;

struct metrics_source {
	/* Adds what there is to tell; called for each request. */
	void (*fill)(void *context, metric_list *list);
	/* NULL: all is well; else what is not, for the one who asks. */
	const char *(*health)(void *context);
	void *context;
};

/*
 * Listens at "PORT" (of 127.0.0.1), "ADDRESS:PORT" or "[ADDRESS]:PORT"; port 0 is any that is free.
 * -EINVAL: that is no address. Connections, their memory and their time are bounded.
 */
int metrics_server_new(struct metrics_server **ret, const char *address,
		       const struct metrics_source *source, struct poller *poller,
		       struct error *err);
void metrics_server_free(struct metrics_server *m);
uint16_t metrics_server_port(const struct metrics_server *m);
/* Does what is due; when it wants to be called next, of poller_now() (INT64_MAX: when it is ready). */
int64_t metrics_server_turn(struct metrics_server *m, int64_t now_ns);
