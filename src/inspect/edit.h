/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operation on a document of YAML as the change of a few bytes of its text. Everything else stays
 * as it was written. What it can't see through (keys that are quoted oddly, texts over several lines,
 * something behind an alias) it refuses or gets wrong: who applies it reads the text again and compares.
 */
#pragma once
#include <jansson.h>

#include "base/yaml_tree.h"

struct edit {
	size_t start, end; /* the bytes of the file that go */
	char *text;	   /* what comes there; owned */
};

/*
 * op is what patch_plan() gave, base where its object is in the document. NULL: done; otherwise why not,
 * a constant.
 */
const char *edit_plan(struct edit *ret, const struct yaml_node *document, const char *base,
		      const json_t *op);
