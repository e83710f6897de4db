/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/deny.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "sensor/deny_abi.h"
#include "sensor/deny_cgroup.h"
#include "sensor/deny_dir.h"
#include "sensor/deny_running.h"
#include "sensor/deny_skel.h"
#include "sensor/load.h"
#include "sensor/probe.h"
#include "sensor/stop.h"

enum { LINKS_MAX = 96, PROGRAMS_MAX = 32768 };

struct sensor_deny {
	struct deny_bpf *skel;
	struct sensor_deny_options o;
	enum sensor_deny_form forms[ABI_DENY_HOOKS];
	uint64_t missing;
	uint32_t functions[ABI_DENY_HOOKS]; /* in the kernel's BTF */
	int filters[ABI_DENY_HOOKS];	    /* -1: none */
	struct bpf_link *links[LINKS_MAX];
	size_t link_count;
	uint32_t exchanged; /* bit by row of kept_maps[]: that of another version is left behind */
	int root;	    /* of control groups; -1: nothing is attached there */
};

/* Decision points at one function follow each other. */
const char *const sensor_deny_hooks[ABI_DENY_HOOKS] = {
	[ABI_DENY_OPEN] = "file_open",
	[ABI_DENY_EXEC] = "bprm_check_security",
	[ABI_DENY_UNLINK] = "path_unlink",
	[ABI_DENY_RENAME] = "path_rename",
	[ABI_DENY_MKNOD] = "path_mknod",
	[ABI_DENY_CHMOD] = "path_chmod",
	[ABI_DENY_CHROOT] = "path_chroot",
	[ABI_DENY_MOUNT] = "sb_mount",
	[ABI_DENY_MOVE_MOUNT] = "move_mount",
	[ABI_DENY_PIVOT_ROOT] = "sb_pivotroot",
	[ABI_DENY_CONNECT] = "socket_connect",
	[ABI_DENY_CONNECT_UNIX] = "unix_stream_connect",
	[ABI_DENY_PTRACE] = "ptrace_access_check",
	[ABI_DENY_KILL] = "task_kill",
	[ABI_DENY_BPF] = "bpf",
	[ABI_DENY_PERF] = "perf_event_open",
	[ABI_DENY_MODULE_FILE] = "kernel_read_file",
	[ABI_DENY_MODULE_DATA] = "kernel_load_data",
	[ABI_DENY_USERNS] = "userns_create",
	[ABI_DENY_USERFAULT] = "inode_init_security_anon",
	[ABI_DENY_LINK] = "path_link",
	[ABI_DENY_SYMLINK] = "path_symlink",
	[ABI_DENY_MKDIR] = "path_mkdir",
	[ABI_DENY_RMDIR] = "path_rmdir",
	[ABI_DENY_TRUNCATE] = "path_truncate",
	[ABI_DENY_MMAP] = "mmap_file",
	[ABI_DENY_MPROTECT] = "file_mprotect",
	[ABI_DENY_SETNS] = "capable",
	[ABI_DENY_BY_HANDLE] = "capable",
	[ABI_DENY_FSMOUNT] = "capable",
	[ABI_DENY_CAPABILITY] = "capable",
	[ABI_DENY_CONNECT4] = "connect4",
	[ABI_DENY_CONNECT6] = "connect6",
	[ABI_DENY_SENDMSG4] = "sendmsg4",
	[ABI_DENY_SENDMSG6] = "sendmsg6",
	[ABI_DENY_BIND4] = "bind4",
	[ABI_DENY_BIND6] = "bind6",
	[ABI_DENY_SYSCTL] = "sysctl",
	[ABI_DENY_DEVICE_MAKE] = "device",
	[ABI_DENY_URING] = "file_alloc_security",
	[ABI_DENY_CHOWN] = "path_chown",
	[ABI_DENY_UMOUNT] = "sb_umount",
};

static const char *served_by(const struct sensor_deny *d, unsigned hook)
{
	return sensor_deny_served_by(hook, d->forms[hook]);
}

