/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters in the kernel: its verifier takes them, and they say what the simulator says. Programs of
 * random rules on random records; then the filters of the rule files that the command line names, all
 * calls, with what the verifier walks for each.
 */
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "uapi/syscall.h"
#include "unit/filter/records.h"
#include "unit/filter/simulate.h"
#include "unit/rules/rig.h"

enum { TARGETS_MAX = 256, PROGRAMS = 400, RECORDS = 20, RULES = 2 };
enum { VERIFIED_MAX = 400000 }; /* of the million that kernels allow */

static struct {
	char **files;
	int file_count;
	int fixed[FILTER_MAPS_FIXED];
	struct filter_target targets[TARGETS_MAX];
	size_t target_count;
} test = { .fixed = { -1, -1, -1, -1, -1, -1 } };

static int setup(void **state)
{
	(void)state;
	libbpf_set_print(NULL);
	test.target_count = kernel_filter_targets(test.targets, TARGETS_MAX);
	if (geteuid() != 0)
		return 0; /* each test says so */
	test.fixed[FILTER_MAP_ROOM] = bpf_map_create(BPF_MAP_TYPE_ARRAY, "room", 4,
						     ABI_EVENT_SIZE_MAX, 1, NULL);
	test.fixed[FILTER_MAP_SCRATCH] = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "scratch", 4,
							sizeof(struct filter_scratch), 1, NULL);
	test.fixed[FILTER_MAP_PROGRAMS] = bpf_map_create(BPF_MAP_TYPE_HASH, "programs", 4,
							 sizeof(struct abi_program), 8, NULL);
	test.fixed[FILTER_MAP_DESCENTS] = bpf_map_create(BPF_MAP_TYPE_HASH, "descents", 4,
							 sizeof(struct abi_descent), 8, NULL);
	test.fixed[FILTER_MAP_GROUPS] = bpf_map_create(BPF_MAP_TYPE_HASH, "groups", 8,
						       sizeof(struct abi_group), 8, NULL);
	return test.fixed[FILTER_MAP_PROGRAMS] < 0 || test.fixed[FILTER_MAP_GROUPS] < 0 ||
			       test.fixed[FILTER_MAP_DESCENTS] < 0 || test.fixed[0] < 0 ||
			       test.fixed[1] < 0 ?
		       -1 :
		       0;
}

static void need_root(void)
{
	if (geteuid() != 0) {
		print_message("BPF programs need root\n");
		skip();
	}
}

/* A descriptor; fails the test if the kernel does not want the program. */
static int load(const struct kernel_filter *f, uint32_t *ret_verified)
{
	const struct program_source source = { .name = "filter",
					       .insns = f->insns.items,
					       .insn_count = (uint32_t)f->insns.len,
					       .fixed = test.fixed,
					       .fixed_count = FILTER_MAPS_FIXED,
					       .maps = f->maps.items,
					       .map_count = (uint32_t)f->maps.len,
					       .type = BPF_PROG_TYPE_RAW_TRACEPOINT };
	struct error err = ERROR_INIT;
	int fd = -1;

	if (program_source_load(&source, &fd, ret_verified, &err))
		fail_msg("%s: %s", f->target.type->name.data, err.text);
	return fd;
}

static uint32_t run(int program, const struct record_room *room)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	uint32_t zero = 0;

	assert_int_equal(bpf_map_update_elem(test.fixed[FILTER_MAP_ROOM], &zero, room, BPF_ANY), 0);
	assert_int_equal(bpf_prog_test_run_opts(program, &opts), 0);
	return opts.retval;
}

/* What containers answer, or answered others. */
static void keep_groups(struct chance *c, const struct container_terms *terms)
{
	random_containers(c);
	random_groups(c, terms, simulate_groups);
	for (uint64_t id = 0; id < SIMULATE_GROUPS; id++)
		assert_int_equal(bpf_map_update_elem(test.fixed[FILTER_MAP_GROUPS], &id,
						     &simulate_groups[id], BPF_ANY),
				 0);
}

/* What runs where, for parents; the simulator knows the same. */
static void keep_programs(struct chance *c)
{
	for (uint32_t pid = 0; pid < SIMULATE_PROGRAMS; pid++) {
		random_kept_program(c, &simulate_programs[pid]);
		random_kept_descent(c, &simulate_descents[pid]);
		if (simulate_descents[pid].start_ns)
			assert_int_equal(bpf_map_update_elem(test.fixed[FILTER_MAP_DESCENTS], &pid,
							     &simulate_descents[pid], BPF_ANY),
					 0);
		if (simulate_programs[pid].facts[ABI_PROGRAM_NAME])
			assert_int_equal(bpf_map_update_elem(test.fixed[FILTER_MAP_PROGRAMS], &pid,
							     &simulate_programs[pid], BPF_ANY),
					 0);
	}
}

