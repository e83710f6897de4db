/* SPDX-License-Identifier: Apache-2.0 */
/* TOML 1.0 into the tree of yaml_tree.h, with places. Dates and times are texts. */
#pragma once
#include "base/yaml_tree.h"

enum { TOML_BYTES_MAX = 4 << 20, TOML_DEPTH_MAX = 64 };

/*
 * Reads content into a map; name and content are borrowed, and must live as long as the tree. NULL: the
 * diagnostics say why, with the place; or the arena failed.
 */
struct yaml_node *toml_read(struct arena *a, const char *name, struct text content,
			    struct diags *d);
