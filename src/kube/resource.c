/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/resource.h"

#include <errno.h>

#include "base/json.h"
#include "base/str.h"

enum { GROUPS_MAX = 1000, RESOURCES_MAX = 20000 };

/* What goes into a path: nothing that could lead elsewhere. */
static bool is_name(const char *s, size_t size)
{
	if (!s || !*s || strlen(s) >= size || *s == '.')
		return false;
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")] ==
	       '\0';
}

static void add_version(struct kube_group *g, const char *version)
{
	if (!is_name(version, sizeof(g->versions[0])) || g->count == ARRAY_SIZE(g->versions))
		return;
	for (size_t i = 0; i < g->count; i++)
		if (str_eq(g->versions[i], version))
			return;
	snprintf(g->versions[g->count++], sizeof(g->versions[0]), "%s", version);
}

static const char *member(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

bool kube_discovery_read_groups(struct kube_discovery *d, struct text body)
{
	cleanup_json json_t *v = json_loadb(body.data ? body.data : "", body.len, 0, NULL);
	const json_t *groups = json_object_get(v, "groups"), *g, *version;
	size_t i, k;

	if (!json_is_array(groups))
		return false;
	json_array_foreach (groups, i, g) {
		const char *name = member(g, "name");
		struct kube_group *slot;

		if (!is_name(name, sizeof(slot->name)) || d->groups.len >= GROUPS_MAX)
			continue;
		slot = vec_add(&d->groups);
		if (!slot)
			return false;
		snprintf(slot->name, sizeof(slot->name), "%s", name);
		add_version(slot, member(json_object_get(g, "preferredVersion"), "version"));
		json_array_foreach (json_object_get(g, "versions"), k, version)
			add_version(slot, member(version, "version"));
	}
	return true;
}

static bool may_be_listed(const json_t *resource)
{
	const json_t *verb;
	size_t i;

	json_array_foreach (json_object_get(resource, "verbs"), i, verb)
		if (json_is_string(verb) && str_eq(json_string_value(verb), "list"))
			return true;
	return false;
}

bool kube_discovery_read_resources(struct kube_discovery *d, const char *group, const char *version,
				   struct text body)
{
	cleanup_json json_t *v = json_loadb(body.data ? body.data : "", body.len, 0, NULL);
	const json_t *all = json_object_get(v, "resources"), *o;
	size_t i;

	if (!json_is_array(all))
		return false;
	json_array_foreach (all, i, o) {
		const char *name = member(o, "name"), *kind = member(o, "kind");
		struct kube_resource *slot;

		/* "pods/log" is no resource of its own: the slash leaves it out. */
		if (!is_name(name, sizeof(slot->plural)) || !is_name(kind, sizeof(slot->kind)) ||
		    !may_be_listed(o) || d->resources.len >= RESOURCES_MAX)
			continue;
		slot = vec_add(&d->resources);
		if (!slot)
			return false;
		snprintf(slot->group, sizeof(slot->group), "%s", group);
		snprintf(slot->version, sizeof(slot->version), "%s", version);
		snprintf(slot->plural, sizeof(slot->plural), "%s", name);
		snprintf(slot->kind, sizeof(slot->kind), "%s", kind);
		slot->namespaced = json_is_true(json_object_get(o, "namespaced"));
	}
	return true;
}

static int get(struct kube_discovery *d, const char *path, struct kube_answer *a, struct error *err)
{
	int r = kube_get(d->client, path, NULL, a, err);

	if (r)
		return r;
	if (a->status == 401)
		return kube_answer_error(d->client, a, EACCES,
					 "the cluster does not know these credentials", err);
	if (a->status == 403)
		return kube_answer_error(d->client, a, EACCES, path, err);
	if (a->status != 200 && a->status != 404)
		return kube_answer_error(d->client, a, EIO, path, err);
	return 0;
}

int kube_discovery_open(struct kube_discovery *d, struct kube_client *client, struct error *err)
{
	cleanup_kube_answer struct kube_answer a = { 0 };
	struct kube_group *core = vec_add(&d->groups);
	int r;

	d->client = client;
	if (!core)
		return error_errno(err, ENOMEM, "discovery");
	add_version(core, "v1");
	r = get(d, "/apis", &a, err);
	if (!r &&
	    !kube_discovery_read_groups(d, text_from(a.body.data ? a.body.data : "", a.body.len)))
		r = error_set(err, EPROTO,
			      "/apis: this is no list of groups: is it the API of a cluster?");
	return r;
}

void kube_discovery_close(struct kube_discovery *d)
{
	vec_foreach(name, &d->looked_at)
		free(*name);
	vec_deinit(&d->looked_at);
	vec_deinit(&d->groups);
	vec_deinit(&d->resources);
}

static int look_at(struct kube_discovery *d, const char *group, const char *version,
		   struct error *err)
{
	cleanup_kube_answer struct kube_answer a = { 0 };
	cleanup_free char *path = *group ? str_format("/apis/%s/%s", group, version) :
					   str_format("/api/%s", version);
	char **slot;
	int r;

	vec_foreach(seen, &d->looked_at)
		if (path && str_eq(*seen, path))
			return 0;
	if (!path)
		return error_errno(err, ENOMEM, "discovery");
	r = get(d, path, &a, err);
	if (r)
		return r;
	/* A group may be announced whose server is away: what it has is not served now. */
	if (a.status == 200 &&
	    !kube_discovery_read_resources(d, group, version,
					   text_from(a.body.data ? a.body.data : "", a.body.len)))
		return error_set(err, EPROTO, "%s: this is no list of resources", path);
	slot = vec_add(&d->looked_at);
	if (!slot)
		return error_errno(err, ENOMEM, "discovery");
	*slot = TAKE_PTR(path);
	return 0;
}

int kube_discovery_find(struct kube_discovery *d, const char *group, const char *kind,
			const struct kube_resource **ret, struct error *err)
{
	const char *name = str_eq(group, "-") ? "" : group;

	*ret = NULL;
	vec_foreach(g, &d->groups) {
		if (!str_eq(g->name, name))
			continue;
		for (size_t i = 0; i < g->count; i++) {
			int r = look_at(d, name, g->versions[i], err);

			if (r)
				return r;
			vec_foreach(x, &d->resources)
				if (str_eq(x->group, name) && str_eq(x->kind, kind) &&
				    str_eq(x->version, g->versions[i])) {
					*ret = x;
					return 0;
				}
		}
	}
	return 0;
}
