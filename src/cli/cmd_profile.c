/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/policy_options.h"
#include "profile/json.h"
#include "uapi/capability.h"
#include "uapi/socket.h"

static struct profile *load_operand(const struct arguments *args, struct error *err)
{
	size_t n;
	char **files = arg_operands(args, &n);

	if (n < 1) {
		error_set(err, EINVAL, "name a profile (NAME.merlon.json)");
		return NULL;
	}
	return profile_load(files[0], err);
}

/* Text out of a profile that is not ours to trust. */
static const char *safe(const char *text)
{
	static char rooms[4][1024];
	static unsigned next;
	char *room = rooms[next++ % 4];

	if (!text)
		return "-";
	str_printable(room, sizeof(rooms[0]), text, strlen(text));
	return room;
}

/* Profile paths are printable already: doubling their backslashes would misspell them. */
static const char *safe_path(const char *path)
{
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return safe(path);
	return path;
}

/* --- show --------------------------------------------------------------------------------------- */

static const struct option_def show_options[] = {
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

static void show_head(const struct profile *p)
{
	char start[CLOCK_TEXT_MAX], length[CLOCK_TEXT_MAX], quiet[CLOCK_TEXT_MAX];

	clock_format(p->recording.start_ns, start);
	clock_format_age(p->recording.end_ns - p->recording.start_ns, length);
	clock_format_age(p->recording.quiet_ns, quiet);
	printf("%s\n", safe(p->name));
	printf("  workload   %s %s", safe(p->subject.engine), safe(p->subject.name));
	if (p->subject.pod_name)
		printf(", pod %s/%s", safe(p->subject.pod_namespace), safe(p->subject.pod_name));
	if (p->subject.image)
		printf(", image %s %s", safe(p->subject.image),
		       p->subject.image_digest ? safe(p->subject.image_digest) : "");
	printf("\n  recorded   %.19sZ for %s, start %s; kernel %s\n", start, length,
	       p->recording.start_seen ? "seen" : "NOT seen", safe(p->kernel));
	if (p->runtime.name)
		printf("  runtime    %s %s, no_new_privs %s, its calls %s\n", safe(p->runtime.name),
		       p->runtime.version ? safe(p->runtime.version) : "",
		       p->runtime.no_new_privileges ? "on" : "off",
		       profile_tail_source_names[p->runtime.tail]);
	if (p->credentials.known)
		printf("  started as uid %u, gid %u\n", p->credentials.uid, p->credentials.gid);
	vec_foreach(note, &p->notes)
		printf("  note       %s\n", safe(*note));
	for (int i = 0; i < ABI_LOSSES; i++)
		if (p->recording.losses[i])
			printf("  lost       %" PRIu64 " %s\n", p->recording.losses[i],
			       profile_loss_names[i]);
}

static void show_calls(const struct profile *p, enum profile_layer layer, bool refused,
		       const char *title)
{
	size_t n = profile_count_calls(p, 1u << layer, refused);
	int column = 0;

	if (!n)
		return;
	printf("\n%s (%zu)\n", title, n);
	vec_foreach(c, &p->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);
		char text[96];

		if (c->layer != layer || c->refused != refused)
			continue;
		if (!name)
			snprintf(text, sizeof(text), "call-%u", c->nr);
		else
			snprintf(text, sizeof(text), "%s%s%s", name,
				 c->arch == SYS_ARCH_X86_64 ? "" : "/",
				 c->arch == SYS_ARCH_X86_64 ? "" : sys_archs[c->arch].name);
		if (column + (int)strlen(text) + 1 > 96) {
			putchar('\n');
			column = 0;
		}
		column += printf("%s%s", column ? " " : "  ", text);
	}
	putchar('\n');
}

static void show_caps(const struct profile *p)
{
	static const char *const titles[] = { [ABI_CAP_USED] = "Capabilities used",
					      [ABI_CAP_PROBED] = "Capabilities asked for in vain "
								 "(granted, the call failed)",
					      [ABI_CAP_REFUSED] = "Capabilities refused" };

	for (int outcome = 0; outcome <= ABI_CAP_REFUSED; outcome++) {
		uint64_t set = 0;

		vec_foreach(c, &p->caps)
			if (c->layer == PROFILE_APP && (int)c->outcome == outcome)
				set |= 1ULL << c->cap;
		if (!set)
			continue;
		printf("\n%s (%d)\n ", titles[outcome], __builtin_popcountll(set));
		for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++)
			if (set >> cap & 1)
				printf(" %s", sys_cap_name(cap));
		putchar('\n');
	}
}

