/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "cli/profile_text.h"
#include "identity/bundle.h"
#include "identity/container.h"
#include "static/report.h"
#include "uapi/call_risk.h"

static const struct option_def options[] = {
	{ "rootfs", 'r', "DIR", "the root file system to look into", false, COMPLETE_DIR, NULL },
	{ "bundle", 'b', "DIR", "that of an OCI bundle; its command is what is swept", false,
	  COMPLETE_DIR, NULL },
	{ "container", 'c', "ID",
	  "that of a running container, by id or name; its command is what "
	  "is swept",
	  false, COMPLETE_NONE, NULL },
	{ "exe", 'x', "PATH",
	  "sweep this program; a name without a slash is looked for as a shell "
	  "would",
	  true, COMPLETE_NONE, NULL },
	{ "profile", 'p', "FILE", "compare with what was recorded, and sweep the programs that ran",
	  false, COMPLETE_FILE, NULL },
	{ "all", 'a', NULL, "list calls that were recorded too", false, COMPLETE_NONE, NULL },
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

/* --- what to look at ---------------------------------------------------------------------------- */

/* A place to sweep, and the command that starts there. */
struct target {
	struct root root;
	struct container container; /* of --bundle or --container */
};

static int find_container(const char *what, struct container *ret, struct error *err)
{
	cleanup_container_list container_list all = { 0 };
	struct cgroup_layout layout;
	int r = cgroup_layout_detect(&layout, err);

	if (!r)
		r = container_list_all(&layout, &all, err);
	if (r)
		return r;
	vec_foreach(c, &all) {
		if (!container_is_called(c, what))
			continue;
		*ret = *c;
		*c = (struct container){ 0 };
		return 0;
	}
	return error_set(err, ENOENT, "no running container is called \"%s\"", what);
}

static int open_container(struct target *t, const char *what, struct error *err)
{
	char path[64];
	int r = find_container(what, &t->container, err);

	if (r)
		return r;
	if (t->container.pid <= 0)
		return error_set(err, ENOENT, "the first process of \"%s\" is not known", what);
	snprintf(path, sizeof(path), "/proc/%d/root", t->container.pid);
	return root_open(&t->root, path, err);
}

static int open_bundle(struct target *t, const char *bundle, struct error *err)
{
	int r = bundle_read(bundle, &t->container);

	if (r)
		return error_errno(err, -r, "%s/config.json", bundle);
	if (!t->container.rootfs)
		return error_set(err, EINVAL, "%s/config.json: no root.path", bundle);
	return root_open(&t->root, t->container.rootfs, err);
}

static int target_open(struct target *t, const struct arguments *args, struct error *err)
{
	const char *rootfs = arg_value(args, "rootfs"), *bundle = arg_value(args, "bundle"),
		   *container = arg_value(args, "container");

	if (!!rootfs + !!bundle + !!container != 1)
		return error_set(err, USAGE_ERROR,
				 "give one of --rootfs, --bundle and --container");
	return rootfs ? root_open(&t->root, rootfs, err) :
	       bundle ? open_bundle(t, bundle, err) :
			open_container(t, container, err);
}

static void target_close(struct target *t)
{
	root_close(&t->root);
	container_deinit(&t->container);
}

/* A command as a shell finds it, with the path that containers usually get. */
static char *program_path(const struct root *root, const char *name)
{
	static const char *const directories[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
						   "/usr/bin",	      "/sbin",		"/bin" };

	if (strchr(name, '/'))
		return strdup(name);
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		char *path = str_format("%s/%s", directories[i], name);

		if (!path || root_has(root, path))
			return path;
		free(path);
	}
	return str_format("/%s", name);
}

/* --- sweeping ----------------------------------------------------------------------------------- */

static bool is_memory(const struct error *err)
{
	return err->code == ENOMEM;
}

static int sweep_named(struct sweep *s, const struct arguments *args, const struct root *root,
		       struct error *err)
{
	for (size_t i = 0; arg_value_at(args, "exe", i); i++) {
		cleanup_free char *path = program_path(root, arg_value_at(args, "exe", i));
		int r = path ? sweep_program(s, path, err) : error_errno(err, ENOMEM, "programs");

		if (r)
			return r;
	}
	return 0;
}

