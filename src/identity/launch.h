/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a command in a control group of its own. */
#pragma once
#include <sys/types.h>

#include "base/error.h"

/*
 * The child puts itself into the group (procs_fd: of cgroup_open_procs()), so that the kernel sees it
 * come in, and executes; what it does until then is ours, not the command's. If that fails it is
 * reaped and *err says why. Signals are unblocked and SIGINT and SIGTERM as usual in it.
 */
int launch_in_cgroup(char **command, int procs_fd, pid_t *ret, struct error *err);
