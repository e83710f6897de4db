/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/cgroup, for a hierarchy that the first byte chooses. */
#include "base/cleanup.h"
#include "fuzz.h"
#include "identity/cgroup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const controllers[] = { "", "pids", "cpu", "memory" };
	struct cgroup_layout l = { 0 };
	cleanup_free char *text = fuzz_text(data + (size > 0), size - (size > 0));
	char path[64], before[64];

	memset(path, '#', sizeof(path));
	memcpy(before, path, sizeof(path));
	strcpy(l.controller, controllers[size ? data[0] % 4 : 0]);
	if (!cgroup_of_text(&l, text, path, sizeof(path))) {
		fuzz_check(memcmp(path, before, sizeof(path)) == 0);
		return 0;
	}
	fuzz_check(memchr(path, '\0', sizeof(path)));
	fuzz_check(*path && !strchr(path, '\n') && strstr(text, path));
	return 0;
}
