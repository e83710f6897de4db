/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may name files is the table of kustomize 5 (api/types: Kustomization); what kustomize takes for an address is what its
 * loaders do: http and https for any file, and for what may be a directory what git clone takes.
 */
#include "cli/kustomization.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/yaml_tree.h"

enum {
	TEXT_MAX = 1 << 20,
	NAMES_MAX = 4096,  /* of one */
	DEEP_MAX = 24,	   /* of those that build upon others */
	VISITS_MAX = 2048, /* of all, each as often as it is taken in */
	ARENA_MAX = 16 * TEXT_MAX,
};

static const char *const names[] = { "kustomization.yaml", "kustomization.yml", "Kustomization" };

static const struct {
	const char *key, *member; /* of each item; NULL: the item itself */
	bool directory;		  /* it may be one */
} places[] = {
	{ "resources", NULL, true },
	{ "bases", NULL, true },
	{ "components", NULL, true },
	{ "generators", NULL, true },
	{ "transformers", NULL, true },
	{ "validators", NULL, true },
	{ "crds", NULL, false },
	{ "configurations", NULL, false },
	{ "patches", "path", false },
	{ "patchesStrategicMerge", NULL, false },
	{ "patchesJson6902", "path", false },
	{ "replacements", "path", false },
	{ "configMapGenerator", "files", false },
	{ "configMapGenerator", "envs", false },
	{ "configMapGenerator", "env", false },
	{ "secretGenerator", "files", false },
	{ "secretGenerator", "envs", false },
	{ "secretGenerator", "env", false },
	{ "openapi", "path", false },
};

void kustomization_deinit(struct kustomization *k)
{
	string_list_deinit(&k->files);
	string_list_deinit(&k->directories);
	free(k->elsewhere);
	*k = (struct kustomization){ 0 };
}
#define cleanup_kustomization cleanup(kustomization_deinit)

bool kustomization_is_in(const char *directory)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *path = str_format("%s/%s", directory, names[i]);

		if (path && fs_exists(path) && !fs_is_dir(path))
			return true;
	}
	return false;
}

/* "name@host:path", as scp writes it. */
static bool names_user(struct text t)
{
	const char *at = memchr(t.data, '@', t.len);
	uint32_t n = at ? (uint32_t)(at - t.data) : 0;

	for (uint32_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)t.data[i]) && !strchr("-_.", t.data[i]))
			return false;
	return n && (memchr(at, ':', t.len - n) || memchr(at, '/', t.len - n));
}

static bool is_address(struct text t, bool directory)
{
	static const char *const hosts[] = { "github.com/", "github.com:", "gh:", "git::" };

	if (t.len > PATH_MAX || memchr(t.data, '\n', t.len))
		return false; /* a patch in place */
	if ((t.len > 7 && !strncasecmp(t.data, "http://", 7)) ||
	    (t.len > 8 && !strncasecmp(t.data, "https://", 8)))
		return true;
	for (size_t i = 0; directory && i < ARRAY_SIZE(hosts); i++)
		if (t.len > strlen(hosts[i]) && !strncasecmp(t.data, hosts[i], strlen(hosts[i])))
			return true;
	return directory && (memmem(t.data, t.len, "://", 3) || names_user(t));
}

static bool take_path(struct kustomization *k, const char *base, struct text t, bool directory)
{
	cleanup_free char *path = str_format("%s/%.*s", base, (int)t.len, t.data);
	cleanup_free char *real = path ? realpath(path, NULL) : NULL;

	if (!path)
		return false;
	if (!real)
		return true;
	if (!fs_is_dir(real))
		return string_list_add(&k->files, real);
	return !directory || string_list_add(&k->directories, real);
}

static bool take(struct kustomization *k, const char *base, const struct yaml_node *n,
		 bool directory)
{
	struct text t;
	const char *key;

	if (n->kind != YAML_SCALAR || !n->text.len ||
	    k->files.len + k->directories.len >= NAMES_MAX)
		return true;
	t = n->text;
	if (is_address(t, directory)) {
		if (!k->elsewhere)
			k->elsewhere = str_dup_n(t.data, t.len);
		return k->elsewhere;
	}
	if (t.len >= PATH_MAX || memchr(t.data, '\n', t.len))
		return true;
	/* "key=file" of a generator; a name may have such a character too. */
	key = directory ? NULL : memchr(t.data, '=', t.len);
	if (key &&
	    !take_path(k, base, text_from(key + 1, t.len - (uint32_t)(key + 1 - t.data)), false))
		return false;
	return take_path(k, base, t, directory);
}

