/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/shape.h"

#include <stdlib.h>
#include <strings.h>

#include "base/cleanup.h"
#include "inspect/reader.h"

enum form {
	FORM_TEXT,   /* what reads as a number or a truth is none: the API refuses it unquoted */
	FORM_NUMBER, /* a whole one */
	FORM_FLAG,
	FORM_SCALAR, /* a number or a text, and no truth: ports, quantities, percentages */
	FORM_LIST,   /* of what in says */
	FORM_MAP,    /* with the members that in says, up to one without a name */
	FORM_MAP_OF, /* each value is what in says */
};

struct shape {
	const char *name;
	enum form form;
	const struct shape *in; /* NULL: anything */
};

/* Members are looked up by their first letter and then the rest; a table has at most some forty. */
#define MEMBERS static const struct shape
#define TEXT_(n)                   \
	{                          \
		n, FORM_TEXT, NULL \
	}
#define NUMBER(n)                    \
	{                            \
		n, FORM_NUMBER, NULL \
	}
#define FLAG(n)                    \
	{                          \
		n, FORM_FLAG, NULL \
	}
#define SCALAR(n)                    \
	{                            \
		n, FORM_SCALAR, NULL \
	}
#define LIST(n, of)              \
	{                        \
		n, FORM_LIST, of \
	}
#define MAP(n, of)              \
	{                       \
		n, FORM_MAP, of \
	}
#define MAP_OF(n, of)              \
	{                          \
		n, FORM_MAP_OF, of \
	}
#define END                          \
	{                            \
		NULL, FORM_MAP, NULL \
	}

/* --- what many have ------------------------------------------------------------------------------ */

MEMBERS text = TEXT_(NULL), number = NUMBER(NULL), scalar = SCALAR(NULL), a_map = MAP(NULL, NULL);

MEMBERS meta_members[] = { TEXT_("name"),
			   TEXT_("generateName"),
			   TEXT_("namespace"),
			   MAP_OF("labels", &text),
			   MAP_OF("annotations", &text),
			   LIST("ownerReferences", &a_map),
			   LIST("finalizers", &text),
			   END };
MEMBERS expression_members[] = { TEXT_("key"), TEXT_("operator"), LIST("values", &text), END };
MEMBERS expression = MAP(NULL, expression_members);
MEMBERS selector_members[] = { MAP_OF("matchLabels", &text), LIST("matchExpressions", &expression),
			       END };
MEMBERS name_members[] = { TEXT_("name"), TEXT_("key"), FLAG("optional"), END };

/* --- pods ---------------------------------------------------------------------------------------- */

MEMBERS http_header_members[] = { TEXT_("name"), TEXT_("value"), END };
MEMBERS http_header = MAP(NULL, http_header_members);
MEMBERS http_members[] = { TEXT_("path"),
			   SCALAR("port"),
			   TEXT_("host"),
			   TEXT_("scheme"),
			   LIST("httpHeaders", &http_header),
			   END };
MEMBERS tcp_members[] = { SCALAR("port"), TEXT_("host"), END };
MEMBERS grpc_members[] = { NUMBER("port"), TEXT_("service"), END };
MEMBERS exec_members[] = { LIST("command", &text), END };
MEMBERS sleep_members[] = { NUMBER("seconds"), END };
MEMBERS probe_members[] = { MAP("httpGet", http_members),
			    MAP("tcpSocket", tcp_members),
			    MAP("grpc", grpc_members),
			    MAP("exec", exec_members),
			    MAP("sleep", sleep_members),
			    NUMBER("initialDelaySeconds"),
			    NUMBER("periodSeconds"),
			    NUMBER("timeoutSeconds"),
			    NUMBER("successThreshold"),
			    NUMBER("failureThreshold"),
			    NUMBER("terminationGracePeriodSeconds"),
			    END };
MEMBERS lifecycle_members[] = { MAP("postStart", probe_members), MAP("preStop", probe_members),
				END };
