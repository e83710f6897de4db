/* SPDX-License-Identifier: Apache-2.0 */
/* A finished filter, in bytes or base64: what is accepted ends for every call, and can be listed. */
#include <errno.h>

#include "base/base64.h"
#include "fuzz.h"
#include "profile/cbpf/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = ERROR_INIT;
	cleanup_cbpf_program struct cbpf_program p = { 0 }, again = { 0 };
	cleanup_buf struct buf text = BUF_INIT, list = BUF_INIT;
	int r = cbpf_decode(&p, "f", (const char *)data, size, &err);

	fuzz_check(r == 0 || (r == -EINVAL && *err.text));
	if (r)
		return 0;
	fuzz_check(cbpf_is_valid(&p));
	for (uint32_t nr = 0; nr < 512; nr++) {
		struct seccomp_data d = { .nr = (int)nr, .arch = 0xc000003e, .args = { nr } };
		uint32_t action = 0;
		unsigned steps = 0;

		if (cbpf_simulate(&p, &d, &action, &steps))
			fuzz_check(steps <= p.code.len);
		if (cbpf_is_constant(&p, d.arch, nr))
			fuzz_check(cbpf_simulate(&p, &d, &action, NULL) &&
				   action == SECCOMP_RET_ALLOW);
	}
	cbpf_list(&p, &list);
	fuzz_check(!list.failed && list.len);
	base64_encode(&text, p.code.items, p.code.len * sizeof(*p.code.items));
	fuzz_check(cbpf_decode(&again, "again", text.data, text.len, &err) == 0);
	fuzz_check(again.code.len == p.code.len &&
		   !memcmp(again.code.items, p.code.items, p.code.len * sizeof(*p.code.items)));
	return 0;
}
