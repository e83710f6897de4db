/* SPDX-License-Identifier: Apache-2.0 */
/* Rule files made ready for events: what is loaded at once, and swapped at once. */
#pragma once
#include "rules/needs.h"
#include "rules/program.h"

struct rulebook_options {
	char *const *paths; /* files and directories, in order */
	size_t path_count;
	char *const *disabled; /* shell patterns of names */
	size_t disabled_count;
	enum rule_matching matching;
};

struct rulebook {
	struct diags diags;
	struct ruleset *set;
	struct program *program;
	struct type_set types; /* of the events that any rule wants */
	size_t enabled;	       /* rules that are evaluated */
};

/*
 * -EINVAL: there are errors in the rules: ret->diags has them, and ret->set the lines. Deinit it in
 * any case.
 */
int rulebook_load(struct rulebook *ret, const struct rulebook_options *o, struct error *err);
void rulebook_deinit(struct rulebook *b);
#define cleanup_rulebook cleanup(rulebook_deinit)
