/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded events in both forms: what was read and written is read as the same again. */
#include "base/str.h"
#include "event/stream.h"
#include "fuzz.h"

/* Reads all and writes it in a form; false: refused. */
static bool rewrite(struct text content, enum stream_form form, struct buf *out)
{
	cleanup_event_reader struct event_reader *reader = NULL;
	cleanup_event_writer struct event_writer *writer = NULL;
	struct error err = ERROR_INIT;
	struct event ev;
	int n;

	if (event_reader_new(&reader, "f", content, true, &err))
		return false;
	while ((n = event_reader_next(reader, &ev, &err)) > 0) {
		if (!writer && event_writer_new(&writer, form, ev.hostname))
			return false;
		if (event_writer_add(writer, &ev, out))
			return false;
	}
	fuzz_check(n == 0 || (err.code && str_starts(err.text, "f:")));
	return n == 0;
}

static struct text text_in(const struct buf *b)
{
	return text_from(b->data ? b->data : "", b->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text content = text_from((const char *)data, size);
	cleanup_buf struct buf json = BUF_INIT, json2 = BUF_INIT, binary = BUF_INIT,
			       binary2 = BUF_INIT;

	if (!rewrite(content, STREAM_JSON, &json))
		return 0;
	/* JSON has room for valid UTF-8 only; from there on nothing changes any more. */
	fuzz_check(rewrite(text_in(&json), STREAM_BINARY, &binary));
	fuzz_check(rewrite(text_in(&binary), STREAM_JSON, &json2));
	fuzz_check(json.len == json2.len &&
		   (!json.len || !memcmp(json.data, json2.data, json.len)));
	fuzz_check(rewrite(text_in(&binary), STREAM_BINARY, &binary2));
	fuzz_check(binary.len == binary2.len &&
		   (!binary.len || !memcmp(binary.data, binary2.data, binary.len)));
	return 0;
}
