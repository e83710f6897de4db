/* SPDX-License-Identifier: Apache-2.0 */
#include "respond/target.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "base/vec.h"
#include "identity/process.h"

enum { TICK_NS = 10000000, TREE_MAX = 65536, NAME_MAX_LEN = 64 };

/* Without these nothing runs here any longer; whoever means one of them does it by hand. */
static const char *const spared[] = {
	"systemd",
	"init",
	"dockerd",
	"containerd",
	"containerd-shim",
	"containerd-shim-runc-v2",
	"crio",
	"conmon",
	"kubelet",
	"kube-apiserver",
	"kube-proxy",
	"runc",
	"crun",
	"podman",
	"systemd-journald",
	"dbus-daemon",
	"sshd",
	"merlon",
};

void target_deinit(struct target *t)
{
	if (t->pidfd >= 0)
		close(t->pidfd);
	container_deinit(&t->container);
	*t = TARGET_INIT;
}

static int open_pid(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

int target_signal(pid_t pid, uint64_t start_ticks, int signal)
{
	cleanup_fd int fd = open_pid(pid);
	struct process_status p;
	int r = fd < 0 ? fd : process_read(pid, &p);

	if (r)
		return r == -EINVAL ? -ESRCH : r;
	/* The descriptor was opened before: if it is the one that we look at, it is the one that is hit. */
	if (p.start_ticks != start_ticks)
		return -ESRCH;
	return syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) ? -errno : 0;
}

/* The kernel tells times in nanoseconds to us, and in ticks to /proc. */
static bool started_then(const struct process_status *p, uint64_t start_ns)
{
	uint64_t ticks = start_ns / TICK_NS, here = p->start_ticks;

	return ticks <= here + 1 && here <= ticks + 1;
}

static bool is_own(const struct target_limits *l, pid_t pid)
{
	for (size_t i = 0; i < l->own_count; i++)
		if (l->own[i] == pid)
			return true;
	return pid <= 1;
}

static bool is_spared(pid_t pid)
{
	char path[64], exe[PATH_MAX];
	ssize_t n;
	const char *name;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n <= 0)
		return true; /* who can't be named is not touched */
	exe[n] = '\0';
	name = strrchr(exe, '/');
	name = name ? name + 1 : exe;
	for (size_t i = 0; i < ARRAY_SIZE(spared); i++)
		if (str_eq(name, spared[i]))
			return true;
	return false;
}

/* Of who ends, control groups tell nothing any more. */
static bool is_over(pid_t pid)
{
	struct process_status p;

	return process_read(pid, &p) || p.ending;
}

static enum hand_outcome refuse(char *why, const char *text)
{
	snprintf(why, HAND_TEXT_MAX, "%s", text);
	return HAND_REFUSED;
}

static enum hand_outcome gone(char *why)
{
	snprintf(why, HAND_TEXT_MAX, "it had ended");
	return HAND_GONE;
}

/* --- containers ------------------------------------------------------------------------------------------ */

static bool may_touch(const struct target_limits *l, const struct container *c)
{
	for (size_t i = 0; i < l->container_count; i++)
		if (container_is_called(c, l->containers[i]))
			return true;
	return !l->container_count;
}

/* What runs the guard is not the guard's to stop. */
static bool is_ours(const struct target_limits *l, const struct container *c)
{
	char path[PATH_MAX];
	size_t n = strlen(c->cgroup);

	return cgroup_of_pid(&l->layout, getpid(), path, sizeof(path)) ||
	       (str_starts(path, c->cgroup) && (path[n] == '/' || !path[n]));
}

static enum hand_outcome check_container(const struct target_limits *l, const struct container *c,
					 char *why)
{
	if (!c->cgroup || !c->cgroup[1])
		return refuse(why, "the container has no control group of its own");
	if (is_ours(l, c))
		return refuse(why, "the guard itself runs in that container");
	return may_touch(l, c) ? HAND_DONE : refuse(why, "that container is not watched");
}

/* Its process has ended: is the container still there? */
static enum hand_outcome find_container(const struct target_limits *l, const char *id,
					struct target *ret, char *why)
{
	cleanup_container_list container_list all = { 0 };

	if (container_list_all(&l->layout, &all, NULL))
		return refuse(why, "the containers of this machine can't be listed");
	vec_foreach(c, &all) {
		if (!str_eq(c->id, id))
			continue;
		container_deinit(&ret->container);
		ret->container = *c;
		memset(c, 0, sizeof(*c));
		return check_container(l, &ret->container, why);
	}
	return gone(why);
}

/* --- processes ------------------------------------------------------------------------------------------- */