static void ops_text(uint32_t ops, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (unsigned bit = 0; profile_file_op_name(bit); bit++) {
		int n;

		if (!(ops >> bit & 1))
			continue;
		n = snprintf(out + at, size - at, "%s%s", at ? "," : "", profile_file_op_name(bit));
		if (n < 0 || (size_t)n >= size - at)
			return;
		at += (size_t)n;
	}
}

static void show_files(const struct profile *p)
{
	size_t n = 0;

	vec_foreach(f, &p->files)
		n += f->layer == PROFILE_APP;
	if (!n)
		return;
	printf("\nFiles (%zu)\n", n);
	vec_foreach(f, &p->files) {
		char ops[256];

		if (f->layer != PROFILE_APP)
			continue;
		ops_text(f->ops, ops, sizeof(ops));
		printf("  %-56s %s", safe_path(f->path), ops);
		if (f->rule)
			printf("  [%s, %" PRIu64 "]", f->rule, f->original_count);
		putchar('\n');
	}
}

static void show_peers(const struct profile *p)
{
	if (!p->peers.len)
		return;
	printf("\nNetwork (%zu)\n", p->peers.len);
	vec_foreach(peer, &p->peers) {
		const char *family = sys_family_name(peer->family);
		const char *protocol = sys_protocol_name(peer->protocol);
		char address[INET6_ADDRSTRLEN] = "*";

		if (peer->layer != PROFILE_APP)
			continue;
		if (!peer->many && (peer->family == AF_INET || peer->family == AF_INET6))
			inet_ntop(peer->family, peer->address, address, sizeof(address));
		printf("  %-8s %-8s %-6s %s port %u\n", profile_peer_op_names[peer->op],
		       family ? family : "?", protocol ? protocol : "?", address, peer->port);
	}
}

static int show(const struct arguments *args, struct error *err)
{
	cleanup_profile struct profile *p = load_operand(args, err);

	if (!p)
		return -err->code;
	if (arg_flag(args, "json")) {
		cleanup_json json_t *o = profile_to_json(p);

		json_dumpf(o, stdout, JSON_INDENT(1));
		putchar('\n');
		return EXIT_OK;
	}
	show_head(p);
	show_calls(p, PROFILE_APP, false, "System calls of the workload");
	show_calls(p, PROFILE_TAIL, false, "System calls of the container runtime under the filter");
	show_calls(p, PROFILE_ENTERED, false, "System calls of tasks that entered later");
	show_calls(p, PROFILE_APP, true, "System calls refused by a filter in force");
	show_caps(p);
	show_files(p);
	show_peers(p);
	return EXIT_OK;
}

static const struct command profile_show = {
	.name = "show",
	.summary = "print a profile for people",
	.operands = "PROFILE",
	.examples = "  merlon profile show web.merlon.json\n",
	.options = show_options,
	.option_count = ARRAY_SIZE(show_options),
	.run = show,
	.operand_complete = COMPLETE_FILE,
};

/* --- explain ------------------------------------------------------------------------------------ */

static const struct option_def explain_options[] = {
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
	POLICY_OPTION_ROWS,
};

static void reasons_text(unsigned reasons, char *out, size_t size)
{
	static const struct {
		enum policy_reason reason;
		const char *text;
	} texts[] = {
		{ POLICY_OBSERVED, "the workload made it" },
		{ POLICY_RUNTIME, "the container runtime makes it under the filter" },
		{ POLICY_ENTERED, "an exec session or probe made it" },
		{ POLICY_DENIED, "a filter in force refused it" },
		{ POLICY_ASKED, "asked for with --allow" },
		{ POLICY_CLOSURE, "implied" },
	};
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(texts) && at < size; i++)
		if (reasons & texts[i].reason)
			at += (size_t)snprintf(out + at, size - at, "%s%s", at ? "; " : "",
					       texts[i].text);
}

static void explain_arguments(const struct profile_call *c)
{
	const char *name = sys_call_name(c->arch, (int)c->nr);
	const struct sys_arg_plan *plan = name ? sys_arg_plan(name) : NULL;

	if (!plan)
		return;
	vec_foreach(t, &c->tuples) {
		printf("      %9s times with", str_grouped(t->count));
		for (unsigned i = 0; i < plan->count; i++) {
			const char *family = NULL;

			if (str_eq(plan->arg[i].name, "domain"))
				family = sys_family_name((unsigned)t->values[i]);
			if (family)
				printf(" %s=%s", plan->arg[i].name, family);
			else
				printf(plan->arg[i].flags ? " %s=0x%" PRIx64 : " %s=%" PRIu64,
				       plan->arg[i].name, t->values[i]);
		}
		putchar('\n');
	}
	if (c->range.count)
		printf("      %9s times with values that were too many to list\n",
		       str_grouped(c->range.count));
}

