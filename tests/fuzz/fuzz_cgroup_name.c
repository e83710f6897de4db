/* SPDX-License-Identifier: Apache-2.0 */
/* The container in a path is in the part of the path that is said to be its own. */
#include "base/cleanup.h"
#include "fuzz.h"
#include "identity/cgroup_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *path = fuzz_text(data, size);
	struct cgroup_name name, again;

	if (!cgroup_name_parse(path, &name))
		return 0;
	fuzz_check(name.engine < CGROUP_ENGINES);
	fuzz_check(*name.id && strlen(name.id) < sizeof(name.id) && !strchr(name.id, '/'));
	fuzz_check(strcmp(name.id, ".") && strcmp(name.id, ".."));
	fuzz_check(strspn(name.pod_uid, "0123456789abcdefABCDEF-") == strlen(name.pod_uid));
	fuzz_check(name.path_len <= strlen(path));
	fuzz_check(path[name.path_len] == '/' || path[name.path_len] == '\0');
	path[name.path_len] = '\0';
	fuzz_check(strstr(path, name.id));
	fuzz_check(cgroup_name_parse(path, &again));
	fuzz_check(again.engine == name.engine && again.path_len == name.path_len);
	fuzz_check(!strcmp(again.id, name.id) && !strcmp(again.pod_uid, name.pod_uid));
	return 0;
}
