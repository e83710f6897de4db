/* SPDX-License-Identifier: Apache-2.0 */
/* What merlon inspect was asked for, read from its options and the files that they name. */
#pragma once
#include "cli/inspect_cluster.h"
#include "inspect/custom/custom.h"
#include "inspect/engine.h"
#include "inspect/exemption.h"
#include "inspect/recording.h"

#define INSPECT_SEVERITIES "low medium high critical"

struct arguments;
struct report_format;

/* What lives as long as the inspection. */
struct inspect_job {
	struct inspect_options options;
	struct exemptions exemptions;
	struct baseline baseline;
	struct custom_checks custom;
	struct recordings recordings;
	const char **only, **skip;
	char today[16];
	enum severity fail_on;
	bool never_fail;
	const struct report_format *format;
	struct inspect_cluster cluster;
};

void inspect_job_deinit(struct inspect_job *j);
#define cleanup_inspect_job cleanup(inspect_job_deinit)

/* All but the cluster. What it reads lives in j, which options point into: it may not be moved. */
int inspect_job_read(const struct arguments *args, struct inspect_job *j, struct error *err);