static void explain_evidence(const struct profile *p, const profile_evidence_list *list)
{
	vec_foreach(e, list) {
		char first[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX];

		clock_format(e->first_ns, first);
		clock_format(e->last_ns, last);
		printf("      %9s times by %s, first %.23sZ, last %.23sZ\n", str_grouped(e->count),
		       safe_path(p->executables.items[e->exe]), first, last);
	}
}

static void explain_call(const struct profile *p, const struct policy_entry *e)
{
	char reasons[256];

	reasons_text(e->reasons, reasons, sizeof(reasons));
	printf("%s: %s\n", e->name, e->deflected ? "answered with ENOSYS" : "allowed");
	printf("    because %s\n", reasons);
	if (e->why)
		printf("    %s\n", e->why);
	if (e->widened)
		printf("    %s\n", e->widened);
	if (e->matches.len)
		printf("    only with %zu combination%s of arguments\n", e->matches.len,
		       e->matches.len == 1 ? "" : "s");
	vec_foreach(c, &p->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);

		if (!name || !str_eq(name, e->name))
			continue;
		printf("    %s%s%s%s\n", profile_layer_names[c->layer],
		       c->arch == SYS_ARCH_X86_64 ? "" : ", as ",
		       c->arch == SYS_ARCH_X86_64 ? "" : sys_archs[c->arch].name,
		       c->refused ? ", refused" : "");
		explain_evidence(p, &c->evidence);
		explain_arguments(c);
	}
}

static void explain_cap(const struct profile *p, unsigned cap, uint64_t allowed)
{
	printf("%s: %s\n", sys_cap_name(cap), allowed >> cap & 1 ? "kept" : "dropped");
	vec_foreach(c, &p->caps) {
		const char *call = sys_call_name(c->arch, (int)c->nr);

		if (c->cap != cap)
			continue;
		printf("    %s, %s, in %s\n", profile_layer_names[c->layer],
		       profile_cap_outcome_names[c->outcome], call ? call : "no system call");
		explain_evidence(p, &c->evidence);
	}
}

static json_t *explain_json(const struct policy_entry *e)
{
	json_t *o = json_object();
	char reasons[256] = "";

	reasons_text(e->reasons, reasons, sizeof(reasons));
	json_object_set_new(o, "name", json_string(e->name));
	json_object_set_new(o, "allowed", json_boolean(!e->deflected));
	json_object_set_new(o, "because", json_string(reasons));
	json_set_string(o, "why", e->why);
	json_set_string(o, "widened", e->widened);
	json_object_set_new(o, "count", json_u64(e->count));
	json_object_set_new(o, "argumentCombinations", json_integer((json_int_t)e->matches.len));
	return o;
}

static int explain_named(const struct profile *p, const struct policy *policy, uint64_t caps,
			 const char *what, struct error *err)
{
	const struct policy_entry *e = policy_find(policy, what);
	unsigned cap;

	if (e) {
		explain_call(p, e);
		return EXIT_OK;
	}
	if (sys_cap_parse(what, &cap)) {
		explain_cap(p, cap, caps);
		return EXIT_OK;
	}
	if (sys_call_is_known(what)) {
		printf("%s: denied\n    it was not seen, and nothing that was seen implies it\n", what);
		return EXIT_NEGATIVE;
	}
	return error_set(err, ENOENT, "\"%s\" is neither a system call nor a capability%s%s%s", what,
			 sys_call_suggest(what) ? " (did you mean " : "",
			 sys_call_suggest(what) ? sys_call_suggest(what) : "",
			 sys_call_suggest(what) ? "?)" : "");
}

