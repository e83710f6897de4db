/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers about ourselves, in Prometheus' text format 0.0.4. */
#pragma once
#include "base/buf.h"
#include "base/vec.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE };
enum { METRIC_LABELS = 4 };

/* Texts are borrowed until metrics_render() is done. */
struct metric {
	const char *name; /* "merlon_alerts_total" */
	const char *help;
	enum metric_type type;
	struct {
		const char *name, *value; /* name NULL: no more of them */
	} labels[METRIC_LABELS];
	double value;
};
typedef VEC(struct metric) metric_list;

/*
 * Those of one name stand together in the list: HELP and TYPE are written for the first of them. Values
 * of labels and help may be anything; names that Prometheus would refuse are left out.
 */
void metrics_render(const metric_list *list, struct buf *out);
