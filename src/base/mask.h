/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hides credentials in command lines, environments and sentences that quote them: what has the form of one (secret.h), what an
 * option, a variable, a header or a member says is one, and what a known program takes for one. What is hidden is told by MASK.
 * Words are as blanks, quotes and operators of shells part them; a password of several words is hidden up to the first blank.
 */
#pragma once
#include "base/buf.h"
#include "base/text.h"

#define MASK "***"

/* Appends t to out without its credentials; false, with nothing appended: there are none. */
bool mask_text(struct text t, struct buf *out);