MEMBERS profile_members[] = { TEXT_("type"), TEXT_("localhostProfile"), END };
MEMBERS selinux_members[] = { TEXT_("type"), TEXT_("user"), TEXT_("role"), TEXT_("level"), END };
MEMBERS windows_members[] = { FLAG("hostProcess"), TEXT_("runAsUserName"), END };
MEMBERS capability_members[] = { LIST("add", &text), LIST("drop", &text), END };
MEMBERS sysctl_members[] = { TEXT_("name"), TEXT_("value"), END };
MEMBERS sysctl = MAP(NULL, sysctl_members);
/* A pod's and a container's: each has some of them only. */
MEMBERS security_members[] = { FLAG("privileged"),
			       FLAG("allowPrivilegeEscalation"),
			       FLAG("readOnlyRootFilesystem"),
			       FLAG("runAsNonRoot"),
			       NUMBER("runAsUser"),
			       NUMBER("runAsGroup"),
			       NUMBER("fsGroup"),
			       TEXT_("fsGroupChangePolicy"),
			       LIST("supplementalGroups", &number),
			       TEXT_("procMount"),
			       MAP("capabilities", capability_members),
			       MAP("seccompProfile", profile_members),
			       MAP("appArmorProfile", profile_members),
			       MAP("seLinuxOptions", selinux_members),
			       MAP("windowsOptions", windows_members),
			       LIST("sysctls", &sysctl),
			       END };
MEMBERS value_from_members[] = { MAP("secretKeyRef", name_members),
				 MAP("configMapKeyRef", name_members), MAP("fieldRef", NULL),
				 MAP("resourceFieldRef", NULL), END };
MEMBERS env_members[] = { TEXT_("name"), TEXT_("value"), MAP("valueFrom", value_from_members),
			  END };
MEMBERS env = MAP(NULL, env_members);
MEMBERS env_from_members[] = { TEXT_("prefix"), MAP("secretRef", name_members),
			       MAP("configMapRef", name_members), END };
MEMBERS env_from = MAP(NULL, env_from_members);
MEMBERS port_members[] = { TEXT_("name"),   NUMBER("containerPort"), NUMBER("hostPort"),
			   TEXT_("hostIP"), TEXT_("protocol"),	     END };
MEMBERS port = MAP(NULL, port_members);
MEMBERS mount_members[] = { TEXT_("name"),
			    TEXT_("mountPath"),
			    TEXT_("subPath"),
			    TEXT_("subPathExpr"),
			    FLAG("readOnly"),
			    TEXT_("mountPropagation"),
			    END };
MEMBERS mount = MAP(NULL, mount_members);
MEMBERS device_members[] = { TEXT_("name"), TEXT_("devicePath"), END };
MEMBERS device = MAP(NULL, device_members);
MEMBERS resource_members[] = { MAP_OF("requests", &scalar), MAP_OF("limits", &scalar),
			       LIST("claims", &a_map), END };
MEMBERS container_members[] = { TEXT_("name"),
				TEXT_("image"),
				TEXT_("imagePullPolicy"),
				TEXT_("restartPolicy"),
				TEXT_("workingDir"),
				TEXT_("terminationMessagePath"),
				TEXT_("terminationMessagePolicy"),
				FLAG("stdin"),
				FLAG("tty"),
				LIST("command", &text),
				LIST("args", &text),
				LIST("env", &env),
				LIST("envFrom", &env_from),
				LIST("ports", &port),
				LIST("volumeMounts", &mount),
				LIST("volumeDevices", &device),
				MAP("resources", resource_members),
				MAP("securityContext", security_members),
				MAP("livenessProbe", probe_members),
				MAP("readinessProbe", probe_members),
				MAP("startupProbe", probe_members),
				MAP("lifecycle", lifecycle_members),
				END };
MEMBERS container = MAP(NULL, container_members);

MEMBERS path_members[] = { TEXT_("path"), TEXT_("type"), END };
MEMBERS empty_members[] = { TEXT_("medium"), SCALAR("sizeLimit"), END };
MEMBERS secret_members[] = { TEXT_("secretName"), NUMBER("defaultMode"), FLAG("optional"),
			     LIST("items", &a_map), END };
MEMBERS config_members[] = { TEXT_("name"), NUMBER("defaultMode"), FLAG("optional"),
			     LIST("items", &a_map), END };
