/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles that are named, and confine nothing: somebody believes that they do. */
#include "base/str.h"
#include "inspect/checks/confinement.h"

/* What Kubernetes gives to a privileged container is given up; AppArmor's profiles of one's own are not. */
static void of_privileged(struct probe *p, const struct workload *w, const struct container *c)
{
	char seccomp_key[CONFINEMENT_KEY_MAX], apparmor_key[CONFINEMENT_KEY_MAX];
	struct word seccomp = confinement_seccomp(p, w, c, seccomp_key);
	struct word apparmor = confinement_apparmor(w, c, apparmor_key);

	if (seccomp.value.len && !word_is(&seccomp, "Unconfined"))
		probe_fail_value(p, &seccomp.at, "%.*s, and privileged: there will be no filter",
				 (int)seccomp.value.len, seccomp.value.data);
	if (word_is(&apparmor, "RuntimeDefault"))
		probe_fail_value(p, &apparmor.at,
				 "RuntimeDefault, and privileged: there will be no profile");
}

/* Alpha forever, and gone: what is written so has been ignored since. */
static void of_annotations(struct probe *p, const struct workload *w, const struct container *c)
{
	char key[CONFINEMENT_KEY_MAX];
	struct at at = confinement_seccomp_annotation(w, c, key);

	if (at.node && !text_eq_str(at_text(&at), "unconfined"))
		probe_fail_value(p, &at, "%.*s, in an annotation that nobody reads since 1.%d",
				 (int)at_text(&at).len, at_text(&at).data ? at_text(&at).data : "",
				 SECCOMP_ANNOTATIONS_UNTIL);
}

static bool names_one(const struct workload *w, const struct container *c)
{
	const struct security *s = &c->security;
	char key[CONFINEMENT_KEY_MAX];

	for (int i = 0; i < LAPSES; i++)
		if (s->lapsed[i].node)
			return true;
	return effective_word(&s->seccomp, &w->security.seccomp)->value.len ||
	       confinement_apparmor(w, c, key).value.len ||
	       effective_word(&s->selinux_type, &w->security.selinux_type)->value.len ||
	       confinement_seccomp_annotation(w, c, key).node;
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
		 probe_version(p) >= SECCOMP_ANNOTATIONS_UNTIL)
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
