/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi/bpf_code.h"

#include <errno.h>

#include "unit.h"

static void check_printed(struct bpf_code *c, const char *want)
{
	cleanup_buf struct buf text = BUF_INIT;

	bpf_code_print(c->insns.items, (uint32_t)c->insns.len, &text);
	assert_string_equal(text.data, want);
}

static void jumps_reach_their_labels(void **state)
{
	cleanup_bpf_code struct bpf_code c;
	uint32_t again, end;

	(void)state;
	bpf_code_init(&c, 100);
	again = bpf_code_label(&c);
	end = bpf_code_label(&c);
	bpf_alu_imm(&c, BPF_MOV, R0, 0);
	bpf_code_place(&c, again);
	bpf_load(&c, 4, R1, R6, 8);
	bpf_number(&c, R2, 0x1122334455667788);
	bpf_jump(&c, BPF_JGE, R1, R2, end);
	bpf_jump32_imm(&c, BPF_JSET, R1, 4, end);
	bpf_jump_imm(&c, BPF_JSLT, R1, -1, again);
	bpf_goto(&c, again);
	bpf_code_place(&c, end);
	bpf_store_imm(&c, 8, FP, -8, -1);
	bpf_exit(&c);
	assert_int_equal(bpf_code_finish(&c), 0);
	check_printed(&c, "    0: r0 = 0\n"
			  "    1: r1 = *(u32 *)(r6 +8)\n"
			  "    2: r2 = 0x1122334455667788\n"
			  "    4: if r1 >= r2 goto 8\n"
			  "    5: if w1 & 4 goto 8\n"
			  "    6: if r1 s< -1 goto 1\n"
			  "    7: goto 1\n"
			  "    8: *(u64 *)(r10 -8) = -1\n"
			  "    9: exit\n");
}

/* The kernel refuses instructions that nothing leads to. */
static void what_cannot_be_reached_goes(void **state)
{
	cleanup_bpf_code struct bpf_code c;
	uint32_t yes, no, through;

	(void)state;
	bpf_code_init(&c, 100);
	yes = bpf_code_label(&c);
	no = bpf_code_label(&c);
	through = bpf_code_label(&c);
	bpf_jump_imm(&c, BPF_JEQ, R1, 1, through);
	bpf_goto(&c, no);
	bpf_map(&c, R1, 7); /* dead */
	bpf_code_place(&c, through);
	bpf_goto(&c, yes); /* the jump goes there at once */
	bpf_code_place(&c, no);
	bpf_alu_imm(&c, BPF_MOV, R0, 0);
	bpf_exit(&c);
	bpf_code_place(&c, yes);
	bpf_alu_imm(&c, BPF_MOV, R0, 1);
	bpf_exit(&c);
	bpf_call(&c, 1); /* dead */
	assert_int_equal(bpf_code_finish(&c), 0);
	check_printed(&c, "    0: if r1 == 1 goto 3\n"
			  "    1: r0 = 0\n"
			  "    2: exit\n"
			  "    3: r0 = 1\n"
			  "    4: exit\n");
}

/* What can't be reached does not count, what can does. */
static void programs_that_are_too_long_fail(void **state)
{
	(void)state;
	for (uint32_t dead = 0; dead < 2; dead++) {
		cleanup_bpf_code struct bpf_code c;
		uint32_t end;

		bpf_code_init(&c, 10);
		end = bpf_code_label(&c);
		if (dead)
			bpf_goto(&c, end);
		for (int i = 0; i < 12; i++)
			bpf_alu_imm(&c, BPF_ADD, R1, i);
		bpf_code_place(&c, end);
		bpf_exit(&c);
		assert_int_equal(bpf_code_finish(&c), dead ? 0 : -E2BIG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(jumps_reach_their_labels),
					    cmocka_unit_test(what_cannot_be_reached_goes),
					    cmocka_unit_test(programs_that_are_too_long_fail) };

	return unit_run(tests);
}
