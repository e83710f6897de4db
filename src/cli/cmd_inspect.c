/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "alert/render.h"
#include "base/fs.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/custom_load.h"
#include "cli/inspect_fix.h"
#include "cli/inspect_history.h"
#include "cli/inspect_inputs.h"
#include "cli/inspect_watch.h"
#include "inspect/report/format.h"
#include "store/history.h"
#include "version.h"

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
	  "with --host: the host whose files are there (an image, a disk), and the containers that Docker keeps there",
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
	  INSPECT_SEVERITIES },
	{ "fail-on", 0, "SEVERITY", "exit with 1 if something at least that severe fails (medium)",
	  false, COMPLETE_WORDS, INSPECT_SEVERITIES " never" },
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

static int write_report(const struct arguments *args, const struct inspect_job *j,
			const struct report *r, const struct trend *trend, struct error *err)
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

static bool is_stored(const struct arguments *args)
{
	return arg_flag(args, "store") || arg_value(args, "store-file");
}

/* Keeps it if that was asked for, and writes the report with what the store says of it. */
static int tell_report(const struct arguments *args, const struct inspect_job *j,
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
	struct inspect_job *job;
};

static int look_again(void *arg, struct inspection **ret, struct error *err)
{
	struct watching *w = arg;
	int r = inspection_new(ret, &w->job->options, err);

	return r ? r : inspect_inputs_add(w->args, w->job, *ret, NULL, err);
}

static int tell_again(void *arg, const struct report *r, bool first, struct error *err)
{
	struct watching *w = arg;

	return tell_report(w->args, w->job, r, first && !arg_flag(w->args, "json"), err);
}

static int watch(const struct arguments *args, struct inspect_job *j, struct error *err)
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

static int inspect(const struct arguments *args, struct inspect_job *j, struct error *err)
{
	cleanup_inspection struct inspection *in = NULL;
	cleanup_inspect_fix struct inspect_fix fix = { .options = &j->options,
						       .aggressive = arg_flag(args, "aggressive"),
						       .write = arg_flag(args, "write"),
						       .json = arg_flag(args, "json") };
	bool fixes = arg_flag(args, "fix");
	const struct report *report;
	int r = inspect_inputs_check(args, err);

	if (!r && arg_flag(args, "watch"))
		return watch(args, j, err);
	if (!r)
		r = inspection_new(&in, &j->options, err);
	if (!r)
		r = inspect_inputs_add(args, j, in, fixes ? &fix : NULL, err);
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
	cleanup_inspect_job struct inspect_job j = { 0 };
	int r = inspect_job_read(args, &j, err);

	if (!r)
		r = inspect_inputs_open(args, &j, err);
	if (!r)
		r = inspect(args, &j, err);
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
		"somewhere below) by helm, if they are installed; they get no network and a minute. Kustomizations below a directory are rendered "
		"where no other builds upon them, and what they are made of is not read once more. Places are those in what they made of it. With --fix, and with "
		"--no-render, files are read as they are.\n\n"
		"A config.json of an OCI bundle, or a directory with one, is known by its content, and so is what docker inspect and podman inspect print; "
		"a directory with config.v2.json and hostconfig.json is what Docker keeps of a container (/var/lib/docker/containers/ID). The checks that "
		"make sense for a container without a cluster are asked. With --host it is the containers that run "
		"here (podman, Docker, containerd, CRI-O, runc, crun), and where one of their processes has more "
		"than was declared (no filter, more capabilities, another mount), that is what counts. Without names the host "
		"itself is inspected before them: Docker, containerd, CRI-O, podman, kubelet and control plane, who may change "
		"their files, the kernel, sshd, mounts. With --root it is the host whose files are below that directory, and the containers that its Docker keeps.\n\n"
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
