/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/numbers.h"

#include <errno.h>

#include "base/utf8.h"
#include "base/vec.h"

struct number {
	const char *name, *help;
	bool gauge;
};

static void add(json_t *list, const struct number *n, json_t *labels, uint64_t value)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(n->name));
	json_object_set_new(o, "help", json_string(n->help));
	json_object_set_new(o, "gauge", json_boolean(n->gauge));
	if (labels)
		json_object_set_new(o, "labels", labels);
	json_object_set_new(o, "value", json_integer((json_int_t)value));
	json_array_append_new(list, o);
}

static void add_labelled(json_t *list, const struct number *n, const char *label, const char *value,
			 uint64_t count)
{
	add(list, n, json_pack("{s:s}", label, value), count);
}

static void add_engine(json_t *list, const struct watch_stats *s)
{
	static const struct number
		events = { "merlon_events_total", "Events that rules looked at, by type", false },
		alerts = { "merlon_alerts_total", "Alerts, by priority", false },
		held = { "merlon_alerts_held_back_total",
			 "Alerts beyond the burst of their rule in a container", false },
		refused = { "merlon_alerts_refused_total",
			    "Alerts that the outputs took too long for", false },
		given_up = { "merlon_rules_counters_total",
			     "What evaluating rules counted and gave up", false },
		rules = { "merlon_rules", "Rules in force", true },
		calls = { "merlon_calls_wanted", "System calls that rules want", true },
		filters = { "merlon_filters", "Of those, calls that the kernel filters", true },
		responses = { "merlon_responses_total",
			      "Responses to alerts, by what was asked for and what came of it",
			      false },
		dropped = { "merlon_responses_dropped_total",
			    "Responses that there was no room to ask for", false },
		reloads = { "merlon_rules_reloads_total", "Reloads of rules, by result", false };

	for (uint32_t i = 0; i < event_type_count; i++)
		if (s->engine.by_type[i])
			add_labelled(list, &events, "type", event_types[i].name.data,
				     s->engine.by_type[i]);
	for (int i = 0; i < ALERT_PRIORITIES; i++)
		add_labelled(list, &alerts, "priority", alert_priorities[i],
			     s->engine.by_priority[i]);
	add(list, &held, NULL, s->engine.held);
	add(list, &refused, NULL, s->refused);
	for (int i = 0; i < EVAL_COUNTERS; i++)
		add_labelled(list, &given_up, "what", evaluator_counters[i], s->engine.given_up[i]);
	add(list, &rules, NULL, s->rules);
	add(list, &calls, NULL, s->filters.calls);
	add(list, &filters, NULL, s->filters.filters);
	for (int a = HAND_KILL; a < HAND_ACTIONS; a++)
		for (int o = 0; o < HAND_OUTCOMES; o++)
			if (s->responses.by_outcome[a][o])
				add(list, &responses,
				    json_pack("{s:s, s:s}", "response", hand_actions[a], "outcome",
					      hand_outcomes[o]),
				    s->responses.by_outcome[a][o]);
	add(list, &dropped, NULL, s->responses.dropped);
	add_labelled(list, &reloads, "result", "done", s->reloads);
	add_labelled(list, &reloads, "result", "refused", s->failed_reloads);
}

static void add_live(json_t *list, const struct live_stats *s)
{
	static const struct number
		processes = { "merlon_processes", "Processes that are known", true },
		looked_at = { "merlon_calls_looked_at_total",
			      "Calls that the kernel looked at for the rules", false },
		remembered = { "merlon_calls_remembered_total",
			       "Of these, opens of which it remembered that no rule wants them",
			       false },
		not_kept = { "merlon_processes_not_kept_total",
			     "Births and execs that were told because the kernel had "
			     "no room to keep them, by what was too small",
			     false },
		lost = { "merlon_events_lost_total", "Events that were lost, by reason", false };

	add(list, &processes, NULL, s->processes);
	add(list, &looked_at, NULL, s->looked_at);
	add(list, &remembered, NULL, s->remembered);
	add_labelled(list, &not_kept, "reason", "map", s->not_kept.full);
	add_labelled(list, &not_kept, "reason", "entry", s->not_kept.large);
	add_labelled(list, &lost, "reason", "ring_full", s->lost.ring);
	add_labelled(list, &lost, "reason", "container_budget", s->lost.budget);
	add_labelled(list, &lost, "reason", "life", s->lost.life);
	add_labelled(list, &lost, "reason", "malformed", s->malformed);
}

