/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/filter.h"

#include <errno.h>

static int add_rule(scmp_filter_ctx ctx, int nr, const struct policy_match *m)
{
	struct scmp_arg_cmp args[6];
	unsigned n = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(args); i++)
		if (m->mask[i])
			args[n++] = SCMP_CMP(i, SCMP_CMP_MASKED_EQ, m->mask[i], m->value[i]);
	return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, nr, n, args);
}

static int add_entry(scmp_filter_ctx ctx, const struct policy_entry *e, int default_errno,
		     size_t *unknown)
{
	int nr = seccomp_syscall_resolve_name(e->name), r = 0;

	if (nr == __NR_SCMP_ERROR) {
		(*unknown)++;
		return 0;
	}
	if (e->deflected)
		return default_errno == ENOSYS ?
			       0 :
			       seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(ENOSYS), nr, 0, NULL);
	if (!e->matches.len)
		return seccomp_rule_add_array(ctx, e->logged ? SCMP_ACT_LOG : SCMP_ACT_ALLOW, nr, 0,
					      NULL);
	vec_foreach(m, &e->matches)
		r = r ? r : add_rule(ctx, nr, m);
	return r;
}

int filter_compile(const struct policy *policy, int default_errno, scmp_filter_ctx *ret,
		   size_t *ret_unknown, struct error *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO((unsigned)default_errno));
	int r = ctx ? 0 : -ENOMEM;

	*ret_unknown = 0;
	for (int i = 0; !r && i < SYS_ARCH_MAX; i++) {
		if (!policy->archs[i])
			continue;
		r = seccomp_arch_add(ctx, sys_archs[i].seccomp_token);
		if (r == -EEXIST) /* the native one is there from the start */
			r = 0;
	}
	/* A tree instead of a list: the cost of a call no longer grows with the number of rules (2.5). */
	if (!r)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	vec_foreach(e, &policy->entries) {
		if (!r)
			r = add_entry(ctx, e, default_errno, ret_unknown);
		if (r)
			error_errno(err, -r, "libseccomp refuses the rule for %s", e->name);
	}
	if (r) {
		if (ctx)
			seccomp_release(ctx);
		return err && err->code ? r : error_errno(err, -r, "cannot compile the filter");
	}
	*ret = ctx;
	return 0;
}
