/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a filter's program in user space: the instructions that the assembler makes, the helpers that
 * it calls, its maps. Every access is checked as the kernel's verifier would want it, so a program
 * that strays fails the test.
 */
#pragma once
#include "guard/filter/filter.h"
#include "unit/unit.h"

#include "abi/program.h"

enum { SIMULATE_STEPS_MAX = 100000 };
#define SIMULATE_TASK 0xffff888012345680 /* on whose behalf it runs */

/* FILTER_MAP_PROGRAMS: by process; those whose name is not known are not in it. */
enum { SIMULATE_PROGRAMS = 6 };
extern struct abi_program simulate_programs[SIMULATE_PROGRAMS];
/* FILTER_MAP_DESCENTS: those without a start are not in it. */
extern struct abi_descent simulate_descents[SIMULATE_PROGRAMS];
/* FILTER_MAP_GROUPS, by number. */
enum { SIMULATE_GROUPS = 4 };
extern struct abi_group simulate_groups[SIMULATE_GROUPS];

/* A verdict; of a decision point FILTER_EMIT to deny. room: FILTER_MAP_ROOM's value of room_size bytes. ret_steps may be NULL. */
enum filter_verdict simulate(const struct kernel_filter *f, void *room, size_t room_size,
			     struct filter_scratch *scratch, uint32_t *ret_steps);
