/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that deny: loading, attaching, pinning. What is pinned goes on without any process of ours,
 * and is found again by the next:
 *
 *   DIR/places, outsiders, strays, state, counts, events   maps that stay as they are when rules change
 *   DIR/begun                                      the same: who has to be looked at
 *   DIR/kept                                       the same: where the guard that runs keeps processes
 *   DIR/set/                                       of the rules in force: links, program arrays; maps classes,
 *                                                  members, rule_counts
 *
 * A new set is attached beside the old one before that is removed: there is no moment without. DIR is in
 * a BPF file system, which containers don't have; undoing it takes root outside of them.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sensor/deny_form.h"
#include "sensor/program_load.h"

#define SENSOR_DENY_DIR "/sys/fs/bpf/merlon/deny"

/* The function that asks, of each decision point: security_NAME(). */
extern const char *const sensor_deny_hooks[ABI_DENY_HOOKS];

struct sensor_deny_options {
	uint32_t hierarchy;	 /* of identity/cgroup.h */
	const char *controller;	 /* its v1 controller, "" for v2 */
	uint64_t hooks;		 /* bit per enum abi_deny_hook */
	unsigned forms;		 /* that may serve them: bit per enum sensor_deny_form */
	uint32_t scratch_size;	 /* what filters work in, per room */
	bool newborn;		 /* control groups made from now on are looked at */
	enum abi_deny_mode mode; /* at most that, of places that have none of their own */
	uint64_t set;		 /* what records call the rules by */
};

struct sensor_deny;

/* Loads, and attaches nothing. -ENOTSUP: this kernel has none of the forms. */
int sensor_deny_new(struct sensor_deny **ret, const struct sensor_deny_options *o,
		    struct error *err);
void sensor_deny_free(struct sensor_deny *d);
DEFINE_CLEANUP(struct sensor_deny *, sensor_deny_free)
#define cleanup_sensor_deny cleanup(sensor_deny_freep)

/* Of options.hooks those that this kernel does not have: they are left out. */
uint64_t sensor_deny_missing(const struct sensor_deny *d);
/* Those that are asked: neither missing, nor asked about only what others are asked about too. */
uint64_t sensor_deny_asked(const struct sensor_deny *d);
/* Those that are served by a signal when it has been done. */
uint64_t sensor_deny_stops(const struct sensor_deny *d);

/* Maps that the filter of a hook shares with its programs. */
struct sensor_deny_maps {
	int rooms, scratch, calls;
};
struct sensor_deny_maps sensor_deny_maps(const struct sensor_deny *d, enum abi_deny_hook hook);
/* Loads the filter of a hook: *s without type and place, which are the hook's. */
int sensor_deny_filter(struct sensor_deny *d, enum abi_deny_hook hook, struct program_source *s,
		       struct error *err);
/* Attaches the set and pins it; the set before ends. If it fails that one stays. */
int sensor_deny_start(struct sensor_deny *d, struct error *err);
/* Of processes of containers (those that are members, or placed) that nobody saw begin: what they run. Once it is started. */
int sensor_deny_learn_running(struct sensor_deny *d, struct error *err);

/* --- what is to happen where ------------------------------------------------------------------------- */

/* Which containers there are, and of which class each is, in the set that is in force; or in one before it is. */
struct sensor_deny_members {
	int places, members, classes; /* maps, owned */
};
int sensor_deny_members(struct sensor_deny_members *ret, struct error *err);
int sensor_deny_members_of(const struct sensor_deny *d, struct sensor_deny_members *ret,
			   struct error *err);
void sensor_deny_members_close(struct sensor_deny_members *m);
#define cleanup_sensor_deny_members cleanup(sensor_deny_members_close)
#define SENSOR_DENY_MEMBERS_NONE ((struct sensor_deny_members){ -1, -1, -1 })

/* What applies in a class at a point; -errno. */
int sensor_deny_class(const struct sensor_deny_members *m, uint64_t class, enum abi_deny_hook point,
		      const struct abi_deny_class *what);
