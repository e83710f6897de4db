/* SPDX-License-Identifier: Apache-2.0 */
/* What a bundle asks for, and what a label in /proc says. */
#include <errno.h>

#include "base/str.h"
#include "confine/expectation.h"
#include "identity/mountinfo.h"
#include "unit.h"

static int parse(const char *text, struct expectation *e, struct error *err)
{
	return expectation_from_config(e, "c", text, strlen(text), err);
}

static void all_of_it(void **state)
{
	static const char text[] =
		"{\"process\":{\"user\":{\"uid\":7,\"gid\":8},\"noNewPrivileges\":true,"
		"\"apparmorProfile\":\"web\",\"selinuxLabel\":\"a:b:c:d\",\"capabilities\":{"
		"\"bounding\":[\"CAP_KILL\",\"CAP_CHOWN\",\"CAP_OF_TOMORROW\"],\"permitted\":[\"CAP_KILL\"]}},"
		"\"root\":{\"readonly\":true},\"mounts\":[{\"destination\":\"/data/\",\"options\":[\"rbind\","
		"\"ro\"]},{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\"}],\"linux\":{\"namespaces\":["
		"{\"type\":\"pid\"},{\"type\":\"network\",\"path\":\"/proc/1/ns/net\"}],\"maskedPaths\":"
		"[\"/proc/kcore\"],\"readonlyPaths\":[\"/proc/sys\"],\"seccomp\":{\"defaultAction\":"
		"\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]}}}";
	cleanup_expectation struct expectation e = { 0 };

	assert_int_equal(parse(text, &e, NULL), 0);
	assert_int_equal(e.uid, 7);
	assert_int_equal(e.gid, 8);
	assert_int_equal(e.caps, 1u << 5 | 1u << 0);
	assert_int_equal(e.caps_held, 1u << 5);
	assert_int_equal(e.no_new_privileges, ASKED_YES);
	assert_int_equal(e.read_only_root, ASKED_YES);
	assert_string_equal(e.apparmor, "web");
	assert_string_equal(e.selinux, "a:b:c:d");
	assert_int_equal(e.own[POSTURE_PID], ASKED_YES);
	assert_int_equal(e.own[POSTURE_NET], ASKED_NOTHING);
	assert_int_equal(e.own[POSTURE_USER], ASKED_NO);
	assert_int_equal(e.masked.len, 1);
	assert_string_equal(e.read_only.items[0], "/proc/sys");
	assert_int_equal(e.mounts.len, 2);
	assert_string_equal(e.mounts.items[0].point, "/data");
	assert_true(e.mounts.items[0].read_only && e.mounts.items[0].recursive);
	assert_true(e.mounts.items[1].cgroup && !e.mounts.items[1].read_only);
	assert_int_equal(e.filtered, ASKED_YES);
	assert_int_equal(e.filter.otherwise & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO);
}

static void next_to_nothing(void **state)
{
	cleanup_expectation struct expectation e = { 0 };

	assert_int_equal(parse("{\"process\":{}}", &e, NULL), 0);
	assert_int_equal(e.filtered, ASKED_NO);
	assert_true(e.caps_known && !e.caps); /* none listed: a runtime drops all */
	assert_int_equal(e.no_new_privileges, ASKED_NO);
	assert_int_equal(e.own[POSTURE_PID], ASKED_NO);
}

static void refused(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "{", "c:1:1:" },
		{ "[]", "c: /: \"process\" is missing" },
		{ "{}", "c: /: \"process\" is missing" },
		{ "{\"process\":7}", "c: /process: must be an object" },
		{ "{\"process\":{\"user\":{\"uid\":-1}}}",
		  "c: /process/uid: must be a whole number" },
		{ "{\"process\":{\"noNewPrivileges\":1}}",
		  "c: /process/noNewPrivileges: must be true" },
		{ "{\"process\":{},\"mounts\":[{}]}", "c: /: mounts/0 has no destination" },
		{ "{\"process\":{},\"linux\":{\"maskedPaths\":[7]}}",
		  "c: /linux: maskedPaths/0 must be" },
		{ "{\"process\":{},\"linux\":{\"seccomp\":{}}}", "c: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_expectation struct expectation e = { 0 };
		struct error err = ERROR_INIT;

		check_number(rows[i].text, parse(rows[i].text, &e, &err), -EINVAL);
		check(rows[i].text, str_starts(err.text, rows[i].want));
	}
}

static void labels(void **state)
{
	static const struct {
		const char *text;
		enum posture_lsm lsm;
		const char *label;
		bool enforced;
	} rows[] = {
		{ "web (enforce)\n", POSTURE_APPARMOR, "web", true },
		{ "web (complain)\n", POSTURE_APPARMOR, "web", false },
		{ "a (b) c (enforce)", POSTURE_APPARMOR, "a (b) c", true },
		{ "web//&inner (mixed)", POSTURE_APPARMOR, "web//&inner", false },
		{ "unconfined\n", POSTURE_APPARMOR, "unconfined", false },
		{ "system_u:system_r:container_t:s0:c1,c2", POSTURE_SELINUX,
		  "system_u:system_r:container_t:s0:c1,c2", true },
		{ "_", POSTURE_LSM_OTHER, "_", false },
		{ "", POSTURE_LSM_NONE, NULL, false },
		{ "\n", POSTURE_LSM_NONE, NULL, false },
		{ "(enforce)", POSTURE_LSM_OTHER, "(enforce)", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_posture struct posture p = { 0 };
		cleanup_free char *text = strdup(rows[i].text);

		posture_label_parse(&p, text);
		check_number(rows[i].text, p.lsm, rows[i].lsm);
		check_number(rows[i].text, p.label_enforced, rows[i].enforced);
		check(rows[i].text, !p.label == !rows[i].label);
		if (p.label)
			check_text(rows[i].text, p.label, rows[i].label);
	}
}

static void mount_lines(void **state)
{
	char text[] =
		"36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 propagate_from:2 - ext3 /dev/root "
		"rw,errors=continue\nnonsense\n1 2 3 - 4\n\n37 35 0:5 / / ro - overlay none rw";
	struct mountinfo m;
	char *at = text;

	assert_true(mountinfo_next(&at, &m));
	assert_string_equal(m.device, "98:0");
	assert_string_equal(m.root, "/mnt1");
	assert_string_equal(m.point, "/mnt 2");
	assert_string_equal(m.options, "rw,noatime");
	assert_string_equal(m.type, "ext3");
	assert_string_equal(m.source, "/dev/root");
	assert_string_equal(m.super, "rw,errors=continue");
	assert_true(mountinfo_next(&at, &m));
	assert_string_equal(m.point, "/");
	assert_true(mountinfo_has(m.options, "ro"));
	assert_false(mountinfo_next(&at, &m));
	assert_true(mountinfo_has("rw,ro", "ro") && mountinfo_has("ro,rw", "ro"));
	assert_false(mountinfo_has("rro,rox,r", "ro") || mountinfo_has("", "ro"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it),   cmocka_unit_test(next_to_nothing),
		cmocka_unit_test(refused),     cmocka_unit_test(labels),
		cmocka_unit_test(mount_lines),
	};

	return unit_run(tests);
}
