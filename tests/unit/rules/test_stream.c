/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded events: both forms say the same, later versions are read, what is wrong is refused. */
#include "base/str.h"
#include "random.h"
#include "rig.h"

static void write_all(enum stream_form form, const struct event *events, size_t count,
		      struct buf *out)
{
	cleanup_event_writer struct event_writer *w = NULL;

	assert_int_equal(event_writer_new(&w, form, TEXT("node-7")), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(event_writer_add(w, &events[i], out), 0);
}

/* Reads a stream and writes it in a form. */
static void rewrite(struct text content, enum stream_form form, struct buf *out)
{
	cleanup_event_reader struct event_reader *reader = NULL;
	cleanup_event_writer struct event_writer *w = NULL;
	struct error err = ERROR_INIT;
	struct event ev;
	int n;

	assert_int_equal(event_reader_new(&reader, "stream", content, true, &err), 0);
	while ((n = event_reader_next(reader, &ev, &err)) > 0) {
		if (!w)
			assert_int_equal(event_writer_new(&w, form, ev.hostname), 0);
		assert_int_equal(event_writer_add(w, &ev, out), 0);
	}
	if (n < 0)
		fail_msg("%s", err.text);
}

static void check_same(const struct buf *a, const struct buf *b)
{
	if (a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0))
		return;
	for (size_t i = 0; i < a->len && i < b->len; i++)
		if (a->data[i] != b->data[i]) {
			size_t from = i > 200 ? i - 200 : 0;

			fail_msg("differ at byte %zu:\n%.300s\n---\n%.300s", i, a->data + from,
				 b->data + from);
		}
	fail_msg("of %zu and %zu bytes", a->len, b->len);
}

/* Whatever a stream was read from, written it is what the events themselves are written as. */
static void test_twins(void **state)
{
	struct chance c = { .state = 4711 };
	struct random_world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	for (int round = 0; round < 200; round++) {
		cleanup_buf struct buf json = BUF_INIT, binary = BUF_INIT, json2 = BUF_INIT,
				       binary2 = BUF_INIT, json3 = BUF_INIT;
		struct event ev;

		/* One event each: its world changes for the next. */
		random_world(&c, world);
		random_event(&c, world, &ev);
		write_all(STREAM_JSON, &ev, 1, &json);
		write_all(STREAM_BINARY, &ev, 1, &binary);
		rewrite(text_from(json.data, json.len), STREAM_JSON, &json2);
		check_same(&json, &json2);
		rewrite(text_from(binary.data, binary.len), STREAM_JSON, &json3);
		check_same(&json, &json3);
		rewrite(text_from(binary.data, binary.len), STREAM_BINARY, &binary2);
		check_same(&binary, &binary2);
	}
	free(world);
}

static const char shared[] =
	"{\"format\":\"merlon-events\",\"version\":1,\"hostname\":\"node-7\"}\n"
	"# a remark\n\n"
	"{\"define\":\"container\",\"as\":\"web\",\"id\":\"0123456789ab\",\"image\":\"nginx:1\"}\n"
	"{\"define\":\"process\",\"as\":\"sh\",\"name\":\"sh\",\"pid\":4,\"container\":\"web\"}\n"
	"{\"event\":\"execve\",\"process\":{\"name\":\"id\",\"pid\":5,\"parent\":\"sh\"}}\n"
	"{\"event\":\"write\",\"process\":\"sh\",\"args\":{\"data\":{\"hex\":\"00ff0a\"}},"
	"\"fd\":{\"num\":1,\"type\":\"pipe\"}}\n"
	"{\"event\":\"k8s_audit\",\"audit\":{\"verb\":\"get\",\"n\":[1,2,{\"x\":null}]}}\n";

static void test_definitions(void **state)
{
	cleanup_event_reader struct event_reader *r = NULL;
	struct error err = ERROR_INIT;
	struct event ev;

	assert_int_equal(event_reader_new(&r, "x", TEXT(shared), false, &err), 0);
	assert_int_equal(event_reader_next(r, &ev, &err), 1);
	assert_int_equal(ev.number, 1);
	assert_true(text_eq_str(ev.hostname, "node-7"));
	assert_true(text_eq_str(ev.process->name, "id"));
	assert_true(text_eq_str(ev.process->parent->name, "sh"));
	/* Children are where their parent is. */
	assert_true(text_eq_str(ev.process->container->image, "nginx:1"));
	assert_int_equal(event_reader_next(r, &ev, &err), 1);
	assert_int_equal(ev.fd->type, FD_PIPE);
	assert_int_equal(ev.fd_num, 1);
	assert_int_equal(event_reader_next(r, &ev, &err), 1);
	assert_string_equal(json_string_value(json_object_get(ev.audit, "verb")), "get");
	assert_int_equal(event_reader_next(r, &ev, &err), 0);
}

static void test_bytes(void **state)
{
	cleanup_buf struct buf binary = BUF_INIT, json = BUF_INIT, binary2 = BUF_INIT;

	rewrite(TEXT(shared), STREAM_BINARY, &binary);
	rewrite(text_from(binary.data, binary.len), STREAM_JSON, &json);
	assert_non_null(strstr(json.data, "\"hex\":\"00ff0a\""));
	assert_non_null(strstr(json.data, "\"audit\":{\"verb\":\"get\",\"n\":[1,2,{\"x\":null}]}"));
	rewrite(text_from(json.data, json.len), STREAM_BINARY, &binary2);
	check_same(&binary, &binary2);
}

