/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/manifest.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "base/yaml_read.h"
#include "profile/seccomp_json.h"
#include "uapi/capability.h"

enum { MANIFEST_MAX = 4 << 20, TEXT_MAX = 4096, CONTAINERS_MAX = 256 };

/* What container engines grant unless told otherwise: containerd and Docker agree on these. */
static const char *const default_caps[] = {
	"CAP_AUDIT_WRITE", "CAP_CHOWN",	  "CAP_DAC_OVERRIDE",	  "CAP_FOWNER",	    "CAP_FSETID",
	"CAP_KILL",	   "CAP_MKNOD",	  "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",    "CAP_SETFCAP",
	"CAP_SETGID",	   "CAP_SETPCAP", "CAP_SETUID",		  "CAP_SYS_CHROOT",
};

/* Where a resource keeps its pod. */
static const struct {
	const char *kind;
	const char *path[5];
} kinds[] = {
	{ "Pod", { "spec" } },
	{ "CronJob", { "spec", "jobTemplate", "spec", "template", "spec" } },
	{ NULL, { "spec", "template", "spec" } }, /* Deployment and its kin */
};

/* A container's context, and the pod's, which holds where the container says nothing. */
struct contexts {
	const json_t *container, *pod;
};

static const json_t *setting(const struct contexts *c, const char *name)
{
	const json_t *own = json_object_get(c->container, name);

	return own && !json_is_null(own) ? own : json_object_get(c->pod, name);
}

static bool is_true(const json_t *o, const char *name)
{
	return json_is_true(json_object_get(o, name));
}

static enum expectation_answer asked_yes_if(bool yes)
{
	return yes ? ASKED_YES : ASKED_NOTHING;
}

/* --- finding the container ---------------------------------------------------------------------- */

/* The pod's own object: metadata and spec; *ret_spec is below it. */
static const json_t *pod_of(const json_t *root, const json_t **ret_spec)
{
	const char *kind = json_string_value(json_object_get(root, "kind"));
	const json_t *at = root, *above = root;
	size_t row = 0;

	while (kinds[row].kind && !(kind && str_eq(kind, kinds[row].kind)))
		row++;
	for (size_t i = 0; i < ARRAY_SIZE(kinds[row].path) && kinds[row].path[i]; i++) {
		above = at;
		at = json_object_get(at, kinds[row].path[i]);
	}
	*ret_spec = at;
	return above;
}

static const json_t *container_in(const json_t *spec, const char *name, size_t *count)
{
	static const char *const lists[] = { "containers", "initContainers",
					     "ephemeralContainers" };
	const json_t *only = NULL, *item;
	size_t i;

	for (size_t list = 0; list < ARRAY_SIZE(lists); list++) {
		json_array_foreach (json_object_get(spec, lists[list]), i, item) {
			const char *called = json_string_value(json_object_get(item, "name"));

			if (name && called && str_eq(called, name))
				return item;
			only = list == 0 ? item : only;
			*count += list == 0;
		}
	}
	return !name && *count == 1 ? only : NULL;
}

/* --- settings ----------------------------------------------------------------------------------- */

static bool add_caps(struct json_reader *r, const json_t *names, uint64_t *set, bool add)
{
	const json_t *item;
	size_t i;

	json_array_foreach (names, i, item) {
		const char *name = json_string_value(item);
		uint64_t which;
		unsigned cap = 0;

		if (name && str_eq(name, "ALL"))
			which = (2ULL << sys_cap_last()) - 1;
		else if (name && sys_cap_parse(name, &cap))
			which = 1ULL << cap;
		else
			return json_fail(r, "%s/%zu: unknown capability", add ? "add" : "drop", i);
		*set = add ? *set | which : *set & ~which;
	}
	return true;
}