MEMBERS claim_members[] = { TEXT_("claimName"), FLAG("readOnly"), END };
MEMBERS projected_members[] = { LIST("sources", &a_map), NUMBER("defaultMode"), END };
MEMBERS volume_members[] = { TEXT_("name"),
			     MAP("hostPath", path_members),
			     MAP("emptyDir", empty_members),
			     MAP("secret", secret_members),
			     MAP("configMap", config_members),
			     MAP("persistentVolumeClaim", claim_members),
			     MAP("projected", projected_members),
			     MAP("downwardAPI", NULL),
			     MAP("csi", NULL),
			     MAP("nfs", NULL),
			     MAP("ephemeral", NULL),
			     MAP("image", NULL),
			     END };
MEMBERS volume = MAP(NULL, volume_members);
MEMBERS os_members[] = { TEXT_("name"), END };
MEMBERS alias_members[] = { TEXT_("ip"), LIST("hostnames", &text), END };
MEMBERS alias = MAP(NULL, alias_members);
MEMBERS spread_members[] = { NUMBER("maxSkew"), TEXT_("topologyKey"), TEXT_("whenUnsatisfiable"),
			     MAP("labelSelector", selector_members), END };
MEMBERS spread = MAP(NULL, spread_members);
MEMBERS affinity_members[] = { MAP("nodeAffinity", NULL), MAP("podAffinity", NULL),
			       MAP("podAntiAffinity", NULL), END };
MEMBERS pod_members[] = { FLAG("hostNetwork"),
			  FLAG("hostPID"),
			  FLAG("hostIPC"),
			  FLAG("hostUsers"),
			  FLAG("shareProcessNamespace"),
			  FLAG("automountServiceAccountToken"),
			  FLAG("enableServiceLinks"),
			  TEXT_("serviceAccountName"),
			  TEXT_("serviceAccount"),
			  TEXT_("runtimeClassName"),
			  TEXT_("restartPolicy"),
			  TEXT_("priorityClassName"),
			  TEXT_("schedulerName"),
			  TEXT_("dnsPolicy"),
			  TEXT_("nodeName"),
			  TEXT_("hostname"),
			  TEXT_("subdomain"),
			  NUMBER("terminationGracePeriodSeconds"),
			  NUMBER("activeDeadlineSeconds"),
			  MAP_OF("nodeSelector", &text),
			  MAP("os", os_members),
			  MAP("affinity", affinity_members),
			  LIST("tolerations", &a_map),
			  LIST("imagePullSecrets", &a_map),
			  LIST("hostAliases", &alias),
			  LIST("topologySpreadConstraints", &spread),
			  MAP("securityContext", security_members),
			  LIST("volumes", &volume),
			  LIST("initContainers", &container),
			  LIST("containers", &container),
			  LIST("ephemeralContainers", &container),
			  END };
MEMBERS template_members[] = { MAP("metadata", meta_members), MAP("spec", pod_members), END };

/* --- controllers --------------------------------------------------------------------------------- */

MEMBERS strategy_members[] = { TEXT_("type"), MAP("rollingUpdate", NULL), END };
MEMBERS controller_members[] = { NUMBER("replicas"),
				 MAP("selector", selector_members),
				 MAP("strategy", strategy_members),
				 MAP("updateStrategy", strategy_members),
				 TEXT_("serviceName"),
				 LIST("volumeClaimTemplates", &a_map),
				 NUMBER("minReadySeconds"),
				 NUMBER("revisionHistoryLimit"),
				 NUMBER("progressDeadlineSeconds"),
				 FLAG("paused"),
				 MAP("template", template_members),
				 END };
/* Whose strategy or selector is of another form. */
MEMBERS other_controller_members[] = { NUMBER("replicas"), MAP("template", template_members), END };
MEMBERS job_members[] = { NUMBER("parallelism"),
			  NUMBER("completions"),
			  NUMBER("backoffLimit"),
			  NUMBER("activeDeadlineSeconds"),
			  NUMBER("ttlSecondsAfterFinished"),
			  FLAG("suspend"),
			  MAP("selector", selector_members),
			  MAP("template", template_members),
			  END };
