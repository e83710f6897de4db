/* SPDX-License-Identifier: Apache-2.0 */
/* TOML of container engines: read into a tree whose nodes all have a place, or refused with one. */
#include "base/toml_tree.h"
#include "fuzz.h"

static void look(const struct yaml_node *n, unsigned depth)
{
	fuzz_check(n->file && n->line && n->column && depth <= 4 * TOML_DEPTH_MAX);
	fuzz_check(n->kind != YAML_SCALAR || (!n->count && n->text.data));
	for (uint32_t i = 0; i < n->count; i++)
		look(n->kind == YAML_MAP ? n->entries[i].value : n->items[i], depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT(16 << 20);
	cleanup_diags struct diags d = { 0 };
	struct yaml_node *n = toml_read(&a, "f", text_from((const char *)data, size), &d);

	fuzz_check(n ? !d.errors : d.errors == 1 || a.failed);
	if (n)
		look(n, 0);
	else if (d.items.len)
		fuzz_check(d.items.items[0].place.line && d.items.items[0].place.column);
	arena_deinit(&a);
	return 0;
}
