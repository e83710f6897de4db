/* SPDX-License-Identifier: Apache-2.0 */
#include "static/code.h"

#include <capstone/capstone.h>
#include <errno.h>

#include "base/cleanup.h"

struct code_reader {
	csh handle;
	cs_insn *insn;
	uint64_t instructions, undecoded;
};

/* --- registers and operands --------------------------------------------------------------------- */

/* A general register or a part of it; bytes is 0 for all other registers. */
struct part {
	uint8_t number, bytes;
};

/* clang-format off */
static const struct part part_of[X86_REG_ENDING] = {
	[X86_REG_RAX] = { 0, 8 }, [X86_REG_EAX] = { 0, 4 }, [X86_REG_AX] = { 0, 2 }, [X86_REG_AL] = { 0, 1 },
	[X86_REG_RCX] = { 1, 8 }, [X86_REG_ECX] = { 1, 4 }, [X86_REG_CX] = { 1, 2 }, [X86_REG_CL] = { 1, 1 },
	[X86_REG_RDX] = { 2, 8 }, [X86_REG_EDX] = { 2, 4 }, [X86_REG_DX] = { 2, 2 }, [X86_REG_DL] = { 2, 1 },
	[X86_REG_RBX] = { 3, 8 }, [X86_REG_EBX] = { 3, 4 }, [X86_REG_BX] = { 3, 2 }, [X86_REG_BL] = { 3, 1 },
	[X86_REG_RSP] = { 4, 8 }, [X86_REG_ESP] = { 4, 4 }, [X86_REG_SP] = { 4, 2 }, [X86_REG_SPL] = { 4, 1 },
	[X86_REG_RBP] = { 5, 8 }, [X86_REG_EBP] = { 5, 4 }, [X86_REG_BP] = { 5, 2 }, [X86_REG_BPL] = { 5, 1 },
	[X86_REG_RSI] = { 6, 8 }, [X86_REG_ESI] = { 6, 4 }, [X86_REG_SI] = { 6, 2 }, [X86_REG_SIL] = { 6, 1 },
	[X86_REG_RDI] = { 7, 8 }, [X86_REG_EDI] = { 7, 4 }, [X86_REG_DI] = { 7, 2 }, [X86_REG_DIL] = { 7, 1 },
	[X86_REG_R8] = { 8, 8 }, [X86_REG_R8D] = { 8, 4 }, [X86_REG_R8W] = { 8, 2 }, [X86_REG_R8B] = { 8, 1 },
	[X86_REG_R9] = { 9, 8 }, [X86_REG_R9D] = { 9, 4 }, [X86_REG_R9W] = { 9, 2 }, [X86_REG_R9B] = { 9, 1 },
	[X86_REG_R10] = { 10, 8 }, [X86_REG_R10D] = { 10, 4 }, [X86_REG_R10W] = { 10, 2 }, [X86_REG_R10B] = { 10, 1 },
	[X86_REG_R11] = { 11, 8 }, [X86_REG_R11D] = { 11, 4 }, [X86_REG_R11W] = { 11, 2 }, [X86_REG_R11B] = { 11, 1 },
	[X86_REG_R12] = { 12, 8 }, [X86_REG_R12D] = { 12, 4 }, [X86_REG_R12W] = { 12, 2 }, [X86_REG_R12B] = { 12, 1 },
	[X86_REG_R13] = { 13, 8 }, [X86_REG_R13D] = { 13, 4 }, [X86_REG_R13W] = { 13, 2 }, [X86_REG_R13B] = { 13, 1 },
	[X86_REG_R14] = { 14, 8 }, [X86_REG_R14D] = { 14, 4 }, [X86_REG_R14W] = { 14, 2 }, [X86_REG_R14B] = { 14, 1 },
	[X86_REG_R15] = { 15, 8 }, [X86_REG_R15D] = { 15, 4 }, [X86_REG_R15W] = { 15, 2 }, [X86_REG_R15B] = { 15, 1 },
	/* The second byte of a register counts as two, so that nothing takes it for the lowest. */
	[X86_REG_AH] = { 0, 2 }, [X86_REG_CH] = { 1, 2 }, [X86_REG_DH] = { 2, 2 }, [X86_REG_BH] = { 3, 2 },
};
/* clang-format on */

