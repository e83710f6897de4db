/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/commands.h"
#include "profile/json.h"
#include "record/session.h"
#include "record/state.h"

static const struct option_def options[] = {
	{ "container", 'c', "ID|NAME", "record this container", true, COMPLETE_NONE, NULL },
	{ "pod", 0, "NS/NAME", "record the containers of this pod (shell pattern), also later ones",
	  true, COMPLETE_NONE, NULL },
	{ "image", 0, "PATTERN", "record containers of this image (shell pattern), also later ones",
	  true, COMPLETE_NONE, NULL },
	{ "cgroup", 0, "PATH", "record this control group, container or not", true, COMPLETE_DIR,
	  NULL },
	{ "all", 'a', NULL, "record every container, also those that start later", false,
	  COMPLETE_NONE, NULL },
	{ "wait", 'w', NULL, "wait for named containers that do not run, and for them to come back",
	  false, COMPLETE_NONE, NULL },
	{ "duration", 'd', "TIME", "end after this time (90s, 10m, 1h30m)", false, COMPLETE_NONE,
	  NULL },
	{ "output", 'o', "DIR", "write profiles here (default: the current directory)", false,
	  COMPLETE_DIR, NULL },
	{ "name", 'n', "NAME",
	  "name of the recording and, if it is about one workload, of its profile", false,
	  COMPLETE_NONE, NULL },
	{ "capacity", 0, "N", "make room in the kernel for this many containers", false,
	  COMPLETE_NONE, NULL },
	{ "hooks", 0, "KIND", "use no better kernel hooks than these: fentry, kprobe or tracepoint",
	  false, COMPLETE_WORDS, "fentry kprobe tracepoint" },
	{ "quiet", 'q', NULL, "show no progress", false, COMPLETE_NONE, NULL },
	{ "json", 0, NULL, "print the result as JSON", false, COMPLETE_NONE, NULL },
	{ "snapshot", 0, "NAME", "write the profiles of a running recording, which goes on", false,
	  COMPLETE_NONE, NULL },
	{ "end", 0, "NAME",
	  "write the profiles of a recording whose process is gone, and remove it", false,
	  COMPLETE_NONE, NULL },
	{ "list", 0, NULL, "list recordings", false, COMPLETE_NONE, NULL },
};

enum { STOP_GRACE_S = 5 };

/* --- what to record ----------------------------------------------------------------------------- */

static int add_values(const struct arguments *args, const char *option, char ***items, size_t *len,
		      size_t *size)
{
	const char *value;

	for (size_t i = 0; (value = arg_value_at(args, option, i)); i++) {
		if (!vec_grow((void **)items, size, *len, sizeof(char *)))
			return -ENOMEM;
		(*items)[*len] = strdup(value);
		if (!(*items)[*len])
			return -ENOMEM;
		(*len)++;
	}
	return 0;
}

#define ADD(args, option, v) add_values(args, option, &(v)->items, &(v)->len, &(v)->size)

/* A name for a recording that was given none: of what it is about. */
static void default_name(const struct session_options *o, char *out, size_t size)
{
	const char *from = "all";

	if (o->command)
		from = o->command[0];
	else if (o->selection.containers.len)
		from = o->selection.containers.items[0];
	else if (o->selection.pods.len)
		from = o->selection.pods.items[0];
	else if (o->selection.images.len)
		from = o->selection.images.items[0];
	else if (o->selection.cgroups.len)
		from = o->selection.cgroups.items[0];
	if (strrchr(from, '/') && strrchr(from, '/')[1])
		from = strrchr(from, '/') + 1;
	snprintf(out, size, "%.100s", from);
	for (char *p = out; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') &&
		    !(*p >= '0' && *p <= '9') && !strchr("._-", *p))
			*p = '_';
	if (out[0] == '.' || !out[0])
		out[0] = '_';
}

