/* SPDX-License-Identifier: Apache-2.0 */
/* Several texts in one, each behind its length: how facts come from where they are read to where they are understood. */
#pragma once
#include "base/buf.h"
#include "base/text.h"

void parts_add(struct buf *to, const void *data, size_t len);

/* Takes the next part off *rest; false: there is none, or what is there makes no sense. A NUL is behind each. */
bool parts_next(struct text *rest, struct text *part);