static bool is_full(const cs_x86_op *o)
{
	return o->type == X86_OP_REG && part_of[o->reg].bytes >= 4;
}

static uint8_t number_of(x86_reg reg)
{
	return reg < X86_REG_ENDING && part_of[reg].bytes ? part_of[reg].number : CODE_NO_REGISTER;
}

/* The address that an operand in memory has wherever it is run: told from the instruction, or absolute. */
static uint64_t fixed_address(const cs_insn *in, const x86_op_mem *m)
{
	if (m->segment != X86_REG_INVALID)
		return 0;
	if (m->base == X86_REG_RIP)
		return in->address + in->size + (uint64_t)m->disp;
	return m->base == X86_REG_INVALID ? (uint64_t)m->disp : 0;
}

/* Whether memory is told by one register and a distance. */
static bool is_based(const x86_op_mem *m)
{
	return m->segment == X86_REG_INVALID && m->index == X86_REG_INVALID &&
	       number_of(m->base) != CODE_NO_REGISTER && part_of[m->base].bytes == 8;
}

/* --- instructions ------------------------------------------------------------------------------- */

static void copy(struct code_op *op, uint8_t to, uint8_t from, int64_t value)
{
	op->kind = CODE_COPY;
	op->to = to;
	op->from = from;
	op->value = value;
}

static void set(struct code_op *op, uint8_t to, int64_t value)
{
	op->kind = CODE_SET;
	op->to = to;
	op->value = value;
}

static void read_move(struct code_op *op, const cs_x86_op *to, const cs_x86_op *from)
{
	if (is_full(to) && from->type == X86_OP_IMM) {
		set(op, number_of(to->reg),
		    to->size == 4 ? (int64_t)(uint32_t)from->imm : from->imm);
	} else if (is_full(to) && is_full(from)) {
		copy(op, number_of(to->reg), number_of(from->reg), 0);
	} else if (is_full(to) && from->type == X86_OP_MEM && is_based(&from->mem)) {
		op->kind = CODE_LOAD;
		op->to = number_of(to->reg);
		op->from = number_of(from->mem.base);
		op->value = from->mem.disp;
		op->width = to->size;
	} else if (to->type == X86_OP_REG && to->size == 1 && from->type == X86_OP_IMM &&
		   part_of[to->reg].bytes == 1) {
		op->kind = CODE_SET_BYTE;
		op->to = number_of(to->reg);
		op->value = from->imm & 0xff;
	} else if (to->type == X86_OP_MEM && is_based(&to->mem)) {
		op->kind = from->type == X86_OP_IMM ? CODE_STORE_SET :
			   is_full(from)	    ? CODE_STORE :
						      CODE_SPOIL;
		op->to = number_of(to->mem.base);
		op->value = to->mem.disp;
		op->width = to->size;
		op->from = is_full(from) ? number_of(from->reg) : CODE_NO_REGISTER;
		op->number = from->type == X86_OP_IMM ? from->imm : 0;
	}
}

static void read_lea(struct code_op *op, const cs_x86_op *to, const cs_x86_op *from)
{
	if (!is_full(to))
		return;
	if (op->address && from->mem.index == X86_REG_INVALID)
		set(op, number_of(to->reg), (int64_t)op->address);
	else if (is_based(&from->mem))
		copy(op, number_of(to->reg), number_of(from->mem.base), from->mem.disp);
}

static void read_arithmetic(struct code_op *op, unsigned id, const cs_x86_op *to,
			    const cs_x86_op *from)
{
	uint8_t reg = to->type == X86_OP_REG ? number_of(to->reg) : CODE_NO_REGISTER;

	if (!is_full(to))
		return;
	if (id == X86_INS_INC || id == X86_INS_DEC)
		copy(op, reg, reg, id == X86_INS_INC ? 1 : -1);
	else if (((id == X86_INS_XOR || id == X86_INS_SUB) && from->type == X86_OP_REG &&
		  from->reg == to->reg) ||
		 (id == X86_INS_AND && from->type == X86_OP_IMM && from->imm == 0))
		set(op, reg, 0);
	else if (id == X86_INS_OR && from->type == X86_OP_IMM && from->imm == -1)
		set(op, reg, to->size == 4 ? (int64_t)UINT32_MAX : -1);
	else if (id == X86_INS_ADD && from->type == X86_OP_IMM)
		copy(op, reg, reg, from->imm);
	else if (id == X86_INS_SUB && from->type == X86_OP_IMM)
		copy(op, reg, reg, -(uint64_t)from->imm);
}

