/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/builtin.h"

#include "base/cleanup.h"

static bool is_named_so(struct text name)
{
	static const char *const names[] = { "cluster-admin", "admin", "edit", "view" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (text_eq_str(name, names[i]))
			return true;
	return text_starts(name, TEXT("system:"));
}

/* Roles that are for everybody: they are judged, and may be bound to everybody. */
static bool is_for_all(struct text name)
{
	static const char *const names[] = { "system:basic-user", "system:discovery",
					     "system:public-info-viewer",
					     "system:service-account-issuer-discovery" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (text_eq_str(name, names[i]))
			return true;
	return false;
}

static bool is_for_masters(const struct at *subject)
{
	struct at name = at_member(subject, "name");

	return text_eq_str(at_text(&name), "system:masters");
}

static bool is_broad(struct text name)
{
	return text_eq_str(name, "system:authenticated") ||
	       text_eq_str(name, "system:unauthenticated") ||
	       text_eq_str(name, "system:serviceaccounts");
}

static bool is_system_subject(const struct object *o, const struct at *subject)
{
	struct at kind = at_member(subject, "kind"), name = at_member(subject, "name"),
		  name_space = at_member(subject, "namespace");

	if (text_eq_str(at_text(&kind), "ServiceAccount"))
		return text_eq_str(at_text(&name_space), "kube-system") &&
		       !text_eq_str(at_text(&name), "default");
	if (is_broad(at_text(&name)))
		return is_for_all(o->name);
	return text_starts(at_text(&name), TEXT("system:")) &&
	       !text_eq_str(at_text(&name), "system:anonymous") &&
	       !text_starts(at_text(&name), TEXT("system:serviceaccount"));
}

/* It binds the role of its own name. */
static bool is_of_its_role(const struct object *o)
{
	struct at role = at_member(&o->root, "roleRef.name");
	struct text name = o->name;

	if (text_starts(name, TEXT("system::")))
		name = text_from(name.data + 8, name.len - 8);
	return text_eq(at_text(&role), name) || text_eq(at_text(&role), o->name);
}

static bool is_binding(const struct object *o)
{
	return o->kind == KIND_ROLE_BINDING || o->kind == KIND_CLUSTER_ROLE_BINDING;
}

bool object_is_builtin(const struct object *o)
{
	struct at label = at_key(&o->labels, "kubernetes.io/bootstrapping");
	struct at subjects = at_member(&o->root, "subjects");

	if (o->kind < KIND_ROLE || o->kind > KIND_CLUSTER_ROLE_BINDING || !is_named_so(o->name) ||
	    !text_eq_str(at_text(&label), "rbac-defaults"))
		return false;
	if (!is_binding(o))
		return !is_for_all(o->name);
	if (!is_of_its_role(o))
		return false;
	for (uint32_t i = 0; i < at_count(&subjects); i++) {
		struct at subject = at_item(&subjects, i);

		if (text_eq_str(o->name, "cluster-admin") ? !is_for_masters(&subject) :
							    !is_system_subject(o, &subject))
			return false;
	}
	return true;
}
