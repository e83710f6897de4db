/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of logs, whose quoted parts hostile processes chose: every record is a denial, unknown or broken. */
#include "fuzz.h"
#include "profile/audit.h"
#include "profile/learn.h"

static void learn(struct denial *d, void *arg)
{
	static const char *const all[] = { "all", NULL };
	struct profile *p = arg;
	enum learn_verdict verdict;
	const char *why;
	char text[256];
	cleanup_json json_t *o = denial_to_json(d);
	struct error err = ERROR_INIT;
	struct json_reader r = { .file = "f", .err = &err };
	cleanup_denial struct denial back = { 0 };

	fuzz_check(denial_from_json(&back, &r, o) == 0 && denial_is_same(d, &back));
	denial_text(d, text, sizeof(text));
	fuzz_check(learn_denial(p, d, all, &verdict, &why) == 0 && verdict < LEARN_VERDICTS);
	if (verdict != LEARN_FOLDED)
		return;
	fuzz_check(learn_denial(p, d, NULL, &verdict, &why) == 0 && verdict == LEARN_KNOWN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_profile struct profile *p = profile_new("x");
	cleanup_audit_reader struct audit_reader *a = audit_reader_new(learn, p);
	size_t at = 0, lines = 0;

	for (const uint8_t *end; at < size && lines < 200; at = (size_t)(end - data) + 1, lines++) {
		end = memchr(data + at, '\n', size - at);
		end = end ? end : data + size;
		audit_read_line(a, (const char *)data + at, (size_t)(end - data) - at);
	}
	audit_flush(a);
	fuzz_check(audit_counts(a)->records + audit_counts(a)->unknown <= lines);
	fuzz_check(audit_counts(a)->denials <= audit_counts(a)->records);
	return 0;
}
