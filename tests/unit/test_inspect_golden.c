/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report in every form, compared byte for byte with what is kept beside its manifests.
 * MERLON_GOLDEN_UPDATE=1 writes the files anew instead: read the difference before it is committed.
 */
#include "base/fs.h"
#include "base/str.h"
#include "inspect/engine.h"
#include "inspect/report/format.h"
#include "unit.h"

static const char *golden_dir;

static struct inspection *inspect(void)
{
	static const struct inspect_options options = { .version = 37,
							.fixes = true,
							.today = "2026-01-01" };
	struct inspection *in = NULL;
	struct error err = ERROR_INIT;
	size_t len;
	char *content = unit_file_read(unit_path(golden_dir, "shop.yaml"), &len);

	assert_int_equal(inspection_new(&in, &options, &err), 0);
	assert_int_equal(inspection_add(in, "shop.yaml", text_from(content, len), &err), 0);
	free(content);
	return in;
}

static void forms(void **state)
{
	static const struct report_style style = { .exempt = true,
						   .today = "2026-01-01",
						   .version = "0.0.0" };
	cleanup_inspection struct inspection *in = inspect();
	const struct report *r = inspection_finish(in);

	for (const struct report_format *f = report_formats; f->name; f++) {
		cleanup_free char *text = NULL, *want = NULL;
		char name[64];
		size_t len = 0, want_len;
		FILE *out = open_memstream(&text, &len);

		assert_non_null(out);
		f->write(r, &style, out);
		fclose(out);
		snprintf(name, sizeof(name), "shop.%s", f->name);
		if (getenv("MERLON_GOLDEN_UPDATE"))
			unit_file_write(unit_path(golden_dir, name), text, len);
		want = unit_file_read(unit_path(golden_dir, name), &want_len);
		check_text(f->name, text, want);
	}
}

/* A terminal gets colours, and the same words. */
static void colours(void **state)
{
	static const struct report_style style = { .colour = true, .version = "0.0.0" };
	cleanup_inspection struct inspection *in = inspect();
	cleanup_free char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	report_text(inspection_finish(in), &style, out);
	fclose(out);
	assert_non_null(strstr(text, "\033[1;31mcritical\033[0m"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(forms), cmocka_unit_test(colours) };

	golden_dir = argv[1];
	return unit_run(tests);
}
