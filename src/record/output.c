/* SPDX-License-Identifier: Apache-2.0 */
#include "record/session_private.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "identity/engine.h"
#include "profile/backend.h"
#include "profile/json.h"
#include "profile/path_rule.h"
#include "record/calibrate.h"
#include "record/labels.h"
#include "version.h"

/* What a profile file is called: readable, and safe as a file name whatever the container is called. */
static void file_stem(const struct session *s, const struct session_workload *w, char *out,
		      size_t size)
{
	size_t same = 0;

	vec_foreach(other, &s->state.workloads)
		same += str_eq(other->who.name, w->who.name) &&
			(!other->who.pod_name) == (!w->who.pod_name) &&
			(!w->who.pod_name || str_eq(other->who.pod_name, w->who.pod_name));
	if (s->state.workloads.len == 1)
		snprintf(out, size, "%s", s->name);
	else if (w->who.pod_name)
		snprintf(out, size, "%s_%s_%s", w->who.pod_namespace ? w->who.pod_namespace : "",
			 w->who.pod_name, w->who.name);
	else if (same > 1)
		snprintf(out, size, "%.200s-%.12s", w->who.name, w->who.id);
	else
		snprintf(out, size, "%s", w->who.name);
	for (char *p = out; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
			*p = '_';
	if (out[0] == '.')
		out[0] = '_';
}

static char *copy(const char *s)
{
	return s ? strdup(s) : NULL;
}

static int describe(struct session *s, const struct session_workload *w, struct profile *p)
{
	const struct recorder_hooks *hooks = &s->state.hooks;
	struct utsname uts;

	uname(&uts);
	p->merlon = strdup(MERLON_VERSION);
	p->kernel = str_format("%s %s", uts.release, uts.machine);
	p->subject.id = copy(w->who.id);
	p->subject.name = copy(w->who.name);
	p->subject.engine = copy(w->who.engine);
	p->subject.image = copy(w->who.image);
	p->subject.image_digest = copy(w->who.image_digest);
	p->subject.pod_namespace = copy(w->who.pod_namespace);
	p->subject.pod_name = copy(w->who.pod_name);
	p->subject.cgroup = copy(w->who.cgroup);
	for (char **arg = w->command ? s->command : NULL; arg && *arg; arg++) {
		char **slot = vec_add(&p->subject.command);

		if (slot)
			*slot = profile_path_escape(*arg, strlen(*arg));
	}
	vec_foreach(arg, &w->who.command) {
		char **slot = vec_add(&p->subject.command);

		if (slot)
			*slot = profile_path_escape(*arg, strlen(*arg));
	}
	p->runtime.name = copy(w->who.runtime);
	p->recording.start_ns = s->state.start_ns;
	p->recording.end_ns = clock_wall_ns();
	p->recording.file_hook = strdup(hooks->files);
	p->recording.cap_hook = strdup(hooks->capabilities);
	return p->merlon && p->kernel && p->subject.id ? 0 : -ENOMEM;
}

/* Sentences that the reader of a profile must know. */
static void annotate(struct profile *p)
{
	bool io_uring = false;
	uint64_t lost = 0;

	vec_foreach(c, &p->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);

		io_uring = io_uring ||
			   (name && str_eq(name, "io_uring_enter") && c->layer == PROFILE_APP);
	}
	if (!p->recording.start_seen)
		profile_add_note(p, "The container ran before the recording began: what it does "
				    "when it starts was not seen. Record a start before enforcing "
				    "this profile.");
	if (p->recording.file_hook && str_eq(p->recording.file_hook, "tracepoint sys_exit"))
		profile_add_note(
			p, "This kernel offers no hook where names have been looked up: what was "
			   "renamed, linked or removed is listed as the program wrote it, with "
			   "symbolic links resolved only as far as the container's files could "
			   "still be read.");
	if (io_uring)
		profile_add_note(p, "The workload uses io_uring: what it asks for through the ring "
				    "is not a system call, neither recorded nor filtered.");
	if (p->recording.cap_hook && str_eq(p->recording.cap_hook, "none"))
		profile_add_note(p, "This kernel offers no hook on capability checks: the list of "
				    "capabilities is empty because nothing could be seen.");
	for (int i = 0; i < ABI_LOSSES; i++)
		lost += i == ABI_LOSS_NOTICES ? 0 : p->recording.losses[i];
	if (lost)
		profile_add_note(p, "The recording is incomplete: see losses. A higher --capacity "
				    "makes more room.");
}

