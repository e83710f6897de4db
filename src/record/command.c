/* SPDX-License-Identifier: Apache-2.0 */
/* A command in a control group of its own. */
#include "record/session_private.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "identity/launch.h"

int command_start(struct session *s, struct error *err)
{
	cleanup_fd int procs_fd = -1;
	char name[160];
	int r;

	snprintf(name, sizeof(name), "merlon-%s-%d", s->name, getpid());
	r = cgroup_create(&s->layout, name, s->command_cgroup, sizeof(s->command_cgroup), err);
	if (!r)
		r = census_watch_group(s, s->command_cgroup, s->name, true, err);
	if (r)
		return r;
	procs_fd = cgroup_open_procs(&s->layout, s->command_cgroup);
	if (procs_fd < 0)
		return error_errno(err, -procs_fd, "control group %s", s->command_cgroup);
	r = launch_in_cgroup(s->command, procs_fd, &s->command_pid, err);
	s->command_ended = r != 0;
	return r;
}

void command_poll(struct session *s)
{
	int status;

	if (!s->command_pid || s->command_ended)
		return;
	if (waitpid(s->command_pid, &status, WNOHANG) == s->command_pid) {
		s->command_ended = true;
		s->command_status = status;
	}
}

static int stop_at_first(pid_t pid, void *arg)
{
	(void)pid;
	(void)arg;
	return 1;
}

static int is_populated(const char *path, void *arg)
{
	struct session *s = arg;

	return cgroup_each_process(&s->layout, path, stop_at_first, NULL) == 1;
}

/* What a daemon left running still belongs to the command. */
bool command_is_over(struct session *s)
{
	command_poll(s);
	return s->command_ended &&
	       cgroup_each_below(&s->layout, s->command_cgroup, is_populated, s) != 1;
}

void command_clean(struct session *s)
{
	if (*s->command_cgroup)
		cgroup_remove(&s->layout, s->command_cgroup);
	s->command_cgroup[0] = '\0';
}
