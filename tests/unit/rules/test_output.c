/* SPDX-License-Identifier: Apache-2.0 */
/* What alerts say: as text, as JSON; and that nothing an event brings can forge either. */
#include "base/json.h"
#include "base/str.h"
#include "rig.h"
#include "rules/alert.h"
#include "rules/output.h"

static void load(struct rig *r, const char *output, const char *more)
{
	cleanup_free char *yaml = str_format(
		"- rule: A rule\n  desc: d\n  condition: evt.type in (openat, connect)\n"
		"  priority: CRITICAL\n  tags: [b, a]\n  output: %s\n%s",
		output, more);

	rig_init(r);
	rig_load(r, yaml);
	rig_start(r, MATCHING_ALL);
}

static const char *rendered(struct rig *r, struct buf *out)
{
	struct rule *rule = ruleset_rule(r->rules, TEXT("A rule"));

	buf_reset(out);
	output_render(rule->output, &r->event, evaluator_scratch(r->evaluator), out);
	return out->data ? out->data : "";
}

#define EVENT                                                                                  \
	"{'event': 'openat', 'time': '2026-03-01T09:31:05.000000017Z', 'result': 'ENOENT', "   \
	"'args': {'name': '/etc/shadow', 'flags': 'O_RDONLY|O_CLOEXEC'}, "                     \
	"'process': {'name': 'cat', 'pid': 5, 'uid': 0, 'exe': 'cat', 'args': ['-n', 'x y'], " \
	"'exe_inode': 255, 'parent': {'name': 'bash', 'pid': 4, 'parent': {'name': 'sshd', "   \
	"'pid': 3}}, 'container': {'id': '0123456789ab', 'name': 'web', 'image': 'nginx:1', "  \
	"'labels': ['a=b', 'c=d'], 'mounts': ['/x:/y::true:private']}}, "                      \
	"'fd': {'type': 'file', 'name': '/etc/shadow'}}"
#define CONNECT                                                                                      \
	"{'event': 'connect', 'result': 0, 'process': {'name': 'curl', 'pid': 7}, 'fd': {'num': 4, " \
	"'type': 'ipv4', 'client': '10.0.0.1', 'client_port': 4000, 'server': '1.2.3.4', "           \
	"'server_port': 443, 'l4proto': 'tcp'}}"

