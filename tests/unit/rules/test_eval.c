/* SPDX-License-Identifier: Apache-2.0 */
/* What conditions mean: every operator with every type and the values that are hard on it. */
#include "reference.h"
#include "rig.h"

/* Each row is evaluated by the evaluator and by the reference. */
struct row {
	const char *condition, *event;
	bool holds;
};

static void run_row(const struct row *row, bool audit)
{
	cleanup_rig struct rig r;
	struct expr *e;
	size_t n;

	rig_init(&r);
	e = rig_condition(&r, row->condition, audit);
	if (!e)
		diags_print(&r.diags, true, stderr);
	check(row->condition, e);
	rig_start(&r, MATCHING_ALL);
	rig_record(&r, row->event);
	n = evaluator_run(r.evaluator, &r.event, r.matches, 1);
	check_number(row->condition, n, row->holds);
	check_number(row->condition, reference_holds(e, &r.event), row->holds);
}

static void run_rows(const struct row *rows, size_t count, bool audit)
{
	for (size_t i = 0; i < count; i++)
		run_row(&rows[i], audit);
}

#define RUN(rows) run_rows(rows, ARRAY_SIZE(rows), false)
#define RUN_AUDIT(rows) run_rows(rows, ARRAY_SIZE(rows), true)

/* A process called NAME that opens /etc/shadow. */
#define OPEN(name)                                                                     \
	"{'event': 'openat', 'process': {'name': '" name "', 'pid': 5}, 'result': 3, " \
	"'args': {'name': '/etc/shadow', 'flags': 'O_RDONLY|O_CLOEXEC'}, "             \
	"'fd': {'num': 3, 'type': 'file', 'name': '/etc/shadow'}}"

static void test_strings(void **state)
{
	static const struct row rows[] = {
		{ "proc.name = cat", OPEN("cat"), true },
		{ "proc.name == cat", OPEN("cat"), true },
		{ "proc.name = \"cat\"", OPEN("cat"), true },
		{ "proc.name = 'cat'", OPEN("cat"), true },
		{ "proc.name = ca", OPEN("cat"), false },
		{ "proc.name = Cat", OPEN("cat"), false },
		{ "proc.name = \"\"", OPEN(""), true },
		{ "proc.name = cat", OPEN(""), false },
		{ "proc.name != cat", OPEN("cat"), false },
		{ "proc.name != dog", OPEN("cat"), true },
		{ "proc.name != \"\"", OPEN("cat"), true },
		{ "proc.name < 5", OPEN("4"), true },
		{ "proc.name < 5", OPEN("5"), false },
		{ "proc.name < 5", OPEN("50"), false },
		{ "proc.name <= 5", OPEN("5"), true },
		{ "proc.name > 5", OPEN("50"), true },
		{ "proc.name > 5", OPEN("cat"), true },
		{ "proc.name >= 5", OPEN("5"), true },
		{ "proc.name >= 5", OPEN(""), false },
		{ "proc.name contains at", OPEN("cat"), true },
		{ "proc.name contains \"\"", OPEN("cat"), true },
		{ "proc.name contains \"\"", OPEN(""), true },
		{ "proc.name contains cats", OPEN("cat"), false },
		{ "proc.name contains AT", OPEN("cat"), false },
		{ "proc.name icontains AT", OPEN("cat"), true },
		{ "proc.name icontains at", OPEN("CAT"), true },
		{ "proc.name icontains \"\"", OPEN(""), true },
		{ "proc.name icontains ax", OPEN("cat"), false },
		{ "proc.name startswith ca", OPEN("cat"), true },
		{ "proc.name startswith cat", OPEN("cat"), true },
		{ "proc.name startswith cats", OPEN("cat"), false },
		{ "proc.name startswith \"\"", OPEN(""), true },
		{ "proc.name startswith at", OPEN("cat"), false },
		{ "proc.name endswith at", OPEN("cat"), true },
		{ "proc.name endswith \"\"", OPEN("cat"), true },
		{ "proc.name endswith ca", OPEN("cat"), false },
		{ "proc.name endswith scat", OPEN("cat"), false },
		{ "proc.name glob c*", OPEN("cat"), true },
		{ "proc.name glob c?t", OPEN("cat"), true },
		{ "proc.name glob [a-d]at", OPEN("cat"), true },
		{ "proc.name glob [!a-d]at", OPEN("cat"), false },
		{ "proc.name glob c", OPEN("cat"), false },
		{ "proc.name glob \"*\"", OPEN(""), true },
		{ "fd.name glob /etc*", OPEN("cat"), true },
		{ "fd.name glob /etc/*d*w", OPEN("cat"), true },
		{ "fd.name glob /et", OPEN("cat"), false },
		{ "proc.name iglob C*T", OPEN("cat"), true },
		{ "proc.name iglob C*S", OPEN("cat"), false },
		{ "proc.name glob C*T", OPEN("cat"), false },
		{ "proc.name regex c.t", OPEN("cat"), true },
		{ "proc.name regex a", OPEN("cat"), false }, /* the whole text must match */
		{ "proc.name regex \"(cat|dog)+\"", OPEN("catdog"), true },
		{ "proc.name regex \"[[:alpha:]]{3}\"", OPEN("cat"), true },
		{ "proc.name regex \"^cat$\"", OPEN("cat"), true },
		{ "proc.name regex \".*\"", OPEN(""), true },
		{ "proc.name regex \"c.*t\"", OPEN("c\\na\\nt"),
		  true }, /* no hiding behind a newline */
		{ "proc.name exists", OPEN(""), true },
		{ "proc.pname exists", OPEN("cat"), false },
	};

	RUN(rows);
}

