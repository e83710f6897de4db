/* SPDX-License-Identifier: Apache-2.0 */
/* What is inspected: files, charts, images, this host and its containers, a cluster. */
#pragma once
#include "cli/inspect_job.h"

struct inspect_fix;

/* Whether operands and options make sense together; USAGE_ERROR. Asks nobody. */
int inspect_inputs_check(const struct arguments *args, struct error *err);
/* Connects to the cluster, if that is what is inspected, and judges for its version, unless another is asked for. */
int inspect_inputs_open(const struct arguments *args, struct inspect_job *j, struct error *err);
/* Adds all of it. fix: what mends each file before; NULL: nobody. What one of several inputs lacks is told in the report. */
int inspect_inputs_add(const struct arguments *args, struct inspect_job *j, struct inspection *in,
		       struct inspect_fix *fix, struct error *err);
