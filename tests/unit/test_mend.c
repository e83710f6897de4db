/* SPDX-License-Identifier: Apache-2.0 */
/* What mending changes in a text, byte for byte; what it leaves; what hostile texts do to it. */
#include <stdlib.h>

#include "base/difference.h"
#include "base/str.h"
#include "inspect/mend.h"
#include "unit.h"

#define HEAD "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"

static void mend(struct mend *m, const char *check_name, const char *text, bool aggressive)
{
	const char *only[] = { check_name, NULL };
	struct inspect_options o = { .only = only, .version = KUBERNETES_MINOR_MAX };
	struct error err = ERROR_INIT;

	assert_int_equal(mend_text(m, "f", text_of(text), &o, aggressive, &err), 0);
}

static const struct {
	const char *name, *check, *before, *after;
	bool aggressive;
} rows[] = {
	{ "a key at the end of a block", "MRL-106",
	  HEAD "spec:\n  containers:\n  - name: c # one\n    image: i\n\n  # last\n",
	  HEAD "spec:\n  containers:\n  - name: c # one\n    image: i\n    securityContext:\n"
	       "      allowPrivilegeEscalation: false\n\n  # last\n",
	  false },
	{ "no newline at the end", "MRL-106", HEAD "spec:\n  containers:\n  - name: c",
	  HEAD "spec:\n  containers:\n  - name: c\n    securityContext:\n"
	       "      allowPrivilegeEscalation: false",
	  false },
	{ "lines that end as on Windows", "MRL-106",
	  "apiVersion: v1\r\nkind: Pod\r\nspec:\r\n  containers:\r\n    - name: c\r\n",
	  "apiVersion: v1\r\nkind: Pod\r\nspec:\r\n  containers:\r\n    - name: c\r\n"
	  "      securityContext:\r\n        allowPrivilegeEscalation: false\r\n",
	  false },
	{ "a block of its own, with a comment", "MRL-106",
	  HEAD "spec:\n  containers:\n  - securityContext:\n      # why\n      runAsUser: 7\n"
	       "    name: c\n",
	  HEAD "spec:\n  containers:\n  - securityContext:\n      # why\n      runAsUser: 7\n"
	       "      allowPrivilegeEscalation: false\n    name: c\n",
	  false },
	{ "flow", "MRL-106", HEAD "spec: { containers: [ { name: c } ] } # x\n",
	  HEAD
	  "spec: { containers: [ { securityContext: {allowPrivilegeEscalation: false}, name: c } ] } # x\n",
	  false },
	{ "an empty map", "MRL-106",
	  HEAD "spec:\n  containers:\n  - name: c\n    securityContext: {}\n",
	  HEAD "spec:\n  containers:\n  - name: c\n"
	       "    securityContext: {allowPrivilegeEscalation: false}\n",
	  false },
	{ "nothing behind the colon", "MRL-106",
	  HEAD "spec:\n  containers:\n  - name: c\n    securityContext: # none\n    image: i\n",
	  HEAD "spec:\n  containers:\n  - name: c\n"
	       "    securityContext: {allowPrivilegeEscalation: false} # none\n    image: i\n",
	  false },
	{ "text that looks like a comment", "MRL-106",
	  HEAD
	  "spec:\n  containers:\n  - name: c\n    args:\n    - |\n      a\n      # b\n  hostPID: no\n",
	  HEAD "spec:\n  containers:\n  - name: c\n    args:\n    - |\n      a\n      # b\n"
	       "    securityContext:\n      allowPrivilegeEscalation: false\n  hostPID: no\n",
	  false },
	{ "set on purpose: left", "MRL-106",
	  HEAD "spec:\n  containers:\n  - securityContext: {allowPrivilegeEscalation: true}\n",
	  NULL, false },
	{ "set on purpose: aggressive", "MRL-106",
	  HEAD "spec:\n  containers:\n  - securityContext: {allowPrivilegeEscalation: 'true'}\n"
	       "  - securityContext: {allowPrivilegeEscalation: true } # t\n",
	  HEAD "spec:\n  containers:\n  - securityContext: {allowPrivilegeEscalation: false}\n"
	       "  - securityContext: {allowPrivilegeEscalation: false } # t\n",
	  true },
	{ "the API would refuse it beside privileged", "MRL-106",
	  HEAD "spec:\n  containers:\n  - securityContext: {privileged: true}\n", NULL, true },
	{ "aggressive is not asked for", "MRL-101",
	  HEAD "spec:\n  containers:\n  - securityContext: {privileged: true}\n", NULL, false },
	{ "a quoted key and value", "MRL-114",
	  HEAD "spec:\n  \"securityContext\":\n    'seccompProfile': {\"type\": \"Unconfined\"}\n"
	       "  containers: [{name: c}]\n",
	  HEAD "spec:\n  \"securityContext\":\n    'seccompProfile': {\"type\": RuntimeDefault}\n"
	       "  containers: [{name: c}]\n",
	  true },
	{ "what is behind an alias is somebody else's too", "MRL-101",
	  HEAD "x: &s {privileged: true}\nspec:\n  containers:\n  - securityContext: *s\n", NULL,
	  true },
	{ "what is merged too", "MRL-101",
	  HEAD "x: &s {privileged: true}\nspec:\n  containers:\n  - securityContext: {<<: *s}\n",
	  NULL, true },
	{ "an anchor in front", "MRL-106", HEAD "spec:\n  containers:\n  - &c {name: c}\n",
	  HEAD "spec:\n  containers:\n"
	       "  - &c {securityContext: {allowPrivilegeEscalation: false}, name: c}\n",
	  false },
	{ "items of a block go, one by one", "MRL-134",
	  HEAD
	  "spec:\n  containers:\n  - securityContext:\n      capabilities:\n        drop: [ALL]\n"
	  "        add:\n        - SYS_TIME\n        - CHOWN\n        - BPF\n    name: c\n",
	  HEAD
	  "spec:\n  containers:\n  - securityContext:\n      capabilities:\n        drop: [ALL]\n"
	  "        add:\n        - CHOWN\n    name: c\n",
	  true },
	{ "items in flow go, and the list with the last", "MRL-134",
	  HEAD
	  "spec: {containers: [{name: c, securityContext: {capabilities: {add: [BPF, SYS_TIME], drop: [ALL]}}}]}\n",
	  HEAD "spec: {containers: [{name: c, securityContext: {capabilities: {drop: [ALL]}}}]}\n",
	  true },
	{ "quoted items and keys", "MRL-134",
	  HEAD "spec:\n  containers:\n  - \"name\": c\n    'securityContext':\n"
	       "      \"capabilities\": {\"drop\": ['ALL'], \"add\": [\"BPF\", 'CHOWN']}\n",
	  HEAD "spec:\n  containers:\n  - \"name\": c\n    'securityContext':\n"
	       "      \"capabilities\": {\"drop\": ['ALL'], \"add\": ['CHOWN']}\n",
	  true },
	{ "below a quoted key", "MRL-106", HEAD "spec:\n  containers:\n  - \"name\": c\n",
	  HEAD "spec:\n  containers:\n  - \"name\": c\n    securityContext:\n"
	       "      allowPrivilegeEscalation: false\n",
	  false },
	{ "a comment is not taken away", "MRL-209",
	  HEAD
	  "spec:\n  containers:\n  - ports:\n    - containerPort: 1\n      hostPort: 1 # why\n",
	  NULL, true },
	{ "the first key of an item", "MRL-209",
	  HEAD "spec:\n  containers:\n  - ports:\n    - hostPort: 1\n      containerPort: 1\n",
	  HEAD "spec:\n  containers:\n  - ports:\n    - containerPort: 1\n", true },
	{ "an item before the others", "MRL-135",
	  HEAD "spec:\n  containers:\n  - securityContext:\n      capabilities:\n        drop:\n"
	       "          - CHOWN # c\n",
	  HEAD "spec:\n  containers:\n  - securityContext:\n      capabilities:\n        drop:\n"
	       "          - ALL\n          - CHOWN # c\n",
	  true },
	{ "documents and items", "MRL-102",
	  "# a\n---\n" HEAD "spec: {hostPID: true}\n---\nkind: List\napiVersion: v1\nitems:\n"
	  "- apiVersion: v1\n  kind: Pod\n  spec: {hostPID: yes}\n"
	  "- apiVersion: v1\n  kind: Pod\n  spec:\n    hostPID: true\n...\n",
	  "# a\n---\n" HEAD "spec: {hostPID: false}\n---\nkind: List\napiVersion: v1\nitems:\n"
	  "- apiVersion: v1\n  kind: Pod\n  spec: {hostPID: false}\n"
	  "- apiVersion: v1\n  kind: Pod\n  spec:\n    hostPID: false\n...\n",
	  true },
	{ "letters of many bytes before it", "MRL-106",
	  HEAD
	  "spec:\n  containers:\n  - {name: \"äöü€\", securityContext: {runAsUser: 1, 'x': \"€\"}}\n",
	  HEAD
	  "spec:\n  containers:\n  - {name: \"äöü€\", securityContext: {allowPrivilegeEscalation: false, "
	  "runAsUser: 1, 'x': \"€\"}}\n",
	  false },
	{ "a list in a line, to its end", "MRL-131",
	  HEAD "spec: {containers: [{name: c, securityContext: {capabilities: {drop: [ALL], "
	       "add: [\"SYS_ADMIN\", 'NET_ADMIN']}}}]} # x\n",
	  HEAD
	  "spec: {containers: [{name: c, securityContext: {capabilities: {drop: [ALL]}}}]} # x\n",
	  true },
	{ "an account", "MRL-304", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n",
	  "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n"
	  "automountServiceAccountToken: false\n",
	  true },
};