/* What a recording or a bundle names may be gone, or be none of our kind: that is told, and goes on. */
static int sweep_if_possible(struct sweep *s, const char *path, struct error *err)
{
	struct error reason = ERROR_INIT;
	int r = path ? sweep_program(s, path, &reason) : -ENOMEM;

	if (!r)
		return 0;
	if (r != -ENOMEM && !is_memory(&reason))
		r = sweep_skip(s, path, reason.text);
	return r ? error_errno(err, ENOMEM, "programs") : 0;
}

/* Who made a call, or was executed, as part of the workload itself. */
static bool is_workloads(const struct profile *p, uint32_t exe)
{
	vec_foreach(c, &p->calls) {
		if (c->layer != PROFILE_APP)
			continue;
		vec_foreach(e, &c->evidence)
			if (e->exe == exe)
				return true;
	}
	return false;
}

static int sweep_recorded(struct sweep *s, const struct profile *p, struct error *err)
{
	int r = 0;

	for (uint32_t i = 0; !r && i < p->executables.len; i++)
		if (p->executables.items[i][0] == '/' && is_workloads(p, i))
			r = sweep_if_possible(s, p->executables.items[i], err);
	return r;
}

static int compare(struct sweep *s, const struct profile *p, struct error *err)
{
	vec_foreach(c, &p->calls)
		if (c->layer == PROFILE_APP && sys_call_name(c->arch, (int)c->nr) &&
		    sweep_observe(s, c->arch, c->nr))
			return error_errno(err, ENOMEM, "calls");
	return 0;
}

static int sweep_all(struct sweep *s, const struct arguments *args, struct target *t,
		     const struct profile *p, struct error *err)
{
	int r = sweep_named(s, args, &t->root, err);

	if (!r && t->container.command.len) {
		cleanup_free char *path = program_path(&t->root, t->container.command.items[0]);

		r = sweep_if_possible(s, path, err);
	}
	if (!r && p)
		r = sweep_recorded(s, p, err);
	if (r)
		return r;
	if (!s->programs.len && s->skipped.len)
		return error_set(err, EINVAL, "%s", s->skipped.items[0].why);
	if (!s->programs.len)
		return error_set(err, USAGE_ERROR, "no program is named: give --exe or --profile");
	sweep_finish(s);
	return p ? compare(s, p, err) : 0;
}

/* --- what people read --------------------------------------------------------------------------- */

static void show_step(const struct sweep_step *step)
{
	const char *name = strrchr(step->file, '/');

	name = name ? name + 1 : step->file;
	if (step->function)
		printf("%s:%s", shown(name), shown(step->function));
	else
		printf("%s+0x%" PRIx64, shown(name), step->address);
}

/* The program's own last step on the way, then the one that makes the call. */
static void show_chain(const struct sweep_call *c)
{
	const struct sweep_step *last = &c->chain.items[c->chain.len - 1], *own = NULL;

	vec_foreach(step, &c->chain)
		if (step->file == c->chain.items[0].file)
			own = step;
	if (own && own != last) {
		show_step(own);
		printf(" -> ");
	}
	show_step(last);
}

static void show_call(const struct sweep_call *c)
{
	const char *name = sys_call_name(c->arch, (int)c->nr);
	const struct sys_risk *risk = sys_call_risk(name);
	char full[96];

	snprintf(full, sizeof(full), "%s%s%s", name, c->arch == SYS_ARCH_X86_64 ? "" : "/",
		 c->arch == SYS_ARCH_X86_64 ? "" : sys_archs[c->arch].name);
	printf("%-8s%-11s%-24s", sys_risk_level_names[risk->level], risk->name, full);
	if (c->chain.len)
		show_chain(c);
	putchar('\n');
}

static void show_calls(const struct sweep *s, bool all)
{
	printf("%-8s%-11s%-24s%s\n", "RISK", "CLASS", "CALL", "REACHED BY");
	for (int level = SYS_RISK_LEVELS - 1; level >= 0; level--)
		vec_foreach(c, &s->calls) {
			const char *name = sys_call_name(c->arch, (int)c->nr);

			if ((int)sys_call_risk(name)->level == level && (all || !c->observed))
				show_call(c);
		}
}

