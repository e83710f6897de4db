/* SPDX-License-Identifier: Apache-2.0 */
#include "respond/hand.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "respond/job.h"
#include "respond/undo.h"
#include "sensor/pin.h"

enum { TURN_MS = 500, RECENT_MAX = 256 };
#define QUIET_NS \
	(1000000000LL) /* kills of one rule in one container that are one line of the ledger */
#define CAPTURE_NS \
	(60 *      \
	 1000000000LL) /* between two captures of one container: they take time, and kills wait */

static const struct action_def {
	enum hand_outcome (*run)(struct job *j);
	bool undoable, room;
	int64_t again_ns; /* the same to the same container before that is done already; -1: while it is in force */
} actions[] = {
	[HAND_KILL] = { job_kill, false, false, 0 },
	[HAND_FREEZE] = { job_freeze, true, false, 0 },
	[HAND_ISOLATE] = { job_isolate, true, false, -1 },
	[HAND_QUARANTINE] = { job_quarantine, true, true, 0 },
	[HAND_CAPTURE] = { job_capture, false, true, CAPTURE_NS },
};
static_assert(ARRAY_SIZE(actions) == HAND_ACTIONS, "one for each");

/* What was done lately, by container. */
struct recent {
	uint32_t action;
	char container[HAND_ID_MAX], rule[HAND_NAME_MAX], id[ALERT_UUID_SIZE];
	int64_t when_ns; /* of clock_passed_ns() */
};

struct hand {
	struct hand_options o;
	struct target_limits limits;
	struct ledger ledger;
	char pins[PIN_PATH_MAX];  /* "": there is no place */
	uint64_t policy, refused; /* refused: it was not confirmed in time */
	int64_t deadline_ns;	  /* 0: none */
	struct recent recent[RECENT_MAX];
	size_t next_recent;
};

/* --- what was done before -------------------------------------------------------------------------------- */

static void remember(struct hand *h, uint32_t action, const char *container, const char *rule,
		     const char *id, int64_t when_ns)
{
	struct recent *r = &h->recent[h->next_recent++ % RECENT_MAX];

	*r = (struct recent){ .action = action, .when_ns = when_ns };
	snprintf(r->container, sizeof(r->container), "%s", container);
	snprintf(r->rule, sizeof(r->rule), "%s", rule);
	snprintf(r->id, sizeof(r->id), "%s", id);
}

/* Of an earlier guard: what it cut off is cut off. */
static int remember_entry(json_t *entry, void *arg)
{
	struct hand *h = arg;
	const char *action = json_string_value(json_object_get(entry, "action")),
		   *container = json_string_value(json_object_get(entry, "container"));

	if (ledger_is_active(entry) && action && container &&
	    str_eq(action, hand_actions[HAND_ISOLATE]))
		remember(h, HAND_ISOLATE, container, "",
			 json_string_value(json_object_get(entry, "id")), 0);
	return 0;
}

static bool still_active(const struct hand *h, const char *id)
{
	json_t *entry = NULL;
	bool active = !ledger_find(&h->ledger, id, &entry, NULL) && ledger_is_active(entry);

	json_decref(entry);
	return active;
}

static const struct recent *find_recent(const struct hand *h, const struct hand_request *rq,
					const char *rule, int64_t since_ns)
{
	for (size_t i = 0; i < RECENT_MAX; i++) {
		const struct recent *r = &h->recent[i];

		if (r->action == rq->action && *rq->container &&
		    str_eq(r->container, rq->container) && r->when_ns >= since_ns &&
		    (!rule || str_eq(r->rule, rule)))
			return r;
	}
	return NULL;
}

static bool is_done_already(const struct hand *h, const struct hand_request *rq)
{
	int64_t again = actions[rq->action].again_ns;
	const struct recent *r = again ? find_recent(h, rq, NULL,
						     again < 0 ? 0 : clock_passed_ns() - again) :
					 NULL;

	return r && (again > 0 || still_active(h, r->id));
}

/* --- one response ---------------------------------------------------------------------------------------- */

struct doing {
	struct job job; /* first: begin() is given it */
	struct hand *hand;
	json_t *entry;
	char id[UUID_TEXT_SIZE];
};

