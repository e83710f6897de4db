/* SPDX-License-Identifier: Apache-2.0 */
/* config.json as somebody asked for it: refused with a place, or understood whole. */
#include <errno.h>

#include "confine/expectation.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_expectation struct expectation e = { 0 };
	struct error err = ERROR_INIT;
	int r = expectation_from_config(&e, "c", (const char *)data, size, &err);

	fuzz_check(r == 0 || (err.code == -r && *err.text));
	if (r)
		return 0;
	fuzz_check(e.source && e.caps_known && e.mounts_known);
	vec_foreach(m, &e.mounts)
		fuzz_check(m->point);
	vec_foreach(path, &e.masked)
		fuzz_check(*path);
	return 0;
}
