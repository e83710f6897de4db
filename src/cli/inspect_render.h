/* SPDX-License-Identifier: Apache-2.0 */
/* Charts and kustomizations: what helm and kubectl make of a directory, without network and within a time. */
#pragma once
#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/* The program that renders such a directory, or a packaged chart; NULL: it is an ordinary one. */
const char *inspect_render_program(const char *directory);
/* Whether it is a chart; *ret_library: one that others take in, of which nothing can be made. */
bool inspect_is_chart(const char *directory, bool *ret_library);

/*
 * Appends what the program writes. -ENOENT: it is not installed; -ETIMEDOUT, -EFBIG; -EINVAL with what it had to
 * say: it failed; -EPERM: it can't be kept from the network here.
 */
int inspect_render(const char *directory, struct buf *out, struct error *err);
