/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who runs on this machine, and who descends from whom: fed by records of forks, execs and exits, and
 * by /proc for those that were there before. Pure: no kernel, no clock.
 *
 * A process that has ended stays as the parent of those that it left behind, because that is what
 * rules ask for; its own dead parent is passed over then, so that lines don't grow without end.
 * Every change gives the process a version that no process ever had.
 */
#pragma once
#include "abi/record.h"

#include "abi/event.h"
#include "base/cleanup.h"
#include "event/event.h"
#include "guard/process_facts.h"

struct process_table;

/*
 * Whose control group is this? NULL: nobody's, the host. What it yields lives as long as the table. so_far: what a
 * process was in before, which is the answer where nothing is known of the group: a container can make groups faster
 * than we are told of them, and must not look like the host in one.
 */
typedef const struct event_container *(*process_container_fn)(uint64_t cgroup,
							      const struct event_container *so_far,
							      void *arg);

/* boot_offset_ns: what makes a CLOCK_BOOTTIME stamp one since 1970. */
int process_table_new(struct process_table **ret, int64_t boot_offset_ns, process_container_fn fn,
		      void *arg);
void process_table_free(struct process_table *t);
DEFINE_CLEANUP(struct process_table *, process_table_free)
#define cleanup_process_table cleanup(process_table_freep)

/* Fills in names of the users of p by its ids, pid and container; what they are lives as long as that container. */
typedef void (*process_users_fn)(struct process *p, void *arg);
void process_table_set_users(struct process_table *t, process_users_fn fn, void *arg);

/* NULL: not known. Valid until the next change of the table. */
const struct process *process_table_find(const struct process_table *t, uint32_t pid);
/* Who has the number vpid where process pid is; NULL: nobody that we know of. */
const struct process *process_table_find_inside(const struct process_table *t, uint32_t pid,
						uint32_t vpid);
size_t process_table_count(const struct process_table *t);

/* Adds the process or says anew what it is; its parent is looked up now. */
int process_table_put(struct process_table *t, const struct process_facts *f);
/* Looks up parents again: after many were put in any order. */
void process_table_relate(struct process_table *t, uint32_t pid, uint32_t parent);

/* As put, but leaves alone what is known of that very process and program already. */
int process_table_put_missing(struct process_table *t, const struct process_facts *f);
/* The container is gone: nobody is in it any more. */
void process_table_forget_container(struct process_table *t, const struct event_container *c);
/* Removes those of whom lives says false. */
typedef bool (*process_lives_fn)(const struct process *p, void *arg);
void process_table_sweep(struct process_table *t, process_lives_fn lives, void *arg);

/* Takes in what a checked record says: forks and execs change the table, others what they know. */
int process_table_apply(struct process_table *t, const struct abi_event *ev);
/*
 * What the kernel kept of a process instead of telling it; older than what is known of the process, it changes nothing. One
 * that has ended is only somebody's ancestor: process_table_let_go() when those below it have been brought.
 */
struct process_kept {
	const struct abi_event *record; /* checked, of the kind EXEC */
	const struct process
		*above;	  /* who made it; NULL: whoever has the number that the record says */
	uint32_t threads; /* beside the first */
	bool ended;
};
int process_table_bring(struct process_table *t, const struct process_kept *k,
			const struct process **ret);
void process_table_let_go(const struct process *p);
/* Whether it is known; start_ns: CLOCK_BOOTTIME. */
bool process_table_has(const struct process_table *t, uint32_t pid, uint64_t start_ns);
/* The process namespace that numbers mean which pid says; 0: the first. */
uint32_t process_table_namespace(const struct process_table *t, uint32_t pid);
/* The number, in that process namespace (0: the first), is pid's: whoever else had it has ended, and nothing told so. */
void process_table_renumber(struct process_table *t, uint32_t pidns, uint32_t number, uint32_t pid);
/* It ended, and nothing told so; start_ns: CLOCK_BOOTTIME. */
void process_table_end(struct process_table *t, uint32_t pid, uint64_t start_ns);
/*
 * Somebody made that call of whom nothing else is known, and who has ended: its ids and its container are better than nobody,
 * who would look like the host. To be removed after the record.
 */
int process_table_stand_in(struct process_table *t, const struct abi_event *ev);
/* A chdir() succeeded. */
int process_table_set_cwd(struct process_table *t, uint32_t pid, struct text cwd);
/* It ended. */
void process_table_remove(struct process_table *t, uint32_t pid);