static void texts(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_mend struct mend m = { 0 };
		const char *after = rows[i].after ? rows[i].after : rows[i].before;

		mend(&m, rows[i].check, rows[i].before, rows[i].aggressive);
		buf_add_char(&m.text, '\0');
		check_text(rows[i].name, m.text.data, after);
		check(rows[i].name, (mend_count(&m) > 0) == (rows[i].after != NULL));
		vec_foreach(k, &m.items)
			check(rows[i].name, (k->left != NULL) == (k->operation == NULL));
	}
}

/* --- patches ------------------------------------------------------------------------------------- */

static void patches(void **state)
{
	cleanup_mend struct mend m = { 0 };
	const char *text =
		"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":\"v1\","
		"\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"name\":\"a/b\"}]}}]}";
	cleanup_free char *op = NULL;

	mend(&m, "MRL-113", text, false);
	assert_true(m.json);
	assert_int_equal(m.items.len, 1);
	assert_string_equal(m.items.items[0].object, "/items/0");
	op = json_dumps(m.items.items[0].operation, JSON_SORT_KEYS | JSON_COMPACT);
	assert_string_equal(op, "{\"op\":\"add\",\"path\":\"/spec/containers/0/securityContext\","
				"\"value\":{\"seccompProfile\":{\"type\":\"RuntimeDefault\"}}}");
}

