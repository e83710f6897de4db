/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both files that Docker keeps of a container, with a byte 0 between them: read, joined, asked every check, told. Then as
 * what only Docker says of a container whose bundle says nothing. Findings have a place in one of the files.
 */
#include <string.h>

#include "base/str.h"
#include "fuzz.h"
#include "inspect/engine.h"

static void tell(struct inspection *in)
{
	const struct report *r = inspection_finish(in);

	vec_foreach(f, &r->findings) {
		fuzz_check(f->object < r->objects.len && f->path && f->value);
		fuzz_check(str_is_printable(f->path) && str_is_printable(f->value));
		fuzz_check(str_eq(finding_file(r, f), "c") || str_eq(finding_file(r, f), "h") ||
			   str_eq(finding_file(r, f), "b"));
		fuzz_check(f->outcome == OUTCOME_PASS || (f->line && f->column));
	}
	vec_foreach(d, &r->problems.items)
		fuzz_check(str_is_printable(d->text));
	inspection_free(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct text bundle = TEXT("{\"ociVersion\": \"1.0.2\", \"process\": {}}");
	struct inspect_options o = { .all = true,
				     .keep_passed = true,
				     .version = KUBERNETES_MINOR_MAX };
	const char *config = (const char *)data, *end = size ? memchr(data, 0, size) : NULL;
	size_t len = end ? (size_t)(end - config) : size;
	struct docker_files files = { .config_name = "c",
				      .host_name = "h",
				      .config = text_from(config, len),
				      .host = end ? text_from(end + 1, size - len - 1) : TEXT("") };
	struct inspection *in;
	struct error err = ERROR_INIT;

	fuzz_check(inspection_new(&in, &o, &err) == 0);
	fuzz_check(inspection_add_docker(in, &files, &err) == 0);
	tell(in);
	fuzz_check(inspection_new(&in, &o, &err) == 0);
	fuzz_check(inspection_add_live(in, "b", bundle, NULL, &files, &err) == 0);
	tell(in);
	return 0;
}
