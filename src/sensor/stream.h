/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live events of the kernel as records (abi/event.h), in the order in which they happened. What finds
 * the ring full is counted, never waited for: nothing here slows a workload down.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "abi/record.h"

#include "abi/event.h"
#include "abi/group.h"
#include "abi/kept.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "sensor/kept.h"
#include "sensor/program_load.h"

struct sensor_stream;

struct sensor_stream_options {
	uint32_t hierarchy;	/* of identity/cgroup.h */
	const char *controller; /* its v1 controller, "" for v2 */
	const char *unified;	/* where a v2 hierarchy is mounted, "": nowhere */
	bool everything;	/* every control group is watched */
	bool newborn;		/* those made from now on are watched from their birth */
	uint32_t ring_size;	/* bytes; a power of two, at least a page; 0: a default */
	/* Bytes per second that the calls of one group, or of all that share its budget, may take; 0: any. */
	uint64_t budget;
	bool calls;   /* looked at even while none has a plan */
	bool denials; /* what is denied (deny.h) is told too; it is told to one */
	const struct abi_event_plan *plans; /* SENSOR_PLANS of them, as sensor_stream_plan() has it */
	uint32_t filter_scratch;	    /* bytes that filters work in; 0: there are none */
};

/* Plans are by table * ABI_CALL_NR_MAX + nr. */
enum { SENSOR_PLANS = ABI_TABLES * ABI_CALL_NR_MAX };

/* Loads and attaches; records begin to come. Ends with this process. Needs Linux 5.8. */
int sensor_stream_new(struct sensor_stream **ret, const struct sensor_stream_options *o,
		      struct error *err);
void sensor_stream_free(struct sensor_stream *s);
DEFINE_CLEANUP(struct sensor_stream *, sensor_stream_free)
#define cleanup_sensor_stream cleanup(sensor_stream_freep)

/*
 * Which calls are told from now on, while records go on to come: those that are told before and after
 * are told in between. System calls are looked at only if there is a plan for any.
 */
int sensor_stream_plan(struct sensor_stream *s, const struct abi_event_plan plans[SENSOR_PLANS]);

/*
 * Whether checks of capabilities are told (ABI_NR_CAPABILITY, if it has a plan): the hook is taken away while nobody
 * asks. -ENOTSUP: the kernel has none. sensor_stream_plan() sees to it unless options.calls is set.
 */
int sensor_stream_capabilities(struct sensor_stream *s, bool wanted);
/* The same of parameters of the kernel that are written (ABI_NR_SYSCTL). -ENOTSUP: no v2 hierarchy is mounted. */
int sensor_stream_sysctls(struct sensor_stream *s, bool wanted);

/*
 * Loads a program for sensor_stream_filter(): its first maps are the room that records are made in, what
 * it works in, the program array where ABI_FILTER_SEND sends, and what processes run. *ret_fd is the caller's.
 */
enum { SENSOR_FILTER_MAPS = 6 };
int sensor_stream_load(struct sensor_stream *s, const struct program_source *p, int *ret_fd,
		       struct error *err);
/* The same for sensor_stream_filter_exec(): it sends by ABI_EXEC_FILTER_SEND. */
int sensor_stream_load_exec(struct sensor_stream *s, const struct program_source *p, int *ret_fd,
			    struct error *err);
/* From now on it looks at the records of execve, or of execveat; -1: none does. */
int sensor_stream_filter_exec(struct sensor_stream *s, bool at, int fd);
/*
 * Whether births, execs and ends of processes are kept (map kept, see sensor/kept.h) where no filter of execs wants them; at
 * first they are all told.
 */
void sensor_stream_keep(struct sensor_stream *s, bool on);
/* User space has looked who there is: the ends of all who were born before are told of. */
void sensor_stream_looked(struct sensor_stream *s);
struct sensor_kept sensor_stream_kept(const struct sensor_stream *s);
/*
 * What was run last in the control groups that share this one's budget, of what was kept, in any order; returns how many, 0 if nothing
 * is known. From now on, until until_ns (CLOCK_BOOTTIME; 0: as before), whatever is run there is told.
 */
