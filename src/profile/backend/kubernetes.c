/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubernetes: a strategic merge patch for the pod template of a Deployment, StatefulSet, DaemonSet or
 * Job. Only what the profile proves is in it; what it could not prove is said in the comment.
 *
 * Which spelling a cluster knows: seccompProfile from 1.19 and appArmorProfile from 1.30 on are fields,
 * before that they are annotations (types.go of k8s.io/api/core/v1 and the deprecation guides).
 */
#include "profile/backend/kubernetes.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/yaml.h"
#include "profile/backend/head.h"
#include "profile/needs.h"
#include "uapi/capability.h"

enum { SECCOMP_FIELD_MINOR = 19, APPARMOR_FIELD_MINOR = 30 };
enum { CAP_SYS_ADMIN_NUMBER = 21 };

#define TOKEN_DIRECTORY "/serviceaccount/"

/* --- shared ------------------------------------------------------------------------------------- */

int kubernetes_labels(const struct profile *p, const struct backend_options *o, json_t **ret,
		      struct error *err)
{
	cleanup_json json_t *labels = json_object();
	cleanup_free char *name = backend_name(p, o);

	for (const char *const *s = o->selectors; s && *s; s++) {
		const char *sign = strchr(*s, '=');
		cleanup_free char *key = sign ? str_dup_n(*s, (size_t)(sign - *s)) : NULL;

		if (!sign || sign == *s)
			return error_set(err, EINVAL, "\"%s\" is not KEY=VALUE", *s);
		json_set_string(labels, key ? key : "", sign + 1);
	}
	if (!json_object_size(labels))
		json_set_string(labels, KUBERNETES_LABEL, name);
	*ret = TAKE_PTR(labels);
	return 0;
}

json_t *kubernetes_object(const char *api_version, const char *kind, const char *name)
{
	json_t *object = json_object(), *metadata = json_object();

	json_set_string(object, "apiVersion", api_version);
	json_set_string(object, "kind", kind);
	json_set_string(metadata, "name", name);
	json_object_set_new(object, "metadata", metadata);
	return object;
}

int kubernetes_text(const struct profile *p, const char *comment, const json_t *object,
		    struct buf *out, struct error *err)
{
	if (!object)
		return error_errno(err, ENOMEM, "object");
	backend_head(p, "#", out);
	buf_add_str(out, comment);
	yaml_add(out, object);
	return 0;
}

/* --- the patch ---------------------------------------------------------------------------------- */

struct patch {
	const struct profile *p;
	const struct backend_options *o;
	const struct access_list *files;
	struct buf *comment;
	unsigned minor;
	const char *container;
	const char *name;
	json_t *annotations, *context, *pod;
};

static json_t *localhost(const char *name)
{
	json_t *profile = json_object();

	json_set_string(profile, "type", "Localhost");
	json_set_string(profile, "localhostProfile", name);
	return profile;
}

static void annotate(struct patch *t, const char *prefix, const char *profile)
{
	cleanup_free char *key = str_format("%s%s", prefix, t->container);
	cleanup_free char *value = str_format("localhost/%s", profile);

	if (key && value)
		json_set_string(t->annotations, key, value);
}

/* The versions that the spelling for one is good for. */
static const char *versions_of(unsigned minor)
{
	if (minor >= APPARMOR_FIELD_MINOR)
		return "1.30 and later";
	return minor >= SECCOMP_FIELD_MINOR ? "1.19 to 1.29" : "before 1.19";
}

static void add_profiles(struct patch *t)
{
	cleanup_free char *file = str_format("merlon/%s.json", t->name);

	if (t->minor >= SECCOMP_FIELD_MINOR)
		json_object_set_new(t->context, "seccompProfile", localhost(file ? file : ""));
	else
		annotate(t, "container.seccomp.security.alpha.kubernetes.io/", file ? file : "");
	if (t->o->lsm == BACKEND_LSM_APPARMOR && t->minor >= APPARMOR_FIELD_MINOR) {
		json_object_set_new(t->context, "appArmorProfile", localhost(t->name));
	} else if (t->o->lsm == BACKEND_LSM_APPARMOR) {
		annotate(t, "container.apparmor.security.beta.kubernetes.io/", t->name);
	} else if (t->o->lsm == BACKEND_LSM_SELINUX) {
		cleanup_free char *type = backend_selinux_type(t->p, t->o);
		json_t *options = json_object();

		json_set_string(options, "type", type);
		json_object_set_new(t->context, "seLinuxOptions", options);
	}
}

static void add_capabilities(struct patch *t, uint64_t set)
{
	json_t *caps = json_object(), *drop = json_array(), *add = json_array();

	json_array_append_new(drop, json_string("ALL"));
	json_object_set_new(caps, "drop", drop);
	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++)
		if (set >> cap & 1)
			json_array_append_new(add, json_string(sys_cap_name(cap) + strlen("CAP_")));
	if (json_array_size(add))
		json_object_set(caps, "add", add);
	json_decref(add);
	json_object_set_new(t->context, "capabilities", caps);
}

static void add_escalation(struct patch *t, uint64_t caps)
{
	const char *why = needs_escalation(t->p, &t->o->policy, t->files);

	if (caps >> CAP_SYS_ADMIN_NUMBER & 1)
		why = "it has CAP_SYS_ADMIN, with which Kubernetes refuses false";
	if (why)
		buf_addf(t->comment, "# allowPrivilegeEscalation is left as it is: %s.\n", why);
	else
		json_object_set_new(t->context, "allowPrivilegeEscalation", json_false());
}

