/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Denials: what a layer of confinement refused, or would have refused had it been told to (seccomp LOG,
 * AppArmor complain, SELinux permissive). Whoever collects them, from the kernel's audit records or as
 * an agent that a filter asks, makes these; profile learn folds the accepted ones into a profile.
 */
#pragma once
#include "base/json.h"
#include "base/string_list.h"
#include "uapi/arch.h"

enum denial_layer {
	DENIAL_SECCOMP,
	DENIAL_APPARMOR,
	DENIAL_SELINUX,
	DENIAL_DENY, /* rules of ours: merlon deny */
	DENIAL_LAYERS
};
extern const char *const denial_layer_names[DENIAL_LAYERS];

/* All strings are owned, NULL if unknown. What is zero does not apply to the layer. */
struct denial {
	enum denial_layer layer;
	bool enforced; /* refused; else only told of */
	uint64_t count;
	int64_t first_ns, last_ns; /* since 1970 */
	char *container;	   /* name or id */
	char *comm, *executable;
	int32_t pid;	     /* of the first one */
	string_list parents; /* who started it, "pid executable", the nearest first */

	/* the system call; of seccomp it is what was refused, of the others it led there */
	bool has_call;
	enum sys_arch arch;
	uint32_t nr;
	unsigned arg_count; /* of the first so many arguments the values are known */
	uint64_t args[6];

	/* AppArmor, SELinux, rules */
	char *label; /* of the process: profile name, context */
	char *operation; /* AppArmor: "open", "capable", ...; SELinux: the class, "file"; rules: "path", "connect", "call" */
	char *wanted; /* AppArmor: letters of a mask; SELinux: permissions, with blanks; rules: a profile's operations */
	char *target; /* path; of a capability its name; of a network socket "inet stream tcp"; rules: "tcp 192.0.2.1 443" */
};

typedef VEC(struct denial) denial_list;

void denial_deinit(struct denial *d);
#define cleanup_denial cleanup(denial_deinit)
void denial_list_deinit(denial_list *list);
#define cleanup_denial_list cleanup(denial_list_deinit)

/* True if both tell of the same thing, by the same program in the same container. */
bool denial_is_same(const struct denial *a, const struct denial *b);

/*
 * Counts *d as one more of what is in the list, or adds it; *d is empty then. 1 if it is new, 0 if it
 * was known, -ENOMEM, -E2BIG if the list is full (limit): the caller counts what is lost.
 */
int denial_list_add(denial_list *list, struct denial *d, size_t limit);

/* What it is about, for a person: "keyctl(0x0, 0x1)", "open /etc/shadow (r)". */
void denial_text(const struct denial *d, char *out, size_t size);

/* One JSON object; as a line of a file it is the form that is kept and exchanged. */
json_t *denial_to_json(const struct denial *d);
/* -EINVAL with the place; the caller has zeroed *ret. */
int denial_from_json(struct denial *ret, struct json_reader *r, const json_t *o);
