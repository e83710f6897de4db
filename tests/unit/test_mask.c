/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mask.h"

#include "alert/mask.h"
#include "unit.h"

/* Keys are put together here, so that no scanner takes this file for a leak. */
#define GITHUB                 \
	"ghp_"                 \
	"0123456789abcdefghij" \
	"0123456789abcdef"
#define AWS    \
	"AKIA" \
	"IOSFODNN7EXAMPLE"

static void hides(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "mysql -uroot -phunter2 db", "mysql -uroot -p*** db" },
		{ "/usr/bin/mysqldump -p -h db", "/usr/bin/mysqldump -p -h db" },
		{ "mysql --password=hunter2", "mysql --password=***" },
		{ "tool --password hunter2 --verbose", "tool --password *** --verbose" },
		{ "tool --password 1234", "tool --password ***" },
		{ "tool --token abc --api-key=def -token ghi",
		  "tool --token *** --api-key=*** -token ***" },
		{ "tool --token-file /run/t --password-file=/run/p",
		  "tool --token-file /run/t --password-file=/run/p" },
		{ "sh -c 'PGPASSWORD=x1 psql'", "sh -c 'PGPASSWORD=*** psql'" },
		{ "docker run -e DB_PASSWORD=x1 --env=API_TOKEN=y2 i",
		  "docker run -e DB_PASSWORD=*** --env=API_TOKEN=*** i" },
		{ "docker login -u me -p hunter2 hub", "docker login -u me -p *** hub" },
		{ "docker run -p 80:80 i", "docker run -p 80:80 i" },
		{ "sshpass -p hunter2 ssh h", "sshpass -p *** ssh h" },
		{ "sshpass -phunter2 ssh -p 22 h", "sshpass -p*** ssh -p 22 h" },
		{ "redis-cli -a hunter2 ping", "redis-cli -a *** ping" },
		{ "curl -u me:hunter2 http://h/", "curl -u me:*** http://h/" },
		{ "curl -ume:hunter2 http://h/", "curl -ume:*** http://h/" },
		{ "curl -u me http://h/", "curl -u me http://h/" },
		{ "curl http://me:hunter2@h/x?y=1", "curl http://me:***@h/x?y=1" },
		{ "curl 'http://h/?user=a&token=abc&x=1'",
		  "curl 'http://h/?user=a&token=***&x=1'" },
		{ "curl -H 'Authorization: Bearer abc' h",
		  "curl -H 'Authorization: Bearer ***' h" },
		{ "curl -H Authorization:Basic abc== h", "curl -H Authorization:Basic abc== h" },
		{ "curl -H \"Proxy-Authorization: abc123\" h",
		  "curl -H \"Proxy-Authorization: ***\" h" },
		{ "curl -H X-Auth-Token: abc h", "curl -H X-Auth-Token: *** h" },
		{ "curl -d '{\"user\": \"a\", \"password\": \"b c\"}'",
		  "curl -d '{\"user\": \"a\", \"password\": \"*** c\"}'" },
		{ "curl -d {\"password\":\"b\"}", "curl -d {\"password\":\"***\"}" },
		{ "git clone https://x:" GITHUB "@h/r", "git clone https://x:***@h/r" },
		{ "echo " GITHUB, "echo ***" },
		{ "aws configure set k " AWS, "aws configure set k ***" },
		{ "x=" AWS " y=" GITHUB "!", "x=*** y=***!" },
		{ "PASSWORD=$SECRET tool --password ${X}",
		  "PASSWORD=$SECRET tool --password ${X}" },
		{ "AUTH=none TOKEN=true", "AUTH=none TOKEN=true" },
		{ "A service account token was read: cat /run/secrets/token",
		  "A service account token was read: cat /run/secrets/token" },
		{ "image bitnami/sealed-secrets:1.2 pod token-reader",
		  "image bitnami/sealed-secrets:1.2 pod token-reader" },
		{ "passwd root", "passwd root" },
		{ "cat /etc/passwd", "cat /etc/passwd" },
		{ "mkdir -p /a/b; mysql -px", "mkdir -p /a/b; mysql -p***" },
		{ "mysql x; cp -pr a b", "mysql x; cp -pr a b" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_buf struct buf out = BUF_INIT, again = BUF_INIT;
		bool masked = mask_text(text_of(rows[i].text), &out);

		check_text(rows[i].text, masked ? out.data : rows[i].text, rows[i].want);
		check_number(rows[i].text, masked, strcmp(rows[i].text, rows[i].want) != 0);
		if (masked && mask_text(text_of(out.data), &again))
			check_text(rows[i].text, again.data, rows[i].want);
	}
}

static void only_what_is_quoted_in_documents(void **state)
{
	json_t *o = json_pack(
		"{s:s, s:s, s:{s:s, s:s, s:i}, s:{s:[{s:s}]}, s:[s], s:[{s:s}], s:{s:s}}", "rule",
		"x --password y", "output", "ran x --password y", "output_fields", "proc.cmdline",
		"x --password y", "proc.env[API_KEY]", "abc", "proc.pid", 7, "process", "ancestors",
		"cmdline", "mysql -phunter2", "tags", "TOKEN=abc", "before", "text",
		"sh ran tool --token abc", "container", "name", "TOKEN=abc");
	char *text;

	alert_mask(o);
	text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(
		text,
		"{\"before\":[{\"text\":\"sh ran tool --token ***\"}],\"container\":{\"name\":\"TOKEN=abc\"},"
		"\"output\":\"ran x --password ***\",\"output_fields\":{\"proc.cmdline\":\"x --password ***\","
		"\"proc.env[API_KEY]\":\"***\",\"proc.pid\":7},\"process\":{\"ancestors\":[{\"cmdline\":"
		"\"mysql -p***\"}]},\"rule\":\"x --password y\",\"tags\":[\"TOKEN=abc\"]}");
	free(text);
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hides),
		cmocka_unit_test(only_what_is_quoted_in_documents),
	};

	return unit_run(tests);
}
