/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/parts.h"

void parts_add(struct buf *to, const void *data, size_t len)
{
	uint32_t n = (uint32_t)len;

	buf_add(to, &n, sizeof(n));
	if (len)
		buf_add(to, data, len);
	buf_add(to, "", 1);
}

bool parts_next(struct text *rest, struct text *part)
{
	uint32_t n;

	*part = TEXT_NONE;
	if (rest->len < sizeof(n))
		return false;
	memcpy(&n, rest->data, sizeof(n));
	if (n >= rest->len - sizeof(n) || rest->data[sizeof(n) + n])
		return false;
	*part = text_from(rest->data + sizeof(n), n);
	*rest = text_from(part->data + n + 1, rest->len - sizeof(n) - n - 1);
	return true;
}
