/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/cmd_deny.h"
#include "cli/commands.h"
#include "cli/deny_profiles.h"
#include "cli/print_json.h"
#include "cli/rules_load.h"
#include "guard/deny.h"
#include "guard/deny_confirm.h"
#include "guard/deny_memory.h"
#include "guard/deny_risk.h"
#include "version.h"

static const char *const modes[] = { [ABI_DENY_DEFAULT] = "default",
				     [ABI_DENY_OBSERVE] = "observe",
				     [ABI_DENY_DRY_RUN] = "dry-run",
				     [ABI_DENY_ENFORCE] = "enforce" };

enum { SET_FILE_MAX = 16 << 20 };

static int need_root(struct error *err)
{
	return geteuid() ? error_set(err, EPERM, "this needs root") : 0;
}

/* --- on ---------------------------------------------------------------------------------------------- */

static const struct option_def on_options[] = {
	{ "policy", 0, "FILE|DIR",
	  "which rules are denied in which containers, and in which of them that is a dry run: policies, or directories "
	  "of them (docs/policy.md)",
	  true, COMPLETE_FILE, NULL },
	{ "dry-run", 0, NULL, "deny nothing: tell and count what would be", false, COMPLETE_NONE,
	  NULL },
	{ "running", 0, NULL, "only in containers that run now, not in those to come", false,
	  COMPLETE_NONE, NULL },
	{ "no-stop", 0, NULL,
	  "leave out what this kernel can't deny but only end processes for, afterwards", false,
	  COMPLETE_NONE, NULL },
	{ "stop", 0, NULL, "end processes afterwards, also where this kernel could deny", false,
	  COMPLETE_NONE, NULL },
	{ "confirm-within", 0, "TIME",
	  "put back in force what was before, unless merlon deny confirm comes in time", false,
	  COMPLETE_NONE, NULL },
	{ "force", 0, NULL, "also rules with which no container could run", false, COMPLETE_NONE,
	  NULL },
	DENY_PROFILE_OPTION_ROWS,
	{ "check", 0, NULL, "only say whether the rules can be denied, and where", false,
	  COMPLETE_NONE, NULL },
};

/* Operands, or the shipped policy unless a profile is named; and the rules of profiles, which policy binds. */
static int load_rules(const struct arguments *args, struct rules_loaded *ret,
		      struct response_policy *policy, struct error *err)
{
	size_t n;
	char **files = arg_operands(args, &n);
	int r = 0;

	ret->set = ruleset_new(&ret->diags);
	if (!ret->set)
		return error_errno(err, ENOMEM, "rules");
	if (!n && !arg_value(args, "profile"))
		r = ruleset_add_path(ret->set, MERLON_DATA "/deny", err);
	for (size_t i = 0; i < n && !r; i++)
		r = ruleset_add_path(ret->set, files[i], err);
	if (!r)
		r = deny_profiles_add(args, ret->set, policy, err);
	if (!r)
		ruleset_compile(ret->set);
	return r || rules_are_good(ret) ? r :
					  error_set(err, EINVAL, "there are errors in the rules");
}

static int load_policies(const struct arguments *args, struct response_policy *to,
			 struct error *err)
{
	const char *path;
	int r = 0;

	for (size_t i = 0; !r && (path = arg_value_at(args, "policy", i)); i++)
		r = response_policy_add_path(to, path, err);
	return r;
}

static int check_policies(const struct response_policy *policy, const struct diags *diags,
			  struct error *err)
{
	vec_foreach(d, &diags->items)
		if (d->severity == DIAG_ERROR)
			diag_show(d, ruleset_content(policy->base, d->place.file), stderr);
	return diags->errors ? error_set(err, EINVAL, "there are errors in the policies") : 0;
}

static void print_hooks(uint64_t hooks, FILE *out)
{
	for (unsigned hook = 0; hook < ABI_DENY_HOOKS; hook++)
		if (hooks >> hook & 1)
			fprintf(out, "  %-16s %s\n", sensor_deny_hooks[hook],
				deny_hooks[hook].what);
}

/* How it may be done. */
static unsigned forms_asked_for(const struct arguments *args)
{
	unsigned forms = arg_flag(args, "stop") ? DENY_FORMS_STOP : DENY_FORMS_ALL;

	return arg_flag(args, "no-stop") ? forms & ~DENY_FORMS_STOP : forms;
}

