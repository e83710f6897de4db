/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON form of a sweep, and what others need back out of it. */
#pragma once
#include "base/json.h"
#include "base/vec.h"
#include "static/sweep.h"

enum { REPORT_FORMAT_VERSION = 1, REPORT_FILE_MAX = 64 << 20, REPORT_CALLS_MAX = 4096 };

/* A new document; NULL when out of memory. */
json_t *report_to_json(const struct sweep *s);

typedef VEC(const char *) report_names;

/*
 * Names of the calls in a report, each once, in static memory. Calls that the report itself says
 * were observed are left out. -EINVAL with file and place if the text is no such report.
 */
int report_read_names(const char *file, const char *text, size_t len, report_names *ret,
		      struct error *err);
