/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "guard/deny_hook.h"
#include "sensor/deny_form.h"
#include "sensor/stop.h"
#include "uapi/syscall.h"

static struct abi_stop_call calls[STOP_CALL_SLOTS];

static const struct abi_stop_call *entry(enum abi_table table, const char *call)
{
	int nr = sys_call_nr(sys_arch_of_table(table), call);

	assert_true(nr >= 0);
	return &calls[table * (size_t)ABI_CALL_NR_MAX + (size_t)nr];
}

/* Filters of a point are made for the call that deny_hooks[] names: its records must be of it. */
static void records_are_of_the_points_call(void **state)
{
	const enum sys_arch native = sys_arch_of_table(ABI_TABLE_NATIVE);

	(void)state;
	stop_calls_fill(calls, UINT64_MAX);
	for (size_t i = 0; i < STOP_CALL_SLOTS; i++) {
		unsigned point = calls[i].point - 1u;

		if (calls[i].point)
			check(deny_hooks[point].filter.call,
			      calls[i].nr == sys_call_nr(native, deny_hooks[point].filter.call));
	}
}

/* What the table of forms says is seen when a call returns has a call, but for the second of connect(). */
static void points_have_calls(void **state)
{
	bool has[ABI_DENY_HOOKS + 1] = { false };

	(void)state;
	stop_calls_fill(calls, UINT64_MAX);
	for (size_t i = 0; i < STOP_CALL_SLOTS; i++)
		has[calls[i].point] = true;
	has[ABI_DENY_CONNECT_UNIX + 1] = has[ABI_DENY_CONNECT + 1];
	for (unsigned hook = 0; hook < ABI_DENY_HOOKS; hook++) {
		const char *by = sensor_deny_served_by(hook, DENY_FORM_STOP);

		check(deny_hooks[hook].what, has[hook + 1] == (by && !strcmp(by, "sys_exit")));
	}
}

static void only_what_is_asked_for(void **state)
{
	(void)state;
	stop_calls_fill(calls, 1ULL << ABI_DENY_CONNECT_UNIX);
	assert_int_equal(entry(ABI_TABLE_NATIVE, "connect")->point, ABI_DENY_CONNECT + 1);
	assert_int_equal(entry(ABI_TABLE_COMPAT, "connect")->point, ABI_DENY_CONNECT + 1);
	assert_int_equal(entry(ABI_TABLE_NATIVE, "openat")->point, 0);
	stop_calls_fill(calls, 1ULL << ABI_DENY_OPEN);
	assert_int_equal(entry(ABI_TABLE_COMPAT, "open")->point, ABI_DENY_OPEN + 1);
	assert_int_equal(entry(ABI_TABLE_NATIVE, "connect")->point, 0);
}

/* Points that share a program are found by the first of them. */
static void leads(void **state)
{
	(void)state;
	assert_int_equal(sensor_deny_lead(ABI_DENY_BY_HANDLE, DENY_FORM_LSM), ABI_DENY_SETNS);
	assert_int_equal(sensor_deny_lead(ABI_DENY_BY_HANDLE, DENY_FORM_STOP), ABI_DENY_OPEN);
	assert_int_equal(sensor_deny_lead(ABI_DENY_KILL, DENY_FORM_STOP), ABI_DENY_KILL);
	assert_int_equal(sensor_deny_form_of(ABI_DENY_OPEN, DENY_FORMS_STOP), DENY_FORM_STOP);
	assert_int_equal(sensor_deny_form_of(ABI_DENY_OPEN, DENY_FORMS_ALL), DENY_FORM_LSM);
	assert_int_equal(sensor_deny_form_of(ABI_DENY_OPEN, 0), DENY_FORM_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_of_the_points_call),
		cmocka_unit_test(points_have_calls),
		cmocka_unit_test(only_what_is_asked_for),
		cmocka_unit_test(leads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