static enum hand_outcome check_process(const struct target_limits *l, const struct hand_request *rq,
				       const struct process_status *p, struct target *ret,
				       char *why)
{
	char path[PATH_MAX];
	int r;

	if (p->kernel || is_own(l, p->pid))
		return refuse(why, "that process is never touched");
	if (cgroup_of_pid(&l->layout, p->pid, path, sizeof(path)))
		return gone(why);
	r = container_of_cgroup(&l->layout, path, &ret->container);
	if (r < 0)
		return refuse(why, "its container can't be found out");
	if (r && is_over(p->pid))
		return gone(why);
	if (r && !(rq->flags & HAND_HOST))
		return refuse(why, "it is a process of the host");
	if (!r && rq->flags & HAND_HOST)
		return refuse(why, "it is a process of a container");
	if (r)
		return is_spared(p->pid) ?
			       refuse(why,
				      "what runs containers, or this machine, is not touched") :
			       HAND_DONE;
	if (!str_eq(ret->container.id, rq->container))
		return refuse(why, "it is a process of another container");
	return check_container(l, &ret->container, why);
}

enum hand_outcome target_find(const struct target_limits *l, const struct hand_request *rq,
			      struct target *ret, char *why)
{
	struct process_status p;
	enum hand_outcome o;
	int r;

	*ret = TARGET_INIT;
	ret->host = rq->flags & HAND_HOST;
	ret->pid = rq->pid;
	ret->pidfd = open_pid(rq->pid);
	r = ret->pidfd < 0 ? ret->pidfd : process_read(rq->pid, &p);
	if (!r && started_then(&p, rq->start_ns)) {
		ret->start_ticks = p.start_ticks;
		o = check_process(l, rq, &p, ret, why);
		if (o != HAND_GONE)
			return o;
	}
	/* Another process has its number now, or none. */
	if (ret->pidfd >= 0)
		close(TAKE_FD(ret->pidfd));
	if (rq->flags & HAND_HOST || (rq->action == HAND_KILL && rq->scope != HAND_CONTAINER))
		return gone(why);
	if (rq->action == HAND_FREEZE && rq->scope != HAND_CONTAINER)
		return gone(why);
	return find_container(l, rq->container, ret, why);
}

/* --- trees ----------------------------------------------------------------------------------------------- */

struct relative {
	pid_t pid, parent;
	uint64_t start_ticks;
	bool in; /* the tree */
};

typedef VEC(struct relative) relatives;

static int add_relative(pid_t pid, void *arg)
{
	relatives *all = arg;
	struct process_status p;
	struct relative *slot;

	if (pid <= 1 || all->len >= TREE_MAX || process_read(pid, &p) || p.kernel)
		return 0;
	slot = vec_add(all);
	if (!slot)
		return -ENOMEM;
	*slot = (struct relative){ pid, p.parent, p.start_ticks, false };
	return 0;
}

struct listing {
	const struct target_limits *l;
	relatives *all;
};

static int add_group(const char *path, void *arg)
{
	struct listing *g = arg;
	int r = cgroup_each_process(&g->l->layout, path, add_relative, g->all);

	return r == -ENOMEM ? r : 0;
}

/* Of a container all that is in its groups; of the host all that there is. */
static int list_processes(const struct target_limits *l, const struct target *t, relatives *ret)
{
	struct listing g = { l, ret };
	cleanup_dir DIR *proc = NULL;
	struct dirent *e;
	int r = 0;

	if (!t->host)
		return cgroup_each_below(&l->layout, t->container.cgroup, add_group, &g);
	proc = opendir("/proc");
	if (!proc)
		return -errno;
	while (!r && (e = readdir(proc)))
		r = add_relative((pid_t)strtol(e->d_name, NULL, 10), ret);
	return r;
}

static bool mark_children(relatives *all)
{
	bool more = false;

	vec_foreach(r, all) {
		if (r->in)
			continue;
		vec_foreach(up, all) {
			if (!up->in || up->pid != r->parent)
				continue;
			more = r->in = true;
			break;
		}
	}
	return more;
}

int target_each_in_tree(const struct target_limits *l, const struct target *t, target_process_fn fn,
			void *arg)
{
	relatives all = { 0 };
	int r = list_processes(l, t, &all);

	vec_foreach(p, &all)
		p->in = p->pid == t->pid && p->start_ticks == t->start_ticks;
	while (!r && mark_children(&all))
		;
	vec_foreach(p, &all)
		if (!r && p->in && !(t->host && (is_own(l, p->pid) || is_spared(p->pid))))
			r = fn(p->pid, p->start_ticks, arg);
	vec_deinit(&all);
	return r;
}