/* Whether the points are served by the same programs. */
static bool is_lead_of(const struct sensor_deny *d, unsigned lead, unsigned hook)
{
	return d->forms[lead] == d->forms[hook] && sensor_deny_lead(hook, d->forms[hook]) == lead;
}

/*
 * Maps that outlive a set, the names that they are pinned by, and the first ABI_DENY_VERSION that has them as they are. What
 * one of an older version knows is carried over if it has to be known without a gap.
 */
static const struct {
	const char *map, *pin;
	uint32_t since;
	bool carried;
} kept_maps[] = {
	{ "deny_places", "places", 0, true },  { "deny_outsiders", "outsiders", 0, true },
	{ "deny_state", "state", 0, false },   { "deny_counts", "counts", 0, false },
	{ "events", "events", 4, false },      { "programs", "programs", 4, false },
	{ "deny_begun", "begun", 0, false },   { "deny_guarded", "guarded", 0, false },
	{ "deny_strays", "strays", 4, false }, { "deny_strayed", "strayed", 4, false },
	{ "deny_kept", "kept", 4, false }, /* of struct abi_kept: its size is not to be seen */
};

/* Maps that belong to a set, and their names in its directory. */
static const struct {
	const char *map, *pin;
} set_maps[] = {
	{ "deny_members", "members" },
	{ "deny_classes", "classes" },
	{ "deny_rule_counts", "rule_counts" },
};

/* Programs of a function: the first is attached. */
enum program_kind { PROGRAM_ASK, PROGRAM_VERDICT, PROGRAM_LEAVE, PROGRAM_KINDS };
static const char *const program_kinds[PROGRAM_KINDS] = { "deny", "verdict", "leave" };

/* --- loading ---------------------------------------------------------------------------------------- */

static struct bpf_program *program_of(const struct sensor_deny *d, enum abi_deny_hook hook,
				      enum program_kind kind)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_%s_%s", program_kinds[kind],
		 deny_form_words[d->forms[hook]], served_by(d, hook));
	return bpf_object__find_program_by_name(d->skel->obj, name);
}

static struct bpf_map *calls_of(const struct sensor_deny *d, enum abi_deny_hook hook)
{
	char name[64];

	snprintf(name, sizeof(name), "deny_calls_%s", served_by(d, hook));
	return bpf_object__find_map_by_name(d->skel->obj, name);
}

static bool has_hook(const struct sensor_deny *d, unsigned hook)
{
	return d->o.hooks >> hook & 1;
}

/* Of the hooks that are asked for those that this form serves. */
static uint64_t serves_by(const struct sensor_deny *d, enum sensor_deny_form form)
{
	uint64_t ret = 0;

	for (unsigned hook = 0; hook < ABI_DENY_HOOKS; hook++)
		if (d->forms[hook] == form)
			ret |= d->o.hooks & 1ULL << hook;
	return ret;
}

static bool is_place_program(const struct bpf_program *p)
{
	return str_starts(bpf_program__name(p), "place_");
}

/* Of each hook that is asked for the programs of its form. */
static void select_programs(struct sensor_deny *d)
{
	bool fentry = probe_has(PROBE_FENTRY);
	struct bpf_program *p;

	bpf_object__for_each_program(p, d->skel->obj)
	{
		bpf_program__set_autoload(p, is_place_program(p));
		bpf_program__set_autoattach(p, false);
	}
	/* Where functions can't be attached to, a move is told when it has been done. */
	bpf_program__set_autoload(d->skel->progs.place_attach, fentry);
	bpf_program__set_autoload(d->skel->progs.place_moved, !fentry);
	bpf_program__set_autoload(d->skel->progs.running_learn, true);
	for (unsigned hook = 0; hook < ABI_DENY_HOOKS; hook++)
		for (unsigned kind = 0; has_hook(d, hook) && kind < PROGRAM_KINDS; kind++)
			bpf_program__set_autoload(program_of(d, hook, kind), true);
}

