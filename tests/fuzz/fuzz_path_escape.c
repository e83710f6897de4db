/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes become text that is no pattern, and come back. */
#include "base/cleanup.h"
#include "fuzz.h"
#include "profile/path_rule.h"

static void check_unescape(const char *text)
{
	size_t len = 0, again_len = 0;
	cleanup_free char *raw = profile_path_unescape(text, &len), *back = NULL, *again = NULL;

	if (!raw)
		return;
	back = profile_path_escape(raw, len);
	fuzz_check(back);
	again = profile_path_unescape(back, &again_len);
	fuzz_check(again && again_len == len && memcmp(again, raw, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = profile_path_escape((const char *)data, size), *raw = NULL;
	cleanup_free char *path = fuzz_text(data, size), *once = NULL;
	size_t len = 0;

	fuzz_check(text && !strpbrk(text, "*?[]{}@\n\033\177"));
	raw = profile_path_unescape(text, &len);
	fuzz_check(raw && len == size && memcmp(raw, data, size) == 0);
	check_unescape(path);
	profile_path_normalise(path);
	fuzz_check(strlen(path) <= size);
	once = strdup(path);
	profile_path_normalise(path);
	fuzz_check(strcmp(path, once) == 0);
	fuzz_check(*path != '/' || !strstr(path, "/../"));
	return 0;
}
