/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "base/string_list.h"
#include "base/vec.h"
#include "base/yaml_tree.h"

static int take_file(const char *path, yaml_file_fn fn, void *arg, struct error *err)
{
	cleanup_buf struct buf content = BUF_INIT;
	int r = fs_read(path, YAML_TREE_BYTES_MAX, &content, err);

	return r ? r : fn(path, text_from(content.data ? content.data : "", content.len), arg, err);
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

static int take_directory(const char *path, yaml_file_fn fn, void *arg, struct error *err)
{
	cleanup_string_list string_list names = { 0 };
	int r = fs_list(path, add_name, &names);

	if (r)
		return error_errno(err, -r, "%s", path);
	if (!names.len)
		return error_set(err, ENOENT, "%s: no file in it ends in .yaml or .yml", path);
	qsort(names.items, names.len, sizeof(*names.items), compare_names);
	vec_foreach(name, &names) {
		cleanup_free char *file = str_format("%s%s%s", path, str_ends(path, "/") ? "" : "/",
						     *name);

		if (!r)
			r = file ? take_file(file, fn, arg, err) :
				   error_errno(err, ENOMEM, "%s", path);
	}
	return r;
}

int yaml_files_each(const char *path, yaml_file_fn fn, void *arg, struct error *err)
{
	return fs_is_dir(path) ? take_directory(path, fn, arg, err) : take_file(path, fn, arg, err);
}
