/* SPDX-License-Identifier: Apache-2.0 */
#include "event_records.h"
#include "sensor/event_record.h"

static void good_records_are_taken(void **state)
{
	struct made_record m;
	struct text t;

	(void)state;
	record_exec(&m, 1, 5, "/bin/true", "true\0x", 7);
	assert_ptr_equal(event_record_check(&m, m.ev.size), &m.ev);
	assert_ptr_equal(event_record_check(&m, m.ev.size + 3), &m.ev); /* the ring rounds up */
	t = event_record_text(&m.ev, ABI_TEXT_EXE);
	check_bytes("exe", t.data, t.len, "/bin/true", 9);
	assert_null(event_record_text(&m.ev, ABI_TEXT_ENV).data);
}

static void wrong_ones_are_refused(void **state)
{
	static const struct {
		const char *name;
		size_t offset, size;
		uint64_t value;
	} rows[] = {
#define ROW(member, value)                                          \
	{ #member " = " #value, offsetof(struct abi_event, member), \
	  sizeof(((struct abi_event *)0)->member), value }
		ROW(size, 0),
		ROW(size, sizeof(struct abi_event) - 1),
		ROW(size, 100000),
		ROW(kind, 0),
		ROW(kind, ABI_EVENT_KINDS),
		ROW(kind, 255),
		ROW(table, ABI_TABLES),
		ROW(nr, ABI_CALL_NR_MAX + 1),
		ROW(text[0].at, 0),
		ROW(text[0].at, sizeof(struct abi_event) - 1),
		ROW(text[0].at, UINT32_MAX),
		ROW(text[0].len, 10000),
		ROW(text[0].len, UINT32_MAX),
		ROW(text[5].len, 1),
#undef ROW
	};
	struct made_record m;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		record_exec(&m, 1, 5, "/bin/true", "true", 5);
		memcpy((char *)&m + rows[i].offset, &rows[i].value, rows[i].size);
		check(rows[i].name, !event_record_check(&m, sizeof(m)));
	}
	record_exec(&m, 1, 5, "/bin/true", "true", 5);
	for (size_t size = 0; size < m.ev.size; size++)
		assert_null(event_record_check(&m, size));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_records_are_taken),
		cmocka_unit_test(wrong_ones_are_refused),
	};

	return unit_run(tests);
}
