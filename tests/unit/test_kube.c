/* SPDX-License-Identifier: Apache-2.0 */
/* What is read of others about clusters: kubeconfig files, versions, discovery, pages of lists. */
#include <errno.h>

#include "base/str.h"
#include "kube/config.h"
#include "kube/exec.h"
#include "kube/facts.h"
#include "kube/list.h"
#include "unit.h"

/* --- kubeconfig ---------------------------------------------------------------------------------- */

#define CONFIG(cluster, user)                                                         \
	"apiVersion: v1\nkind: Config\ncurrent-context: a\n"                          \
	"contexts:\n- {name: a, context: {cluster: c, user: u, namespace: shop}}\n"   \
	"- {name: b, context: {cluster: gone}}\n- {name: n, context: {cluster: c}}\n" \
	"clusters:\n- {name: c, cluster: {" cluster "}}\nusers:\n- {name: u, user: {" user "}}\n"
#define SERVER "server: \"https://10.0.0.1:6443/\""

static void config_is_read(void **state)
{
	struct kube_config c = KUBE_CONFIG_INIT;
	struct error err = ERROR_INIT;
	const char *text = CONFIG(
		SERVER
		", certificate-authority: ca.crt, tls-server-name: api, proxy-url: \"http://p\"",
		"token: t0, client-certificate-data: QUJD, client-key: /k.pem");

	assert_int_equal(kube_config_parse(&c, "/home/u/.kube/config", text_of(text), NULL, &err),
			 0);
	assert_string_equal(c.name, "a");
	assert_string_equal(c.server, "https://10.0.0.1:6443");
	assert_string_equal(c.name_space, "shop");
	assert_string_equal(c.ca_file, "/home/u/.kube/ca.crt");
	assert_string_equal(c.server_name, "api");
	assert_string_equal(c.proxy, "http://p");
	assert_string_equal(c.token, "t0");
	assert_true(text_eq_str(c.cert, "ABC"));
	assert_string_equal(c.key_file, "/k.pem");
	assert_false(c.insecure);
	kube_config_deinit(&c);
	/* A context without a user asks as a stranger. */
	assert_int_equal(kube_config_parse(&c, "f", text_of(text), "n", &err), 0);
	assert_null(c.token);
	assert_string_equal(c.ca_file, "ca.crt");
	kube_config_deinit(&c);
}

#define V1 "apiVersion: client.authentication.k8s.io/v1"

static void program_is_read(void **state)
{
	struct kube_config c = KUBE_CONFIG_INIT;
	struct error err = ERROR_INIT;
	const char *text = CONFIG(
		SERVER
		", extensions: [{name: other, extension: 1}, {name: client.authentication.k8s.io/exec, "
		"extension: {audience: x}}]",
		"exec: {" V1
		", command: bin/login, args: [get, \"\", 7], provideClusterInfo: true, "
		"env: [{name: A, value: b}, {name: C}], interactiveMode: Never, installHint: apt}");

	assert_int_equal(kube_config_parse(&c, "/home/u/config", text_of(text), NULL, &err), 0);
	assert_non_null(c.exec);
	assert_string_equal(c.exec->argv[0], "/home/u/bin/login");
	assert_string_equal(c.exec->argv[2], "");
	assert_string_equal(c.exec->argv[3], "7");
	assert_null(c.exec->argv[4]);
	assert_string_equal(c.exec->env[0], "A=b");
	assert_string_equal(c.exec->env[1], "C=");
	assert_null(c.exec->env[2]);
	assert_string_equal(c.exec->config, "{\"audience\": \"x\"}");
	assert_string_equal(c.exec->hint, "apt");
	assert_true(c.exec->no_terminal && c.exec->wants_cluster && !c.exec->wants_terminal);
	kube_config_deinit(&c);
	/* Who has a token needs no program. */
	text = CONFIG(SERVER, "token: t, exec: {" V1 ", command: login}");
	assert_int_equal(kube_config_parse(&c, "f", text_of(text), NULL, &err), 0);
	assert_null(c.exec);
	kube_config_deinit(&c);
}

#define CREDENTIAL(status)                                                                                        \
	"{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1\", \"status\": " status \
	"}"