static int read_options(const struct arguments *args, struct session_options *o, char *name,
			size_t name_size, uint64_t *ret_duration_ns, struct error *err)
{
	static const char *const kinds[] = { [RECORDER_RUNG_FENTRY] = "fentry",
					     [RECORDER_RUNG_KPROBE] = "kprobe",
					     [RECORDER_RUNG_TRACEPOINT] = "tracepoint" };
	const char *duration = arg_value(args, "duration"), *hooks = arg_value(args, "hooks");
	const char *capacity = arg_value(args, "capacity");
	uint64_t n = 0;
	size_t operands;
	char **command = arg_operands(args, &operands);

	if (ADD(args, "container", &o->selection.containers) ||
	    ADD(args, "pod", &o->selection.pods) || ADD(args, "image", &o->selection.images) ||
	    ADD(args, "cgroup", &o->selection.cgroups))
		return error_errno(err, ENOMEM, "arguments");
	o->selection.all = arg_flag(args, "all");
	o->command = operands ? command : NULL;
	o->wait = arg_flag(args, "wait");
	o->output_dir = arg_value(args, "output") ? arg_value(args, "output") : ".";
	if (o->command && !selection_is_empty(&o->selection))
		return error_set(err, USAGE_ERROR, "give either containers or a command to record");
	if (!o->command && selection_is_empty(&o->selection))
		return error_set(err, USAGE_ERROR,
				 "nothing to record: name a --container, --pod, --image or "
				 "--cgroup, say --all, or give a command after --");
	if (duration && (!str_to_duration(duration, ret_duration_ns) || !*ret_duration_ns))
		return error_set(err, USAGE_ERROR, "\"%s\" is not a duration (90s, 10m, 1h30m)",
				 duration);
	if (capacity && (!str_to_u64(capacity, &n) || n < 1 || n > 4096))
		return error_set(err, USAGE_ERROR, "--capacity must be a number from 1 to 4096");
	o->containers = (unsigned)n;
	for (size_t i = 1; hooks && i < ARRAY_SIZE(kinds); i++)
		if (str_eq(kinds[i], hooks))
			o->rung = (enum recorder_rung)i;
	if (hooks && o->rung == RECORDER_RUNG_AUTO)
		return error_set(err, USAGE_ERROR, "--hooks must be fentry, kprobe or tracepoint");
	default_name(o, name, name_size);
	o->name = arg_value(args, "name") ? arg_value(args, "name") : name;
	return 0;
}

/* --- progress ----------------------------------------------------------------------------------- */

struct progress {
	bool shown, terminal;
	uint64_t next_ns; /* CLOCK_BOOTTIME */
};

static void progress_show(struct progress *p, const struct session *s)
{
	struct collect_stats stats;
	char quiet[CLOCK_TEXT_MAX];
	uint64_t now = recorder_now_ns();
	size_t running = 0;

	if (!p->shown || now < p->next_ns || session_statistics(s, &stats))
		return;
	/* On a terminal one line that changes; in a log a line every half minute. */
	p->next_ns = now + (p->terminal ? 1 : 30) * 1000000000ULL;
	for (size_t i = 0; i < session_workload_count(s); i++)
		running += !session_workload(s, i)->ended;
	clock_format_age(stats.last_fact_ns ? (int64_t)(recorder_now_ns() - stats.last_fact_ns) : 0,
			 quiet);
	fprintf(stderr, "%s%zu recorded, %s calls, %zu different, %s facts, quiet for %s%s",
		p->terminal ? "\r\033[K" : "", running, str_grouped(stats.calls), stats.distinct,
		str_grouped(stats.facts), quiet, p->terminal ? "" : "\n");
	if (stats.losses && p->terminal)
		fprintf(stderr, ", %s LOST", str_grouped(stats.losses));
	fflush(stderr);
}

static void progress_end(const struct progress *p)
{
	if (p->shown && p->terminal)
		fputs("\r\033[K", stderr);
}

/* --- the result --------------------------------------------------------------------------------- */

/* How many files and network facts are the workload's own: the runtime's are in the profile too. */
static void count_own(const struct profile *p, size_t *ret_files, size_t *ret_peers)
{
	*ret_files = *ret_peers = 0;
	vec_foreach(f, &p->files)
		*ret_files += f->layer == PROFILE_APP;
	vec_foreach(peer, &p->peers)
		*ret_peers += peer->layer == PROFILE_APP;
}

static json_t *workload_json(const struct session_workload *w, const struct profile *p)
{
	json_t *o = json_object();
	uint64_t lost = 0;
	size_t files, peers;

	json_set_string(o, "name", w->who.name);
	json_set_string(o, "id", w->who.id);
	json_set_string(o, "profile", w->profile_path);
	if (p) {
		json_object_set_new(o, "startSeen", json_boolean(p->recording.start_seen));
		for (int i = 0; i < ABI_LOSSES; i++)
			lost += i == ABI_LOSS_NOTICES ? 0 : p->recording.losses[i];
		json_object_set_new(
			o, "syscalls",
			json_integer((json_int_t)profile_count_calls(p, 1u << PROFILE_APP, false)));
		json_object_set_new(o, "runtimeSyscalls",
				    json_integer((json_int_t)profile_count_calls(
					    p, 1u << PROFILE_TAIL, false)));
		json_object_set_new(
			o, "refusedSyscalls",
			json_integer((json_int_t)profile_count_calls(p, 1u << PROFILE_APP, true)));
		count_own(p, &files, &peers);
		json_object_set_new(o, "files", json_integer((json_int_t)files));
		json_object_set_new(o, "peers", json_integer((json_int_t)peers));
		json_object_set_new(o, "lost", json_u64(lost));
	}
	return o;
}

