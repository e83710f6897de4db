/* SPDX-License-Identifier: Apache-2.0 */
/* Roles and bindings that every API server makes for itself: nobody can mend them. */
#pragma once
#include "inspect/object.h"

/*
 * Only what its label and name say it is; a binding moreover must bind nobody but the system's own users,
 * groups and accounts, so that nobody hides behind a name.
 */
bool object_is_builtin(const struct object *o);
