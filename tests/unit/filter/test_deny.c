/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters of decision points against the exact evaluator, in the other direction than test_diff: whenever the
 * program names a rule, that rule must fit the event that is told of it. If the kernel decides all of a rule, and no text is
 * beyond what it looks at, a rule that fits is denied. MERLON_DIFF_PAIRS and MERLON_DIFF_SEED as there.
 */
#include "base/str.h"
#include "guard/deny_hook.h"
#include "guard/fd_kind.h"
#include "records.h"
#include "simulate.h"
#include "uapi/syscall.h"
#include "unit/rules/rig.h"

enum { RECORDS = 60, RULES_MOST = 5 };

#if defined(__SANITIZE_ADDRESS__)
enum { PAIRS = 40000 };
#else
enum { PAIRS = 400000 };
#endif

static struct call_table calls;

struct counts {
	uint64_t pairs, rules, wholly, fits, denied;
};

static uint64_t from_environment(const char *name, uint64_t standard)
{
	const char *text = getenv(name);
	uint64_t n;

	return text && str_to_u64(text, &n) ? n : standard;
}

static const struct event_container *in_a_container(uint64_t cgroup,
						    const struct event_container *so_far, void *arg)
{
	static const struct event_container container = { .id = TEXT("0123456789ab"),
							  .full_id = TEXT("0123456789abcdef") };

	(void)cgroup;
	(void)so_far;
	(void)arg;
	return &container;
}

static struct process_table *processes_of_containers(void)
{
	const struct process_facts f = {
		.pid = 1, .vpid = 1, .cgroup = 5, .name = TEXT("nginx"), .cwd = TEXT("/srv")
	};
	struct process_table *t;

	assert_int_equal(process_table_new(&t, 0, in_a_container, NULL), 0);
	assert_int_equal(process_table_put(t, &f), 0);
	return t;
}

static void put_text(struct record_room *r, unsigned which, const char *text, size_t len)
{
	r->ev.text[which] = (struct abi_span){ r->ev.size, (uint32_t)len };
	memcpy((char *)r + r->ev.size, text, len);
	r->ev.size += (uint32_t)len;
}

/* As the kernel has paths: absolute, without doubled slashes. */
static void put_path(struct chance *c, struct record_room *r, unsigned which)
{
	static const char *const paths[] = { "/etc/shadow",   "/etc/passwd",
					     "/tmp",	      "/usr/lib/libc.so.6",
					     "/tmp/a b",      "/bin/x",
					     "/.hidden/file", "/proc/sys/kernel/core_pattern",
					     "/etc" };
	const char *path = paths[chance_below(c, ARRAY_SIZE(paths))];
	char text[400];

	snprintf(text, sizeof(text), "%s", path);
	if (!chance_below(c, 20)) /* beyond what is looked at */
		snprintf(text, sizeof(text), "/%0300d", 7);
	put_text(r, which, text, strlen(text));
}

/* The same of a file; sometimes it could not be found. */
static void put_file(struct chance *c, struct record_room *r, unsigned which)
{
	if (chance_below(c, 20))
		put_path(c, r, which);
}

static bool is_inet(unsigned hook)
{
	return deny_hooks[hook].filter.family == FAMILY_INET;
}

