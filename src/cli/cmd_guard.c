/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/vec.h"
#include "cli/commands.h"
#include "cli/guard_outputs.h"
#include "cli/rules_load.h"
#include "guard/deny.h"
#include "guard/guard.h"
#include "respond/ledger.h"
#include "respond/policy.h"
#include "version.h"

static const struct option_def options[] = {
	{ "rules", 'r', "FILE|DIR",
	  "rules, or directories of them, instead of those that are shipped", true, COMPLETE_FILE,
	  NULL },
	{ "disable", 0, "PATTERN", "leave out rules with such names (a shell pattern)", true,
	  COMPLETE_NONE, NULL },
	{ "matching", 0, "all|first",
	  "tell of all rules that fit an event (the default), or of the first in the order of the files",
	  false, COMPLETE_WORDS, "all first" },
	{ "policy", 0, "FILE|DIR",
	  "what to do about alerts: policies, or directories of them (docs/policy.md)", true,
	  COMPLETE_FILE, NULL },
	{ "confirm-within", 0, "TIME",
	  "undo what a new policy did, and let it only say what it would do, unless merlon policy confirm comes in time",
	  false, COMPLETE_NONE, NULL },
	{ "responses", 0, "DIR", "where responses are noted, instead of in " LEDGER_PATH, false,
	  COMPLETE_DIR, NULL },
	{ "container", 'c', "ID|NAME", "watch only this running container", true, COMPLETE_NONE,
	  NULL },
	{ "host", 0, NULL, "watch all processes, not only those of containers", false,
	  COMPLETE_NONE, NULL },
	{ "priority", 'p', "NAME", "show alerts from this priority on (default: Debug)", false,
	  COMPLETE_WORDS, "emergency alert critical error warning notice informational debug" },
	{ "json", 0, NULL, "alerts as JSON lines (docs/alert-format.md)", false, COMPLETE_NONE,
	  NULL },
	{ "output", 'o', "OUTPUT",
	  "where alerts go too, or instead of to the terminal: see merlon-alerts-forward(1)", true,
	  COMPLETE_NONE, NULL },
	{ "store", 0, "FILE", "where alerts are kept, instead of in " STORE_PATH, false,
	  COMPLETE_FILE, NULL },
	{ "keep", 0, "TIME", "how long alerts are kept; 0: until there is no room (default: 90d)",
	  false, COMPLETE_NONE, NULL },
	{ "keep-size", 0, "MIB",
	  "how large the store may get: then the oldest alerts go; 0: any (default: 1024)", false,
	  COMPLETE_NONE, NULL },
	{ "no-store", 0, NULL, "keep no alerts", false, COMPLETE_NONE, NULL },
	{ "metrics", 0, "ADDRESS",
	  "answer /metrics and /healthz there: PORT of 127.0.0.1, or ADDRESS:PORT", false,
	  COMPLETE_NONE, NULL },
	{ "status", 0, "FILE",
	  "where the last numbers are, for merlon top, instead of in " GUARD_STATUS_PATH, false,
	  COMPLETE_FILE, NULL },
	{ "user", 0, "NAME",
	  "as whom to write alerts (default: merlon if there is such a user, else 65530)", false,
	  COMPLETE_NONE, NULL },
	{ "burst", 0, "N",
	  "alerts of one rule in one container at once, then one a second; 0: all (default: 20)",
	  false, COMPLETE_NONE, NULL },
	{ "budget", 0, "MIB",
	  "what one container may tell a second, beyond which it loses events and nobody else does; 0: any "
	  "(default: 10)",
	  false, COMPLETE_NONE, NULL },
	{ "unfiltered", 0, NULL,
	  "have the kernel tell all that is of a kind which rules want, to compare: it costs much, and finds nothing more",
	  false, COMPLETE_NONE, NULL },
	{ "no-mask", 0, NULL,
	  "tell passwords, keys and tokens in command lines and environments as they are", false,
	  COMPLETE_NONE, NULL },
	{ "duration", 'd', "TIME", "end after this time (90s, 10m, 1h30m)", false, COMPLETE_NONE,
	  NULL },
	{ "buffer", 0, "MIB",
	  "room in the kernel for what was not looked at yet: a power of two, by default 8", false,
	  COMPLETE_NONE, NULL },
};

