/* SPDX-License-Identifier: Apache-2.0 */
/* ka.*, jevt.*, json.*: records of a Kubernetes API server's audit log. */
#include <assert.h>

#include "base/cleanup.h"
#include "event/field_access.h"
#include "event/json_text.h"

#define ANNOTATION(name)            \
	{                           \
		"annotations", name \
	}
#define REQUEST(...)                         \
	{                                    \
		"requestObject", __VA_ARGS__ \
	}

enum { STEPS_MAX = 5 };

static const char *const paths[][STEPS_MAX] = {
	[AUDIT_ID] = { "auditID" },
	[AUDIT_STAGE] = { "stage" },
	[AUDIT_DECISION] = ANNOTATION("authorization.k8s.io/decision"),
	[AUDIT_REASON] = ANNOTATION("authorization.k8s.io/reason"),
	[AUDIT_OPENSHIFT_DECISION] = ANNOTATION("authentication.openshift.io/decision"),
	[AUDIT_OPENSHIFT_USER] = ANNOTATION("authentication.openshift.io/username"),
	[AUDIT_POLICY_FAILURE] = ANNOTATION(
		"validation.policy.admission.k8s.io/validation_failure"),
	[AUDIT_POD_VIOLATIONS] = ANNOTATION("pod-security.kubernetes.io/audit-violations"),
	[AUDIT_USER] = { "user", "username" },
	[AUDIT_GROUPS] = { "user", "groups" },
	[AUDIT_IMPERSONATED] = { "impersonatedUser", "username" },
	[AUDIT_VERB] = { "verb" },
	[AUDIT_URI] = { "requestURI" },
	[AUDIT_TARGET_NAME] = { "objectRef", "name" },
	[AUDIT_TARGET_NAMESPACE] = { "objectRef", "namespace" },
	[AUDIT_TARGET_RESOURCE] = { "objectRef", "resource" },
	[AUDIT_TARGET_SUBRESOURCE] = { "objectRef", "subresource" },
	[AUDIT_SUBJECTS] = REQUEST("subjects"),
	[AUDIT_ROLE] = REQUEST("roleRef", "name"),
	[AUDIT_DATA] = REQUEST("data"),
	[AUDIT_HOST_IPC] = REQUEST("spec", "hostIPC"),
	[AUDIT_HOST_NETWORK] = REQUEST("spec", "hostNetwork"),
	[AUDIT_HOST_PID] = REQUEST("spec", "hostPID"),
	[AUDIT_RUN_AS_USER] = REQUEST("spec", "securityContext", "runAsUser"),
	[AUDIT_RUN_AS_GROUP] = REQUEST("spec", "securityContext", "runAsGroup"),
	[AUDIT_ROLE_RULES] = REQUEST("rules"),
	[AUDIT_FS_GROUP] = REQUEST("spec", "securityContext", "fsGroup"),
	[AUDIT_SUPPLEMENTAL_GROUPS] = REQUEST("spec", "securityContext", "supplementalGroups"),
	[AUDIT_SERVICE_TYPE] = REQUEST("spec", "type"),
	[AUDIT_RESPONSE_NAME] = { "responseObject", "metadata", "name" },
	[AUDIT_CODE] = { "responseStatus", "code" },
	[AUDIT_RESPONSE_REASON] = { "responseStatus", "reason" },
	[AUDIT_USER_AGENT] = { "userAgent" },
	[AUDIT_SOURCE_IPS] = { "sourceIPs" },
	[AUDIT_CLUSTER] = ANNOTATION("cluster_name"),
};
static_assert(ARRAY_SIZE(paths) == AUDIT_PATHS, "a path for each");

/* The record, if it is one. */
static const json_t *record(const struct event *ev)
{
	return ev->audit && json_object_get(ev->audit, "auditID") ? ev->audit : NULL;
}

static const json_t *follow(const json_t *v, const char *const *steps, size_t max)
{
	for (size_t i = 0; i < max && steps[i] && v; i++)
		v = json_object_get(v, steps[i]);
	return v;
}

