/* SPDX-License-Identifier: Apache-2.0 */
/* Inspecting again and again, and saying what changed. */
#pragma once
#include <stdio.h>

#include "inspect/engine.h"

struct inspect_watch {
	char **paths; /* inspected again when something in them changes */
	size_t count;
	unsigned interval_s; /* and after so many seconds in any case; 0: never */
	bool json;	     /* a line of JSON for each change */
	/* Inspects; the inspection is the caller's. */
	int (*look)(void *arg, struct inspection **ret, struct error *err);
	/* Called with the report of the first look, and of each in which something is new or mended. */
	int (*tell)(void *arg, const struct report *r, bool first, struct error *err);
	void *arg;
};

/* Until something fails or a signal ends the process. */
int inspect_watch(const struct inspect_watch *w, FILE *out, struct error *err);
