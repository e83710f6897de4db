/* SPDX-License-Identifier: Apache-2.0 */
/* Containers that run on this host: where their bundle is, joined with what their processes really have. */
#pragma once
#include "base/error.h"
#include "inspect/live.h"

/*
 * What is called for each. config: the path of its config.json; NULL: none is known. live->name is set in
 * any case; its processes are none if they are gone already.
 */
typedef int (*host_live_fn)(const char *config, const struct live *live, void *arg,
			    struct error *err);

/*
 * Calls fn for the containers that are called so (ids, beginnings of ids, names), or without a name for
 * all but the sandboxes of pods, until fn returns other than 0. -ENOENT: nothing is called so.
 */
int host_live_each(char **names, size_t count, host_live_fn fn, void *arg, struct error *err);