static void read_stack(struct code_op *op, unsigned id, const cs_x86_op *o)
{
	op->from = op->to = CODE_NO_REGISTER;
	if (id == X86_INS_PUSH) {
		op->kind = o->type == X86_OP_IMM ? CODE_PUSH_SET : CODE_PUSH;
		op->value = o->type == X86_OP_IMM ? o->imm : 0;
		if (o->type == X86_OP_REG)
			op->from = number_of(o->reg);
	} else {
		op->kind = CODE_POP;
		if (o->type == X86_OP_REG)
			op->to = number_of(o->reg);
	}
}

static void read_transfer(struct code_op *op, enum code_kind kind, const cs_x86_op *o)
{
	op->kind = (uint8_t)kind;
	if (o->type == X86_OP_IMM)
		op->target = (uint64_t)o->imm;
	if (o->type == X86_OP_MEM && o->mem.index != X86_REG_INVALID)
		op->address = 0; /* one of a table: not this word */
}

/* Memory that an instruction changes in a way that is not followed. */
static void read_spoiled(struct code_op *op, const cs_insn *in)
{
	const cs_x86 *x = &in->detail->x86;

	for (unsigned i = 0; i < x->op_count; i++) {
		const cs_x86_op *o = &x->operands[i];

		if (o->type != X86_OP_MEM || !(o->access & CS_AC_WRITE) || !is_based(&o->mem))
			continue;
		op->kind = CODE_SPOIL;
		op->to = number_of(o->mem.base);
		op->value = o->mem.disp;
		op->width = o->size;
	}
}

/* Registers that an instruction changes, in whole or in part. */
static uint16_t written(struct code_reader *r, const cs_insn *in)
{
	cs_regs read, write;
	uint8_t reads, writes;
	uint16_t set_of = 0;

	if (cs_regs_access(r->handle, in, read, &reads, write, &writes) != CS_ERR_OK)
		return UINT16_MAX;
	for (unsigned i = 0; i < writes; i++) {
		uint8_t n = number_of((x86_reg)write[i]);

		if (n != CODE_NO_REGISTER)
			set_of |= (uint16_t)(1u << n);
	}
	return set_of;
}

static bool is_branch(struct code_reader *r, const cs_insn *in)
{
	return cs_insn_group(r->handle, in, CS_GRP_JUMP) || in->id == X86_INS_LOOP ||
	       in->id == X86_INS_LOOPE || in->id == X86_INS_LOOPNE || in->id == X86_INS_XBEGIN;
}

static bool is_conditional_move(unsigned id)
{
	switch (id) {
	case X86_INS_CMOVA:
	case X86_INS_CMOVAE:
	case X86_INS_CMOVB:
	case X86_INS_CMOVBE:
	case X86_INS_CMOVE:
	case X86_INS_CMOVG:
	case X86_INS_CMOVGE:
	case X86_INS_CMOVL:
	case X86_INS_CMOVLE:
	case X86_INS_CMOVNE:
	case X86_INS_CMOVNO:
	case X86_INS_CMOVNP:
	case X86_INS_CMOVNS:
	case X86_INS_CMOVO:
	case X86_INS_CMOVP:
	case X86_INS_CMOVS:
		return true;
	default:
		return false;
	}
}

/* What can't be told by the shape of its operands alone. */
static void read_rest(struct code_reader *r, struct code_op *op, const cs_insn *in)
{
	const cs_x86_op *o = in->detail->x86.operands;

	if (is_conditional_move(in->id) && is_full(&o[0])) {
		op->kind = CODE_MAYBE;
		op->to = number_of(o[0].reg);
		op->from = is_full(&o[1]) ? number_of(o[1].reg) : CODE_NO_REGISTER;
	} else if (in->detail->x86.op_count && is_branch(r, in)) {
		read_transfer(op, CODE_BRANCH, &o[0]);
	}
}

