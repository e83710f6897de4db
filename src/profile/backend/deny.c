/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of our own language that deny what was not recorded: for merlon deny, where the kernel asks BPF programs.
 * Each is one decision point, or a few that ask for the same; what stands in their conditions the kernel decides
 * wholly. The container runtime, and the first program of a command that is started in the container later, are
 * not asked (docs/design/deny.md).
 */
#include "profile/backend.h"

#include <errno.h>

#include "base/str.h"
#include "profile/allow.h"
#include "profile/backend/head.h"
#include "profile/needs.h"
#include "uapi/arg_plan.h"
#include "uapi/capability.h"
#include "uapi/syscall.h"

/* Whatever else is seen of such calls is none of these rules' business. */
#define WHERE "and container.id != host and evt.is_denied = true"
#define OPENS "evt.type in (open, openat, openat2, creat) " WHERE
#define RUNS "evt.type in (execve, execveat) " WHERE
#define BY "command=%proc.cmdline container=%container.name)"

static const struct allow_fields opened = { "fd.name", "fd.directory", "fd.filename" };
static const struct allow_fields named = { .name = "fs.path.name" };
static const struct allow_fields source = { .name = "fs.path.source" };
static const struct allow_fields target = { .name = "fs.path.target" };

/* What every program may open, recorded or not: it keeps nothing, or is the terminal. */
static const char *const devices[] = { "/dev/null",    "/dev/zero", "/dev/full", "/dev/random",
				       "/dev/urandom", "/dev/tty",  "/dev/ptmx", "/dev/console",
				       "/dev/pts/",    NULL };

