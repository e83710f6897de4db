/* SPDX-License-Identifier: Apache-2.0 */
/* UUIDs of version 7 (RFC 9562, section 5.7): unique without a register, and sorted by time. */
#pragma once
#include <stdint.h>

enum { UUID_TEXT_SIZE = 37 };

/* wall_ns: nanoseconds since 1970. Lower case, with dashes and a NUL. */
void uuid_make(int64_t wall_ns, char out[UUID_TEXT_SIZE]);
