/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include "unit.h"

/* RFC 4648, section 10. */
static void vectors(void **state)
{
	static const struct {
		const char *plain, *text;
	} rows[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfd", "//79" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_buf struct buf text = BUF_INIT, back = BUF_INIT;

		base64_encode(&text, rows[i].plain, strlen(rows[i].plain));
		check_text(rows[i].text, text.data ? text.data : "", rows[i].text);
		check(rows[i].text, base64_decode(&back, rows[i].text, strlen(rows[i].text)));
		check_bytes(rows[i].text, back.data ? back.data : "", back.len, rows[i].plain,
			    strlen(rows[i].plain));
	}
}

static void refused(void **state)
{
	/* The last two end in bits that no byte has: another text for the same bytes. */
	static const char *const rows[] = { "Zg",  "Zg=",  "Zg===",    "Z===", "====", "Zm9v\n",
					    "Zm9", "Zm-v", "Zg==Zg==", "Z=9v", "Zh==", "Zm9=" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_buf struct buf back = BUF_INIT;

		check(rows[i], !base64_decode(&back, rows[i], strlen(rows[i])));
	}
}

static void there_and_back(void **state)
{
	struct chance c = { 64 };

	for (int round = 0; round < 500; round++) {
		uint8_t bytes[100];
		size_t len = chance_below(&c, sizeof(bytes));
		cleanup_buf struct buf text = BUF_INIT, back = BUF_INIT;

		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)chance_next(&c);
		base64_encode(&text, bytes, len);
		assert_true(base64_decode(&back, text.data ? text.data : "", text.len));
		check_bytes("there and back", back.data ? back.data : "", back.len, bytes, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(vectors), cmocka_unit_test(refused),
					    cmocka_unit_test(there_and_back) };

	return unit_run(tests);
}
