/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel can decide of rule files: for each call how many rules wholly, partly, not at all,
 * how long the program is, and what prevents more.
 *
 *   kernel_filter FILE|DIRECTORY...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard/filter/filter.h"
#include "rules/print.h"

enum { TARGETS_MAX = 256, REASONS_SHOWN = 25 };

struct reason {
	char text[160];
	unsigned count, blocking; /* blocking: of rules that are not decided at all */
};
static struct {
	struct reason items[4096];
	size_t count;
} reasons;

static void note_reason(const char *field, const char *why, bool blocking)
{
	char text[sizeof(reasons.items[0].text)];

	snprintf(text, sizeof(text), "%-28s %s", field, why);
	for (size_t i = 0; i < reasons.count; i++) {
		if (strcmp(reasons.items[i].text, text) != 0)
			continue;
		reasons.items[i].count++;
		reasons.items[i].blocking += blocking;
		return;
	}
	if (reasons.count == ARRAY_SIZE(reasons.items))
		return;
	memcpy(reasons.items[reasons.count].text, text, sizeof(text));
	reasons.items[reasons.count].count = 1;
	reasons.items[reasons.count++].blocking = blocking;
}

static void note_unknown(const struct node *n, void *context)
{
	const bool *blocking = context;
	char field[64] = "-";

	if (n->unknown.check && n->unknown.check->left)
		snprintf(field, sizeof(field), "%.*s", (int)n->unknown.check->left->text.len,
			 n->unknown.check->left->text.data);
	note_reason(field, n->unknown.reason, *blocking);
}

static int by_count(const void *a, const void *b)
{
	const struct reason *x = a, *y = b;

	return (int)y->blocking - (int)x->blocking ?: (int)y->count - (int)x->count;
}

int main(int argc, char **argv)
{
	static struct filter_target targets[TARGETS_MAX];
	struct diags diags = { 0 };
	struct ruleset *rs = ruleset_new(&diags);
	struct error err = ERROR_INIT;
	unsigned all[FILTER_EXTENTS] = { 0 };

	for (int i = 1; rs && i < argc; i++)
		if (ruleset_add_path(rs, argv[i], &err)) {
			fprintf(stderr, "%s\n", err.text);
			return EXIT_FAILURE;
		}
	if (!rs || argc < 2)
		return EXIT_FAILURE;
	ruleset_compile(rs);
	vec_foreach(r, &rs->rules)
		(*r)->enabled = true;
	printf("record              rules  wholly  partly  not at all  program  drops\n");
	for (size_t i = 0, n = kernel_filter_targets(targets, TARGETS_MAX); i < n; i++) {
		unsigned of[FILTER_EXTENTS] = { 0 };
		struct kernel_filter f;

		if (kernel_filter_compile(rs, targets[i], NULL, &f))
			return EXIT_FAILURE;
		vec_foreach(p, &f.parts) {
			bool blocking = p->extent == FILTER_NOT_AT_ALL;

			of[p->extent]++;
			all[p->extent]++;
			node_unknowns(p->exact, note_unknown, &blocking);
		}
		printf("%-20s %4zu  %6u  %6u  %10u  %7zu  %s\n",
		       targets[i].row					  ? targets[i].row->call :
		       targets[i].type == event_type_find(TEXT("execve")) ? "(exec)" :
									    "(execveat)",
		       f.parts.len, of[FILTER_WHOLLY], of[FILTER_PARTLY], of[FILTER_NOT_AT_ALL],
		       f.insns.len,
		       f.drops	  ? "yes" :
		       f.too_long ? "too long" :
				    "no");
		if (getenv("BLOCKERS"))
			vec_foreach(p, &f.parts)
				if (p->extent == FILTER_NOT_AT_ALL)
					printf("    %.*s\n", (int)p->rule->name.len,
					       p->rule->name.data);
		kernel_filter_deinit(&f);
	}
	printf("all: %u wholly, %u partly, %u not at all\n\n", all[FILTER_WHOLLY],
	       all[FILTER_PARTLY], all[FILTER_NOT_AT_ALL]);
	qsort(reasons.items, reasons.count, sizeof(reasons.items[0]), by_count);
	for (size_t i = 0; i < reasons.count && i < REASONS_SHOWN; i++)
		printf("%5u %5u  %s\n", reasons.items[i].blocking, reasons.items[i].count,
		       reasons.items[i].text);
	ruleset_free(rs);
	diags_deinit(&diags);
	return EXIT_SUCCESS;
}