/* What is in force from now on, and where it is less than a denial. */
static void print_done(const struct deny_options *o, const struct deny_result *done)
{
	uint64_t denied = done->hooks & ~done->stops;
	bool enforced = o->mode == ABI_DENY_ENFORCE;

	fprintf(stderr, "%s %zu rules in %zu running containers%s%s\n",
		!enforced ? "dry run of" :
		denied	  ? "denying by" :
			    "stopping by",
		done->rules, done->containers, o->only_running ? "" : " and those to come",
		denied ? ", at" : "");
	print_hooks(denied, stderr);
	if (!done->stops)
		return;
	fprintf(stderr,
		"this kernel can't deny at these: a signal %s the process when the call returns, "
		"and it may have happened by then\n",
		enforced ? "ends" : "would end");
	print_hooks(done->stops, stderr);
}

static int check_only(const struct rules_loaded *l, const struct deny_options *o, struct error *err)
{
	struct deny_result done = { 0 };
	int r = deny_plan(l->set, o->policy, &done.hooks, &done.rules);

	if (r)
		return error_errno(err, -r, "rules");
	rules_show_diags(l, false, stderr);
	printf("%zu rules can be denied\n", done.rules);
	print_hooks(done.hooks, stdout);
	if (!l->diags.errors && !o->force && deny_risk_check(l->set, o->policy, err)) {
		fprintf(stderr, "merlon: %s\n", err->text);
		return EXIT_NEGATIVE;
	}
	return l->diags.errors ? EXIT_NEGATIVE : EXIT_OK;
}

static int run_on(const struct arguments *args, struct error *err)
{
	struct deny_options o = { .mode = arg_flag(args, "dry-run") ? ABI_DENY_DRY_RUN :
								      ABI_DENY_ENFORCE,
				  .only_running = arg_flag(args, "running"),
				  .forms = forms_asked_for(args) };
	cleanup_rules_loaded struct rules_loaded l = RULES_LOADED_INIT;
	cleanup_diags struct diags diags = { 0 };
	cleanup_response_policy struct response_policy *policy = response_policy_new(&diags);
	struct deny_result done = { 0 };
	const char *confirm = arg_value(args, "confirm-within");
	bool check = arg_flag(args, "check");
	int r;

	if (confirm && (!str_to_duration(confirm, &o.confirm_ns) || !o.confirm_ns))
		return error_set(err, USAGE_ERROR, "\"%s\" is no time: 90s, 10m, ...", confirm);
	o.force = arg_flag(args, "force");
	r = policy ? load_policies(args, policy, err) : error_errno(err, ENOMEM, "policies");

	if (!r)
		r = load_rules(args, &l, policy, err);
	if (!r)
		r = check_policies(policy, &diags, err);
	o.policy = policy && policy->entries.len ? policy : NULL;
	if (!r && check)
		return check_only(&l, &o, err);
	if (!r)
		r = need_root(err);
	if (r)
		return r;
	r = deny_apply(l.set, &o, &done, err);
	rules_show_diags(&l, false, stderr);
	if (r)
		return r;
	print_done(&o, &done);
	if (done.missing) {
		fprintf(stderr, "this kernel does not ask, so it is not denied:\n");
		print_hooks(done.missing, stderr);
	}
	if (confirm)
		fprintf(stderr,
			"what was before comes back in %s: merlon deny confirm keeps this\n",
			confirm);
	return EXIT_OK;
}

static const struct command cmd_deny_on = {
	.name = "on",
	.summary = "put rules in force, in the place of those that are",
	.operands = "[FILE|DIR]...",
	.operand_complete = COMPLETE_FILE,
	.description =
		"Takes the rules of the files, or of the shipped policy against escapes, that say "
		"\"response: deny\", and lets the kernel refuse in containers what they describe; where it can't, a signal ends the "
		"process when the call returns, which may have happened by then. All of a "
		"rule has to be decidable by the kernel; if one is not, it is said why and nothing is changed.\n\n"
		"With policies, the first entry that selects a rule in a container says whether it is denied there, with "
		"which error, and whether that is a dry run; what a rule says itself is a dry run where none does.\n\n"
		"A profile (--profile) is an allow-list: what it does not have is denied in the containers of the image that it was "
		"recorded of, or that --container or --image names. merlon profile export -f deny shows its rules.\n\n"
		"It goes on when this command has ended, and when the guard has; merlon deny off ends it. What the "
		"host's processes do, and what container runtimes do to prepare a container, is never denied.",
	.options = on_options,
	.option_count = ARRAY_SIZE(on_options),
	.run = run_on,
};

