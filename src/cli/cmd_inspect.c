/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>

#include "alert/render.h"
#include "base/fs.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/custom_load.h"
#include "cli/host_live.h"
#include "cli/inspect_cluster.h"
#include "cli/inspect_fix.h"
#include "cli/inspect_history.h"
#include "cli/inspect_render.h"
#include "cli/inspect_rendered.h"
#include "cli/inspect_watch.h"
#include "inspect/host/host.h"
#include "inspect/image/read.h"
#include "inspect/input.h"
#include "inspect/recording.h"
#include "inspect/report/format.h"
#include "store/history.h"
#include "version.h"

enum { CONFIG_MAX = 8 << 20 };

#define SEVERITY_WORDS "low medium high critical"

static const struct option_def options[] = {
	{ "host", 0, NULL,
	  "this host and the containers that run here; or only those named by id or name", false,
	  COMPLETE_NONE, NULL },
	{ "cluster", 0, NULL,
	  "the objects of a cluster, asked from its API; nothing is changed there", false,
	  COMPLETE_NONE, NULL },
	{ "kubeconfig", 0, "FILE", "with --cluster: instead of $KUBECONFIG or ~/.kube/config",
	  false, COMPLETE_FILE, NULL },
	{ "context", 0, "NAME", "with --cluster: instead of the current context", false,
	  COMPLETE_NONE, NULL },
	{ "namespace", 'n', "NAME", "with --cluster: only what is in this namespace", false,
	  COMPLETE_NONE, NULL },
	{ "page", 0, "N", "with --cluster: ask for so many objects at a time (500)", false,
	  COMPLETE_NONE, NULL },
	{ "root", 0, "DIRECTORY",
	  "with --host: the host whose files are there (an image, a disk), without containers",
	  false, COMPLETE_DIR, NULL },
	{ "image", 'i', NULL,
	  "images: OCI layouts, what docker save wrote, or root file systems, by their paths",
	  false, COMPLETE_NONE, NULL },
	{ "check", 'k', "CHECK", "ask this one only: its id, name, or name in another tool", true,
	  COMPLETE_NONE, NULL },
	{ "skip", 0, "CHECK", "leave this one out", true, COMPLETE_NONE, NULL },
	CUSTOM_CHECKS_OPTION,
	{ "all", 'a', NULL, "ask the optional checks too", false, COMPLETE_NONE, NULL },
	{ "severity", 's', "SEVERITY", "only checks at least that severe", false, COMPLETE_WORDS,
	  SEVERITY_WORDS },
	{ "fail-on", 0, "SEVERITY", "exit with 1 if something at least that severe fails (medium)",
	  false, COMPLETE_WORDS, SEVERITY_WORDS " never" },
	{ "pss", 0, "LEVEL", "the Pod Security Standard instead of the checks", false,
	  COMPLETE_WORDS, "baseline restricted" },
	{ "pss-version", 0, "VERSION",
	  "the version of Kubernetes to judge for: 1.0 to 1.37, latest", false, COMPLETE_NONE,
	  NULL },
	{ "format", 'f', "FORMAT", "text, json, sarif, junit, csv, markdown or html", false,
	  COMPLETE_WORDS, "text json sarif junit csv markdown html" },
	{ "json", 0, NULL, "the same as --format json", false, COMPLETE_NONE, NULL },
	{ "passed", 0, NULL, "report what passes too", false, COMPLETE_NONE, NULL },
	{ "exempt", 0, NULL, "show what is exempt, with the reason", false, COMPLETE_NONE, NULL },
	{ "config", 'c', "FILE", "exemptions and severities from a file", false, COMPLETE_FILE,
	  NULL },
	{ "no-annotations", 0, NULL, "take no exemptions from annotations", false, COMPLETE_NONE,
	  NULL },
	{ "baseline", 0, "FILE", "what is in this file is known: only what is new fails", false,
	  COMPLETE_FILE, NULL },
	{ "write-baseline", 0, "FILE", "write what fails now as a baseline", false, COMPLETE_FILE,
	  NULL },
	{ "output", 'o', "FILE", "write the report to a file", false, COMPLETE_FILE, NULL },
	{ "profile", 0, "FILE|DIRECTORY",
	  "recordings of what is inspected: what they show to be more than is needed is found too",
	  true, COMPLETE_FILE, NULL },
	{ "no-render", 0, NULL, "read the files of charts and kustomizations as they are", false,
	  COMPLETE_NONE, NULL },
	{ "fix", 0, NULL,
	  "mend what can be mended without harm: show the difference, or as --json the patches (RFC 6902)",
	  false, COMPLETE_NONE, NULL },
	{ "aggressive", 0, NULL, "with --fix: mend too what the workload may depend on", false,
	  COMPLETE_NONE, NULL },
	{ "write", 'w', NULL,
	  "with --fix: write the files; for standard input, the mended text to standard output",
	  false, COMPLETE_NONE, NULL },
	{ "store", 0, NULL,
	  "keep the result, and tell what is new and what is mended since the last", false,
	  COMPLETE_NONE, NULL },
	{ "store-file", 0, "FILE", "the same in another file than " HISTORY_PATH, false,
	  COMPLETE_FILE, NULL },
	{ "watch", 0, NULL, "go on, and tell what changes", false, COMPLETE_NONE, NULL },
	{ "interval", 0, "SECONDS", "with --watch and --host: inspect again so often (60)", false,
	  COMPLETE_NONE, NULL },
	{ "colour", 0, "WHEN", "auto, always or never", false, COMPLETE_WORDS,
	  "auto always never" },
};

