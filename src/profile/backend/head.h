/* SPDX-License-Identifier: Apache-2.0 */
/* What the texts of all back-ends begin with: a name, and a comment that says where they are from. */
#pragma once
#include "profile/backend.h"

/*
 * The name under which the result is known on a node and in a cluster: options->name, or "merlon-" and
 * the profile's, in lower-case letters, digits and dashes. NULL when out of memory.
 */
char *backend_name(const struct profile *p, const struct backend_options *o);

/* True if it is a DNS label (RFC 1123) that begins with a letter: what all layers take for a name. */
bool backend_name_is_valid(const char *name);

/* Comment lines, each with mark in front: whom the profile is about, when it was recorded, what it lacks. */
void backend_head(const struct profile *p, const char *mark, struct buf *out);

/* Appends text of others in one line of printable characters. */
void backend_text(struct buf *out, const char *text);

/* Appends a path of a profile, which is escaped already, and can break no line. */
void backend_path(struct buf *out, const char *path);

/* The name of the SELinux type that the selinux back-end defines; NULL when out of memory. */
char *backend_selinux_type(const struct profile *p, const struct backend_options *o);
