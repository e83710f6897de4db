/* SPDX-License-Identifier: Apache-2.0 */
/* Which calls belong to which decision point, for kernels that ask nobody before (bpf/stop.bpf.c). */
#pragma once
#include <stdint.h>

#include "abi/record.h"

#include "abi/event.h"

#include "abi/deny.h"

/* The map stop_calls: entries of these points (bit per enum abi_deny_hook), by table * ABI_CALL_NR_MAX + nr. */
enum { STOP_CALL_SLOTS = ABI_TABLES * ABI_CALL_NR_MAX };
void stop_calls_fill(struct abi_stop_call calls[STOP_CALL_SLOTS], uint64_t points);
