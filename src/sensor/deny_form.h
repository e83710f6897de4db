/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What serves each decision point on this kernel: a table of points and forms. A form is a kind of program and what it is attached
 * to; which programs there are is in bpf/.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "abi/record.h"

#include "abi/event.h"

#include "abi/deny.h"

/* Best first. All but the last ask before something is done. */
enum sensor_deny_form {
	DENY_FORM_NONE,
	DENY_FORM_LSM,	  /* a hook of security modules */
	DENY_FORM_MODIFY, /* fmod_ret on security_*() */
	DENY_FORM_CGROUP, /* a program of the root of the unified hierarchy of control groups */
	DENY_FORM_STOP,	  /* a tracepoint, when it has been done: a signal ends the process */
	DENY_FORMS
};

/* For people and in status: "lsm", "fmod_ret", "stop"; "none". */
extern const char *const sensor_deny_form_names[DENY_FORMS];

/* Forms to choose from. */
enum { DENY_FORMS_ALL = (1 << DENY_FORMS) - 1, DENY_FORMS_STOP = 1 << DENY_FORM_STOP };

/* Of the forms that are allowed (bit per form) those that this kernel has. Loads programs to find out. */
unsigned sensor_deny_forms(unsigned allowed);

/* The best of these that serves the point; DENY_FORM_NONE: none does. */
enum sensor_deny_form sensor_deny_form_of(enum abi_deny_hook hook, unsigned forms);

/*
 * Points that need not be asked, since with these forms others are asked about all that they are, and know more: mknod()
 * with its path for a device that is made; files and connections, if rings_are_asked: what goes through io_uring is done in the
 * name of who submits it.
 */
uint64_t sensor_deny_covered(unsigned forms, bool rings_are_asked);

/*
 * The name of the programs and of the array that serve the point in that form; several points may share them, and
 * the first of those is their lead. NULL, and no lead, if none does.
 */
const char *sensor_deny_served_by(enum abi_deny_hook hook, enum sensor_deny_form form);
enum abi_deny_hook sensor_deny_lead(enum abi_deny_hook hook, enum sensor_deny_form form);
