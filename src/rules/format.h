/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule files in one spelling: two blanks of indentation, conditions broken at "and" and "or", short
 * lists in one line, one blank line between objects. Comments stay where they are; what has comments
 * inside is moved, not changed. Formatting twice changes nothing more.
 */
#pragma once
#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"

enum { FORMAT_WIDTH = 96 };

/*
 * Appends the file as it should be to out. What was written is read again and compared with what was
 * there: a file that can't be formatted without a doubt is -EINVAL with a reason, as is no valid YAML.
 */
int format_rules(const char *name, struct text content, struct buf *out, struct error *err);
