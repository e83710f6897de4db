/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs for the kernel against the exact evaluator: random rules, random records of every call.
 * Whenever a rule fits the event that the translator makes of a record, the program must emit it, and
 * the rule must be among the candidates. Each rule on each record is a pair; MERLON_DIFF_PAIRS in the
 * environment asks for more of them than the standard number, MERLON_DIFF_SEED for others.
 */
#include "base/str.h"
#include "guard/candidates.h"
#include "guard/filter/emit.h"
#include "records.h"
#include "simulate.h"
#include "uapi/syscall.h"
#include "unit/rules/rig.h"

enum { RULES = 2, RECORDS = 100, TARGETS_MAX = 256 };

#if defined(__SANITIZE_ADDRESS__)
enum { PAIRS = 60000 };
#else
enum { PAIRS = 600000 };
#endif

static struct call_table calls;
static struct filter_target targets[TARGETS_MAX];
static size_t target_count;

struct counts {
	uint64_t pairs, records, fits, dropped, wrong, steps, programs, dropping, named, told,
		terms;
};

static uint64_t from_environment(const char *name, uint64_t standard)
{
	const char *text = getenv(name);
	uint64_t n;

	return text && str_to_u64(text, &n) ? n : standard;
}

static int setup(void **state)
{
	(void)state;
	call_table_fill(&calls);
	target_count = kernel_filter_targets(targets, TARGETS_MAX);
	assert_true(target_count > 60 && target_count <= TARGETS_MAX);
	return 0;
}

static int nr_of(struct filter_target t)
{
	const char *name = t.row ? t.row->call : t.type->name.data;

	return sys_call_nr(sys_arch_of_table(ABI_TABLE_NATIVE), name);
}

static void random_rules(struct chance *c, struct filter_target target, struct buf *yaml)
{
	for (int i = 0; i < RULES; i++) {
		buf_addf(yaml,
			 "- rule: r%d\n  desc: d\n  output: o\n  priority: INFO\n"
			 "  warn_evttypes: false\n  condition: |\n    ",
			 i);
		if (!chance_below(c, 3))
			buf_addf(yaml, "evt.type in (%s, ptrace) and ", target.type->name.data);
		random_kernel_condition(c, target, (int)chance_below(c, 4), yaml);
		buf_add_char(yaml, '\n');
	}
}

static void show(const struct rig *r, const struct kernel_filter *f, const struct rule *rule)
{
	struct buf text = BUF_INIT;

	vec_foreach(p, &f->parts) {
		if (p->rule == rule) {
			kernel_filter_print(f, p->weak, &text);
			buf_add_str(&text, "\n");
		}
	}
	print_error("# %s, rule %.*s\n# kernel: %s\n", f->target.type->name.data,
		    (int)rule->raw->text.len, rule->raw->text.data, text.data);
	buf_deinit(&text);
}

static bool is_candidate(const struct kernel_filter *f, const struct filter_scratch *s,
			 const struct rule *rule)
{
	for (uint32_t i = 0; i < f->parts.len; i++)
		if (f->parts.items[i].rule == rule)
			return s->candidates[i / 32] >> (i % 32) & 1;
	return false;
}

/* What is evaluated because a filter has named it, and what fits of all. */
static void compare_among(struct rig *r, const struct candidates *c, struct counts *n)
{
	struct rule_match matches[EVAL_MATCHES_MAX];
	struct eval_choice among;
	size_t count;

	if (!candidates_of(c, &r->event, &among))
		return;
	count = evaluator_run_among(r->evaluator, &r->event, &among, matches, EVAL_MATCHES_MAX);
	assert_int_equal(count, r->match_count);
	for (size_t i = 0; i < count; i++)
		assert_ptr_equal(matches[i].rule, r->matches[i].rule);
	n->told++;
}

/* One record through both programs and the evaluator; wrong answers are counted. */
static void compare(struct rig *r, const struct kernel_filter *plain,
		    const struct kernel_filter *all, const struct candidates *candidates,
		    struct translator *x, struct record_room *room, struct filter_scratch *scratch,
		    struct counts *n)
{
	enum filter_verdict verdict, verdict_of_all = FILTER_EMIT;
	uint32_t steps, steps_of_all = 0;

