/* SPDX-License-Identifier: Apache-2.0 */
#include "respond/policy.h"

#include "base/str.h"
#include "guard/deny_check.h"
#include "unit.h"

static const char rules[] =
	"- rule: Terminal shell\n"
	"  desc: d\n"
	"  condition: evt.type = execve and proc.name = sh\n"
	"  output: o\n"
	"  priority: NOTICE\n"
	"  tags: [container, mitre_execution]\n"
	"- rule: Miner\n"
	"  desc: d\n"
	"  condition: evt.type = execve and proc.name = xmrig\n"
	"  output: o\n"
	"  priority: CRITICAL\n"
	"  response: {kill: container}\n"
	"- rule: Odd name\n"
	"  desc: d\n"
	"  condition: evt.type in (openat, open) and fd.name regex '^/x[0-9]+$'\n"
	"  output: o\n"
	"  priority: DEBUG\n"
	"- rule: Deleted\n"
	"  desc: d\n"
	"  condition: evt.type = unlinkat and evt.rawres = 0\n"
	"  output: o\n"
	"  priority: DEBUG\n";

static const char policy[] = "policy: test\n"
			     "entries:\n"
			     "  - name: spare the debuggers\n"
			     "    select: {image: ['*/debug', 'debug:*']}\n"
			     "    mode: observe\n"
			     "    respond: alert\n"
			     "  - name: shop\n"
			     "    select: {namespace: shop, priority: notice}\n"
			     "    except: [{pod: 'admin-*'}, {container: 0123456789ab}]\n"
			     "    mode: enforce\n"
			     "    respond:\n"
			     "      - kill: tree\n"
			     "      - isolate: {allow: [10.0.0.0/8, fd00::/8], ports: [53, 443]}\n"
			     "  - name: rules' own\n"
			     "    select: {rule: Min*, container: web}\n"
			     "    mode: enforce\n"
			     "  - name: host\n"
			     "    host: true\n"
			     "    select: {rule: Miner}\n"
			     "    mode: enforce\n"
			     "    respond: {kill: process}\n";

struct world {
	struct diags diags;
	struct ruleset *rules;
	struct response_policy *policy;
};

static void begin(struct world *w, const char *text)
{
	*w = (struct world){ 0 };
	w->rules = ruleset_new(&w->diags);
	ruleset_add(w->rules, "rules.yaml", text_of(rules));
	assert_true(ruleset_compile(w->rules));
	w->policy = response_policy_new(&w->diags);
	response_policy_add(w->policy, "policy.yaml", text_of(text));
}

static void end(struct world *w)
{
	response_policy_free(w->policy);
	ruleset_free(w->rules);
	diags_deinit(&w->diags);
}

struct selected {
	const char *row, *rule;
	bool host;
	const char *namespace, *pod, *image, *name, *id;
	const char *entry; /* NULL: none */
	enum response_mode mode;
	const char *first; /* response; NULL: none */
};

static void test_select(void **state)
{
	static const struct selected rows[] = {
		{ "in the namespace", "Terminal shell", false, "shop", "p", "web:1", "c", NULL,
		  "shop", MODE_ENFORCE, "kill" },
		{ "an exception", "Terminal shell", false, "shop", "admin-1", "web:1", "c", NULL,
		  NULL, MODE_OBSERVE, NULL },
		{ "an exception by id", "Terminal shell", false, "shop", "p", "web:1", "c",
		  "0123456789abcdef", NULL, MODE_OBSERVE, NULL },
		{ "not bad enough", "Odd name", false, "shop", "p", "web:1", "c", NULL, NULL,
		  MODE_OBSERVE, NULL },
		{ "the first decides", "Terminal shell", false, "shop", "p", "reg/debug", "c", NULL,
		  "spare the debuggers", MODE_OBSERVE, "alert" },
		{ "the implied registry", "Miner", false, NULL, NULL, "docker.io/library/debug:3",
		  "web", NULL, "spare the debuggers", MODE_OBSERVE, "alert" },
		{ "no namespace is not that one", "Terminal shell", false, NULL, NULL, "web:1", "c",
		  NULL, NULL, MODE_OBSERVE, NULL },
		{ "the rule's own, as the entry says", "Miner", false, NULL, NULL, "x", "web", NULL,
		  "rules' own", MODE_ENFORCE, "kill" },
		{ "the rule's own, as it may", "Miner", false, NULL, NULL, "x", "other", NULL, NULL,
		  MODE_DRY_RUN, "kill" },
		{ "the host", "Miner", true, NULL, NULL, NULL, NULL, NULL, "host", MODE_ENFORCE,
		  "kill" },
		{ "the host, not meant", "Terminal shell", true, NULL, NULL, NULL, NULL, NULL, NULL,
		  MODE_OBSERVE, NULL },
	};
	struct world w;

	begin(&w, policy);
	assert_int_equal(w.diags.errors, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct selected *t = &rows[i];
		const struct event_container c = { .pod = { .namespace = text_of(t->namespace),
							    .name = text_of(t->pod) },
						   .image = text_of(t->image),
						   .full_id = text_of(t->id),
						   .name = text_of(t->name) };
		const struct response_plan plan = response_select(
			w.policy, ruleset_rule(w.rules, text_of(t->rule)), t->host ? NULL : &c);

		check(t->row, !plan.entry == !t->entry);
		if (plan.entry && t->entry)
			check(t->row, text_eq_str(plan.entry->name, t->entry));
		check_number(t->row, plan.mode, t->mode);
		check(t->row, !plan.responses->count == !t->first);
		if (t->first && plan.responses->count)
			check_text(t->row, plan.responses->items[0].def->name, t->first);
	}
	end(&w);
}

