/* SPDX-License-Identifier: Apache-2.0 */
/* Filters on their way to who loads them: those that rules make arrive as they were, anything else does not. */
#include "guard/loader.h"

#include <errno.h>

#include "records.h"
#include "sensor/stream.h"
#include "unit/rules/rig.h"

enum { TARGETS_MAX = 256 };

static const char rules[] =
	"- list: many\n  items: [/a, /b, /c, /d, /e, /f, /g, /h, /i, /j, /k, /l, /m, /n, /o, /p, /q, /r]\n"
	"- rule: r\n  desc: d\n  output: o\n  priority: INFO\n"
	"  condition: evt.type in (open, openat, unlink, connect, mount) and (fd.name in (many) or fd.sport = 4444)\n";

struct made {
	struct rig rig;
	struct kernel_filter filter;
	struct buf request;
};

/* The filter of openat for the rules above, and the request for it. */
static int make(void **state)
{
	static struct made m;
	struct filter_target targets[TARGETS_MAX];
	const struct filter_options o = { .remembers = true, .tail_call = ABI_FILTER_SEND + 1 };
	size_t n = kernel_filter_targets(targets, TARGETS_MAX), i = 0;

	m = (struct made){ .request = BUF_INIT };
	rig_init(&m.rig);
	rig_add(&m.rig, "rules.yaml", rules);
	rig_compile(&m.rig);
	while (i < n && !text_eq_str(targets[i].type->name, "openat"))
		i++;
	assert_true(i < n);
	assert_int_equal(kernel_filter_compile(m.rig.rules, targets[i], &o, &m.filter), 0);
	loader_write(&m.request, (uint32_t)(targets[i].row - call_rows), &m.filter);
	*state = &m;
	return 0;
}

static int unmake(void **state)
{
	struct made *m = *state;

	kernel_filter_deinit(&m->filter);
	rig_deinit(&m->rig);
	buf_deinit(&m->request);
	return 0;
}

static void remake(void **state)
{
	unmake(state);
	make(state);
}

static int read_request(const struct made *m, struct loader_filter *f)
{
	struct error err = ERROR_INIT;

	return loader_read(m->request.data, m->request.len, f, &err);
}

static void a_filter_arrives_as_it_was(void **state)
{
	const struct made *m = *state;
	cleanup_loader_filter struct loader_filter f;

	assert_int_equal(read_request(m, &f), 0);
	assert_string_equal(call_rows[f.row].call, "openat");
	assert_true(f.reads.early && !f.reads.paths);
	assert_memory_equal(f.reads.args, m->filter.early.args, sizeof(f.reads.args));
	assert_int_equal(f.source.insn_count, m->filter.insns.len);
	assert_memory_equal(f.insns, m->filter.insns.items, m->filter.insns.len * sizeof(*f.insns));
	assert_int_equal(m->filter.maps.len, 1);
	assert_int_equal(f.source.map_count, 1);
	assert_int_equal(f.maps[0].count, 18);
	assert_memory_equal(f.maps[0].keys, m->filter.maps.items[0].keys,
			    18 * (size_t)f.maps[0].key_size);
}

static void what_is_cut_off_is_refused(void **state)
{
	const struct made *m = *state;
	struct error err = ERROR_INIT;

	for (size_t n = 0; n < m->request.len; n++) {
		cleanup_loader_filter struct loader_filter f;

		assert_int_equal(loader_read(m->request.data, n, &f, &err), -EINVAL);
	}
}

/* Offset of the first instruction in the request. */
enum { CODE_AT = 4 * sizeof(uint32_t) };

/* Puts one instruction where a harmless one of the same class stands. */
static int with(struct made *m, uint8_t class, struct bpf_insn put)
{
	cleanup_loader_filter struct loader_filter f;

	for (size_t i = 0; i < m->filter.insns.len; i++) {
		if (BPF_CLASS(m->filter.insns.items[i].code) != class)
			continue;
		memcpy(m->request.data + CODE_AT + i * sizeof(put), &put, sizeof(put));
		return read_request(m, &f);
	}
	fail_msg("no instruction of class %d", class);
	return 0;
}

static void what_would_do_more_is_refused(void **state)
{
	const struct bpf_insn read_kernel = { .code = BPF_JMP | BPF_CALL,
					      .imm = BPF_FUNC_probe_read_kernel },
			      kfunc = { .code = BPF_JMP | BPF_CALL,
					.src_reg = 2,
					.imm = BPF_FUNC_map_lookup_elem },
			      btf_address = { .code = BPF_LD | BPF_IMM | BPF_DW, .src_reg = 3 },
			      other_map = { .code = BPF_LD | BPF_IMM | BPF_DW,
					    .src_reg = BPF_PSEUDO_MAP_FD,
					    .imm = SENSOR_FILTER_MAPS + 1 },
			      packet = { .code = BPF_ABS }, /* BPF_LD and BPF_W are 0 */
		atomic = { .code = BPF_STX | BPF_DW | 0xc0 };

	assert_int_equal(with(*state, BPF_JMP, read_kernel), -EPERM);
	remake(state);
	assert_int_equal(with(*state, BPF_JMP, kfunc), -EPERM);
	remake(state);
	assert_int_equal(with(*state, BPF_LD, btf_address), -EPERM);
	remake(state);
	assert_int_equal(with(*state, BPF_LD, other_map), -EPERM);
	remake(state);
	assert_int_equal(with(*state, BPF_LD, packet), -EPERM);
	remake(state);
	assert_int_equal(with(*state, BPF_STX, atomic), -EPERM);
}

/* A count that would wrap around, or more rows than there are. */
static void heads_that_lie_are_refused(void **state)
{
	struct made *m = *state;
	cleanup_loader_filter struct loader_filter f;
	uint32_t head[3], lie;

	memcpy(head, m->request.data, sizeof(head));
	for (int i = 0; i < 3; i++) {
		lie = UINT32_MAX;
		memcpy(m->request.data + i * (int)sizeof(lie), &lie, sizeof(lie));
		assert_int_equal(read_request(m, &f), -EINVAL);
		loader_filter_deinit(&f);
		memcpy(m->request.data, head, sizeof(head));
	}
	assert_int_equal(read_request(m, &f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_filter_arrives_as_it_was, make, unmake),
		cmocka_unit_test_setup_teardown(what_is_cut_off_is_refused, make, unmake),
		cmocka_unit_test_setup_teardown(what_would_do_more_is_refused, make, unmake),
		cmocka_unit_test_setup_teardown(heads_that_lie_are_refused, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