/* Those that are pinned are used, but for one that is of another version: ours takes its place when the set begins. */
static void select_kept(struct sensor_deny *d)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(kept_maps); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(d->skel->obj, kept_maps[i].map);
		cleanup_fd int pinned = deny_open_pin(kept_maps[i].pin);

		deny_pin_path(path, SENSOR_DENY_DIR, kept_maps[i].pin);
		if (pinned < 0 || sensor_deny_abi_fits(map, pinned, kept_maps[i].since))
			bpf_map__set_pin_path(map, path);
		else
			d->exchanged |= 1U << i;
	}
}

static void select_maps(struct sensor_deny *d)
{
	int cpus = libbpf_num_possible_cpus();
	struct bpf_map *m;

	/* Of the guard's: nothing here uses them. */
	bpf_map__set_autocreate(d->skel->maps.groups, false);
	bpf_map__set_autocreate(d->skel->maps.budgets, false);
	bpf_map__set_autocreate(d->skel->maps.dropped, false);
	bpf_object__for_each_map(m, d->skel->obj) if (str_starts(bpf_map__name(m), "deny_calls_"))
		bpf_map__set_autocreate(m, false);
	for (unsigned hook = 0; hook < ABI_DENY_HOOKS; hook++)
		if (has_hook(d, hook))
			bpf_map__set_autocreate(calls_of(d, hook), true);
	bpf_map__set_autocreate(d->skel->maps.stop_calls, sensor_deny_stops(d) != 0);
	bpf_map__set_max_entries(d->skel->maps.rooms, ABI_DENY_ROOMS);
	bpf_map__set_max_entries(d->skel->maps.scratches, ABI_DENY_ROOMS + 2);
	bpf_map__set_max_entries(d->skel->maps.programs, PROGRAMS_MAX);
	bpf_map__set_max_entries(d->skel->maps.room_claims,
				 (cpus > 0 ? (__u32)cpus : 1024) * ABI_DENY_ROOMS * 2);
	bpf_map__set_value_size(d->skel->maps.deny_scratch, d->o.scratch_size);
	bpf_map__set_max_entries(d->skel->maps.events, DENY_RING_SIZE);
	bpf_map__set_max_entries(d->skel->maps.deny_begun, DENY_BEGUN_SIZE);
	select_kept(d);
}

/* What programs of the form are attached to, in the kernel's types; 0: it is not there. */
static uint32_t find_function(const struct btf *btf, const char *name, enum sensor_deny_form form)
{
	static const struct {
		const char *prefix;
		uint32_t kind;
	} names[DENY_FORMS] = {
		[DENY_FORM_LSM] = { "bpf_lsm_", BTF_KIND_FUNC },
		[DENY_FORM_MODIFY] = { "security_", BTF_KIND_FUNC },
		[DENY_FORM_STOP] = { "btf_trace_", BTF_KIND_TYPEDEF },
	};
	/* Functions whose hooks have another name than they. */
	static const struct {
		const char *hook, *function;
	} other_names[] = {
		{ "bprm_check_security", "bprm_check" },
		{ "file_alloc_security", "file_alloc" },
	};
	char full[64];
	int id;

	for (size_t i = 0; form == DENY_FORM_MODIFY && i < ARRAY_SIZE(other_names); i++)
		if (str_eq(name, other_names[i].hook))
			name = other_names[i].function;
	snprintf(full, sizeof(full), "%s%s", names[form].prefix, name);
	id = btf__find_by_name_kind(btf, full, names[form].kind);
	return id > 0 ? (uint32_t)id : 0;
}

/* Owners are structures by value, which programs at functions can have since Linux 6.1 (720e6a435194); that has the other function too. */
static bool is_too_new(const struct btf *btf, unsigned hook)
{
	return hook == ABI_DENY_CHOWN &&
	       btf__find_by_name_kind(btf, "security_create_user_ns", BTF_KIND_FUNC) <= 0;
}