/* Rules about paths: what was done to none of the paths that the profile has. */
static const struct path_rule {
	const char *name, *desc, *condition, *output, *tags;
	const char *also; /* holds for what is denied whatever its path is; or NULL */
	const struct allow_fields *fields, *second; /* second: of another path, or NULL */
	uint32_t ops, second_ops;
	const char *const *more;
	bool is_read;
} path_rules[] = {
	{ .name = "file opened to be written",
	  .desc = "The workload was never seen to write it.",
	  .condition = OPENS " and (evt.is_open_write = true or evt.is_open_create = true)",
	  .output = "A file was opened to be written (file=%fd.name " BY,
	  .tags = "mitre_persistence, T1222",
	  .fields = &opened,
	  .ops = ABI_FILE_WRITE | ABI_FILE_CREATE,
	  .more = devices },
	{ .name = "file opened to be read",
	  .desc = "The workload was never seen to read it.",
	  .condition = OPENS " and evt.is_open_read = true",
	  .output = "A file was opened to be read (file=%fd.name " BY,
	  .tags = "mitre_collection, T1005",
	  .fields = &opened,
	  .ops = ABI_FILE_READ | ABI_FILE_EXEC | ABI_FILE_MAP_EXEC | ABI_FILE_WRITE |
		 ABI_FILE_CREATE,
	  .more = devices,
	  .is_read = true },
	{ .name = "file removed",
	  .desc = "The workload was never seen to remove it.",
	  .condition = "evt.type in (unlink, unlinkat) " WHERE,
	  .output = "A file was removed (file=%fs.path.name " BY,
	  .tags = "mitre_impact, T1485",
	  .fields = &named,
	  .ops = ABI_FILE_UNLINK },
	{ .name = "file renamed",
	  .desc = "The workload was never seen to rename it, or to give it that name.",
	  .condition = "evt.type in (rename, renameat, renameat2) " WHERE,
	  .output = "A file was renamed (from=%fs.path.source to=%fs.path.target " BY,
	  .tags = "mitre_defense_evasion, T1036",
	  .fields = &source,
	  .ops = ABI_FILE_RENAME_FROM,
	  .second = &target,
	  .second_ops = ABI_FILE_RENAME_TO },
	{ .name = "device, pipe or socket made",
	  .desc = "The workload was never seen to make it.",
	  .condition = "evt.type in (mknod, mknodat) " WHERE,
	  .output = "A device, pipe or socket was made (file=%fs.path.name " BY,
	  .tags = "mitre_privilege_escalation, T1611",
	  .fields = &named,
	  .ops = ABI_FILE_MKNOD | ABI_FILE_BIND },
	{ .name = "hard link made",
	  .desc = "The workload was never seen to give such a file another name.",
	  .condition = "evt.type in (link, linkat) " WHERE,
	  .output = "A hard link was made (file=%fs.path.target name=%fs.path.source " BY,
	  .tags = "mitre_defense_evasion, T1222",
	  .fields = &source,
	  .ops = ABI_FILE_LINK,
	  .second = &target,
	  .second_ops = ABI_FILE_LINK_TARGET },
	{ .name = "symbolic link made",
	  .desc = "The workload was never seen to make it.",
	  .condition = "evt.type in (symlink, symlinkat) " WHERE,
	  .output = "A symbolic link was made (name=%fs.path.source " BY,
	  .tags = "mitre_persistence, T1546",
	  .fields = &source,
	  .ops = ABI_FILE_SYMLINK },
	{ .name = "directory made",
	  .desc = "The workload was never seen to make it.",
	  .condition = "evt.type in (mkdir, mkdirat) " WHERE,
	  .output = "A directory was made (directory=%fs.path.name " BY,
	  .tags = "mitre_persistence, T1546",
	  .fields = &named,
	  .ops = ABI_FILE_MKDIR },
	{ .name = "directory removed",
	  .desc = "The workload was never seen to remove it.",
	  .condition = "evt.type = rmdir " WHERE,
	  .output = "A directory was removed (directory=%fs.path.name " BY,
	  .tags = "mitre_impact, T1485",
	  .fields = &named,
	  .ops = ABI_FILE_RMDIR },
	{ .name = "file cut",
	  .desc = "The workload was never seen to cut it, or to write it.",
	  .condition = "evt.type = truncate " WHERE,
	  .output = "A file was cut (file=%fs.path.name " BY,
	  .tags = "mitre_impact, T1485",
	  .fields = &named,
	  .ops = ABI_FILE_TRUNCATE | ABI_FILE_WRITE | ABI_FILE_CREATE,
	  .more = devices },
	{ .name = "mode changed",
	  .desc = "The workload was never seen to change its mode.",
	  .condition = "evt.type in (chmod, fchmod, fchmodat, fchmodat2) " WHERE,
	  .output = "A mode was changed (file=%fs.path.name " BY,
	  .tags = "mitre_defense_evasion, T1222",
	  .fields = &named,
	  .ops = ABI_FILE_CHMOD },
};

/* Calls that few workloads make, each in a rule of its own kind: denied unless it was seen. */
static const struct {
	const char *type;
	const char *calls[8];
} rare_calls[] = {
	{ "mount", { "mount", "fsmount", "open_tree" } },
	{ "move_mount", { "move_mount", "mount", "fsmount" } },
	{ "pivot_root", { "pivot_root" } },
	{ "chroot", { "chroot" } },
	{ "setns", { "setns" } },
	{ "bpf", { "bpf" } },
	{ "perf_event_open", { "perf_event_open" } },
	{ "init_module", { "init_module" } },
	{ "finit_module", { "finit_module" } },
	{ "userfaultfd", { "userfaultfd" } },
	{ "open_by_handle_at", { "open_by_handle_at" } },
};

struct writer {
	const struct profile *p;
	const struct backend_options *o;
	const char *name;
	struct access_list files;
	struct buf *out;
};

/* All but the condition's end: allowed is what must not hold, or empty. */
static void add_rule(struct writer *w, const char *name, const char *desc, const char *condition,
		     const struct buf *allowed, const char *output, const char *tags)
{
	buf_addf(w->out, "\n- rule: \"%s: %s\"\n  desc: >-\n    %s\n  condition: >\n    %s\n",
		 w->name, name, desc, condition);
	if (allowed && allowed->len)
		buf_addf(w->out, "    and not (%s)\n", allowed->data);
	buf_addf(w->out, "  output: >-\n    %s\n", output);
	buf_addf(w->out,
		 "  priority: WARNING\n  tags: [container, allow_list, %s]\n  response: deny\n",
		 tags);
	w->out->failed = w->out->failed || (allowed && allowed->failed);
}

