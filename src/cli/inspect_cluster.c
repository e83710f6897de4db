/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/inspect_cluster.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"
#include "inspect/owner.h"
#include "kube/list.h"

enum { PAGE_MAX = 10000, OBJECT_MAX = 16 << 20 };

#define TOKENS "kubernetes.io/service-account-token"

void inspect_cluster_close(struct inspect_cluster *x)
{
	kube_client_free(x->client);
	x->client = NULL;
	kube_config_deinit(&x->config);
}

/* --- which cluster ----------------------------------------------------------------------------------- */

static int read_config(struct inspect_cluster *x, const struct arguments *args, struct error *err)
{
	const char *file = arg_value(args, "kubeconfig"), *home = getenv("HOME");
	const char *context = arg_value(args, "context");
	cleanup_free char *usual = str_format("%s/.kube/config", home ? home : "");
	struct error pod = ERROR_INIT;
	int r;

	if (!file)
		file = getenv("KUBECONFIG");
	if (file && *file)
		return kube_config_read(&x->config, file, context, err);
	r = usual ? kube_config_read(&x->config, usual, context, err) :
		    error_errno(err, ENOMEM, "kubeconfig");
	if (r != -ENOENT || context)
		return r;
	return kube_config_in_cluster(&x->config, &pod) ? r : 0;
}

int inspect_cluster_open(struct inspect_cluster *x, const struct arguments *args, struct error *err)
{
	const char *page = arg_value(args, "page");
	uint64_t n = 0;
	int r;

	*x = (struct inspect_cluster){ .config = KUBE_CONFIG_INIT,
				       .name_space = arg_value(args, "namespace") };
	if (page && (!str_to_u64(page, &n) || !n || n > PAGE_MAX))
		return error_set(err, USAGE_ERROR, "--page: a number from 1 to %d was expected",
				 PAGE_MAX);
	x->page = (unsigned)n;
	r = read_config(x, args, err);
	if (!r)
		r = kube_client_new(&x->client, &x->config, false, err);
	if (!r)
		r = kube_version_read(x->client, &x->version, err);
	return r;
}

/* --- objects ----------------------------------------------------------------------------------------- */

struct round {
	struct inspection *in;
	struct inspect_fix *fix;
	struct owners *owners;
	const struct kube_resource *resource;
	int kind;
	char list[KUBE_NAME_MAX + 8], api_version[2 * KUBE_NAME_MAX + 2];
};

static int add_node(struct round *t, const struct yaml_node *n, bool owned, struct error *err)
{
	return inspection_add_object(t->in, n, text_of(t->list), text_of(t->api_version), owned,
				     err);
}

/* A text of one object, that is no longer what the API gave word for word. */
static int add_text(struct round *t, const char *text, size_t len, struct error *err)
{
	static const struct yaml_limits limits = {
		.bytes = OBJECT_MAX, .depth = 96, .nodes = 1 << 18, .keys = 16384
	};
	cleanup_diags struct diags d = { 0 };
	cleanup_yaml_stream struct yaml_stream *s = yaml_stream_new(t->list, text_from(text, len),
								    &limits, NULL, &d);
	struct yaml_node *n;

	if (!s)
		return error_errno(err, ENOMEM, "%s", t->list);
	if (yaml_stream_next(s, &n) != YAML_DOCUMENT)
		return error_set(err, EPROTO, "%s: an object that can't be read", t->list);
	return add_node(t, n, false, err);
}

static const char *member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

/* Lists leave out of their items what they say of all. */
static void name_kind(const struct round *t, json_t *object)
{
	json_object_set_new(object, "apiVersion", json_string(t->api_version));
	json_object_set_new(object, "kind", json_string(t->resource->kind));
}

/* The patches for an object; then it is judged as they leave it. */
static int add_mended(struct round *t, const struct yaml_node *n, struct error *err)
{
	cleanup_json json_t *object = yaml_json(n);
	const json_t *metadata = json_object_get(object, "metadata");
	cleanup_buf struct buf content = { .limit = OBJECT_MAX };
	cleanup_free char *text = NULL, *place = NULL;
	int r;

	name_kind(t, object);
	text = json_dumps(object, JSON_ENCODE_ANY);
	place = str_format("%s%s%s/%s", member(metadata, "namespace"),
			   *member(metadata, "namespace") ? "/" : "", t->resource->kind,
			   member(metadata, "name"));
	if (!text || !place)
		return error_errno(err, ENOMEM, "%s", t->list);
	buf_add_str(&content, text);
	t->fix->revision = member(metadata, "resourceVersion");
	r = inspect_fix_change(t->fix, place, &content, err);
	t->fix->revision = NULL;
	return r ? r : add_text(t, content.data ? content.data : "", content.len, err);
}

/* Of Secrets it is asked which are tokens, and never what is in them. */
static int add_secret(struct round *t, const struct yaml_node *n, struct error *err)
{
	cleanup_json json_t *object = yaml_json(n);
	cleanup_free char *text = NULL;

	name_kind(t, object);
	json_object_set_new(object, "type", json_string(TOKENS));
	text = json_dumps(object, JSON_ENCODE_ANY);
	return text ? add_text(t, text, strlen(text), err) :
		      error_errno(err, ENOMEM, "%s", t->list);
}

static int on_item(void *data, const struct yaml_node *n, struct error *err)
{
	struct round *t = data;

	switch (owners_take(t->owners, t->kind, n)) {
	case OWNER_AGAIN:
		return 0;
	case OWNER_MEMORY:
		return error_errno(err, ENOMEM, "%s", t->list);
	case OWNER_STANDS:
		return add_node(t, n, true, err);
	case OWNER_NONE:
		break;
	}
	if (t->kind == KIND_SECRET)
		return add_secret(t, n, err);
	return t->fix ? add_mended(t, n, err) : add_node(t, n, false, err);
}

