/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/live.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "guard/container_table.h"
#include "guard/kept.h"
#include "guard/process_scan.h"
#include "guard/translate.h"
#include "guard/user_table.h"
#include "identity/container.h"
#include "identity/launch.h"
#include "sensor/event_record.h"
#include "sensor/stream.h"

enum {
	STOP_STEP_NS = 50000000,
	STOP_STEPS = 100,
	LAST_TURNS = 64,
	BUDGET_DEFAULT = 10 << 20,
	LOOK_NS = 1000000000, /* how often is looked after what was lost, and after who ended */
	ENDED_MAX = 256,      /* groups that are gone and have not been told of */
	SWEEP_MAX = 1024,
};

/* A group that was removed, with what it had told: kept until somebody asks. */
struct ended {
	uint64_t cgroup;
	struct abi_budget budget;
};

struct live {
	struct cgroup_layout layout;
	struct call_table calls;
	struct container_table *containers;
	struct process_table *processes;
	struct user_table *users;
	struct translator *translator;
	struct sensor_stream *stream;
	struct kept *kept;
	char hostname[HOST_NAME_MAX + 1];
	char **command; /* of the options */
	char command_cgroup[PATH_MAX];
	pid_t command_pid;
	bool command_ended;
	const struct facts *how; /* who reads of processes */
	bool only_containers;	 /* groups that turn out to be none are not watched any longer */
	struct ended ended[ENDED_MAX];
	size_t ended_count;
	uint64_t births_lost; /* that /proc was read again for */
	int64_t looked_ns, swept_ns;
	uint64_t cgroup;  /* of the event that is handed over */
	live_event_fn fn; /* of the drain that goes on */
	void *arg;
};

/* --- processes that were there before ---------------------------------------------------------------- */

/* Who is whose child: parents may have higher numbers than their children. */
struct kin {
	uint32_t pid, parent;
};

struct census {
	struct process_table *processes;
	int (*put)(struct process_table *t, const struct process_facts *f);
	VEC(struct kin) kin;
};

static int count_process(const struct process_facts *f, void *arg)
{
	struct census *c = arg;
	struct kin *kin = vec_add(&c->kin);

	if (!kin)
		return -ENOMEM;
	*kin = (struct kin){ f->pid, f->parent };
	return c->put(c->processes, f);
}

static int count_processes(struct live *l,
			   int (*put)(struct process_table *t, const struct process_facts *f))
{
	struct census c = { .processes = l->processes, .put = put };
	int r = process_scan_all(l->how, &l->layout, count_process, &c);

	vec_foreach(kin, &c.kin)
		process_table_relate(l->processes, kin->pid, kin->parent);
	vec_deinit(&c.kin);
	return r;
}

static int put_process(const struct process_facts *f, void *arg)
{
	return process_table_put(arg, f);
}

static int scan(struct live *l)
{
	int r = container_table_scan(l->containers);

	sensor_stream_looked(l->stream);
	return r ? r : count_processes(l, process_table_put);
}

/* --- groups that end ----------------------------------------------------------------------------------- */

static void forget_group(struct live *l, uint64_t cgroup)
{
	const struct event_container *c = container_table_own(l->containers, cgroup);

	if (c) {
		process_table_forget_container(l->processes, c);
		user_table_forget(l->users, c);
	}
	container_table_remove(l->containers, cgroup);
}

static void forget_ended(struct live *l, size_t count)
{
	for (size_t i = 0; i < count; i++)
		forget_group(l, l->ended[i].cgroup);
	l->ended_count -= count;
	memmove(l->ended, l->ended + count, l->ended_count * sizeof(*l->ended));
}

static void end_group(struct live *l, uint64_t cgroup)
{
	struct abi_budget b;
	bool told = sensor_stream_budget(l->stream, cgroup, &b);

	sensor_stream_forget(l->stream, cgroup);
	if (!told) {
		forget_group(l, cgroup);
		return;
	}
	if (l->ended_count == ENDED_MAX)
		forget_ended(l, 1);
	l->ended[l->ended_count++] = (struct ended){ cgroup, b };
}

