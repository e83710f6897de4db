/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule files and what becomes of them: the cases are in files of their own, the arguments of this
 * program. A case is
 *
 *	=== what it is about
 *	(a rule file)
 *	+++ name.yaml		and further ones, if it takes several
 *	>>>
 *	(every diagnostic, then every rule as it was understood)
 *
 * MERLON_GOLDEN_UPDATE=1 in the environment writes the last part of every case anew.
 */
#include "base/fs.h"
#include "rig.h"

static const char *const *case_files;

static void show_place(const struct diag *d, struct buf *out)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	diag_print(d, f);
	fclose(f);
	buf_add(out, text, size);
	free(text);
}

/* The first line from text on that begins with mark, or NULL. */
static char *find_line(char *text, const char *mark)
{
	while (text && strncmp(text, mark, strlen(mark)) != 0) {
		text = strchr(text, '\n');
		text = text && text[1] ? text + 1 : NULL;
	}
	return text;
}

/* Ends the text at the end of its first line; what follows. */
static char *cut_line(char *text)
{
	char *end = strchr(text, '\n');

	assert_non_null(end);
	*end = '\0';
	return end + 1;
}

/* Gives the files of a case to the loader. */
static void add_files(struct rig *r, char *text)
{
	const char *name = "a.yaml";

	for (char *next, *rest = NULL; text; text = rest) {
		next = find_line(text, "+++ ");
		rest = next ? cut_line(next) : NULL;
		if (next)
			*next = '\0';
		if (*text)
			rig_add(r, name, text);
		name = next ? next + 4 : NULL;
	}
}

static char *run_case(const char *input, bool outputs)
{
	cleanup_rig struct rig r;
	struct buf out = BUF_INIT;
	char *copy = strdup(input);
	bool good;

	assert_non_null(copy);
	rig_init(&r);
	add_files(&r, copy);
	good = rig_compile(&r);
	assert_int_equal(good, r.diags.errors == 0);
	vec_foreach(d, &r.diags.items)
		show_place(d, &out);
	vec_foreach(rule, &r.rules->rules) {
		cleanup_free char *text = rig_rule_text(*rule, outputs);

		buf_add_str(&out, text);
	}
	free(copy);
	return buf_take(&out);
}

/* Runs the case that begins at title and ends at the end of text. */
static void run_one(char *title, bool outputs, bool update, struct buf *anew)
{
	char *input = cut_line(title), *mark = find_line(input, ">>>");
	char *want = mark ? cut_line(mark) : NULL, *got;

	if (mark)
		*mark = '\0';
	got = run_case(input, outputs);
	buf_addf(anew, "%s\n%s>>>\n%s", title, input, got);
	if (!update) {
		assert_non_null(want);
		check_text(title, got, want);
	}
	free(got);
}

static void test_cases(void **state)
{
	const char *path = *case_files++;
	bool update = getenv("MERLON_GOLDEN_UPDATE"), outputs = strstr(basename(path), "output");
	cleanup_buf struct buf text = BUF_INIT, anew = BUF_INIT;
	struct error err = ERROR_INIT;
	char *at, *one;

	if (fs_read(path, BUF_LIMIT_DEFAULT, &text, &err))
		fail_msg("%s", err.text);
	buf_add_char(&text, '\0');
	at = find_line(text.data, "=== ");
	assert_non_null(at);
	buf_add(&anew, text.data, (size_t)(at - text.data));
	for (char *next; at; at = next) {
		next = find_line(at + 1, "=== ");
		one = next ? strndup(at, (size_t)(next - at)) : strdup(at);
		assert_non_null(one);
		run_one(one, outputs, update, &anew);
		free(one);
	}
	if (update && fs_write_atomic(path, anew.data, anew.len, 0644, &err))
		fail_msg("%s", err.text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest test = cmocka_unit_test(test_cases);
	struct CMUnitTest tests[32];
	size_t count = (size_t)argc - 1;

	assert_true(count <= ARRAY_SIZE(tests));
	case_files = (const char *const *)argv + 1;
	for (size_t i = 0; i < count; i++) {
		tests[i] = test;
		tests[i].name = strrchr(argv[i + 1], '/') + 1;
	}
	return _cmocka_run_group_tests("load", tests, count, NULL, NULL);
}
