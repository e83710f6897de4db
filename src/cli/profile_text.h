/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands about profiles share: loading the one that is named, and printing text out of it. */
#pragma once
#include "cli/command.h"
#include "profile/json.h"

/* The profile in the first operand. */
struct profile *profile_operand(const struct arguments *args, struct error *err);

/* Text that is not ours to trust, in a static buffer (one of four, used in turn); "-" for NULL. */
const char *shown(const char *text);

/* A path of a profile: those are printable already, and doubling their backslashes would misspell them. */
const char *shown_path(const char *path);

/* Writes a profile as JSON to a file, or to standard output if path is NULL. */
int profile_output(const struct profile *p, const char *path, struct error *err);