static void on_container(uint64_t cgroup, uint64_t payer, void *arg)
{
	struct live *l = arg;

	/* If the map is full it pays for itself: less fair, but nothing is lost by it. */
	sensor_stream_pay(l->stream, cgroup, payer);
}

static void on_answers(uint64_t cgroup, const struct container_answers *a, void *arg)
{
	struct live *l = arg;

	/* A group that is gone, or that is not watched: no filter looks there. */
	sensor_stream_answer(l->stream, cgroup, a->numbering, a->yes, a->no);
}

void live_ask_of_containers(struct live *l, const struct container_terms *terms)
{
	container_table_answer(l->containers, terms, on_answers, l);
}

/* --- what was missed ------------------------------------------------------------------------------------ */

static bool lives(const struct process *p, void *arg)
{
	(void)arg;
	return !kill((pid_t)p->pid, 0) || errno != ESRCH;
}

/* Births, execs or deaths were lost: the machine knows better what there is. */
static int catch_up(struct live *l)
{
	uint64_t missing[SWEEP_MAX];
	size_t n = container_table_missing(l->containers, missing, SWEEP_MAX);
	int r;

	for (size_t i = 0; i < n; i++)
		end_group(l, missing[i]);
	process_table_sweep(l->processes, lives, NULL);
	sensor_stream_looked(l->stream);
	r = container_table_scan(l->containers);
	return r && r != -ENOSPC ? r : count_processes(l, process_table_put_missing);
}

static int look_after_lost(struct live *l)
{
	struct sensor_stream_stats stats;
	int64_t now = clock_passed_ns();
	int r;

	if (now - l->looked_ns < LOOK_NS)
		return 0;
	l->looked_ns = now;
	r = sensor_stream_statistics(l->stream, &stats);
	if (r || stats.dropped[ABI_DROP_LIFE] == l->births_lost)
		return r;
	l->births_lost = stats.dropped[ABI_DROP_LIFE];
	return catch_up(l);
}

/* All records from before begun_ns have been taken. */
static int look_after_ended(struct live *l, uint64_t begun_ns)
{
	int64_t now = clock_passed_ns();

	if (now - l->swept_ns < LOOK_NS)
		return 0;
	l->swept_ns = now;
	container_table_look_again(l->containers);
	return kept_sweep(l->kept, begun_ns);
}

/* --- what to watch ------------------------------------------------------------------------------------ */

struct watching {
	struct live *live;
	size_t groups;
};

static int watch_group(const char *path, void *arg)
{
	struct watching *w = arg;
	uint64_t id;
	int r;

	if (cgroup_id(&w->live->layout, path, &id))
		return 0; /* gone */
	r = sensor_stream_watch(w->live->stream, id);
	w->groups += r == 0;
	return r;
}

static int watch_container(struct live *l, const container_list *all, const char *name,
			   struct error *err)
{
	struct watching w = { .live = l };
	int r = 0;

	vec_foreach(c, all)
		if (!r && c->cgroup && container_is_called(c, name))
			r = cgroup_each_below(&l->layout, c->cgroup, watch_group, &w);
	if (r)
		return error_errno(err, -r, "cannot watch %s", name);
	return w.groups ? 0 : error_set(err, ENOENT, "no running container is called \"%s\"", name);
}

static int watch_containers(struct live *l, const struct live_options *o, struct error *err)
{
	cleanup_container_list container_list all = { 0 };
	int r = container_list_all(&l->layout, &all, err);

	for (size_t i = 0; !r && i < o->container_count; i++)
		r = watch_container(l, &all, o->containers[i], err);
	return r;
}

