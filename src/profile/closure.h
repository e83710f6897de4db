/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that were not seen but belong: what the same program does on another kernel, libc or machine. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { CLOSURE_TRIGGERS_MAX = 6 };

struct closure_rule {
	const char *call;
	const char *when[CLOSURE_TRIGGERS_MAX]; /* if one of these was seen; none: always */
	const char *why;
	bool only_32bit; /* only where a 32-bit table is in use */
};

extern const struct closure_rule closure_rules[];
extern const size_t closure_rules_count;

/*
 * What a container runtime's language may do at any moment between loading the filter and its exec,
 * seen in one start and not in the next. By the runtime's name.
 */
struct closure_runtime {
	const char *runtime;
	const char *const *calls; /* NULL-terminated */
	const char *why;
};
extern const struct closure_runtime closure_runtimes[];
extern const size_t closure_runtimes_count;
