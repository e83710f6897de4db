/* SPDX-License-Identifier: Apache-2.0 */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* --- in the child -------------------------------------------------------------------------------- */

_Noreturn static void give_up(int why, int code)
{
	/* The parent learns of it by the end of the pipe, if not by this. */
	ssize_t n = write(why, &code, sizeof(code));

	_exit(n == sizeof(code) ? 126 : 125);
}

_Noreturn static void be_child(const struct child *c, int out, int said, int why)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	/* Who talks stays where the terminal's keys reach it. */
	if (!c->talks)
		setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (null < 0 || dup2(out, 1) < 0)
		give_up(why, errno);
	if (!c->talks && (dup2(null, 0) < 0 || dup2(said, 2) < 0))
		give_up(why, errno);
	if (c->prepare && !c->prepare())
		give_up(why, EPERM);
	if (c->env)
		execvpe(c->argv[0], (char *const *)c->argv, c->env);
	else
		execvp(c->argv[0], (char *const *)c->argv);
	give_up(why, errno);
}

/* --- in the parent ------------------------------------------------------------------------------- */

struct stream {
	int fd;
	struct buf *to;
};

/* False at its end. */
static bool take(const struct stream *s)
{
	char part[65536];
	ssize_t n = read(s->fd, part, sizeof(part));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	buf_add(s->to, part, (size_t)n);
	return true;
}

/* Until both have ended. */
static int take_all(const struct child *c, int out_fd, int said_fd, struct buf *out,
		    struct buf *said)
{
	struct stream streams[] = { { out_fd, out }, { said_fd, said } };
	struct pollfd p[] = { { out_fd, POLLIN, 0 }, { said_fd, POLLIN, 0 } };
	int64_t end = clock_passed_ns() + (int64_t)c->seconds * 1000000000;

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		int64_t left = (end - clock_passed_ns()) / 1000000;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(p, 2, (int)left) < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < 2; i++)
			if (p[i].fd >= 0 && p[i].revents && !take(&streams[i]))
				p[i].fd = -1;
		if (out->failed)
			return -EFBIG;
	}
	return 0;
}

struct pipes {
	int out[2], said[2], why[2]; /* why: an errno if it does not become the program */
};

static void close_both(int ends[2])
{
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
}

static int open_pipes(struct pipes *p)
{
	*p = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
	if (pipe2(p->out, O_CLOEXEC) || pipe2(p->said, O_CLOEXEC) || pipe2(p->why, O_CLOEXEC))
		return -errno;
	return 0;
}

static void close_end(int ends[2], int end)
{
	close(ends[end]);
	ends[end] = -1;
}

/* 0: it is the program now. */
static int read_why(int fd)
{
	int code = 0;
	ssize_t n;

	do {
		n = read(fd, &code, sizeof(code));
	} while (n < 0 && errno == EINTR);
	return n == sizeof(code) ? -code : 0;
}

static int attend(const struct child *c, pid_t pid, struct pipes *p, struct buf *out,
		  struct buf *said, struct child_end *ret)
{
	int status = 0, r;

	close_end(p->out, 1);
	close_end(p->said, 1);
	close_end(p->why, 1);
	r = read_why(p->why[0]);
	if (!r)
		r = take_all(c, p->out[0], p->said[0], out, said);
	if (r) {
		if (!c->talks)
			kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	ret->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	ret->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return r;
}

int child_run(const struct child *c, struct buf *out, struct buf *said, struct child_end *ret)
{
	struct pipes p;
	int r = open_pipes(&p);
	pid_t pid = r ? -1 : fork();

	*ret = (struct child_end){ 0 };
	if (pid == 0)
		be_child(c, p.out[1], p.said[1], p.why[1]);
	if (pid > 0)
		r = attend(c, pid, &p, out, said, ret);
	else if (!r)
		r = -errno;
	close_both(p.out);
	close_both(p.said);
	close_both(p.why);
	return r;
}

bool child_reap(pid_t pid, unsigned ms)
{
	const struct timespec step = { .tv_nsec = 1000000 };

	for (unsigned i = 0; i <= ms; i++) {
		if (waitpid(pid, NULL, WNOHANG))
			return true;
		nanosleep(&step, NULL);
	}
	return false;
}
