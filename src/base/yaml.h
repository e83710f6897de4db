/* SPDX-License-Identifier: Apache-2.0 */
/* Writing YAML 1.2, in the block style that Kubernetes' own tools write, from what jansson holds. */
#pragma once
#include <jansson.h>

#include "base/buf.h"

/*
 * Appends a value as the whole of a document, with a newline at its end. A text is written plain only
 * if no reader of YAML 1.1 or 1.2 can take it for something else; otherwise it is in double quotes.
 */
void yaml_add(struct buf *out, const json_t *value);