/*
 * Which form serves each point. Reading the kernel's types takes a while: once for all. Points that this kernel does not have
 * are left out.
 */
static int find_functions(struct sensor_deny *d, struct error *err)
{
	struct btf *btf = btf__load_vmlinux_btf();
	uint64_t covered;

	if (!btf)
		return error_errno(err, errno, "cannot read the kernel's BTF");
	/* Both came with Linux 5.12: this, and that threads of io_uring are those of who made it. */
	covered = sensor_deny_covered(
		d->o.forms, btf__find_by_name_kind(btf, "security_inode_init_security_anon",
						   BTF_KIND_FUNC) > 0);
	for (unsigned hook = 0; hook < ABI_DENY_HOOKS; hook++) {
		d->forms[hook] = sensor_deny_form_of(hook, d->o.forms);
		if (d->forms[hook] && d->forms[hook] != DENY_FORM_CGROUP)
			d->functions[hook] = find_function(btf, served_by(d, hook), d->forms[hook]);
		if (d->forms[hook] != DENY_FORM_STOP && is_too_new(btf, hook))
			d->functions[hook] = 0;
		if (has_hook(d, hook) && !d->functions[hook] && d->forms[hook] != DENY_FORM_CGROUP)
			d->missing |= 1ULL << hook;
	}
	btf__free(btf);
	d->missing &= ~covered;
	d->o.hooks &= ~d->missing & ~covered;
	return 0;
}

static int load(struct sensor_deny *d, struct error *err)
{
	struct abi_settings *settings;

	d->skel = deny_bpf__open();
	if (!d->skel)
		return error_errno(err, errno, "cannot open the programs that deny");
	select_programs(d);
	select_maps(d);
	d->skel->rodata->address_errors = deny_cgroup_has_errors(BPF_PROG_TYPE_CGROUP_SOCK_ADDR);
	d->skel->rodata->other_errors = deny_cgroup_has_errors(BPF_PROG_TYPE_CGROUP_DEVICE);
	d->skel->rodata->inet_by_cgroup = d->o.forms >> DENY_FORM_CGROUP & 1;
	settings = (struct abi_settings *)&d->skel->rodata->settings;
	*(__u64 *)&d->skel->rodata->deny_points = d->o.hooks;
	settings->hierarchy = d->o.hierarchy;
	d->skel->rodata->deny_set = d->o.set;
	settings->subsystem = *d->o.controller ? load_subsystem(d->o.controller, err) : -1;
	if (*d->o.controller && settings->subsystem < 0)
		return settings->subsystem;
	load_log_begin();
	return load_log_end(deny_bpf__load(d->skel), "the denying", err);
}

int sensor_deny_new(struct sensor_deny **ret, const struct sensor_deny_options *o,
		    struct error *err)
{
	cleanup_sensor_deny struct sensor_deny *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return error_errno(err, ENOMEM, "what denies");
	libbpf_set_print(NULL);
	for (unsigned i = 0; i < ABI_DENY_HOOKS; i++)
		d->filters[i] = -1;
	d->o = *o;
	d->root = deny_cgroup_root();
	d->o.forms = sensor_deny_forms(o->forms);
	if (d->root < 0)
		d->o.forms &= ~(1U << DENY_FORM_CGROUP);
	if (!d->o.forms)
		return error_set(
			err, ENOTSUP,
			"this kernel lets no BPF program deny (neither BPF as a security module nor "
			"fmod_ret: merlon doctor says why)%s",
			o->forms & DENY_FORMS_STOP ? ", and none end a process" : "");
	r = sensor_deny_abi_check_newer(err);
	r = r ? r : deny_make_dirs(err);
	if (!r)
		r = find_functions(d, err);
	if (!r && !d->o.hooks)
		r = error_set(
			err, ENOTSUP,
			"this kernel asks nobody before what the rules are about (merlon doctor says why)");
	if (!r)
		r = load(d, err);
	if (r)
		return r;
	*ret = TAKE_PTR(d);
	return 0;
}

