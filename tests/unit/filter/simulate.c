/* SPDX-License-Identifier: Apache-2.0 */
#include "simulate.h"

enum { STACK = 512, REGIONS = 8 };

struct region {
	uint8_t *at;
	size_t size;
};

struct machine {
	bool asks_who, ended;
	const struct kernel_filter *f;
	uint64_t r[11];
	uint8_t stack[STACK] __attribute__((aligned(8)));
	struct region regions[REGIONS];
	uint32_t region_count;
};

static void add_region(struct machine *m, void *at, size_t size)
{
	struct region *last =
		&m->regions[m->region_count < REGIONS ? m->region_count++ : REGIONS - 1];

	*last = (struct region){ at, size };
}

static void *memory(struct machine *m, uint64_t at, size_t size)
{
	for (uint32_t i = 0; i < m->region_count; i++) {
		uint64_t start = (uint64_t)(uintptr_t)m->regions[i].at;

		if (at >= start && at - start + size <= m->regions[i].size)
			return (void *)(uintptr_t)at;
	}
	fail_msg("the program reads or writes %zu bytes where it has none", size);
	return NULL;
}

static size_t size_of(uint8_t code)
{
	return BPF_SIZE(code) == BPF_B ? 1 :
	       BPF_SIZE(code) == BPF_H ? 2 :
	       BPF_SIZE(code) == BPF_W ? 4 :
					 8;
}

static uint64_t alu(uint8_t op, uint64_t a, uint64_t b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << (b & 63);
	case BPF_RSH:
		return a >> (b & 63);
	case BPF_ARSH:
		return (uint64_t)((int64_t)a >> (b & 63));
	case BPF_MOV:
		return b;
	default:
		fail_msg("an operation that the assembler should not make: %u", op);
		return 0;
	}
}

static bool jumps(uint8_t op, uint64_t a, uint64_t b)
{
	switch (op) {
	case BPF_JA:
		return true;
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return (int64_t)a > (int64_t)b;
	case BPF_JSGE:
		return (int64_t)a >= (int64_t)b;
	case BPF_JSLT:
		return (int64_t)a < (int64_t)b;
	case BPF_JSLE:
		return (int64_t)a <= (int64_t)b;
	case BPF_JSET:
		return a & b;
	default:
		fail_msg("a jump that the assembler should not make: %u", op);
		return false;
	}
}

struct abi_program simulate_programs[SIMULATE_PROGRAMS];

static uint64_t look_up_program(struct machine *m)
{
	uint32_t pid = *(uint32_t *)memory(m, m->r[2], 4);
	struct abi_program *p = &simulate_programs[pid < SIMULATE_PROGRAMS ? pid : 0];

	if (pid >= SIMULATE_PROGRAMS || !p->facts[ABI_PROGRAM_NAME])
		return 0;
	add_region(m, p, sizeof(*p));
	return (uint64_t)(uintptr_t)p;
}

struct abi_descent simulate_descents[SIMULATE_PROGRAMS];

static uint64_t look_up_descent(struct machine *m)
{
	uint32_t pid = *(uint32_t *)memory(m, m->r[2], 4);
	struct abi_descent *d = &simulate_descents[pid < SIMULATE_PROGRAMS ? pid : 0];

	if (pid >= SIMULATE_PROGRAMS || !d->start_ns)
		return 0;
	add_region(m, d, sizeof(*d));
	return (uint64_t)(uintptr_t)d;
}

struct abi_group simulate_groups[SIMULATE_GROUPS];

static uint64_t look_up_group(struct machine *m)
{
	uint64_t id = *(uint64_t *)memory(m, m->r[2], 8);

	if (id >= SIMULATE_GROUPS)
		return 0;
	add_region(m, &simulate_groups[id], sizeof(simulate_groups[id]));
	return (uint64_t)(uintptr_t)&simulate_groups[id];
}

