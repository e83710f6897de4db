/* SPDX-License-Identifier: Apache-2.0 */
/* Lines are raw paths: their patterns are well formed, and generalising twice is once. */
#include "base/cleanup.h"
#include "fuzz.h"
#include "profile/path_rule.h"

static bool is_well_formed(const char *p)
{
	for (; (p = strchr(p, '\\')); p += 4)
		if (p[1] != 'x' || strspn(p + 2, "0123456789abcdef") < 2)
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *const volumes[] = { (char *)"/data", (char *)"/v" };
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence e = { .count = 1 };
	size_t at = 0, files = 0, kept;

	for (const uint8_t *end; at < size && files < 400; at = (size_t)(end - data) + 1, files++) {
		cleanup_free char *path = NULL;

		end = memchr(data + at, '\n', size - at);
		end = end ? end : data + size;
		path = profile_path_escape((const char *)data + at, (size_t)(end - data) - at);
		fuzz_check(
			profile_add_file(p, path, 1u << (at % 4), 0, at % 5 ? PROFILE_APP : 0, &e));
	}
	fuzz_check(profile_generalise(p, volumes, 2) == 0);
	kept = p->files.len;
	vec_foreach(f, &p->files)
		fuzz_check(is_well_formed(f->path) && (!f->rule || profile_path_rule(f->rule)));
	fuzz_check(kept <= files && profile_generalise(p, volumes, 2) == 0 && p->files.len == kept);
	return 0;
}
