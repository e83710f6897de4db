/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON form of a profile: docs/profile-format.md. */
#pragma once
#include "base/json.h"
#include "profile/profile.h"

/* A new JSON document; NULL when out of memory. The profile should be sorted. */
json_t *profile_to_json(const struct profile *p);

/*
 * The profile in text, checked to the last field: on any doubt NULL, with *err naming file and
 * place. file is used in messages only.
 */
struct profile *profile_from_json(const char *file, const char *text, size_t len,
				  struct error *err);

/* The profile in a file. */
struct profile *profile_load(const char *path, struct error *err);

/* Writes it in one step: the old file or the new one, never half. */
int profile_save(const struct profile *p, const char *path, struct error *err);