enum {
	BUFFER_MAX_MIB = 1024,
	BURST_DEFAULT = 20,
	BURST_MAX = 1000000,
	KEEP_MIB = 1024,
	KEEP_MIB_MAX = 1 << 20
};
#define KEEP_NS (90 * 86400ULL * 1000000000)

/* --- what comes out ----------------------------------------------------------------------------------- */

static void ready(size_t rules, void *arg)
{
	fprintf(stderr, "guarding with %zu rules\n", rules);
}

static void bad_rules(const struct rulebook *book, const struct error *err, void *arg)
{
	const struct rules_loaded loaded = { .diags = book->diags, .set = book->set };

	if (book->set)
		rules_show_diags(&loaded, false, stderr);
}

/* --- options ------------------------------------------------------------------------------------------ */

typedef VEC(char *) words;

static int take_words(const struct arguments *args, const char *option, words *ret,
		      struct error *err)
{
	const char *value;

	for (size_t i = 0; (value = arg_value_at(args, option, i)); i++) {
		char **slot = vec_add(ret);

		if (!slot)
			return error_errno(err, ENOMEM, "arguments");
		*slot = (char *)(uintptr_t)value;
	}
	return 0;
}

static int read_numbers(const struct arguments *args, struct guard_options *o, struct error *err)
{
	const char *confirm = arg_value(args, "confirm-within");
	const char *duration = arg_value(args, "duration"), *mib = arg_value(args, "buffer");
	const char *budget = arg_value(args, "budget"), *burst = arg_value(args, "burst"),
		   *matching = arg_value(args, "matching");
	uint64_t n = 0;

	if (confirm && (!str_to_duration(confirm, &o->confirm_ns) || !o->confirm_ns))
		return error_set(err, USAGE_ERROR, "\"%s\" is not a duration (90s, 10m, 1h30m)",
				 confirm);
	if (duration &&
	    (!str_to_duration(duration, &o->watch.duration_ns) || !o->watch.duration_ns))
		return error_set(err, USAGE_ERROR, "\"%s\" is not a duration (90s, 10m, 1h30m)",
				 duration);
	if (mib && (!str_to_u64(mib, &n) || !n || n > BUFFER_MAX_MIB || n & (n - 1)))
		return error_set(err, USAGE_ERROR,
				 "--buffer is a power of two up to %d, not \"%s\"", BUFFER_MAX_MIB,
				 mib);
	o->live.ring_size = (uint32_t)n << 20;
	n = 0;
	if (budget && (!str_to_u64(budget, &n) || n > BUFFER_MAX_MIB))
		return error_set(err, USAGE_ERROR, "--budget is a number up to %d, not \"%s\"",
				 BUFFER_MAX_MIB, budget);
	o->live.budget = budget && !n ? LIVE_UNLIMITED : n << 20;
	n = BURST_DEFAULT;
	if (burst && (!str_to_u64(burst, &n) || n > BURST_MAX))
		return error_set(err, USAGE_ERROR, "--burst is a number up to %d, not \"%s\"",
				 BURST_MAX, burst);
	o->watch.burst = (uint32_t)n;
	o->watch.interval_ns = 1000000000;
	o->watch.unmasked = arg_flag(args, "no-mask");
	o->watch.unfiltered = arg_flag(args, "unfiltered");
	if (matching && strcmp(matching, "all") != 0 && strcmp(matching, "first") != 0)
		return error_set(err, USAGE_ERROR, "--matching is \"all\" or \"first\", not \"%s\"",
				 matching);
	o->watch.rules.matching = matching && *matching == 'f' ? MATCHING_FIRST : MATCHING_ALL;
	return 0;
}

static int report(const struct watch_stats *s)
{
	uint64_t lost = s->live.dropped + s->live.malformed + s->refused;

	fprintf(stderr,
		"%s calls looked at in the kernel, %s events told, %s alerts, %s held back, %s events lost\n",
		str_grouped(s->live.looked_at), str_grouped(s->engine.events),
		str_grouped(s->engine.alerts), str_grouped(s->engine.held), str_grouped(lost));
	return lost || s->outputs_lost ? EXIT_NEGATIVE : EXIT_OK;
}