static void test_parameters(void **state)
{
	const struct event_container shop = { .pod.namespace = TEXT("shop") };
	const struct response_arg *allow, *ports;
	struct response_plan plan;
	struct world w;

	begin(&w, policy);
	plan = response_select(w.policy, ruleset_rule(w.rules, TEXT("Terminal shell")), &shop);
	assert_true(text_eq_str(response_arg(plan_response(&plan, "kill"), "what")->text, "tree"));
	assert_int_equal(response_arg(plan_response(&plan, "kill"), "signal")->number, 9);
	allow = response_arg(plan_response(&plan, "isolate"), "allow");
	ports = response_arg(plan_response(&plan, "isolate"), "ports");
	assert_int_equal(allow->network_count, 2);
	assert_int_equal(allow->networks[1].prefix, 8);
	assert_int_equal(ports->port_count, 2);
	assert_int_equal(ports->ports[1], 443);
	assert_null(plan_response(&plan, "freeze"));
	end(&w);
}

struct mistake {
	const char *row, *text;
	uint32_t line, column;
	const char *says;
};

#define ENTRY(text) "policy: x\nmode: enforce\nentries:\n  - name: e\n" text

static void test_mistakes(void **state)
{
	static const struct mistake rows[] = {
		{ "no map", "- a\n", 1, 1, "must be a map" },
		{ "no entries", "policy: x\n", 1, 1, "needs \"entries\"" },
		{ "a mode of its own", "mode: maybe\nentries: []\n", 1, 7,
		  "observe, dry-run or enforce" },
		{ "no name", "entries:\n  - select: {rule: x}\n", 2, 5, "needs a \"name\"" },
		{ "no select", ENTRY("    respond: alert\n"), 4, 5, "needs \"select\"" },
		{ "nothing selected", ENTRY("    select: {}\n"), 5, 13,
		  "what is selected must be said" },
		{ "a selector that is none", ENTRY("    select: {rules: x}\n"), 5, 14,
		  "nothing is selected by" },
		{ "a priority that is none", ENTRY("    select: {priority: high}\n"), 5, 24,
		  "no priority" },
		{ "a response that is none",
		  ENTRY("    select: {rule: x}\n    respond: [reboot]\n"), 6, 15,
		  "no response \"reboot\"" },
		{ "a port that is none",
		  ENTRY("    select: {rule: x}\n    respond: {isolate: {ports: [0]}}\n"), 6, 33,
		  "no port" },
		{ "a network that is none",
		  ENTRY("    select: {rule: x}\n    respond: {isolate: 10.0.0.0/99}\n"), 6, 24,
		  "no network" },
		{ "said twice", ENTRY("    select: {rule: x}\n    respond: [{kill: tree}, kill]\n"),
		  6, 29, "twice" },
		{ "all of the host",
		  ENTRY("    host: true\n    select: {rule: '*'}\n    respond: kill\n"), 4, 5,
		  "container runtimes and kubelet" },
		{ "all of the host's bad things",
		  ENTRY("    host: true\n    select: {priority: error}\n"), 4, 5,
		  "container runtimes and kubelet" },
		{ "the host frozen",
		  ENTRY("    host: true\n    select: {rule: x}\n    respond: freeze\n"), 7, 14,
		  "of containers" },
		{ "a pod of the host", ENTRY("    host: true\n    select: {rule: x, pod: y}\n"), 4,
		  5, "of containers" },
		{ "a member that is none", ENTRY("    select: {rule: x}\n    repsond: kill\n"), 6,
		  5, "no member" },
		{ "two of a name",
		  ENTRY("    select: {rule: x}\n  - name: e\n    select: {rule: y}\n"), 6, 5,
		  "already" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct mistake *t = &rows[i];
		struct world w;
		bool found = false;

		begin(&w, t->text);
		vec_foreach(d, &w.diags.items)
			found = found || (d->severity == DIAG_ERROR && strstr(d->text, t->says) &&
					  d->place.line == t->line && d->place.column == t->column);
		if (!found)
			diags_print(&w.diags, true, stderr);
		check(t->row, found);
		end(&w);
	}
}

static void test_order(void **state)
{
	struct world w;

	begin(&w, ENTRY("    select: {rule: x}\n    respond: [kill, capture]\n"));
	assert_int_equal(w.diags.errors, 0);
	assert_int_equal(w.diags.warnings, 1);
	assert_non_null(strstr(w.diags.items.items[0].text, "behind"));
	end(&w);
	begin(&w, ENTRY("    select: {rule: x}\n    respond: [capture, kill]\n"));
	assert_int_equal(w.diags.errors + w.diags.warnings, 0);
	end(&w);
}

static void test_deny(void **state)
{
	static const struct {
		const char *rule;
		bool good;
		const char *term;
	} rows[] = {
		{ "Deleted", true, NULL },
		{ "Odd name", false, "fd.name: a regular expression" },
	};
	struct world w;

	begin(&w, policy);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_buf struct buf why = BUF_INIT;
		uint64_t hooks;
		int r = deny_check(ruleset_rule(w.rules, text_of(rows[i].rule)), &hooks, &why);

		check_number(rows[i].rule, r, !rows[i].good);
		if (rows[i].term)
			check(rows[i].rule, why.data && strstr(why.data, rows[i].term));
	}
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_select),	 cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_mistakes), cmocka_unit_test(test_order),
		cmocka_unit_test(test_deny),
	};

	return unit_run(tests);
}
