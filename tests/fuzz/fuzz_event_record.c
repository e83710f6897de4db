/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as a broken or hostile kernel side would send them: what passes the check is taken into the
 * tables and made into events without reading beyond a record, and what is written of them can be read.
 * The input: each record after two bytes with its length.
 */
#include "event/stream.h"
#include "fuzz.h"
#include "guard/translate.h"
#include "sensor/event_record.h"

static struct call_table calls;

static bool is_text_good(const struct abi_event *ev, struct text t)
{
	const char *begin = (const char *)ev;

	return !t.data || (t.data >= begin && t.data + t.len <= begin + ev->size);
}

/* A copy of its own, so that a read beyond it is seen. */
static void take(struct translator *x, struct event_writer *w, const uint8_t *data, size_t size,
		 struct buf *out)
{
	void *copy = malloc(size + 1);
	const struct abi_event *ev;
	struct event event;

	if (!copy)
		abort();
	memcpy(copy, data, size);
	ev = event_record_check(copy, size);
	if (ev) {
		for (unsigned i = 0; i < ABI_EVENT_TEXTS; i++)
			fuzz_check(is_text_good(ev, event_record_text(ev, i)));
		if (translator_take(x, ev, &event) > 0)
			fuzz_check(event_writer_add(w, &event, out) == 0);
		translator_done(x, ev);
	}
	free(copy);
}

static void read_back(const struct buf *b)
{
	cleanup_event_reader struct event_reader *reader = NULL;
	struct error err = ERROR_INIT;
	struct event ev;
	int n;

	if (!b->len)
		return;
	fuzz_check(!event_reader_new(&reader, "f", text_from(b->data, b->len), false, &err));
	while ((n = event_reader_next(reader, &ev, &err)) > 0)
		;
	fuzz_check(n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_process_table struct process_table *processes = NULL;
	cleanup_translator struct translator *translator = NULL;
	cleanup_event_writer struct event_writer *writer = NULL;
	cleanup_buf struct buf out = BUF_INIT;
	enum stream_form form = size % 2 ? STREAM_JSON : STREAM_BINARY;

	if (!calls.rows[0])
		call_table_fill(&calls);
	if (process_table_new(&processes, 0, NULL, NULL) ||
	    translator_new(&translator, &calls, processes, 0) ||
	    event_writer_new(&writer, form, TEXT("h")))
		abort();
	while (size > 2) {
		size_t len = (size_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		len = len < size ? len : size;
		take(translator, writer, data, len, &out);
		data += len;
		size -= len;
	}
	read_back(&out);
	return 0;
}