static int watch_all_containers(struct live *l, struct error *err)
{
	cleanup_container_list container_list all = { 0 };
	struct watching w = { .live = l };
	int r = container_list_all(&l->layout, &all, err);

	if (r)
		return r;
	vec_foreach(c, &all)
		if (!r && c->cgroup)
			r = cgroup_each_below(&l->layout, c->cgroup, watch_group, &w);
	return r ? error_errno(err, -r, "cannot watch the containers") : 0;
}

static int start_command(struct live *l, char **command, struct error *err)
{
	struct watching w = { .live = l };
	cleanup_fd int procs_fd = -1;
	char name[64];
	int r;

	snprintf(name, sizeof(name), "merlon-events-%d", getpid());
	r = cgroup_create(&l->layout, name, l->command_cgroup, sizeof(l->command_cgroup), err);
	if (r)
		return r;
	r = watch_group(l->command_cgroup, &w);
	if (r || !w.groups)
		return error_errno(err, r ? -r : ENOENT, "cannot watch %s", l->command_cgroup);
	procs_fd = cgroup_open_procs(&l->layout, l->command_cgroup);
	if (procs_fd < 0)
		return error_errno(err, -procs_fd, "control group %s", l->command_cgroup);
	return launch_in_cgroup(command, procs_fd, &l->command_pid, err);
}

/* --- life --------------------------------------------------------------------------------------------- */

static void name_users(struct process *p, void *arg)
{
	struct live *l = arg;
	struct user_names names, login;

	user_table_find(l->users, p->container, (pid_t)p->pid, p->uid, p->gid, &names);
	p->user = names.user;
	p->home = names.home;
	p->shell = names.shell;
	p->group = names.group;
	p->login_user = TEXT_NONE;
	if (p->loginuid == ID_NONE)
		return;
	user_table_find(l->users, NULL, 0, p->loginuid, ID_NONE,
			&login); /* they come from the host */
	p->login_user = login.user;
}

static int make_tables(struct live *l, struct error *err)
{
	int64_t offset = clock_boot_offset_ns();
	int r;

	call_table_fill(&l->calls);
	r = container_table_new(&l->containers, &l->layout, on_container, l);
	if (!r)
		r = process_table_new(&l->processes, offset, container_table_find, l->containers);
	if (!r)
		r = user_table_new(&l->users);
	if (!r)
		process_table_set_users(l->processes, name_users, l);
	if (!r)
		r = translator_new(&l->translator, &l->calls, l->processes, offset);
	return r ? error_errno(err, -r, "tables of processes") : 0;
}

int live_new(struct live **ret, const struct live_options *o, struct error *err)
{
	cleanup_live struct live *l = calloc(1, sizeof(*l));
	struct sensor_stream_options so;
	int r;

	if (!l)
		return error_errno(err, ENOMEM, "events");
	l->how = &facts_direct;
	gethostname(l->hostname, sizeof(l->hostname) - 1);
	r = cgroup_layout_detect(&l->layout, err);
	if (!r)
		r = make_tables(l, err);
	if (r)
		return r;
	call_table_want(&l->calls, o->want);
	translator_want(l->translator, o->want);
	so = (struct sensor_stream_options){
		.hierarchy = l->layout.hierarchy,
		.controller = l->layout.controller,
		.unified = l->layout.unified,
		.everything = !o->container_count && !o->command && !o->all_containers,
		.newborn = o->all_containers,
		.ring_size = o->ring_size,
		.budget = o->budget == LIVE_UNLIMITED ? 0 :
			  o->budget		      ? o->budget :
							BUDGET_DEFAULT,
		.plans = l->calls.plans,
		.calls = o->calls,
		.denials = o->denials,
		.filter_scratch = o->filter_scratch,
	};
	r = sensor_stream_new(&l->stream, &so, err);
	if (r)
		return r;
	r = kept_new(&l->kept, sensor_stream_kept(l->stream), l->processes);
	if (r)
		return error_errno(err, -r, "processes that are not told");
	l->only_containers = o->all_containers;
	l->command = o->command;
	*ret = TAKE_PTR(l);
	return 0;
}

