/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody decided to live with: by annotation, by configuration, or as it was when a baseline was taken. */
#pragma once
#include "inspect/check.h"

struct exemption {
	const char *check;				  /* a name of a check, or "*" */
	const char *name_space, *kind, *name, *container; /* patterns as of glob; NULL: any */
	const char *reason;
	const char *until; /* the last day, "2026-12-31"; NULL: for good */
	struct diag_place place;
};

struct severity_override {
	const char *check;
	enum severity severity;
};

struct exemptions {
	struct arena arena;
	VEC(struct exemption) items;
	VEC(struct severity_override) severities;
	VEC(const char *) skip;
	VEC(const char *)
	registries; /* where images may come from, as beginnings of their names; none: anywhere */
	const struct check_group *custom; /* may be named too; borrowed; NULL: there are none */
};

/* Who is asked about. */
struct subject {
	const struct check *check;
	const char *kind, *name_space, *name, *container; /* container may be NULL */
	const char *today;
};

/* Reads a configuration file; false: diagnostics say why. */
bool exemptions_read(struct exemptions *e, const char *file, struct text content, struct diags *d);
void exemptions_deinit(struct exemptions *e);
const struct exemption *exemptions_find(const struct exemptions *e, const struct subject *s);

/*
 * The reason why annotations (of the object or of its pods) exempt from a check; TEXT_NONE: they don't.
 * Understood: merlon/exempt, and what Polaris, kube-linter, kube-score and Checkov read.
 */
struct text annotation_exempts(const struct at *annotations, const struct check *c,
			       const char *today);

/* --- baselines ------------------------------------------------------------------------------------ */

/* One line each: "MRL-101 Deployment/shop/web web spec.template...". */
struct baseline {
	struct buf content;
	struct table lines;
};

void baseline_add_line(struct buf *out, const struct subject *s, const char *path);
bool baseline_read(struct baseline *b, struct text content);
bool baseline_has(const struct baseline *b, const struct subject *s, const char *path);
void baseline_deinit(struct baseline *b);