static void test_text(void **state)
{
	static const struct {
		const char *output, *event, *want;
	} rows[] = {
		{ "plain", EVENT, "plain" },
		{ "\"%proc.name %proc.pid %proc.pname\"", EVENT, "cat 5 bash" },
		{ "\"%10proc.name|%2proc.name|\"", EVENT, "cat       |ca|" },
		{ "\"%evt.res %evt.rawres %evt.failed\"", EVENT, "ENOENT -2 true" },
		{ "\"%evt.arg.flags %evt.type\"", EVENT, "O_RDONLY|O_CLOEXEC openat" },
		{ "\"%proc.cmdline %proc.args %proc.args[1]\"", EVENT, "cat -n x y -n x y x y" },
		{ "\"%proc.aname[2] %proc.aname[9] %proc.aname\"", EVENT, "sshd <NA> bash sshd" },
		{ "\"%toupper(proc.name) %len(proc.name)\"", EVENT, "CAT 3" },
		{ "\"%container.id %container.image %k8s.pod.name\"", EVENT,
		  "0123456789ab nginx:1 <NA>" },
		{ "\"%user.uid %user.loginuid\"", EVENT, "0 -1" },
		{ "\"%fd.name %fd.directory %fd.filename %fd.sip\"", EVENT,
		  "/etc/shadow /etc shadow <NA>" },
		{ "\"%evt.time\"", EVENT, "09:31:05.000000017" },
		{ "\"%fd.sip:%fd.sport %fd.cip %fd.l4proto %fd.type\"", CONNECT,
		  "1.2.3.4:443 10.0.0.1 tcp ipv4" },
		{ "\"*%proc.exepath\"", EVENT, "<NA>" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_buf struct buf out = BUF_INIT;
		cleanup_rig struct rig r;

		load(&r, rows[i].output, "");
		rig_record(&r, rows[i].event);
		check_text(rows[i].output, rendered(&r, &out), rows[i].want);
	}
}

/* A process may call itself anything: lines and terminals stay ours. */
static void test_forgery(void **state)
{
	static const struct {
		const char *name, *want; /* name: as JSON */
	} rows[] = {
		{ "a\\nb", "a\\nb" },
		{ "a\\u001b[31mb", "a\\u001b[31mb" },
		{ "\\u202eabc", "\\u202eabc" },
		{ "\\u0085", "\\u0085" },
		{ "\\u2028", "\\u2028" },
		{ "a\\u200bb\\ufeff", "a\\u200bb\\ufeff" },
		{ "\\udb40\\udc41", "\\U000e0041" },
		{ "\xc3\xa9\xe4\xb8\xad", "\xc3\xa9\xe4\xb8\xad" },
		{ "100% %proc.pid", "100% %proc.pid" },
		{ "\\\\n", "\\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_buf struct buf out = BUF_INIT;
		cleanup_free char *event = str_format(
			"{'event': 'openat', 'process': {'pid': 1, 'name': '%s'}}", rows[i].name);
		cleanup_rig struct rig r;

		load(&r, "\"%proc.name\"", "");
		rig_record(&r, event);
		check_text(rows[i].name, rendered(&r, &out), rows[i].want);
		check(rows[i].name, unit_is_printable(out.data));
	}
}

static void check_json(const struct rig *r, const char *want, const char *key)
{
	const struct rule_match m = { ruleset_rule(r->rules, TEXT("A rule")), 3 };
	cleanup_json json_t *o = alert_json(&m, &r->event, evaluator_scratch(r->evaluator));
	cleanup_free char *got = json_dumps(json_object_get(o, key),
					    JSON_COMPACT | JSON_ENCODE_ANY);

	check_text(key, got, want);
}

static void test_json(void **state)
{
	static const struct {
		const char *key, *want;
	} rows[] = {
		{ "time", "\"2026-03-01T09:31:05.000000017Z\"" },
		{ "rule", "\"A rule\"" },
		{ "priority", "\"Critical\"" },
		{ "source", "\"syscall\"" },
		{ "tags", "[\"a\",\"b\"]" },
		{ "suppressed", "3" },
		{ "next", "[\"Look.\"]" },
		{ "output",
		  "\"09:31:05.000000017: Critical cat 5 09:31:05.000000017 <NA> 255 true bash "
		  "sshd -2\"" },
		/* Typed: numbers are numbers, what is missing is null. */
		{ "output_fields",
		  "{\"proc.name\":\"cat\",\"proc.pid\":5,\"evt.time\":1772357465000000017,"
		  "\"k8s.pod.name\":null,\"proc.exe_ino\":255,\"evt.failed\":true,"
		  "\"proc.aname\":\"bash sshd\",\"evt.rawres\":-2,"
		  "\"container.id\":\"0123456789ab\",\"container.name\":\"web\"}" },
	};
	cleanup_rig struct rig r;

	load(&r,
	     "\"%proc.name %proc.pid %evt.time %k8s.pod.name %proc.exe_ino %evt.failed "
	     "%proc.aname %evt.rawres\"",
	     "  next: Look.\n");
	rig_record(&r, EVENT);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_json(&r, rows[i].want, rows[i].key);
}

static void test_line(void **state)
{
	cleanup_buf struct buf out = BUF_INIT;
	struct rule_match m = { 0 };
	cleanup_rig struct rig r;

	load(&r, "\"%proc.name\"", "");
	rig_record(&r, EVENT);
	m.rule = ruleset_rule(r.rules, TEXT("A rule"));
	alert_text(&m, &r.event, evaluator_scratch(r.evaluator), &out);
	assert_string_equal(out.data, "09:31:05.000000017: Critical cat");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_forgery),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_line),
	};

	return unit_run(tests);
}
