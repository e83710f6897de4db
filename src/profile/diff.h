/* SPDX-License-Identifier: Apache-2.0 */
/* What one profile has and another has not. */
#pragma once
#include "profile/profile.h"

enum diff_kind {
	DIFF_CALL,
	DIFF_CAPABILITY,
	DIFF_FILE,
	DIFF_NETWORK,
	DIFF_EXECUTABLE, /* which programs did something */
	DIFF_KINDS
};
extern const char *const diff_kind_names[DIFF_KINDS];

struct diff_entry {
	enum diff_kind kind;
	char sign; /* '-': in the first only, '+': in the second only, '~': in both, and not the same */
	enum profile_layer layer;
	char *what; /* "socket", "CAP_NET_RAW", "/etc/passwd", ... */
	char *how;  /* arguments, operations: what is different of it, or NULL */
};

struct diff {
	VEC(struct diff_entry) entries; /* by kind, in the profiles' order */
};

/*
 * Compares what workloads and runtimes did, setup left out unless with_setup. Counts and times are
 * no differences. -ENOMEM.
 */
int diff_build(struct diff *d, const struct profile *a, const struct profile *b, bool with_setup);
void diff_deinit(struct diff *d);
#define cleanup_diff cleanup(diff_deinit)