static void print_workload(const struct session_workload *w, const struct profile *p)
{
	uint64_t caps = 0, lost = 0;
	size_t files, peers;
	char name[256];

	str_printable(name, sizeof(name), w->who.name, strlen(w->who.name));
	printf("%s\n", name);
	if (p) {
		vec_foreach(c, &p->caps)
			if (c->layer == PROFILE_APP && c->outcome == ABI_CAP_USED)
				caps |= 1ULL << c->cap;
		for (int i = 0; i < ABI_LOSSES; i++)
			lost += i == ABI_LOSS_NOTICES ? 0 : p->recording.losses[i];
		count_own(p, &files, &peers);
		printf("  learned  %zu system calls, %d capabilities, %zu files, %zu network facts\n",
		       profile_count_calls(p, 1u << PROFILE_APP, false), __builtin_popcountll(caps),
		       files, peers);
		if (profile_count_calls(p, 1u << PROFILE_TAIL, false))
			printf("  runtime  %zu more calls are %s's, after it has loaded the filter\n",
			       profile_count_calls(p, 1u << PROFILE_TAIL, false),
			       p->runtime.name ? p->runtime.name : "the runtime");
		if (profile_count_calls(p, 1u << PROFILE_APP, true))
			printf("  denied   %zu calls by a filter in force\n",
			       profile_count_calls(p, 1u << PROFILE_APP, true));
		if (lost)
			printf("  LOST     %s facts: see \"losses\" in the profile\n",
			       str_grouped(lost));
		vec_foreach(note, &p->notes)
			printf("  note     %s\n", *note);
	}
	printf("  profile  %s\n", w->profile_path ? w->profile_path : "(not written)");
}

static void print_result(const struct session *s, const char *name, bool as_json)
{
	cleanup_json json_t *list = json_array();

	for (size_t i = 0; i < session_workload_count(s); i++) {
		const struct session_workload *w = session_workload(s, i);
		cleanup_profile struct profile *p = w->profile_path ?
							    profile_load(w->profile_path, NULL) :
							    NULL;

		if (as_json)
			json_array_append_new(list, workload_json(w, p));
		else
			print_workload(w, p);
	}
	if (as_json) {
		cleanup_json json_t *root = json_object();

		json_object_set_new(root, "name", json_string(name));
		json_object_set(root, "workloads", list);
		json_dumpf(root, stdout, JSON_INDENT(2));
		putchar('\n');
	}
}

/* --- running ------------------------------------------------------------------------------------ */

static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Asks a command of ours to end, at first kindly. */
static void stop_command(const struct session *s, unsigned times)
{
	pid_t pid = session_command_pid(s);

	if (pid)
		kill(pid, times > 1 ? SIGKILL : SIGTERM);
}

static int loop(struct session *s, int signals, uint64_t duration_ns, struct progress *progress,
		struct error *err)
{
	uint64_t start = recorder_now_ns(), stop_at = 0;
	struct pollfd fds[] = { { .fd = session_poll_fd(s), .events = POLLIN },
				{ .fd = signals, .events = POLLIN } };
	unsigned stops = 0;
	int r = 0;

	while (!r) {
		struct signalfd_siginfo info;
		uint64_t now;

		if (poll(fds, ARRAY_SIZE(fds), session_poll_ms(s)) < 0 && errno != EINTR)
			return error_errno(err, errno, "poll");
		while (read(signals, &info, sizeof(info)) == sizeof(info)) {
			if (info.ssi_signo == SIGUSR1)
				r = session_snapshot(s, err);
			else if (info.ssi_signo != SIGCHLD)
				stops++;
		}
		r = r ? r : session_step(s, err);
		progress_show(progress, s);
		now = recorder_now_ns();
		if (duration_ns && now - start >= duration_ns && !stops)
			stops = 1;
		if (session_is_over(s) || (stops && !session_command_pid(s)))
			break;
		if (stops && (!stop_at || now >= stop_at || stops > 1)) {
			stop_command(s, stop_at ? 2 : 1);
			stop_at = now + STOP_GRACE_S * 1000000000ULL;
			stops = 1;
		}
	}
	return r;
}

