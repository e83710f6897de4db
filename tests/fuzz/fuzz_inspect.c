/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests, all the way: read, viewed, asked every check, reported in every form. The first byte chooses
 * the version of Kubernetes and whether it is the checks or a standard. What is reported has a place and
 * no byte that drives a terminal. Then mended: what comes out is read again by who mended it, and once
 * more here: it has no more errors than before, and mending it again changes nothing.
 */
#include "base/difference.h"
#include "base/str.h"
#include "fuzz.h"
#include "inspect/engine.h"
#include "inspect/mend.h"
#include "inspect/report/format.h"

static void write_all(const struct report *r)
{
	struct report_style style = {
		.exempt = true, .today = "2026-01-01", .version = "0", .directory = "/d"
	};

	for (const struct report_format *f = report_formats; f->name; f++) {
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);

		fuzz_check(out);
		f->write(r, &style, out);
		fclose(out);
		fuzz_check(len > 0);
		if (str_eq(f->name, "json") || str_eq(f->name, "sarif")) {
			json_t *v = json_loadb(text, len, 0, NULL);

			fuzz_check(v);
			json_decref(v);
		}
		free(text);
	}
}

static void mend(struct text content, const struct inspect_options *o, bool aggressive)
{
	cleanup_mend struct mend m = { 0 }, again = { 0 };
	cleanup_buf struct buf difference = BUF_INIT;
	struct error err = ERROR_INIT;
	struct text text;

	if (mend_text(&m, "f", content, o, aggressive, &err))
		return;
	text = text_from(m.text.data ? m.text.data : "", m.text.len);
	vec_foreach(i, &m.items)
		fuzz_check(m.none || (i->operation != NULL) == (i->left == NULL));
	fuzz_check(mend_count(&m) || text_eq(text, content));
	difference_add(&difference, "f", content, text);
	fuzz_check(m.json || (difference.len > 0) == !text_eq(text, content));
	if (m.none || !mend_count(&m))
		return;
	fuzz_check(mend_text(&again, "f", text, o, aggressive, &err) == 0);
	fuzz_check(!again.none || m.json);
}

static bool may_edit(const char *file, struct text content)
{
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inspect_options o = { .all = true,
				     .keep_passed = true,
				     .fixes = true,
				     .may_edit = may_edit,
				     .today = "2026-01-01" };
	struct inspection *in;
	struct error err = ERROR_INIT;
	const struct report *r;

	if (!size)
		return 0;
	o.version = data[0] % (KUBERNETES_MINOR_MAX + 1);
	o.level = (enum pss_level)(data[0] / 64 % 3);
	fuzz_check(inspection_new(&in, &o, &err) == 0);
	if (inspection_add(in, "f", text_from((const char *)data + 1, size - 1), &err) == 0) {
		r = inspection_finish(in);
		vec_foreach(f, &r->findings) {
			fuzz_check(f->object < r->objects.len && f->path && f->value);
			fuzz_check(str_is_printable(f->path) && str_is_printable(f->value));
			fuzz_check(f->outcome == OUTCOME_PASS || (f->line && f->column));
			fuzz_check(!finding_edit(f) ||
				   (finding_fix(f) &&
				    finding_edit(f)->end_line >= finding_edit(f)->line));
		}
		write_all(r);
	}
	inspection_free(in);
	mend(text_from((const char *)data + 1, size - 1), &o, data[0] & 1);
	return 0;
}
