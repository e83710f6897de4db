/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests as they may be shown: with as many lines, and without the credentials that are written in them. */
#pragma once
#include "base/buf.h"
#include "base/text.h"

/*
 * Appends the text of a YAML file. A value that has the form of a credential, that its name or option says is one, or
 * that a Secret holds, is hidden behind a mask, on each of its lines. What can't be read as YAML is hidden line by line.
 */
void veil_add(struct buf *out, struct text content);
