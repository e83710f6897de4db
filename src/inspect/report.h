/* SPDX-License-Identifier: Apache-2.0 */
/* What an inspection found. A finding has all that a reporter may want to say of it. */
#pragma once
#include "inspect/check.h"

struct inspected {
	const char *kind, *name, *name_space; /* name_space may be empty */
	const char *file;		      /* or "namespace/kind/name" in a cluster */
	uint32_t line;			      /* 0: in a cluster there are no lines */
	uint32_t document;		      /* of the file, from 0 */
	const char *pointer; /* in the document (RFC 6901); only with options.fixes */
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

struct finding {
	const struct check *check;
	uint32_t object;
	const char *file; /* the object's, unless it is put together from several */
	uint32_t line, column;
	enum outcome outcome : 8;      /* there may be a million of them */
	enum severity severity : 8;    /* the check's, unless the configuration says otherwise */
	const char *path, *value;      /* printable; the value is cut, and no secret */
	const char *container;	       /* NULL: of the pod or object */
	const char *reason;	       /* of an exemption; NULL */
	const struct finding_fix *fix; /* only with options.fixes; NULL: there is none */
	const struct finding_edit
		*edit; /* only with options.may_edit; NULL: none that is harmless and proven */
	const char *suggest; /* what to do, in the words of what was inspected */
};

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

/* 0 to 100: passed checks, those that fail weighing 8, 4, 2 or 1; 100 if nothing was asked. */
unsigned report_score(const struct report *r);
unsigned report_category_score(const struct report *r, enum category c, uint64_t counts[OUTCOMES]);
unsigned inspected_score(const struct inspected *o);
/* What a check of this severity counts for in a score. */
unsigned severity_weight(enum severity s);
/* Whether something fails that is at least so bad. */
bool report_fails(const struct report *r, enum severity least);