MEMBERS job_template_members[] = { MAP("metadata", meta_members), MAP("spec", job_members), END };
MEMBERS cron_members[] = { TEXT_("schedule"),
			   TEXT_("timeZone"),
			   TEXT_("concurrencyPolicy"),
			   FLAG("suspend"),
			   NUMBER("startingDeadlineSeconds"),
			   NUMBER("successfulJobsHistoryLimit"),
			   NUMBER("failedJobsHistoryLimit"),
			   MAP("jobTemplate", job_template_members),
			   END };

/* --- the rest ------------------------------------------------------------------------------------ */

MEMBERS service_port_members[] = { TEXT_("name"),	 TEXT_("protocol"),  NUMBER("port"),
				   SCALAR("targetPort"), NUMBER("nodePort"), END };
MEMBERS service_port = MAP(NULL, service_port_members);
MEMBERS service_members[] = { TEXT_("type"),
			      TEXT_("clusterIP"),
			      TEXT_("externalName"),
			      TEXT_("loadBalancerIP"),
			      TEXT_("externalTrafficPolicy"),
			      MAP_OF("selector", &text),
			      LIST("externalIPs", &text),
			      LIST("loadBalancerSourceRanges", &text),
			      LIST("ports", &service_port),
			      END };
MEMBERS backend_port_members[] = { TEXT_("name"), NUMBER("number"), END };
MEMBERS backend_service_members[] = { TEXT_("name"), MAP("port", backend_port_members), END };
MEMBERS backend_members[] = { MAP("service", backend_service_members), MAP("resource", NULL),
			      TEXT_("serviceName"), SCALAR("servicePort"), END };
MEMBERS ingress_path_members[] = { TEXT_("path"), TEXT_("pathType"),
				   MAP("backend", backend_members), END };
MEMBERS ingress_path = MAP(NULL, ingress_path_members);
MEMBERS ingress_http_members[] = { LIST("paths", &ingress_path), END };
MEMBERS ingress_rule_members[] = { TEXT_("host"), MAP("http", ingress_http_members), END };
MEMBERS ingress_rule = MAP(NULL, ingress_rule_members);
MEMBERS tls_members[] = { LIST("hosts", &text), TEXT_("secretName"), END };
MEMBERS tls = MAP(NULL, tls_members);
MEMBERS ingress_members[] = { TEXT_("ingressClassName"), MAP("defaultBackend", backend_members),
			      LIST("tls", &tls), LIST("rules", &ingress_rule), END };
MEMBERS block_members[] = { TEXT_("cidr"), LIST("except", &text), END };
MEMBERS peer_members[] = { MAP("podSelector", selector_members),
			   MAP("namespaceSelector", selector_members),
			   MAP("ipBlock", block_members), END };
MEMBERS peer = MAP(NULL, peer_members);
MEMBERS policy_port_members[] = { TEXT_("protocol"), SCALAR("port"), NUMBER("endPort"), END };
MEMBERS policy_port = MAP(NULL, policy_port_members);
MEMBERS policy_rule_members[] = { LIST("from", &peer), LIST("to", &peer),
				  LIST("ports", &policy_port), END };
MEMBERS policy_rule = MAP(NULL, policy_rule_members);
MEMBERS policy_members[] = { MAP("podSelector", selector_members), LIST("policyTypes", &text),
			     LIST("ingress", &policy_rule), LIST("egress", &policy_rule), END };
MEMBERS budget_members[] = { SCALAR("minAvailable"), SCALAR("maxUnavailable"),
			     TEXT_("unhealthyPodEvictionPolicy"), MAP("selector", selector_members),
			     END };
MEMBERS target_members[] = { TEXT_("apiVersion"), TEXT_("kind"), TEXT_("name"), END };
MEMBERS scaler_members[] = { NUMBER("minReplicas"), NUMBER("maxReplicas"),
			     MAP("scaleTargetRef", target_members), LIST("metrics", &a_map), END };
MEMBERS rule_members[] = { LIST("apiGroups", &text),	   LIST("resources", &text),
			   LIST("verbs", &text),	   LIST("resourceNames", &text),
			   LIST("nonResourceURLs", &text), END };
MEMBERS rule = MAP(NULL, rule_members);
MEMBERS subject_members[] = { TEXT_("kind"), TEXT_("name"), TEXT_("namespace"), TEXT_("apiGroup"),
			      END };
