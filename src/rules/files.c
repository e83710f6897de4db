/* SPDX-License-Identifier: Apache-2.0 */
/* Rule files from the file system: single ones, and directories of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "base/string_list.h"
#include "rules/model.h"

static int add_file(struct ruleset *rs, const char *path, struct error *err)
{
	cleanup_buf struct buf content = BUF_INIT;
	int r = fs_read(path, YAML_TREE_BYTES_MAX, &content, err);

	if (!r)
		ruleset_add(rs, path, text_from(content.data ? content.data : "", content.len));
	return r;
}

static int add_name(const char *name, bool is_dir, void *arg)
{
	if (is_dir || name[0] == '.' || !(str_ends(name, ".yaml") || str_ends(name, ".yml")))
		return 0;
	return string_list_add(arg, name) ? 0 : -ENOMEM;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_dir(struct ruleset *rs, const char *path, struct error *err)
{
	cleanup_string_list string_list names = { 0 };
	int r = fs_list(path, add_name, &names);

	if (r)
		return error_errno(err, -r, "%s", path);
	if (!names.len)
		return error_set(err, ENOENT, "%s: there are no rule files (*.yaml) in it", path);
	qsort(names.items, names.len, sizeof(*names.items), compare_names);
	vec_foreach(name, &names) {
		cleanup_free char *file = str_format("%s%s%s", path, str_ends(path, "/") ? "" : "/", *name);

		if (!r)
			r = file ? add_file(rs, file, err) : error_errno(err, ENOMEM, "%s", path);
	}
	return r;
}

int ruleset_add_path(struct ruleset *rs, const char *path, struct error *err)
{
	return fs_is_dir(path) ? add_dir(rs, path, err) : add_file(rs, path, err);
}

struct text ruleset_content(const struct ruleset *rs, const char *name)
{
	vec_foreach(c, &rs->contents)
		if (c->name && name && str_eq(c->name, name))
			return c->content;
	return TEXT_NONE;
}
