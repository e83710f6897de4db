/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/guard_outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/alert_options.h"
#include "guard/document.h"
#include "guard/privilege.h"

#define TELL_NS (60LL * 1000000000)  /* between two alerts of losses */
#define STALE_NS (30LL * 1000000000) /* numbers that are older mean that the engine hangs */

/* --- whose files are ------------------------------------------------------------------------------------ */

/* Gives a file or directory to the user, if it is root's or of a guard that had none. Links are not followed. */
static void give(const char *path, uint32_t uid, uint32_t gid)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st) && (st.st_uid == 0 || privilege_is_nobodys(st.st_uid)) &&
	    (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		(void)!fchown(fd, uid, gid);
}

/* What is missing on the way is for the user alone, too: it has to get there. */
static int give_parents(const char *path, uint32_t uid, uint32_t gid, struct error *err)
{
	char above[PATH_MAX], *slash;
	int r;

	snprintf(above, sizeof(above), "%s", path);
	slash = strrchr(above, '/');
	if (!slash || slash == above)
		return 0;
	*slash = '\0';
	if (fs_is_dir(above))
		return 0;
	r = give_parents(above, uid, gid, err);
	if (!r)
		r = fs_mkdirs(above, 0700, err);
	if (!r)
		give(above, uid, gid);
	return r;
}

static int give_directory(const char *path, uint32_t uid, uint32_t gid, bool ours,
			  struct error *err)
{
	bool there = fs_is_dir(path);
	int r = there ? 0 : give_parents(path, uid, gid, err);

	if (!r && !there)
		r = fs_mkdirs(path, 0700, err);

	if (!r && (!there || ours))
		give(path, uid, gid);
	return r;
}

/* A spool of before is; /var/spool is not, and stays whose it was. */
static bool is_private(const char *directory)
{
	struct stat st;

	return !stat(directory, &st) && !(st.st_mode & (S_IRWXG | S_IRWXO));
}

static bool is_nobodys(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && privilege_is_nobodys(st.st_uid);
}

/* Said here, where it can be said how to mend it. */
static int check_theirs(const char *path, uint32_t uid, uint32_t gid, struct error *err)
{
	struct stat st;

	if (stat(path, &st) || st.st_uid == uid || st.st_mode & S_IWOTH ||
	    (st.st_gid == gid && st.st_mode & S_IWGRP))
		return 0;
	return error_set(err, EACCES,
			 "%s belongs to user %u, and the guard's outputs run as %u: give it to that "
			 "one (chown), name another file, or another user (--user)",
			 path, st.st_uid, uid);
}

static int prepare_store(const char *path, uint32_t uid, uint32_t gid, struct error *err)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char directory[PATH_MAX], file[PATH_MAX];
	int r;

	if (strlen(path) >= sizeof(directory) - 8)
		return error_set(err, ENAMETOOLONG, "%s", path);
	strcpy(directory, path);
	dirname(directory);
	r = give_directory(directory, uid, gid, str_eq(path, STORE_PATH) || is_nobodys(directory),
			   err);
	for (size_t i = 0; !r && i < ARRAY_SIZE(suffixes); i++) {
		snprintf(file, sizeof(file), "%s%s", path, suffixes[i]);
		give(file, uid, gid);
	}
	return r ? r : check_theirs(path, uid, gid, err);
}

struct spool_place {
	const char *path;
	uint32_t uid, gid;
};

static int give_spooled(const char *name, bool is_dir, void *arg)
{
	const struct spool_place *in = arg;
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", in->path, name) < sizeof(path))
		give(path, in->uid, in->gid);
	return 0;
}

static int prepare_spool(const char *path, uint32_t uid, uint32_t gid, struct error *err)
{
	struct spool_place in = { path, uid, gid };
	bool of_before = is_nobodys(path);
	int r = give_directory(path, uid, gid, is_private(path), err);

	if (!r && of_before)
		(void)fs_list(path, give_spooled, &in);
	return r;
}

/* What the sinks write is made while we may, and given to who will write it. */
static int prepare_sink(const char *word, uint32_t uid, uint32_t gid, struct error *err)
{
	struct sink_config c;
	int fd, r = sink_parse(&c, word, err);

	if (r)
		return r;
	if (c.ops == &sink_file && c.target) {
		fd = open(c.target,
			  O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
			  0600);
		if (fd < 0)
			r = error_errno(err, errno, "%s", c.target);
		else
			close(fd);
		give(c.target, uid, gid);
		r = r ? r : check_theirs(c.target, uid, gid, err);
	}
	if (!r && c.spool)
		r = prepare_spool(c.spool, uid, gid, err);
	sink_config_deinit(&c);
	return r;
}

static int prepare_status(const char *path, uint32_t uid, uint32_t gid, struct error *err)
{
	char directory[PATH_MAX];

	if (strlen(path) >= sizeof(directory))
		return error_set(err, ENAMETOOLONG, "%s", path);
	strcpy(directory, path);
	give(path, uid, gid);
	return give_directory(dirname(directory), uid, gid, str_eq(path, GUARD_STATUS_PATH), err);
}