static void program_answers(void **state)
{
	static const struct {
		const char *name, *text, *says; /* NULL: it is good */
	} rows[] = {
		{ "a token", CREDENTIAL("{\"token\": \"t\"}"), NULL },
		{ "a pair",
		  CREDENTIAL("{\"clientCertificateData\": \"c\", \"clientKeyData\": \"k\"}"),
		  NULL },
		{ "an end that is none",
		  CREDENTIAL("{\"token\": \"t\", \"expirationTimestamp\": \"soon\"}"), NULL },
		{ "nothing", "", "no ExecCredential" },
		{ "a text", "\"t\"", "no ExecCredential" },
		{ "no status", "{\"kind\": \"ExecCredential\"}", "no ExecCredential" },
		{ "no version", "{\"kind\": \"ExecCredential\", \"status\": {\"token\": \"t\"}}",
		  "apiVersion" },
		{ "no credentials", CREDENTIAL("{}"), "neither" },
		{ "an empty token", CREDENTIAL("{\"token\": \"\"}"), "neither" },
		{ "a number", CREDENTIAL("{\"token\": 7}"), "no texts" },
		{ "a NUL", CREDENTIAL("{\"token\": \"a\\u0000b\"}"), "ExecCredential" },
		{ "two lines", CREDENTIAL("{\"token\": \"a\\nb\"}"), "one word" },
		{ "half a pair", CREDENTIAL("{\"token\": \"t\", \"clientKeyData\": \"k\"}"),
		  "without its" },
	};
	const struct kube_exec x = { .api_version = "client.authentication.k8s.io/v1",
				     .file = "f",
				     .shown = "login" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_kube_credentials struct kube_credentials got = { 0 };
		struct error err = ERROR_INIT;
		int r = kube_exec_parse(&x, text_of(rows[i].text), &got, &err);

		check_number(rows[i].name, r, rows[i].says ? -EINVAL : 0);
		if (rows[i].says && !strstr(err.text, rows[i].says))
			fail_msg("%s: %s", rows[i].name, err.text);
		if (rows[i].says && (got.token || got.cert || got.key))
			fail_msg("%s: something is left", rows[i].name);
	}
}

