/* SPDX-License-Identifier: Apache-2.0 */
/* A report and the store of inspections: what is kept of it, and what the store then says of it. */
#pragma once
#include "base/error.h"
#include "base/string_list.h"
#include "base/vec.h"
#include "inspect/report.h"
#include "inspect/trend.h"

struct inspect_history {
	struct trend trend; /* points to the rest */
	VEC(struct trend_point) points;
	VEC(struct trend_item) gone;
	string_list texts;
	bool *fresh;
};

/*
 * Adds the report to the store in file (NULL: the usual one) as a run of the subject, and fills in the trend,
 * which lives as long as *ret.
 */
int inspect_history_keep(struct inspect_history *ret, const char *file, const char *subject,
			 const struct report *r, struct error *err);
void inspect_history_deinit(struct inspect_history *h);

/* What is the same finding in every run. */
void inspect_history_key(struct buf *out, const struct report *r, const struct finding *f);
bool inspect_history_counts(const struct finding *f);
/* Whether something in a file (or what it is below, or was rendered of) could not be read, so that what is not found in it may be there. */
bool inspect_history_is_unread(const struct report *r, const char *file);
/* "2026-11-22 11:04" */
void inspect_history_time(int64_t ns, char *out, size_t size);

#define cleanup_inspect_history cleanup(inspect_history_deinit)
