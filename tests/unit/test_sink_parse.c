/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/str.h"
#include "sinks/sink.h"
#include "unit.h"

static void good_words(void **state)
{
	struct sink_config c;

	assert_int_equal(sink_parse(&c, "text", NULL), 0);
	assert_ptr_equal(c.ops, &sink_text);
	assert_null(c.target);
	assert_int_equal(c.min, ALERT_DEBUG);
	sink_config_deinit(&c);
	assert_int_equal(sink_parse(&c, "file:/var/log/m.jsonl,max=100M,keep=5,min=WARNING", NULL),
			 0);
	assert_string_equal(c.target, "/var/log/m.jsonl");
	assert_int_equal(c.max_bytes, 100 << 20);
	assert_int_equal(c.keep, 5);
	assert_int_equal(c.min, ALERT_WARNING);
	sink_config_deinit(&c);
	assert_int_equal(sink_parse(&c,
				    "webhook:http://h:1/a?b=1,2&c=3,batch=20,timeout=5s,spool=/x,y",
				    NULL),
			 0);
	assert_string_equal(c.target, "http://h:1/a?b=1,2&c=3");
	assert_string_equal(c.spool, "/x,y");
	assert_int_equal(c.batch, 20);
	assert_int_equal(c.timeout_ns, 5000000000LL);
	sink_config_deinit(&c);
	assert_int_equal(sink_parse(&c, "syslog:,facility=local7,format=json", NULL), 0);
	assert_null(c.target);
	assert_int_equal(c.facility, 23);
	assert_int_equal(c.format, SINK_JSON);
	sink_config_deinit(&c);
	assert_int_equal(sink_parse(&c, "syslog", NULL), 0);
	assert_int_equal(c.facility, 10);
	assert_int_equal(c.format, SINK_TEXT);
	sink_config_deinit(&c);
}

static void bad_words(void **state)
{
	static const struct {
		const char *word, *says;
	} rows[] = {
		{ "", "there are text, json, file, syslog, webhook" },
		{ "mail:me", "\"mail\" is no kind of output" },
		{ "file", "file needs a target: file:PATH" },
		{ "file:", "file needs a target" },
		{ "file:,max=1M", "file needs a target" },
		{ "text,color", "options are as min=warning" },
		{ "text,colour=always", "did you mean \"color\"" },
		{ "text,max=1M", "text has no option \"max\"" },
		{ "text,color=red", "wanted is auto always never" },
		{ "text,min=severe", "wanted is emergency" },
		{ "file:x,max=much", "wanted is a size as 100M" },
		{ "file:x,max=1", "out of range" },
		{ "file:x,max=99999999999999999999G", "wanted is a size" },
		{ "file:x,max=17179869184G", "wanted is a size" },
		{ "file:x,max=M", "wanted is a size" },
		{ "file:x,keep=-1", "wanted is a number" },
		{ "webhook:http://x/,batch=0", "out of range" },
		{ "webhook:http://x/,timeout=never", "wanted is a duration" },
		{ "webhook:http://x/,spool=", "spool= needs a value" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		struct sink_config c;

		check_number(rows[i].word, sink_parse(&c, rows[i].word, &err), -EINVAL);
		if (!strstr(err.text, rows[i].says))
			print_error("# %s\n", err.text);
		check(rows[i].word, strstr(err.text, rows[i].says) != NULL);
	}
}

/* Each option that is documented for a kind is one that it takes. */
static void documented_options_exist(void **state)
{
	for (const struct sink_option *o = sink_options; o->name; o++)
		for (size_t i = 0; sink_kinds[i]; i++) {
			const char *kind = sink_kinds[i]->name;
			bool mine = !o->kinds || strstr(o->kinds, kind);
			cleanup_free char *word = str_format("%s:x,%s=@", kind, o->name);
			struct error err = ERROR_INIT;
			struct sink_config c;

			sink_parse(&c, word, &err);
			sink_config_deinit(&c);
			check_number(word, strstr(err.text, "has no option") == NULL, mine);
		}
}

static const char *tutorial; /* docs/tutorial-alerts.md, from the command line */

/* "`max=" in the row of a kind, or of all; and each kind has a row. */
static void options_are_in_the_tutorial(void **state)
{
	cleanup_free char *text = unit_file_read(tutorial, NULL);

	for (const struct sink_option *o = sink_options; o->name; o++) {
		cleanup_free char *word = str_format("`%s=", o->name);

		check(word, strstr(text, word) != NULL);
	}
	for (size_t i = 0; sink_kinds[i]; i++) {
		cleanup_free char *word = str_format("`%s", sink_kinds[i]->name);

		check(word, strstr(text, word) != NULL);
	}
}

static void what_kinds_refuse(void **state)
{
	static const struct {
		const char *word;
		int want;
		const char *says;
	} rows[] = {
		{ "text:printer", -EINVAL, "stdout or stderr" },
		{ "file:/nonexistent/x", -ENOENT, "/nonexistent/x" },
		{ "file:/dev/null", -EINVAL, "not a file" },
		{ "file:/tmp", -EISDIR, "/tmp" },
		{ "syslog:udp:nowhere", -EINVAL, "HOST:PORT" },
		{ "syslog:udp::514", -EINVAL, "HOST:PORT" },
		{ "syslog:tcp:127.0.0.1:", -EINVAL, "HOST:PORT" },
		{ "syslog:mars", -EINVAL, "/PATH, udp:HOST:PORT or tcp:HOST:PORT" },
		{ "webhook:ftp://x/", -EINVAL, "https://host" },
		{ "webhook:file:///etc/passwd", -EINVAL, "https://host" },
		{ "webhook:nonsense", -EINVAL, "https://host" },
		{ "webhook:http://x/,headers=/nonexistent", -ENOENT, "/nonexistent" },
	};
	struct poller poller;

	assert_int_equal(poller_init(&poller, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		struct sink_config c;
		struct sink *s = NULL;

		check_number(rows[i].word, sink_parse(&c, rows[i].word, &err), 0);
		check_number(rows[i].word, sink_open(&s, &c, &poller, NULL, NULL, &err),
			     rows[i].want);
		if (!strstr(err.text, rows[i].says))
			print_error("# %s\n", err.text);
		check(rows[i].word, strstr(err.text, rows[i].says) != NULL);
	}
	poller_deinit(&poller);
}

static void passwords_are_not_shown(void **state)
{
	char *dir = unit_dir();
	cleanup_free char *word = str_format(
		"webhook:http://me:secret@host:8080/path?token=secret,spool=%s/s", dir);
	struct sink_config c;
	struct poller poller;
	struct sink *s = NULL;

	assert_int_equal(poller_init(&poller, NULL), 0);
	assert_int_equal(sink_parse(&c, word, NULL), 0);
	assert_int_equal(sink_open(&s, &c, &poller, NULL, NULL, NULL), 0);
	assert_string_equal(s->name, "webhook:http://host:8080/path");
	sink_close(s);
	poller_deinit(&poller);
	unit_dir_remove(dir);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_words),
		cmocka_unit_test(bad_words),
		cmocka_unit_test(documented_options_exist),
		cmocka_unit_test(options_are_in_the_tutorial),
		cmocka_unit_test(what_kinds_refuse),
		cmocka_unit_test(passwords_are_not_shown),
	};

	tutorial = argc > 1 ? argv[1] : "docs/tutorial-alerts.md";
	return unit_run(tests);
}
