/* SPDX-License-Identifier: Apache-2.0 */
#include "record/session_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"

enum {
	CONTAINERS_OPEN = 256, /* room that is made when containers to come are meant */
	POLL_MS = 1000,
	POLL_SOON_MS = 50, /* while a runtime is about to write whose a new control group is */
};

void session_free(struct session *s)
{
	if (!s)
		return;
	recorder_free(s->recorder);
	state_deinit(&s->state);
	selection_deinit(&s->selection);
	close_fd(&s->lock_fd);
	free(s->name);
	free(s->output_dir);
	free(s);
}

static int copy_strings(char ***to, size_t *len, size_t *size, char *const *from, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!vec_grow((void **)to, size, *len, sizeof(char *)))
			return -ENOMEM;
		(*to)[*len] = strdup(from[i]);
		if (!(*to)[*len])
			return -ENOMEM;
		(*len)++;
	}
	return 0;
}

#define COPY(to, from, field)                                                                      \
	copy_strings(&(to)->field.items, &(to)->field.len, &(to)->field.size, (from)->field.items, \
		     (from)->field.len)

static struct session *session_new(const char *name, const char *output_dir)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->lock_fd = -1;
	s->name = strdup(name);
	s->output_dir = strdup(output_dir);
	if (!s->name || !s->output_dir) {
		session_free(s);
		return NULL;
	}
	return s;
}

static int start_recorder(struct session *s, const struct session_options *o, struct error *err)
{
	struct recorder_options options = {
		.hierarchy = s->layout.hierarchy,
		.controller = s->layout.controller,
		.watch_new = selection_is_open(&o->selection) || o->wait,
		.rung = o->rung,
		.containers = o->containers,
	};
	int r;

	if (!options.containers)
		options.containers = options.watch_new ? CONTAINERS_OPEN :
							 (unsigned)o->selection.containers.len + 1;
	r = recorder_start(&s->recorder, s->pin_dir, &options, err);
	if (!r)
		s->state.hooks = *recorder_hooks(s->recorder);
	return r;
}

/* Takes over what a dead process left. */
static int resume(struct session *s, struct error *err)
{
	int r = recorder_adopt(&s->recorder, s->pin_dir, err);

	if (!r)
		r = state_load(s->name, &s->state, err);
	if (r)
		return error_prefix(err,
				    "recording \"%s\" can't be continued (merlon record --end %s "
				    "removes it)",
				    s->name, s->name);
	vec_foreach(w, &s->state.workloads)
		if (w->command)
			snprintf(s->command_cgroup, sizeof(s->command_cgroup), "%s", w->who.cgroup);
	s->command_ended = true; /* its parent, who could reap it, is dead */
	return 0;
}

int session_open(struct session **ret, const struct session_options *options, bool *ret_resumed,
		 struct error *err)
{
	cleanup_session struct session *s = session_new(options->name, options->output_dir);
	int r;

	if (!s)
		return error_errno(err, ENOMEM, "recording");
	if (geteuid() != 0)
		return error_set(err, EPERM,
				 "recording needs root (or CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN and "
				 "CAP_SYS_PTRACE): BPF programs watch the container");
	s->wait = options->wait;
	s->command = options->command;
	s->state.start_ns = clock_wall_ns();
	r = COPY(&s->selection, &options->selection, containers);
	r = r ? r : COPY(&s->selection, &options->selection, pods);
	r = r ? r : COPY(&s->selection, &options->selection, images);
	r = r ? r : COPY(&s->selection, &options->selection, cgroups);
	s->selection.all = options->selection.all;
	if (r)
		return error_errno(err, ENOMEM, "recording");
	r = cgroup_layout_detect(&s->layout, err);
	if (!r)
		r = state_pin_dir(s->name, s->pin_dir, sizeof(s->pin_dir), err);
	if (r)
		return r;
	s->lock_fd = state_lock(s->name, err);
	if (s->lock_fd < 0)
		return s->lock_fd;
	*ret_resumed = fs_is_dir(s->pin_dir);
	r = *ret_resumed ? resume(s, err) : start_recorder(s, options, err);
	if (r) {
		if (!*ret_resumed)
			state_remove(s->name);
		return r;
	}
	*ret = TAKE_PTR(s);
	return 0;
}

static int save_if_dirty(struct session *s, struct error *err)
{
	int r = 0;

	if (s->dirty && !s->visitor)
		r = state_save(s->name, &s->state, err);
	if (!r)
		s->dirty = false;
	return r;
}

