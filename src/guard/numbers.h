/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine counts, as a document for the outputs process: {"metrics": [{"name", "help", "gauge",
 * "labels": {}, "value"}]}, those of one name together. Nothing is lost without a number here.
 */
#pragma once
#include "guard/live.h"
#include "guard/watch.h"

/* Of more, those that lost something and those that told the most have numbers of their own. */
enum { NUMBERS_CONTAINERS_MAX = 256 };

/* NULL: no memory. */
json_t *numbers_json(struct live *live, const struct watch_stats *s);