static json_t *make_entry(const struct doing *d, const struct hand_request *rq)
{
	const struct container *c = &d->job.target->container;
	char now[CLOCK_TEXT_MAX], policy[17];
	json_t *o = json_object();

	clock_format(clock_wall_ns(), now);
	snprintf(policy, sizeof(policy), "%016" PRIx64, rq->policy);
	json_object_set_new(o, "id", json_string(d->id));
	json_object_set_new(o, "time", json_string(now));
	json_object_set_new(o, "action", json_string(hand_actions[rq->action]));
	json_object_set_new(o, "scope", json_string(hand_scopes[rq->scope]));
	json_object_set_new(o, "rule", utf8_json(text_of(rq->rule)));
	json_object_set_new(o, "entry", utf8_json(text_of(rq->entry)));
	json_object_set_new(o, "alert", json_string(rq->alert));
	json_object_set_new(o, "container", json_string(rq->container));
	json_object_set_new(o, "name", utf8_json(text_of(c->name ? c->name : "")));
	json_object_set_new(o, "pid", json_integer(rq->pid));
	json_object_set_new(o, "policy", json_string(policy));
	if (actions[rq->action].undoable)
		json_object_set(o, "undo", d->job.undo);
	return o;
}

static int begin(struct job *j)
{
	struct doing *d = (struct doing *)j;

	json_object_set_new(d->entry, "state", json_string("begun"));
	return ledger_put(&d->hand->ledger, d->entry, NULL);
}

static void finish(struct doing *d, enum hand_outcome o)
{
	struct hand *h = d->hand;
	const struct hand_request *rq = d->job.rq;
	bool begun = json_object_get(d->entry, "state");

	if (o != HAND_DONE && !begun)
		return;
	/* A rule that kills in a loop writes a line a second. */
	if (o == HAND_DONE && rq->action == HAND_KILL &&
	    find_recent(h, rq, rq->rule, clock_passed_ns() - QUIET_NS))
		return;
	json_object_set_new(d->entry, "state", json_string(o == HAND_DONE ? "done" : "failed"));
	json_object_set_new(d->entry, "text", utf8_json(text_of(d->job.why)));
	ledger_put(&h->ledger, d->entry, NULL);
	if (o == HAND_DONE)
		remember(h, rq->action, rq->container, rq->rule, d->id, clock_passed_ns());
}

static bool is_refused(const struct hand *h, uint64_t policy)
{
	return policy && h->refused == policy;
}

static enum hand_outcome carry_out(struct hand *h, struct doing *d, const struct hand_request *rq)
{
	enum hand_outcome o;

	d->hand = h;
	d->job = (struct job){ .limits = &h->limits,
			       .target = d->job.target,
			       .rq = rq,
			       .dry = rq->flags & HAND_DRY_RUN || is_refused(h, rq->policy),
			       .id = d->id,
			       .pins = h->pins,
			       .undo = json_object(),
			       .begin = begin };
	uuid_make(clock_wall_ns(), d->id);
	if (!d->job.dry && actions[rq->action].room &&
	    ledger_room(&h->ledger, hand_actions[rq->action], d->id, d->job.room, NULL)) {
		json_decref(d->job.undo);
		return job_say(&d->job, HAND_FAILED, "there is no place to keep it");
	}
	d->entry = make_entry(d, rq);
	o = actions[rq->action].run(&d->job);
	if (!d->job.dry)
		finish(d, o);
	if (*d->job.room && o != HAND_DONE && !json_object_get(d->entry, "state"))
		rmdir(d->job.room);
	json_decref(d->entry);
	json_decref(d->job.undo);
	return o;
}

static void respond(struct hand *h, const struct hand_request *rq, struct hand_reply *reply)
{
	cleanup_target struct target target = TARGET_INIT;
	struct doing d = { .job.target = &target };

	if (!(rq->flags & HAND_DRY_RUN) && ledger_is_off(&h->ledger)) {
		reply->outcome = HAND_OFF;
		snprintf(reply->text, sizeof(reply->text), "responses are switched off");
		return;
	}
	reply->outcome = target_find(&h->limits, rq, &target, reply->text);
	if (reply->outcome != HAND_DONE)
		return;
	if (is_done_already(h, rq)) {
		reply->outcome = HAND_ALREADY;
		snprintf(reply->text, sizeof(reply->text), "it was done already");
		return;
	}
	reply->outcome = carry_out(h, &d, rq);
	snprintf(reply->text, sizeof(reply->text), "%s%s", d.job.why,
		 is_refused(h, rq->policy) ? " (the policy was not confirmed)" : "");
	if (reply->outcome == HAND_DONE) {
		snprintf(reply->id, sizeof(reply->id), "%s", d.id);
		reply->undoable = actions[rq->action].undoable;
	}
}

