/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guard tells people: one document, whichever source and rule it comes from. Whoever writes,
 * stores or sends alerts knows this and nothing of rules, events or kernels.
 *
 * The document is JSON that Falco's consumers read unchanged (time, rule, priority, source, hostname,
 * output, output_fields, tags), with more beside it: docs/alert-format.md. Texts in it are UTF-8, but
 * come from programs that may be hostile: whoever shows one to a terminal makes it harmless first.
 */
#pragma once
#include <jansson.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

/* As syslog numbers them: smaller is worse. */
enum alert_priority {
	ALERT_EMERGENCY,
	ALERT_ALERT,
	ALERT_CRITICAL,
	ALERT_ERROR,
	ALERT_WARNING,
	ALERT_NOTICE,
	ALERT_INFORMATIONAL,
	ALERT_DEBUG,
	ALERT_PRIORITIES
};
extern const char *const alert_priorities[ALERT_PRIORITIES]; /* "Emergency" ... "Debug" */
/* Upper or lower case; "info" is Informational. -EINVAL: none of them. */
int alert_priority_find(const char *name, enum alert_priority *ret);

enum alert_kind {
	ALERT_FINDING, /* a rule fitted */
	ALERT_LOSS,    /* something was not seen, stored or sent, with how much and whose */
	ALERT_NOTE,    /* of the guard itself: started, reloaded, stopped, tampered with */
	ALERT_ACTIVITY, /* what a container did before and after an alert: no alert, stored beside it */
	ALERT_RESPONSE, /* what was done about an alert, or would have been */
	ALERT_KINDS
};
extern const char *const alert_kinds[ALERT_KINDS];

enum { ALERT_SIZE_MAX = 256 << 10 /* of a document as JSON text */ };

/* The members of a document that others sort, filter and store by. They live as long as json. */
struct alert {
	json_t *json; /* owned */
	enum alert_kind kind;
	enum alert_priority priority;
	int64_t time_ns;  /* since 1970 */
	const char *uuid; /* 36 characters, lower case */
	const char *rule;
	const char *source; /* "syscall", "k8s_audit", "merlon" */
	const char *hostname;
	const char *output; /* the sentence; the rule if there is none */
	const char *container_id, *container_name, *image, *pod,
		*namespace;  /* NULL: none or not known */
	int64_t pid;	     /* -1: none */
	const char *process; /* its name, or NULL */
};

/*
 * Takes over json, also when it fails. What is known of the document is checked: types, lengths,
 * depth, size; members that nobody knows stay. Members of ours that are not there are taken from
 * Falco's output_fields. -EBADMSG: not an alert's document; err says what is missing or wrong.
 */
int alert_of_json(struct alert *ret, json_t *json, struct error *err);
void alert_deinit(struct alert *a);
/*
 * Makes a document of ours one that alert_of_json() takes, however much programs have put into its texts:
 * what is too long is cut, and "cut" says so. It keeps who, what, and when; details go first.
 */
void alert_fit(json_t *json);
#define cleanup_alert cleanup(alert_deinit)

enum { ALERT_UUID_SIZE = 37 }; /* with its NUL */
/*
 * Gives a document of somebody else's, which has no "uuid", one that is made of its time and its
 * contents: the same line read twice is the same alert. Does nothing to a document that has one.
 */
void alert_identify(json_t *json);

/* The sentence without what Falco puts in front of it ("09:31:05.000000000: Warning "). */
const char *alert_sentence(const struct alert *a);
