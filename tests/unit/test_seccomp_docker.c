/* SPDX-License-Identifier: Apache-2.0 */
/* Docker's dialect means what the OCI dialect means, but for calls whose capability a container lacks. */
#include <linux/capability.h>

#include "profile/backend.h"
#include "profile/seccomp_json.h"
#include "sample.h"
#include "unit.h"

#define APP PROFILE_APP
#define X64 SYS_ARCH_X86_64

static void read_back(const struct profile *p, const struct profile_backend *b, uint64_t caps,
		      struct cbpf_filter *f)
{
	struct backend_options o = { .default_errno = 38 };
	struct seccomp_host host = { caps, 6, 12 };
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_json json_t *root = NULL;

	memset(f, 0, sizeof(*f));
	assert_int_equal(b->emit(p, &o, &text, NULL), 0);
	root = json_loadb(text.data, text.len, 0, NULL);
	assert_int_equal(seccomp_json_read(f, b->name, root, &host, NULL, NULL), 0);
}

/* A profile that mounts with CAP_SYS_ADMIN, and changes its root without having used a capability. */
static struct profile *mounting(void)
{
	static const struct sample_call calls[] = {
		{ "read", APP, X64, false, false, { 0 } },
		{ "mount", APP, X64, false, false, { 0 } },
		{ "chroot", APP, X64, false, false, { 0 } },
		{ "socket", APP, X64, false, true, { 2, 1, 0 } },
		{ "write", APP, SYS_ARCH_X86, false, false, { 0 } },
	};
	struct profile *p = sample_profile(calls, ARRAY_SIZE(calls));
	struct profile_evidence e = { .count = 1, .first_ns = 5, .last_ns = 5 };
	struct profile_cap cap = { .cap = CAP_SYS_ADMIN,
				   .layer = APP,
				   .arch = X64,
				   .nr = (uint32_t)sys_call_nr(X64, "mount") };

	assert_non_null(profile_add_cap(p, &cap, &e));
	return p;
}

/* Where the answers to calls without arguments differ, by name. */
static size_t differences(const struct cbpf_filter *a, const struct cbpf_filter *b,
			  const char **ret_name)
{
	size_t n = 0;

	for (int arch = 0; arch < SYS_ARCH_MAX; arch++) {
		for (uint32_t nr = 0; nr < SYS_NR_MAX; nr++) {
			struct seccomp_data data = { .nr = (int)(nr | sys_archs[arch].nr_flag),
						     .arch = sys_archs[arch].audit_arch,
						     .args = { 2, 1, 0 } };

			if (cbpf_filter_decide(a, &data) == cbpf_filter_decide(b, &data))
				continue;
			n++;
			*ret_name = sys_call_name((enum sys_arch)arch, (int)nr);
		}
	}
	return n;
}

static void the_same_with_capabilities(void **state)
{
	cleanup_profile struct profile *p = mounting();
	cleanup_cbpf_filter struct cbpf_filter oci, docker;
	const char *name = NULL;

	read_back(p, &profile_backend_seccomp, UINT64_MAX, &oci);
	read_back(p, &profile_backend_seccomp_docker, UINT64_MAX, &docker);
	assert_int_equal(differences(&oci, &docker, &name), 0);
}

static void less_without(void **state)
{
	cleanup_profile struct profile *p = mounting();
	cleanup_cbpf_filter struct cbpf_filter oci, docker;
	struct seccomp_data mount = { .nr = sys_call_nr(X64, "mount"),
				      .arch = sys_archs[X64].audit_arch };
	const char *name = NULL;

	read_back(p, &profile_backend_seccomp, 0, &oci);
	read_back(p, &profile_backend_seccomp_docker, 0, &docker);
	/* In both tables: a rule is by name. */
	assert_int_equal(differences(&oci, &docker, &name), 2);
	assert_string_equal(name, "mount");
	assert_true(cbpf_action_permits(cbpf_filter_decide(&oci, &mount)));
	assert_false(cbpf_action_permits(cbpf_filter_decide(&docker, &mount)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_with_capabilities),
		cmocka_unit_test(less_without),
	};

	return unit_run(tests);
}
