/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of a sweep, which somebody may have edited. */
#include "fuzz.h"
#include "static/report.h"
#include "uapi/syscall.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = ERROR_INIT;
	report_names names = { 0 };
	int r = report_read_names("fuzz", (const char *)data, size, &names, &err);

	fuzz_check(r == 0 || (r == -err.code && err.text[0]));
	vec_foreach(name, &names)
		fuzz_check(sys_call_is_known(*name));
	vec_deinit(&names);
	return 0;
}
