/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/diff_text.h"

#include <stdio.h>

#include "base/json.h"
#include "cli/profile_text.h"

json_t *diff_to_json(const struct diff *d)
{
	json_t *list = json_array();

	vec_foreach(e, &d->entries) {
		const char sign[2] = { e->sign, '\0' };
		json_t *o = json_object();

		json_object_set_new(o, "kind", json_string(diff_kind_names[e->kind]));
		json_object_set_new(o, "sign", json_string(sign));
		json_object_set_new(o, "layer", json_string(profile_layer_names[e->layer]));
		json_object_set_new(o, "what", json_string(e->what));
		json_set_string(o, "how", e->how);
		json_array_append_new(list, o);
	}
	return list;
}

void diff_print(const struct diff *d, const char *indent)
{
	vec_foreach(e, &d->entries) {
		printf("%s%c %-10s %s", indent, e->sign, diff_kind_names[e->kind],
		       shown_path(e->what));
		if (e->how && *e->how)
			printf(": %s", e->how);
		if (e->layer != PROFILE_APP)
			printf("  [%s]", profile_layer_names[e->layer]);
		putchar('\n');
	}
}
