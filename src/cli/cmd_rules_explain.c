/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/explain_kernel.h"
#include "cli/print_json.h"
#include "cli/rules_load.h"
#include "rules/extend.h"
#include "rules/needs.h"
#include "rules/output.h"
#include "rules/print.h"
#include "rules/program.h"
#include "rules/types.h"

static const struct option_def options[] = {
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

struct explanation {
	const struct rule *rule;
	struct rule_needs needs;
	struct program *program;
};

static const struct {
	enum field_use use;
	const char *word;
} use_words[] = {
	{ USE_CONDITION, "condition" },
	{ USE_OUTPUT, "output" },
	{ USE_STATE, "state" },
};

static void condition_for(const struct explanation *x, const struct event_type *t, struct buf *out)
{
	if (!program_residual(x->program, x->rule, t, out))
		buf_add_str(out, "a step of the sequence only");
	/* A group stands in brackets; around all of it they say nothing. */
	if (out->len > 2 && out->data[0] == '(') {
		memmove(out->data, out->data + 1, out->len - 2);
		out->len -= 2;
		out->data[out->len] = '\0';
	}
}

/* Types that leave the same of a condition are told together. */
static void show_types(const struct explanation *x)
{
	bool told[TYPE_SET_MAX] = { false };

	for (uint32_t i = 0; i < event_type_count; i++) {
		cleanup_buf struct buf mine = BUF_INIT;

		if (told[i] || !type_set_has(&x->needs.types, i))
			continue;
		condition_for(x, &event_types[i], &mine);
		printf("  %s", event_types[i].name.data);
		for (uint32_t k = i + 1; k < event_type_count; k++) {
			cleanup_buf struct buf other = BUF_INIT;

			if (!type_set_has(&x->needs.types, k))
				continue;
			condition_for(x, &event_types[k], &other);
			if (other.len != mine.len || memcmp(other.data, mine.data, mine.len) != 0)
				continue;
			told[k] = true;
			printf(", %s", event_types[k].name.data);
		}
		printf("\n    %s\n", rules_text(text_from(mine.data, mine.len)));
	}
}

static void show_hooks(const struct explanation *x)
{
	for (int h = 0; h < EVENT_HOOKS; h++)
		if (x->needs.hooks >> h & 1)
			printf("  %-14s %s\n", event_hooks[h].name.data,
			       event_hooks[h].meaning.data);
}

static void show_fields(const struct explanation *x)
{
	vec_foreach(f, &x->needs.fields) {
		cleanup_buf struct buf name = BUF_INIT;
		bool first = true;

		operand_name(f->field, &name);
		printf("  %-34s %-9s %-7s", rules_text(text_from(name.data, name.len)),
		       value_types[f->field->field.type].name,
		       f->field->field.def->flags & FIELD_KERNEL ? "kernel" : "user");
		for (size_t i = 0; i < ARRAY_SIZE(use_words); i++) {
			if (!(f->uses & use_words[i].use))
				continue;
			printf("%s%s", first ? " " : ", ", use_words[i].word);
			first = false;
		}
		putchar('\n');
	}
}

static void show_state(const struct explanation *x)
{
	const struct rule_extensions *e = x->rule->extensions;

	if (!e)
		return;
	if (e->count)
		printf("\nCounts up to %llu %s, for at most %u keys at once\n",
		       (unsigned long long)e->count->at_least,
		       e->count->distinct ? "distinct values" : "events", e->count->keys_max);
	if (e->sequence)
		printf("\nWaits for %u step%s before it, by %s, for at most %u keys at once\n",
		       e->sequence->step_count, e->sequence->step_count == 1 ? "" : "s",
		       rule_scopes[e->sequence->scope].data, e->sequence->keys_max);
	if (e->first_seen)
		printf("\nRemembers values seen, at most %u\n", e->first_seen->keys_max);
	if (e->suppress)
		printf("\nHolds alerts back, for at most %u keys at once\n", e->suppress->keys_max);
	if (x->needs.state_bytes)
		printf("  %llu KiB of memory at most\n",
		       (unsigned long long)(x->needs.state_bytes + 1023) / 1024);
}

/* -ENOMEM, or 0. */
static int show_text(const struct explanation *x)
{
	struct program_stats stats;

	program_stats(x->program, &stats);
	printf("%s\n  %u checks with its macros put in; compiled: %u distinct checks, %u joined "
	       "ones, %u instructions, %zu KiB\n",
	       rules_text(x->rule->name), x->rule->size, stats.checks, stats.joined,
	       stats.instructions, (stats.memory + 1023) / 1024);
	printf("\nEvents, and what is left to decide once the event's type is known\n");
	show_types(x);
	printf("\nSeen at\n");
	show_hooks(x);
	printf("\nFields                               type      known in, used by\n");
	show_fields(x);
	show_state(x);
	printf("\nDecided in the kernel, by kind of record; what is left to user space, and why\n");
	return explain_kernel_text(x->rule);
}

static json_t *types_json(const struct explanation *x)
{
	json_t *all = json_object();

	for (uint32_t i = 0; i < event_type_count; i++) {
		cleanup_buf struct buf text = BUF_INIT;

		if (!type_set_has(&x->needs.types, i))
			continue;
		condition_for(x, &event_types[i], &text);
		json_object_set_new(all, event_types[i].name.data,
				    utf8_json(text_from(text.data, text.len)));
	}
	return all;
}

static json_t *fields_json(const struct explanation *x)
{
	json_t *all = json_array();

	vec_foreach(f, &x->needs.fields) {
		cleanup_buf struct buf name = BUF_INIT;
		json_t *o = json_object(), *uses = json_array();

		operand_name(f->field, &name);
		for (size_t i = 0; i < ARRAY_SIZE(use_words); i++)
			if (f->uses & use_words[i].use)
				json_array_append_new(uses, json_string(use_words[i].word));
		json_object_set_new(o, "field", utf8_json(text_from(name.data, name.len)));
		json_object_set_new(o, "type", json_string(value_types[f->field->field.type].name));
		json_object_set_new(o, "kernel",
				    json_boolean(f->field->field.def->flags & FIELD_KERNEL));
		json_object_set_new(o, "uses", uses);
		json_array_append_new(all, o);
	}
	return all;
}

/* -ENOMEM, or 0. */
static int show_json(const struct explanation *x)
{
	cleanup_json json_t *o = json_object();
	json_t *hooks = json_array(), *kernel = explain_kernel_json(x->rule);
	struct program_stats stats;

	program_stats(x->program, &stats);
	for (int h = 0; h < EVENT_HOOKS; h++)
		if (x->needs.hooks >> h & 1)
			json_array_append_new(hooks, utf8_json(event_hooks[h].name));
	json_object_set_new(o, "rule", utf8_json(x->rule->name));
	json_object_set_new(o, "checks", json_integer(x->rule->size));
	json_object_set_new(o, "distinctChecks", json_integer(stats.checks + stats.joined));
	json_object_set_new(o, "instructions", json_integer(stats.instructions));
	json_object_set_new(o, "events", types_json(x));
	json_object_set_new(o, "hooks", hooks);
	json_object_set_new(o, "fields", fields_json(x));
	json_object_set_new(o, "stateBytes", json_u64(x->needs.state_bytes));
	if (json_object_set_new(o, "decidedInKernel", kernel))
		return -ENOMEM;
	print_json(o);
	return 0;
}

/* Compiled alone, so that what is counted is this rule's. */
static struct program *compile_alone(struct ruleset *set, struct rule *rule)
{
	vec_foreach(r, &set->rules)
		(*r)->enabled = *r == rule;
	return program_new(set, MATCHING_ALL);
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_rules_loaded struct rules_loaded l = RULES_LOADED_INIT;
	cleanup_program struct program *program = NULL;
	struct explanation x = { 0 };
	size_t n;
	char **operands = arg_operands(args, &n);
	struct rule *rule;
	int r;

	if (n < 2)
		return error_set(err, EINVAL, "name a rule, and the files to read");
	r = rules_load(args, 1, &l, err);
	if (r)
		return r;
	rule = rules_find(&l, operands[0], err);
	if (!rule)
		return -err->code;
	if (!rule->condition || rule->skipped) {
		rules_are_good(&l);
		return error_set(err, EINVAL, "rule \"%s\" did not compile", operands[0]);
	}
	program = compile_alone(l.set, rule);
	x = (struct explanation){ .rule = rule, .program = program };
	if (!program || rule_needs(rule, &x.needs)) {
		rule_needs_deinit(&x.needs);
		return error_errno(err, ENOMEM, "rules");
	}
	r = arg_flag(args, "json") ? show_json(&x) : show_text(&x);
	rule_needs_deinit(&x.needs);
	return r ? error_errno(err, ENOMEM, "rules") : EXIT_OK;
}

const struct command cmd_rules_explain = {
	.name = "explain",
	.summary = "print what a rule was compiled to, and what it needs",
	.operands = "RULE FILE|DIRECTORY...",
	.description =
		"For every event type that can make the rule fit: what is left of its condition. Then "
		"the hooks that yield these events, and every field with where it is known: kernel "
		"means at the hook itself. Last, for every kind of record that the kernel sends: what of "
		"the condition a program there decides before anything is sent, and what keeps it "
		"from deciding more. RULE may be a part of the name that no other rule has.",
	.examples = "  merlon rules explain \"Terminal shell\" rules.d\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
	.operand_complete = COMPLETE_FILE,
};
