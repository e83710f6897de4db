/* SPDX-License-Identifier: Apache-2.0 */
/* A part of a file as a stream of bytes, inflated on the way if it is compressed by gzip or zstd. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"

struct bytes;

/*
 * size bytes of fd from offset on; fd is borrowed. At most limit bytes come out of it, whatever it says
 * that it inflates to. NULL: out of memory.
 */
struct bytes *bytes_open(int fd, uint64_t offset, uint64_t size, uint64_t limit);
struct bytes *bytes_close(struct bytes *b);

/* As read(): fewer only at the end. -errno: -EFBIG beyond the limit, -EINVAL for what is broken or compressed otherwise. */
ssize_t bytes_read(struct bytes *b, void *out, size_t size);
/* Without keeping it; -errno. */
int bytes_skip(struct bytes *b, uint64_t size);

DEFINE_CLEANUP(struct bytes *, bytes_close)
#define cleanup_bytes cleanup(bytes_closep)
