/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks, as data. A check is a row; what it looks at is a function that says where it fails. Rows stand
 * in one file per category (checks/), and help, docs, reports, selection and exemptions are made from them.
 */
#pragma once
#include "inspect/inventory.h"
#include "inspect/kept.h"
#include "inspect/object.h"

/*
 * The scale: what an attacker who already runs code in the workload, or holds the identity that it is
 * about, gains from it.
 */
enum severity {
	SEVERITY_LOW, /* nothing by itself: it makes the next step easier, or the workload less sturdy */
	SEVERITY_MEDIUM, /* a defence is missing that would have stopped a known way out or up */
	SEVERITY_HIGH, /* a step over a boundary, or a secret, with one more weakness or some effort */
	SEVERITY_CRITICAL, /* the node or the cluster is theirs at once */
	SEVERITIES
};
extern const char *const severity_names[SEVERITIES];

enum category {
	CATEGORY_PRIVILEGE,
	CATEGORY_MOUNTS,
	CATEGORY_IDENTITY,
	CATEGORY_IMAGE,
	CATEGORY_RELIABILITY,
	CATEGORY_NETWORK,
	CATEGORY_RBAC,
	CATEGORY_CLUSTER,
	CATEGORY_ENGINE, /* what runs containers on a host */
	CATEGORY_NODE,	 /* kubelet, kernel, files of a node */
	CATEGORY_CONTROL_PLANE,
	CATEGORY_POD_SECURITY, /* the standards, and nothing else */
	CATEGORIES
};
extern const char *const category_names[CATEGORIES];

enum outcome {
	OUTCOME_PASS,
	OUTCOME_FAIL,
	OUTCOME_WARN,
	OUTCOME_NA,
	OUTCOME_ERROR,
	OUTCOME_EXEMPT,
	OUTCOMES
};
extern const char *const outcome_names[OUTCOMES];

/* Minor versions of Kubernetes 1.x that are known here. */
enum { KUBERNETES_MINOR_MAX = 37 };

enum pss_level { PSS_NONE, PSS_BASELINE, PSS_RESTRICTED };

struct probe;
struct recordings;
struct exemptions;

enum fix_op {
	FIX_NONE,
	FIX_SET,
	FIX_ADD, /* an item to a list, which is made if it is not there */
	FIX_REMOVE
};

/*
 * How to mend what a check finds. Harmless is what can't stop a workload that runs as its manifest says
 * (and what a pod without it gets from the runtime anyway); all else is aggressive.
 */
struct fix {
	enum fix_op op;
	bool aggressive;
	const char *
		path; /* from the container, PodSpec or object that was asked; NULL: where it fails */
	const char *value; /* JSON; NULL: to remove, or each time its function says it */
	const char *why;   /* it is harmless, or what may stop working */
	/* Whether the API takes it here; NULL: always. The container is NULL where a pod was asked. */
	bool (*may)(const struct workload *w, const struct container *c);
	bool unrecorded; /* not where a recording tells what is needed: another check mends that */
};

struct check {
	const char *id;	     /* "MRL-101": never changes, never means something else */
	const char *name;    /* "privileged-container": neither does this */
	const char *title;   /* what is wrong, in a line */
	const char *attack;  /* what somebody does with it */
	const char *suggest; /* what to do */
	const char *
		suggest_bundle; /* the same for a container without a cluster; NULL: no different */
	const char *aliases;	/* names of it in other tools and standards, separated by blanks */
	const char *links;	/* separated by blanks; NULL: none */
	enum severity severity;
	enum category category;
	uint64_t kinds;	      /* KIND_BIT()s; objects of other kinds are not asked */
	uint8_t since, until; /* minor versions of Kubernetes; until 0: all later ones */
	uint8_t containers;   /* for container(): bits of enum container_kind; 0: all */
	uint8_t level;	      /* enum pss_level: of the standards */
	const char *
		overridden; /* baseline: not part of restricted where that has the check of this name */
	uint64_t needs; /* resident, keeps: KIND_BIT()s of what must be known completely to judge */
	bool optional;	/* only if it is named, or all are asked for */
	bool recorded;	/* only if there are recordings to ask */
	struct fix fix; /* op FIX_NONE: a person must think */
	const void *data; /* for functions that several rows share */
	/*
	 * Whether it needs an object whole to the end, as one to look at besides or, with asked, as one that it is about: it is
	 * asked once everything was read, and finds the others in probe_kept(). NULL: it looks at no others.
	 */
	bool (*keeps)(const struct check *c, const struct object *o, bool asked);
	/* One of these. */
	void (*container)(struct probe *p, const struct workload *w, const struct container *c);
	void (*pod)(struct probe *p, const struct workload *w);
	void (*object)(struct probe *p, const struct object *o);
	void (*resident)(struct probe *p, const struct inventory *all, const struct resident *r);
};