/* --- what may not be read ----------------------------------------------------------------------------- */

/* "may not be read (...): 42 checks are not asked of them, nor MRL-651, MRL-652 of others". */
static void tell_unread(struct round *t, const struct error *why, bool note)
{
	cleanup_buf struct buf b = BUF_INIT;
	const struct inspection *in = t->in;
	uint64_t bit = KIND_BIT(t->kind);
	size_t asked = 0, others = 0;

	(void)in;
	check_foreach (c)
		asked += (c->kinds & bit) != 0 && c->category != CATEGORY_POD_SECURITY;
	buf_addf(&b, "%s: %zu checks are not asked of them", why->text, asked);
	check_foreach (c) {
		if (!(c->needs & bit) || c->kinds & bit)
			continue;
		buf_addf(&b, "%s %s", others++ ? "," : ", nor of others", c->id);
	}
	inspection_unread(t->in, t->kind);
	if (b.failed)
		return;
	if (note)
		inspection_note(t->in, t->resource ? t->resource->kind : t->list, b.data);
	else
		inspection_problem(t->in, t->resource ? t->resource->kind : t->list, b.data);
}

/* --- all kinds ---------------------------------------------------------------------------------------- */

static int list_kind(struct inspect_cluster *x, struct round *t, struct error *err)
{
	struct kube_list l = { .resource = t->resource,
			       .name_space = x->name_space,
			       .page = x->page,
			       .item = on_item,
			       .data = t };
	cleanup_free char *selector = NULL;
	struct error why = ERROR_INIT;
	int r;

	if (t->kind == KIND_SECRET) {
		l.field_selector = "type=" TOKENS;
		l.metadata_only = true;
	}
	if (x->name_space && !t->resource->namespaced) {
		if (t->kind != KIND_NAMESPACE)
			return 0;
		selector = str_format("metadata.name=%s", x->name_space);
		if (!selector)
			return error_errno(err, ENOMEM, "--namespace");
		l.field_selector = selector;
	}
	r = kube_list(x->client, &l, &why);
	if (r == -ENOMEM) {
		*err = why;
		return r;
	}
	if (r < 0 && l.items)
		error_prefix(&why, "broke off after %zu", l.items);
	if (r)
		tell_unread(t, &why, r == KUBE_LIST_ABSENT || t->kind == KIND_SECRET);
	return 0;
}

/* In the first of its groups that is served: the others are older names for the same objects. */
static int find_kind(struct kube_discovery *d, int kind, const struct kube_resource **ret,
		     struct error *err)
{
	const char *groups = kinds[kind].groups;

	*ret = NULL;
	while (*groups && !*ret) {
		size_t len = strcspn(groups, " ");
		cleanup_free char *group = str_dup_n(groups, len);
		int r = group ? kube_discovery_find(d, group, kinds[kind].name, ret, err) :
				error_errno(err, ENOMEM, "discovery");

		if (r)
			return r;
		groups += len + (groups[len] == ' ');
	}
	return 0;
}

static int add_kind(struct inspect_cluster *x, struct kube_discovery *d, struct round *t,
		    struct error *err)
{
	struct error why = ERROR_INIT;
	int r = find_kind(d, t->kind, &t->resource, &why);

	snprintf(t->list, sizeof(t->list), "%sList", kinds[t->kind].name);
	if (r == -ENOMEM) {
		*err = why;
		return r;
	}
	if (r) {
		tell_unread(t, &why, false);
		return 0;
	}
	if (!t->resource)
		return 0;
	snprintf(t->api_version, sizeof(t->api_version), "%s%s%s", t->resource->group,
		 *t->resource->group ? "/" : "", t->resource->version);
	return list_kind(x, t, err);
}

static int add_facts(struct inspect_cluster *x, struct inspection *in, struct error *err)
{
	struct round t = { .in = in, .kind = KIND_CLUSTER, .list = "Cluster" };
	struct error why = ERROR_INIT;
	cleanup_json json_t *facts = NULL;
	cleanup_free char *text = NULL;
	int r = kube_facts(x->client, &x->config, &x->version, &facts, &why);

	if (r) {
		inspection_problem(in, "Cluster", why.text);
		return 0;
	}
	text = json_dumps(facts, 0);
	return text ? add_text(&t, text, strlen(text), err) : error_errno(err, ENOMEM, "cluster");
}

int inspect_cluster_add(struct inspect_cluster *x, struct inspection *in, struct inspect_fix *fix,
			struct error *err)
{
	cleanup_kube_discovery struct kube_discovery d = { 0 };
	cleanup_owners struct owners owners = OWNERS_INIT;
	struct round t = { .in = in, .fix = fix, .owners = &owners };
	uint64_t wanted = inspection_kinds(in);
	int r = kube_discovery_open(&d, x->client, err);

	inspection_name_cluster(in, x->config.name, x->version.git);
	if (!r && !x->name_space && wanted & KIND_BIT(KIND_CLUSTER))
		r = add_facts(x, in, err);
	for (unsigned round = 0; round < OWNER_ROUNDS; round++)
		for (t.kind = 0; t.kind < KINDS && !r; t.kind++)
			if (owner_round(t.kind) == round && *kinds[t.kind].groups &&
			    t.kind != KIND_CLUSTER && wanted & KIND_BIT(t.kind))
				r = add_kind(x, &d, &t, err);
	return r;
}