/* What is connected or sent to, or bound: as bpf/deny.bpf.c and bpf/deny_cgroup.bpf.c have it. */
static void put_address(struct chance *c, unsigned hook, struct record_room *r)
{
	static const uint8_t v4[3][4] = { { 10, 0, 0, 1 }, { 9, 9, 9, 9 }, { 0 } };
	static const uint8_t v6[2][16] = { { 0xfd, [15] = 1 }, { 0x20, 0x01, 0x0d, 0xb8 } };
	bool six = hook == ABI_DENY_CONNECT6 || hook == ABI_DENY_SENDMSG6 || hook == ABI_DENY_BIND6;
	bool own = hook == ABI_DENY_BIND4 || hook == ABI_DENY_BIND6;
	bool mapped = six && !chance_below(c, 4);
	uint16_t port = !chance_below(c, 12) ? 0 : chance_below(c, 2) ? 443 : 80;
	uint8_t *ip = own ? r->ev.call.local : r->ev.call.remote;
	char address[28] = { six && !mapped ? FAMILY_INET6 : FAMILY_INET, 0, (char)(port >> 8),
			     (char)port };

	r->ev.flags |= ABI_EVENT_FILE | ABI_EVENT_SOCKET;
	r->ev.call.family = six && !mapped ? FAMILY_INET6 : FAMILY_INET;
	r->ev.call.socket_type = 1;
	if (own)
		r->ev.call.local_port = port;
	else
		r->ev.call.remote_port = port;
	if (six && !mapped)
		memcpy(ip, v6[chance_below(c, 2)], 16);
	else
		memcpy(ip, v4[chance_below(c, 3)], 4);
	memcpy(address + (six && !mapped ? 8 : 4), ip, six && !mapped ? 16 : 4);
	put_text(r, ABI_TEXT_BYTES, address, six && !mapped ? 28 : 16);
}

/* What bpf/deny.bpf.c fills in, and nothing that it does not. */
static void hook_record(struct chance *c, unsigned hook, struct record_room *r)
{
	const struct filter_target t = deny_hook_target(hook);
	int nr = t.row ? sys_call_nr(sys_arch_of_table(ABI_TABLE_NATIVE), t.row->call) : -1;
	static const uint16_t files[] = { 0100644, 0100644, 040755, 020666, 010600, 060600 };
	struct record_room random;

	nr = hook == ABI_DENY_EXEC ? sys_call_nr(sys_arch_of_table(ABI_TABLE_NATIVE), "execve") :
				     nr;
	if (t.row && t.row->no_call)
		nr = t.row->no_call;
	random_record(c, t, nr, &random);
	memset(&r->ev, 0, sizeof(r->ev));
	r->ev.size = sizeof(r->ev);
	r->ev.kind = (uint8_t)t.kind;
	r->ev.flags = ABI_EVENT_WATCHED |
		      (chance_below(c, 2) ? ABI_EVENT_DENIED : ABI_EVENT_WOULD_DENY);
	r->ev.nr = (uint16_t)nr;
	r->ev.tgid = 1;
	r->ev.cgroup = 5;
	r->ev.tid = random.ev.tid;
	r->ev.vtid = random.ev.vtid;
	r->ev.uid = random.ev.uid;
	r->ev.gid = random.ev.gid;
	r->ev.caps_inheritable = random.ev.caps_inheritable;
	r->ev.caps_permitted = random.ev.caps_permitted;
	r->ev.caps_effective = random.ev.caps_effective;
	if (hook == ABI_DENY_EXEC) {
		r->ev.process = random.ev.process;
		r->ev.flags |= random.ev.flags & (ABI_EVENT_UPPER | ABI_EVENT_LOWER);
		put_file(c, r, ABI_TEXT_EXE);
		put_text(r, ABI_TEXT_NAME, "sh", 2);
		*(uint64_t *)(void *)((char *)r + ABI_EVENT_ROOM_OWNER) = SIMULATE_TASK;
		return;
	}
	r->ev.call.fd = -1;
	memcpy(r->ev.call.args, random.ev.call.args, sizeof(r->ev.call.args));
	if (hook == ABI_DENY_SYSCTL) {
		r->ev.call.args[0] = 1;
		put_text(r, ABI_TEXT_PATH1, "kernel/core_pattern", 19);
		put_text(r, ABI_TEXT_BYTES, "core", 4);
		put_text(r, ABI_TEXT_PATH2, "|/tmp/x", chance_below(c, 8));
	} else if (hook == ABI_DENY_DEVICE_MAKE) {
		r->ev.call.args[2] = files[4 + chance_below(c, 2)] & 0170000;
	} else if (hook == ABI_DENY_OPEN || hook == ABI_DENY_MODULE_FILE || hook == ABI_DENY_MMAP ||
		   hook == ABI_DENY_MPROTECT) {
		r->ev.flags |= ABI_EVENT_FILE;
		r->ev.call.inode_mode = files[chance_below(c, ARRAY_SIZE(files))];
		r->ev.call.file_mode = random.ev.call.file_mode;
		r->ev.call.path_flags = (chance_below(c, 2) ? ABI_PATH_OUTSIDE : 0) |
					(chance_below(c, 12) ? 0 : ABI_PATH_MEMORY);
		r->ev.flags |= chance_below(c, 2) ? ABI_EVENT_LOWER : 0;
		if (r->ev.call.path_flags & ABI_PATH_MEMORY)
			put_text(r, ABI_TEXT_FILE, "memfd:x", chance_below(c, 2) ? 7 : 6);
		else
			put_file(c, r, ABI_TEXT_FILE);
	} else if (is_inet(hook)) {
		put_address(c, hook, r);
		r->ev.call.protocol = random.ev.call.protocol;
	} else if (hook == ABI_DENY_CONNECT_UNIX) {
		const char path[] = "\1\0/run/docker.sock", other[] = "\1\0/etc/passwd";

		r->ev.flags |= ABI_EVENT_FILE | ABI_EVENT_SOCKET;
		r->ev.call.family = FAMILY_UNIX;
		r->ev.call.socket_type = 1;
		if (chance_below(c, 2))
			put_text(r, ABI_TEXT_BYTES, path, sizeof(path) - 1);
		else
			put_text(r, ABI_TEXT_BYTES, other, sizeof(other) - 1);
	} else {
		r->ev.call.path_flags = (chance_below(c, 2) ? ABI_PATH_OUTSIDE : 0) |
					(chance_below(c, 2) ? ABI_PATH_OF_GUARD : 0);
		for (unsigned i = 0; i < 2; i++)
			if (t.row->plan.path[i] != ABI_ARG_NONE)
				put_path(c, r, ABI_TEXT_PATH1 + i);
	}
	*(uint64_t *)(void *)((char *)r + ABI_EVENT_ROOM_OWNER) = SIMULATE_TASK;
}

