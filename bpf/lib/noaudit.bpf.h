/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether a check of a capability only asked whether it could be had: where the hook does not tell, the call chain does. */
#pragma once
#include "bpf/lib/settings.bpf.h"

enum { NOAUDIT_FRAMES = 10 };

static __always_inline bool is_noaudit(void *ctx)
{
	__u64 frames[NOAUDIT_FRAMES] = {};
	long n = bpf_get_stack(ctx, frames, sizeof(frames), 0);

	for (int i = 0; i < NOAUDIT_FRAMES; i++) {
		if (i * (long)sizeof(__u64) >= n)
			break;
		for (int j = 0; j < ABI_NOAUDIT_MAX; j++)
			if (frames[i] >= settings.noaudit[j][0] &&
			    frames[i] < settings.noaudit[j][1])
				return true;
	}
	return false;
}