/* --- programs --------------------------------------------------------------------------------------- */

/* Whether it does one of these to what never was a file. */
static bool uses_memory(const struct writer *w, uint32_t ops)
{
	vec_foreach(f, &w->p->files)
		if (access_layer_is_wanted(f->layer, &w->o->policy) && f->ops & ops &&
		    f->flags & ABI_PATH_MEMORY)
			return true;
	return false;
}

/* Programs that the workload writes itself, or changes so that they are copied into the container's own layer. */
static bool add_changed(const struct writer *w, struct buf *out)
{
	struct access_list changed = { 0 };
	bool any;

	vec_foreach(a, &w->files.items) {
		struct access *slot;

		if (!(a->ops & ABI_FILE_EXEC) || !(a->ops & ACCESS_OPS_CHANGE || a->volume))
			continue;
		slot = vec_add(&changed.items);
		if (slot)
			*slot = *a;
		else
			out->failed = true;
	}
	any = allow_paths(&changed, ABI_FILE_EXEC, &(struct allow_fields){ .name = "proc.exepath" },
			  NULL, out);
	vec_deinit(&changed.items); /* what is in it is borrowed */
	return any;
}

static void add_programs(struct writer *w)
{
	static const struct allow_fields run = { .name = "proc.exepath" };
	const char *tags = "mitre_execution, T1059";
	cleanup_buf struct buf listed = BUF_INIT, changed = BUF_INIT;
	bool memory = uses_memory(w, ABI_FILE_EXEC), any;

	if (!memory)
		add_rule(
			w, "program run from memory",
			"A program that never was a file leaves nothing to be found.",
			RUNS " and proc.is_exe_from_memfd = true", NULL,
			"A program was run from memory (program=%proc.exepath parent=%proc.pcmdline container=%container.name)",
			"mitre_defense_evasion, T1620");
	any = allow_paths(&w->files, ABI_FILE_EXEC, &run, NULL, &listed);
	if (memory)
		buf_addf(&listed, "%sproc.is_exe_from_memfd = true", any ? "\n      or " : "");
	add_rule(
		w, "program run", "The workload was never seen to run it.", RUNS, &listed,
		"A program was run (program=%proc.exepath parent=%proc.pcmdline container=%container.name)",
		tags);
	add_changed(w, &changed);
	add_rule(
		w, "changed program run",
		"It is not the image's: it was put into the container, or written over.",
		RUNS " and proc.is_exe_upper_layer = true", &changed,
		"A program that is not the image's was run (program=%proc.exepath parent=%proc.pcmdline container=%container.name)",
		"mitre_execution, T1554");
}

/* The kernel opens and maps the ELF interpreter of each program; not all recordings tell of it. */
static void add_interpreters(struct buf *out, bool any)
{
	buf_addf(out,
		 "%s(fd.name startswith anyof (\"/lib\", \"/usr/lib\") and fd.filename startswith anyof "
		 "(\"ld-\", \"ld.so\", \"ld64.so\"))",
		 any ? "\n      or " : "");
}

/* Libraries. What the image has may be mapped, where the kernel can tell: nothing is gained by what was there before. */
static void add_libraries(struct writer *w)
{
	cleanup_buf struct buf listed = BUF_INIT;
	bool any = allow_paths(&w->files, ABI_FILE_EXEC | ABI_FILE_MAP_EXEC, &opened, NULL,
			       &listed);

	add_interpreters(&listed, any);
	buf_add_str(&listed, "\n      or fd.is_lower_layer = true");
	if (uses_memory(w, ABI_FILE_MAP_EXEC))
		buf_add_str(&listed, "\n      or fd.name startswith memfd:");
	add_rule(w, "library mapped",
		 "Neither the workload was seen to map it, nor is it known to be the image's.",
		 "evt.type = mmap " WHERE
		 " and (fd.name startswith \"/\" or fd.name startswith memfd:)",
		 &listed, "A file was mapped to be executed (file=%fd.name " BY,
		 "mitre_execution, T1129");
}

