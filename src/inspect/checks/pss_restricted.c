/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/checks/confinement.h"
#include "inspect/checks/pss.h"

#define containers_foreach(c, w)                          \
	for (const struct container *c = (w)->containers; \
	     c && c < (w)->containers + (w)->container_count; c++)

static void volumes(struct probe *p, const struct workload *w)
{
	static const char *const allowed[] = {
		"configMap", "csi",   "downwardAPI",	       "emptyDir",
		"ephemeral", "image", "persistentVolumeClaim", "projected",
		"secret"
	};

	for (uint32_t i = 0; i < w->volume_count; i++) {
		const struct volume *v = &w->volumes[i];
		bool good = !v->type; /* an emptyDir, once the API server has filled it in */

		for (size_t k = 0; k < ARRAY_SIZE(allowed) && !good; k++)
			good = str_eq(v->type, allowed[k]);
		if (!good)
			probe_fail_value(p, &v->at, "%s", v->type);
	}
}

static void escalation(struct probe *p, const struct workload *w)
{
	if (pss_is_exempt(p, w))
		return;
	containers_foreach(c, w) if (c->security.escalation.value != OFF)
		probe_fail(p, &c->security.escalation.at);
}

static void non_root(struct probe *p, const struct workload *w)
{
	const struct flag *pod = &w->security.non_root;

	if (pss_is_relaxed(p, w))
		return;
	if (pod->value == OFF)
		probe_fail(p, &pod->at);
	containers_foreach(c, w) if (c->security.non_root.value == OFF ||
				     (c->security.non_root.value == UNSET && pod->value != ON))
		probe_fail(p, &c->security.non_root.at);
}

static void user(struct probe *p, const struct workload *w)
{
	if (pss_is_relaxed(p, w))
		return;
	if (w->security.user.set && !w->security.user.value)
		probe_fail(p, &w->security.user.at);
	containers_foreach(c, w) if (c->security.user.set && !c->security.user.value)
		probe_fail(p, &c->security.user.at);
}

static bool may_have_seccomp(const struct workload *w, const struct container *c)
{
	return fix_is_unprivileged(w, c) && confinement_may_set_seccomp(w, c);
}

static void seccomp(struct probe *p, const struct workload *w)
{
	const struct word *pod = &w->security.seccomp;

	if (pss_is_exempt(p, w))
		return;
	if (pod->value.data && !pss_is_seccomp(pod))
		probe_fail(p, &pod->at);
	containers_foreach(c, w)
	{
		const struct word *own = &c->security.seccomp;

		if (own->value.data ? !pss_is_seccomp(own) : !pss_is_seccomp(pod))
			probe_fail(p, &own->at);
	}
}

static void capabilities(struct probe *p, const struct workload *w)
{
	if (pss_is_exempt(p, w))
		return;
	containers_foreach(c, w)
	{
		const struct security *s = &c->security;

		if (!words_have(&s->drop, "ALL"))
			probe_fail(p, &s->drop.at);
		for (uint32_t i = 0; i < s->add.count; i++)
			if (!word_is(&s->add.items[i], "NET_BIND_SERVICE")) {
				probe_set_fix(p, FIX_REMOVE, &s->add.items[i].at, NULL);
				probe_fail(p, &s->add.items[i].at);
			}
	}
}

#define PAGE "https://kubernetes.io/docs/concepts/security/pod-security-standards/"
#define RESTRICTED                                                                 \
	.links = PAGE, .category = CATEGORY_POD_SECURITY, .kinds = KINDS_WORKLOAD, \
	.level = PSS_RESTRICTED
#define ROW(n, id_, name_, what, alias)                                                \
	.id = "PSS-R" #n, .name = id_, .title = name_,                                 \
	.attack = "The restricted Pod Security Standard is not met.", .suggest = what, \
	.aliases = alias

static const struct check checks[] = {
	{ ROW(01, "pss-restricted-volumes", "Restricted: volume types",
	      "Use another type of volume.", ""),
	  .severity = SEVERITY_MEDIUM, RESTRICTED, .pod = volumes },
	{ ROW(02, "pss-privilege-escalation", "Restricted: privilege escalation",
	      "Set allowPrivilegeEscalation: false.", ""),
	  .fix = { .op = FIX_SET,
		   .value = "false",
		   .may = fix_is_unprivileged,
		   .why = "Only programs that change their user by a setuid bit need it, and the container was not asked to." },
	  .since = 8, .severity = SEVERITY_HIGH, RESTRICTED, .pod = escalation },
	{ ROW(03, "pss-non-root", "Restricted: running as non-root", "Set runAsNonRoot: true.", ""),
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "true",
		   .why = "An image whose user is root, or a name, is not started any more." },
	  .severity = SEVERITY_HIGH, RESTRICTED, .pod = non_root },
	{ ROW(04, "pss-non-root-user", "Restricted: running as another user than root",
	      "Set runAsUser to another number than 0.", ""),
	  .since = 23, .severity = SEVERITY_HIGH, RESTRICTED, .pod = user },
	{ ROW(05, "pss-restricted-seccomp", "Restricted: seccomp profile",
	      "Set seccompProfile.type: RuntimeDefault.", "seccompProfile_restricted"),
	  .fix = { .op = FIX_SET,
		   .value = "\"RuntimeDefault\"",
		   .may = may_have_seccomp,
		   .why = "The runtime's own filter, made to let through what containers ordinarily do." },
	  .since = 19, .severity = SEVERITY_MEDIUM, RESTRICTED, .pod = seccomp },
	{ ROW(06, "pss-restricted-capabilities", "Restricted: capabilities",
	      "Set capabilities.drop: [ALL]; add NET_BIND_SERVICE at most.",
	      "capabilities_restricted"),
	  .fix = { .op = FIX_ADD,
		   .aggressive = true,
		   .value = "\"ALL\"",
		   .why = "It may use one of the default set, or what it asks for: a recording tells." },
	  .since = 22, .severity = SEVERITY_MEDIUM, RESTRICTED, .pod = capabilities },
	{ ROW(07, "pss-restricted-proc-mount", "Restricted: /proc mount", "Remove procMount.",
	      "procMount_restricted"),
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "\"Default\"",
		   .why = "Containers inside of the container need it unmasked." },
	  .since = 35, .severity = SEVERITY_MEDIUM, RESTRICTED, .pod = pss_proc_mount },
};

const struct check_group checks_pss_restricted = { checks, ARRAY_SIZE(checks) };
