/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Falco's own rule files, which are not ours to keep here: MERLON_FALCO_RULES names a directory with
 * the stable, incubating, sandbox and k8saudit ones.
 */
#include "allocations.h"
#include "base/fs.h"
#include "base/str.h"
#include "random.h"
#include "reference.h"
#include "rig.h"

static const char *directory;

static void load(struct rig *r)
{
	struct error err = ERROR_INIT;

	rig_init(r);
	if (ruleset_add_path(r->rules, directory, &err))
		fail_msg("%s", err.text);
	if (!rig_compile(r)) {
		diags_print(&r->diags, true, stderr);
		fail_msg("there are errors");
	}
}

/* Unchanged, and nothing in them is unknown to us. */
static void test_load(void **state)
{
	cleanup_rig struct rig r;

	load(&r);
	assert_true(r.rules->rules.len > 0);
	vec_foreach(rule, &r.rules->rules) {
		check((*rule)->name.data, !(*rule)->skipped);
		check((*rule)->name.data, (*rule)->condition && (*rule)->output);
	}
	diags_print(&r.diags, true, stderr);
	assert_int_equal(r.diags.items.len, 0);
	print_message("# %zu rules\n", r.rules->rules.len);
}

#define IN_WEB                                                                               \
	"'container': {'id': '0123456789ab', 'full_id': '0123456789abcdef', 'name': 'web', " \
	"'image': 'nginx:1', 'repository': 'nginx', 'tag': '1', 'privileged': false}"
#define PROCESS(name, more) "'process': {'name': '" name "', 'exe': '" name "', 'pid': 77" more "}"

static void test_alerts(void **state)
{
	static const struct {
		const char *rule, *event;
		bool fits;
	} rows[] = {
		{ "Terminal shell in container",
		  "{'event': 'execve', 'result': 0, " PROCESS(
			  "bash",
			  ", 'tty': 34816, " IN_WEB ", 'parent': {'name': 'runc', 'pid': 7}") "}",
		  true },
		{ "Terminal shell in container",
		  "{'event': 'execve', 'result': 0, " PROCESS(
			  "bash",
			  ", 'tty': 0, " IN_WEB ", 'parent': {'name': 'runc', 'pid': 7}") "}",
		  false },
		{ "Terminal shell in container",
		  "{'event': 'execve', 'result': 0, " PROCESS("bash", ", 'tty': 34816") "}",
		  false },
		{ "Read sensitive file untrusted",
		  "{'event': 'openat', 'result': 3, 'args': {'name': '/etc/shadow', 'flags': 'O_RDONLY'}, " PROCESS(
			  "cat", ", " IN_WEB) ", 'fd': {'type': 'file', 'name': '/etc/shadow'}}",
		  true },
		{ "Read sensitive file untrusted",
		  "{'event': 'openat', 'result': 'EACCES', 'args': {'name': '/etc/shadow', 'flags': "
		  "'O_RDONLY'}, " PROCESS(
			  "cat", ", " IN_WEB) ", 'fd': {'type': 'file', 'name': '/etc/shadow'}}",
		  false },
		{ "Read sensitive file untrusted",
		  "{'event': 'openat', 'result': 3, 'args': {'name': '/etc/shadow', 'flags': 'O_WRONLY'}, " PROCESS(
			  "cat", ", " IN_WEB) ", 'fd': {'type': 'file', 'name': '/etc/shadow'}}",
		  false },
		{ "Read sensitive file untrusted",
		  "{'event': 'openat', 'result': 3, 'args': {'name': '/etc/shadow', 'flags': 'O_RDONLY'}, " PROCESS(
			  "sshd", ", " IN_WEB) ", 'fd': {'type': 'file', 'name': '/etc/shadow'}}",
		  false },
		{ "Fileless execution via memfd_create",
		  "{'event': 'execve', 'result': 0, " PROCESS("x", ", 'exe_memfd': true") "}",
		  true },
		{ "Drop and execute new binary in container",
		  "{'event': 'execve', 'result': 0, " PROCESS(
			  "x", ", 'exe_upper_layer': true, 'exepath': '/tmp/x', " IN_WEB) "}",
		  true },
		{ "Linux Kernel Module Injection Detected",
		  "{'event': 'finit_module', 'result': 0, " PROCESS(
			  "insmod", ", 'cap_effective': 'CAP_SYS_MODULE', " IN_WEB) "}",
		  true },
		{ "PTRACE attached to process",
		  "{'event': 'ptrace', 'result': 0, 'args': {'request': 'PTRACE_ATTACH'}, " PROCESS(
			  "x", ", 'parent': {'name': 'bash', 'pid': 3}") "}",
		  true },
		{ "Clear Log Activities",
		  "{'event': 'openat', 'result': 3, 'args': {'name': '/var/log/syslog', 'flags': "
		  "'O_WRONLY|O_TRUNC'}, " PROCESS(
			  "sh", ", " IN_WEB) ", 'fd': {'type': 'file', 'name': '/var/log/syslog'}}",
		  true },
		{ "Attach/Exec Pod",
		  "{'event': 'k8s_audit', 'audit': {'auditID': 'x', 'stage': 'ResponseStarted', 'verb': "
		  "'create', 'user': {'username': 'bob'}, 'objectRef': {'resource': 'pods', "
		  "'subresource': 'exec', 'namespace': 'default', 'name': 'p'}, 'responseStatus': "
		  "{'code': 101}, 'requestURI': '/api/v1/namespaces/default/pods/p/exec?command=sh'}}",
		  true },
		{ "Create Privileged Pod",
		  "{'event': 'k8s_audit', 'audit': {'auditID': 'x', 'stage': 'ResponseComplete', 'verb': "
		  "'create', 'user': {'username': 'bob'}, 'objectRef': {'resource': 'pods', 'namespace': "
		  "'default'}, 'responseStatus': {'code': 201}, 'requestObject': {'spec': {'containers': "
		  "[{'image': 'x/y:1', 'securityContext': {'privileged': true}}]}}}}",
		  true },
		{ "Create Privileged Pod",
		  "{'event': 'k8s_audit', 'audit': {'auditID': 'x', 'stage': 'ResponseComplete', 'verb': "
		  "'create', 'user': {'username': 'bob'}, 'objectRef': {'resource': 'pods', 'namespace': "
		  "'default'}, 'responseStatus': {'code': 201}, 'requestObject': {'spec': {'containers': "
		  "[{'image': 'x/y:1', 'securityContext': {'privileged': false}}]}}}}",
		  false },
	};
	cleanup_rig struct rig r;

	load(&r);
	rig_start(&r, MATCHING_ALL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool fits = false;

		rig_event(&r, rows[i].event);
		for (size_t k = 0; k < r.match_count; k++)
			fits = fits || text_eq_str(r.matches[k].rule->name, rows[i].rule);
		if (fits != rows[i].fits)
			fail_msg("%s %s: %s", rows[i].rule, fits ? "fits" : "does not fit",
				 rows[i].event);
	}
}

