/* SPDX-License-Identifier: Apache-2.0 */
/* A time that can be read is written as itself, and read again. */
#include "base/cleanup.h"
#include "base/clock.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = fuzz_text(data, size);
	int64_t ns = 4711, again = 4711;
	char back[CLOCK_TEXT_MAX];

	if (!clock_parse(text, &ns)) {
		fuzz_check(ns == 4711);
		return 0;
	}
	fuzz_check(ns >= 0);
	clock_format(ns, back);
	fuzz_check(clock_parse(back, &again) && again == ns);
	fuzz_check(strncmp(text, back, 19) == 0); /* the same date, the same second */
	return 0;
}
