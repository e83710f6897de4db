/* SPDX-License-Identifier: Apache-2.0 */
/* What a kustomization says that it is made of, read without running anything. */
#pragma once
#include <stdbool.h>

#include "base/string_list.h"

struct kustomization {
	string_list files;	 /* real paths of what it names and is there, and its own */
	string_list directories; /* the same of what it builds upon */
	char *elsewhere;	 /* the first thing that would be fetched; NULL: nothing */
	bool component;		 /* for others to take in: nothing can be made of it alone */
	bool charts;		 /* helm would have to be run for it */
};

/* Whether there is one in a directory. */
bool kustomization_is_in(const char *directory);
/*
 * Reads the one of a directory, up to a size and a number of names; what can't be read names nothing (who renders it is
 * told why). False: out of memory, or there is none that kustomize would read.
 */
bool kustomization_read(const char *directory, struct kustomization *ret);
void kustomization_deinit(struct kustomization *k);

/*
 * Why it is not to be rendered, in words; NULL: it may be. Looks through all that it builds upon: an address would be
 * asked for (https, git, ssh: nothing is fetched for an inspection), a chart needs helm, or it takes in itself, or the same
 * things so often that there is no end to it. To be freed.
 */
char *kustomization_refuses(const char *directory);
