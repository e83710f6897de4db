/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

/* "/path", or "@name" of an abstract one. -1: nobody is there. */
static int connect_to(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd;

	if ((name[0] != '/' && name[0] != '@') || !name[1] || len >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Half of what it allows; 0: there is no watchdog, or it is another process'. */
static int64_t read_interval(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t n;

	if (pid && (!str_to_u64(pid, &n) || n != (uint64_t)getpid()))
		return 0;
	if (!usec || !str_to_u64(usec, &n) || n > INT64_MAX / 1000)
		return 0;
	return (int64_t)n * 1000 / 2;
}

void notifier_init(struct notifier *n)
{
	const char *name = getenv("NOTIFY_SOCKET");

	*n = (struct notifier){ .fd = name ? connect_to(name) : -1 };
	if (n->fd >= 0)
		n->interval_ns = read_interval();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	n->beats = mmap(NULL, sizeof(*n->beats), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (n->beats == MAP_FAILED)
		n->beats = NULL;
}

void notifier_deinit(struct notifier *n)
{
	if (n->fd >= 0)
		close(n->fd);
	if (n->beats)
		munmap(n->beats, sizeof(*n->beats));
	*n = (struct notifier){ .fd = -1 };
}

static void tell(struct notifier *n, const char *words)
{
	/* A manager that does not listen is its own loss. */
	if (n->fd >= 0)
		(void)!send(n->fd, words, strlen(words), MSG_NOSIGNAL);
}

void notifier_ready(struct notifier *n, size_t rules)
{
	char words[128];

	snprintf(words, sizeof(words), "READY=1\nSTATUS=guarding with %zu rules", rules);
	tell(n, words);
	n->fed_ns = clock_passed_ns();
}

void notifier_stopping(struct notifier *n)
{
	tell(n, "STOPPING=1");
}

void notifier_feed(struct notifier *n)
{
	int64_t now = clock_passed_ns();
	uint32_t beats;

	if (!n->interval_ns || !n->beats || now - n->fed_ns < n->interval_ns / 2)
		return;
	beats = __atomic_load_n(n->beats, __ATOMIC_RELAXED);
	if (beats == n->seen)
		return;
	n->seen = beats;
	n->fed_ns = now;
	tell(n, "WATCHDOG=1");
}
