/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output_options.h"

#include <errno.h>

#include "base/str.h"
#include "cli/alert_options.h"

static void tell(void *context, const char *text)
{
	fprintf(stderr, "%s\n", alert_shown(text));
}

static int read_store(const struct arguments *args, struct store_config *c, struct error *err)
{
	const char *path = arg_value(args, "store"), *keep = arg_value(args, "keep"),
		   *size = arg_value(args, "store-size");
	uint64_t ns = STORE_KEEP_NS, mib = STORE_MAX_BYTES >> 20;

	if (keep && (!str_to_duration(keep, &ns) || !ns || ns > INT64_MAX / 4))
		return error_set(err, EINVAL, "--keep takes a duration as 30d, not \"%s\"", keep);
	if (size && (!str_to_u64(size, &mib) || !mib || mib > 1 << 20))
		return error_set(err, EINVAL, "--store-size takes a number of MiB, not \"%s\"",
				 size);
	c->path = !path ? STORE_PATH : str_eq(path, "none") ? NULL : path;
	c->keep_ns = (int64_t)ns;
	c->max_bytes = mib << 20;
	return 0;
}

int output_options_read(const struct arguments *args, const char *usual, struct output_options *o,
			struct outputs_config *config, struct error *err)
{
	const struct command *command = arguments_command(args);
	size_t count = 0;

	*o = (struct output_options){ 0 };
	config->tell = tell;
	while (arg_value_at(args, "output", count)) {
		if (count == OUTPUTS_MAX)
			return error_set(err, USAGE_ERROR, "more than %d outputs", OUTPUTS_MAX);
		o->sinks[count] = arg_value_at(args, "output", count);
		count++;
	}
	if (!count)
		o->sinks[0] = usual;
	config->sinks = o->sinks;
	config->metrics = arg_value(args, "metrics");
	for (size_t i = 0; i < command->option_count; i++)
		if (str_eq(command->options[i].name, "keep"))
			return read_store(args, &config->store, err);
	return 0;
}

void output_counters_print(const struct outputs *o, FILE *out)
{
	outputs_counter_list list = { 0 };
	const char *last = "";

	outputs_counters(o, &list);
	vec_foreach(c, &list) {
		if (!c->value)
			continue;
		if (!str_eq(c->of, last))
			fprintf(out, "%s%s:", *last ? "\n" : "", alert_shown(c->of));
		last = c->of;
		fprintf(out, " %s %s", str_grouped(c->value), c->name);
	}
	fputs(*last ? "\n" : "", out);
	vec_deinit(&list);
}