/* What lives as long as the inspection. */
struct job {
	struct inspect_options options;
	struct exemptions exemptions;
	struct baseline baseline;
	struct custom_checks custom;
	struct recordings recordings;
	const char **only, **skip;
	char today[16];
	enum severity fail_on;
	bool never_fail;
	const struct report_format *format;
	struct inspect_cluster cluster;
};

static void job_deinit(struct job *j)
{
	exemptions_deinit(&j->exemptions);
	custom_checks_deinit(&j->custom);
	recordings_deinit(&j->recordings);
	baseline_deinit(&j->baseline);
	inspect_cluster_close(&j->cluster);
	free(j->only);
	free(j->skip);
}

static const char **values(const struct arguments *args, const char *option)
{
	size_t n = 0;
	const char **list;

	while (arg_value_at(args, option, n))
		n++;
	list = n ? calloc(n + 1, sizeof(*list)) : NULL;
	for (size_t i = 0; list && i < n; i++)
		list[i] = arg_value_at(args, option, i);
	return list;
}

static int read_severity(const struct arguments *args, const char *option, enum severity *ret,
			 struct error *err)
{
	const char *name = arg_value(args, option);

	if (name && !severity_parse(name, ret))
		return error_set(err, USAGE_ERROR, "--%s: \"%s\" is no severity: " SEVERITY_WORDS,
				 option, name);
	return 0;
}

static int read_version(const struct arguments *args, unsigned *ret, struct error *err)
{
	const char *v = arg_value(args, "pss-version");
	uint64_t minor;

	*ret = KUBERNETES_MINOR_MAX;
	if (!v || str_eq(v, "latest"))
		return 0;
	v += *v == 'v';
	if (!str_starts(v, "1.") || !str_to_u64(v + 2, &minor))
		return error_set(err, USAGE_ERROR,
				 "--pss-version: a version like 1.29 was expected");
	/* Later ones are judged as the latest that is known, as the admission plugin does. */
	*ret = minor > KUBERNETES_MINOR_MAX ? KUBERNETES_MINOR_MAX : (unsigned)minor;
	return 0;
}

static int read_level(const struct arguments *args, enum pss_level *ret, struct error *err)
{
	const char *level = arg_value(args, "pss");

	if (!level)
		return 0;
	if (!str_eq(level, "baseline") && !str_eq(level, "restricted"))
		return error_set(err, USAGE_ERROR, "--pss: baseline or restricted was expected");
	*ret = str_eq(level, "baseline") ? PSS_BASELINE : PSS_RESTRICTED;
	return 0;
}

static int read_config(const struct arguments *args, struct job *j, struct error *err)
{
	cleanup_diags struct diags d = { 0 };
	cleanup_buf struct buf content = BUF_INIT;
	const char *file = arg_value(args, "config");
	int r;

	if (!file)
		return 0;
	r = fs_read(file, 1 << 20, &content, err);
	if (r)
		return r;
	j->options.exemptions = &j->exemptions;
	if (exemptions_read(&j->exemptions, file,
			    text_from(content.data ? content.data : "", content.len), &d))
		return 0;
	diags_print(&d, true, stderr);
	return error_set(err, EINVAL, "%s: there are errors in the configuration", file);
}

