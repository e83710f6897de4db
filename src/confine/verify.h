/* SPDX-License-Identifier: Apache-2.0 */
/* Compares what confines a container with what was asked for. */
#pragma once
#include "confine/expectation.h"

enum verify_result {
	VERIFY_OK,
	VERIFY_UNASKED, /* nothing was asked for: what is in force is told */
	VERIFY_NOTE,	/* it differs, and that is no weakness */
	VERIFY_UNKNOWN, /* it could not be read */
	VERIFY_FINDING,
	VERIFY_RESULTS
};
extern const char *const verify_result_names[VERIFY_RESULTS];

/* What can be compared; a row of the table says what it costs and what to do. */
struct verify_subject {
	const char *id;	  /* stable: scripts look for it */
	const char *cost; /* what a finding means */
	const char *fix;
};

struct verify_check {
	const struct verify_subject *subject;
	enum verify_result result;
	char *text;	   /* what is in force, and what was asked for */
	string_list items; /* calls, capabilities, paths: what differs */
};
typedef VEC(struct verify_check) verify_list;

void verify_list_deinit(verify_list *list);
#define cleanup_verify_list cleanup(verify_list_deinit)

/*
 * All checks of one container: its first process as *posture has it, the others (pids; they may be
 * gone meanwhile) by what /proc tells of them.
 */
int verify_all(const struct posture *posture, const struct expectation *asked, const pid_t *others,
	       size_t other_count, verify_list *ret);

/* The worst of them. */
enum verify_result verify_worst(const verify_list *list);
