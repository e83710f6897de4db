/* SPDX-License-Identifier: Apache-2.0 */
/* A profile that can be read can be written, read again, and turned into filters. */
#include <errno.h>

#include "fuzz.h"
#include "profile/backend.h"
#include "profile/json.h"

static char *text_of(const struct profile *p)
{
	cleanup_json json_t *o = profile_to_json(p);

	return json_dumps(o, 0);
}

static bool is_text(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++) {
		unsigned char c = (unsigned char)b->data[i];

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			return false;
	}
	return b->len && b->data[b->len - 1] == '\n';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = ERROR_INIT;
	cleanup_profile struct profile *p = profile_from_json("f", (const char *)data, size, &err);
	cleanup_profile struct profile *again = NULL;
	cleanup_free char *first = NULL, *second = NULL;

	fuzz_check(p ? err.code == 0 : err.code == EINVAL && *err.text);
	if (!p)
		return 0;
	first = text_of(p);
	again = profile_from_json("again", first, strlen(first), &err);
	fuzz_check(again);
	second = text_of(again);
	fuzz_check(strcmp(first, second) == 0);
	for (size_t i = 0; profile_backends[i]; i++) {
		struct backend_options o = { .policy.arguments = (enum policy_arguments)(size % 3),
					     .policy.with_denied = true,
					     .default_errno = EPERM,
					     .lsm = (enum backend_lsm)(size / 3 % 3),
					     .complain = size & 1,
					     .exact_paths = size & 2,
					     .kubernetes_minor = size & 4 ? 18 : 0 };
		cleanup_buf struct buf out = BUF_INIT;

		fuzz_check(profile_backends[i]->emit(p, &o, &out, &err) == 0);
		/* No text of the profile drives a terminal or ends a line. */
		fuzz_check(profile_backends[i] == &profile_backend_cbpf_raw || is_text(&out));
	}
	return 0;
}
