/* SPDX-License-Identifier: Apache-2.0 */
/* What host/ reads that is no YAML or TOML: the first byte chooses a command line or sshd_config. */
#include "fuzz.h"
#include "inspect/host/flags.h"
#include "inspect/host/sshd.h"

static void include(struct text pattern, void *arg)
{
	const struct text *content = arg;

	fuzz_check(pattern.len && pattern.data >= content->data &&
		   pattern.data + pattern.len <= content->data + content->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct flag_letter letters[] = { { 'H', "host" }, { 0, NULL } };
	struct arena a = ARENA_INIT(16 << 20);
	struct text content;
	struct yaml_file *f = yaml_make_file(&a, "f");
	struct yaml_node *map;

	if (!size) {
		arena_deinit(&a);
		return 0;
	}
	content = text_from((const char *)data + 1, size - 1);
	if (data[0] & 1) {
		map = flags_of_cmdline(&a, f, content, letters);
	} else {
		map = yaml_make_map(&a, f, 1, 1);
		sshd_read(&a, map, f, content, include, &content);
		fuzz_check(a.failed || map->count <= SSHD_KEYS_MAX);
	}
	for (uint32_t i = 0; !a.failed && i < map->count; i++) {
		fuzz_check(map->entries[i].key.len && map->entries[i].value->line);
		fuzz_check(i == 0 || !text_eq(map->entries[i].key, map->entries[i - 1].key));
	}
	arena_deinit(&a);
	return 0;
}
