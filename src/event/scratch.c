/* SPDX-License-Identifier: Apache-2.0 */
#include "event/scratch.h"

static void add_digits(struct scratch_text *t, uint64_t n, unsigned base, bool minus)
{
	char room[24], *p = room + sizeof(room);

	do {
		*--p = "0123456789ABCDEF"[n % base];
	} while (n /= base);
	if (minus)
		*--p = '-';
	scratch_add(t, text_from(p, (size_t)(room + sizeof(room) - p)));
}

void scratch_add_i64(struct scratch_text *t, int64_t n)
{
	add_digits(t, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 10, n < 0);
}

void scratch_add_u64(struct scratch_text *t, uint64_t n)
{
	add_digits(t, n, 10, false);
}

void scratch_add_octal(struct scratch_text *t, uint64_t n)
{
	add_digits(t, n, 8, false);
}

void scratch_add_hex(struct scratch_text *t, uint64_t n)
{
	add_digits(t, n, 16, false);
}
