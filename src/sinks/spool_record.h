/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record of a spool file: a header, then the payload. Numbers are as this machine writes them: a
 * spool is read where it was written.
 */
#pragma once
#include "base/buf.h"
#include "base/text.h"

#define SPOOL_MAGIC 0x3150534dU /* "MSP1" */
enum { SPOOL_PAYLOAD_MAX = 512 << 10 };

struct spool_header {
	uint32_t magic, len;
	uint64_t seq; /* one more than that of the record before, in all of the spool */
	uint64_t sum; /* of seq and payload */
};
_Static_assert(sizeof(struct spool_header) == 24, "as it is in files");

/* Appends a record to out. */
void spool_record_add(struct buf *out, uint64_t seq, struct text payload);
/*
 * The record that segment begins with: how many bytes it has, its number and its payload. 0: there
 * is no whole one (the end, or what a crash has left, or damage).
 */
size_t spool_record_read(struct text segment, uint64_t *ret_seq, struct text *ret_payload);