static bool take_all(struct kustomization *k, const char *base, const struct yaml_node *n,
		     bool directory)
{
	if (n->kind != YAML_LIST)
		return take(k, base, n, directory);
	for (uint32_t i = 0; i < n->count; i++)
		if (!take(k, base, n->items[i], directory))
			return false;
	return true;
}

static bool take_place(struct kustomization *k, const char *base, const struct yaml_node *n,
		       size_t place)
{
	const char *member = places[place].member;

	if (!member)
		return take_all(k, base, n, places[place].directory);
	if (n->kind == YAML_MAP) {
		const struct yaml_node *value = yaml_get(n, member);

		return !value || take_all(k, base, value, false);
	}
	for (uint32_t i = 0; n->kind == YAML_LIST && i < n->count; i++) {
		const struct yaml_node *value = yaml_get(n->items[i], member);

		if (value && !take_all(k, base, value, false))
			return false;
	}
	return true;
}

static bool starts_with(const struct yaml_node *n, struct text with)
{
	return n && n->kind == YAML_SCALAR && text_starts(n->text, with);
}

/* Other things are called so too: an object of Flux has another group. */
static bool is_kustomizes(const struct yaml_node *root)
{
	const struct yaml_node *group = root->kind == YAML_MAP ? yaml_get(root, "apiVersion") :
								 NULL;

	return root->kind == YAML_MAP &&
	       (!group || starts_with(group, TEXT("kustomize.config.k8s.io/")));
}

static bool read_root(struct kustomization *k, const char *directory, const struct yaml_node *root)
{
	const struct yaml_node *charts = yaml_get(root, "helmCharts");

	k->component = starts_with(yaml_get(root, "kind"), TEXT("Component"));
	k->charts = (charts && charts->count) || yaml_get(root, "helmChartInflationGenerator");
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const struct yaml_node *n = yaml_get(root, places[i].key);

		if (n && !take_place(k, directory, n, i))
			return false;
	}
	return true;
}

bool kustomization_read(const char *directory, struct kustomization *ret)
{
	bool good = false;

	*ret = (struct kustomization){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *path = str_format("%s/%s", directory, names[i]);
		cleanup_buf struct buf text = { .limit = TEXT_MAX };
		struct arena arena = ARENA_INIT(ARENA_MAX);
		cleanup_diags struct diags d = { 0 };
		struct yaml_file *f = NULL;
		bool there = path && fs_exists(path) && !fs_is_dir(path);

		if (there && !fs_read(path, TEXT_MAX, &text, NULL) && text.len) {
			bool read = yaml_read(&arena, path, text_from(text.data, text.len), &d, &f);

			good = !read || !f->document_count ||
			       (is_kustomizes(f->documents[0]) &&
				read_root(ret, directory, f->documents[0]));
		} else {
			good = there;
		}
		arena_deinit(&arena);
		good = good && take_path(ret, directory, text_of(names[i]), false);
		if (there)
			break;
	}
	if (!good)
		kustomization_deinit(ret);
	return good;
}

/* --- whether it is to be rendered ---------------------------------------------------------------- */

static char *refuses(const char *directory, unsigned depth, unsigned *visits)
{
	cleanup_kustomization struct kustomization k = { 0 };
	char *why = NULL;

	if (depth > DEEP_MAX || ++*visits > VISITS_MAX)
		return strdup("it takes in itself, or too much");
	if (!kustomization_read(directory, &k))
		return NULL;
	if (k.elsewhere) {
		char shown[300];

		str_printable(shown, sizeof(shown), k.elsewhere, strlen(k.elsewhere));
		return str_format("it builds upon %s, and nothing is fetched for an inspection",
				  shown);
	}
	if (k.charts)
		return strdup("it takes in a chart, for which kubectl would have to run helm");
	vec_foreach(d, &k.directories)
		if (!why)
			why = refuses(*d, depth + 1, visits);
	return why;
}

char *kustomization_refuses(const char *directory)
{
	unsigned visits = 0;

	return refuses(directory, 0, &visits);
}