static void random_rules(struct chance *c, struct filter_target target, struct buf *yaml)
{
	for (int i = 0; i < RULES; i++) {
		buf_addf(yaml,
			 "- rule: r%d\n  desc: d\n  output: o\n  priority: INFO\n"
			 "  warn_evttypes: false\n  condition: |\n    ",
			 i);
		buf_addf(yaml, "evt.type = %s and ", target.type->name.data);
		random_kernel_condition(c, target, 2, yaml);
		buf_add_char(yaml, '\n');
	}
}

static void kernel_and_simulator_agree(void **state)
{
	static struct record_room room;
	static struct filter_scratch scratch;
	struct chance c = { .state = 12 };
	cleanup_container_terms struct container_terms terms = { 0 };
	const struct filter_options options = { .candidates = true, .terms = &terms };
	uint32_t emitted = 0, most = 0;

	(void)state;
	need_root();
	keep_programs(&c);
	for (int i = 0; i < PROGRAMS; i++) {
		struct filter_target target = test.targets[(size_t)i % test.target_count];
		cleanup_rig struct rig r;
		cleanup_kernel_filter struct kernel_filter f = { 0 };
		cleanup_buf struct buf yaml = BUF_INIT;
		cleanup_fd int fd = -1;
		uint32_t walked = 0;

		rig_init(&r);
		random_rules(&c, target, &yaml);
		rig_add(&r, "random.yaml", yaml.data);
		rig_compile(&r);
		assert_int_equal(container_terms_number(&terms, r.rules), 0);
		keep_groups(&c, &terms);
		assert_int_equal(kernel_filter_compile(r.rules, target, &options, &f), 0);
		fd = load(&f, &walked);
		most = walked > most ? walked : most;
		for (int k = 0; k < RECORDS; k++) {
			random_record(&c, target, 1, &room);
			uint32_t want = simulate(&f, &room, sizeof(room), &scratch, NULL);

			assert_int_equal(run(fd, &room), want);
			emitted += want;
		}
	}
	print_message("%u of %u records emitted; at most %u instructions walked\n", emitted,
		      PROGRAMS * RECORDS, most);
	assert_true(emitted > PROGRAMS && emitted < PROGRAMS * (RECORDS - 1));
}

/* A path of a list, and ones that it does not have. What is below it, and what only begins as it does, differ by the operator. */
struct list_path {
	const char *path;
	bool fits;
};

/* A list of 10,000 texts: no more instructions, made and run, than one of 150. */
static void compare_lists(const char *operator, const struct list_path * paths, uint32_t path_count)
{
	static struct record_room room;
	static struct filter_scratch scratch;
	const uint32_t sizes[] = { 150, 10000 };
	uint32_t lengths[2], steps[2] = { 0 };

	for (int i = 0; i < 2; i++) {
		cleanup_rig struct rig r;
		cleanup_kernel_filter struct kernel_filter f = { 0 };
		cleanup_buf struct buf yaml = BUF_INIT;
		cleanup_fd int fd = -1;
		struct chance c = { .state = 1 };

		buf_add_str(&yaml, "- list: many\n  items: [/etc/shadow");
		for (uint32_t k = 1; k < sizes[i]; k++)
			buf_addf(&yaml, ", /opt/file%06u", k);
		buf_addf(&yaml,
			 "]\n- rule: r\n  desc: d\n  output: o\n  priority: INFO\n"
			 "  condition: evt.type = creat and fd.name %s (many)\n",
			 operator);
		rig_init(&r);
		rig_load(&r, yaml.data);
		for (size_t t = 0; t < test.target_count; t++)
			if (test.targets[t].row && !strcmp(test.targets[t].row->call, "creat"))
				assert_int_equal(kernel_filter_compile(r.rules, test.targets[t],
								       NULL, &f),
						 0);
		lengths[i] = (uint32_t)f.insns.len;
		fd = load(&f, NULL);
		for (uint32_t k = 0; k < path_count; k++) {
			const char *path = paths[k].path;
			uint32_t taken;

			random_record(&c, f.target, 1, &room);
			room.ev.flags = ABI_EVENT_FILE;
			room.ev.call.path_flags = 0;
			room.ev.call.inode_mode = 0100644;
			room.ev.text[ABI_TEXT_FILE] = (struct abi_span){ sizeof(room.ev),
									 (uint32_t)strlen(path) };
			memcpy(room.data, path, strlen(path));
			assert_int_equal(run(fd, &room), paths[k].fits);
			assert_int_equal(simulate(&f, &room, sizeof(room), &scratch, &taken),
					 paths[k].fits);
			steps[i] += taken;
		}
	}
	assert_int_equal(lengths[0], lengths[1]);
	assert_int_equal(steps[0], steps[1]);
}

