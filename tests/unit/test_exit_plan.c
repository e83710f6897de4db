/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi/exit_plan.h"
#include "unit.h"

#define NONE ABI_ARG_NONE

static const struct abi_exit_plan *plan_of(enum abi_table table, const char *call)
{
	static struct abi_exit_plan plans[ABI_TABLES * ABI_CALL_NR_MAX];
	int nr = sys_call_nr(sys_arch_of_table(table), call);

	assert_true(nr >= 0);
	memset(plans, 0xff, sizeof(plans));
	sys_exit_plans_fill(plans);
	return &plans[table * ABI_CALL_NR_MAX + nr];
}

static void paths(void **state)
{
	static const struct {
		const char *call;
		uint8_t dir1, path1;
		uint32_t op1;
		uint8_t dir2, path2;
		uint32_t op2;
	} rows[] = {
		{ "unlink", NONE, 0, ABI_FILE_UNLINK, NONE, NONE, 0 },
		{ "mkdirat", 0, 1, ABI_FILE_MKDIR, NONE, NONE, 0 },
		{ "symlink", NONE, 1, ABI_FILE_SYMLINK, NONE, NONE, 0 },
		{ "symlinkat", 1, 2, ABI_FILE_SYMLINK, NONE, NONE, 0 },
		{ "rename", NONE, 0, ABI_FILE_RENAME_FROM, NONE, 1, ABI_FILE_RENAME_TO },
		{ "renameat2", 0, 1, ABI_FILE_RENAME_FROM, 2, 3, ABI_FILE_RENAME_TO },
		{ "link", NONE, 0, ABI_FILE_LINK_TARGET, NONE, 1, ABI_FILE_LINK },
		{ "linkat", 0, 1, ABI_FILE_LINK_TARGET, 2, 3, ABI_FILE_LINK },
		{ "fchownat", 0, 1, ABI_FILE_CHOWN, NONE, NONE, 0 },
		{ "mount", NONE, 1, ABI_FILE_MOUNT, NONE, NONE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct abi_exit_plan *p = plan_of(ABI_TABLE_NATIVE, rows[i].call);

		check_number(rows[i].call, p->handler, ABI_EXIT_PATH);
		check_number(rows[i].call, p->dir[0], rows[i].dir1);
		check_number(rows[i].call, p->path[0], rows[i].path1);
		check_number(rows[i].call, p->ops[0], rows[i].op1);
		check_number(rows[i].call, p->dir[1], rows[i].dir2);
		check_number(rows[i].call, p->path[1], rows[i].path2);
		check_number(rows[i].call, p->ops[1], rows[i].op2);
		check_number(rows[i].call, p->flag, NONE);
	}
}

static void unlinkat_removes_both_kinds(void **state)
{
	const struct abi_exit_plan *p = plan_of(ABI_TABLE_NATIVE, "unlinkat");

	assert_int_equal(p->handler, ABI_EXIT_PATH);
	assert_int_equal(p->dir[0], 0);
	assert_int_equal(p->path[0], 1);
	assert_int_equal(p->ops[0], ABI_FILE_UNLINK);
	assert_int_equal(p->flag, 2);
	assert_int_equal(p->flag_mask, 0x200);
	assert_int_equal(p->flag_ops, ABI_FILE_RMDIR);
}

static void handlers(void **state)
{
	static const struct {
		const char *call;
		enum abi_exit_handler handler;
		uint32_t op;
		uint8_t path;
	} rows[] = {
		{ "open", ABI_EXIT_OPEN, 0, 0 },
		{ "openat2", ABI_EXIT_OPEN, 0, 0 },
		{ "open_by_handle_at", ABI_EXIT_OPEN, 0, 0 },
		{ "mmap", ABI_EXIT_MAP, 0, 0 },
		{ "fchmod", ABI_EXIT_FILE, ABI_FILE_CHMOD, 0 },
		{ "ftruncate", ABI_EXIT_FILE, ABI_FILE_TRUNCATE, 0 },
		{ "bind", ABI_EXIT_SOCKADDR, ABI_PEER_BIND, 1 },
		{ "connect", ABI_EXIT_SOCKADDR, ABI_PEER_CONNECT, 1 },
		{ "sendto", ABI_EXIT_SOCKADDR, ABI_PEER_SEND, 4 },
		{ "listen", ABI_EXIT_LISTEN, ABI_PEER_LISTEN, 0 },
		{ "sendmsg", ABI_EXIT_SENDMSG, ABI_PEER_SEND, 0 },
		{ "read", ABI_EXIT_NONE, 0, 0 },
		{ "execve", ABI_EXIT_NONE, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct abi_exit_plan *p = plan_of(ABI_TABLE_NATIVE, rows[i].call);

		check_number(rows[i].call, p->handler, rows[i].handler);
		check_number(rows[i].call, p->ops[0], rows[i].op);
		check_number(rows[i].call, p->path[0], rows[i].path);
	}
}

/* The kernel side indexes registers and its table of programs with these. */
static void plans_are_sound(void **state)
{
	static const struct abi_exit_plan none;
	const struct abi_exit_plan *all = plan_of(ABI_TABLE_NATIVE, "read") -
					  sys_call_nr(SYS_ARCH_X86_64, "read");
	size_t used[ABI_TABLES] = { 0 };

	for (int i = 0; i < ABI_TABLES * ABI_CALL_NR_MAX; i++) {
		enum abi_table table = (enum abi_table)(i / ABI_CALL_NR_MAX);
		const struct abi_exit_plan *p = &all[i];
		const char *name = sys_call_name(sys_arch_of_table(table), i % ABI_CALL_NR_MAX);

		if (p->handler == ABI_EXIT_NONE) {
			assert_memory_equal(p, &none, sizeof(none));
			continue;
		}
		used[table]++;
		check("a plan for a number without a name", name != NULL);
		check(name, p->handler < ABI_EXIT_HANDLERS);
		for (int k = 0; k < 2; k++) {
			check(name, p->path[k] < 6 || p->path[k] == NONE);
			check(name, p->dir[k] < 6 || p->dir[k] == NONE);
		}
		check(name, p->handler != ABI_EXIT_PATH || (p->path[0] < 6 && p->ops[0]));
		check(name, p->flag_ops == 0 || p->flag < 6);
	}
	for (int table = 0; table < ABI_TABLES; table++)
		assert_true(used[table] > 45);
}

static void compat_has_its_own_calls(void **state)
{
	assert_int_equal(plan_of(ABI_TABLE_COMPAT, "mmap2")->handler, ABI_EXIT_MAP);
	assert_int_equal(plan_of(ABI_TABLE_COMPAT, "lchown32")->ops[0], ABI_FILE_CHOWN);
	assert_int_equal(plan_of(ABI_TABLE_COMPAT, "truncate64")->ops[0], ABI_FILE_TRUNCATE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(unlinkat_removes_both_kinds),
		cmocka_unit_test(handlers),
		cmocka_unit_test(plans_are_sound),
		cmocka_unit_test(compat_has_its_own_calls),
	};

	return unit_run(tests);
}
