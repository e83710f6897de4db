/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents that the guard puts out (docs/alert-format.md): who did what, why it is told, what
 * came before, what to do next. Pure: no clock, no kernel. NULL from any of them: no memory.
 */
#pragma once
#include "alert/alert.h"
#include "rules/eval.h"

enum { DOCUMENT_ANCESTORS_MAX = 16, DOCUMENT_TEXT_MAX = 4096 };

/* before: an array of activities, taken over; NULL: none. */
json_t *document_of_match(const struct rule_match *m, const struct event *ev, struct scratch *s,
			  json_t *before);

/* What a container did around an alert. about: its sentence. */
json_t *document_of_activity(const struct event *ev, struct text about);

/* Of a response to it, whose sentence and "response" are not known yet. rule: "merlon: kill". */
json_t *document_of_response(const struct event *ev, const char *rule);

/* Of the guard itself. details may be NULL, and is taken over as "output_fields". */
json_t *document_of_guard(enum alert_kind kind, enum alert_priority priority, int64_t time_ns,
			  struct text hostname, const char *rule, const char *output,
			  json_t *details);
