/* SPDX-License-Identifier: Apache-2.0 */
/* Finding credentials in texts, by their form or by the name that they have; and not repeating them. */
#pragma once
#include "base/buf.h"
#include "base/text.h"

struct secret {
	const char *what; /* "an AWS access key"; NULL: none was found */
	struct text found;
};

/* The first credential in a text that has the form of one. */
struct secret secret_find(struct text t);
/* Whether a variable or key of this name is expected to hold a credential, and value may be one. */
bool secret_is_named(struct text name, struct text value);
/* Whether the name alone says so: "DB_PASSWORD", "--api-key"; not "token_file". */
bool secret_names(struct text name);
/* Appends what a secret is without telling it: "an AWS access key (AKIA..., 20 bytes)". */
void secret_describe(const struct secret *s, char *out, size_t size);