/* Beside the status, which ends with a guard: this is for the next. */
static int prepare_last_seen(struct guard_sinks *s, uint32_t uid, uint32_t gid, struct error *err)
{
	char directory[PATH_MAX], path[PATH_MAX];

	strcpy(directory, s->status); /* as long as prepare_status() has allowed */
	if ((size_t)snprintf(path, sizeof(path), "%s/last-seen.json", dirname(directory)) >=
	    sizeof(path))
		return error_set(err, ENAMETOOLONG, "%s", s->status);
	return last_seen_open(&s->seen, path, uid, gid, err);
}

static int prepare(void *arg, struct error *err)
{
	struct guard_sinks *s = arg;
	uint32_t uid, gid;
	int r = privilege_user(s->user, &uid, &gid, err);

	if (!r && s->store)
		r = prepare_store(s->store, uid, gid, err);
	if (!r)
		r = prepare_status(s->status, uid, gid, err);
	if (!r)
		r = prepare_last_seen(s, uid, gid, err);
	for (size_t i = 0; !r && s->sinks[i]; i++)
		r = prepare_sink(s->sinks[i], uid, gid, err);
	return r;
}

/* --- numbers -------------------------------------------------------------------------------------------- */

/* Texts are borrowed from the document, which stays until the next. */
static void fill(void *context, metric_list *list)
{
	const struct guard_sinks *s = context;
	const json_t *m;
	size_t i;

	json_array_foreach (s->numbers, i, m) {
		struct metric *to = vec_add(list);
		const json_t *label;
		const char *name;
		size_t n = 0;

		if (!to)
			return;
		*to = (struct metric){ .name = json_string_value(json_object_get(m, "name")),
				       .help = json_string_value(json_object_get(m, "help")),
				       .type = json_is_true(json_object_get(m, "gauge")) ?
						       METRIC_GAUGE :
						       METRIC_COUNTER,
				       .value = json_number_value(json_object_get(m, "value")) };
		json_object_foreach ((json_t *)(uintptr_t)json_object_get(m, "labels"), name,
				     label) {
			if (n == METRIC_LABELS)
				break;
			to->labels[n].name = name;
			to->labels[n++].value = json_string_value(label);
		}
	}
}

static const char *health(void *context)
{
	const struct guard_sinks *s = context;

	if (!s->numbers)
		return "the engine has not begun";
	return clock_wall_ns() - s->numbers_ns > STALE_NS ? "the engine does not answer" : NULL;
}

/* --- callbacks ------------------------------------------------------------------------------------------ */

static void tell(void *context, const char *text)
{
	fprintf(stderr, "merlon: %s\n", alert_shown(text));
}

static int open_outputs(void *arg, struct error *err)
{
	struct guard_sinks *s = arg;
	const struct outputs_config config = {
		.sinks = s->sinks,
		.store = { .path = s->store, .keep_ns = s->keep_ns, .max_bytes = s->keep_bytes },
		.metrics = s->metrics,
		.source = { fill, health, s },
		.tell = tell,
	};
	int r = outputs_new(&s->outputs, &config, err);

	if (!r && s->metrics)
		fprintf(stderr, "metrics at port %u\n", outputs_metrics_port(s->outputs));
	return r;
}

/* For merlon top. Two guards take turns. */
static void write_status(const struct guard_sinks *s)
{
	cleanup_json json_t *o = json_pack("{s:I, s:O}", "time", (json_int_t)s->numbers_ns,
					   "metrics", s->numbers);
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	struct error err = ERROR_INIT;

	if (text)
		(void)fs_write_atomic(s->status, text, strlen(text), 0640, &err);
	free(text);
}

/* To people, in the order of time. */
static const char *gap_text(const struct gap *gap, char *out, size_t size)
{
	char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX], processes[96] = "", waiting[96] = "";

	clock_format(gap->from_ns, from);
	clock_format(gap->to_ns, to);
	if (gap->processes >= 0)
		snprintf(processes, sizeof(processes),
			 "; at most %s processes were begun meanwhile",
			 str_grouped((uint64_t)gap->processes));
	if (gap->waiting)
		snprintf(waiting, sizeof(waiting), "; %s alerts of before were not sent yet",
			 str_grouped(gap->waiting));
	snprintf(out, size, "nothing was watched from %s to %s: the guard before %s%s%s", from, to,
		 gap->ended ? "was stopped" : "was killed", processes, waiting);
	return out;
}

/* What nobody has seen can't be proven harmless: who was stopped by its administrator is a smaller matter. */
static void tell_gap(struct guard_sinks *s, const struct gap *gap)
{
	char hostname[HOST_NAME_MAX + 1] = "", text[512], from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX];
	json_t *details;

	clock_format(gap->from_ns, from);
	clock_format(gap->to_ns, to);
	gethostname(hostname, sizeof(hostname) - 1);
	details = json_pack("{s:s, s:s, s:I, s:b, s:I}", "merlon.from", from, "merlon.to", to,
			    "merlon.unwatched_ns", (json_int_t)(gap->to_ns - gap->from_ns),
			    "merlon.stopped", gap->ended, "merlon.waiting",
			    (json_int_t)gap->waiting);
	if (details && gap->processes >= 0)
		json_object_set_new(details, "merlon.processes", json_integer(gap->processes));
	outputs_take_json(s->outputs,
			  document_of_guard(ALERT_LOSS, gap->ended ? ALERT_NOTICE : ALERT_CRITICAL,
					    clock_wall_ns(), text_of(hostname),
					    "merlon: not watched",
					    gap_text(gap, text, sizeof(text)), details));
}