static void test_bad_json(void **state)
{
	static const struct {
		const char *line, *message;
	} rows[] = {
		{ "[]", "x:2: /: a record must be an object" },
		{ "{", "x:2:" },
		{ "{\"event\":\"nosuch\"}", "there is no event \"nosuch\"" },
		{ "{\"event\":\"openat\",\"foo\":1}", "an event has no member \"foo\"" },
		{ "{\"event\":\"openat\",\"event\":\"open\"}", "duplicate" },
		{ "{\"event\":\"openat\",\"args\":{\"nosuch\":1}}",
		  "this event has no parameter \"nosuch\"" },
		{ "{\"event\":\"openat\",\"args\":{\"flags\":\"O_NOSUCH\"}}",
		  "/args/flags: \"O_NOSUCH\" is no value of this parameter" },
		{ "{\"event\":\"execve\",\"args\":{\"exe\":\"x\"}}",
		  "is not an argument that an event carries" },
		{ "{\"event\":\"openat\",\"process\":\"nobody\"}",
		  "/process: must be a process that was defined, or an object" },
		{ "{\"event\":\"openat\",\"process\":{\"pid\":\"x\"}}",
		  "/process/pid: must be a whole number" },
		{ "{\"event\":\"openat\",\"process\":{\"pidd\":1}}",
		  "a process has no member \"pidd\"" },
		{ "{\"event\":\"openat\",\"process\":{\"args\":[1]}}",
		  "/process/args: must be a list of texts" },
		{ "{\"event\":\"openat\",\"process\":{\"cap_effective\":\"CAP_NOSUCH\"}}",
		  "\"CAP_NOSUCH\" is no capability" },
		{ "{\"event\":\"openat\",\"result\":\"ENOSUCH\"}", "\"result\" must be" },
		{ "{\"event\":\"openat\",\"time\":\"yesterday\"}", "must be a time" },
		{ "{\"event\":\"openat\",\"fd\":{\"type\":\"foo\"}}", "/fd/type: must be file" },
		{ "{\"event\":\"openat\",\"cpu\":65536}", "cpu" },
		{ "{\"event\":\"k8s_audit\",\"audit\":[]}", "\"audit\" must be an object" },
		{ "{\"define\":\"thing\",\"as\":\"x\"}", "\"process\" or \"container\"" },
		{ "{\"define\":\"process\"}", "as" },
		{ "{\"format\":\"other\",\"version\":1}", "not \"merlon-events\"" },
		{ "{\"format\":\"merlon-events\",\"version\":2}", "newer than this program" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = str_format("{\"event\":\"openat\"}\n%s\n", rows[i].line);
		cleanup_event_reader struct event_reader *r = NULL;
		struct error err = ERROR_INIT;
		struct event ev;

		assert_int_equal(event_reader_new(&r, "x", text_of(text), false, &err), 0);
		assert_int_equal(event_reader_next(r, &ev, &err), 1);
		check(rows[i].line, event_reader_next(r, &ev, &err) < 0);
		check(err.text, strstr(err.text, rows[i].message));
		check(err.text, str_starts(err.text, "x:2"));
	}
}

/* Every beginning of a stream, and every one with a byte changed, is read or refused. */
static void test_bad_binary(void **state)
{
	cleanup_buf struct buf good = BUF_INIT;
	struct chance c = { .state = 17 };
	size_t refused = 0;

	rewrite(TEXT(shared), STREAM_BINARY, &good);
	for (size_t i = 0; i < 20000; i++) {
		size_t len = i < good.len ? i : good.len;
		cleanup_free char *copy = malloc(len + 1);
		cleanup_event_reader struct event_reader *r = NULL;
		struct error err = ERROR_INIT;
		struct event ev;
		int n;

		assert_non_null(copy);
		memcpy(copy, good.data, len);
		if (i >= good.len)
			copy[chance_below(&c, len)] = (char)chance_below(&c, 256);
		event_reader_new(&r, "x", text_from(copy, len), chance_below(&c, 2), &err);
		while ((n = event_reader_next(r, &ev, &err)) > 0)
			;
		refused += n < 0;
		assert_true(n == 0 || err.code);
	}
	assert_true(refused > 1000);
}

static void add_varint(struct buf *out, uint64_t n)
{
	for (; n >= 128; n >>= 7)
		buf_add_char(out, (char)(n | 128));
	buf_add_char(out, (char)n);
}

/* A record, a type, a member that this version does not know is passed over. */
static void test_later_versions(void **state)
{
	cleanup_buf struct buf good = BUF_INIT, more = BUF_INIT, a = BUF_INIT, b = BUF_INIT;

	rewrite(TEXT(shared), STREAM_BINARY, &good);
	buf_add(&more, good.data, good.len);
	add_varint(&more, 99); /* a kind of record */
	add_varint(&more, 3);
	buf_add_str(&more, "abc");
	add_varint(&more, 2); /* a type: number 250 of the writer, without parameters */
	add_varint(&more, 2 + 1 + 6 + 1);
	add_varint(&more, 250);
	add_varint(&more, 6);
	buf_add_str(&more, "nosuch");
	add_varint(&more, 0);
	add_varint(&more, 5); /* an event of it */
	add_varint(&more, 3);
	add_varint(&more, 1 << 1);
	add_varint(&more, 250);
	rewrite(text_from(good.data, good.len), STREAM_JSON, &a);
	rewrite(text_from(more.data, more.len), STREAM_JSON, &b);
	check_same(&a, &b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twins),	   cmocka_unit_test(test_definitions),
		cmocka_unit_test(test_bytes),	   cmocka_unit_test(test_bad_json),
		cmocka_unit_test(test_bad_binary), cmocka_unit_test(test_later_versions),
	};

	return unit_run(tests);
}
