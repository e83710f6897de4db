/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of strace -c: its columns end where their titles end, and the last is the call's name.
 *
 *   % time     seconds  usecs/call     calls    errors syscall
 *   ------ ----------- ----------- --------- --------- ----------------
 *    98.31    0.000466          66         7           read
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "profile/trace/reader.h"

static bool is_rule(const char *line)
{
	return str_starts(line, "---") && strspn(line, "- ") == strlen(line);
}

static const char *last_word(const char *line)
{
	const char *end = line + strlen(line);

	while (end > line && end[-1] == ' ')
		end--;
	while (end > line && end[-1] != ' ')
		end--;
	return end;
}

/* The number that ends in a column; 0 if there is none. */
static uint64_t number_ending_at(const char *line, size_t column)
{
	size_t from = column;

	if (column > strlen(line))
		return 0;
	while (from && isdigit((unsigned char)line[from - 1]))
		from--;
	return strtoull(line + from, NULL, 10);
}

static int read_row(struct trace *t, const char *line)
{
	const char *name = last_word(line);
	uint64_t count = t->calls_column ? number_ending_at(line, t->calls_column) : 1;
	struct profile_call *c = NULL;
	cleanup_free char *word = str_dup_n(name, strcspn(name, " "));
	uint32_t nr;
	int r;

	if (!word)
		return error_errno(t->err, ENOMEM, "%s", t->file);
	if (str_eq(word, "total"))
		return 0;
	r = trace_number(t, t->summary_arch, word, name, &nr);
	if (!r && t->lines)
		return 0; /* -C: the table sums up the lines before it */
	if (!r && !count)
		r = trace_fail(t, line, "how often %s was called is not where the table has it",
			       word);
	if (!r)
		r = trace_count(t, NULL, t->summary_arch, nr, count, &c);
	return r ? r : trace_arguments(t, c, NULL);
}

bool trace_summary(struct trace *t, const char *line, int *ret)
{
	static const char title[] = "System call usage summary for ";

	*ret = 0;
	if (str_starts(line, title)) {
		t->summary_arch = str_starts(line + strlen(title), "32 bit") ? SYS_ARCH_X86 :
				  str_starts(line + strlen(title), "x32")    ? SYS_ARCH_X32 :
									       SYS_ARCH_X86_64;
		return true;
	}
	if (str_starts(line, "% time ") ||
	    (t->summary == SUMMARY_NONE && str_ends(line, " syscall") && strstr(line, "calls"))) {
		const char *calls = strstr(line, " calls");

		t->summary = SUMMARY_HEAD;
		t->calls_column = calls ? (size_t)(calls - line) + strlen(" calls") : 0;
		return true;
	}
	if (t->summary == SUMMARY_NONE)
		return false;
	if (is_rule(line)) {
		t->summary = t->summary == SUMMARY_HEAD ? SUMMARY_ROWS : SUMMARY_END;
		return true;
	}
	if (t->summary == SUMMARY_END) {
		bool total = str_ends(line, "total");

		if (total)
			t->summary = SUMMARY_NONE;
		return total;
	}
	if (t->summary == SUMMARY_HEAD)
		*ret = trace_fail(t, line, "a summary's title without its table");
	else
		*ret = read_row(t, line);
	return true;
}
