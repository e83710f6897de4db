/* SPDX-License-Identifier: Apache-2.0 */
/* What is said when a rule fits: one line of text, or one JSON object, as Falco's users parse them. */
#pragma once
#include "rules/eval.h"

/* "09:31:05.000000017: Warning A shell was started ..." without a newline. */
void alert_text(const struct rule_match *m, const struct event *ev, struct scratch *s,
		struct buf *out);

/*
 * time, rule, priority, source, hostname, output, tags, output_fields; and of our own: next, if the
 * rule says what to do, and suppressed, if alerts were held back before this one. NULL: no memory.
 */
json_t *alert_json(const struct rule_match *m, const struct event *ev, struct scratch *s);