	verdict = simulate(plain, room, sizeof(*room), scratch, &steps);
	if (all)
		verdict_of_all = simulate(all, room, sizeof(*room), scratch, &steps_of_all);
	if (translator_take(x, &room->ev, &r->event) != 1)
		fail_msg("the translator makes no event of a record");
	assert_ptr_equal(r->event.type, plain->target.type);
	r->match_count = evaluator_run(r->evaluator, &r->event, r->matches, EVAL_MATCHES_MAX);
	if (all && verdict == FILTER_EMIT)
		compare_among(r, candidates, n);
	translator_done(x, &room->ev);
	n->records++;
	n->pairs += RULES;
	n->fits += r->match_count;
	n->dropped += verdict == FILTER_DROP;
	n->steps += steps;
	if (!all) {
		n->wrong += verdict == FILTER_DROP && r->match_count;
		return;
	}
	assert_int_equal(verdict, verdict_of_all);
	for (uint32_t i = 0; verdict == FILTER_EMIT && i < all->parts.len; i++)
		n->named += scratch->candidates[i / 32] >> (i % 32) & 1;
	if (verdict == FILTER_DROP) /* what is dropped costs the same, but a jump over what tells */
		assert_in_range(steps_of_all, steps, steps + 1);
	for (size_t i = 0; i < r->match_count; i++) {
		const struct rule *rule = r->matches[i].rule;

		bool all_wanted = room->ev.kind == ABI_EVENT_CALL &&
				  room->ev.flags & ABI_EVENT_URING;

		if (verdict == FILTER_EMIT && (all_wanted || is_candidate(all, scratch, rule)))
			continue;
		show(r, plain, rule);
		fail_msg("dropped, but a rule fits");
	}
}

/* What the paths of the call that follows led to. */
static void tell_paths(struct chance *c, struct translator *x, const struct record_room *room)
{
	static struct record_room paths;
	const struct filter_target t = { ABI_EVENT_PATHS, targets[0].type, &call_rows[0] };
	struct event ev;

	random_record(c, t, room->ev.nr, &paths);
	paths.ev.flags = ABI_EVENT_WATCHED;
	paths.ev.tgid = room->ev.tgid;
	paths.ev.tid = room->ev.tid;
	assert_int_equal(translator_take(x, &paths.ev, &ev), 0);
}

/* Filters of which no record is: the right one is found among them. */
static void add_others(struct chance *c, struct candidates *candidates, const struct program *p,
		       const struct kernel_filter *like)
{
	struct kernel_filter other = *like;

	for (size_t i = chance_below(c, 4); i > 0; i--) {
		other.digest = chance_next(c) | 1;
		other.parts.len = 0;
		assert_int_equal(candidates_add(candidates, p, &other), 0);
	}
}

/* What the kernel may have of those processes and of the groups, or nothing. */
static void look_up_random(struct chance *c, const struct process_table *processes,
			   const struct container_terms *terms)
{
	random_groups(c, terms, simulate_groups);
	for (uint32_t pid = 0; pid < SIMULATE_PROGRAMS; pid++) {
		const struct process *p = process_table_find(processes, pid);

		kept_program_of(c, p, &simulate_programs[pid]);
		kept_descent_of(c, p, &simulate_descents[pid]);
	}
}

/*
 * Who is in a container for sure is known by that at least (live.c): of a process that is not known at all nothing can be known of its
 * group. True: it is to be removed after the record.
 */
static bool stand_in(struct chance *c, struct process_table *processes, const struct abi_event *ev)
{
	if (ev->kind != ABI_EVENT_CALL || process_table_find(processes, ev->tgid))
		return false;
	if (chance_below(c, 2)) {
		assert_int_equal(process_table_stand_in(processes, ev), 0);
		return true;
	}
	simulate_groups[ev->cgroup] = (struct abi_group){ 0 };
	return false;
}

static void compare_rules(struct chance *c, struct filter_target target,
			  struct process_table *processes, struct translator *x, struct counts *n)
{
	static struct record_room room;
	static struct filter_scratch scratch;
	static struct container_terms terms; /* of all rules: it is full now and then */
	const bool by_name = chance_below(c, 2);
	const struct filter_options options = { .candidates = true,
						.tells = true,
						.paths_by_name = by_name,
						.terms = &terms,
						.instructions = BPF_CODE_MAX };
	cleanup_rig struct rig r;
	cleanup_kernel_filter struct kernel_filter plain = { 0 }, all = { 0 };
	struct candidates candidates = { 0 };
	cleanup_buf struct buf yaml = BUF_INIT;

