/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a profile into an OCI bundle: linux.seccomp and process.capabilities of its config.json. */
#pragma once
#include "profile/backend.h"

/*
 * Replaces both in DIR/config.json, in one step; everything else in it stays. The file as it was is
 * kept beside it as config.json.before-merlon, unless one is there already.
 */
int bundle_confine(const char *dir, const struct profile *p, const struct backend_options *options,
		   struct error *err);
