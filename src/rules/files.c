/* SPDX-License-Identifier: Apache-2.0 */
/* Rule files from the file system: single ones, and directories of them. */
#include "base/str.h"
#include "base/yaml_files.h"
#include "rules/model.h"

static int add(const char *path, struct text content, void *arg, struct error *err)
{
	(void)err;
	ruleset_add(arg, path, content);
	return 0;
}

int ruleset_add_path(struct ruleset *rs, const char *path, struct error *err)
{
	return yaml_files_each(path, add, rs, err);
}

struct text ruleset_content(const struct ruleset *rs, const char *name)
{
	vec_foreach(c, &rs->contents)
		if (c->name && name && str_eq(c->name, name))
			return c->content;
	return TEXT_NONE;
}
