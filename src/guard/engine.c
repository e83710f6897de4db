/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/engine.h"

#include <errno.h>
#include <stdlib.h>

#include "alert/mask.h"
#include "base/str.h"
#include "guard/activity.h"
#include "guard/document.h"
#include "guard/throttle.h"

#define QUIET_NS (10LL * 1000000000)

static_assert((int)ALERT_PRIORITIES == (int)PRIORITIES &&
		      (int)ALERT_WARNING == (int)PRIORITY_WARNING,
	      "rules and alerts count priorities alike");

struct engine {
	struct engine_options o;
	struct rulebook book;
	struct evaluator *evaluator;
	struct activity_log *activity;
	struct throttle *throttle;
	struct engine_stats stats;
};

int engine_new(struct engine **ret, const struct engine_options *o)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->o = *o;
	e->activity = activity_log_new();
	e->throttle = throttle_new(o->burst, o->interval_ns);
	if (!e->activity || !e->throttle) {
		engine_free(e);
		return -ENOMEM;
	}
	*ret = e;
	return 0;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	evaluator_free(e->evaluator);
	rulebook_deinit(&e->book);
	activity_log_free(e->activity);
	throttle_free(e->throttle);
	free(e);
}

/* --- documents ------------------------------------------------------------------------------------- */

/* A document that quotes what programs said. */
static json_t *quoting(const struct engine *e, json_t *document)
{
	if (document && !e->o.unmasked)
		alert_mask(document);
	return document;
}

static void put_out(struct engine *e, json_t *document)
{
	if (!document)
		return;
	alert_fit(document);
	e->o.fn(document, e->o.arg);
}

void engine_say(struct engine *e, enum alert_kind kind, enum alert_priority priority,
		int64_t now_ns, const char *rule, const char *output, json_t *details)
{
	put_out(e, document_of_guard(kind, priority, now_ns, e->o.hostname, rule, output, details));
}

struct settling {
	struct engine *engine;
	int64_t now_ns;
};

static void tell_held(const struct rule *r, const char *container, uint64_t held, void *arg)
{
	const struct settling *s = arg;
	char name[256], text[512];

	str_printable(name, sizeof(name), r->name.data, r->name.len);
	snprintf(text, sizeof(text), "%s more alerts of \"%s\" were held back%s%.12s",
		 str_grouped(held), name, *container ? " in container " : "", container);
	engine_say(s->engine, ALERT_NOTE, ALERT_NOTICE, s->now_ns, "merlon: alerts held back", text,
		   json_pack("{s:s, s:s, s:I}", "merlon.rule", name, "container.id", container,
			     "merlon.held", (json_int_t)held));
}

void engine_turn(struct engine *e, int64_t now_ns, bool all)
{
	struct settling s = { e, now_ns };

	throttle_settle(e->throttle, now_ns, all ? 0 : QUIET_NS, tell_held, &s);
}

/* --- rules ----------------------------------------------------------------------------------------- */

/* What the evaluator gave up is counted over all reloads. */
static void keep_counters(struct engine *e)
{
	for (int i = 0; e->evaluator && i < EVAL_COUNTERS; i++)
		e->stats.given_up[i] += evaluator_counter(e->evaluator, (enum evaluator_counter)i);
}

int engine_set_rules(struct engine *e, struct rulebook *book, int64_t now_ns)
{
	struct evaluator *evaluator = evaluator_new(book->program, 0);

	if (!evaluator)
		return -ENOMEM;
	engine_turn(e, now_ns, true); /* it knows rules that are about to go */
	keep_counters(e);
	evaluator_free(e->evaluator);
	throttle_reset(e->throttle);
	rulebook_deinit(&e->book);
	e->evaluator = evaluator;
	e->book = *book;
	*book = (struct rulebook){ 0 };
	return 0;
}

/* --- events ---------------------------------------------------------------------------------------- */

static struct text container_of(const struct event *ev)
{
	const struct event_container *c = ev->process ? ev->process->container : NULL;

	return c ? c->full_id.data ? c->full_id : c->id : TEXT("");
}

/* Of a program that did not come with the image: whoever gets the alert can look it up. */
static void add_hash(struct engine *e, const struct process *p, json_t *alert)
{
	char hash[SHA256_TEXT_SIZE];

	if (!alert || !p || !e->o.hash || !(p->exe_upper_layer || p->exe_memfd || p->exe_deleted))
		return;
	if (e->o.hash(p, hash, e->o.arg))
		json_object_set_new(json_object_get(alert, "process"), "exe_sha256",
				    json_string(hash));
}

static void take_match(struct engine *e, struct rule_match *m, const struct event *ev)
{
	struct scratch *s = evaluator_scratch(e->evaluator);
	json_t *alert = NULL;
	uint64_t held;

	if (throttle_pass(e->throttle, m->rule, container_of(ev), ev->time_ns, &held)) {
		m->suppressed += held;
		e->stats.alerts++;
		e->stats.by_priority[m->rule->priority]++;
		alert = quoting(e,
				document_of_match(m, ev, s, activity_log_before(e->activity, ev)));
		if (ev->verdict == VERDICT_NONE) /* else the process does not run it */
			add_hash(e, ev->process, alert);
	}
	if (e->o.matched)
		e->o.matched(m, ev, alert, s, e->o.arg);
	if (alert)
		put_out(e, alert);
}

void engine_take(struct engine *e, const struct event *ev)
{
	struct rule_match matches[EVAL_MATCHES_MAX];
	struct text line;
	size_t n;

	e->stats.events++;
	e->stats.by_type[event_type_index(ev->type)]++;
	n = evaluator_run(e->evaluator, ev, matches, EVAL_MATCHES_MAX);
	for (size_t i = 0; i < n; i++)
		take_match(e, &matches[i], ev);
	if (activity_log_add(e->activity, ev, &line) && !n)
		put_out(e, quoting(e, document_of_activity(ev, line)));
}

void engine_statistics(const struct engine *e, struct engine_stats *ret)
{
	*ret = e->stats;
	ret->held = throttle_held(e->throttle);
	for (int i = 0; e->evaluator && i < EVAL_COUNTERS; i++)
		ret->given_up[i] += evaluator_counter(e->evaluator, (enum evaluator_counter)i);
}
