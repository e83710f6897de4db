/* SPDX-License-Identifier: Apache-2.0 */
/* Whose denials are kept, and as what the others are counted. */
#include <sys/wait.h>
#include <unistd.h>

#include "confine/collector.h"
#include "unit.h"

/* The number of a process that has ended. */
static pid_t ended(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void take(struct collector *c, pid_t pid)
{
	cleanup_denial struct denial d = { .layer = DENIAL_SECCOMP, .count = 1, .pid = pid };

	collector_take_record(&d, c);
}

/* Who is gone may have been in the container: that is not "elsewhere". */
static void of_one_container(void **state)
{
	struct collector_options o = { .container = "merlon-no-such-container" };
	cleanup_collector struct collector *c = NULL;
	struct error err = { 0 };
	const struct collector_counts *counts;

	if (collector_new(&c, &o, &err))
		skip(); /* no control groups here */
	counts = collector_counts(c);
	take(c, getpid());
	take(c, ended());
	take(c, 0);
	assert_int_equal(counts->denials, 3);
	assert_int_equal(counts->elsewhere, 2);
	assert_int_equal(counts->gone, 1);
	assert_int_equal(collector_denials(c)->len, 0);
}

/* Without a container that is wanted nobody is elsewhere. */
static void of_all(void **state)
{
	struct collector_options o = { 0 };
	cleanup_collector struct collector *c = NULL;
	struct error err = { 0 };

	if (collector_new(&c, &o, &err))
		skip();
	take(c, getpid());
	take(c, ended());
	assert_int_equal(collector_counts(c)->elsewhere + collector_counts(c)->gone, 0);
	assert_int_equal(collector_denials(c)->len, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_one_container),
		cmocka_unit_test(of_all),
	};

	return unit_run(tests);
}
