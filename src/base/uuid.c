/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { NS_PER_MS = 1000000 };

void uuid_make(int64_t wall_ns, char out[UUID_TEXT_SIZE])
{
	uint64_t ms = wall_ns > 0 ? (uint64_t)wall_ns / NS_PER_MS : 0;
	uint8_t b[16] = { 0 };

	/* Without randomness there is still the time; the kernel gives 16 bytes whole or none. */
	(void)!getrandom(b, sizeof(b), 0);
	for (int i = 0; i < 6; i++)
		b[i] = (uint8_t)(ms >> (40 - 8 * i));
	b[6] = 0x70 | (b[6] & 0x0f);
	b[8] = 0x80 | (b[8] & 0x3f);
	snprintf(out, UUID_TEXT_SIZE,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		 b[15]);
}
