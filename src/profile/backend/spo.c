/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resources of the Security Profiles Operator (security-profiles-operator.x-k8s.io): a SeccompProfile,
 * and an AppArmorProfile or a SelinuxProfile, as --lsm says. Since 1.0 all of them have version v1;
 * before, SeccompProfile had v1beta1, SelinuxProfile v1alpha2, AppArmorProfile v1alpha1. What is written
 * here is spelt alike in all.
 *
 * Its AppArmorProfile says less than the apparmor format: what is executed, mapped, read, written; TCP,
 * UDP, raw; capabilities. The operator turns a read-only path into an allowance to read and a denial to
 * write, and denials win: so what another rule may also mean becomes readable and writable here.
 */
#include "profile/backend/kubernetes.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/yaml.h"
#include "profile/access.h"
#include "profile/backend/head.h"
#include "profile/labels.h"
#include "profile/path_pattern.h"
#include "profile/sockets.h"
#include "uapi/capability.h"
#include "uapi/socket.h"

#define GROUP "security-profiles-operator.x-k8s.io/"

static json_t *resource(const char *kind, const char *version_before, const char *name,
			const struct backend_options *o)
{
	cleanup_free char *api = str_format(GROUP "%s", o->spo_before_v1 ? version_before : "v1");

	return kubernetes_object(api, kind, name);
}

/* --- SeccompProfile ----------------------------------------------------------------------------- */

/*
 * The OCI object, without what the resource has no member for: "comment" and "defaultErrnoRet". So an
 * ENOSYS by default becomes an EPERM.
 */
static int seccomp_spec(const struct profile *p, const struct backend_options *o, json_t **ret,
			struct error *err)
{
	struct backend_options changed = *o;
	cleanup_buf struct buf text = BUF_INIT;
	json_t *spec, *rule;
	size_t i;
	int r;

	changed.default_errno = EPERM;
	changed.agent_socket = NULL;
	changed.policy.with_listener = false;
	r = profile_backend_seccomp.emit(p, &changed, &text, err);
	if (r)
		return r;
	spec = json_parse("seccomp", text.data, text.len, err);
	if (!spec)
		return -err->code;
	json_object_del(spec, "defaultErrnoRet");
	json_array_foreach (json_object_get(spec, "syscalls"), i, rule)
		json_object_del(rule, "comment");
	*ret = spec;
	return 0;
}

/* --- AppArmorProfile ---------------------------------------------------------------------------- */

