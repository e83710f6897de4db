/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/custom_load.h"

#include <errno.h>

int custom_load_paths(struct custom_checks *all, char *const *paths, size_t count,
		      struct error *err)
{
	cleanup_diags struct diags d = { 0 };
	int r = custom_checks_init(all) ? 0 : error_errno(err, ENOMEM, "checks");

	for (size_t i = 0; i < count && !r; i++)
		r = custom_checks_read(all, paths[i], &d, err);
	diags_print(&d, true, stderr);
	return r;
}

int custom_load(struct custom_checks *all, const struct arguments *args, struct error *err)
{
	VEC(char *) paths = { 0 };
	const char *path;
	int r;

	for (size_t n = 0; (path = arg_value_at(args, "checks", n)); n++) {
		char **slot = vec_add(&paths);

		if (slot)
			*slot = (char *)path;
	}
	r = custom_load_paths(all, paths.items, paths.len, err);
	vec_deinit(&paths);
	return r;
}
