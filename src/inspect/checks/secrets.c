/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials where everybody who may read manifests can read them. Values are never repeated. */
#include "base/cleanup.h"
#include "base/mask.h"
#include "base/secret.h"
#include "base/str.h"
#include "inspect/check.h"
#include "inspect/config_secret.h"

static bool is_cloud_key(const struct secret *s)
{
	return s->what && (strstr(s->what, "access key") || strstr(s->what, "Tencent"));
}

static void fail_secret(struct probe *p, const struct at *at, const struct secret *s)
{
	char words[160];

	secret_describe(s, words, sizeof(words));
	probe_fail_value(p, at, "%s", words);
}

static void env(struct probe *p, const struct workload *w, const struct container *c)
{
	for (uint32_t i = 0; i < c->env_count; i++) {
		const struct env *e = &c->env[i];
		struct secret s = secret_find(e->value.value);

		if (is_cloud_key(&s))
			continue;
		if (s.what)
			fail_secret(p, &e->value.at, &s);
		else if (secret_is_named(e->name.value, e->value.value))
			probe_fail_value(p, &e->value.at, "a literal for %.*s (%u bytes, hidden)",
					 (int)(e->name.value.len < 60 ? e->name.value.len : 60),
					 e->name.value.data, e->value.value.len);
	}
}

static void cloud_key_in(struct probe *p, const struct words *list)
{
	for (uint32_t i = 0; i < list->count; i++) {
		struct secret s = secret_find(list->items[i].value);

		if (is_cloud_key(&s))
			fail_secret(p, &list->items[i].at, &s);
	}
}

static void cloud_key(struct probe *p, const struct workload *w, const struct container *c)
{
	for (uint32_t i = 0; i < c->env_count; i++) {
		struct secret s = secret_find(c->env[i].value.value);

		if (is_cloud_key(&s))
			fail_secret(p, &c->env[i].value.at, &s);
	}
	cloud_key_in(p, &c->command);
	cloud_key_in(p, &c->args);
}

/* "--password=x", "--token x": the option's name is what tells. */
static void fail_argument(struct probe *p, const struct words *list, uint32_t i)
{
	struct text t = list->items[i].value;
	const char *equals = t.len ? memchr(t.data, '=', t.len) : NULL;
	struct text name = equals ? text_from(t.data, (size_t)(equals - t.data)) : t;
	struct text value = equals ? text_from(equals + 1, t.len - name.len - 1) : TEXT_NONE;

	if (!text_starts(name, TEXT("-")) || memchr(name.data, ' ', name.len))
		return;
	if (!equals && i + 1 < list->count)
		value = list->items[i + 1].value;
	if (value.len && value.data[0] != '-' && secret_is_named(name, value))
		probe_fail_value(p, &list->items[equals ? i : i + 1].at,
				 "a literal for %.*s (%u bytes, hidden)",
				 (int)(name.len < 60 ? name.len : 60), name.data, value.len);
}

/* "sh -c 'PGPASSWORD=x psql'", "Authorization: Bearer x": what a program or a header says is one. */
static bool fail_line(struct probe *p, const struct at *at)
{
	cleanup_buf struct buf masked = BUF_INIT;
	struct text t = at_text(at);

	/* One word by itself says nothing of what comes behind it; what is behind "$" is not written here. */
	if (!t.len || !memchr(t.data, ' ', t.len) || !mask_text(t, &masked))
		return false;
	for (const char *m = masked.data; (m = strstr(m, MASK)) != NULL; m += sizeof(MASK) - 1) {
		size_t offset = (size_t)(m - masked.data);
		char first = offset < t.len ? t.data[offset] : '\0';

		if (first == '$' || first == '<' || first == '{')
			continue;
		probe_fail_value(p, at, "a line with a credential (%u bytes, hidden)", t.len);
		return true;
	}
	return false;
}

static void arguments_in(struct probe *p, const struct words *list)
{
	for (uint32_t i = 0; i < list->count; i++) {
		struct secret s = secret_find(list->items[i].value);

		if (s.what && !is_cloud_key(&s))
			fail_secret(p, &list->items[i].at, &s);
		else if (!s.what && !fail_line(p, &list->items[i].at))
			fail_argument(p, list, i);
	}
}

