/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "profile/cbpf/program.h"

/* What a word of struct seccomp_data is called. */
static const char *const word_names[] = {
	"nr",	"arch",	     "ip",   "ip.high",	  "arg0", "arg0.high", "arg1", "arg1.high",
	"arg2", "arg2.high", "arg3", "arg3.high", "arg4", "arg4.high", "arg5", "arg5.high",
};
static_assert(ARRAY_SIZE(word_names) * 4 == sizeof(struct seccomp_data), "a name for each");

/*
 * What the accumulator holds at an instruction, as far as the way there tells: the word, and for
 * numbers the architecture. Jumps only go forwards, so one pass finds it.
 */
struct knowledge {
	bool known;
	uint32_t word;
	uint32_t arch; /* AUDIT_ARCH_*, 0: several */
};

static void learn(struct knowledge *k, uint32_t word, uint32_t arch)
{
	if (k->known && (k->word != word || k->arch != arch)) {
		k->word = k->word == word ? word : UINT32_MAX;
		k->arch = k->arch == arch ? arch : 0;
		return;
	}
	*k = (struct knowledge){ true, word, arch };
}

static void follow(const struct cbpf_program *p, struct knowledge *k, size_t at)
{
	const struct sock_filter *i = &p->code.items[at];
	struct knowledge after = k[at];

	if (BPF_CLASS(i->code) == BPF_RET)
		return;
	if (i->code == (BPF_LD | BPF_W | BPF_ABS))
		after.word = i->k / 4;
	if (BPF_CLASS(i->code) != BPF_JMP) {
		learn(&k[at + 1], after.word, after.arch);
	} else if (BPF_OP(i->code) == BPF_JA) {
		learn(&k[at + 1 + i->k], after.word, after.arch);
	} else {
		bool found = BPF_OP(i->code) == BPF_JEQ && after.word == 1;

		learn(&k[at + 1 + i->jt], after.word, found ? i->k : after.arch);
		learn(&k[at + 1 + i->jf], after.word, after.arch);
	}
}

static const char *arch_name(uint32_t audit, bool flagged)
{
	for (int arch = 0; arch < SYS_ARCH_MAX; arch++)
		if (sys_archs[arch].audit_arch == audit &&
		    (sys_archs[arch].nr_flag != 0) == flagged)
			return sys_archs[arch].name;
	return NULL;
}

static const char *call_name(uint32_t audit, uint32_t nr)
{
	bool flagged = nr & SYS_X32_BIT && audit == sys_archs[SYS_ARCH_X32].audit_arch;

	for (int arch = 0; arch < SYS_ARCH_MAX; arch++)
		if (sys_archs[arch].audit_arch == audit &&
		    (sys_archs[arch].nr_flag != 0) == flagged)
			return sys_call_name((enum sys_arch)arch,
					     (int)(nr - sys_archs[arch].nr_flag));
	return NULL;
}

static void list_constant(struct buf *out, const struct sock_filter *i, const struct knowledge *k)
{
	const char *name = NULL;

	if (k->known && k->word == 0 && i->k == SYS_X32_BIT && BPF_OP(i->code) == BPF_JGE)
		name = "x32 begins";
	else if (k->known && k->word == 1)
		name = arch_name(i->k, false);
	else if (k->known && k->word == 0 && i->k <= INT32_MAX)
		name = call_name(k->arch, i->k);
	if (name)
		buf_addf(out, "  ; %s", name);
}

static void list_jump(struct buf *out, const struct sock_filter *i, size_t at,
		      const struct knowledge *k)
{
	static const char *const names[] = { [BPF_JEQ >> 4] = "jeq",
					     [BPF_JGT >> 4] = "jgt",
					     [BPF_JGE >> 4] = "jge",
					     [BPF_JSET >> 4] = "jset" };
	const char *name = BPF_OP(i->code) >> 4 < ARRAY_SIZE(names) ? names[BPF_OP(i->code) >> 4] :
								      NULL;

	if (BPF_OP(i->code) == BPF_JA) {
		buf_addf(out, "ja    %zu", at + 1 + i->k);
		return;
	}
	buf_addf(out, "%-5s ", name ? name : "?");
	if (BPF_SRC(i->code) == BPF_X)
		buf_add_str(out, "x");
	else
		buf_addf(out, k->known && k->word == 0 && i->k < SYS_X32_BIT ? "%u" : "%#x", i->k);
	buf_addf(out, " ? %zu : %zu", at + 1 + i->jt, at + 1 + i->jf);
	list_constant(out, i, k);
}

static void list_one(struct buf *out, const struct sock_filter *i, size_t at,
		     const struct knowledge *k)
{
	char action[64];

	buf_addf(out, "%4zu  %04x %3u %3u %08x  ", at, i->code, i->jt, i->jf, i->k);
	if (BPF_CLASS(i->code) == BPF_JMP) {
		list_jump(out, i, at, k);
	} else if (i->code == (BPF_RET | BPF_K)) {
		cbpf_action_text(i->k, action, sizeof(action));
		buf_addf(out, "ret   %s", action);
	} else if (i->code == (BPF_LD | BPF_W | BPF_ABS)) {
		buf_addf(out, "ld    %s",
			 i->k / 4 < ARRAY_SIZE(word_names) ? word_names[i->k / 4] : "?");
	} else if (i->code == (BPF_ALU | BPF_AND | BPF_K)) {
		buf_addf(out, "and   %#x", i->k);
	} else {
		buf_addf(out, "op    %#x", i->k);
	}
	buf_add_char(out, '\n');
}

void cbpf_list(const struct cbpf_program *p, struct buf *out)
{
	struct knowledge *k = calloc(p->code.len + 1, sizeof(*k));

	if (!k || !cbpf_is_valid(p)) {
		out->failed = true;
		free(k);
		return;
	}
	k[0].known = true;
	k[0].word = UINT32_MAX;
	for (size_t at = 0; at < p->code.len; at++) {
		follow(p, k, at);
		list_one(out, &p->code.items[at], at, &k[at]);
	}
	free(k);
}
