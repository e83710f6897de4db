/* SPDX-License-Identifier: Apache-2.0 */
/* Daemons that run: found by what they are called and what they run, in the host's /proc. Inside of host/. */
#pragma once
#include "inspect/host/flags.h"
#include "inspect/host/look.h"

struct daemon {
	const char *name;    /* of its program */
	const char *service; /* of systemd, for hosts that don't run; NULL: none */
	bool in_pod;	     /* it may be in a container; others count only beside process 1 */
	const struct flag_letter *letters;
};

/*
 * The flags of the first such process (the one that is named so by its first argument and by its
 * executable, if that can be read); of a root that is not ours, those that its service would have. NULL: there
 * is none.
 */
struct yaml_node *process_flags(struct look *l, const struct daemon *d);