int session_begin(struct session *s, struct error *err)
{
	int r = census_attach(s, err);

	if (!r && s->command && !s->command_ended)
		r = command_start(s, err);
	s->dirty = true;
	return r ? r : save_if_dirty(s, err);
}

int session_poll_fd(const struct session *s)
{
	return recorder_poll_fd(s->recorder);
}

int session_poll_ms(const struct session *s)
{
	return s->undecided ? POLL_SOON_MS : POLL_MS;
}

/* Notices only wake us: the cells map says everything they say. */
static void skip_notice(const struct abi_notice *notice, void *arg)
{
	(void)notice;
	(void)arg;
}

/* Writes what has ended and makes room in the kernel, where many containers come and go. */
static int retire(struct session *s, struct error *err)
{
	int r = 0;

	vec_foreach(w, &s->state.workloads) {
		if (r || !w->ended || w->written || !selection_is_open(&s->selection))
			continue;
		r = output_write(s, w, err);
		if (r)
			break;
		w->written = true;
		s->dirty = true;
		r = save_if_dirty(s, err);
		if (!r)
			collect_forget(s->recorder, w->cells.items, w->cells.len);
	}
	return r;
}

int session_step(struct session *s, struct error *err)
{
	int r = recorder_drain(s->recorder, skip_notice, NULL);

	if (!r)
		r = census_sweep(s);
	if (r)
		return error_errno(err, -r, "cannot follow the recording");
	if (s->visitor)
		return 0;
	command_poll(s);
	r = save_if_dirty(s, err);
	return r ? r : retire(s, err);
}

bool session_is_over(const struct session *s)
{
	struct session *self = (struct session *)s;

	if (*s->command_cgroup)
		return command_is_over(self);
	if (selection_is_open(&s->selection) || s->wait || !s->state.workloads.len)
		return false; /* others may come, or come back */
	vec_foreach(w, &s->state.workloads)
		if (!w->ended)
			return false;
	return true;
}

int session_snapshot(struct session *s, struct error *err)
{
	return output_write(s, NULL, err);
}

int session_end(struct session *s, struct error *err)
{
	int r;

	command_clean(s);
	recorder_free(s->recorder);
	s->recorder = NULL;
	r = recorder_end(s->pin_dir, err);
	state_remove(s->name);
	s->ended = true;
	return r;
}

size_t session_workload_count(const struct session *s)
{
	return s->state.workloads.len;
}

const struct session_workload *session_workload(const struct session *s, size_t i)
{
	return &s->state.workloads.items[i];
}

int session_statistics(const struct session *s, struct collect_stats *ret)
{
	VEC(uint64_t) cells = { 0 };
	int r = 0;

	vec_foreach(w, &s->state.workloads) {
		vec_foreach(cell, &w->cells) {
			uint64_t *slot = vec_add(&cells);

			if (!slot)
				r = -ENOMEM;
			else
				*slot = *cell;
		}
	}
	if (!r)
		r = collect_statistics(s->recorder, cells.items, cells.len, ret);
	vec_deinit(&cells);
	return r;
}

pid_t session_command_pid(const struct session *s)
{
	return s->command_ended ? 0 : s->command_pid;
}

bool session_command_status(const struct session *s, int *ret_wait_status)
{
	if (!s->command_pid || !s->command_ended)
		return false;
	*ret_wait_status = s->command_status;
	return true;
}

/* --- other people's sessions -------------------------------------------------------------------- */

static int list_add(const char *name, void *arg)
{
	session_list *list = arg;
	struct session_info *info = vec_add(list);

	if (!info)
		return -ENOMEM;
	info->name = strdup(name);
	info->live = state_is_locked(name);
	return info->name ? 0 : -ENOMEM;
}

int session_list_all(session_list *ret, struct error *err)
{
	int r = state_each(list_add, ret);

	return r ? error_errno(err, -r, "cannot list recordings") : 0;
}

void session_list_deinit(session_list *list)
{
	vec_foreach(info, list)
		free(info->name);
	vec_deinit(list);
}

int session_visit(struct session **ret, const char *name, const char *output_dir, struct error *err)
{
	cleanup_session struct session *s = session_new(name, output_dir);
	int r;

	if (!s)
		return error_errno(err, ENOMEM, "recording");
	s->visitor = true;
	r = cgroup_layout_detect(&s->layout, err);
	if (!r)
		r = state_pin_dir(name, s->pin_dir, sizeof(s->pin_dir), err);
	if (!r && !fs_is_dir(s->pin_dir))
		r = error_set(err, ENOENT, "no recording is called \"%s\" (merlon record --list)",
			      name);
	if (!r)
		r = resume(s, err);
	if (r)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}
