/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks about one setting of a daemon, as data. What host/ found is an object with "flags" (what is on the
 * command line), "config" (its file) and perhaps "version" (a minor one of Kubernetes); a flag outdoes the file,
 * as it does in all daemons that are known here. Without either there is nothing to judge.
 */
#pragma once
#include "inspect/check.h"

enum setting_op {
	SETTING_IS,	    /* one of the words wanted */
	SETTING_IS_NOT,	    /* none of them */
	SETTING_HAS,	    /* a list with all of them */
	SETTING_LACKS,	    /* a list with none of them */
	SETTING_WITHIN,	    /* a list of nothing else */
	SETTING_AT_LEAST,   /* a number, or a duration */
	SETTING_AT_MOST,    /* more than nothing, and not more than that */
	SETTING_THERE,	    /* anything; of several flags, all */
	SETTING_ABSENT,	    /* nothing */
	SETTING_STARTS_NOT, /* no item begins with one of the words */
	SETTING_LOCAL,	    /* an address of this machine only */
	SETTING_GATE,	    /* the feature that is wanted is not turned off */
};

struct setting_rule {
	const char *flags; /* its names, without dashes, parted by blanks; NULL: there is none */
	const char *path;  /* in config, dots part keys; NULL: it is not there */
	enum setting_op op;
	const char *want;
	const char *unset;  /* what it is where nobody says; NULL: nothing */
	const char *bare;   /* the same where there is no config at all; NULL: no other */
	const char *before; /* the same for versions before since; NULL: no other */
	uint8_t since;
	uint8_t until;	     /* no such setting in later versions; 0: there still is */
	const char *unless;  /* flags, any of which makes the question pointless; NULL */
	const char *given;   /* a flag without which it is pointless; NULL */
	const char *instead; /* a path that is as good if it is there and not false; NULL */
	bool secret;	     /* the value is not shown */
};

/* For check.object; data is a struct setting_rule. */
void setting_check(struct probe *p, const struct object *o);

/* The minor version of Kubernetes that an object says it is of, or the one asked about. */
unsigned setting_version(const struct probe *p, const struct object *o);
