/* SPDX-License-Identifier: Apache-2.0 */
/* What of a rule is decided in the kernel, and what is left to user space and why. */
#pragma once
#include <jansson.h>

#include "rules/model.h"

/* -ENOMEM, or 0. */
int explain_kernel_text(const struct rule *r);
/* An object with a member for each kind of record; NULL when out of memory. */
json_t *explain_kernel_json(const struct rule *r);
