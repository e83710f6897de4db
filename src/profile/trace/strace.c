/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of strace:
 *
 *   [pid N] or N, with a command's name behind it (-Y)     who
 *   12:34:56.789, 1700000000.123456, 0.000123, (+ 0.0001)  when (-t, -tt, -ttt, -r)
 *   [ 257] and [00007f0123456789]                          number and instruction pointer (-n, -i)
 *   name(arguments) = result <time>                        a call; or broken off by <unfinished ...>
 *   <... name resumed>, --- SIG ---, +++ exited +++, > frame of a stack, [ Process ... mode. ]
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "profile/multiplex.h"
#include "profile/path_rule.h"
#include "profile/trace/reader.h"

#define ATTACHED "strace: Process "

struct head {
	long id;
	int nr; /* -1: not told */
};

static const char *skip_digits(const char *p)
{
	while (isdigit((unsigned char)*p))
		p++;
	return p;
}

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* --- what stands before a call ------------------------------------------------------------------ */

/* Past "<name>" of -Y, if it is there. */
static const char *skip_command(const char *p)
{
	const char *end = *p == '<' ? strstr(p, "> ") : NULL;

	if (*p == '<' && !end)
		end = strstr(p, ">]");
	return end ? end + 1 : p;
}

static const char *skip_id(const char *p, long *ret)
{
	const char *digits = p, *end;

	if (str_starts(p, "[pid "))
		digits = skip_blanks(p + strlen("[pid "));
	end = skip_digits(digits);
	if (end == digits || end - digits > 10)
		return p;
	end = skip_command(end);
	if (digits != p) {
		if (*end != ']')
			return p;
		end++;
	} else if (*end != ' ') {
		return p; /* a time */
	}
	*ret = strtol(digits, NULL, 10);
	return skip_blanks(end);
}

/* Seconds since 1970 (-ttt) as nanoseconds; other times have no date and count for nothing. */
static int64_t epoch_ns(const char *p)
{
	long long seconds = strtoll(p, NULL, 10), fraction = 0;
	const char *digits = skip_digits(p) + 1;

	for (int i = 0; i < 9; i++)
		fraction = fraction * 10 + (isdigit((unsigned char)*digits) ? *digits++ - '0' : 0);
	return seconds > 1000000000LL && seconds < 9000000000LL ?
		       seconds * 1000000000LL + fraction :
		       0;
}

static const char *skip_time(struct trace *t, const char *p)
{
	const char *start = skip_blanks(p), *end = skip_digits(start);

	if (end == start || !strchr(".:", *end))
		return p;
	if (*end == '.')
		t->time_ns = epoch_ns(start);
	while (isdigit((unsigned char)*end) || *end == '.' || *end == ':')
		end++;
	if (*end != ' ')
		return p;
	end = skip_blanks(end);
	if (str_starts(end, "(+ ")) {
		const char *close = strchr(end, ')');

		end = close ? skip_blanks(close + 1) : end;
	}
	return end;
}

/* "[  59]", "[00007f0123456789]", "[????????????????]": the number, if it is one. */
static const char *skip_bracket(const char *p, int *nr)
{
	const char *inner = *p == '[' ? skip_blanks(p + 1) : NULL, *end = inner;

	if (!inner)
		return p;
	while (isxdigit((unsigned char)*end) || *end == '?' || *end == '-')
		end++;
	if (end == inner || *end != ']')
		return p;
	if (end - inner < 16 && *skip_digits(inner) == ']')
		*nr = (int)(strtoul(inner, NULL, 10) & ~(unsigned long)SYS_X32_BIT);
	return skip_blanks(end + 1);
}

static const char *skip_head(struct trace *t, const char *line, struct head *h)
{
	const char *p = skip_id(line, &h->id);

	p = skip_time(t, p);
	p = skip_bracket(p, &h->nr);
	return skip_bracket(p, &h->nr);
}

/* --- what is no call ---------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum sys_arch arch;
} modes[] = { { "64 bit", SYS_ARCH_X86_64 }, { "32 bit", SYS_ARCH_X86 }, { "x32", SYS_ARCH_X32 } };

/* "[ Process PID=N runs in 32 bit mode. ]" */
static int read_mode(struct trace *t, const char *text, long id)
{
	const char *number = text + strlen("[ Process PID="), *mode = strstr(number, " runs in ");
	struct trace_task *task = trace_task(t, id ? id : 0);

	if (!task)
		return trace_fail(t, text, "more than %d processes at once", TRACE_TASKS_MAX);
	for (size_t i = 0; mode && i < ARRAY_SIZE(modes); i++) {
		if (!str_starts(mode + strlen(" runs in "), modes[i].name))
			continue;
		task->arch = modes[i].arch;
		return 0;
	}
	return trace_fail(t, text, "a machine's mode that is not known here");
}

/* "strace: Process N attached" */
static void read_attached(struct trace *t, const char *text)
{
	long id = strtol(text + strlen(ATTACHED), NULL, 10);

	if (id > 0 && str_ends(text, " attached"))
		trace_task_new(t, id);
}

