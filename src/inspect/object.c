/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/object.h"

#include "inspect/image/image.h"

#include "base/cleanup.h"
#include "base/yaml_make.h"
#include "inspect/docker.h"
#include "inspect/oci.h"

static struct text text_at(const struct object *o, const char *name)
{
	struct at at = at_member(&o->root, name);

	return at_text(&at);
}

/* "DeploymentList" is a list of "Deployment". */
static struct text item_kind(struct text list)
{
	return text_ends(list, TEXT("List")) ? text_from(list.data, list.len - 4) : TEXT_NONE;
}

/* A DeploymentConfig may have no template; a Rollout may name the Deployment that has it, which is judged. */
static bool is_templated_elsewhere(const struct object *o)
{
	struct at ref = at_member(&o->root, "spec.workloadRef");

	return o->kind == KIND_DEPLOYMENT_CONFIG || (o->kind == KIND_ROLLOUT && ref.node);
}

static bool read_workload(struct arena *a, struct object *o, struct diags *d)
{
	const struct kind_def *k = &kinds[o->kind];
	struct at *parents = arena_array(a, struct at, 2);

	if (!parents)
		return false;
	parents[0] = at_member(&o->root, k->pod);
	parents[1] = at_member(&o->root, k->pod_meta ? k->pod_meta : "metadata");
	if (!parents[0].node && is_templated_elsewhere(o))
		return true;
	o->workload = workload_read(a, &parents[0], &parents[1], d);
	return o->workload;
}

/* Configuration files of components, which say what they are: as the daemon of which nothing else is known. */
static bool read_component(struct arena *a, struct object *o)
{
	static const struct {
		const char *name, *group, *member;
		enum kind kind;
	} files[] = {
		{ "KubeletConfiguration", "kubelet.config.k8s.io/", "config", KIND_KUBELET },
		{ "KubeProxyConfiguration", "kubeproxy.config.k8s.io/", "config", KIND_KUBE_PROXY },
		{ "EncryptionConfiguration", "apiserver.config.k8s.io/", "encryption",
		  KIND_API_SERVER },
	};
	const struct yaml_node *n = o->root.node;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct yaml_node *root;

		if (!text_eq_str(o->kind_name, files[i].name) ||
		    !text_starts(o->api_version, text_of(files[i].group)))
			continue;
		root = yaml_make_map(a, n->file, n->line, n->column);
		yaml_make_put(a, root, text_of(files[i].member), (struct yaml_node *)n);
		if (!root)
			return false;
		o->kind = (int)files[i].kind;
		o->root.node = root;
		return true;
	}
	return false;
}

/* What is half an object is a mistake; what is none (a chart's values, another program's file) is not. */
static void note_half(const struct object *o, struct diags *d)
{
	static const char *const names[] = { "kind", "apiVersion" };
	struct at meta = at_member(&o->root, "metadata");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct at at = at_member(&o->root, names[i]),
			  other = at_member(&o->root, names[!i]);

		if (at_text(&at).len || !at_text(&other).len || !meta.node)
			continue;
		diag_error(d, at_place(at.node ? &at : &o->root), "object", "this has no %s",
			   names[i]);
	}
}

bool object_read(struct arena *a, const struct yaml_node *n, struct text kind,
		 struct text api_version, struct diags *d, struct object *ret)
{
	*ret = (struct object){ .kind = -1, .root = { .index = AT_MEMBER, .node = n } };
	if (n->kind != YAML_MAP) {
		if (!yaml_is_null(n))
			diag_error(d, yaml_place(n), "object", "this is no object of a cluster");
		return false;
	}
	ret->kind_name = text_at(ret, "kind");
	ret->api_version = text_at(ret, "apiVersion");
	if (!ret->kind_name.len)
		ret->kind_name = item_kind(kind);
	if (!ret->api_version.len)
		ret->api_version = api_version;
	if (!ret->kind_name.len || !ret->api_version.len) {
		note_half(ret, d);
		return false;
	}
	ret->name = text_at(ret, "metadata.name");
	if (!ret->name.len)
		ret->name = text_at(ret, "metadata.generateName");
	ret->name_space = text_at(ret, "metadata.namespace");
	ret->annotations = at_member(&ret->root, "metadata.annotations");
	ret->labels = at_member(&ret->root, "metadata.labels");
	if (read_component(a, ret))
		return true;
	ret->kind = kind_find(ret->kind_name, ret->api_version);
	if (ret->kind >= 0 && kinds[ret->kind].pod && !read_workload(a, ret, d)) {
		diag_error(d, yaml_place(n), "object", "this is too large to be looked at");
		return false;
	}
	return true;
}