void live_read_by(struct live *l, const struct facts *how)
{
	l->how = how;
	user_table_read_by(l->users, how);
}

void live_know(struct live *l, const struct domain_table *domains)
{
	translator_know(l->translator, domains);
}

int live_look(struct live *l, const struct live_options *o, struct error *err)
{
	/* After the programs are attached: what changes meanwhile waits in the ring, and comes on top. */
	int r = scan(l);

	if (r)
		return error_errno(err, -r, "cannot read who runs on this machine");
	if (o->container_count)
		return watch_containers(l, o, err);
	return o->all_containers ? watch_all_containers(l, err) : 0;
}

size_t live_ran(struct live *l, uint64_t tell_ns, struct abi_ran ret[ABI_RAN_LINES])
{
	return sensor_stream_ran(l->stream, l->cgroup,
				 tell_ns ? (uint64_t)clock_passed_ns() + tell_ns : 0, ret);
}

const struct event_container *live_container_of(const struct live *l, uint32_t pid)
{
	const struct process *p = process_table_find(l->processes, pid);

	return p ? p->container : NULL;
}

int live_start(struct live *l, struct error *err)
{
	return l->command ? start_command(l, l->command, err) : 0;
}

void live_spare(struct live *l, pid_t pid)
{
	sensor_stream_spare(l->stream, (uint32_t)pid);
}

void live_unspare(struct live *l, pid_t pid)
{
	sensor_stream_unspare(l->stream, (uint32_t)pid);
}

/* A command that still runs is asked to end, and made to after a while. */
static void stop_command(struct live *l)
{
	const struct timespec step = { .tv_nsec = STOP_STEP_NS };

	if (!l->command_pid || l->command_ended)
		return;
	kill(l->command_pid, SIGTERM);
	for (int i = 0; i < STOP_STEPS; i++) {
		if (waitpid(l->command_pid, NULL, WNOHANG))
			return;
		nanosleep(&step, NULL);
	}
	kill(l->command_pid, SIGKILL);
	waitpid(l->command_pid, NULL, 0);
}

void live_free(struct live *l)
{
	if (!l)
		return;
	stop_command(l);
	kept_free(l->kept);
	sensor_stream_free(l->stream);
	translator_free(l->translator);
	process_table_free(l->processes);
	user_table_free(l->users);
	container_table_free(l->containers);
	if (*l->command_cgroup)
		cgroup_remove(&l->layout, l->command_cgroup);
	free(l);
}

int live_want(struct live *l, const struct type_set *types, struct error *err)
{
	int r;

	call_table_want(&l->calls, types);
	r = sensor_stream_plan(l->stream, l->calls.plans);
	if (r)
		return error_errno(err, -r, "cannot change what the kernel tells");
	translator_want(l->translator, types);
	return 0;
}

int live_load_filter(struct live *l, const struct program_source *p, int *ret_fd, struct error *err)
{
	return sensor_stream_load(l->stream, p, ret_fd, err);
}

int live_filter(struct live *l, const struct call_row *row, int fd, struct sensor_reads reads)
{
	int r = 0;

	for (uint32_t slot = 0; !r && slot < CALL_SLOTS; slot++)
		if (l->calls.rows[slot] == row)
			r = sensor_stream_filter(l->stream, slot, fd, reads);
	return r;
}

int live_attach(struct live *l, const struct type_set *types, struct error *err)
{
	static const struct {
		struct text type;
		int (*attach)(struct sensor_stream *s, bool wanted);
		const char *what;
	} extras[] = {
		{ TEXT("capability"), sensor_stream_capabilities, "capabilities that are used" },
		{ TEXT("sysctl"), sensor_stream_sysctls,
		  "parameters of the kernel that are written" },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(extras); i++) {
		uint32_t type = event_type_index(event_type_find(extras[i].type));
		int failed = extras[i].attach(l->stream, type_set_has(types, type));

		if (failed)
			r = error_errno(err, -failed, "events of %s", extras[i].what);
	}
	return r;
}

