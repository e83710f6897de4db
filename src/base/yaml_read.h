/* SPDX-License-Identifier: Apache-2.0 */
/* YAML that somebody else wrote, as the JSON that it stands for: read by libfyaml, bounded here. */
#pragma once
#include "base/json.h"

enum { YAML_BYTES_MAX = 4 << 20, YAML_DEPTH_MAX = 48, YAML_NODES_MAX = 1 << 18 };

/*
 * The documents of a text, in an array. Plain scalars become numbers, booleans and null where the core
 * schema of YAML 1.2 says so. Anchors and aliases are refused: nothing that is read here needs them.
 * NULL with file:line:column in *err if it is no YAML or too much of it.
 */
json_t *yaml_parse(const char *file, const char *text, size_t len, struct error *err);
