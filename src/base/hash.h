/* SPDX-License-Identifier: Apache-2.0 */
/* A fast hash for tables in memory. Seeded, so that who chooses the keys can't choose collisions. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_u64(uint64_t n, uint64_t seed)
{
	return hash_mix(n ^ 0x9e3779b97f4a7c15ULL, seed ^ 0xe7037ed1a0b428dbULL);
}

static inline uint64_t hash_load(const unsigned char *p, size_t n)
{
	uint64_t word = 0;

	memcpy(&word, p, n);
	return word;
}

static inline uint64_t hash_bytes(const void *data, size_t len, uint64_t seed)
{
	const unsigned char *p = data;
	uint64_t h = hash_u64(len, seed);

	for (; len >= 8; p += 8, len -= 8)
		h = hash_mix(h ^ hash_load(p, 8), 0xa0761d6478bd642fULL ^ seed);
	if (len)
		h = hash_mix(h ^ hash_load(p, len), 0x8ebc6af09c88c6e3ULL ^ seed);
	return hash_mix(h, 0x589965cc75374cc3ULL);
}
