/* SPDX-License-Identifier: Apache-2.0 */
#include "record/session_private.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "identity/process.h"

enum { PASSES_MAX = 8 };

/* How long the runtime may take to write whose a control group is, once its application runs, and how
 * long until we stop believing that there is an application to come. */
#define WRITE_GRACE_NS (5 * 1000000000ULL)
#define START_GRACE_NS (30 * 1000000000ULL)

/* --- workloads ---------------------------------------------------------------------------------- */

static struct session_workload *workload_of_cell(struct session *s, uint64_t cell)
{
	vec_foreach(w, &s->state.workloads)
		vec_foreach(known, &w->cells)
			if (*known == cell)
				return w;
	return NULL;
}

/* True if path is the group or below it. */
static bool path_is_below(const char *path, const char *group)
{
	size_t n = strlen(group);

	return !strncmp(path, group, n) &&
	       (path[n] == '\0' || path[n] == '/' || str_eq(group, "/"));
}

static struct session_workload *workload_of_path(struct session *s, const char *path)
{
	vec_foreach(w, &s->state.workloads)
		if (!w->ended && path_is_below(path, w->who.cgroup))
			return w;
	return NULL;
}

static int workload_add_cell(struct session *s, struct session_workload *w, uint64_t cell)
{
	uint64_t *slot = vec_add(&w->cells);

	if (!slot)
		return -ENOMEM;
	*slot = cell;
	s->dirty = true;
	return 0;
}

/* True if a and b are the same container, or one and its successor: restarted, or made anew. */
static bool is_same(const struct container *a, const struct container *b)
{
	if (str_eq(a->id, b->id))
		return true;
	return str_eq(a->name, b->name) && !str_eq(a->name, a->id) &&
	       str_eq(a->engine ? a->engine : "", b->engine ? b->engine : "") &&
	       str_eq(a->pod_namespace ? a->pod_namespace : "",
		      b->pod_namespace ? b->pod_namespace : "") &&
	       str_eq(a->pod_name ? a->pod_name : "", b->pod_name ? b->pod_name : "");
}

/* The workload that has ended and of which who is the successor: what both do is one profile. */
static struct session_workload *workload_revive(struct session *s, struct container *who)
{
	vec_foreach(w, &s->state.workloads) {
		if (!w->ended || w->written || !is_same(&w->who, who))
			continue;
		container_deinit(&w->who);
		w->who = *who;
		memset(who, 0, sizeof(*who));
		w->ended = false;
		s->dirty = true;
		return w;
	}
	return NULL;
}

/* The bundle's root is there before the container's first process has moved into it, and as long as the
 * engine keeps it mounted. */
static void learn_links(struct session_workload *w)
{
	cleanup_fd int root_fd = -1;

	if (!w->who.rootfs)
		return;
	root_fd = open(w->who.rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd >= 0)
		links_learn(&w->links, root_fd);
}

/* Takes what *who owns. */
static struct session_workload *workload_add(struct session *s, struct container *who)
{
	struct session_workload *w = vec_add(&s->state.workloads);

	if (!w) {
		container_deinit(who);
		return NULL;
	}
	w->who = *who;
	memset(who, 0, sizeof(*who));
	learn_links(w);
	s->dirty = true;
	return w;
}

/* --- attaching to what runs --------------------------------------------------------------------- */

struct roll {
	struct session *session;
	struct session_workload *workload;
	uint64_t cell;
	size_t added;
	bool command;
};

/* True if pid is the container's first process or descends from it: not from an exec or a probe. */
static bool is_workload(const struct session_workload *w, pid_t pid,
			const struct process_status *first)
{
	struct process_status p = *first;

	for (int depth = 0; depth < 64; depth++) {
		if (p.pid == w->who.pid || (p.inner_pid == 1 && p.pid_namespaces > 1))
			return true;
		if (process_read(p.parent, &p))
			return false;
	}
	(void)pid;
	return false;
}

static int admit_process(pid_t pid, void *arg)
{
	struct roll *roll = arg;
	struct abi_task task = { .cell = roll->cell,
				 .stage = ABI_STAGE_APP,
				 .in_call = ABI_CALL_UNKNOWN };
	struct process_status p;
	int r;

	if (recorder_has_task(roll->session->recorder, pid) || process_read(pid, &p))
		return 0;
	if (!roll->command && !is_workload(roll->workload, pid, &p))
		task.origin = ABI_ORIGIN_ENTERED;
	r = recorder_add_task(roll->session->recorder, pid, &task);
	roll->added += r == 0;
	return r == -EEXIST ? 0 : r;
}

