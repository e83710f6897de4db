/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs of rules, rendered for an event with odd names: nothing but printable UTF-8 comes out. */
#include "base/utf8.h"
#include "event/stream.h"
#include "fuzz.h"
#include "rules/alert.h"

static const char event[] =
	"{\"event\":\"openat\",\"result\":3,\"process\":{\"name\":\"a\\u001b[1m\\nb\",\"pid\":5,"
	"\"args\":[\"\\u202e\\u200b\",\"\\u0085x\"],\"container\":{\"id\":\"c1\",\"labels\":[\"a=b\"]},"
	"\"parent\":{\"name\":\"bash\",\"pid\":4}},\"args\":{\"name\":\"/etc/\\t\",\"flags\":"
	"\"O_RDONLY\"},\"fd\":{\"num\":3,\"type\":\"file\",\"name\":\"/etc/\\t\"}}";

static void check_printable(struct text t)
{
	fuzz_check(utf8_valid(t));
	fuzz_check_shown(t.data, t.len);
}

static void render(const struct ruleset *rs)
{
	cleanup_program struct program *p = program_new(rs, MATCHING_ALL);
	cleanup_evaluator struct evaluator *e = p ? evaluator_new(p, 0) : NULL;
	cleanup_event_reader struct event_reader *reader = NULL;
	cleanup_buf struct buf line = BUF_INIT;
	struct rule_match match;
	struct error err = ERROR_INIT;
	struct event ev;
	json_t *json;

	if (!e || event_reader_new_empty(&reader, "events", false, &err))
		return;
	fuzz_check(event_reader_json(reader, json_loads(event, 0, NULL), &ev, &err) == 1);
	fuzz_check(evaluator_run(e, &ev, &match, 1) == 1);
	alert_text(&match, &ev, evaluator_scratch(e), &line);
	fuzz_check(line.failed || line.len);
	if (!line.failed)
		check_printable(text_from(line.data, line.len));
	json = alert_json(&match, &ev, evaluator_scratch(e));
	fuzz_check(json_is_object(json_object_get(json, "output_fields")));
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *quoted = NULL;
	cleanup_buf struct buf yaml = BUF_INIT;
	cleanup_diags struct diags diags = { 0 };
	cleanup_ruleset struct ruleset *rs = ruleset_new(&diags);
	json_t *s = size <= 4096 ? json_stringn((const char *)data, size) : NULL;

	if (s && rs) {
		quoted = json_dumps(s, JSON_ENCODE_ANY);
		buf_addf(&yaml,
			 "- {rule: r, desc: d, condition: evt.type = openat, priority: INFO, output: "
			 "%s}",
			 quoted);
		ruleset_add(rs, "f", text_from(yaml.data, yaml.len));
		if (ruleset_compile(rs) && rs->rules.len)
			render(rs);
	}
	json_decref(s);
	return 0;
}