/* What the operator accepts in a path (crd2armor.go, strictPathRegex); it writes it without quotes. */
static bool is_sayable(const char *path)
{
	if (*path != '/')
		return false;
	for (const char *c = path; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_./*?+-", *c))
			return false;
	return true;
}

/* In its language a number has no variable but a pattern. */
static char *spo_path(const char *path)
{
	struct buf out = BUF_INIT;

	buf_add_str(&out, "");
	for (struct path_token t; (t = path_token_next(&path)).kind != PATH_TOKEN_END;) {
		if (t.kind == PATH_TOKEN_BYTE && t.escaped)
			buf_add_char(&out, '?');
		else if (t.kind == PATH_TOKEN_BYTE)
			buf_add_char(&out, (char)t.byte);
		else
			buf_add_str(&out, t.kind == PATH_TOKEN_DEEP ? "**" : "*");
	}
	return buf_take(&out);
}

typedef VEC(const struct access *) access_pointers;

/* True if some other entry may mean the same file: two exact paths never do, and patterns are few. */
static bool overlaps(const struct access *a, const struct access_list *files,
		     const access_pointers *patterns)
{
	if (path_is_exact(a->path)) {
		vec_foreach(b, patterns)
			if (path_may_meet(a->path, (*b)->path))
				return true;
		return false;
	}
	vec_foreach(b, &files->items)
		if (b != a && path_may_meet(a->path, b->path))
			return true;
	return false;
}

struct lists {
	json_t *executables, *libraries, *read, *write, *both;
	struct buf *comment;
	access_pointers patterns; /* those of files that stand for more than one */
};

/* Two paths may become one pattern, and the resource's lists are sets. */
static void add_once(json_t *list, const char *text)
{
	const json_t *known;
	size_t i;

	json_array_foreach (list, i, known)
		if (str_eq(json_string_value(known), text))
			return;
	json_array_append_new(list, json_string(text));
}

static void add_access(struct lists *l, const struct access *a, const struct access_list *files)
{
	const uint32_t reading = ABI_FILE_READ | ABI_FILE_CONNECT | ABI_FILE_RENAME_FROM;
	bool write = a->ops & (ACCESS_OPS_CHANGE | ABI_FILE_CONNECT), read = a->ops & reading;
	cleanup_free char *path = spo_path(a->path);

	if (!path || !is_sayable(path)) {
		buf_add_str(l->comment, "# Not sayable in an AppArmorProfile: ");
		backend_path(l->comment, a->path);
		buf_add_char(l->comment, '\n');
		return;
	}
	if (a->ops & ABI_FILE_EXEC)
		add_once(l->executables, path);
	if (a->ops & (ABI_FILE_EXEC | ABI_FILE_MAP_EXEC))
		add_once(l->libraries, path);
	if (write && (read || overlaps(a, files, &l->patterns)))
		add_once(l->both, path);
	else if (write)
		add_once(l->write, path);
	else if (read && !(a->ops & (ABI_FILE_EXEC | ABI_FILE_MAP_EXEC)))
		add_once(overlaps(a, files, &l->patterns) ? l->both : l->read, path);
}

static void take_list(json_t *to, const char *name, json_t *list)
{
	if (json_array_size(list))
		json_object_set(to, name, list);
	json_decref(list);
}

static void take_object(json_t *to, const char *name, json_t *object)
{
	if (json_object_size(object))
		json_object_set(to, name, object);
	json_decref(object);
}

static int network_json(const struct profile *p, const struct backend_options *o, json_t *to,
			struct buf *comment, struct error *err)
{
	cleanup_socket_list struct socket_list sockets = { 0 };
	json_t *network = json_object(), *protocols = json_object();
	bool raw = false, tcp = false, udp = false, other = false;
	int r = socket_list_build(&sockets, p, &o->policy, err);

	vec_foreach(s, &sockets.items) {
		bool inet = s->family == SYS_AF_INET || s->family == SYS_AF_INET6;
		bool any = inet && s->type == SOCKET_TYPE_ANY;

		tcp = tcp || any || (inet && s->type == SYS_SOCK_STREAM);
		udp = udp || any || (inet && s->type == SYS_SOCK_DGRAM);
		raw = raw || s->type == SYS_SOCK_RAW;
		other = other || !inet;
	}
	raw = raw || sockets.unknown;
	tcp = tcp || sockets.unknown;
	udp = udp || sockets.unknown;
	if (other)
		buf_add_str(
			comment,
			"# Sockets that are neither TCP nor UDP (unix, netlink) are not sayable in an "
			"AppArmorProfile:\n# with the operator's, a kernel that mediates them denies them.\n");
	json_object_set_new(protocols, "allowTcp", json_boolean(tcp));
	json_object_set_new(protocols, "allowUdp", json_boolean(udp));
	json_object_set_new(network, "allowRaw", json_boolean(raw));
	json_object_set_new(network, "allowedProtocols", protocols);
	json_object_set_new(to, "network", network);
	return r;
}

static void capability_json(const struct profile *p, const struct backend_options *o, json_t *to)
{
	uint64_t set = policy_capabilities(p, &o->policy);
	json_t *capability = json_object(), *names = json_array();

	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++) {
		char name[32] = "";

		if (!(set >> cap & 1))
			continue;
		for (size_t i = 0; i < sizeof(name) - 1 && sys_cap_name(cap)[i + 4]; i++)
			name[i] = (char)tolower((unsigned char)sys_cap_name(cap)[i + 4]);
		json_array_append_new(names, json_string(name));
	}
	take_list(capability, "allowedCapabilities", names);
	take_object(to, "capability", capability);
}

static int apparmor_spec(const struct profile *p, const struct backend_options *o, json_t **ret,
			 struct buf *comment, struct error *err)
{
	cleanup_access_list struct access_list files = { 0 };
	struct lists l = { .comment = comment };
	json_t *spec, *abstract, *executable, *filesystem;
	int r = access_list_build(&files, p, &o->policy, o->exact_paths, err);

	if (r)
		return r;
	l.executables = json_array();
	l.libraries = json_array();
	l.read = json_array();
	l.write = json_array();
	l.both = json_array();
	vec_foreach(a, &files.items) {
		const struct access **slot = path_is_exact(a->path) ? NULL : vec_add(&l.patterns);

		if (slot)
			*slot = a;
	}
	vec_foreach(a, &files.items)
		add_access(&l, a, &files);
	vec_deinit(&l.patterns);
	spec = json_object();
	abstract = json_object();
	executable = json_object();
	filesystem = json_object();
	take_list(executable, "allowedExecutables", l.executables);
	take_list(executable, "allowedLibraries", l.libraries);
	take_object(abstract, "executable", executable);
	take_list(filesystem, "readOnlyPaths", l.read);
	take_list(filesystem, "writeOnlyPaths", l.write);
	take_list(filesystem, "readWritePaths", l.both);
	take_object(abstract, "filesystem", filesystem);
	r = network_json(p, o, abstract, comment, err);
	capability_json(p, o, abstract);
	json_set_string(spec, "mode", o->complain ? "Complain" : "Enforce");
	json_object_set_new(spec, "abstract", abstract);
	if (r)
		json_decref(spec);
	else
		*ret = spec;
	return r;
}

/* --- SelinuxProfile ----------------------------------------------------------------------------- */

/* Adds words to a list of texts, each once. */
static void add_words(json_t *list, const char *words)
{
	for (size_t n; *words; words += n + (words[n] == ' ')) {
		cleanup_free char *word = NULL;

		n = strcspn(words, " ");
		word = str_dup_n(words, n);
		if (word)
			add_once(list, word);
	}
}

static json_t *member(json_t *object, const char *name, json_t *fresh)
{
	json_t *found = json_object_get(object, name);

	if (found) {
		json_decref(fresh);
		return found;
	}
	json_object_set_new(object, name, fresh);
	return fresh;
}

static int selinux_spec(const struct profile *p, const struct backend_options *o, json_t **ret,
			struct error *err)
{
	cleanup_label_list struct label_list list = { 0 };
	json_t *spec, *allow, *inherit, *base;
	int r = label_list_build(&list, p, o, err);

	if (r)
		return r;
	spec = json_object();
	allow = json_object();
	inherit = json_array();
	base = json_object();
	json_set_string(base, "kind", "System");
	json_set_string(base, "name", "container");
	json_array_append_new(inherit, base);
	json_object_set_new(spec, "inherit", inherit);
	json_set_string(spec, "mode", o->complain ? "Permissive" : "Enforcing");
	vec_foreach(rule, &list.items)
		add_words(member(member(allow, rule->type, json_object()), rule->class_,
				 json_array()),
			  rule->permissions);
	json_object_set_new(spec, "allow", allow);
	*ret = spec;
	return 0;
}

/* --- all ---------------------------------------------------------------------------------------- */

static void add_document(struct buf *out, json_t *object, json_t *spec)
{
	json_object_set_new(object, "spec", spec);
	buf_add_str(out, "---\n");
	yaml_add(out, object);
	json_decref(object);
}

static int emit(const struct profile *p, const struct backend_options *o, struct buf *out,
		struct error *err)
{
	cleanup_free char *name = backend_name(p, o);
	cleanup_buf struct buf comment = BUF_INIT;
	json_t *seccomp = NULL, *module = NULL;
	int r = name ? seccomp_spec(p, o, &seccomp, err) : error_errno(err, ENOMEM, "spo");

	if (!r && o->lsm == BACKEND_LSM_APPARMOR)
		r = apparmor_spec(p, o, &module, &comment, err);
	else if (!r && o->lsm == BACKEND_LSM_SELINUX)
		r = selinux_spec(p, o, &module, err);
	if (r) {
		json_decref(seccomp);
		return r;
	}
	backend_head(p, "#", out);
	buf_add_str(
		out,
		"# The operator's SeccompProfile has no default errno: what is denied answers EPERM.\n");
	buf_add_str(out, comment.data ? comment.data : "");
	add_document(out, resource("SeccompProfile", "v1beta1", name, o), seccomp);
	if (module && o->lsm == BACKEND_LSM_APPARMOR)
		add_document(out, resource("AppArmorProfile", "v1alpha1", name, o), module);
	else if (module)
		add_document(out, resource("SelinuxProfile", "v1alpha2", name, o), module);
	return 0;
}

const struct profile_backend profile_backend_spo = {
	.name = "spo",
	.suffix = "spo.yaml",
	.summary = "resources of the Security Profiles Operator: seccomp, and AppArmor or SELinux",
	.apply =
		"    kubectl apply -f @FILE@\n\n"
		"The operator puts the profiles on every node. A pod names them: `localhostProfile: operator/@NAME@.json` for "
		"seccomp, `localhostProfile: @NAME@` for AppArmor, `type: @NAME@.process` for SELinux. "
		"`--before-v1` writes the versions of resources that operators before 1.0 know.",
	.emit = emit,
};
