/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/self/mountinfo, a NUL, /proc/cgroups. */
#include <errno.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "identity/cgroup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *mounts = fuzz_text(data, size), *cgroups = NULL;
	size_t len = strlen(mounts), skip = len < size ? len + 1 : size;
	struct error err = ERROR_INIT;
	struct cgroup_layout l;
	int r;

	cgroups = fuzz_text(data + skip, size - skip);
	r = cgroup_layout_parse(mounts, cgroups, &l, &err);
	fuzz_check(r ? r == -ENOENT && err.code == ENOENT : err.code == 0);
	if (r)
		return 0;
	fuzz_check(memchr(l.mount, '\0', sizeof(l.mount)));
	fuzz_check((l.mode == CGROUP_V2) == !*l.controller);
	fuzz_check((l.mode == CGROUP_V2) == (l.hierarchy == 0));
	return 0;
}