/* The group is of that class. */
int sensor_deny_member(const struct sensor_deny_members *m, uint64_t cgroup, uint64_t class);
/* The group is a container's that has started, in the mode that the settings say. */
int sensor_deny_place(const struct sensor_deny_members *m, uint64_t cgroup);
/* Groups in which a container's program has begun; -errno. */
int sensor_deny_each_place(const struct sensor_deny_members *m,
			   void (*fn)(uint64_t cgroup, void *arg), void *arg);
/* Whether somebody has said of which class the group is. */
bool sensor_deny_has_class(const struct sensor_deny_members *m, uint64_t cgroup);
/* It is none after all: nothing is denied there. */
int sensor_deny_unplace(const struct sensor_deny_members *m, uint64_t cgroup);

/* Groups in which a container's program begins from now on: told to one listener. */
struct sensor_deny_news;
typedef void (*sensor_deny_begun_fn)(uint64_t cgroup, void *arg);
/* ring: of sensor_deny_begun(), borrowed. -errno. */
int sensor_deny_news_new(struct sensor_deny_news **ret, int ring, sensor_deny_begun_fn fn,
			 void *arg);
void sensor_deny_news_free(struct sensor_deny_news *n);
/* Waits that long for some, and hands them over; -errno. */
int sensor_deny_news_wait(struct sensor_deny_news *n, int timeout_ms);

/* What is pinned of the set that is in force, held: it goes on even if somebody removes a pin. */
struct sensor_deny_pins;
int sensor_deny_pins_hold(struct sensor_deny_pins **ret, struct error *err);
void sensor_deny_pins_free(struct sensor_deny_pins *p);
/* Pins anew what was missing the last time too; how many. Not while another set takes the place of this one. */
uint32_t sensor_deny_pins_mend(struct sensor_deny_pins *p);

/* Tells the programs what the guard's own files are; again after any of its directories was made anew. */
int sensor_deny_guard_own(void);

/* --- what is pinned --------------------------------------------------------------------------------- */

struct sensor_deny_status {
	bool active; /* a set is attached */
	enum abi_deny_mode mode;
	uint64_t hooks;		       /* that are asked */
	uint8_t forms[ABI_DENY_HOOKS]; /* enum sensor_deny_form: how */
	uint32_t started, born, outsiders, strays;
	struct abi_deny_count counts[ABI_DENY_HOOKS];
};
int sensor_deny_status(struct sensor_deny_status *ret, struct error *err);
/*
 * Each pin: its name below SENSOR_DENY_DIR, and the kernel's number of what it leads to, which no other has while the machine runs;
 * 0: nothing that is in use. -ENOENT: nothing is pinned, or no set.
 */
typedef void (*sensor_deny_pin_fn)(const char *name, uint32_t id, void *arg);
int sensor_deny_each_pin(sensor_deny_pin_fn fn, void *arg);
/* Of each rule of the set in force: ABI_DENY_HOOKS * ABI_DENY_RULES of them. -ENOENT: there is none. */
int sensor_deny_rule_counts(struct abi_deny_rule_count *ret, struct error *err);
/* -ENOENT: there is nothing. */
int sensor_deny_set_mode(enum abi_deny_mode mode, struct error *err);
/* How often a process has left its container's control groups for others since there is a set; 0: nothing is pinned. */
uint64_t sensor_deny_strayed(void);
/* Removes everything: nothing is denied any more. -ENOENT: nothing was. */
int sensor_deny_end(struct error *err);
/* The ring of denials, made if it is not there; -errno. The caller's. */
int sensor_deny_ring(void);
/*
 * What the guard that calls it keeps of processes (abi/kept.h), by its map, for what denies now or later: a process that is denied
 * something becomes known. The map stays there until another guard's takes its place. -errno.
 */
int sensor_deny_keep(int kept);
/* The ring of control groups in which containers' programs have begun, as sensor_deny_ring(). */
int sensor_deny_begun(void);