static int explain(const struct arguments *args, struct error *err)
{
	cleanup_profile struct profile *p = load_operand(args, err);
	cleanup_policy struct policy policy = { 0 };
	cleanup_free const char **allow = NULL;
	struct backend_options o;
	size_t n;
	char **words = arg_operands(args, &n);
	int r = p ? policy_options_read(args, &o, &allow, err) : -err->code;
	uint64_t caps;

	if (!r)
		r = policy_build(&policy, p, &o.policy, err);
	if (r)
		return r;
	caps = policy_capabilities(p, &o.policy);
	if (arg_flag(args, "json")) {
		cleanup_json json_t *list = json_array();

		vec_foreach(e, &policy.entries)
			if (n < 2 || str_eq(e->name, words[1]))
				json_array_append_new(list, explain_json(e));
		json_dumpf(list, stdout, JSON_INDENT(2));
		putchar('\n');
		return EXIT_OK;
	}
	for (size_t i = 1; i < n; i++) {
		int one = explain_named(p, &policy, caps, words[i], err);

		if (one < 0)
			return one;
		r = one ? one : r;
	}
	if (n > 1)
		return r;
	vec_foreach(e, &policy.entries)
		explain_call(p, e);
	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++) {
		bool seen = false;

		vec_foreach(c, &p->caps)
			seen = seen || c->cap == cap;
		if (seen)
			explain_cap(p, cap, caps);
	}
	return r;
}

static const struct command profile_explain = {
	.name = "explain",
	.summary = "say why something is allowed: who needed it, when, and how often",
	.operands = "PROFILE [CALL|CAPABILITY]...",
	.description = "Prints for every system call and capability, or for those named, whether the "
		       "profile allows it, why, and the evidence. Exits with 1 if one that was "
		       "named is denied.",
	.examples = "  merlon profile explain web.merlon.json socket CAP_NET_BIND_SERVICE\n",
	.options = explain_options,
	.option_count = ARRAY_SIZE(explain_options),
	.run = explain,
	.operand_complete = COMPLETE_FILE,
};

/* --- export ------------------------------------------------------------------------------------- */

static const struct option_def export_options[] = {
	{ "format", 'f', "FORMAT", "seccomp or capabilities", false, COMPLETE_WORDS,
	  "seccomp capabilities" },
	{ "output", 'o', "FILE", "write here instead of to standard output", false, COMPLETE_FILE,
	  NULL },
	POLICY_OPTION_ROWS,
};

static int unknown_format(const char *name, struct error *err)
{
	struct buf list = BUF_INIT;
	int r;

	for (size_t i = 0; profile_backends[i]; i++)
		buf_addf(&list, "%s%s", i ? ", " : "", profile_backends[i]->name);
	r = error_set(err, EINVAL, "%s%s%s is one of: %s", name ? "\"" : "", name ? name : "",
		      name ? "\" is no format; --format" : "--format", list.data);
	buf_deinit(&list);
	return r;
}

static int export(const struct arguments *args, struct error *err)
{
	const char *format = arg_value(args, "format"), *path = arg_value(args, "output");
	const struct profile_backend *b = format ? profile_backend_find(format) : NULL;
	cleanup_profile struct profile *p = NULL;
	cleanup_free const char **allow = NULL;
	cleanup_buf struct buf out = BUF_INIT;
	struct backend_options o;
	int r;

	if (!b)
		return unknown_format(format, err);
	p = load_operand(args, err);
	r = p ? policy_options_read(args, &o, &allow, err) : -err->code;
	if (!r)
		r = b->emit(p, &o, &out, err);
	if (!r && out.failed)
		r = error_errno(err, ENOMEM, "%s", b->name);
	if (r)
		return r;
	if (path)
		return fs_write_atomic(path, out.data, out.len, 0644, err);
	fwrite(out.data, 1, out.len, stdout);
	return EXIT_OK;
}

static const struct command profile_export = {
	.name = "export",
	.summary = "write a profile in the form that something else reads",
	.operands = "PROFILE",
	.description =
		"Formats:\n\n"
		"seccomp: the OCI dialect, for runc, crun, containerd, CRI-O and Kubernetes' "
		"Localhost profiles. Rules are grouped by why they are there. Architectures other "
		"than the native one are listed only if they were used.\n\n"
		"capabilities: what to drop and to add, as Kubernetes, OCI and docker want it.",
	.examples = "  merlon profile export -f seccomp web.merlon.json -o web.json\n"
		    "  merlon profile export -f seccomp --arguments strict web.merlon.json\n",
	.options = export_options,
	.option_count = ARRAY_SIZE(export_options),
	.run = export,
	.operand_complete = COMPLETE_FILE,
};

static const struct command *const profile_commands[] = { &profile_show, &profile_explain,
							  &profile_export, NULL };

const struct command cmd_profile = {
	.name = "profile",
	.summary = "look at profiles and turn them into what confines",
	.subcommands = profile_commands,
};
