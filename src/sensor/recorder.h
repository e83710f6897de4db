/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recording in the kernel: its programs, its maps, and their life.
 *
 * Everything is pinned below one directory of a BPF file system, so a recording goes on when the
 * process that started it dies, and any later process can adopt, read or end it.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi/record.h"
#include "base/cleanup.h"
#include "base/error.h"

struct recorder;

/* How things are observed, by what the kernel allows: the rungs of the ladder. */
enum recorder_rung {
	RECORDER_RUNG_AUTO,
	RECORDER_RUNG_FENTRY,
	RECORDER_RUNG_KPROBE,
	RECORDER_RUNG_TRACEPOINT,
};

struct recorder_options {
	uint32_t hierarchy;	 /* of identity/cgroup.h */
	const char *controller;	 /* its v1 controller, "" for v2 */
	bool watch_new;		 /* every control group born from now on becomes a cell */
	unsigned containers;	 /* how many to make room for; sets every map's size */
	enum recorder_rung rung; /* AUTO, or the best one that may be used (for tests) */
};

/* Which hooks a recording uses: said in the profile, because they decide what can be seen. */
struct recorder_hooks {
	char files[32], capabilities[32];
};

/*
 * Loads, attaches and pins below a new directory pin_dir. After it returns every new member of a
 * watched cell is followed; nothing is watched yet unless watch_new.
 */
int recorder_start(struct recorder **ret, const char *pin_dir,
		   const struct recorder_options *options, struct error *err);

/* Opens a recording that another process started. */
int recorder_adopt(struct recorder **ret, const char *pin_dir, struct error *err);

/* Lets go of it; what is pinned goes on. */
void recorder_free(struct recorder *r);
DEFINE_CLEANUP(struct recorder *, recorder_free)
#define cleanup_recorder cleanup(recorder_freep)

/* Ends the recording below pin_dir: nothing stays attached. Works without a struct recorder. */
int recorder_end(const char *pin_dir, struct error *err);

const struct recorder_hooks *recorder_hooks(const struct recorder *r);

/* --- cells and tasks ---------------------------------------------------------------------------- */

int recorder_watch(struct recorder *r, uint64_t cgroup_id, const struct abi_cell *cell);
/* Forgets the cell and its tasks; facts that it has already learned stay until they are dropped. */
int recorder_ignore(struct recorder *r, uint64_t cgroup_id);
int recorder_add_task(struct recorder *r, pid_t tid, const struct abi_task *task);
bool recorder_has_task(struct recorder *r, pid_t tid);

/* --- reading ------------------------------------------------------------------------------------ */

enum recorder_map {
	RECORDER_CELLS,
	RECORDER_TASKS,
	RECORDER_ACTORS,
	RECORDER_EXES,
	RECORDER_CALLS,
	RECORDER_ARGS,
	RECORDER_ARG_RANGES, /* values: one struct abi_arg_range per possible CPU */
	RECORDER_CAPS,
	RECORDER_FILES,
	RECORDER_LONG_FILES,
	RECORDER_PEERS,
	RECORDER_MAPS
};

/* All entries of a map at about one moment; keys and values lie side by side. */
struct recorder_dump {
	size_t count, key_size, value_size;
	char *keys, *values;
};
int recorder_dump(struct recorder *r, enum recorder_map map, struct recorder_dump *ret);
void recorder_dump_deinit(struct recorder_dump *d);
#define cleanup_dump cleanup(recorder_dump_deinit)

static inline const void *recorder_dump_key(const struct recorder_dump *d, size_t i)
{
	return d->keys + i * d->key_size;
}
static inline const void *recorder_dump_value(const struct recorder_dump *d, size_t i)
{
	return d->values + i * d->value_size;
}

/* Removes one entry (the facts of a container whose profile has been written). */
void recorder_forget(struct recorder *r, enum recorder_map map, const void *key);

/* Losses that could not be charged to a cell. */
int recorder_losses(struct recorder *r, uint64_t ret[ABI_LOSSES]);

/* How full each map is allowed to get. */
uint32_t recorder_capacity(const struct recorder *r, enum recorder_map map);

/* --- notices ------------------------------------------------------------------------------------ */

typedef void (*recorder_notice_fn)(const struct abi_notice *notice, void *arg);

/* A descriptor that is readable when there are notices. */
int recorder_poll_fd(const struct recorder *r);
/* Hands every waiting notice to fn. */
int recorder_drain(struct recorder *r, recorder_notice_fn fn, void *arg);

/* CLOCK_BOOTTIME in nanoseconds: what facts are stamped with. */
uint64_t recorder_now_ns(void);