/* What the kubelet runs and sends for a container: commands, and the headers of requests. */
static void arguments_of_hook(struct probe *p, const struct at *hook)
{
	struct at command = at_member(hook, "exec.command");
	struct at headers = at_member(hook, "httpGet.httpHeaders");

	for (uint32_t i = 0; i < at_count(&command); i++) {
		struct at item = at_item(&command, i);
		struct secret s = secret_find(at_text(&item));
		const char *equals = at_text(&item).len ?
					     memchr(at_text(&item).data, '=', at_text(&item).len) :
					     NULL;
		struct words one = { &(struct word){ at_text(&item), item }, 1, command };

		if (s.what)
			fail_secret(p, &item, &s);
		else if (!fail_line(p, &item) && equals)
			fail_argument(p, &one, 0);
	}
	for (uint32_t i = 0; i < at_count(&headers); i++) {
		struct at item = at_item(&headers, i), name = at_member(&item, "name"),
			  value = at_member(&item, "value");

		if (secret_is_named(at_text(&name), at_text(&value)) ||
		    (text_eq_str(at_text(&name), "Authorization") && at_text(&value).len))
			probe_fail_value(p, &value, "a literal for %.*s (%u bytes, hidden)",
					 (int)(at_text(&name).len < 60 ? at_text(&name).len : 60),
					 at_text(&name).data, at_text(&value).len);
	}
}

static void arguments(struct probe *p, const struct workload *w, const struct container *c)
{
	static const char *const hooks[] = { "postStart", "preStop" };

	arguments_in(p, &c->command);
	arguments_in(p, &c->args);
	for (int i = 0; i < PROBES; i++)
		arguments_of_hook(p, &c->probes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		struct at hook = at_member(&c->lifecycle, hooks[i]);

		arguments_of_hook(p, &hook);
	}
}

static void env_from_secret(struct probe *p, const struct workload *w, const struct container *c)
{
	for (uint32_t i = 0; i < c->env_count; i++)
		if (c->env[i].secret.value.data)
			probe_fail(p, &c->env[i].secret.at);
	for (uint32_t i = 0; i < c->env_secret_count; i++)
		if (c->env_secrets[i].value.data)
			probe_fail(p, &c->env_secrets[i].at);
}

static void config_data(struct probe *p, const struct at *parent)
{
	struct at data = *parent;

	for (uint32_t i = 0; data.node && data.node->kind == YAML_MAP && i < data.node->count;
	     i++) {
		const struct yaml_entry *e = &data.node->entries[i];
		char key[256];
		struct at at;
		struct text name;
		struct secret s;

		if (e->value->kind != YAML_SCALAR)
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)e->key.len, e->key.data);
		at = (struct at){ &data, key, AT_KEY, e->value };
		s = secret_find(e->value->text);
		if (s.what)
			fail_secret(p, &at, &s);
		else if (secret_is_named(e->key, e->value->text))
			probe_fail_value(p, &at, "a literal (%u bytes, hidden)",
					 e->value->text.len);
		else if (config_secret_find(e->value->text, &name))
			probe_fail_value(p, &at, "a line sets %.*s (hidden)", (int)name.len,
					 name.data);
	}
}

static void config_map(struct probe *p, const struct object *o)
{
	struct at data = at_member(&o->root, "data"), binary = at_member(&o->root, "binaryData");

	config_data(p, &data);
	config_data(p, &binary);
}

static void secret_in_manifest(struct probe *p, const struct object *o)
{
	static const char *const members[] = { "stringData", "data" };
	struct at type = at_member(&o->root, "type");

	if (text_eq_str(at_text(&type), "kubernetes.io/service-account-token")) {
		probe_skip(p);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		struct at at = at_member(&o->root, members[i]);

		if (at_count(&at))
			probe_fail_value(p, &at, "%u values (hidden)", at_count(&at));
	}
}

static void annotations_in(struct probe *p, const struct at *all)
{
	for (uint32_t i = 0; all->node && all->node->kind == YAML_MAP && i < all->node->count;
	     i++) {
		const struct yaml_entry *e = &all->node->entries[i];
		struct secret s;
		struct at at;
		char key[256];

		/* kubectl's copy of the manifest repeats what is found elsewhere. */
		if (e->value->kind != YAML_SCALAR ||
		    text_eq_str(e->key, "kubectl.kubernetes.io/last-applied-configuration"))
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)e->key.len, e->key.data);
		at = (struct at){ all, key, AT_KEY, e->value };
		s = secret_find(e->value->text);
		if (s.what)
			fail_secret(p, &at, &s);
	}
}

static void annotation(struct probe *p, const struct object *o)
{
	annotations_in(p, &o->annotations);
	if (o->workload && o->workload->annotations.node != o->annotations.node)
		annotations_in(p, &o->workload->annotations);
}

static void git_sync(struct probe *p, const struct workload *w, const struct container *c)
{
	static const char *const names[] = { "GITSYNC_GIT", "GIT_SYNC_GIT", "GITSYNC_ASKPASS_URL",
					     "GIT_SYNC_ASKPASS_URL", "GITSYNC_EXECHOOK_COMMAND" };

	for (uint32_t i = 0; i < c->env_count; i++)
		for (size_t k = 0; k < ARRAY_SIZE(names); k++)
			if (word_is(&c->env[i].name, names[k]))
				probe_fail_value(p, &c->env[i].name.at, "%s", names[k]);
}

