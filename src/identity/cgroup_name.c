/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/cgroup_name.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

const char *const cgroup_engine_names[] = {
	[CGROUP_ENGINE_UNKNOWN] = "unknown",
	[CGROUP_ENGINE_DOCKER] = "docker",
	[CGROUP_ENGINE_CONTAINERD] = "containerd",
	[CGROUP_ENGINE_CRIO] = "cri-o",
	[CGROUP_ENGINE_PODMAN] = "podman",
	[CGROUP_ENGINE_NERDCTL] = "nerdctl",
	[CGROUP_ENGINE_RUNC] = "runc",
	[CGROUP_ENGINE_CRUN] = "crun",
	[CGROUP_ENGINE_LXC] = "lxc",
};
static_assert(ARRAY_SIZE(cgroup_engine_names) == CGROUP_ENGINES, "a name for each");

enum id_form {
	ID_HEX, /* 64 hexadecimal digits, as every engine above the runtime gives out */
	ID_ANY,
};

/* One component of a path: prefix, id, suffix. The first row that fits wins. */
static const struct {
	const char *prefix, *suffix;
	const char *parent; /* the component before must be this; NULL: any */
	enum id_form form;
	enum cgroup_engine engine;
	bool systemd;
} forms[] = {
	/* The monitors beside a container are not the container. */
	{ "crio-conmon-", ".scope", NULL, ID_ANY, CGROUP_ENGINES, true },
	{ "libpod-conmon-", ".scope", NULL, ID_ANY, CGROUP_ENGINES, true },

	{ "docker-", ".scope", NULL, ID_HEX, CGROUP_ENGINE_DOCKER, true },
	{ "cri-containerd-", ".scope", NULL, ID_HEX, CGROUP_ENGINE_CONTAINERD, true },
	{ "crio-", ".scope", NULL, ID_HEX, CGROUP_ENGINE_CRIO, true },
	{ "libpod-", ".scope", NULL, ID_HEX, CGROUP_ENGINE_PODMAN, true },
	{ "nerdctl-", ".scope", NULL, ID_HEX, CGROUP_ENGINE_NERDCTL, true },
	{ "runc-", ".scope", NULL, ID_ANY, CGROUP_ENGINE_RUNC, true },
	{ "crun-", ".scope", NULL, ID_ANY, CGROUP_ENGINE_CRUN, true },
	{ "cri-containerd:", "", NULL, ID_HEX, CGROUP_ENGINE_CONTAINERD, false },
	{ "crio-", "", NULL, ID_HEX, CGROUP_ENGINE_CRIO, false },
	{ "libpod-", "", NULL, ID_HEX, CGROUP_ENGINE_PODMAN, false },
	{ "lxc.payload.", "", NULL, ID_ANY, CGROUP_ENGINE_LXC, false },
	{ "", "", "lxc.payload", ID_ANY, CGROUP_ENGINE_LXC, false },
	{ "", "", "lxc", ID_ANY, CGROUP_ENGINE_LXC, false },
	{ "", "", "docker", ID_HEX, CGROUP_ENGINE_DOCKER, false },
	{ "", "", "k8s.io", ID_HEX, CGROUP_ENGINE_CONTAINERD, false },
	{ "", "", "default", ID_HEX, CGROUP_ENGINE_NERDCTL, false },
	{ "", "", NULL, ID_HEX, CGROUP_ENGINE_UNKNOWN, false },
};

struct span {
	const char *at;
	size_t len;
};

static bool span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && !memcmp(s.at, text, s.len);
}

/* Cuts prefix and suffix off; false if they aren't there or nothing is left. */
static bool span_strip(struct span *s, const char *prefix, const char *suffix)
{
	size_t n = strlen(prefix), m = strlen(suffix);

	if (s->len <= n + m || memcmp(s->at, prefix, n) || memcmp(s->at + s->len - m, suffix, m))
		return false;
	s->at += n;
	s->len -= n + m;
	return true;
}

/* Leaves what stands behind the first text; false if it isn't there. */
static bool span_after(struct span *s, const char *text)
{
	const char *at = memmem(s->at, s->len, text, strlen(text));

	if (!at)
		return false;
	at += strlen(text);
	s->len -= (size_t)(at - s->at);
	s->at = at;
	return true;
}

