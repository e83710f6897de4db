/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be done about alerts: entries that select them, in order, and what each says. The first entry that
 * selects an alert decides, whatever follows. Pure; immutable once read, and shared. docs/policy.md is its language.
 */
#pragma once
#include "base/error.h"
#include "base/string_list.h"
#include "event/event.h"
#include "rules/extend.h"
#include "rules/model.h"

enum response_mode {
	MODE_OBSERVE, /* alerts only */
	MODE_DRY_RUN, /* says what would have been done, and to whom */
	MODE_ENFORCE,
	RESPONSE_MODES
};
extern const char *const response_modes[RESPONSE_MODES];

enum { POLICY_ENTRIES_MAX = 1000, POLICY_PATTERNS_MAX = 256 };

/* What an entry may ask of an alert, each a list of shell patterns of which one must fit. */
enum selector {
	SELECT_RULE,
	SELECT_TAG,
	SELECT_SOURCE,
	SELECT_NAMESPACE,
	SELECT_POD,
	SELECT_IMAGE,
	SELECT_CONTAINER,
	SELECTORS
};
extern const char *const selector_names[SELECTORS];

struct selection {
	struct texts patterns[SELECTORS]; /* without items: not asked for */
	bool has_priority;
	enum rule_priority priority; /* that, or worse */
};

struct response_entry {
	struct text name;
	struct diag_place place;
	struct selection select;
	const struct selection *except; /* none of them may fit */
	uint32_t except_count;
	bool host; /* it is about processes of the host, and of no container */
	bool until_known; /* selects containers of which nothing is known yet, whatever else it says of them */
	bool has_responses; /* else those of the rule */
	enum response_mode mode;
	struct response_list responses;
};

struct response_policy {
	struct ruleset *base; /* memory, texts of the files, diagnostics */
	VEC(struct response_entry *) entries;
};

/* diags must outlive it. NULL when out of memory. */
struct response_policy *response_policy_new(struct diags *diags);
void response_policy_free(struct response_policy *p);
DEFINE_CLEANUP(struct response_policy *, response_policy_free)
#define cleanup_response_policy cleanup(response_policy_freep)

/* Appends the entries of a file; what is wrong goes to the diagnostics. Copies name and content. */
void response_policy_add(struct response_policy *p, const char *name, struct text content);
/* A file, or all *.yaml and *.yml of a directory by name. -errno: it can't be read. */
int response_policy_add_path(struct response_policy *p, const char *path, struct error *err);

/* The addresses of its webhooks, each once. -ENOMEM. */
int response_policy_urls(const struct response_policy *p, string_list *ret);

struct response_plan {
	const struct response_entry
		*entry; /* NULL: none selects it, and the responses are the rule's own */
	enum response_mode mode;
	const struct response_list *responses; /* may be empty */
};

/*
 * What is to be done about an alert of the rule in the container (NULL: the host). What a rule itself proposes is never
 * more than a dry run where no entry selects it: a file of rules kills nothing.
 */
struct response_plan response_select(const struct response_policy *p, const struct rule *rule,
				     const struct event_container *container);

/*
 * The same for a container of which nothing is known yet: what applies to every container. An entry that may select it
 * or not, for what it says of containers, lets nothing be done, unless it says until_known.
 */
struct response_plan response_select_unknown(const struct response_policy *p,
					     const struct rule *rule);

/* True if the rule may come to have that response in some container: nothing is enforced or tried otherwise. */
bool response_may_come(const struct response_policy *p, const struct rule *rule, const char *name);

/* Whether the entry may select the rule in some container, or on the host. */
bool response_may_select(const struct response_entry *e, const struct rule *rule);

/* Why the entry does not select it, as a sentence in a static room; NULL: it does. */
const char *response_why_not(const struct response_entry *e, const struct rule *rule,
			     const struct event_container *container);

/* Whether the plan says that response; RESPONSE_ARG(r, "what") is its parameter. */
const struct rule_response *plan_response(const struct response_plan *plan, const char *name);
const struct response_arg *response_arg(const struct rule_response *r, const char *name);