int live_load_exec_filter(struct live *l, const struct program_source *p, int *ret_fd,
			  struct error *err)
{
	return sensor_stream_load_exec(l->stream, p, ret_fd, err);
}

int live_filter_exec(struct live *l, bool at, int fd)
{
	return sensor_stream_filter_exec(l->stream, at, fd);
}

void live_keep(struct live *l, bool on)
{
	sensor_stream_keep(l->stream, on);
}

bool live_tells_paths(const struct live *l)
{
	return sensor_stream_tells_paths(l->stream);
}

int live_fd(const struct live *l)
{
	return sensor_stream_fd(l->stream);
}

/* Whom the record is about, and whom it names, if the kernel kept them. */
static int bring_kept(struct live *l, const struct abi_event *record)
{
	size_t slot = record->table * (size_t)ABI_CALL_NR_MAX + record->nr;
	const struct call_row *row = record->kind == ABI_EVENT_CALL &&
						     record->nr < ABI_CALL_NR_MAX ?
					     l->calls.rows[slot] :
					     NULL;
	bool acts = record->kind == ABI_EVENT_CALL ||
		    record->flags & (ABI_EVENT_DENIED | ABI_EVENT_WOULD_DENY);
	uint32_t number = 0, pidns = 0;
	int r = 0;

	/* The record that said so may have been lost. */
	if (record->flags & ABI_EVENT_UNTOLD ||
	    (acts && !process_table_find(l->processes, record->tgid)))
		r = kept_bring(l->kept, record);
	if (r || !row || !row->target)
		return r;
	if (row->target == TARGET_PIDFD)
		number = record->call.target;
	else if ((int32_t)record->call.args[row->target - TARGET_ARG] > 0)
		number = (uint32_t)record->call.args[row->target - TARGET_ARG];
	if (row->target != TARGET_PIDFD)
		pidns = process_table_namespace(l->processes, record->tgid);
	/* It may be another's than whom we know by it, or run another program. */
	return number ? kept_bring_other(l->kept, number, pidns, record->time_ns) : 0;
}

/* Who had the number before is gone, if that was not told. */
static int add_group(struct live *l, const struct abi_event *record)
{
	struct text path = event_record_text(record, ABI_TEXT_GROUP),
		    before = container_table_path(l->containers, record->cgroup);

	if (before.data && path.data && !text_eq(before, path))
		forget_group(l, record->cgroup);
	return container_table_add(l->containers, record->cgroup, record->group.parent, path);
}

static int on_record(const struct abi_event *record, void *arg)
{
	struct live *l = arg;
	struct event ev;
	bool stood_in = false;
	int r = 0;

	if (record->kind == ABI_EVENT_CGROUP) {
		r = add_group(l, record);
		return r == -ENOSPC ? 0 : r;
	}
	if (l->only_containers && record->flags & ABI_EVENT_WATCHED &&
	    container_table_is_none(l->containers, record->cgroup))
		sensor_stream_unwatch(l->stream, record->cgroup);
	if (record->kind == ABI_EVENT_EXEC || record->flags & ABI_EVENT_UNTOLD) {
		container_table_ask_again(l->containers, record->cgroup);
		if (record->vtid != record->tid)
			container_table_presume(l->containers, record->cgroup);
	}
	if (record->kind == ABI_EVENT_CGROUP_GONE) {
		end_group(l, record->cgroup);
		return 0;
	}
	r = bring_kept(l, record);
	/* Its birth was lost: /proc may still know. */
	if (!r && record->kind == ABI_EVENT_CALL && !process_table_find(l->processes, record->tgid))
		r = process_scan_one(l->how, &l->layout, record->tgid, put_process, l->processes);
	if (r == -ESRCH && record->kind == ABI_EVENT_CALL) {
		r = process_table_stand_in(l->processes, record);
		stood_in = true;
	}
	if (r && r != -ESRCH)
		return r;
	r = translator_take(l->translator, record, &ev);
	if (r > 0) {
		ev.hostname = text_of(l->hostname);
		l->cgroup = record->cgroup;
		r = l->fn(&ev, l->arg);
	}
	translator_done(l->translator, record);
	if (stood_in)
		process_table_remove(l->processes, record->tgid);
	kept_done(l->kept);
	return r < 0 ? r : 0;
}

