/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a layer that decides by path has to allow: chosen from a profile's files, as policy.h chooses
 * system calls. Files, executables and locks of the chosen layers come together, and what a workload
 * makes itself with a number in its name (temp-11.rdb, base/16404/) will have another number next
 * time: there a run of digits becomes a pattern.
 */
#pragma once
#include "profile/policy.h"

/* Why an access allows more than was seen: bits of access.widened. */
enum access_widening {
	ACCESS_GENERALISED = 1 << 0, /* the profile has a pattern here; access.rule says which */
	ACCESS_NUMBERED = 1 << 1,    /* digits in a name that the workload makes */
	ACCESS_CUT = 1 << 2,	     /* the beginning of the path is not known */
};

/* Operations by what they need of a layer. */
#define ACCESS_OPS_CREATE                                                                       \
	(ABI_FILE_CREATE | ABI_FILE_MKNOD | ABI_FILE_MKDIR | ABI_FILE_SYMLINK | ABI_FILE_BIND | \
	 ABI_FILE_RENAME_TO | ABI_FILE_LINK)
#define ACCESS_OPS_CHANGE                                                              \
	(ACCESS_OPS_CREATE | ABI_FILE_WRITE | ABI_FILE_UNLINK | ABI_FILE_RENAME_FROM | \
	 ABI_FILE_RMDIR | ABI_FILE_CHMOD | ABI_FILE_CHOWN | ABI_FILE_TRUNCATE |        \
	 ABI_FILE_SETXATTR | ABI_FILE_UTIME)

struct access {
	char *path;		/* as in a profile; one that ends in a slash is a directory */
	uint32_t ops;		/* enum abi_file_op */
	bool directory;		/* ends in a slash */
	bool ambiguous;		/* not known to be a file: the same with a slash may be meant too */
	bool locked;		/* somebody who opened it locks files */
	bool volume;		/* data of a mount, not of the image */
	unsigned widened;	/* enum access_widening */
	const char *rule;	/* static, or NULL */
	VEC(const char *) seen; /* some of the paths behind a pattern; borrowed from the profile */
};

struct access_list {
	VEC(struct access) items; /* sorted by path, each path once */
	bool mounts;		  /* the workload mounts or unmounts */
};

/*
 * Chooses. What tasks that came in later did is left out unless the options want it; so is what never
 * has a path that a layer could see (pipes, memory files, abstract sockets). exact: no numbers become
 * patterns here. The profile must outlive the list.
 */
int access_list_build(struct access_list *list, const struct profile *profile,
		      const struct policy_options *options, bool exact, struct error *err);
void access_list_deinit(struct access_list *list);
#define cleanup_access_list cleanup(access_list_deinit)

/* True if facts of this layer are the workload's, or of who came in later and is wanted. */
bool access_layer_is_wanted(enum profile_layer layer, const struct policy_options *options);

/*
 * True if the path is on a mount that every container has for itself and that a read-only root file
 * system leaves writable or virtual: /proc, /sys, /dev, and what is below them.
 */
bool access_is_virtual(const char *path);
