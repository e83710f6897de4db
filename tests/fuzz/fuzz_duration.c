/* SPDX-License-Identifier: Apache-2.0 */
/* "1h30m", and plain numbers. */
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = fuzz_text(data, size);
	uint64_t ns = 4711, n = 4711;
	char back[32];

	if (!str_to_duration(text, &ns))
		fuzz_check(ns == 4711);
	if (!str_to_u64(text, &n)) {
		fuzz_check(n == 4711);
		return 0;
	}
	snprintf(back, sizeof(back), "%" PRIu64, n);
	fuzz_check(str_eq(back, text + strspn(text, "0")) || n == 0);
	fuzz_check(n > UINT64_MAX / 1000000000 ? ns == 4711 : ns == n * 1000000000);
	return 0;
}