/* --- hooks ------------------------------------------------------------------------------------------- */

static json_t *hook_json(unsigned hook)
{
	json_t *fields = json_array(), *forms = json_object();

	for (unsigned form = DENY_FORM_NONE + 1; form < DENY_FORMS; form++)
		if (sensor_deny_served_by(hook, form))
			json_object_set_new(forms, sensor_deny_form_names[form],
					    json_string(sensor_deny_served_by(hook, form)));
	for (const char *const *name = deny_hooks[hook].filter.fields; *name; name++)
		json_array_append_new(fields, json_string(*name));
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "hook", sensor_deny_hooks[hook], "event",
			 deny_hooks[hook].filter.call, "what", deny_hooks[hook].what, "forms",
			 forms, "fields", fields);
}

/* Where the point is looked at, in whatever form. */
static void print_forms(unsigned hook)
{
	const char *asked = sensor_deny_served_by(hook, DENY_FORM_LSM),
		   *group = sensor_deny_served_by(hook, DENY_FORM_CGROUP),
		   *stop = sensor_deny_served_by(hook, DENY_FORM_STOP);

	if (asked)
		printf(" asked by security_%s()", asked);
	if (group)
		printf("%s asked of its control group (%s)", asked ? "," : "", group);
	if (stop)
		printf("%s looked at afterwards (%s)",
		       asked || group ? "; where that can't be:" : " where that can't be denied:",
		       stop);
	printf("\n ");
}

static int run_hooks(const struct arguments *args, struct error *err)
{
	cleanup_json json_t *all = json_array();

	(void)err;
	for (unsigned hook = 0; hook < ABI_DENY_HOOKS; hook++) {
		const char *const *fields = deny_hooks[hook].filter.fields;

		json_array_append_new(all, hook_json(hook));
		if (arg_flag(args, "json"))
			continue;
		printf("%s: %s\n ", deny_hooks[hook].filter.call, deny_hooks[hook].what);
		print_forms(hook);
		for (size_t i = 0; fields[i]; i++)
			printf(" %s", fields[i]);
		puts("");
	}
	if (arg_flag(args, "json"))
		print_json(all);
	return EXIT_OK;
}

