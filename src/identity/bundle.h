/* SPDX-License-Identifier: Apache-2.0 */
/* What an OCI bundle's config.json says about a container (runtime-spec 1.3). */
#pragma once
#include <jansson.h>

#include "identity/container.h"

/* Fills what config.json in bundle knows and *c does not; -errno if there is no readable file. */
int bundle_read(const char *bundle, struct container *c);

/* Adds the members of a JSON object of texts, as engines and annotations have them, to the labels. */
void bundle_labels_read(const json_t *object, struct container *c);

/* Pure part of the above: from the text of the file. */
int bundle_parse(const char *text, size_t len, struct container *c);
