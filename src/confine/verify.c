/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/verify.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "confine/verify_filter.h"
#include "uapi/capability.h"

const char *const verify_result_names[] = {
	[VERIFY_OK] = "ok",	      [VERIFY_UNASKED] = "unasked", [VERIFY_NOTE] = "note",
	[VERIFY_UNKNOWN] = "unknown", [VERIFY_FINDING] = "finding",
};
static_assert(ARRAY_SIZE(verify_result_names) == VERIFY_RESULTS, "a name for each");

enum subject {
	SECCOMP,
	CAPABILITIES,
	NO_NEW_PRIVS,
	LSM_LABEL,
	USER,
	NAMESPACES,
	ROOT,
	MASKED,
	MOUNTS,
	PRIVILEGED,
	HOST_PATHS,
	PROCESSES,
	SUBJECTS
};

static const struct verify_subject subjects[] = {
	[SECCOMP] = { "seccomp", "the kernel answers calls that should be out of reach",
		      "start the container anew with the filter; a Localhost profile must be on this node, "
		      "under the kubelet's seccomp directory, and named by its path there" },
	[CAPABILITIES] = { "capabilities",
			   "whoever breaks in has rights that the workload does not need",
			   "drop ALL and add what is needed (merlon profile export -f capabilities)" },
	[NO_NEW_PRIVS] = { "no-new-privileges", "a setuid program inside gives root's rights back",
			   "allowPrivilegeEscalation: false, --security-opt no-new-privileges" },
	[LSM_LABEL] = { "label",
			"the profile of AppArmor or SELinux that was asked for does not hold",
			"load the profile on this node before the container starts, and name it exactly" },
	[USER] = { "user", "the workload has more of the host's rights than was meant",
		   "runAsUser and runAsNonRoot, or USER in the image" },
	[NAMESPACES] = { "namespaces",
			 "what belongs to the host can be seen or changed from inside",
			 "hostPID, hostIPC, hostNetwork: false; no --pid=host, --net=host, --ipc=host" },
	[ROOT] = { "root-filesystem",
		   "a dropped program stays, and the image's files can be changed",
		   "readOnlyRootFilesystem: true, --read-only" },
	[MASKED] = { "masked-paths", "files of the kernel leak, or can be written",
		     "procMount: Default; no --security-opt systempaths=unconfined" },
	[MOUNTS] = { "mounts",
		     "what was to be read only can be written, or was mounted by somebody else",
		     "start the container anew; find out who mounted it" },
	[PRIVILEGED] = { "privileged", "the container is root on this host in all but name",
			 "privileged: false; add the one capability or device that is needed" },
	[HOST_PATHS] = { "host-paths", "the host can be taken over by way of a file",
			 "mount only the directory that is needed, read only" },
	[PROCESSES] = { "processes", "somebody entered with more rights than the workload has",
			"find out who: merlon record shows what enters; docker exec --privileged does this" },
};
static_assert(ARRAY_SIZE(subjects) == SUBJECTS, "a row for each");

void verify_list_deinit(verify_list *list)
{
	vec_foreach(c, list) {
		free(c->text);
		string_list_deinit(&c->items);
	}
	vec_deinit(list);
}

enum verify_result verify_worst(const verify_list *list)
{
	enum verify_result worst = VERIFY_OK;

	vec_foreach(c, list)
		if (c->result > worst)
			worst = c->result;
	return worst;
}

/* What a check works on; failed: out of memory on the way. */
struct context {
	const struct posture *is;
	const struct expectation *asked;
	verify_list *list;
	bool failed;
};

