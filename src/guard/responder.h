/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From alerts to responses: asks the policy what is to be done, asks the hand (respond/hand.h) to do it, and makes a
 * document of what came of it. Never waits: what there is no room for is counted and told.
 */
#pragma once
#include <jansson.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "event/event.h"
#include "respond/request.h"
#include "rules/model.h"

struct responder;

struct responder_stats {
	uint64_t by_outcome[HAND_ACTIONS][HAND_OUTCOMES];
	uint64_t dropped; /* there was no room to ask */
};

/* hand: not borrowed longer than the responder lives; -1: there is none. put takes over documents. */
int responder_new(struct responder **ret, int hand, struct text hostname,
		  void (*put)(json_t *document, void *arg), void *arg);
void responder_free(struct responder *r);
DEFINE_CLEANUP(struct responder *, responder_free)
#define cleanup_responder cleanup(responder_freep)

/* The policy in force from now on; if there are errors, the one before stays. -EINVAL: *err names the first. */
int responder_load(struct responder *r, char *const *paths, size_t count, struct error *err);

/*
 * A rule fitted. alert: what will be told of it, to which is added what the policy says ("policy", "webhooks"); NULL: it
 * was held back, and only what is enforced is done.
 */
void responder_take(struct responder *r, const struct rule *rule, const struct event *ev,
		    json_t *alert, struct scratch *s);

/* Readable when the hand has answered; -1: nobody will. */
int responder_fd(const struct responder *r);
/* Asks what waits to be asked, and tells what came of it; last: waits a little for what is on its way. */
void responder_turn(struct responder *r, bool last);

void responder_statistics(const struct responder *r, struct responder_stats *ret);
