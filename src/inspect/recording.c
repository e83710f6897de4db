/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/recording.h"

#include <dirent.h>
#include <errno.h>

#include "base/fs.h"
#include "base/str.h"
#include "inspect/object.h"
#include "profile/backend/head.h"
#include "profile/json.h"
#include "profile/needs.h"

enum { RECORDINGS_MAX = 4096 };

static void recording_deinit(struct recording *r)
{
	profile_free(r->profile);
	free(r->file);
	free(r->name);
	free(r->seccomp_file);
	policy_deinit(&r->policy);
	string_list_deinit(&r->written);
}

void recordings_deinit(struct recordings *all)
{
	vec_foreach(r, &all->items)
		recording_deinit(r);
	vec_deinit(&all->items);
}

/* --- reading ------------------------------------------------------------------------------------- */

static const char *doubt(const struct profile *p)
{
	for (size_t i = 0; i < ABI_LOSSES; i++)
		if (p->recording.losses[i])
			return "it lost something";
	return p->recording.start_seen ? NULL : "its start was not seen";
}

static int fill(struct recording *r, struct error *err)
{
	cleanup_access_list struct access_list files = { 0 };
	struct policy_options o = { 0 };
	struct backend_options names = { 0 };
	int code = policy_build(&r->policy, r->profile, &o, err);

	if (!code)
		code = access_list_build(&files, r->profile, &o, false, err);
	if (!code)
		code = needs_written(&r->written, &files);
	r->capabilities = policy_capabilities(r->profile, &o);
	r->doubt = doubt(r->profile);
	r->name = backend_name(r->profile, &names);
	r->seccomp_file = r->name ? str_format("merlon/%s.json", r->name) : NULL;
	return code ? code : r->seccomp_file ? 0 : error_errno(err, ENOMEM, "%s", r->file);
}

static int read_file(struct recordings *all, const char *path, struct error *err)
{
	struct recording r = { .file = strdup(path) }, *slot;
	int code;

	r.profile = r.file ? profile_load(path, err) : NULL;
	if (!r.profile) {
		free(r.file);
		return err->code ? -err->code : error_errno(err, ENOMEM, "%s", path);
	}
	code = fill(&r, err);
	slot = !code && all->items.len < RECORDINGS_MAX ? vec_add(&all->items) : NULL;
	if (!slot) {
		recording_deinit(&r);
		return code ? code : error_set(err, EFBIG, "%s: there are too many", path);
	}
	*slot = r;
	return 0;
}

static int is_json(const struct dirent *e)
{
	return e->d_name[0] != '.' && str_ends(e->d_name, ".json");
}

/* What else is in JSON there (filters that were exported) is no profile. */
static bool is_profile(const char *path)
{
	cleanup_buf struct buf content = { .limit = PROFILE_FILE_MAX };

	return !fs_read(path, PROFILE_FILE_MAX, &content, NULL) && content.len &&
	       memmem(content.data, content.len < 4096 ? content.len : 4096, "\"merlon-profile\"",
		      16);
}

int recordings_read(struct recordings *all, const char *path, struct error *err)
{
	struct dirent **entries = NULL;
	int n, r = 0;

	if (!fs_is_dir(path))
		return read_file(all, path, err);
	n = scandir(path, &entries, is_json, alphasort);
	if (n < 0)
		return error_errno(err, errno, "%s", path);
	for (int i = 0; i < n; i++) {
		cleanup_free char *full = str_format("%s/%s", path, entries[i]->d_name);

		if (!r && full && is_profile(full))
			r = read_file(all, full, err);
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* --- whose it is --------------------------------------------------------------------------------- */

static bool is_repository(struct image_name a, struct image_name b)
{
	static const struct text hub = TEXT("docker.io"), library = TEXT("library/");

	if (text_eq(a.registry, hub))
		a.registry = TEXT_NONE;
	if (text_eq(b.registry, hub))
		b.registry = TEXT_NONE;
	if (!a.registry.len && text_starts(a.repository, library))
		a.repository = text_from(a.repository.data + library.len,
					 a.repository.len - library.len);
	if (!b.registry.len && text_starts(b.repository, library))
		b.repository = text_from(b.repository.data + library.len,
					 b.repository.len - library.len);
	return text_eq(a.registry, b.registry) && text_eq(a.repository, b.repository);
}

static bool is_called(const char *name, struct text t)
{
	return name && t.len && text_eq_str(t, name);
}

/* "web" of a pod "web-5d8f-x2x" in the same namespace, or in none that is written down. */
static bool is_pod_of(const struct profile *p, const struct object *o)
{
	struct text pod = text_of(p->subject.pod_name);

	return pod.len && o->name.len && text_starts(pod, o->name) &&
	       (pod.len == o->name.len || pod.data[o->name.len] == '-') &&
	       (!o->name_space.len || is_called(p->subject.pod_namespace, o->name_space));
}

/* 0: it is another's. */
static unsigned likeness(const struct recording *r, const struct object *o,
			 const struct workload *w, const struct container *c)
{
	const struct profile *p = r->profile;
	struct image_name image = image_parse(text_of(p->subject.image));
	bool own_name = is_called(p->subject.name, c->name) || is_called(p->name, c->name) ||
			(w->container_count == 1 && is_called(p->name, o->name));
	unsigned points = own_name ? 1 : 0;

	if (image.repository.len && c->image_name.repository.len) {
		if (!is_repository(image, c->image_name))
			return 0;
		points += 4 + 2 * text_eq(image.tag, c->image_name.tag);
		if (c->image_name.digest.len)
			points += 4 * is_called(p->subject.image_digest, c->image_name.digest);
		return points + is_pod_of(p, o);
	}
	/* Without an image by name alone: of bundles, of commands, of containers that were built here. */
	return own_name && (!p->subject.pod_name || is_pod_of(p, o)) ? points : 0;
}

const struct recording *recordings_find(const struct recordings *all, const struct object *o,
					const struct workload *w, const struct container *c)
{
	const struct recording *best = NULL;
	unsigned most = 0;

	vec_foreach(r, &all->items) {
		unsigned points = likeness(r, o, w, c);

		if (points <= most)
			continue;
		most = points;
		best = r;
	}
	return best;
}
