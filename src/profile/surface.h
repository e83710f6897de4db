/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's attack surface by subsystem: what of it a policy leaves. */
#pragma once
#include "profile/reach.h"

enum { SURFACE_PARTS_MAX = 24 };

struct surface {
	const char *name;
	const char *why;		       /* what an attacker gets there */
	struct reach parts[SURFACE_PARTS_MAX]; /* ends with an empty one */
};

extern const struct surface surfaces[];
extern const size_t surfaces_count;
