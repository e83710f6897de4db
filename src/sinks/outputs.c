/* SPDX-License-Identifier: Apache-2.0 */
#include "sinks/outputs.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"

#define SECOND 1000000000LL
#define LAST_NS SECOND
#define STORE_AGAIN_NS (30 * SECOND)
#define STORE_SOON_NS (SECOND / 10)
#define STORE_TURN_NS (30 * SECOND) /* without alerts: for what gets too old */

struct outputs {
	struct poller poller;
	VEC(struct sink *) sinks;
	struct store *store;
	struct store_config store_config;
	char *store_path;
	bool store_unwell, store_dirty;
	uint64_t counted[STORE_COUNTERS]; /* by stores that were closed */
	uint64_t unstored;		  /* while there was no store */
	uint64_t malformed;		  /* documents that were no alerts */
	int64_t store_at_ns;
	struct metrics_server *server;
	int64_t server_at_ns;
	struct metrics_source source;
	void (*tell)(void *context, const char *text);
	void *tell_context;
};

/* --- the store ---------------------------------------------------------------------------------- */

static void store_trouble(struct outputs *o, const struct error *err)
{
	if (!o->store_unwell && o->tell)
		o->tell(o->tell_context, err->text);
	o->store_unwell = true;
}

static void store_fine(struct outputs *o)
{
	char text[1024];

	if (!o->store_unwell)
		return;
	o->store_unwell = false;
	snprintf(text, sizeof(text), "%s: works again%s%s", o->store_path,
		 store_moved_aside(o->store) ? ", anew; the damaged file is " : "",
		 store_moved_aside(o->store) ? store_moved_aside(o->store) : "");
	if (o->tell)
		o->tell(o->tell_context, text);
}

/* A node with a full disk is guarded all the same. */
static bool is_passing(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EROFS || error == EIO ||
	       error == EBUSY;
}

static int open_store(struct outputs *o, struct error *err)
{
	char text[1024];
	int r = store_open(&o->store, &o->store_config, err);

	if (!r && store_moved_aside(o->store) && o->tell) {
		snprintf(text, sizeof(text),
			 "%s: was damaged; it is now %s, and a new one is begun", o->store_path,
			 store_moved_aside(o->store));
		o->tell(o->tell_context, text);
	}
	return r;
}

static void store_alert(struct outputs *o, const struct alert *a, int64_t suppression)
{
	struct error err = ERROR_INIT;

	if (!o->store_path)
		return;
	/* Somebody took the file away. Closed first: its log goes with it. */
	if (o->store && !o->store_dirty && store_is_replaced(o->store)) {
		for (int i = 0; i < STORE_COUNTERS; i++)
			o->counted[i] += store_counter(o->store, (enum store_counter)i);
		store_close(o->store);
		o->store = NULL;
		if (open_store(o, &err))
			store_trouble(o, &err);
	}
	if (!o->store) {
		o->unstored++;
		return;
	}
	if (store_add(o->store, a, suppression, &err) < 0)
		store_trouble(o, &err);
	o->store_dirty = true;
}

static void turn_store(struct outputs *o, int64_t now_ns)
{
	struct error err = ERROR_INIT;
	int r;

	if (!o->store_path || (!o->store_dirty && now_ns < o->store_at_ns))
		return;
	if (!o->store) {
		o->store_at_ns = now_ns + STORE_AGAIN_NS;
		if (open_store(o, &err)) {
			store_trouble(o, &err);
			return;
		}
	}
	r = store_turn(o->store, clock_wall_ns(), &err);
	if (r < 0)
		store_trouble(o, &err);
	else
		store_fine(o);
	o->store_dirty = false;
	o->store_at_ns = now_ns + (r > 0 ? STORE_SOON_NS : STORE_TURN_NS);
}

/* --- numbers ------------------------------------------------------------------------------------ */

static void count(outputs_counter_list *list, const char *of, const char *name, uint64_t value)
{
	struct outputs_counter *c = vec_add(list);

	if (c)
		*c = (struct outputs_counter){ of, name, value };
}

static uint64_t of_store(const struct outputs *o, enum store_counter which)
{
	return o->counted[which] + (o->store ? store_counter(o->store, which) : 0) +
	       (which == STORE_FAILED ? o->unstored : 0);
}

void outputs_counters(const struct outputs *o, outputs_counter_list *list)
{
	count(list, "outputs", "malformed", o->malformed);
	for (int i = 0; i < STORE_COUNTERS && o->store_path; i++)
		count(list, "store", store_counters[i], of_store(o, (enum store_counter)i));
	vec_foreach(s, &o->sinks)
		for (int i = 0; i < SINK_COUNTERS; i++)
			count(list, (*s)->name, sink_counters[i], (*s)->counters[i]);
}

uint64_t outputs_waiting(const struct outputs *o)
{
	uint64_t n = 0;

	vec_foreach(s, &o->sinks)
		n += (*s)->counters[SINK_WAITING];
	return n;
}

uint64_t outputs_queued(const struct outputs *o)
{
	uint64_t n = 0;

	vec_foreach(s, &o->sinks)
		n += (*s)->config.spool ? 0 : (*s)->counters[SINK_WAITING];
	return n;
}