static const struct option_def json_options[] = {
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

static const struct command cmd_deny_hooks = {
	.name = "hooks",
	.summary = "list what can be denied, and what rules can ask there",
	.description =
		"Each decision point of the kernel: the type of event that it is for rules, and the fields that are known "
		"before it happens. Everywhere user.uid, group.gid, proc.pid, thread.tid and thread.vtid are known too, and "
		"that it is in a container (container.id != host).",
	.options = json_options,
	.option_count = ARRAY_SIZE(json_options),
	.run = run_hooks,
};

/* --- status ------------------------------------------------------------------------------------------ */

/* What of each rule in force. */
struct rule_status {
	const char *rule;
	unsigned hook;
	struct abi_deny_rule_count n;
};

static json_t *read_set(void)
{
	cleanup_buf struct buf text = BUF_INIT;

	return fs_read(DENY_SET_FILE, SET_FILE_MAX, &text, NULL) ?
		       NULL :
		       json_parse(DENY_SET_FILE, text.data, text.len, NULL);
}

/* Calls fn with each rule at each point, in the order in which they decide. */
static void each_rule(const json_t *set, void (*fn)(const struct rule_status *s, void *arg),
		      void *arg)
{
	const json_t *points = json_object_get(set, "points"), *names, *name;
	cleanup_free struct abi_deny_rule_count *counts = calloc(
		(size_t)ABI_DENY_HOOKS * ABI_DENY_RULES, sizeof(*counts));
	size_t hook, i;

	if (!counts || sensor_deny_rule_counts(counts, NULL))
		return;
	json_array_foreach (points, hook, names)
		json_array_foreach (names, i, name)
			if (hook < ABI_DENY_HOOKS && i < ABI_DENY_RULES)
				fn(&(struct rule_status){ json_string_value(name), (unsigned)hook,
							  counts[hook * ABI_DENY_RULES + i] },
				   arg);
}

static void add_rule_json(const struct rule_status *s, void *arg)
{
	json_array_append_new(arg, json_pack("{s:s, s:s, s:s, s:I, s:I}", "rule", s->rule, "hook",
					     sensor_deny_hooks[s->hook], "event",
					     deny_hooks[s->hook].filter.call, "denied",
					     (json_int_t)s->n.denied, "would_deny",
					     (json_int_t)s->n.would));
}

static void print_rule(const struct rule_status *s, void *arg)
{
	(void)arg;
	printf("%10llu %10llu  %s (%s)\n", s->n.denied, s->n.would, rules_text(text_of(s->rule)),
	       deny_hooks[s->hook].filter.call);
}

static void print_names(const char *what, const json_t *names)
{
	const json_t *name;
	size_t i;

	if (json_array_size(names))
		printf("%s:", what);
	json_array_foreach (names, i, name)
		printf(" %s", rules_text(text_of(json_string_value(name))));
	if (json_array_size(names))
		puts("");
}

/* What somebody has done to what was pinned. */
static void print_lost(const json_t *lost)
{
	const json_t *mode = json_object_get(lost, "mode");
	json_int_t was = json_integer_value(mode);

	puts("what was put in force is not in force as it was: somebody has changed what is pinned in " SENSOR_DENY_DIR
	     "; a guard that starts puts it in force anew");
	print_names("missing", json_object_get(lost, "missing"));
	print_names("replaced", json_object_get(lost, "replaced"));
	if (mode && was >= 0 && was <= ABI_DENY_ENFORCE)
		printf("the mode was %s\n", modes[was]);
}

static int print_json_status(const struct sensor_deny_status *s, json_t *lost)
{
	cleanup_json json_t *set = read_set();
	json_t *rules = json_array();
	cleanup_json json_t *o = json_pack("{s:b, s:s, s:i, s:i, s:i, s:i}", "active", s->active,
					   "mode", modes[s->mode], "containers", (int)s->started,
					   "born", (int)s->born, "entering", (int)s->outsiders,
					   "astray", (int)s->strays);
	json_t *hooks = json_array();

	for (unsigned i = 0; i < ABI_DENY_HOOKS; i++) {
		const struct abi_deny_count *n = &s->counts[i];

		if (s->hooks >> i & 1)
			json_array_append_new(
				hooks,
				json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "hook",
					  sensor_deny_hooks[i], "event", deny_hooks[i].filter.call,
					  "form", sensor_deny_form_names[s->forms[i]], "asked",
					  (json_int_t)n->asked, "denied", (json_int_t)n->denied,
					  "would_deny", (json_int_t)n->would, "busy",
					  (json_int_t)n->busy, "untold", (json_int_t)n->untold));
	}
	if (s->active)
		each_rule(set, add_rule_json, rules);
	json_object_set_new(o, "hooks", hooks);
	json_object_set_new(o, "rules", rules);
	if (deny_probation_left() >= 0)
		json_object_set_new(o, "back_in_seconds", json_integer(deny_probation_left()));
	if (lost)
		json_object_set(o, "lost", lost);
	print_json(o);
	return s->active && !lost ? EXIT_OK : EXIT_NEGATIVE;
}

