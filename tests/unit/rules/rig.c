/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include "base/buf.h"
#include "rules/format.h"
#include "rules/output.h"
#include "rules/print.h"

void rig_init(struct rig *r)
{
	struct error err = ERROR_INIT;

	memset(r, 0, sizeof(*r));
	r->rules = ruleset_new(&r->diags);
	assert_non_null(r->rules);
	assert_int_equal(event_reader_new_empty(&r->reader, "events", false, &err), 0);
}

void rig_deinit(struct rig *r)
{
	evaluator_free(r->evaluator);
	program_free(r->program);
	ruleset_free(r->rules);
	event_reader_free(r->reader);
	diags_deinit(&r->diags);
}

void rig_add(struct rig *r, const char *name, const char *yaml)
{
	ruleset_add(r->rules, name, text_of(yaml));
}

bool rig_compile(struct rig *r)
{
	return ruleset_compile(r->rules);
}

void rig_load(struct rig *r, const char *yaml)
{
	rig_add(r, "rules.yaml", yaml);
	if (rig_compile(r))
		return;
	diags_print(&r->diags, true, stderr);
	fail_msg("the rules have errors");
}

void rig_start(struct rig *r, enum rule_matching matching)
{
	r->program = program_new(r->rules, matching);
	assert_non_null(r->program);
	r->evaluator = evaluator_new(r->program, 0);
	assert_non_null(r->evaluator);
}

void rig_record(struct rig *r, const char *json)
{
	struct error err = ERROR_INIT;
	char *copy = strdup(json);
	json_error_t e;
	json_t *record;
	int n;

	assert_non_null(copy);
	for (char *p = copy; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	record = json_loads(copy, 0, &e);
	if (!record)
		fail_msg("%s: %s", copy, e.text);
	free(copy);
	n = event_reader_json(r->reader, record, &r->event, &err);
	if (n < 0)
		fail_msg("%s", err.text);
}

const char *rig_event(struct rig *r, const char *json)
{
	static char names[2048];
	size_t at = 0;

	rig_record(r, json);
	r->match_count = evaluator_run(r->evaluator, &r->event, r->matches, EVAL_MATCHES_MAX);
	names[0] = '\0';
	for (size_t i = 0; i < r->match_count; i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%.*s", i ? " " : "",
				       (int)r->matches[i].rule->name.len,
				       r->matches[i].rule->name.data);
	return names;
}

char *rig_diags(struct rig *r)
{
	struct buf out = BUF_INIT;

	vec_foreach(d, &r->diags.items)
		buf_addf(&out, "%s:%u:%u %s %s\n", d->place.file ? d->place.file : "-",
			 d->place.line, d->place.column,
			 d->severity == DIAG_ERROR ? "error" : "warning", d->code);
	buf_add_str(&out, "");
	return buf_take(&out);
}

const struct diag *rig_diag(struct rig *r, const char *code)
{
	vec_foreach(d, &r->diags.items)
		if (strcmp(d->code, code) == 0)
			return d;
	diags_print(&r->diags, true, stderr);
	fail_msg("no diagnostic \"%s\"", code);
	return NULL;
}

static void show_tags(const struct rule *rule, struct buf *out)
{
	vec_foreach(tag, &rule->tags)
		buf_addf(out, " #%.*s", (int)tag->len, tag->data);
}

static void show_output(const struct output *o, struct buf *out)
{
	buf_add_str(out, "  output:");
	for (uint32_t i = 0; o && i < o->count; i++) {
		const struct output_piece *p = &o->pieces[i];

		if (!p->operand) {
			buf_addf(out, " '%.*s'", (int)p->text.len, p->text.data);
			continue;
		}
		buf_add_str(out, " %");
		if (p->width)
			buf_addf(out, "%u", p->width);
		print_operand(p->operand, out);
	}
	buf_add_char(out, '\n');
}

char *rig_rule_text(const struct rule *rule, bool outputs)
{
	struct buf text = BUF_INIT, *out = &text;

	buf_addf(out, "%.*s (%s%s%s):", (int)rule->name.len, rule->name.data,
		 rule_priorities[rule->priority].data, rule->enabled ? "" : ", off",
		 rule->skipped ? ", skipped" : "");
	show_tags(rule, out);
	buf_add_char(out, ' ');
	if (rule->condition)
		print_condition(rule->condition, true, out);
	else
		buf_add_str(out, "(no condition)");
	buf_add_char(out, '\n');
	if (outputs)
		show_output(rule->output, out);
	return buf_take(out);
}

char *rig_format(const char *text, struct error *err)
{
	struct buf out = BUF_INIT;

	*err = ERROR_INIT;
	if (format_rules("f.yaml", text_of(text), &out, err)) {
		buf_deinit(&out);
		return NULL;
	}
	buf_add_str(&out, "");
	return buf_take(&out);
}

static void compare_rules(const char *name, const char *before, const char *after)
{
	cleanup_rig struct rig a, b;

	rig_init(&a);
	rig_init(&b);
	rig_add(&a, "f.yaml", before);
	rig_add(&b, "f.yaml", after);
	check(name, rig_compile(&a) == rig_compile(&b));
	check_number(name, b.rules->rules.len, a.rules->rules.len);
	for (size_t i = 0; i < a.rules->rules.len; i++) {
		cleanup_free char *x = rig_rule_text(a.rules->rules.items[i], true);
		cleanup_free char *y = rig_rule_text(b.rules->rules.items[i], true);

		check_text(name, y, x);
	}
}

bool rig_check_format(const char *name, const char *text)
{
	struct error err;
	cleanup_free char *once = rig_format(text, &err), *twice = NULL;

	if (!once)
		return false;
	compare_rules(name, text, once);
	twice = rig_format(once, &err);
	check_text(name, twice, once);
	return true;
}

struct expr *rig_condition(struct rig *r, const char *condition, bool audit)
{
	struct buf yaml = BUF_INIT;
	struct rule *rule;

	buf_addf(&yaml,
		 "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  warn_evttypes: false\n"
		 "  source: %s\n  condition: |\n    %s\n",
		 audit ? "k8s_audit" : "syscall", condition);
	rig_add(r, "rules.yaml", yaml.data);
	buf_deinit(&yaml);
	if (!rig_compile(r))
		return NULL;
	rule = ruleset_rule(r->rules, TEXT("r"));
	return rule ? rule->condition : NULL;
}