static void random_rule(struct chance *c, struct filter_target target, uint32_t number,
			struct buf *yaml)
{
	buf_addf(
		yaml,
		"- rule: r%u\n  desc: d\n  output: o\n  priority: INFO\n  warn_evttypes: false\n  condition: |\n    evt.type = %s and ",
		number, target.type->name.data);
	if (!chance_below(c, 3))
		buf_add_str(yaml, "container.id != host and ");
	random_kernel_condition(c, target, (int)chance_below(c, 3), yaml);
	buf_add_char(yaml, '\n');
}

/* Texts that are longer than what is looked at may hold anything; of programs these records say nothing. */
static bool is_in_reach(const struct record_room *r, const char *rule)
{
	if (r->ev.kind == ABI_EVENT_CALL && strstr(rule, "proc."))
		return false;
	for (unsigned i = 0; i < ABI_EVENT_TEXTS; i++)
		if (r->ev.text[i].len > TEXT_KEY_MAX)
			return false;
	if (r->ev.kind == ABI_EVENT_EXEC)
		return r->ev.text[ABI_TEXT_EXE].len;
	if (r->ev.flags & ABI_EVENT_FILE && !(r->ev.flags & ABI_EVENT_SOCKET) &&
	    !r->ev.text[ABI_TEXT_FILE].len)
		return false;
	return !(r->ev.call.path_flags & ABI_PATH_MEMORY) &&
	       (r->ev.call.inode_mode & 0170000) != 010000;
}

static bool matched(const struct rig *r, const struct rule *rule)
{
	for (size_t i = 0; i < r->match_count; i++)
		if (r->matches[i].rule == rule)
			return true;
	return false;
}

/* What the program says of each rule, against the event that is told. */
static void compare_record(const struct kernel_filter *f, const struct rig *r,
			   const struct record_room *room, const struct filter_scratch *scratch,
			   enum filter_verdict verdict, struct counts *n)
{
	bool any = false;

