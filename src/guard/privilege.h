/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guard's processes may do once they look at what containers have written. Each gives up the
 * rest for good: capabilities, user, new privileges, and system calls that it has no use for.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum privilege_role {
	/*
	 * Understands records, rules, and what there is to know of processes and containers. No capability, but CAP_BPF
	 * before Linux 5.19, which wants it for maps. Its user has no file: it writes to what is open. No file can be
	 * opened, no program run, no socket made, nobody signalled.
	 */
	ROLE_ENGINE,
	/*
	 * Reads for the engine, and understands nothing of it (reader.h). May read any file, for /proc and the files of
	 * runtimes are others'; may open nothing to write, run nothing, make no socket, signal nobody.
	 */
	ROLE_READER,
	/* Writes alerts to files, sockets and servers. No capabilities. */
	ROLE_OUTPUTS,
	/* Looks names up, which may take loading parts of the C library: its filter lets it read files and speak to servers. */
	ROLE_RESOLVER,
	/*
	 * Carries responses out (respond/hand.h): remains root, for control groups and its ledger are root's, with the
	 * capabilities that ending, reading and moving others' processes and files needs. Runs no program.
	 */
	ROLE_HAND,
	/* The same where containers live in v1 control groups: it enters network namespaces to ask for their number. */
	ROLE_HAND_V1,
	/*
	 * Finds out who containers are, for what is denied in them (deny_keeper.h): remains root, for the files of runtimes and
	 * maps are root's; opens nothing to write, runs nothing.
	 */
	ROLE_KEEPER,
	PRIVILEGE_ROLES
};

/* The user that the outputs run as; name NULL: "merlon" if there is such a user, else a number that is given to nobody. */
int privilege_user(const char *name, uint32_t *uid, uint32_t *gid, struct error *err);
/* True of that number: what belongs to it was written by a guard before there was a user. */
bool privilege_is_nobodys(uint32_t uid);

/*
 * Drops everything that the role does not need; nothing brings it back. The process ends with parent, which forked
 * it: at once if that is gone already.
 */
int privilege_drop(enum privilege_role which, const char *user, pid_t parent, struct error *err);
