/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/process_table.h"

#include "event_records.h"

static const struct event_container web = { .id = { "web", 3 }, .version = 1 };

enum { GROUP_WEB = 8, GROUP_NEVER_TOLD = 9 };

static const struct event_container *container_of(uint64_t cgroup,
						  const struct event_container *so_far, void *arg)
{
	(void)arg;
	return cgroup == GROUP_WEB ? &web : cgroup == GROUP_NEVER_TOLD ? so_far : NULL;
}

static struct process_table *table_with_init(void)
{
	const struct process_facts init = { .pid = 1,
					    .name = TEXT("init"),
					    .exepath = TEXT("/sbin/init"),
					    .cwd = TEXT("/"),
					    .args = { "init\0--system", 14 },
					    .start_ns = 1 };
	struct process_table *t;

	assert_int_equal(process_table_new(&t, 0, container_of, NULL), 0);
	assert_int_equal(process_table_put(t, &init), 0);
	return t;
}

static void forked(struct process_table *t, uint32_t parent, uint32_t pid)
{
	struct made_record m;

	record_fork(&m, parent, pid, pid, "child");
	assert_int_equal(process_table_apply(t, &m.ev), 0);
}

static const struct process *get(const struct process_table *t, uint32_t pid)
{
	const struct process *p = process_table_find(t, pid);

	assert_non_null(p);
	return p;
}

static void check_name(const struct process *p, const char *name)
{
	check_bytes(name, p->name.data, p->name.len, name, strlen(name));
}

static void children_are_as_their_parents(void **state)
{
	cleanup_process_table struct process_table *t = table_with_init();
	const struct process *p;

	(void)state;
	forked(t, 1, 5);
	p = get(t, 5);
	assert_ptr_equal(p->parent, get(t, 1));
	check_name(p, "child");
	check_bytes("exe", p->exepath.data, p->exepath.len, "/sbin/init", 10);
	assert_int_equal(p->args.count, 1);
	check_bytes("args", p->args.items[0].data, p->args.items[0].len, "--system", 8);
	assert_int_equal(p->thread_count, 1);
	assert_true(p->version != get(t, 1)->version);
}

static void execs_replace(void **state)
{
	cleanup_process_table struct process_table *t = table_with_init();
	struct made_record m;
	const struct process *p;
	uint32_t before;

	(void)state;
	forked(t, 1, 5);
	before = get(t, 5)->version;
	/* Arguments may be empty, and the last may be cut before its NUL. */
	record_exec(&m, 1, 5, "/bin/sh", "-sh\0\0last", 9);
	m.ev.uid = 33;
	assert_int_equal(process_table_apply(t, &m.ev), 0);
	p = get(t, 5);
	check_name(p, "sh");
	check_bytes("exe", p->exe.data, p->exe.len, "-sh", 3);
	assert_int_equal(p->args.count, 2);
	assert_int_equal(p->args.items[0].len, 0);
	check_bytes("last", p->args.items[1].data, p->args.items[1].len, "last", 4);
	assert_int_equal(p->uid, 33);
	assert_true(p->version > before);
	assert_ptr_equal(p->parent, get(t, 1));
	assert_int_equal(process_table_set_cwd(t, 5, TEXT("/tmp")), 0);
	check_bytes("cwd", p->cwd.data, p->cwd.len, "/tmp", 4);
	check_bytes("exe", p->exe.data, p->exe.len, "-sh", 3);
}

static void threads_are_no_processes(void **state)
{
	cleanup_process_table struct process_table *t = table_with_init();
	struct made_record m;

	(void)state;
	record_fork(&m, 1, 1, 9, "worker");
	assert_int_equal(process_table_apply(t, &m.ev), 0);
	assert_int_equal(process_table_count(t), 1);
	assert_int_equal(get(t, 1)->thread_count, 2);
	check_name(get(t, 1), "init");
}

static void the_dead_stay_as_parents(void **state)
{
	cleanup_process_table struct process_table *t = table_with_init();

	(void)state;
	forked(t, 1, 5);
	forked(t, 5, 6);
	process_table_remove(t, 5);
	assert_null(process_table_find(t, 5));
	assert_int_equal(get(t, 6)->parent->pid, 5);
	assert_ptr_equal(get(t, 6)->parent->parent, get(t, 1));
	process_table_remove(t, 77); /* never known */
	assert_int_equal(process_table_count(t), 2);
}

/* A program that forks and ends for ever must not make a line that grows. */
static void lines_do_not_grow(void **state)
{
	cleanup_process_table struct process_table *t = table_with_init();
	uint32_t length = 0;

	(void)state;
	forked(t, 1, 2);
	for (uint32_t pid = 2; pid < 5000; pid++) {
		forked(t, pid, pid + 1);
		process_table_remove(t, pid);
	}
	for (const struct process *p = get(t, 5000); p; p = p->parent)
		length++;
	assert_true(length <= 3);
	assert_int_equal(process_table_count(t), 2);
}

