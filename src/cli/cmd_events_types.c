/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "event/type.h"

static const struct option_def options[] = {
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

static json_t *type_json(const struct event_type *t)
{
	json_t *o = json_object(), *params = json_array();

	for (uint32_t i = 0; i < t->param_count; i++)
		json_array_append_new(params, utf8_json(t->params[i].name));
	json_object_set_new(o, "event", utf8_json(t->name));
	json_object_set_new(o, "source", utf8_json(event_sources[t->source].name));
	json_object_set_new(o, "category", utf8_json(event_category_names[t->category]));
	json_object_set_new(o, "hook", utf8_json(event_hooks[t->hook].name));
	json_object_set_new(o, "parameters", params);
	return o;
}

static int run(const struct arguments *args, struct error *err)
{
	cleanup_json json_t *list = json_array();
	bool json = arg_flag(args, "json");

	for (uint32_t i = 0; i < event_type_count; i++) {
		const struct event_type *t = &event_types[i];

		if (json) {
			json_array_append_new(list, type_json(t));
			continue;
		}
		printf("%-20s %-10s %-14s", t->name.data, event_category_names[t->category].data,
		       event_hooks[t->hook].name.data);
		for (uint32_t k = 0; k < t->param_count; k++)
			printf(" %s", t->params[k].name.data);
		putchar('\n');
	}
	if (json)
		print_json(list);
	return EXIT_OK;
}

const struct command cmd_events_types = {
	.name = "types",
	.summary = "list event types with their category, hook and parameters",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};
