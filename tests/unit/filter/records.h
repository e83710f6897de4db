/* SPDX-License-Identifier: Apache-2.0 */
/* Random records as the kernel side makes them, and random rules about what they say. */
#pragma once
#include "guard/filter/filter.h"
#include "guard/process_table.h"
#include "guard/translate.h"
#include "simulate.h"
#include "unit/unit.h"

#include "abi/program.h"

struct record_room {
	struct abi_event ev;
	char data[ABI_EVENT_SIZE_MAX - sizeof(struct abi_event)];
};

/* Fills in a record of this target; nr: of its call, on this machine. */
void random_record(struct chance *c, struct filter_target target, int nr, struct record_room *r);

/* What the kernel says of the program of a call: what is known of its process, or nothing. */
/* What the kernel may keep of a process, or nothing. */
void random_kept_program(struct chance *c, struct abi_program *ret);
/* The same of one that user space knows: as it is, or nothing. */
void kept_program_of(struct chance *c, const struct process *p, struct abi_program *ret);
void random_program(struct chance *c, const struct process *p, struct record_room *r);
/* The same of from whom processes come, which links those that random_kept_program() makes. */
void random_kept_descent(struct chance *c, struct abi_descent *ret);
void kept_descent_of(struct chance *c, const struct process *p, struct abi_descent *ret);
/* Who the containers are that records are about, from now on. */
void random_containers(struct chance *c);
/* And what the kernel knows of their groups, or nothing; terms: also what they answer, NULL: not. */
void random_groups(struct chance *c, const struct container_terms *terms,
		   struct abi_group ret[SIMULATE_GROUPS]);

/* A rule's condition about events of this target, at most about a kilobyte. */
void random_kernel_condition(struct chance *c, struct filter_target target, int depth,
			     struct buf *out);

/* A table with processes that random records are about (and some are not). */
struct process_table *random_processes(void);