/* --- hostile ------------------------------------------------------------------------------------- */

static void hostile(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"a: [",
		HEAD "spec:\n  containers:\n  - name: c\n---\na: [\n",
		HEAD "spec:\n  containers:\n  - name: c\n    name: d\n",
		HEAD "spec: {containers: [{name: c}]}\n--- !x\n&a [*a]\n",
		HEAD "spec:\n  ? containers\n  : - name: c\n",
		HEAD "spec:\n  containers:\n  - ? name\n    : c\n",
		HEAD "spec: {containers: [{\"name\": \"c\n\n d\"}]}\n",
		HEAD "spec:\n  containers:\n  - name: |+\n      c\n\n\n",
		"\xef\xbb\xbf" HEAD "spec:\n  containers:\n  - name: c\n",
		HEAD "spec:\n  containers:\n  - !!map\n    name: c\n",
		HEAD "spec:\n  containers:\n  - name: c\n    securityContext: ~\n",
		HEAD "spec:\n  containers:\n  - name: c\n    securityContext: a text\n",
		HEAD "spec:\n  containers: {0: {name: c}}\n",
		HEAD "spec:\n\tcontainers: 1\n",
		"%YAML 1.1\n---\n" HEAD "spec: {containers: [{}]}\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_mend struct mend m = { 0 }, again = { 0 };
		cleanup_free char *text = NULL;

		mend(&m, "MRL-106", texts[i], true);
		text = strndup(m.text.data ? m.text.data : "", m.text.len);
		assert_non_null(text);
		if (!mend_count(&m)) {
			check_text(texts[i], text, texts[i]);
			continue;
		}
		mend(&again, "MRL-106", text, true);
		check_number(texts[i], mend_count(&again), 0);
	}
}

/* --- differences --------------------------------------------------------------------------------- */

static void differences(void **state)
{
	static const struct {
		const char *before, *after, *difference;
	} cases[] = {
		{ "", "", "" },
		{ "a\n", "a\n", "" },
		{ "", "a\n", "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+a\n" },
		{ "a\n", "", "--- f\n+++ f\n@@ -1,1 +0,0 @@\n-a\n" },
		{ "a", "a\n",
		  "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n" },
		{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n5\n6\n7\n8\n9\n",
		  "--- f\n+++ f\n@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+x\n 5\n 6\n 7\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_buf struct buf out = BUF_INIT;

		difference_add(&out, "f", text_of(cases[i].before), text_of(cases[i].after));
		buf_add_char(&out, '\0');
		check_text(cases[i].after, out.data, cases[i].difference);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(patches),
		cmocka_unit_test(hostile),
		cmocka_unit_test(differences),
	};

	return unit_run(tests);
}
