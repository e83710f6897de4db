/* SPDX-License-Identifier: Apache-2.0 */
/* merlon inspect --cluster: objects from the API of a cluster into an inspection. Nothing is ever written to one. */
#pragma once
#include "cli/command.h"
#include "cli/inspect_fix.h"
#include "kube/facts.h"

struct inspect_cluster {
	struct kube_config config;
	struct kube_client *client;
	struct kube_version version;
	const char *name_space; /* NULL: all */
	unsigned page;
};

/* Reads the options, the kubeconfig, and asks the version. x is to be closed in any case. */
int inspect_cluster_open(struct inspect_cluster *x, const struct arguments *args,
			 struct error *err);
void inspect_cluster_close(struct inspect_cluster *x);

/*
 * Lists every kind that checks know. What may not be read is said in the report, with what is not judged
 * because of it. fix NULL: nothing is mended; else patches are collected.
 */
int inspect_cluster_add(struct inspect_cluster *x, struct inspection *in, struct inspect_fix *fix,
			struct error *err);

#define cleanup_inspect_cluster cleanup(inspect_cluster_close)
