/* SPDX-License-Identifier: Apache-2.0 */
/* A spool file that anybody may have written: records are in it, whole, and what was added is found. */
#include "fuzz.h"
#include "sinks/spool_record.h"

static size_t count(struct text all, struct text *last)
{
	struct text payload;
	uint64_t seq;
	size_t n, found = 0;

	while ((n = spool_record_read(all, &seq, &payload)) > 0) {
		fuzz_check(n <= all.len && payload.len &&
			   payload.data + payload.len == all.data + n);
		*last = payload;
		all = text_from(all.data + n, all.len - n);
		found++;
	}
	return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text all = text_from((const char *)data, size), last = TEXT_NONE;
	cleanup_buf struct buf own = BUF_INIT;

	count(all, &last);
	if (!size)
		return 0;
	spool_record_add(&own, 7, all);
	spool_record_add(&own, 8, TEXT("the end"));
	buf_add(&own, data, size); /* what a crash has left behind */
	fuzz_check(count(text_from(own.data, own.len), &last) >=
		   (size <= SPOOL_PAYLOAD_MAX ? 2 : 0));
	return 0;
}