static struct verify_check *say(struct context *c, enum subject subject, enum verify_result result,
				const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static struct verify_check *say(struct context *c, enum subject subject, enum verify_result result,
				const char *fmt, ...)
{
	struct verify_check *check = vec_add(c->list);
	va_list ap;
	int n;

	if (!check) {
		c->failed = true;
		return NULL;
	}
	check->subject = &subjects[subject];
	check->result = result;
	va_start(ap, fmt);
	n = vasprintf(&check->text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		check->text = NULL;
		c->failed = true;
	}
	return check;
}

static void add_item(struct context *c, struct verify_check *check, const char *text)
{
	if (!check || !string_list_add(&check->items, text))
		c->failed = true;
}

static void add_caps(struct context *c, struct verify_check *check, uint64_t caps)
{
	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++)
		if (caps >> cap & 1)
			add_item(c, check, sys_cap_name(cap));
}

/* --- seccomp ------------------------------------------------------------------------------------ */

/* Whether what asks was written after the process started: then the container never had it. */
static const char *stale(const struct context *c)
{
	int64_t started = process_started_ns(&c->is->process);

	return c->asked->written_ns && started && c->asked->written_ns > started ?
		       ", which was written after the container had started" :
		       "";
}

static void compare_filters(struct context *c)
{
	const struct filter_stack *stack = &c->is->filters;
	cleanup_filter_difference struct filter_difference d = { 0 };
	struct verify_check *check;
	int r = filter_difference_find(stack, &c->asked->filter, &d);

	if (r) {
		say(c, SECCOMP, VERIFY_UNKNOWN, "the filters in force make no sense: %s",
		    strerror(-r));
		return;
	}
	if (!d.looser.len && !d.stricter.len) {
		say(c, SECCOMP, VERIFY_OK, "%zu filter%s, permitting just what was asked for",
		    stack->filters.len, stack->filters.len == 1 ? "" : "s");
		return;
	}
	if (d.looser.len) {
		check = say(c, SECCOMP, VERIFY_FINDING,
			    "the filter in force permits %zu calls more than %s%s", d.looser.len,
			    c->asked->source, stale(c));
		vec_foreach(name, &d.looser)
			add_item(c, check, *name);
	}
	if (d.stricter.len) {
		check = say(c, SECCOMP, c->asked->is_need ? VERIFY_FINDING : VERIFY_NOTE,
			    "the filter in force denies %zu calls that %s permits%s",
			    d.stricter.len, c->asked->source, stale(c));
		vec_foreach(name, &d.stricter)
			add_item(c, check, *name);
	}
}

static void check_seccomp(struct context *c)
{
	bool filtered = c->is->process.seccomp_mode == 2;

	if (c->asked->filtered != ASKED_YES)
		say(c, SECCOMP, filtered ? VERIFY_NOTE : VERIFY_UNASKED, "%s",
		    filtered ? "a filter is in force that was not asked for" :
			       "no filter is in force, and none was asked for");
	else if (!filtered)
		say(c, SECCOMP, VERIFY_FINDING, "no filter is in force; %s asks for one%s",
		    c->asked->source, stale(c));
	else if (c->asked->filter_unknown)
		say(c, SECCOMP, VERIFY_OK, "%u filters are in force; which was left to the runtime",
		    c->is->process.filter_count);
	else if (!c->is->filters_known)
		say(c, SECCOMP, VERIFY_UNKNOWN, "a filter is in force, but cannot be read: %s",
		    c->is->filters_error.text);
	else
		compare_filters(c);
}

/* --- rights ------------------------------------------------------------------------------------- */

static void check_capabilities(struct context *c)
{
	const struct process_status *p = &c->is->process;
	uint64_t all = p->caps_bounding | p->caps_effective | p->caps_permitted | p->caps_ambient;
	uint64_t more = all & ~(c->asked->caps | c->asked->caps_held);
	uint64_t held = p->caps_permitted & ~c->asked->caps_held;
	struct verify_check *check;

	if (!c->asked->caps_known) {
		say(c, CAPABILITIES, VERIFY_UNASKED, "%d in the bounding set",
		    __builtin_popcountll(p->caps_bounding));
	} else if (more) {
		check = say(c, CAPABILITIES, VERIFY_FINDING, "%d more than %s asks for",
			    __builtin_popcountll(more), c->asked->source);
		add_caps(c, check, more);
	} else if (held) {
		check = say(c, CAPABILITIES, VERIFY_FINDING,
			    "%d held that were only to be reachable", __builtin_popcountll(held));
		add_caps(c, check, held);
	} else {
		say(c, CAPABILITIES, VERIFY_OK, "%d reachable, %d held; no more than asked for",
		    __builtin_popcountll(p->caps_bounding),
		    __builtin_popcountll(p->caps_permitted));
	}
}