static int read_baseline(const struct arguments *args, struct job *j, struct error *err)
{
	cleanup_buf struct buf content = BUF_INIT;
	const char *file = arg_value(args, "baseline");
	int r = file ? fs_read(file, BUF_LIMIT_DEFAULT, &content, err) : 0;

	if (!file || r)
		return r;
	j->options.baseline = &j->baseline;
	return baseline_read(&j->baseline,
			     text_from(content.data ? content.data : "", content.len)) ?
		       0 :
		       error_errno(err, ENOMEM, "%s", file);
}

static int read_recordings(const struct arguments *args, struct job *j, struct error *err)
{
	const char *path;
	int r = 0;

	for (size_t n = 0; !r && (path = arg_value_at(args, "profile", n)); n++)
		r = recordings_read(&j->recordings, path, err);
	vec_foreach(it, &j->recordings.items)
		if (it->doubt)
			fprintf(stderr, "%s: nothing is concluded from this recording: %s\n",
				it->file, it->doubt);
	if (arg_value(args, "profile"))
		j->options.recordings = &j->recordings;
	return r;
}

static int read_format(const struct arguments *args, struct job *j, struct error *err)
{
	const char *name = arg_flag(args, "json") ? "json" : arg_value(args, "format");

	j->format = report_format_find(name ? name : "text");
	if (!j->format)
		return error_set(err, USAGE_ERROR, "--format: \"%s\" is none", name);
	j->options.fixes = j->format->fixes;
	return 0;
}

static int read_options(const struct arguments *args, struct job *j, struct error *err)
{
	const char *fail_on = arg_value(args, "fail-on");
	time_t now = time(NULL);
	struct tm tm;
	int r;

	j->fail_on = SEVERITY_MEDIUM;
	j->never_fail = fail_on && str_eq(fail_on, "never");
	j->only = values(args, "check");
	j->skip = values(args, "skip");
	if (gmtime_r(&now, &tm))
		strftime(j->today, sizeof(j->today), "%Y-%m-%d", &tm);
	j->options = (struct inspect_options){ .only = j->only,
					       .skip = j->skip,
					       .today = j->today,
					       .all = arg_flag(args, "all"),
					       .images = arg_flag(args, "image"),
					       .keep_passed = arg_flag(args, "passed"),
					       .ignore_annotations = arg_flag(args,
									      "no-annotations") };
	if ((arg_flag(args, "write") || arg_flag(args, "aggressive")) && !arg_flag(args, "fix"))
		return error_set(err, USAGE_ERROR, "--write and --aggressive go with --fix");
	if (arg_flag(args, "fix") && arg_value(args, "format"))
		return error_set(err, USAGE_ERROR,
				 "--fix shows differences, or patches with --json");
	r = read_severity(args, "severity", &j->options.least, err);
	if (!r && !j->never_fail)
		r = read_severity(args, "fail-on", &j->fail_on, err);
	if (!r)
		r = read_version(args, &j->options.version, err);
	if (!r)
		r = read_level(args, &j->options.level, err);
	if (!r)
		r = read_format(args, j, err);
	if (!r)
		r = custom_load(&j->custom, args, err);
	j->options.custom = j->exemptions.custom = &j->custom.group;
	if (!r)
		r = read_recordings(args, j, err);
	if (!r)
		r = read_config(args, j, err);
	return r ? r : read_baseline(args, j, err);
}

/* --- afterwards ---------------------------------------------------------------------------------- */

static bool wants_colour(const struct arguments *args, FILE *out)
{
	const char *when = arg_value(args, "colour");

	if (when && !str_eq(when, "auto"))
		return str_eq(when, "always");
	return alert_colour(fileno(out));
}

/* 0: it is no terminal, or doesn't say. */
static int columns_of(FILE *out)
{
	struct winsize size;

	return ioctl(fileno(out), TIOCGWINSZ, &size) ? 0 : size.ws_col;
}

