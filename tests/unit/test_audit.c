/* SPDX-License-Identifier: Apache-2.0 */
/* Audit records of denials, in every form they come in, and what is folded into a profile. */
#include <errno.h>

#include "base/str.h"
#include "profile/audit.h"
#include "profile/learn.h"
#include "unit.h"

#define SECCOMP_FIELDS                                                                                \
	"audit(1795324025.301:6): auid=4294967295 uid=0 gid=0 ses=4294967295 subj=unconfined pid=77 " \
	"comm=\"nginx\" exe=\"/usr/sbin/nginx\" sig=0 arch=c000003e syscall=250 compat=0 "            \
	"ip=0x7f62e1f1f829 code=0x7ffc0000"
#define SYSCALL_FIELDS                                                                                 \
	"audit(1795324025.301:6): arch=c000003e syscall=250 success=yes exit=5 a0=0 a1=fffffffd a2=7 " \
	"a3=ffffffffffffffff items=1 ppid=70 pid=77 auid=0 comm=\"nginx\" exe=\"/usr/sbin/nginx\" key=(null)"

static void keep(struct denial *d, void *arg)
{
	denial_list *list = arg;

	assert_true(denial_list_add(list, d, 100) >= 0);
}

/* Reads lines; the denials, and the counters if they are wanted. */
static void read_lines(const char *const *lines, size_t count, denial_list *list,
		       struct audit_counts *counts)
{
	cleanup_audit_reader struct audit_reader *a = audit_reader_new(keep, list);

	for (size_t i = 0; i < count; i++)
		audit_read_line(a, lines[i], strlen(lines[i]));
	audit_flush(a);
	if (counts)
		*counts = *audit_counts(a);
}

static void one_line(const char *line, denial_list *list)
{
	read_lines(&line, 1, list, NULL);
}

static void frames(void **state)
{
	static const char *const rows[] = {
		"type=SECCOMP msg=" SECCOMP_FIELDS,
		"type=1326 " SECCOMP_FIELDS,
		"type=UNKNOWN[1326] msg=" SECCOMP_FIELDS,
		"audit: type=1326 " SECCOMP_FIELDS,
		"Nov 22 05:00:01 node kernel: [12965.419961] audit: type=1326 " SECCOMP_FIELDS,
		"node=web type=SECCOMP msg=" SECCOMP_FIELDS " SYSCALL=keyctl AUID=\"unset\"",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_denial_list denial_list list = { 0 };
		const struct denial *d;

		one_line(rows[i], &list);
		check_number(rows[i], list.len, 1);
		d = list.items;
		check_number(rows[i], d->layer, DENIAL_SECCOMP);
		check_number(rows[i], d->nr, 250);
		check_number(rows[i], d->arch, SYS_ARCH_X86_64);
		check_number(rows[i], d->enforced, false);
		check_number(rows[i], d->pid, 77);
		check_number(rows[i], d->arg_count, 0);
		check_text(rows[i], d->comm, "nginx");
		check_text(rows[i], d->executable, "/usr/sbin/nginx");
		check_number(rows[i], d->first_ns, 1795324025301000000);
	}
}

