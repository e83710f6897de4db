/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/mountinfo of a container, whose mount points and sources it chose itself. */
#include "base/cleanup.h"
#include "fuzz.h"
#include "identity/mountinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = fuzz_text(data, size);
	struct mountinfo m;
	char *at = text;
	size_t lines = 0;

	while (mountinfo_next(&at, &m)) {
		const char *const all[] = { m.device, m.root,	m.point, m.options,
					    m.type,   m.source, m.super };

		for (size_t i = 0; i < ARRAY_SIZE(all); i++)
			fuzz_check(all[i] >= text && all[i] + strlen(all[i]) <= text + size);
		mountinfo_has(m.options, "ro");
		lines++;
	}
	fuzz_check(lines <= size);
	return 0;
}