void sensor_deny_free(struct sensor_deny *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->link_count; i++)
		bpf_link__destroy(d->links[i]); /* pinned ones stay attached */
	for (unsigned i = 0; i < ABI_DENY_HOOKS; i++)
		if (d->filters[i] >= 0)
			close(d->filters[i]);
	if (d->root >= 0)
		close(d->root);
	deny_bpf__destroy(d->skel);
	free(d);
}

struct sensor_deny_maps sensor_deny_maps(const struct sensor_deny *d, enum abi_deny_hook hook)
{
	return (struct sensor_deny_maps){ bpf_map__fd(d->skel->maps.rooms),
					  bpf_map__fd(d->skel->maps.deny_scratch),
					  bpf_map__fd(calls_of(d, hook)) };
}

uint64_t sensor_deny_missing(const struct sensor_deny *d)
{
	return d->missing;
}

uint64_t sensor_deny_asked(const struct sensor_deny *d)
{
	return d->o.hooks;
}

uint64_t sensor_deny_stops(const struct sensor_deny *d)
{
	return serves_by(d, DENY_FORM_STOP);
}

int sensor_deny_filter(struct sensor_deny *d, enum abi_deny_hook hook, struct program_source *s,
		       struct error *err)
{
	static const enum bpf_attach_type types[DENY_FORMS] = {
		[DENY_FORM_LSM] = BPF_LSM_MAC,
		[DENY_FORM_MODIFY] = BPF_MODIFY_RETURN,
		[DENY_FORM_STOP] = BPF_TRACE_RAW_TP,
	};
	enum sensor_deny_form form = d->forms[hook];
	const struct bpf_program *ask;
	int fd, r;

	s->type = form == DENY_FORM_LSM ? BPF_PROG_TYPE_LSM : BPF_PROG_TYPE_TRACING;
	s->expected_attach_type = types[form];
	if (form == DENY_FORM_CGROUP) {
		ask = program_of(d, hook, PROGRAM_ASK);
		s->type = bpf_program__type(ask);
		s->expected_attach_type = bpf_program__expected_attach_type(ask);
	}
	s->attach_btf_id = d->functions[hook];
	r = program_source_load(s, &fd, NULL, err);
	if (!r)
		d->filters[hook] = fd;
	return r;
}

/* --- attaching -------------------------------------------------------------------------------------- */

static int put_program(int calls, __u32 slot, int program)
{
	return program >= 0 && bpf_map_update_elem(calls, &slot, &program, BPF_ANY) ? -errno : 0;
}

/* The array of the programs that serve this decision point first, and perhaps others. */
static int fill_calls(struct sensor_deny *d, enum abi_deny_hook lead, struct error *err)
{
	int calls = bpf_map__fd(calls_of(d, lead));
	char path[PATH_MAX], name[64];
	int r;

	r = put_program(calls, ABI_DENY_VERDICT,
			bpf_program__fd(program_of(d, lead, PROGRAM_VERDICT)));
	if (!r)
		r = put_program(calls, ABI_DENY_LEAVE,
				bpf_program__fd(program_of(d, lead, PROGRAM_LEAVE)));
	for (unsigned hook = lead; !r && hook < ABI_DENY_HOOKS; hook++)
		if (is_lead_of(d, lead, hook))
			r = put_program(calls, ABI_DENY_FILTER + (hook - lead), d->filters[hook]);
	if (r)
		return error_errno(err, -r, "programs of %s", served_by(d, lead));
	/* A program array that nobody holds is emptied: it is pinned. */
	snprintf(name, sizeof(name), "calls_%s", served_by(d, lead));
	deny_pin_path(path, DENY_DIR_NEXT, name);
	return bpf_obj_pin(calls, path) ? error_errno(err, errno, "cannot pin %s", path) : 0;
}