static bool get_caps(struct json_reader *r, struct expectation *e, const json_t *context)
{
	const json_t *caps = json_object_get(context, "capabilities");
	size_t mark = json_enter(r, "securityContext/capabilities");
	bool good;
	unsigned cap;

	e->caps_known = true;
	for (size_t i = 0; i < ARRAY_SIZE(default_caps); i++)
		if (sys_cap_parse(default_caps[i], &cap))
			e->caps |= 1ULL << cap;
	/* Engines drop first, then add. */
	good = add_caps(r, json_object_get(caps, "drop"), &e->caps, false) &&
	       add_caps(r, json_object_get(caps, "add"), &e->caps, true);
	e->caps_held = e->caps;
	json_leave(r, mark);
	return good;
}

/* "localhost/x", "runtime/default" of annotations, as a type and a path. */
static const char *annotation_type(const char *text, const char **ret_path)
{
	if (str_starts(text, "localhost/")) {
		*ret_path = text + strlen("localhost/");
		return "Localhost";
	}
	return str_eq(text, "unconfined") ? "Unconfined" : "RuntimeDefault";
}

/* The annotation of before fields were there, for a container or its pod. */
static const char *annotation(const json_t *pod, const char *prefix, const char *name)
{
	const json_t *all = json_object_get(json_object_get(pod, "metadata"), "annotations");
	cleanup_free char *key = str_format("%s%s", prefix, name);

	return key ? json_string_value(json_object_get(all, key)) : NULL;
}

/* A profile by its field, or by the annotations that came before; the type, or NULL: nothing asked. */
static const char *profile_of(const struct contexts *c, const char *field, const char *annotated,
			      const char **ret_path)
{
	const json_t *profile = setting(c, field);
	const char *type = json_string_value(json_object_get(profile, "type"));

	*ret_path = json_string_value(json_object_get(profile, "localhostProfile"));
	return type ? type : annotated ? annotation_type(annotated, ret_path) : NULL;
}

static bool get_profiles(struct expectation *e, const json_t *pod, const struct contexts *c,
			 const char *name, char **ret_localhost)
{
	const char *annotated, *type, *path;

	annotated = annotation(pod, "container.seccomp.security.alpha.kubernetes.io/", name);
	if (!annotated)
		annotated = annotation(pod, "seccomp.security.alpha.kubernetes.io/", "pod");
	type = profile_of(c, "seccompProfile", annotated, &path);
	e->filtered = asked_yes_if(type && !str_eq(type, "Unconfined"));
	e->filter_unknown = true; /* RuntimeDefault: what it is, the runtime knows */
	if (type && str_eq(type, "Localhost") && path && !(*ret_localhost = strdup(path)))
		return false;
	annotated = annotation(pod, "container.apparmor.security.beta.kubernetes.io/", name);
	type = profile_of(c, "appArmorProfile", annotated, &path);
	if (type && str_eq(type, "Localhost") && path && !(e->apparmor = strdup(path)))
		return false;
	e->label_wanted = type && str_eq(type, "RuntimeDefault");
	return true;
}

static void get_user(struct expectation *e, const struct contexts *c)
{
	const json_t *uid = setting(c, "runAsUser"), *gid = setting(c, "runAsGroup");

	e->user_known = json_is_integer(uid);
	e->uid = (uint32_t)json_integer_value(uid);
	e->gid = (uint32_t)json_integer_value(gid);
	e->not_root = json_is_true(setting(c, "runAsNonRoot"));
}

static void get_namespaces(struct expectation *e, const json_t *spec)
{
	e->own[POSTURE_MNT] = ASKED_YES;
	e->own[POSTURE_PID] = is_true(spec, "hostPID") ? ASKED_NO : ASKED_YES;
	e->own[POSTURE_IPC] = is_true(spec, "hostIPC") ? ASKED_NO : ASKED_YES;
	e->own[POSTURE_NET] = e->own[POSTURE_UTS] = is_true(spec, "hostNetwork") ? ASKED_NO :
										   ASKED_YES;
	e->own[POSTURE_USER] = json_is_false(json_object_get(spec, "hostUsers")) ? ASKED_YES :
										   ASKED_NOTHING;
}