static bool span_fits(struct span s, enum id_form form)
{
	if (form == ID_HEX && s.len != 64)
		return false;
	if (span_is(s, ".") || span_is(s, ".."))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (form == ID_HEX ? !isxdigit(c) : c < 0x21 || c > 0x7e)
			return false;
	}
	return s.len < sizeof(((struct cgroup_name *)0)->id);
}

/*
 * "pod<uid>", or "kubepods[-burstable|-besteffort]-pod<uid>.slice" where systemd wants underscores
 * for the dashes; other prefixes before "kubepods" exist (kind: "kubelet-kubepods-...").
 */
static bool pod_parse(struct span s, char *uid, size_t size)
{
	bool systemd = span_strip(&s, "", ".slice");

	if (systemd) {
		if (!span_after(&s, "kubepods") || !span_after(&s, "-pod"))
			return false;
	} else if (s.len > 3 && !memcmp(s.at, "pod", 3)) {
		s.at += 3;
		s.len -= 3;
	} else {
		return false;
	}
	if (s.len < 32 || s.len >= size) /* a UUID, or the 32 digits that static pods have */
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = systemd && s.at[i] == '_' ? '-' : s.at[i];

		if (!isxdigit((unsigned char)c) && c != '-')
			return false;
	}
	for (size_t i = 0; i < s.len; i++)
		uid[i] = systemd && s.at[i] == '_' ? '-' : s.at[i];
	uid[s.len] = '\0';
	return true;
}

static void name_fill(struct cgroup_name *ret, enum cgroup_engine engine, bool systemd,
		      struct span id)
{
	ret->engine = engine;
	ret->systemd = systemd;
	memcpy(ret->id, id.at, id.len);
	ret->id[id.len] = '\0';
}

/*
 * "SLICE:PREFIX:ID": what was meant for the systemd driver, taken literally by a runtime with the
 * cgroupfs driver. Nodes run for years with that mismatch.
 */
static bool literal_parse(struct span component, struct cgroup_name *ret, char *pod,
			  size_t pod_size)
{
	const char *colon = memchr(component.at, ':', component.len);
	struct span slice, rest;

	if (!colon)
		return false;
	slice = (struct span){ component.at, (size_t)(colon - component.at) };
	rest = (struct span){ colon + 1, component.len - slice.len - 1 };
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		size_t n = strlen(forms[i].prefix);
		struct span id = rest;

		if (!forms[i].systemd || forms[i].form != ID_HEX || id.len <= n ||
		    memcmp(id.at, forms[i].prefix, n - 1) || id.at[n - 1] != ':')
			continue;
		id.at += n;
		id.len -= n;
		if (!span_fits(id, ID_HEX))
			continue;
		name_fill(ret, forms[i].engine, false, id);
		pod_parse(slice, pod, pod_size);
		return true;
	}
	return false;
}

static bool component_parse(struct span component, struct span parent, struct cgroup_name *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct span id = component;

		if (forms[i].parent && !span_is(parent, forms[i].parent))
			continue;
		if (!span_strip(&id, forms[i].prefix, forms[i].suffix) ||
		    !span_fits(id, forms[i].form))
			continue;
		if (forms[i].engine == CGROUP_ENGINES)
			return false;
		name_fill(ret, forms[i].engine, forms[i].systemd, id);
		return true;
	}
	return false;
}

bool cgroup_name_parse(const char *path, struct cgroup_name *ret)
{
	struct span parent = { "", 0 };
	struct cgroup_name name = { 0 };
	char pod[sizeof(name.pod_uid)] = "";

	for (const char *at = path; *at;) {
		struct span component;

		at += strspn(at, "/");
		component = (struct span){ at, strcspn(at, "/") };
		if (!component.len)
			break;
		at += component.len;
		if (pod_parse(component, pod, sizeof(pod))) {
			parent = component;
			continue;
		}
		if (literal_parse(component, &name, pod, sizeof(pod)) ||
		    component_parse(component, parent, &name)) {
			name.path_len = (size_t)(at - path);
			memcpy(name.pod_uid, pod, sizeof(pod));
		}
		parent = component;
	}
	if (!name.path_len)
		return false;
	*ret = name;
	return true;
}