/* --- policies that wait to be confirmed ------------------------------------------------------------------ */

static void take_policy(struct hand *h, const struct hand_request *rq)
{
	h->policy = rq->policy;
	h->deadline_ns = 0;
	if (!h->o.confirm_ns || ledger_confirmed(&h->ledger) == rq->policy ||
	    is_refused(h, rq->policy))
		return;
	h->deadline_ns = clock_passed_ns() + (int64_t)h->o.confirm_ns;
	ledger_set_pending(&h->ledger, rq->policy, NULL);
}

/* A reply to nothing that was asked: number 0. */
static void tell(const struct hand *h, const char *text)
{
	struct hand_reply reply = { .outcome = HAND_OFF };

	snprintf(reply.text, sizeof(reply.text), "%s", text);
	(void)!write(h->o.fd, &reply, sizeof(reply));
}

static void look_at_deadline(struct hand *h)
{
	size_t undone, failed;
	char text[HAND_TEXT_MAX];

	if (!h->deadline_ns || clock_passed_ns() < h->deadline_ns)
		return;
	h->deadline_ns = 0;
	if (ledger_confirmed(&h->ledger) == h->policy)
		return;
	h->refused = h->policy;
	undone = response_undo_all(&h->ledger, &h->limits, h->policy, &failed);
	snprintf(
		text, sizeof(text),
		"the policy was not confirmed in time: %zu responses were undone, %zu could not be; it is a dry run now",
		undone, failed);
	tell(h, text);
}

/* --- the loop -------------------------------------------------------------------------------------------- */

/* 0: go on; 1: the other side has closed. */
static int take_request(struct hand *h)
{
	union {
		struct hand_request rq;
		char room[sizeof(struct hand_request) + 1]; /* so that more is seen to be more */
	} *in = calloc(1, sizeof(*in));
	struct hand_reply reply = { .outcome = HAND_REFUSED };
	const char *wrong;
	ssize_t n;

	if (!in)
		return -ENOMEM;
	n = read(h->o.fd, in, sizeof(*in));
	if (n <= 0) {
		int r = n == 0 ? 1 : errno == EINTR || errno == EAGAIN ? 0 : -errno;

		free(in);
		return r;
	}
	wrong = hand_request_check(in, (size_t)n);
	if (n >= (ssize_t)sizeof(in->rq))
		reply.number = in->rq.number;
	if (wrong)
		snprintf(reply.text, sizeof(reply.text), "a request that is none: %s", wrong);
	else if (in->rq.action == HAND_POLICY)
		take_policy(h, &in->rq);
	else
		respond(h, &in->rq, &reply);
	if (wrong || in->rq.action != HAND_POLICY)
		(void)!write(h->o.fd, &reply, sizeof(reply));
	free(in);
	return 0;
}

int hand_run(struct hand *h)
{
	int r = 0;

	while (!r) {
		struct pollfd in = { .fd = h->o.fd, .events = POLLIN };

		if (poll(&in, 1, TURN_MS) < 0 && errno != EINTR)
			return -errno;
		if (in.revents)
			r = take_request(h);
		look_at_deadline(h);
	}
	return r < 0 ? r : 0;
}

int hand_new(struct hand **ret, const struct hand_options *o, struct error *err)
{
	cleanup_hand struct hand *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return error_errno(err, ENOMEM, "the hand");
	h->o = *o;
	h->limits = (struct target_limits){ .own = { o->parent, getpid() },
					    .own_count = 2,
					    .containers = o->containers,
					    .container_count = o->container_count };
	r = cgroup_layout_detect(&h->limits.layout, err);
	if (!r)
		r = ledger_open(&h->ledger, o->ledger ? o->ledger : LEDGER_PATH, err);
	/* Without it nothing can be isolated, and the rest goes on. */
	if (!r && pin_directory("respond", h->pins, NULL))
		h->pins[0] = '\0';
	if (!r)
		r = ledger_each(&h->ledger, remember_entry, h, err);
	if (r)
		return r;
	*ret = TAKE_PTR(h);
	return 0;
}

void hand_free(struct hand *h)
{
	free(h);
}