static int run_status(const struct arguments *args, struct error *err)
{
	cleanup_json json_t *set = NULL, *lost = NULL;
	struct sensor_deny_status s;
	int r = need_root(err);

	if (r)
		return r;
	lost = deny_memory_lost();
	r = sensor_deny_status(&s, err);
	if (r && !lost) /* of what is half there not even the version may be */
		return r;
	if (s.mode > ABI_DENY_ENFORCE)
		s.mode = ABI_DENY_OBSERVE;
	if (arg_flag(args, "json"))
		return print_json_status(&s, lost);
	if (lost)
		print_lost(lost);
	set = read_set();
	if (!s.active) {
		puts("nothing is denied");
		return EXIT_NEGATIVE;
	}
	if (deny_probation_left() >= 0)
		printf("not confirmed: what was before comes back in %lld s\n",
		       (long long)deny_probation_left());
	printf("mode %s, %u control groups of containers\n%-16s %-8s %10s %10s %10s %10s %10s\n",
	       modes[s.mode], s.started, "HOOK", "FORM", "ASKED", "DENIED", "WOULD", "BUSY",
	       "UNTOLD");
	for (unsigned i = 0; i < ABI_DENY_HOOKS; i++) {
		const struct abi_deny_count *n = &s.counts[i];

		if (s.hooks >> i & 1)
			printf("%-16s %-8s %10llu %10llu %10llu %10llu %10llu\n",
			       sensor_deny_hooks[i], sensor_deny_form_names[s.forms[i]], n->asked,
			       n->denied, n->would, n->busy, n->untold);
	}
	printf("\n%10s %10s  RULE\n", "DENIED", "WOULD");
	each_rule(set, print_rule, NULL);
	return lost ? EXIT_NEGATIVE : EXIT_OK;
}

static const struct command cmd_deny_status = {
	.name = "status",
	.summary = "say what is denied, and how often it was",
	.description =
		"Lists the decision points that are asked: how often rules were looked at, denied, would have denied "
		"in a dry run, could not be looked at (busy), and how many denials nobody could be told "
		"of. Then each rule in force: how often it was the first to decide, since it was put in force. If what is pinned "
		"is not what was put in force, it says what is missing or another. Exits with 1 "
		"then, and if nothing is denied.",
	.options = json_options,
	.option_count = ARRAY_SIZE(json_options),
	.run = run_status,
};

/* --- confirm ----------------------------------------------------------------------------------------- */

static int run_confirm(const struct arguments *args, struct error *err)
{
	int r = need_root(err);

	(void)args;
	return r ? r : deny_confirm(err);
}

static const struct command cmd_deny_confirm = {
	.name = "confirm",
	.summary = "keep the rules that merlon deny on --confirm-within has put in force",
	.description =
		"Without it, what was in force before is put in force again when the time is up, whatever has become of the "
		"terminal; it is said in the system's log. Exits with 4 if nothing waits to be confirmed.",
	.run = run_confirm,
};

/* --- mode, off --------------------------------------------------------------------------------------- */

static int run_mode(const struct arguments *args, struct error *err)
{
	size_t n;
	char **words = arg_operands(args, &n);
	int r = need_root(err);

	if (r)
		return r;
	for (unsigned mode = ABI_DENY_OBSERVE; n == 1 && mode <= ABI_DENY_ENFORCE; mode++)
		if (str_eq(words[0], modes[mode])) {
			r = sensor_deny_set_mode(mode, err);
			return r ? r : deny_memory_set_mode(mode, err);
		}
	return error_set(err, USAGE_ERROR, "name a mode: observe, dry-run or enforce");
}

static const struct command cmd_deny_mode = {
	.name = "mode",
	.summary = "change what becomes of what the rules in force describe",
	.operands = "observe|dry-run|enforce",
	.description =
		"At once, for all containers. observe: the rules are not looked at; dry-run: told and counted; "
		"enforce: denied.",
	.run = run_mode,
};

static int run_off(const struct arguments *args, struct error *err)
{
	int r = need_root(err);

	(void)args;
	return r ? r : deny_end(err);
}

static const struct command cmd_deny_off = {
	.name = "off",
	.summary = "deny nothing any more",
	.description =
		"Detaches and forgets everything, whoever put it in force. Exits with 4 if nothing was denied.",
	.run = run_off,
};

static const struct command *const subcommands[] = { &cmd_deny_on,	&cmd_deny_off,
						     &cmd_deny_confirm, &cmd_deny_mode,
						     &cmd_deny_status,	&cmd_deny_hooks,
						     &cmd_deny_diff,	NULL };

const struct command cmd_deny = {
	.name = "deny",
	.summary = "let the kernel refuse what rules describe",
	.description =
		"Rules that say \"response: deny\" are asked by the kernel before a file is opened, a file system mounted, "
		"and so on, in containers only. Programs and what they know are pinned in " SENSOR_DENY_DIR
		": no process of merlon has to run. On a kernel that lets no BPF program decide (merlon doctor: rungs C and D) "
		"processes are ended afterwards instead.",
	.subcommands = subcommands,
};
