/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the engine: what asks (engine.c) and what notes the answers (finding.c). */
#pragma once
#include "inspect/engine.h"

struct inspection {
	struct inspect_options options;
	struct report report;
	struct inventory inventory;
	struct kept_objects whole; /* for checks that look at others */
	struct arena kept;	   /* what findings and residents say */
	struct table more; /* of findings, each there once: the same ones come up in every object */
	struct arena scratch; /* of one object */
	VEC(const struct check *) checks;
	/* Of what is being read: its document in the file, its place in the document (RFC 6901). */
	uint32_t document;
	struct buf pointer;
	bool pointed;	      /* it is of interest */
	size_t edit_room;     /* bytes that may yet be read again, to prove edits */
	const char *unedited; /* the file of which was told last that it is too large for that */
	bool complete; /* everything was read: checks that look at others are asked, and no else */
	uint64_t unread;	 /* KIND_BIT()s: nothing is known of these */
	const struct live *live; /* of the config.json that is being added; NULL: it may not run */
	const struct yaml_node *docker; /* what Docker keeps of the same; NULL: it is not Docker's */
};

/* What manifests may be. */
extern const struct yaml_limits manifest_limits;

struct probe {
	struct inspection *in;
	size_t number; /* of the check, in checks and tallies */
	const struct check *check;
	uint32_t object_number;
	const struct object *object;	   /* NULL for residents */
	const struct container *container; /* NULL */
	const struct resident *resident;   /* NULL */
	struct finding_fix fix; /* of the next failure; without a target: as the check's row says */
	bool failed, skipped;
};

/* A text that is kept with the report, once and printable; "" when out of memory. */
const char *finding_text(struct inspection *in, struct text t);
/* Counts what the check's function said, once it returned. */
void finding_conclude(struct probe *p);
