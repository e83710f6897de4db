/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/profile_text.h"
#include "uapi/capability.h"
#include "uapi/socket.h"

static const struct option_def options[] = {
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

static void show_head(const struct profile *p)
{
	char start[CLOCK_TEXT_MAX], length[CLOCK_TEXT_MAX], quiet[CLOCK_TEXT_MAX];

	clock_format(p->recording.start_ns, start);
	clock_format_age(p->recording.end_ns - p->recording.start_ns, length);
	clock_format_age(p->recording.quiet_ns, quiet);
	printf("%s\n", shown(p->name));
	printf("  workload   %s %s", shown(p->subject.engine), shown(p->subject.name));
	if (p->subject.pod_name)
		printf(", pod %s/%s", shown(p->subject.pod_namespace), shown(p->subject.pod_name));
	if (p->subject.image)
		printf(", image %s %s", shown(p->subject.image),
		       p->subject.image_digest ? shown(p->subject.image_digest) : "");
	printf("\n  recorded   %.19sZ for %s, start %s; kernel %s\n", start, length,
	       p->recording.start_seen ? "seen" : "NOT seen", shown(p->kernel));
	if (p->runtime.name)
		printf("  runtime    %s %s, no_new_privs %s, its calls %s\n",
		       shown(p->runtime.name), p->runtime.version ? shown(p->runtime.version) : "",
		       p->runtime.no_new_privileges ? "on" : "off",
		       profile_tail_source_names[p->runtime.tail]);
	if (p->credentials.known)
		printf("  started as uid %u, gid %u\n", p->credentials.uid, p->credentials.gid);
	vec_foreach(note, &p->notes)
		printf("  note       %s\n", shown(*note));
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
		printf("  %-56s %s", shown_path(f->path), ops);
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

static int run(const struct arguments *args, struct error *err)
{
	cleanup_profile struct profile *p = profile_operand(args, err);

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
	show_calls(p, PROFILE_TAIL, false,
		   "System calls of the container runtime under the filter");
	show_calls(p, PROFILE_ENTERED, false, "System calls of tasks that entered later");
	show_calls(p, PROFILE_APP, true, "System calls refused by a filter in force");
	show_caps(p);
	show_files(p);
	show_peers(p);
	return EXIT_OK;
}

const struct command cmd_profile_show = {
	.name = "show",
	.summary = "print a profile for people",
	.operands = "PROFILE",
	.examples = "  merlon profile show web.merlon.json\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
