/* SPDX-License-Identifier: Apache-2.0 */
/* Differences of random texts: applied to the one they give the other, and no shorter one would. */
#include "base/cleanup.h"
#include "base/difference.h"
#include "unit.h"

enum { LINES = 24, ROUNDS = 20000 };

struct made {
	char text[LINES * 2 + 1];
	size_t lines;
};

static void make(struct made *m, struct chance *c, unsigned letters)
{
	m->lines = chance_below(c, LINES);
	for (size_t i = 0; i < m->lines; i++) {
		m->text[i * 2] = (char)('a' + chance_below(c, letters));
		m->text[i * 2 + 1] = '\n';
	}
	m->text[m->lines * 2] = '\0';
}

/* How many lines two texts have in common, in order. */
static size_t common(const struct made *a, const struct made *b)
{
	size_t n[LINES + 1][LINES + 1] = { 0 };

	for (size_t i = a->lines; i-- > 0;)
		for (size_t k = b->lines; k-- > 0;)
			n[i][k] = a->text[i * 2] == b->text[k * 2] ? n[i + 1][k + 1] + 1 :
				  n[i + 1][k] > n[i][k + 1]	   ? n[i + 1][k] :
								     n[i][k + 1];
	return n[0][0];
}

/* Applies it as patch(1) would, without looking around; *ret_changed: lines that go or come. */
static void apply(const char *difference, const struct made *from, char *to, size_t *ret_changed)
{
	size_t at = 0, out = 0;

	*ret_changed = 0;
	for (const char *line = difference; *line; line = strchr(line, '\n') + 1) {
		unsigned long a;

		if (!strncmp(line, "---", 3) || !strncmp(line, "+++", 3))
			continue;
		if (*line == '@') {
			a = strtoul(line + 4, NULL, 10);
			a -= a > 0 && strncmp(strchr(line + 4, ',') + 1, "0 ", 2) != 0;
			for (; at < a; at++, out += 2)
				memcpy(to + out, from->text + at * 2, 2);
			continue;
		}
		if (*line != '+') {
			assert_true(at < from->lines && from->text[at * 2] == line[1]);
			at++;
		}
		if (*line != '-') {
			memcpy(to + out, line + 1, 2);
			out += 2;
		}
		*ret_changed += *line != ' ';
	}
	for (; at < from->lines; at++, out += 2)
		memcpy(to + out, from->text + at * 2, 2);
	to[out] = '\0';
}

static void random_texts(void **state)
{
	struct chance c = { 7 };

	for (int round = 0; round < ROUNDS; round++) {
		cleanup_buf struct buf out = BUF_INIT;
		struct made a, b;
		char to[LINES * 4 + 1];
		size_t changed, least;

		make(&a, &c, 2 + (unsigned)round % 12);
		make(&b, &c, 2 + (unsigned)round % 12);
		difference_add(&out, "f", text_of(a.text), text_of(b.text));
		assert_false(out.failed);
		assert_int_equal(out.len == 0, !strcmp(a.text, b.text));
		apply(out.data ? out.data : "", &a, to, &changed);
		assert_string_equal(to, b.text);
		least = a.lines + b.lines - 2 * common(&a, &b);
		assert_true(changed >= least && changed <= least + LINES);
	}
}

static void a_line_in_the_midst_stays(void **state)
{
	cleanup_buf struct buf out = BUF_INIT;

	difference_add(&out, "f", TEXT("a\nvolumes\n"), TEXT("a\nb\nc\nvolumes\nd\n"));
	assert_string_equal(out.data, "--- f\n+++ f\n@@ -1,2 +1,5 @@\n a\n+b\n+c\n volumes\n+d\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_texts),
		cmocka_unit_test(a_line_in_the_midst_stays),
	};

	return unit_run(tests);
}
