/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every check against the examples of tests/inspect: files of manifests, cut into cases by lines
 * "--- # NAME". Comments at the head of a case say what is expected:
 *
 *   # version 1.29                    of Kubernetes; the latest otherwise
 *   # fails CHECK PATH                one line for each path
 *   # passes CHECK...                 asked, and nothing found
 *   # skips CHECK...                  there is nothing that it could be about
 *   # registries NAME...              that the configuration names
 *
 * What a check knows to mend is mended in every example in which it fails, however that is written, and then it passes.
 *
 * All paths at which a check fails must be said. Each check must fail somewhere and pass somewhere.
 */
#include <dirent.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/engine.h"
#include "inspect/mend.h"
#include "inspect/recording.h"
#include "unit.h"

static char **arguments;
static struct recordings recordings; /* of some of the examples: the second argument */

/* A cluster's objects are read as manifests are: what they say is of one input. */
enum input { INPUT_MANIFEST, INPUT_BUNDLE, INPUT_DOCKER, INPUTS };

struct seen {
	bool failed[INPUTS], passed[INPUTS];
};
static struct seen seen[512];

static enum input input_of(const char *text)
{
	return strstr(text, "ociVersion") ? INPUT_BUNDLE :
	       strstr(text, "HostConfig") ? INPUT_DOCKER :
					    INPUT_MANIFEST;
}

static struct seen *seen_of(const char *name)
{
	size_t n = 0;

	check_foreach (c) {
		if (str_eq(c->id, name))
			return &seen[n];
		n++;
	}
	check(name, false);
	return NULL;
}

static size_t wrong;

/* Says all that is wrong, not the first only: examples() fails in the end. */
static void expect(const char *row, const char *why, bool condition)
{
	if (condition)
		return;
	print_error("# %s: %s\n", row, why);
	wrong++;
}

struct expected {
	char word[16], check[16], path[256];
};

struct example {
	char name[200];
	char *text;
	VEC(struct expected) expected;
	unsigned version;
	struct exemptions config;
};

/* One inspection per check: what other checks say is of no interest. */
static struct inspection *inspect(const struct example *e, const char *name)
{
	const char *only[] = { name, NULL };
	struct inspect_options o = { .only = only,
				     .version = e->version,
				     .today = "2026-11-22",
				     .recordings = &recordings,
				     .exemptions = &e->config };
	struct inspection *in = NULL;
	struct error err = ERROR_INIT;

	check(e->name, inspection_new(&in, &o, &err) == 0);
	check(e->name, inspection_add(in, "case", text_of(e->text), &err) == 0);
	return in;
}

static bool is_expected(const struct example *e, const struct finding *f)
{
	vec_foreach(x, &e->expected)
		if (str_eq(x->word, "fails") && str_eq(x->check, f->check->id) &&
		    str_eq(x->path, f->path))
			return true;
	return false;
}

/* How many lines of a text are in no line of another. */
static size_t lines_gone(const char *from, const char *in)
{
	size_t gone = 0;

	for (const char *end; *from; from = *end ? end + 1 : end) {
		char line[400];

		end = from + strcspn(from, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)(end - from), from);
		gone += !strstr(in, line);
	}
	return gone;
}

/* --- mending ------------------------------------------------------------------------------------- */

/* The same manifest as others would have written it; NULL: it can't be written so. */
static char *as_it_is(const char *text)
{
	return strdup(text);
}

static char *as_on_windows(const char *text)
{
	cleanup_buf struct buf out = BUF_INIT;

	buf_add_str(&out, "\xef\xbb\xbf");
	for (; *text; text++) {
		buf_add_str(&out, *text == '\n' ? "\r" : "");
		buf_add_char(&out, *text);
	}
	return buf_take(&out);
}

static bool has_blocks_of_text(const char *text)
{
	return strpbrk(text, "|>");
}

/* "# k12" behind every line that can have it. */
static char *with_comments(const char *text)
{
	cleanup_buf struct buf out = BUF_INIT;
	unsigned n = 0;

	if (has_blocks_of_text(text))
		return NULL;
	while (*text) {
		size_t len = strcspn(text, "\n");

		buf_add(&out, text, len);
		if (len && *text != '#' && !str_starts(text, "---"))
			buf_addf(&out, " # k%u.", n++);
		text += len;
		buf_add_str(&out, *text ? "\n" : "");
		text += *text == '\n';
	}
	return buf_take(&out);
}

/* As the second item of a list, and of documents. */
static char *in_a_list(const char *text)
{
	cleanup_buf struct buf out = BUF_INIT;
	bool first = true;

	if (strstr(text, "\n---"))
		return NULL;
	buf_add_str(&out, "# other\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n"
			  "  kind: ConfigMap\n  metadata: {name: other}\n");
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (len && *text != '#') {
			buf_addf(&out, "%s%.*s\n", first ? "- " : "  ", (int)len, text);
			first = false;
		}
		text += len;
		text += *text == '\n';
	}
	buf_add_str(&out, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: last}\n");
	return buf_take(&out);
}