static void add_user(struct patch *t)
{
	if (!t->p->credentials.known) {
		buf_add_str(t->comment,
			    "# runAsUser is left as it is: the recording did not see it start.\n");
		return;
	}
	if (!t->p->credentials.uid) {
		buf_add_str(t->comment, "# runAsNonRoot is left as it is: it started as root.\n");
		return;
	}
	json_object_set_new(t->context, "runAsNonRoot", json_true());
	json_object_set_new(t->context, "runAsUser", json_integer(t->p->credentials.uid));
	json_object_set_new(t->context, "runAsGroup", json_integer(t->p->credentials.gid));
}

static int add_root(struct patch *t)
{
	cleanup_string_list string_list written = { 0 };
	int r = needs_written(&written, t->files);

	if (r)
		return r;
	if (!written.len && !t->p->recording.start_seen) {
		buf_add_str(
			t->comment,
			"# readOnlyRootFilesystem is left as it is: the recording did not see it start.\n");
		return 0;
	}
	if (!written.len) {
		json_object_set_new(t->context, "readOnlyRootFilesystem", json_true());
		return 0;
	}
	buf_add_str(t->comment,
		    "# readOnlyRootFilesystem: true would need a volume (emptyDir, say) at\n");
	vec_foreach(directory, &written) {
		buf_add_str(t->comment, "#   ");
		backend_path(t->comment, *directory);
		buf_add_char(t->comment, '\n');
	}
	return 0;
}

/* A pod that never read the token of its service account does without. */
static void add_token(struct patch *t)
{
	if (!t->p->subject.pod_name || !t->p->recording.start_seen)
		return;
	vec_foreach(f, &t->p->files)
		if (strstr(f->path, TOKEN_DIRECTORY) || str_ends(f->path, "/serviceaccount"))
			return;
	json_object_set_new(t->pod, "automountServiceAccountToken", json_false());
}

static json_t *assemble(struct patch *t, json_t *labels)
{
	json_t *patch = json_object(), *spec = json_object(), *template = json_object();
	json_t *metadata = json_object(), *containers = json_array(), *container = json_object();

	if (labels)
		json_object_set(metadata, "labels", labels);
	if (json_object_size(t->annotations))
		json_object_set(metadata, "annotations", t->annotations);
	if (json_object_size(metadata))
		json_object_set(template, "metadata", metadata);
	json_decref(metadata);
	json_set_string(container, "name", t->container);
	json_object_set(container, "securityContext", t->context);
	json_array_append_new(containers, container);
	json_object_set_new(t->pod, "containers", containers);
	json_object_set(template, "spec", t->pod);
	json_object_set_new(spec, "template", template);
	json_object_set_new(patch, "spec", spec);
	return patch;
}

int kubernetes_patch(const struct profile *p, const struct backend_options *o, json_t **ret,
		     struct buf *comment, struct error *err)
{
	cleanup_access_list struct access_list files = { 0 };
	cleanup_json json_t *annotations = json_object(), *context = json_object(),
			    *pod = json_object(), *labels = NULL;
	cleanup_free char *name = backend_name(p, o);
	uint64_t caps = policy_capabilities(p, &o->policy);
	struct patch t = { .p = p,
			   .o = o,
			   .files = &files,
			   .comment = comment,
			   .minor = o->kubernetes_minor ? o->kubernetes_minor :
							  BACKEND_KUBERNETES_MINOR,
			   .name = name,
			   .annotations = annotations,
			   .context = context,
			   .pod = pod };
	int r = kubernetes_labels(p, o, &labels, err);

	if (!r)
		r = access_list_build(&files, p, &o->policy, o->exact_paths, err);
	if (r)
		return r;
	t.container = o->container			     ? o->container :
		      p->subject.pod_name && p->subject.name ? p->subject.name :
							       p->name;
	buf_addf(comment,
		 "#\n# For Kubernetes %s: kubectl patch deployment NAME --patch-file FILE\n",
		 versions_of(t.minor));
	add_profiles(&t);
	add_capabilities(&t, caps);
	add_escalation(&t, caps);
	add_user(&t);
	r = add_root(&t);
	add_token(&t);
	if (r || !name)
		return error_errno(err, ENOMEM, "kubernetes");
	*ret = assemble(&t, o->selectors ? NULL : labels);
	return 0;
}

static int emit(const struct profile *p, const struct backend_options *o, struct buf *out,
		struct error *err)
{
	cleanup_json json_t *patch = NULL;
	cleanup_buf struct buf comment = BUF_INIT;
	int r = kubernetes_patch(p, o, &patch, &comment, err);

	return r ? r : kubernetes_text(p, comment.data, patch, out, err);
}

const struct profile_backend profile_backend_kubernetes = {
	.name = "kubernetes",
	.suffix = "kubernetes.yaml",
	.summary = "Kubernetes: a patch for a pod template's security context",
	.apply = "Put the seccomp and AppArmor (or SELinux) profiles on every node first; a pod that names one which is not "
		 "there does not start. Then\n\n"
		 "    kubectl patch deployment NAME --patch-file @FILE@\n\n"
		 "The container's name in the file must be that in the pod (`--container`).",
	.emit = emit,
};
