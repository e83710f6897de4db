/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/host_live.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/str.h"
#include "base/string_list.h"
#include "confine/posture.h"
#include "identity/container.h"
#include "identity/process.h"

enum { PROCESSES_MAX = 256 };

struct host {
	struct cgroup_layout layout;
	container_list containers;
	struct posture first; /* process 1: its mounts are the host's */
};

/* What was looked up of one container; the live in it points to the rest. */
struct look {
	const struct host *host;
	struct live live;
	struct posture first;
	VEC(struct live_process) processes;
	string_list labels; /* of processes */
	VEC(struct live_mount) mounts;
};

static void look_deinit(struct look *l)
{
	vec_foreach(m, &l->mounts)
		free((char *)m->source);
	vec_deinit(&l->mounts);
	vec_deinit(&l->processes);
	string_list_deinit(&l->labels);
	posture_deinit(&l->first);
}
#define cleanup_look cleanup(look_deinit)

/* --- processes ----------------------------------------------------------------------------------- */

static const char *keep_label(struct look *l, const char *label)
{
	char **slot = label ? vec_add(&l->labels) : NULL;

	if (slot)
		*slot = strdup(label);
	return slot ? *slot : NULL;
}

static void add_process(struct look *l, const struct posture *p)
{
	static const enum live_lsm lsms[] = { [POSTURE_APPARMOR] = LIVE_APPARMOR,
					      [POSTURE_SELINUX] = LIVE_SELINUX,
					      [POSTURE_LSM_OTHER] = LIVE_NO_LSM };
	const struct process_status *s = &p->process;
	struct live_process *slot = vec_add(&l->processes);

	if (!slot)
		return;
	*slot = (struct live_process){
		.pid = s->pid,
		.uid = s->uid,
		.uid_known = p->host[POSTURE_USER], /* else it is another number inside */
		.own_users = !p->host[POSTURE_USER],
		.filtered = s->seccomp_mode != 0,
		.no_new_privileges = s->no_new_privileges,
		.capabilities = s->caps_bounding | s->caps_permitted | s->caps_effective |
				s->caps_inheritable | s->caps_ambient,
		.host = { [LIVE_PID] = p->host[POSTURE_PID],
			  [LIVE_NETWORK] = p->host[POSTURE_NET],
			  [LIVE_IPC] = p->host[POSTURE_IPC],
			  [LIVE_UTS] = p->host[POSTURE_UTS] },
		.lsm = lsms[p->lsm],
		.label = keep_label(l, p->label),
		.label_enforced = p->label_enforced,
	};
}

/* The others that are in it: what is executed into a container may have more than its first process. */
static int visit_process(pid_t pid, void *arg)
{
	struct look *l = arg;
	cleanup_posture struct posture p = { 0 };

	if (l->processes.len >= PROCESSES_MAX)
		return 1;
	if (pid != l->first.process.pid && !posture_look(pid, &p, NULL))
		add_process(l, &p);
	return 0;
}

/* Who has no control group of its own is known by its mounts. */
static int visit_neighbour(const char *name, bool is_dir, void *arg)
{
	const struct look *l = arg;
	uint32_t mounts = process_namespace(l->first.process.pid, "mnt");
	uint64_t pid;

	if (!is_dir || !mounts || !str_to_u64(name, &pid) || pid > INT_MAX ||
	    process_namespace((pid_t)pid, "mnt") != mounts)
		return 0;
	return visit_process((pid_t)pid, arg);
}

static int visit_group(const char *path, void *arg)
{
	struct look *l = arg;
	int r = cgroup_each_process(&l->host->layout, path, visit_process, l);

	return r > 0 ? r : 0;
}

/* --- mounts -------------------------------------------------------------------------------------- */

static bool is_at_or_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	return str_eq(top, "/") || (!strncmp(path, top, len) && (!path[len] || path[len] == '/'));
}