static int attach(struct sensor_deny *d, struct bpf_program *p, const char *path, struct error *err)
{
	struct bpf_link *link;

	if (d->link_count == LINKS_MAX)
		return error_errno(err, E2BIG, "links");
	link = deny_cgroup_serves(p) ? bpf_program__attach_cgroup(p, d->root) :
				       bpf_program__attach(p);
	if (!link)
		return error_errno(err, errno, "cannot attach %s", bpf_program__name(p));
	d->links[d->link_count++] = link;
	return bpf_link__pin(link, path) ? error_errno(err, errno, "cannot pin %s", path) : 0;
}

/* Calls of the points that are served when they return. */
static int fill_stop_calls(struct sensor_deny *d, struct error *err)
{
	cleanup_free struct abi_stop_call *calls = calloc(STOP_CALL_SLOTS, sizeof(*calls));
	int fd = bpf_map__fd(d->skel->maps.stop_calls);

	if (!sensor_deny_stops(d))
		return 0;
	if (!calls)
		return error_errno(err, ENOMEM, "calls");
	stop_calls_fill(calls, sensor_deny_stops(d));
	for (__u32 i = 0; i < STOP_CALL_SLOTS; i++)
		if (calls[i].point && bpf_map_update_elem(fd, &i, &calls[i], BPF_ANY))
			return error_errno(err, errno, "calls");
	return 0;
}

static int attach_places(struct sensor_deny *d, struct error *err)
{
	struct bpf_program *p;
	char path[PATH_MAX];
	int r = 0;

	bpf_object__for_each_program(p, d->skel->obj)
	{
		if (r || !is_place_program(p) || !bpf_program__autoload(p) ||
		    p == d->skel->progs.place_learn_host)
			continue;
		deny_link_path(path, DENY_DIR_NEXT, DENY_FORM_NONE, bpf_program__name(p));
		r = attach(d, p, path, err);
	}
	return r;
}

static int attach_asking(struct sensor_deny *d, enum abi_deny_hook lead, struct error *err)
{
	char path[PATH_MAX];

	deny_link_path(path, DENY_DIR_NEXT, d->forms[lead], served_by(d, lead));
	return attach(d, program_of(d, lead, PROGRAM_ASK), path, err);
}

static int settle(struct sensor_deny *d, struct error *err)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int fd = bpf_map__fd(d->skel->maps.deny_state);
	struct abi_deny_state_now now = { 0 };
	__u32 zero = 0;

	if (bpf_prog_test_run_opts(bpf_program__fd(d->skel->progs.place_learn_host), &opts))
		return error_errno(err, errno, "cannot ask what process 1 has as its root");
	if (opts.retval)
		return error_set(err, ESRCH,
				 "cannot find process 1 among the ancestors of this one");
	if (bpf_map_lookup_elem(fd, &zero, &now))
		return error_errno(err, errno, "settings");
	now.mode = (__u8)d->o.mode;
	now.newborn = d->o.newborn;
	return bpf_map_update_elem(fd, &zero, &now, BPF_ANY) ? error_errno(err, errno, "settings") :
							       0;
}

/* Whether this decision point is the lead of any that is asked for. */
static bool has_programs(const struct sensor_deny *d, unsigned lead)
{
	bool any = false;

	for (unsigned hook = lead; hook < ABI_DENY_HOOKS; hook++)
		any |= has_hook(d, hook) && is_lead_of(d, lead, hook);
	return any;
}

static int pin_set_maps(struct sensor_deny *d, struct error *err)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(set_maps); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(d->skel->obj, set_maps[i].map);

		deny_pin_path(path, DENY_DIR_NEXT, set_maps[i].pin);
		if (bpf_obj_pin(bpf_map__fd(map), path))
			return error_errno(err, errno, "cannot pin %s", path);
	}
	return 0;
}

/*
 * What asks comes before what follows places: where both are at one tracepoint, an exec is that of who has come in from outside
 * until it has been asked about.
 */
