/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/inspect_source.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/yaml_tree.h"

enum { ANCESTORS_MAX = 8, KUSTOMIZATION_MAX = 1 << 20 };

static const char is_template[] =
	"it is a template: what is rendered of it is inspected without --fix, and mended by "
	"hand";
static const char is_patch[] =
	"it is a patch of a kustomization, and what it is laid over may say more";
static const char is_read_only[] = "it is read-only";
static const char is_elsewhere[] = "it is a link that leads elsewhere: name the file itself";

/* --- kustomizations ------------------------------------------------------------------------------ */

static bool is_same(const char *directory, struct text name, const char *real)
{
	cleanup_free char *path = str_format("%s/%.*s", directory, (int)name.len,
					     name.data ? name.data : "");
	cleanup_free char *other = path && name.len < PATH_MAX ? realpath(path, NULL) : NULL;

	return other && str_eq(other, real);
}

/* "patches: [{path: x.yaml}]", or as names where it was written so once. */
static bool names_patch(const struct yaml_node *root, const char *directory, const char *real)
{
	static const char *const lists[] = { "patches", "patchesStrategicMerge",
					     "patchesJson6902" };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct yaml_node *list = yaml_get(root, lists[i]);

		for (uint32_t k = 0; list && list->kind == YAML_LIST && k < list->count; k++) {
			const struct yaml_node *item = list->items[k];

			if (item->kind == YAML_MAP)
				item = yaml_get(item, "path");
			if (item && item->kind == YAML_SCALAR &&
			    is_same(directory, item->text, real))
				return true;
		}
	}
	return false;
}

static bool is_patch_of(const char *directory, const char *name, const char *real)
{
	cleanup_free char *path = str_format("%s/%s", directory, name);
	cleanup_buf struct buf text = { .limit = KUSTOMIZATION_MAX };
	struct arena arena = ARENA_INIT(16 * KUSTOMIZATION_MAX);
	cleanup_diags struct diags d = { 0 };
	struct yaml_file *f = NULL;
	bool found = false;

	if (path && fs_exists(path) && !fs_read(path, KUSTOMIZATION_MAX, &text, NULL) && text.len &&
	    yaml_read(&arena, path, text_from(text.data, text.len), &d, &f) && f->document_count)
		found = names_patch(f->documents[0], directory, real);
	arena_deinit(&arena);
	return found;
}

/* --- files --------------------------------------------------------------------------------------- */

static bool is_written_elsewhere(const char *path, const char *real)
{
	cleanup_free char *copy = strdup(path);
	char *slash = copy ? strrchr(copy, '/') : NULL;
	cleanup_free char *parent = NULL;
	size_t len;

	if (slash)
		slash[slash == copy] = '\0';
	parent = realpath(slash ? copy : ".", NULL);
	if (!parent)
		return true;
	len = str_eq(parent, "/") ? 0 : strlen(parent);
	return strncmp(real, parent, len) || real[len] != '/' || strchr(real + len + 1, '/');
}

static bool may_be_written(const char *real)
{
	struct stat st;

	return !stat(real, &st) && st.st_mode & 0222 && !access(real, W_OK);
}

const char *inspect_source_refuses(const char *path, struct text content, bool write)
{
	static const char *const kustomizations[] = { "kustomization.yaml", "kustomization.yml",
						      "Kustomization" };
	cleanup_free char *real = realpath(path, NULL), *at = real ? strdup(real) : NULL;
	bool marks = content.len && memmem(content.data, content.len, "{{", 2);

	if (!at)
		return NULL; /* standard input */
	if (write && is_written_elsewhere(path, real))
		return is_elsewhere;
	if (write && !may_be_written(real))
		return is_read_only;
	for (int up = 0; up < ANCESTORS_MAX; up++) {
		char *slash = strrchr(at, '/');
		cleanup_free char *chart = NULL;

		if (!slash || slash == at)
			return NULL;
		*slash = '\0';
		chart = str_format("%s/Chart.yaml", at);
		if (marks && chart && fs_exists(chart) &&
		    str_starts(real + strlen(at), "/templates/"))
			return is_template;
		for (size_t i = 0; i < ARRAY_SIZE(kustomizations); i++)
			if (is_patch_of(at, kustomizations[i], real))
				return is_patch;
	}
	return NULL;
}
