/* SPDX-License-Identifier: Apache-2.0 */
/* The value of a field or transformer for an event. Never allocates; what it composes is in scratch. */
#pragma once
#include "rules/expr.h"

/* False: the event does not have it, or it can't be transformed (no base64, for example). */
bool operand_read(const struct operand *o, const struct event *ev, struct scratch *s,
		  struct value *ret);

/* Calls fn for every field below o. */
void operand_fields(const struct operand *o, void (*fn)(const struct operand *field, void *context),
		    void *context);
