/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What exempts from checks, as others may have written it: a configuration, and a baseline. What is refused has a place;
 * what was exempt until yesterday is not today; and the line that a baseline gets of a finding is found in it again,
 * whatever the finding is called.
 */
#include "base/str.h"
#include "fuzz.h"
#include "inspect/exemption.h"

static void configuration(struct text content)
{
	struct exemptions e = { 0 };
	struct diags d = { 0 };
	bool good = exemptions_read(&e, "f", content, &d);

	fuzz_check(good == !d.errors);
	vec_foreach(i, &d.items)
		fuzz_check(i->place.file && i->text);
	for (size_t k = 0; good && k < e.items.len; k++) {
		const struct exemption *i = &e.items.items[k];

		fuzz_check(i->check && i->reason && i->place.line);
	}
	check_foreach (c) {
		struct subject s = { c, "Deployment", "shop", "web", "c", "9999-12-31" };
		const struct exemption *found = good ? exemptions_find(&e, &s) : NULL;

		fuzz_check(!found || !found->until || strcmp(found->until, s.today) >= 0);
		break; /* one stands for all: the check is compared by name */
	}
	exemptions_deinit(&e);
	diags_deinit(&d);
}

/* Names as findings have them: printable. */
static void baseline(struct text content, const char *name)
{
	struct baseline b = { 0 }, own = { 0 };
	struct buf line = BUF_INIT;
	struct subject s = { (*check_groups)->checks, "Pod", "", name, name, NULL };

	if (baseline_read(&b, content))
		baseline_has(&b, &s, name);
	baseline_deinit(&b);
	baseline_add_line(&line, &s, name);
	fuzz_check(line.failed || (line.len && line.data[line.len - 1] == '\n'));
	if (!line.failed && baseline_read(&own, text_from(line.data, line.len)))
		fuzz_check(baseline_has(&own, &s, name));
	baseline_deinit(&own);
	buf_deinit(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text content = text_from((const char *)data, size);
	char name[200];

	str_printable(name, sizeof(name), content.data ? content.data : "", content.len);
	configuration(content);
	baseline(content, name);
	return 0;
}
