/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kustomizations below a directory. Those that no other one there builds upon are rendered, as who applies them
 * would; what they are made of (files that they name, and bases with theirs) is not read once more as it lies there.
 */
#pragma once
#include "base/table.h"
#include "cli/kustomization.h"
#include "inspect/engine.h"

struct kustomizations_item {
	char *directory; /* as people named it; NULL: it was found outside, as a base */
	char *real;
	struct kustomization k;
	bool used;    /* another one builds upon it */
	bool covered; /* what it is made of was rendered */
};

struct kustomizations {
	VEC(struct kustomizations_item) items;
	struct table by_real; /* to index + 1 */
	struct table covered; /* files, by their real paths */
};

/* For a walk (struct input_hook), which gives each directory before it reads any file. -ENOMEM. */
int kustomizations_note(struct kustomizations *all, const char *directory, struct error *err);
/* Renders those on top into in. Where that can't be done it is told, and the files will be read as they are. -ENOMEM. */
int kustomizations_render(struct kustomizations *all, struct inspection *in, struct error *err);
/* Whether a file's content was rendered with one of them. */
bool kustomizations_cover(const struct kustomizations *all, const char *path);
/* Empty again, for the next directory. */
void kustomizations_deinit(struct kustomizations *all);

#define cleanup_kustomizations cleanup(kustomizations_deinit)
