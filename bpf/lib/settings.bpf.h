/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What user space decides before the programs are loaded. */
#pragma once
#include "bpf/lib/helpers.bpf.h"

extern const volatile struct abi_settings settings __weak;
