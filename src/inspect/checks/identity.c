/* SPDX-License-Identifier: Apache-2.0 */
/* As whom a pod speaks to the cluster. */
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/check.h"

static const struct word *account(const struct workload *w)
{
	return w->service_account.value.len ? &w->service_account : &w->old_service_account;
}

/* An account of the same manifests may turn it off too: that is settled once all are read. */
static void token(struct probe *p, const struct inventory *all, const struct resident *r)
{
	const struct resident *a = NULL;

	for (uint32_t i = 0; i < r->ref_count && !a; i++)
		if (r->refs[i].kind == KIND_SERVICE_ACCOUNT)
			a = inventory_find(all, KIND_SERVICE_ACCOUNT, r->name_space,
					   r->refs[i].name);
	if (!(r->flags & RESIDENT_TOKEN_OFF) &&
	    (!(a && a->flags & RESIDENT_TOKEN_OFF) || r->flags & RESIDENT_TOKEN_ON))
		probe_fail_pod(p, "automountServiceAccountToken", "%s",
			       r->flags & RESIDENT_TOKEN_ON ? "true" : "not set");
}

static void default_account(struct probe *p, const struct workload *w)
{
	const struct word *name = account(w);

	if (w->mount_token.value == OFF)
		probe_skip(p);
	else if (!name->value.len || word_is(name, "default"))
		probe_fail(p, &w->service_account.at);
}

static void old_field(struct probe *p, const struct workload *w)
{
	if (w->old_service_account.value.len && !w->service_account.value.len)
		probe_fail(p, &w->old_service_account.at);
}

static void account_token(struct probe *p, const struct object *o)
{
	struct at token = at_member(&o->root, "automountServiceAccountToken");

	if (!at_is_false(&token))
		probe_fail(p, &token);
}

static void long_lived_token(struct probe *p, const struct object *o)
{
	struct at type = at_member(&o->root, "type");

	if (text_eq_str(at_text(&type), "kubernetes.io/service-account-token"))
		probe_fail(p, &type);
}

#define ACCOUNTS \
	"https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"

static const struct check checks[] = {
	{ .id = "MRL-301",
	  .name = "service-account-token",
	  .title = "The pod gets a token for the cluster's API",
	  .attack = "Reads it from the file system and asks the API for whatever the account may.",
	  .suggest =
		  "Set automountServiceAccountToken: false, on the pod or on its service account.",
	  .aliases = "automountServiceAccountToken C-0034 C-0261 KSV-0036 CKV_K8S_38 CIS-5.1.6",
	  .links = ACCOUNTS,
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "false",
		   .why = "It may speak to the API." },
	  .severity = SEVERITY_MEDIUM,
	  .category = CATEGORY_IDENTITY,
	  .kinds = KINDS_WORKLOAD,
	  .needs = KIND_BIT(KIND_SERVICE_ACCOUNT),
	  .resident = token },
	{ .id = "MRL-302",
	  .name = "default-service-account",
	  .title = "The pod uses the default service account",
	  .attack = "What one workload of the namespace is granted, all are.",
	  .suggest = "Make an account for it and name it in serviceAccountName.",
	  .aliases = "C-0189 ServiceAccountName CKV_K8S_41 CKV_K8S_42 CIS-5.1.5",
	  .links = ACCOUNTS,
	  .severity = SEVERITY_MEDIUM,
	  .category = CATEGORY_IDENTITY,
	  .kinds = KINDS_WORKLOAD,
	  .pod = default_account },
	{ .id = "MRL-303",
	  .name = "deprecated-service-account-field",
	  .title = "The account is named in a field that is going away",
	  .attack =
		  "None: a tool that only reads serviceAccountName takes it for the default account.",
	  .suggest = "Name it in serviceAccountName.",
	  .aliases = "C-0294",
	  .links = ACCOUNTS,
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_IDENTITY,
	  .kinds = KINDS_WORKLOAD,
	  .pod = old_field },
	{ .id = "MRL-304",
	  .name = "service-account-automount",
	  .title = "The account hands its token to every pod",
	  .attack = "As for MRL-301, for each pod that says nothing.",
	  .suggest = "Set automountServiceAccountToken: false, and true where a pod needs it.",
	  .aliases = "",
	  .links = ACCOUNTS,
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .value = "false",
		   .why = "A pod of the account may speak to the API." },
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_IDENTITY,
	  .kinds = KIND_BIT(KIND_SERVICE_ACCOUNT),
	  .object = account_token },
	{ .id = "MRL-305",
	  .name = "long-lived-token",
	  .title = "A service account's token never ends",
	  .attack = "Once read, it works until somebody deletes it.",
	  .suggest = "Ask for tokens with TokenRequest; they are bound and end.",
	  .aliases = "",
	  .links = "https://kubernetes.io/docs/concepts/security/service-accounts/",
	  .since = 24,
	  .severity = SEVERITY_MEDIUM,
	  .category = CATEGORY_IDENTITY,
	  .kinds = KIND_BIT(KIND_SECRET),
	  .object = long_lived_token },
};

const struct check_group checks_identity = { checks, ARRAY_SIZE(checks) };
