/* SPDX-License-Identifier: Apache-2.0 */
/* Functions, as bytes, and what the number of their last system call may be. */
#include "unit.h"

#include "static/flow.h"

enum { AT = 0x1000 };

static struct code_reader *reader;

static int open_reader(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	return code_reader_new(&reader, &err);
}

static int close_reader(void **state)
{
	(void)state;
	code_reader_free(reader);
	return 0;
}

/* Asks for rax at the last syscall instruction. */
static void ask(const char *row, const uint8_t *bytes, size_t n, enum flow_convention convention,
		struct flow_answer *ret)
{
	struct code c = { 0 };
	struct flow *f = NULL;
	size_t site = SIZE_MAX;

	check_number(row, code_read(reader, bytes, n, AT, &c), 0);
	for (size_t i = 0; i < c.ops.len; i++)
		if (c.ops.items[i].kind == CODE_SYSCALL)
			site = i;
	check(row, site != SIZE_MAX);
	check_number(row, flow_new(&f, &c, convention), 0);
	*ret = (struct flow_answer){ 0 };
	check_number(row, flow_trace(f, site, &(struct flow_place){ .reg = CODE_RAX }, ret), 0);
	flow_free(f);
	code_deinit(&c);
}

static bool has(const struct flow_answer *a, uint64_t value)
{
	vec_foreach(v, &a->values)
		if (*v == value)
			return true;
	return false;
}

#define BYTES(...) { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ })
#define SYSCALL 0x0f, 0x05
#define MOV_EAX(n) 0xb8, n, 0, 0, 0
#define MOV_EBX(n) 0xbb, n, 0, 0, 0
#define CALL 0xe8, 0, 0x10, 0, 0

/* clang-format off */
static const struct {
	const char *text;
	uint8_t bytes[32];
	size_t n;
	uint64_t values[3];
	size_t count;
	bool unknown;
} cases[] = {
	{ "a constant", BYTES(MOV_EAX(39), SYSCALL), { 39 }, 1, false },
	{ "the last of two", BYTES(MOV_EAX(1), MOV_EAX(39), SYSCALL), { 39 }, 1, false },
	{ "by way of another register",
	  BYTES(MOV_EBX(5), 0x89, 0xd8, SYSCALL),
	  { 5 },
	  1,
	  false },
	{ "with something added",
	  BYTES(MOV_EAX(5), 0x83, 0xc0, 2, SYSCALL),
	  { 7 },
	  1,
	  false },
	{ "its lowest byte replaced",
	  BYTES(0xb8, 0, 1, 0, 0, 0xb0, 7, SYSCALL),
	  { 0x107 },
	  1,
	  false },
	{ "over a call, in a register that is kept",
	  BYTES(MOV_EBX(5), CALL, 0x89, 0xd8, SYSCALL),
	  { 5 },
	  1,
	  false },
	{ "over a call, in one that is not",
	  BYTES(MOV_EAX(5), CALL, SYSCALL),
	  { 0 },
	  0,
	  true },
	{ "pushed and popped",
	  BYTES(0x6a, 12, 0x53, 0x5b, 0x58, SYSCALL),
	  { 12 },
	  1,
	  false },
	{ "stored on the stack",
	  BYTES(0xc7, 0x44, 0x24, 8, 60, 0, 0, 0, 0x8b, 0x44, 0x24, 8, SYSCALL),
	  { 60 },
	  1,
	  false },
	{ "stored, then half of it spoiled",
	  BYTES(0xc7, 0x44, 0x24, 8, 60, 0, 0, 0, 0x66, 0xc7, 0x44, 0x24, 8, 1, 0, 0x8b,
		0x44, 0x24, 8, SYSCALL),
	  { 0 },
	  0,
	  true },
	/* test %edi,%edi; mov $1,%eax; je +5; mov $2,%eax; syscall */
	{ "one of two",
	  BYTES(0x85, 0xff, MOV_EAX(1), 0x74, 5, MOV_EAX(2), SYSCALL),
	  { 1, 2 },
	  2,
	  false },
	/* mov $1,%eax; test; cmove %ebx,%eax with ebx = 3 */
	{ "a conditional move",
	  BYTES(MOV_EBX(3), MOV_EAX(1), 0x85, 0xff, 0x0f, 0x44, 0xc3, SYSCALL),
	  { 1, 3 },
	  2,
	  false },
	/* a loop: mov $4,%eax; 1: syscall-less body dec %ecx; jne 1b; syscall */
	{ "behind a loop",
	  BYTES(MOV_EAX(4), 0xff, 0xc9, 0x75, 0xfc, SYSCALL),
	  { 4 },
	  1,
	  false },
	/* mov (%rdi),%rax; test %rax,%rax; je +1; ret; syscall */
	{ "0, because a branch said so",
	  BYTES(0x48, 0x8b, 0x07, 0x48, 0x85, 0xc0, 0x74, 1, 0xc3, SYSCALL),
	  { 0 },
	  1,
	  false },
	/* the same with jne over the syscall: it is not taken */
	{ "0, because a branch was not taken",
	  BYTES(0x48, 0x8b, 0x07, 0x48, 0x85, 0xc0, 0x75, 2, SYSCALL, 0xc3),
	  { 0 },
	  1,
	  false },
	{ "added up from memory", BYTES(0x48, 0x03, 0x07, SYSCALL), { 0 }, 0, true },
	{ "padding is no way",
	  BYTES(0xc3, 0x90, 0x90, MOV_EAX(9), SYSCALL),
	  { 9 },
	  1,
	  false },
};
/* clang-format on */

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct flow_answer a;

		ask(cases[i].text, cases[i].bytes, cases[i].n, FLOW_SYSTEM_V, &a);
		check_number(cases[i].text, a.values.len, cases[i].count);
		for (size_t k = 0; k < cases[i].count; k++)
			check(cases[i].text, has(&a, cases[i].values[k]));
		check_number(cases[i].text, a.unknown, cases[i].unknown);
		flow_answer_deinit(&a);
	}
}

