/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles that are named, and confine nothing: somebody believes that they do. */
#include "base/str.h"
#include "inspect/check.h"

enum {
	KEY_MAX = 320,
	NO_ANNOTATIONS_SINCE = 27
}; /* https://kubernetes.io/docs/tutorials/security/seccomp/ */

/* What Kubernetes gives to a privileged container is given up; AppArmor's profiles of one's own are not. */
static void of_privileged(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct word *seccomp = effective_word(&c->security.seccomp, &w->security.seccomp);
	const struct word *apparmor = effective_word(&c->security.apparmor, &w->security.apparmor);

	if (seccomp->value.len && !word_is(seccomp, "Unconfined"))
		probe_fail_value(p, &seccomp->at, "%.*s, and privileged: there will be no filter",
				 (int)seccomp->value.len, seccomp->value.data);
	if (word_is(apparmor, "RuntimeDefault"))
		probe_fail_value(p, &apparmor->at,
				 "RuntimeDefault, and privileged: there will be no profile");
}

/* The place points to key. */
static struct at annotation(const struct workload *w, const struct container *c, char key[KEY_MAX])
{
	struct at at;

	snprintf(key, KEY_MAX, "container.seccomp.security.alpha.kubernetes.io/%.*s",
		 (int)c->name.len, c->name.data ? c->name.data : "");
	at = at_key(&w->annotations, key);
	return at.node ? at : at_key(&w->annotations, "seccomp.security.alpha.kubernetes.io/pod");
}

/* Alpha forever, and gone: what is written so has been ignored since. */
static void of_annotations(struct probe *p, const struct workload *w, const struct container *c)
{
	char key[KEY_MAX];
	struct at at = annotation(w, c, key);

	if (at.node && !text_eq_str(at_text(&at), "unconfined"))
		probe_fail_value(p, &at, "%.*s, in an annotation that nobody reads since 1.%d",
				 (int)at_text(&at).len, at_text(&at).data ? at_text(&at).data : "",
				 NO_ANNOTATIONS_SINCE);
}

static bool names_one(const struct workload *w, const struct container *c)
{
	const struct security *s = &c->security;
	char key[KEY_MAX];

	for (int i = 0; i < LAPSES; i++)
		if (s->lapsed[i].node)
			return true;
	return effective_word(&s->seccomp, &w->security.seccomp)->value.len ||
	       effective_word(&s->apparmor, &w->security.apparmor)->value.len ||
	       effective_word(&s->selinux_type, &w->security.selinux_type)->value.len ||
	       annotation(w, c, key).node;
}

static void not_in_force(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct security *s = &c->security;

	if (is_windows(w) || !names_one(w, c)) {
		probe_skip(p);
		return;
	}
	for (int i = 0; i < LAPSES; i++)
		if (s->lapsed[i].node)
			probe_fail(p, &s->lapsed[i]);
	if (probe_object(p)->kind == KIND_OCI_CONTAINER)
		return;
	if (s->privileged.value == ON)
		of_privileged(p, w, c);
	else if (!effective_word(&s->seccomp, &w->security.seccomp)->value.len &&
		 probe_version(p) >= NO_ANNOTATIONS_SINCE)
		of_annotations(p, w, c);
}

static const struct check checks[] = {
	{ .id = "MRL-155",
	  .name = "profile-not-in-force",
	  .title = "A profile is named, and is not in force",
	  .attack =
		  "Does what the profile forbids, in a container that everybody takes for confined.",
	  .suggest =
		  "Remove privileged, and name the profile where it is read: securityContext.seccompProfile.",
	  .suggest_bundle =
		  "Load the profile on this host, in enforce mode, and start the container anew (merlon confine verify tells more).",
	  .severity = SEVERITY_MEDIUM,
	  .category = CATEGORY_PRIVILEGE,
	  .kinds = KINDS_CONTAINER,
	  .aliases = "",
	  .container = not_in_force },
};

const struct check_group checks_in_force = { checks, ARRAY_SIZE(checks) };
