/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OCI dialect of seccomp (runtime-spec 1.3, config-linux.md): what runc, crun, containerd, CRI-O
 * and the kubelet's Localhost profiles read.
 *
 * Rules are grouped by why they are there; "comment" says so (an addition of Docker's that other
 * readers skip). Sub-architectures are listed only if they were used: every one that is listed
 * multiplies the calls that can be made. One rule never compares an argument twice: runc makes an
 * OR of that, not an AND.
 */
#include "profile/backend.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

struct group {
	const char *comment;
	unsigned has, lacks; /* enum policy_reason: an entry's first group with these takes it */
};

static const struct group groups[] = {
	{ "the workload", POLICY_OBSERVED, 0 },
	{ "container runtime, after it has loaded the filter", POLICY_RUNTIME, 0 },
	{ "entered later: exec, probes", POLICY_ENTERED, 0 },
	{ "refused by a filter in force while recording", POLICY_DENIED, 0 },
	{ "asked for by name", POLICY_ASKED, 0 },
	{ "not seen, but the same program makes these on another kernel, libc or machine",
	  POLICY_CLOSURE, 0 },
	{ "not seen, but code of the workload can make these", POLICY_PREDICTED, 0 },
};

enum action { ALLOW, NOTIFY, LOG, ACTIONS };

static const char *const actions[ACTIONS] = { "SCMP_ACT_ALLOW", "SCMP_ACT_NOTIFY", "SCMP_ACT_LOG" };

static size_t group_of(const struct policy_entry *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (e->reasons & groups[i].has)
			return i;
	return ARRAY_SIZE(groups);
}

static json_t *argument_json(unsigned index, uint64_t mask, uint64_t value)
{
	json_t *a = json_object();

	json_object_set_new(a, "index", json_integer(index));
	if (mask == UINT64_MAX) {
		json_object_set_new(a, "value", json_integer((json_int_t)value));
		json_object_set_new(a, "op", json_string("SCMP_CMP_EQ"));
		return a;
	}
	json_object_set_new(a, "value", json_integer((json_int_t)mask));
	json_object_set_new(a, "valueTwo", json_integer((json_int_t)value));
	json_object_set_new(a, "op", json_string("SCMP_CMP_MASKED_EQ"));
	return a;
}

static json_t *rule_json(const char *action, int errno_ret, const char *comment)
{
	json_t *rule = json_object();

	json_object_set_new(rule, "names", json_array());
	json_object_set_new(rule, "action", json_string(action));
	if (errno_ret)
		json_object_set_new(rule, "errnoRet", json_integer(errno_ret));
	if (comment)
		json_object_set_new(rule, "comment", json_string(comment));
	return rule;
}

/* Calls of the start alone may be left to an agent. */
static enum action action_of(const struct policy_entry *e, const struct backend_options *o)
{
	if (e->logged)
		return LOG;
	return e->start_only && o->agent_socket && !o->complain ? NOTIFY : ALLOW;
}

static void rule_name(json_t *rule, const char *name)
{
	json_array_append_new(json_object_get(rule, "names"), json_string(name));
}

/* A rule for every alternative: rules of one call are alternatives, arguments of one rule all hold. */
static void add_matches(json_t *rules, const struct policy_entry *e,
			const struct backend_options *o, const char *comment)
{
	vec_foreach(m, &e->matches) {
		json_t *rule = rule_json(actions[action_of(e, o)], 0, comment),
		       *args = json_array();

		rule_name(rule, e->name);
		for (unsigned i = 0; i < ARRAY_SIZE(m->mask); i++)
			if (m->mask[i])
				json_array_append_new(args,
						      argument_json(i, m->mask[i], m->value[i]));
		json_object_set_new(rule, "args", args);
		json_array_append_new(rules, rule);
	}
}

