/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4), for saying which file it was. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32, SHA256_TEXT_SIZE = 65 /* with its NUL */, SHA256_BLOCK = 64 };

struct sha256 {
	uint32_t state[8];
	uint64_t len;
	uint8_t block[SHA256_BLOCK];
};

void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *data, size_t len);
/* Lower case; h is of no use afterwards. */
void sha256_text(struct sha256 *h, char out[SHA256_TEXT_SIZE]);
