/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/agent.h"

#include <errno.h>
#include <poll.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "base/vec.h"
#include "uapi/syscall.h"

enum { CONTAINERS_MAX = 1024, STATE_MAX = 1 << 20, FDS_MAX = 16 };

/* A container whose filter asks us. */
struct asker {
	int fd; /* of its filter, owned */
	char id[128];
	bool serving;
	uint64_t last_ns; /* of the last question while it started */
	uint64_t allowed, denied;
};

struct agent {
	struct agent_options options;
	char socket[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int listen_fd;
	VEC(struct asker) askers;
	VEC(struct pollfd) polls;
	struct seccomp_notif *request;
	struct seccomp_notif_resp *response;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void say(struct agent *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct agent *a, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!a->options.say)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	a->options.say(text, a->options.say_arg);
}

void agent_free(struct agent *a)
{
	if (!a)
		return;
	vec_foreach(asker, &a->askers)
		close_fd(&asker->fd);
	vec_deinit(&a->askers);
	vec_deinit(&a->polls);
	close_fd(&a->listen_fd);
	if (*a->socket)
		unlink(a->socket);
	seccomp_notify_free(a->request, a->response);
	free(a);
}

static int listen_at(struct agent *a, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(a->options.socket) >= sizeof(address.sun_path))
		return error_set(err, EINVAL, "%s: longer than a socket's path may be",
				 a->options.socket);
	strcpy(address.sun_path, a->options.socket);
	a->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (a->listen_fd < 0)
		return error_errno(err, errno, "socket");
	unlink(address.sun_path);
	if (bind(a->listen_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(a->listen_fd, 64) < 0)
		return error_errno(err, errno, "%s", a->options.socket);
	strcpy(a->socket, address.sun_path);
	return 0;
}

int agent_new(struct agent **ret, const struct agent_options *options, struct error *err)
{
	struct agent *a = calloc(1, sizeof(*a));
	int r = a ? 0 : error_errno(err, ENOMEM, "agent");

	if (r)
		return r;
	a->options = *options;
	a->listen_fd = -1;
	if (seccomp_notify_alloc(&a->request, &a->response))
		r = error_set(err, ENOTSUP,
			      "this kernel's seccomp can't ask (SECCOMP_RET_USER_NOTIF, "
			      "5.0)");
	if (!r)
		r = listen_at(a, err);
	if (r) {
		agent_free(a);
		return r;
	}
	*ret = a;
	return 0;
}

/* --- a container introduces itself -------------------------------------------------------------- */

/* Receives a state and the descriptors that come with it; the number of descriptors, or -errno. */
static int receive(int fd, struct buf *text, int fds[FDS_MAX])
{
	union {
		char room[CMSG_SPACE(sizeof(int) * FDS_MAX)];
		struct cmsghdr align;
	} control;
	int count = 0;

	for (;;) {
		char chunk[16384];
		struct iovec io = { chunk, sizeof(chunk) };
		struct msghdr message = { .msg_iov = &io,
					  .msg_iovlen = 1,
					  .msg_control = control.room,
					  .msg_controllen = sizeof(control.room) };
		ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return count ? count : -errno;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
			int got = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));

			if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
				continue;
			for (int i = 0; i < got; i++) {
				int received;

				memcpy(&received, CMSG_DATA(c) + (size_t)i * sizeof(int),
				       sizeof(int));
				if (count < FDS_MAX)
					fds[count++] = received;
				else
					close(received);
			}
		}
		if (n == 0 || text->len + (size_t)n > STATE_MAX)
			return count;
		buf_add(text, chunk, (size_t)n);
	}
}

/* The position of "seccompFd" in the state's list of descriptors (runtime-spec, containerprocessstate). */
static int seccomp_fd_index(const json_t *state)
{
	const json_t *names = json_object_get(state, "fds"), *name;
	size_t i;

	json_array_foreach (names, i, name) {
		const char *text = json_string_value(name);

		if (text && str_eq(text, "seccompFd"))
			return (int)i;
	}
	return -1;
}

static void introduce(struct agent *a, int connection)
{
	struct timeval patience = { .tv_sec = 2 };
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_json json_t *state = NULL;
	struct asker *asker;
	int fds[FDS_MAX] = { 0 }, count, index;
	const char *id;

	/* Who connects must not hold us: the message is small and is sent at once. */
	setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	count = receive(connection, &text, fds);
	if (count < 0) {
		say(a, "a connection that says nothing: %s", strerror(-count));
		return;
	}
	state = json_loadb(text.data ? text.data : "", text.len, 0, NULL);
	index = seccomp_fd_index(state);
	id = json_string_value(json_object_get(json_object_get(state, "state"), "id"));
	if (index < 0 || index >= count || a->askers.len >= CONTAINERS_MAX) {
		say(a, "a connection without a filter to answer, or too many of them");
		index = -1;
	}
	for (int i = 0; i < count; i++)
		if (i != index)
			close(fds[i]);
	if (index < 0)
		return;
	asker = vec_add(&a->askers);
	if (!asker) {
		close(fds[index]);
		return;
	}
	asker->fd = fds[index];
	asker->last_ns = now_ns();
	str_printable(asker->id, sizeof(asker->id), id ? id : "?", strlen(id ? id : "?"));
	say(a, "%s starts", asker->id);
}

