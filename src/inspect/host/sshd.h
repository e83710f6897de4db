/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_config(5) as a map of what holds for everybody: the first value of each keyword, in small letters. */
#pragma once
#include "base/yaml_make.h"

enum { SSHD_LINES_MAX = 100000, SSHD_KEYS_MAX = 512 };

/*
 * Adds what content says to map, which keeps what it has. include is called for each path or pattern of an
 * Include before the first Match. What is behind a Match holds for some only and is left out.
 */
void sshd_read(struct arena *a, struct yaml_node *map, const struct yaml_file *f,
	       struct text content, void (*include)(struct text pattern, void *arg), void *arg);