MEMBERS subject = MAP(NULL, subject_members);
MEMBERS role_ref_members[] = { TEXT_("kind"), TEXT_("name"), TEXT_("apiGroup"), END };

#define OBJECT TEXT_("apiVersion"), TEXT_("kind"), MAP("metadata", meta_members)
#define WITH_SPEC(n, members) MEMBERS n[] = { OBJECT, MAP("spec", members), END }

MEMBERS header_object[] = { OBJECT, END }; /* what every object has */
WITH_SPEC(pod_object, pod_members);
WITH_SPEC(controller_object, controller_members);
WITH_SPEC(other_controller_object, other_controller_members);
WITH_SPEC(job_object, job_members);
WITH_SPEC(cron_object, cron_members);
WITH_SPEC(service_object, service_members);
WITH_SPEC(ingress_object, ingress_members);
WITH_SPEC(policy_object, policy_members);
WITH_SPEC(budget_object, budget_members);
WITH_SPEC(scaler_object, scaler_members);
WITH_SPEC(any_object, NULL);
MEMBERS template_object[] = { OBJECT, MAP("template", template_members), END };
MEMBERS role_object[] = { OBJECT, LIST("rules", &rule), MAP("aggregationRule", NULL), END };
MEMBERS binding_object[] = { OBJECT, LIST("subjects", &subject), MAP("roleRef", role_ref_members),
			     END };
MEMBERS account_object[] = { OBJECT, FLAG("automountServiceAccountToken"), LIST("secrets", &a_map),
			     LIST("imagePullSecrets", &a_map), END };
MEMBERS map_object[] = { OBJECT, MAP_OF("data", &text), MAP_OF("binaryData", &text),
			 FLAG("immutable"), END };
MEMBERS secret_object[] = { OBJECT,
			    TEXT_("type"),
			    MAP_OF("data", &text),
			    MAP_OF("stringData", &text),
			    FLAG("immutable"),
			    END };
MEMBERS class_object[] = { OBJECT, TEXT_("provisioner"), MAP_OF("parameters", &text), END };
MEMBERS webhook_object[] = { OBJECT, LIST("webhooks", &a_map), END };

static const struct shape *const objects[KINDS] = {
	[KIND_POD] = pod_object,
	[KIND_DEPLOYMENT] = controller_object,
	[KIND_DAEMON_SET] = controller_object,
	[KIND_STATEFUL_SET] = controller_object,
	[KIND_REPLICA_SET] = controller_object,
	[KIND_REPLICATION_CONTROLLER] = other_controller_object,
	[KIND_JOB] = job_object,
	[KIND_CRON_JOB] = cron_object,
	[KIND_POD_TEMPLATE] = template_object,
	[KIND_ROLLOUT] = other_controller_object,
	[KIND_KNATIVE_SERVICE] = other_controller_object,
	[KIND_DEPLOYMENT_CONFIG] = other_controller_object,
	[KIND_ROLE] = role_object,
	[KIND_CLUSTER_ROLE] = role_object,
	[KIND_ROLE_BINDING] = binding_object,
	[KIND_CLUSTER_ROLE_BINDING] = binding_object,
	[KIND_SERVICE] = service_object,
	[KIND_INGRESS] = ingress_object,
	[KIND_NETWORK_POLICY] = policy_object,
	[KIND_NAMESPACE] = any_object,
	[KIND_SERVICE_ACCOUNT] = account_object,
	[KIND_CONFIG_MAP] = map_object,
	[KIND_SECRET] = secret_object,
	[KIND_MUTATING_WEBHOOK] = webhook_object,
	[KIND_VALIDATING_WEBHOOK] = webhook_object,
	[KIND_DISRUPTION_BUDGET] = budget_object,
	[KIND_AUTOSCALER] = scaler_object,
	[KIND_PERSISTENT_VOLUME] = any_object,
	[KIND_GATEWAY] = any_object,
	[KIND_SERVICE_MONITOR] = any_object,
	[KIND_NODE] = any_object,
	[KIND_LIMIT_RANGE] = any_object,
	[KIND_RESOURCE_QUOTA] = any_object,
	[KIND_STORAGE_CLASS] = class_object,
};

/* --- holding an object against it ---------------------------------------------------------------- */

