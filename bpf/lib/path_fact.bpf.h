/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Paths as facts of a recording. */
#pragma once
#include "bpf/lib/fact.bpf.h"
#include "bpf/lib/path.bpf.h"

static __always_inline __u64 hash_mix(__u64 h, __u64 word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
	return h ^ (h >> 29);
}

/* Words at a time, and four of them a round, to keep the verifier's walk short; the buffer behind
 * the text is zero. */
subprogram __u64 path_hash(void)
{
	struct scratch *s = scratch_current();
	__u64 h = settings.path_seed;
	__u32 at;

	if (!s)
		return 0;
	at = s->at;
	for (int i = 0; i < ABI_PATH_MAX / 32; i++) {
		__u64 *words = (__u64 *)&s->path[at & (ABI_PATH_MAX - 1)];

		if (at >= ABI_PATH_MAX)
			break;
		h = hash_mix(hash_mix(hash_mix(hash_mix(h, words[0]), words[1]), words[2]),
			     words[3]);
		at += 32;
	}
	return hash_mix(h, s->at);
}

/* Learns that actor did ops to the path in this CPU's scratch; returns the hash of the path. */
subprogram __u64 path_learn(__u64 cell, __u32 actor, __u32 ops)
{
	struct scratch *s = scratch_current();
	struct abi_file_key key = { .actor = actor, .ops = ops };
	__u32 len;

	if (!s)
		return 0;
	if (s->flags & ABI_PATH_TRUNCATED)
		loss_count(cell, ABI_LOSS_DEPTH);
	key.hash = path_hash();
	len = ABI_PATH_MAX - s->at;
	if (len > ABI_PATH_MAX)
		return 0;
	s->value.file.flags = s->flags;
	s->value.file.len = len;
	if (len <= ABI_PATH_SHORT) {
		bpf_probe_read_kernel(s->value.path, len & (2 * ABI_PATH_SHORT - 1),
				      &s->path[s->at & (ABI_PATH_MAX - 1)]);
		fact_learn(&files, &key, &s->value.file.fact, cell, ABI_LOSS_FILES);
	} else {
		bpf_probe_read_kernel(s->value.path, len & (ABI_PATH_MAX - 1),
				      &s->path[s->at & (ABI_PATH_MAX - 1)]);
		fact_learn(&long_files, &key, &s->value.file.fact, cell, ABI_LOSS_FILES);
	}
	return key.hash;
}
