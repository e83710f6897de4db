/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What confines a running process: read from the kernel, never from a file in which somebody asked for
 * it.
 */
#pragma once
#include "confine/filter_stack.h"
#include "identity/process.h"

enum posture_namespace {
	POSTURE_CGROUP,
	POSTURE_IPC,
	POSTURE_MNT,
	POSTURE_NET,
	POSTURE_PID,
	POSTURE_USER,
	POSTURE_UTS,
	POSTURE_NAMESPACES
};
extern const char *const posture_namespace_names[POSTURE_NAMESPACES]; /* as in /proc/PID/ns */

enum posture_lsm { POSTURE_LSM_NONE, POSTURE_APPARMOR, POSTURE_SELINUX, POSTURE_LSM_OTHER };

struct posture_mount {
	char *point, *device, *root, *type;
	bool read_only; /* the mount or its file system */
};

struct posture {
	struct process_status process;
	struct filter_stack filters;
	bool filters_known;
	struct error filters_error; /* why they are not */
	enum posture_lsm lsm;
	char *label;		       /* without "(enforce)"; NULL: no security module has one */
	bool label_enforced;	       /* AppArmor: in enforce mode; SELinux: the kernel enforces */
	bool host[POSTURE_NAMESPACES]; /* the first process of this machine is in the same one */
	VEC(struct posture_mount) mounts;
};

/* The part of it that needs no stopping, without the mounts; -ESRCH if it is gone. */
int posture_look(pid_t pid, struct posture *ret, struct error *err);

/* Stops the process for a moment, to read its filters; -ESRCH if it is gone. */
int posture_read(pid_t pid, struct posture *ret, struct error *err);
void posture_deinit(struct posture *p);
#define cleanup_posture cleanup(posture_deinit)

/* The mounts of the process that p->process.pid names; they need no stopping either. */
int posture_read_mounts(struct posture *p, struct error *err);

/* Pure part: "name (mode)\n" of AppArmor, a context of SELinux, from /proc/PID/attr/current. */
void posture_label_parse(struct posture *p, char *text);

/* The uppermost mount at a path of the process, or NULL. */
const struct posture_mount *posture_mount_at(const struct posture *p, const char *point);

/* True if the process has a file there (links are followed inside its own root only). */
bool posture_has_path(const struct posture *p, const char *path);
