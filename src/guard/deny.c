/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/deny.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/str.h"
#include "guard/deny_check.h"
#include "identity/container.h"
#include "rules/extend.h"

bool deny_is_asked_for(const struct rule *r)
{
	for (uint32_t i = 0; r->extensions && i < r->extensions->responses.count; i++)
		if (str_eq(r->extensions->responses.items[i].def->name, "deny"))
			return true;
	return false;
}

static bool wants(const struct rule *r, void *arg)
{
	(void)arg;
	return deny_is_asked_for(r);
}

static struct filter_options options_of(enum abi_deny_hook hook)
{
	return (struct filter_options){ .hook = &deny_hooks[hook].filter,
					.tail_call = ABI_DENY_VERDICT + 1,
					.leave_call = ABI_DENY_LEAVE + 1,
					.wants = wants };
}

/* --- what can be denied ------------------------------------------------------------------------------ */

/* The kernel's programs give one error. */
static bool wants_other_error(const struct rule *r)
{
	for (uint32_t i = 0; i < r->extensions->responses.count; i++) {
		const struct rule_response *p = &r->extensions->responses.items[i];

		if (str_eq(p->def->name, "deny") && p->args[0].set && p->args[0].number != EPERM)
			return true;
	}
	return false;
}

static int plan_rule(struct ruleset *rs, const struct rule *r, uint64_t *hooks, size_t *rules)
{
	cleanup_buf struct buf why = BUF_INIT;
	uint64_t own;
	int e = deny_check(r, &own, &why);

	if (e < 0)
		return e;
	if (!e && wants_other_error(r)) {
		buf_add_str(&why, "the error is always EPERM");
		e = 1;
	}
	*hooks |= own;
	*rules += !e;
	if (!e)
		return 0;
	diag_error(rs->diags, r->place, "deny", "\"%.*s\" can't be denied: %s", (int)r->name.len,
		   r->name.data, why.data);
	diag_hint(
		rs->diags,
		"deny by a rule of its own, of what is known before it happens: merlon deny hooks");
	return 0;
}

int deny_plan(struct ruleset *rs, uint64_t *ret_hooks, size_t *ret_rules)
{
	int e = 0;

	*ret_hooks = 0;
	*ret_rules = 0;
	for (size_t i = 0; !e && i < rs->rules.len; i++) {
		const struct rule *r = rs->rules.items[i];

		if (!deny_is_asked_for(r) || !r->enabled || r->skipped || !r->condition)
			continue;
		e = plan_rule(rs, r, ret_hooks, ret_rules);
	}
	return e;
}

/* --- putting it in force ------------------------------------------------------------------------------ */

static int load_filter(struct ruleset *rs, struct sensor_deny *d, enum abi_deny_hook hook,
		       struct error *err)
{
	const struct filter_options o = options_of(hook);
	const struct sensor_deny_maps maps = sensor_deny_maps(d, hook);
	const int fixed[FILTER_MAPS_FIXED] = { [FILTER_MAP_ROOM] = maps.rooms,
					       [FILTER_MAP_SCRATCH] = maps.scratch,
					       [FILTER_MAP_CALLS] = maps.calls };
	cleanup_kernel_filter struct kernel_filter f = { 0 };
	struct program_source s;
	int r = kernel_filter_compile(rs, deny_hook_target(hook), &o, &f);

	if (r)
		return error_errno(err, -r, "rules for %s", sensor_deny_hooks[hook]);
	if (f.too_long)
		return error_set(err, E2BIG, "the rules for %s make a program that is too long",
				 sensor_deny_hooks[hook]);
	s = (struct program_source){ .name = "deny_filter",
				     .insns = f.insns.items,
				     .insn_count = (uint32_t)f.insns.len,
				     .fixed = fixed,
				     .fixed_count = FILTER_MAPS_FIXED,
				     .maps = f.maps.items,
				     .map_count = (uint32_t)f.maps.len };
	return sensor_deny_filter(d, hook, &s, err);
}

