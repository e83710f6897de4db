/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a rule can be denied inline: only what the kernel decides wholly, before anything has happened. */
#pragma once
#include "base/buf.h"
#include "rules/model.h"

/*
 * 0: it can, at the decision points *ret_hooks (bit per enum abi_deny_hook). 1: it can't, and *why names the terms that prevent
 * it, each with its reason. -ENOMEM. The rule must have compiled.
 */
int deny_check(const struct rule *r, uint64_t *ret_hooks, struct buf *why);
