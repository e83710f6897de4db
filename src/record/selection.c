/* SPDX-License-Identifier: Apache-2.0 */
#include "record/selection.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define free_strings(v)            \
	do {                       \
		vec_foreach(s_, v) \
			free(*s_); \
		vec_deinit(v);     \
	} while (0)

void selection_deinit(struct selection *s)
{
	free_strings(&s->containers);
	free_strings(&s->pods);
	free_strings(&s->images);
	free_strings(&s->cgroups);
}

bool selection_is_empty(const struct selection *s)
{
	return !s->all && !s->containers.len && !s->pods.len && !s->images.len && !s->cgroups.len;
}

bool selection_is_open(const struct selection *s)
{
	return s->all || s->pods.len || s->images.len;
}

static bool is_pod(const struct container *c, const char *what)
{
	char full[1024];

	if (!c->pod_name || c->sandbox)
		return false;
	snprintf(full, sizeof(full), "%s/%s", c->pod_namespace ? c->pod_namespace : "default",
		 c->pod_name);
	return !fnmatch(what, full, 0);
}

bool selection_has(const struct selection *s, const struct container *c)
{
	if (s->all)
		return !c->sandbox;
	vec_foreach(what, &s->containers)
		if (container_is_called(c, *what))
			return true;
	vec_foreach(what, &s->pods)
		if (is_pod(c, *what))
			return true;
	vec_foreach(pattern, &s->images)
		if (container_has_image(c, *pattern))
			return true;
	return false;
}