void outputs_losses(const struct outputs *o, outputs_counter_list *list)
{
	if (o->malformed)
		count(list, "outputs", "malformed", o->malformed);
	if (of_store(o, STORE_FAILED))
		count(list, "store", store_counters[STORE_FAILED], of_store(o, STORE_FAILED));
	vec_foreach(s, &o->sinks)
		if ((*s)->counters[SINK_DROPPED])
			count(list, (*s)->name, sink_counters[SINK_DROPPED],
			      (*s)->counters[SINK_DROPPED]);
}

uint64_t outputs_lost(const struct outputs *o)
{
	uint64_t n = of_store(o, STORE_FAILED) + o->malformed;

	vec_foreach(s, &o->sinks)
		n += (*s)->counters[SINK_DROPPED];
	return n;
}

static void add_metric(metric_list *list, const char *name, const char *help, bool gauge,
		       const char *of, double value)
{
	struct metric *m = vec_add(list);

	if (!m)
		return;
	*m = (struct metric){ .name = name,
			      .help = help,
			      .value = value,
			      .type = gauge ? METRIC_GAUGE : METRIC_COUNTER };
	if (of) {
		m->labels[0].name = "output";
		m->labels[0].value = of;
	}
}

static void fill(void *context, metric_list *list)
{
	static const struct {
		const char *name, *help;
	} store[] = {
		[STORE_STORED] = { "merlon_store_stored_total", "Alerts that were stored" },
		[STORE_SUPPRESSED] = { "merlon_store_suppressed_total",
				       "Of those, alerts that somebody suppressed" },
		[STORE_DUPLICATES] = { "merlon_store_duplicates_total",
				       "Alerts that were stored already" },
		[STORE_FAILED] = { "merlon_store_failed_total", "Alerts that were not stored" },
		[STORE_EXPIRED] = { "merlon_store_expired_total",
				    "Alerts deleted for their age" },
		[STORE_EVICTED] = { "merlon_store_evicted_total",
				    "Alerts deleted for the size of the store" },
		[STORE_BROKEN] = { "merlon_store_broken_total",
				   "Rows of the store that are no alerts" },
		[STORE_MOVED] = { "merlon_store_moved_aside_total",
				  "Damaged stores that were moved aside" },
	}, sink[] = {
		[SINK_TAKEN] = { "merlon_output_taken_total", "Alerts for an output" },
		[SINK_SENT] = { "merlon_output_sent_total", "Alerts that it has delivered" },
		[SINK_FAILED] = { "merlon_output_failed_total", "Attempts that failed" },
		[SINK_RETRIED] = { "merlon_output_retried_total",
				   "Attempts after one that failed" },
		[SINK_DROPPED] = { "merlon_output_dropped_total", "Alerts that it gave up" },
		[SINK_WAITING] = { "merlon_output_waiting", "Alerts that wait to be sent" },
		[SINK_SPOOLED] = { "merlon_output_spooled_bytes",
				   "Bytes on disk that wait to be sent" },
	};
	_Static_assert(ARRAY_SIZE(store) == STORE_COUNTERS, "a name for each");
	_Static_assert(ARRAY_SIZE(sink) == SINK_COUNTERS, "a name for each");
	struct outputs *o = context;

	if (o->source.fill)
		o->source.fill(o->source.context, list);
	add_metric(list, "merlon_malformed_total", "Documents that were no alerts", false, NULL,
		   (double)o->malformed);
	for (int i = 0; i < STORE_COUNTERS && o->store_path; i++)
		add_metric(list, store[i].name, store[i].help, false, NULL,
			   (double)of_store(o, (enum store_counter)i));
	for (int i = 0; i < SINK_COUNTERS; i++)
		vec_foreach(s, &o->sinks)
			add_metric(list, sink[i].name, sink[i].help,
				   i == SINK_WAITING || i == SINK_SPOOLED, (*s)->name,
				   (double)(*s)->counters[i]);
}

static const char *health(void *context)
{
	struct outputs *o = context;

	return o->source.health ? o->source.health(o->source.context) : NULL;
}

/* --- the whole ---------------------------------------------------------------------------------- */

static int add_sink(struct outputs *o, const char *word, struct error *err)
{
	struct sink_config config;
	struct sink **slot;
	int r = sink_parse(&config, word, err);

	if (r)
		return r;
	slot = vec_add(&o->sinks);
	if (!slot) {
		sink_config_deinit(&config);
		return error_errno(err, ENOMEM, "outputs");
	}
	r = sink_open(slot, &config, &o->poller, o->tell, o->tell_context, err);
	if (r) {
		o->sinks.len--;
		if (err)
			error_prefix(err, "output \"%.200s\"", word);
	}
	return r;
}

