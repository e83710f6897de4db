/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a cluster's API is and who asks: read from kubeconfig files, or from what a pod is given. Secrets
 * in it are for the client only; no message has them.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

struct kube_exec;

struct kube_config {
	struct arena arena;	/* owns all that is named below */
	const char *name;	/* of the context, for people */
	const char *server;	/* "https://host:port", without a slash at the end */
	const char *name_space; /* of the context; NULL */
	/* Who answers: PEM, or a file of it; neither: whom the system trusts. */
	struct text ca;
	const char *ca_file;
	const char *server_name; /* in its certificate, if not the host's; NULL */
	bool insecure;		 /* whoever answers is believed */
	/* Who asks; all may be missing. A file of a token is read again when it is used. */
	struct text cert, key;
	const char *cert_file, *key_file;
	const char *token, *token_file;
	const char *user, *password;
	const struct kube_exec *exec; /* a program that says it instead (exec.h); NULL */
	const char *proxy;
};

#define KUBE_CONFIG_INIT ((struct kube_config){ .arena = ARENA_INIT((size_t)32 << 20) })

/*
 * Reads files ("a:b" as in $KUBECONFIG; the first that names something counts) and follows context, or
 * current-context if it is NULL. -ENOENT: no such file, context, cluster or user; -EINVAL: malformed; -EPERM: it
 * names a program, and belongs to somebody else or may be written by anybody.
 */
int kube_config_read(struct kube_config *c, const char *files, const char *context,
		     struct error *err);
/* The same for the text of one file; paths in it are relative to its directory. */
int kube_config_parse(struct kube_config *c, const char *file, struct text content,
		      const char *context, struct error *err);
/* What a pod is given: environment and mounted service account. -ENOENT: this is no pod. */
int kube_config_in_cluster(struct kube_config *c, struct error *err);
void kube_config_deinit(struct kube_config *c);

#define cleanup_kube_config cleanup(kube_config_deinit)