static void cell_of_process(pid_t pid, struct abi_cell *cell)
{
	struct process_status p;

	if (!pid || process_read(pid, &p))
		return;
	cell->uid = p.uid;
	cell->gid = p.gid;
	cell->caps_effective = p.caps_effective;
	cell->caps_permitted = p.caps_permitted;
	cell->caps_bounding = p.caps_bounding;
	if (p.no_new_privileges)
		cell->flags |= ABI_CELL_NNP;
	if (p.seccomp_mode == 2)
		cell->flags |= ABI_CELL_FILTERED;
}

/* Makes the group a cell and its processes members, until a look at it brings no new ones. */
static int attach_group(const char *path, void *arg)
{
	struct roll *roll = arg;
	struct session *s = roll->session;
	struct abi_cell cell = { .born_ns = recorder_now_ns(), .flags = ABI_CELL_STARTED };
	int r = cgroup_id(&s->layout, path, &roll->cell);

	if (r)
		return r == -ENOENT ? 0 : r;
	if (workload_of_cell(s, roll->cell))
		return 0;
	snprintf(cell.path, sizeof(cell.path), "%s", path);
	if (roll->command)
		cell.flags |= ABI_CELL_COMMAND;
	cell_of_process(roll->workload->who.pid, &cell);
	r = recorder_watch(s->recorder, roll->cell, &cell);
	if (r && r != -EEXIST)
		return r;
	r = workload_add_cell(s, roll->workload, roll->cell);
	for (int pass = 0; !r && pass < PASSES_MAX; pass++) {
		roll->added = 0;
		r = cgroup_each_process(&s->layout, path, admit_process, roll);
		if (!roll->added)
			break;
	}
	return r == -ENOENT || r == -ENODEV ? 0 : r; /* gone meanwhile */
}

static int attach_container(struct session *s, struct container *who, struct error *err)
{
	struct roll roll = { .session = s };
	int r;

	if (workload_of_path(s, who->cgroup)) {
		container_deinit(who);
		return 0;
	}
	roll.workload = workload_add(s, who);
	if (!roll.workload)
		return error_errno(err, ENOMEM, "recording");
	r = cgroup_each_below(&s->layout, roll.workload->who.cgroup, attach_group, &roll);
	if (r == -E2BIG)
		return error_set(err, E2BIG,
				 "the recording has no room for container %s: give --capacity a "
				 "higher number of containers",
				 roll.workload->who.name);
	return r < 0 ? error_errno(err, -r, "cannot attach to container %s",
				   roll.workload->who.name) :
		       0;
}

static bool found_all_named(struct session *s, const container_list *all, struct error *err)
{
	vec_foreach(what, &s->selection.containers) {
		bool found = false;

		vec_foreach(c, all)
			found = found || (c->id && container_is_called(c, *what));
		if (!found) {
			error_set(err, ENOENT,
				  "no running container is called \"%s\" (merlon containers lists "
				  "them; with --wait the recording begins when it starts)",
				  *what);
			return false;
		}
	}
	return true;
}

int census_attach(struct session *s, struct error *err)
{
	cleanup_container_list container_list all = { 0 };
	int r = container_list_all(&s->layout, &all, err);

	if (!r && !s->wait && !found_all_named(s, &all, err))
		r = -ENOENT;
	for (size_t i = 0; !r && i < all.len; i++)
		if (selection_has(&s->selection, &all.items[i]))
			r = attach_container(s, &all.items[i], err);
	vec_foreach(path, &s->selection.cgroups) {
		if (!r)
			r = census_watch_group(s, *path, NULL, false, err);
	}
	return r;
}

int census_watch_group(struct session *s, const char *path, const char *name, bool command,
		       struct error *err)
{
	struct roll roll = { .session = s, .command = true };
	struct container who = { 0 };
	const char *base = strrchr(path, '/');
	uint64_t id;
	int r;

	/* People give the path as the file system shows it. */
	if (str_starts(path, s->layout.mount))
		path += strlen(s->layout.mount);
	r = *path == '/' ? cgroup_id(&s->layout, path, &id) : -ENOENT;
	if (r)
		return error_errno(err, -r, "control group %s", path);
	if (!name)
		name = base && base[1] ? base + 1 : "host";
	who.id = strdup(name);
	who.name = strdup(name);
	who.cgroup = strdup(path);
	who.engine = strdup(command ? "command" : "cgroup");
	if (!who.id || !who.name || !who.cgroup || !who.engine) {
		container_deinit(&who);
		return error_errno(err, ENOMEM, "recording");
	}
	roll.workload = workload_add(s, &who);
	if (!roll.workload)
		return error_errno(err, ENOMEM, "recording");
	roll.workload->command = command;
	if (command) {
		struct abi_cell cell = { .born_ns = recorder_now_ns(),
					 .flags = ABI_CELL_COMMAND | ABI_CELL_BORN };

		snprintf(cell.path, sizeof(cell.path), "%s", path);
		r = recorder_watch(s->recorder, id, &cell);
		/* With watch_new the kernel has made it a cell already: it must know its kind. */
		if (!r || r == -EEXIST)
			r = workload_add_cell(s, roll.workload, id);
	} else {
		r = cgroup_each_below(&s->layout, path, attach_group, &roll);
	}
	return r < 0 ? error_errno(err, -r, "cannot watch control group %s", path) : 0;
}

