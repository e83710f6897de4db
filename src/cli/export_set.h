/* SPDX-License-Identifier: Apache-2.0 */
/* Every format of a profile as a directory of files that name each other. */
#pragma once
#include "profile/backend.h"

/* Writes DIRECTORY/NAME.SUFFIX for every back-end, and a README.md of how to apply each. */
int export_set(const struct profile *p, const struct backend_options *o, const char *directory,
	       struct error *err);