static void numbers_come_again(void **state)
{
	cleanup_process_table struct process_table *t = table_with_init();
	struct process_facts other = {
		.pid = 5, .parent = 1, .name = TEXT("other"), .start_ns = 60000000000
	};

	(void)state;
	forked(t, 1, 5);
	forked(t, 5, 6);
	forked(t, 1, 5); /* the end of the first was lost */
	assert_int_equal(process_table_count(t), 3);
	assert_ptr_not_equal(get(t, 6)->parent, get(t, 5));
	assert_int_equal(process_table_put(t, &other), 0); /* so was that of the second */
	check_name(get(t, 5), "other");
	assert_ptr_equal(get(t, 5)->parent, get(t, 1));
	assert_int_equal(process_table_count(t), 3);
}

static void parents_are_found_later(void **state)
{
	cleanup_process_table struct process_table *t = table_with_init();
	struct process_facts f = { .pid = 5, .parent = 6, .name = TEXT("a") };

	(void)state;
	assert_int_equal(process_table_put(t, &f), 0);
	f = (struct process_facts){ .pid = 6, .parent = 5, .name = TEXT("b") };
	assert_int_equal(process_table_put(t, &f), 0);
	process_table_relate(t, 5, 6); /* a loop, which /proc read twice may show */
	process_table_relate(t, 5, 5);
	assert_null(get(t, 5)->parent);
	process_table_relate(t, 5, 1);
	assert_ptr_equal(get(t, 5)->parent, get(t, 1));
}

static void containers_follow_the_group(void **state)
{
	cleanup_process_table struct process_table *t = table_with_init();
	struct made_record m;
	uint32_t before;

	(void)state;
	forked(t, 1, 5);
	assert_null(get(t, 5)->container);
	before = get(t, 5)->version;
	record_begin(&m, ABI_EVENT_CALL, 5, 5);
	m.ev.cgroup = 8;
	assert_int_equal(process_table_apply(t, &m.ev), 0);
	assert_ptr_equal(get(t, 5)->container, &web);
	assert_true(get(t, 5)->version > before);
	before = get(t, 5)->version;
	assert_int_equal(process_table_apply(t, &m.ev), 0);
	assert_int_equal(get(t, 5)->version, before);
}

static void containers_are_forgotten(void **state)
{
	cleanup_process_table struct process_table *t = table_with_init();
	struct made_record m;

	(void)state;
	forked(t, 1, 5);
	forked(t, 5, 6);
	for (uint32_t pid = 5; pid < 7; pid++) {
		record_begin(&m, ABI_EVENT_CALL, pid, pid);
		m.ev.cgroup = 8;
		assert_int_equal(process_table_apply(t, &m.ev), 0);
	}
	process_table_remove(t, 5);
	assert_ptr_equal(get(t, 6)->parent->container, &web);
	process_table_forget_container(t, &web);
	assert_null(get(t, 6)->container);
	assert_null(get(t, 6)->parent->container); /* of one that has ended */
}

static void numbers_inside_of_a_namespace(void **state)
{
	cleanup_process_table struct process_table *t = table_with_init();
	struct made_record m;

	(void)state;
	for (uint32_t pid = 50; pid < 53; pid++) { /* 1, 2 in one namespace, 1 in another */
		record_fork(&m, 1, pid, pid, "child");
		m.ev.process.vpid = pid == 52 ? 1 : pid - 49;
		m.ev.process.pidns = pid == 52 ? 8 : 7;
		assert_int_equal(process_table_apply(t, &m.ev), 0);
	}
	assert_ptr_equal(process_table_find_inside(t, 51, 1), get(t, 50));
	assert_ptr_equal(process_table_find_inside(t, 50, 2), get(t, 51));
	assert_ptr_equal(process_table_find_inside(t, 52, 1), get(t, 52));
	assert_null(process_table_find_inside(t, 52, 2));
	assert_ptr_equal(process_table_find_inside(t, 1, 51), get(t, 51)); /* from outside */
}

static bool is_init(const struct process *p, void *arg)
{
	(void)arg;
	return p->pid == 1;
}

static void what_was_missed_is_made_up_for(void **state)
{
	cleanup_process_table struct process_table *t = table_with_init();
	struct process_facts f = {
		.pid = 5, .name = TEXT("fresh"), .exepath = TEXT("/sbin/init"), .start_ns = 5
	};

	(void)state;
	forked(t, 1, 5);
	forked(t, 5, 6);
	assert_int_equal(process_table_put_missing(t, &f), 0);
	check_name(get(t, 5), "child"); /* the kernel said more than /proc would */
	f.exepath = TEXT("/bin/other");
	assert_int_equal(process_table_put_missing(t, &f), 0);
	check_name(get(t, 5), "fresh"); /* its exec was lost */
	process_table_sweep(t, is_init, NULL);
	assert_int_equal(process_table_count(t), 1);
	assert_null(process_table_find(t, 6));
}

