/* SPDX-License-Identifier: Apache-2.0 */
#include "sinks/spool_record.h"

#include "base/hash.h"

static uint64_t sum_of(uint64_t seq, struct text payload)
{
	return hash_bytes(payload.data, payload.len, seq ^ SPOOL_MAGIC);
}

void spool_record_add(struct buf *out, uint64_t seq, struct text payload)
{
	struct spool_header h = { SPOOL_MAGIC, payload.len, seq, sum_of(seq, payload) };

	buf_add(out, &h, sizeof(h));
	buf_add(out, payload.data, payload.len);
}

size_t spool_record_read(struct text segment, uint64_t *ret_seq, struct text *ret_payload)
{
	struct spool_header h;
	struct text payload;

	if (segment.len < sizeof(h))
		return 0;
	memcpy(&h, segment.data, sizeof(h));
	if (h.magic != SPOOL_MAGIC || !h.len || h.len > SPOOL_PAYLOAD_MAX ||
	    h.len > segment.len - sizeof(h))
		return 0;
	payload = text_from(segment.data + sizeof(h), h.len);
	if (h.sum != sum_of(h.seq, payload))
		return 0;
	*ret_seq = h.seq;
	*ret_payload = payload;
	return sizeof(h) + h.len;
}
