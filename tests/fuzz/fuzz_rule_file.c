/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule files, all the way: read, checked, compiled, evaluated, formatted. What is wrong is said with a
 * place; what was formatted is not changed by formatting it again.
 */
#include "base/str.h"
#include "event/stream.h"
#include "fuzz.h"
#include "rules/eval.h"
#include "rules/format.h"
#include "rules/model.h"

static void evaluate(const struct ruleset *rs)
{
	static const char *const events[] = {
		"{\"event\":\"openat\",\"result\":3,\"process\":{\"name\":\"cat\",\"pid\":5,\"args\":"
		"[\"-n\",\"x\"],\"parent\":{\"name\":\"bash\",\"pid\":4}},\"fd\":{\"num\":3,\"type\":"
		"\"file\",\"name\":\"/etc/shadow\"}}",
		"{\"event\":\"execve\",\"process\":{\"name\":\"sh\",\"pid\":6,\"container\":{\"id\":\"c1\","
		"\"repository\":\"nginx\"}}}",
		"{\"event\":\"connect\",\"result\":0,\"process\":{\"name\":\"curl\",\"pid\":7},\"fd\":{"
		"\"num\":4,\"type\":\"ipv4\",\"client\":\"10.0.0.1\",\"server\":\"1.2.3.4\","
		"\"server_port\":443}}",
		"{\"event\":\"k8s_audit\",\"audit\":{\"verb\":\"get\",\"user\":{\"username\":\"bob\"}}}",
	};
	cleanup_program struct program *p = program_new(rs, MATCHING_ALL);
	cleanup_evaluator struct evaluator *e = p ? evaluator_new(p, 0) : NULL;
	cleanup_event_reader struct event_reader *reader = NULL;
	struct rule_match matches[EVAL_MATCHES_MAX];
	struct error err = ERROR_INIT;

	if (!e || event_reader_new_empty(&reader, "events", false, &err))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		struct event ev;
		json_t *record = json_loads(events[i], 0, NULL);

		fuzz_check(event_reader_json(reader, record, &ev, &err) == 1);
		fuzz_check(evaluator_run(e, &ev, matches, EVAL_MATCHES_MAX) <= EVAL_MATCHES_MAX);
	}
}

/* What rules may remember is theirs to say, up to 64 MiB each: too much for thousands of runs. */
static bool is_modest(const struct ruleset *rs)
{
	return rs->rules.len < 50 && !memmem(rs->contents.items[0].content.data,
					     rs->contents.items[0].content.len, "keys", 4);
}

static void format(struct text content)
{
	cleanup_buf struct buf once = BUF_INIT, twice = BUF_INIT;
	struct error err = ERROR_INIT;

	if (format_rules("f", content, &once, &err)) {
		fuzz_check(err.code && str_starts(err.text, "f:"));
		return;
	}
	fuzz_check(format_rules("f", text_from(once.data ? once.data : "", once.len), &twice,
				&err) == 0);
	fuzz_check(once.len == twice.len);
	fuzz_check(!once.data || memcmp(once.data, twice.data, once.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text content = text_from((const char *)data, size);
	cleanup_diags struct diags diags = { 0 };
	cleanup_ruleset struct ruleset *rs = ruleset_new(&diags);
	bool good;

	if (!rs)
		return 0;
	ruleset_add(rs, "f", content);
	good = ruleset_compile(rs);
	fuzz_check(good == (diags.errors == 0));
	vec_foreach(d, &diags.items)
		fuzz_check(d->code && d->text && (!d->place.line || d->place.column));
	vec_foreach(r, &rs->rules)
		fuzz_check(!good || (*r)->skipped || ((*r)->condition && (*r)->output));
	if (good && is_modest(rs))
		evaluate(rs);
	format(content);
	return 0;
}
