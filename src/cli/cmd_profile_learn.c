/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "base/str.h"
#include "cli/alert_options.h"
#include "cli/commands.h"
#include "cli/denial_load.h"
#include "cli/profile_text.h"
#include "profile/json.h"
#include "profile/learn.h"
#include "profile/path_rule.h"

static const struct option_def options[] = {
	{ "accept", 'a', "WORD",
	  "accept this: the name of a call or capability, a path or a pattern of paths, or all",
	  true, COMPLETE_NONE, NULL },
	{ "container", 'c', "NAME",
	  "only denials of this container (as merlon confine watch tells)", false, COMPLETE_NONE,
	  NULL },
	{ "process", 0, "PATTERN", "only denials of programs with such a path", false,
	  COMPLETE_NONE, NULL },
	{ "alerts", 0, NULL, "denials that rules told of (merlon deny), from the store of alerts",
	  false, COMPLETE_NONE, NULL },
	{ "label", 0, "NAME",
	  "of alerts, only those of rules that begin so: what the profile's rules are called",
	  false, COMPLETE_NONE, NULL },
	{ "since", 's', "TIME", "only alerts since then: 1h ago, or 2026-11-22T09:00:00Z", false,
	  COMPLETE_NONE, NULL },
	ALERT_STORE_OPTION,
	{ "output", 'o', "FILE", "write the profile here instead of over the old one", false,
	  COMPLETE_FILE, NULL },
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

/* --- telling ------------------------------------------------------------------------------------ */

static void print_one(const struct denial *d, enum learn_verdict verdict, const char *why)
{
	char what[512];

	denial_text(d, what, sizeof(what));
	printf("%-10s %-9s %s, %s%s by %s\n", learn_verdict_names[verdict],
	       denial_layer_names[d->layer], shown_path(what),
	       d->count == 1 ? "once" : str_grouped(d->count), d->count == 1 ? "" : " times",
	       d->executable ? shown_path(d->executable) :
	       d->comm	     ? shown_path(d->comm) :
			       "?");
	if (d->parents.len && verdict != LEARN_KNOWN)
		printf("%20s started by %s\n", "", shown_path(d->parents.items[0]));
	if (why)
		printf("%20s %s\n", "", why);
}

static json_t *one_json(const struct denial *d, enum learn_verdict verdict, const char *why)
{
	json_t *o = json_object();

	json_object_set_new(o, "verdict", json_string(learn_verdict_names[verdict]));
	json_set_string(o, "why", why);
	json_object_set_new(o, "denial", denial_to_json(d));
	return o;
}

/* --- learning ----------------------------------------------------------------------------------- */

static bool is_wanted(const struct arguments *args, const struct denial *d)
{
	const char *container = arg_value(args, "container"), *process = arg_value(args, "process");

	if (container && (!d->container || !str_eq(d->container, container)))
		return false;
	return !process || (d->executable && !fnmatch(process, d->executable, 0));
}

static int learn_all(const struct arguments *args, struct profile *p,
		     const struct denials_loaded *from, size_t counts[LEARN_VERDICTS],
		     struct error *err)
{
	cleanup_json json_t *report = arg_flag(args, "json") ? json_array() : NULL;
	cleanup_free const char **accepted = calloc(1, sizeof(*accepted));
	size_t n = 0;

	for (; accepted && arg_value_at(args, "accept", n); n++) {
		const char **more = realloc(accepted, (n + 2) * sizeof(*more));

		if (!more)
			return error_errno(err, ENOMEM, "profile");
		accepted = more;
		accepted[n] = arg_value_at(args, "accept", n);
		accepted[n + 1] = NULL;
	}
	vec_foreach(d, &from->list) {
		enum learn_verdict verdict;
		const char *why;

		if (!is_wanted(args, d))
			continue;
		if (!accepted || learn_denial(p, d, accepted, &verdict, &why))
			return error_errno(err, ENOMEM, "profile");
		counts[verdict]++;
		if (report)
			json_array_append_new(report, one_json(d, verdict, why));
		else
			print_one(d, verdict, why);
	}
	if (report) {
		json_dumpf(report, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	return 0;
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_profile struct profile *p = NULL;
	const char *output = arg_value(args, "output");
	cleanup_denials_loaded struct denials_loaded from = { 0 };
	size_t n, counts[LEARN_VERDICTS] = { 0 };
	char **files = arg_operands(args, &n);
	int r = 0;

	if (n < (arg_flag(args, "alerts") ? 1 : 2))
		return error_set(
			err, USAGE_ERROR,
			"name a profile (NAME.merlon.json) and files with denials, or --alerts");
	from.label = arg_value(args, "label");
	p = profile_load(files[0], err);
	if (!p)
		return -err->code;
	for (size_t i = 1; i < n && !r; i++)
		r = denials_load_file(&from, files[i], err);
	if (!r && arg_flag(args, "alerts"))
		r = denials_load_store(&from, args, err);
	if (!r)
		r = learn_all(args, p, &from, counts, err);
	if (r)
		return r;
	if (counts[LEARN_FOLDED]) {
		r = profile_generalise(p, NULL, 0) ? error_errno(err, ENOMEM, "profile") : 0;
		r = r ? r : profile_save(p, output ? output : files[0], err);
		if (r)
			return r;
	}
	fprintf(stderr, "%zu folded in, %zu known, %zu open, %zu to be named, %zu unsuited%s",
		counts[LEARN_FOLDED], counts[LEARN_KNOWN], counts[LEARN_OPEN],
		counts[LEARN_DANGEROUS], counts[LEARN_UNSUITED], from.lost ? "" : "\n");
	if (from.lost)
		fprintf(stderr, "; LOST: %s that were too many to keep\n", str_grouped(from.lost));
	return counts[LEARN_OPEN] + counts[LEARN_DANGEROUS] + counts[LEARN_UNSUITED] ?
		       EXIT_NEGATIVE :
		       EXIT_OK;
}

const struct command cmd_profile_learn = {
	.name = "learn",
	.summary = "fold accepted denials back into a profile",
	.operands = "PROFILE [FILE]...",
	.description =
		"Reads denials, as merlon confine watch keeps them, as auditd's log or the kernel's own has "
		"them (seccomp, AppArmor, SELinux), as alerts have them (merlon guard --json, or --alerts: those of merlon deny), "
		"and tells of each whether the profile knows it. What is "
		"accepted (--accept) becomes part of the profile as if the workload had been seen to do it, "
		"with the program as evidence; everything is then exported anew.\n\n"
		"Verdicts: known, the profile has it; open, it may be accepted; dangerous, it must be accepted "
		"by its name, \"all\" does not do; folded; unsuited, a profile has no words for it.\n\n"
		"Exit code 1: something is neither known nor folded in.",
	.examples =
		"  merlon profile learn web.merlon.json denials.json\n"
		"  merlon profile learn --accept all --accept keyctl web.merlon.json denials.json\n"
		"  merlon profile learn --accept '/var/cache/*' web.merlon.json /var/log/audit/audit.log\n"
		"  merlon profile learn --alerts --since 1d web.merlon.json\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
