/* SPDX-License-Identifier: Apache-2.0 */
#include "respond/policy.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "base/glob.h"
#include "base/str.h"

enum { ID_SHOWN_LEAST = 12 }; /* of a container's id, for a beginning to be one */

const char *const response_modes[] = {
	[MODE_OBSERVE] = "observe",
	[MODE_DRY_RUN] = "dry-run",
	[MODE_ENFORCE] = "enforce",
};
static_assert(ARRAY_SIZE(response_modes) == RESPONSE_MODES, "a name for each");

const char *const selector_names[] = {
	[SELECT_RULE] = "rule",		  [SELECT_TAG] = "tag", [SELECT_SOURCE] = "source",
	[SELECT_NAMESPACE] = "namespace", [SELECT_POD] = "pod", [SELECT_IMAGE] = "image",
	[SELECT_CONTAINER] = "container",
};
static_assert(ARRAY_SIZE(selector_names) == SELECTORS, "a name for each");

/* --- what of an alert a selector looks at ---------------------------------------------------------------- */

static bool fits(struct text pattern, struct text t)
{
	return t.data && glob_match(pattern, t);
}

static bool fits_tag(struct text pattern, const struct rule *r)
{
	vec_foreach(tag, &r->tags)
		if (fits(pattern, *tag))
			return true;
	return false;
}

/* As it is written, without its tag, and without the registry that is meant when none is said. */
static bool fits_image(struct text pattern, const struct event_container *c)
{
	static const struct text implied[] = { TEXT("docker.io/library/"), TEXT("docker.io/") };
	const struct text names[] = { c->image, c->repository, c->digest };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (fits(pattern, names[i]))
			return true;
		for (size_t k = 0; k < ARRAY_SIZE(implied); k++)
			if (names[i].data && text_starts(names[i], implied[k]) &&
			    fits(pattern, text_from(names[i].data + implied[k].len,
						    names[i].len - implied[k].len)))
				return true;
	}
	return false;
}

static bool fits_container(struct text pattern, const struct event_container *c)
{
	struct text id = c->full_id.data ? c->full_id : c->id;

	return fits(pattern, c->name) || fits(pattern, id) ||
	       (pattern.len >= ID_SHOWN_LEAST && id.data && text_starts(id, pattern));
}

static bool fits_selector(enum selector s, struct text pattern, const struct rule *rule,
			  const struct event_container *c)
{
	switch (s) {
	case SELECT_RULE:
		return fits(pattern, rule->name);
	case SELECT_TAG:
		return fits_tag(pattern, rule);
	case SELECT_SOURCE:
		return fits(pattern, rule->event_source_name.data ? rule->event_source_name :
								    TEXT("syscall"));
	case SELECT_NAMESPACE:
		return c && fits(pattern, c->pod.namespace);
	case SELECT_POD:
		return c && fits(pattern, c->pod.name);
	case SELECT_IMAGE:
		return c && fits_image(pattern, c);
	case SELECT_CONTAINER:
		return c && fits_container(pattern, c);
	default:
		return false;
	}
}

/* --- selecting ------------------------------------------------------------------------------------------- */

/* What is asked of the container, not of the rule. */
static bool is_of_containers(int selector)
{
	return selector >= SELECT_NAMESPACE && selector < SELECTORS;
}

/*
 * The first selector that does not fit; SELECTORS: the priority; -1: all fit. anybody: whatever the container is.
 */
static int misfit(const struct selection *s, const struct rule *rule,
		  const struct event_container *c, bool anybody)
{
	for (int i = 0; i < SELECTORS; i++) {
		const struct texts *patterns = &s->patterns[i];
		bool any = !patterns->count || (anybody && is_of_containers(i));

		for (uint32_t k = 0; !any && k < patterns->count; k++)
			any = fits_selector((enum selector)i, patterns->items[k], rule, c);
		if (!any)
			return i;
	}
	return s->has_priority && rule->priority > s->priority ? SELECTORS : -1;
}

const char *response_why_not(const struct response_entry *e, const struct rule *rule,
			     const struct event_container *c)
{
	static char text[160];
	int at;

	if (e->host && c)
		return "it is about processes of the host";
	if (!e->host && !c)
		return "it is about containers (\"host: true\" is not said)";
	at = misfit(&e->select, rule, c, false);
	if (at == SELECTORS) {
		snprintf(text, sizeof(text), "the rule's priority is not %s or worse",
			 rule_priorities[e->select.priority].data);
		return text;
	}
	if (at >= 0) {
		snprintf(text, sizeof(text), "its \"%s\" does not fit", selector_names[at]);
		return text;
	}
	for (uint32_t i = 0; i < e->except_count; i++) {
		if (misfit(&e->except[i], rule, c, false) >= 0)
			continue;
		snprintf(text, sizeof(text), "exception %u fits", i + 1);
		return text;
	}
	return NULL;
}

