/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Back-ends: pure functions from a profile to the text of one layer of confinement. A text depends on
 * the profile and the options alone: not on the time, the host, or the order in which facts came.
 */
#pragma once
#include "base/buf.h"
#include "profile/policy.h"

/* Which security module the nodes have: what a manifest may ask of them. */
enum backend_lsm { BACKEND_LSM_APPARMOR, BACKEND_LSM_SELINUX, BACKEND_LSM_NONE };

enum { BACKEND_KUBERNETES_MINOR = 34 }; /* of Kubernetes 1.x, unless the options say otherwise */

/* Which files a profile that denies is strict about. */
enum backend_files { BACKEND_FILES_WRITE, BACKEND_FILES_ALL, BACKEND_FILES_NONE };
/* Likewise of connections: by address and port, by port, not at all. */
enum backend_egress { BACKEND_EGRESS_ADDRESS, BACKEND_EGRESS_PORT, BACKEND_EGRESS_NONE };

struct backend_options {
	struct policy_options policy;
	int default_errno;	  /* what a denied call answers: EPERM or ENOSYS */
	const char *agent_socket; /* seccomp: ask the agent there about calls of the start; or NULL */
	const char *name;	  /* of what is made; NULL: from the profile's */
	bool complain;		  /* tell of what is not allowed, and let it happen */
	bool exact_paths;	  /* numbers in names that the workload makes stay as they were */
	bool without_abi;	  /* apparmor: for parsers that don't know the line, before 3.0 */
	enum backend_lsm lsm;
	unsigned kubernetes_minor;    /* 0: BACKEND_KUBERNETES_MINOR */
	const char *container;	      /* its name in the pod; NULL: as it was recorded */
	const char *image;	      /* deny-policy: a pattern; NULL: as it was recorded */
	const char *const *selectors; /* "KEY=VALUE" labels of the pods, NULL-terminated; or NULL */
	const char *const *labels;    /* "PATH=TYPE" SELinux types of volumes, likewise */
	enum backend_files files;     /* deny */
	enum backend_egress egress;   /* deny */
	bool spo_before_v1;	      /* versions of resources from before operator 1.0 */
};

struct profile_backend {
	const char *name;   /* of the format */
	const char *suffix; /* of a file in it */
	const char *summary;
	/* How it is applied, for people: @FILE@ and @NAME@ stand for the file and for backend_name(). */
	const char *apply;
	int (*emit)(const struct profile *p, const struct backend_options *o, struct buf *out,
		    struct error *err);
};

extern const struct profile_backend profile_backend_seccomp;
extern const struct profile_backend profile_backend_seccomp_docker;
extern const struct profile_backend profile_backend_capabilities;
extern const struct profile_backend profile_backend_cbpf;
extern const struct profile_backend profile_backend_cbpf_raw;
extern const struct profile_backend profile_backend_cbpf_listing;
extern const struct profile_backend profile_backend_apparmor;
extern const struct profile_backend profile_backend_selinux;
extern const struct profile_backend profile_backend_kubernetes;
extern const struct profile_backend profile_backend_networkpolicy;
extern const struct profile_backend profile_backend_spo;
extern const struct profile_backend profile_backend_docker;
extern const struct profile_backend profile_backend_podman;
extern const struct profile_backend profile_backend_systemd;
extern const struct profile_backend profile_backend_deny;
extern const struct profile_backend profile_backend_deny_policy;

/* All of them, NULL-terminated. */
extern const struct profile_backend *const profile_backends[];
const struct profile_backend *profile_backend_find(const char *name);