/* The entries of a group with one action: those of any arguments in one rule, the others after it. */
static void add_group(json_t *rules, const struct policy *policy, const struct backend_options *o,
		      size_t group, enum action action)
{
	json_t *plain = rule_json(actions[action], 0, groups[group].comment);

	vec_foreach(e, &policy->entries)
		if (group_of(e) == group && !e->matches.len && !e->deflected &&
		    action_of(e, o) == action)
			rule_name(plain, e->name);
	if (json_array_size(json_object_get(plain, "names")))
		json_array_append(rules, plain);
	json_decref(plain);
	vec_foreach(e, &policy->entries)
		if (group_of(e) == group && e->matches.len && !e->deflected &&
		    action_of(e, o) == action)
			add_matches(rules, e, o, groups[group].comment);
}

/*
 * Complaining, with an agent: it is asked about every other call, so that it can tell of its arguments
 * too. runc takes "ask" for no default, and no filter may ask about write (the runtime itself would
 * wait for the answer); both are logged instead.
 */
static void add_others(json_t *rules, const struct policy *policy)
{
	json_t *rule = rule_json("SCMP_ACT_NOTIFY", 0, "everything else: the agent tells of it");

	for (int arch = 0; arch < SYS_ARCH_MAX; arch++) {
		for (int nr = 0; policy->archs[arch] && nr < SYS_NR_MAX; nr++) {
			const char *name = sys_call_name((enum sys_arch)arch, nr);
			const struct policy_entry *e = name ? policy_find(policy, name) : NULL;

			if (!name || e || !strcmp(name, "write"))
				continue;
			if (arch != SYS_ARCH_X86_64 && sys_call_nr(SYS_ARCH_X86_64, name) >= 0)
				continue; /* listed once */
			rule_name(rule, name);
		}
	}
	json_array_append_new(rules, rule);
}

static json_t *rules_json(const struct policy *policy, const struct backend_options *o)
{
	json_t *rules = json_array();

	for (size_t g = 0; g < ARRAY_SIZE(groups); g++)
		for (enum action a = 0; a < ACTIONS; a++)
			if (a != LOG || !o->complain) /* that logs whatever has no rule */
				add_group(rules, policy, o, g, a);
	vec_foreach(e, &policy->entries) {
		json_t *rule;

		if (!e->deflected || o->default_errno == ENOSYS)
			continue; /* a rule equal to the default is refused or ignored by runtimes */
		rule = rule_json("SCMP_ACT_ERRNO", ENOSYS, e->why);
		rule_name(rule, e->name);
		json_array_append_new(rules, rule);
	}
	if (o->complain && o->agent_socket)
		add_others(rules, policy);
	return rules;
}

static int emit(const struct profile *p, const struct backend_options *o, struct buf *out,
		struct error *err)
{
	cleanup_policy struct policy policy = { 0 };
	cleanup_json json_t *root = json_object();
	cleanup_free char *text = NULL;
	json_t *archs;
	int r = policy_build(&policy, p, &o->policy, err);

	if (r)
		return r;
	archs = json_array();
	json_object_set_new(root, "defaultAction",
			    json_string(o->complain ? "SCMP_ACT_LOG" : "SCMP_ACT_ERRNO"));
	if (!o->complain)
		json_object_set_new(root, "defaultErrnoRet", json_integer(o->default_errno));
	for (int i = 0; i < SYS_ARCH_MAX; i++)
		if (policy.archs[i])
			json_array_append_new(archs, json_string(sys_archs[i].oci_name));
	json_object_set_new(root, "architectures", archs);
	json_set_string(root, "listenerPath", o->agent_socket);
	json_object_set_new(root, "syscalls", rules_json(&policy, o));
	text = json_dumps(root, JSON_INDENT(2));
	if (!text)
		return error_errno(err, ENOMEM, "seccomp");
	buf_add_str(out, text);
	buf_add_char(out, '\n');
	return 0;
}

const struct profile_backend profile_backend_seccomp = {
	.name = "seccomp",
	.suffix = "seccomp.json",
	.summary = "seccomp filter in the OCI dialect (runc, crun, containerd, CRI-O, Kubernetes)",
	.apply = "docker and podman: `--security-opt seccomp=@FILE@`. Kubernetes, on every node:\n\n"
		 "    install -D -m 644 @FILE@ /var/lib/kubelet/seccomp/merlon/@NAME@.json",
	.emit = emit,
};
