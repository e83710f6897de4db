/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/str.h"
#include "layers.h"
#include "profile/needs.h"
#include "sample.h"
#include "unit.h"

enum { W = ABI_FILE_WRITE | ABI_FILE_CREATE, R = ABI_FILE_READ };

static const struct policy_options plain;

static void calls(void **state)
{
	static const struct sample_call made[] = {
		{ "read", PROFILE_APP, SYS_ARCH_X86_64, false, false, { 0 } },
		{ "mount", PROFILE_APP, SYS_ARCH_X86_64, true, false, { 0 } },
		{ "kill", PROFILE_ENTERED, SYS_ARCH_X86_64, false, false, { 0 } },
		{ "capset", PROFILE_TAIL, SYS_ARCH_X86_64, false, false, { 0 } },
	};
	static const char *const read_[] = { "ptrace", "read", NULL },
				 *const mount_[] = { "mount", NULL },
				 *const kill_[] = { "kill", NULL },
				 *const capset_[] = { "capset", NULL }, *const none[] = { NULL };
	const struct policy_options entered = { .with_entered = true };
	cleanup_profile struct profile *p = sample_profile(made, ARRAY_SIZE(made));

	assert_true(needs_call(p, &plain, read_));
	assert_false(needs_call(p, &plain, mount_)); /* it was refused */
	assert_false(needs_call(p, &plain, kill_));
	assert_true(needs_call(p, &entered, kill_));
	assert_false(needs_call(p, &plain, capset_)); /* the runtime's */
	assert_false(needs_call(p, &plain, none));
}

static void written(void **state)
{
	static const struct {
		struct layer_file files[4];
		const char *want;
	} rows[] = {
		{ { { "/etc/x", R, 0, NULL, 0 } }, "" },
		{ { { "/x", W, 0, NULL, 0 } }, "/" },
		{ { { "/run/x", W, 0, NULL, 0 } }, "/run" },
		{ { { "/run/d", ABI_FILE_MKDIR, 0, NULL, 0 } }, "/run" },
		{ { { "/run/x", ABI_FILE_CHMOD, 0, NULL, 0 } }, "/run" },
		{ { { "/data/**", W, 0, "volume", 0 } }, "" },
		{ { { "/dev/shm/x", W, 0, NULL, 0 }, { "/proc/self/x", W, 0, NULL, 0 } }, "" },
		{ { { "/tmp/a*", W, 0, "temporary", 0 }, { "/tmp/*/b", W, 0, "temporary", 0 } },
		  "/tmp" },
		{ { { "/a/x", W, 0, NULL, 0 },
		    { "/a-b/x", W, 0, NULL, 0 },
		    { "/a/c/x", W, 0, NULL, 0 } },
		  "/a /a-b" },
		{ { { "/a/x", W, 0, NULL, 0 }, { "/x", W, 0, NULL, 0 } }, "/" },
		{ { { "/a/x", W, 0, NULL, PROFILE_ENTERED } }, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_profile struct profile *p = profile_new("x");
		cleanup_access_list struct access_list files = { 0 };
		cleanup_string_list string_list list = { 0 };
		cleanup_buf struct buf text = BUF_INIT;

		for (size_t k = 0; k < 4 && rows[i].files[k].path; k++)
			layer_add_file(p, &rows[i].files[k]);
		access_list_build(&files, p, &plain, false, NULL);
		assert_int_equal(needs_written(&list, &files), 0);
		buf_add_str(&text, "");
		vec_foreach(name, &list)
			buf_addf(&text, "%s%s", text.len ? " " : "", *name);
		check_text(rows[i].files[0].path, text.data, rows[i].want);
	}
}

static void escalation(void **state)
{
	static const struct {
		const char *runs;
		uint32_t uid;
		uint64_t permitted, used;
		bool nnp, wanted;
	} rows[] = {
		{ "/bin/app", 0, 1, 0, false, false },
		{ "/usr/bin/sudo", 0, 1, 0, false, true },
		{ "/usr/bin/sudo", 0, 1, 0, true, false }, /* it did without */
		{ "/usr/bin/sudoku", 0, 1, 0, false, false },
		{ "/sudo/app", 0, 1, 0, false, false },
		{ "/bin/app", 1000, 0, 1, false, true }, /* where from? */
		{ "/bin/app", 1000, 1, 1, false, false },
		{ "/bin/app", 0, 0, 1, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_profile struct profile *p = profile_new("x");
		cleanup_access_list struct access_list files = { 0 };

		layer_add_file(p, &(struct layer_file){ rows[i].runs, ABI_FILE_EXEC, 0, NULL, 0 });
		if (rows[i].used)
			layer_add_cap(p, 0, ABI_CAP_USED);
		p->credentials.known = true;
		p->credentials.uid = rows[i].uid;
		p->credentials.permitted = rows[i].permitted;
		p->runtime.no_new_privileges = rows[i].nnp;
		access_list_build(&files, p, &plain, false, NULL);
		check_number(rows[i].runs, needs_escalation(p, &plain, &files) != NULL,
			     rows[i].wanted);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls),
		cmocka_unit_test(written),
		cmocka_unit_test(escalation),
	};

	return unit_run(tests);
}