static int record(const struct arguments *args, const struct session_options *o,
		  uint64_t duration_ns, struct error *err)
{
	struct progress progress = { .shown = !arg_flag(args, "quiet"),
				     .terminal = isatty(STDERR_FILENO) };
	cleanup_session struct session *s = NULL;
	cleanup_fd int signals = -1;
	bool resumed = false;
	int r = session_open(&s, o, &resumed, err), status;

	if (r)
		return r;
	signals = signals_open();
	if (signals < 0)
		return error_errno(err, errno, "signalfd");
	if (resumed && progress.shown)
		fprintf(stderr, "going on with recording \"%s\", whose process had ended\n",
			o->name);
	r = session_begin(s, err);
	if (!r)
		r = loop(s, signals, duration_ns, &progress, err);
	progress_end(&progress);
	if (r && session_workload_count(s) && !resumed && !o->command) {
		/* What was learned must not be lost to a failure here: leave it in the kernel. */
		error_prefix(err, "recording \"%s\" is kept in the kernel", o->name);
		return r;
	}
	if (!r)
		r = session_snapshot(s, err);
	if (r == -ENOSPC || r == -EROFS || r == -EDQUOT || r == -EACCES) {
		error_prefix(err,
			     "recording \"%s\" is kept in the kernel: make room, then merlon "
			     "record --end %s -o DIR",
			     o->name, o->name);
		return r;
	}
	if (session_end(s, r ? NULL : err) && !r)
		r = -err->code;
	if (r)
		return r;
	if (session_command_status(s, &status) && status && progress.shown)
		fprintf(stderr, "the command ended with %s %d\n",
			WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	if (!session_workload_count(s))
		return error_set(err, ENOENT, "no container matched while recording");
	print_result(s, o->name, arg_flag(args, "json"));
	return EXIT_OK;
}

/* --- other recordings --------------------------------------------------------------------------- */

static int list(bool as_json, struct error *err)
{
	session_list all = { 0 };
	cleanup_json json_t *json = json_array();
	int r = session_list_all(&all, err);

	vec_foreach(info, &all) {
		if (as_json) {
			json_t *o = json_object();

			json_object_set_new(o, "name", json_string(info->name));
			json_object_set_new(o, "live", json_boolean(info->live));
			json_array_append_new(json, o);
		} else {
			printf("%-32s %s\n", info->name,
			       info->live ? "running" : "without a process: goes on in the kernel");
		}
	}
	if (as_json && !r) {
		json_dumpf(json, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	session_list_deinit(&all);
	return r;
}

static int visit(const struct arguments *args, const char *name, bool end, struct error *err)
{
	const char *dir = arg_value(args, "output") ? arg_value(args, "output") : ".";
	cleanup_session struct session *s = NULL;
	int r;

	if (geteuid() != 0)
		return error_set(err, EPERM, "this needs root");
	if (end && state_is_locked(name))
		return error_set(err, EBUSY, "recording \"%s\" has a process: end that (Ctrl-C)",
				 name);
	r = session_visit(&s, name, dir, err);
	if (!r)
		r = session_step(s, err);
	if (!r)
		r = session_snapshot(s, err);
	if (!r && end)
		r = session_end(s, err);
	if (!r)
		print_result(s, name, arg_flag(args, "json"));
	return r;
}

static int run(const struct arguments *args, struct error *err)
{
	struct session_options o = { 0 };
	uint64_t duration_ns = 0;
	char name[128];
	int r;

	if (arg_flag(args, "list"))
		return list(arg_flag(args, "json"), err);
	if (arg_value(args, "snapshot"))
		return visit(args, arg_value(args, "snapshot"), false, err);
	if (arg_value(args, "end"))
		return visit(args, arg_value(args, "end"), true, err);
	r = read_options(args, &o, name, sizeof(name), &duration_ns, err);
	if (!r)
		r = record(args, &o, duration_ns, err);
	selection_deinit(&o.selection);
	return r;
}

const struct command cmd_record = {
	.name = "record",
	.summary = "watch containers and learn what they need",
	.operands = "[-- COMMAND [ARGUMENT]...]",
	.description =
		"Watches containers, control groups or a command, and writes for each a profile of "
		"what it needed: system calls with the arguments that decide danger, capabilities, "
		"files, executables, network; every fact with who did it, when, and how often. "
		"NAME.merlon.json is the profile, NAME.seccomp.json and NAME.capabilities.json are "
		"made from it at once; merlon profile makes the rest.\n\n"
		"Nothing is sent per call: facts are counted in the kernel. A recording survives its "
		"process: start the same one again and it goes on, or write and remove it with "
		"--end. SIGUSR1 or --snapshot writes the profiles and goes on recording. Ctrl-C "
		"writes them and ends.\n\n"
		"Containers that already run can be recorded; the profile then says that their start "
		"was not seen. What came in later by exec, a probe or a debug shell is kept apart "
		"from the workload.",
	.examples = "  merlon record -c web                     # until it ends, or Ctrl-C\n"
		    "  merlon record --wait -c web -o profiles  # from its first moment\n"
		    "  merlon record --all -d 1h -o profiles    # everything on this host\n"
		    "  merlon record -- nginx -t                # a command of its own\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.command_follows = true,
};