static void test_sets(void **state)
{
	static const struct row rows[] = {
		{ "proc.name in (cat, dog)", OPEN("dog"), true },
		{ "proc.name in (cat, dog)", OPEN("cow"), false },
		{ "proc.name in(cat)", OPEN("cat"), true },
		{ "proc.name in cat", OPEN("cat"), true },
		{ "proc.name in ()", OPEN("cat"), false },
		{ "not proc.name in ()", OPEN("cat"), true },
		{ "proc.name in (\"\", x)", OPEN(""), true },
		{ "proc.name in (\"a b\", 'c,d')", OPEN("c,d"), true },
		{ "proc.name in (cat, cat, cat)", OPEN("cat"), true },
		{ "proc.name intersects (cat, dog)", OPEN("dog"), true },
		{ "proc.name intersects ()", OPEN("dog"), false },
		{ "fd.name pmatch (/etc)", OPEN("cat"), true },
		{ "fd.name pmatch (/etc/)", OPEN("cat"), true },
		{ "fd.name pmatch (/et)", OPEN("cat"), false },
		{ "fd.name pmatch (/etc/shadow)", OPEN("cat"), true },
		{ "fd.name pmatch (/etc/shadow/x)", OPEN("cat"), false },
		{ "fd.name pmatch (/)", OPEN("cat"), true },
		{ "fd.name pmatch (etc)", OPEN("cat"), true },
		{ "fd.name pmatch (/var, /e*)", OPEN("cat"), true },
		{ "fd.name pmatch (/e*/s?adow)", OPEN("cat"), true },
		{ "fd.name pmatch (/*/shad)", OPEN("cat"), false },
		{ "fd.name pmatch (//etc//shadow)", OPEN("cat"), true },
		{ "fd.name pmatch ()", OPEN("cat"), false },
		{ "proc.name = oneof (cat, dog)", OPEN("cat"), true },
		{ "proc.name = oneof (cat, cat)", OPEN("cat"), false }, /* twice is not once */
		{ "proc.name startswith oneof (c, ca)", OPEN("cat"), false },
		{ "proc.name startswith oneof (c, d)", OPEN("cat"), true },
		{ "proc.name startswith anyof (x, ca)", OPEN("cat"), true },
		{ "proc.name startswith anyof ()", OPEN("cat"), false },
		{ "proc.name contains allof (c, t)", OPEN("cat"), true },
		{ "proc.name contains allof (c, x)", OPEN("cat"), false },
		{ "proc.name contains allof ()", OPEN("cat"), false },
		{ "proc.name != allof (dog, cow)", OPEN("cat"), true },
		{ "proc.name != allof (dog, cat)", OPEN("cat"), false },
		{ "proc.name != anyof (dog, cat)", OPEN("cat"), true },
		{ "proc.name regex anyof (\"d.g\", \"c.t\")", OPEN("cat"), true },
		{ "proc.name regex oneof (\"c..\", \"..t\")", OPEN("cat"), false },
		{ "proc.name glob allof (\"c*\", \"*t\")", OPEN("cat"), true },
		{ "proc.name iglob anyof (\"X*\", \"C*\")", OPEN("cat"), true },
		{ "proc.name endswith oneof (at, t)", OPEN("cat"), false },
		{ "proc.name icontains anyof (X, AT)", OPEN("cat"), true },
		{ "proc.name = oneof", OPEN("oneof"), true }, /* a value, if no list follows */
	};

	RUN(rows);
}

#define PROCESS(members) \
	"{'event': 'execve', 'time': 2000000000000000000, 'process': {'name': 'p', " members "}}"

