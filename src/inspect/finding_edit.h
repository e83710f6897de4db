/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The change of a few bytes that mends a finding, for reports that carry it: of what is harmless only, and only if
 * the text with it reads as the values that were there and the fix. Each is about the text as it is: who applies
 * two looks again in between.
 */
#pragma once
#include "inspect/engine_private.h"

/* Whether a file is small enough to be read again for each of its edits; of others that is told once. */
bool finding_edits_are_for(struct text content);
/* Gives edits to the findings from the first-th on, which are of this document of the file's text. */
void finding_edits(struct inspection *in, const char *file, struct text content,
		   const struct yaml_node *document, size_t first);