static void read_one(struct code_reader *r, struct code_op *op, const cs_insn *in)
{
	const cs_x86 *x = &in->detail->x86;
	const cs_x86_op *o = x->operands;

	switch (in->id) {
	case X86_INS_MOV:
	case X86_INS_MOVABS:
		read_move(op, &o[0], &o[1]);
		break;
	case X86_INS_MOVSXD:
		if (is_full(&o[0]) && is_full(&o[1]))
			copy(op, number_of(o[0].reg), number_of(o[1].reg), 0);
		break;
	case X86_INS_LEA:
		read_lea(op, &o[0], &o[1]);
		break;
	case X86_INS_XOR:
	case X86_INS_SUB:
	case X86_INS_ADD:
	case X86_INS_AND:
	case X86_INS_OR:
	case X86_INS_INC:
	case X86_INS_DEC:
		read_arithmetic(op, in->id, &o[0], &o[1]);
		break;
	case X86_INS_PUSH:
	case X86_INS_POP:
		read_stack(op, in->id, &o[0]);
		break;
	case X86_INS_LEAVE:
		copy(op, CODE_RSP, CODE_RBP, 8);
		op->writes = 1u << CODE_RSP | 1u << CODE_RBP;
		break;
	case X86_INS_CALL:
		read_transfer(op, CODE_CALL, &o[0]);
		break;
	case X86_INS_JMP:
		read_transfer(op, CODE_JUMP, &o[0]);
		break;
	case X86_INS_RET:
	case X86_INS_RETF:
	case X86_INS_RETFQ:
	case X86_INS_IRETQ:
	case X86_INS_HLT:
	case X86_INS_UD2:
	case X86_INS_INT3:
		op->kind = CODE_END;
		break;
	case X86_INS_SYSCALL:
		op->kind = CODE_SYSCALL;
		break;
	case X86_INS_SYSENTER:
		op->kind = CODE_INT80;
		break;
	case X86_INS_INT:
		op->kind = o[0].imm == 0x80 ? CODE_INT80 : CODE_END;
		break;
	case X86_INS_ENDBR64:
		op->kind = CODE_LANDING;
		break;
	case X86_INS_NOP:
	case X86_INS_CDQE: /* makes a negative number wider: the same number */
		op->kind = CODE_NOTHING;
		break;
	default:
		read_rest(r, op, in);
	}
}

/* The one address that an instruction mentions. */
static uint64_t mentioned(const cs_insn *in)
{
	const cs_x86 *x = &in->detail->x86;

	for (unsigned i = 0; i < x->op_count; i++)
		if (x->operands[i].type == X86_OP_MEM && fixed_address(in, &x->operands[i].mem))
			return fixed_address(in, &x->operands[i].mem);
	return 0;
}

static void writes_find(struct code_reader *r, struct code_op *op, const cs_insn *in)
{
	switch ((enum code_kind)op->kind) {
	case CODE_SET:
	case CODE_SET_BYTE:
	case CODE_COPY:
	case CODE_MAYBE:
	case CODE_LOAD:
		op->writes |= (uint16_t)(1u << op->to);
		break;
	case CODE_POP:
		op->writes = (uint16_t)(1u << CODE_RSP |
					(op->to < CODE_REGISTERS ? 1u << op->to : 0));
		break;
	case CODE_PUSH:
	case CODE_PUSH_SET:
		op->writes = 1u << CODE_RSP;
		break;
	case CODE_SYSCALL:
		op->writes = 1u << CODE_RAX | 1u << CODE_RCX | 1u << (CODE_R8 + 3);
		break;
	case CODE_INT80:
		op->writes = 1u << CODE_RAX;
		break;
	case CODE_OTHER:
	case CODE_SPOIL:
		op->writes = written(r, in);
		break;
	case CODE_BRANCH:
		op->writes = 1u << CODE_RCX; /* loop does */
		break;
	case CODE_NOTHING:
	case CODE_LANDING:
	case CODE_STORE:
	case CODE_STORE_SET:
	case CODE_CALL:
	case CODE_JUMP:
	case CODE_END:
		break;
	}
}

