/* SPDX-License-Identifier: Apache-2.0 */
/* Loading programs that were made at run time, with maps of their own, beside a skeleton's. */
#pragma once
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * A hash map, or a trie whose keys are struct bpf_lpm_trie_key, and what is in it: count keys and values, one behind the
 * other. It is never written to.
 */
struct program_map {
	uint32_t key_size, value_size, count;
	bool trie;
	uint8_t *keys, *values;
};

enum { PROGRAM_MAPS_MAX = 64 };

struct program_source {
	const char *name; /* at most 15 letters, digits, "_" */
	const struct bpf_insn *insns;
	uint32_t insn_count;
	/*
	 * What instructions name by number (two-instruction loads with BPF_PSEUDO_MAP_FD): first
	 * descriptors of maps that are there, -1 for those that it does not use; then new ones.
	 */
	const int *fixed;
	uint32_t fixed_count;
	const struct program_map *maps;
	uint32_t map_count;
	/* As whoever calls it (by a tail call): the type, and for BPF_PROG_TYPE_TRACING where. */
	uint32_t type, expected_attach_type, attach_btf_id;
};

/*
 * *ret_fd is the caller's. The program keeps its maps alive. *ret_verified (which may be NULL): how
 * many instructions the verifier walked. -errno: with the verifier's last words.
 */
int program_source_load(const struct program_source *s, int *ret_fd, uint32_t *ret_verified,
			struct error *err);
