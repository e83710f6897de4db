/* SPDX-License-Identifier: Apache-2.0 */
/* Collects denials while they happen, and adds who it was: container, executable, its parents. */
#pragma once
#include <linux/seccomp.h>

#include "confine/agent.h"
#include "identity/cgroup.h"
#include "profile/denial.h"

struct collector;

struct collector_options {
	const char *container; /* id or name: only what happens there; NULL: everywhere */
	void (*tell)(const struct denial *d, void *arg); /* of each that is new */
	void *tell_arg;
};

struct collector_counts {
	uint64_t denials;
	uint64_t elsewhere; /* not in the container that is wanted */
	uint64_t gone;	    /* perhaps in it: the process had ended when its record was read */
	uint64_t lost;	    /* the list was full */
};

int collector_new(struct collector **ret, const struct collector_options *o, struct error *err);
void collector_free(struct collector *c);
DEFINE_CLEANUP(struct collector *, collector_free)
#define cleanup_collector cleanup(collector_freep)

/* What audit_reader_new() and agent_options.ask want; arg is the collector. */
void collector_take_record(struct denial *d, void *collector);
void collector_take_call(const struct seccomp_data *data, pid_t pid, void *collector);

const denial_list *collector_denials(const struct collector *c);
const struct collector_counts *collector_counts(const struct collector *c);
