/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile_list.h"

#include <errno.h>

#include "profile/json.h"

int profile_list_load(struct profile_list *l, const struct arguments *args, size_t least,
		      struct error *err)
{
	size_t n;
	char **files = arg_operands(args, &n);

	if (n < least)
		return error_set(err, EINVAL, "name %zu profiles or more", least);
	for (size_t i = 0; i < n; i++) {
		struct profile **slot = vec_add(&l->items);

		if (!slot)
			return error_errno(err, ENOMEM, "profiles");
		*slot = profile_load(files[i], err);
		if (!*slot) {
			l->items.len--;
			return -err->code;
		}
	}
	return 0;
}

void profile_list_deinit(struct profile_list *l)
{
	vec_foreach(p, &l->items)
		profile_free(*p);
	vec_deinit(&l->items);
}
