/* SPDX-License-Identifier: Apache-2.0 */
/* AppArmor's text: what can be read is a profile that can be written and read again. */
#include <errno.h>

#include "fuzz.h"
#include "profile/apparmor_text.h"
#include "profile/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = ERROR_INIT;
	cleanup_buf struct buf notes = { .limit = 1 << 20 };
	cleanup_profile struct profile *p = NULL, *again = NULL;
	cleanup_json json_t *o = NULL;
	cleanup_free char *text = NULL;
	int r = apparmor_text_read(&p, "f", (const char *)data, size, &notes, &err);

	fuzz_check(r == 0 || r == -EINVAL);
	fuzz_check(r ? !p && *err.text : p != NULL);
	if (r)
		return 0;
	o = profile_to_json(p);
	text = o ? json_dumps(o, 0) : NULL;
	if (!text)
		return 0; /* a name or path that is not UTF-8: it can't be written, and that is said */
	again = profile_from_json("again", text, strlen(text), &err);
	fuzz_check(again && again->files.len == p->files.len);
	return 0;
}