/* The record of a group that a container made may be lost. */
static void an_unknown_group_is_no_way_out_of_a_container(void **state)
{
	cleanup_process_table struct process_table *t = table_with_init();
	struct made_record m;

	(void)state;
	forked(t, 1, 5);
	record_fork(&m, 5, 6, 6, "inside");
	m.ev.cgroup = GROUP_WEB;
	assert_int_equal(process_table_apply(t, &m.ev), 0);
	assert_ptr_equal(get(t, 6)->container, &web);
	record_fork(&m, 6, 7, 7, "moved");
	m.ev.cgroup = GROUP_NEVER_TOLD;
	assert_int_equal(process_table_apply(t, &m.ev), 0);
	assert_ptr_equal(get(t, 7)->container, &web);
	record_fork(&m, 5, 8, 8, "host");
	m.ev.cgroup = GROUP_NEVER_TOLD;
	assert_int_equal(process_table_apply(t, &m.ev), 0);
	assert_null(get(t, 8)->container);
}

/* Begun, and as it was at that time, in seconds. */
static const struct process *bring(struct process_table *t, uint32_t pid, uint64_t begun,
				   uint64_t time, const char *exe, const struct process *above,
				   bool ended)
{
	struct made_record m;
	struct process_kept k = { .record = &m.ev, .above = above, .threads = 2, .ended = ended };
	const struct process *p = NULL;

	record_exec(&m, 1, pid, exe, "x", 1);
	m.ev.process.start_ns = begun * 1000000000;
	m.ev.time_ns = time * 1000000000;
	assert_int_equal(process_table_bring(t, &k, &p), 0);
	return p;
}

static void what_was_kept_is_brought(void **state)
{
	cleanup_process_table struct process_table *t = table_with_init();
	const struct process *gone, *p;

	(void)state;
	p = bring(t, 5, 10, 11, "/bin/sh", NULL, false);
	assert_ptr_equal(p, get(t, 5));
	assert_ptr_equal(p->parent, get(t, 1));
	assert_int_equal(p->thread_count, 3);
	/* What is older than what is known changes nothing. */
	bring(t, 5, 10, 12, "/bin/newer", NULL, false);
	bring(t, 5, 10, 11, "/bin/sh", NULL, false);
	check_name(get(t, 5), "newer");
	/* Somebody who has the number of one that ended does not disturb the one who has it now. */
	gone = bring(t, 5, 2, 3, "/bin/gone", get(t, 1), true);
	check_name(get(t, 5), "newer");
	bring(t, 6, 4, 5, "/bin/child", gone, false);
	process_table_let_go(gone);
	check_name(get(t, 6)->parent, "gone");
	assert_ptr_equal(get(t, 6)->parent->parent, get(t, 1));
	/* The number is given out anew: nobody told of the end. */
	p = bring(t, 6, 20, 21, "/bin/another", get(t, 5), false);
	check_name(p->parent, "newer");
	assert_int_equal(process_table_count(t), 3);
	/* It ended, and another has its number already. */
	process_table_end(t, 6, 4000000000);
	check_name(get(t, 6), "another");
	process_table_end(t, 6, 20000000000);
	assert_null(process_table_find(t, 6));
}

/* Who is gone before anything was told of it is in its container all the same, and not the host. */
static void somebody_stands_in(void **state)
{
	cleanup_process_table struct process_table *t = table_with_init();
	struct abi_event ev = { .kind = ABI_EVENT_CALL,
				.tgid = 7,
				.tid = 7,
				.vtid = 3,
				.uid = 1000,
				.cgroup = GROUP_WEB,
				.call = { .comm = "thief" } };

	(void)state;
	ev.call.program[ABI_PROGRAM_NAME] = ABI_YES;
	assert_int_equal(process_table_stand_in(t, &ev), 0);
	check_name(get(t, 7), "thief");
	assert_int_equal(get(t, 7)->uid, 1000);
	assert_non_null(get(t, 7)->container);
	assert_null(get(t, 7)->parent);
	process_table_remove(t, 7);
	assert_null(process_table_find(t, 7));
	/* What is there instead of the name is none. */
	ev.flags |= ABI_EVENT_FOUND;
	assert_int_equal(process_table_stand_in(t, &ev), 0);
	check_name(get(t, 7), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_group_is_no_way_out_of_a_container),
		cmocka_unit_test(children_are_as_their_parents),
		cmocka_unit_test(execs_replace),
		cmocka_unit_test(threads_are_no_processes),
		cmocka_unit_test(the_dead_stay_as_parents),
		cmocka_unit_test(lines_do_not_grow),
		cmocka_unit_test(numbers_come_again),
		cmocka_unit_test(parents_are_found_later),
		cmocka_unit_test(containers_follow_the_group),
		cmocka_unit_test(containers_are_forgotten),
		cmocka_unit_test(numbers_inside_of_a_namespace),
		cmocka_unit_test(what_was_missed_is_made_up_for),
		cmocka_unit_test(what_was_kept_is_brought),
		cmocka_unit_test(somebody_stands_in),
	};

	return unit_run(tests);
}
