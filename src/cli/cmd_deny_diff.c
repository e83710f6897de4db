/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "base/string_list.h"
#include "cli/alert_options.h"
#include "cli/cmd_deny.h"
#include "cli/denial_load.h"
#include "cli/diff_text.h"
#include "cli/print_json.h"
#include "cli/profile_text.h"
#include "profile/backend/head.h"
#include "profile/json.h"
#include "profile/learn.h"

static const struct option_def options[] = {
	{ "container", 'c', "NAME", "only this container", false, COMPLETE_NONE, NULL },
	{ "label", 0, "NAME",
	  "what the profile's rules are called (default: by the profile's name)", false,
	  COMPLETE_NONE, NULL },
	{ "since", 's', "TIME", "only alerts since then: 1h ago, or 2026-11-22T09:00:00Z", false,
	  COMPLETE_NONE, NULL },
	ALERT_STORE_OPTION,
	ALERT_JSON_OPTION,
};

/* What would be accepted: everything. Names are borrowed from the denials. */
static const char **accept_each(const denial_list *list)
{
	const char **words = calloc(list->len + 2, sizeof(*words));
	size_t n = 0;

	if (!words)
		return NULL;
	words[n++] = "all";
	vec_foreach(d, list)
		if (d->target)
			words[n++] = d->target;
	return words;
}

static const char *container_of(const struct denial *d)
{
	return d->container ? d->container : "?";
}

/* The profile as it would be with all that this container was denied. */
static int fold(struct profile *p, const denial_list *list, const char *container, uint64_t *count,
		struct error *err)
{
	cleanup_free const char **accepted = accept_each(list);
	enum learn_verdict verdict;
	const char *why;

	if (!accepted)
		return error_errno(err, ENOMEM, "denials");
	vec_foreach(d, list) {
		if (!str_eq(container_of(d), container))
			continue;
		*count += d->count;
		if (learn_denial(p, d, accepted, &verdict, &why))
			return error_errno(err, ENOMEM, "profile");
		if (verdict == LEARN_UNSUITED)
			fprintf(stderr, "%s: %s: %s\n", shown(container),
				d->target ? shown_path(d->target) : "?", why);
	}
	return 0;
}

static int tell(const char *file, const denial_list *list, const char *container, json_t *all,
		size_t *differences, struct error *err)
{
	cleanup_profile struct profile *before = profile_load(file, err);
	cleanup_profile struct profile *after = before ? profile_load(file, err) : NULL;
	cleanup_diff struct diff d = { 0 };
	uint64_t count = 0;
	int r = after ? fold(after, list, container, &count, err) : -err->code;

	if (r)
		return r;
	profile_sort(after);
	if (diff_build(&d, before, after, false))
		return error_errno(err, ENOMEM, "differences");
	*differences += d.entries.len;
	if (all) {
		json_array_append_new(all, json_pack("{s:s, s:I, s:o}", "container", container,
						     "denials", (json_int_t)count, "lacks",
						     diff_to_json(&d)));
		return 0;
	}
	printf("%s: %s denial%s, of what the profile has not\n", shown(container),
	       str_grouped(count), count == 1 ? "" : "s");
	diff_print(&d, "  ");
	return 0;
}

static int tell_all(const char *file, const denial_list *list, const char *only, json_t *all,
		    size_t *differences, struct error *err)
{
	cleanup_string_list string_list told = { 0 };
	int r = 0;

	vec_foreach(d, list) {
		const char *container = container_of(d);

		if (r || (only && !str_eq(only, container)) || string_list_has(&told, container))
			continue;
		if (!string_list_add(&told, container))
			return error_errno(err, ENOMEM, "denials");
		r = tell(file, list, container, all, differences, err);
	}
	return r;
}

static int load(const struct arguments *args, char *const *files, size_t n,
		struct denials_loaded *to, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < n && !r; i++)
		r = denials_load_file(to, files[i], err);
	return n || r ? r : denials_load_store(to, args, err);
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_denials_loaded struct denials_loaded from = { 0 };
	cleanup_json json_t *all = arg_flag(args, "json") ? json_array() : NULL;
	cleanup_profile struct profile *p = NULL;
	cleanup_free char *label = NULL;
	size_t n, differences = 0;
	char **files = arg_operands(args, &n);
	int r;

	if (!n)
		return error_set(err, USAGE_ERROR, "name a profile (NAME.merlon.json)");
	p = profile_load(files[0], err);
	if (!p)
		return -err->code;
	label = backend_name(p, &(struct backend_options){ .name = arg_value(args, "label") });
	from.label = label;
	r = label ? load(args, files + 1, n - 1, &from, err) : error_errno(err, ENOMEM, "profile");
	if (!r)
		r = tell_all(files[0], &from.list, arg_value(args, "container"), all, &differences,
			     err);
	if (r)
		return r;
	if (all)
		print_json(all);
	else if (!differences)
		puts("nothing was denied, or would be, that the profile has not");
	if (from.lost)
		fprintf(stderr, "LOST: %s that were too many to keep\n", str_grouped(from.lost));
	return differences ? EXIT_NEGATIVE : EXIT_OK;
}

const struct command cmd_deny_diff = {
	.name = "diff",
	.summary = "say what a profile lacks, by what its rules denied or would have denied",
	.operands = "PROFILE [FILE]...",
	.description =
		"Of each container, what the rules of the profile denied, or in a dry run would have denied, as a difference of the "
		"profile: what would have to be in it. Read from the store of alerts, or from files with alerts as JSON. "
		"merlon profile learn --alerts --accept takes into the profile what belongs there.\n\n"
		"Exits with 1 if there is a difference.",
	.examples = "  merlon deny diff web.merlon.json\n"
		    "  merlon deny diff --since 1d -c web web.merlon.json\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
