/* SPDX-License-Identifier: Apache-2.0 */
/* What two versions of a text differ in, as people and patch(1) read it. */
#pragma once
#include "base/buf.h"
#include "base/text.h"

/*
 * Appends the unified difference of lines, with three of context; nothing if they are the same. The right
 * result whatever the texts are, the shortest one where the changes are small.
 */
void difference_add(struct buf *out, const char *name, struct text before, struct text after);
