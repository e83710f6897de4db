/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/engine.h"

#include <errno.h>
#include <stdlib.h>

#include "alert/mask.h"
#include "base/str.h"
#include "base/utf8.h"
#include "guard/activity.h"
#include "guard/deny_set.h"
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

/* --- alerts ---------------------------------------------------------------------------------------- */

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

/* --- what was denied ------------------------------------------------------------------------------- */

uint64_t engine_denied_set(const struct engine *e)
{
	return e->book.denied_set;
}

/* The n-th rule that brought the verdict about, that which decided first; without data: there are no more. */
static struct text decider(const struct engine *e, const struct event_denial *d, uint32_t n)
{
	if (!n)
		return deny_set_name(e->book.denied, d->point, d->first);
	for (uint32_t i = 0; i < ABI_DENY_RULES; i++)
		if (i != d->first && d->rules[i / 32] >> (i % 32) & 1 && !--n)
			return deny_set_name(e->book.denied, d->point, i);
	return TEXT_NONE;
}

/* Whose rules it can name. */
static const struct event_denial *denial_of(const struct engine *e, const struct event *ev)
{
	return ev->denial && ev->denial->set == e->book.denied_set ? ev->denial : NULL;
}

static bool is_decider(const struct engine *e, const struct event_denial *d, struct text rule)
{
	struct text name;

	for (uint32_t n = 0; (name = decider(e, d, n)).data; n++)
		if (text_eq(name, rule))
			return true;
	return false;
}

static void add_deciders(const struct engine *e, const struct event *ev, json_t *alert)
{
	const struct event_denial *d = denial_of(e, ev);
	json_t *names;
	struct text name;

	if (!d || !alert)
		return;
	names = json_array();
	for (uint32_t n = 0; (name = decider(e, d, n)).data; n++)
		json_array_append_new(names, utf8_json(name));
	json_object_set_new(json_object_get(alert, "event"), "by_rules", names);
}

/* Of a dry run only what would have been denied is told: the rest is when it is done. */
static bool is_told(const struct engine *e, const struct event *ev, const struct rule *r)
{
	const struct event_denial *d = denial_of(e, ev);
	bool dry = ev->verdict == VERDICT_WOULD_DENY || ev->verdict == VERDICT_WOULD_STOP;

	return !dry || !d || is_decider(e, d, r->name);
}

static void take_match(struct engine *e, struct rule_match *m, const struct event *ev)
{
	struct scratch *s = evaluator_scratch(e->evaluator);
	json_t *alert = NULL;
	uint64_t held;

	if (!is_told(e, ev, m->rule))
		return;
	if (throttle_pass(e->throttle, m->rule, container_of(ev), ev->time_ns, &held)) {
		m->suppressed += held;
		e->stats.alerts++;
		e->stats.by_priority[m->rule->priority]++;
		if (e->o.before)
			e->o.before(e->activity, ev, m->rule->priority <= PRIORITY_NOTICE,
				    e->o.arg);
		alert = quoting(e,
				document_of_match(m, ev, s, activity_log_before(e->activity, ev)));
		add_deciders(e, ev, alert);
		if (ev->verdict == VERDICT_NONE) /* else the process does not run it */
			add_hash(e, ev->process, alert);
	}
	if (e->o.matched)
		e->o.matched(m, ev, alert, s, e->o.arg);
	if (alert)
		put_out(e, alert);
}

/* The rule that decided, if nobody finds that it fits: what is known here may have changed meanwhile. */
static size_t add_first(const struct engine *e, const struct event *ev, struct rule_match *matches,
			size_t n)
{
	const struct event_denial *d = denial_of(e, ev);
	struct text name = d ? decider(e, d, 0) : TEXT_NONE;
	const struct rule *r = name.data ? ruleset_rule(e->book.set, name) : NULL;

	for (size_t i = 0; i < n; i++)
		if (matches[i].rule == r)
			return n;
	if (!r || !r->output || n == EVAL_MATCHES_MAX)
		return n;
	matches[n] = (struct rule_match){ .rule = r };
	return n + 1;
}

/* --- events ------------------------------------------------------------------------------------------ */

void engine_take(struct engine *e, const struct event *ev)
{
	struct rule_match matches[EVAL_MATCHES_MAX];
	struct eval_choice among;
	struct text line;
	size_t n;

	e->stats.events++;
	e->stats.by_type[event_type_index(ev->type)]++;
	n = evaluator_run_among(e->evaluator, ev,
				candidates_of(&e->book.candidates, ev, &among) ? &among : NULL,
				matches, EVAL_MATCHES_MAX);
	if (ev->denial)
		n = add_first(e, ev, matches, n);
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
