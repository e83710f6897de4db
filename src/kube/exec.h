/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials that a program gives, as kubeconfigs of clouds have them: client.authentication.k8s.io/v1 and
 * v1beta1 (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins).
 */
#pragma once
#include "base/yaml_tree.h"
#include "kube/config.h"

/* What a kubeconfig says of the program. */
struct kube_exec {
	const char *api_version;
	const char **
		argv; /* ended by NULL; a path in argv[0] is absolute, or relative to where we are */
	const char **env;	  /* "NAME=value", besides ours; ended by NULL */
	const char *hint;	  /* how to install it; NULL */
	const char *config;	  /* of the cluster, for the program: JSON; NULL */
	const char *file, *shown; /* the kubeconfig and the program, for messages */
	bool wants_terminal, no_terminal, wants_cluster;
};

struct kube_credentials {
	char *token;	    /* NULL */
	char *cert, *key;   /* PEM; both or neither */
	int64_t expires_ns; /* since 1970; 0: not told */
};

/*
 * Reads the member "exec" of a user into the config's arena. directory: of the kubeconfig, "" if it is here.
 * cluster may be NULL. -EINVAL with file:line.
 */
int kube_exec_read(struct kube_config *c, const struct yaml_node *exec, const char *file,
		   const struct yaml_node *cluster, struct error *err);

/*
 * Runs it, with the user's rights and environment; ret is to be cleaned up. -ENOENT: it is not installed;
 * -EINVAL: what it wrote are no credentials, or it failed, with what it had to say; -ETIMEDOUT.
 */
int kube_exec_run(const struct kube_config *c, struct kube_credentials *ret, struct error *err);
/* The same, of what it wrote. */
int kube_exec_parse(const struct kube_exec *x, struct text wrote, struct kube_credentials *ret,
		    struct error *err);

void kube_credentials_deinit(struct kube_credentials *c);
#define cleanup_kube_credentials cleanup(kube_credentials_deinit)