static const json_t *at_path(const struct event *ev, enum audit_path which)
{
	return follow(record(ev), paths[which], STEPS_MAX);
}

static bool yield_json(struct value *ret, const json_t *v, struct scratch *s)
{
	struct text text;

	return json_text(v, s, &text) && yield_text(ret, text);
}

bool field_audit_path(const struct field_ref *f, const struct event *ev, struct scratch *s,
		      struct value *ret)
{
	return yield_json(ret, at_path(ev, (enum audit_path)f->def->param), s);
}

/* --- lists ---------------------------------------------------------------------------------------- */

/* Texts that are collected before it is known how many there are. */
enum { COLLECT_MAX = 512 };
struct collector {
	struct scratch *scratch;
	struct text items[COLLECT_MAX];
	uint32_t count;
	bool failed;
};

static void collect_text(struct collector *c, struct text t)
{
	if (c->count == COLLECT_MAX) {
		c->failed = true;
		c->scratch->refused++;
		return;
	}
	c->items[c->count++] = t;
}

static void collect(struct collector *c, const json_t *v)
{
	struct text text;

	if (v && json_text(v, c->scratch, &text))
		collect_text(c, text);
}

static bool yield_collected(struct value *ret, const struct collector *c)
{
	return !c->failed && yield_texts(ret, c->scratch, c->items, c->count);
}

bool field_audit_list(const struct field_ref *f, const struct event *ev, struct scratch *s,
		      struct value *ret)
{
	const json_t *v = at_path(ev, (enum audit_path)f->def->param);
	struct collector c = { .scratch = s };

	if (!json_is_array(v))
		return false;
	if (f->has_arg) {
		collect(&c, json_array_get(v, (size_t)f->index));
		return c.count && yield_collected(ret, &c);
	}
	for (size_t i = 0; i < json_array_size(v); i++)
		collect(&c, json_array_get(v, i));
	return yield_collected(ret, &c);
}

/*
 * Calls fn with each element of the list, or with the one that the argument picks. False if there is
 * no list or no such element.
 */
