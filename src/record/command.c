/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command in a control group of its own. The child puts itself into the group, so that the kernel
 * sees it come in; what it does until its exec is ours, not the command's.
 */
#include "record/session_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"

struct child_failure {
	int code;
	enum { CHILD_CGROUP, CHILD_EXEC } step;
};

static void child(char **command, int procs_fd, int status_fd)
{
	struct child_failure failure = { .step = CHILD_CGROUP };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	failure.code = -cgroup_enter(procs_fd);
	if (!failure.code) {
		failure.step = CHILD_EXEC;
		execvp(command[0], command);
		failure.code = errno;
	}
	(void)!write(status_fd, &failure, sizeof(failure));
	_exit(127);
}

int command_start(struct session *s, struct error *err)
{
	cleanup_fd int procs_fd = -1, status_read = -1, status_write = -1;
	struct child_failure failure;
	char name[160];
	int pipe_fds[2], r;

	snprintf(name, sizeof(name), "merlon-%s-%d", s->name, getpid());
	r = cgroup_create(&s->layout, name, s->command_cgroup, sizeof(s->command_cgroup), err);
	if (!r)
		r = census_watch_group(s, s->command_cgroup, s->name, true, err);
	if (r)
		return r;
	procs_fd = cgroup_open_procs(&s->layout, s->command_cgroup);
	if (procs_fd < 0)
		return error_errno(err, -procs_fd, "control group %s", s->command_cgroup);
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_errno(err, errno, "pipe");
	status_read = pipe_fds[0];
	status_write = pipe_fds[1];
	s->command_pid = fork();
	if (s->command_pid < 0)
		return error_errno(err, errno, "fork");
	if (s->command_pid == 0)
		child(s->command, procs_fd, status_write);
	close(TAKE_FD(status_write));
	if (read(status_read, &failure, sizeof(failure)) != sizeof(failure))
		return 0; /* closed by a successful exec */
	waitpid(s->command_pid, NULL, 0);
	s->command_pid = 0;
	s->command_ended = true;
	if (failure.step == CHILD_EXEC)
		return error_errno(err, failure.code, "cannot run %s", s->command[0]);
	return error_errno(err, failure.code, "cannot enter control group %s", s->command_cgroup);
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
