/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks that somebody wrote, as rows like all others. Two forms (docs/custom-checks.md): that of Polaris, a
 * JSON Schema for a part of an object, and for others that must be there beside it; and ours, a condition over the workload view, with examples.
 */
#pragma once
#include "base/error.h"
#include "base/vec.h"
#include "inspect/check.h"
#include "inspect/custom/condition.h"
#include "inspect/custom/schema_source.h"
#include "rules/regex.h"

enum { CUSTOM_EXAMPLES_MAX = 64, CUSTOM_OTHERS_MAX = 16 };

struct custom_example {
	bool fails;	  /* else it passes */
	struct text text; /* manifests */
	struct diag_place place;
};

/* What stands behind a row: its data. */
struct custom_check {
	struct custom_checks *all;
	/* one of the two */
	const struct schema_source
		*schema; /* NULL, without a condition: others alone are looked at */
	const struct condition *condition, *applies; /* applies NULL: always */
	bool pod_schema; /* of a container: the schema is of the pod with this container alone */
	bool template_schema; /* of an object: the schema is of its pods' template */
	struct text kind;     /* of the objects; no data: those that the row says */
	/* Of each there must be an object that is as its schema says. */
	struct schema_source *others;
	uint32_t other_count;
	struct custom_example *examples;
	uint32_t example_count;
};

struct custom_checks {
	VEC(struct check) rows;
	struct check_group group; /* of the rows, once all is read */
	struct arena arena, scratch;
	struct arena made; /* schemas of the object that is being asked */
	struct schema_patterns patterns;
	struct regex_room room;
	VEC(struct buf) contents;
	size_t left_out;  /* checks that can't be asked here; diagnostics say why */
	size_t mutations; /* checks that have some, which are not made */
};

bool custom_checks_init(struct custom_checks *all);
void custom_checks_deinit(struct custom_checks *all);

/*
 * Reads a file, or all *.yaml, *.yml and *.json of a directory. Diagnostics say what is wrong; -EINVAL if something is,
 * or what the system says.
 */
int custom_checks_read(struct custom_checks *all, const char *path, struct diags *d,
		       struct error *err);
/* The same for what is at hand. False: diagnostics say why. all takes over content. */
bool custom_checks_add(struct custom_checks *all, const char *name, struct buf *content,
		       struct diags *d);