	rig_init(&r);
	random_rules(c, target, &yaml);
	rig_add(&r, "random.yaml", yaml.data);
	rig_compile(&r); /* a rule may ask what there isn't: the others compile */
	rig_start(&r, MATCHING_ALL);
	random_containers(c);
	assert_int_equal(container_terms_number(&terms, r.rules), 0);
	n->terms += terms.places.len;
	assert_int_equal(kernel_filter_compile(r.rules, target, &options, &all), 0);
	assert_int_equal(kernel_filter_compile(r.rules, target,
					       &(struct filter_options){
						       .instructions = BPF_CODE_MAX,
						       .terms = &terms,
						       .paths_by_name = by_name },
					       &plain),
			 0);
	assert_false(plain.too_long || all.too_long);
	assert_true(all.has_candidates && !plain.has_candidates);
	add_others(c, &candidates, r.program, &all);
	assert_int_equal(candidates_add(&candidates, r.program, &all), 0);
	add_others(c, &candidates, r.program, &all);
	n->programs++;
	n->dropping += plain.drops;
	for (int i = 0; i < RECORDS; i++) {
		bool stood_in;

		random_record(c, target, nr_of(target), &room);
		if (target.kind == ABI_EVENT_CALL)
			random_program(c, process_table_find(processes, room.ev.tgid), &room);
		look_up_random(c, processes, &terms);
		stood_in = stand_in(c, processes, &room.ev);
		if (!by_name && target.kind == ABI_EVENT_CALL && chance_below(c, 2))
			tell_paths(c, x, &room);
		compare(&r, &plain, &all, &candidates, x, &room, &scratch, n);
		if (stood_in)
			process_table_remove(processes, room.ev.tgid);
	}
	candidates_deinit(&candidates);
}

static void test_pairs(void **state)
{
	uint64_t wanted = from_environment("MERLON_DIFF_PAIRS", PAIRS);
	struct chance c = { .state = from_environment("MERLON_DIFF_SEED", 4711) };
	struct process_table *processes = random_processes();
	struct translator *x;
	struct counts n = { 0 };

	(void)state;
	assert_int_equal(translator_new(&x, &calls, processes, 0), 0);
	for (size_t i = 0; n.pairs < wanted; i++) {
		struct filter_target target = targets[i % target_count];

		if (nr_of(target) < 0)
			continue; /* of other machines */
		if (target.kind == ABI_EVENT_CALL &&
		    calls.rows[ABI_TABLE_NATIVE * ABI_CALL_NR_MAX + nr_of(target)] != target.row)
			continue;
		compare_rules(&c, target, processes, x, &n);
	}
	translator_free(x);
	process_table_free(processes);
	assert_true(n.records > 0);
	print_message(
		"# %llu pairs: %llu fit, %llu are candidates, %llu of %llu records dropped, %llu of %llu programs "
		"can drop, %llu instructions a record; %llu records say which rules\n",
		(unsigned long long)n.pairs, (unsigned long long)n.fits,
		(unsigned long long)n.named, (unsigned long long)n.dropped,
		(unsigned long long)n.records, (unsigned long long)n.dropping,
		(unsigned long long)n.programs,
		(unsigned long long)(n.records ? n.steps / n.records : 0),
		(unsigned long long)n.told);
	assert_true(n.told > n.records / 20);
	assert_true(n.terms > n.programs / 4);
	assert_true(n.fits > n.pairs / 50);
	assert_true(n.dropped > n.records / 50);
	assert_true(n.named < n.pairs - n.pairs / 50);
}

/* --- a wrong term is caught ------------------------------------------------------------------------- */

/* Turns the test of the n-th conditional jump on a constant around; false: there are not so many. */
static bool turn_jump(struct kernel_filter *f, uint32_t n)
{
	vec_foreach(i, &f->insns) {
		bool equal = i->code == (BPF_JMP | BPF_K | BPF_JEQ);
		bool differs = i->code == (BPF_JMP | BPF_K | BPF_JNE);

		if ((!equal && !differs) || i->dst_reg == R0 || n-- > 0)
			continue;
		i->code = BPF_JMP | BPF_K | (equal ? BPF_JNE : BPF_JEQ);
		return true;
	}
	return false;
}