/* Signals, ends, frames of a stack, and strace's own words. */
static bool is_remark(struct trace *t, const char *text, const struct head *h)
{
	if (str_starts(text, ATTACHED))
		read_attached(t, text);
	if (str_starts(text, "+++ ")) {
		if (!str_starts(text, "+++ superseded"))
			trace_task_ended(t, h->id);
		return true;
	}
	return str_starts(text, "--- ") || str_starts(text, "> ") || str_starts(text, "strace: ");
}

/* --- calls -------------------------------------------------------------------------------------- */

static const char *const forks[] = { "fork", "vfork", "clone", "clone3", NULL };
static const char *const execs[] = { "execve", "execveat", NULL };

static bool is_among(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(*list, name))
			return true;
	return false;
}

/* The number behind "= " at the end of a call that came back. */
static bool result_of(const char *text, long *ret)
{
	const char *at = NULL;
	char *end;

	for (const char *p = text; (p = strstr(p, ") ")); p += 2) {
		const char *equals = skip_blanks(p + 2);

		if (str_starts(equals, "= "))
			at = equals + 2;
	}
	if (!at)
		return false;
	*ret = strtol(at, &end, 0);
	return end > at;
}

/* The bytes of a quoted text, in the form of profiles' paths. */
static char *path_of(const char *quoted)
{
	cleanup_buf struct buf raw = BUF_INIT;

	for (const char *p = quoted; *p && *p != '"'; p++) {
		unsigned c = (unsigned char)*p;

		if (*p == '\\' && p[1] == 'x' && isxdigit((unsigned char)p[2])) {
			char digits[3] = { p[2], isxdigit((unsigned char)p[3]) ? p[3] : '\0',
					   '\0' };

			c = (unsigned)strtoul(digits, NULL, 16);
			p += 1 + strlen(digits);
		} else if (*p == '\\' && p[1] >= '0' && p[1] <= '7') {
			c = 0;
			for (int i = 0; i < 3 && p[1] >= '0' && p[1] <= '7'; i++)
				c = c * 8 + (unsigned)(*++p - '0');
		} else if (*p == '\\' && p[1]) {
			c = (unsigned char)*++p;
		}
		buf_add_char(&raw, (char)c);
	}
	return profile_path_escape(raw.data ? raw.data : "", raw.len);
}

/* A process became another program, or made one that runs the same. */
static int came_back(struct trace *t, struct trace_task *task, const char *name, const char *rest)
{
	uint32_t exe = task->exe;
	long result;

	if (is_among(name, forks)) {
		task->forking = false;
		if (result_of(rest, &result) && result > 0 && task->id) {
			task = trace_task_new(t, result);
			if (!task)
				return trace_fail(t, t->start, "more than %d processes at once",
						  TRACE_TASKS_MAX);
			task->exe = exe;
		}
	} else if (is_among(name, execs) && task->pending_exe) {
		if (result_of(rest, &result) && result == 0)
			task->exe = profile_executable(t->profile, task->pending_exe);
		free(TAKE_PTR(task->pending_exe));
		if (task->exe == UINT32_MAX)
			return error_errno(t->err, ENOMEM, "%s", t->file);
	}
	return 0;
}

/* What a call is about to do, as far as it is of interest for whose calls come next. */
static int went_in(struct trace *t, struct trace_task *task, const char *name,
		   const char *arguments)
{
	const char *quote = strchr(arguments, '"');

	if (is_among(name, forks))
		task->forking = true;
	if (!is_among(name, execs))
		return 0;
	free(task->pending_exe);
	task->pending_exe = quote ? path_of(quote + 1) : strdup("unknown");
	return task->pending_exe ? 0 : error_errno(t->err, ENOMEM, "%s", t->file);
}

/*
 * Which call it is: by strace's own number (-n) and the table in which that has the name, as strace -n
 * leaves its lines about modes out; else by name.
 */
static int call_number(struct trace *t, const struct trace_task *task, const struct head *h,
		       const char *name, const char *at, enum sys_arch *arch, uint32_t *nr)
{
	*arch = task->arch;
	if (h->nr < 0)
		return trace_number(t, task->arch, name, at, nr);
	*nr = (uint32_t)h->nr;
	for (int i = 0; i < SYS_ARCH_MAX; i++) {
		enum sys_arch other = (enum sys_arch)((task->arch + i) % SYS_ARCH_MAX);
		const struct multiplexed *inner = multiplexed_find(other, name);
		const char *known = sys_call_name(other, h->nr);

		if (!known || !(str_eq(known, name) || (inner && str_eq(known, inner->call))))
			continue;
		*arch = other;
		return 0;
	}
	return trace_number(t, task->arch, name, at, nr);
}