static bool get_container(struct json_reader *r, struct expectation *e, const json_t *pod,
			  const json_t *spec, const json_t *container, char **ret_localhost)
{
	struct contexts c = { json_object_get(container, "securityContext"),
			      json_object_get(spec, "securityContext") };
	const char *name = json_string_value(json_object_get(container, "name"));

	get_namespaces(e, spec);
	get_user(e, &c);
	e->read_only_root = asked_yes_if(is_true(c.container, "readOnlyRootFilesystem"));
	if (is_true(c.container, "privileged")) {
		e->caps_known = true;
		e->caps = e->caps_held = UINT64_MAX;
		return true;
	}
	/* The API refuses false together with CAP_SYS_ADMIN or privileged: then it is true. */
	e->no_new_privileges = asked_yes_if(
		json_is_false(json_object_get(c.container, "allowPrivilegeEscalation")));
	return get_caps(r, e, c.container) &&
	       (get_profiles(e, pod, &c, name ? name : "", ret_localhost) ||
		json_fail(r, "out of memory"));
}

int manifest_parse(struct expectation *ret, const char *file, const char *text, size_t len,
		   const char *container, char **ret_localhost, struct error *err)
{
	cleanup_json json_t *documents = yaml_parse(file, text, len, err);
	struct json_reader r = { .file = file, .err = err };
	const json_t *pod = NULL, *spec = NULL, *found = NULL, *document;
	size_t count = 0, i;
	bool any = false;

	*ret_localhost = NULL;
	if (!documents)
		return -EINVAL;
	json_array_foreach (documents, i, document) {
		const json_t *its_spec, *its_pod = pod_of(document, &its_spec);

		if (found || !json_is_array(json_object_get(its_spec, "containers")))
			continue;
		any = true;
		pod = its_pod;
		spec = its_spec;
		found = container_in(spec, container, &count);
	}
	if (!any)
		return error_set(err, EINVAL,
				 "%s: there is no pod in it (spec, or spec.template.spec)", file);
	if (!found && container)
		return error_set(err, ENOENT, "%s: the pod has no container \"%s\"", file,
				 container);
	if (!found)
		return error_set(err, EINVAL, "%s: the pod has %zu containers: name one", file,
				 count);
	ret->source = strdup(file);
	if (!ret->source)
		return error_errno(err, ENOMEM, "%s", file);
	return get_container(&r, ret, pod, spec, found, ret_localhost) ? 0 : -EINVAL;
}

/* The filter of a Localhost profile; its path may not lead out of the directory. */
static int localhost_read(struct expectation *e, const char *root, const char *path,
			  struct error *err)
{
	cleanup_json json_t *o = NULL;
	cleanup_buf struct buf text = BUF_INIT;
	struct seccomp_host host = { .caps = e->caps };
	char full[PATH_MAX];
	int r;

	if (path[0] == '/' || strstr(path, "..") ||
	    snprintf(full, sizeof(full), "%s/%s", root, path) >= (int)sizeof(full))
		return error_set(err, EINVAL, "\"%s\" is no path below %s", path, root);
	r = fs_read(full, SECCOMP_JSON_MAX, &text, err);
	if (r)
		return error_prefix(err,
				    "the seccomp profile that was asked for is not on this node");
	o = json_parse(full, text.data, text.len, err);
	if (!o)
		return -EINVAL;
	r = seccomp_json_read(&e->filter, full, o, &host, NULL, err);
	e->filter_unknown = r != 0;
	e->written_ns = expectation_written_ns(full);
	return r;
}

int manifest_read(struct expectation *ret, const char *file, const char *container,
		  const char *seccomp_root, struct error *err)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_free char *localhost = NULL;
	int r = fs_read(file, MANIFEST_MAX, &text, err);

	if (!r)
		r = manifest_parse(ret, file, text.data ? text.data : "", text.len, container,
				   &localhost, err);
	if (!r && localhost)
		r = localhost_read(ret, seccomp_root, localhost, err);
	return r;
}
