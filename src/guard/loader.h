/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters from whoever makes them to whoever may load them: the engine reads hostile bytes and has no
 * privilege, so it hands its programs to the parent, one answer to each request. The parent trusts none
 * of it: a program may look into the maps of filters and call what sends records, and nothing else, so
 * the worst that it can do is to have too much told, or too little.
 */
#pragma once
#include "base/buf.h"
#include "guard/filter/filter.h"
#include "guard/live.h"
#include "sensor/program_load.h"

/* --- the engine's side ------------------------------------------------------------------------------- */

struct loader_client {
	int fd; /* owned */
};

/* Rows behind those of call_rows[]: of records of execs. */
enum loader_exec_row { LOADER_EXECVE, LOADER_EXECVEAT, LOADER_EXECS };
uint32_t loader_row_of(struct filter_target t);

/*
 * The row that the filter is for; put aside until loader_commit(). -errno: its calls go
 * without one, and are all told; -EPIPE: the parent is gone, or has closed the connection.
 */
int loader_add(struct loader_client *c, uint32_t row, const struct kernel_filter *f,
	       struct error *err);
/*
 * From now on those that were added since the last time are in force, and no others; and what these types of events
 * need is attached. -ENOTSUP: all of it, but that this kernel can't tell one of the types.
 */
int loader_commit(struct loader_client *c, const struct type_set *types, struct error *err);

/* --- the parent's side ------------------------------------------------------------------------------- */

struct loader;

/* fd: its end of the socket, which it takes over. */
int loader_new(struct loader **ret, int fd, struct live *live);
void loader_free(struct loader *l);
/* -1: it has ended. */
int loader_fd(const struct loader *l);
/* Takes what is there, never waits for more, and answers what is complete. */
void loader_take(struct loader *l);
DEFINE_CLEANUP(struct loader *, loader_free)
#define cleanup_loader cleanup(loader_freep)

/* What a request to add asks for. Maps point into the request, instructions are a copy. */
struct loader_filter {
	uint32_t row;
	struct sensor_reads reads;
	struct bpf_insn *insns;
	struct program_map maps[PROGRAM_MAPS_MAX];
	struct program_source source;
};
/* Of bytes that nobody vouches for, without the head that says how many. Deinit it in any case. */
int loader_read(const void *request, size_t size, struct loader_filter *ret, struct error *err);
void loader_filter_deinit(struct loader_filter *f);
#define cleanup_loader_filter cleanup(loader_filter_deinit)

/* What loader_add() sends, as loader_read() takes it. */
void loader_write(struct buf *to, uint32_t row, const struct kernel_filter *f);
