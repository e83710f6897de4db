/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines as maps: "--name=value", "--name value", "--name" (which is "true"), with one dash or two;
 * what is there more than once is a list.
 */
#pragma once
#include "base/yaml_make.h"

enum { FLAGS_MAX = 4096 };

/* Short names that a program has: pairs of a letter and a name, ended by a letter of 0. */
struct flag_letter {
	char letter;
	const char *name;
};

/*
 * Adds one argument to a map; next is the one behind it, or a data of NULL. True: next was its value.
 * What is no flag is left out. letters may be NULL.
 */
bool flags_add(struct arena *a, struct yaml_node *map, const struct yaml_node *argument,
	       struct text next, const struct flag_letter *letters);

/* All of /proc/PID/cmdline, whose parts end with NUL; columns are the numbers of arguments. */
struct yaml_node *flags_of_cmdline(struct arena *a, const struct yaml_file *f, struct text cmdline,
				   const struct flag_letter *letters);
/* A list of a static pod, or two: command and args. */
void flags_of_list(struct arena *a, struct yaml_node *map, const struct yaml_node *list,
		   const struct flag_letter *letters);
