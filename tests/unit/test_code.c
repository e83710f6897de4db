/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions, as bytes, and what is made of them. */
#include "unit.h"

#include "static/code.h"

enum { AT = 0x401000 };

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

#define BYTES(...) { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ })

/* clang-format off */
enum { NONE = CODE_NO_REGISTER };
static const struct {
	const char *text;
	uint8_t bytes[32];
	size_t n;
	struct code_op want;
} instructions[] = {
	{ "mov $39, %eax",
	  BYTES(0xb8, 39, 0, 0, 0),
	  { .kind = CODE_SET, .to = CODE_RAX, .from = NONE, .value = 39, .writes = 1 } },
	{ "mov $-1, %eax is no -1",
	  BYTES(0xb8, 0xff, 0xff, 0xff, 0xff),
	  { .kind = CODE_SET,
	    .to = CODE_RAX,
	    .from = NONE,
	    .value = 0xffffffff,
	    .writes = 1 } },
	{ "mov $-1, %rax is",
	  BYTES(0x48, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff),
	  { .kind = CODE_SET, .to = CODE_RAX, .from = NONE, .value = -1, .writes = 1 } },
	{ "mov $7, %al",
	  BYTES(0xb0, 7),
	  { .kind = CODE_SET_BYTE, .to = CODE_RAX, .from = NONE, .value = 7, .writes = 1 } },
	{ "mov $7, %ah",
	  BYTES(0xb4, 7),
	  { .kind = CODE_OTHER, .to = NONE, .from = NONE, .writes = 1 } },
	{ "xor %edi, %edi",
	  BYTES(0x31, 0xff),
	  { .kind = CODE_SET, .to = CODE_RDI, .from = NONE, .writes = 1 << CODE_RDI } },
	{ "mov %rdi, %rax",
	  BYTES(0x48, 0x89, 0xf8),
	  { .kind = CODE_COPY, .to = CODE_RAX, .from = CODE_RDI, .writes = 1 } },
	{ "add $8, %rsp",
	  BYTES(0x48, 0x83, 0xc4, 8),
	  { .kind = CODE_COPY,
	    .to = CODE_RSP,
	    .from = CODE_RSP,
	    .value = 8,
	    .writes = 1 << CODE_RSP } },
	{ "mov 8(%rsp), %rax",
	  BYTES(0x48, 0x8b, 0x44, 0x24, 8),
	  { .kind = CODE_LOAD,
	    .to = CODE_RAX,
	    .from = CODE_RSP,
	    .value = 8,
	    .width = 8,
	    .writes = 1 } },
	{ "movl $5, 4(%rbx)",
	  BYTES(0xc7, 0x43, 4, 5, 0, 0, 0),
	  { .kind = CODE_STORE_SET,
	    .to = CODE_RBX,
	    .from = NONE,
	    .value = 4,
	    .number = 5,
	    .width = 4 } },
	{ "lea 16(%rip), %rsi",
	  BYTES(0x48, 0x8d, 0x35, 16, 0, 0, 0),
	  { .kind = CODE_SET,
	    .to = CODE_RSI,
	    .from = NONE,
	    .value = AT + 7 + 16,
	    .address = AT + 7 + 16,
	    .writes = 1 << CODE_RSI } },
	{ "call +1",
	  BYTES(0xe8, 1, 0, 0, 0),
	  { .kind = CODE_CALL, .to = NONE, .from = NONE, .target = AT + 6 } },
	{ "call *16(%rip)",
	  BYTES(0xff, 0x15, 16, 0, 0, 0),
	  { .kind = CODE_CALL, .to = NONE, .from = NONE, .address = AT + 6 + 16 } },
	{ "jmp *table(,%rax,8)",
	  BYTES(0xff, 0x24, 0xc5, 0, 0x20, 0x40, 0),
	  { .kind = CODE_JUMP, .to = NONE, .from = NONE } },
	{ "je +2",
	  BYTES(0x74, 2),
	  { .kind = CODE_BRANCH,
	    .to = NONE,
	    .from = NONE,
	    .target = AT + 4,
	    .writes = 1 << CODE_RCX } },
	{ "push %rbx",
	  BYTES(0x53),
	  { .kind = CODE_PUSH, .to = NONE, .from = CODE_RBX, .writes = 1 << CODE_RSP } },
	{ "pop %rbx",
	  BYTES(0x5b),
	  { .kind = CODE_POP,
	    .to = CODE_RBX,
	    .from = NONE,
	    .writes = 1 << CODE_RSP | 1 << CODE_RBX } },
	{ "syscall",
	  BYTES(0x0f, 5),
	  { .kind = CODE_SYSCALL,
	    .to = NONE,
	    .from = NONE,
	    .writes = 1 | 1 << CODE_RCX | 1 << 11 } },
	{ "int $0x80",
	  BYTES(0xcd, 0x80),
	  { .kind = CODE_INT80, .to = NONE, .from = NONE, .writes = 1 } },
	{ "int $3", BYTES(0xcc), { .kind = CODE_END, .to = NONE, .from = NONE } },
	{ "ret", BYTES(0xc3), { .kind = CODE_END, .to = NONE, .from = NONE } },
	{ "endbr64",
	  BYTES(0xf3, 0x0f, 0x1e, 0xfa),
	  { .kind = CODE_LANDING, .to = NONE, .from = NONE } },
	{ "nop", BYTES(0x90), { .kind = CODE_NOTHING, .to = NONE, .from = NONE } },
};
/* clang-format on */