static int write_report(const struct arguments *args, const struct job *j, const struct report *r,
			const struct trend *trend, struct error *err)
{
	const char *file = arg_value(args, "output");
	cleanup_file FILE *opened = file ? fopen(file, "we") : NULL;
	FILE *out = file ? opened : stdout;
	cleanup_free char *directory = realpath(".", NULL);
	struct report_style style = { .exempt = arg_flag(args, "exempt"),
				      .today = j->today,
				      .version = MERLON_VERSION,
				      .directory = directory,
				      .trend = trend };

	if (!out)
		return error_errno(err, errno, "%s", file);
	style.colour = wants_colour(args, out);
	style.columns = columns_of(out);
	j->format->write(r, &style, out);
	if (fflush(out) || ferror(out))
		return error_errno(err, errno ? errno : EIO, "%s", file ? file : "standard output");
	return 0;
}

static int write_baseline(const struct arguments *args, const struct report *r, struct error *err)
{
	const char *file = arg_value(args, "write-baseline");
	cleanup_buf struct buf out = { .limit = (size_t)256 << 20 };

	if (!file)
		return 0;
	buf_add_str(
		&out,
		"# merlon inspect --write-baseline: what is known, and not reported with --baseline\n");
	vec_foreach(f, &r->findings) {
		const struct inspected *o = &r->objects.items[f->object];
		struct subject s = { f->check, o->kind, o->name_space, o->name, f->container, NULL };

		if (f->outcome == OUTCOME_FAIL || f->outcome == OUTCOME_WARN)
			baseline_add_line(&out, &s, f->path);
	}
	if (out.failed)
		return error_errno(err, ENOMEM, "%s", file);
	return fs_write_atomic(file, out.data, out.len, 0644, err);
}

/* What can't be read of one container is told in the report. */
static int add_container(const char *config, const struct live *live, void *arg, struct error *err)
{
	cleanup_buf struct buf text = { .limit = CONFIG_MAX };
	struct error local = ERROR_INIT;
	struct inspection *in = arg;

	if (!config)
		inspection_problem(in, live->name, "no config.json is known of this container");
	else if (live->owner ? fs_read_of(live->owner, config, CONFIG_MAX, &text, &local) :
			       fs_read(config, CONFIG_MAX, &text, &local))
		inspection_problem(in, config, local.text);
	else
		return inspection_add_live(in, config,
					   text_from(text.data ? text.data : "", text.len), live,
					   err);
	return 0;
}

/* What names or changes files makes no sense for a cluster, and the other way round. */
static int check_cluster(const struct arguments *args, size_t operands, struct error *err)
{
	static const char *const alone[] = { "kubeconfig", "context", "namespace", "page" };

	for (size_t i = 0; i < ARRAY_SIZE(alone); i++)
		if (arg_value(args, alone[i]) && !arg_flag(args, "cluster"))
			return error_set(err, USAGE_ERROR, "--%s goes with --cluster", alone[i]);
	if (!arg_flag(args, "cluster"))
		return 0;
	if (operands || arg_flag(args, "host"))
		return error_set(err, USAGE_ERROR,
				 "--cluster inspects a cluster, and no files or --host");
	if (arg_flag(args, "write"))
		return error_set(
			err, USAGE_ERROR,
			"a cluster is never written to: --fix --json gives patches for kubectl patch");
	if (arg_flag(args, "fix") && !arg_flag(args, "json"))
		return error_set(
			err, USAGE_ERROR,
			"a cluster has no files to show differences of: --fix --json gives patches");
	return 0;
}

/* Judged for the version that it runs, unless another is asked for. */
static int open_cluster(const struct arguments *args, struct job *j, struct error *err)
{
	size_t n;
	int r;

	arg_operands(args, &n);
	r = check_cluster(args, n, err);
	if (r || !arg_flag(args, "cluster"))
		return r;
	r = inspect_cluster_open(&j->cluster, args, err);
	if (r)
		return r;
	if (!arg_value(args, "pss-version") && j->cluster.version.minor)
		j->options.version = j->cluster.version.minor < KUBERNETES_MINOR_MAX ?
					     j->cluster.version.minor :
					     KUBERNETES_MINOR_MAX;
	return 0;
}

/* --- what is inspected --------------------------------------------------------------------------- */

