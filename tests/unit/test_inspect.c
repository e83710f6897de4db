/* SPDX-License-Identifier: Apache-2.0 */
/* The engine around the checks: what is read, who is exempt, what hostile input does. */
#include "inspect/engine.h"

#include <errno.h>

#include "base/secret.h"
#include "base/str.h"
#include "unit.h"

#define POD                                                                                            \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: p%s}\nspec:\n  containers: [{name: c, image: i, " \
	"securityContext: {privileged: true}}]\n"

static const char *const privileged[] = { "privileged-container", NULL };

static struct inspection *begin(const struct inspect_options *o)
{
	struct inspection *in = NULL;
	struct error err = ERROR_INIT;

	assert_int_equal(inspection_new(&in, o, &err), 0);
	return in;
}

static struct inspection *inspect_with(struct inspect_options o, const char *content, size_t len)
{
	struct inspection *in;
	struct error err = ERROR_INIT;

	o.version = KUBERNETES_MINOR_MAX;
	in = begin(&o);
	assert_int_equal(inspection_add(in, "f", text_from(content, len), &err), 0);
	return in;
}

/* --- images and secrets -------------------------------------------------------------------------- */

static void images(void **state)
{
	static const struct {
		const char *reference, *registry, *repository, *tag, *digest;
	} rows[] = {
		{ "nginx", "", "nginx", "", "" },
		{ "nginx:1", "", "nginx", "1", "" },
		{ "library/nginx", "", "library/nginx", "", "" },
		{ "a.b/c:1", "a.b", "c", "1", "" },
		{ "localhost/c", "localhost", "c", "", "" },
		{ "host:5000/a/b", "host:5000", "a/b", "", "" },
		{ "host:5000/a/b:2@sha256:ff", "host:5000", "a/b", "2", "sha256:ff" },
		{ "a@sha256:ff", "", "a", "", "sha256:ff" },
		{ ":", "", "", "", "" },
		{ "@", "", "", "", "" },
		{ "/", "", "/", "", "" },
		{ "", "", "", "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct image_name n = image_parse(text_of(rows[i].reference));

		check(rows[i].reference, text_eq_str(n.registry, rows[i].registry));
		check(rows[i].reference, text_eq_str(n.repository, rows[i].repository));
		check(rows[i].reference, text_eq_str(n.tag, rows[i].tag));
		check(rows[i].reference, text_eq_str(n.digest, rows[i].digest));
	}
}

static void secrets(void **state)
{
	static const struct {
		const char *text, *what;
	} rows[] = {
		{ "AKIAIOSFODNN7EXAMPLE", "an AWS access key" },
		{ "xAKIAIOSFODNN7EXAMPLE", NULL },
		{ "AKIAIOSFODNN7EXAMPLEX", NULL },
		{ "key=LTAI5tAbCdEfGhIjKlMnOpQr;", "an Alibaba Cloud access key" },
		{ "ghp_0123456789abcdefghij0123456789abcdef", "a GitHub token" },
		{ "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJlMTIz",
		  "a JSON web token" },
		{ "eyJhbGciOiJIUzI1NiJ9", NULL },
		{ "-----BEGIN EC PRIVATE KEY-----\nx", "a private key" },
		{ "-----BEGIN CERTIFICATE-----\nx", NULL },
		{ "amqp://u:verysecret@h", "a password in a URL" },
		{ "amqp://u:$(PASSWORD)@h", NULL },
		{ "https://h/a:b@c", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct secret s = secret_find(text_of(rows[i].text));
		char words[160] = "";

		check(rows[i].text, !s.what == !rows[i].what);
		if (!s.what)
			continue;
		check_text(rows[i].text, s.what, rows[i].what);
		secret_describe(&s, words, sizeof(words));
		check(words, !strstr(words, "EXAMPLE") && !strstr(words, "verysecret") &&
				     !strstr(words, "EGHI"));
	}
}

/* --- reading ------------------------------------------------------------------------------------- */

/* The same pod, whatever it comes in. */
static void same_in_all_forms(void **state)
{
	static const char json[] =
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":"
		"[{\"name\":\"c\",\"image\":\"i\",\"securityContext\":{\"privileged\":true}}]}}";
	static const char yaml_list[] =
		"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: p}\n"
		"  spec: {containers: [{name: c, image: i, securityContext: {privileged: true}}]}\n";
	static const char typed_list[] =
		"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[{\"metadata\":{\"name\":\"p\"},\"spec\":"
		"{\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"securityContext\":{\"privileged\":true}}]}}]}";
	static const char merged[] =
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    image: i\n"
		"    securityContext: &weak {privileged: true}\n";
	const char *const forms[] = { json, yaml_list, typed_list, merged };

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		cleanup_inspection struct inspection *in = inspect_with(
			(struct inspect_options){ .only = (const char **)privileged }, forms[i],
			strlen(forms[i]));
		const struct report *r = inspection_finish(in);

		check_number(forms[i], r->problems.errors, 0);
		check_number(forms[i], r->objects.len, 1);
		check_number(forms[i], r->findings.len, 1);
		check_text(forms[i], r->objects.items[0].kind, "Pod");
		check_text(forms[i], r->findings.items[0].path,
			   "spec.containers[0].securityContext.privileged");
		check_text(forms[i], r->findings.items[0].value, "true");
	}
}

static void places(void **state)
{
	static const char manifest[] =
		"# a comment\napiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n"
		"  hostPID: true\n  containers:\n  - name: c\n    image: i\n";
	static const char *const only[] = { "host-pid", "cpu-limit", NULL };
	cleanup_inspection struct inspection *in = inspect_with(
		(struct inspect_options){ .only = only }, manifest, strlen(manifest));
	const struct report *r = inspection_finish(in);

	assert_int_equal(r->findings.len, 2);
	assert_int_equal(r->findings.items[0].line, 7);
	assert_int_equal(r->findings.items[0].column, 12);
	assert_string_equal(r->findings.items[1].path, "spec.containers[0].resources.limits.cpu");
	assert_int_equal(r->findings.items[1].line, 9);
	assert_int_equal(r->findings.items[1].column, 5);
	assert_string_equal(r->findings.items[1].value, "not set");
	assert_string_equal(r->findings.items[1].container, "c");
}

/* --- exemptions ---------------------------------------------------------------------------------- */

static void annotations(void **state)
{
	static const struct {
		const char *annotation;
		bool exempt;
	} rows[] = {
		{ "merlon/exempt: MRL-101", true },
		{ "merlon/exempt: 'MRL-102, KSV-0017'", true },
		{ "merlon/exempt: MRL-102", false },
		{ "merlon/exempt-privileged-container: the driver needs it", true },
		{ "merlon/exempt-MRL-101: until=2026-11-22 soon", true },
		{ "merlon/exempt-MRL-101: until=2026-11-21 over", false },
		{ "merlon/exempt-MRL-101: until=tomorrow00 what", false },
		{ "polaris.fairwinds.com/runAsPrivileged-exempt: 'true'", true },
		{ "polaris.fairwinds.com/runAsPrivileged-exempt: 'false'", false },
		{ "polaris.fairwinds.com/exempt: 'true'", true },
		{ "ignore-check.kube-linter.io/privileged-container: why", true },
		{ "kube-linter.io/ignore-all: why", true },
		{ "kube-score/ignore: 'a,container-security-context-privileged'", true },
		{ "checkov.io/skip1: CKV_K8S_16=why", true },
		{ "checkov.io/skip1: CKV_K8S_17=why", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char manifest[1024], metadata[300];

		snprintf(metadata, sizeof(metadata), ", annotations: {%s}", rows[i].annotation);
		snprintf(manifest, sizeof(manifest), POD, metadata);
		for (int ignore = 0; ignore < 2; ignore++) {
			cleanup_inspection struct inspection *in = inspect_with(
				(struct inspect_options){ .only = (const char **)privileged,
							  .today = "2026-11-22",
							  .ignore_annotations = ignore },
				manifest, strlen(manifest));
			const struct report *r = inspection_finish(in);

			check_number(rows[i].annotation, r->findings.len, 1);
			check_number(rows[i].annotation, r->findings.items[0].outcome,
				     rows[i].exempt && !ignore ? OUTCOME_EXEMPT : OUTCOME_FAIL);
			check(rows[i].annotation,
			      report_fails(r, SEVERITY_LOW) == (!rows[i].exempt || ignore));
		}
	}
}

static void configuration(void **state)
{
	static const struct {
		const char *config;
		enum outcome outcome;
		enum severity severity;
		const char *error;
	} rows[] = {
		{ "exemptions: [{check: MRL-101, reason: r}]", OUTCOME_EXEMPT, SEVERITY_CRITICAL,
		  NULL },
		{ "exemptions: [{check: '*', kind: Pod, name: 'p*', reason: r}]", OUTCOME_EXEMPT,
		  SEVERITY_CRITICAL, NULL },
		{ "exemptions: [{check: MRL-101, namespace: other, reason: r}]", OUTCOME_FAIL,
		  SEVERITY_CRITICAL, NULL },
		{ "exemptions: [{check: MRL-101, container: c, reason: r, until: '2026-12-01'}]",
		  OUTCOME_EXEMPT, SEVERITY_CRITICAL, NULL },
		{ "exemptions: [{check: MRL-101, reason: r, until: '2026-01-01'}]", OUTCOME_FAIL,
		  SEVERITY_CRITICAL, NULL },
		{ "severity: {runAsPrivileged: low}", OUTCOME_WARN, SEVERITY_LOW, NULL },
		{ "exemptions: [{check: MRL-101}]", 0, 0,
		  "an exemption needs a check and a reason" },
		{ "exemptions: [{check: nonsense, reason: r}]", 0, 0, "\"nonsense\" is no check" },
		{ "exemptions: [{check: MRL-101, reason: r, until: soon}]", 0, 0,
		  "until: a day like 2026-12-31 was expected" },
		{ "severity: {MRL-101: awful}", 0, 0,
		  "a severity is low, medium, high or critical" },
		{ "nonsense: 1", 0, 0,
		  "exemptions (a list), severity (a map), skip or registries (lists) was expected" },
	};
	char manifest[1024];

	snprintf(manifest, sizeof(manifest), POD, "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_diags struct diags d = { 0 };
		struct exemptions e = { 0 };
		bool good = exemptions_read(&e, "config", text_of(rows[i].config), &d);

		check(rows[i].config, good == !rows[i].error);
		if (rows[i].error) {
			check_text(rows[i].config, d.items.items[0].text, rows[i].error);
			check_number(rows[i].config, d.items.items[0].place.line, 1);
		} else {
			cleanup_inspection struct inspection *in = inspect_with(
				(struct inspect_options){ .only = (const char **)privileged,
							  .today = "2026-11-22",
							  .exemptions = &e },
				manifest, strlen(manifest));
			const struct report *r = inspection_finish(in);

			check_number(rows[i].config, r->findings.items[0].outcome, rows[i].outcome);
			check_number(rows[i].config, r->findings.items[0].severity,
				     rows[i].severity);
		}
		exemptions_deinit(&e);
	}
}

static void baselines(void **state)
{
	static const char lines[] =
		"# known\nMRL-101 Pod//p c spec.containers[0].securityContext.privileged\n";
	struct baseline b = { 0 };
	char manifest[1024];

	snprintf(manifest, sizeof(manifest), POD, "");
	assert_true(baseline_read(&b, text_of(lines)));
	for (int other = 0; other < 2; other++) {
		cleanup_inspection struct inspection *in = NULL;

		if (other)
			snprintf(manifest, sizeof(manifest), POD, ", namespace: n");
		in = inspect_with((struct inspect_options){ .only = (const char **)privileged,
							    .baseline = &b },
				  manifest, strlen(manifest));
		check_number(manifest, inspection_finish(in)->findings.items[0].outcome,
			     other ? OUTCOME_FAIL : OUTCOME_EXEMPT);
	}
	baseline_deinit(&b);
}

static void unknown_checks(void **state)
{
	static const char *const names[] = { "nonsense", NULL };
	struct inspect_options o = { .only = names };
	struct inspection *in = NULL;
	struct error err = ERROR_INIT;

	assert_int_equal(inspection_new(&in, &o, &err), -EINVAL);
	assert_string_equal(err.text, "\"nonsense\" is no check, here or in a tool that is known");
}

/* --- hostile ------------------------------------------------------------------------------------- */

/* Something is wrong with it, with a place; the good pod behind it is inspected all the same. */
static void broken_documents(void **state)
{
	static const char *const rows[] = {
		"a: [1, 2\n",
		"a: *nowhere\n",
		"a: \"\\xZZ\"\n",
		"a: b: c: d\n",
		"{{ .Values.x }}\n",
		"\tx: 1\n",
		"apiVersion: v1\nkind: Pod\nmetadata: {name: q}\nspec: {containers: {name: c}}\n",
		"apiVersion: v1\nkind: Pod\nmetadata: {name: q}\nspec: {hostPID: [true], containers: []}\n",
		"apiVersion: v1\nkind: Pod\nmetadata: {name: q}\nspec: 7\n",
		"apiVersion: v1\nkind: Pod\nkind: Pod\nmetadata: {name: q}\nspec: {}\n",
		"- just\n- a list\n---\njust a text\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char manifest[2048], pod[1024];
		cleanup_inspection struct inspection *in = NULL;
		const struct report *r;
		size_t failed = 0;

		snprintf(pod, sizeof(pod), POD, "");
		snprintf(manifest, sizeof(manifest), "%s---\n%s", rows[i], pod);
		in = inspect_with((struct inspect_options){ .only = (const char **)privileged },
				  manifest, strlen(manifest));
		r = inspection_finish(in);
		check(rows[i], r->problems.errors > 0);
		check(rows[i], r->problems.items.items[0].place.line > 0);
		vec_foreach(f, &r->findings)
			failed += f->outcome == OUTCOME_FAIL;
		check_number(rows[i], failed, 1);
	}
}

static void refuse(const char *what, struct buf *content)
{
	cleanup_inspection struct inspection *in = NULL;
	const struct report *r;

	check(what, !content->failed);
	in = inspect_with((struct inspect_options){ 0 }, content->data, content->len);
	r = inspection_finish(in);
	check(what, r->problems.errors > 0);
	buf_deinit(content);
}

static void bombs(void **state)
{
	struct buf b = BUF_INIT;

	buf_add_str(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 30; i++)
		buf_addf(&b, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1);
	refuse("billion laughs", &b);

	b = BUF_INIT;
	for (int i = 0; i < 100000; i++)
		buf_add_char(&b, '[');
	refuse("deep YAML", &b);

	b = BUF_INIT;
	buf_add_str(&b, "{\"a\":");
	for (int i = 0; i < 100000; i++)
		buf_add_char(&b, '[');
	refuse("deep JSON", &b);

	b = BUF_INIT;
	buf_add_str(&b, "a: {");
	for (int i = 0; i < 400000; i++)
		buf_addf(&b, "k%d: v, ", i);
	buf_add_str(&b, "}\n");
	refuse("a line without end", &b);

	b = BUF_INIT;
	for (int i = 0; i < 100000; i++)
		buf_addf(&b, "k%d: v\n", i);
	refuse("too many keys", &b);

	b = BUF_INIT;
	buf_add_str(&b, "a: \xff\xfe\n");
	refuse("no UTF-8", &b);

	b = BUF_INIT;
	buf_add(&b, "a: \0b\n", 6);
	refuse("a NUL", &b);

	b = BUF_INIT;
	buf_add_str(
		&b,
		"x: &c {name: c, image: i}\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n");
	for (int i = 0; i < 5000; i++)
		buf_add_str(&b, "  - *c\n");
	refuse("too many containers", &b);

	b = BUF_INIT;
	buf_add_str(
		&b,
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"conta");
	refuse("half written", &b);
}

/* What names things may drive no terminal. */
static void control_characters(void **state)
{
	static const char manifest[] =
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\\u001b[2Jb\"},"
		"\"spec\":{\"containers\":[{\"name\":\"c\\n\",\"image\":\"\\u009b:latest\"}]}}";
	static const char *const only[] = { "latest-tag", NULL };
	cleanup_inspection struct inspection *in = inspect_with(
		(struct inspect_options){ .only = only }, manifest, strlen(manifest));
	const struct report *r = inspection_finish(in);

	assert_int_equal(r->findings.len, 1);
	assert_true(unit_is_printable(r->objects.items[0].name));
	assert_true(unit_is_printable(r->findings.items[0].container));
	assert_true(unit_is_printable(r->findings.items[0].value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(images),
		cmocka_unit_test(secrets),
		cmocka_unit_test(same_in_all_forms),
		cmocka_unit_test(places),
		cmocka_unit_test(annotations),
		cmocka_unit_test(configuration),
		cmocka_unit_test(baselines),
		cmocka_unit_test(unknown_checks),
		cmocka_unit_test(broken_documents),
		cmocka_unit_test(bombs),
		cmocka_unit_test(control_characters),
	};

	return unit_run(tests);
}