static void actions_and_tables(void **state)
{
	static const struct {
		const char *line;
		enum sys_arch arch;
		uint32_t nr;
		bool enforced;
	} rows[] = {
		{ "type=1326 audit(1.0:1): pid=1 comm=\"a\" exe=\"/a\" sig=31 arch=40000003 syscall=5 code=0x80000000",
		  SYS_ARCH_X86, 5, true },
		{ "type=1326 audit(1.0:1): pid=1 comm=\"a\" exe=\"/a\" sig=0 arch=c000003e syscall=1073741825 code=0x50026",
		  SYS_ARCH_X32, 1, true },
		{ "type=1326 audit(1.0:1): pid=1 arch=c000003e syscall=0 code=0x7ffc0000",
		  SYS_ARCH_X86_64, 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_denial_list denial_list list = { 0 };

		one_line(rows[i].line, &list);
		check_number(rows[i].line, list.len, 1);
		check_number(rows[i].line, list.items[0].arch, rows[i].arch);
		check_number(rows[i].line, list.items[0].nr, rows[i].nr);
		check_number(rows[i].line, list.items[0].enforced, rows[i].enforced);
	}
}

/* What a program calls itself is encoded if it could be taken for something else. */
static void names_that_lie(void **state)
{
	static const struct {
		const char *comm, *want;
	} rows[] = {
		{ "\"a b\"", "a b" }, { "\"x pid=1\"", "x pid=1" },
		{ "612062", "a b" },  { "6120706964", "a pid" },
		{ "22", "\"" },	      { "0A", "\\x0a" },
		{ "2A", "\\x2a" },    { "123", "123" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_denial_list denial_list list = { 0 };
		cleanup_free char *line = str_format(
			"type=1326 audit(1.0:1): comm=%s pid=77 exe=\"/a\" "
			"arch=c000003e syscall=0 code=0x50001",
			rows[i].comm);

		one_line(line, &list);
		check_number(line, list.len, 1);
		check_text(line, list.items[0].comm, rows[i].want);
		check_number(line, list.items[0].pid, 77);
	}
}

/* auditd has the records of an event in any order, and events in between. */
static void events_are_joined(void **state)
{
	static const char *const orders[][4] = {
		{ "type=SECCOMP msg=" SECCOMP_FIELDS, "type=SYSCALL msg=" SYSCALL_FIELDS,
		  "type=EOE msg=audit(1795324025.301:6): ", "type=CRED msg=audit(9.0:9): x" },
		{ "type=SYSCALL msg=" SYSCALL_FIELDS,
		  "type=SYSCALL msg=audit(1795324025.301:7): arch=c000003e syscall=1 a0=9 a1=9 a2=9 a3=9 pid=1",
		  "type=SECCOMP msg=" SECCOMP_FIELDS, "nothing of the kind" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		cleanup_denial_list denial_list list = { 0 };
		struct audit_counts counts;

		read_lines(orders[i], 4, &list, &counts);
		check_number("denials", list.len, 1);
		check_number("arguments", list.items[0].arg_count, 4);
		check_number("a1", list.items[0].args[1], 0xfffffffd);
		check_number("parents", list.items[0].parents.len, 1);
		check_text("parent", list.items[0].parents.items[0], "70");
		check_number("unknown", counts.unknown, 1);
		check_number("broken", counts.broken, 0);
	}
}

static void security_modules(void **state)
{
	static const struct {
		const char *line;
		enum denial_layer layer;
		bool enforced;
		const char *label, *operation, *wanted, *target;
	} rows[] = {
		{ "type=1400 audit(1.0:1): apparmor=\"DENIED\" operation=\"open\" class=\"file\" profile=\"web\" "
		  "name=\"/etc/shadow\" pid=9 comm=\"cat\" requested_mask=\"rw\" denied_mask=\"r\" fsuid=0 ouid=0",
		  DENIAL_APPARMOR, true, "web", "open", "r", "/etc/shadow" },
		{ "type=AVC msg=audit(1.0:1): apparmor=\"ALLOWED\" operation=\"capable\" profile=\"a//null-/b\" pid=9 "
		  "comm=\"x\" capability=21  capname=\"sys_admin\"",
		  DENIAL_APPARMOR, false, "a//null-/b", "capable", NULL, "sys_admin" },
		{ "type=1400 audit(1.0:1): apparmor=\"DENIED\" operation=\"create\" profile=\"web\" pid=9 comm=\"x\" "
		  "family=\"inet\" sock_type=\"raw\" protocol=1 requested_mask=\"create\" denied_mask=\"create\"",
		  DENIAL_APPARMOR, true, "web", "create", "create", "inet raw 1" },
		{ "type=1400 audit(1.0:1): apparmor=\"ALLOWED\" operation=\"mknod\" profile=\"web\" "
		  "name=2F746D702F6120C3BC pid=9 comm=\"x\" denied_mask=\"c\"",
		  DENIAL_APPARMOR, false, "web", "mknod", "c", "/tmp/a \xc3\xbc" },
		{ "type=AVC msg=audit(1.0:1): avc:  denied  { read open } for  pid=9 comm=\"cat\" path=\"/etc/x\" "
		  "dev=\"sda1\" ino=3 scontext=u:r:web_t:s0 tcontext=u:object_r:etc_t:s0 tclass=file permissive=1",
		  DENIAL_SELINUX, false, "u:r:web_t:s0", "file", "read open", "/etc/x" },
		{ "type=1400 audit(1.0:1): avc:  denied  { chown } for  pid=9 comm=\"x\" capability=0  "
		  "scontext=u:r:web_t:s0 tcontext=u:r:web_t:s0 tclass=capability permissive=0",
		  DENIAL_SELINUX, true, "u:r:web_t:s0", "capability", "chown", "chown" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_denial_list denial_list list = { 0 };
		const struct denial *d;

		one_line(rows[i].line, &list);
		check_number(rows[i].line, list.len, 1);
		d = list.items;
		check_number(rows[i].line, d->layer, rows[i].layer);
		check_number(rows[i].line, d->enforced, rows[i].enforced);
		check_text(rows[i].line, d->label, rows[i].label);
		check_text(rows[i].line, d->operation, rows[i].operation);
		check_text(rows[i].line, d->target, rows[i].target);
		check(rows[i].line, !d->wanted == !rows[i].wanted);
		if (d->wanted)
			check_text(rows[i].line, d->wanted, rows[i].wanted);
	}
}

static void no_denials(void **state)
{
	static const struct {
		const char *line;
		bool broken;
	} rows[] = {
		{ "", false },
		{ "type=1400 audit(1.0:1): apparmor=\"STATUS\" operation=\"profile_load\" name=\"x\"",
		  false },
		{ "type=AVC msg=audit(1.0:1): avc:  granted  { read } for  pid=9", false },
		{ "type=USER_LOGIN msg=audit(1.0:1): x", false },
		{ "type=1326 audit(1.0:1)", true },
		{ "type=1326 audit(1.0:1): pid=1", true },
		{ "type=1326 audit(x): pid=1 arch=c000003e syscall=0 code=0x50001", true },
		{ "type=1326 audit(1.0:1 pid=1 arch=c000003e syscall=0 code=0x50001", true },
		{ "type=1326 audit(1.0:1): arch=c00000b7 syscall=0 code=0x50001", true },
		{ "type=1326 audit(1.0:1): arch=c000003e syscall=99999 code=0x50001", true },
		{ "type=1326 audit(1.0:1): arch=c000003e syscall=-1 code=0x50001", true },
		{ "type=AVC msg=audit(1.0:1): avc:  denied  {", true },
		{ "type=AVC msg=audit(1.0:1): avc:  denied  {}", true },
		{ "type=1400 audit(1.0:1): apparmor=\"DENIED\" profile=\"x", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_denial_list denial_list list = { 0 };
		struct audit_counts counts;

		read_lines(&rows[i].line, 1, &list, &counts);
		check_number(rows[i].line, list.len, 0);
		check_number(rows[i].line, counts.broken, rows[i].broken);
		check_number(rows[i].line, counts.first_broken, rows[i].broken);
	}
}

/* More events than are kept open lose nothing: the oldest is handed out. */
static void many_events(void **state)
{
	cleanup_denial_list denial_list list = { 0 };
	cleanup_audit_reader struct audit_reader *a = audit_reader_new(keep, &list);
	char line[256];

	for (int i = 0; i < 1000; i++) {
		int n = snprintf(
			line, sizeof(line),
			"type=1326 audit(1.0:%d): exe=\"/a\" arch=c000003e syscall=%d code=0x50001",
			i, i % 7);

		audit_read_line(a, line, (size_t)n);
	}
	audit_flush(a);
	assert_int_equal(list.len, 7);
	assert_int_equal(list.items[0].count, 143);
	assert_int_equal(audit_counts(a)->denials, 1000);
}

/* --- JSON, and folding -------------------------------------------------------------------------- */

static void there_and_back(void **state)
{
	struct denial d = { .layer = DENIAL_SECCOMP,
			    .count = 3,
			    .first_ns = 1,
			    .last_ns = 2,
			    .pid = 7,
			    .comm = (char *)"c",
			    .executable = (char *)"/e",
			    .has_call = true,
			    .nr = 250,
			    .arg_count = 2,
			    .args = { 1, UINT64_MAX } };
	cleanup_json json_t *o = denial_to_json(&d);
	struct error err = ERROR_INIT;
	struct json_reader r = { .file = "f", .err = &err };
	cleanup_denial struct denial back = { 0 };

	assert_int_equal(denial_from_json(&back, &r, o), 0);
	assert_true(denial_is_same(&d, &back));
	assert_int_equal(back.count, 3);
	assert_int_equal(back.args[1], UINT64_MAX);
}

/* A profile that knows read, socket(inet stream), CAP_KILL, and reading below /data. */
static struct profile *known(void)
{
	struct profile *p = profile_new("x");
	struct profile_evidence e = { .count = 1, .first_ns = 5, .last_ns = 5 };
	struct profile_cap cap = { .cap = 5, .layer = PROFILE_APP };
	struct profile_call *c;
	struct profile_file *f;

	profile_executable(p, "/a");
	profile_add_call(p, SYS_ARCH_X86_64, 0, PROFILE_APP, false, &e);
	c = profile_add_call(p, SYS_ARCH_X86_64, 41, PROFILE_APP, false, &e);
	profile_call_add_tuple(c, (uint64_t[ABI_CALL_ARGS_MAX]){ 2, 1, 0 }, 1);
	profile_add_cap(p, &cap, &e);
	f = profile_add_file(p, "/data/**", ABI_FILE_READ, 0, PROFILE_APP, &e);
	f->rule = "volume";
	return p;
}

static void verdicts(void **state)
{
#define AUDIT(type, text) "type=" type " audit(1.0:1): comm=\"x\" exe=\"/a\" pid=1 " text
#define CALL(nr) AUDIT("1326", "arch=c000003e syscall=" nr " code=0x50001")
#define FILE(op, mask, path)                                                                \
	AUDIT("1400", "apparmor=\"DENIED\" operation=\"" op "\" profile=\"w\" name=\"" path \
		      "\" denied_mask=\"" mask "\"")
#define CAP(name)     \
	AUDIT("1400", \
	      "apparmor=\"DENIED\" operation=\"capable\" profile=\"w\" capname=\"" name "\"")
#define SOCKET(words) AUDIT("1400", "apparmor=\"DENIED\" operation=\"create\" profile=\"w\" " words)
	static const struct {
		const char *line, *accept;
		enum learn_verdict want;
	} rows[] = {
		{ CALL("0"), "all", LEARN_KNOWN },
		{ CALL("124"), NULL, LEARN_OPEN },
		{ CALL("124"), "getpid", LEARN_OPEN },
		{ CALL("124"), "getsid", LEARN_FOLDED },
		{ CALL("124"), "all", LEARN_FOLDED },
		{ CALL("165"), "all", LEARN_DANGEROUS }, /* mount */
		{ CALL("165"), "mount", LEARN_FOLDED },
		{ CALL("41"), "all", LEARN_DANGEROUS }, /* socket, of any kind */
		{ CALL("41"), "socket", LEARN_FOLDED },
		{ CALL("999"), "all", LEARN_UNSUITED },
		{ FILE("open", "r", "/data/a"), "all", LEARN_KNOWN },
		{ FILE("open", "w", "/data/a"), "all", LEARN_FOLDED },
		{ FILE("open", "r", "/etc/x"), NULL, LEARN_OPEN },
		{ FILE("open", "r", "/etc/x"), "/etc/*", LEARN_FOLDED },
		{ FILE("open", "r", "/etc/x"), "/var/*", LEARN_OPEN },
		{ FILE("exec", "x", "/tmp/x"), "all", LEARN_DANGEROUS },
		{ FILE("exec", "x", "/tmp/x"), "/tmp/x", LEARN_FOLDED },
		{ FILE("open", "Z", "/tmp/x"), "all", LEARN_UNSUITED },
		{ FILE("mount", "r", "/tmp/x"), "all", LEARN_UNSUITED },
		{ CAP("kill"), "all", LEARN_KNOWN },
		{ CAP("chown"), "all", LEARN_FOLDED },
		{ CAP("sys_admin"), "all", LEARN_DANGEROUS },
		{ CAP("sys_admin"), "CAP_SYS_ADMIN", LEARN_FOLDED },
		{ CAP("nonsense"), "all", LEARN_UNSUITED },
		{ SOCKET("family=\"inet\" sock_type=\"stream\" protocol=0"), "all", LEARN_KNOWN },
		{ SOCKET("family=\"inet\" sock_type=\"dgram\" protocol=17"), "all", LEARN_FOLDED },
		{ SOCKET("family=\"nonsense\" sock_type=\"dgram\" protocol=17"), "all",
		  LEARN_UNSUITED },
		{ SOCKET("family=\"inet\""), "all", LEARN_UNSUITED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_profile struct profile *p = known();
		cleanup_denial_list denial_list list = { 0 };
		const char *const accepted[] = { rows[i].accept, NULL };
		enum learn_verdict verdict = LEARN_VERDICTS;
		const char *why;

		one_line(rows[i].line, &list);
		check_number(rows[i].line, list.len, 1);
		check_number(rows[i].line, learn_denial(p, list.items, accepted, &verdict, &why),
			     0);
		check_number(rows[i].line, verdict, rows[i].want);
		if (verdict != LEARN_FOLDED)
			continue;
		/* What was folded in is known from then on. */
		check_number(rows[i].line, learn_denial(p, list.items, NULL, &verdict, &why), 0);
		check_number(rows[i].line, verdict, LEARN_KNOWN);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames),	    cmocka_unit_test(actions_and_tables),
		cmocka_unit_test(names_that_lie),   cmocka_unit_test(events_are_joined),
		cmocka_unit_test(security_modules), cmocka_unit_test(no_denials),
		cmocka_unit_test(many_events),	    cmocka_unit_test(there_and_back),
		cmocka_unit_test(verdicts),
	};

	return unit_run(tests);
}
