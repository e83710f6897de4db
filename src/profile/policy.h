/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A system call policy: what a seccomp filter will say, before it is written in any dialect.
 *
 * It is chosen from a profile: the workload's own calls, the container runtime's tail (the filter is
 * loaded before the runtime is done), and a closure of calls that the same program would make on
 * another kernel, libc or machine. Every entry knows why it is there.
 */
#pragma once
#include "profile/match.h"
#include "profile/profile.h"

enum policy_reason {
	POLICY_OBSERVED = 1 << 0,  /* the workload made the call */
	POLICY_RUNTIME = 1 << 1,   /* the container runtime needs it after the filter is loaded */
	POLICY_CLOSURE = 1 << 2,   /* not seen; policy_entry.why says what would make it */
	POLICY_ENTERED = 1 << 3,   /* made by tasks that came in later */
	POLICY_ASKED = 1 << 4,	   /* the person asked for it by name */
	POLICY_DENIED = 1 << 5,	   /* a filter in force during the recording refused it */
	POLICY_PREDICTED = 1 << 6, /* never seen; a sweep of its code says that it can be made */
};

struct policy_entry {
	const char *name; /* static */
	unsigned reasons; /* enum policy_reason */
	const char *why;  /* static sentence, for closure entries */
	bool start_only;  /* the workload made it before it was ready, and never after */
	bool logged;	  /* allowed, and the kernel writes a line about each */
	bool deflected;	  /* answered with ENOSYS on purpose, so that libc takes another call */
	uint64_t count;	  /* how often it was seen: the order in a tree, and what people look at */
	match_list matches; /* none: with any arguments */
	char *widened;	    /* why the matches allow more than was seen, or NULL */
};

enum policy_arguments {
	POLICY_ARGUMENTS_DANGER, /* of the calls where they decide danger */
	POLICY_ARGUMENTS_STRICT, /* of every call whose arguments were recorded */
	POLICY_ARGUMENTS_NONE,
};

struct policy_options {
	enum policy_arguments arguments;
	bool with_entered;    /* exec sessions and probes too */
	bool with_denied;     /* what a filter refused during the recording too */
	bool without_runtime; /* not to be loaded by a container runtime */
	bool without_closure;
	bool with_listener; /* the filter will ask an agent: the runtime has to tell that agent */
	bool serve_only;    /* leave out what was made before the workload was ready only */
	bool clone3;	    /* allow clone3, whose flags no filter can check */
	const char *const *allow;     /* further names, NULL-terminated, or NULL */
	const char *const *predicted; /* names (static) that a sweep found, likewise */
	bool log_predicted;	      /* log them; else allow them with harmless arguments */
};

struct policy {
	bool archs[SYS_ARCH_MAX];	  /* in use */
	VEC(struct policy_entry) entries; /* sorted by name */
	VEC(uint32_t) unnamed; /* numbers observed that have no name: no dialect can allow them */
};

/* Chooses; -EINVAL if options name an unknown call. */
int policy_build(struct policy *policy, const struct profile *profile,
		 const struct policy_options *options, struct error *err);
void policy_deinit(struct policy *policy);
#define cleanup_policy cleanup(policy_deinit)

/* Whether the options choose the layer that a call is of. */
bool policy_wants(const struct profile_call *c, const struct policy_options *o);

const struct policy_entry *policy_find(const struct policy *policy, const char *name);

/* Capabilities the workload needs: bits of those used (or, with_denied, refused). */
uint64_t policy_capabilities(const struct profile *profile, const struct policy_options *options);