void object_of_image(const struct image *image, const struct yaml_node *config, struct text name,
		     struct object *ret)
{
	*ret = (struct object){ .kind = KIND_IMAGE,
				.root = { .index = AT_MEMBER, .node = config },
				.image = image };
	ret->kind_name = text_of(kinds[KIND_IMAGE].name);
	ret->name = image->name ? text_of(image->name) : name;
	ret->annotations = at_member(&ret->root, "config.Labels");
	ret->labels = at_member(&ret->root, "config.Labels");
}

/* "web" of "bundles/web/config.json"; else what the container calls itself. */
static struct text container_name(const struct object *o)
{
	struct text file = text_of(o->root.node->file->name), name = TEXT_NONE;
	const char *slash = file.len ? memrchr(file.data, '/', file.len) : NULL;

	if (slash)
		name = text_basename(text_from(file.data, (size_t)(slash - file.data)));
	if (!name.len)
		name = text_at(o, "hostname");
	return name.len ? name : TEXT("container");
}

bool object_is_container(const struct object *o)
{
	return o->kind >= 0 && KIND_BIT(o->kind) & KINDS_BUNDLE;
}

/* What Docker calls labels is where its users would exempt a container. */
static bool take_docker(struct arena *a, const struct yaml_node *n, const struct at **ret_root,
			struct object *ret)
{
	struct at *root = arena_new(a, struct at);

	if (!root)
		return false;
	*root = (struct at){ .index = AT_MEMBER, .node = n };
	*ret_root = root;
	ret->kind = KIND_DOCKER_CONTAINER;
	ret->annotations = ret->labels = at_member(root, "Config.Labels");
	return true;
}

bool object_read_docker(struct arena *a, const struct yaml_node *n, struct diags *d,
			struct object *ret)
{
	const struct at *root;

	*ret = (struct object){ .root = { .index = AT_MEMBER, .node = n } };
	ret->kind_name = text_of(kinds[KIND_DOCKER_CONTAINER].name);
	ret->name = docker_name(&ret->root);
	if (take_docker(a, n, &root, ret))
		ret->workload = docker_read(a, root, ret->name, d);
	if (ret->workload && !a->failed)
		return true;
	diag_error(d, yaml_place(n), "object", "this is too large to be looked at");
	return false;
}

bool object_read_container(struct arena *a, const struct yaml_node *n, const struct live *live,
			   const struct yaml_node *docker, struct diags *d, struct object *ret)
{
	const struct at *root;

	*ret = (struct object){ .kind = KIND_OCI_CONTAINER,
				.root = { .index = AT_MEMBER, .node = n } };
	ret->kind_name = text_of(kinds[KIND_OCI_CONTAINER].name);
	ret->name = live && live->name ? text_of(live->name) : container_name(ret);
	ret->annotations = at_member(&ret->root, "annotations");
	ret->labels = at_member(&ret->root, "labels");
	ret->workload = oci_read(a, &ret->root, ret->name, d);
	if (ret->workload && live)
		live_apply(live, ret->workload, a);
	if (ret->workload && docker && take_docker(a, docker, &root, ret))
		docker_add(a, root, ret->workload, d);
	if (ret->workload && !a->failed)
		return true;
	diag_error(d, yaml_place(n), "object", "this is too large to be looked at");
	return false;
}