/* What callers give: registers, and the stack above the return address. */
static void test_inputs(void **state)
{
	static const struct {
		const char *text;
		uint8_t bytes[32];
		size_t n;
		struct flow_place want;
	} rows[] = {
		{ "the first argument", BYTES(0x48, 0x89, 0xf8, SYSCALL), { .reg = CODE_RDI } },
		{ "the first argument and something",
		  BYTES(0x48, 0x8d, 0x47, 3, SYSCALL),
		  { .reg = CODE_RDI, .plus = 3 } },
		{ "the seventh argument",
		  BYTES(0x48, 0x8b, 0x44, 0x24, 8, SYSCALL),
		  { .reg = CODE_RSP, .memory = true, .offset = 8 } },
		{ "the seventh argument, behind a push",
		  BYTES(0x53, 0x48, 0x8b, 0x44, 0x24, 16, SYSCALL),
		  { .reg = CODE_RSP, .memory = true, .offset = 8 } },
		{ "what an argument points to",
		  BYTES(0x48, 0x8b, 0x46, 4, SYSCALL),
		  { .reg = CODE_RSI, .memory = true, .offset = 4 } },
		{ "nothing was done", BYTES(SYSCALL), { .reg = CODE_RAX } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct flow_place *want = &rows[i].want;
		struct flow_answer a;

		ask(rows[i].text, rows[i].bytes, rows[i].n, FLOW_SYSTEM_V, &a);
		check_number(rows[i].text, a.inputs.len, 1);
		check_number(rows[i].text, a.inputs.items[0].entry, AT);
		check_number(rows[i].text, a.inputs.items[0].place.reg, want->reg);
		check_number(rows[i].text, a.inputs.items[0].place.memory, want->memory);
		check_number(rows[i].text, a.inputs.items[0].place.offset, want->offset);
		check_number(rows[i].text, a.inputs.items[0].place.plus, want->plus);
		check_number(rows[i].text, a.values.len, 0);
		check_number(rows[i].text, a.unknown, false);
		flow_answer_deinit(&a);
	}
}

static void test_go_keeps_nothing(void **state)
{
	static const uint8_t bytes[] = { MOV_EBX(5), CALL, 0x89, 0xd8, SYSCALL };
	struct flow_answer a;

	(void)state;
	ask("Go", bytes, sizeof(bytes), FLOW_GO, &a);
	assert_int_equal(a.values.len, 0);
	assert_true(a.unknown);
	flow_answer_deinit(&a);
}

/* Any bytes: it ends, and within its limits. */
static void test_chance(void **state)
{
	struct chance chance = { 42 };
	uint8_t bytes[512];

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct flow_answer a;

		for (size_t i = 0; i < sizeof(bytes) - 2; i++)
			bytes[i] = (uint8_t)chance_next(&chance);
		bytes[sizeof(bytes) - 2] = 0x0f;
		bytes[sizeof(bytes) - 1] = 0x05;
		/* So that the last one is decoded as one, whatever comes before. */
		memset(bytes + sizeof(bytes) - 18, 0x90, 16);
		ask("chance", bytes, sizeof(bytes), FLOW_SYSTEM_V, &a);
		assert_true(a.values.len <= FLOW_VALUES_MAX);
		assert_true(a.inputs.len <= FLOW_VALUES_MAX);
		flow_answer_deinit(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_go_keeps_nothing),
		cmocka_unit_test(test_chance),
	};

	return cmocka_run_group_tests(tests, open_reader, close_reader);
}
