/* SPDX-License-Identifier: Apache-2.0 */
/* Rule files from the file system: single ones, and directories of them. */
#include <errno.h>
#include <fcntl.h>

#include "base/fs.h"
#include "base/str.h"
#include "rules/model.h"

static int add_file(struct ruleset *rs, const char *path, struct error *err)
{
	cleanup_buf struct buf content = BUF_INIT;
	int r = fs_read(path, YAML_TREE_BYTES_MAX, &content, err);

	if (!r)
		ruleset_add(rs, path, text_from(content.data ? content.data : "", content.len));
	return r;
}

static int is_rule_file(const struct dirent *e)
{
	return e->d_name[0] != '.' && (str_ends(e->d_name, ".yaml") || str_ends(e->d_name, ".yml"));
}

static int add_dir(struct ruleset *rs, const char *path, struct error *err)
{
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, is_rule_file, alphasort), r = 0;

	if (n < 0)
		return error_errno(err, errno, "%s", path);
	if (!n)
		r = error_set(err, ENOENT, "%s: there are no rule files (*.yaml) in it", path);
	for (int i = 0; i < n; i++) {
		cleanup_free char *file = str_format("%s%s%s", path, str_ends(path, "/") ? "" : "/",
						     entries[i]->d_name);

		if (!r)
			r = file ? add_file(rs, file, err) : error_errno(err, ENOMEM, "%s", path);
		free(entries[i]);
	}
	free(entries);
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
