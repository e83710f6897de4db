/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces of every form, against what is kept in tests/traces; and what is refused, with its place.
 */
#include <dirent.h>
#include <errno.h>

#include "base/str.h"
#include "profile/trace.h"
#include "uapi/symbol.h"
#include "uapi/syscall.h"
#include "unit.h"

static const char *traces;

static void add(struct trace *t, const char *name, struct buf *notes)
{
	struct error err = ERROR_INIT;
	size_t len;
	cleanup_free char *text = unit_file_read(unit_path(traces, name), &len);

	check(err.text, trace_add(t, name, text, len, notes, &err) == 0);
}

/* A line for each call, without times: "x86_64 socket 2: 2/1/6 x1". */
static char *calls_text(const struct profile *p, bool counts)
{
	struct buf out = BUF_INIT;

	vec_foreach(c, &p->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);

		buf_addf(&out, "%s %s", sys_archs[c->arch].name, name);
		if (counts)
			buf_addf(&out, " %llu",
				 (unsigned long long)profile_evidence_sum(&c->evidence).count);
		vec_foreach(t, &c->tuples) {
			buf_addf(&out, " (0x%llx, 0x%llx, 0x%llx)",
				 (unsigned long long)t->values[0], (unsigned long long)t->values[1],
				 (unsigned long long)t->values[2]);
			if (counts)
				buf_addf(&out, " x%llu", (unsigned long long)t->count);
		}
		if (counts)
			vec_foreach(e, &c->evidence)
				buf_addf(&out, "%s%s", e == c->evidence.items ? " by " : ", ",
					 p->executables.items[e->exe]);
		buf_add_char(&out, '\n');
	}
	return buf_take(&out);
}

static struct profile *profile_of(const char *name, struct buf *notes)
{
	cleanup_trace struct trace *t = trace_new(name);
	struct profile *p;

	add(t, name, notes);
	p = trace_finish(t);
	assert_non_null(p);
	return p;
}

/* --- golden ------------------------------------------------------------------------------------- */

static void every_form(void **state)
{
	DIR *dir = opendir(traces);
	size_t count = 0;

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		cleanup_buf struct buf notes = BUF_INIT;
		cleanup_free char *got = NULL, *want = NULL, *file = NULL, *text = NULL;
		cleanup_profile struct profile *p = NULL;
		size_t len;

		if (!str_ends(e->d_name, ".strace") && !str_ends(e->d_name, ".sysdig"))
			continue;
		p = profile_of(e->d_name, &notes);
		text = calls_text(p, true);
		got = str_format("%s%s", text, notes.len ? notes.data : "");
		file = str_format("%.*s.calls", (int)(strrchr(e->d_name, '.') - e->d_name),
				  e->d_name);
		if (getenv("MERLON_GOLDEN_UPDATE"))
			unit_file_write(unit_path(traces, file), got, strlen(got));
		want = unit_file_read(unit_path(traces, file), &len);
		check_text(e->d_name, got, want);
		count++;
	}
	closedir(dir);
	assert_true(count >= 28);
}

/* One program, many forms: the same calls with the same arguments. */
static void forms_agree(void **state)
{
	static const char *const names[] = {
		"commands",	"details",	 "duration", "epoch",	"lines-and-summary",
		"microseconds", "numbers",	 "paths",    "pointer", "raw-constants",
		"raw",		"relative-time", "relative", "stack",	"terminal",
		"time",		"verbose",
	};
	cleanup_profile struct profile *first = profile_of("forks.strace", NULL);
	cleanup_free char *want = calls_text(first, false);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *file = str_format("%s.strace", names[i]);
		cleanup_profile struct profile *p = profile_of(file, NULL);
		cleanup_free char *got = calls_text(p, false);

		check_text(names[i], got, want);
	}
}

