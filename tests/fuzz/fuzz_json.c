/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of documents: types, numbers, and places in messages. */
#include <errno.h>

#include "base/json.h"
#include "fuzz.h"

static void read_value(struct json_reader *r, const json_t *v, int depth)
{
	cleanup_free char *copy = NULL;
	const char *name, *s = NULL;
	uint64_t n = 4711, back = 0;
	json_t *item;
	cleanup_json json_t *again = json_u64_value(v, &n) ? json_u64(n) : json_u64(0);

	fuzz_check(json_u64_value(again, &back) && (back == n || n == 4711));
	json_object_foreach ((json_t *)v, name, item) {
		size_t mark = json_enter(r, name);

		json_get_string(r, v, name, true, 16, &s);
		json_get_copy(r, v, name, 16, &copy);
		if (depth < 100)
			read_value(r, item, depth + 1);
		json_leave(r, mark);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = ERROR_INIT;
	cleanup_json json_t *v = json_parse("f", (const char *)data, size, &err);
	struct json_reader r = { .file = "f", .err = &err };

	fuzz_check(v ? err.code == 0 : err.code == EINVAL && !strncmp(err.text, "f:", 2));
	if (v)
		read_value(&r, v, 0);
	fuzz_check(r.path_len == 0 && r.path[0] == '\0' && (err.code != 0) == (r.failed || !v));
	return 0;
}