static int set_up(struct outputs *o, const struct outputs_config *config, struct error *err)
{
	struct metrics_source own = { fill, health, o };
	struct error trouble = ERROR_INIT;
	int r = poller_init(&o->poller, err);

	if (!r && config->store.path) {
		o->store_path = strdup(config->store.path);
		o->store_config = config->store;
		o->store_config.path = o->store_path;
		r = o->store_path ? open_store(o, &trouble) :
				    error_errno(&trouble, ENOMEM, "outputs");
		if (r && !is_passing(-r))
			return error_set(err, trouble.code, "%s", trouble.text);
		if (r)
			store_trouble(o, &trouble);
		r = 0;
	}
	for (size_t i = 0; !r && config->sinks && config->sinks[i]; i++)
		r = add_sink(o, config->sinks[i], err);
	if (!r && config->metrics)
		r = metrics_server_new(&o->server, config->metrics, &own, &o->poller, err);
	return r;
}

int outputs_new(struct outputs **ret, const struct outputs_config *config, struct error *err)
{
	struct outputs *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return error_errno(err, ENOMEM, "outputs");
	signal(SIGPIPE, SIG_IGN);
	o->poller = POLLER_INIT;
	o->source = config->source;
	o->tell = config->tell;
	o->tell_context = config->tell_context;
	r = set_up(o, config, err);
	if (r) {
		outputs_free(o);
		return r;
	}
	outputs_turn(o);
	*ret = o;
	return 0;
}

static bool can_send(const struct outputs *o)
{
	vec_foreach(s, &o->sinks)
		if (!(*s)->unwell && (*s)->counters[SINK_WAITING])
			return true;
	return false;
}

/* A receiver that is there gets the last words too. */
static void drain(struct outputs *o)
{
	int64_t end = poller_now() + LAST_NS;

	while (can_send(o) && poller_now() < end) {
		struct pollfd p = { .fd = o->poller.epoll, .events = POLLIN };

		poll(&p, 1, 20);
		outputs_turn(o);
	}
}

void outputs_free(struct outputs *o)
{
	if (!o)
		return;
	drain(o);
	vec_foreach(s, &o->sinks)
		sink_close(*s);
	vec_deinit(&o->sinks);
	metrics_server_free(o->server);
	store_close(o->store);
	free(o->store_path);
	poller_deinit(&o->poller);
	free(o);
}

int outputs_fd(const struct outputs *o)
{
	return o->poller.epoll;
}

/* When the next turn is wanted. */
static int64_t next_turn(const struct outputs *o)
{
	int64_t at = o->store_path ? o->store_at_ns : INT64_MAX;

	if (o->store_dirty)
		return 0;
	if (o->server && o->server_at_ns < at)
		at = o->server_at_ns;
	vec_foreach(s, &o->sinks)
		if ((*s)->wake_ns < at)
			at = (*s)->wake_ns;
	return at;
}

void outputs_turn(struct outputs *o)
{
	int64_t now = poller_now();

	poller_turn(&o->poller);
	turn_store(o, now);
	vec_foreach(s, &o->sinks)
		(*s)->ops->turn(*s, now);
	if (o->server)
		o->server_at_ns = metrics_server_turn(o->server, now);
	poller_wake_at(&o->poller, next_turn(o));
}

/* A policy names receivers in the alert itself. */
static bool is_for(const struct sink *s, const struct alert *a)
{
	const json_t *url;
	size_t i;

	if (!s->config.asked)
		return true;
	json_array_foreach (json_object_get(a->json, "webhooks"), i, url)
		if (json_string_value(url) && s->config.target &&
		    str_eq(json_string_value(url), s->config.target))
			return true;
	return false;
}

void outputs_take(struct outputs *o, const struct alert *a)
{
	int64_t suppression = o->store ? store_suppressed_by(o->store, a, clock_wall_ns()) : 0;
	cleanup_free char *line = NULL;

	store_alert(o, a, suppression);
	if (!suppression && a->kind != ALERT_ACTIVITY && o->sinks.len)
		line = utf8_json_text(a->json, JSON_COMPACT);
	vec_foreach(s, &o->sinks) {
		if (suppression || a->kind == ALERT_ACTIVITY || a->priority > (*s)->config.min ||
		    !is_for(*s, a))
			continue;
		(*s)->counters[SINK_TAKEN]++;
		if (line)
			(*s)->ops->take(*s, a, text_of(line));
		else
			(*s)->counters[SINK_DROPPED]++;
	}
	poller_wake_at(&o->poller, next_turn(o));
}

void outputs_take_json(struct outputs *o, json_t *document)
{
	cleanup_alert struct alert a = { .pid = -1 };
	struct error err = ERROR_INIT;

	if (!alert_of_json(&a, document, &err))
		outputs_take(o, &a);
	else if (!o->malformed++ && o->tell)
		o->tell(o->tell_context, err.text);
}

void outputs_reopen(struct outputs *o)
{
	vec_foreach(s, &o->sinks)
		if ((*s)->ops->reopen)
			(*s)->ops->reopen(*s);
	poller_wake_at(&o->poller, next_turn(o));
}

uint16_t outputs_metrics_port(const struct outputs *o)
{
	return o->server ? metrics_server_port(o->server) : 0;
}

const char *outputs_store_path(const struct outputs *o)
{
	return o->store_path;
}