/* The compiled rules and a plain reading of them, on random events; and nothing is allocated. */
static void test_agrees(void **state)
{
	struct random_world *world = calloc(1, sizeof(*world));
	struct chance c = { .state = 31 };
	size_t matches = 0;
	cleanup_rig struct rig r;

	assert_non_null(world);
	load(&r);
	ruleset_select(r.rules, TEXT("*"), true);
	rig_start(&r, MATCHING_ALL);
	for (int i = 0; i < 2000; i++) {
		size_t before, at = 0;

		if (i % 50 == 0)
			random_world(&c, world);
		random_event(&c, world, &r.event);
		before = allocations;
		r.match_count = evaluator_run(r.evaluator, &r.event, r.matches, EVAL_MATCHES_MAX);
		if (allocations_are_counted)
			assert_int_equal(allocations, before);
		vec_foreach(rule, &r.rules->rules) {
			bool want = (*rule)->event_source == (int)r.event.type->source &&
				    reference_holds((*rule)->condition, &r.event);
			bool got = at < r.match_count && r.matches[at].rule == *rule;

			check((*rule)->name.data, want == got);
			at += got;
		}
		matches += r.match_count;
	}
	free(world);
	print_message("# %zu matches\n", matches);
	assert_true(matches > 10);
}

static void test_format(void **state)
{
	cleanup_rig struct rig r;

	load(&r);
	assert_true(r.rules->contents.len > 0);
	vec_foreach(file, &r.rules->contents) {
		cleanup_free char *text = str_dup_n(file->content.data, file->content.len);

		check(file->name, rig_check_format(file->name, text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_alerts),
		cmocka_unit_test(test_agrees),
		cmocka_unit_test(test_format),
	};

	directory = getenv("MERLON_FALCO_RULES");
	if (!directory) {
		puts("1..0 # SKIP MERLON_FALCO_RULES names no directory of rule files");
		return 0;
	}
	return unit_run(tests);
}