static void check_no_new_privs(struct context *c)
{
	bool is = c->is->process.no_new_privileges;

	if (c->asked->no_new_privileges == ASKED_YES)
		say(c, NO_NEW_PRIVS, is ? VERIFY_OK : VERIFY_FINDING, "%s",
		    is ? "set" : "asked for, not set");
	else
		say(c, NO_NEW_PRIVS, is ? VERIFY_NOTE : VERIFY_UNASKED, "%s",
		    is ? "set, though nobody asked for it" : "not set, and not asked for");
}

static void check_label(struct context *c)
{
	const struct posture *is = c->is;
	const char *asked = c->asked->apparmor && *c->asked->apparmor ? c->asked->apparmor :
			    c->asked->selinux && *c->asked->selinux   ? c->asked->selinux :
									NULL;
	bool unconfined = asked && str_eq(asked, "unconfined");
	bool labelled = is->label && !str_eq(is->label, "unconfined");

	if (c->asked->label_wanted)
		say(c, LSM_LABEL, labelled ? VERIFY_OK : VERIFY_FINDING, "%s",
		    labelled ? is->label :
			       "the runtime's own profile was asked for, and none is in force");
	else if (!asked || unconfined)
		say(c, LSM_LABEL, labelled ? VERIFY_NOTE : VERIFY_UNASKED, "%s%s",
		    is->label ? is->label : "no security module labels processes here",
		    unconfined ? "; unconfined was asked for" : "");
	else if (!is->label)
		say(c, LSM_LABEL, VERIFY_FINDING,
		    "\"%s\" was asked for; no security module of this kernel labels processes",
		    asked);
	else if (!str_eq(is->label, asked))
		say(c, LSM_LABEL, VERIFY_FINDING, "\"%s\" is in force, \"%s\" was asked for",
		    is->label, asked);
	else if (!is->label_enforced)
		say(c, LSM_LABEL, VERIFY_FINDING, "\"%s\" only complains, it does not enforce",
		    asked);
	else
		say(c, LSM_LABEL, VERIFY_OK, "%s", is->label);
}

static void check_user(struct context *c)
{
	const struct process_status *p = &c->is->process;
	uint32_t outside = c->asked->uid;

	if (c->asked->not_root && p->uid == 0) {
		say(c, USER, VERIFY_FINDING, "uid 0; anybody but root was asked for");
		return;
	}
	if (!c->asked->user_known) {
		say(c, USER, c->asked->not_root ? VERIFY_OK : VERIFY_UNASKED, "uid %u, gid %u",
		    p->uid, p->gid);
		return;
	}
	if (!process_uid_outside(p->pid, c->asked->uid, &outside))
		say(c, USER, VERIFY_UNKNOWN, "uid %u in its user namespace is nobody outside",
		    c->asked->uid);
	else if (p->uid == outside)
		say(c, USER, VERIFY_OK, "uid %u, as asked for", p->uid);
	else if (p->uid == 0)
		say(c, USER, VERIFY_FINDING, "uid 0; uid %u was asked for", c->asked->uid);
	else
		say(c, USER, VERIFY_NOTE, "uid %u; it was started as uid %u", p->uid, outside);
}

/* --- surroundings ------------------------------------------------------------------------------- */