/* An open directory for the container's root, while it lives; -1 after. */
static int root_open(const struct session_workload *w)
{
	char path[64];

	if (!w->who.pid || w->ended)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/root", w->who.pid);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Which runtime it was, and what that needs itself once the filter is loaded. */
static void complete_runtime(struct profile *p, const struct session_workload *w)
{
	struct error err = ERROR_INIT;
	char path[PATH_MAX], version[64];

	if (w->command || (w->who.engine && str_eq(w->who.engine, "cgroup")))
		return;
	if (!p->runtime.path && p->runtime.name && engine_find(p->runtime.name, path, sizeof(path)))
		p->runtime.path = strdup(
			path); /* it started before us: the one that is installed */
	if (!p->runtime.path)
		return;
	if (!p->runtime.name)
		p->runtime.name = copy(strrchr(p->runtime.path, '/') ?
					       strrchr(p->runtime.path, '/') + 1 :
					       p->runtime.path);
	engine_version(p->runtime.path, version, sizeof(version));
	if (*version && !p->runtime.version)
		p->runtime.version = strdup(version);
	if (profile_count_calls(p, 1u << PROFILE_TAIL, false)) {
		p->runtime.tail = PROFILE_TAIL_OBSERVED;
		return;
	}
	if (calibrate(p, &err))
		profile_add_note(p,
				 "What the container runtime needs itself under a filter is not "
				 "known (%s): a container with this profile alone may not start.",
				 err.text);
}

static int finish(struct session *s, struct session_workload *w, struct profile *p,
		  struct error *err)
{
	static const struct profile_backend *const beside[] = { &profile_backend_seccomp,
								&profile_backend_capabilities };
	struct backend_options options = { .default_errno = ENOSYS };
	char stem[512], path[PATH_MAX];
	int r;

	complete_runtime(p, w);
	annotate(p);
	labels_read(p, &w->who);
	r = profile_generalise(p, w->who.volumes.items, w->who.volumes.len);
	if (r)
		return error_errno(err, -r, "profile");
	file_stem(s, w, stem, sizeof(stem));
	snprintf(path, sizeof(path), "%s/%s.merlon.json", s->output_dir, stem);
	r = profile_save(p, path, err);
	if (r)
		return r;
	free(w->profile_path);
	w->profile_path = strdup(path);
	for (size_t i = 0; !r && i < ARRAY_SIZE(beside); i++) {
		cleanup_buf struct buf out = BUF_INIT;

		r = beside[i]->emit(p, &options, &out, err);
		snprintf(path, sizeof(path), "%s/%s.%s", s->output_dir, stem, beside[i]->suffix);
		if (!r)
			r = fs_write_atomic(path, out.data, out.len, 0644, err);
	}
	return r;
}

int output_write(struct session *s, struct session_workload *only, struct error *err)
{
	struct collect_target *targets = NULL;
	struct session_workload **workloads = NULL;
	size_t count = 0;
	int r = fs_mkdirs(s->output_dir, 0755, err);

	if (r)
		return r;
	targets = calloc(s->state.workloads.len + 1, sizeof(*targets));
	workloads = calloc(s->state.workloads.len + 1, sizeof(*workloads));
	if (!targets || !workloads)
		r = error_errno(err, ENOMEM, "profiles");
	vec_foreach(w, &s->state.workloads) {
		struct profile *p;
		char stem[512];

		if (r || w->written || (only && w != only))
			continue;
		file_stem(s, w, stem, sizeof(stem));
		p = profile_new(stem);
		if (!p || describe(s, w, p)) {
			profile_free(p);
			r = error_errno(err, ENOMEM, "profile");
			break;
		}
		workloads[count] = w;
		targets[count++] = (struct collect_target){ .cells = w->cells.items,
							    .cell_count = w->cells.len,
							    .profile = p,
							    .root_fd = root_open(w),
							    .links = &w->links };
	}
	if (!r && count)
		r = collect(s->recorder, targets, count, err);
	for (size_t i = 0; i < count; i++) {
		if (!r)
			r = finish(s, workloads[i], targets[i].profile, err);
		close_fd(&targets[i].root_fd);
		profile_free(targets[i].profile);
	}
	free(targets);
	free(workloads);
	return r;
}
