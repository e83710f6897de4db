/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is made of recorded profiles, compared byte for byte with what is kept in tests/golden.
 * MERLON_GOLDEN_UPDATE=1 writes the files anew instead: read the difference before it is committed.
 */
#include <errno.h>

#include "base/fs.h"
#include "base/str.h"
#include "oci_filter.h"
#include "profile/backend.h"
#include "profile/json.h"
#include "unit.h"

static const char *golden_dir;

struct golden {
	const char *profile, *variant;
	const struct profile_backend *backend;
	struct backend_options options;
};

static const char *const asked[] = { "ptrace", "clone", NULL };

#define SECCOMP &profile_backend_seccomp
#define CAPS &profile_backend_capabilities
#define DENY &profile_backend_deny

static const char *const cart[] = { "app=cart", "tier=front", NULL };
static const char *const labels[] = { "/data=shop_data_t", "/media=public_content_t", NULL };

/* Of the layers that are made alike but for the back-end. */
#define LAYERS(profile, variant, ...)                                                  \
	{ profile, variant, &profile_backend_apparmor, { __VA_ARGS__ } },              \
		{ profile, variant, &profile_backend_selinux, { __VA_ARGS__ } },       \
		{ profile, variant, &profile_backend_kubernetes, { __VA_ARGS__ } },    \
		{ profile, variant, &profile_backend_networkpolicy, { __VA_ARGS__ } }, \
		{ profile, variant, &profile_backend_spo, { __VA_ARGS__ } },           \
		{ profile, variant, &profile_backend_docker, { __VA_ARGS__ } },        \
		{ profile, variant, &profile_backend_podman, { __VA_ARGS__ } },        \
	{                                                                              \
		profile, variant, &profile_backend_systemd,                            \
		{                                                                      \
			__VA_ARGS__                                                    \
		}                                                                      \
	}

static const struct golden goldens[] = {
	{ "empty", "plain", SECCOMP, { .default_errno = ENOSYS } },
	{ "empty", "plain", CAPS, { .default_errno = ENOSYS } },
	{ "ls", "plain", SECCOMP, { .default_errno = ENOSYS } },
	{ "ls", "eperm", SECCOMP, { .default_errno = EPERM } },
	{ "ls",
	  "strict",
	  SECCOMP,
	  { .policy = { .arguments = POLICY_ARGUMENTS_STRICT }, .default_errno = ENOSYS } },
	{ "ls",
	  "bare",
	  SECCOMP,
	  { .policy = { .arguments = POLICY_ARGUMENTS_NONE,
			.without_closure = true,
			.without_runtime = true },
	    .default_errno = ENOSYS } },
	{ "compat", "plain", SECCOMP, { .default_errno = ENOSYS } },
	{ "many", "plain", SECCOMP, { .default_errno = ENOSYS } },
	{ "many",
	  "strict",
	  SECCOMP,
	  { .policy = { .arguments = POLICY_ARGUMENTS_STRICT }, .default_errno = ENOSYS } },
	{ "server", "plain", SECCOMP, { .default_errno = ENOSYS } },
	{ "server", "eperm", SECCOMP, { .default_errno = EPERM } },
	{ "server",
	  "all",
	  SECCOMP,
	  { .policy = { .with_entered = true, .with_denied = true, .allow = asked },
	    .default_errno = EPERM } },
	{ "server",
	  "no-runtime",
	  SECCOMP,
	  { .policy = { .without_runtime = true }, .default_errno = ENOSYS } },
	{ "server",
	  "two-phase",
	  SECCOMP,
	  { .agent_socket = "/run/merlon/agent.sock", .default_errno = ENOSYS } },
	{ "server",
	  "serve",
	  SECCOMP,
	  { .policy = { .serve_only = true }, .default_errno = ENOSYS } },
	{ "server", "plain", CAPS, { .default_errno = ENOSYS } },
	{ "server",
	  "all",
	  CAPS,
	  { .policy = { .with_entered = true, .with_denied = true }, .default_errno = ENOSYS } },
	{ "empty", "plain", DENY, { .exact_paths = false } },
	{ "server", "plain", DENY, { .exact_paths = false } },
	{ "server", "all", DENY, { .files = BACKEND_FILES_ALL, .egress = BACKEND_EGRESS_PORT } },
	{ "shop", "plain", &profile_backend_deny_policy, { .exact_paths = false } },
	{ "shop",
	  "named",
	  &profile_backend_deny_policy,
	  { .container = "cart", .name = "cart", .complain = true } },
	{ "empty", "plain", &profile_backend_deny_policy, { .exact_paths = false } },
	{ "shop", "plain", DENY, { .exact_paths = false } },
	{ "shop",
	  "all",
	  DENY,
	  { .files = BACKEND_FILES_ALL, .exact_paths = true, .policy = { .with_entered = true } } },
	{ "shop",
	  "programs",
	  DENY,
	  { .files = BACKEND_FILES_NONE, .egress = BACKEND_EGRESS_NONE, .name = "cart" } },
	LAYERS("empty", "plain", .default_errno = ENOSYS),
	LAYERS("server", "plain", .default_errno = ENOSYS),
	LAYERS("shop", "plain", .default_errno = ENOSYS),
	LAYERS("shop", "old", .default_errno = EPERM, .kubernetes_minor = 18, .spo_before_v1 = true,
	       .complain = true, .exact_paths = true, .name = "cart",
	       .policy = { .with_entered = true, .with_denied = true }),
	LAYERS("shop", "selinux", .default_errno = ENOSYS, .kubernetes_minor = 27,
	       .lsm = BACKEND_LSM_SELINUX, .container = "front", .selectors = cart,
	       .labels = labels),
};

