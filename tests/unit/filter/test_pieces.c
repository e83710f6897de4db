/* SPDX-License-Identifier: Apache-2.0 */
/* What patterns can't do without, as they are written and against texts that fit them. */
#include "guard/filter/pieces.h"
#include "rules/regex.h"
#include "unit/rules/rig.h"

/* "a|b & c": one of a and b, and c. Fits: a text that the pattern fits, so it has that. */
static const struct {
	const char *pattern, *needs, *fits;
} rows[] = {
	{ "curl", "curl", "curl" },
	{ "", "", "" },
	{ "ab", "", "ab" },
	{ ".*(curl|wget) .*[|] *sh", "curl|wget", "a wget x | sh" },
	{ "(curl|wg) .*", "", "wg x" },
	{ "curl|wget", "curl|wget", "curl" },
	{ "curl|", "", "" },
	{ "(curl)?wget", "wget", "wget" },
	{ "(curl)*wget", "wget", "wget" },
	{ "(curl)+wget", "curl & wget", "curlcurlwget" },
	{ "(curl){0,3}wget", "wget", "wget" },
	{ "(?:curl|wget)x", "curl|wget", "curlx" },
	{ "(?i)curl", "", "CURL" },
	{ "curls?", "curl", "curl" },
	{ "curls+", "curls", "curlsss" },
	{ "curls*x", "curl", "curlx" },
	{ "curls{0,2}x", "curl", "curlx" },
	{ "abc+def", "abc & def", "abcccdef" },
	{ "abc+?def", "abc & def", "abcdef" },
	{ "a[bc]+def[]x]", "def", "abdef]" },
	{ "a[bc]+def[^]x]", "def", "abdefy" },
	{ "abc[.]def", "abc & def", "abc.def" },
	{ "abc\\.def", "abc & def", "abc.def" },
	{ "abc\\d\\ddef", "abc & def", "abc12def" },
	{ "abc\\x41def", "", "abcAdef" },
	{ "abc[[:digit:]]def", "", "abc1def" },
	{ "(base64 +(-d|-D|--decode)|openssl +enc.*-d|xxd +-r).*", "base64 |openssl |xxd ",
	  "xxd  -r x" },
	{ "((abc|def)|(ghi|jkl))mno", "abc|def|ghi|jkl & mno", "jklmno" },
	{ "((abc|de)|(ghi|jkl))mno", "mno", "demno" },
	{ "abc.def$", "abc & def", "abc-def" },
	{ "^abc", "abc", "abc" },
	{ "abc(", "", NULL },
	{ "abc)def", "", NULL },
	{ "abc**", "", NULL },
};

static void write_needs(const struct word_needs *n, struct buf *out)
{
	for (uint32_t i = 0; i < n->count; i++) {
		buf_add_str(out, i ? " & " : "");
		for (uint32_t k = 0; k < n->items[i].count; k++) {
			buf_add_str(out, k ? "|" : "");
			buf_add(out, n->items[i].texts[k].data, n->items[i].texts[k].len);
		}
	}
}

static bool has(struct text t, struct text word)
{
	return memmem(t.data, t.len, word.data, word.len) != NULL;
}

static void patterns_need_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_buf struct buf text = BUF_INIT;
		struct word_needs n;

		regex_needs(text_of(rows[i].pattern), &n);
		buf_add_str(&text, "");
		write_needs(&n, &text);
		if (strcmp(text.data ? text.data : "", rows[i].needs) != 0)
			fail_msg("%s needs %s, not %s", rows[i].pattern, text.data, rows[i].needs);
	}
}

static void what_fits_has_them(void **state)
{
	struct regex_room room;

	(void)state;
	assert_true(regex_room_init(&room));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char why[128];
		size_t at;
		struct regex *r;
		struct word_needs n;

		if (!rows[i].fits)
			continue;
		r = regex_new(text_of(rows[i].pattern), why, sizeof(why), &at);
		assert_non_null(r);
		if (!regex_match(r, text_of(rows[i].fits), &room))
			fail_msg("%s does not fit %s", rows[i].fits, rows[i].pattern);
		regex_free(r);
		regex_needs(text_of(rows[i].pattern), &n);
		for (uint32_t k = 0; k < n.count; k++) {
			bool any = false;

			for (uint32_t m = 0; m < n.items[k].count; m++)
				any |= has(text_of(rows[i].fits), n.items[k].texts[m]);
			assert_true(any);
		}
	}
	regex_room_deinit(&room);
}

/* Patterns of few signs, texts of few letters: whatever fits has what the pattern needs. */
static void any_pattern_is_understood_or_not_at_all(void **state)
{
	static const char *const signs[] = { "abc", "a", "b", "cab",  "(",     ")",  "|",  "?",
					     "*",   "+", ".", "[ab]", "{0,1}", "\\", "(?:" };
	struct chance c = { .state = 5 };
	struct regex_room room;
	uint32_t fits = 0, needs = 0;

	(void)state;
	assert_true(regex_room_init(&room));
	for (int i = 0; i < 60000; i++) {
		char pattern[64] = "", why[128], text[16];
		struct word_needs n;
		struct regex *r;
		size_t at;

		for (size_t k = 1 + chance_below(&c, 7); k; k--)
			strcat(pattern, signs[chance_below(&c, ARRAY_SIZE(signs))]);
		regex_needs(text_of(pattern), &n);
		r = regex_new(text_of(pattern), why, sizeof(why), &at);
		needs += r && n.count;
		for (int k = 0; r && n.count && k < 400; k++) {
			size_t len = chance_below(&c, sizeof(text));
			struct text t = text_from(text, (uint32_t)len);

			for (size_t m = 0; m < len; m++)
				text[m] = "abc"[chance_below(&c, 3)];
			if (!regex_match(r, t, &room))
				continue;
			fits++;
			for (uint32_t m = 0; m < n.count; m++) {
				bool any = false;

				for (uint32_t o = 0; o < n.items[m].count; o++)
					any |= has(t, n.items[m].texts[o]);
				if (!any)
					fail_msg("%.*s fits %s", (int)len, text, pattern);
			}
		}
		regex_free(r);
	}
	regex_room_deinit(&room);
	print_message("# %u patterns need something, %u texts fit\n", needs, fits);
	assert_true(needs > 1000 && fits > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_need_words),
		cmocka_unit_test(what_fits_has_them),
		cmocka_unit_test(any_pattern_is_understood_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