static void test_instructions(void **state)
{
	struct code c = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++) {
		const char *row = instructions[i].text;
		const struct code_op *want = &instructions[i].want, *op;

		check_number(row,
			     code_read(reader, instructions[i].bytes, instructions[i].n, AT, &c),
			     0);
		check_number(row, c.ops.len, 1);
		op = &c.ops.items[0];
		check_number(row, op->at, AT);
		check_number(row, op->size, instructions[i].n);
		check_number(row, op->kind, want->kind);
		check_number(row, op->to, want->to);
		check_number(row, op->from, want->from);
		check_number(row, op->value, want->value);
		check_number(row, op->number, want->number);
		check_number(row, op->target, want->target);
		check_number(row, op->address, want->address);
		check_number(row, op->writes, want->writes);
		check_number(row, op->width, want->width);
	}
	code_deinit(&c);
}

/* What the zero flag tells, and which branch listens. */
static void test_flags(void **state)
{
	static const uint8_t bytes[] = { 0x48, 0x85, 0xc0,		       /* test %rax, %rax */
					 0x48, 0x85, 0xd8,		       /* test %rbx, %rax */
					 0x48, 0x83, 0xd0, 0xff,	       /* adc $-1, %rax */
					 0x48, 0x89, 0xc3,		       /* mov %rax, %rbx */
					 0x74, 0x00, 0x75, 0x00, 0x7f, 0x00 }; /* je, jne, jg */
	static const struct {
		bool flags;
		uint8_t zero;
		int8_t taken;
	} want[] = { { true, CODE_RAX, 0 },	     { true, CODE_NO_REGISTER, 0 },
		     { true, CODE_RAX, 0 },	     { false, CODE_NO_REGISTER, 0 },
		     { false, CODE_NO_REGISTER, 1 }, { false, CODE_NO_REGISTER, -1 },
		     { false, CODE_NO_REGISTER, 0 } };
	struct code c = { 0 };

	(void)state;
	assert_int_equal(code_read(reader, bytes, sizeof(bytes), AT, &c), 0);
	assert_int_equal(c.ops.len, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_int_equal(c.ops.items[i].flags, want[i].flags);
		assert_int_equal(c.ops.items[i].zero, want[i].zero);
		assert_int_equal(c.ops.items[i].taken, want[i].taken);
	}
	code_deinit(&c);
}

static void test_garbage_is_passed_over(void **state)
{
	static const uint8_t bytes[] = { 0x06, 0x07, 0x0f, 0x05, 0x0f };
	uint64_t before = code_reader_undecoded(reader);
	struct code c = { 0 };

	(void)state;
	assert_int_equal(code_read(reader, bytes, sizeof(bytes), AT, &c), 0);
	assert_int_equal(c.ops.len, 1);
	assert_int_equal(c.ops.items[0].at, AT + 2);
	assert_int_equal(c.ops.items[0].kind, CODE_SYSCALL);
	assert_int_equal(code_reader_undecoded(reader) - before, 3);
	assert_int_equal(code_read(reader, bytes, 0, AT, &c), 0);
	assert_int_equal(c.ops.len, 0);
	code_deinit(&c);
}

static void test_stubs(void **state)
{
	static const uint8_t plain[] = { 0xff, 0x25, 2, 0, 0, 0 };
	static const uint8_t landing[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0xf2, 0xff, 0x25, 2, 0, 0, 0 };
	static const uint8_t other[] = { 0x53, 0xff, 0x25, 2, 0, 0, 0 };

	(void)state;
	assert_int_equal(code_stub(reader, plain, sizeof(plain), AT), AT + 6 + 2);
	assert_int_equal(code_stub(reader, landing, sizeof(landing), AT), AT + 11 + 2);
	assert_int_equal(code_stub(reader, other, sizeof(other), AT), 0);
	assert_int_equal(code_stub(reader, plain, 3, AT), 0);
	assert_int_equal(code_stub(reader, plain, 0, AT), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instructions),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_garbage_is_passed_over),
		cmocka_unit_test(test_stubs),
	};

	return cmocka_run_group_tests(tests, open_reader, close_reader);
}
