/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/event_record.h"

const struct abi_event *event_record_check(const void *data, size_t size)
{
	const struct abi_event *ev = data;

	if (size < sizeof(*ev) || ev->size < sizeof(*ev) || ev->size > size ||
	    ev->size > ABI_EVENT_SIZE_MAX)
		return NULL;
	if (ev->kind == ABI_EVENT_NONE || ev->kind >= ABI_EVENT_KINDS || ev->table >= ABI_TABLES ||
	    ev->nr > ABI_CALL_NR_MAX)
		return NULL;
	for (unsigned i = 0; i < ABI_EVENT_TEXTS; i++) {
		struct abi_span s = ev->text[i];

		if (s.len && (s.at < sizeof(*ev) || s.at > ev->size || s.len > ev->size - s.at))
			return NULL;
	}
	return ev;
}

struct text event_record_text(const struct abi_event *ev, unsigned which)
{
	struct abi_span s = ev->text[which];

	return s.len ? text_from((const char *)ev + s.at, s.len) : TEXT_NONE;
}
