/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions as people read them. */
#include "uapi/bpf_code.h"

static const char *const alu_signs[] = { "+=",	"-=", "*=", "/=", "|=", "&=",  "<<=",
					 ">>=", "=-", "%=", "^=", "=",	"s>>=" };
static const char *const jump_signs[] = { "",	 "==", ">", ">=", "&",	"!=", "s>",
					  "s>=", "",   "",  "<",  "<=", "s<", "s<=" };

static const char *size_name(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return "u8";
	case BPF_H:
		return "u16";
	case BPF_W:
		return "u32";
	default:
		return "u64";
	}
}

static const char *sign_of(const char *const *signs, size_t count, uint8_t code)
{
	size_t n = code >> 4;

	return n < count && *signs[n] ? signs[n] : "?";
}

static void print_right(const struct bpf_insn *i, struct buf *out)
{
	if (BPF_SRC(i->code) == BPF_X)
		buf_addf(out, "r%u", i->src_reg);
	else
		buf_addf(out, "%d", i->imm);
}

static void print_jump(const struct bpf_insn *i, uint32_t at, struct buf *out)
{
	uint32_t to = (uint32_t)((int64_t)at + 1 + i->off);

	if (BPF_OP(i->code) == BPF_EXIT) {
		buf_add_str(out, "exit");
	} else if (BPF_OP(i->code) == BPF_CALL) {
		buf_addf(out, "call %d", i->imm);
	} else if (BPF_OP(i->code) == BPF_JA) {
		buf_addf(out, "goto %u", to);
	} else {
		buf_addf(out, "if %c%u %s ", BPF_CLASS(i->code) == BPF_JMP32 ? 'w' : 'r',
			 i->dst_reg, sign_of(jump_signs, ARRAY_SIZE(jump_signs), i->code));
		print_right(i, out);
		buf_addf(out, " goto %u", to);
	}
}

static void print_one(const struct bpf_insn *i, uint32_t at, struct buf *out)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU64:
		buf_addf(out, "r%u %s ", i->dst_reg,
			 sign_of(alu_signs, ARRAY_SIZE(alu_signs), i->code));
		print_right(i, out);
		break;
	case BPF_LDX:
		buf_addf(out, "r%u = *(%s *)(r%u %+d)", i->dst_reg, size_name(i->code), i->src_reg,
			 i->off);
		break;
	case BPF_STX:
		buf_addf(out, "*(%s *)(r%u %+d) = r%u", size_name(i->code), i->dst_reg, i->off,
			 i->src_reg);
		break;
	case BPF_ST:
		buf_addf(out, "*(%s *)(r%u %+d) = %d", size_name(i->code), i->dst_reg, i->off,
			 i->imm);
		break;
	case BPF_LD:
		if (i->src_reg == BPF_PSEUDO_MAP_FD)
			buf_addf(out, "r%u = map %d", i->dst_reg, i->imm);
		else
			buf_addf(out, "r%u = 0x%llx", i->dst_reg,
				 (unsigned long long)(uint32_t)i->imm |
					 (unsigned long long)(uint32_t)i[1].imm << 32);
		break;
	default:
		print_jump(i, at, out);
	}
}

void bpf_code_print(const struct bpf_insn *insns, uint32_t count, struct buf *out)
{
	for (uint32_t i = 0; i < count; i++) {
		buf_addf(out, "%5u: ", i);
		print_one(&insns[i], i, out);
		buf_add_char(out, '\n');
		i += insns[i].code == (BPF_LD | BPF_IMM | BPF_DW);
	}
}
