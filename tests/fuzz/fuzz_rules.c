/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seccomp rules in JSON and YAML: what can be read has a meaning, which a program says as well, and a
 * profile that allows no less.
 */
#include <errno.h>

#include "fuzz.h"
#include "profile/import.h"
#include "profile/input.h"

static size_t count_rules(const struct cbpf_filter *f)
{
	size_t n = 0;

	for (int arch = 0; arch < SYS_ARCH_MAX; arch++)
		vec_foreach(call, &f->tables[arch].calls)
			n += call->rules.len + 1;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct seccomp_host host = { 0xff, 6, 1 };
	struct error err = ERROR_INIT;
	cleanup_input struct input in = { 0 };
	cleanup_profile struct profile *p = NULL;
	cleanup_cbpf_program struct cbpf_program program = { 0 };
	int r = input_read(&in, "f", (const char *)data, size, &host, &err);

	fuzz_check(r == 0 || r == -EINVAL || r == -E2BIG || r == -EFBIG);
	fuzz_check(r == 0 || *err.text);
	if (r || in.kind != INPUT_RULES)
		return 0;
	fuzz_check(profile_from_rules(&p, "f", &in.rules, NULL) == 0);
	/* The compiler proves its program; more than a few rules take too long here. */
	if (count_rules(&in.rules) > 40)
		return 0;
	r = cbpf_compile(&program, &in.rules, &err);
	fuzz_check(r == 0 || r == -EFBIG);
	return 0;
}
