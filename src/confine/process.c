/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/process.h"

#include <errno.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "confine/filter.h"
#include "uapi/capability.h"

static int drop_capabilities(uint64_t keep, struct error *err)
{
	cap_t current = cap_get_proc(), wanted = cap_init();
	unsigned last = sys_cap_last();
	int r = current && wanted ? 0 : -ENOMEM;

	for (unsigned cap = 0; !r && cap <= last; cap++) {
		cap_value_t value = (cap_value_t)cap;
		cap_flag_value_t have = CAP_CLEAR;

		if (keep >> cap & 1) {
			cap_get_flag(current, value, CAP_PERMITTED, &have);
			if (have == CAP_SET) {
				cap_set_flag(wanted, CAP_PERMITTED, 1, &value, CAP_SET);
				cap_set_flag(wanted, CAP_EFFECTIVE, 1, &value, CAP_SET);
			}
		} else if (prctl(PR_CAPBSET_READ, cap) == 1 && prctl(PR_CAPBSET_DROP, cap)) {
			/* Without CAP_SETPCAP the bounding set stays; no_new_privs makes it moot. */
			if (errno != EPERM)
				r = -errno;
		}
	}
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (!r && cap_set_proc(wanted))
		r = -errno;
	cap_free(current);
	cap_free(wanted);
	return r ? error_errno(err, -r, "cannot drop capabilities") : 0;
}

int process_confine_and_exec(const struct policy *policy, int default_errno, uint64_t caps,
			     char **command, struct error *err)
{
	scmp_filter_ctx filter = NULL;
	size_t unknown;
	int r = filter_compile(policy, default_errno, &filter, &unknown, err);

	if (!r)
		r = drop_capabilities(caps, err);
	if (!r && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		r = error_errno(err, errno, "cannot set no_new_privs");
	if (!r) {
		r = seccomp_load(filter);
		if (r)
			error_errno(err, -r, "cannot load the filter");
	}
	if (filter)
		seccomp_release(filter);
	if (r)
		return r;
	execvp(command[0], command);
	return error_errno(err, errno, "cannot run %s", command[0]);
}