	for (uint32_t i = 0; i < f->parts.len; i++) {
		const struct rule *rule = f->parts.items[i].rule;
		bool named = verdict == FILTER_EMIT && scratch->candidates[i / 32] >> (i % 32) & 1;
		bool fits = matched(r, rule);

		any |= named;
		n->pairs++;
		n->fits += fits;
		n->denied += named;
		if (named && !fits)
			fail_msg("denied, but the rule does not fit: %s", rule->raw->text.data);
		if (!named && fits && !f->overlooks && f->parts.items[i].extent == FILTER_WHOLLY &&
		    is_in_reach(room, rule->raw->text.data))
			fail_msg("it fits, and is not denied: %s", rule->raw->text.data);
	}
	assert_int_equal(any, verdict == FILTER_EMIT);
}

static void compare_rules(struct chance *c, unsigned hook, struct translator *x, struct counts *n)
{
	static struct record_room room;
	static struct filter_scratch scratch;
	const struct filter_options options = { .hook = &deny_hooks[hook].filter,
						.candidates = true,
						.tail_call = ABI_DENY_VERDICT + 1,
						.leave_call = ABI_DENY_LEAVE + 1 };
	cleanup_rig struct rig r;
	cleanup_kernel_filter struct kernel_filter f = { 0 };
	cleanup_buf struct buf yaml = BUF_INIT;
	uint32_t rules = 1 + (uint32_t)chance_below(c, RULES_MOST);

	rig_init(&r);
	for (uint32_t i = 0; i < rules; i++)
		random_rule(c, deny_hook_target(hook), i, &yaml);
	rig_add(&r, "random.yaml", yaml.data);
	rig_compile(&r);
	/* Only those that could be put in force: with others the program would say more than it knows. */
	vec_foreach(it, &r.rules->rules) {
		cleanup_kernel_filter struct kernel_filter one = { 0 };

		assert_int_equal(
			kernel_filter_compile_rule(*it, deny_hook_target(hook), &options, &one), 0);
		n->rules++;
		(*it)->enabled = one.parts.len && one.parts.items[0].extent == FILTER_WHOLLY;
		n->wholly += (*it)->enabled;
	}
	rig_start(&r, MATCHING_ALL);
	assert_int_equal(kernel_filter_compile(r.rules, deny_hook_target(hook), &options, &f), 0);
	if (!f.parts.len)
		return;
	assert_true(f.has_candidates);
	for (int i = 0; i < RECORDS; i++) {
		enum filter_verdict verdict;

		hook_record(c, hook, &room);
		memset(scratch.candidates, 0xff, sizeof(scratch.candidates));
		verdict = simulate(&f, &room, sizeof(room), &scratch, NULL);
		if (translator_take(x, &room.ev, &r.event) != 1)
			fail_msg("the translator makes no event of a record");
		r.match_count = evaluator_run(r.evaluator, &r.event, r.matches, EVAL_MATCHES_MAX);
		translator_done(x, &room.ev);
		compare_record(&f, &r, &room, &scratch, verdict, n);
	}
}

static void test_denied_is_what_fits(void **state)
{
	uint64_t wanted = from_environment("MERLON_DIFF_PAIRS", PAIRS);
	struct chance c = { .state = from_environment("MERLON_DIFF_SEED", 4711) };
	struct process_table *processes = processes_of_containers();
	struct translator *x;
	struct counts n = { 0 };

	(void)state;
	call_table_fill(&calls);
	assert_int_equal(translator_new(&x, &calls, processes, 0), 0);
	for (unsigned i = 0; n.pairs < wanted && n.rules < wanted; i++)
		compare_rules(&c, i % ABI_DENY_HOOKS, x, &n);
	translator_free(x);
	process_table_free(processes);
	print_message("# %llu of %llu rules can be denied; %llu pairs: %llu fit, %llu denied\n",
		      (unsigned long long)n.wholly, (unsigned long long)n.rules,
		      (unsigned long long)n.pairs, (unsigned long long)n.fits,
		      (unsigned long long)n.denied);
	assert_true(n.denied > n.pairs / 50 && n.denied < n.pairs - n.pairs / 50);
}