/* --- answers ------------------------------------------------------------------------------------ */

static void answer(struct agent *a, struct asker *asker)
{
	enum sys_arch arch = SYS_ARCH_X86_64;
	const char *name;
	int nr;

	memset(a->request, 0, sizeof(*a->request));
	if (seccomp_notify_receive(asker->fd, a->request))
		return; /* the caller was killed meanwhile, or the container is gone */
	nr = a->request->data.nr;
	if (a->request->data.arch == sys_archs[SYS_ARCH_X86].seccomp_token)
		arch = SYS_ARCH_X86;
	name = sys_call_name(arch, nr & 0x3fffffff);
	memset(a->response, 0, sizeof(*a->response));
	a->response->id = a->request->id;
	if (a->options.told) {
		a->options.told(&a->request->data, (pid_t)a->request->pid, a->options.told_arg);
		a->response->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		asker->allowed++;
	} else if (asker->serving) {
		a->response->error = -ENOSYS;
		asker->denied++;
		say(a, "%s: denied %s to process %u", asker->id, name ? name : "a call",
		    a->request->pid);
	} else {
		a->response->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		asker->allowed++;
		asker->last_ns = now_ns();
	}
	seccomp_notify_respond(asker->fd, a->response);
}

static void end_start(struct agent *a, struct asker *asker)
{
	asker->serving = true;
	say(a, "%s serves: %llu calls were its start's, no more are allowed", asker->id,
	    (unsigned long long)asker->allowed);
}

void agent_end_starts(struct agent *a)
{
	vec_foreach(asker, &a->askers)
		if (!asker->serving)
			end_start(a, asker);
}

/* --- the loop ----------------------------------------------------------------------------------- */

static int poll_add(struct agent *a, int fd)
{
	struct pollfd *p = vec_add(&a->polls);

	if (!p)
		return -ENOMEM;
	p->fd = fd; /* -1 is skipped by poll() */
	p->events = POLLIN;
	return 0;
}

/* Until the first start is over, by now; -1 if none is under way. */
static int patience_ms(const struct agent *a, uint64_t now)
{
	int64_t least = -1;

	vec_foreach(asker, &a->askers) {
		int64_t left = (int64_t)(asker->last_ns + a->options.settle_ns - now);

		if (!a->options.told && !asker->serving && (least < 0 || left < least))
			least = left > 0 ? left : 0;
	}
	return least < 0 ? -1 : (int)(least / 1000000) + 1;
}

static void forget(struct agent *a, size_t i)
{
	struct asker *asker = &a->askers.items[i];

	say(a, "%s ended: %llu calls allowed, %llu denied", asker->id,
	    (unsigned long long)asker->allowed, (unsigned long long)asker->denied);
	close(asker->fd);
	*asker = a->askers.items[--a->askers.len];
}

int agent_step(struct agent *a, int extra_fd, bool *ret_extra_ready, struct error *err)
{
	uint64_t now;
	size_t count = a->askers.len;
	int r;

	a->polls.len = 0;
	r = poll_add(a, a->listen_fd);
	r = r ? r : poll_add(a, extra_fd);
	for (size_t i = 0; i < count && !r; i++)
		r = poll_add(a, a->askers.items[i].fd);
	if (r)
		return error_errno(err, -r, "agent");
	if (poll(a->polls.items, a->polls.len, patience_ms(a, now_ns())) < 0 && errno != EINTR)
		return error_errno(err, errno, "poll");
	*ret_extra_ready = a->polls.items[1].revents;
	now = now_ns();
	/* Backwards: one that is forgotten gives its place to the last, which has been looked at. */
	for (size_t i = count; i-- > 0;) {
		struct asker *asker = &a->askers.items[i];
		short events = a->polls.items[i + 2].revents;

		if (!a->options.told && !asker->serving &&
		    now - asker->last_ns >= a->options.settle_ns)
			end_start(a, asker);
		if (events & POLLIN)
			answer(a, asker);
		else if (events & (POLLHUP | POLLERR))
			forget(a, i);
	}
	if (a->polls.items[0].revents & POLLIN) {
		cleanup_fd int connection = accept4(a->listen_fd, NULL, NULL, SOCK_CLOEXEC);

		if (connection >= 0)
			introduce(a, connection);
	}
	return 0;
}