static void add_reads(json_t *list, const struct reader_numbers *n)
{
	static const struct number
		asked = { "merlon_reads_total", "Questions about processes and files", false },
		given_up = { "merlon_reads_given_up_total",
			     "Those that did not answer in time, by what was read", false },
		spared = { "merlon_reads_spared_total",
			   "Those not asked, since the like did not answer", false };

	add(list, &asked, NULL, n->asked);
	for (int i = 0; i < READER_ASKS; i++)
		add_labelled(list, &given_up, "what", reader_ask_names[i], n->given_up[i]);
	add(list, &spared, NULL, n->spared);
}

static void add_keeper(json_t *list, const struct keeper_numbers *n)
{
	static const struct number keeper = {
		"merlon_deny_keeper_total",
		"What happened to who says where rules deny what, and to what it holds", false
	};

	add_labelled(list, &keeper, "what", "ended", n->ended);
	add_labelled(list, &keeper, "what", "containers_late", n->late);
	add_labelled(list, &keeper, "what", "pins_put_back", n->pins);
	add_labelled(list, &keeper, "what", "control_group_left", n->strays);
	add_labelled(list, &keeper, "what", "pins_lost", n->lost + n->not_back);
}

struct container_load {
	json_t *labels; /* owned */
	uint64_t told, lost;
};
struct container_loads {
	struct container_load *items;
	size_t len, size;
};

static int add_container(const struct live_load *load, void *arg)
{
	struct container_loads *all = arg;
	const struct event_container *c = load->container;
	struct container_load *mine = c ? vec_add(all) : NULL;

	if (!mine)
		return c ? -ENOMEM : 0;
	mine->labels = json_pack("{s:o, s:o}", "container",
				 utf8_json(c->full_id.data ? c->full_id : c->id), "name",
				 utf8_json(c->name.data ? c->name : TEXT("")));
	mine->told = load->told;
	mine->lost = load->lost.ring + load->lost.budget + load->lost.life;
	return 0;
}

/* Who lost the most first, then who told the most. */
static int by_load(const void *a, const void *b)
{
	const struct container_load *x = a, *y = b;

	if (x->lost != y->lost)
		return x->lost < y->lost ? 1 : -1;
	return (x->told < y->told) - (x->told > y->told);
}

static void add_containers(json_t *list, struct live *live)
{
	static const struct number count = { "merlon_containers", "Containers that are watched",
					     true },
				   told = { "merlon_container_records_total",
					    "Records that the kernel told, by container", false },
				   lost = { "merlon_container_lost_total",
					    "Records that were lost, by container", false };
	struct container_loads all = { 0 };
	size_t n;

	live_loads(live, add_container, &all);
	vec_sort(&all, by_load);
	n = all.len < NUMBERS_CONTAINERS_MAX ? all.len : NUMBERS_CONTAINERS_MAX;
	add(list, &count, NULL, all.len);
	for (size_t i = 0; i < n; i++)
		add(list, &told, json_incref(all.items[i].labels), all.items[i].told);
	for (size_t i = 0; i < n; i++)
		add(list, &lost, json_incref(all.items[i].labels), all.items[i].lost);
	vec_foreach(c, &all)
		json_decref(c->labels);
	vec_deinit(&all);
}

json_t *numbers_json(struct live *live, const struct watch_stats *s)
{
	json_t *list = json_array();

	add_engine(list, s);
	add_live(list, &s->live);
	add_reads(list, &s->reads);
	add_keeper(list, &s->keeper);
	add_containers(list, live);
	return json_pack("{s:o}", "metrics", list);
}