/* Two rules that a program can look for by themselves, and not together: it says so. */
static void test_too_many_pieces_are_told(void **state)
{
	const struct filter_options options = { .hook = &deny_hooks[ABI_DENY_OPEN].filter,
						.candidates = true };

	(void)state;
	for (int rules = 1; rules <= 2; rules++) {
		cleanup_kernel_filter struct kernel_filter f = { 0 };
		cleanup_buf struct buf yaml = BUF_INIT;
		cleanup_rig struct rig r;

		for (int i = 0; i < rules; i++) {
			buf_addf(&yaml,
				 "- rule: r%d\n  desc: d\n  output: o\n  priority: INFO\n"
				 "  condition: evt.type = openat and fd.name contains anyof (x%d",
				 i, i);
			for (int k = 0; k < TEXT_PIECES_MAX / 2; k++)
				buf_addf(&yaml, ", %c%d-%d", 'a' + k % 26, i, k);
			buf_add_str(&yaml, ")\n");
		}
		rig_init(&r);
		rig_load(&r, yaml.data);
		assert_int_equal(kernel_filter_compile(r.rules, deny_hook_target(ABI_DENY_OPEN),
						       &options, &f),
				 0);
		assert_int_equal(f.parts.len, rules);
		assert_int_equal(f.parts.items[0].extent, FILTER_WHOLLY);
		assert_int_equal(f.overlooks, rules > 1);
	}
}

/* What only the guard's own programs can look up is not decided where the kernel asks: no such rule is put in force. */
static void test_looks_are_not_known(void **state)
{
	static const char *const conditions[] = {
		"proc.pname = x",
		"not proc.pexepath in (/bin/x)",
		"not proc.aname = x",
		"proc.aexepath[2] startswith /opt",
		"not proc.inside.aexepath in (/bin/x)",
		"proc.vpid = 1",
	};

	(void)state;
	for (unsigned hook = 0; hook < ABI_DENY_HOOKS; hook++) {
		const struct filter_options options = { .hook = &deny_hooks[hook].filter,
							.candidates = true };

		for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
			cleanup_kernel_filter struct kernel_filter f = { 0 };
			cleanup_buf struct buf yaml = BUF_INIT;
			cleanup_rig struct rig r;

			buf_addf(&yaml,
				 "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n"
				 "  condition: evt.type = %s and %s\n",
				 deny_hook_target(hook).type->name.data, conditions[i]);
			rig_init(&r);
			rig_load(&r, yaml.data);
			assert_int_equal(kernel_filter_compile(r.rules, deny_hook_target(hook),
							       &options, &f),
					 0);
			assert_int_equal(f.parts.len, 1);
			assert_int_not_equal(f.parts.items[0].extent, FILTER_WHOLLY);
			vec_foreach(in, &f.insns)
				assert_false(in->code == (BPF_LD | BPF_IMM | BPF_DW) &&
					     in->src_reg == BPF_PSEUDO_MAP_FD &&
					     in->imm >= FILTER_MAP_PROGRAMS);
		}
	}
}

static const char *shipped;

static void test_shipped_rules_are_looked_for(void **state)
{
	struct error err = ERROR_INIT;
	cleanup_rig struct rig r;

	(void)state;
	if (!shipped) {
		print_message("no rules were named\n");
		skip();
	}
	rig_init(&r);
	assert_int_equal(ruleset_add_path(r.rules, shipped, &err), 0);
	assert_true(rig_compile(&r));
	for (unsigned hook = 0; hook < ABI_DENY_HOOKS; hook++) {
		const struct filter_options options = { .hook = &deny_hooks[hook].filter,
							.candidates = true };
		cleanup_kernel_filter struct kernel_filter f = { 0 };

		assert_int_equal(
			kernel_filter_compile(r.rules, deny_hook_target(hook), &options, &f), 0);
		assert_false(f.overlooks || f.too_long);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_denied_is_what_fits),
		cmocka_unit_test(test_too_many_pieces_are_told),
		cmocka_unit_test(test_looks_are_not_known),
		cmocka_unit_test(test_shipped_rules_are_looked_for),
	};

	shipped = argc > 1 ? argv[1] : NULL;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
