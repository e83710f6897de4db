/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/policy_options.h"
#include "cli/profile_text.h"
#include "confine/manifest.h"
#include "confine/verify.h"
#include "identity/container.h"

enum { ITEMS_SHOWN = 12, PROCESSES_MAX = 65536 };

static const struct option_def options[] = {
	{ "all", 'a', NULL, "every running container", false, COMPLETE_NONE, NULL },
	{ "pid", 'p', "PID", "this process; give --bundle or --profile with it", false,
	  COMPLETE_NONE, NULL },
	{ "profile", 0, "FILE", "compare filter and capabilities with this profile", false,
	  COMPLETE_FILE, NULL },
	{ "bundle", 0, "DIR", "compare with config.json there, not with the container's own", false,
	  COMPLETE_DIR, NULL },
	{ "manifest", 0, "FILE",
	  "compare with what this Kubernetes manifest asks for (a pod, or what has a template of one)",
	  false, COMPLETE_FILE, NULL },
	{ "in-pod", 0, "NAME",
	  "the container's name in the manifest (default: its own, or the only one)", false,
	  COMPLETE_NONE, NULL },
	{ "seccomp-root", 0, "DIR",
	  "where the kubelet has Localhost profiles (default: " MANIFEST_SECCOMP_ROOT ")", false,
	  COMPLETE_DIR, NULL },
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
	POLICY_OPTION_ROWS,
};

/* --- who ---------------------------------------------------------------------------------------- */

typedef VEC(pid_t) pid_list;

static int add_pid(pid_t pid, void *arg)
{
	pid_list *pids = arg;
	pid_t *slot = pids->len < PROCESSES_MAX ? vec_add(pids) : NULL;

	if (slot)
		*slot = pid;
	return 0;
}

struct add_group {
	const struct cgroup_layout *layout;
	pid_list *pids;
};

static int add_group_pids(const char *path, void *arg)
{
	struct add_group *to = arg;

	cgroup_each_process(to->layout, path, add_pid,
			    to->pids); /* the group may be gone meanwhile */
	return 0;
}

/* --- what was asked ----------------------------------------------------------------------------- */

static int ask_profile(const struct arguments *args, struct expectation *asked, struct error *err)
{
	const char *path = arg_value(args, "profile");
	cleanup_profile struct profile *p = NULL;
	cleanup_policy struct policy policy = { 0 };
	cleanup_free const char **allow = NULL;
	struct backend_options o;
	int r = policy_options_read(args, &o, &allow, err);

	if (r)
		return r;
	p = profile_load(path, err);
	if (!p)
		return -err->code;
	r = policy_build(&policy, p, &o.policy, err);
	return r ? r :
		   expectation_from_policy(asked, path, &policy, o.default_errno,
					   policy_capabilities(p, &o.policy), err);
}

/* A container's name in its pod, if it is in one; its own says nothing about a manifest otherwise. */
static int ask_manifest(const struct arguments *args, const struct container *c,
			struct expectation *asked, struct error *err)
{
	const char *name = arg_value(args, "in-pod"), *root = arg_value(args, "seccomp-root");

	if (!name && c && c->pod_name)
		name = c->name;
	return manifest_read(asked, arg_value(args, "manifest"), name,
			     root ? root : MANIFEST_SECCOMP_ROOT, err);
}

static int ask(const struct arguments *args, const struct container *c, struct expectation *asked,
	       struct error *err)
{
	const char *bundle = arg_value(args, "bundle");

	if (arg_value(args, "profile"))
		return ask_profile(args, asked, err);
	if (arg_value(args, "manifest"))
		return ask_manifest(args, c, asked, err);
	if (!bundle)
		bundle = c ? c->bundle : NULL;
	if (!bundle)
		return error_set(err, ENOENT,
				 "nobody knows what was asked for: no bundle is known; give "
				 "--profile, --bundle or --manifest");
	return expectation_from_bundle(asked, bundle, err);
}

/* --- telling ------------------------------------------------------------------------------------ */

static json_t *check_json(const struct verify_check *check)
{
	json_t *o = json_object(), *items = json_array();

	json_object_set_new(o, "subject", json_string(check->subject->id));
	json_object_set_new(o, "result", json_string(verify_result_names[check->result]));
	json_set_string(o, "text", check->text);
	vec_foreach(item, &check->items)
		json_array_append_new(items, json_string(*item));
	json_object_set_new(o, "items", items);
	if (check->result == VERIFY_FINDING) {
		json_set_string(o, "cost", check->subject->cost);
		json_set_string(o, "fix", check->subject->fix);
	}
	return o;
}

static void print_items(const struct verify_check *check)
{
	size_t shown_now = check->items.len < ITEMS_SHOWN ? check->items.len : ITEMS_SHOWN;

	if (!check->items.len)
		return;
	printf("%12s", "");
	for (size_t i = 0; i < shown_now; i++)
		printf(" %s%s", shown(check->items.items[i]), i + 1 < shown_now ? "," : "");
	if (shown_now < check->items.len)
		printf(" and %zu more (--json has all)", check->items.len - shown_now);
	putchar('\n');
}

static void print_check(const struct verify_check *check)
{
	printf("  %-8s %-18s %s\n", verify_result_names[check->result], check->subject->id,
	       shown(check->text));
	print_items(check);
	if (check->result != VERIFY_FINDING)
		return;
	printf("%12s costs: %s\n", "", check->subject->cost);
	printf("%12s to mend: %s\n", "", check->subject->fix);
}

/* --- running ------------------------------------------------------------------------------------ */

struct subject {
	const struct container *container; /* or NULL: a process */
	pid_t pid;
	pid_list others;
};