/* What an inspection is compared with: one of the same, asked the same. */
static char *subject(const struct arguments *args, const struct report *r)
{
	static const char *const asked[] = { "namespace", "check", "skip",
					     "severity",  "pss",   "pss-version" };
	struct buf out = BUF_INIT;
	const char *root = arg_value(args, "root");
	char shown[4096];
	size_t n;
	char **paths = arg_operands(args, &n);

	if (arg_flag(args, "host"))
		buf_addf(&out, "host%s%s", root ? " " : "", root ? root : "");
	buf_add_str(&out, arg_flag(args, "image") ? "image" : "");
	if (arg_flag(args, "cluster"))
		buf_addf(&out, "cluster %s", r->cluster ? r->cluster : "");
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *full = arg_flag(args, "host") ? NULL : realpath(paths[i], NULL);

		buf_addf(&out, "%s%s", out.len ? " " : "", full ? full : paths[i]);
	}
	buf_add_str(&out, arg_flag(args, "all") ? " --all" : "");
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++)
		for (size_t k = 0; arg_value_at(args, asked[i], k); k++)
			buf_addf(&out, " --%s %s", asked[i], arg_value_at(args, asked[i], k));
	str_printable(shown, sizeof(shown), out.data ? out.data : "", out.len);
	buf_deinit(&out);
	return out.failed ? NULL : strdup(shown);
}

static int add_image(struct inspection *in, const char *path, struct error *err)
{
	struct image image;
	int r;

	inspect_image_init(&image);
	r = inspect_image_read(&image, path, err);
	if (!r)
		r = inspection_add_image(in, path, &image, err);
	inspect_image_deinit(&image);
	return r;
}

static int add_inputs(const struct arguments *args, struct job *j, struct inspection *in,
		      struct inspect_fix *fix, struct error *err)
{
	bool renders = !fix && !arg_flag(args, "no-render");
	struct input_hook hook = { .change = fix ? inspect_fix_change : NULL,
				   .directory = renders ? inspect_rendered_chart : NULL,
				   .data = fix };
	const char *root = arg_value(args, "root");
	bool host = arg_flag(args, "host");
	size_t n;
	char **paths = arg_operands(args, &n);
	int r = 0;

	if (host && !n)
		r = host_inspect(in, root ? root : "/", err);
	if (!r && host && !root)
		r = host_live_each(paths, n, add_container, in, err);
	if (!r && arg_flag(args, "cluster"))
		r = inspect_cluster_add(&j->cluster, in, fix, err);
	for (size_t i = 0; i < n && !r && !host; i++) {
		struct error why = ERROR_INIT;

		if (arg_flag(args, "image"))
			r = add_image(in, paths[i], &why);
		else if (renders && inspect_render_program(paths[i]))
			r = inspect_rendered_add(in, paths[i], &why);
		else
			r = inspect_path(in, paths[i], &hook, &why);
		if (r && (n == 1 || r == -ENOMEM)) {
			*err = why;
			return r;
		}
		/* One of several does not keep the others from being inspected. */
		if (r)
			inspection_problem(in, paths[i], why.text);
		r = 0;
	}
	return r;
}

static int check_inputs(const struct arguments *args, struct error *err)
{
	bool host = arg_flag(args, "host"), fixes = arg_flag(args, "fix"),
	     watch = arg_flag(args, "watch");
	size_t n;
	char **paths = arg_operands(args, &n);

	if (!n && !host && !arg_flag(args, "cluster"))
		return error_set(
			err, USAGE_ERROR,
			"name files or directories, - for standard input, --host or --cluster");
	if (arg_value(args, "root") && (!host || n))
		return error_set(err, USAGE_ERROR, "--root goes with --host and without names");
	if (host && fixes)
		return error_set(err, USAGE_ERROR,
				 "--fix mends manifests, not what runs: leave --host out");
	if (arg_flag(args, "image") && (fixes || host))
		return error_set(err, USAGE_ERROR, "--image goes without --fix and --host");
	if (watch && fixes)
		return error_set(err, USAGE_ERROR,
				 "--watch tells, it does not mend: leave --fix out");
	for (size_t i = 0, seen = 0; i < n; i++) {
		if (!str_eq(paths[i], "-") || host)
			continue;
		if (watch)
			return error_set(err, USAGE_ERROR,
					 "--watch needs files: standard input ends");
		if (seen++)
			return error_set(err, USAGE_ERROR, "standard input can be read once");
	}
	return 0;
}

