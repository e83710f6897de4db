/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host as it is: daemons with what their files and their command lines say, who may read and change those
 * files, kernel settings. Each becomes an object of its own kind ("Kubelet", "DockerDaemon", "Host") with
 * these members, and checks see nothing else:
 *
 *   version   minor version of Kubernetes, where something says it
 *   flags     what is on the command line: of the process, or of the static pod
 *   config    the file, with those that are merged into it
 *   files     a list: path, role, mode ("0644"), uid, gid, user, group
 *
 * Nodes of the tree have the places of the files that they come from. What is not there is left out, and what
 * can't be read is a problem of the report.
 */
#pragma once
#include "inspect/engine.h"

/*
 * root is a directory: "/", or where an image or a disk is mounted. Links in it stay in it. Processes are
 * those of its /proc. stored: containers too that Docker keeps there, running or not: who else asks would be told of
 * what runs. -errno if it can't be opened, -ENOMEM.
 */
int host_inspect(struct inspection *in, const char *root, bool stored, struct error *err);