static void test_wrong_terms_are_caught(void **state)
{
	static struct record_room room;
	static struct filter_scratch scratch;
	struct process_table *processes = random_processes();
	struct translator *x;
	uint32_t turned = 0, caught = 0;
	cleanup_rig struct rig r;

	(void)state;
	assert_int_equal(translator_new(&x, &calls, processes, 0), 0);
	rig_init(&r);
	rig_load(&r,
		 "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  condition: >\n"
		 "    evt.type = openat and evt.is_open_read = true and fd.num >= 0 and\n"
		 "    (fd.name in (/etc/shadow, /etc/passwd) or fd.name startswith /usr/lib) and\n"
		 "    fd.typechar = 'f'\n");
	rig_start(&r, MATCHING_ALL);
	for (;; turned++) {
		struct chance c = { .state = 99 };
		cleanup_kernel_filter struct kernel_filter f = { 0 };
		struct counts n = { 0 };

		for (size_t i = 0; i < target_count; i++) {
			if (!targets[i].row || strcmp(targets[i].row->call, "openat") != 0)
				continue;
			assert_int_equal(kernel_filter_compile(r.rules, targets[i], NULL, &f), 0);
			break;
		}
		if (!turn_jump(&f, turned))
			break;
		for (int i = 0; i < 2000; i++) {
			random_record(&c, f.target, nr_of(f.target), &room);
			if (f.target.kind == ABI_EVENT_CALL)
				random_program(&c, process_table_find(processes, room.ev.tgid),
					       &room);
			compare(&r, &f, NULL, NULL, x, &room, &scratch, &n);
		}
		caught += n.wrong > 0;
	}
	translator_free(x);
	process_table_free(processes);
	print_message("# %u of %u wrong terms caught\n", caught, turned);
	assert_true(turned > 10 && caught > turned / 4);
}

/* How often a filter of rules in a long list is wrong about the same records. */
static uint64_t wrong_about(struct rig *r, const struct kernel_filter *f,
			    struct process_table *processes, struct translator *x)
{
	static struct record_room room;
	static struct filter_scratch scratch;
	struct chance c = { .state = 7 };
	struct counts n = { 0 };

	for (int i = 0; i < 300; i++) {
		random_record(&c, f->target, nr_of(f->target), &room);
		random_program(&c, process_table_find(processes, room.ev.tgid), &room);
		compare(r, f, NULL, NULL, x, &room, &scratch, &n);
	}
	return n.wrong;
}

/* A branch of a trie that says nothing loses what it has, and what is below it. */
static void test_wrong_branches_are_caught(void **state)
{
	struct process_table *processes = random_processes();
	cleanup_kernel_filter struct kernel_filter f = { 0 };
	cleanup_buf struct buf yaml = BUF_INIT;
	struct translator *x;
	uint32_t caught = 0;
	cleanup_rig struct rig r;

	(void)state;
	assert_int_equal(translator_new(&x, &calls, processes, 0), 0);
	buf_add_str(&yaml,
		    "- list: many\n  items: [/etc/shadow, /usr/lib, /etc, /tmp, \"/tmp/a b\"");
	for (int i = 0; i < TEXT_BRANCHES_MAX; i++)
		buf_addf(&yaml, ", /opt/%d", i);
	buf_add_str(&yaml, "]\n- rule: r\n  desc: d\n  output: o\n  priority: INFO\n"
			   "  condition: evt.type = openat and fd.name pmatch (many)\n");
	rig_init(&r);
	rig_load(&r, yaml.data);
	rig_start(&r, MATCHING_ALL);
	for (size_t i = 0; i < target_count; i++)
		if (targets[i].row && strcmp(targets[i].row->call, "openat") == 0)
			assert_int_equal(kernel_filter_compile(r.rules, targets[i], NULL, &f), 0);
	assert_true(f.maps.len == 1 && f.maps.items[0].trie);
	assert_int_equal(f.maps.items[0].count, TEXT_BRANCHES_MAX + 5);
	assert_int_equal(wrong_about(&r, &f, processes, x), 0);
	for (uint32_t i = 0; i < f.maps.items[0].count; i++) {
		uint8_t *value = f.maps.items[0].values + (size_t)i * f.maps.items[0].value_size;
		uint8_t bits = *value;

		*value = 0;
		caught += wrong_about(&r, &f, processes, x) > 0;
		*value = bits;
	}
	translator_free(x);
	process_table_free(processes);
	print_message("# %u wrong branches caught\n", caught);
	assert_in_range(caught, 3, 5);
}