static void take_watched(struct guard_sinks *s, const json_t *o)
{
	struct gap gap;

	if (!o)
		return;
	s->watched = (struct watched){
		.from_ns = json_integer_value(json_object_get(o, "from")),
		.until_ns = json_integer_value(json_object_get(o, "until")),
		.ended = json_is_true(json_object_get(o, "ended")),
	};
	if (last_seen_gap(&s->seen, &s->watched, &gap))
		tell_gap(s, &gap);
	s->watched_more = true;
}

/* Numbers of what no guard has seen, as of those that one counts itself. */
static void add_gaps(const struct guard_sinks *s)
{
	static const char help[] = "Times that nothing was watched since the machine booted",
			  help_seconds[] =
				  "Seconds that nothing was watched since the machine booted";

	json_array_append_new(s->numbers,
			      json_pack("{s:s, s:s, s:b, s:I}", "name", "merlon_gaps_total", "help",
					help, "gauge", 0, "value", (json_int_t)s->seen.gaps));
	json_array_append_new(s->numbers,
			      json_pack("{s:s, s:s, s:b, s:f}", "name",
					"merlon_unwatched_seconds_total", "help", help_seconds,
					"gauge", 0, "value", (double)s->seen.unwatched_ns / 1e9));
}

static void take(json_t *document, void *arg)
{
	struct guard_sinks *s = arg;
	json_t *numbers = json_object_get(document, "metrics");

	if (numbers) {
		json_decref(s->numbers);
		s->numbers = json_incref(numbers);
		s->numbers_ns = clock_wall_ns();
		take_watched(s, json_object_get(document, "watched"));
		add_gaps(s);
		write_status(s);
		json_decref(document);
		return;
	}
	outputs_take_json(s->outputs, document);
}

/* What each has given up since the guard began. */
static json_t *losers(const struct outputs *o)
{
	outputs_counter_list all = { 0 };
	json_t *list = json_array();

	outputs_losses(o, &all);
	vec_foreach(c, &all)
		json_array_append_new(list, json_pack("{s:o, s:s, s:I}", "output",
						      utf8_json(text_of(c->of)), "what", c->name,
						      "lost", (json_int_t)c->value));
	vec_deinit(&all);
	return list;
}

/*
 * An alert that one output could not take goes to the others as a number, at most once a minute. That of this
 * very alert is told of by no further one.
 */
static void tell_losses(struct guard_sinks *s)
{
	uint64_t lost = outputs_lost(s->outputs) - s->lost_told;
	int64_t now = poller_now();
	char hostname[HOST_NAME_MAX + 1] = "", text[128];
	json_t *details;

	if (!lost || (s->lost_told_ns && now - s->lost_told_ns < TELL_NS))
		return;
	gethostname(hostname, sizeof(hostname) - 1);
	snprintf(text, sizeof(text), "%s times an alert was lost to the store or to an output",
		 str_grouped(lost));
	details = json_pack("{s:I, s:o}", "merlon.lost", (json_int_t)lost, "merlon.by_output",
			    losers(s->outputs));
	outputs_take_json(s->outputs, document_of_guard(ALERT_LOSS, ALERT_CRITICAL, clock_wall_ns(),
							text_of(hostname), "merlon: alerts lost",
							text, details));
	s->lost_told = outputs_lost(s->outputs);
	s->lost_told_ns = now;
}

static void turn(void *arg)
{
	struct guard_sinks *s = arg;

	tell_losses(s);
	outputs_turn(s->outputs);
	if (!s->watched_more)
		return;
	s->watched_more = false;
	s->watched.waiting = outputs_queued(s->outputs);
	last_seen_keep(&s->seen, &s->watched);
}

static int fd_of(void *arg)
{
	const struct guard_sinks *s = arg;

	return outputs_fd(s->outputs);
}

static void reopen(void *arg)
{
	struct guard_sinks *s = arg;

	outputs_reopen(s->outputs);
}

static bool close_outputs(void *arg)
{
	struct guard_sinks *s = arg;
	bool lost = outputs_lost(s->outputs) > 0;

	outputs_free(s->outputs);
	last_seen_close(&s->seen);
	json_decref(s->numbers);
	unlink(s->status);
	return lost;
}

void guard_sinks_connect(struct guard_sinks *s, struct guard_outputs *to)
{
	*to = (struct guard_outputs){ .prepare = prepare,
				      .open = open_outputs,
				      .take = take,
				      .turn = turn,
				      .fd = fd_of,
				      .reopen = reopen,
				      .close = close_outputs,
				      .arg = s };
}
