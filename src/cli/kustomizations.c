/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/kustomizations.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "cli/inspect_rendered.h"

enum { KUSTOMIZATIONS_MAX = 4096 };

void kustomizations_deinit(struct kustomizations *all)
{
	vec_foreach(i, &all->items) {
		free(i->directory);
		free(i->real);
		kustomization_deinit(&i->k);
	}
	vec_deinit(&all->items);
	table_deinit(&all->by_real);
	table_deinit(&all->covered);
}

static struct kustomizations_item *find(const struct kustomizations *all, const char *real)
{
	uintptr_t at = (uintptr_t)table_get(&all->by_real, text_of(real));

	return at ? &all->items.items[at - 1] : NULL;
}

/* directory NULL: it is outside. False: out of memory; there may be none there. */
static bool add(struct kustomizations *all, const char *real, const char *directory)
{
	struct kustomizations_item *slot, *there = find(all, real);
	struct kustomization k;

	if (there && directory && !there->directory) {
		there->directory = strdup(directory);
		return there->directory;
	}
	if (there || all->items.len >= KUSTOMIZATIONS_MAX || !kustomization_read(real, &k))
		return true;
	slot = vec_add(&all->items);
	if (!slot) {
		kustomization_deinit(&k);
		return false;
	}
	slot->k = k;
	slot->real = strdup(real);
	slot->directory = directory ? strdup(directory) : NULL;
	return slot->real && (slot->directory || !directory) &&
	       table_set(&all->by_real, text_of(slot->real), (void *)(uintptr_t)all->items.len);
}

int kustomizations_note(struct kustomizations *all, const char *directory, struct error *err)
{
	cleanup_free char *real = kustomization_is_in(directory) ? realpath(directory, NULL) : NULL;

	if (!real || add(all, real, directory))
		return 0;
	return error_errno(err, ENOMEM, "%s", directory);
}

/* Bases are noted too, wherever they are. The list grows meanwhile. */
static bool follow(struct kustomizations *all)
{
	for (size_t i = 0; i < all->items.len; i++) {
		for (size_t d = 0; d < all->items.items[i].k.directories.len; d++) {
			const char *base = all->items.items[i].k.directories.items[d];
			struct kustomizations_item *used;

			if (!add(all, base, NULL))
				return false;
			used = find(all, base);
			if (used && used != &all->items.items[i])
				used->used = true;
		}
	}
	return true;
}

static bool cover(struct kustomizations *all, struct kustomizations_item *i)
{
	if (i->covered)
		return true;
	i->covered = true;
	vec_foreach(f, &i->k.files)
		if (!table_set(&all->covered, text_of(*f), *f))
			return false;
	vec_foreach(d, &i->k.directories) {
		struct kustomizations_item *base = find(all, *d);

		if (base && !cover(all, base))
			return false;
	}
	return true;
}

/* 1: it was. What can't be rendered for want of something is no fault of the input. */
static int render(struct inspection *in, const char *directory, struct error *err)
{
	cleanup_free char *why = kustomization_refuses(directory), *said = NULL;
	struct error failed = ERROR_INIT;
	int r = why ? -EOPNOTSUPP : inspect_rendered_add(in, directory, &failed);

	if (!r)
		return 1;
	if (r == -ENOMEM) {
		*err = failed;
		return r;
	}
	said = str_format(
		"this kustomization is not rendered, and its files are read as they are: %s",
		why	     ? why :
		r == -ENOENT ? "kubectl is not installed" :
		r == -EPERM  ? "kubectl can't be kept from the network here" :
			       failed.text);
	if (!said)
		return error_errno(err, ENOMEM, "%s", directory);
	if (why || r == -ENOENT || r == -EPERM)
		inspection_note(in, directory, said);
	else
		inspection_problem(in, directory, said);
	return 0;
}

int kustomizations_render(struct kustomizations *all, struct inspection *in, struct error *err)
{
	if (!follow(all))
		return error_errno(err, ENOMEM, "kustomizations");
	if (all->items.len >= KUSTOMIZATIONS_MAX)
		inspection_note(
			in, all->items.items[0].directory,
			"there are more kustomizations than are rendered; the files of others are read as they are");
	vec_foreach(i, &all->items) {
		int r;

		if (!i->directory || i->used || i->k.component)
			continue;
		r = render(in, i->directory, err);
		if (r < 0)
			return r;
		if (r && !cover(all, i))
			return error_errno(err, ENOMEM, "%s", i->directory);
	}
	return 0;
}

bool kustomizations_cover(const struct kustomizations *all, const char *path)
{
	cleanup_free char *real = all->covered.used ? realpath(path, NULL) : NULL;

	return real && table_get(&all->covered, text_of(real));
}
