/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/deny.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "guard/deny_check.h"
#include "guard/deny_confirm.h"
#include "guard/deny_memory.h"
#include "guard/deny_place.h"
#include "guard/deny_risk.h"

static bool wants(const struct rule *r, void *arg)
{
	return response_may_come(arg, r, "deny");
}

/* What a stop is told of paths is what the program wrote. */
static struct filter_options options_of(enum abi_deny_hook hook, bool stops,
					const struct response_policy *policy)
{
	return (struct filter_options){ .hook = &deny_hooks[hook].filter,
					.candidates = true,
					.paths_by_name = stops,
					.tail_call = ABI_DENY_VERDICT + 1,
					.leave_call = ABI_DENY_LEAVE + 1,
					.wants = wants,
					.wants_arg = (void *)policy };
}

/* --- what can be denied ------------------------------------------------------------------------------ */

static int plan_rule(struct ruleset *rs, const struct rule *r, uint64_t *hooks, size_t *rules)
{
	cleanup_buf struct buf why = BUF_INIT;
	uint64_t own;
	int e = deny_check(r, &own, &why);

	if (e < 0)
		return e;
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

int deny_plan(struct ruleset *rs, const struct response_policy *policy, uint64_t *ret_hooks,
	      size_t *ret_rules)
{
	int e = 0;

	*ret_hooks = 0;
	*ret_rules = 0;
	for (size_t i = 0; !e && i < rs->rules.len; i++) {
		const struct rule *r = rs->rules.items[i];

		if (!r->enabled || r->skipped || !r->condition ||
		    !response_may_come(policy, r, "deny"))
			continue;
		e = plan_rule(rs, r, ret_hooks, ret_rules);
	}
	return e;
}

/* --- putting it in force ------------------------------------------------------------------------------ */

/* The numbers of rules are those of the filter's parts: a rule is one of them, or none. */
static int number_rules(const struct kernel_filter *f, enum abi_deny_hook hook,
			struct deny_set *set)
{
	vec_foreach(p, &f->parts) {
		const struct rule **slot = vec_add(&set->points[hook]);

		if (!slot)
			return -ENOMEM;
		*slot = p->rule;
	}
	return 0;
}

static int load_filter(struct ruleset *rs, struct sensor_deny *d, enum abi_deny_hook hook,
		       struct deny_set *set, struct error *err)
{
	const struct filter_options o = options_of(hook, sensor_deny_stops(d) >> hook & 1,
						   set->policy);
	const struct sensor_deny_maps maps = sensor_deny_maps(d, hook);
	const int fixed[FILTER_MAPS_FIXED] = {
		[FILTER_MAP_ROOM] = maps.rooms,	 [FILTER_MAP_SCRATCH] = maps.scratch,
		[FILTER_MAP_CALLS] = maps.calls, [FILTER_MAP_PROGRAMS] = -1,
		[FILTER_MAP_DESCENTS] = -1,	 [FILTER_MAP_GROUPS] = -1
	};
	cleanup_kernel_filter struct kernel_filter f = { 0 };
	struct program_source s;
	int r = kernel_filter_compile(rs, deny_hook_target(hook), &o, &f);

	if (!r)
		r = number_rules(&f, hook, set);
	if (r)
		return error_errno(err, -r, "rules for %s", sensor_deny_hooks[hook]);
	if (f.parts.len > ABI_DENY_RULES)
		return error_set(err, E2BIG, "%zu rules are about %s, and at most %d can be",
				 f.parts.len, sensor_deny_hooks[hook], ABI_DENY_RULES);
	if (f.too_long || !f.has_candidates)
		return error_set(err, E2BIG, "the rules for %s make a program that is too long",
				 sensor_deny_hooks[hook]);
	if (f.overlooks)
		return error_set(
			err, E2BIG,
			"the rules for %s look for more in texts (contains) than a program can",
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

static int load_filters(struct ruleset *rs, struct sensor_deny *d, struct deny_set *set,
			uint64_t hooks, struct error *err)
{
	int r = 0;

	for (unsigned hook = 0; !r && hook < ABI_DENY_HOOKS; hook++)
		if (hooks >> hook & 1)
			r = load_filter(rs, d, hook, set, err);
	return r;
}

/* --- what is kept ------------------------------------------------------------------------------------ */

#define DIR_NEXT DENY_RULES_DIR ".next"
#define DIR_OLD DENY_RULES_DIR ".old"

/* In the order of their names, which is that of the files. */
static int keep_files(const struct ruleset *rs, const char *dir, struct error *err)
{
	int r = fs_mkdirs(dir, 0755, err);

	for (size_t i = 0; !r && i < rs->contents.len; i++) {
		const struct rule_content *c = &rs->contents.items[i];
		char path[128];

		snprintf(path, sizeof(path), "%s/%04zu.yaml", dir, i);
		r = fs_write_atomic(path, c->content.data, c->content.len, 0644, err);
	}
	return r;
}

static int keep_set(const struct ruleset *rs, const struct deny_set *set,
		    const struct deny_options *options, struct error *err)
{
	cleanup_json json_t *o = deny_set_json(set);
	cleanup_free char *text = NULL;
	int r;

	json_object_set_new(o, "running", json_boolean(options->only_running));
	json_object_set_new(o, "forms", json_integer((json_int_t)options->forms));
	text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	if (!text)
		return error_errno(err, ENOMEM, DENY_SET_FILE);
	fs_remove_tree(DIR_NEXT);
	r = keep_files(rs, DIR_NEXT, err);
	if (!r && set->policy)
		r = keep_files(set->policy->base, DIR_NEXT "/policies", err);
	return r ? r : fs_write_atomic(DIR_NEXT "/set.json", text, strlen(text), 0644, err);
}

/* before: what was in force is kept, unless something is kept for that already. */
static int swap_kept(bool before, struct error *err)
{
	fs_remove_tree(DIR_OLD);
	if (!before || rename(DENY_RULES_DIR, DENY_BEFORE_DIR))
		rename(DENY_RULES_DIR, DIR_OLD);
	if (rename(DIR_NEXT, DENY_RULES_DIR))
		return error_errno(err, errno, DENY_RULES_DIR);
	fs_remove_tree(DIR_OLD);
	return 0;
}

int deny_end(struct error *err)
{
	deny_probation_end();
	fs_remove_tree(DENY_RULES_DIR);
	return sensor_deny_end(err);
}

/* --- all of it --------------------------------------------------------------------------------------- */

/* Class 0, and the classes of who runs, before anybody is asked. */
static int classify(const struct deny_set *set, const struct sensor_deny_members *m,
		    const struct cgroup_layout *layout, struct error *err)
{
	struct deny_class unknown;
	int r;

	deny_class_of(set, NULL, &unknown);
	r = deny_class_put(m, &unknown);
	return r ? error_errno(err, -r, "classes of containers") :
		   deny_place_all(set, m, layout, false, NULL, err);
}

static int put_in_force(struct ruleset *rs, struct sensor_deny *d, struct deny_set *set,
			const struct deny_options *o, const struct cgroup_layout *layout,
			struct deny_result *ret, struct error *err)
{
	cleanup_sensor_deny_members struct sensor_deny_members m = SENSOR_DENY_MEMBERS_NONE;
	int r = load_filters(rs, d, set, ret->hooks, err);

	r = r ? r : sensor_deny_members_of(d, &m, err);
	r = r ? r : classify(set, &m, layout, err);
	r = r ? r : keep_set(rs, set, o, err);
	r = r ? r : sensor_deny_start(d, err);
	ret->in_force = !r;
	r = r ? r : deny_memory_keep(DIR_NEXT, o->mode, err);
	r = r ? r : swap_kept(o->confirm_ns, err);
	if (!r && sensor_deny_guard_own())
		r = error_set(err, EIO, "cannot say what the guard's own files are");
	/* Who has come meanwhile too. */
	r = r ? r : deny_place_all(set, &m, layout, true, &ret->containers, err);
	return r ? r : sensor_deny_learn_running(d, err);
}

int deny_apply(struct ruleset *rs, const struct deny_options *o, struct deny_result *ret,
	       struct error *err)
{
	cleanup_sensor_deny struct sensor_deny *d = NULL;
	cleanup_deny_set struct deny_set set = { .number = o->set ? o->set :
								    (uint64_t)clock_wall_ns(),
						 .policy = o->policy };
	struct sensor_deny_options so = { .mode = o->mode,
					  .newborn = !o->only_running,
					  .set = set.number,
					  .scratch_size = FILTER_SCRATCH_DENY };
	struct cgroup_layout layout;
	int r;

	*ret = (struct deny_result){ 0 };
	r = deny_plan(rs, o->policy, &ret->hooks, &ret->rules);
	if (r)
		return error_errno(err, -r, "rules");
	if (rs->diags->errors)
		return error_set(err, EINVAL,
				 "nothing was changed: there are rules that can't be denied");
	if (!ret->rules)
		return error_set(err, ENOENT, "no rule is to be denied");
	if (o->mode == ABI_DENY_ENFORCE && !o->force)
		r = deny_risk_check(rs, o->policy, err);
	r = r ? r : cgroup_layout_detect(&layout, err);
	if (r)
		return r;
	so.hierarchy = layout.hierarchy;
	so.controller = layout.controller;
	so.hooks = ret->hooks;
	so.forms = o->forms;
	if (o->confirm_ns)
		r = deny_probation_begin(set.number, o->confirm_ns, err);
	if (r)
		return r;
	r = sensor_deny_new(&d, &so, err);
	if (!r) {
		ret->missing = sensor_deny_missing(d);
		ret->stops = sensor_deny_stops(d);
		ret->hooks = sensor_deny_asked(d);
		r = put_in_force(rs, d, &set, o, &layout, ret, err);
	}
	/* What came into force for good ends it, and so does what did not come into force at all. The same does not. */
	if (!o->set && ret->in_force != (o->confirm_ns != 0))
		deny_probation_end();
	return r;
}
