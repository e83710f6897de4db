/* SPDX-License-Identifier: Apache-2.0 */
/* Who a condition is asked about. Conditions themselves don't look inside: their language is that of events too. */
#pragma once
#include "inspect/object.h"

/* The container is NULL where a pod is asked, and both are where an object without pods is. */
struct view_subject {
	const struct object *object;
	const struct workload *workload;
	const struct container *container;
};
