/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/program_load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"

enum { LOG_SIZE = 1 << 20, LOG_WORDS = 300, STATISTICS_SIZE = 1 << 16, LOG_STATISTICS = 4 };

/* -errno, or the descriptor. */
static int make_map(const struct program_map *m, struct error *err)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts,
		    .map_flags = BPF_F_RDONLY_PROG | (m->trie ? BPF_F_NO_PREALLOC : 0));
	cleanup_fd int fd = bpf_map_create(m->trie ? BPF_MAP_TYPE_LPM_TRIE : BPF_MAP_TYPE_HASH,
					   "filter_texts", m->key_size, m->value_size,
					   m->count ? m->count : 1, &opts);

	if (fd < 0)
		return error_errno(err, errno, "a map of %u texts", m->count);
	for (uint32_t i = 0; i < m->count; i++)
		if (bpf_map_update_elem(fd, m->keys + (size_t)i * m->key_size,
					m->values + (size_t)i * m->value_size, BPF_ANY))
			return error_errno(err, errno, "a map of %u texts", m->count);
	return TAKE_FD(fd);
}

/* Descriptors in place of numbers. */
static int put_maps(struct bpf_insn *insns, uint32_t count, const int *maps, uint32_t map_count,
		    struct error *err)
{
	for (uint32_t i = 0; i < count; i++) {
		if (insns[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (insns[i].src_reg == BPF_PSEUDO_MAP_FD) {
			uint32_t map = (uint32_t)insns[i].imm;

			if (map >= map_count || maps[map] < 0)
				return error_set(err, EINVAL, "a program without its map %u", map);
			insns[i].imm = maps[map];
		}
		i++;
	}
	return 0;
}

/* The end of what the verifier said is why. */
static int refused(const struct program_source *s, int code, const char *log, struct error *err)
{
	size_t len = strlen(log), from = len > LOG_WORDS ? len - LOG_WORDS : 0;

	return error_set(err, code, "the kernel refuses the program %s: %s: ...%s", s->name,
			 strerror(code), log + from);
}

/* statistics: room for what the verifier says of its work, STATISTICS_SIZE; NULL: nobody asks. */
static int load(const struct program_source *s, const struct bpf_insn *insns, char *statistics,
		int *ret_fd, struct error *err)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = s->expected_attach_type,
		    .attach_btf_id = s->attach_btf_id, .log_buf = statistics,
		    .log_size = statistics ? STATISTICS_SIZE : 0,
		    .log_level = statistics ? LOG_STATISTICS : 0);
	cleanup_free char *log = NULL;
	int fd = bpf_prog_load(s->type, s->name, "Dual BSD/GPL", insns, s->insn_count, &opts);

	if (fd < 0) {
		log = calloc(1, LOG_SIZE);
		opts.log_buf = log;
		opts.log_size = LOG_SIZE;
		opts.log_level = 1;
		fd = bpf_prog_load(s->type, s->name, "Dual BSD/GPL", insns, s->insn_count, &opts);
	}
	if (fd < 0)
		return refused(s, errno, log ? log : "", err);
	*ret_fd = fd;
	return 0;
}

/* Kernels tell it by themselves only since 5.16. */
static uint32_t walked(const char *statistics)
{
	const char *said = strstr(statistics, "processed ");
	unsigned n = 0;

	return said && sscanf(said, "processed %u insns", &n) == 1 ? n : 0;
}

int program_source_load(const struct program_source *s, int *ret_fd, uint32_t *ret_verified,
			struct error *err)
{
	cleanup_free struct bpf_insn *insns = calloc(s->insn_count, sizeof(*insns));
	cleanup_free char *statistics = ret_verified ? calloc(1, STATISTICS_SIZE) : NULL;
	int maps[PROGRAM_MAPS_MAX], r = 0;
	uint32_t n = 0;

	if (!insns || (ret_verified && !statistics))
		return error_errno(err, ENOMEM, "a program");
	if (s->fixed_count + s->map_count > PROGRAM_MAPS_MAX)
		return error_set(err, E2BIG, "a program of more than %d maps", PROGRAM_MAPS_MAX);
	memcpy(insns, s->insns, s->insn_count * sizeof(*insns));
	for (; n < s->fixed_count; n++)
		maps[n] = s->fixed[n];
	for (uint32_t i = 0; !r && i < s->map_count; i++) {
		maps[n] = make_map(&s->maps[i], err);
		r = maps[n] < 0 ? maps[n] : 0;
		n += r == 0;
	}
	if (!r)
		r = put_maps(insns, s->insn_count, maps, n, err);
	if (!r)
		r = load(s, insns, statistics, ret_fd, err);
	while (n-- > s->fixed_count)
		close(maps[n]);
	if (!r && ret_verified)
		*ret_verified = walked(statistics);
	return r;
}