/* What the rule itself says. */
static const struct response_list *responses_of(const struct rule *rule)
{
	static const struct response_list nothing;

	return rule->extensions ? &rule->extensions->responses : &nothing;
}

struct response_plan response_select(const struct response_policy *p, const struct rule *rule,
				     const struct event_container *container)
{
	const struct response_list *own = responses_of(rule);

	for (size_t i = 0; p && i < p->entries.len; i++) {
		const struct response_entry *e = p->entries.items[i];

		if (!response_why_not(e, rule, container))
			return (struct response_plan){ e, e->mode,
						       e->has_responses ? &e->responses : own };
	}
	return (struct response_plan){ NULL, own->count ? MODE_DRY_RUN : MODE_OBSERVE, own };
}

/* --- containers of which nothing is known ---------------------------------------------------------------- */

enum fit { FIT_NEVER, FIT_PERHAPS, FIT_ALWAYS };

static bool asks_who(const struct selection *s)
{
	for (int i = 0; i < SELECTORS; i++)
		if (is_of_containers(i) && s->patterns[i].count)
			return true;
	return false;
}

/* Whether the entry selects the rule in a container, whoever that is. */
static enum fit fit_anybody(const struct response_entry *e, const struct rule *rule)
{
	enum fit fit = asks_who(&e->select) ? FIT_PERHAPS : FIT_ALWAYS;

	if (e->host || misfit(&e->select, rule, NULL, true) >= 0)
		return FIT_NEVER;
	for (uint32_t i = 0; i < e->except_count; i++) {
		if (misfit(&e->except[i], rule, NULL, true) >= 0)
			continue;
		if (!asks_who(&e->except[i]))
			return FIT_NEVER;
		fit = FIT_PERHAPS;
	}
	return fit;
}

bool response_may_select(const struct response_entry *e, const struct rule *rule)
{
	return misfit(&e->select, rule, NULL, true) < 0;
}

struct response_plan response_select_unknown(const struct response_policy *p,
					     const struct rule *rule)
{
	static const struct response_list nothing;
	const struct response_list *own = responses_of(rule);

	for (size_t i = 0; p && i < p->entries.len; i++) {
		const struct response_entry *e = p->entries.items[i];
		enum fit fit = fit_anybody(e, rule);

		if (fit == FIT_NEVER)
			continue;
		if (fit == FIT_PERHAPS && !e->until_known)
			return (struct response_plan){ e, MODE_OBSERVE, &nothing };
		return (struct response_plan){ e, e->mode, e->has_responses ? &e->responses : own };
	}
	return (struct response_plan){ NULL, own->count ? MODE_DRY_RUN : MODE_OBSERVE, own };
}

bool response_may_come(const struct response_policy *p, const struct rule *rule, const char *name)
{
	const struct response_list *own = responses_of(rule);

	for (size_t i = 0; p && i < p->entries.len; i++) {
		const struct response_entry *e = p->entries.items[i];
		const struct response_plan plan = { e, e->mode,
						    e->has_responses ? &e->responses : own };
		enum fit fit = fit_anybody(e, rule);

		if (fit != FIT_NEVER && e->mode != MODE_OBSERVE && plan_response(&plan, name))
			return true;
		if (fit == FIT_ALWAYS)
			return false;
	}
	return plan_response(&(struct response_plan){ NULL, MODE_DRY_RUN, own }, name);
}

/* --- parts ----------------------------------------------------------------------------------------------- */

static bool has_url(const string_list *all, struct text url)
{
	vec_foreach(s, all)
		if (text_eq_str(url, *s))
			return true;
	return false;
}

int response_policy_urls(const struct response_policy *p, string_list *ret)
{
	vec_foreach(e, &p->entries) {
		for (uint32_t i = 0; i < (*e)->responses.count; i++) {
			const struct response_arg *url = response_arg(&(*e)->responses.items[i],
								      "url");
			cleanup_free char *text = url ? str_dup_n(url->text.data, url->text.len) :
							NULL;

			if (!url || has_url(ret, url->text))
				continue;
			if (!text || !string_list_add(ret, text))
				return -ENOMEM;
		}
	}
	return 0;
}

const struct rule_response *plan_response(const struct response_plan *plan, const char *name)
{
	for (uint32_t i = 0; i < plan->responses->count; i++)
		if (str_eq(plan->responses->items[i].def->name, name))
			return &plan->responses->items[i];
	return NULL;
}

const struct response_arg *response_arg(const struct rule_response *r, const char *name)
{
	for (int i = 0; i < RESPONSE_PARAMS_MAX && r->def->params[i].name; i++)
		if (str_eq(r->def->params[i].name, name))
			return &r->args[i];
	return NULL;
}
