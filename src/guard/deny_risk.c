/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/deny_risk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "guard/deny_set.h"
#include "guard/process_table.h"
#include "guard/translate.h"
#include "rules/eval.h"
#include "uapi/syscall.h"

enum { PROCESS = 1, CGROUP = 1, MODE_READ = 1, MODE_WRITE = 2 };

/* An ordinary thing to do, of a program that came with its image. */
static const struct need {
	enum abi_deny_hook hook;
	const char *path;
	int flags;
	uint16_t mode;
	uint32_t uid;
	const char *what;
} needs[] = {
	{ ABI_DENY_EXEC, "/usr/local/bin/server", 0, 0, 0, "a program of the image is run" },
	{ ABI_DENY_EXEC, "/usr/local/bin/server", 0, 0, 1000,
	  "a program of the image is run by who is not root" },
	{ ABI_DENY_EXEC, "/bin/sh", 0, 0, 0,
	  "a shell is run, by which images start, hooks and probes" },
	{ ABI_DENY_OPEN, "/etc/ld.so.cache", O_RDONLY | O_CLOEXEC, S_IFREG | 0644, 1000,
	  "it is looked up where libraries are" },
	{ ABI_DENY_OPEN, "/usr/lib/x86_64-linux-gnu/libc.so.6", O_RDONLY | O_CLOEXEC,
	  S_IFREG | 0755, 1000, "the C library is read" },
	{ ABI_DENY_OPEN, "/dev/null", O_RDWR, S_IFCHR | 0666, 1000, "/dev/null is opened" },
};

static const struct event_container anybody = { .id = TEXT("000000000000"),
						.full_id = TEXT("000000000000"),
						.name = TEXT("-"),
						.image = TEXT("-"),
						.repository = TEXT("-"),
						.digest = TEXT("-"),
						.pod = { .name = TEXT("-"),
							 .namespace = TEXT("-") } };

struct room {
	struct abi_event ev;
	char texts[512];
};

static void put_text(struct room *r, unsigned which, const char *text)
{
	size_t len = strlen(text);

	r->ev.text[which] = (struct abi_span){ r->ev.size, (uint32_t)len };
	memcpy((char *)r + r->ev.size, text, len);
	r->ev.size += (uint32_t)len;
}

/* As a decision point makes it. */
static void make_record(const struct need *n, struct room *r)
{
	const char *call = deny_hooks[n->hook].filter.call;

	memset(r, 0, sizeof(*r));
	r->ev.size = sizeof(r->ev);
	r->ev.kind = n->hook == ABI_DENY_EXEC ? ABI_EVENT_EXEC : ABI_EVENT_CALL;
	r->ev.flags = ABI_EVENT_WATCHED | ABI_EVENT_DENIED | ABI_EVENT_LOWER;
	r->ev.nr = (uint16_t)sys_call_nr(sys_arch_of_table(ABI_TABLE_NATIVE), call);
	r->ev.tgid = r->ev.tid = r->ev.vtid = PROCESS;
	r->ev.cgroup = CGROUP;
	r->ev.uid = r->ev.gid = n->uid;
	if (n->hook == ABI_DENY_EXEC) {
		put_text(r, ABI_TEXT_EXE, n->path);
		put_text(r, ABI_TEXT_NAME, n->path);
		return;
	}
	r->ev.flags |= ABI_EVENT_FILE;
	r->ev.call.fd = -1;
	r->ev.call.args[0] = (uint32_t)AT_FDCWD;
	r->ev.call.args[2] = (uint32_t)n->flags;
	r->ev.call.inode_mode = n->mode;
	r->ev.call.file_mode = MODE_READ | ((n->flags & O_ACCMODE) == O_RDWR ? MODE_WRITE : 0);
	put_text(r, ABI_TEXT_FILE, n->path);
}

static const struct event_container *find_anybody(uint64_t cgroup,
						  const struct event_container *so_far, void *arg)
{
	(void)cgroup;
	(void)so_far;
	(void)arg;
	return &anybody;
}

struct checking {
	struct call_table calls;
	struct process_table *processes;
	struct translator *translator;
	struct program *program;
	struct evaluator *evaluator;
};

static void checking_deinit(struct checking *c)
{
	evaluator_free(c->evaluator);
	program_free(c->program);
	translator_free(c->translator);
	process_table_free(c->processes);
}

static int checking_init(struct checking *c, const struct ruleset *rs)
{
	const struct process_facts f = { .pid = PROCESS,
					 .vpid = PROCESS,
					 .cgroup = CGROUP,
					 .name = TEXT("server"),
					 .cwd = TEXT("/") };
	int r;

	call_table_fill(&c->calls);
	r = process_table_new(&c->processes, 0, find_anybody, NULL);
	r = r ? r : process_table_put(c->processes, &f);
	r = r ? r : translator_new(&c->translator, &c->calls, c->processes, 0);
	if (r)
		return r;
	c->program = program_new(rs, MATCHING_ALL);
	c->evaluator = c->program ? evaluator_new(c->program, 0) : NULL;
	return c->evaluator ? 0 : -ENOMEM;
}

static int check_need(struct checking *c, const struct need *n,
		      const struct response_policy *policy, struct error *err)
{
	struct rule_match matches[EVAL_MATCHES_MAX];
	struct event ev;
	struct room room;
	size_t count;

	make_record(n, &room);
	if (translator_take(c->translator, &room.ev, &ev) != 1)
		return 0;
	count = evaluator_run(c->evaluator, &ev, matches, EVAL_MATCHES_MAX);
	for (size_t i = 0; i < count; i++) {
		const struct rule *r = matches[i].rule;

		if (deny_verdict(policy, r, &anybody).mode == MODE_ENFORCE)
			return error_set(
				err, EPERM,
				"in every container \"%.*s\" would deny that %s (%s), without which none runs: "
				"neither its runtime nor kubelet could start one. Select containers, or say --force",
				(int)r->name.len, r->name.data, n->what, n->path);
	}
	return 0;
}

int deny_risk_check(const struct ruleset *rs, const struct response_policy *policy,
		    struct error *err)
{
	struct checking c = { 0 };
	int r = checking_init(&c, rs);

	if (r)
		error_errno(err, -r, "rules");
	for (size_t i = 0; !r && i < ARRAY_SIZE(needs); i++)
		r = check_need(&c, &needs[i], policy, err);
	checking_deinit(&c);
	return r;
}
