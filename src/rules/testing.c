/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/testing.h"

#include <errno.h>
#include <inttypes.h>

#include "base/fs.h"
#include "base/str.h"
#include "event/stream.h"
#include "rules/output.h"

enum { TEST_FILE_MAX = 64 << 20 };

struct running {
	const struct rule *rule;
	const struct rule_test *test;
	struct evaluator *evaluator;
	struct event_reader *reader;
	struct rule_test_result *result;
	struct buf first; /* text of the first alert */
	struct error err;
};

void rule_test_result_deinit(struct rule_test_result *r)
{
	free(r->reason);
	r->reason = NULL;
}

static void give(struct running *x, const struct event *ev)
{
	struct rule_match matches[EVAL_MATCHES_MAX];
	size_t n = evaluator_run(x->evaluator, ev, matches, EVAL_MATCHES_MAX);

	x->result->events++;
	for (size_t i = 0; i < n; i++) {
		if (matches[i].rule != x->rule)
			continue;
		if (!x->result->alerts++)
			output_render(x->rule->output, ev, evaluator_scratch(x->evaluator),
				      &x->first);
	}
}

/* Events that stand in the rule file. */
static int give_nodes(struct running *x)
{
	const struct yaml_node *list = x->test->events;

	for (uint32_t i = 0; i < list->count; i++) {
		const struct diag_place p = yaml_place(list->items[i]);
		json_t *record = yaml_json(list->items[i]);
		struct event ev;
		int n = record ? event_reader_json(x->reader, record, &ev, &x->err) : -ENOMEM;

		if (n < 0)
			return error_prefix(&x->err, "line %u", p.line);
		if (n)
			give(x, &ev);
	}
	return 0;
}

static int give_file(struct running *x)
{
	const char *rules = x->test->node->file->name, *slash = strrchr(rules, '/');
	struct text file = x->test->file;
	bool beside = slash && file.data[0] != '/';
	cleanup_free char *path = str_format("%.*s%.*s", beside ? (int)(slash + 1 - rules) : 0,
					     rules, (int)file.len, file.data);
	cleanup_buf struct buf content = BUF_INIT;
	struct event ev;
	int n;

	if (!path)
		return error_errno(&x->err, ENOMEM, "events");
	n = fs_read(path, TEST_FILE_MAX, &content, &x->err);
	if (n)
		return n;
	event_reader_free(x->reader);
	x->reader = NULL;
	n = event_reader_new(&x->reader, path, text_from(content.data, content.len), false,
			     &x->err);
	while (!n && (n = event_reader_next(x->reader, &ev, &x->err)) > 0) {
		give(x, &ev);
		n = 0;
	}
	event_reader_free(x->reader); /* before what it reads from */
	x->reader = NULL;
	return n;
}

static char *judge(const struct running *x, int r)
{
	const struct rule_test *t = x->test;
	uint64_t alerts = x->result->alerts;
	struct text got = text_from(x->first.data ? x->first.data : "", x->first.len);

	if (r < 0)
		return strdup(x->err.code ? x->err.text : strerror(-r));
	if (!x->result->events)
		return strdup("there are no events in it");
	if (t->exact && alerts != t->expected)
		return str_format("%" PRIu64 " alerts, expected %" PRIu64, alerts, t->expected);
	if (alerts < t->expected)
		return strdup("no alert, expected one");
	if (t->output.data && !memmem(got.data, got.len, t->output.data, t->output.len))
		return str_format("the output does not contain \"%.*s\": %s", (int)t->output.len,
				  t->output.data, alerts ? got.data : "there is none");
	return NULL;
}

int rule_test_run(const struct program *p, const struct rule *r, const struct rule_test *t,
		  struct rule_test_result *ret)
{
	struct running x = {
		.rule = r, .test = t, .result = ret, .first = BUF_INIT, .err = ERROR_INIT
	};
	int n = 0;

	*ret = (struct rule_test_result){ 0 };
	x.evaluator = evaluator_new(p, 0);
	if (!x.evaluator || event_reader_new_empty(&x.reader, "events", false, &x.err))
		n = -ENOMEM;
	if (!n) {
		int given = t->events ? give_nodes(&x) : give_file(&x);

		ret->reason = judge(&x, given);
		ret->passed = !ret->reason;
	}
	evaluator_free(x.evaluator);
	event_reader_free(x.reader);
	buf_deinit(&x.first);
	return n;
}
