/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sets of bits. */
#pragma once
#include <linux/types.h>

/* The number of the lowest bit that is set: BPF has no instruction for it. */
static __always_inline __u32 lowest_bit(__u64 set)
{
	__u64 below = (set & -set) - 1;

	below = below - ((below >> 1) & 0x5555555555555555ULL);
	below = (below & 0x3333333333333333ULL) + ((below >> 2) & 0x3333333333333333ULL);
	below = (below + (below >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return (below * 0x0101010101010101ULL) >> 56;
}