/* Files of a kind over all programs, each once. */
static size_t count_files(const struct sweep *s, bool modules)
{
	size_t n = 0;

	vec_foreach(entry, &s->store.entries) {
		bool used = false, needed = false;

		vec_foreach(p, &s->programs)
			vec_foreach(i, &(*p)->images)
				if (i->image == entry->image && entry->image) {
					used = true;
					needed = needed || i->reason != PROGRAM_MODULE;
				}
		n += used && needed != modules;
	}
	return n;
}

static void show_limits(const struct sweep *s)
{
	size_t modules = count_files(s, true);

	if (modules)
		printf("note: %zu of the files are guesses at what is opened at run time: by names and "
		       "directories in the programs' strings, and by rule (name services, Python, PAM)\n",
		       modules);
	vec_foreach(k, &s->skipped)
		printf("note: not swept: %s\n", shown(k->why));
	vec_foreach(p, &s->programs)
		vec_foreach(name, &(*p)->missing)
			printf("note: %s needs %s, which is not there\n", shown((*p)->path),
			       shown(*name));
	if (s->unresolved.len)
		printf("note: at %zu places the number of the call was not found; --json lists them\n",
		       s->unresolved.len);
	printf("note: programs that these may execute are not followed, nor is code made at run time; "
	       "32-bit programs are not read\n");
}

static void show(const struct sweep *s, bool all)
{
	size_t unobserved = 0, files = count_files(s, false) + count_files(s, true);

	vec_foreach(c, &s->calls)
		unobserved += !c->observed;
	printf("%zu program%s, %zu file%s: %zu system calls can be reached\n", s->programs.len,
	       s->programs.len == 1 ? "" : "s", files, files == 1 ? "" : "s", s->calls.len);
	if (s->compared) {
		printf("recorded: %u, of which the sweep found %zu; never recorded: %zu\n",
		       s->observed, s->observed - s->missed.len, unobserved);
		vec_foreach(m, &s->missed)
			printf("recorded, not found: %s\n", sys_call_name(m->arch, (int)m->nr));
	}
	putchar('\n');
	show_calls(s, all);
	putchar('\n');
	show_limits(s);
}

static int show_json(const struct sweep *s, struct error *err)
{
	cleanup_json json_t *o = report_to_json(s);

	if (!o)
		return error_errno(err, ENOMEM, "JSON");
	print_json(o);
	return EXIT_OK;
}

static int run(const struct arguments *args, struct error *err)
{
	const char *path = arg_value(args, "profile");
	cleanup_profile struct profile *p = path ? profile_load(path, err) : NULL;
	struct target t = { 0 };
	struct sweep s = { 0 };
	int r;

	if (path && !p)
		return -err->code;
	r = target_open(&t, args, err);
	if (!r)
		r = sweep_init(&s, &t.root, err);
	if (!r)
		r = sweep_all(&s, args, &t, p, err);
	if (!r && arg_flag(args, "json"))
		r = show_json(&s, err);
	else if (!r)
		show(&s, arg_flag(args, "all"));
	sweep_deinit(&s);
	target_close(&t);
	return r;
}

const struct command cmd_profile_sweep = {
	.name = "sweep",
	.summary = "find the system calls that programs can make, without running them",
	.description =
		"Reads the programs of a container and the libraries that they need, follows every "
		"function that can be called from their entry, and lists the system calls at its "
		"end, the dangerous ones first: a second opinion on a recording, which knows only "
		"what happened while it ran.\n\n"
		"Libraries that are opened at run time are guessed: files whose names are in the "
		"programs' strings, directories of modules named there, name services (libnss_*), "
		"extensions of Python, modules of PAM. A function counts as called if its address is "
		"taken in code that can be reached, or is in the data of a loaded file.\n\n"
		"With --profile, the programs that were recorded are swept too, and calls that the "
		"recording has are left out of the list: what remains can be made, yet was never "
		"seen. merlon profile export --static puts those on SCMP_ACT_LOG.\n\n"
		"No file outside of the root file system is opened, whatever links in it say. Only "
		"64-bit x86 programs are read; numbers that are computed at run time are counted, "
		"not guessed.",
	.examples = "  merlon profile sweep --bundle /run/web -p web.merlon.json\n"
		    "  merlon profile sweep --rootfs ./rootfs --exe nginx --json >web.sweep.json\n"
		    "  merlon profile export -f seccomp --static web.sweep.json web.merlon.json\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