/* The files of -ff together are the trace of -f. */
static void files_of_one_run(void **state)
{
	cleanup_trace struct trace *t = trace_new("x");
	cleanup_profile struct profile *one = profile_of("forks.strace", NULL), *many = NULL;
	cleanup_free char *got = NULL, *want = calls_text(one, false);

	add(t, "files-1.strace", NULL);
	add(t, "files-2.strace", NULL);
	add(t, "files-3.strace", NULL);
	many = trace_finish(t);
	got = calls_text(many, false);
	assert_string_equal(got, want);
}

/* A file without arguments beside one with them: what it did with others is not known. */
static void a_summary_forgets_arguments(void **state)
{
	static const char *const files[][2] = { { "forks.strace", "summary.strace" },
						{ "summary.strace", "forks.strace" } };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup_trace struct trace *t = trace_new("x");
		cleanup_profile struct profile *p = NULL;

		add(t, files[i][0], NULL);
		add(t, files[i][1], NULL);
		p = trace_finish(t);
		vec_foreach(c, &p->calls)
			check_number(sys_call_name(c->arch, (int)c->nr), c->tuples.len, 0);
	}
}

/* --- refused ------------------------------------------------------------------------------------ */

static void what_is_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "opnat(1) = 2\n",
		  "f:1:1: no system call of x86_64 is called \"opnat\" (did you mean" },
		{ "read(0) = 1\n12  frobnicate(1) = 2\n", "f:2:5: no system call" },
		{ "[pid 1] 12:00:00.1 nosuch(", "f:1:20: no system call" },
		{ "<... nosuch resumed>) = 0\n", "f:1:6: no system call" },
		{ "syscall_0x3ff(1) = 0\n", "f:1:1: x86_64 has no call 0x3ff" },
		{ "syscall_0xzz(1) = 0\n", "f:1:1: x86_64 has no call" },
		{ "syscall_0xffffffffffffffffff(1) = 0\n", "f:1:1: x86_64 has no call" },
		{ "[ 999] read(1) = 0\n", NULL },
		{ "hello world\n", "f:1:1: this is no line of strace" },
		{ "read(0) = 1\nsegfault\n", "f:2:1: this is no line" },
		{ "[ Process PID=3 runs in 16 bit mode. ]\n", "f:1:1: a machine's mode" },
		{ "1 11:23:45.1 0 c (1) > nosuch x=1\n", "f:1:24: no system call" },
		{ "1 11:23:45.1 0 c (1) > syscall x=1\n", "f:1:24: a call without a name" },
		{ "% time     seconds  usecs/call     calls    errors syscall\n"
		  "------ ----------- ----------- --------- --------- ----------------\n"
		  "  0.00    0.000000           0         2           nosuch\n",
		  "f:3:52: no system call" },
		{ "% time     seconds  usecs/call     calls    errors syscall\n"
		  "------ ----------- ----------- --------- --------- ----------------\n"
		  "  0.00    0.000000           0                     read\n",
		  "f:3:1: how often read was called" },
		{ "\x1b[2Jx\n", "f:1:1: this is no line of strace or sysdig: \"\\x1b[2Jx\"" },
		{ "", "f: there is no system call in it" },
		{ "--- SIGTERM {} ---\n", "f: there is no system call in it" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		struct profile *p = NULL;
		int r = trace_read(&p, "f", rows[i].text, strlen(rows[i].text), NULL, &err);

		check_number(rows[i].text, r, rows[i].error ? -EINVAL : 0);
		check(err.text, !rows[i].error || str_starts(err.text, rows[i].error));
		check(err.text, unit_is_printable(err.text));
		if (p)
			profile_free(p);
	}
}

static void a_nul_byte(void **state)
{
	static const char text[] = "read(0) = 1\nwri\0te(1) = 1\n";
	struct error err = ERROR_INIT;
	struct profile *p = NULL;

	assert_int_equal(trace_read(&p, "f", text, sizeof(text) - 1, NULL, &err), -EINVAL);
	assert_string_equal(err.text, "f:2:4: this is not text");
}

/* --- arguments ---------------------------------------------------------------------------------- */

