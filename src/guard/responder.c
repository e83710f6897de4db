/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/responder.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/string_list.h"
#include "base/utf8.h"
#include "guard/document.h"
#include "respond/policy.h"
#include "rules/operand_value.h"

enum { SLOTS = 256, LAST_MS = 2000 };
#define POLICY_SEED \
	0x6d65726c6f6eULL /* the same in every guard: policies are confirmed by their number */
#define TELL_NS (1000000000LL)

/* One request, from asking to the answer. */
struct slot {
	struct hand_request *rq; /* NULL: free */
	json_t *document;	 /* lacks what came of it */
	bool sent;
	int64_t event_ns; /* since 1970: when it happened */
};

struct responder {
	int hand;
	struct text hostname;
	void (*put)(json_t *document, void *arg);
	void *arg;
	struct diags diags;
	struct response_policy *policy;
	uint64_t policy_number;
	int64_t offset_ns; /* from CLOCK_BOOTTIME to the times that events have */
	string_list urls;  /* that the outputs know: those of the first policy */
	bool has_urls;
	struct slot slots[SLOTS];
	uint64_t next, send,
		first; /* numbers: to be given, to be sent, that may be unanswered; from 1 */
	struct responder_stats stats;
	uint64_t told; /* of dropped */
	int64_t told_ns;
};

int responder_new(struct responder **ret, int hand, struct text hostname,
		  void (*put)(json_t *document, void *arg), void *arg)
{
	struct responder *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	*r = (struct responder){ .hand = hand,
				 .hostname = hostname,
				 .put = put,
				 .arg = arg,
				 .offset_ns = clock_boot_offset_ns(),
				 .next = 1,
				 .send = 1,
				 .first = 1 };
	*ret = r;
	return 0;
}

void responder_free(struct responder *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < SLOTS; i++) {
		free(r->slots[i].rq);
		json_decref(r->slots[i].document);
	}
	response_policy_free(r->policy);
	diags_deinit(&r->diags);
	string_list_deinit(&r->urls);
	free(r);
}

/* --- the policy ------------------------------------------------------------------------------------------ */

static uint64_t number_of(const struct response_policy *p)
{
	uint64_t n = POLICY_SEED;

	vec_foreach(c, &p->base->contents)
		n = hash_bytes(c->content.data, c->content.len, n);
	return n ? n : 1;
}

/* Outputs are made when the guard starts: an address that comes later would never be sent to. */
static int check_urls(struct responder *r, const struct response_policy *p, struct error *err)
{
	cleanup_string_list string_list urls = { 0 };

	if (response_policy_urls(p, &urls))
		return error_errno(err, ENOMEM, "policies");
	if (!r->has_urls) {
		r->urls = urls;
		urls = (string_list){ 0 };
		r->has_urls = true;
		return 0;
	}
	vec_foreach(url, &urls) {
		bool known = false;

		vec_foreach(k, &r->urls)
			known = known || str_eq(*k, *url);
		if (!known)
			return error_set(err, EINVAL,
					 "a new webhook (%s) needs the guard to be started anew",
					 *url);
	}
	return 0;
}

static void tell_hand(struct responder *r)
{
	struct hand_request rq = { .size = sizeof(rq),
				   .action = HAND_POLICY,
				   .policy = r->policy_number };

	if (r->hand >= 0)
		(void)!write(r->hand, &rq, sizeof(rq));
}

int responder_load(struct responder *r, char *const *paths, size_t count, struct error *err)
{
	struct diags diags = { 0 };
	cleanup_response_policy struct response_policy *p = response_policy_new(&diags);
	int e = p ? 0 : error_errno(err, ENOMEM, "policies");

	for (size_t i = 0; !e && i < count; i++)
		e = response_policy_add_path(p, paths[i], err);
	for (size_t i = 0; !e && diags.errors && i < diags.items.len; i++) {
		const struct diag *d = &diags.items.items[i];

		if (d->severity == DIAG_ERROR)
			e = error_set(err, EINVAL, "%s:%u:%u: %s",
				      d->place.file ? d->place.file : "policy", d->place.line,
				      d->place.column, d->text);
	}
	if (!e)
		e = check_urls(r, p, err);
	if (e) {
		diags_deinit(&diags);
		return e;
	}
	response_policy_free(r->policy);
	diags_deinit(&r->diags);
	r->policy = TAKE_PTR(p);
	r->diags = diags;
	r->policy->base->diags = &r->diags;
	r->policy_number = count ? number_of(r->policy) : 0;
	tell_hand(r);
	return 0;
}

