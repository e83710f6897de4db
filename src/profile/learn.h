/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folds denials that somebody accepts into a profile: what would have been refused becomes something
 * that the workload was seen to do.
 */
#pragma once
#include "profile/denial.h"
#include "profile/profile.h"

enum learn_verdict {
	LEARN_KNOWN,	 /* the profile has it already */
	LEARN_OPEN,	 /* it can be folded in, and nobody has accepted it */
	LEARN_DANGEROUS, /* likewise, and "all" does not accept it: it must be named */
	LEARN_FOLDED,
	LEARN_UNSUITED, /* a profile has no words for it, or too little is known of it */
	LEARN_VERDICTS
};
extern const char *const learn_verdict_names[LEARN_VERDICTS];

/*
 * What is accepted: names of calls and capabilities, paths or shell patterns of paths, and "all". NULL-
 * terminated; NULL: nothing.
 */
typedef const char *const *learn_accepted;

/*
 * Looks at one denial, and folds it in if it is accepted. *ret_why is a static sentence, or NULL.
 * -ENOMEM.
 */
int learn_denial(struct profile *p, const struct denial *d, learn_accepted accepted,
		 enum learn_verdict *ret, const char **ret_why);