/* What kubectl makes of it on its way to the API: YAML 1.1, but for "y" and "n". */
static const char *other_than_text(const struct at *at)
{
	static const char *const truths[] = { "true", "false", "yes", "no", "on", "off" };
	struct text t = at_text(at);
	char copy[40], *end;
	int64_t n;

	if (!at->node->plain || at->node->block || !t.len || t.len >= sizeof(copy))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(truths); i++)
		if (t.len == strlen(truths[i]) && !strncasecmp(t.data, truths[i], t.len))
			return "true or false";
	if (!strchr("+-.0123456789", t.data[0]))
		return NULL;
	if (at_number(at, &n))
		return "a number";
	memcpy(copy, t.data, t.len);
	copy[t.len] = '\0';
	(void)strtod(copy, &end);
	return end != copy && !*end ? "a number" : NULL;
}

static void judge_text(struct reader *r, const struct at *at)
{
	const char *is = other_than_text(at);
	cleanup_buf struct buf path = BUF_INIT;

	if (!is)
		return;
	at_add_path(at, &path);
	diag_error(r->diags, at_place(at), "type", "%s: a text was expected, not %s",
		   path.data ? path.data : "", is);
	diag_hint(r->diags, "put it in quotes: the API refuses it as it is");
}

static const struct shape *member(const struct shape *in, struct text key)
{
	for (; in->name; in++)
		if (key.len && in->name[0] == key.data[0] && text_eq_str(key, in->name))
			return in;
	return NULL;
}

static void judge(struct reader *r, const struct shape *s, const struct at *at);

static void judge_members(struct reader *r, const struct shape *s, const struct at *at)
{
	for (uint32_t i = 0; i < at->node->count; i++) {
		const struct yaml_entry *e = &at->node->entries[i];
		const struct shape *in = s->form == FORM_MAP_OF ? s->in : member(s->in, e->key);
		char key[256];

		if (!in || yaml_is_null(e->value))
			continue;
		if (in->name) {
			judge(r, in, &(struct at){ at, in->name, AT_MEMBER, e->value });
			continue;
		}
		snprintf(key, sizeof(key), "%.*s", (int)e->key.len, e->key.data);
		judge(r, in, &(struct at){ at, key, AT_KEY, e->value });
	}
}

static const char *const wanted[] = {
	[FORM_TEXT] = "a text",	  [FORM_NUMBER] = "a number", [FORM_FLAG] = "true or false",
	[FORM_SCALAR] = "a text", [FORM_LIST] = "a list",     [FORM_MAP] = "a map",
	[FORM_MAP_OF] = "a map"
};

static bool has_form(const struct shape *s, const struct at *at)
{
	enum yaml_kind kind = at->node->kind;
	int64_t n;

	switch (s->form) {
	case FORM_TEXT:
		return kind == YAML_SCALAR;
	case FORM_SCALAR:
		return kind == YAML_SCALAR && !at_is_true(at) && !at_is_false(at);
	case FORM_NUMBER:
		return kind == YAML_SCALAR && at_number(at, &n);
	case FORM_FLAG:
		return at_is_true(at) || at_is_false(at);
	case FORM_LIST:
		return kind == YAML_LIST;
	case FORM_MAP:
	case FORM_MAP_OF:
		return kind == YAML_MAP;
	}
	return true;
}

/* Shapes are as deep as their tables, so this ends. */
static void judge(struct reader *r, const struct shape *s, const struct at *at)
{
	if (!has_form(s, at)) {
		reader_complain(r, at, wanted[s->form]);
	} else if (s->form == FORM_TEXT) {
		judge_text(r, at);
	} else if (s->form == FORM_LIST && s->in) {
		for (uint32_t i = 0; i < at->node->count; i++) {
			struct at item = at_item(at, i);

			if (item.node)
				judge(r, s->in, &item);
		}
	} else if (at->node->kind == YAML_MAP && s->in) {
		judge_members(r, s, at);
	}
}

void shape_judge(const struct object *o, struct arena *a, struct diags *d)
{
	struct reader r = { a, d };
	struct shape root = { NULL, FORM_MAP, NULL };

	root.in = o->kind < 0 ? header_object : objects[o->kind];
	if (!root.in || !o->root.node)
		return;
	judge(&r, &root, &o->root);
}