/* Before anything is started: a word that is wrong is the command line's fault. */
static int check_sinks(const words *sinks, struct error *err)
{
	vec_foreach(word, sinks) {
		struct sink_config c;

		if (sink_parse(&c, *word, err)) {
			err->code = USAGE_ERROR;
			return -USAGE_ERROR;
		}
		sink_config_deinit(&c);
	}
	return 0;
}

/* The terminal, unless others are named, and those. */
static int take_sinks(const struct arguments *args, words *ret, struct error *err)
{
	static char terminal[32];
	const char *least = arg_value(args, "priority");
	enum alert_priority p = ALERT_DEBUG;
	char **slot;
	int r;

	if (least && alert_priority_find(least, &p))
		return error_set(err, USAGE_ERROR, "\"%s\" is no priority (%s ... %s)", least,
				 alert_priorities[0], alert_priorities[ALERT_PRIORITIES - 1]);
	r = take_words(args, "output", ret, err);
	r = r ? r : check_sinks(ret, err);
	if (!r && (!ret->len || arg_flag(args, "json") || least)) {
		snprintf(terminal, sizeof(terminal), "%s,min=%s",
			 arg_flag(args, "json") ? "json" : "text", alert_priorities[p]);
		slot = vec_add(ret);
		if (slot)
			*slot = terminal;
	}
	slot = r ? NULL : vec_add(ret);
	if (slot)
		*slot = NULL;
	return r || slot ? r : error_errno(err, ENOMEM, "arguments");
}

/* Receivers that policies name are outputs for what is sent to them. Errors in policies are shown here, once. */
static int take_webhooks(const struct guard_options *o, words *sinks, string_list *ret,
			 struct error *err)
{
	struct diags diags = { 0 };
	cleanup_response_policy struct response_policy *p = response_policy_new(&diags);
	cleanup_string_list string_list urls = { 0 };
	int r = p ? 0 : error_errno(err, ENOMEM, "policies");

	for (size_t i = 0; !r && i < o->watch.policy_count; i++)
		r = response_policy_add_path(p, o->watch.policies[i], err);
	vec_foreach(d, &diags.items)
		diag_show(d, ruleset_content(p->base, d->place.file), stderr);
	if (!r && diags.errors)
		r = error_set(err, EINVAL, "there are errors in the policies");
	if (!r && response_policy_urls(p, &urls))
		r = error_errno(err, ENOMEM, "policies");
	vec_foreach(url, &urls) {
		cleanup_free char *word = str_format("webhook:%s,take=asked", *url);
		char **slot;

		if (r)
			break;
		slot = word && string_list_add(ret, word) ? vec_add(sinks) : NULL;
		if (!slot)
			r = error_errno(err, ENOMEM, "policies");
		else
			*slot = ret->items[ret->len - 1];
	}
	diags_deinit(&diags);
	return r;
}

static int read_keep(const struct arguments *args, struct guard_sinks *s, struct error *err)
{
	const char *keep = arg_value(args, "keep"), *size = arg_value(args, "keep-size");
	uint64_t ns = KEEP_NS, mib = KEEP_MIB;

	if (keep && (!str_to_duration(keep, &ns) || ns > INT64_MAX))
		return error_set(err, USAGE_ERROR, "\"%s\" is not a duration (36h, 90d)", keep);
	if (size && (!str_to_u64(size, &mib) || mib > KEEP_MIB_MAX))
		return error_set(err, USAGE_ERROR, "--keep-size is a number up to %d, not \"%s\"",
				 KEEP_MIB_MAX, size);
	s->keep_ns = (int64_t)ns;
	s->keep_bytes = mib << 20;
	return 0;
}

