/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests from the file system: files, directories of them, standard input. */
#pragma once
#include "inspect/engine.h"

/*
 * Adds a file, all *.yaml, *.yml and *.json below a directory (by name; hidden ones and links to directories
 * are passed over), or standard input for "-". What can't be read below a directory is a problem in the
 * report; -errno: path itself can't be read, or -ENOMEM.
 */
int inspect_path(struct inspection *in, const char *path, struct error *err);