struct check_group {
	const struct check *checks;
	size_t count;
};

/* One per file of checks/. */
extern const struct check_group checks_privilege, checks_confinement, checks_capability,
	checks_mounts, checks_identity, checks_secrets, checks_image, checks_reliability,
	checks_network, checks_rbac, checks_api, checks_cluster, checks_connections, checks_docker,
	checks_docker_container, checks_runtime, checks_kubelet, checks_api_server,
	checks_control_plane, checks_node, checks_host_files, checks_pss_baseline,
	checks_pss_restricted, checks_recorded, checks_in_force, checks_image_files,
	checks_scheduling, checks_labels, checks_access, checks_known_holes, checks_amounts;

extern const struct check_group *const check_groups[]; /* NULL-terminated */

#define check_foreach(it)                                                               \
	for (const struct check_group *const *groups_##it = check_groups; *groups_##it; \
	     groups_##it++)                                                             \
		for (const struct check *it = (*groups_##it)->checks;                   \
		     it < (*groups_##it)->checks + (*groups_##it)->count; it++)

/* Those of a group that may be NULL. */
#define check_group_foreach(it, group)                                  \
	for (const struct check *it = (group) ? (group)->checks : NULL; \
	     it && it < (group)->checks + (group)->count; it++)

/*
 * For fix.may: the container, or all of them, ask for no more than a container has. Otherwise the API refuses
 * allowPrivilegeEscalation: false, and a profile would take something away.
 */
bool fix_is_unprivileged(const struct workload *w, const struct container *c);

size_t check_count(void);
/* Whether a text names the check: its id, its name or an alias, whatever the case. */
bool check_is_called(const struct check *c, struct text name);
/* Whether objects of this kind are asked. */
bool check_is_about(const struct check *c, const struct object *o);
bool severity_parse(const char *name, enum severity *ret);

/* --- what a check's function may say --------------------------------------------------------------- */

/* It fails there; the value is what is there now. May be said more than once. */
void probe_fail(struct probe *p, const struct at *at);
/* The same with words about the value; nothing secret may be in them. */
void probe_fail_value(struct probe *p, const struct at *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* There is nothing here that it could be about. */
void probe_skip(struct probe *p);
/* It fails in a file of an image. */
void probe_fail_file(struct probe *p, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Of a resident. */
void probe_fail_path(struct probe *p, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Of a resident with pods: the path is that of a member of its PodSpec, or of its pods' "labels". */
void probe_fail_pod(struct probe *p, const char *member, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The minor version of Kubernetes that is asked about. */
unsigned probe_version(const struct probe *p);
/* "2026-01-31"; NULL: it does not matter when. */
const char *probe_today(const struct probe *p);
const struct object *probe_object(const struct probe *p);
const void *probe_data(const struct probe *p); /* the check's */
const struct kept_objects *probe_kept(const struct probe *p);
/* What the configuration says; NULL: there is none. */
const struct exemptions *probe_exemptions(const struct probe *p);
const struct recordings *probe_recordings(const struct probe *p); /* of a check that is recorded */
/* The fix of the next failure, in place of what the row says (FIX_NONE: there is none); value is JSON, or NULL. */
void probe_set_fix(struct probe *p, enum fix_op op, const struct at *at, const char *value);