static void check_namespaces(struct context *c)
{
	struct verify_check *check = NULL;
	cleanup_buf struct buf host = BUF_INIT;

	for (int i = 0; i < POSTURE_NAMESPACES; i++) {
		if (!c->is->host[i])
			continue;
		buf_addf(&host, "%s%s", host.len ? ", " : "", posture_namespace_names[i]);
		if (c->asked->own[i] != ASKED_YES)
			continue;
		if (!check)
			check = say(c, NAMESPACES, VERIFY_FINDING,
				    "asked for as its own, and shared with the host");
		add_item(c, check, posture_namespace_names[i]);
	}
	if (!check)
		say(c, NAMESPACES,
		    c->asked->own[POSTURE_MNT] == ASKED_NOTHING ? VERIFY_UNASKED : VERIFY_OK,
		    "shared with the host: %s", host.len ? host.data : "none");
}

static void check_root(struct context *c)
{
	const struct posture_mount *root = posture_mount_at(c->is, "/");
	bool read_only = root && root->read_only;

	if (c->asked->read_only_root == ASKED_YES)
		say(c, ROOT, read_only ? VERIFY_OK : VERIFY_FINDING, "%s",
		    read_only ? "read only" : "asked for as read only, and can be written");
	else
		say(c, ROOT, read_only ? VERIFY_NOTE : VERIFY_UNASKED, "%s",
		    read_only ? "read only, though nobody asked for it" : "can be written");
}

/* A masked path is something else mounted over it; a read-only one a read-only mount of itself. */
static void check_masked(struct context *c)
{
	struct verify_check *check = NULL;
	const string_list *lists[] = { &c->asked->masked, &c->asked->read_only };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		vec_foreach(path, lists[i]) {
			const struct posture_mount *m = posture_mount_at(c->is, *path);

			if (m && (i == 0 || m->read_only))
				continue;
			if (!posture_has_path(c->is, *path))
				continue;
			if (!check)
				check = say(c, MASKED, VERIFY_FINDING,
					    "not masked, or not read only");
			add_item(c, check, *path);
		}
	}
	if (!check)
		say(c, MASKED, c->asked->masked.len ? VERIFY_OK : VERIFY_UNASKED,
		    "%zu masked, %zu read only", c->asked->masked.len, c->asked->read_only.len);
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (path[n] == '/' || !path[n]);
}

