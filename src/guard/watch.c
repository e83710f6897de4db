/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/heap.h"
#include "base/str.h"
#include "base/utf8.h"
#include "guard/numbers.h"
#include "guard/program_hash.h"
#include "guard/resolver.h"
#include "sensor/deny.h"

enum { TURN_MS = 250, HOSTNAME_MAX = 256, LOSERS_MAX = 16, FLUSH_SIZE = 64 << 10 };
#define TELL_NS (1000000000LL) /* how often losses are looked at */
#define UNDER_WAY_NS \
	(100000000LL) /* what a program of ours may take, if its processor is taken from it */
#define NAMES_NS (3000000000LL) /* what it waits for names at the start */

struct watch {
	const struct watch_options *o;
	struct watch_stats *stats;
	struct engine *engine;
	struct live *live;
	struct outlet *out;
	struct program_hashes *hashes;
	struct responder *responder;
	struct resolver_client resolver;
	bool resolver_told;	      /* that it is gone */
	bool loaded;		      /* rules, before */
	struct type_set types;	      /* that are wanted */
	struct container_terms terms; /* that filters in force ask, or did */
	struct live_stats told;	      /* losses that were told already */
	uint64_t given_up;	      /* reads, told already */
	int64_t told_ns, given_up_ns; /* of clock_passed_ns() */
	int64_t offset_ns;	      /* from there to the time that events have */
	uint64_t denied_set;	      /* that it last learned of, or tried to */
	int64_t last_ns;	      /* when the last event was */
	int64_t from_ns,
		seen_ns; /* since when, and until when, everything was looked at; of clock_wall_ns() */
	int signals;
	char hostname[HOSTNAME_MAX];
};

/* --- what it says of itself --------------------------------------------------------------------------- */

static void say_started(struct watch *w, size_t rules)
{
	char text[128];

	snprintf(text, sizeof(text), "the guard watches with %zu rules", rules);
	engine_say(w->engine, ALERT_NOTE, ALERT_INFORMATIONAL, clock_wall_ns(), "merlon: started",
		   text, json_pack("{s:I}", "merlon.rules", (json_int_t)rules));
}

static void set_text(json_t *o, const char *name, struct text t)
{
	if (t.data)
		json_object_set_new(o, name, utf8_json(t));
}

/* What each has lost since the guard began. */
static int add_loser(const struct live_load *load, void *arg)
{
	const struct event_container *c = load->container;
	json_t *o;

	if (!load->lost.ring && !load->lost.budget && !load->lost.life)
		return 0;
	o = json_pack("{s:I, s:I, s:I, s:I}", "told", (json_int_t)load->told, "lost_to_full_ring",
		      (json_int_t)load->lost.ring, "lost_to_budget", (json_int_t)load->lost.budget,
		      "lives_lost", (json_int_t)load->lost.life);
	set_text(o, "container", c ? c->full_id.data ? c->full_id : c->id : TEXT_NONE);
	set_text(o, "name", c ? c->name : TEXT_NONE);
	set_text(o, "group", load->group);
	json_array_append_new(arg, o);
	return json_array_size(arg) >= LOSERS_MAX;
}

/*
 * Every loss becomes a document, at most one a second: what was not seen can't be proven harmless. True if that second
 * is over.
 */
static bool tell_losses(struct watch *w, int64_t passed)
{
	struct live_stats *s = &w->stats->live;
	uint64_t dropped, malformed;
	json_t *losers;
	char text[256];

	if (passed - w->told_ns < TELL_NS)
		return false;
	w->told_ns = passed;
	if (live_statistics(w->live, s))
		return true;
	dropped = s->dropped - w->told.dropped;
	malformed = s->malformed - w->told.malformed;
	if (!dropped && !malformed)
		return true;
	losers = json_array();
	live_loads(w->live, add_loser, losers);
	snprintf(text, sizeof(text),
		 "%s events were lost (%s to a full ring, %s of containers beyond their budget): what happened "
		 "meanwhile was not seen whole",
		 str_grouped(dropped + malformed), str_grouped(s->lost.ring - w->told.lost.ring),
		 str_grouped(s->lost.budget - w->told.lost.budget));
	w->told = *s;
	engine_say(w->engine, ALERT_LOSS, ALERT_CRITICAL, clock_wall_ns(), "merlon: events lost",
		   text,
		   json_pack("{s:I, s:I, s:o}", "merlon.dropped", (json_int_t)dropped,
			     "merlon.malformed", (json_int_t)malformed, "merlon.by_container",
			     losers));
	return true;
}