static struct profile *load(const char *name)
{
	cleanup_free char *path = str_format("%s/%s.merlon.json", golden_dir, name);
	struct error err = ERROR_INIT;
	struct profile *p = profile_load(path, &err);

	if (!p)
		print_error("# %s\n", err.text);
	assert_non_null(p);
	return p;
}

/* Compares text with the file, or writes it. */
static void check_file(const char *name, const char *text, size_t len)
{
	cleanup_free char *path = str_format("%s/%s", golden_dir, name), *want = NULL;
	const char *update = getenv("MERLON_GOLDEN_UPDATE");
	size_t want_len = 0;

	if (update && str_eq(update, "1"))
		assert_int_equal(fs_write_atomic(path, text, len, 0644, NULL), 0);
	want = unit_file_read(path, &want_len);
	if (want_len != len || memcmp(want, text, len)) {
		size_t at = 0, line = 1;

		for (; at < len && at < want_len && want[at] == text[at]; at++)
			line += want[at] == '\n';
		print_error("# %s differs from line %zu on; MERLON_GOLDEN_UPDATE=1 writes it anew\n",
			    path, line);
		fail();
	}
}

static void exports(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(goldens); i++) {
		const struct golden *g = &goldens[i];
		cleanup_free char *name = str_format("%s.%s.%s", g->profile, g->variant,
						     g->backend->suffix);
		cleanup_profile struct profile *p = load(g->profile);
		cleanup_buf struct buf out = BUF_INIT;
		struct error err = ERROR_INIT;

		check_number(name, g->backend->emit(p, &g->options, &out, &err), 0);
		check_file(name, out.data, out.len);
	}
}

/* The profiles are in canonical form: reading and writing one changes nothing. */
static void profiles_are_canonical(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(goldens); i++) {
		cleanup_free char *name = str_format("%s.merlon.json", goldens[i].profile),
				  *text = NULL;
		cleanup_profile struct profile *p = load(goldens[i].profile);
		char *dir = unit_dir();
		const char *path = unit_path(dir, name);
		size_t len = 0;

		assert_int_equal(profile_save(p, path, NULL), 0);
		text = unit_file_read(path, &len);
		check_file(name, text, len);
		unit_dir_remove(dir);
	}
}

/* A runtime takes every one of the seccomp files. */
static void runtimes_compile_them(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(goldens); i++) {
		const struct golden *g = &goldens[i];
		cleanup_free char *path = str_format("%s/%s.%s.%s", golden_dir, g->profile,
						     g->variant, g->backend->suffix),
				  *text = NULL;
		struct cbpf program;
		size_t len = 0;

		if (g->backend != SECCOMP)
			continue;
		text = unit_file_read(path, &len);
		program = oci_filter_compile(text, len);
		check(path, program.len > 0 && program.len <= BPF_MAXINSNS);
		cbpf_deinit(&program);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(exports),
		cmocka_unit_test(profiles_are_canonical),
		cmocka_unit_test(runtimes_compile_them),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 1;
	}
	golden_dir = argv[1];
	return unit_run(tests);
}
