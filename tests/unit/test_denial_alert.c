/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts of rules that deny, as denials, and what a profile learns of them. */
#include <errno.h>

#include "base/str.h"
#include "profile/denial_alert.h"
#include "profile/learn.h"
#include "unit.h"

#define ALERT(type, verdict, more)                                                     \
	"{\"rule\": \"web: x\", \"time\": \"2026-11-22T09:31:05.000000017Z\","         \
	"\"container\": {\"id\": \"0123456789ab\", \"name\": \"web\"},"                \
	"\"process\": {\"pid\": 7, \"name\": \"sh\", \"exe\": \"/bin/sh\","            \
	"\"ancestors\": [{\"pid\": 1, \"name\": \"init\", \"exe\": \"/sbin/init\"}]}," \
	"\"event\": {\"type\": \"" type "\", \"verdict\": \"" verdict "\"" more

#define FIELDS(fields) "}, \"output_fields\": {" fields "}}"

static const struct {
	const char *alert;
	const char *text[2]; /* of the denials */
	enum learn_verdict verdict;
} rows[] = {
	{ ALERT("openat", "would-deny",
		", \"args\": {\"flags\": \"O_RDWR|O_CREAT\"}, \"fd\": {\"name\": \"/etc/a b\"}")
		  FIELDS(""),
	  { "path /etc/a b (read write create)" },
	  LEARN_FOLDED },
	{ ALERT("openat", "denied", ", \"args\": {}, \"fd\": {\"name\": \"/known\"}") FIELDS(""),
	  { "path /known (read)" },
	  LEARN_KNOWN },
	{ ALERT("execve", "denied", "") FIELDS("\"proc.exepath\": \"/bin/nc\""),
	  { "path /bin/nc (exec)" },
	  LEARN_DANGEROUS },
	{ ALERT("renameat2", "denied", "")
		  FIELDS("\"fs.path.source\": \"/a\", \"fs.path.target\": \"/b*\""),
	  { "path /a (rename-from)", "path /b\\x2a (rename-to)" },
	  LEARN_FOLDED },
	{ ALERT("connect", "denied", ", \"fd\": {\"type\": \"ipv4\"}")
		  FIELDS("\"fd.rip\": \"192.0.2.1\", \"fd.rport\": 443, \"fd.l4proto\": \"tcp\""),
	  { "connect tcp 192.0.2.1 443" },
	  LEARN_FOLDED },
	{ ALERT("connect", "denied", ", \"fd\": {\"type\": \"ipv6\"}")
		  FIELDS("\"fd.rip\": \"2001:db8::1\", \"fd.rport\": 53, \"fd.l4proto\": \"udp\""),
	  { "connect udp 2001:db8::1 53" },
	  LEARN_FOLDED },
	{ ALERT("connect", "denied", ", \"fd\": {\"type\": \"unix\", \"name\": \"/run/db.sock\"}")
		  FIELDS(""),
	  { "path /run/db.sock (connect)" },
	  LEARN_FOLDED },
	{ ALERT("capability", "denied", ", \"args\": {\"cap\": \"CAP_NET_RAW\"}") FIELDS(""),
	  { "capable CAP_NET_RAW" },
	  LEARN_DANGEROUS },
	{ ALERT("mount", "denied", "") FIELDS(""), { "call mount" }, LEARN_DANGEROUS },
	{ ALERT("mmap", "denied", "") FIELDS("\"fd.name\": \"memfd:x\""),
	  { "path memfd:x (map-exec)" },
	  LEARN_UNSUITED },
	/* Nothing was denied. */
	{ ALERT("openat", "", "}}"), { NULL }, LEARN_KNOWN },
};

struct kept {
	denial_list list;
};

static void keep(struct denial *d, void *arg)
{
	assert_true(denial_list_add(&((struct kept *)arg)->list, d, 16) >= 0);
}

static void alerts_become_denials(void **state)
{
	static const char *const all[] = { "all", NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_profile struct profile *p = profile_new("web");
		const struct profile_evidence e = { .exe = profile_executable(p, "/x") };
		cleanup_json json_t *alert = json_loads(rows[i].alert, 0, NULL);
		struct json_reader r = { .file = "alert", .err = NULL };
		struct kept kept = { 0 };
		size_t n = 0;

		assert_non_null(profile_add_file(p, "/known", ABI_FILE_READ, 0, PROFILE_APP, &e));
		if (!rows[i].text[0])
			json_object_del(json_object_get(alert, "event"), "verdict");
		assert_non_null(alert);
		assert_int_equal(denials_of_alert(&r, alert, keep, &kept), 0);
		vec_foreach(d, &kept.list) {
			enum learn_verdict verdict;
			const char *why;
			char text[256];

			denial_text(d, text, sizeof(text));
			assert_true(n < ARRAY_SIZE(rows[i].text) && rows[i].text[n]);
			assert_string_equal(text, rows[i].text[n++]);
			assert_string_equal(d->label, "web");
			assert_string_equal(d->container, "web");
			assert_int_equal(learn_denial(p, d, all, &verdict, &why), 0);
			check_number(text, verdict, rows[i].verdict);
			if (verdict == LEARN_FOLDED) {
				assert_int_equal(learn_denial(p, d, all, &verdict, &why), 0);
				check_number(text, verdict, LEARN_KNOWN);
			}
		}
		check_number(rows[i].alert, n,
			     !!rows[i].text[0] + (rows[i].text[0] && rows[i].text[1]));
		denial_list_deinit(&kept.list);
	}
}

/* What is no alert is refused, with its place. */
static void others_are_refused(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"rule\": 1}",
		"{\"rule\": \"x\", \"time\": \"yesterday\"}",
		"{\"rule\": \"x\", \"time\": \"2026-11-22T09:31:05Z\", \"event\": {\"verdict\": \"denied\"}}",
		"{\"rule\": \"x\", \"time\": \"now\", \"event\": {\"type\": \"mount\", \"verdict\": \"denied\"}}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_json json_t *alert = json_loads(bad[i], 0, NULL);
		struct error err = ERROR_INIT;
		struct json_reader r = { .file = "alert", .err = &err };
		struct kept kept = { 0 };
		int e = denials_of_alert(&r, alert, keep, &kept);

		assert_false(kept.list.len);
		if (i != 2) /* without an event it tells of no denial */
			check_number(bad[i], e, -EINVAL);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(alerts_become_denials),
		cmocka_unit_test(others_are_refused),
	};

	return unit_run(tests);
}