static int guard(const struct arguments *args, struct guard_options *o, struct error *err)
{
	const char *store = arg_value(args, "store"), *status = arg_value(args, "status");
	struct guard_sinks s = { .store = arg_flag(args, "no-store") ? NULL :
					  store			     ? store :
								       STORE_PATH,
				 .metrics = arg_value(args, "metrics"),
				 .status = status ? status : GUARD_STATUS_PATH,
				 .user = arg_value(args, "user"),
				 .seen = LAST_SEEN_INIT };
	struct watch_stats stats;
	cleanup_string_list string_list webhooks = { 0 };
	words sinks = { 0 };
	int r = read_keep(args, &s, err);

	r = r ? r : take_sinks(args, &sinks, err);
	if (!r && o->watch.policy_count) {
		sinks.len--; /* without its end */
		r = take_webhooks(o, &sinks, &webhooks, err);
		r = r ? r : check_sinks(&sinks, err);
		if (!r && !vec_add(&sinks))
			r = error_errno(err, ENOMEM, "arguments");
	}
	if (!r) {
		s.sinks = (const char *const *)sinks.items;
		guard_sinks_connect(&s, &o->outputs);
		o->user = s.user;
		o->watch.ready = ready;
		o->watch.bad_rules = bad_rules;
		r = guard_run(o, &stats, err);
	}
	vec_deinit(&sinks);
	return r ? r : report(&stats);
}

static int add_path(words *to, char *path, struct error *err)
{
	char **slot = vec_add(to);

	if (!slot)
		return error_errno(err, ENOMEM, "arguments");
	*slot = path;
	return 0;
}

static int run(const struct arguments *args, struct error *err)
{
	static char shipped_rules[] = MERLON_DATA "/rules";
	static char *const shipped[] = { shipped_rules };
	words containers = { 0 }, rules = { 0 }, disabled = { 0 }, policies = { 0 };
	struct guard_options o = { 0 };
	size_t operands;
	char **command = arg_operands(args, &operands);
	int r = read_numbers(args, &o, err);

	if (!r)
		r = take_words(args, "container", &containers, err);
	if (!r)
		r = take_words(args, "rules", &rules, err);
	if (!r)
		r = take_words(args, "disable", &disabled, err);
	if (!r)
		r = take_words(args, "policy", &policies, err);
	if (!r && (operands > 0) + (containers.len > 0) + arg_flag(args, "host") > 1)
		r = error_set(err, USAGE_ERROR, "give either containers, --host or a command");
	if (!r && !rules.len && access(shipped[0], R_OK))
		r = error_set(err, ENOENT,
			      "the shipped rules are not installed (%s): name others with --rules",
			      shipped[0]);
	if (!r && !rules.len)
		r = add_path(&rules, shipped[0], err);
	if (!r) {
		o.watch.rules.paths = rules.items;
		o.watch.rules.path_count = rules.len;
		o.watch.rules.disabled = disabled.items;
		o.watch.rules.disabled_count = disabled.len;
		/* Whatever rules are named: what is denied is told. */
		o.watch.rules.denied = DENY_RULES_DIR;
		o.watch.policies = policies.items;
		o.watch.policy_count = policies.len;
		o.ledger = arg_value(args, "responses");
		o.live.containers = containers.items;
		o.live.container_count = containers.len;
		o.live.command = operands ? command : NULL;
		o.live.all_containers = !operands && !containers.len && !arg_flag(args, "host");
		r = guard(args, &o, err);
	}
	vec_deinit(&containers);
	vec_deinit(&rules);
	vec_deinit(&disabled);
	vec_deinit(&policies);
	return r;
}

const struct command cmd_guard = {
	.name = "guard",
	.summary = "see what containers do, and tell of what is malicious",
	.operands = "[-- COMMAND [ARGUMENT]...]",
	.description =
		"Watches all containers of this machine from their birth, whoever starts them, and evaluates "
		"rules over what they do: execs, files, connections, mounts and whatever else the rules ask "
		"for. What fits a rule is an alert: who did it, what was done, why it is told, what to do "
		"next.\n\n"
		"Rules are those that are shipped (docs/content.md), or files in the same language, which is "
		"that of Falco and more (docs/rules.md). SIGHUP loads them anew; if they have errors, those "
		"in force stay.\n\n"
		"A command runs in a control group of its own and only it is watched. Ends with Ctrl-C, with "
		"the command, or after the time given. What the kernel could not hand over in time is an "
		"alert of its own, and the exit code is 1 then.",
	.examples = "  merlon guard                    # all containers, until Ctrl-C\n"
		    "  merlon guard --json -c web      # one of them, for a program to read\n"
		    "  merlon guard -r rules/ -- sh    # try rules on a command\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.command_follows = true,
};