static bool is_stored(const struct arguments *args)
{
	return arg_flag(args, "store") || arg_value(args, "store-file");
}

/* Keeps it if that was asked for, and writes the report with what the store says of it. */
static int tell_report(const struct arguments *args, const struct job *j,
		       const struct report *report, bool write, struct error *err)
{
	cleanup_inspect_history struct inspect_history history = { 0 };
	cleanup_free char *what = is_stored(args) ? subject(args, report) : NULL;
	int r = is_stored(args) && !what ? error_errno(err, ENOMEM, "history") : 0;

	if (!r && what)
		r = inspect_history_keep(&history, arg_value(args, "store-file"), what, report,
					 err);
	return r || !write ? r : write_report(args, j, report, what ? &history.trend : NULL, err);
}

/* --- again and again ----------------------------------------------------------------------------- */

struct watching {
	const struct arguments *args;
	struct job *job;
};

static int look_again(void *arg, struct inspection **ret, struct error *err)
{
	struct watching *w = arg;
	int r = inspection_new(ret, &w->job->options, err);

	return r ? r : add_inputs(w->args, w->job, *ret, NULL, err);
}

static int tell_again(void *arg, const struct report *r, bool first, struct error *err)
{
	struct watching *w = arg;

	return tell_report(w->args, w->job, r, first && !arg_flag(w->args, "json"), err);
}

static int watch(const struct arguments *args, struct job *j, struct error *err)
{
	struct watching arg = { args, j };
	struct inspect_watch w = {
		.json = arg_flag(args, "json"), .look = look_again, .tell = tell_again, .arg = &arg
	};
	const char *interval = arg_value(args, "interval");
	uint64_t seconds = 60;

	if (interval && (!str_to_u64(interval, &seconds) || !seconds || seconds > 86400))
		return error_set(err, USAGE_ERROR, "--interval: 1 to 86400 seconds were expected");
	if (arg_flag(args, "host") || arg_flag(args, "cluster") || interval)
		w.interval_s = (unsigned)seconds;
	if (!arg_flag(args, "host"))
		w.paths = arg_operands(args, &w.count);
	return inspect_watch(&w, stdout, err);
}

/* --- once ---------------------------------------------------------------------------------------- */

static int inspect(const struct arguments *args, struct job *j, struct error *err)
{
	cleanup_inspection struct inspection *in = NULL;
	cleanup_inspect_fix struct inspect_fix fix = { .options = &j->options,
						       .aggressive = arg_flag(args, "aggressive"),
						       .write = arg_flag(args, "write"),
						       .json = arg_flag(args, "json") };
	bool fixes = arg_flag(args, "fix");
	const struct report *report;
	int r = check_inputs(args, err);

	if (!r && arg_flag(args, "watch"))
		return watch(args, j, err);
	if (!r)
		r = inspection_new(&in, &j->options, err);
	if (!r)
		r = add_inputs(args, j, in, fixes ? &fix : NULL, err);
	if (r)
		return r;
	report = inspection_finish(in);
	r = fixes ? inspect_fix_finish(&fix, arg_value(args, "output"), err) :
		    tell_report(args, j, report, true, err);
	if (!r)
		r = write_baseline(args, report, err);
	if (r)
		return r;
	if (!j->never_fail && report_fails(report, j->fail_on))
		return EXIT_NEGATIVE;
	return report->problems.errors ? EXIT_BAD_INPUT : EXIT_OK;
}

static int run(const struct arguments *args, struct error *err)
{
	struct job j = { 0 };
	int r = read_options(args, &j, err);

	if (!r)
		r = open_cluster(args, &j, err);
	if (!r)
		r = inspect(args, &j, err);
	job_deinit(&j);
	return r;
}

static const struct command *const subcommands[] = { &cmd_inspect_history, NULL };

