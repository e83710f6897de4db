/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered of opens (bpf/lib/remember.bpf.h): a filter says that it dropped a record by its file, some arguments and
 * its user. Then it must drop whatever else agrees in these: random rules, random records, and of each that is dropped so
 * others that differ in everything else. MERLON_DIFF_PAIRS and MERLON_DIFF_SEED as for test_diff.
 */
#include "base/str.h"
#include "guard/filter/emit.h"
#include "records.h"
#include "simulate.h"
#include "uapi/syscall.h"
#include "unit/rules/rig.h"

enum { RULES = 2, RECORDS = 60, OTHERS = 4, TARGETS_MAX = 256, PROGRAMS = 400, LIE = 77 };

static struct filter_target targets[TARGETS_MAX];
static size_t target_count;

struct counts {
	uint64_t programs, remembering, records, early, others, wrong;
};

static int setup(void **state)
{
	(void)state;
	target_count = kernel_filter_targets(targets, TARGETS_MAX);
	return 0;
}

static int nr_of(struct filter_target t)
{
	return t.row ? sys_call_nr(sys_arch_of_table(ABI_TABLE_NATIVE), t.row->call) : -1;
}

static bool opens(struct filter_target t)
{
	return t.row && t.row->plan.flags & ABI_PLAN_NEW_FD;
}

static uint16_t *mark_of(struct record_room *room)
{
	return (uint16_t *)((char *)room + ABI_EVENT_ROOM_EARLY);
}

static void randomize(struct chance *c, void *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = (uint8_t)chance_next(c);
}

static void look_up_random(struct chance *c, const struct container_terms *terms)
{
	random_groups(c, terms, simulate_groups);
	for (uint32_t pid = 0; pid < SIMULATE_PROGRAMS; pid++) {
		random_kept_program(c, &simulate_programs[pid]);
		random_kept_descent(c, &simulate_descents[pid]);
	}
}

/* Another process opens the same file as the same user, by the same arguments as far as the filter looks at them. */
static void change_the_rest(struct chance *c, const struct kernel_filter *f, struct record_room *r)
{
	const struct filter_early *early = &f->early;
	struct abi_event *ev = &r->ev;

	ev->time_ns = chance_next(c);
	ev->cgroup = chance_below(c, SIMULATE_GROUPS);
	ev->tgid = (uint32_t)chance_below(c, SIMULATE_PROGRAMS);
	ev->tid = (uint32_t)chance_below(c, SIMULATE_PROGRAMS);
	ev->vtid = (uint32_t)chance_next(c);
	ev->cpu = (uint16_t)chance_next(c);
	ev->caps_inheritable = ev->caps_permitted = ev->caps_effective = chance_next(c);
	ev->call.result = ev->call.fd = (int32_t)chance_below(c, 4);
	for (uint8_t i = 0; i < 6; i++)
		if (i != early->args[0] && i != early->args[1])
			ev->call.args[i] = chance_next(c);
	randomize(c, ev->call.comm, sizeof(ev->call.comm));
	for (size_t i = 0; i < sizeof(ev->call.program); i++)
		ev->call.program[i] = (uint8_t)chance_below(c, ABI_YES + 1);
	for (size_t i = 0; i < ABI_EVENT_TEXTS; i++)
		if (i != ABI_TEXT_FILE && ev->text[i].len)
			randomize(c, (char *)r + ev->text[i].at, ev->text[i].len);
	look_up_random(c, f->terms);
}

/* What the kernel would ask about: an open that succeeded, of a file whose path is known. */
static bool is_asked(const struct record_room *r)
{
	return r->ev.call.result >= 0 && r->ev.flags & ABI_EVENT_FILE &&
	       !(r->ev.flags & (ABI_EVENT_SOCKET | ABI_EVENT_URING | ABI_EVENT_CUT)) &&
	       r->ev.text[ABI_TEXT_FILE].len;
}

static void as_no_socket(struct abi_event_call *call)
{
	call->family = call->socket_type = call->protocol = 0;
	call->local_port = call->remote_port = 0;
	call->target = 0;
	memset(call->local, 0, sizeof(call->local));
	memset(call->remote, 0, sizeof(call->remote));
}

/* lie: and by another user, which the kernel would notice. */
static void compare(struct chance *c, const struct kernel_filter *f,
		    const struct kernel_filter *plain, bool lie, struct counts *n)
{
	static struct record_room room, other;
	static struct filter_scratch scratch;
	enum filter_verdict verdict, of_plain;

	random_record(c, f->target, nr_of(f->target), &room);
	if (!is_asked(&room))
		return;
	as_no_socket(&room.ev.call);
	look_up_random(c, f->terms);
	n->records++;
	other = room;
	of_plain = simulate(plain, &other, sizeof(other), &scratch, NULL);
	*mark_of(&room) = 0;
	verdict = simulate(f, &room, sizeof(room), &scratch, NULL);
	assert_int_equal(verdict, of_plain); /* what is asked late is asked */
	if (verdict != FILTER_DROP) {
		assert_int_equal(*mark_of(&room), 0);
		return;
	}
	if (!*mark_of(&room))
		return;
	assert_true(f->early.holds);
	n->early++;
	for (int i = 0; i < OTHERS; i++) {
		other = room;
		change_the_rest(c, f, &other);
		if (lie)
			other.ev.uid = LIE;
		n->others++;
		n->wrong += simulate(plain, &other, sizeof(other), &scratch, NULL) != FILTER_DROP;
	}
}

