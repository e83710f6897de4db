/* SPDX-License-Identifier: Apache-2.0 */
/* The filters and labels that confine a container from outside: seccomp, AppArmor, SELinux. */
#include "inspect/checks/confinement.h"
#include "base/cleanup.h"
#include "base/str.h"

#define SECCOMP_KEY "container.seccomp.security.alpha.kubernetes.io/"
#define SECCOMP_POD_KEY "seccomp.security.alpha.kubernetes.io/pod"
#define APPARMOR_KEY "container.apparmor.security.beta.kubernetes.io/"

static struct at annotation_for(const struct workload *w, const struct container *c,
				const char *prefix, char key[CONFINEMENT_KEY_MAX])
{
	snprintf(key, CONFINEMENT_KEY_MAX, "%s%.*s", prefix, (int)c->name.len,
		 c->name.data ? c->name.data : "");
	return at_key(&w->annotations, key);
}

/* "localhost/NAME" and so on, in the words of the field. */
static struct word translated(const struct at *annotation)
{
	struct text said = at_text(annotation);

	if (text_eq_str(said, "unconfined"))
		return (struct word){ TEXT("Unconfined"), *annotation };
	if (text_starts(said, TEXT("localhost/")))
		return (struct word){ TEXT("Localhost"), *annotation };
	return (struct word){ TEXT("RuntimeDefault"), *annotation }; /* docker/default, too */
}

struct at confinement_seccomp_annotation(const struct workload *w, const struct container *c,
					 char key[CONFINEMENT_KEY_MAX])
{
	struct at own = annotation_for(w, c, SECCOMP_KEY, key), pods;

	if (own.node)
		return own;
	pods = at_key(&w->annotations, SECCOMP_POD_KEY);
	return pods.node ? pods : own;
}

struct word confinement_seccomp(const struct probe *p, const struct workload *w,
				const struct container *c, char key[CONFINEMENT_KEY_MAX])
{
	const struct word *field = effective_word(&c->security.seccomp, &w->security.seccomp);
	struct at old = confinement_seccomp_annotation(w, c, key);

	if (field->value.data || !old.node || probe_version(p) >= SECCOMP_ANNOTATIONS_UNTIL)
		return *field;
	return translated(&old);
}

struct word confinement_apparmor(const struct workload *w, const struct container *c,
				 char key[CONFINEMENT_KEY_MAX])
{
	const struct word *field = effective_word(&c->security.apparmor, &w->security.apparmor);
	struct at old = annotation_for(w, c, APPARMOR_KEY, key);

	return field->value.data || !old.node ? *field : translated(&old);
}

bool confinement_seccomp_is_annotated(const struct probe *p, const struct workload *w,
				      const struct container *c)
{
	char key[CONFINEMENT_KEY_MAX];

	return probe_version(p) < SECCOMP_FIELD_SINCE ||
	       (probe_version(p) < SECCOMP_ANNOTATIONS_UNTIL &&
		confinement_seccomp_annotation(w, c, key).node);
}

bool confinement_may_set_seccomp(const struct workload *w, const struct container *c)
{
	char key[CONFINEMENT_KEY_MAX];

	if (c)
		return !confinement_seccomp_annotation(w, c, key).node;
	for (uint32_t i = 0; i < w->container_count; i++)
		if (confinement_seccomp_annotation(w, &w->containers[i], key).node)
			return false;
	return true;
}

/* The API takes none for containers that are put into a running pod. */
static void mend_annotation(struct probe *p, const struct container *c, const struct at *at)
{
	bool may = c->name.len && c->kind != CONTAINER_EPHEMERAL;

	probe_set_fix(p, may ? FIX_SET : FIX_NONE, at, "\"runtime/default\"");
}

/* Where the row's fix would be a field that is not there yet. */
static void mend_seccomp_of_old(struct probe *p, const struct workload *w,
				const struct container *c)
{
	char key[CONFINEMENT_KEY_MAX];
	struct at at = confinement_seccomp_annotation(w, c, key);

	if (confinement_seccomp_is_annotated(p, w, c))
		mend_annotation(p, c, &at);
}

static void no_seccomp(struct probe *p, const struct workload *w, const struct container *c)
{
	char key[CONFINEMENT_KEY_MAX];
	struct word type = confinement_seccomp(p, w, c, key);

	if (is_windows(w) || c->security.privileged.value == ON) {
		probe_skip(p); /* privileged runs without a filter, whatever is asked for */
	} else if (!type.value.data) {
		mend_seccomp_of_old(p, w, c);
		probe_fail(p, &type.at);
	}
}

