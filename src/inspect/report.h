/* SPDX-License-Identifier: Apache-2.0 */
/* What an inspection found. A finding has all that a reporter may want to say of it. */
#pragma once
#include <assert.h>

#include "inspect/check.h"

struct inspected {
	const char *kind, *name, *name_space; /* name_space may be empty */
	const char *file;		      /* or "namespace/kind/name" in a cluster */
	uint32_t line;			      /* 0: in a cluster there are no lines */
	uint32_t document;		      /* of the file, from 0 */
	const char *pointer; /* in the document (RFC 6901); only with options.pointers */
	uint32_t counts[OUTCOMES];
	uint32_t good, bad;    /* severity_weight()s of what passes, of what fails */
	int worst;	       /* enum severity of what fails; -1: nothing does */
	uint32_t first, count; /* its findings, once the report is finished */
};

struct finding_fix {
	enum fix_op op;
	const char *target; /* in the object (RFC 6901) */
	const char *value;  /* JSON; NULL: there is none to set */
};

/* What mends it in the file: the text that comes for what is between two places, from 1, in characters. */
struct finding_edit {
	uint32_t line, column, end_line, end_column;
	const char *text;
};

/* What few findings have, or many have alike: it is there once. */
struct finding_more {
	const char *file; /* NULL: the object's; else one of several that it is put together from */
	const char *reason;	/* of an exemption; NULL */
	struct finding_fix fix; /* only with options.fixes; without a target there is none */
	const struct finding_edit
		*edit; /* only with options.may_edit; NULL: none that is harmless and proven */
};

/* There may be a million of them. */
struct finding {
	const struct check *check;
	const char *path, *value;	 /* printable; the value is cut, and no secret */
	const char *container;		 /* NULL: of the pod or object */
	const struct finding_more *more; /* NULL: nothing; ask finding_file() and what is below it */
	uint32_t object, line, column;
	enum outcome outcome : 8;
	enum severity severity : 8; /* the check's, unless the configuration says otherwise */
	bool bundle : 1;	    /* of a container without a cluster */
};
static_assert(sizeof(struct finding) <= 56, "a million of these are kept");

struct tally {
	const struct check *check;
	uint32_t counts[OUTCOMES];
};

struct report {
	VEC(struct inspected) objects; /* worst first */
	VEC(struct finding) findings; /* by object, worst first; those that pass only if asked for */
	struct tally *tallies;	      /* one per check that was asked */
	size_t tally_count;
	struct diags problems;			  /* of reading */
	const char *cluster, *cluster_version;	  /* where the objects are from; NULL: from files */
	size_t owned;				  /* objects for which others stand */
	size_t files, documents, unknown, beyond; /* beyond: findings that there was no room for */
	uint64_t counts[OUTCOMES];
	uint64_t by_severity[SEVERITIES]; /* of what fails */
	unsigned version;		  /* minor, of Kubernetes */
	enum pss_level level;
};

const char *finding_file(const struct report *r, const struct finding *f);
const char *finding_reason(const struct finding *f);		  /* of an exemption; NULL */
const struct finding_fix *finding_fix(const struct finding *f);	  /* NULL: there is none */
const struct finding_edit *finding_edit(const struct finding *f); /* NULL: there is none */
/* What to do, in the words of what was inspected. */
const char *finding_suggest(const struct finding *f);

/* 0 to 100: passed checks, those that fail weighing 8, 4, 2 or 1; 100 if nothing was asked. */
unsigned report_score(const struct report *r);
unsigned report_category_score(const struct report *r, enum category c, uint64_t counts[OUTCOMES]);
unsigned inspected_score(const struct inspected *o);
/* What a check of this severity counts for in a score. */
unsigned severity_weight(enum severity s);
/* Whether something fails that is at least so bad. */
bool report_fails(const struct report *r, enum severity least);
