/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "identity/cgroup.h"

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

int launch_in_cgroup(char **command, int procs_fd, pid_t *ret, struct error *err)
{
	cleanup_fd int status_read = -1, status_write = -1;
	struct child_failure failure;
	int pipe_fds[2];
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_errno(err, errno, "pipe");
	status_read = pipe_fds[0];
	status_write = pipe_fds[1];
	pid = fork();
	if (pid < 0)
		return error_errno(err, errno, "fork");
	if (pid == 0)
		child(command, procs_fd, status_write);
	close(TAKE_FD(status_write));
	*ret = pid;
	if (read(status_read, &failure, sizeof(failure)) != sizeof(failure))
		return 0; /* closed by a successful exec */
	waitpid(pid, NULL, 0);
	*ret = 0;
	if (failure.step == CHILD_EXEC)
		return error_errno(err, failure.code, "cannot run %s", command[0]);
	return error_errno(err, failure.code, "cannot enter its control group");
}
