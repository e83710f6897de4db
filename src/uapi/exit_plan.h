/* SPDX-License-Identifier: Apache-2.0 */
/* What a call that succeeded did to files and to the network: the table behind bpf/exit.bpf.c. */
#pragma once
#include "uapi/syscall.h"

/* All plans by (table, nr), as the recorder's array map wants them; the rest zero. */
void sys_exit_plans_fill(struct abi_exit_plan out[ABI_TABLES * ABI_CALL_NR_MAX]);