/* --- files ------------------------------------------------------------------------------------------ */

static void add_path_rule(struct writer *w, const struct path_rule *r)
{
	cleanup_buf struct buf first = BUF_INIT, second = BUF_INIT, both = BUF_INIT;
	bool any = allow_paths(&w->files, r->ops, r->fields, r->more, &first);

	if (r->is_read)
		add_interpreters(&first, any);
	if (!r->second) {
		add_rule(w, r->name, r->desc, r->condition, &first, r->output, r->tags);
		return;
	}
	/* Both have to be known; where nothing is, everything is denied. */
	if (any && allow_paths(&w->files, r->second_ops, r->second, NULL, &second))
		buf_addf(&both, "(%s)\n      and (%s)", first.data, second.data);
	both.failed = both.failed || first.failed || second.failed;
	add_rule(w, r->name, r->desc, r->condition, &both, r->output, r->tags);
}

static void add_files(struct writer *w)
{
	for (size_t i = 0; i < sizeof(path_rules) / sizeof(path_rules[0]); i++)
		if (!path_rules[i].is_read || w->o->files == BACKEND_FILES_ALL)
			add_path_rule(w, &path_rules[i]);
}

/* --- network ---------------------------------------------------------------------------------------- */

static int add_network(struct writer *w, struct error *err)
{
	cleanup_flow_list struct flow_list flows = { 0 };
	cleanup_buf struct buf flow = BUF_INIT, sockets = BUF_INIT;
	int r = flow_list_all(&flows, w->p, &w->o->policy, err);

	if (!r && flow_list_complete_dns(&flows))
		r = error_errno(err, ENOMEM, "network");
	if (r)
		return r;
	allow_flows(&flows, w->o->egress == BACKEND_EGRESS_PORT, &flow);
	add_rule(w, "connection made", "The workload was never seen to connect to it.",
		 "evt.type in (connect, sendto) " WHERE " and fd.type in (ipv4, ipv6)", &flow,
		 "A connection was made (to=%fd.rip port=%fd.rport protocol=%fd.l4proto " BY,
		 "mitre_command_and_control, T1071");
	allow_sockets(&w->files, &sockets);
	add_rule(w, "socket used", "The workload was never seen to use it.",
		 "evt.type = connect " WHERE " and fd.type = unix", &sockets,
		 "A socket was used (socket=%fd.name " BY, "mitre_privilege_escalation, T1611");
	return 0;
}

/* --- the kernel ------------------------------------------------------------------------------------- */

/* Whether it was seen to make user namespaces, by whichever call. */
static bool makes_user_namespaces(const struct writer *w)
{
	enum { CLONE_NEWUSER = 0x10000000 };

	vec_foreach(c, &w->p->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);

		if (c->refused || !name || !access_layer_is_wanted(c->layer, &w->o->policy) ||
		    !(str_eq(name, "unshare") || str_eq(name, "clone")))
			continue;
		if (c->range.arg[0].any_bits & CLONE_NEWUSER)
			return true;
		vec_foreach(t, &c->tuples)
			if (t->values[0] & CLONE_NEWUSER)
				return true;
	}
	return false;
}