/* What the kernel looks up, and what it would be if it were wrong. */
static void lie_parent(void)
{
	simulate_descents[1].parent = 2; /* nobody is above the first process */
	simulate_descents[1].parent_start_ns = simulate_descents[2].start_ns;
}

static void lie_number_inside(void)
{
	simulate_descents[1].vpid = 9;
}

static void lie_container(void)
{
	simulate_groups[0].payer = simulate_groups[3].payer = 1; /* they are in none */
}

static void lie_answers(void)
{
	for (int i = 0; i < SIMULATE_GROUPS; i++) {
		uint64_t yes = simulate_groups[i].yes;

		simulate_groups[i].yes = simulate_groups[i].no;
		simulate_groups[i].no = yes;
	}
}

/* As if those of another numbering were to what is asked. */
static uint32_t numbering;
static void lie_numbering(void)
{
	for (int i = 0; i < SIMULATE_GROUPS; i++)
		simulate_groups[i].numbering = numbering;
}

static const struct lie {
	const char *condition;
	void (*tell)(void);
} lies[] = {
	{ "not proc.aexepath in (/tmp/x)", lie_parent },
	{ "proc.vpid = 1", lie_number_inside },
	{ "container.id = host", lie_container },
	{ "not container.image in (nginx, quay.io/a/b)", lie_answers },
	{ "(container.name = web or container.privileged = true)", lie_answers },
	{ "not container.image in (nginx, quay.io/a/b)", lie_numbering },
};

/* A thousand records for a rule of this condition. */
static struct counts run_lie(const struct lie *lie, bool told)
{
	static struct record_room room;
	static struct filter_scratch scratch;
	struct process_table *processes = random_processes();
	cleanup_kernel_filter struct kernel_filter f = { 0 };
	cleanup_buf struct buf yaml = BUF_INIT;
	struct chance c = { .state = 5 };
	struct counts n = { 0 };
	struct translator *x;
	cleanup_container_terms struct container_terms terms = { 0 };
	const struct filter_options options = { .terms = &terms };
	cleanup_rig struct rig r;

	assert_int_equal(translator_new(&x, &calls, processes, 0), 0);
	buf_addf(&yaml,
		 "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n"
		 "  condition: evt.type = openat and %s\n",
		 lie->condition);
	rig_init(&r);
	rig_load(&r, yaml.data);
	rig_start(&r, MATCHING_ALL);
	assert_int_equal(container_terms_number(&terms, r.rules), 0);
	for (size_t i = 0; i < target_count; i++)
		if (targets[i].row && strcmp(targets[i].row->call, "openat") == 0)
			assert_int_equal(kernel_filter_compile(r.rules, targets[i], &options, &f),
					 0);
	numbering = terms.numbering;
	for (int i = 0; i < 1000; i++) {
		bool stood_in;

		random_containers(&c);
		random_record(&c, f.target, nr_of(f.target), &room);
		look_up_random(&c, processes, &terms);
		stood_in = stand_in(&c, processes, &room.ev);
		if (told)
			lie->tell();
		compare(&r, &f, NULL, NULL, x, &room, &scratch, &n);
		if (stood_in)
			process_table_remove(processes, room.ev.tgid);
	}
	translator_free(x);
	process_table_free(processes);
	return n;
}

static void test_wrong_looks_are_caught(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct counts right = run_lie(&lies[i], false), wrong = run_lie(&lies[i], true);

		print_message("# %s: %llu dropped, %llu of them wrongly; %llu, %llu if it lies\n",
			      lies[i].condition, (unsigned long long)right.dropped,
			      (unsigned long long)right.wrong, (unsigned long long)wrong.dropped,
			      (unsigned long long)wrong.wrong);
		assert_true(right.dropped > 20 && !right.wrong && wrong.wrong > 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pairs),
					    cmocka_unit_test(test_wrong_terms_are_caught),
					    cmocka_unit_test(test_wrong_branches_are_caught),
					    cmocka_unit_test(test_wrong_looks_are_caught) };

	return cmocka_run_group_tests(tests, setup, NULL);
}
