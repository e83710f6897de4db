/* SPDX-License-Identifier: Apache-2.0 */
/* Which objects of a cluster stand for others, and which ones every cluster has. */
#include "inspect/owner.h"

#include "base/str.h"
#include "inspect/builtin.h"
#include "unit.h"

static struct yaml_node *parse(struct yaml_stream **s, const char *text)
{
	static const struct yaml_limits limits = {
		.bytes = 1 << 16, .depth = 20, .nodes = 1000, .keys = 100
	};
	static struct diags d;
	struct yaml_node *n = NULL;

	*s = yaml_stream_new("f", text_of(text), &limits, NULL, &d);
	check_number(text, yaml_stream_next(*s, &n), YAML_DOCUMENT);
	return n;
}

static enum owner_verdict take(struct owners *o, int kind, const char *text)
{
	cleanup_yaml_stream struct yaml_stream *s = NULL;

	return owners_take(o, kind, parse(&s, text));
}

#define OWNED(uid, kind, owner)                                                                   \
	"{metadata: {uid: " uid                                                                   \
	", ownerReferences: [{controller: true, apiVersion: apps/v1, kind: " kind ", uid: " owner \
	"}]}}"

static void owners(void **state)
{
	static const struct {
		const char *name;
		int kind;
		const char *text;
		enum owner_verdict verdict;
	} rows[] = {
		{ "a deployment", KIND_DEPLOYMENT, "{metadata: {uid: d}}", OWNER_NONE },
		{ "the same again", KIND_DEPLOYMENT, "{metadata: {uid: d}}", OWNER_AGAIN },
		{ "its set", KIND_REPLICA_SET, OWNED("r", "Deployment", "d"), OWNER_STANDS },
		{ "its pod", KIND_POD, OWNED("p1", "ReplicaSet", "r"), OWNER_STANDS },
		{ "a pod straight of the deployment", KIND_POD, OWNED("p2", "Deployment", "d"),
		  OWNER_NONE },
		{ "of an owner that is not there", KIND_POD, OWNED("p3", "ReplicaSet", "gone"),
		  OWNER_NONE },
		{ "of one that has another kind", KIND_POD, OWNED("p4", "StatefulSet", "r"),
		  OWNER_NONE },
		{ "of a node", KIND_POD, OWNED("p5", "Node", "r"), OWNER_NONE },
		{ "not its controller", KIND_POD,
		  "{metadata: {uid: p6, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, uid: r}]}}",
		  OWNER_NONE },
		{ "another controller first", KIND_POD,
		  "{metadata: {uid: p7, ownerReferences: [{controller: true, uid: x}, {controller: true, "
		  "apiVersion: apps/v1, kind: ReplicaSet, uid: r}]}}",
		  OWNER_NONE },
		{ "references that are none", KIND_POD, "{metadata: {uid: p8, ownerReferences: 7}}",
		  OWNER_NONE },
		{ "a reference that is none", KIND_POD,
		  "{metadata: {uid: p9, ownerReferences: [7]}}", OWNER_NONE },
		{ "no uid", KIND_POD, "{metadata: {name: p}}", OWNER_NONE },
		{ "no uid again", KIND_POD, "{metadata: {name: p}}", OWNER_NONE },
		{ "a uid that is none", KIND_POD, "{metadata: {uid: [r]}}", OWNER_NONE },
		{ "no metadata", KIND_POD, "{metadata: 7}", OWNER_NONE },
		{ "no object", KIND_POD, "[]", OWNER_NONE },
	};
	cleanup_owners struct owners o = OWNERS_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_number(rows[i].name, take(&o, rows[i].kind, rows[i].text), rows[i].verdict);
}

#define BUILTIN(kind, name, more)                                                             \
	"{apiVersion: rbac.authorization.k8s.io/v1, kind: " kind ", metadata: {name: \"" name \
	"\", labels: {kubernetes.io/bootstrapping: rbac-defaults}}" more "}"
#define BINDS(role, subjects) ", roleRef: {name: \"" role "\"}, subjects: [" subjects "]"

static void builtin(void **state)
{
	static const struct {
		const char *text;
		bool builtin;
	} rows[] = {
		{ BUILTIN("ClusterRole", "cluster-admin", ""), true },
		{ BUILTIN("ClusterRole", "system:node", ""), true },
		{ BUILTIN("ClusterRole", "mine", ""), false },
		{ "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: system:node}}",
		  false },
		/* Everybody has it: what is put into it is for everybody. */
		{ BUILTIN("ClusterRole", "system:discovery", ""), false },
		{ BUILTIN("ClusterRoleBinding", "cluster-admin",
			  BINDS("cluster-admin", "{kind: Group, name: system:masters}")),
		  true },
		{ BUILTIN("ClusterRoleBinding", "cluster-admin",
			  BINDS("cluster-admin",
				"{kind: Group, name: system:masters}, {kind: User, name: eve}")),
		  false },
		{ BUILTIN("ClusterRoleBinding", "cluster-admin",
			  BINDS("cluster-admin", "{kind: Group, name: system:nodes}")),
		  false },
		{ BUILTIN("ClusterRoleBinding", "system:discovery",
			  BINDS("system:discovery", "{kind: Group, name: system:authenticated}")),
		  true },
		{ BUILTIN("ClusterRoleBinding", "system:discovery",
			  BINDS("cluster-admin", "{kind: Group, name: system:authenticated}")),
		  false },
		{ BUILTIN("ClusterRoleBinding", "system:node",
			  BINDS("system:node", "{kind: Group, name: system:authenticated}")),
		  false },
		{ BUILTIN("ClusterRoleBinding", "system:node",
			  BINDS("system:node", "{kind: User, name: system:anonymous}")),
		  false },
		{ BUILTIN("ClusterRoleBinding", "system:controller:job-controller",
			  BINDS("system:controller:job-controller",
				"{kind: ServiceAccount, namespace: kube-system, name: job-controller}")),
		  true },
		{ BUILTIN("ClusterRoleBinding", "system:controller:job-controller",
			  BINDS("system:controller:job-controller",
				"{kind: ServiceAccount, namespace: shop, name: job-controller}")),
		  false },
		{ BUILTIN("RoleBinding", "system::extension-apiserver-authentication-reader",
			  BINDS("extension-apiserver-authentication-reader",
				"{kind: User, name: system:kube-scheduler}")),
		  true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_yaml_stream struct yaml_stream *s = NULL;
		cleanup_arena struct arena a = ARENA_INIT(1 << 20);
		cleanup_diags struct diags d = { 0 };
		struct object o;

		check(rows[i].text,
		      object_read(&a, parse(&s, rows[i].text), TEXT_NONE, TEXT_NONE, &d, &o));
		check_number(rows[i].text, object_is_builtin(&o), rows[i].builtin);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(owners), cmocka_unit_test(builtin) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