const struct command cmd_inspect = {
	.name = "inspect",
	.summary =
		"find what is wrong in manifests, containers, hosts and clusters, and say how to mend it",
	.operands = "FILE|DIRECTORY|-|CONTAINER...",
	.description =
		"Reads objects of Kubernetes from YAML and JSON files (all of a directory, lists and many documents "
		"in one file too) and asks every check that applies: what a workload may do to its node, which "
		"secrets lie open, who may do what in the cluster, what can be reached. Each finding has its "
		"place, what is there now, what an attacker does with it and what to do.\n\n"
		"A directory with a kustomization is rendered by kubectl, one with a chart (or a packaged chart, *.tgz, or a chart "
		"somewhere below) by helm, if they are installed; they get no network and a minute. Places are those in what they made of it. With --fix, and with "
		"--no-render, files are read as they are.\n\n"
		"A config.json of an OCI bundle, or a directory with one, is known by its content: the checks that "
		"make sense for a container without a cluster are asked. With --host it is the containers that run "
		"here (podman, Docker, containerd, CRI-O, runc, crun), and where one of their processes has more "
		"than was declared (no filter, more capabilities, another mount), that is what counts. Without names the host "
		"itself is inspected before them: Docker, containerd, CRI-O, podman, kubelet and control plane, who may change "
		"their files, the kernel, sshd, mounts. With --root it is the host whose files are below that directory.\n\n"
		"With --cluster the objects are asked from the API of a cluster: that of the current context of kubeconfig, "
		"or the one that this pod runs in. A program that the kubeconfig names for credentials is run, as kubectl does. It only reads; what may not be read is said, and what is not judged "
		"because of it. What a controller copied from a template is told once. A finding's place is "
		"namespace/kind/name. Nothing is mended there: with --fix --json there are patches for kubectl patch.\n\n"
		"With --image the operands are images: OCI layouts, what docker save or podman save wrote, or directories "
		"with a root file system. Their configuration and the files of all layers are looked at.\n\n"
		"A check is called by its id (MRL-101), its name (privileged-container) or what it is called in "
		"Polaris, Kubescape, Trivy, kube-linter, kube-score, kubesec, Checkov, the CIS benchmarks or the "
		"inspections of cloud providers: merlon checks lists them.\n\n"
		"With --profile, recordings (of merlon record) are held against the containers of their image or name: "
		"capabilities, system calls and a writable root that were never used. With --fix --aggressive the "
		"recorded seccomp profile is named, and with --write put beside the manifest.\n\n"
		"Findings that somebody decided to live with are exempt: by the annotation merlon/exempt or "
		"merlon/exempt-CHECK (those of Polaris, kube-linter, kube-score and Checkov are understood too), by a "
		"configuration file, or by a baseline.\n\n"
		"With --fix the difference is shown that mends what a check knows how to mend and what can't harm a "
		"workload; merlon checks CHECK says what that is and why. Comments, order and all that is not "
		"mended stay as they were written. A text that would not read as it should afterwards, or in which "
		"the weakness would still be found, is not changed, and it is said why. Of JSON there are patches "
		"only. The exit status is then about what is left.\n\n"
		"With --store the result is kept, and the report says what is new and what is mended since the last "
		"inspection of the same (merlon inspect history lists them). With --watch it goes on: files are inspected "
		"again when they change, a host every minute, and what is new or mended is told, with --json as a line "
		"for each.\n\n"
		"The exit status is 1 if something of severity medium or worse fails (--fail-on), else 5 if "
		"something could not be read, else 0.",
	.examples = "  merlon inspect deploy/\n"
		    "  merlon inspect overlays/prod          # a kustomization\n"
		    "  helm template chart | merlon inspect -\n"
		    "  merlon inspect --pss restricted --pss-version 1.29 deploy/\n"
		    "  merlon inspect --fix deploy/ | less\n"
		    "  merlon inspect --fix --write deploy/\n"
		    "  merlon inspect --host web\n"
		    "  merlon inspect --cluster --context prod --namespace shop\n"
		    "  merlon inspect --image web.tar\n"
		    "  merlon inspect --profile recordings/ deploy/\n"
		    "  merlon inspect --host --root /mnt/image --severity high\n"
		    "  merlon inspect --store --format html --output report.html deploy/\n"
		    "  merlon inspect --watch deploy/\n"
		    "  merlon inspect --format sarif --output merlon.sarif .\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.subcommands = subcommands,
	.operand_complete = COMPLETE_FILE,
};