static bool each(const struct field_ref *f, const json_t *list,
		 void (*fn)(struct collector *, const struct field_ref *, const json_t *),
		 struct collector *c)
{
	if (!json_is_array(list))
		return false;
	if (f->has_arg && f->index >= 0) {
		if ((size_t)f->index >= json_array_size(list))
			return false;
		fn(c, f, json_array_get(list, (size_t)f->index));
		return true;
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		fn(c, f, json_array_get(list, i));
	return true;
}

/* --- request URI ----------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'		  ? c - '0' :
	       (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 :
						    -1;
}

/* "%2F" and "+" undone. */
static bool unescape(struct text in, struct scratch *s, struct text *ret)
{
	struct scratch_text t = scratch_begin(s);

	for (uint32_t i = 0; i < in.len; i++) {
		char c = in.data[i] == '+' ? ' ' : in.data[i];

		if (c == '%') {
			int high = i + 2 < in.len ? hex_digit(in.data[i + 1]) : -1;
			int low = i + 2 < in.len ? hex_digit(in.data[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		scratch_add(&t, text_from(&c, 1));
	}
	return scratch_end(&t, ret);
}

bool field_audit_uri_param(const struct field_ref *f, const struct event *ev, struct scratch *s,
			   struct value *ret)
{
	const json_t *uri = at_path(ev, AUDIT_URI);
	const char *p = json_string_value(uri);

	p = p ? strchr(p, '?') : NULL;
	if (!p)
		return false;
	while (*++p) {
		size_t len = strcspn(p, "&#"), name = strcspn(p, "=&#");
		struct text key, value;

		if (unescape(text_from(p, name), s, &key) && text_eq(key, f->key)) {
			value = name < len ? text_from(p + name + 1, len - name - 1) : TEXT("");
			return unescape(value, s, &value) && yield_text(ret, value);
		}
		p += len;
		if (*p != '&')
			break;
	}
	return false;
}

/* --- bindings, roles -------------------------------------------------------------------------------- */

bool field_audit_pod_name(const struct field_ref *f, const struct event *ev, struct scratch *s,
			  struct value *ret)
{
	const char *resource = json_string_value(at_path(ev, AUDIT_TARGET_RESOURCE));
	const char *sub = json_string_value(at_path(ev, AUDIT_TARGET_SUBRESOURCE));

	if (!resource || strcmp(resource, "pods") || (sub && *sub))
		return false;
	return yield_json(ret, at_path(ev, AUDIT_RESPONSE_NAME), s);
}

bool field_audit_true(const struct field_ref *f, const struct event *ev, struct scratch *s,
		      struct value *ret)
{
	return record(ev) && yield_text(ret, TEXT("true"));
}

static void collect_subject(struct collector *c, const struct field_ref *f, const json_t *subject)
{
	static const char *const kinds[] = {
		[SUBJECT_USERS] = "User",
		[SUBJECT_ACCOUNTS] = "ServiceAccount",
		[SUBJECT_NAMESPACED] = "ServiceAccount",
		[SUBJECT_GROUPS] = "Group",
	};
	const char *kind = json_string_value(json_object_get(subject, "kind"));
	const json_t *name = json_object_get(subject, "name");
	const char *namespace = json_string_value(json_object_get(subject, "namespace"));
	struct text text, plain;
	struct scratch_text t;

	if (!kind || strcmp(kind, kinds[f->def->param]) || !name)
		return;
	if (f->def->param != SUBJECT_NAMESPACED) {
		collect(c, name);
		return;
	}
	if (!namespace || !json_text(name, c->scratch, &plain))
		return;
	t = scratch_begin(c->scratch);
	scratch_add(&t, text_of(namespace));
	scratch_add(&t, TEXT(":"));
	scratch_add(&t, plain);
	if (scratch_end(&t, &text))
		collect_text(c, text);
}

bool field_audit_subjects(const struct field_ref *f, const struct event *ev, struct scratch *s,
			  struct value *ret)
{
	const json_t *subjects = at_path(ev, AUDIT_SUBJECTS);
	struct collector c = { .scratch = s };

	if (!record(ev) || (subjects && !each(f, subjects, collect_subject, &c)))
		return false;
	return yield_collected(ret, &c);
}

static void collect_rule(struct collector *c, const struct field_ref *f, const json_t *rule)
{
	static const char *const parts[] = {
		[RULE_GROUPS] = "apiGroups",
		[RULE_URLS] = "nonResourceURLs",
		[RULE_VERBS] = "verbs",
		[RULE_RESOURCES] = "resources",
	};
	const json_t *list = json_object_get(rule, parts[f->def->param]);

	for (size_t i = 0; i < json_array_size(list); i++)
		collect(c, json_array_get(list, i));
}

bool field_audit_rules(const struct field_ref *f, const struct event *ev, struct scratch *s,
		       struct value *ret)
{
	struct collector c = { .scratch = s };

	return each(f, at_path(ev, AUDIT_ROLE_RULES), collect_rule, &c) && yield_collected(ret, &c);
}

/* --- containers ------------------------------------------------------------------------------------- */

static const json_t *spec(const struct event *ev, const char *member)
{
	const char *const steps[] = { "requestObject", "spec", member };

	return follow(record(ev), steps, ARRAY_SIZE(steps));
}

static const json_t *security(const json_t *container, const char *member)
{
	return json_object_get(json_object_get(container, "securityContext"), member);
}

/* ["a", "b"] as "a b" */
static void collect_words(struct collector *c, const json_t *list)
{
	struct scratch_text t = scratch_begin(c->scratch);
	struct text text;

	if (!json_is_array(list))
		return;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *word = json_array_get(list, i);

		if (!json_is_string(word))
			return;
		if (i)
			scratch_add(&t, TEXT(" "));
		scratch_add(&t, text_from(json_string_value(word), json_string_length(word)));
	}
	if (scratch_end(&t, &text))
		collect_text(c, text);
}

static void collect_ports(struct collector *c, const json_t *ports)
{
	for (size_t i = 0; i < json_array_size(ports); i++) {
		const json_t *port = json_array_get(ports, i),
			     *host = json_object_get(port, "hostPort");

		/* With the host's network the container's port is one of the host. */
		collect(c, host ? host : json_object_get(port, "containerPort"));
	}
}

/* "registry/name:tag@digest" without what follows the first colon or the digest. */
static struct text repository(struct text image)
{
	uint32_t n = 0;

	while (n < image.len && image.data[n] != ':' && image.data[n] != '@')
		n++;
	return text_from(image.data, n);
}

static void collect_image(struct collector *c, const json_t *container, bool without_tag)
{
	struct text image;

	if (json_text(json_object_get(container, "image"), c->scratch, &image))
		collect_text(c, without_tag ? repository(image) : image);
}

static void collect_container(struct collector *c, const struct field_ref *f,
			      const json_t *container)
{
	const json_t *caps;

	switch ((enum audit_container)(f->def->param & 255)) {
	case CONTAINER_ARGS:
		collect_words(c, json_object_get(container, "args"));
		break;
	case CONTAINER_COMMAND:
		collect_words(c, json_object_get(container, "command"));
		break;
	case CONTAINER_NAME:
		collect(c, json_object_get(container, "name"));
		break;
	case CONTAINER_IMAGE:
		collect_image(c, container, false);
		break;
	case CONTAINER_REPOSITORY:
		collect_image(c, container, true);
		break;
	case CONTAINER_HOST_PORT:
		collect_ports(c, json_object_get(container, "ports"));
		break;
	case CONTAINER_PRIVILEGED:
		collect(c, security(container, "privileged"));
		break;
	case CONTAINER_ESCALATION:
		collect(c, security(container, "allowPrivilegeEscalation"));
		break;
	case CONTAINER_READ_ONLY:
		collect(c, security(container, "readOnlyRootFilesystem"));
		break;
	case CONTAINER_RUN_AS_USER:
		collect(c, security(container, "runAsUser"));
		break;
	case CONTAINER_RUN_AS_GROUP:
		collect(c, security(container, "runAsGroup"));
		break;
	case CONTAINER_PROC_MOUNT:
		collect(c, security(container, "procMount"));
		break;
	case CONTAINER_CAPABILITIES:
		caps = json_object_get(security(container, "capabilities"), "add");
		collect(c, caps);
		break;
	default:
		break;
	}
}

static const json_t *container_list(const struct event *ev, unsigned param)
{
	return spec(ev, (param & ~255u) == CONTAINERS_INIT	? "initContainers" :
			(param & ~255u) == CONTAINERS_EPHEMERAL ? "ephemeralContainers" :
								  "containers");
}

/* The id a container would run with: its own, else that of the pod, else 0. */
static bool effective_ids(const struct field_ref *f, const struct event *ev, const char *member,
			  struct collector *c)
{
	const json_t *list = container_list(ev, f->def->param);
	const json_t *pod = json_object_get(spec(ev, "securityContext"), member);

	if (!json_is_array(list))
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *own = security(json_array_get(list, i), member);

		if (f->has_arg && f->index >= 0 && (size_t)f->index != i)
			continue;
		if (own || pod)
			collect(c, own ? own : pod);
		else
			collect_text(c, TEXT("0"));
	}
	return true;
}

bool field_audit_containers(const struct field_ref *f, const struct event *ev, struct scratch *s,
			    struct value *ret)
{
	enum audit_container which = (enum audit_container)(f->def->param & 255);
	struct collector c = { .scratch = s };
	bool found;

	if (which == CONTAINER_EFFECTIVE_USER || which == CONTAINER_EFFECTIVE_GROUP)
		found = effective_ids(
			f, ev, which == CONTAINER_EFFECTIVE_USER ? "runAsUser" : "runAsGroup", &c);
	else
		found = each(f, container_list(ev, f->def->param), collect_container, &c);
	if ((which == CONTAINER_ARGS || which == CONTAINER_COMMAND) && !c.count)
		return false;
	return found && yield_collected(ret, &c);
}

bool field_audit_container_first(const struct field_ref *f, const struct event *ev,
				 struct scratch *s, struct value *ret)
{
	struct collector c = { .scratch = s };

	collect_image(&c, json_array_get(spec(ev, "containers"), 0),
		      f->def->param == CONTAINER_REPOSITORY);
	return c.count && yield_text(ret, c.items[0]);
}

bool field_audit_any_privileged(const struct field_ref *f, const struct event *ev,
				struct scratch *s, struct value *ret)
{
	const json_t *list = spec(ev, "containers");

	if (!json_is_array(list))
		return false;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_is_true(security(json_array_get(list, i), "privileged")))
			return yield_text(ret, TEXT("true"));
	return yield_text(ret, TEXT("false"));
}

/* --- services, volumes ------------------------------------------------------------------------------- */

static void collect_whole(struct collector *c, const struct field_ref *f, const json_t *v)
{
	collect(c, v);
}

bool field_audit_ports(const struct field_ref *f, const struct event *ev, struct scratch *s,
		       struct value *ret)
{
	struct collector c = { .scratch = s };

