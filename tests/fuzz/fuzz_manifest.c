/* SPDX-License-Identifier: Apache-2.0 */
/* A Kubernetes manifest: refused with a reason, or understood. */
#include "confine/manifest.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_expectation struct expectation e = { 0 };
	cleanup_free char *localhost = NULL;
	struct error err = ERROR_INIT;
	int r = manifest_parse(&e, "m", (const char *)data, size, size % 2 ? "web" : NULL,
			       &localhost, &err);

	fuzz_check(r == 0 || (err.code == -r && *err.text));
	fuzz_check(r || (e.source && e.caps_known));
	fuzz_check(r || !localhost || e.filtered == ASKED_YES);
	return 0;
}