struct placing {
	const struct cgroup_layout *layout;
	struct sensor_deny *deny;
	int r;
};

static int place_group(const char *path, void *arg)
{
	struct placing *p = arg;
	uint64_t id;

	if (!cgroup_id(p->layout, path, &id))
		p->r = sensor_deny_place(p->deny, id);
	return p->r;
}

/* Whether a container that is there has begun its program: its first process has a root of its own. */
static bool has_started(const struct container *c)
{
	struct stat own, ours;
	char path[64];

	if (!c->pid || stat("/", &ours))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/root/.", c->pid);
	return !stat(path, &own) && (own.st_dev != ours.st_dev || own.st_ino != ours.st_ino);
}

static int find_first(pid_t pid, void *arg)
{
	*(pid_t *)arg = pid;
	return 1;
}

static int place_containers(struct sensor_deny *d, const struct cgroup_layout *layout, size_t *ret,
			    struct error *err)
{
	cleanup_container_list container_list all = { 0 };
	struct placing p = { .layout = layout, .deny = d };
	int r = container_list_all(layout, &all, err);

	if (r)
		return r;
	vec_foreach(c, &all) {
		if (!c->cgroup)
			continue;
		if (!c->pid)
			cgroup_each_process(layout, c->cgroup, find_first, &c->pid);
		if (!has_started(c))
			continue;
		cgroup_each_below(layout, c->cgroup, place_group, &p);
		*ret += 1;
	}
	return p.r ? error_errno(err, -p.r, "control groups of containers") : 0;
}

/* In the order of their names, which is that of the files. */
static int keep_rules(const struct ruleset *rs, struct error *err)
{
	int r;

	fs_remove_tree(DENY_RULES_DIR);
	r = fs_mkdirs(DENY_RULES_DIR, 0755, err);
	for (size_t i = 0; !r && i < rs->contents.len; i++) {
		const struct rule_content *c = &rs->contents.items[i];
		char path[128];

		snprintf(path, sizeof(path), DENY_RULES_DIR "/%04zu.yaml", i);
		r = fs_write_atomic(path, c->content.data, c->content.len, 0644, err);
	}
	return r;
}

int deny_end(struct error *err)
{
	fs_remove_tree(DENY_RULES_DIR);
	return sensor_deny_end(err);
}

int deny_apply(struct ruleset *rs, const struct deny_options *o, struct deny_result *ret,
	       struct error *err)
{
	cleanup_sensor_deny struct sensor_deny *d = NULL;
	struct sensor_deny_options so = { .mode = o->mode,
					  .newborn = !o->only_running,
					  .scratch_size = sizeof(struct filter_scratch) };
	struct cgroup_layout layout;
	int r;

	*ret = (struct deny_result){ 0 };
	r = deny_plan(rs, &ret->hooks, &ret->rules);
	if (r)
		return error_errno(err, -r, "rules");
	if (rs->diags->errors)
		return error_set(err, EINVAL,
				 "nothing was changed: there are rules that can't be denied");
	if (!ret->rules)
		return error_set(err, ENOENT, "no rule says \"response: deny\"");
	r = cgroup_layout_detect(&layout, err);
	if (r)
		return r;
	so.hierarchy = layout.hierarchy;
	so.controller = layout.controller;
	so.hooks = ret->hooks;
	so.forms = o->forms;
	r = sensor_deny_new(&d, &so, err);
	if (!r) {
		ret->missing = sensor_deny_missing(d);
		ret->stops = sensor_deny_stops(d);
	}
	for (unsigned hook = 0; !r && hook < ABI_DENY_HOOKS; hook++)
		if ((ret->hooks & ~ret->missing) >> hook & 1)
			r = load_filter(rs, d, hook, err);
	if (!r)
		r = sensor_deny_start(d, err);
	if (!r)
		r = keep_rules(rs, err);
	return r ? r : place_containers(d, &layout, &ret->containers, err);
}
