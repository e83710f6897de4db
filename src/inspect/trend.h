/* SPDX-License-Identifier: Apache-2.0 */
/* What a report says beside what it found: how that compares with earlier inspections of the same. */
#pragma once
#include "inspect/check.h"

struct trend_point {
	char when[24]; /* "2026-11-22 11:04" */
	unsigned score;
	uint64_t severities[SEVERITIES]; /* of what failed */
	uint64_t added, mended;
};

struct trend_item {
	const char *check, *object, *path; /* the check by its id */
	enum severity severity;
	char since[24];
};

struct trend {
	const struct trend_point *points; /* oldest first; the last is this inspection */
	size_t count;
	uint64_t added, mended, standing;
	const bool *fresh; /* by number of a finding of the report: it was not there before */
	const struct trend_item *gone; /* what was mended, worst first; perhaps not all */
	size_t gone_count;
};