static void compare_rules(struct chance *c, struct filter_target target, bool lie, struct counts *n)
{
	cleanup_container_terms struct container_terms terms = { 0 };
	const struct filter_options options = { .candidates = true,
						.tells = true,
						.remembers = true,
						.terms = &terms,
						.instructions = BPF_CODE_MAX };
	cleanup_kernel_filter struct kernel_filter f = { 0 }, plain = { 0 };
	cleanup_buf struct buf yaml = BUF_INIT;
	cleanup_rig struct rig r;

	for (int i = 0; i < RULES; i++) {
		buf_addf(&yaml,
			 "- rule: r%d\n  desc: d\n  output: o\n  priority: INFO\n"
			 "  warn_evttypes: false\n  condition: |\n    evt.type = %s and ",
			 i, target.type->name.data);
		if (lie)
			buf_addf(&yaml, "(user.uid = %d or fd.name startswith /usr)", LIE);
		else
			random_kernel_condition(c, target, (int)chance_below(c, 3), &yaml);
		buf_add_char(&yaml, '\n');
	}
	rig_init(&r);
	rig_add(&r, "random.yaml", yaml.data);
	rig_compile(&r);
	random_containers(c);
	assert_int_equal(container_terms_number(&terms, r.rules), 0);
	assert_int_equal(kernel_filter_compile(r.rules, target, &options, &f), 0);
	assert_int_equal(kernel_filter_compile(r.rules, target,
					       &(struct filter_options){
						       .instructions = BPF_CODE_MAX,
						       .terms = &terms },
					       &plain),
			 0);
	n->programs++;
	n->remembering += f.early.holds;
	for (int i = 0; i < RECORDS; i++)
		compare(c, &f, &plain, lie, n);
}

static struct counts run(uint64_t programs, bool lie)
{
	const char *seed = getenv("MERLON_DIFF_SEED");
	struct chance c = { .state = 815 };
	struct counts n = { 0 };

	if (seed && !str_to_u64(seed, &c.state))
		fail_msg("MERLON_DIFF_SEED is no number");
	for (size_t i = 0; n.programs < programs; i++) {
		struct filter_target t = targets[i % target_count];

		if (opens(t) && nr_of(t) >= 0)
			compare_rules(&c, t, lie, &n);
	}
	print_message("# %llu of %llu programs, %llu of %llu records dropped early: %llu others, "
		      "%llu of them wanted\n",
		      (unsigned long long)n.remembering, (unsigned long long)n.programs,
		      (unsigned long long)n.early, (unsigned long long)n.records,
		      (unsigned long long)n.others, (unsigned long long)n.wrong);
	return n;
}

static void test_what_is_remembered_holds(void **state)
{
	const char *pairs = getenv("MERLON_DIFF_PAIRS");
	uint64_t programs = PROGRAMS;
	struct counts n;

	(void)state;
	if (pairs && str_to_u64(pairs, &programs))
		programs = programs / (uint64_t)(RECORDS * RULES) + PROGRAMS;
	n = run(programs, false);
	assert_true(n.early > n.records / 20);
	assert_int_equal(n.wrong, 0);
}

static void test_what_is_not_compared_is_caught(void **state)
{
	struct counts n = run(PROGRAMS / 10, true);

	(void)state;
	assert_true(n.wrong > n.others / 2);
}

static const struct {
	const char *condition;
	bool holds;
	uint8_t args[2];
} shapes[] = {
	{ "fd.name = /etc/shadow", true, { ABI_ARG_NONE, ABI_ARG_NONE } },
	{ "fd.name startswith /etc and evt.is_open_write = true and fd.num >= 0",
	  true,
	  { 2, ABI_ARG_NONE } },
	{ "fd.name = /a and user.uid = 0 and not proc.name = x",
	  true,
	  { ABI_ARG_NONE, ABI_ARG_NONE } },
	{ "fd.name = /a and proc.is_exe_upper_layer = true", true, { ABI_ARG_NONE, ABI_ARG_NONE } },
	{ "fd.name = /a and evt.is_open_read = true and evt.rawarg.mode = 7", true, { 2, 3 } },
	{ "fd.nameraw startswith ../ and fd.name = /a", true, { ABI_ARG_NONE, ABI_ARG_NONE } },
	{ "fd.num = 5", true, { ABI_ARG_NONE, ABI_ARG_NONE } },
	{ "thread.tid = 5 and evt.cpu = 1 and fd.name = /a", true, { ABI_ARG_NONE, ABI_ARG_NONE } },
	{ "fd.name = /a and thread.cap_effective contains CAP_SYS_ADMIN",
	  true,
	  { ABI_ARG_NONE, ABI_ARG_NONE } },
	{ "evt.is_open_read = true and evt.rawarg.mode = 7 and evt.rawarg.dirfd = 9",
	  false,
	  { 0, 0 } },
};

/* Which filters say so, and what of the arguments they look at. */
static void test_shapes(void **state)
{
	const struct filter_options options = { .candidates = true,
						.tells = true,
						.remembers = true };
	size_t at = 0;

	(void)state;
	while (!targets[at].row || strcmp(targets[at].row->call, "openat") != 0)
		at++;
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		cleanup_kernel_filter struct kernel_filter f = { 0 };
		cleanup_buf struct buf yaml = BUF_INIT;
		cleanup_rig struct rig r;

		rig_init(&r);
		buf_addf(&yaml,
			 "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n"
			 "  condition: evt.type = openat and %s\n",
			 shapes[i].condition);
		rig_load(&r, yaml.data);
		assert_int_equal(kernel_filter_compile(r.rules, targets[at], &options, &f), 0);
		if (f.early.holds != shapes[i].holds)
			fail_msg("%s", shapes[i].condition);
		if (f.early.holds)
			assert_memory_equal(f.early.args, shapes[i].args, sizeof(f.early.args));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_what_is_remembered_holds),
					    cmocka_unit_test(test_what_is_not_compared_is_caught),
					    cmocka_unit_test(test_shapes) };

	return cmocka_run_group_tests(tests, setup, NULL);
}
