/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/user_table.h"

#include <unistd.h>

#include "unit.h"

static const struct text passwd = TEXT("root:x:0:0:root:/root:/bin/bash\n"
				       "broken\n"
				       ":x:7:7:nobody has no name:/:/bin/sh\n"
				       "big:x:4294967296:0::/:/bin/sh\n"
				       "neg:x:-1:0::/:/bin/sh\n"
				       "short:x:8\n"
				       "www:x:33:33:www:/var/www:/usr/sbin/nologin\n"
				       "late:x:33:33::/late:/bin/late\n"
				       "last:x:9:9::/last:/bin/last");
static const struct text group = TEXT("root:x:0:\nwww:x:33:a,b\n");

static void check_name(const char *what, struct text got, const char *want)
{
	check_bytes(what, got.data ? got.data : "", got.len, want, strlen(want));
}

static void finds_by_id(void **state)
{
	static const struct {
		uint32_t uid, gid;
		const char *user, *home, *shell, *group;
	} rows[] = {
		{ 0, 0, "root", "/root", "/bin/bash", "root" },
		{ 33, 33, "www", "/var/www", "/usr/sbin/nologin", "www" }, /* the first counts */
		{ 7, 7, "", "", "", "" },
		{ 8, 0, "short", "", "", "root" },
		{ 9, 1, "last", "/last", "/bin/last", "" },
		{ UINT32_MAX, UINT32_MAX, "", "", "", "" },
	};
	struct user_names n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		user_names_find(passwd, group, rows[i].uid, rows[i].gid, &n);
		check_name("user", n.user, rows[i].user);
		check_name("home", n.home, rows[i].home);
		check_name("shell", n.shell, rows[i].shell);
		check_name("group", n.group, rows[i].group);
	}
	user_names_find(TEXT_NONE, TEXT_NONE, 0, 0, &n);
	assert_null(n.user.data);
}

static void the_machine_has_a_root(void **state)
{
	cleanup_user_table struct user_table *t = NULL;
	struct user_names n;

	(void)state;
	assert_int_equal(user_table_new(&t), 0);
	user_table_find(t, NULL, 0, 0, 0, &n);
	check_name("user", n.user, "root");
	/* A place in our own mount namespace is no container: it would get the machine's names. */
	user_table_find(t, &n, getpid(), 0, 0, &n);
	assert_null(n.user.data);
	user_table_forget(t, &n);
	user_table_forget(t, &n);
	user_table_forget(t, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_by_id),
		cmocka_unit_test(the_machine_has_a_root),
	};

	return unit_run(tests);
}
