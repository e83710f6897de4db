/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "alert/alert.h"
#include "alert/render.h"
#include "base/json.h"
#include "base/str.h"
#include "sample_alert.h"
#include "unit.h"

/* --- reading ------------------------------------------------------------------------------------ */

static void members_of_ours(void **state)
{
	cleanup_alert struct alert a = sample_alert(1, "Shell", "web");

	assert_int_equal(a.kind, ALERT_FINDING);
	assert_int_equal(a.priority, ALERT_WARNING);
	assert_int_equal(a.time_ns, SAMPLE_NS + 1000000);
	assert_string_equal(a.uuid, "019ab0c4-0000-7000-8000-000000000001");
	assert_string_equal(a.rule, "Shell");
	assert_string_equal(a.source, "syscall");
	assert_string_equal(a.hostname, "node-7");
	assert_string_equal(a.output, "A sentence");
	assert_string_equal(a.container_id, "0123456789abcdef");
	assert_string_equal(a.container_name, "web");
	assert_string_equal(a.image, "nginx:1");
	assert_string_equal(a.pod, "web-7d9");
	assert_string_equal(a.namespace, "shop");
	assert_string_equal(a.process, "bash");
	assert_int_equal(a.pid, 4711);
}

static const char falco_line[] =
	"{'hostname': 'n', 'output': '09:31:05.000000017: Error A thing (x)', 'priority': 'Error',"
	" 'rule': 'R', 'source': 'syscall', 'tags': [], 'time': '2026-11-22T09:31:05.000000017Z',"
	" 'output_fields': {'container.id': '0123456789ab', 'container.name': 'db',"
	" 'container.image.repository': 'redis', 'k8s.ns.name': null, 'k8s.pod.name': '<NA>',"
	" 'proc.pid': 17, 'proc.name': 'sh', 'evt.time': 1795339865000000017}}";

static void members_of_falco(void **state)
{
	cleanup_alert struct alert a;
	json_t *json = sample_json(falco_line);

	alert_identify(json);
	assert_int_equal(alert_of_json(&a, json, NULL), 0);
	assert_string_equal(a.container_id, "0123456789ab");
	assert_string_equal(a.container_name, "db");
	assert_string_equal(a.image, "redis");
	assert_null(a.namespace);
	assert_null(a.pod);
	assert_int_equal(a.pid, 17);
	assert_string_equal(a.process, "sh");
	assert_string_equal(alert_sentence(&a), "A thing (x)");
}

static void the_host_is_no_container(void **state)
{
	cleanup_alert struct alert a = { .pid = 0 };
	json_t *json = sample_document(1, "R", NULL);

	json_object_set_new(json, "output_fields",
			    sample_json("{'container.id': 'host', 'container.name': 'host'}"));
	assert_int_equal(alert_of_json(&a, json, NULL), 0);
	assert_null(a.container_id);
	assert_null(a.container_name);
}

