/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "sensor/deny.h"

#define SECOND_NS 1000000000LL
#define WAIT_MAX_NS (60 * SECOND_NS)
#define LONG_NS (10 * SECOND_NS) /* who has lived that long is started again at once */

static _Noreturn void keeper_main(pid_t parent, int ring, struct keeper_numbers *numbers)
{
	struct error err = ERROR_INIT;

	prctl(PR_SET_NAME, "merlon-keeper");
	deny_keeper_run(ring, parent, numbers, &err);
	fprintf(stderr, "merlon: who is denied what: %s\n", err.text);
	_exit(EXIT_FAILURE);
}

static void keep_only(int fd)
{
	if (fd > 3)
		close_range(3, (unsigned)fd - 1, 0);
	close_range((unsigned)fd + 1, ~0U, 0);
}

static int start(struct keeper *k)
{
	pid_t parent = getpid();

	k->started_ns = clock_passed_ns();
	k->pid = fork();
	if (k->pid == 0) {
		keep_only(k->ring); /* the others learn by their ends that the guard is over */
		keeper_main(parent, k->ring, k->numbers);
	}
	if (k->pid > 0)
		return 0;
	k->pid = 0;
	return -errno;
}

int keeper_start(struct keeper *k, struct error *err)
{
	int ring = sensor_deny_forms(DENY_FORMS_ALL) ? sensor_deny_begun() : -ENOTSUP, r;

	*k = KEEPER_NONE;
	if (ring < 0)
		return 0;
	k->ring = ring;
	k->numbers = mmap(NULL, sizeof(*k->numbers), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (k->numbers == MAP_FAILED) {
		k->numbers = NULL;
		return error_errno(err, errno, "who is denied what");
	}
	r = start(k);
	return r ? error_errno(err, -r, "fork") : 0;
}

/* One that ends as soon as it begins is waited with, longer each time. */
static void take_end(struct keeper *k, int64_t now)
{
	bool lived = now - k->started_ns > LONG_NS;

	k->pid = 0;
	k->wait_ns = lived ? 0 : k->wait_ns ? 2 * k->wait_ns : SECOND_NS;
	if (k->wait_ns > WAIT_MAX_NS)
		k->wait_ns = WAIT_MAX_NS;
	k->due_ns = now + k->wait_ns;
	__atomic_add_fetch(&k->numbers->ended, 1, __ATOMIC_RELAXED);
}

void keeper_turn(struct keeper *k)
{
	int64_t now = clock_passed_ns();

	if (!k->numbers)
		return;
	if (k->pid > 0 && waitpid(k->pid, NULL, WNOHANG) == k->pid)
		take_end(k, now);
	if (!k->pid && now >= k->due_ns && start(k))
		k->due_ns = now + SECOND_NS;
}

void keeper_deinit(struct keeper *k)
{
	if (k->pid > 0) {
		kill(k->pid, SIGKILL);
		waitpid(k->pid, NULL, 0);
	}
	if (k->numbers)
		munmap(k->numbers, sizeof(*k->numbers));
	if (k->ring >= 0)
		close(k->ring);
	*k = KEEPER_NONE;
}
