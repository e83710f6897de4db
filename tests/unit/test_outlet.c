/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/outlet.h"

#include <errno.h>
#include <unistd.h>

#include "base/utf8.h"
#include "unit.h"

struct taken {
	size_t documents, garbled;
	json_t *last;
};

static void take(json_t *document, void *arg)
{
	struct taken *t = arg;

	if (!document) {
		t->garbled++;
		return;
	}
	json_decref(t->last);
	t->last = document;
	t->documents++;
}

static void open_both(struct outlet *out, struct inlet *in)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	*out = OUTLET_INIT;
	*in = INLET_INIT;
	in->fd = fds[0];
	out->fd = fds[1];
}

/* The name of an abstract socket may hold any byte. */
static void a_nul_in_a_text_silences_nothing(void **state)
{
	static const char name[] = "@a\0b";
	struct taken t = { 0 };
	struct outlet out;
	struct inlet in;
	json_t *o = json_object();

	open_both(&out, &in);
	json_object_set_new(o, "fd", utf8_json(text_from(name, sizeof(name) - 1)));
	outlet_put(&out, o);
	assert_int_equal(outlet_flush(&out, true), 0);
	assert_int_equal(inlet_take(&in, take, &t), 0);
	assert_int_equal(t.documents, 1);
	assert_int_equal(json_string_length(json_object_get(t.last, "fd")), sizeof(name) - 1);
	json_decref(t.last);
	outlet_deinit(&out);
	inlet_deinit(&in);
}

static void what_is_no_document_is_told_of(void **state)
{
	static const char lines[] = "{\"a\": \n{}\n";
	struct taken t = { 0 };
	struct outlet out;
	struct inlet in;

	open_both(&out, &in);
	assert_int_equal(write(out.fd, lines, sizeof(lines) - 1), sizeof(lines) - 1);
	assert_int_equal(inlet_take(&in, take, &t), 0);
	assert_int_equal(t.garbled, 1);
	assert_int_equal(t.documents, 1);
	outlet_deinit(&out);
	assert_int_equal(inlet_take(&in, take, &t), -EPIPE);
	json_decref(t.last);
	inlet_deinit(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nul_in_a_text_silences_nothing),
		cmocka_unit_test(what_is_no_document_is_told_of),
	};

	return unit_run(tests);
}
