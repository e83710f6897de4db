/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/facts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"

#define METADATA_ONLY "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

/* What a stranger should get no answer to; /version and /healthz are for everybody by default. */
static const char *const questions[] = { "/api", "/api/v1/namespaces?limit=1",
					 "/api/v1/pods?limit=1", "/api/v1/secrets?limit=1" };

bool kube_version_parse(const char *git, struct kube_version *ret)
{
	const char *s = git + (*git == 'v');
	char *end;
	unsigned long minor;

	if (!str_starts(s, "1."))
		return false;
	minor = strtoul(s + 2, &end, 10);
	if (end == s + 2 || minor > 1000 || !strchr(".+-", *end))
		return false;
	str_printable(ret->git, sizeof(ret->git), git, strlen(git));
	ret->minor = (unsigned)minor;
	return true;
}

int kube_version_read(struct kube_client *c, struct kube_version *ret, struct error *err)
{
	cleanup_kube_answer struct kube_answer a = { 0 };
	cleanup_json json_t *v = NULL;
	const char *git;
	int r = kube_get(c, "/version", NULL, &a, err);

	*ret = (struct kube_version){ 0 };
	if (r)
		return r;
	if (a.status == 401)
		return kube_answer_error(c, &a, EACCES,
					 "the cluster does not know these credentials", err);
	if (a.status == 403) /* it may be told to those who may list all the same */
		return 0;
	if (a.status != 200)
		return kube_answer_error(c, &a, EPROTO, "/version", err);
	v = json_loadb(a.body.data ? a.body.data : "", a.body.len, 0, NULL);
	git = json_string_value(json_object_get(v, "gitVersion"));
	if (!git)
		return error_set(err, EPROTO, "/version: this is no API of a cluster");
	kube_version_parse(git, ret);
	return 0;
}

/* 401: strangers are turned away. 403: they are known as system:anonymous, and may not do this. */
static int ask_as_stranger(const struct kube_config *config, json_t *anonymous, struct error *err)
{
	cleanup_kube_client struct kube_client *c = NULL;
	json_t *answered = json_object_get(anonymous, "answered");
	int r = kube_client_new(&c, config, true, err);

	for (size_t i = 0; i < ARRAY_SIZE(questions) && !r; i++) {
		cleanup_kube_answer struct kube_answer a = { 0 };

		r = kube_get(c, questions[i], METADATA_ONLY ", application/json", &a, err);
		if (r)
			break;
		if (a.status == 401)
			return 0;
		if (a.status == 403 || a.status == 200)
			json_object_set_new(anonymous, "accepted", json_true());
		if (a.status == 200)
			json_array_append_new(answered, json_stringn(questions[i],
								     strcspn(questions[i], "?")));
	}
	return r;
}

int kube_facts(struct kube_client *c, const struct kube_config *config,
	       const struct kube_version *version, json_t **ret, struct error *err)
{
	cleanup_json json_t *v = json_pack(
		"{ss ss s{so} s{so ss sb} s{ss} s{sb s[]}}", "apiVersion", "merlon/v1", "kind",
		"Cluster", "metadata", "name", utf8_json(text_of(config->name)), "server", "url",
		utf8_json(text_of(config->server)), "address", kube_client_peer(c), "plain",
		str_starts(config->server, "http:"), "version", "gitVersion", version->git,
		"anonymous", "accepted", 0, "answered");
	int r;

	if (!v)
		return error_errno(err, ENOMEM, "cluster");
	if (version->minor)
		json_object_set_new(json_object_get(v, "version"), "minor",
				    json_integer(version->minor));
	r = ask_as_stranger(config, json_object_get(v, "anonymous"), err);
	if (!r)
		*ret = TAKE_PTR(v);
	return r;
}
