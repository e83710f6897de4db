/* SPDX-License-Identifier: Apache-2.0 */
/* Why a rule fitted: the checks of its condition that an event makes true, with what they saw. */
#pragma once
#include "rules/model.h"

enum { WHY_TERMS_MAX = 24, WHY_TEXT_MAX = 240 };

/*
 * [{ "term": "proc.name in (shells...)", "value": "bash" }]: of each "and" all, of each "or" the first
 * that holds. What is not the case is left out: exceptions would hide the reasons. NULL: no memory.
 */
json_t *why_json(const struct rule *r, const struct event *ev, struct scratch *s);