static void test_numbers(void **state)
{
	static const struct row rows[] = {
		{ "proc.pid = 5", PROCESS("'pid': 5"), true },
		{ "proc.pid == 5", PROCESS("'pid': 5"), true },
		{ "proc.pid != 5", PROCESS("'pid': 5"), false },
		{ "proc.pid != 5", PROCESS("'pid': 6"), true },
		{ "proc.pid != 5", PROCESS("'tty': 6"), false }, /* missing */
		{ "not proc.pid = 5", PROCESS("'tty': 6"), true },
		{ "proc.pid < 5", PROCESS("'pid': 4"), true },
		{ "proc.pid < 5", PROCESS("'pid': 5"), false },
		{ "proc.pid <= 5", PROCESS("'pid': 5"), true },
		{ "proc.pid > 5", PROCESS("'pid': 6"), true },
		{ "proc.pid >= 5", PROCESS("'pid': 5"), true },
		{ "proc.pid>=5", PROCESS("'pid': 5"), true },
		{ "proc.pid > -1", PROCESS("'pid': 0"), true },
		{ "proc.pid = 0x10", PROCESS("'pid': 16"), true },
		{ "proc.pid = \"5\"", PROCESS("'pid': 5"), true },
		{ "proc.pid in (4, 5)", PROCESS("'pid': 5"), true },
		{ "proc.pid in (4, 6)", PROCESS("'pid': 5"), false },
		{ "proc.pid in (-1, 9223372036854775807)", PROCESS("'pid': 9223372036854775807"),
		  true },
		{ "proc.pid intersects (4, 5)", PROCESS("'pid': 5"), true },
		{ "proc.pid = oneof (4, 5)", PROCESS("'pid': 5"), true },
		{ "proc.pid exists", PROCESS("'pid': 5"), true },
		{ "proc.pid exists", PROCESS("'tty': 5"), false },
		{ "proc.tty = 0", PROCESS("'pid': 5"), true },
		{ "proc.tty != 0", PROCESS("'tty': 34816"), true },
		{ "proc.tty > -1", PROCESS("'tty': 34816"), false }, /* -1: the largest */
		{ "user.uid = -1", PROCESS("'pid': 5"), true },
		{ "user.uid = 4294967295", PROCESS("'pid': 5"), true },
		{ "user.uid = 0", PROCESS("'uid': 0"), true },
		{ "user.loginuid = -1", PROCESS("'pid': 5"), true },
		{ "user.loginuid < 0", PROCESS("'pid': 5"), true },
		{ "user.loginuid = 1000", PROCESS("'loginuid': 1000"), true },
		{ "proc.duration = 5", PROCESS("'start': 1999999999999999995"), true },
		{ "proc.duration <= 5", PROCESS("'start': 1999999999999999995"), true },
		{ "proc.duration < 5", PROCESS("'start': 1999999999999999995"), false },
		{ "proc.duration > 0", PROCESS("'pid': 1"), false },
		{ "proc.pid.ts = 1999999999999999995", PROCESS("'start': 1999999999999999995"),
		  true },
		{ "proc.exe_ino.mtime > 18446744073709551614",
		  PROCESS("'exe_mtime': '0xffffffffffffffff'"), true },
		{ "proc.exe_ino.mtime = 18446744073709551615",
		  PROCESS("'exe_mtime': '0xffffffffffffffff'"), true },
		{ "evt.rawres = 0", PROCESS("'pid': 1"), true },
		{ "evt.count = 1", PROCESS("'pid': 1"), true },
		{ "evt.num = 1", PROCESS("'pid': 1"), true },
		{ "evt.num = 0", PROCESS("'pid': 1"), false },
		{ "proc.is_exe_upper_layer = true", PROCESS("'exe_upper_layer': true"), true },
		{ "proc.is_exe_upper_layer = false", PROCESS("'exe_upper_layer': true"), false },
		{ "proc.is_exe_upper_layer != true", PROCESS("'pid': 1"), true },
		{ "proc.is_exe_upper_layer in (true)", PROCESS("'exe_upper_layer': true"), true },
		{ "proc.is_exe_upper_layer in (true, false)", PROCESS("'pid': 1"), true },
		{ "proc.is_exe_upper_layer intersects (false)", PROCESS("'pid': 1"), true },
		{ "proc.is_exe_upper_layer exists", PROCESS("'pid': 1"), true },
		{ "container.privileged = true", PROCESS("'container': {'privileged': true}"),
		  true },
		{ "container.privileged = false", PROCESS("'container': {'id': 'x'}"), false },
		{ "container.privileged = false", PROCESS("'pid': 1"), false },
	};

	RUN(rows);
}

#define CONNECT(client, server)                                                             \
	"{'event': 'connect', 'process': {'name': 'p'}, 'fd': {'num': 3, 'type': 'ipv4', "  \
	"'l4proto': 'tcp', 'client': '" client "', 'client_port': 4000, 'server': '" server \
	"', 'server_port': 443}}"
#define CONNECT6(client, server)                                                            \
	"{'event': 'connect', 'process': {'name': 'p'}, 'fd': {'num': 3, 'type': 'ipv6', "  \
	"'l4proto': 'tcp', 'client': '" client "', 'client_port': 4000, 'server': '" server \
	"', 'server_port': 443}}"
#define LISTEN                                                                                 \
	"{'event': 'listen', 'process': {'name': 'p'}, 'fd': {'num': 3, 'type': 'listener4', " \
	"'server': '0.0.0.0', 'server_port': 80}}"