/* Appends to report, or prints if that is NULL. Positive: enum exit_code. */
static int verify(const struct arguments *args, const struct subject *s, json_t *report,
		  struct error *err)
{
	cleanup_expectation struct expectation asked = { 0 };
	cleanup_posture struct posture is = { 0 };
	cleanup_verify_list verify_list checks = { 0 };
	const char *name = s->container ?
				   s->container->name ? s->container->name : s->container->id :
				   NULL;
	int r = ask(args, s->container, &asked, err);

	if (!r)
		r = posture_read(s->pid, &is, err);
	if (!r)
		r = verify_all(&is, &asked, s->others.items, s->others.len, &checks);
	if (r)
		return r;
	if (report) {
		json_t *o = json_object(), *list = json_array();

		json_set_string(o, "container", s->container ? s->container->id : NULL);
		json_set_string(o, "name", name);
		json_object_set_new(o, "pid", json_integer(s->pid));
		json_set_string(o, "asked", asked.source);
		json_object_set_new(o, "result",
				    json_string(verify_result_names[verify_worst(&checks)]));
		vec_foreach(check, &checks)
			json_array_append_new(list, check_json(check));
		json_object_set_new(o, "checks", list);
		json_array_append_new(report, o);
	} else {
		printf("%s%spid %d, against %s\n", name ? shown(name) : "", name ? ", " : "",
		       s->pid, shown(asked.source));
		vec_foreach(check, &checks)
			print_check(check);
	}
	return verify_worst(&checks) >= VERIFY_UNKNOWN ? EXIT_NEGATIVE : EXIT_OK;
}

static int verify_container(const struct arguments *args, const struct cgroup_layout *layout,
			    const struct container *c, json_t *report, struct error *err)
{
	struct subject s = { .container = c, .pid = c->pid };
	struct add_group to = { layout, &s.others };
	int r;

	cgroup_each_below(layout, c->cgroup, add_group_pids, &to);
	if (!s.pid && s.others.len)
		s.pid = s.others.items[0];
	r = s.pid ? verify(args, &s, report, err) : error_set(err, ESRCH, "no process is left");
	vec_deinit(&s.others);
	return r < 0 ? error_prefix(err, "%s", c->name ? c->name : c->id) : r;
}

/* The container that is called so; NULL with *err if there is none. */
static const struct container *called(const container_list *all, const char *what,
				      struct error *err)
{
	vec_foreach(c, all)
		if (container_is_called(c, what))
			return c;
	error_set(err, ENOENT,
		  "no running container is called \"%s\" (merlon containers lists them)", what);
	return NULL;
}

static int verify_containers(const struct arguments *args, json_t *report, struct error *err)
{
	cleanup_container_list container_list all = { 0 };
	struct cgroup_layout layout;
	size_t n;
	char **names = arg_operands(args, &n);
	int r = cgroup_layout_detect(&layout, err), worst = EXIT_OK;

	if (!r)
		r = container_list_all(&layout, &all, err);
	for (size_t i = 0; !arg_flag(args, "all") && names[i] && r >= 0; i++) {
		const struct container *c = called(&all, names[i], err);

		r = c ? verify_container(args, &layout, c, report, err) : -err->code;
		worst = r > worst ? r : worst;
	}
	for (size_t i = 0; arg_flag(args, "all") && i < all.len && r >= 0; i++) {
		r = verify_container(args, &layout, &all.items[i], report, err);
		if (r == -ESRCH ||
		    r == -ENOENT) { /* it ended meanwhile, or has no bundle: said, not fatal */
			fprintf(stderr, "merlon confine verify: %s\n", shown(err->text));
			r = EXIT_NEGATIVE;
		}
		worst = r > worst ? r : worst;
	}
	return r < 0 ? r : worst;
}

static int run(const struct arguments *args, struct error *err)
{
	const char *pid = arg_value(args, "pid");
	cleanup_json json_t *report = arg_flag(args, "json") ? json_array() : NULL;
	uint64_t number = 0;
	size_t n;
	int r;

	arg_operands(args, &n);
	if ((n > 0) + (pid != NULL) + arg_flag(args, "all") != 1)
		return error_set(err, USAGE_ERROR, "name containers, or give --all or --pid");
	if (pid && (!str_to_u64(pid, &number) || !number || number > INT32_MAX))
		return error_set(err, USAGE_ERROR, "--pid must be the number of a process");
	if (pid) {
		struct subject s = { .pid = (pid_t)number };

		r = verify(args, &s, report, err);
	} else {
		r = verify_containers(args, report, err);
	}
	if (r >= 0 && report) {
		json_dumpf(report, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	return r;
}

const struct command cmd_confine_verify = {
	.name = "verify",
	.summary = "compare what is in force on a running container with what was asked for",
	.operands = "[CONTAINER]...",
	.description =
		"Reads back from the kernel what confines a running container: its seccomp filters (the "
		"programs themselves, by PTRACE_SECCOMP_GET_FILTER), capabilities, no_new_privs, the "
		"label of AppArmor or SELinux, user, namespaces, mounts and masked paths; and compares "
		"it with what was asked for: config.json of its bundle, a profile, or a Kubernetes "
		"manifest, which is where a Localhost profile that was silently not applied shows.\n\n"
		"Filters are compared by what they answer: every call of every table, with arguments "
		"around each value that is compared. Every other process of the container is held to "
		"the first one.\n\n"
		"The first process is stopped for the moment that reading its filters takes. That needs "
		"CAP_SYS_ADMIN and a Merlon that is itself under no seccomp filter.\n\n"
		"Exit code 1: something is weaker than was asked for, or could not be read.",
	.examples = "  merlon confine verify web\n"
		    "  merlon confine verify --profile web.merlon.json web\n"
		    "  merlon confine verify --all --json\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
