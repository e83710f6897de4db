/* SPDX-License-Identifier: Apache-2.0 */
/* What strace or sysdig wrote: what can be read is a profile that can be written and read again. */
#include <errno.h>

#include "fuzz.h"
#include "profile/json.h"
#include "profile/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = ERROR_INIT;
	cleanup_buf struct buf notes = { .limit = 1 << 20 };
	cleanup_profile struct profile *p = NULL, *again = NULL;
	cleanup_json json_t *o = NULL;
	cleanup_free char *text = NULL;
	int r = trace_read(&p, "f", (const char *)data, size, &notes, &err);

	fuzz_check(r == 0 || r == -EINVAL);
	fuzz_check(r ? !p && *err.text : p && p->calls.len);
	fuzz_check_shown(err.text, strlen(err.text));
	if (r)
		return 0;
	vec_foreach(c, &p->calls) {
		fuzz_check(c->tuples.len <= ABI_ARG_TUPLES_MAX);
		fuzz_check(profile_evidence_sum(&c->evidence).count);
	}
	o = profile_to_json(p);
	text = o ? json_dumps(o, 0) : NULL;
	fuzz_check(text);
	again = profile_from_json("again", text, strlen(text), &err);
	fuzz_check(again && again->calls.len == p->calls.len);
	return 0;
}