static void long_lists_are_maps(void **state)
{
	static const struct list_path whole[] = { { "/opt/file000029", true },
						  { "/opt/filo000029", false },
						  { "/opt/file000029/x", false },
						  { "/opt/file00002", false } },
				      below[] = { { "/opt/file000029", true },
						  { "/opt/file000029/x", true },
						  { "/etc/shadow/a/rather/long/path/as/well",
						    true },
						  { "/opt/file000029x", false },
						  { "/opt/file00002", false },
						  { "/", false } },
				      begin[] = { { "/opt/file000029", true },
						  { "/opt/file000029/x", true },
						  { "/opt/file000029x", true },
						  { "/opt/file00002", false },
						  { "/", false } };

	(void)state;
	need_root();
	compare_lists("in", whole, ARRAY_SIZE(whole));
	compare_lists("pmatch", below, ARRAY_SIZE(below));
	compare_lists("startswith anyof", begin, ARRAY_SIZE(begin));
}

/* And of networks: as many look-ups as there are lengths of prefixes, or one. */
static void compare_networks(uint32_t prefixes)
{
	static struct record_room room;
	const uint32_t sizes[] = { 20, 10000 };
	uint32_t lengths[2];

	for (int i = 0; i < 2; i++) {
		cleanup_rig struct rig r;
		cleanup_kernel_filter struct kernel_filter f = { 0 };
		cleanup_buf struct buf yaml = BUF_INIT;
		cleanup_fd int fd = -1;
		struct chance c = { .state = 1 };

		buf_add_str(&yaml, "- list: many\n  items: [\"fe80::/10\", 10.1.0.0/19");
		for (uint32_t k = 0; k < sizes[i]; k++)
			buf_addf(&yaml, ", 11.%u.%u.0/%u", k / 256, k % 256, 24 - k % prefixes);
		buf_add_str(&yaml, "]\n- rule: r\n  desc: d\n  output: o\n  priority: INFO\n"
				   "  condition: evt.type = connect and fd.snet in (many)\n");
		rig_init(&r);
		rig_load(&r, yaml.data);
		for (size_t t = 0; t < test.target_count; t++)
			if (test.targets[t].row && !strcmp(test.targets[t].row->call, "connect"))
				assert_int_equal(kernel_filter_compile(r.rules, test.targets[t],
								       NULL, &f),
						 0);
		lengths[i] = (uint32_t)f.insns.len;
		fd = load(&f, NULL);
		for (int k = 0; k < 4; k++) {
			static const uint8_t remotes[4][4] = { { 11, 0, 19, 7 },
							       { 12, 0, 19, 7 },
							       { 10, 1, 31, 1 },
							       { 10, 1, 32, 1 } };

			random_record(&c, f.target, 1, &room);
			room.ev.flags = ABI_EVENT_FILE | ABI_EVENT_SOCKET;
			room.ev.call.inode_mode = 0140777;
			room.ev.call.family = 2;
			room.ev.call.protocol = 6;
			room.ev.call.remote_port = 80;
			memcpy(room.ev.call.remote, remotes[k], 4);
			assert_int_equal(run(fd, &room), k % 2 == 0);
		}
	}
	assert_int_equal(lengths[0], lengths[1]);
}

static void many_networks_are_maps(void **state)
{
	(void)state;
	need_root();
	compare_networks(1);
	compare_networks(8);
}

static void rule_files_fit(void **state)
{
	cleanup_container_terms struct container_terms terms = { 0 };
	cleanup_rig struct rig r;
	struct error err = ERROR_INIT;
	uint32_t most = 0, longest = 0;

	(void)state;
	need_root();
	if (!test.file_count) {
		print_message("no rule files were named\n");
		skip();
	}
	rig_init(&r);
	for (int i = 0; i < test.file_count; i++)
		assert_int_equal(ruleset_add_path(r.rules, test.files[i], &err), 0);
	assert_true(rig_compile(&r));
	assert_int_equal(container_terms_number(&terms, r.rules), 0);
	for (size_t i = 0; i < test.target_count; i++) {
		const struct filter_options some = { .terms = &terms },
					    all = { .candidates = true, .terms = &terms };
		const struct filter_options *const options[] = { &some, &all };

		for (int k = 0; k < 2; k++) {
			cleanup_kernel_filter struct kernel_filter f = { 0 };
			cleanup_fd int fd = -1;
			uint32_t walked = 0;

			assert_int_equal(
				kernel_filter_compile(r.rules, test.targets[i], options[k], &f), 0);
			assert_false(f.too_long);
			fd = load(&f, &walked);
			if (walked > 40000)
				print_message("%s: %u walked\n", test.targets[i].type->name.data,
					      walked);
			assert_in_range(walked, 1, VERIFIED_MAX);
			most = walked > most ? walked : most;
			longest = f.insns.len > longest ? (uint32_t)f.insns.len : longest;
		}
	}
	print_message("at most %u instructions, %u walked\n", longest, most);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kernel_and_simulator_agree),
					    cmocka_unit_test(long_lists_are_maps),
					    cmocka_unit_test(many_networks_are_maps),
					    cmocka_unit_test(rule_files_fit) };

	test.files = argv + 1;
	test.file_count = argc - 1;
	return cmocka_run_group_tests(tests, setup, NULL);
}
