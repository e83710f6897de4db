/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buf *out, const void *data, size_t len)
{
	const uint8_t *from = data;

	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t group = (uint32_t)from[i] << 16;
		char text[4];

		group |= n > 1 ? (uint32_t)from[i + 1] << 8 : 0;
		group |= n > 2 ? (uint32_t)from[i + 2] : 0;
		for (size_t k = 0; k < sizeof(text); k++)
			text[k] = k <= n ? alphabet[group >> (18 - 6 * k) & 63] : '=';
		buf_add(out, text, sizeof(text));
	}
}

bool base64_decode(struct buf *out, const char *text, size_t len)
{
	if (len % 4)
		return false;
	for (size_t i = 0; i < len; i += 4) {
		bool last = i + 4 == len;
		size_t n = last && text[i + 3] == '=' ? (text[i + 2] == '=' ? 1 : 2) : 3;
		uint32_t group = 0;

		for (size_t k = 0; k < 4; k++) {
			const char *at = k <= n && text[i + k] ? strchr(alphabet, text[i + k]) :
								 NULL;

			if (k <= n && !at)
				return false;
			group = group << 6 | (at ? (uint32_t)(at - alphabet) : 0);
		}
		if (group & (0xffffffu >> (8 * n)))
			return false; /* bits that no byte has: two texts would mean the same */
		for (size_t k = 0; k < n; k++)
			buf_add_char(out, (char)(group >> (16 - 8 * k)));
	}
	return true;
}