static void test_addresses(void **state)
{
	static const struct row rows[] = {
		{ "fd.sip = 10.0.0.2", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.sip = \"10.0.0.2\"", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.sip != 10.0.0.2", CONNECT("10.0.0.1", "10.0.0.2"), false },
		{ "fd.sip != 10.0.0.3", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.sip != \"::1\"", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.sip = \"::1\"", CONNECT("10.0.0.1", "10.0.0.2"), false },
		{ "fd.sip in (10.0.0.9, 10.0.0.2)", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.sip intersects (10.0.0.2)", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.sip in ()", CONNECT("10.0.0.1", "10.0.0.2"), false },
		{ "fd.sip = oneof (10.0.0.2, 10.0.0.3)", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.cip = 10.0.0.1", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.lip = 10.0.0.1", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.rip = 10.0.0.2", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.sip exists", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.sip exists", OPEN("cat"), false },
		{ "fd.sip != 10.0.0.3", OPEN("cat"), false },
		{ "fd.sip = \"fe80::2\"", CONNECT6("fe80::1", "fe80::2"), true },
		{ "fd.sip in (\"fe80::2\", 10.0.0.1)", CONNECT6("fe80::1", "fe80::2"), true },
		{ "fd.ip = 10.0.0.1", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.ip = 10.0.0.2", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.ip = 10.0.0.3", CONNECT("10.0.0.1", "10.0.0.2"), false },
		{ "fd.ip != 10.0.0.1", CONNECT("10.0.0.1", "10.0.0.2"), false }, /* neither end */
		{ "fd.ip != 10.0.0.3", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.ip in (10.0.0.9, 10.0.0.2)", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.ip exists", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.ip exists", OPEN("cat"), false },
		{ "fd.port = 443", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.port = 4000", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.port != 4000", CONNECT("10.0.0.1", "10.0.0.2"), false },
		{ "fd.port != 22", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.port < 1000", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.port > 5000", CONNECT("10.0.0.1", "10.0.0.2"), false },
		{ "fd.port in (22, 443)", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.sport = 443", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.sport = https", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.sport >= 443", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.lport = 4000", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.rport = 443", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.sport = 80", LISTEN, true },
		{ "fd.cport = 80", LISTEN, false },
		{ "fd.cport != 80", LISTEN, false },
		{ "fd.port = 80", LISTEN, true },
		{ "fd.ip = 0.0.0.0", LISTEN, true },
		{ "fd.lip exists", LISTEN, false },
		{ "fd.typechar = 2", LISTEN, true },
		{ "fd.type = ipv4", LISTEN, true },
		{ "fd.is_server = true", LISTEN, true },
	};

	RUN(rows);
}

static void test_networks(void **state)
{
	static const struct row rows[] = {
		{ "fd.snet = 10.0.0.0/8", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.snet = \"10.0.0.0/8\"", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.snet = 10.0.0.2/32", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.snet = 10.0.0.3/32", CONNECT("192.168.0.1", "10.0.0.2"), false },
		{ "fd.snet = 10.0.0.3/31", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.snet = 0.0.0.0/0", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.snet = 11.0.0.0/7", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.snet != 10.0.0.0/8", CONNECT("192.168.0.1", "10.0.0.2"), false },
		{ "fd.snet != 11.0.0.0/8", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.snet != \"fe80::/10\"", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.snet = \"fe80::/10\"", CONNECT("192.168.0.1", "10.0.0.2"), false },
		{ "fd.snet in (11.0.0.0/8, 10.0.0.0/8)", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.snet in (1.0.0.0/8, 2.0.0.0/8, 3.0.0.0/8, 4.0.0.0/8, 5.0.0.0/8, 6.0.0.0/8, "
		  "7.0.0.0/8, 8.0.0.0/8, 10.0.0.0/9)",
		  CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.snet in (1.0.0.0/8, 2.0.0.0/8, 3.0.0.0/8, 4.0.0.0/8, 5.0.0.0/8, 6.0.0.0/8, "
		  "7.0.0.0/8, 8.0.0.0/8, 10.128.0.0/9)",
		  CONNECT("192.168.0.1", "10.0.0.2"), false },
		{ "fd.snet intersects (10.0.0.0/8)", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.snet = oneof (10.0.0.0/8, 10.0.0.0/16)", CONNECT("192.168.0.1", "10.0.0.2"),
		  false },
		{ "fd.snet exists", OPEN("x"), false },
		{ "fd.cnet = 192.168.0.0/16", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.lnet = 192.168.0.0/16", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.rnet = 10.0.0.0/8", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.net = 10.0.0.0/8", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.net = 192.168.0.0/16", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.net != 10.0.0.0/8", CONNECT("192.168.0.1", "10.0.0.2"), false },
		{ "fd.net != 127.0.0.0/8", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.net in (1.0.0.0/8, 10.0.0.0/8)", CONNECT("192.168.0.1", "10.0.0.2"), true },
		{ "fd.snet = \"fe80::/10\"", CONNECT6("fe80::1", "fe80::2"), true },
		{ "fd.snet = \"fe80::/127\"", CONNECT6("fe80::1", "fe80::2"), false },
		{ "fd.snet = \"::/0\"", CONNECT6("fe80::1", "fe80::2"), true },
		{ "fd.net = 0.0.0.0/0", LISTEN, true },
	};

	RUN(rows);
}

#define WRITE(data)                                                                        \
	"{'event': 'write', 'process': {'name': 'p'}, 'result': 4, 'args': {'data': " data \
	"}, 'fd': {'num': 1, 'type': 'file', 'name': '/tmp/x'}}"

static void test_bytes(void **state)
{
	static const struct row rows[] = {
		{ "evt.buffer contains abc", WRITE("'xabcx'"), true },
		{ "evt.buffer contains abd", WRITE("'xabcx'"), false },
		{ "evt.buffer = abc", WRITE("'abc'"), true },
		{ "evt.buffer != abc", WRITE("'abc'"), false },
		{ "evt.buffer in (abc, d)", WRITE("'abc'"), true },
		{ "evt.buffer intersects (abc)", WRITE("'abc'"), true },
		{ "evt.buffer startswith ab", WRITE("'abc'"), true },
		{ "evt.buffer endswith bc", WRITE("'abc'"), true },
		{ "evt.buffer bcontains cafebabe", WRITE("{'hex': '00cafebabe00'}"), true },
		{ "evt.buffer bcontains CAFEBABE", WRITE("{'hex': '00cafebabe00'}"), true },
		{ "evt.buffer bcontains cafebabf", WRITE("{'hex': '00cafebabe00'}"), false },
		{ "evt.buffer bcontains 00", WRITE("{'hex': '0100'}"), true },
		{ "evt.buffer bstartswith cafe", WRITE("{'hex': 'cafebabe00'}"), true },
		{ "evt.buffer bstartswith cafe", WRITE("{'hex': '00cafebabe'}"), false },
		{ "evt.buffer bstartswith anyof (00, ca)", WRITE("{'hex': 'cafe'}"), true },
		{ "evt.buffer exists", WRITE("''"), true },
		{ "evt.buffer exists", OPEN("x"), false },
		{ "evt.buffer contains \"\"", WRITE("''"), true },
		{ "len(evt.buffer) = 2", WRITE("{'hex': '0000'}"), true },
		{ "b64(evt.buffer) contains hi", WRITE("'aGk='"), true },
	};

	RUN(rows);
}

/* init > sshd > bash > cat */
#define LINE                                                                                    \
	"{'event': 'execve', 'process': {'name': 'cat', 'pid': 4, 'exe': 'cat', 'args': "       \
	"['-n', '/etc/passwd'], 'env': ['A=1', 'B=x y'], 'parent': {'name': 'bash', 'pid': 3, " \
	"'exe': '-bash', 'args': ['-l'], 'parent': {'name': 'sshd', 'pid': 2, 'exe': 'sshd', "  \
	"'env': ['C=9'], 'parent': {'name': 'init', 'pid': 1, 'exe': '/sbin/init'}}}}}"

static void test_ancestors(void **state)
{
	static const struct row rows[] = {
		{ "proc.pname = bash", LINE, true },
		{ "proc.aname[0] = cat", LINE, true },
		{ "proc.aname[1] = bash", LINE, true },
		{ "proc.aname[2] = sshd", LINE, true },
		{ "proc.aname[3] = init", LINE, true },
		{ "proc.aname[4] exists", LINE, false },
		{ "proc.aname[4] != x", LINE, false },
		{ "proc.aname = sshd", LINE, true },
		{ "proc.aname = cat", LINE, false },  /* ancestors only */
		{ "proc.aname != sshd", LINE, true }, /* one of them is called otherwise */
		{ "not proc.aname = sshd", LINE, false },
		{ "proc.aname in (x, init)", LINE, true },
		{ "proc.aname startswith ss", LINE, true },
		{ "proc.aname exists", LINE, true },
		{ "proc.aname exists", OPEN("x"), false },
		{ "proc.aname contains anyof (xx, sh)", LINE, true },
		{ "proc.aexe endswith bash", LINE, true },
		{ "proc.apid = 2", LINE, true },
		{ "proc.apid[2] = 2", LINE, true },
		{ "proc.apid > 3", LINE, false },
		{ "proc.acmdline = \"bash -l\"", LINE, true },
		{ "proc.acmdline[1] = \"bash -l\"", LINE, true },
		{ "proc.aargs[1] = -l", LINE, true },
		{ "proc.aargs contains -l", LINE, true },
		{ "proc.aenv contains \"C=9\"", LINE, true },
		{ "proc.aenv[C] = 9", LINE, true },
		{ "proc.aenv[2] = \"C=9\"", LINE, true },
		{ "proc.aenv[X] = \"\"", LINE, true },
		{ "proc.ppid = 3", LINE, true },
		{ "proc.cmdline = \"cat -n /etc/passwd\"", LINE, true },
		{ "proc.pcmdline = \"bash -l\"", LINE, true },
		{ "proc.args = \"-n /etc/passwd\"", LINE, true },
		{ "proc.args[0] = -n", LINE, true },
		{ "proc.args[1] = /etc/passwd", LINE, true },
		{ "proc.args[2] = \"\"", LINE, true },
		{ "proc.cmdnargs = 2", LINE, true },
		{ "proc.cmdlenargs = 13", LINE, true },
		{ "proc.exeline = \"cat -n /etc/passwd\"", LINE, true },
		{ "proc.env contains \"B=x y\"", LINE, true },
		{ "proc.env[B] = \"x y\"", LINE, true },
		{ "proc.env[Z] = \"\"", LINE, true },
		{ "proc.loginshellid = 3", LINE, true },
	};

	RUN(rows);
}

static void test_names_of_addresses(void **state)
{
	static const char named[] =
		"{'event': 'connect', 'process': {'name': 'p'}, 'fd': {'num': 3, 'type': 'ipv4', 'client': "
		"'10.0.0.1', 'server': '10.0.0.2', 'server_names': ['a.example', 'b.example']}}";
	static const struct row rows[] = {
		{ "fd.sip.name = a.example", named, true },
		{ "fd.sip.name = c.example", named, false },
		{ "fd.sip.name in (c.example, b.example)", named, true },
		{ "fd.sip.name != c.example", named, true },
		{ "fd.sip.name != a.example", named, false },
		{ "fd.sip.name != a.example", CONNECT("10.0.0.1", "10.0.0.2"), true }, /* unknown */
		{ "fd.sip.name = a.example", CONNECT("10.0.0.1", "10.0.0.2"), false },
		{ "fd.sip.name exists", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "fd.sip.name != a.example", OPEN("x"), false },
		{ "fd.rip.name = b.example", named, true },
		{ "fd.cip.name = b.example", named, false },
	};

	RUN(rows);
}

static void test_right_sides(void **state)
{
	static const struct row rows[] = {
		{ "proc.name = val(proc.exe)", PROCESS("'exe': 'p'"), true },
		{ "proc.name != val(proc.exe)", PROCESS("'exe': 'q'"), true },
		{ "proc.name != val(proc.exe)", PROCESS("'pid': 1"),
		  false }, /* missing on the right */
		{ "proc.name = val(proc.exe)", PROCESS("'pid': 1"), false },
		{ "proc.cmdline startswith val(proc.name)", PROCESS("'pid': 1"), true },
		{ "proc.exe contains val(proc.name)", PROCESS("'exe': 'xpx'"), true },
		{ "proc.exe glob val(proc.cwd)", PROCESS("'exe': 'abc', 'cwd': 'a*'"), true },
		{ "proc.exe in val(proc.name)", PROCESS("'exe': 'p'"), true },
		{ "proc.pid = val(proc.vpid)", PROCESS("'pid': 3, 'vpid': 3"), true },
		{ "proc.pid > val(proc.vpid)", PROCESS("'pid': 3, 'vpid': 1"), true },
		{ "proc.pid >= val(user.uid)", PROCESS("'pid': 3, 'uid': 4"), false },
		{ "proc.tty = val(proc.pid)", PROCESS("'pid': 3, 'tty': 3"), true },
		{ "proc.pid < val(proc.tty)", PROCESS("'pid': 3, 'tty': 4294967295"), true },
		{ "fd.sip = val(fd.cip)", CONNECT("10.0.0.2", "10.0.0.2"), true },
		{ "fd.sip != val(fd.cip)", CONNECT("10.0.0.1", "10.0.0.2"), true },
		{ "proc.name = tolower(proc.exe)", PROCESS("'exe': 'P'"), true },
		{ "proc.name = basename(proc.exepath)", PROCESS("'exepath': '/bin/p'"), true },
		{ "proc.name != basename(proc.exepath)", PROCESS("'exepath': '/bin/q'"), true },
	};

	RUN(rows);
}

static void test_transformers(void **state)
{
	static const struct row rows[] = {
		{ "tolower(proc.exe) = abc", PROCESS("'exe': 'ABc'"), true },
		{ "toupper(proc.exe) = ABC", PROCESS("'exe': 'ABc'"), true },
		{ "toupper(tolower(proc.exe)) = ABC", PROCESS("'exe': 'ABc'"), true },
		{ "tolower(proc.exe) exists", PROCESS("'pid': 1"), false },
		{ "tolower(proc.exe) != x", PROCESS("'pid': 1"), false },
		{ "b64(proc.exe) = hello", PROCESS("'exe': 'aGVsbG8='"), true },
		{ "b64(proc.exe) = hello", PROCESS("'exe': 'aGVsbG8'"), true },
		{ "b64(proc.exe) exists", PROCESS("'exe': '!!'"), false },
		{ "b64(proc.exe) exists", PROCESS("'exe': 'a'"), false },
		{ "basename(proc.exe) = c", PROCESS("'exe': '/a/b/c'"), true },
		{ "basename(proc.exe) = \"\"", PROCESS("'exe': '/a/b/'"), true },
		{ "basename(proc.exe) = abc", PROCESS("'exe': 'abc'"), true },
		{ "len(proc.exe) = 3", PROCESS("'exe': 'abc'"), true },
		{ "len(proc.exe) > 3", PROCESS("'exe': 'abc'"), false },
		{ "len(proc.exe) in (1, 3)", PROCESS("'exe': 'abc'"), true },
		{ "len(proc.exe) = 0", PROCESS("'exe': ''"), true },
		{ "len(proc.exe) = 0", PROCESS("'pid': 1"), false },
		{ "len((proc.name, proc.exe)) = 2", PROCESS("'exe': ''"), true },
		{ "join(\",\", (proc.name, proc.exe)) = \"p,x\"", PROCESS("'exe': 'x'"), true },
		{ "join(\",\", (proc.name, proc.exe)) exists", PROCESS("'pid': 1"), false },
		{ "join(\"-\", (proc.name, \"k\", proc.exe)) = p-k-x", PROCESS("'exe': 'x'"),
		  true },
		{ "join(\",\", ()) = \"\"", PROCESS("'exe': 'x'"), true },
		{ "concat(proc.name, \"/\", proc.exe) = \"p/x\"", PROCESS("'exe': 'x'"), true },
		{ "concat(tolower(proc.exe), proc.name) = xp", PROCESS("'exe': 'X'"), true },
		{ "(proc.name, proc.exe) = 3", "", false },
		{ "tolower((proc.name, proc.exe)) intersects (x, y)", PROCESS("'exe': 'X'"), true },
		{ "tolower((proc.name, proc.exe)) in (x, p)", PROCESS("'exe': 'X'"), true },
		{ "tolower((proc.name, proc.exe)) in (x)", PROCESS("'exe': 'X'"), false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (*rows[i].event)
			run_row(&rows[i], false);
}

/* The reference has no getopt: what it yields is compared with words. */
static void test_getopt(void **state)
{
	static const struct row rows[] = {
		{ "getopt((proc.args[0], proc.args[1]), \"ab:\")[b] = x",
		  PROCESS("'args': ['-b', 'x']"), true },
		{ "getopt((proc.args[0], proc.args[1]), \"ab:\")[b] = x",
		  PROCESS("'args': ['-bx', 'y']"), true },
		{ "getopt((proc.args[0], proc.args[1]), \"ab:\")[a] exists",
		  PROCESS("'args': ['-bx', 'y']"), false },
		{ "getopt((proc.args[0], proc.args[1]), \"ab:\")[a] = a",
		  PROCESS("'args': ['-ab', 'y']"), true },
		{ "getopt((proc.args[0], proc.args[1]), \"ab:\")[b] = y",
		  PROCESS("'args': ['-ab', 'y']"), true },
		{ "getopt((proc.args[0], proc.args[1]), \"ab:\") intersects (a)",
		  PROCESS("'args': ['-a', 'y']"), true },
		{ "getopt((proc.args[0], proc.args[1]), \"ab:\") intersects (\"?\")",
		  PROCESS("'args': ['-z', 'y']"), true },
		{ "getopt((proc.args[0], proc.args[1]), \"ab:\") intersects (a)",
		  PROCESS("'args': ['--', '-a']"), false },
		{ "getopt((proc.args[0], proc.args[1]), \"ab:\") intersects (a)",
		  PROCESS("'args': ['--long', '-a']"), true },
		{ "getopt((proc.args[0], proc.args[1]), \"ab:\") intersects (a)",
		  PROCESS("'args': ['word', '-a']"), false },
		{ "getopt((proc.args[0]), \"b:\")[b] = \"\"", PROCESS("'args': ['-b']"), true },
		{ "getopt((proc.args[0], proc.args[1]), \"a\")[a] exists",
		  PROCESS("'args': ['-b', '-a']"), true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_rig struct rig r;
		struct expr *e;

		rig_init(&r);
		e = rig_condition(&r, rows[i].condition, false);
		check(rows[i].condition, e);
		rig_start(&r, MATCHING_ALL);
		check_number(rows[i].condition, *rig_event(&r, rows[i].event) != '\0',
			     rows[i].holds);
	}
}

#define AUDIT(members) "{'event': 'k8s_audit', 'audit': {'auditID': 'x', " members "}}"

static void test_lists(void **state)
{
	static const struct row rows[] = {
		{ "ka.user.groups in (a, b)", AUDIT("'user': {'groups': ['a', 'b']}"), true },
		{ "ka.user.groups in (a)", AUDIT("'user': {'groups': ['a', 'b']}"), false },
		{ "ka.user.groups in (a)", AUDIT("'user': {'groups': []}"),
		  true }, /* nothing else */
		{ "ka.user.groups in ()", AUDIT("'user': {'groups': []}"), true },
		{ "ka.user.groups in (a)", AUDIT("'user': {}"), false },
		{ "ka.user.groups intersects (a, c)", AUDIT("'user': {'groups': ['a', 'b']}"),
		  true },
		{ "ka.user.groups intersects (c)", AUDIT("'user': {'groups': ['a', 'b']}"), false },
		{ "ka.user.groups intersects (a)", AUDIT("'user': {'groups': []}"), false },
		{ "ka.user.groups exists", AUDIT("'user': {'groups': []}"), true },
		{ "ka.user.groups exists", AUDIT("'user': {}"), false },
		{ "len(ka.user.groups) = 2", AUDIT("'user': {'groups': ['a', 'b']}"), true },
		{ "tolower(ka.user.groups) intersects (a)", AUDIT("'user': {'groups': ['A', 'b']}"),
		  true },
		{ "join(\"-\", ka.user.groups) = a-b", AUDIT("'user': {'groups': ['a', 'b']}"),
		  true },
		{ "ka.user.groups in val(ka.user.groups)", AUDIT("'user': {'groups': ['a', 'b']}"),
		  true },
		{ "ka.verb = create", AUDIT("'verb': 'create'"), true },
		{ "ka.response.code = 403", AUDIT("'responseStatus': {'code': 403}"), true },
		{ "jevt.value[/stage] = x", AUDIT("'stage': 'x'"), true },
		{ "jevt.value[/stage] != y", AUDIT("'stage': 'x'"), true },
		{ "jevt.value[/stage] exists", AUDIT("'verb': 'x'"), false },
		{ "ka.verb = create", "{'event': 'k8s_audit', 'audit': {'verb': 'create'}}",
		  false },
	};

	RUN_AUDIT(rows);
}

static void test_logic(void **state)
{
	static const struct row rows[] = {
		{ "proc.name = cat and proc.pid = 5", OPEN("cat"), true },
		{ "proc.name = cat and proc.pid = 6", OPEN("cat"), false },
		{ "proc.name = dog or proc.pid = 5", OPEN("cat"), true },
		{ "proc.name = dog or proc.pid = 6", OPEN("cat"), false },
		{ "proc.name = cat or proc.pid = 6 and proc.pid = 7", OPEN("cat"), true },
		{ "(proc.name = cat or proc.pid = 6) and proc.pid = 7", OPEN("cat"), false },
		{ "not proc.name = cat", OPEN("cat"), false },
		{ "not not proc.name = cat", OPEN("cat"), true },
		{ "not (proc.name = cat and proc.pid = 6)", OPEN("cat"), true },
		{ "not(proc.name = dog)", OPEN("cat"), true },
		{ "proc.name = cat and(proc.pid = 5)", OPEN("cat"), true },
		{ "proc.name = dog or(proc.pid = 5)", OPEN("cat"), true },
		{ "proc.pname = x or not proc.pname = x", OPEN("cat"), true },
		{ "proc.pname = x or proc.pname != x", OPEN("cat"),
		  false }, /* missing is neither */
		{ "evt.type = openat", OPEN("cat"), true },
		{ "evt.type in (open, openat)", OPEN("cat"), true },
		{ "evt.type != openat", OPEN("cat"), false },
		{ "evt.type startswith open", OPEN("cat"), true },
		{ "not evt.type = execve", OPEN("cat"), true },
		{ "evt.type = execve or proc.name = cat", OPEN("cat"), true },
		{ "evt.is_open_read = true", OPEN("cat"), true },
		{ "evt.is_open_write = true", OPEN("cat"), false },
		{ "evt.is_open_write = false", OPEN("cat"), true },
		{ "evt.is_open_read = true", PROCESS("'pid': 1"), false },
		{ "evt.is_open_read = false", PROCESS("'pid': 1"), true },
		{ "evt.arg.flags contains O_CLOEXEC", OPEN("cat"), true },
		{ "evt.arg.name = /etc/shadow", OPEN("cat"), true },
		{ "evt.arg.name = /etc/shadow", PROCESS("'pid': 1"), false },
		{ "evt.arg.name != /etc/shadow", PROCESS("'pid': 1"), false },
		{ "evt.arg.path exists", OPEN("cat"), false },
		{ "fd.name exists", PROCESS("'pid': 1"), false },
	};

	RUN(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),	    cmocka_unit_test(test_sets),
		cmocka_unit_test(test_numbers),	    cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_networks),    cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_ancestors),   cmocka_unit_test(test_names_of_addresses),
		cmocka_unit_test(test_right_sides), cmocka_unit_test(test_transformers),
		cmocka_unit_test(test_getopt),	    cmocka_unit_test(test_lists),
		cmocka_unit_test(test_logic),
	};

	return unit_run(tests);
}
