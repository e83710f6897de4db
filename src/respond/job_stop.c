/* SPDX-License-Identifier: Apache-2.0 */
#include "respond/job.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "identity/process.h"
#include "respond/cage.h"

enum { ROUNDS = 200, TREE_ROUNDS = 16, DEFUNCT_LOOKS = 200 };
#define STEP_NS 5000000L

static void rest(void)
{
	const struct timespec step = { .tv_nsec = STEP_NS };

	nanosleep(&step, NULL);
}

/* --- one process ----------------------------------------------------------------------------------------- */

static enum hand_outcome kill_process(struct job *j)
{
	if (j->target->pidfd < 0)
		return job_say(j, HAND_GONE, "it had ended");
	if (j->dry)
		return job_say(j, HAND_WOULD, "process %d would be sent signal %u", j->target->pid,
			       j->rq->signal);
	if (syscall(SYS_pidfd_send_signal, j->target->pidfd, (int)j->rq->signal, NULL, 0))
		return errno == ESRCH ? job_say(j, HAND_GONE, "it had ended") :
					job_fail(j, errno, "it can't be sent a signal");
	return job_say(j, HAND_DONE, "process %d was sent signal %u", j->target->pid,
		       j->rq->signal);
}

/* --- trees ----------------------------------------------------------------------------------------------- */

struct sending {
	int signal;
	json_t *note; /* [[pid, start], ...] */
};

static bool is_noted(const json_t *note, pid_t pid, uint64_t start)
{
	const json_t *one;
	size_t i;

	json_array_foreach (note, i, one)
		if (json_integer_value(json_array_get(one, 0)) == pid &&
		    (uint64_t)json_integer_value(json_array_get(one, 1)) == start)
			return true;
	return false;
}

static int stop_new(pid_t pid, uint64_t start_ticks, void *arg)
{
	struct sending *s = arg;

	if (is_noted(s->note, pid, start_ticks))
		return 0;
	json_array_append_new(s->note,
			      json_pack("[I, I]", (json_int_t)pid, (json_int_t)start_ticks));
	target_signal(pid, start_ticks, s->signal);
	return 0;
}

/* Who is stopped has no more children; so at last none is new. Returns how many there are. */
static size_t stop_tree(const struct target_limits *l, const struct target *t, json_t *note)
{
	struct sending s = { .signal = SIGSTOP, .note = note };
	size_t before = SIZE_MAX;

	for (int i = 0; i < TREE_ROUNDS && json_array_size(note) != before; i++) {
		before = json_array_size(note);
		target_each_in_tree(l, t, stop_new, &s);
	}
	return json_array_size(note);
}

static size_t signal_noted(const json_t *note, int signal)
{
	const json_t *one;
	size_t i, sent = 0;

	json_array_foreach (note, i, one)
		sent += target_signal((pid_t)json_integer_value(json_array_get(one, 0)),
				      (uint64_t)json_integer_value(json_array_get(one, 1)),
				      signal) == 0;
	return sent;
}

static int count_one(pid_t pid, uint64_t start_ticks, void *arg)
{
	(void)pid;
	(void)start_ticks;
	++*(size_t *)arg;
	return 0;
}

static size_t count_tree(const struct job *j)
{
	size_t n = 0;

	target_each_in_tree(j->limits, j->target, count_one, &n);
	return n;
}

static enum hand_outcome kill_tree(struct job *j)
{
	unsigned signal = j->rq->signal;
	size_t n, sent;
	json_t *note;

	if (j->dry)
		return job_say(j, HAND_WOULD, "%zu processes would be sent signal %u",
			       count_tree(j), signal);
	note = json_array();
	n = stop_tree(j->limits, j->target, note);
	sent = signal_noted(note, (int)signal);
	/* A signal that is not SIGKILL waits until they run on. */
	if (signal != SIGKILL)
		signal_noted(note, SIGCONT);
	json_decref(note);
	if (!n)
		return job_say(j, HAND_GONE, "it had ended");
	return job_say(j, sent ? HAND_DONE : HAND_FAILED,
		       "%zu of %zu processes were sent signal %u", sent, n, signal);
}

/* --- containers ------------------------------------------------------------------------------------------ */

struct sweep {
	const struct target_limits *l;
	int signal;
	size_t found;
};

static bool is_dead(pid_t pid)
{
	char path[64], line[512];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (fs_read_line(path, line, sizeof(line)))
		return true;
	state = strrchr(line, ')');
	return !state || (state[1] == ' ' && strchr("ZX", state[2]));
}

static int sweep_process(pid_t pid, void *arg)
{
	struct sweep *s = arg;
	struct process_status p;

	if (pid <= 1 || is_dead(pid) || process_read(pid, &p))
		return 0;
	s->found++;
	if (s->signal)
		target_signal(pid, p.start_ticks, s->signal);
	return 0;
}

static int sweep_group(const char *path, void *arg)
{
	struct sweep *s = arg;

	cgroup_each_process(&s->l->layout, path, sweep_process, s);
	return 0;
}

