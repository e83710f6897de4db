/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mending the text of a file of manifests: what the checks' fixes say, in rounds of inspect, plan, edit
 * and read again. A round counts only if the text that it made reads as the values that were there and
 * the planned operations on them, and if what was found is gone; else it is undone, and what was to blame
 * is left as it was, with the reason.
 */
#pragma once
#include <jansson.h>

#include "inspect/engine.h"

struct mended {
	const struct check *check;
	uint32_t document;		/* of the file, from 0 */
	uint32_t line;			/* where it was found, when it was */
	char *object, *target;		/* RFC 6901: in the document, in the object */
	char *kind, *name_space, *name; /* of the object */
	char *path;			/* where it failed, to be shown */
	char *value;			/* what the fix sets (JSON), or NULL */
	enum fix_op op;
	json_t *operation; /* RFC 6902, on the object as those before left it; NULL: it is left */
	const char *left;  /* why; NULL: it is mended */
	bool careful;	   /* left, because only an aggressive mend does it */
	unsigned round;
};

struct mend {
	struct buf text;  /* as it is now; of JSON it is only its values */
	bool json;	  /* the input was JSON: the operations are all that there is to show */
	const char *none; /* why nothing of it can be mended; NULL */
	VEC(struct mended) items;
};

/*
 * options say which checks are asked; aggressive: fixes too that something may depend on not being made.
 * -ENOMEM, or -EINVAL as inspection_new(). m is to be cleaned up in any case.
 */
int mend_text(struct mend *m, const char *name, struct text content,
	      const struct inspect_options *options, bool aggressive, struct error *err);
void mend_deinit(struct mend *m);
size_t mend_count(const struct mend *m); /* what is mended */

#define cleanup_mend cleanup(mend_deinit)
