/* SPDX-License-Identifier: Apache-2.0 */
/* Events as they happen: joins the sensor with what is known of processes and containers. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi/record.h"

#include "abi/event.h"
#include "abi/kept.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "event/event.h"
#include "guard/call_table.h"
#include "guard/facts.h"
#include "sensor/stream.h"

struct container_terms;
struct domain_table;
struct live;

struct live_options {
	char *const *containers; /* ids or names of running ones */
	size_t container_count;
	bool all_containers; /* of this machine, and those to come */
	char **command;	     /* NULL: none; started in a control group of its own */
	uint32_t ring_size;  /* bytes, a power of two; 0: a default */
	/* Bytes of calls per second that a container may tell; 0: a default, LIVE_UNLIMITED: any. */
	uint64_t budget;
	const struct type_set *want; /* event types; NULL: all */
	/* Calls are looked at even while none is wanted: whoever drains may not be able to attach. */
	bool calls;
	bool denials; /* what the kernel denies by rules is told too: to one process at a time */
	uint32_t filter_scratch; /* bytes that filters work in; 0: there will be none */
};

#define LIVE_UNLIMITED UINT64_MAX

/*
 * If it is not said what, everything on this machine is watched. Begins at once, but for the command; who runs already,
 * and which of the containers is to be watched, live_look() finds out.
 */
int live_new(struct live **ret, const struct live_options *o, struct error *err);
/* Once, before events are drained: may be in a process that attaches nothing. The same options. */
int live_look(struct live *l, const struct live_options *o, struct error *err);
/* From now on /proc is read by how, which is borrowed; facts_direct before. */
void live_read_by(struct live *l, const struct facts *how);
/* Addresses have the names of this table, which is borrowed. */
void live_know(struct live *l, const struct domain_table *domains);
/* Starts the command, if there is one. */
int live_start(struct live *l, struct error *err);
/* Nothing is told of this process, which must be one of the guard's own; there is room for a few. */
void live_spare(struct live *l, pid_t pid);
void live_unspare(struct live *l, pid_t pid); /* that process is gone */
void live_free(struct live *l);
DEFINE_CLEANUP(struct live *, live_free)
#define cleanup_live cleanup(live_freep)

/*
 * Which event types are yielded from now on; NULL: all. What is wanted before and after is told in
 * between too, so rules may be exchanged under it. The kernel looks at nothing else.
 */
int live_want(struct live *l, const struct type_set *types, struct error *err);

/*
 * Filters that are made at run time (guard/filter). Loading needs privilege; *ret_fd is the caller's. From
 * live_filter() on, a program looks at the records of all calls of the row; -1: they are all told.
 */
int live_load_filter(struct live *l, const struct program_source *p, int *ret_fd,
		     struct error *err);
int live_filter(struct live *l, const struct call_row *row, int fd, struct sensor_reads reads);
/* The same for records of execve, and of execveat. */
int live_load_exec_filter(struct live *l, const struct program_source *p, int *ret_fd,
			  struct error *err);
int live_filter_exec(struct live *l, bool at, int fd);
/* Whether births, ends, and execs that no filter wants, are kept by the kernel until a process does something that is told. */
void live_keep(struct live *l, bool on);
/*
 * What filters that are made from now on ask of containers; borrowed until the next call, NULL: nothing. The kernel is told the answers
 * of each when something happens there.
 */
void live_ask_of_containers(struct live *l, const struct container_terms *terms);
/* What else has to be attached for these types, by whoever may. -ENOTSUP: the kernel can't tell one of them. */
int live_attach(struct live *l, const struct type_set *types, struct error *err);
/* Whether events have paths as the kernel resolved them. */
bool live_tells_paths(const struct live *l);

/*
 * While an event is handed over: what was run where it happened and not told, in any order (ran.args: the first is the
 * program's own name for itself). For so long after it whatever is run there is told; 0: as before.
 */
size_t live_ran(struct live *l, uint64_t tell_ns, struct abi_ran ret[ABI_RAN_LINES]);

/* NULL: none, or not known. */
const struct event_container *live_container_of(const struct live *l, uint32_t pid);

/* Readable when something happened. */
int live_fd(const struct live *l);

/*
 * Hands the events that are there to fn, which may keep nothing of it; a negative errno ends that. Under
 * a flood it returns 1 before the end, with live_fd() still readable.
 */
typedef int (*live_event_fn)(const struct event *ev, void *arg);
int live_drain(struct live *l, live_event_fn fn, void *arg);
/* The same for an end: all that is there now, and little of what comes meanwhile. */
int live_drain_all(struct live *l, live_event_fn fn, void *arg);

/* True once the command has ended and so has all that it started. */
bool live_is_over(struct live *l);

/* What was lost is counted by reason: the ring was full, or the container had told too much. */
struct live_lost {
	uint64_t ring, budget;
	uint64_t life; /* births, execs and deaths, which are lost only to a full ring; made up for by a look at /proc */
};

struct live_stats {
	uint64_t dropped,
		malformed; /* records that were lost, of all reasons; that made no sense */
	struct live_lost lost;
	uint64_t looked_at; /* records of calls that the kernel made; what no rule wants it does not tell */
	uint64_t remembered; /* of these, opens that it had asked about before */
	struct {
		uint64_t full, large;
	} not_kept; /* births and execs that were told because there was no room for them */
	size_t processes;
};
int live_statistics(const struct live *l, struct live_stats *ret);

/* What one container, or another control group, has told and lost. */
struct live_load {
	const struct event_container *container; /* NULL: it is none */
	struct text
		group; /* path of the control group; without data: all that could not be told apart */
	uint64_t told;
	struct live_lost lost;
	bool ended; /* it is gone: told of until live_forget_ended() */
};
/* Until fn returns anything but 0, which is passed on. */
typedef int (*live_load_fn)(const struct live_load *load, void *arg);
int live_loads(struct live *l, live_load_fn fn, void *arg);
/* Those that have ended: once everybody who tells of loads has. Of more than 256 the oldest are forgotten without. */
void live_forget_ended(struct live *l);