static bool in_branch(const uint8_t *key, const uint8_t *branch)
{
	uint32_t bits = *(const uint32_t *)(const void *)branch;

	if (bits > *(const uint32_t *)(const void *)key)
		return false;
	for (uint32_t i = 0; i < bits; i++)
		if ((key[4 + i / 8] ^ branch[4 + i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

/* The value of the longest of the set's keys that this one begins with. */
static const uint8_t *look_up_branch(const struct program_map *set, const uint8_t *key)
{
	const uint8_t *found = NULL;
	uint32_t longest = 0;

	for (uint32_t i = 0; i < set->count; i++) {
		const uint8_t *branch = set->keys + (size_t)i * set->key_size;
		uint32_t bits = *(const uint32_t *)(const void *)branch;

		if ((found && bits <= longest) || !in_branch(key, branch))
			continue;
		found = set->values + (size_t)i * set->value_size;
		longest = bits;
	}
	return found;
}

static uint64_t look_up(struct machine *m)
{
	uint64_t map = m->r[1];
	const struct program_map *set;
	const void *key;

	if (map == FILTER_MAP_PROGRAMS)
		return look_up_program(m);
	if (map == FILTER_MAP_DESCENTS)
		return look_up_descent(m);
	if (map == FILTER_MAP_GROUPS)
		return look_up_group(m);
	if (map < FILTER_MAPS_FIXED) {
		/* Which room is taken is told by its owner: here they are one. */
		assert_true(m->asks_who || !*(uint32_t *)memory(m, m->r[2], 4));
		return (uint64_t)(uintptr_t)m->regions[map].at;
	}
	assert_true(map - FILTER_MAP_SETS < m->f->maps.len);
	set = &m->f->maps.items[map - FILTER_MAP_SETS];
	key = memory(m, m->r[2], set->key_size);
	if (set->trie) {
		uint8_t *value = (uint8_t *)look_up_branch(set, key);

		assert_in_range(*(const uint32_t *)key, 0, 8 * (set->key_size - 4));
		if (value)
			add_region(m, value, set->value_size);
		return (uint64_t)(uintptr_t)value;
	}
	for (uint32_t i = 0; i < set->count; i++) {
		uint8_t *value = set->values + (size_t)i * set->value_size;

		if (memcmp(set->keys + (size_t)i * set->key_size, key, set->key_size) != 0)
			continue;
		add_region(m, value, set->value_size);
		return (uint64_t)(uintptr_t)value;
	}
	return 0;
}

static void call(struct machine *m, int32_t helper)
{
	if (helper == BPF_FUNC_map_lookup_elem) {
		m->r[0] = look_up(m);
	} else if (helper == BPF_FUNC_get_current_task) {
		m->asks_who = true;
		m->r[0] = SIMULATE_TASK;
	} else if (helper == BPF_FUNC_tail_call) {
		m->ended = true;
		m->r[0] = m->r[3] == ABI_DENY_VERDICT ? FILTER_EMIT : FILTER_DROP;
		return;
	} else {
		fail_msg("helper %d", helper);
	}
	for (int i = 1; i < 6; i++) /* what the kernel forgets */
		m->r[i] = 0xdeadbeef00000000;
}

/* One instruction that is no jump; returns how many it takes. */
static uint32_t step(struct machine *m, const struct bpf_insn *i)
{
	uint64_t *to = &m->r[i->dst_reg];
	size_t n = size_of(i->code);
	uint64_t value = 0;

	switch (BPF_CLASS(i->code)) {
	case BPF_ALU64:
		*to = alu(BPF_OP(i->code), *to,
			  BPF_SRC(i->code) == BPF_X ? m->r[i->src_reg] : (uint64_t)(int64_t)i->imm);
		return 1;
	case BPF_LDX:
		memcpy(&value, memory(m, m->r[i->src_reg] + (uint64_t)i->off, n), n);
		*to = value;
		return 1;
	case BPF_STX:
		memcpy(memory(m, *to + (uint64_t)i->off, n), &m->r[i->src_reg], n);
		return 1;
	case BPF_ST:
		value = (uint64_t)(int64_t)i->imm;
		memcpy(memory(m, *to + (uint64_t)i->off, n), &value, n);
		return 1;
	default:
		assert_int_equal(i->code, BPF_LD | BPF_IMM | BPF_DW);
		*to = (uint32_t)i->imm | (uint64_t)(uint32_t)i[1].imm << 32;
		return 2;
	}
}

enum filter_verdict simulate(const struct kernel_filter *f, void *room, size_t room_size,
			     struct filter_scratch *scratch, uint32_t *ret_steps)
{
	struct machine m = { .f = f };
	uint32_t at = 0, steps = 0;

	add_region(&m, room, room_size);
	add_region(&m, scratch, sizeof(*scratch));
	add_region(&m, m.stack, sizeof(m.stack));
	m.r[10] = (uint64_t)(uintptr_t)(m.stack + STACK);
	for (; steps < SIMULATE_STEPS_MAX; steps++) {
		const struct bpf_insn *i = &f->insns.items[at];
		uint8_t class = BPF_CLASS(i->code);
		uint64_t a = m.r[i->dst_reg], b = (uint64_t)(int64_t)i->imm;

		assert_true(at < f->insns.len);
		if (class != BPF_JMP && class != BPF_JMP32) {
			at += step(&m, i);
			continue;
		}
		if (BPF_SRC(i->code) == BPF_X)
			b = m.r[i->src_reg];
		if (class == BPF_JMP32) {
			a = (uint32_t)a;
			b = (uint32_t)b;
		}
		if (BPF_OP(i->code) == BPF_EXIT)
			break;
		if (BPF_OP(i->code) == BPF_CALL)
			call(&m, i->imm);
		else if (jumps(BPF_OP(i->code), a, b))
			at = (uint32_t)((int64_t)at + i->off);
		if (m.ended)
			break;
		at++;
	}
	assert_true(steps < SIMULATE_STEPS_MAX);
	if (ret_steps)
		*ret_steps = steps;
	return (enum filter_verdict)m.r[0];
}
