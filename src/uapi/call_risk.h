/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a system call is good for in the hands of somebody who took over the process: the order in
 * which people should look at calls that a program could make.
 */
#pragma once

enum sys_risk_level {
	SYS_RISK_LOW,	 /* what every program does, to things it has already */
	SYS_RISK_MEDIUM, /* a step on the way: new identity, new program, new peer, lasting change */
	SYS_RISK_HIGH,	 /* out of the container, into the kernel, or into other processes */
	SYS_RISK_LEVELS
};
extern const char *const sys_risk_level_names[SYS_RISK_LEVELS];

struct sys_risk {
	const char *name; /* of the class */
	enum sys_risk_level level;
	const char *why;
};

/* The class of a call; what is in no list is "ordinary". Never NULL. */
const struct sys_risk *sys_call_risk(const char *call);