static const struct {
	const char *name;
	char *(*write)(const char *text);
	bool may_leave; /* what would go with a comment stays */
} hands[] = {
	{ "as it is", as_it_is, false },
	{ "as on Windows", as_on_windows, false },
	{ "with comments", with_comments, true },
	{ "in a list", in_a_list, false },
};

static void comments_survive(const char *row, const char *before, const char *after)
{
	char comment[16];

	for (unsigned n = 0;; n++) {
		snprintf(comment, sizeof(comment), "# k%u.", n);
		if (!strstr(before, comment))
			return;
		expect(row, comment, strstr(after, comment));
	}
}

static void mends_as(const struct example *e, const char *name, size_t hand)
{
	const char *only[] = { name, NULL };
	struct inspect_options o = { .only = only,
				     .version = e->version,
				     .today = "2026-11-22",
				     .recordings = &recordings,
				     .exemptions = &e->config };
	cleanup_free char *before = hands[hand].write(e->text), *text = NULL;
	cleanup_mend struct mend m = { 0 };
	struct error err = ERROR_INIT;
	struct example after = *e;
	size_t left = 0;
	char row[400];

	if (!before)
		return;
	snprintf(row, sizeof(row), "%s: %s mended, %s", e->name, name, hands[hand].name);
	check(row, mend_text(&m, "case", text_of(before), &o, true, &err) == 0);
	vec_foreach(i, &m.items) {
		left += i->left != NULL;
		expect(row, i->left ? i->left : "", !i->left || hands[hand].may_leave);
	}
	expect(row, "nothing is mended", mend_count(&m) + left > 0);
	text = strndup(m.text.data, m.text.len);
	check(row, text);
	after.text = text;
	cleanup_inspection struct inspection *in = inspect(&after, name);
	const struct report *r = inspection_finish(in);
	expect(row, "it is found again",
	       left || (!r->counts[OUTCOME_FAIL] && !r->counts[OUTCOME_WARN]));
	expect(row, "there are errors", !r->problems.errors);
	expect(row, "other lines are touched", lines_gone(before, text) <= m.items.len * 2);
	comments_survive(row, before, text);
}

static void mends(const struct example *e, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(hands); i++)
		mends_as(e, name, i);
}

/* --- judging ------------------------------------------------------------------------------------- */

static void judge(const struct example *e, const struct expected *x)
{
	cleanup_inspection struct inspection *in = inspect(e, x->check);
	const struct report *r = inspection_finish(in);
	const struct tally *t = &r->tallies[0];
	char row[400];
	size_t found = 0, wanted = 0;

	snprintf(row, sizeof(row), "%s: %s %s", e->name, x->word, x->check);
	check_number(row, r->tally_count, 1);
	vec_foreach(f, &r->findings) {
		snprintf(row, sizeof(row), "%s: %s at %s", e->name, x->check, f->path);
		expect(row, "not expected", is_expected(e, f));
		check(row, f->line > 0 && f->column > 0);
		check(row, unit_is_printable(f->path) && unit_is_printable(f->value));
		found++;
	}
	vec_foreach(other, &e->expected)
		wanted += str_eq(other->word, "fails") && str_eq(other->check, x->check);
	snprintf(row, sizeof(row), "%s: %s %s %s", e->name, x->word, x->check, x->path);
	expect(row, "other findings are there", found == wanted);
	if (str_eq(x->word, "fails")) {
		seen_of(x->check)->failed[input_of(e->text)] = true;
		if (t->check->fix.op != FIX_NONE && !strstr(x->path, "annotations[") &&
		    input_of(e->text) == INPUT_MANIFEST)
			mends(e, x->check);
	} else if (str_eq(x->word, "passes")) {
		expect(row, "does not pass", t->counts[OUTCOME_PASS] > 0);
		seen_of(x->check)->passed[input_of(e->text)] = true;
	} else {
		expect(row, "is not skipped",
		       t->counts[OUTCOME_NA] > 0 && !t->counts[OUTCOME_PASS]);
	}
}