static size_t sweep(const struct target_limits *l, const struct target *t, int signal)
{
	struct sweep s = { .l = l, .signal = signal };

	cgroup_each_below(&l->layout, t->container.cgroup, sweep_group, &s);
	return s.found;
}

static size_t end_all(struct job *j)
{
	const struct target_limits *l = j->limits;
	struct cage cage;
	bool caged = !cage_find(&l->layout, &j->target->container, &cage);
	size_t left = 1;

	/* All at once where the kernel can; else stopped first, so that none gets away by forking. */
	if (!caged || cage_kill(&cage)) {
		bool frozen = caged && cage_freeze(&cage) >= 0;

		sweep(l, j->target, SIGKILL);
		if (frozen)
			cage_thaw(&cage);
	}
	for (int i = 0; i < ROUNDS && left; i++) {
		left = sweep(l, j->target, SIGKILL);
		if (left)
			rest();
	}
	return left;
}

static enum hand_outcome kill_container(struct job *j)
{
	size_t n = sweep(j->limits, j->target, 0), left;
	unsigned signal = j->rq->signal;

	if (!n)
		return job_say(j, HAND_GONE, "it had ended");
	if (j->dry)
		return job_say(j, HAND_WOULD, "%zu processes would be sent signal %u", n, signal);
	if (signal != SIGKILL) {
		sweep(j->limits, j->target, (int)signal);
		return job_say(j, HAND_DONE, "%zu processes were sent signal %u", n, signal);
	}
	left = end_all(j);
	if (left)
		return job_say(j, HAND_FAILED, "%zu of its %zu processes are left", left, n);
	return job_say(j, HAND_DONE, "its %zu processes were ended", n);
}

enum hand_outcome job_kill(struct job *j)
{
	static enum hand_outcome (*const by_scope[HAND_SCOPES])(struct job *) = {
		[HAND_PROCESS] = kill_process,
		[HAND_TREE] = kill_tree,
		[HAND_CONTAINER] = kill_container,
	};

	return by_scope[j->rq->scope](j);
}

/* --- freezing -------------------------------------------------------------------------------------------- */

static enum hand_outcome freeze_container(struct job *j)
{
	struct cage cage;
	int r = cage_find(&j->limits->layout, &j->target->container, &cage);

	if (r == -EBUSY)
		return job_say(j, HAND_REFUSED,
			       "the container shares its freezer group with others");
	if (r)
		return job_fail(j, -r, "its freezer group");
	if (cage_is_frozen(&cage) == 1)
		return job_say(j, HAND_ALREADY, "it is frozen already");
	if (j->dry)
		return job_say(j, HAND_WOULD, "the container would be frozen");
	json_object_set_new(j->undo, "group", json_string(cage.directory));
	json_object_set_new(j->undo, "unified", json_boolean(cage.unified));
	r = j->begin(j);
	r = r ? r : cage_freeze(&cage);
	if (r < 0)
		return job_fail(j, -r, "it can't be frozen");
	return job_say(j, HAND_DONE,
		       r ? "the container is being frozen: some of it waits in the kernel, and "
			   "stops before it goes on" :
			   "the container was frozen");
}

static enum hand_outcome freeze_processes(struct job *j)
{
	json_t *note = json_array();
	size_t n;

	json_object_set_new(j->undo, "processes", note);
	if (j->target->pidfd < 0)
		return job_say(j, HAND_GONE, "it had ended");
	if (j->dry)
		return job_say(j, HAND_WOULD, "%zu processes would be stopped",
			       j->rq->scope == HAND_TREE ? count_tree(j) : 1);
	/* Of a tree, who is in it is known only as it is stopped; the first is known, and the rest is noted after. */
	json_array_append_new(note, json_pack("[I, I]", (json_int_t)j->target->pid,
					      (json_int_t)j->target->start_ticks));
	if (j->begin(j))
		return job_say(j, HAND_FAILED, "it can't be noted, so it was left alone");
	n = signal_noted(note, SIGSTOP);
	if (j->rq->scope == HAND_TREE)
		n = stop_tree(j->limits, j->target, note);
	if (!n)
		return job_say(j, HAND_GONE, "it had ended");
	return job_say(j, HAND_DONE,
		       n == 1 ? "%zu process was stopped" : "%zu processes were stopped", n);
}

enum hand_outcome job_freeze(struct job *j)
{
	return j->rq->scope == HAND_CONTAINER ? freeze_container(j) : freeze_processes(j);
}

int undo_freeze(const struct target_limits *l, const json_t *undo, struct error *err)
{
	const char *group = json_string_value(json_object_get(undo, "group"));
	struct cage cage = { .unified = json_is_true(json_object_get(undo, "unified")) };
	int r;

	(void)l;
	if (!group) {
		signal_noted(json_object_get(undo, "processes"), SIGCONT);
		return 0;
	}
	if (strlen(group) >= sizeof(cage.directory))
		return error_errno(err, ENAMETOOLONG, "%s", group);
	strcpy(cage.directory, group);
	r = cage_thaw(&cage);
	return r && r != -ENOENT ? error_errno(err, -r, "%s", group) :
				   0; /* not there: the container has ended */
}
