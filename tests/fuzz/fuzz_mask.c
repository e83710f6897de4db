/* SPDX-License-Identifier: Apache-2.0 */
/* Masks: whatever the text, valid UTF-8 stays so, and little is added. */
#include "base/mask.h"
#include "base/utf8.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_buf struct buf once = BUF_INIT;
	struct text t = text_from((const char *)data, size);

	if (!mask_text(t, &once)) {
		fuzz_check(!once.len);
		return 0;
	}
	fuzz_check(memmem(once.data, once.len, MASK, strlen(MASK)));
	fuzz_check(!utf8_valid(t) || utf8_valid(text_from(once.data, once.len)));
	fuzz_check(once.len <= size * strlen(MASK));
	return 0;
}
