/* SPDX-License-Identifier: Apache-2.0 */
/* Denials out of alerts (docs/alert-format.md): what rules that deny refused, or would have refused in a dry run. */
#pragma once
#include "profile/denial.h"

/*
 * Calls keep with each denial that the alert tells of, which keep empties or leaves to be freed; it is none if nobody was denied
 * anything. label is what stands in front of the rule's name ("merlon-web" of "merlon-web: program run"): whose profile it
 * is. -EINVAL with the place; -ENOMEM.
 */
int denials_of_alert(struct json_reader *r, const json_t *alert,
		     void (*keep)(struct denial *, void *), void *arg);