static void seccomp_unconfined(struct probe *p, const struct workload *w, const struct container *c)
{
	char key[CONFINEMENT_KEY_MAX];
	struct word type = confinement_seccomp(p, w, c, key);

	if (!word_is(&type, "Unconfined"))
		return;
	if (type.at.index == AT_KEY)
		mend_annotation(p, c, &type.at);
	else if (probe_version(p) >= SECCOMP_ANNOTATIONS_UNTIL) /* one beside it may stay */
		probe_set_fix(p, FIX_SET, &type.at, "\"RuntimeDefault\"");
	probe_fail(p, &type.at);
}

static void no_apparmor(struct probe *p, const struct workload *w, const struct container *c)
{
	char key[CONFINEMENT_KEY_MAX];
	struct word type = confinement_apparmor(w, c, key);
	struct at annotation = annotation_for(w, c, APPARMOR_KEY, key);

	if (is_windows(w)) {
		probe_skip(p);
	} else if (!type.value.data) {
		if (probe_version(p) < APPARMOR_FIELD_SINCE && fix_is_unprivileged(w, c))
			mend_annotation(p, c, &annotation);
		probe_fail(p, &type.at);
	}
}

static void apparmor_unconfined(struct probe *p, const struct workload *w,
				const struct container *c)
{
	char key[CONFINEMENT_KEY_MAX];
	struct word type = confinement_apparmor(w, c, key);

	if (!word_is(&type, "Unconfined"))
		return;
	if (type.at.index == AT_KEY)
		mend_annotation(p, c, &type.at);
	probe_fail(p, &type.at);
}

