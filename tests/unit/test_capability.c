/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/capability.h>

#include "base/str.h"
#include "uapi/capability.h"
#include "unit.h"

static void names(void **state)
{
	static const struct {
		unsigned cap;
		const char *want;
	} rows[] = {
		{ CAP_CHOWN, "CAP_CHOWN" },
		{ CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH" },
		{ CAP_NET_BIND_SERVICE, "CAP_NET_BIND_SERVICE" },
		{ CAP_NET_ADMIN, "CAP_NET_ADMIN" },
		{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
		{ CAP_SETFCAP, "CAP_SETFCAP" },
		{ CAP_PERFMON, "CAP_PERFMON" },
		{ CAP_BPF, "CAP_BPF" },
		{ CAP_CHECKPOINT_RESTORE, "CAP_CHECKPOINT_RESTORE" },
		{ 62, "CAP_62" },
		{ 63, "CAP_63" },
		{ 64, "CAP_63" },
		{ UINT32_MAX, "CAP_63" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_text(rows[i].want, sys_cap_name(rows[i].cap), rows[i].want);
}

static void every_name_comes_back(void **state)
{
	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++) {
		const char *name = sys_cap_name(cap);
		cleanup_free char *lower = strdup(name);
		unsigned a = 99, b = 99, c = 99;

		for (char *p = lower; *p; p++)
			*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
		check(name, str_starts(name, "CAP_"));
		check(name, sys_cap_parse(name, &a) && a == cap);
		check(name, sys_cap_parse(name + 4, &b) && b == cap);
		check(name, sys_cap_parse(lower, &c) && c == cap);
	}
}

static void others_are_none(void **state)
{
	static const char *const rows[] = { "",		 "CAP_",	 "CAP",	   "ALL",
					    "CAP_ALL",	 "CAP_64",	 "64",	   "-1",
					    "CHOWNX",	 "CHOW",	 "CHOWN ", " CHOWN",
					    "CAP-CHOWN", "CAP_CAP_CHOWN" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned cap = 99;

		check(rows[i], !sys_cap_parse(rows[i], &cap));
		check_number(rows[i], cap, 99);
	}
}

static void last(void **state)
{
	unsigned cap = sys_cap_last();

	assert_true(cap >= CAP_AUDIT_READ && cap < SYS_CAP_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(every_name_comes_back),
		cmocka_unit_test(others_are_none),
		cmocka_unit_test(last),
	};

	return unit_run(tests);
}
