/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/spo_read.h"

#include "base/str.h"

/* Lists of paths below spec.abstract, with the permissions that the operator renders them with. */
static const struct {
	const char *part, *list, *permissions;
} path_lists[] = {
	{ "executable", "allowedExecutables", "ixr" }, { "executable", "allowedLibraries", "mr" },
	{ "filesystem", "readOnlyPaths", "r" },	       { "filesystem", "writeOnlyPaths", "wlk" },
	{ "filesystem", "readWritePaths", "rwlk" },
};

static bool is_kind(const json_t *resource, const char *kind)
{
	const char *its = json_string_value(json_object_get(resource, "kind"));

	return its && str_eq(its, kind) && json_is_object(json_object_get(resource, "spec"));
}

bool spo_resource_is(const json_t *resource)
{
	return is_kind(resource, "AppArmorProfile") || is_kind(resource, "SelinuxProfile");
}

/* The operator refuses what could end a path in AppArmor's text; so does this. */
static void add_path(const char *path, const char *permissions, struct buf *out, struct buf *notes)
{
	if (!path || path[0] != '/' || strpbrk(path, "\",\n\r"))
		buf_addf(notes, "\"%.200s\" is no path that the operator takes\n",
			 path ? path : "");
	else
		buf_addf(out, "  \"%s\" %s,\n", path, permissions);
}

static void add_capability(const char *name, struct buf *out, struct buf *notes)
{
	if (!name || !*name ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789") != strlen(name))
		buf_addf(notes, "\"%.200s\" is no capability\n", name ? name : "");
	else
		buf_addf(out, "  capability %s,\n", name);
}

static void apparmor_rules(const json_t *spec, struct buf *out, struct buf *notes)
{
	const json_t *abstract = json_object_get(spec, "abstract"), *item;
	size_t i;

	for (size_t row = 0; row < ARRAY_SIZE(path_lists); row++) {
		const json_t *part = json_object_get(abstract, path_lists[row].part);

		json_array_foreach (json_object_get(part, path_lists[row].list), i, item)
			add_path(json_string_value(item), path_lists[row].permissions, out, notes);
	}
	json_array_foreach (json_object_get(json_object_get(abstract, "capability"),
					    "allowedCapabilities"),
			    i, item)
		add_capability(json_string_value(item), out, notes);
	if (json_object_get(abstract, "network"))
		buf_add_str(notes, "spec.abstract.network: families of sockets are not kept\n");
}

static void selinux_rules(const json_t *spec, struct buf *out, struct buf *notes)
{
	json_t *types = json_object_get(spec, "allow"), *classes, *permissions, *item;
	const char *type, *class_name;
	size_t i;

	json_object_foreach (types, type, classes) {
		json_object_foreach (classes, class_name, permissions) {
			if (!str_eq(type, "@self") || !str_starts(class_name, "capability")) {
				buf_addf(notes,
					 "spec.allow: %.100s %.100s: a profile has no types\n",
					 type, class_name);
				continue;
			}
			json_array_foreach (permissions, i, item)
				add_capability(json_string_value(item), out, notes);
		}
	}
}

void spo_resource_text(const json_t *resource, struct buf *out, struct buf *notes)
{
	const json_t *spec = json_object_get(resource, "spec");
	const char *policy = json_string_value(json_object_get(spec, "policy"));

	if (policy &&
	    is_kind(resource, "AppArmorProfile")) { /* before abstract rules, it was text */
		buf_add_str(out, policy);
		return;
	}
	buf_add_str(out, "profile imported {\n");
	if (is_kind(resource, "AppArmorProfile"))
		apparmor_rules(spec, out, notes);
	else
		selinux_rules(spec, out, notes);
	buf_add_str(out, "}\n");
}
