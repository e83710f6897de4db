/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a seccomp filter is to say, before it is a program: for each table of calls and each number
 * a list of rules. A rule's comparisons all hold at once, also several of one argument (an AND that
 * the OCI dialect has no words for). Of a call's rules the first without comparisons decides alone;
 * else the first that holds; else the filter's default.
 */
#pragma once
#include <linux/seccomp.h>

#include "base/error.h"
#include "profile/policy.h"
#include "uapi/arch.h"

enum cbpf_op {
	CBPF_NE,
	CBPF_LT,
	CBPF_LE,
	CBPF_EQ,
	CBPF_GE,
	CBPF_GT,
	CBPF_MASKED_EQ, /* (argument & value) == value_two */
	CBPF_OPS
};

struct cbpf_compare {
	enum cbpf_op op;
	unsigned index; /* of the argument, 0..5 */
	uint64_t value, value_two;
};

enum {
	CBPF_COMPARES_MAX = 18, /* of one rule: three of each argument */
	CBPF_RULES_MAX = 4096,	/* of one call */
};

struct cbpf_rule {
	uint32_t action; /* SECCOMP_RET_* with its data */
	unsigned count;
	struct cbpf_compare compares[CBPF_COMPARES_MAX];
};

struct cbpf_call {
	uint32_t nr;	 /* without the flag of its table */
	uint64_t weight; /* how often it is made, beside the others */
	VEC(struct cbpf_rule) rules;
};

struct cbpf_table {
	bool open;		     /* else every call through it is foreign */
	VEC(struct cbpf_call) calls; /* sorted by number */
};

struct cbpf_filter {
	uint32_t otherwise; /* no rule holds */
	uint32_t foreign;   /* a table that is not open */
	struct cbpf_table tables[SYS_ARCH_MAX];
};

void cbpf_filter_deinit(struct cbpf_filter *f);
#define cleanup_cbpf_filter cleanup(cbpf_filter_deinit)

/* The call, added without rules if it is new; NULL when out of memory. Good until the next one is added. */
struct cbpf_call *cbpf_filter_call(struct cbpf_filter *f, enum sys_arch arch, uint32_t nr);

/* Adds a rule; -ENOMEM, or -E2BIG past a limit. */
int cbpf_call_add(struct cbpf_call *call, const struct cbpf_rule *rule);

/* A policy as a filter; the caller has zeroed *f. */
int cbpf_filter_from_policy(struct cbpf_filter *f, const struct policy *policy, int default_errno,
			    struct error *err);

/* The rule's answer by definition: whether its comparisons hold; narrow: of the lower halves. */
bool cbpf_compare_holds(const struct cbpf_compare *c, const uint64_t args[6], bool narrow);

/* What the filter says to a call: the definition that programs are held to. */
uint32_t cbpf_filter_decide(const struct cbpf_filter *f, const struct seccomp_data *data);

/* The table that a call goes through, and its number there; false if it is foreign. */
bool cbpf_filter_table(const struct cbpf_filter *f, const struct seccomp_data *data,
		       enum sys_arch *arch, uint32_t *nr);

/* Where an action in a program stands among those that can be named: "allow", "errno 38", ... */
void cbpf_action_text(uint32_t action, char *out, size_t size);
/* True if the call happens: allowed, or allowed and logged. */
bool cbpf_action_permits(uint32_t action);
