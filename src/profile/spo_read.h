/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resources of the Security Profiles Operator that are not of seccomp, as AppArmor's text, which is
 * read as such: what the operator itself makes of an AppArmorProfile, and of a SelinuxProfile the
 * capabilities that it gives its own process.
 */
#pragma once
#include "base/buf.h"
#include "base/json.h"

/* True for a resource of one of the two kinds. */
bool spo_resource_is(const json_t *resource);

/* Writes the text; what has no place in it is told in *notes, a line each. */
void spo_resource_text(const json_t *resource, struct buf *out, struct buf *notes);
