/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/commands.h"
#include "identity/container.h"

static const struct option_def options[] = {
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

static json_t *container_json(const struct container *c)
{
	json_t *o = json_object();

	json_set_string(o, "id", c->id);
	json_set_string(o, "name", c->name);
	json_set_string(o, "engine", c->engine);
	json_set_string(o, "runtime", c->runtime);
	json_set_string(o, "image", c->image);
	json_set_string(o, "imageDigest", c->image_digest);
	json_set_string(o, "podNamespace", c->pod_namespace);
	json_set_string(o, "podName", c->pod_name);
	json_set_string(o, "podUid", c->pod_uid);
	json_set_string(o, "bundle", c->bundle);
	json_set_string(o, "cgroup", c->cgroup);
	json_object_set_new(o, "pid", json_integer(c->pid));
	json_object_set_new(o, "owner", json_integer(c->owner));
	json_object_set_new(o, "sandbox", json_boolean(c->sandbox));
	return o;
}

static const char *shown(const char *s, char *room, size_t size)
{
	if (!s)
		return "-";
	str_printable(room, size, s, strlen(s));
	return room;
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_container_list container_list all = { 0 };
	struct cgroup_layout layout;
	int r = cgroup_layout_detect(&layout, err);

	if (!r)
		r = container_list_all(&layout, &all, err);
	if (r)
		return r;
	container_list_add_users(&all);
	if (arg_flag(args, "json")) {
		cleanup_json json_t *list = json_array();

		vec_foreach(c, &all)
			json_array_append_new(list, container_json(c));
		json_dumpf(list, stdout, JSON_INDENT(2));
		putchar('\n');
		return EXIT_OK;
	}
	printf("%-14s %-24s %-12s %-8s %-24s %s\n", "ID", "NAME", "ENGINE", "PID", "POD", "IMAGE");
	vec_foreach(c, &all) {
		char id[16], name[64], engine[32], pod[128], image[256];

		snprintf(id, sizeof(id), "%.12s", c->id);
		printf("%-14s %-24s %-12s %-8d %-24s %s\n", id, shown(c->name, name, sizeof(name)),
		       shown(c->engine, engine, sizeof(engine)), c->pid,
		       shown(c->pod_name, pod, sizeof(pod)), shown(c->image, image, sizeof(image)));
	}
	return EXIT_OK;
}

const struct command cmd_containers = {
	.name = "containers",
	.summary = "list the running containers, whoever runs them",
	.description = "Lists every container on this host, from its control group, its runtime's "
		       "state and its bundle: no engine's API is asked, so it does not matter which "
		       "engine started it.",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