/* --- asking ---------------------------------------------------------------------------------------------- */

static enum hand_action action_of(const struct rule_response *resp)
{
	for (int i = HAND_KILL; i < HAND_ACTIONS; i++)
		if (str_eq(resp->def->name, hand_actions[i]))
			return (enum hand_action)i;
	return HAND_ACTIONS; /* the guard's own (alert), or the kernel's (deny), or the outputs' (webhook) */
}

static void put_text(char *out, size_t size, struct text t)
{
	size_t n = t.data ? utf8_mend_into(out, size - 1, t) : 0;

	out[n] = '\0';
}

static void put_scope(struct hand_request *rq, const struct rule_response *resp)
{
	const struct response_arg *what = response_arg(resp, "what");

	rq->scope = rq->flags & HAND_HOST ? HAND_PROCESS : HAND_CONTAINER;
	if (rq->action != HAND_KILL && rq->action != HAND_FREEZE)
		return;
	for (uint32_t i = 0; what && i < HAND_SCOPES; i++)
		if (text_eq_str(what->text, hand_scopes[i]))
			rq->scope = i;
}

static void put_networks(struct hand_request *rq, const struct rule_response *resp)
{
	const struct response_arg *allow = response_arg(resp, "allow"),
				  *ports = response_arg(resp, "ports");

	for (uint32_t i = 0; allow && i < allow->network_count && rq->network_count < HAND_NETWORKS;
	     i++) {
		struct hand_network *n = &rq->networks[rq->network_count++];

		n->family = allow->networks[i].address.family;
		n->prefix = allow->networks[i].prefix;
		memcpy(n->bytes, allow->networks[i].address.bytes, sizeof(n->bytes));
	}
	for (uint32_t i = 0; ports && i < ports->port_count && rq->port_count < HAND_PORTS; i++)
		rq->ports[rq->port_count++] = ports->ports[i];
}

static void put_path(struct hand_request *rq, const struct rule_response *resp,
		     const struct event *ev, struct scratch *s)
{
	const struct response_arg *file = response_arg(resp, "file");
	struct value v;

	scratch_reset(s);
	if (file && file->field && operand_read(file->field, ev, s, &v) && !v.list &&
	    v.len < sizeof(rq->path)) {
		memcpy(rq->path, v.string, v.len);
		rq->path[v.len] = '\0';
	}
}

/* The lines that the alert has of what came before it. */
static void put_recent(struct hand_request *rq, const json_t *alert)
{
	const json_t *line;
	size_t i, at = 0;

	json_array_foreach (json_object_get(alert, "before"), i, line) {
		const char *time = json_string_value(json_object_get(line, "time")),
			   *text = json_string_value(json_object_get(line, "text"));
		int n = time && text ? snprintf(rq->recent + at, sizeof(rq->recent) - at, "%s %s\n",
						time, text) :
				       0;

		if (n < 0 || (size_t)n >= sizeof(rq->recent) - at)
			break;
		at += (size_t)n;
	}
	rq->recent[at < sizeof(rq->recent) ? at : sizeof(rq->recent) - 1] = '\0';
}

static void fill(struct responder *r, struct hand_request *rq, const struct rule_response *resp,
		 const struct event *ev, const json_t *alert, struct scratch *s)
{
	const struct process *p = ev->process;
	const struct event_container *c = p->container;
	const struct response_arg *signal = response_arg(resp, "signal"),
				  *what = response_arg(resp, "what");
	const char *uuid = json_string_value(json_object_get(alert, "uuid"));

	rq->size = sizeof(*rq);
	rq->policy = r->policy_number;
	rq->pid = (int32_t)p->pid;
	rq->start_ns = p->start_ns ? p->start_ns - (uint64_t)r->offset_ns : 0;
	rq->signal = signal ? (uint32_t)signal->number : 0;
	rq->what = rq->action == HAND_CAPTURE && what ? (uint32_t)what->number : 0;
	rq->flags |= c ? 0 : HAND_HOST;
	if (c)
		put_text(rq->container, sizeof(rq->container),
			 c->full_id.data ? c->full_id : c->id);
	put_text(rq->alert, sizeof(rq->alert), text_of(uuid ? uuid : ""));
	put_scope(rq, resp);
	put_networks(rq, resp);
	if (rq->action == HAND_QUARANTINE)
		put_path(rq, resp, ev, s);
	if (rq->action == HAND_CAPTURE)
		put_recent(rq, alert);
}

