/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands on rules share: loading the files of a command line, and saying what is wrong. */
#pragma once
#include "cli/command.h"
#include "rules/model.h"

#define RULES_LOADED_INIT ((struct rules_loaded){ 0 })

struct rules_loaded {
	struct diags diags;
	struct ruleset *set;
};

void rules_loaded_deinit(struct rules_loaded *l);

/*
 * Loads and compiles the operands from the first-th on. -errno: a file can't be read. Errors in the
 * rules are in diags: see rules_require().
 */
int rules_load(const struct arguments *args, size_t first, struct rules_loaded *ret,
	       struct error *err);
/* Prints the errors to standard error; true if there are none. */
bool rules_are_good(const struct rules_loaded *l);
/* Loads, and -EINVAL if there are errors in the rules (printed). */
int rules_load_good(const struct arguments *args, size_t first, struct rules_loaded *ret,
		    struct error *err);

/* The rule called name (the whole name, or the only one that contains it); NULL with *err. */
struct rule *rules_find(const struct rules_loaded *l, const char *name, struct error *err);

/* Prints diagnostics with the lines that they are about. */
void rules_show_diags(const struct rules_loaded *l, bool warnings, FILE *out);

/* A text of a rule file in one line, safe for a terminal; in one of four rooms, used in turn. */
const char *rules_text(struct text t);

#define cleanup_rules_loaded cleanup(rules_loaded_deinit)
