/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities: drop all, add what was used; in the three spellings that people paste. */
#include "profile/backend.h"

#include <errno.h>

#include "base/json.h"
#include "uapi/capability.h"

static json_t *names_json(uint64_t set, size_t skip_prefix)
{
	json_t *all = json_array();

	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++)
		if (set >> cap & 1)
			json_array_append_new(all, json_string(sys_cap_name(cap) + skip_prefix));
	return all;
}

static json_t *kubernetes_json(uint64_t set)
{
	json_t *o = json_object(), *drop = json_array();

	json_array_append_new(drop, json_string("ALL"));
	json_object_set_new(o, "drop", drop);
	if (set)
		json_object_set_new(o, "add", names_json(set, strlen("CAP_")));
	return o;
}

static json_t *oci_json(uint64_t set)
{
	json_t *o = json_object();

	json_object_set_new(o, "bounding", names_json(set, 0));
	json_object_set_new(o, "effective", names_json(set, 0));
	json_object_set_new(o, "permitted", names_json(set, 0));
	return o;
}

static char *docker_flags(uint64_t set)
{
	struct buf b = BUF_INIT;

	buf_add_str(&b, "--cap-drop=ALL");
	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++)
		if (set >> cap & 1)
			buf_addf(&b, " --cap-add=%s", sys_cap_name(cap) + strlen("CAP_"));
	return buf_take(&b);
}

static int emit(const struct profile *p, const struct backend_options *o, struct buf *out,
		struct error *err)
{
	uint64_t set = policy_capabilities(p, &o->policy);
	cleanup_json json_t *root = json_object();
	cleanup_free char *flags = docker_flags(set), *text = NULL;

	json_object_set_new(root, "kubernetes", kubernetes_json(set));
	json_object_set_new(root, "oci", oci_json(set));
	json_set_string(root, "docker", flags);
	text = json_dumps(root, JSON_INDENT(2));
	if (!text || !flags)
		return error_errno(err, ENOMEM, "capabilities");
	buf_add_str(out, text);
	buf_add_char(out, '\n');
	return 0;
}

const struct profile_backend profile_backend_capabilities = {
	.name = "capabilities",
	.suffix = "capabilities.json",
	.summary = "capabilities to drop and to add, for Kubernetes, OCI and docker or podman",
	.apply =
		"The same set three times: for `capabilities` in a pod's `securityContext`, for `process.capabilities` in an OCI "
		"`config.json`, and as flags of docker and podman. The other files here have it already.",
	.emit = emit,
};
