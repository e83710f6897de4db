/* SPDX-License-Identifier: Apache-2.0 */
/* Back-ends: pure functions from a profile to the text of one layer of confinement. */
#pragma once
#include "base/buf.h"
#include "profile/policy.h"

struct backend_options {
	struct policy_options policy;
	int default_errno; /* what a denied call answers: EPERM or ENOSYS */
	const char *agent_socket; /* seccomp: ask the agent there about calls of the start; or NULL */
};

struct profile_backend {
	const char *name;    /* of the format */
	const char *suffix;  /* of a file in it */
	const char *summary;
	int (*emit)(const struct profile *p, const struct backend_options *o, struct buf *out,
		    struct error *err);
};

extern const struct profile_backend profile_backend_seccomp;
extern const struct profile_backend profile_backend_capabilities;
extern const struct profile_backend profile_backend_cbpf;
extern const struct profile_backend profile_backend_cbpf_raw;
extern const struct profile_backend profile_backend_cbpf_listing;

/* All of them, NULL-terminated. */
extern const struct profile_backend *const profile_backends[];
const struct profile_backend *profile_backend_find(const char *name);
