/* SPDX-License-Identifier: Apache-2.0 */
/* An identity for alerts of others: a UUID of version 8 (RFC 9562, 5.8), time first as in version 7. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/uuid.h"

void alert_identify(json_t *json)
{
	const char *time = json_string_value(json_object_get(json, "time"));
	char out[UUID_TEXT_SIZE], *text;
	uint64_t ms, high, low;
	int64_t ns = 0;

	if (!json_is_object(json) || json_object_get(json, "uuid"))
		return;
	text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text)
		return;
	if (!time || !clock_parse(time, &ns))
		ns = 0;
	ms = (uint64_t)ns / 1000000 & 0xffffffffffffULL;
	high = hash_bytes(text, strlen(text), 0x6d65726c6f6eULL);
	low = hash_bytes(text, strlen(text), high);
	snprintf(out, sizeof(out), "%08llx-%04llx-8%03llx-%04llx-%012llx",
		 (unsigned long long)ms >> 16, (unsigned long long)ms & 0xffff,
		 (unsigned long long)high & 0xfff,
		 (unsigned long long)(low >> 48 & 0x3fff) | 0x8000,
		 (unsigned long long)low & 0xffffffffffffULL);
	free(text);
	json_object_set_new(json, "uuid", json_string(out));
}