size_t sensor_stream_ran(struct sensor_stream *s, uint64_t cgroup_id, uint64_t until_ns,
			 struct abi_ran ret[ABI_RAN_LINES]);
/* What a filter of a call that makes a descriptor looks at. */
struct sensor_reads {
	bool paths; /* arguments that are paths; if not, they are filled in only if the record is sent */
	bool early; /* it says where it drops by what ABI_PLAN_REMEMBER names, with these arguments */
	uint8_t args[2];
};
/* From now on it looks at the records of that call; -1: none does, all are sent. By the number of the plan. */
int sensor_stream_filter(struct sensor_stream *s, uint32_t plan, int fd, struct sensor_reads reads);
/* Whether what paths lead to is told (ABI_EVENT_PATHS). */
bool sensor_stream_tells_paths(const struct sensor_stream *s);

/* From now on calls of this control group, and of those made below it later, are told. */
int sensor_stream_watch(struct sensor_stream *s, uint64_t cgroup_id);
int sensor_stream_unwatch(struct sensor_stream *s, uint64_t cgroup_id);
/* The group uses the budget of payer, which may be itself; so do those made below it later. */
int sensor_stream_pay(struct sensor_stream *s, uint64_t cgroup_id, uint64_t payer);
/*
 * What rules ask of the container that the group is in (struct abi_group); so it is for those made below it later. Of a group that is
 * not there, or that nobody asked to be told of, nothing is known: -ENOENT.
 */
int sensor_stream_answer(struct sensor_stream *s, uint64_t cgroup_id, uint32_t numbering,
			 uint64_t yes, uint64_t no);
/* The group was removed: what was counted for it is forgotten. */
void sensor_stream_forget(struct sensor_stream *s, uint64_t cgroup_id);

/* Nothing is told of this process; there is room for ABI_SPARED_MAX of them. */
void sensor_stream_spare(struct sensor_stream *s, uint32_t tgid);
void sensor_stream_unspare(struct sensor_stream *s, uint32_t tgid); /* that process is gone */

/* Readable when there are records. */
int sensor_stream_fd(const struct sensor_stream *s);

enum { SENSOR_STREAM_TURN = 8192 };

/*
 * Hands the records that are there to fn, SENSOR_STREAM_TURN at most and for a quarter of a second: under a flood there
 * would be no end. Until one returns a negative errno (but not ECANCELED), which is passed on. 1: there may be more.
 */
typedef int (*sensor_record_fn)(const struct abi_event *ev, void *arg);
int sensor_stream_drain(struct sensor_stream *s, sensor_record_fn fn, void *arg);

struct sensor_stream_stats {
	uint64_t dropped[ABI_DROPS]; /* records that were lost, by enum abi_drop */
	uint64_t malformed;	     /* records that made no sense: a bug */
	uint64_t looked_at;  /* calls that somebody may want, whether or not they were told */
	uint64_t remembered; /* of these, opens that their filter was not asked about again */
	uint64_t not_kept[ABI_KEEPS];
};
int sensor_stream_statistics(const struct sensor_stream *s, struct sensor_stream_stats *ret);

/*
 * What each group has told and lost, by the group that pays; 0: those that the kernel had no room to
 * count by themselves. False if there is nothing about it.
 */
bool sensor_stream_budget(const struct sensor_stream *s, uint64_t cgroup_id,
			  struct abi_budget *ret);
/* Until fn returns anything but 0, which is passed on. */
typedef int (*sensor_budget_fn)(uint64_t cgroup_id, const struct abi_budget *b, void *arg);
int sensor_stream_budgets(const struct sensor_stream *s, sensor_budget_fn fn, void *arg);