/* --- rules ------------------------------------------------------------------------------------------- */

/* What comes before an alert is told with it: what was run always is. */
static void want_execs(struct type_set *types)
{
	static const char *const names[] = { "execve", "execveat" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		type_set_add(types, event_type_index(event_type_find(text_of(names[i]))));
}

/* What it can't have filtered it is told: that is dear, but nothing is missing. */
static void load_filters(struct watch *w, struct rulebook *book)
{
	struct filter_set_stats *s = &w->stats->filters;
	struct error err = ERROR_INIT;
	char text[sizeof(err.text) + 64];
	int r;

	if (!w->o->loader)
		return;
	/* Until a container has answered, all that depends on it is told. */
	if (container_terms_number(&w->terms, book->set))
		container_terms_forget(&w->terms);
	live_ask_of_containers(w->live, &w->terms);
	r = filter_set_load(w->o->loader, book, &w->types,
			    &(struct filter_set_options){
				    .filtered = !w->o->unfiltered,
				    .paths_by_name = !live_tells_paths(w->live),
				    .terms = &w->terms },
			    s, &err);
	if (r == -ENOTSUP) {
		snprintf(text, sizeof(text), "rules that ask for them are silent: %s", err.text);
		engine_say(w->engine, ALERT_NOTE, ALERT_WARNING, clock_wall_ns(),
			   "merlon: not told by this kernel", text, NULL);
		r = 0; /* all else is done */
	}
	if (!r && !s->refused)
		return;
	snprintf(text, sizeof(text), "%zu filters were not loaded: %s", r ? s->calls : s->refused,
		 r ? err.text : s->why.text);
	engine_say(w->engine, ALERT_NOTE, ALERT_WARNING, clock_wall_ns(), "merlon: not filtered",
		   text, NULL);
}

/* The rules stay as they were: so is what they want, and until the next load all of it is told. */
static void want_again(struct watch *w, const struct type_set *types)
{
	struct error ignored = ERROR_INIT;

	w->types = *types;
	live_want(w->live, types, &ignored);
	container_terms_forget(&w->terms); /* the rules that they are of go */
	if (w->o->loader)
		(void)filter_set_load(w->o->loader, NULL, types, &(struct filter_set_options){ 0 },
				      &w->stats->filters, &ignored);
}

/* A reload waits for no answer: until there is one, no rule fits by a name that is new. */
static int want_names(struct watch *w, const struct rulebook *book)
{
	char text[128];
	size_t left;
	int r = domain_table_want(w->resolver.table, book->domains.items, book->domains.len, &left);

	if (left) {
		snprintf(text, sizeof(text),
			 "%zu names of addresses in rules are none, or too many", left);
		engine_say(w->engine, ALERT_NOTE, ALERT_WARNING, clock_wall_ns(),
			   "merlon: names not looked up", text, NULL);
	}
	if (!r && !w->loaded)
		resolver_client_wait(&w->resolver, NAMES_NS);
	return r;
}

static int load_rules(struct watch *w, struct error *err)
{
	cleanup_rulebook struct rulebook book = { 0 };
	const struct type_set before = w->types;
	size_t rules;
	int r = rulebook_load(&book, &w->o->rules, err);

	if (r) {
		if (w->o->bad_rules)
			w->o->bad_rules(&book, err, w->o->arg);
		return r;
	}
	/* Before anything is changed for the new rules: a policy may have errors too. */
	r = responder_load(w->responder, w->o->policies, w->o->policy_count, err);
	if (r)
		return r;
	r = want_names(w, &book);
	if (r)
		return error_errno(err, -r, "names in rules");
	rules = book.enabled;
	want_execs(&book.types);
	w->types = book.types;
	/* First what the new rules want, then they: no event of theirs is missing. */
	r = w->live ? live_want(w->live, &w->types, err) : 0;
	if (!r && w->live)
		load_filters(w, &book);
	if (!r)
		r = engine_set_rules(w->engine, &book, clock_wall_ns());
	if (r && w->live)
		want_again(w, &before);
	if (r)
		return err->code ? r : error_errno(err, -r, "rules");
	w->stats->rules = rules;
	w->loaded = true;
	return 0;
}

static void reload_rules(struct watch *w)
{
	struct error err = ERROR_INIT;
	char text[sizeof(err.text) + 64];
	bool bad = load_rules(w, &err);

	heap_trim();
	if (bad) {
		w->stats->failed_reloads++;
		snprintf(text, sizeof(text), "the rules stay as they were: %s", err.text);
	} else {
		w->stats->reloads++;
		snprintf(text, sizeof(text), "%zu rules are in force", w->stats->rules);
	}
	engine_say(w->engine, ALERT_NOTE, bad ? ALERT_ERROR : ALERT_NOTICE, clock_wall_ns(),
		   bad ? "merlon: rules not reloaded" : "merlon: rules reloaded", text, NULL);
}

/* --- the loop ----------------------------------------------------------------------------------------- */

/* Rules that were put in force at decision points since: before the first of their verdicts is told. */
static void learn_denied(struct watch *w, const struct event_denial *d)
{
	if (d->set <= engine_denied_set(w->engine) || d->set <= w->denied_set)
		return;
	w->denied_set = d->set;
	reload_rules(w);
}

static int on_event(const struct event *ev, void *arg)
{
	struct watch *w = arg;

	if (ev->denial)
		learn_denied(w, ev->denial);
	engine_take(w->engine, ev);
	w->last_ns = ev->time_ns;
	return 0;
}

static int open_signals(struct watch *w, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	w->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return w->signals < 0 ? error_errno(err, errno, "signalfd") : 0;
}

/* True: it is to end. */
static bool take_signals(struct watch *w)
{
	struct signalfd_siginfo info;
	bool end = false;

	while (read(w->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload_rules(w);
		else
			end = true;
	}
	return end;
}

static void on_match(const struct rule_match *m, const struct event *ev, json_t *alert,
		     struct scratch *s, void *arg)
{
	struct watch *w = arg;

	responder_take(w->responder, m->rule, ev, alert, s);
}

/* As process_cmdline() has it. */
static struct text line_of(const struct abi_ran *ran, char out[ABI_EVENT_COMM + ABI_RAN_ARGS])
{
	uint32_t len = (uint32_t)strnlen(ran->comm, sizeof(ran->comm)),
		 left = ran->len < ABI_RAN_ARGS ? ran->len : ABI_RAN_ARGS,
		 own = (uint32_t)strnlen(ran->args, left);

	memcpy(out, ran->comm, len);
	for (uint32_t i = own; i + 1 < left; i++)
		out[len++] = ran->args[i] ? ran->args[i] : ' ';
	return text_from(out, len);
}

static void before_alert(struct activity_log *log, const struct event *ev, bool grave, void *arg)
{
	struct watch *w = arg;
	struct abi_ran ran[ABI_RAN_LINES];
	size_t n = live_ran(w->live, grave ? ACTIVITY_AFTER_NS : 0, ran);

	for (size_t i = 0; i < n; i++) {
		char line[ABI_EVENT_COMM + ABI_RAN_ARGS];

		activity_log_insert(log, ev, (int64_t)ran[i].time_ns + w->offset_ns, ran[i].tgid,
				    text_from(ran[i].comm,
					      strnlen(ran[i].comm, sizeof(ran[i].comm))),
				    line_of(&ran[i], line));
	}
}

static bool on_hash(const struct process *p, char out[SHA256_TEXT_SIZE], void *arg)
{
	struct watch *w = arg;

	return program_hash(w->hashes, reader_client_facts(w->o->reader), p, out);
}

static void on_document(json_t *document, void *arg)
{
	struct watch *w = arg;

	outlet_put(w->out, document);
	/* In a flood of alerts the outputs have something to do before the turn is over. An error is seen at its end. */
	if (w->out->queue.len - w->out->sent > FLUSH_SIZE)
		(void)outlet_flush(w->out, false);
}

/* What the outputs had no room for was counted only: they may have room to be told that much now. */
static void tell_refused(struct watch *w)
{
	uint64_t refused = w->out->refused - w->stats->refused;
	char text[128];

	if (!refused || outlet_has_more(w->out))
		return;
	w->stats->refused = w->out->refused;
	snprintf(text, sizeof(text), "%s alerts were lost: the outputs took too long",
		 str_grouped(refused));
	engine_say(w->engine, ALERT_LOSS, ALERT_CRITICAL, clock_wall_ns(), "merlon: alerts lost",
		   text, json_pack("{s:I}", "merlon.refused", (json_int_t)refused));
}

/* Who is behind it: whoever lets its files and its memory not answer has a reason. */
static json_t *given_up_details(const struct watch *w, const struct reader_given_up *last,
				uint64_t count)
{
	const struct event_container *c = last->pid ? live_container_of(w->live, last->pid) : NULL;
	json_t *o = json_pack("{s:I, s:s}", "merlon.given_up", (json_int_t)count, "merlon.what",
			      reader_ask_names[last->ask]);

	if (last->pid)
		json_object_set_new(o, "proc.pid", json_integer(last->pid));
	if (*last->path)
		json_object_set_new(o, "merlon.path", utf8_json(text_of(last->path)));
	set_text(o, "container.id", c ? c->id : TEXT_NONE);
	set_text(o, "container.name", c ? c->name : TEXT_NONE);
	return o;
}

/* Names that lead nowhere, and if nobody looks them up any longer. */
static void tell_names(struct watch *w)
{
	struct buf names = BUF_INIT;
	const char *name;

	while ((name = domain_table_unknown(w->resolver.table)))
		buf_addf(&names, "%s%s", names.len ? ", " : "", name);
	if (names.len && !names.failed) {
		buf_add_str(&names,
			    " lead to no address here: rules that compare with them are silent");
		engine_say(w->engine, ALERT_NOTE, ALERT_NOTICE, clock_wall_ns(),
			   "merlon: names without address", names.data, NULL);
	}
	buf_deinit(&names);
	if (!w->resolver.ended || w->resolver_told)
		return;
	w->resolver_told = true;
	engine_say(w->engine, ALERT_NOTE, ALERT_WARNING, clock_wall_ns(),
		   "merlon: names not looked up",
		   "who looks up names of addresses has ended: they stay as they are", NULL);
}

/* What was not read in time, at most one document a second. */
static void tell_given_up(struct watch *w, int64_t passed)
{
	struct reader_given_up last;
	uint64_t count = 0;
	char text[512], who[300] = "";

	if (passed - w->given_up_ns < TELL_NS)
		return;
	w->given_up_ns = passed;
	reader_client_numbers(w->o->reader, &w->stats->reads, &last);
	for (int i = 0; i < READER_ASKS; i++)
		count += w->stats->reads.given_up[i];
	if (count == w->given_up)
		return;
	if (last.pid)
		snprintf(who, sizeof(who), " of process %u", last.pid);
	else if (*last.path)
		snprintf(who, sizeof(who), " of %s", last.path);
	snprintf(
		text, sizeof(text),
		"%s reads did not answer and were given up, among them of the %s%s: less is known of it",
		str_grouped(count - w->given_up), reader_ask_names[last.ask], who);
	engine_say(w->engine, ALERT_LOSS, ALERT_WARNING, clock_wall_ns(), "merlon: reads given up",
		   text, given_up_details(w, &last, count - w->given_up));
	w->given_up = count;
}

/* What happened to who says where rules deny what, and to what it holds. */
static void tell_keeper(struct watch *w)
{
	static const struct {
		size_t at;
		enum alert_priority priority;
		const char *rule, *text;
	} told[] = {
		{ offsetof(struct keeper_numbers, ended), ALERT_ERROR, "merlon: keeper ended",
		  "who tells the kernel whose containers are has ended, and is started again: of those that began meanwhile "
		  "only what applies to all was denied" },
		{ offsetof(struct keeper_numbers, late), ALERT_WARNING,
		  "merlon: containers known late",
		  "more containers began at once than can be looked at: of some only what applies to all was denied for a while" },
		{ offsetof(struct keeper_numbers, pins), ALERT_CRITICAL, "merlon: pins removed",
		  "what keeps denial in force was removed from " SENSOR_DENY_DIR
		  ", and is there again: nothing ended by that" },
		{ offsetof(struct keeper_numbers, strays), ALERT_CRITICAL,
		  "merlon: control group left",
		  "processes of a container were put into control groups that are none of its own: what they and their children do "
		  "is denied as it is in the container" },
		{ offsetof(struct keeper_numbers, lost), ALERT_CRITICAL, "merlon: pins lost",
		  "what keeps denial in force was removed from " SENSOR_DENY_DIR
		  ", or replaced there, while no guard ran: not all of it was in force, until now" },
		{ offsetof(struct keeper_numbers, not_back), ALERT_CRITICAL, "merlon: denial lost",
		  "what keeps denial in force was removed from " SENSOR_DENY_DIR
		  ", or replaced there, while no guard ran, and can't be put in force anew: merlon deny on does it" },
	};
	const struct keeper_numbers *now = w->o->keeper;
	struct keeper_numbers *before = &w->stats->keeper;

	for (size_t i = 0; now && i < ARRAY_SIZE(told); i++) {
		uint32_t *was = (void *)((char *)before + told[i].at);
		uint32_t is = __atomic_load_n((const uint32_t *)((const char *)now + told[i].at),
					      __ATOMIC_RELAXED);

		if (is != *was)
			engine_say(w->engine, ALERT_NOTE, told[i].priority, clock_wall_ns(),
				   told[i].rule, told[i].text,
				   json_pack("{s:I}", "merlon.count", (json_int_t)(is - *was)));
		*was = is;
	}
}

/* What is behind them in the pipe was seen before seen_ns. Who watches some only says nothing of the machine. */
static void put_numbers(struct watch *w, bool ended)
{
	const struct live_options *look = w->o->look;
	json_t *numbers;

	engine_statistics(w->engine, &w->stats->engine);
	responder_statistics(w->responder, &w->stats->responses);
	numbers = numbers_json(w->live, w->stats);
	if (!numbers)
		return;
	if (look->all_containers || (!look->container_count && !look->command))
		json_object_set_new(numbers, "watched",
				    json_pack("{s:I, s:I, s:b}", "from", (json_int_t)w->from_ns,
					      "until", (json_int_t)w->seen_ns, "ended", ended));
	outlet_put(w->out, numbers);
}

/* Once losses were told, which name groups that have ended as well; left out while the outputs don't keep up. */
static void tell_numbers(struct watch *w)
{
	tell_keeper(w);
	if (!outlet_has_more(w->out))
		put_numbers(w, false);
	live_forget_ended(w->live);
}

static int turn(struct watch *w, bool over)
{
	int64_t passed = clock_passed_ns(), now = clock_wall_ns();
	int r = over ? live_drain_all(w->live, on_event, w) : live_drain(w->live, on_event, w);
	bool looked;

	/* In a flood there is more, but nothing from before what was looked at last. */
	if (r >= 0)
		w->seen_ns = (r ? w->last_ns : now) - UNDER_WAY_NS;
	looked = tell_losses(w, passed);
	tell_given_up(w, passed);
	responder_turn(w->responder, over);
	resolver_client_turn(&w->resolver, passed);
	tell_names(w);
	engine_turn(w->engine, passed + w->offset_ns, over);
	if (r < 0)
		return r;
	/* Numbers come when there is room: not when there is no alert, which some machines never have. */
	r = outlet_flush(w->out, false);
	tell_refused(w);
	if (looked)
		tell_numbers(w);
	r = r ? r : outlet_flush(w->out, false);
	return r == -EPIPE ? 0 : r;
}

static int follow(struct watch *w, struct error *err)
{
	int64_t end = w->o->duration_ns ? clock_passed_ns() + (int64_t)w->o->duration_ns :
					  INT64_MAX;
	bool over = false;
	int r = 0;

	while (!over && r >= 0) {
		struct pollfd fds[] = {
			{ .fd = live_fd(w->live), .events = POLLIN },
			{ .fd = w->signals, .events = POLLIN },
			{ .fd = outlet_has_more(w->out) ? w->out->fd : -1, .events = POLLOUT },
			{ .fd = responder_fd(w->responder), .events = POLLIN },
			{ .fd = w->resolver.socket, .events = POLLIN },
		};

		if (poll(fds, ARRAY_SIZE(fds), TURN_MS) < 0 && errno != EINTR)
			return error_errno(err, errno, "poll");
		/* Looked at before the last records are taken, so that none is left behind. */
		over = take_signals(w) || clock_passed_ns() >= end;
		r = turn(w, over);
		if (w->o->beats)
			__atomic_add_fetch(w->o->beats, 1, __ATOMIC_RELAXED);
	}
	return r < 0 ? error_errno(err, -r, "events") : 0;
}

static int run(struct watch *w, struct error *err)
{
	int r;

	fs_use_agent(reader_client_agent(w->o->reader));
	live_read_by(w->live, reader_client_facts(w->o->reader));
	live_know(w->live, w->resolver.table);
	r = live_look(w->live, w->o->look, err);
	r = r ? r : load_rules(w, err);
	heap_trim();
	if (!r)
		r = open_signals(w, err);
	if (r)
		return r;
	w->from_ns = w->seen_ns = clock_wall_ns();
	say_started(w, w->stats->rules);
	put_numbers(w, false);
	w->o->ready(w->stats->rules, w->o->arg);
	r = follow(w, err);
	w->told_ns = w->given_up_ns = 0;
	(void)tell_losses(w, clock_passed_ns());
	tell_given_up(w, clock_passed_ns());
	engine_say(w->engine, ALERT_NOTE, ALERT_INFORMATIONAL, clock_wall_ns(), "merlon: stopped",
		   "the guard has stopped", NULL);
	put_numbers(w, r >= 0);
	/* If they are gone, that was said by who started them. */
	(void)outlet_flush(w->out, true);
	return r;
}

int watch_run(struct live *live, struct outlet *out, const struct watch_options *o,
	      struct watch_stats *stats, struct error *err)
{
	struct watch w = { .o = o,
			   .stats = stats,
			   .live = live,
			   .out = out,
			   .signals = -1,
			   .offset_ns = clock_boot_offset_ns() };
	struct engine_options eo = { .burst = o->burst,
				     .interval_ns = o->interval_ns,
				     .unmasked = o->unmasked,
				     .fn = on_document,
				     .matched = on_match,
				     .hash = on_hash,
				     .before = live ? before_alert : NULL,
				     .arg = &w };
	int r;

	*stats = (struct watch_stats){ 0 };
	gethostname(w.hostname, sizeof(w.hostname) - 1);
	eo.hostname = text_of(w.hostname);
	r = resolver_client_init(&w.resolver, o->resolver);
	if (!r)
		r = program_hashes_new(&w.hashes);
	if (!r)
		r = engine_new(&w.engine, &eo);
	if (!r)
		r = responder_new(&w.responder, o->hand, eo.hostname, on_document, &w);
	if (r)
		return error_errno(err, -r, "the guard");
	r = run(&w, err);
	responder_statistics(w.responder, &stats->responses);
	responder_free(w.responder);
	engine_statistics(w.engine, &stats->engine);
	stats->refused = out->refused;
	engine_free(w.engine);
	program_hashes_free(w.hashes);
	resolver_client_deinit(&w.resolver);
	if (live)
		live_ask_of_containers(live, NULL);
	container_terms_deinit(&w.terms);
	if (w.signals >= 0)
		close(w.signals);
	return r;
}