/* "socket(...)" of a 32-bit process: by itself or by way of socketcall, which looks the same. */
static int count_outer(struct trace *t, const struct trace_task *task, enum sys_arch arch,
		       const char *name, uint32_t nr)
{
	const struct multiplexed *inner = multiplexed_find(arch, name);
	uint64_t values[ABI_CALL_ARGS_MAX] = { 0 };
	struct profile_call *c = NULL;
	int outer = inner ? sys_call_nr(arch, inner->call) : -1, r;

	if (outer < 0)
		return 0;
	r = trace_count(t, task, arch, (uint32_t)outer, 1, &c);
	values[0] = inner->number;
	if (!r && sys_arg_plan(inner->call) && profile_call_add_tuple(c, values, 1))
		r = error_errno(t->err, ENOMEM, "%s", t->file);
	if (!r && (uint32_t)outer != nr)
		trace_note(t,
			   "%s of a 32-bit process may be %s: both are taken for made (strace -n "
			   "would tell)",
			   name, inner->call);
	return r;
}

static int read_call(struct trace *t, const struct head *h, const char *name, const char *at,
		     const char *arguments)
{
	struct trace_task *task = trace_task(t, h->id);
	struct profile_call *c = NULL;
	const struct multiplexed *inner;
	enum sys_arch arch;
	uint32_t nr = 0;
	bool direct;
	int r;

	t->lines = true;
	if (!task)
		return trace_fail(t, at, "more than %d processes at once", TRACE_TASKS_MAX);
	r = call_number(t, task, h, name, at, &arch, &nr);
	if (r)
		return r;
	inner = multiplexed_find(arch, name);
	direct = !inner || (int)nr != sys_call_nr(arch, inner->call);
	if (inner && (h->nr < 0 || !direct))
		r = count_outer(t, task, arch, name, nr);
	if (!r && direct)
		r = trace_count(t, task, arch, nr, 1, &c);
	if (!r && c)
		r = trace_arguments(t, c, arguments);
	if (!r)
		r = went_in(t, task, name, arguments);
	if (!r && !strstr(arguments, "<unfinished ...>"))
		r = came_back(t, task, name, arguments);
	return r;
}

/* "<... name resumed>...": it was counted when it began. */
static int read_resumed(struct trace *t, const struct head *h, const char *text)
{
	const char *name = text + strlen("<... "), *end = strstr(name, " resumed>");
	struct trace_task *task = trace_task(t, h->id);
	cleanup_free char *copy = end ? str_dup_n(name, (size_t)(end - name)) : NULL;
	uint32_t nr;

	if (!end)
		return trace_fail(t, text, "a call that is resumed has no name");
	if (!task || !copy)
		return trace_fail(t, text, "more than %d processes at once", TRACE_TASKS_MAX);
	/* -1 in brackets, or "???": strace was attached while the call was on its way. */
	if (str_starts(copy, "???"))
		return 0;
	if (h->nr < 0) {
		int r = trace_number(t, task->arch, copy, name, &nr);

		if (r)
			return r;
	}
	return came_back(t, task, copy, end + strlen(" resumed>"));
}

/* A line that strace broke off to say that it attached to a child: "...SIGCHLDstrace: Process N attached". */
static bool is_broken_off(const char *line)
{
	const char *at = strstr(line, ATTACHED);

	return at && at > line && str_eq(skip_digits(at + strlen(ATTACHED)), " attached");
}

static int read_text(struct trace *t, const char *text, const struct head *h)
{
	const char *end = text;
	cleanup_free char *name = NULL;

	if (str_starts(text, "[ Process PID="))
		return read_mode(t, text, h->id);
	if (is_remark(t, text, h))
		return 0;
	if (str_starts(text, "<... "))
		return read_resumed(t, h, text);
	while (isalnum((unsigned char)*end) || *end == '_')
		end++;
	if (str_starts(text, "???")) {
		trace_note(t, "strace could not tell which call this is: \"%.60s\"", text);
		return 0;
	}
	if (end == text || *end != '(')
		return trace_fail(t, text,
				  "this is no line of strace or sysdig: \"%.60s\" (strace -o "
				  "FILE keeps what the program prints apart)",
				  text);
	name = str_dup_n(text, (size_t)(end - text));
	if (!name)
		return error_errno(t->err, ENOMEM, "%s", t->file);
	return read_call(t, h, name, text, end + 1);
}

static int read_whole(struct trace *t, const char *line)
{
	struct head h = { .nr = -1 };
	const char *text;

	t->start = line;
	text = skip_blanks(skip_head(t, line, &h));
	return *text ? read_text(t, text, &h) : 0;
}

int trace_strace(struct trace *t, const char *line)
{
	bool goes_on = *line == ' ' || *line == ',' || *line == ')';
	cleanup_free char *whole = NULL;
	int r;

	if (is_broken_off(line)) {
		const char *said = strstr(line, ATTACHED);

		read_attached(t, said);
		buf_add(&t->broken, line, (size_t)(said - line));
		return 0;
	}
	if (!t->broken.len)
		return read_whole(t, line);
	if (goes_on)
		buf_add_str(&t->broken, line);
	whole = buf_take(&t->broken);
	t->broken.limit = TRACE_LINE_MAX;
	if (!whole)
		return trace_fail(t, line, "a line of more than %d bytes", TRACE_LINE_MAX);
	r = read_whole(t, whole); /* columns are those of the line put together */
	return r || goes_on ? r : read_whole(t, line);
}
