/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a token of libfyaml, without what its own function costs. Inside of the readers of YAML. */
#pragma once
#include <libfyaml.h>

#include "base/buf.h"
#include "base/text.h"

/*
 * content is what the parser reads. libfyaml 0.7 never gives back what it keeps to read a text in single quotes that has
 * many of them in it, 100 bytes for each: those are read here, into room, which the text lives as long as. Without data:
 * there is none, or it can't be read.
 */
struct text yaml_token_text(struct fy_token *token, struct text content, struct buf *room);