/* "# fails MRL-101 path", "# passes MRL-101 MRL-102". */
static void read_line(struct example *e, char *line)
{
	char *save = NULL, *word = strtok_r(line, " ", &save), *name = NULL;

	if (word && str_eq(word, "version")) {
		e->version = (unsigned)strtoul(strtok_r(NULL, " ", &save) + 2, NULL, 10);
		return;
	}
	while (word && str_eq(word, "registries") && (name = strtok_r(NULL, " ", &save)) != NULL) {
		const char **slot = vec_add(&e->config.registries);

		assert_non_null(slot);
		*slot = name;
	}
	if (!word || (!str_eq(word, "fails") && !str_eq(word, "passes") && !str_eq(word, "skips")))
		return;
	while ((name = strtok_r(NULL, " ", &save)) != NULL) {
		struct expected *x = vec_add(&e->expected);

		assert_non_null(x);
		snprintf(x->word, sizeof(x->word), "%s", word);
		snprintf(x->check, sizeof(x->check), "%s", name);
		if (str_eq(word, "fails")) {
			snprintf(x->path, sizeof(x->path), "%s", save ? save : "");
			return;
		}
	}
}

static void run_example(struct example *e)
{
	char *copy = strdup(e->text), *save = NULL;

	assert_non_null(copy);
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (str_starts(line, "# "))
			read_line(e, line + 2);
	check(e->name, e->expected.len > 0);
	vec_foreach(x, &e->expected)
		judge(e, x);
	vec_deinit(&e->expected);
	vec_deinit(&e->config.registries);
	free(copy);
}

static size_t run_file(const char *path)
{
	size_t len, cases = 0;
	char *content = unit_file_read(path, &len), *at = strstr(content, "--- # ");

	while (at) {
		struct example e = { .version = KUBERNETES_MINOR_MAX };
		char *end = strstr(at + 1, "\n--- # "), *text = strchr(at, '\n');

		snprintf(e.name, sizeof(e.name), "%s: %.*s", strrchr(path, '/') + 1,
			 (int)(text - at - 6), at + 6);
		if (end)
			*end = '\0';
		e.text = text + 1;
		run_example(&e);
		cases++;
		at = end ? end + 1 : NULL;
	}
	free(content);
	return cases;
}

static void examples(void **state)
{
	DIR *dir = opendir(arguments[1]);
	struct dirent *entry;
	size_t cases = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		if (str_ends(entry->d_name, ".yaml"))
			cases += run_file(unit_path(arguments[1], entry->d_name));
	closedir(dir);
	assert_true(cases > 0);
	assert_int_equal(wrong, 0);
}

static void every_check_has_both(void **state)
{
	static const char *const names[INPUTS] = { "manifest", "bundle", "container of Docker" };
	static const uint64_t inputs[INPUTS] = { ~(KINDS_BUNDLE | KINDS_IMAGE),
						 KIND_BIT(KIND_OCI_CONTAINER), KINDS_DOCKER };
	size_t n = 0, missing = 0;

	check_foreach (c) {
		for (int i = 0; i < INPUTS; i++) {
			/* Of images: test_image.py. What is about any object is not asked of bundles. */
			if (!(c->kinds & inputs[i]) || (i != INPUT_MANIFEST && c->object))
				continue;
			/* Its process shows it, which no file has: tests/containers/test_inspect.py. */
			if (i != INPUT_MANIFEST && str_eq(c->name, "profile-not-in-force"))
				continue;
			/* Docker has a filter of its own for whoever names none: the daemon is asked (docker-seccomp-unconfined). */
			if (i == INPUT_DOCKER && str_eq(c->name, "no-seccomp"))
				continue;
			if (seen[n].failed[i] && seen[n].passed[i])
				continue;
			print_error("# %s %s has no %s that %s\n", c->id, c->name, names[i],
				    seen[n].failed[i] ? "passes" : "fails");
			missing++;
		}
		n++;
	}
	assert_int_equal(missing, 0);
}

static void table(void **state)
{
	check_foreach (c) {
		size_t same = 0, ways = 0;

		check_foreach (other)
			same += str_eq(c->id, other->id) + str_eq(c->name, other->name);
		ways = (c->container != NULL) + (c->pod != NULL) + (c->object != NULL) +
		       (c->resident != NULL);
		check_number(c->id, same, 2);
		check_number(c->id, ways, 1);
		check(c->id, c->title && *c->title && c->attack && *c->attack && c->suggest &&
				     *c->suggest && c->aliases && c->kinds);
		check(c->id, !(c->container || c->pod) || !(c->kinds & ~KINDS_CONTAINER));
		check(c->id,
		      check_is_called(c, text_of(c->id)) && check_is_called(c, text_of(c->name)));
		check(c->id, (c->fix.op == FIX_NONE) == (c->fix.why == NULL));
		check(c->id, c->fix.value || c->fix.op == FIX_NONE || c->fix.op == FIX_REMOVE ||
				     c->recorded);
		check(c->id, (c->category == CATEGORY_POD_SECURITY) == (c->level != PSS_NONE));
	}
	assert_true(check_count() < ARRAY_SIZE(seen));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(examples),
		cmocka_unit_test(every_check_has_both),
	};

	struct error err = ERROR_INIT;

	arguments = argv;
	if (recordings_read(&recordings, argv[2], &err))
		return 1;
	return unit_run(tests);
}
