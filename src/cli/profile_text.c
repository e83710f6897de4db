/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile_text.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cli/print_json.h"

struct profile *profile_operand(const struct arguments *args, struct error *err)
{
	size_t n;
	char **files = arg_operands(args, &n);

	if (n < 1) {
		error_set(err, USAGE_ERROR, "name a profile (NAME.merlon.json)");
		return NULL;
	}
	return profile_load(files[0], err);
}

const char *shown(const char *text)
{
	static char rooms[4][1024];
	static unsigned next;
	char *room = rooms[next++ % 4];

	if (!text)
		return "-";
	str_printable(room, sizeof(rooms[0]), text, strlen(text));
	return room;
}

const char *shown_path(const char *path)
{
	return str_is_printable(path) ? path : shown(path);
}

int profile_output(const struct profile *p, const char *path, struct error *err)
{
	cleanup_json json_t *o = NULL;

	if (path)
		return profile_save(p, path, err);
	o = profile_to_json(p);
	if (!o)
		return error_errno(err, ENOMEM, "profile");
	print_json(o);
	return EXIT_OK;
}