static int attach_all(struct sensor_deny *d, struct error *err)
{
	int r = settle(d, err);

	if (!r)
		r = pin_set_maps(d, err);
	if (!r)
		r = fill_stop_calls(d, err);
	for (unsigned hook = 0; !r && hook < ABI_DENY_HOOKS; hook++)
		if (has_programs(d, hook))
			r = fill_calls(d, hook, err);
	for (unsigned hook = 0; !r && hook < ABI_DENY_HOOKS; hook++)
		if (has_programs(d, hook))
			r = attach_asking(d, hook, err);
	return r ? r : attach_places(d, err);
}

/* What has happened since the programs were attached they have seen themselves. */
static int carry_all(const struct sensor_deny *d, struct error *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(kept_maps); i++) {
		cleanup_fd int old = -1;

		if (!kept_maps[i].carried || !(d->exchanged >> i & 1))
			continue;
		old = deny_open_pin(kept_maps[i].pin);
		r = old < 0 ? old :
			      sensor_deny_abi_carry(old, bpf_map__fd(bpf_object__find_map_by_name(
								 d->skel->obj, kept_maps[i].map)));
	}
	return r ? error_errno(err, -r, "what was known of containers") : 0;
}

int sensor_deny_learn_running(struct sensor_deny *d, struct error *err)
{
	int r = deny_running_learn(d->skel->progs.running_learn);

	return r ? error_errno(err, -r, "what processes run that are there") : 0;
}

/* Maps of another version give way to ours; the version comes last: who is interrupted does all of it again. */
static int exchange_kept(const struct sensor_deny *d, struct error *err)
{
	char path[PATH_MAX], fresh[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(kept_maps); i++) {
		const struct bpf_map *map = bpf_object__find_map_by_name(d->skel->obj,
									 kept_maps[i].map);

		if (!(d->exchanged >> i & 1))
			continue;
		deny_pin_path(path, SENSOR_DENY_DIR, kept_maps[i].pin);
		snprintf(fresh, sizeof(fresh), SENSOR_DENY_DIR "/next_%s", kept_maps[i].pin);
		unlink(fresh); /* of somebody who died on the way */
		if (bpf_obj_pin(bpf_map__fd(map), fresh) || rename(fresh, path))
			return error_errno(err, errno, "cannot pin %s", path);
	}
	return sensor_deny_abi_pin() ? error_errno(err, errno, "cannot pin its version") : 0;
}

/* Whoever died while one set took the place of another has left both, under two of three names. */
static void finish_start(void)
{
	deny_remove_dir(DENY_DIR_NEXT);
	if (access(DENY_DIR_SET, F_OK))
		(void)rename(DENY_DIR_OLD, DENY_DIR_SET);
	deny_remove_dir(DENY_DIR_OLD);
}

int sensor_deny_start(struct sensor_deny *d, struct error *err)
{
	int r;

	finish_start();
	r = deny_make_dir(DENY_DIR_NEXT, err);
	if (!r)
		r = attach_all(d, err);
	if (!r)
		r = carry_all(d, err);
	if (!r)
		r = sensor_deny_learn_running(d, err);
	if (r) {
		deny_remove_dir(DENY_DIR_NEXT);
		return r;
	}
	rename(DENY_DIR_SET, DENY_DIR_OLD);
	if (rename(DENY_DIR_NEXT, DENY_DIR_SET))
		return error_errno(err, errno, DENY_DIR_SET);
	r = exchange_kept(d, err);
	deny_remove_dir(DENY_DIR_OLD);
	return r;
}

int sensor_deny_members_of(const struct sensor_deny *d, struct sensor_deny_members *ret,
			   struct error *err)
{
	*ret = (struct sensor_deny_members){ dup(bpf_map__fd(d->skel->maps.deny_places)),
					     dup(bpf_map__fd(d->skel->maps.deny_members)),
					     dup(bpf_map__fd(d->skel->maps.deny_classes)) };
	return ret->places < 0 || ret->members < 0 || ret->classes < 0 ?
		       error_errno(err, errno, "maps of what is denied") :
		       0;
}