static void config_is_refused(void **state)
{
	static const struct {
		const char *name, *text, *context, *says;
		int code;
	} rows[] = {
		{ "no YAML", "a: [", NULL, "no YAML", EINVAL },
		{ "no map", "- a\n", NULL, "no kubeconfig", EINVAL },
		{ "nothing", "", NULL, "no kubeconfig", EINVAL },
		{ "no current context", "kind: Config\n", NULL, "current-context", EINVAL },
		{ "no such context", CONFIG(SERVER, "token: t"), "z", "\"z\"", ENOENT },
		{ "no such cluster", CONFIG(SERVER, "token: t"), "b", "\"gone\"", ENOENT },
		{ "no server", CONFIG("a: b", "token: t"), NULL, "server", EINVAL },
		{ "another scheme", CONFIG("server: \"file:///etc/passwd\"", "token: t"), NULL,
		  "https", EINVAL },
		{ "credentials in the address", CONFIG("server: \"https://u:p@h\"", "token: t"),
		  NULL, "no address", EINVAL },
		{ "a line break in the address", CONFIG("server: \"https://h\\nX\"", "token: t"),
		  NULL, "no address", EINVAL },
		{ "no base64", CONFIG(SERVER, "client-key-data: \"?\""), NULL, "not base64",
		  EINVAL },
		{ "a token of two lines", CONFIG(SERVER, "token: \"a\\r\\nX: y\""), NULL,
		  "not one line", EINVAL },
		{ "a program without a version", CONFIG(SERVER, "exec: {command: aws}"), NULL,
		  "apiVersion", EINVAL },
		{ "no program", CONFIG(SERVER, "exec: {" V1 "}"), NULL, "no command", EINVAL },
		{ "a program that is none", CONFIG(SERVER, "exec: [aws]"), NULL, "a map", EINVAL },
		{ "arguments that are none",
		  CONFIG(SERVER, "exec: {" V1 ", command: aws, args: [[a]]}"), NULL, "is a text",
		  EINVAL },
		{ "a variable of two",
		  CONFIG(SERVER, "exec: {" V1 ", command: aws, env: [{name: a=b, value: c}]}"),
		  NULL, "needs a name", EINVAL },
		{ "a provider of old", CONFIG(SERVER, "auth-provider: {name: gcp}"), NULL,
		  "a provider", EINVAL },
		{ "clusters that are no list", "current-context: a\ncontexts: {a: b}\n", NULL,
		  "no context", ENOENT },
		{ "entries of other kinds",
		  "current-context: a\ncontexts: [7, [], {name: []}, {name: a, context: 7}]\n",
		  NULL, "has no context", EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct kube_config c = KUBE_CONFIG_INIT;
		struct error err = ERROR_INIT;

		check_number(rows[i].name,
			     kube_config_parse(&c, "f", text_of(rows[i].text), rows[i].context,
					       &err),
			     -rows[i].code);
		check(rows[i].name, strstr(err.text, rows[i].says));
		kube_config_deinit(&c);
	}
}

/* No message repeats what may be a secret. */
static void config_keeps_secrets(void **state)
{
	static const char *const texts[] = {
		CONFIG(SERVER, "token: \"hunter2\\nhunter2\""),
		CONFIG(SERVER, "client-key-data: hunter2?"),
		CONFIG(SERVER, "token: hunter2") "  hunter2: [",
		"users:\n- token: hunter2\n  token: hunter2\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct kube_config c = KUBE_CONFIG_INIT;
		struct error err = ERROR_INIT;

		check(texts[i], kube_config_parse(&c, "f", text_of(texts[i]), NULL, &err) < 0);
		check(err.text, !strstr(err.text, "hunter2"));
		kube_config_deinit(&c);
	}
}

static void configs_are_joined(void **state)
{
	struct kube_config c = KUBE_CONFIG_INIT;
	struct error err = ERROR_INIT;
	cleanup_free char *files = NULL;
	char *dir = unit_dir();
	const char *one = unit_path(dir, "one"), *two = unit_path(dir, "two");
	static const char first[] =
		"current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n";

	unit_file_write(one, first, strlen(first));
	unit_file_write(two, CONFIG(SERVER, "token: t"), strlen(CONFIG(SERVER, "token: t")));
	files = str_format("%s/none:%s:%s", dir, one, two);
	assert_int_equal(kube_config_read(&c, files, NULL, &err), 0);
	assert_string_equal(c.name, "x");
	assert_string_equal(c.token, "t");
	kube_config_deinit(&c);
	assert_int_equal(kube_config_read(&c, "/none/at/all", NULL, &err), -ENOENT);
	kube_config_deinit(&c);
	unit_dir_remove(dir);
}

/* --- versions and discovery ------------------------------------------------------------------------ */

static void versions(void **state)
{
	static const struct {
		const char *git;
		unsigned minor;
	} rows[] = {
		{ "v1.20.2", 20 },  { "v1.34.1-gke.100", 34 },
		{ "1.9.0", 9 },	    { "v1.33+", 33 },
		{ "v2.0.0", 0 },    { "v1.", 0 },
		{ "v1.x", 0 },	    { "", 0 },
		{ "v1.999999", 0 }, { "v1.20", 20 },
		{ "v1.20x", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct kube_version v = { 0 };

		kube_version_parse(rows[i].git, &v);
		check_number(rows[i].git, v.minor, rows[i].minor);
	}
}

static void discovery(void **state)
{
	cleanup_kube_discovery struct kube_discovery d = { 0 };

	assert_true(kube_discovery_read_groups(
		&d,
		TEXT("{\"groups\": [{\"name\": \"apps\", \"preferredVersion\": {\"version\": \"v1\"}, \"versions\": "
		     "[{\"version\": \"v1beta1\"}, {\"version\": \"v1\"}, {\"version\": \"../x\"}, 7]}, "
		     "{\"name\": \"a/../b\"}, {\"name\": \"\"}, {\"name\": \"..\"}, 7, {}]}")));
	assert_int_equal(d.groups.len, 1);
	assert_int_equal(d.groups.items[0].count, 2);
	assert_string_equal(d.groups.items[0].versions[0], "v1");
	assert_true(kube_discovery_read_resources(
		&d, "apps", "v1",
		TEXT("{\"resources\": [{\"name\": \"deployments\", \"kind\": \"Deployment\", \"namespaced\": true, "
		     "\"verbs\": [\"get\", \"list\"]}, {\"name\": \"deployments/scale\", \"kind\": \"Scale\", "
		     "\"verbs\": [\"list\"]}, {\"name\": \"x\", \"kind\": \"X\", \"verbs\": [\"get\"]}, "
		     "{\"name\": \"a?b\", \"kind\": \"Y\", \"verbs\": [\"list\"]}, 7]}")));
	assert_int_equal(d.resources.len, 1);
	assert_string_equal(d.resources.items[0].plural, "deployments");
	assert_true(d.resources.items[0].namespaced);
	assert_false(kube_discovery_read_groups(&d, TEXT("[]")));
	assert_false(kube_discovery_read_resources(&d, "a", "v1", TEXT("{\"resources\": 7}")));
}

/* --- pages ---------------------------------------------------------------------------------------- */

static int count_item(void *data, const struct yaml_node *n, struct error *err)
{
	size_t *left = data;

	assert_int_equal(n->kind, YAML_MAP);
	return --*left ? 0 : error_set(err, ECANCELED, "enough");
}

static void pages(void **state)
{
	static const struct {
		const char *body;
		enum kube_page_kind kind;
		size_t items;
		const char *next;
	} rows[] = {
		{ "{\"kind\": \"PodList\", \"metadata\": {\"continue\": \"t\"}, \"items\": [{}, {}]}",
		  KUBE_PAGE_MORE, 2, "t" },
		{ "{\"kind\": \"PodList\", \"items\": [{}], \"metadata\": {\"continue\": \"t\"}}",
		  KUBE_PAGE_MORE, 1, "t" },
		{ "{\"kind\": \"PodList\", \"metadata\": {\"continue\": \"\"}, \"items\": [{}]}",
		  KUBE_PAGE_LAST, 1, "" },
		{ "{\"kind\": \"PodList\", \"metadata\": {}, \"items\": null}", KUBE_PAGE_LAST, 0,
		  "" },
		{ "{\"kind\": \"PodList\", \"metadata\": 7, \"items\": [1, \"a\", [], {}]}",
		  KUBE_PAGE_LAST, 1, "" },
		{ "{\"kind\": \"PodList\", \"metadata\": {\"continue\": {}}}", KUBE_PAGE_LAST, 0,
		  "" },
		{ "{\"kind\": \"Status\"}", KUBE_PAGE_BAD, 0, "" },
		{ "{\"kind\": [\"PodList\"]}", KUBE_PAGE_BAD, 0, "" },
		{ "{\"kind\": \"PodList\", \"items\": [{}, {", KUBE_PAGE_BAD, 1, "" },
		{ "[{}]", KUBE_PAGE_BAD, 0, "" },
		{ "", KUBE_PAGE_BAD, 0, "" },
		{ "kind: PodList\nitems: []\n", KUBE_PAGE_BAD, 0, "" },
		{ "{\"kind\": \"PodList\", \"items\": [{}, {}, {}, {}]}", KUBE_PAGE_ENDED, 3, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t left = 3;
		struct kube_list l = { .item = count_item, .data = &left };
		cleanup_buf struct buf next = BUF_INIT;
		struct error err = ERROR_INIT;
		int r;

		check_number(rows[i].body,
			     kube_page_read(&l, "v1/pods", text_of(rows[i].body), &next, &r, &err),
			     rows[i].kind);
		check_number(rows[i].body, l.items, rows[i].items);
		check(rows[i].body,
		      next.len == strlen(rows[i].next) &&
			      !memcmp(next.data ? next.data : "", rows[i].next, next.len));
		check(rows[i].body, (rows[i].kind == KUBE_PAGE_BAD ||
				     rows[i].kind == KUBE_PAGE_ENDED) == (err.code != 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_is_read),
		cmocka_unit_test(program_is_read),
		cmocka_unit_test(program_answers),
		cmocka_unit_test(config_is_refused),
		cmocka_unit_test(config_keeps_secrets),
		cmocka_unit_test(configs_are_joined),
		cmocka_unit_test(versions),
		cmocka_unit_test(discovery),
		cmocka_unit_test(pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
