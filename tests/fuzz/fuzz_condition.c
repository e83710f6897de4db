/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions: what is printed of one parses to the same; and events find the same in both. */
#include "base/str.h"
#include "event/stream.h"
#include "fuzz.h"
#include "rules/eval.h"
#include "rules/parse.h"
#include "rules/print.h"

static bool print_again(struct text t, struct buf *out)
{
	cleanup_arena struct arena a = ARENA_INIT(64 << 20);
	cleanup_source_builder struct source_builder b = SOURCE_BUILDER_INIT;
	const struct source *s;
	struct parse_error err = { 0 };
	struct expr *e;

	source_add_made(&b, t, NULL, 0);
	s = source_finish(&b, &a);
	e = s ? parse_condition(&a, s, &err) : NULL;
	fuzz_check(e || !s || (*err.text && err.at <= t.len));
	if (e)
		print_condition(e, false, out);
	return e;
}

/* A rule whose condition is text, as a YAML file; JSON's strings are YAML's too. */
static struct ruleset *rules_of(struct text condition, struct diags *diags)
{
	cleanup_free char *quoted = NULL;
	cleanup_buf struct buf yaml = BUF_INIT;
	struct ruleset *rs = ruleset_new(diags);
	json_t *s = json_stringn(condition.data, condition.len);

	if (!s || !rs) { /* no UTF-8 */
		json_decref(s);
		ruleset_free(rs);
		return NULL;
	}
	quoted = json_dumps(s, JSON_ENCODE_ANY);
	json_decref(s);
	buf_addf(
		&yaml,
		"- {rule: r, desc: d, output: o, priority: INFO, warn_evttypes: false, condition: %s}",
		quoted);
	ruleset_add(rs, "f", text_from(yaml.data, yaml.len));
	ruleset_compile(rs);
	return rs;
}

static int fits(const struct ruleset *rs)
{
	static const char event[] =
		"{\"event\":\"openat\",\"result\":3,\"process\":{\"name\":\"cat\",\"pid\":5,\"args\":"
		"[\"-n\",\"x\"],\"uid\":0,\"container\":{\"id\":\"c1\"},\"parent\":{\"name\":\"bash\","
		"\"pid\":4}},\"args\":{\"name\":\"/etc/shadow\",\"flags\":\"O_RDONLY\"},\"fd\":{\"num\":3,"
		"\"type\":\"file\",\"name\":\"/etc/shadow\"}}";
	cleanup_program struct program *p = program_new(rs, MATCHING_ALL);
	cleanup_evaluator struct evaluator *e = p ? evaluator_new(p, 0) : NULL;
	cleanup_event_reader struct event_reader *reader = NULL;
	struct rule_match match;
	struct error err = ERROR_INIT;
	struct event ev;

	if (!e || event_reader_new_empty(&reader, "events", false, &err))
		return -1;
	fuzz_check(event_reader_json(reader, json_loads(event, 0, NULL), &ev, &err) == 1);
	return (int)evaluator_run(e, &ev, &match, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = text_from((const char *)data, size);
	cleanup_buf struct buf once = BUF_INIT, twice = BUF_INIT;
	cleanup_diags struct diags diags = { 0 }, diags2 = { 0 };
	cleanup_ruleset struct ruleset *a = NULL, *b = NULL;

	if (size > 4096 || !print_again(t, &once) || once.failed)
		return 0;
	fuzz_check(print_again(text_from(once.data, once.len), &twice));
	fuzz_check(str_eq(once.data, twice.data));
	a = rules_of(t, &diags);
	b = a ? rules_of(text_from(once.data, once.len), &diags2) : NULL;
	if (!b || diags.errors)
		return 0;
	fuzz_check(!diags2.errors);
	fuzz_check(fits(a) == fits(b));
	return 0;
}
