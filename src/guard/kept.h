/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes that the kernel did not tell of, since no rule could want what they ran, and keeps (abi/event.h): brought into
 * the table of processes when one of them does something that is told.
 */
#pragma once
#include "abi/record.h"

#include "abi/event.h"
#include "abi/kept.h"
#include "base/cleanup.h"
#include "guard/process_table.h"
#include "sensor/kept.h"

struct kept;

/* The table is borrowed, and so are the maps. */
int kept_new(struct kept **ret, struct sensor_kept maps, struct process_table *processes);
void kept_free(struct kept *k);
DEFINE_CLEANUP(struct kept *, kept_free)
#define cleanup_kept cleanup(kept_freep)

/* Before a record is taken that says ABI_EVENT_UNTOLD: its process and those above it, as they are at its time. */
int kept_bring(struct kept *k, const struct abi_event *record);
/*
 * The same of somebody else whom the record names by number: as it is in process namespace pidns, 0: in the first. Whoever is known by that number
 * and is another has ended.
 */
int kept_bring_other(struct kept *k, uint32_t number, uint32_t pidns, uint64_t time_ns);
/* The record has been taken: those whose end will not be told, since the kernel does not know that they were brought, leave again. */
void kept_done(struct kept *k);
/* Forgets those that ended before that time and have no child any more: all records from before then have been taken. */
int kept_sweep(struct kept *k, uint64_t before_ns);