/* What runtimes mount on their own account: devices, and what they mask. */
static bool is_runtimes_own(const char *point)
{
	static const char *const dirs[] = { "/proc", "/sys", "/dev" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (is_below(point, dirs[i]))
			return true;
	return str_eq(point, "/");
}

static bool was_asked_for(const struct expectation *asked, const char *point)
{
	vec_foreach(m, &asked->mounts)
		if (str_eq(m->point, point) || (m->recursive && is_below(point, m->point)))
			return true;
	return string_list_has(&asked->masked, point) || string_list_has(&asked->read_only, point);
}

/*
 * Whether what is mounted somewhere can be written. Version 1 of the control groups is a tmpfs that
 * holds a mount for each hierarchy: those are what was asked for.
 */
static bool is_writable(const struct posture *is, const struct expectation_mount *asked)
{
	const struct posture_mount *top = posture_mount_at(is, asked->point);

	if (!top || top->read_only)
		return false;
	if (!asked->cgroup || !str_eq(top->type, "tmpfs"))
		return true;
	vec_foreach(m, &is->mounts)
		if (m != top && is_below(m->point, asked->point) && !m->read_only)
			return true;
	return false;
}

static void check_mounts(struct context *c)
{
	struct verify_check *check = NULL;

	if (!c->asked->mounts_known) {
		say(c, MOUNTS, VERIFY_UNASKED, "%zu", c->is->mounts.len);
		return;
	}
	vec_foreach(m, &c->asked->mounts) {
		if (!m->read_only || !is_writable(c->is, m))
			continue;
		check = say(c, MOUNTS, VERIFY_FINDING,
			    "asked for as read only, and can be written");
		add_item(c, check, m->point);
	}
	vec_foreach(m, &c->is->mounts) {
		if (is_runtimes_own(m->point) || was_asked_for(c->asked, m->point))
			continue;
		check = say(c, MOUNTS, VERIFY_FINDING, "mounted, and nobody asked for it");
		add_item(c, check, m->point);
	}
	if (!check)
		say(c, MOUNTS, VERIFY_OK, "%zu, as asked for", c->is->mounts.len);
}

/* --- whatever was asked for --------------------------------------------------------------------- */

static void check_privileged(struct context *c)
{
	const struct posture *is = c->is;
	uint64_t all = (2ULL << sys_cap_last()) - 1;
	bool confined = is->process.seccomp_mode == 2 ||
			(is->label && !str_eq(is->label, "unconfined"));

	if ((is->process.caps_bounding & all) == all && !confined && is->host[POSTURE_USER])
		say(c, PRIVILEGED, VERIFY_FINDING,
		    "every capability, no seccomp filter, no security module");
}

/* Sockets of engines, and the host's own root: each is enough to leave the container. */
static void check_host_paths(struct context *c)
{
	static const char *const sockets[] = { "docker.sock", "containerd.sock", "crio.sock",
					       "podman.sock" };
	cleanup_posture struct posture host = { .process = { .pid = 1 } };
	const struct posture_mount *root;
	struct verify_check *check;

	if (posture_read_mounts(&host, NULL)) { /* not ours to look at: then what we see */
		host.process.pid = getpid();
		posture_read_mounts(&host, NULL);
	}
	root = posture_mount_at(&host, "/");
	vec_foreach(m, &c->is->mounts) {
		const char *name = strrchr(m->root, '/');

		for (size_t i = 0; name && i < ARRAY_SIZE(sockets); i++) {
			if (!str_eq(name + 1, sockets[i]))
				continue;
			check = say(c, HOST_PATHS, VERIFY_FINDING,
				    "the socket of a container engine");
			add_item(c, check, m->point);
		}
		if (root && !str_eq(m->point, "/") && str_eq(m->device, root->device) &&
		    str_eq(m->root, root->root)) {
			check = say(c, HOST_PATHS, VERIFY_FINDING, "the host's root file system%s",
				    m->read_only ? ", read only" : "");
			add_item(c, check, m->point);
		}
	}
}

/* Processes beside the first: held to the same, by what /proc tells. */
static void check_processes(struct context *c, const pid_t *others, size_t count)
{
	const struct process_status *first = &c->is->process;
	struct verify_check *check = NULL;

	for (size_t i = 0; i < count; i++) {
		cleanup_buf struct buf text = BUF_INIT;
		struct process_status p;
		uint64_t more;

		if (others[i] == first->pid || process_read(others[i], &p))
			continue; /* gone meanwhile */
		more = p.caps_bounding & ~first->caps_bounding;
		if (p.seccomp_mode < first->seccomp_mode)
			buf_add_str(&text, " no seccomp filter;");
		else if (p.filter_count < first->filter_count)
			buf_addf(&text, " %u filters instead of %u;", p.filter_count,
				 first->filter_count);
		if (more)
			buf_addf(&text, " %d more capabilities;", __builtin_popcountll(more));
		if (first->no_new_privileges && !p.no_new_privileges)
			buf_add_str(&text, " no no_new_privs;");
		if (!text.len)
			continue;
		if (!check)
			check = say(c, PROCESSES, VERIFY_FINDING,
				    "less confined than the first process");
		text.data[text.len - 1] = '\0';
		if (!check || !string_list_addf(&check->items, "pid %d:%s", p.pid, text.data))
			c->failed = true;
	}
	if (!check)
		say(c, PROCESSES, VERIFY_OK, "%zu, none less confined than the first", count);
}

int verify_all(const struct posture *posture, const struct expectation *asked, const pid_t *others,
	       size_t other_count, verify_list *ret)
{
	static void (*const checks[])(struct context *) = {
		check_seccomp, check_capabilities, check_no_new_privs, check_label,
		check_user,    check_namespaces,   check_root,	       check_masked,
		check_mounts,  check_privileged,   check_host_paths,
	};
	struct context c = { .is = posture, .asked = asked, .list = ret };

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		checks[i](&c);
	check_processes(&c, others, other_count);
	return c.failed ? -ENOMEM : 0;
}