static json_t *start_document(const struct hand_request *rq, const struct rule *rule,
			      const struct response_plan *plan, const struct event *ev)
{
	char name[32];
	json_t *o, *about = json_object();

	snprintf(name, sizeof(name), "merlon: %s", hand_actions[rq->action]);
	o = document_of_response(ev, name);
	json_object_set_new(about, "action", json_string(hand_actions[rq->action]));
	json_object_set_new(about, "scope", json_string(hand_scopes[rq->scope]));
	json_object_set_new(about, "mode", json_string(response_modes[plan->mode]));
	json_object_set_new(about, "rule", utf8_json(rule->name));
	if (plan->entry)
		json_object_set_new(about, "entry", utf8_json(plan->entry->name));
	if (*rq->alert)
		json_object_set_new(about, "alert", json_string(rq->alert));
	json_object_set_new(o, "response", about);
	return o;
}

static void ask(struct responder *r, const struct response_plan *plan,
		const struct rule_response *resp, const struct rule *rule, const struct event *ev,
		const json_t *alert, struct scratch *s)
{
	enum hand_action action = action_of(resp);
	struct slot *slot = &r->slots[r->next % SLOTS];

	if (action == HAND_ACTIONS)
		return;
	if (slot->rq) {
		r->stats.dropped++;
		return;
	}
	slot->rq = calloc(1, sizeof(*slot->rq));
	if (!slot->rq) {
		r->stats.dropped++;
		return;
	}
	slot->rq->action = action;
	slot->rq->flags = plan->mode == MODE_DRY_RUN ? HAND_DRY_RUN : 0;
	slot->rq->number = r->next++;
	fill(r, slot->rq, resp, ev, alert, s);
	put_text(slot->rq->rule, sizeof(slot->rq->rule), rule->name);
	put_text(slot->rq->entry, sizeof(slot->rq->entry),
		 plan->entry ? plan->entry->name : TEXT(""));
	slot->document = start_document(slot->rq, rule, plan, ev);
	slot->sent = false;
	slot->event_ns = ev->time_ns;
}

static void send_all(struct responder *r)
{
	while (r->hand >= 0 && r->send < r->next) {
		struct slot *slot = &r->slots[r->send % SLOTS];

		if (write(r->hand, slot->rq, sizeof(*slot->rq)) < 0)
			return; /* it is busy, or gone: responder_turn() finds out */
		slot->sent = true;
		r->send++;
	}
}

/* What the alert tells of the policy; and to whom it goes, which is the outputs' to do. */
static void tell_plan(const struct response_plan *plan, json_t *alert)
{
	json_t *o = json_object(), *names = json_array(), *urls = json_array();

	for (uint32_t i = 0; i < plan->responses->count; i++) {
		const struct rule_response *resp = &plan->responses->items[i];
		const struct response_arg *url = response_arg(resp, "url");

		json_array_append_new(names, json_string(resp->def->name));
		if (url && plan->mode == MODE_ENFORCE)
			json_array_append_new(urls, utf8_json(url->text));
	}
	if (plan->entry)
		json_object_set_new(o, "entry", utf8_json(plan->entry->name));
	json_object_set_new(o, "mode", json_string(response_modes[plan->mode]));
	json_object_set_new(o, "responses", names);
	json_object_set_new(alert, "policy", o);
	if (json_array_size(urls))
		json_object_set(alert, "webhooks", urls);
	json_decref(urls);
}

void responder_take(struct responder *r, const struct rule *rule, const struct event *ev,
		    json_t *alert, struct scratch *s)
{
	struct response_plan plan;

	if (!ev->process || ev->process->pid <= 0 || r->hand < 0)
		return;
	plan = response_select(r->policy, rule, ev->process->container);
	if (alert && (plan.entry || plan.responses->count))
		tell_plan(&plan, alert);
	if (plan.mode == MODE_OBSERVE || (plan.mode == MODE_DRY_RUN && !alert))
		return;
	for (uint32_t i = 0; i < plan.responses->count; i++)
		ask(r, &plan, &plan.responses->items[i], rule, ev, alert, s);
	send_all(r); /* at once, not when the turn is over: it is late enough already */
}

/* --- what came of it ------------------------------------------------------------------------------------- */

static const struct outcome_def {
	const char *says;
	enum alert_priority priority;
} outcomes[] = {
	[HAND_DONE] = { "", ALERT_NOTICE },
	[HAND_WOULD] = { "dry run: ", ALERT_NOTICE },
	[HAND_ALREADY] = { "not again: ", ALERT_INFORMATIONAL },
	[HAND_GONE] = { "too late: ", ALERT_WARNING },
	[HAND_REFUSED] = { "refused: ", ALERT_WARNING },
	[HAND_FAILED] = { "failed: ", ALERT_ERROR },
	[HAND_OFF] = { "off: ", ALERT_NOTICE },
};
static_assert(ARRAY_SIZE(outcomes) == HAND_OUTCOMES, "words for each");

