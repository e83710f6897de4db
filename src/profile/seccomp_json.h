/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads seccomp rules that others wrote: the OCI dialect (runtime-spec 1.3, config-linux.md), Docker's
 * and containers/common's additions (archMap, includes, excludes, minKernel, defaultErrno), and the
 * spec of a SeccompProfile of the security profiles operator, which is the same with other words for
 * a few things.
 *
 * The result is what a container runtime and libseccomp make of it, where that is not what one would
 * think: a rule that compares an argument twice is an OR of its comparisons (runc); a rule whose
 * action is the default's is dropped (runc); a call of the socket or System V families also opens its
 * number in 32-bit x86's socketcall and ipc, without its comparisons (libseccomp).
 */
#pragma once
#include "base/buf.h"
#include "base/json.h"
#include "profile/cbpf/filter.h"

/* Where Docker's filters are to hold: their rules ask. */
struct seccomp_host {
	uint64_t caps; /* of the container's bounding set */
	unsigned kernel_major, kernel_minor;
};

enum {
	SECCOMP_JSON_MAX = 4 << 20, /* bytes of a file */
	SECCOMP_RULES_MAX = 4096,
	SECCOMP_NAMES_MAX = 2048, /* of one rule */
	SECCOMP_ARGS_MAX = 12,	  /* of one rule */
};

/* True if a document looks like seccomp rules: it has a default action. */
bool seccomp_json_is(const json_t *root);

/*
 * The rules of a document; the caller has zeroed *f. What has no meaning here (calls that no table has,
 * rules for other machines) is told in *notes, a line each, unless it is NULL. -EINVAL with file and
 * place if it is not what a runtime would take.
 */
int seccomp_json_read(struct cbpf_filter *f, const char *file, const json_t *root,
		      const struct seccomp_host *host, struct buf *notes, struct error *err);
