/* SPDX-License-Identifier: Apache-2.0 */
/* Where what denies is pinned: DIR, and a directory in it for each set; how files there are called. Of src/sensor/deny*.c. */
#pragma once
#include <limits.h>

#include "sensor/deny.h"

#define DENY_DIR_SET SENSOR_DENY_DIR "/set"
#define DENY_DIR_NEXT SENSOR_DENY_DIR "/next"
#define DENY_DIR_OLD SENSOR_DENY_DIR "/old"

enum { DENY_RING_SIZE = 1 << 20, DENY_BEGUN_SIZE = 1 << 16 };

/* As names of programs have it: "lsm", ... */
extern const char *const deny_form_words[DENY_FORMS];

void deny_pin_path(char out[PATH_MAX], const char *dir, const char *name);
/* The link of what is served in that form under that name. */
void deny_link_path(char out[PATH_MAX], const char *dir, enum sensor_deny_form form,
		    const char *name);
/* What is pinned in DIR by that name; -errno. */
int deny_open_pin(const char *name);

int deny_make_dir(const char *path, struct error *err);
/* DIR, and those above it; one that is new is of our version. */
int deny_make_dirs(struct error *err);
/* Pins in a directory, and it. */
void deny_remove_dir(const char *dir);