/* --- births and deaths -------------------------------------------------------------------------- */

static int ignore_cell(struct session *s, uint64_t id)
{
	int r = recorder_ignore(s->recorder, id);

	return r == -ENOENT ? 0 : r;
}

/*
 * Decides about a cell that is nobody's yet. A container's runtime creates the control group first
 * and writes its state later: until the application has started, "don't know" is not "no".
 */
/*
 * A container that is gone before its runtime's state could be read (a bare runtime's, very short) is
 * known by the name of its control group alone; that it ran something out of a root of its own is
 * what makes it a container. systemd's units do that too, and say what they are.
 */
static bool container_of_memory(const struct abi_cell *cell, struct container *who)
{
	static const char *const units[] = { ".service", ".slice", ".socket", ".mount", ".scope" };
	const char *name = strrchr(cell->path, '/');

	if (!(cell->flags & ABI_CELL_STARTED) || !name || !name[1])
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (str_ends(name, units[i]))
			return false;
	memset(who, 0, sizeof(*who));
	who->id = strdup(name + 1);
	who->name = strdup(name + 1);
	who->engine = strdup("unknown");
	who->cgroup = strdup(cell->path);
	if (who->id && who->name && who->engine && who->cgroup)
		return true;
	container_deinit(who);
	return false;
}

static int judge_cell(struct session *s, uint64_t id, const struct abi_cell *cell)
{
	struct session_workload *w = workload_of_path(s, cell->path);
	struct container who;
	uint64_t now;
	bool settled;
	int r;

	if (w)
		return workload_add_cell(s, w, id);
	r = container_of_cgroup(&s->layout, cell->path, &who);
	if (r < 0)
		return r;
	if (r > 0 && cell->flags & ABI_CELL_GONE && container_of_memory(cell, &who))
		r = 0;
	now = recorder_now_ns();
	settled = cell->flags & (ABI_CELL_STARTED | ABI_CELL_GONE) ||
		  now - cell->born_ns > START_GRACE_NS;
	if (r == 0 && selection_has(&s->selection, &who) && (settled || who.bundle)) {
		if (!who.pid)
			who.pid = (pid_t)cell->init_tgid;
		w = workload_revive(s, &who);
		if (!w)
			w = workload_add(s, &who);
		return w ? workload_add_cell(s, w, id) : -ENOMEM;
	}
	if (r == 0)
		container_deinit(&who);
	if (cell->flags & ABI_CELL_GONE) {
		collect_forget(s->recorder, &id, 1);
		return 0;
	}
	if (settled && now - cell->started_ns > WRITE_GRACE_NS &&
	    now - cell->born_ns > WRITE_GRACE_NS)
		return ignore_cell(s, id);
	s->undecided = true;
	return 0;
}

static bool workload_has_ended(const struct session_workload *w, const struct recorder_dump *cells)
{
	for (size_t i = 0; i < cells->count; i++) {
		const struct abi_cell *cell = recorder_dump_value(cells, i);
		uint64_t id = *(const uint64_t *)recorder_dump_key(cells, i);

		vec_foreach(own, &w->cells)
			if (*own == id && !(cell->flags & ABI_CELL_GONE))
				return false;
	}
	return true;
}

int census_sweep(struct session *s)
{
	cleanup_dump struct recorder_dump cells = { 0 };
	int r = recorder_dump(s->recorder, RECORDER_CELLS, &cells);

	s->undecided = false;
	for (size_t i = 0; !r && i < cells.count; i++) {
		const struct abi_cell *cell = recorder_dump_value(&cells, i);
		uint64_t id = *(const uint64_t *)recorder_dump_key(&cells, i);

		if (cell->flags & ABI_CELL_IGNORED) {
			if (cell->flags & ABI_CELL_GONE)
				collect_forget(s->recorder, &id, 1);
			continue;
		}
		if (!workload_of_cell(s, id))
			r = judge_cell(s, id, cell);
	}
	vec_foreach(w, &s->state.workloads) {
		if (!w->ended && !w->command && workload_has_ended(w, &cells)) {
			w->ended = true;
			s->dirty = true;
		}
	}
	return r;
}
