/* SPDX-License-Identifier: Apache-2.0 */
/* Docker's two files of a container: which of them a finding is in, what becomes of half of them, and the bundle beside them. */
#include "base/str.h"
#include "inspect/engine.h"
#include "unit.h"

#define CONFIG \
	"{\"Name\":\"/web\",\n\"Config\":{\"Image\":\"r/web:1\",\n\"User\":\"0\",\"Labels\":{\"merlon/exempt-host-ipc\":\"known\"}}}"
#define HOST "{\"PidMode\":\"host\",\n \"IpcMode\":\"host\",\n  \"NetworkMode\":\"bridge\"}"
#define BUNDLE                                                                                         \
	"{\"ociVersion\":\"1.0.2\",\"root\":{\"readonly\":true},\"linux\":{\"namespaces\":[{\"type\":" \
	"\"pid\"}]}}"

static struct inspection *begin(void)
{
	struct inspect_options o = { .version = KUBERNETES_MINOR_MAX };
	struct inspection *in = NULL;
	struct error err = ERROR_INIT;

	assert_int_equal(inspection_new(&in, &o, &err), 0);
	return in;
}

static const struct report *both(struct inspection *in, const char *config, const char *host,
				 const char *bundle)
{
	struct docker_files files = { .config_name = "/d/config.v2.json",
				      .host_name = "/d/hostconfig.json",
				      .config = text_of(config),
				      .host = text_of(host) };
	struct error err = ERROR_INIT;

	if (bundle)
		assert_int_equal(inspection_add_live(in, "/b/config.json", text_of(bundle), NULL,
						     &files, &err),
				 0);
	else
		assert_int_equal(inspection_add_docker(in, &files, &err), 0);
	return inspection_finish(in);
}

static const struct finding *finding(const struct report *r, const char *check_id)
{
	vec_foreach(f, &r->findings)
		if (str_eq(f->check->id, check_id))
			return f;
	return NULL;
}

static void places(void **state)
{
	static const struct {
		const char *id, *file, *path;
		uint32_t line, column;
	} rows[] = {
		{ "MRL-102", "/d/hostconfig.json", "HostConfig.PidMode", 1, 12 },
		{ "MRL-108", "/d/config.v2.json", "Config.User", 3, 8 },
		{ "MRL-1024", "/d/hostconfig.json", "HostConfig.NetworkMode", 3, 17 },
		{ "MRL-504", "/d/hostconfig.json", "HostConfig.Memory", 1, 1 },
	};
	cleanup_inspection struct inspection *in = begin();
	const struct report *r = both(in, CONFIG, HOST, NULL);

	check_number("objects", r->objects.len, 1);
	check_text("name", r->objects.items[0].name, "web");
	check_number("problems", r->problems.errors, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct finding *f = finding(r, rows[i].id);

		check(rows[i].id, f);
		check_text(rows[i].id, finding_file(r, f), rows[i].file);
		check_text(rows[i].id, f->path, rows[i].path);
		check_number(rows[i].id, f->line, rows[i].line);
		check_number(rows[i].id, f->column, rows[i].column);
	}
	check("a label exempts", finding(r, "MRL-103")->outcome == OUTCOME_EXEMPT);
}

/* The bundle says what confines it, and Docker what a bundle can't. */
static void with_a_bundle(void **state)
{
	cleanup_inspection struct inspection *in = begin();
	const struct report *r = both(in, CONFIG, HOST, BUNDLE);

	check_number("objects", r->objects.len, 1);
	check("its process namespace is its own", !finding(r, "MRL-102"));
	check_text("of the bundle", finding_file(r, finding(r, "MRL-104")), "/b/config.json");
	check_text("of Docker", finding_file(r, finding(r, "MRL-1024")), "/d/hostconfig.json");
	check_text("the image", finding(r, "MRL-404") ? finding(r, "MRL-404")->path : "",
		   "Config.Image");
	check("a label exempts", finding(r, "MRL-103")->outcome == OUTCOME_EXEMPT);
}

static void refused(void **state)
{
	static const struct {
		const char *config, *host, *file, *words;
		uint32_t line;
	} rows[] = {
		{ "", HOST, "/d/config.v2.json", "nothing", 1 },
		{ CONFIG, "", "/d/hostconfig.json", "nothing", 1 },
		{ "[1]", HOST, "/d/config.v2.json", "no file of Docker's", 1 },
		{ CONFIG, "\"x\"", "/d/hostconfig.json", "no file of Docker's", 1 },
		{ "{\"Config\":\n7}", HOST, "/d/config.v2.json", "no Config", 1 },
		{ CONFIG, "{\"a\":\n tru", "/d/hostconfig.json", "", 2 },
		{ CONFIG, "{\"Memory\":\n\"much\"}", "/d/hostconfig.json", "HostConfig.Memory", 2 },
		{ "{\"Config\":{\n\"Env\":{}}}", "{}", "/d/config.v2.json", "Config.Env", 2 },
		{ CONFIG, "{\"PortBindings\":{\"80/tcp\":\n{}}}", "/d/hostconfig.json",
		  "PortBindings", 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_inspection struct inspection *in = begin();
		const struct report *r = both(in, rows[i].config, rows[i].host, NULL);
		char row[16];

		snprintf(row, sizeof(row), "row %zu", i);
		check(row, r->problems.errors > 0);
		check_text(row, r->problems.items.items[0].place.file, rows[i].file);
		check_number(row, r->problems.items.items[0].place.line, rows[i].line);
		check(row, strstr(r->problems.items.items[0].text, rows[i].words));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places),
		cmocka_unit_test(with_a_bundle),
		cmocka_unit_test(refused),
	};

	return unit_run(tests);
}
