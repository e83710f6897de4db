/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads AppArmor's text (apparmor.d(5)) as far as a profile can hold it: files, capabilities. What it
 * can't hold (rules that deny, network families, mounts, signals, included files, ...) is told, with
 * its line.
 */
#pragma once
#include "base/buf.h"
#include "profile/profile.h"

enum { APPARMOR_BYTES_MAX = 4 << 20, APPARMOR_RULES_MAX = 1 << 16, APPARMOR_EXPANSIONS_MAX = 64 };

/* The first profile of a text, sorted, owned by the caller. -EINVAL with file:line:column. */
int apparmor_text_read(struct profile **ret, const char *file, const char *text, size_t len,
		       struct buf *notes, struct error *err);
