/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the API takes where: lists, maps, texts, numbers. Checks take what has another form for unset; here
 * it is told, so that nothing wrong passes in silence. Members that are not in the table are let through.
 */
#pragma once
#include "inspect/object.h"

/* Tells diagnostics each place in o, of a kind that is known, that the API would refuse for its form. */
void shape_judge(const struct object *o, struct arena *a, struct diags *d);
