/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody asked for: how a process should be confined, as an OCI bundle or a profile says. */
#pragma once
#include "base/string_list.h"
#include "confine/posture.h"
#include "profile/policy.h"

enum expectation_answer { ASKED_NOTHING, ASKED_NO, ASKED_YES };

struct expectation_mount {
	char *point;
	bool read_only, recursive;
	bool cgroup; /* the control groups, of whatever version */
};

struct expectation {
	char *source;	    /* the file that asks */
	int64_t written_ns; /* when it was written last; 0: not known */
	bool is_need;	    /* a profile: what it allows is needed, so less is a fault as well */

	enum expectation_answer filtered; /* ASKED_NO: no filter is asked for */
	struct cbpf_filter filter;
	bool filter_unknown; /* a filter is asked for, and not which */
	bool caps_known;
	uint64_t caps;	    /* of the bounding set: the most that any process may get */
	uint64_t caps_held; /* of the permitted set at the start */
	enum expectation_answer no_new_privileges, read_only_root;
	char *apparmor, *selinux; /* NULL: not asked for */
	bool label_wanted;	  /* some label, it does not matter which */
	bool user_known;
	bool not_root;	   /* whoever it is */
	uint32_t uid, gid; /* in the container's user namespace */
	enum expectation_answer own[POSTURE_NAMESPACES];
	string_list masked, read_only; /* paths */
	bool mounts_known;
	VEC(struct expectation_mount) mounts;
};

/* An OCI config.json (runtime-spec 1.3); the caller has zeroed *ret. -EINVAL with the place. */
int expectation_from_config(struct expectation *ret, const char *file, const char *text, size_t len,
			    struct error *err);
int expectation_from_bundle(struct expectation *ret, const char *dir, struct error *err);

/* What a profile allows: filter and capabilities; it says nothing of the rest. */
int expectation_from_policy(struct expectation *ret, const char *file, const struct policy *policy,
			    int default_errno, uint64_t caps, struct error *err);

/* When a file was written last, since 1970; 0: not known. */
int64_t expectation_written_ns(const char *path);

void expectation_deinit(struct expectation *e);
#define cleanup_expectation cleanup(expectation_deinit)
