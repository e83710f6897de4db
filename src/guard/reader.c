/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fs.h"
#include "base/str.h"
#include "guard/privilege.h"
#include "guard/reader_serve.h"
#include "guard/reader_wire.h"
#include "identity/cgroup.h"

enum { BUSY_MS = 5000, REAP_MS = 20, STAT_MAX = 1024, STUCK_MAX = 32 };

struct reader {
	struct reader_serve_options serve;
	const char *user;
	struct cgroup_layout layout;
	pid_t pid, parent;
	pid_t stuck[STUCK_MAX];	     /* killed, and not gone yet; 0: free */
	int asking, answering;	     /* the socket's ends: the engine's and the reader's */
	int complaining, complaints; /* the pipe's: the engine's and the parent's */
	uint32_t *at; /* number of the question that is being answered, 0: none. Shared with the process. */
};

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int reader_new(struct reader **ret, const struct reader_options *o, struct error *err)
{
	const struct timeval slow = { .tv_usec = READER_SLOW_MS * 1000 };
	cleanup_reader struct reader *r = calloc(1, sizeof(*r));
	int socket_fds[2], pipe_fds[2], e;

	if (!r)
		return error_errno(err, ENOMEM, "reader");
	r->asking = r->answering = r->complaining = r->complaints = -1;
	r->user = o->user;
	r->parent = getpid();
	e = cgroup_layout_detect(&r->layout, err);
	if (e)
		return e;
	r->at = mmap(NULL, sizeof(*r->at), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (r->at == MAP_FAILED) {
		r->at = NULL;
		return error_errno(err, errno, "reader");
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socket_fds))
		return error_errno(err, errno, "reader");
	r->asking = socket_fds[0];
	r->answering = socket_fds[1];
	/* Here, for the engine may not. */
	if (setsockopt(r->asking, SOL_SOCKET, SO_RCVTIMEO, &slow, sizeof(slow)))
		return error_errno(err, errno, "reader");
	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK))
		return error_errno(err, errno, "reader");
	r->complaints = pipe_fds[0];
	r->complaining = pipe_fds[1];
	r->serve = (struct reader_serve_options){ .socket = r->answering,
						  .at = r->at,
						  .groups = r->layout.mount,
						  .trees = o->trees,
						  .tree_count = o->tree_count };
	*ret = TAKE_PTR(r);
	return 0;
}

/* Whose request a FUSE server has taken ends only when that answers or ends, SIGKILL or not (Linux 6.18 and before). */
static void stop(struct reader *r)
{
	if (r->pid <= 0)
		return;
	kill(r->pid, SIGKILL);
	if (!child_reap(r->pid, REAP_MS)) {
		size_t i = 0;

		while (i < STUCK_MAX - 1 && r->stuck[i]) /* one is free: may_start() */
			i++;
		r->stuck[i] = r->pid;
	}
	r->pid = 0;
}

/* False: there are too many already. */
static bool may_start(struct reader *r)
{
	size_t stuck = 0;

	for (size_t i = 0; i < STUCK_MAX; i++) {
		if (r->stuck[i] && waitpid(r->stuck[i], NULL, WNOHANG))
			r->stuck[i] = 0;
		stuck += r->stuck[i] != 0;
	}
	return stuck < STUCK_MAX;
}

void reader_free(struct reader *r)
{
	if (!r)
		return;
	if (r->parent == getpid())
		stop(r);
	close_end(&r->asking);
	close_end(&r->answering);
	close_end(&r->complaining);
	close_end(&r->complaints);
	if (r->at)
		munmap(r->at, sizeof(*r->at));
	free(r);
}

static _Noreturn void reader_main(struct reader *r)
{
	struct error err = ERROR_INIT;
	int e, nothing;

	prctl(PR_SET_NAME, "merlon-reader");
	/* The engine's end too, so that it is seen to close; and all that the guard has opened meanwhile. */
	close_range(STDERR_FILENO + 1, (unsigned)r->answering - 1, 0);
	close_range((unsigned)r->answering + 1, UINT_MAX, 0);
	/* Nobody is to wait for the end of a pipe that is held by a process that hangs. */
	nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(nothing, STDIN_FILENO);
	dup2(nothing, STDOUT_FILENO);
	e = privilege_drop(ROLE_READER, r->user, r->parent, &err);
	if (e) {
		fprintf(stderr, "merlon: reader: %s\n", err.text);
		_exit(EXIT_FAILURE);
	}
	dup2(nothing, STDERR_FILENO);
	reader_serve(&r->serve);
	_exit(EXIT_SUCCESS);
}

int reader_start(struct reader *r, struct error *err)
{
	*r->at = 0;
	r->pid = fork();
	if (r->pid == 0)
		reader_main(r);
	return r->pid < 0 ? error_errno(err, errno, "fork") : 0;
}

pid_t reader_pid(const struct reader *r)
{
	return r->pid;
}

void reader_hand_over(struct reader *r)
{
	close_end(&r->asking);
	close_end(&r->complaining);
}

void reader_take(struct reader *r, int *ret_socket, int *ret_complaints)
{
	*ret_socket = TAKE_FD(r->asking);
	*ret_complaints = TAKE_FD(r->complaining);
	close_end(&r->answering);
	close_end(&r->complaints);
}

int reader_complaints(const struct reader *r)
{
	return r->complaining < 0 ? r->complaints : -1;
}

/* It would go on if it were given a processor. */
static bool is_running(pid_t pid)
{
	cleanup_buf struct buf text = BUF_INIT;
	const char *close;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (fs_read(path, STAT_MAX, &text, NULL))
		return false;
	close = strrchr(text.data, ')');
	return close && str_starts(close, ") R");
}

bool reader_judge(struct reader *r)
{
	struct reader_answer failed = { 0 };
	struct reader_complaint c;
	uint32_t at;
	bool again;

	if (read(r->complaints, &c, sizeof(c)) != sizeof(c))
		return false;
	at = __atomic_load_n(r->at, __ATOMIC_ACQUIRE);
	if (r->pid > 0 && waitpid(r->pid, NULL, WNOHANG) == r->pid) {
		r->pid = 0;
	} else if (r->pid > 0) {
		/* Not come to yet, or answered meanwhile; or the machine is slow. */
		if (c.waited_ms < BUSY_MS && (at != c.seq || is_running(r->pid)))
			return false;
		stop(r);
	}
	failed.seq = c.seq;
	again = may_start(r);
	failed.result = again ? -ETIMEDOUT : -EHOSTDOWN;
	(void)!send(r->answering, &failed, offsetof(struct reader_answer, bytes),
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	return again && !reader_start(r, NULL);
}
