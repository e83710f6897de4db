/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a workload asks for, whoever says it: a controller's template, a pod, later an admission request
 * a bundle's config.json or Docker's files. Every field knows whether it was set and where it is or would be. Checks see
 * this and not the document.
 */
#pragma once
#include "inspect/at.h"

enum setting { UNSET, OFF, ON };

struct flag {
	enum setting value;
	struct at at;
};

struct word {
	struct text value; /* no data: unset */
	struct at at;
};

struct number {
	bool set;
	int64_t value;
	struct at at;
};

struct words {
	struct word *items;
	uint32_t count;
	struct at at;
};

/* A securityContext, of a pod or of a container; a pod's has no privileged etc., they stay unset. */
enum lapse { LAPSE_SECCOMP, LAPSE_LABEL, LAPSES };

struct security {
	struct at at;
	struct flag privileged, escalation, read_only_root, non_root, host_process;
	struct number user, group, fs_group;
	struct words groups; /* supplemental */
	struct word proc_mount;
	struct words add, drop; /* capabilities */
	struct word seccomp, seccomp_file, apparmor, apparmor_file;
	struct word selinux_type, selinux_user, selinux_role, selinux_level;
	/* Of what runs: why a profile that was declared is not in force, at its place; node NULL: it is. */
	struct at lapsed[LAPSES];
};

enum container_kind { CONTAINER_INIT, CONTAINER_MAIN, CONTAINER_EPHEMERAL, CONTAINER_KINDS };

/* registry/repository:tag@digest; what is not written is empty. */
struct image_name {
	struct text registry, repository, tag, digest;
};

struct port {
	struct at at;
	struct word name;
	struct number container, host; /* host -1: one that is free */
	struct word address; /* of Docker: the host's only one that it is at; unset: all of them */
};

struct mount {
	struct at at;
	struct word volume, path, propagation;
	struct flag read_only, sub_path;
};

struct env {
	struct at at;
	struct word name, value;
	struct word secret, config_map; /* the object that it comes from */
};

enum probe_kind { PROBE_LIVENESS, PROBE_READINESS, PROBE_STARTUP, PROBES };

enum resource { CPU_REQUEST, CPU_LIMIT, MEMORY_REQUEST, MEMORY_LIMIT, RESOURCES };

struct container {
	enum container_kind kind;
	struct at at;
	struct text name;
	struct word image, pull_policy, restart_policy;
	struct image_name image_name;
	struct security security;
	struct words command, args;
	struct env *env;
	struct word *env_secrets; /* "envFrom" whole secrets */
	struct port *ports;
	struct mount *mounts;
	uint32_t env_count, env_secret_count, port_count, mount_count;
	struct at devices; /* volumeDevices */
	struct at probes[PROBES], lifecycle;
	struct word resources[RESOURCES];
	struct word processes; /* at most; of bundles: for pods the kubelet says it */
};

struct volume {
	struct at at;
	struct text name;
	const char *type;      /* "hostPath"; a name of volume_types; NULL: unknown or none */
	struct word host_path; /* of a hostPath */
	struct word claim, secret, config_map;
};

struct sysctl {
	struct word name;
};

/* What Docker alone says of a container; of others it is all unset. */
struct docker_words {
	struct word restart;	/* "always" */
	struct number restarts; /* after failures, at most; 0: for ever */
	struct at ulimits;	/* node NULL: none */
	struct word cgroup_parent, network;
};

struct workload {
	struct at pod;		       /* the PodSpec */
	struct at annotations, labels; /* of the pods */
	struct at meta;
	struct flag host_network, host_pid, host_ipc, host_users, share_processes, mount_token;
	struct flag host_uts; /* of bundles: no pod can ask for it */
	struct word service_account, old_service_account, runtime_class, os, restart_policy;
	struct word priority_class;
	struct at host_aliases, affinity, spread, node_selector;
	struct security security;
	struct docker_words docker;
	struct sysctl *sysctls;
	struct volume *volumes;
	struct container *containers;
	uint32_t sysctl_count, volume_count, container_count;
};

/* Types of volumes, as the fields are called; NULL-terminated. */
extern const char *const volume_types[];

/* The container's own setting, or else the pod's. */
const struct flag *effective_flag(const struct flag *own, const struct flag *pod);
const struct number *effective_number(const struct number *own, const struct number *pod);
const struct word *effective_word(const struct word *own, const struct word *pod);

bool word_is(const struct word *w, const char *value);
bool words_have(const struct words *w, const char *value);
/* The volume that a mount mounts, or NULL. */
const struct volume *mount_volume(const struct workload *w, const struct mount *m);
bool is_windows(const struct workload *w);

struct image_name image_parse(struct text reference);

/*
 * Reads the PodSpec at pod. What has a wrong type is told to diagnostics and taken for unset. All of it
 * lives in the arena, and in the tree. NULL: out of memory, or too many containers.
 */
struct workload *workload_read(struct arena *a, const struct at *pod, const struct at *meta,
			       struct diags *d);