#define IDENTITY .category = CATEGORY_IDENTITY, .kinds = KINDS_CONTAINER
#define GOOD_PRACTICES "https://kubernetes.io/docs/concepts/security/secrets-good-practices/"

static const struct check checks[] = {
	{ .id = "MRL-321",
	  .name = "env-var-secret",
	  .title = "A credential is written into an environment variable",
	  .attack = "Whoever may read the manifest, the pod or /proc/PID/environ has it.",
	  .suggest = "Put it into a Secret and mount it as a file; replace it, as it was published.",
	  .suggest_bundle =
		  "Mount it as a file; replace it, as whoever may look at the container has it.",
	  .aliases = "sensitiveContainerEnvVar C-0012 C-0259 CIS-5.4.1",
	  .links = GOOD_PRACTICES,
	  .severity = SEVERITY_HIGH,
	  IDENTITY,
	  .container = env },
	{ .id = "MRL-322",
	  .name = "cloud-access-key",
	  .title = "A cloud access key is in the manifest",
	  .attack =
		  "Uses it from anywhere: the account's data and machines are theirs to the extent of its rights.",
	  .suggest = "Disable the key, then bind the service account to a role of the cloud.",
	  .suggest_bundle =
		  "Disable the key, then give the host or the workload a role of the cloud.",
	  .aliases = "",
	  .links = GOOD_PRACTICES,
	  .severity = SEVERITY_CRITICAL,
	  IDENTITY,
	  .container = cloud_key },
	{ .id = "MRL-323",
	  .name = "argument-secret",
	  .title = "A credential is written into a command line",
	  .attack = "Whoever may read the manifest or the list of processes on the node has it.",
	  .suggest = "Pass the name of a file that is mounted from a Secret.",
	  .suggest_bundle = "Pass the name of a file that is mounted.",
	  .aliases = "C-0012",
	  .links = GOOD_PRACTICES,
	  .severity = SEVERITY_HIGH,
	  IDENTITY,
	  .container = arguments },
	{ .id = "MRL-324",
	  .name = "read-secret-from-env-var",
	  .title = "A Secret is passed as an environment variable",
	  .attack =
		  "It is inherited by every child, printed by crash reports and readable in /proc.",
	  .suggest = "Mount it as a file.",
	  .aliases = "C-0207 SecretsAsEnvironmentVariables CKV_K8S_35 CIS-5.4.1",
	  .links = GOOD_PRACTICES,
	  .severity = SEVERITY_LOW,
	  .category = CATEGORY_IDENTITY,
	  .kinds = KINDS_WORKLOAD,
	  .container = env_from_secret },
	{ .id = "MRL-325",
	  .name = "config-map-secret",
	  .title = "A ConfigMap holds a credential",
	  .attack =
		  "ConfigMaps are readable for many who may not read Secrets, and are not encrypted at rest.",
	  .suggest = "Move it to a Secret; replace it, as it was published.",
	  .aliases = "sensitiveConfigmapContent C-0012 KSV-0109 KSV-01010",
	  .links = GOOD_PRACTICES,
	  .severity = SEVERITY_HIGH,
	  .category = CATEGORY_IDENTITY,
	  .kinds = KIND_BIT(KIND_CONFIG_MAP),
	  .object = config_map },
	{ .id = "MRL-326",
	  .name = "secret-in-manifest",
	  .title = "A Secret's values are in the manifest",
	  .attack = "base64 is no encryption: whoever may read the repository has them.",
	  .suggest = "Keep them in an external store, or seal them for the cluster.",
	  .aliases = "C-0208 C-0234 CIS-5.4.2",
	  .links = GOOD_PRACTICES,
	  .severity = SEVERITY_MEDIUM,
	  .category = CATEGORY_IDENTITY,
	  .kinds = KIND_BIT(KIND_SECRET),
	  .object = secret_in_manifest },
	{ .id = "MRL-327",
	  .name = "annotation-secret",
	  .title = "A credential is in an annotation",
	  .attack = "Annotations are readable for all who may see the object.",
	  .suggest = "Remove and replace it.",
	  .aliases = "",
	  .links = GOOD_PRACTICES,
	  .severity = SEVERITY_HIGH,
	  .category = CATEGORY_IDENTITY,
	  .kinds = KINDS_ANY,
	  .object = annotation },
	{ .id = "MRL-328",
	  .name = "git-sync-command",
	  .title = "git-sync is told to run another program",
	  .attack = "Who may set the variable runs commands in the container.",
	  .suggest = "Remove the variable.",
	  .aliases = "CKV_K8S_159",
	  .links = NULL,
	  .severity = SEVERITY_MEDIUM,
	  IDENTITY,
	  .container = git_sync },
};

const struct check_group checks_secrets = { checks, ARRAY_SIZE(checks) };
