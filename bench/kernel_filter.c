/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel can decide of rule files: for each call how many rules wholly, partly, not at all,
 * how long the program is, and what prevents more.
 *
 *   kernel_filter FILE|DIRECTORY...
 *
 * With CALLS=FILE in the environment: which share of these calls is dropped instead. A line is a call,
 * its result, flags (of an open; of connect the family), the path as it was written (the address), and
 * what was opened (the second path, the port), with tabs between.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <sys/stat.h>

#include "guard/filter/filter.h"
#include "unit/filter/records.h"
#include "unit/filter/simulate.h"

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

/* --- calls ------------------------------------------------------------------------------------------- */

static struct record_room room;
static struct filter_scratch scratch;

static void put_text(unsigned which, const char *text)
{
	size_t len = strlen(text);

	if (!len || room.ev.size + len > sizeof(room))
		return;
	room.ev.text[which] = (struct abi_span){ room.ev.size, (uint32_t)len };
	memcpy((char *)&room + room.ev.size, text, len);
	room.ev.size += (uint32_t)len;
}

static void make_record(const struct call_row *row, long result, unsigned long flags,
			const char *first, const char *second)
{
	struct abi_event_call *c = &room.ev.call;
	bool opens = row->plan.flags & ABI_PLAN_NEW_FD;

	memset(&room.ev, 0, sizeof(room.ev));
	room.ev.size = sizeof(room.ev);
	room.ev.kind = ABI_EVENT_CALL;
	room.ev.flags = ABI_EVENT_WATCHED;
	c->result = result;
	c->fd = opens ? (int)result : -1;
	if (strcmp(row->call, "connect") == 0) {
		room.ev.flags |= ABI_EVENT_FILE | ABI_EVENT_SOCKET;
		c->inode_mode = S_IFSOCK;
		c->family = (uint16_t)flags;
		c->protocol = 6;
		inet_pton(AF_INET, first, c->remote);
		c->remote_port = (uint16_t)atoi(second);
		return;
	}
	for (int i = 0; i < 6; i++)
		c->args[i] = opens ? flags : 0;
	put_text(ABI_TEXT_PATH1, first);
	if (first[0] != '/')
		put_text(ABI_TEXT_DIR1, "/srv");
	if (!opens) {
		put_text(ABI_TEXT_PATH2, second);
	} else if (result >= 0) {
		room.ev.flags |= ABI_EVENT_FILE;
		c->inode_mode = flags & 0200000 ? S_IFDIR : S_IFREG;
		put_text(ABI_TEXT_FILE, second);
	}
}

static struct container_terms terms;

struct share {
	struct kernel_filter filter;
	unsigned long calls, dropped, steps;
};

static struct share *share_of(struct share *all, size_t count, const char *call)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].filter.target.row && !strcmp(all[i].filter.target.row->call, call))
			return &all[i];
	return NULL;
}

/* Who may want a call that was not dropped: with EMITTED in the environment. */
static void show_candidates(const struct kernel_filter *f, const char *call)
{
	for (uint32_t i = 0; i < f->parts.len; i++)
		if (scratch.candidates[i / 32] >> (i % 32) & 1)
			printf("%s: %.*s\n", call, (int)f->parts.items[i].rule->name.len,
			       f->parts.items[i].rule->name.data);
}

static int show_share(const struct ruleset *rs, const char *path)
{
	static struct filter_target targets[TARGETS_MAX];
	static struct share all[TARGETS_MAX];
	size_t n = kernel_filter_targets(targets, TARGETS_MAX);
	const struct filter_options options = { .candidates = getenv("EMITTED") != NULL,
						.terms = &terms };
	FILE *in = fopen(path, "re");
	char line[16384];

	if (!in)
		return EXIT_FAILURE;
	for (size_t i = 0; i < n; i++)
		if (kernel_filter_compile(rs, targets[i], &options, &all[i].filter))
			return EXIT_FAILURE;
	while (fgets(line, sizeof(line), in)) {
		char *words[5] = { line }, *end = line;
		struct share *s;
		uint32_t steps;

		for (int i = 1; i < 5 && end; i++) {
			end = strchr(end, '\t');
			if (end)
				*end++ = '\0';
			words[i] = end;
		}
		s = end ? share_of(all, n, words[0]) : NULL;
		if (!s)
			continue;
		end[strcspn(end, "\n")] = '\0';
		make_record(s->filter.target.row, atol(words[1]), strtoul(words[2], NULL, 10),
			    words[3], words[4]);
		s->calls++;
		if (simulate(&s->filter, &room, sizeof(room), &scratch, &steps) == FILTER_DROP)
			s->dropped++;
		else if (getenv("EMITTED"))
			show_candidates(&s->filter, words[0]);
		s->steps += steps;
	}
	fclose(in);
	for (size_t i = 0; i < n; i++) {
		if (all[i].calls)
			printf("%-16s %7lu calls, %7lu dropped (%.1f %%), %lu instructions each\n",
			       targets[i].row->call, all[i].calls, all[i].dropped,
			       100.0 * (double)all[i].dropped / (double)all[i].calls,
			       all[i].steps / all[i].calls);
		kernel_filter_deinit(&all[i].filter);
	}
	return EXIT_SUCCESS;
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
	if (container_terms_number(&terms, rs))
		return EXIT_FAILURE;
	if (getenv("CALLS"))
		return show_share(rs, getenv("CALLS"));
	printf("record              rules  wholly  partly  not at all  program  drops\n");
	for (size_t i = 0, n = kernel_filter_targets(targets, TARGETS_MAX); i < n; i++) {
		unsigned of[FILTER_EXTENTS] = { 0 };
		struct kernel_filter f;

		if (kernel_filter_compile(rs, targets[i],
					  &(struct filter_options){ .terms = &terms }, &f))
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
	printf("%zu terms about containers\n", terms.terms.len);
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
