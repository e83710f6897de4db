/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "identity/process.h"
#include "unit.h"

/* A child that has done what prepare says and then waits to be killed. */
static pid_t child(void (*prepare)(void))
{
	int fds[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		if (prepare)
			prepare();
		if (write(fds[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
	close(fds[1]);
	return pid;
}

static void reap(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void ourselves(void **state)
{
	struct process_status p;

	memset(&p, 0xff, sizeof(p));
	assert_int_equal(process_read(getpid(), &p), 0);
	assert_int_equal(p.pid, getpid());
	assert_int_equal(p.parent, getppid());
	assert_int_equal(p.uid, getuid());
	assert_int_equal(p.gid, getgid());
	assert_int_equal(p.inner_pid, getpid());
	assert_int_equal(p.pid_namespaces, 1);
	assert_false(p.kernel);
	assert_true(p.start_ticks > 0);
	assert_int_equal(p.no_new_privileges, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	assert_int_equal(p.caps_effective & ~p.caps_permitted, 0);
}

static void capabilities(void **state)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	uint64_t bounding = 0;
	struct process_status p;

	for (unsigned cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			bounding |= 1ULL << cap;
	assert_int_equal(syscall(SYS_capget, &header, data), 0);
	assert_int_equal(process_read(getpid(), &p), 0);
	assert_true(p.caps_bounding == bounding);
	assert_true(p.caps_effective == ((uint64_t)data[1].effective << 32 | data[0].effective));
	assert_true(p.caps_permitted == ((uint64_t)data[1].permitted << 32 | data[0].permitted));
}

static void no_new_privileges(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void state_of_a_child(void **state)
{
	pid_t pid = child(no_new_privileges);
	struct process_status p, self;

	assert_int_equal(process_read(pid, &p), 0);
	assert_int_equal(process_read(getpid(), &self), 0);
	assert_true(p.no_new_privileges);
	assert_int_equal(p.parent, getpid());
	assert_true(p.start_ticks >= self.start_ticks);
	reap(pid);
}

/* A name is whatever the process likes: parentheses, blanks, newlines, numbers. */
static void parentheses(void)
{
	prctl(PR_SET_NAME, ") R 1 2 3 (x) Z", 0, 0, 0);
}

static void newlines(void)
{
	prctl(PR_SET_NAME, "x\nUid:\t7\t7\nS:\t", 0, 0, 0);
}

static void hostile_names(void **state)
{
	void (*const rows[])(void) = { parentheses, newlines };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		pid_t pid = child(rows[i]);
		struct process_status p;

		assert_int_equal(process_read(pid, &p), 0);
		assert_int_equal(p.parent, getpid());
		assert_int_equal(p.uid, getuid());
		assert_false(p.kernel);
		assert_int_equal(p.pid_namespaces, 1);
		reap(pid);
	}
}

static void a_zombie_is_no_kernel_thread(void **state)
{
	pid_t pid = fork();
	struct process_status p;
	siginfo_t info;

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(process_read(pid, &p), 0);
	assert_false(p.kernel);
	waitpid(pid, NULL, 0);
	assert_int_equal(process_read(pid, &p), -ESRCH);
}

/* Between its memory and its death: it runs, and has none. */
static void who_ends_is_no_kernel_thread(void **state)
{
	struct process_status p;

	(void)state;
	assert_int_equal(
		process_parse(7, "7 (true) R 1 7 7 0 -1 4194564 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0",
			      "Name:\ttrue\nState:\tR (running)\nUid:\t0\t0\t0\t0\n", &p),
		0);
	assert_false(p.kernel);
	assert_int_equal(
		process_parse(8, "8 (kworker) I 2 0 0 0 -1 69238880 0 0 0 0 0 0 0 0 20 0 1 0 9 0 0",
			      "Name:\tkworker\nState:\tI (idle)\nUid:\t0\t0\t0\t0\n", &p),
		0);
	assert_true(p.kernel);
}

static void kernel_threads(void **state)
{
	struct process_status p;

	if (process_read(2, &p) || p.parent != 0) { /* in a pid namespace 2 is somebody else */
		print_message("# process 2 is not kthreadd here\n");
		skip();
	}
	assert_true(p.kernel);
}

static void nobody(void **state)
{
	static const pid_t rows[] = { 0, -1, INT32_MAX, INT32_MIN };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct process_status p;

		check_number("pid", process_read(rows[i], &p), -ESRCH);
	}
}

static void namespaces(void **state)
{
	pid_t pid = child(NULL);

	assert_true(process_namespace(getpid(), "pid") != 0);
	assert_int_equal(process_namespace(pid, "mnt"), process_namespace(getpid(), "mnt"));
	assert_int_equal(process_namespace(getpid(), "nonsense"), 0);
	assert_int_equal(process_namespace(INT32_MAX, "pid"), 0);
	reap(pid);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ourselves),
		cmocka_unit_test(capabilities),
		cmocka_unit_test(state_of_a_child),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(a_zombie_is_no_kernel_thread),
		cmocka_unit_test(who_ends_is_no_kernel_thread),
		cmocka_unit_test(kernel_threads),
		cmocka_unit_test(nobody),
		cmocka_unit_test(namespaces),
	};

	return unit_run(tests);
}
