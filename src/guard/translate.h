/* SPDX-License-Identifier: Apache-2.0 */
/* From a record of the kernel to an event that rules look at. Pure: no kernel, no clock. */
#pragma once
#include "guard/call_table.h"
#include "guard/process_table.h"

struct domain_table;
struct translator;

/* calls and processes must live as long as it. */
int translator_new(struct translator **ret, const struct call_table *calls,
		   struct process_table *processes, int64_t boot_offset_ns);
void translator_free(struct translator *x);
/* Events of other types are not yielded any more; NULL: of none are left out. */
void translator_want(struct translator *x, const struct type_set *types);
/* Addresses of events have the names of this table, which is borrowed; NULL: none. */
void translator_know(struct translator *x, const struct domain_table *domains);
DEFINE_CLEANUP(struct translator *, translator_free)
#define cleanup_translator cleanup(translator_freep)

/*
 * Takes a checked record in: 1: *ev is filled, and lives until the next call; 0: it is not an event, or
 * not of a watched control group; -errno. After an event of an exit say translator_done().
 */
int translator_take(struct translator *x, const struct abi_event *record, struct event *ev);
/* Lets go of what ended with the record. */
void translator_done(struct translator *x, const struct abi_event *record);