static void what_is_no_alert(void **state)
{
	static const struct {
		const char *member, *value; /* NULL: taken away */
		const char *says;
	} rows[] = {
		{ "time", NULL, "time" },
		{ "time", "'yesterday'", "time" },
		{ "time", "17", "time" },
		{ "time", "'2026-02-30T00:00:00Z'", "time" },
		{ "uuid", NULL, "\"uuid\" is missing" },
		{ "uuid", "'019ab0c4-0000-7000-8000-00000000000'", "uuid" },
		{ "uuid", "'019AB0C4-0000-7000-8000-000000000001'", "uuid" },
		{ "uuid", "'../../etc/passwd-----------------000'", "uuid" },
		{ "rule", NULL, "\"rule\" is missing" },
		{ "rule", "{}", "\"rule\" must be a text" },
		{ "source", "null", "\"source\" is missing" },
		{ "output", "1", "\"output\" must be a text" },
		{ "priority", NULL, "priority" },
		{ "priority", "'Severe'", "priority" },
		{ "kind", "'other'", "kind" },
		{ "kind", "2", "kind" },
		{ "container", "'web'", "\"container\" must be an object" },
		{ "container", "{'name': 1}", "\"name\" must be a text" },
		{ "container", "{'pod': []}", "\"pod\" must be an object" },
		{ "process", "{'pid': '7'}", "\"pid\"" },
		{ "process", "{'ancestors': [1]}", "\"ancestors\" must be" },
		{ "next", "'do it'", "\"next\" must be an array of texts" },
		{ "tags", "[1]", "\"tags\"" },
		{ "why", "['x']", "\"why\" must be an array of objects" },
		{ "suppressed", "-1", "\"suppressed\"" },
		{ "event", "[]", "\"event\" must be an object" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *row = str_format("%s: %s", rows[i].member, rows[i].value);
		json_t *json = sample_document(1, "R", "web");
		struct error err = ERROR_INIT;
		struct alert a;

		if (rows[i].value)
			json_object_set_new(json, rows[i].member, sample_json(rows[i].value));
		else
			json_object_del(json, rows[i].member);
		check_number(row, alert_of_json(&a, json, &err), -EBADMSG);
		check_number(row, err.code, EBADMSG);
		check(row, strstr(err.text, rows[i].says) != NULL);
		check(row, a.json == NULL);
	}
	assert_int_equal(alert_of_json(&(struct alert){ 0 }, json_array(), NULL), -EBADMSG);
	assert_int_equal(alert_of_json(&(struct alert){ 0 }, NULL, NULL), -EBADMSG);
}

static void limits(void **state)
{
	struct alert a;
	json_t *json = sample_document(1, "R", NULL), *deep = json_object();
	char *big = malloc(ALERT_SIZE_MAX);

	for (int i = 0; i < 3000; i++) {
		json_t *outer = json_object();

		json_object_set_new(outer, "x", deep);
		deep = outer;
	}
	json_object_set_new(json, "event", deep);
	assert_int_equal(alert_of_json(&a, json, NULL), -EBADMSG);
	json = sample_document(1, "R", NULL);
	memset(big, 'a', ALERT_SIZE_MAX);
	json_object_set_new(json, "more", json_stringn(big, ALERT_SIZE_MAX));
	assert_int_equal(alert_of_json(&a, json, NULL), -EBADMSG);
	json = sample_document(1, "R", NULL);
	json_object_set_new(json, "rule", json_stringn(big, 1025));
	assert_int_equal(alert_of_json(&a, json, NULL), -EBADMSG);
	json = sample_document(1, "R", NULL);
	json_object_set_new(json, "more", json_stringn(big, ALERT_SIZE_MAX / 2));
	assert_int_equal(alert_of_json(&a, json, NULL), 0);
	alert_deinit(&a);
	free(big);
}

static void priorities(void **state)
{
	enum alert_priority p = ALERT_PRIORITIES;

	for (int i = 0; i < ALERT_PRIORITIES; i++) {
		assert_int_equal(alert_priority_find(alert_priorities[i], &p), 0);
		assert_int_equal(p, i);
	}
	assert_int_equal(alert_priority_find("WARNING", &p), 0);
	assert_int_equal(p, ALERT_WARNING);
	assert_int_equal(alert_priority_find("info", &p), 0);
	assert_int_equal(p, ALERT_INFORMATIONAL);
	assert_int_equal(alert_priority_find("warn", &p), -EINVAL);
	assert_int_equal(alert_priority_find("", &p), -EINVAL);
}

/* --- uuid ----------------------------------------------------------------------------------------- */

static void the_same_line_is_the_same_alert(void **state)
{
	cleanup_json json_t *a = sample_json(falco_line);
	cleanup_json json_t *b = sample_json(falco_line);
	cleanup_json json_t *c = sample_json(falco_line);
	cleanup_json json_t *own = sample_document(1, "R", NULL);

	json_object_set_new(c, "output", json_string("Another"));
	alert_identify(a);
	alert_identify(b);
	alert_identify(c);
	alert_identify(own);
	assert_true(json_equal(json_object_get(a, "uuid"), json_object_get(b, "uuid")));
	assert_false(json_equal(json_object_get(a, "uuid"), json_object_get(c, "uuid")));
	assert_string_equal(json_string_value(json_object_get(own, "uuid")),
			    "019ab0c4-0000-7000-8000-000000000001");
}

/* --- shown ---------------------------------------------------------------------------------------- */

static char *rendered(const struct alert *a, struct alert_style style)
{
	struct buf out = BUF_INIT;

	alert_render(a, &style, &out);
	return buf_take(&out);
}

static void plain(void **state)
{
	cleanup_alert struct alert a = sample_alert(1, "Shell", "web");
	cleanup_free char *live = rendered(&a, (struct alert_style){ 0 });
	cleanup_free char *listed = rendered(&a, (struct alert_style){ .date = true, .id = 12 });

	assert_string_equal(live, "09:31:05.001Z Warning   Shell  web (shop/web-7d9): A sentence\n"
				  "    systemd(1) > shim(812) > bash(4711)\n");
	assert_string_equal(listed, "    12  2026-11-22T09:31:05.001Z Warning   Shell  web "
				    "(shop/web-7d9): A sentence\n"
				    "    systemd(1) > shim(812) > bash(4711)\n");
}

static void detailed(void **state)
{
	cleanup_alert struct alert a = { .pid = 0 };
	json_t *json = sample_document(1, "Shell", NULL);
	cleanup_free char *text = NULL;

	json_object_set_new(json, "next", sample_json("['Look', 'Act']"));
	assert_int_equal(alert_of_json(&a, json, NULL), 0);
	text = rendered(&a, (struct alert_style){ .detail = true });
	assert_string_equal(text, "09:31:05.001Z Warning   Shell  host: A sentence\n"
				  "    systemd(1) > shim(812) > bash(4711)\n"
				  "    next: Look\n    next: Act\n");
}

/* With colours, all that drives the terminal is ours. */
static void coloured(void **state)
{
	cleanup_alert struct alert a = sample_alert(1, "Shell", "web");
	cleanup_free char *text = rendered(&a, (struct alert_style){ .colour = true });
	size_t opened = 0, closed = 0;

	for (const char *p = strstr(text, "\033["); p; p = strstr(p + 1, "\033["))
		str_starts(p, "\033[0m") ? closed++ : opened++;
	assert_true(opened >= 3);
	assert_int_equal(opened, closed);
	assert_non_null(strstr(text, "\033[33mWarning\033[0m"));
}

static void hostile_texts(void **state)
{
	static const char reversed[] = { (char)0xe2, (char)0x80, (char)0xae, '\0' }; /* U+202E */
	static const char evil[] = "x\\n00:00:00Z Error forged\\r\\u001b[2J\\u0007\\u009b31m"
				   "\\u202egpj.\\u2028y\\u007f\\u200b\\ufeff\\udb40\\udc41";
	cleanup_free char *line = str_format("'%s'", evil);
	static const char *const members[] = { "rule", "output", "hostname", "source" };
	json_t *json = sample_document(1, "R", "web");
	cleanup_alert struct alert a = { .pid = 0 };
	cleanup_free char *text = NULL;
	size_t lines = 0;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_object_set_new(json, members[i], sample_json(line));
	json_object_set_new(json_object_get(json, "container"), "name", sample_json(line));
	json_object_set_new(json_object_get(json, "process"), "name", sample_json(line));
	json_object_set_new(
		json_array_get(json_object_get(json_object_get(json, "process"), "ancestors"), 0),
		"name", sample_json(line));
	json_object_set_new(json, "next", json_pack("[o]", sample_json(line)));
	assert_int_equal(alert_of_json(&a, json, NULL), 0);
	text = rendered(&a, (struct alert_style){ .detail = true });
	for (char *p = text; *p; p++) {
		lines += *p == '\n';
		*p = *p == '\n' ? ' ' : *p;
	}
	assert_int_equal(lines, 3);
	assert_true(unit_is_printable(text));
	assert_null(strstr(text, reversed));
	assert_non_null(strstr(text, "\\u001b[2J"));
}

/* A line of hundreds of ancestors has its ends. */
static void long_chains(void **state)
{
	json_t *json = sample_document(1, "R", NULL), *all = json_array();
	cleanup_alert struct alert a = { .pid = 0 };
	cleanup_buf struct buf out = BUF_INIT;

	for (int i = 0; i < 300; i++)
		json_array_append_new(all, json_pack("{s:i,s:s}", "pid", 1000 - i, "name", "sh"));
	json_object_set_new(json_object_get(json, "process"), "ancestors", all);
	assert_int_equal(alert_of_json(&a, json, NULL), 0);
	assert_true(alert_chain(&a, &out));
	assert_true(str_starts(out.data, "sh(701) > ... > sh(994) > "));
	assert_true(str_ends(out.data, "sh(1000) > bash(4711)"));
}

static void sentences(void **state)
{
	static const struct {
		const char *output, *want;
	} rows[] = {
		{ "A sentence", "A sentence" },
		{ "09:31:05.000000017: Warning A sentence", "A sentence" },
		{ "09:31:05.000000017: Error A sentence", "09:31:05.000000017: Error A sentence" },
		{ "09:31:05.0: WarningA", "09:31:05.0: WarningA" },
		{ "1: x", "1: x" },
		{ ":::::::::::", ":::::::::::" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_alert struct alert a = sample_alert(1, "R", NULL);

		a.output = rows[i].output;
		check_text(rows[i].output, alert_sentence(&a), rows[i].want);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_of_ours),
		cmocka_unit_test(members_of_falco),
		cmocka_unit_test(the_host_is_no_container),
		cmocka_unit_test(what_is_no_alert),
		cmocka_unit_test(limits),
		cmocka_unit_test(priorities),
		cmocka_unit_test(the_same_line_is_the_same_alert),
		cmocka_unit_test(plain),
		cmocka_unit_test(detailed),
		cmocka_unit_test(coloured),
		cmocka_unit_test(hostile_texts),
		cmocka_unit_test(long_chains),
		cmocka_unit_test(sentences),
	};

	return unit_run(tests);
}
