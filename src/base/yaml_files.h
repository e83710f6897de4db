/* SPDX-License-Identifier: Apache-2.0 */
/* YAML files that somebody names: one, or all of a directory in the order of their names. */
#pragma once
#include "base/error.h"
#include "base/text.h"

/* content lives until it returns; a negative errno ends it, and is passed on. */
typedef int (*yaml_file_fn)(const char *path, struct text content, void *arg, struct error *err);

/*
 * Of a directory those that end in .yaml or .yml and do not begin with a dot; subdirectories are not entered. -ENOENT:
 * there are none; -EFBIG: one is larger than documents may be; other -errno: it can't be read.
 */
int yaml_files_each(const char *path, yaml_file_fn fn, void *arg, struct error *err);