static bool is_container_type(const struct word *type)
{
	static const char *const types[] = { "", "container_t", "container_init_t",
					     "container_kvm_t", "container_engine_t" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (word_is(type, types[i]))
			return true;
	return !type->value.data;
}

static void selinux_in(struct probe *p, const struct security *s)
{
	if (!is_container_type(&s->selinux_type))
		probe_fail(p, &s->selinux_type.at);
	if (s->selinux_user.value.len)
		probe_fail(p, &s->selinux_user.at);
	if (s->selinux_role.value.len)
		probe_fail(p, &s->selinux_role.at);
}

static void selinux(struct probe *p, const struct workload *w)
{
	selinux_in(p, &w->security);
	for (uint32_t i = 0; i < w->container_count; i++)
		selinux_in(p, &w->containers[i].security);
}

static void no_hardening(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct security *s = &c->security, *pod = &w->security;
	char key[CONFINEMENT_KEY_MAX];

	if (is_windows(w)) {
		probe_skip(p);
		return;
	}
	if (s->drop.count || confinement_seccomp(p, w, c, key).value.data ||
	    confinement_apparmor(w, c, key).value.data ||
	    effective_word(&s->selinux_level, &pod->selinux_level)->value.data ||
	    effective_word(&s->selinux_type, &pod->selinux_type)->value.data)
		return;
	if (fix_is_unprivileged(w, c))
		mend_seccomp_of_old(p, w, c);
	probe_fail(p, &s->at);
}

#define PRIVILEGE .category = CATEGORY_PRIVILEGE, .kinds = KINDS_CONTAINER
#define STANDARDS "https://kubernetes.io/docs/concepts/security/pod-security-standards/"
#define CONTEXT "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"

static const struct check checks[] = {
	{ .id = "MRL-113",
	  .name = "no-seccomp",
	  .title = "The container runs without a seccomp filter",
	  .attack = "Every system call is open, and with it every bug behind it in the kernel.",
	  .suggest =
		  "Set seccompProfile.type: RuntimeDefault, or Localhost with a recorded profile.",
	  .suggest_bundle =
		  "Set linux.seccomp (no --security-opt seccomp=unconfined), at best to a recorded profile.",
	  .aliases =
		  "C-0210 KSV-0030 container-seccomp-profile SeccompAny CKV_K8S_31 CIS-5.6.2 docker-5.22",
	  .links = "https://kubernetes.io/docs/tutorials/security/seccomp/",
	  .fix = { .op = FIX_SET,
		   .value = "\"RuntimeDefault\"",
		   .why = "The runtime's own filter, made to let through what containers ordinarily do; nothing asked for less." },
	  .severity = SEVERITY_MEDIUM,
	  PRIVILEGE,
	  .container = no_seccomp },
	{ .id = "MRL-114",
	  .name = "seccomp-unconfined",
	  .title = "Seccomp is turned off",
	  .attack = "As for MRL-113, on nodes that would have a filter by default too.",
	  .suggest =
		  "Set seccompProfile.type: RuntimeDefault, or Localhost with a recorded profile.",
	  .suggest_bundle =
		  "Set linux.seccomp (no --security-opt seccomp=unconfined), at best to a recorded profile.",
	  .aliases = "KSV-0104 SeccompUnconfined",
	  .links = "https://kubernetes.io/docs/tutorials/security/seccomp/",
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "\"RuntimeDefault\"",
		   .may = confinement_may_set_seccomp,
		   .why = "Somebody turned it off on purpose." },
	  .severity = SEVERITY_HIGH,
	  PRIVILEGE,
	  .container = seccomp_unconfined },
	{ .id = "MRL-115",
	  .name = "no-apparmor",
	  .title = "The container names no AppArmor profile",
	  .attack =
		  "On nodes whose runtime has no default profile, files and mounts are limited by users only.",
	  .suggest =
		  "Set appArmorProfile.type: RuntimeDefault, or Localhost with a generated profile.",
	  .suggest_bundle =
		  "Set process.apparmorProfile (--security-opt apparmor=NAME), at best to a generated profile.",
	  .aliases = "KSV-0002 ApparmorAny docker-5.2",
	  .optional = true,
	  .links = "https://kubernetes.io/docs/tutorials/security/apparmor/",
	  .fix = { .op = FIX_SET,
		   .value = "\"RuntimeDefault\"",
		   .may = fix_is_unprivileged,
		   .why = "What a container without it gets where AppArmor is on." },
	  .severity = SEVERITY_LOW,
	  PRIVILEGE,
	  .container = no_apparmor },
	{ .id = "MRL-116",
	  .name = "apparmor-unconfined",
	  .title = "AppArmor is turned off",
	  .attack =
		  "Writes to /proc and /sys and mounts, which the runtime's profile would have refused.",
	  .suggest =
		  "Set appArmorProfile.type: RuntimeDefault, or Localhost with a generated profile.",
	  .suggest_bundle =
		  "Set process.apparmorProfile (--security-opt apparmor=NAME), at best to a generated profile.",
	  .aliases = "KSV-0002 ApparmorUnconfined",
	  .links = "https://kubernetes.io/docs/tutorials/security/apparmor/",
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "\"RuntimeDefault\"",
		   .why = "Somebody turned it off on purpose." },
	  .severity = SEVERITY_MEDIUM,
	  PRIVILEGE,
	  .container = apparmor_unconfined },
	{ .id = "MRL-117",
	  .name = "selinux-override",
	  .title = "The SELinux label is not a container's",
	  .attack =
		  "A type like spc_t is not confined at all; another user or role opens transitions.",
	  .suggest = "Remove type, user and role from seLinuxOptions; a level is fine.",
	  .suggest_bundle =
		  "Remove the type from the label (--security-opt label=type:...); a level is fine.",
	  .aliases = "KSV-0025 docker-5.3",
	  .links = STANDARDS,
	  .fix = { .op = FIX_REMOVE,
		   .aggressive = true,
		   .why = "Files and devices may carry labels that only this one may use." },
	  .severity = SEVERITY_MEDIUM,
	  PRIVILEGE,
	  .pod = selinux },
	{ .id = "MRL-118",
	  .name = "no-hardening",
	  .title = "Nothing confines the container but its users",
	  .attack =
		  "No filter, no profile, no label, all default capabilities: every way out that is known is open.",
	  .suggest = "Drop ALL capabilities and set seccompProfile.type: RuntimeDefault.",
	  .suggest_bundle = "Drop all capabilities (--cap-drop=all) and set a seccomp filter.",
	  .aliases = "linuxHardening C-0055",
	  .links = CONTEXT,
	  .fix = { .op = FIX_SET,
		   .path = "securityContext.seccompProfile.type",
		   .value = "\"RuntimeDefault\"",
		   .may = fix_is_unprivileged,
		   .why = "The runtime's own filter, made to let through what containers ordinarily do." },
	  .severity = SEVERITY_MEDIUM,
	  PRIVILEGE,
	  .container = no_hardening },
};

const struct check_group checks_confinement = { checks, ARRAY_SIZE(checks) };
