/* SPDX-License-Identifier: Apache-2.0 */
/* Which program it is that will run, and whether that is settled. */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/check.h"
#include "inspect/exemption.h"

/* A bundle need not say where its root came from. */
static bool is_unknown(struct probe *p, const struct container *c)
{
	if (c->image.value.len || probe_object(p)->kind != KIND_OCI_CONTAINER)
		return false;
	probe_skip(p);
	return true;
}

static void tag(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct image_name *n = &c->image_name;
	bool fixed = n->digest.len || (n->tag.len && !text_eq_str(n->tag, "latest"));

	if (!is_unknown(p, c) && !fixed)
		probe_fail(p, &c->image.at);
}

static void digest(struct probe *p, const struct workload *w, const struct container *c)
{
	if (!is_unknown(p, c) && !c->image_name.digest.len)
		probe_fail(p, &c->image.at);
}

static void pull_policy(struct probe *p, const struct workload *w, const struct container *c)
{
	if (c->image_name.digest.len)
		probe_skip(p);
	else if (!word_is(&c->pull_policy, "Always") &&
		 !(!c->pull_policy.value.data &&
		   (!c->image_name.tag.len || text_eq_str(c->image_name.tag, "latest"))))
		probe_fail(p, &c->pull_policy.at);
}

static void registry(struct probe *p, const struct workload *w, const struct container *c)
{
	if (!is_unknown(p, c) && c->image.value.len && !c->image_name.registry.len)
		probe_fail(p, &c->image.at);
}

static void old_registry(struct probe *p, const struct workload *w, const struct container *c)
{
	if (!is_unknown(p, c) && text_eq_str(c->image_name.registry, "k8s.gcr.io"))
		probe_fail(p, &c->image.at);
}

/* Whether a name is that of the registry or of something in it: "a.b/c" and "a.b/c/d", not "a.b/cd". */
static bool is_below(struct text name, struct text registry)
{
	while (registry.len && registry.data[registry.len - 1] == '/')
		registry.len--;
	return text_starts(name, registry) &&
	       (name.len == registry.len || strchr("/:@", name.data[registry.len]));
}

/* As a runtime reads it: without a registry it is Docker Hub's. */
static bool is_trusted(const struct exemptions *e, const struct container *c)
{
	char name[512];
	const struct image_name *n = &c->image_name;
	bool official = !memchr(n->repository.data, '/', n->repository.len);

	snprintf(name, sizeof(name), "docker.io/%s%.*s", official ? "library/" : "",
		 (int)n->repository.len, n->repository.data);
	vec_foreach(r, &e->registries)
		if (is_below(n->registry.len ? c->image.value : text_of(name), text_of(*r)))
			return true;
	return false;
}

static void trusted(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct exemptions *e = probe_exemptions(p);

	if (is_unknown(p, c))
		return;
	if (!e || !e->registries.len || !c->image_name.repository.len)
		probe_skip(p);
	else if (!is_trusted(e, c))
		probe_fail(p, &c->image.at);
}

#define IMAGE .category = CATEGORY_IMAGE, .kinds = KINDS_CONTAINER
#define IMAGES "https://kubernetes.io/docs/concepts/containers/images/"

static const struct check checks[] = {
	{ .id = "MRL-401",
	  .name = "latest-tag",
	  .title = "The image has no fixed version",
	  .attack =
		  "Who can push to the repository changes what runs; nobody can tell what ran yesterday.",
	  .suggest = "Name a version, better a digest.",
	  .aliases = "tagNotSpecified C-0075 KSV-0013 container-image-tag CKV_K8S_14 docker-5.28",
	  .links = IMAGES,
	  .severity = SEVERITY_MEDIUM,
	  IMAGE,
	  .container = tag },
	{ .id = "MRL-402",
	  .name = "image-digest",
	  .title = "The image is not named by its digest",
	  .attack = "A tag can be moved to another image.",
	  .suggest = "Name it as repository:tag@sha256:...",
	  .aliases = "C-0306 CKV_K8S_43",
	  .links = IMAGES,
	  .severity = SEVERITY_LOW,
	  IMAGE,
	  .container = digest },
	{ .id = "MRL-403",
	  .name = "image-pull-policy",
	  .title = "An image that is on the node is used unasked",
	  .attack =
		  "A pod without rights to the registry runs what another pulled; an old image stays.",
	  .suggest = "Set imagePullPolicy: Always, or name the image by digest.",
	  .aliases = "pullPolicyNotAlways C-0075 container-image-pull-policy CKV_K8S_15",
	  .links = IMAGES,
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "\"Always\"",
		   .why = "Nodes that do not reach the registry have to start it from what they have." },
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_IMAGE,
	  .kinds = KINDS_WORKLOAD,
	  .container = pull_policy },
	{ .id = "MRL-404",
	  .name = "ambiguous-registry",
	  .title = "The image's registry is not named",
	  .attack = "The runtime's configuration decides whose image of that name is pulled.",
	  .suggest = "Begin the name with the registry.",
	  .aliases = "C-0001 C-0078 KSV-0124",
	  .links = IMAGES,
	  .severity = SEVERITY_LOW,
	  IMAGE,
	  .container = registry },
	{ .id = "MRL-405",
	  .name = "deprecated-registry",
	  .title = "The image is at k8s.gcr.io, which is frozen",
	  .attack = "Gets no mended versions.",
	  .suggest = "Use registry.k8s.io.",
	  .aliases = "C-0253",
	  .links = "https://kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement/",
	  .severity = SEVERITY_LOW,
	  IMAGE,
	  .container = old_registry },
	{ .id = "MRL-406",
	  .name = "untrusted-registry",
	  .title = "The image comes from a registry that is not one of yours",
	  .attack = "Whoever can push there runs code here.",
	  .suggest = "Mirror it to one of those that the configuration names (registries).",
	  .aliases =
		  "C-0001 C-0078 KSV-0125 KSV-0032 KSV-0033 KSV-0034 KSV-0035 CIS-5.5.1 ack-6.1.4",
	  .links = IMAGES,
	  .severity = SEVERITY_HIGH,
	  IMAGE,
	  .container = trusted },
};

const struct check_group checks_image = { checks, ARRAY_SIZE(checks) };