static void add_rare_calls(struct writer *w)
{
	static const char *const tracing[] = { "ptrace", "process_vm_readv", "process_vm_writev",
					       "pidfd_getfd", NULL };
	cleanup_buf struct buf condition = BUF_INIT;

	for (size_t i = 0; i < sizeof(rare_calls) / sizeof(rare_calls[0]); i++)
		if (!needs_call(w->p, &w->o->policy, rare_calls[i].calls))
			buf_addf(&condition, "%s%s", condition.len ? ", " : "evt.type in (",
				 rare_calls[i].type);
	if (condition.len) {
		buf_add_str(&condition, ") " WHERE);
		add_rule(
			w, "rare call made",
			"The workload was never seen to make it, and those who leave containers do.",
			condition.failed ? "" : condition.data, NULL,
			"A rare call was made (call=%evt.type " BY,
			"mitre_privilege_escalation, T1611");
		w->out->failed = w->out->failed || condition.failed;
	}
	if (!makes_user_namespaces(w))
		add_rule(w, "user namespace made",
			 "In one a process has every capability, and with them more of the kernel.",
			 "evt.type = unshare " WHERE " and evt.arg.flags contains CLONE_NEWUSER",
			 NULL, "A user namespace was made (" BY,
			 "mitre_privilege_escalation, T1068");
	if (!needs_call(w->p, &w->o->policy, tracing))
		add_rule(
			w, "process beyond the container looked into",
			"Tracing, memory, environment and root directory of processes that are not the container's.",
			"evt.type = ptrace " WHERE
			" and evt.arg.request in (PTRACE_ATTACH, PTRACE_PEEKDATA)",
			NULL,
			"A process beyond the container was looked into (how=%evt.arg.request " BY,
			"mitre_privilege_escalation, T1055");
}

/* --- capabilities ------------------------------------------------------------------------------------ */

/* A recording that could not see them says nothing of them. */
static bool knows_capabilities(const struct profile *p)
{
	return p->caps.len || (p->recording.cap_hook && !str_eq(p->recording.cap_hook, "none"));
}

static void add_capabilities(struct writer *w)
{
	uint64_t used = policy_capabilities(w->p, &w->o->policy);
	cleanup_buf struct buf list = BUF_INIT;

	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++)
		if (used >> cap & 1)
			buf_addf(&list, "%s%s",
				 list.len ? ",\n        " : "evt.arg.cap in (\n        ",
				 sys_cap_name(cap));
	if (list.len)
		buf_add_char(&list, ')');
	add_rule(w, "capability used", "The workload was never seen to use it.",
		 "evt.type = capability " WHERE, &list,
		 "A capability was used (capability=%evt.arg.cap " BY,
		 "mitre_privilege_escalation, T1548");
}

/* --- the file ----------------------------------------------------------------------------------------- */

/* A profile that was made of a filter has calls alone. */
static bool knows_files(const struct profile *p)
{
	return p->files.len || p->executables.len;
}

static int emit(const struct profile *p, const struct backend_options *o, struct buf *out,
		struct error *err)
{
	cleanup_free char *name = backend_name(p, o);
	struct writer w = { .p = p, .o = o, .name = name, .out = out };
	int r = name ? access_list_build(&w.files, p, &o->policy, o->exact_paths, err) :
		       error_errno(err, ENOMEM, "deny");

	if (r)
		return r;
	backend_head(p, "#", out);
	buf_add_str(
		out,
		"#\n# merlon deny on --dry-run --policy POLICY FILE, with the policy of -f deny-policy; then without\n"
		"# --dry-run.\n");
	if (knows_files(p)) {
		add_programs(&w);
		add_libraries(&w);
	} else {
		buf_add_str(
			out,
			"# No program and no file is in the profile: of those nothing is denied.\n");
	}
	if (knows_files(p) && o->files != BACKEND_FILES_NONE)
		add_files(&w);
	if (knows_files(p) && o->egress != BACKEND_EGRESS_NONE)
		r = add_network(&w, err);
	if (knows_capabilities(p))
		add_capabilities(&w);
	add_rare_calls(&w);
	access_list_deinit(&w.files);
	return r;
}

const struct profile_backend profile_backend_deny = {
	.name = "deny",
	.suffix = "deny.yaml",
	.summary =
		"rules that deny what was not recorded, for merlon deny: no security module is needed",
	.apply =
		"On a node: `merlon deny on --dry-run --policy @NAME@.policy.yaml @FILE@` tells of what would be denied, and the same "
		"without `--dry-run` denies it where `merlon doctor` says rung A or B, and stops most of it on C and D.",
	.emit = emit,
};
