/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/check.h"

#include <assert.h>
#include <stdio.h>
#include <strings.h>

const char *const severity_names[SEVERITIES] = { "low", "medium", "high", "critical" };
const char *const category_names[CATEGORIES] = { "privilege", "mounts",	       "identity",
						 "image",     "reliability",   "network",
						 "rbac",      "cluster",       "engine",
						 "node",      "control-plane", "pod-security" };
const char *const outcome_names[OUTCOMES] = { "pass",		"fail",	 "warn",
					      "not-applicable", "error", "exempt" };

const struct check_group *const check_groups[] = {
	&checks_privilege,
	&checks_confinement,
	&checks_capability,
	&checks_mounts,
	&checks_identity,
	&checks_secrets,
	&checks_image,
	&checks_reliability,
	&checks_network,
	&checks_connections,
	&checks_rbac,
	&checks_cluster,
	&checks_api,
	&checks_docker,
	&checks_docker_container,
	&checks_runtime,
	&checks_kubelet,
	&checks_api_server,
	&checks_control_plane,
	&checks_node,
	&checks_host_files,
	&checks_pss_baseline,
	&checks_pss_restricted,
	&checks_recorded,
	&checks_in_force,
	&checks_image_files,
	&checks_scheduling,
	&checks_labels,
	&checks_access,
	&checks_known_holes,
	&checks_amounts,
	NULL,
};

static bool is_unprivileged(const struct container *c)
{
	for (uint32_t i = 0; i < c->security.add.count; i++) {
		struct text t = c->security.add.items[i].value;

		if (text_eq_str(t, "ALL") || text_ends(t, TEXT("SYS_ADMIN")))
			return false;
	}
	return c->security.privileged.value != ON;
}

bool fix_is_unprivileged(const struct workload *w, const struct container *c)
{
	for (uint32_t i = 0; !c && i < w->container_count; i++)
		if (!is_unprivileged(&w->containers[i]))
			return false;
	return !c || is_unprivileged(c);
}

size_t check_count(void)
{
	size_t n = 0;

	for (const struct check_group *const *g = check_groups; *g; g++)
		n += (*g)->count;
	return n;
}

static bool same(const char *s, size_t len, struct text name)
{
	return len == name.len && len && !strncasecmp(s, name.data, len);
}

enum { TRIVY_MAX = 16 };

/* "AVD-KSV-0017" and, as older releases wrote it, "KSV017": what is called KSV-0017 here. */
static struct text as_trivy(struct text name, char out[TRIVY_MAX])
{
	static const char *const series[] = { "KSV", "KCV", "DS" };

	if (name.len > 4 && !strncasecmp(name.data, "AVD-", 4))
		name = text_from(name.data + 4, name.len - 4);
	for (size_t i = 0; i < ARRAY_SIZE(series); i++) {
		uint32_t len = (uint32_t)strlen(series[i]), digits = name.len - len;

		if (name.len != len + 3 && name.len != len + 4)
			continue;
		if (strncasecmp(name.data, series[i], len) || name.data[len] == '-')
			continue;
		snprintf(out, TRIVY_MAX, "%s-%s%.*s", series[i], digits == 3 ? "0" : "",
			 (int)digits, name.data + len);
		return text_of(out);
	}
	return name;
}

bool check_is_called(const struct check *c, struct text name)
{
	char trivy[TRIVY_MAX];

	name = as_trivy(name, trivy);
	if (same(c->id, strlen(c->id), name) || same(c->name, strlen(c->name), name))
		return true;
	for (const char *a = c->aliases; *a;) {
		size_t len = strcspn(a, " ");

		if (same(a, len, name))
			return true;
		a += len + strspn(a + len, " ");
	}
	return false;
}

bool check_is_about(const struct check *c, const struct object *o)
{
	return c->kinds & (o->kind < 0 ? KINDS_OTHER : KIND_BIT(o->kind));
}

bool severity_parse(const char *name, enum severity *ret)
{
	for (int i = 0; i < SEVERITIES; i++) {
		if (strcasecmp(name, severity_names[i]))
			continue;
		*ret = (enum severity)i;
		return true;
	}
	return false;
}
