/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that others wrote: an array of struct sock_filter as it is, or in base64. */
#include <errno.h>
#include <string.h>

#include "base/base64.h"
#include "profile/cbpf/program.h"

int cbpf_decode(struct cbpf_program *p, const char *name, const char *text, size_t len,
		struct error *err)
{
	static const char why[] = "no program that a kernel takes as a filter";
	cleanup_buf struct buf bytes = { .limit = CBPF_PROGRAM_MAX * sizeof(struct sock_filter) };
	const char *from = text;
	size_t size = len, letters = len;

	while (letters && strchr(" \t\r\n", text[letters - 1]) && text[letters - 1])
		letters--;
	if (base64_decode(&bytes, text, letters) && !bytes.failed) {
		from = bytes.data;
		size = bytes.len;
	}
	if (!size || size % sizeof(struct sock_filter) ||
	    size > CBPF_PROGRAM_MAX * sizeof(struct sock_filter))
		return error_set(err, EINVAL, "%s: %s", name, why);
	for (size_t i = 0; i < size / sizeof(struct sock_filter); i++) {
		struct sock_filter *slot = vec_add(&p->code);

		if (!slot)
			return error_errno(err, ENOMEM, "%s", name);
		memcpy(slot, from + i * sizeof(*slot), sizeof(*slot));
	}
	return cbpf_is_valid(p) ? 0 : error_set(err, EINVAL, "%s: %s", name, why);
}
