/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits to be sent, on disk, in order: survives SIGKILL, and once it is synced, the power cord.
 * A folder of its own with files of about a megabyte, named after the number of their first record; a
 * cursor says up to which number all is delivered, and may lag behind: what is read again was sent
 * before, and the receiver knows it by its uuid.
 */
#pragma once
#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"

struct spool;

/* max_bytes: beyond, the oldest records are given up. -EBUSY: another process has it. */
int spool_open(struct spool **ret, const char *dir, uint64_t max_bytes, struct error *err);
void spool_close(struct spool *s);

/* -ENOSPC and others: it is not in the spool, which is as it was. */
int spool_add(struct spool *s, struct text payload);
/* What was added is on the disk. */
int spool_sync(struct spool *s);

/*
 * Appends the payload of the first record whose number is *seq or greater to out, and sets *seq to its
 * number. 1: there is none.
 */
int spool_read(struct spool *s, uint64_t *seq, struct buf *out);
/* The first that is not delivered, and the one after the last: how many wait is the difference. */
uint64_t spool_first(const struct spool *s);
uint64_t spool_end(const struct spool *s);
/* All below seq is delivered. */
void spool_done(struct spool *s, uint64_t seq);

uint64_t spool_bytes(const struct spool *s);
/* Records that were deleted because of max_bytes. */
uint64_t spool_given_up(const struct spool *s);
/* Places where a file was not as it was written: the records behind them are lost. */
uint64_t spool_damaged(const struct spool *s);
