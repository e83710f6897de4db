/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks that somebody wrote, in both forms, and what they say of manifests. Up to a line "%%%" the input is a file of
 * checks, behind it manifests. What is wrong with checks has a place; what is found has one and drives no terminal.
 */
#include "base/str.h"
#include "fuzz.h"
#include "inspect/custom/custom.h"
#include "inspect/engine.h"

static const char rule[] = "%%%\n";

static void inspect(const struct custom_checks *all, struct text manifests)
{
	struct inspect_options o = { .all = true,
				     .custom = &all->group,
				     .version = KUBERNETES_MINOR_MAX };
	cleanup_inspection struct inspection *in = NULL;
	struct error err = ERROR_INIT;
	const struct report *r;

	fuzz_check(inspection_new(&in, &o, &err) == 0);
	if (inspection_add(in, "f", manifests, &err))
		return;
	r = inspection_finish(in);
	vec_foreach(f, &r->findings) {
		fuzz_check(str_is_printable(f->path) && str_is_printable(f->value));
		fuzz_check(f->outcome == OUTCOME_PASS || (f->line && f->column));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memmem(data, size, rule, sizeof(rule) - 1);
	size_t len = end ? (size_t)(end - data) : size;
	struct custom_checks all;
	struct buf content = BUF_INIT;
	struct diags d = { 0 };
	bool good;

	fuzz_check(custom_checks_init(&all));
	if (len)
		buf_add(&content, data, len);
	good = custom_checks_add(&all, "c", &content, &d);
	fuzz_check(good || d.errors || all.arena.failed);
	vec_foreach(i, &d.items)
		fuzz_check(str_is_printable(i->text) && i->place.file);
	/* With errors too: what could be read must not do harm. */
	if (end)
		inspect(&all, text_from((const char *)end + sizeof(rule) - 1,
					size - len - sizeof(rule) + 1));
	custom_checks_deinit(&all);
	diags_deinit(&d);
	return 0;
}