/* What the zero flag says afterwards; arithmetic tells of its result, test and cmp of what they read. */
static void flags_find(struct code_op *op, const cs_insn *in)
{
	const cs_x86 *x = &in->detail->x86;
	const cs_x86_op *o = x->operands;
	bool compares = in->id == X86_INS_TEST || in->id == X86_INS_CMP;

	op->taken = (int8_t)(in->id == X86_INS_JE ? 1 : in->id == X86_INS_JNE ? -1 : 0);
	if (op->kind == CODE_BRANCH)
		return;
	op->flags = op->kind == CODE_CALL || x->eflags != 0;
	if (!(x->eflags & X86_EFLAGS_MODIFY_ZF) || !x->op_count || !is_full(&o[0]))
		return;
	if (!compares ||
	    (in->id == X86_INS_TEST && o[1].type == X86_OP_REG && o[1].reg == o[0].reg) ||
	    (in->id == X86_INS_CMP && o[1].type == X86_OP_IMM && o[1].imm == 0))
		op->zero = number_of(o[0].reg);
}

static void op_fill(struct code_reader *r, struct code_op *op)
{
	const cs_insn *in = r->insn;

	*op = (struct code_op){ .at = in->address,
				.size = (uint8_t)in->size,
				.address = mentioned(in),
				.to = CODE_NO_REGISTER,
				.from = CODE_NO_REGISTER,
				.zero = CODE_NO_REGISTER };
	read_one(r, op, in);
	if (op->kind == CODE_OTHER)
		read_spoiled(op, in);
	writes_find(r, op, in);
	flags_find(op, in);
}

/* --- public ------------------------------------------------------------------------------------- */

int code_reader_new(struct code_reader **ret, struct error *err)
{
	struct code_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return error_errno(err, ENOMEM, "disassembler");
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &r->handle) != CS_ERR_OK) {
		free(r);
		return error_set(err, ENOSYS, "this disassembler library has no x86");
	}
	cs_option(r->handle, CS_OPT_DETAIL, CS_OPT_ON);
	r->insn = cs_malloc(r->handle);
	if (!r->insn) {
		code_reader_free(r);
		return error_errno(err, ENOMEM, "disassembler");
	}
	*ret = r;
	return 0;
}

void code_reader_free(struct code_reader *r)
{
	if (!r)
		return;
	if (r->insn)
		cs_free(r->insn, 1);
	cs_close(&r->handle);
	free(r);
}

void code_deinit(struct code *c)
{
	vec_deinit(&c->ops);
}

int code_read(struct code_reader *r, const uint8_t *bytes, size_t n, uint64_t address,
	      struct code *c)
{
	c->start = address;
	c->end = address + n;
	c->ops.len = 0;
	while (n) {
		struct code_op *op;

		if (++r->instructions > CODE_INSTRUCTIONS_MAX)
			return -EFBIG;
		if (!cs_disasm_iter(r->handle, &bytes, &n, &address, r->insn)) {
			r->undecoded++;
			bytes++;
			address++;
			n--;
			continue;
		}
		op = vec_add(&c->ops);
		if (!op)
			return -ENOMEM;
		op_fill(r, op);
	}
	return 0;
}

uint64_t code_stub(struct code_reader *r, const uint8_t *bytes, size_t n, uint64_t address)
{
	for (int i = 0; i < 2; i++) {
		struct code_op op;

		if (!cs_disasm_iter(r->handle, &bytes, &n, &address, r->insn))
			return 0;
		op_fill(r, &op);
		if (op.kind != CODE_LANDING)
			return op.kind == CODE_JUMP ? op.address : 0;
	}
	return 0;
}

uint64_t code_reader_instructions(const struct code_reader *r)
{
	return r->instructions;
}

void code_reader_reset(struct code_reader *r)
{
	r->instructions = r->undecoded = 0;
}

uint64_t code_reader_undecoded(const struct code_reader *r)
{
	return r->undecoded;
}
