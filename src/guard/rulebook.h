/* SPDX-License-Identifier: Apache-2.0 */
/* Rule files made ready for events: what is loaded at once, and swapped at once. */
#pragma once
#include <jansson.h>

#include "guard/candidates.h"
#include "rules/needs.h"
#include "rules/program.h"

struct rulebook_options {
	char *const *paths; /* files and directories, in order */
	size_t path_count;
	char *const *disabled; /* shell patterns of names */
	size_t disabled_count;
	enum rule_matching matching;
	/*
	 * Where the rules in force are that the kernel denies by (deny_set.h): they are told of, whatever else is. NULL: of
	 * none.
	 */
	const char *denied;
};

struct rulebook {
	struct diags diags;
	struct ruleset *set;
	struct program *program;
	struct type_set types;	      /* of the events that any rule wants */
	VEC(struct text) domains;     /* names that they compare addresses with; the set's */
	size_t enabled;		      /* rules that are evaluated */
	struct candidates candidates; /* of the filters that were made for them */
	uint64_t denied_set;	      /* the number of the set that is denied; 0: none is known */
	json_t *denied;		      /* its rules' names: deny_set_name() */
};

/*
 * -EINVAL: there are errors in the rules: ret->diags has them, and ret->set the lines. Deinit it in
 * any case.
 */
int rulebook_load(struct rulebook *ret, const struct rulebook_options *o, struct error *err);
void rulebook_deinit(struct rulebook *b);
#define cleanup_rulebook cleanup(rulebook_deinit)
