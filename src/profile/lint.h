/* SPDX-License-Identifier: Apache-2.0 */
/* Dangerous, useless or contradictory combinations in what a profile would allow. */
#pragma once
#include "base/buf.h"
#include "profile/reach.h"

enum lint_severity { LINT_INFO, LINT_LOW, LINT_MEDIUM, LINT_HIGH, LINT_SEVERITIES };
extern const char *const lint_severity_names[LINT_SEVERITIES];

struct lint_input {
	const struct profile *profile;
	const struct policy *policy;
	uint64_t caps; /* that the workload keeps */
	int default_errno;
	unsigned kernel_major, kernel_minor;
};

struct lint_check {
	const char *id;
	enum lint_severity severity;
	const char *why, *fix;
	/* Whether it is so; what exactly goes to *detail, in a few words. */
	bool (*holds)(const struct lint_input *in, struct buf *detail);
};

extern const struct lint_check lint_checks[];
extern const size_t lint_checks_count;