	return each(f, spec(ev, "ports"), collect_whole, &c) && yield_collected(ret, &c);
}

static void collect_volume(struct collector *c, const struct field_ref *f, const json_t *volume)
{
	collect(c, f->def->param == VOLUME_HOSTPATH ?
			   json_object_get(json_object_get(volume, "hostPath"), "path") :
			   json_object_get(json_object_get(volume, "flexVolume"), "driver"));
}

bool field_audit_volumes(const struct field_ref *f, const struct event *ev, struct scratch *s,
			 struct value *ret)
{
	struct collector c = { .scratch = s };

	return each(f, spec(ev, "volumes"), collect_volume, &c) && yield_collected(ret, &c);
}

static void collect_volume_type(struct collector *c, const struct field_ref *f,
				const json_t *volume)
{
	const char *key;
	json_t *member;

	json_object_foreach ((json_t *)(uintptr_t)volume, key, member)
		if (strcmp(key, "name"))
			collect_text(c, text_of(key));
}

bool field_audit_volume_types(const struct field_ref *f, const struct event *ev, struct scratch *s,
			      struct value *ret)
{
	struct collector c = { .scratch = s };

	return each(f, spec(ev, "volumes"), collect_volume_type, &c) && yield_collected(ret, &c);
}

/* Whether the pod mounts a path of the host: the argument, or what begins with it before a "*". */
bool field_audit_hostpath(const struct field_ref *f, const struct event *ev, struct scratch *s,
			  struct value *ret)
{
	bool prefix = f->key.len && f->key.data[f->key.len - 1] == '*';
	struct text start = text_from(f->key.data, f->key.len - prefix);
	const json_t *list = spec(ev, "volumes");

	if (!json_is_array(list))
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *host = json_object_get(json_array_get(list, i), "hostPath");
		struct text path = text_of(json_string_value(json_object_get(host, "path")));

		if (path.data && (prefix ? text_starts(path, start) : text_eq(path, f->key)))
			return yield_text(ret, TEXT("true"));
	}
	return yield_text(ret, TEXT("false"));
}

/* --- any JSON ---------------------------------------------------------------------------------------- */

bool field_json_value(const struct field_ref *f, const struct event *ev, struct scratch *s,
		      struct value *ret)
{
	return ev->audit && yield_json(ret, json_text_pointer(ev->audit, f->key), s);
}

bool field_json_object(const struct field_ref *f, const struct event *ev, struct scratch *s,
		       struct value *ret)
{
	struct text text;

	return ev->audit && json_text_indented(ev->audit, s, &text) && yield_text(ret, text);
}

bool field_json_rawtime(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	struct scratch_text t = scratch_begin(s);
	struct text text;

	scratch_add_i64(&t, ev->time_ns);
	return scratch_end(&t, &text) && yield_text(ret, text);
}