static void arguments(void **state)
{
	static const struct {
		const char *line;
		bool known;
		uint64_t values[3];
	} rows[] = {
		{ "socket(AF_INET6, SOCK_DGRAM|SOCK_NONBLOCK, IPPROTO_UDP) = 3",
		  true,
		  { 10, 0x802, 17 } },
		{ "socket(0xa, 0x802, 0x11) = 3", true, { 10, 0x802, 17 } },
		{ "socket(10 /* AF_INET6 */, 2 /* SOCK_DGRAM */|0x800 /* SOCK_NONBLOCK */, 17) = 3",
		  true,
		  { 10, 0x802, 17 } },
		{ "socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ARP)) = 3", true, { 17, 3, 0x608 } },
		{ "socket(AF_NOSUCH, SOCK_RAW, 0) = 3", false, { 0 } },
		{ "socket(AF_INET, SOCK_RAW) = 3", false, { 0 } },
		{ "socket(AF_INET, /* half", false, { 0 } },
		{ "clone(child_stack=NULL, flags=CLONE_NEWNET|SIGCHLD) = 3", true, { 0x40000011 } },
		{ "unshare(CLONE_NEWNS|CLONE_NEWPID) = 0", true, { 0x20020000 } },
		{ "personality(PER_LINUX|ADDR_NO_RANDOMIZE) = 0", true, { 0x40000 } },
		{ "personality(0xffffffff) = 0", true, { 0xffffffff } },
		{ "bpf(BPF_PROG_LOAD, {prog_type=BPF_PROG_TYPE_KPROBE, insns=[{}]}, 144) = 5",
		  true,
		  { 5 } },
		{ "ptrace(PTRACE_TRACEME) = 0", true, { 0 } },
		{ "keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) = 1", true, { 0 } },
		{ "mprotect(0x7f00, 4096, PROT_READ|PROT_WRITE|PROT_EXEC <unfinished ...>",
		  true,
		  { 7 } },
		{ "fcntl(3</a, b(c>, F_SETFD, FD_CLOEXEC) = 0", true, { 2 } },
		{ "setsockopt(3<TCP:[1.2.3.4:5->6.7.8.9:10]>, SOL_TCP, TCP_NODELAY, [1], 4) = 0",
		  true,
		  { 6, 1 } },
		{ "seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=5, filter=0x1}) = 0", true, { 1 } },
		{ "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0", true, { 38 } },
		{ "prctl(-1) = 0", true, { 0xffffffff } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_profile struct profile *p = NULL;

		check_number(rows[i].line,
			     trace_read(&p, "f", rows[i].line, strlen(rows[i].line), NULL, NULL),
			     0);
		check_number(rows[i].line, p->calls.items[0].tuples.len, rows[i].known);
		for (int k = 0; k < 3 && rows[i].known; k++)
			check_number(rows[i].line, p->calls.items[0].tuples.items[0].values[k],
				     rows[i].values[k]);
	}
}

static void symbols(void **state)
{
	uint64_t v;

	assert_true(sys_symbol_value("AF_UNIX", 7, &v) && v == 1);
	assert_true(sys_symbol_value("AF_LOCAL", 8, &v) && v == 1);
	assert_true(sys_symbol_value("CLONE_NEWUSER", 13, &v) && v == 0x10000000);
	assert_true(sys_symbol_value("BPF_PROG_BIND_MAP", 17, &v) && v == 35);
	assert_false(sys_symbol_value("CLONE_NEWUSER", 12, &v));
	assert_false(sys_symbol_value("", 0, &v));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form),	    cmocka_unit_test(forms_agree),
		cmocka_unit_test(files_of_one_run), cmocka_unit_test(a_summary_forgets_arguments),
		cmocka_unit_test(what_is_refused),  cmocka_unit_test(a_nul_byte),
		cmocka_unit_test(arguments),	    cmocka_unit_test(symbols),
	};

	if (argc != 2) {
		fputs("test_trace DIRECTORY\n", stderr);
		return 2;
	}
	traces = argv[1];
	return unit_run(tests);
}