/* Where on the host is what is mounted there; NULL: nowhere, it is the container's own. */
static char *source_of(const struct posture *host, const struct posture_mount *m)
{
	const struct posture_mount *best = NULL;
	const char *rest;

	vec_foreach(h, &host->mounts)
		if (str_eq(h->device, m->device) && is_at_or_below(m->root, h->root) &&
		    (!best || strlen(h->root) > strlen(best->root)))
			best = h;
	if (!best)
		return NULL;
	rest = m->root + (str_eq(best->root, "/") ? 0 : strlen(best->root));
	if (str_eq(best->point, "/"))
		return str_format("%s", *rest ? rest : "/");
	return str_format("%s%s", best->point, str_eq(rest, "/") ? "" : rest);
}

/* Its own root, and what runtimes mount to hide things. */
static bool is_runtimes(const char *point)
{
	return str_eq(point, "/") || is_at_or_below(point, "/proc") ||
	       is_at_or_below(point, "/sys") || is_at_or_below(point, "/dev");
}

static void read_mounts(struct look *l)
{
	const struct posture_mount *root;

	if (posture_read_mounts(&l->first, NULL))
		return;
	root = posture_mount_at(&l->first, "/");
	l->live.root_writable = root && !root->read_only;
	vec_foreach(m, &l->first.mounts) {
		char *source = is_runtimes(m->point) ? NULL : source_of(&l->host->first, m);
		struct live_mount *slot = source ? vec_add(&l->mounts) : NULL;

		if (slot)
			*slot = (struct live_mount){ source, m->point, m->read_only };
		else
			free(source);
	}
}

/* --- a container --------------------------------------------------------------------------------- */

/* Who ended in between leaves what was declared. */
static void look_at(struct look *l, const struct container *c)
{
	l->live.name = c->name;
	l->live.image = c->image;
	l->live.owner = c->owner;
	l->live.docker = c->docker;
	if (c->pid > 0 && !posture_look(c->pid, &l->first, NULL)) {
		add_process(l, &l->first);
		if (!l->first.host[POSTURE_MNT])
			read_mounts(l);
		if (c->cgroup)
			cgroup_each_below(&l->host->layout, c->cgroup, visit_group, l);
		else
			fs_list("/proc", visit_neighbour, l);
	}
	l->live.processes = l->processes.items;
	l->live.process_count = l->processes.len;
	l->live.mounts = l->mounts.items;
	l->live.mount_count = l->mounts.len;
}

static int tell(const struct host *host, const struct container *c, host_live_fn fn, void *arg,
		struct error *err)
{
	cleanup_look struct look l = { .host = host };
	char path[PATH_MAX];

	look_at(&l, c);
	if (!c->bundle)
		return fn(NULL, &l.live, arg, err);
	snprintf(path, sizeof(path), "%s/config.json", c->bundle);
	return fn(path, &l.live, arg, err);
}

static bool is_wanted(const struct container *c, char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (container_is_called(c, names[i]))
			return true;
	return !count && !c->sandbox;
}

static int check_names(const struct host *h, char **names, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		bool found = false;

		vec_foreach(c, &h->containers)
			found |= container_is_called(c, names[i]);
		if (!found)
			return error_set(err, ENOENT,
					 "no running container is called \"%s\" (merlon "
					 "containers lists them)",
					 names[i]);
	}
	return 0;
}

static int read_host(struct host *h, struct error *err)
{
	int r = cgroup_layout_detect(&h->layout, err);

	if (!r)
		r = container_list_all(&h->layout, &h->containers, err);
	if (!r)
		container_list_add_users(&h->containers);
	if (!r)
		r = posture_look(1, &h->first, err);
	return r ? r : posture_read_mounts(&h->first, err);
}

int host_live_each(char **names, size_t count, host_live_fn fn, void *arg, struct error *err)
{
	struct host h = { 0 };
	int r = read_host(&h, err);

	if (!r)
		r = check_names(&h, names, count, err);
	vec_foreach(c, &h.containers)
		if (!r && is_wanted(c, names, count))
			r = tell(&h, c, fn, arg, err);
	container_list_deinit(&h.containers);
	posture_deinit(&h.first);
	return r;
}
