/* SPDX-License-Identifier: Apache-2.0 */
/* Requests for filters as an engine would send them that hostile bytes have taken over: nothing is read beyond them. */
#include "fuzz.h"
#include "guard/loader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_loader_filter struct loader_filter f;
	struct error err = ERROR_INIT;
	uint8_t *copy = malloc(size + 1); /* of its own, so that a read beyond it is seen */
	uint64_t sum = 0;

	if (!copy)
		abort();
	memcpy(copy, data, size);
	if (!loader_read(copy, size, &f, &err)) {
		for (uint32_t i = 0; i < f.source.map_count; i++) {
			const struct program_map *m = &f.maps[i];

			for (size_t k = 0; k < (size_t)m->count * m->key_size; k++)
				sum += m->keys[k];
			for (size_t k = 0; k < (size_t)m->count * m->value_size; k++)
				sum += m->values[k];
		}
		fuzz_check(f.row < call_row_count && sum < UINT64_MAX);
	}
	free(copy);
	return 0;
}