static void finish(struct responder *r, struct slot *slot, const struct hand_reply *reply)
{
	const struct outcome_def *def = &outcomes[reply->outcome];
	const struct hand_request *rq = slot->rq;
	json_t *o = slot->document, *about = json_object_get(o, "response");
	char text[HAND_TEXT_MAX + HAND_NAME_MAX + 64], time[CLOCK_TEXT_MAX];
	int64_t now = clock_wall_ns();

	clock_format(now, time);
	json_object_set_new(o, "time", json_string(time));
	json_object_set_new(about, "after_ns", json_integer(now - slot->event_ns));
	r->stats.by_outcome[rq->action][reply->outcome]++;
	snprintf(text, sizeof(text), "%s (%s) because of \"%s\": %s%s", hand_actions[rq->action],
		 hand_scopes[rq->scope], rq->rule, def->says, reply->text);
	json_object_set_new(o, "output", utf8_json(text_of(text)));
	json_object_set_new(o, "priority", json_string(alert_priorities[def->priority]));
	json_object_set_new(about, "outcome", json_string(hand_outcomes[reply->outcome]));
	json_object_set_new(about, "text", utf8_json(text_of(reply->text)));
	if (*reply->id) {
		json_object_set_new(about, "id", json_string(reply->id));
		json_object_set_new(about, "undoable", json_boolean(reply->undoable));
	}
	alert_fit(o);
	r->put(o, r->arg);
	free(slot->rq);
	*slot = (struct slot){ 0 };
	while (r->first < r->next && !r->slots[r->first % SLOTS].rq)
		r->first++;
}

static void on_reply(struct responder *r, struct hand_reply *reply)
{
	struct slot *slot = &r->slots[reply->number % SLOTS];

	reply->text[sizeof(reply->text) - 1] = reply->id[sizeof(reply->id) - 1] = '\0';
	if (reply->outcome >= HAND_OUTCOMES)
		return;
	if (!reply->number) {
		r->put(document_of_guard(ALERT_NOTE, ALERT_WARNING, clock_wall_ns(), r->hostname,
					 "merlon: policy not confirmed", reply->text, NULL),
		       r->arg);
		return;
	}
	if (slot->rq && slot->sent && slot->rq->number == reply->number)
		finish(r, slot, reply);
}

static void hand_ended(struct responder *r)
{
	struct hand_reply reply = { .outcome = HAND_FAILED,
				    .text = "who carries responses out has ended" };

	r->hand = -1;
	for (uint64_t n = r->first; n < r->next; n++)
		if (r->slots[n % SLOTS].rq)
			finish(r, &r->slots[n % SLOTS], &reply);
}

static void take_replies(struct responder *r)
{
	struct hand_reply reply;
	ssize_t n;

	while (r->hand >= 0) {
		n = read(r->hand, &reply, sizeof(reply));
		if (n == (ssize_t)sizeof(reply))
			on_reply(r, &reply);
		else if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			hand_ended(r);
		else if (n < 0 && errno == EAGAIN)
			return;
	}
}

static void tell_dropped(struct responder *r)
{
	uint64_t lost = r->stats.dropped - r->told;
	int64_t now = clock_passed_ns();
	char text[128];

	if (!lost || now - r->told_ns < TELL_NS)
		return;
	r->told = r->stats.dropped;
	r->told_ns = now;
	snprintf(text, sizeof(text),
		 "%s responses were not carried out: there was no room to ask for them",
		 str_grouped(lost));
	r->put(document_of_guard(ALERT_LOSS, ALERT_CRITICAL, clock_wall_ns(), r->hostname,
				 "merlon: responses lost", text,
				 json_pack("{s:I}", "merlon.dropped", (json_int_t)lost)),
	       r->arg);
}

int responder_fd(const struct responder *r)
{
	return r->hand;
}

void responder_turn(struct responder *r, bool last)
{
	take_replies(r);
	send_all(r);
	for (int waited = 0; last && r->hand >= 0 && r->first < r->next && waited < LAST_MS;
	     waited += LAST_MS / 20) {
		struct pollfd in = { .fd = r->hand, .events = POLLIN };

		poll(&in, 1, LAST_MS / 20);
		take_replies(r);
		send_all(r);
	}
	tell_dropped(r);
}

void responder_statistics(const struct responder *r, struct responder_stats *ret)
{
	*ret = r->stats;
}
