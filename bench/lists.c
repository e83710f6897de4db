/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a list of a rule costs in the kernel, by its length: for each kind of question and each length a line with the instructions
 * of the filter, those that one record takes, and nanoseconds of a test run in the kernel; "emits" if the filter is none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "unit/filter/records.h"
#include "unit/filter/simulate.h"
#include "unit/rules/rig.h"

enum { TARGETS_MAX = 256, ROUNDS = 20, RUNS = 10000 };

struct question {
	const char *name, *call, *condition;
	void (*item)(struct buf *yaml, unsigned n);
};

static void add_path(struct buf *yaml, unsigned n)
{
	buf_addf(yaml, "/opt/file%06u", n);
}

static void add_network(struct buf *yaml, unsigned n)
{
	buf_addf(yaml, "\"11.%u.%u.0/24\"", n / 256, n % 256);
}

static void add_network_of_some_length(struct buf *yaml, unsigned n)
{
	buf_addf(yaml, "\"11.%u.%u.0/%u\"", n / 256, n % 256, 17 + n % 8);
}

static void add_address(struct buf *yaml, unsigned n)
{
	buf_addf(yaml, "\"11.%u.%u.7\"", n / 256, n % 256);
}

static const struct question questions[] = {
	{ "fd.name in (...)", "creat", "fd.name in (many)", add_path },
	{ "fd.name pmatch (...)", "creat", "fd.name pmatch (many)", add_path },
	{ "fd.name startswith anyof (...)", "creat", "fd.name startswith anyof (many)", add_path },
	{ "fd.sip in (addresses)", "connect", "fd.sip in (many)", add_address },
	{ "fd.snet in (networks)", "connect", "fd.snet in (many)", add_network },
	{ "fd.snet in (networks of 8 lengths)", "connect", "fd.snet in (many)",
	  add_network_of_some_length },
};

static const unsigned sizes[] = { 10, 100, 1000, 10000 };

static struct record_room room;
static struct filter_scratch scratch;

/* One that the list does not have, but for the last letter: that is found latest. */
static void make_record(struct filter_target target)
{
	static const char path[] = "/opt/file00000x";
	struct chance c = { .state = 1 };
	static const uint8_t address[4] = { 12, 3, 4, 5 };

	random_record(&c, target, 1, &room);
	room.ev.flags = ABI_EVENT_WATCHED | ABI_EVENT_FILE;
	room.ev.call.path_flags = 0;
	if (strcmp(target.row->call, "connect") == 0) {
		room.ev.flags |= ABI_EVENT_SOCKET;
		room.ev.call.result = 0;
		room.ev.call.inode_mode = S_IFSOCK;
		room.ev.call.family = AF_INET;
		room.ev.call.protocol = IPPROTO_TCP;
		memcpy(room.ev.call.remote, address, sizeof(address));
		room.ev.call.remote_port = 80;
		return;
	}
	room.ev.call.inode_mode = S_IFREG | 0644;
	room.ev.text[ABI_TEXT_FILE] = (struct abi_span){ sizeof(room.ev), sizeof(path) - 1 };
	memcpy(room.data, path, sizeof(path) - 1);
}

static struct filter_target target_of(const char *call)
{
	static struct filter_target all[TARGETS_MAX];
	size_t n = kernel_filter_targets(all, TARGETS_MAX);

	for (size_t i = 0; i < n; i++)
		if (all[i].row && strcmp(all[i].row->call, call) == 0)
			return all[i];
	abort();
}

/* Nanoseconds of a run in the best of some rounds, as others may be at work. */
static long time_runs(int program)
{
	struct timespec before, after;
	long best = -1;

	for (int round = 0; round < ROUNDS; round++) {
		long taken;

		clock_gettime(CLOCK_MONOTONIC, &before);
		for (int i = 0; i < RUNS; i++) {
			LIBBPF_OPTS(bpf_test_run_opts, opts);

			if (bpf_prog_test_run_opts(program, &opts))
				return -1;
		}
		clock_gettime(CLOCK_MONOTONIC, &after);
		taken = ((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec -
			 before.tv_nsec) /
			RUNS;
		best = best < 0 || taken < best ? taken : best;
	}
	return best;
}

/* Nanoseconds of a run; -1: the kernel does not want it, and says why. */
static long run_in_kernel(const struct kernel_filter *f, int fixed[FILTER_MAPS_FIXED])
{
	const struct program_source source = { .name = "list",
					       .insns = f->insns.items,
					       .insn_count = (uint32_t)f->insns.len,
					       .fixed = fixed,
					       .fixed_count = FILTER_MAPS_FIXED,
					       .maps = f->maps.items,
					       .map_count = (uint32_t)f->maps.len,
					       .type = BPF_PROG_TYPE_RAW_TRACEPOINT };
	struct error err = ERROR_INIT;
	uint32_t zero = 0;
	int fd = -1;
	long best;

	if (program_source_load(&source, &fd, NULL, &err)) {
		fprintf(stderr, "lists: %s\n", err.text);
		return -1;
	}
	bpf_map_update_elem(fixed[FILTER_MAP_ROOM], &zero, &room, BPF_ANY);
	best = time_runs(fd);
	close(fd);
	return best;
}

static int measure(const struct question *q, unsigned size, int fixed[FILTER_MAPS_FIXED])
{
	cleanup_kernel_filter struct kernel_filter f = { 0 };
	cleanup_buf struct buf yaml = BUF_INIT;
	cleanup_rig struct rig r;
	uint32_t steps = 0;
	bool dropped;

	buf_add_str(&yaml, "- list: many\n  items: [");
	for (unsigned n = 0; n < size; n++) {
		if (n)
			buf_add_str(&yaml, ", ");
		q->item(&yaml, n);
	}
	buf_addf(
		&yaml,
		"]\n- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  condition: evt.type = %s and %s\n",
		q->call, q->condition);
	rig_init(&r);
	rig_load(&r, yaml.data);
	if (kernel_filter_compile(r.rules, target_of(q->call), NULL, &f))
		return -1;
	make_record(f.target);
	dropped = simulate(&f, &room, sizeof(room), &scratch, &steps) == FILTER_DROP;
	printf("%s\t%u\t%zu\t%u\t%ld\t%s\n", q->name, size, f.insns.len, steps,
	       run_in_kernel(&f, fixed), dropped ? "drops" : "emits");
	return 0;
}

int main(void)
{
	int fixed[FILTER_MAPS_FIXED] = { -1, -1, -1, -1, -1, -1 };

	libbpf_set_print(NULL);
	fixed[FILTER_MAP_ROOM] = bpf_map_create(BPF_MAP_TYPE_ARRAY, "room", 4, ABI_EVENT_SIZE_MAX,
						1, NULL);
	fixed[FILTER_MAP_SCRATCH] = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "scratch", 4,
						   sizeof(struct filter_scratch), 1, NULL);
	if (fixed[FILTER_MAP_ROOM] < 0 || fixed[FILTER_MAP_SCRATCH] < 0) {
		fputs("lists: needs root\n", stderr);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sizes); k++)
			if (measure(&questions[i], sizes[k], fixed))
				return EXIT_FAILURE;
	return EXIT_SUCCESS;
}
