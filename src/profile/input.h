/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that say what is done or what is allowed, told apart by what is in them: profiles, seccomp
 * rules in their dialects, finished programs, traces.
 */
#pragma once
#include "profile/cbpf/program.h"
#include "profile/profile.h"
#include "profile/seccomp_json.h"

enum input_kind {
	INPUT_PROFILE,	/* ours */
	INPUT_RULES,	/* OCI or Docker JSON, an OCI bundle's config.json, a SeccompProfile */
	INPUT_PROGRAM,	/* classic BPF, raw or in base64 */
	INPUT_APPARMOR, /* a profile of AppArmor, in text */
	INPUT_TRACE,	/* of strace or sysdig */
};

struct input {
	enum input_kind kind;
	struct profile *profile;     /* of a profile, a trace, or AppArmor's text */
	struct cbpf_filter rules;    /* of rules */
	struct cbpf_program program; /* of a program */
	struct buf notes;	     /* what was not understood, a line each */
};

void input_deinit(struct input *in);
#define cleanup_input cleanup(input_deinit)

/*
 * Takes a text apart; the caller has zeroed *in. name is that of the file, for messages. -EINVAL with
 * file and place if it is none of these, or a broken one.
 */
int input_read(struct input *in, const char *name, const char *text, size_t len,
	       const struct seccomp_host *host, struct error *err);

/* The same of a file. */
int input_load(struct input *in, const char *path, const struct seccomp_host *host,
	       struct error *err);