int live_drain(struct live *l, live_event_fn fn, void *arg)
{
	int r;

	l->fn = fn;
	l->arg = arg;
	const uint64_t begun = (uint64_t)clock_passed_ns();

	r = sensor_stream_drain(l->stream, on_record, l);
	if (!r)
		r = look_after_ended(l, begun);
	return r ? r : look_after_lost(l);
}

int live_drain_all(struct live *l, live_event_fn fn, void *arg)
{
	int r = 1;

	for (int i = 0; r == 1 && i < LAST_TURNS; i++)
		r = live_drain(l, fn, arg);
	return r < 0 ? r : 0;
}

static int stop_at_first(pid_t pid, void *arg)
{
	(void)pid;
	(void)arg;
	return 1;
}

static int is_populated(const char *path, void *arg)
{
	struct live *l = arg;

	return cgroup_each_process(&l->layout, path, stop_at_first, NULL) == 1;
}

bool live_is_over(struct live *l)
{
	if (!l->command_pid) /* none, or not started yet */
		return false;
	if (!l->command_ended)
		l->command_ended = waitpid(l->command_pid, NULL, WNOHANG) == l->command_pid;
	return l->command_ended &&
	       cgroup_each_below(&l->layout, l->command_cgroup, is_populated, l) != 1;
}

static struct live_lost lost_of(const uint64_t dropped[ABI_DROPS])
{
	return (struct live_lost){ .ring = dropped[ABI_DROP_RING],
				   .budget = dropped[ABI_DROP_BUDGET],
				   .life = dropped[ABI_DROP_LIFE] };
}

int live_statistics(const struct live *l, struct live_stats *ret)
{
	struct sensor_stream_stats stats;
	int r = sensor_stream_statistics(l->stream, &stats);

	*ret = (struct live_stats){ .lost = lost_of(stats.dropped),
				    .malformed = stats.malformed,
				    .looked_at = stats.looked_at,
				    .remembered = stats.remembered,
				    .not_kept = { stats.not_kept[ABI_KEEP_FULL],
						  stats.not_kept[ABI_KEEP_LARGE] },
				    .processes = process_table_count(l->processes) };
	ret->dropped = ret->lost.ring + ret->lost.budget + ret->lost.life;
	return r;
}

struct load_teller {
	struct live *live;
	live_load_fn fn;
	void *arg;
	bool ended;
};

static int tell_load(uint64_t cgroup, const struct abi_budget *b, void *arg)
{
	const struct load_teller *t = arg;
	uint64_t dropped[ABI_DROPS];
	struct live_load load = {
		.container = container_table_own(t->live->containers, cgroup),
		.group = container_table_path(t->live->containers, cgroup),
		.told = b->told,
		.ended = t->ended,
	};

	for (unsigned i = 0; i < ABI_DROPS; i++)
		dropped[i] = b->dropped[i];
	load.lost = lost_of(dropped);
	return t->fn(&load, t->arg);
}

int live_loads(struct live *l, live_load_fn fn, void *arg)
{
	struct load_teller t = { .live = l, .fn = fn, .arg = arg, .ended = true };
	int r = 0;

	for (size_t i = 0; !r && i < l->ended_count; i++)
		r = tell_load(l->ended[i].cgroup, &l->ended[i].budget, &t);
	t.ended = false;
	return r ? r : sensor_stream_budgets(l->stream, tell_load, &t);
}

void live_forget_ended(struct live *l)
{
	forget_ended(l, l->ended_count);
}
