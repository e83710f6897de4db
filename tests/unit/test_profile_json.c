/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/buf.h"
#include "base/str.h"
#include "profile/json.h"
#include "sample.h"
#include "unit.h"

static char *text_of(const struct profile *p)
{
	cleanup_json json_t *o = profile_to_json(p);
	char *text = json_dumps(o, JSON_INDENT(1));

	assert_non_null(text);
	return text;
}

static struct profile *read_back(const char *text)
{
	struct error err = ERROR_INIT;
	struct profile *p = profile_from_json("p", text, strlen(text), &err);

	if (!p)
		print_error("# %s\n", err.text);
	assert_non_null(p);
	return p;
}

/* --- there and back ----------------------------------------------------------------------------- */

static void one_of_everything(void **state)
{
	cleanup_profile struct profile *p = sample_rich(), *back = NULL;
	cleanup_free char *first = text_of(p), *second = NULL;

	back = read_back(first);
	second = text_of(back);
	assert_string_equal(first, second);
	assert_string_equal(back->subject.pod_name, "web-0");
	assert_int_equal(back->runtime.tail, PROFILE_TAIL_CALIBRATED);
	assert_true(back->recording.ready_seen);
	for (size_t i = 0; i < p->calls.len; i++)
		assert_int_equal(back->calls.items[i].phases, p->calls.items[i].nr % 8);
	assert_true(back->recording.losses[ABI_LOSS_CELLS] == UINT64_MAX);
	assert_true(back->credentials.bounding == UINT64_MAX);
	assert_int_equal(back->credentials.uid, UINT32_MAX);
}

static void nearly_nothing(void **state)
{
	cleanup_profile struct profile *p = profile_new(""), *back = NULL;
	cleanup_free char *first = text_of(p), *second = NULL;

	back = read_back(first);
	second = text_of(back);
	assert_string_equal(first, second);
	assert_null(back->subject.id);
	assert_false(back->credentials.known);
}

static void random_fact(struct profile *p, struct chance *c)
{
	struct profile_evidence e = { (uint32_t)chance_below(c, 3), chance_next(c),
				      (int64_t)(chance_next(c) >> 4),
				      (int64_t)(chance_next(c) >> 4) };
	enum profile_layer layer = (enum profile_layer)chance_below(c, PROFILE_LAYERS);
	struct profile_cap cap = { .cap = (unsigned)chance_below(c, 64),
				   .layer = layer,
				   .outcome = (enum abi_cap_outcome)chance_below(c, 3),
				   .arch = (enum sys_arch)chance_below(c, SYS_ARCH_MAX),
				   .nr = (uint32_t)chance_below(c, SYS_NR_MAX + 1) };
	struct profile_peer peer = { .op = (enum abi_peer_op)chance_below(c, 5),
				     .layer = layer,
				     .family = (uint16_t)(chance_below(c, 2) ? 2 : 10),
				     .port = (uint16_t)chance_next(c),
				     .protocol = (uint8_t)chance_next(c) };
	enum sys_arch arch = (enum sys_arch)chance_below(c, SYS_ARCH_MAX);
	uint32_t nr = (uint32_t)chance_below(c, SYS_NR_MAX + 1);
	const char *name = sys_call_name(arch, (int)nr);
	uint64_t values[ABI_CALL_ARGS_MAX] = { 0 };
	struct profile_call *call = profile_add_call(p, arch, nr, layer, chance_below(c, 2), &e);

	for (unsigned i = 0; name && sys_arg_plan(name) && i < sys_arg_plan(name)->count; i++)
		values[i] = chance_next(c);
	if (name && sys_arg_plan(name))
		profile_call_add_tuple(call, values, chance_next(c));
	call->phases = (unsigned)chance_below(c, 8);
	for (size_t i = 0; i < (peer.family == 2 ? 4 : 16); i++)
		peer.address[i] = (uint8_t)chance_next(c);
	profile_add_cap(p, &cap, &e);
	profile_add_peer(p, &peer, &e);
	profile_add_file(p, chance_below(c, 2) ? "/a" : "/b\\xff",
			 (uint32_t)chance_below(c, 1 << 23), (uint32_t)chance_below(c, 0x80), layer,
			 &e);
}

static void random_profiles(void **state)
{
	struct chance c = { 41 };

	for (int round = 0; round < 60; round++) {
		cleanup_profile struct profile *p = profile_new("x"), *back = NULL;
		cleanup_free char *first = NULL, *second = NULL;

		profile_executable(p, "/a");
		profile_executable(p, "/b");
		profile_executable(p, "/c");
		for (size_t n = chance_below(&c, 40); n > 0; n--)
			random_fact(p, &c);
		profile_sort(p);
		first = text_of(p);
		back = read_back(first);
		second = text_of(back);
		assert_string_equal(first, second);
	}
}

/* --- what is refused ---------------------------------------------------------------------------- */

/* The container of the last step of a JSON pointer, and that step. */
static json_t *parent_of(json_t *root, const char *pointer, char *last, size_t size)
{
	json_t *at = root;

	for (;;) {
		size_t n = strcspn(++pointer, "/");

		snprintf(last, size, "%.*s", (int)n, pointer);
		pointer += n;
		if (!*pointer)
			return at;
		at = json_is_array(at) ? json_array_get(at, (size_t)atoi(last)) :
					 json_object_get(at, last);
		assert_non_null(at);
	}
}

/* Puts a value (JSON; NULL: takes away) at a place of the document. */
static void change(json_t *root, const char *pointer, const char *value)
{
	json_t *v = value ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL, *parent;
	char last[64];

	parent = parent_of(root, pointer, last, sizeof(last));
	if (value)
		check(value, v != NULL);
	if (json_is_array(parent) && v)
		json_array_set_new(parent, (size_t)atoi(last), v);
	else if (v)
		json_object_set_new(parent, last, v);
	else
		json_object_del(parent, last);
}

/* A document with one call of each kind at known places. */
static json_t *document(void)
{
	static const struct sample_call calls[] = {
		{ "read", PROFILE_APP, SYS_ARCH_X86_64, false, false, { 0 } },
		{ "socket", PROFILE_APP, SYS_ARCH_X86_64, false, true, { 1, 1, 0 } },
	};
	const struct profile_cap cap = { .cap = 10, .layer = PROFILE_APP, .nr = 49 };
	const struct profile_peer peer = { .op = ABI_PEER_CONNECT,
					   .layer = PROFILE_APP,
					   .family = 2,
					   .port = 53,
					   .protocol = 17,
					   .address = { 192, 0, 2, 1 } };
	const struct profile_range beyond = { .count = 3 };
	cleanup_profile struct profile *p = sample_profile(calls, ARRAY_SIZE(calls));
	struct profile_evidence e = { 0, 1, 5, 5 };
	struct profile_file *f;

	profile_add_cap(p, &cap, &e);
	profile_add_peer(p, &peer, &e);
	profile_call_widen(&p->calls.items[1], &beyond);
	f = profile_add_file(p, "/tmp/*", ABI_FILE_READ, ABI_PATH_DELETED, PROFILE_APP, &e);
	f->rule = "temporary";
	f->original_count = 1;
	*(char **)vec_add(&f->originals) = strdup("/tmp/tmpAb3dE9");
	p->merlon = strdup("0.1.0");
	p->recording.file_hook = strdup("fentry");
	p->credentials.known = true;
	return profile_to_json(p);
}

struct refusal {
	const char *pointer, *value, *want;
};

static void check_refused(const struct refusal *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cleanup_free char *row = str_format("%s = %.60s", rows[i].pointer,
						    rows[i].value ? rows[i].value : "(nothing)");
		cleanup_json json_t *o = document();
		cleanup_free char *text = NULL;
		struct error err = ERROR_INIT;
		struct profile *p;

		change(o, rows[i].pointer, rows[i].value);
		text = json_dumps(o, 0);
		p = profile_from_json("p", text, strlen(text), &err);
		check(row, p == NULL);
		check_text(row, err.text, rows[i].want);
		check_number(row, err.code, EINVAL);
	}
}

#define RANGE "must be a whole number in range"

static void wrong_heads(void **state)
{
	static const struct refusal rows[] = {
		{ "/format", NULL, "p: /: \"format\" is missing" },
		{ "/format", "7", "p: /format: must be a string" },
		{ "/format", "\"x\"", "p: /: this is not a Merlon profile (format \"x\")" },
		{ "/version", NULL, "p: /: \"version\" is missing" },
		{ "/version", "\"1\"", "p: /version: " RANGE },
		{ "/version", "0", "p: /: profile format 0; this program reads format 1" },
		{ "/version", "2", "p: /: profile format 2; this program reads format 1" },
		{ "/version", "4294967296", "p: /version: " RANGE },
		{ "/name", NULL, "p: /: \"name\" is missing" },
		{ "/name", "null", "p: /name: must be a string" },
		{ "/recordedBy", "[]", "p: /recordedBy: must be an object" },
		{ "/subject", NULL, "p: /: \"subject\" is missing" },
		{ "/subject", "7", "p: /subject: must be an object" },
		{ "/subject/id", "7", "p: /subject/id: must be a string" },
		{ "/subject/command", "{}", "p: /subject/command: must be an array" },
		{ "/subject/command", "[7]",
		  "p: /subject: command/0 must be a string of at most 16384 bytes" },
		{ "/runtime", NULL, "p: /: \"runtime\" is missing" },
		{ "/runtime/tail", NULL, "p: /runtime: \"tail\" is missing" },
		{ "/runtime/tail", "\"x\"", "p: /runtime/tail: unknown word \"x\"" },
		{ "/runtime/filtered", "0", "p: /runtime/filtered: must be true or false" },
		{ "/recording", NULL, "p: /: \"recording\" is missing" },
		{ "/recording/start", NULL, "p: /recording: \"start\" is missing" },
		{ "/recording/start", "\"x\"", "p: /recording: \"x\" is not a time in UTC" },
		{ "/recording/end", "\"2026-11-22T01:31:48+01:00\"",
		  "p: /recording: \"2026-11-22T01:31:48+01:00\" is not a time in UTC" },
		{ "/recording/quietNanoseconds", "\"0x8000000000000000\"",
		  "p: /recording/quietNanoseconds: " RANGE },
		{ "/recording/readySeen", "\"yes\"",
		  "p: /recording/readySeen: must be true or false" },
		{ "/recording/losses", "{\"x\":1}",
		  "p: /recording: losses/x: unknown, or not a number" },
		{ "/recording/losses", "{\"files\":-1}",
		  "p: /recording: losses/files: unknown, or not a number" },
		{ "/credentials", "[]", "p: /credentials: must be an object" },
		{ "/credentials/uid", "4294967296", "p: /credentials/uid: " RANGE },
		{ "/credentials/gid", NULL, "p: /credentials: \"gid\" is missing" },
		{ "/credentials/effective", "[\"CAP_X\"]",
		  "p: /credentials: effective/0: unknown capability" },
		{ "/credentials/bounding", "[7]",
		  "p: /credentials: bounding/0: unknown capability" },
		{ "/notes", "7", "p: /notes: must be an array" },
		{ "/executables", NULL, "p: /: \"executables\" is missing" },
		{ "/executables", "[7]",
		  "p: /: executables/0 must be a string of at most 16384 bytes" },
	};

	check_refused(rows, ARRAY_SIZE(rows));
}

static void wrong_calls(void **state)
{
	static const struct refusal rows[] = {
		{ "/syscalls", NULL, "p: /: \"syscalls\" is missing" },
		{ "/syscalls", "{}", "p: /syscalls: must be an array" },
		{ "/syscalls/0", "7", "p: /syscalls/0: must be an object" },
		{ "/syscalls/0/arch", NULL, "p: /syscalls/0: \"arch\" is missing" },
		{ "/syscalls/0/arch", "\"sparc\"",
		  "p: /syscalls/0: unknown architecture \"sparc\"" },
		{ "/syscalls/1/layer", "\"x\"", "p: /syscalls/1/layer: unknown word \"x\"" },
		{ "/syscalls/0/number", NULL, "p: /syscalls/0: \"number\" is missing" },
		{ "/syscalls/0/number", "1025", "p: /syscalls/0/number: " RANGE },
		{ "/syscalls/0/number", "-1", "p: /syscalls/0/number: " RANGE },
		{ "/syscalls/0/number", "1",
		  "p: /syscalls/0: call 1 of x86_64 is \"write\", not \"read\"" },
		{ "/syscalls/0/name", "\"write\"",
		  "p: /syscalls/0: call 0 of x86_64 is \"read\", not \"write\"" },
		{ "/syscalls/0/name", "7", "p: /syscalls/0/name: must be a string" },
		{ "/syscalls/0/refused", "1", "p: /syscalls/0/refused: must be true or false" },
		{ "/syscalls/0/phases", "7", "p: /syscalls/0/phases: must be an array" },
		{ "/syscalls/0/phases", "[\"start\",\"x\"]",
		  "p: /syscalls/0: phases/1: unknown word" },
		{ "/syscalls/0/evidence", NULL, "p: /syscalls/0: \"evidence\" is missing" },
		{ "/syscalls/0/evidence", "[]", "p: /syscalls/0/evidence: a fact needs evidence" },
		{ "/syscalls/0/evidence", "[7,7]",
		  "p: /syscalls/0/evidence: must be a shorter array" },
		{ "/syscalls/0/evidence/0", "7",
		  "p: /syscalls/0/evidence/0: \"executable\" is missing" },
		{ "/syscalls/0/evidence/0/executable", "1",
		  "p: /syscalls/0/evidence/0: there is no executable 1" },
		{ "/syscalls/0/evidence/0/executable", "4294967296",
		  "p: /syscalls/0/evidence/0/executable: " RANGE },
		{ "/syscalls/0/evidence/0/count", "1.5",
		  "p: /syscalls/0/evidence/0/count: " RANGE },
		{ "/syscalls/0/evidence/0/first", "\"yesterday\"",
		  "p: /syscalls/0/evidence/0: \"yesterday\" is not a time in UTC" },
		{ "/syscalls/0/evidence/0/last", NULL,
		  "p: /syscalls/0/evidence/0: \"last\" is missing" },
		{ "/syscalls/0/arguments", "{}",
		  "p: /syscalls/0/arguments: no arguments are recorded of this call" },
		{ "/syscalls/0/arguments", "[]", "p: /syscalls/0/arguments: must be an object" },
		{ "/syscalls/1/arguments/values", NULL,
		  "p: /syscalls/1/arguments: \"values\" is missing" },
		{ "/syscalls/1/arguments/values/0", "[1,1,0]",
		  "p: /syscalls/1/arguments: values/0 must be 3 numbers and a count" },
		{ "/syscalls/1/arguments/values/0", "[1,1,0,-1]",
		  "p: /syscalls/1/arguments: values/0 must be 3 numbers and a count" },
		{ "/syscalls/1/arguments/values/0", "{}",
		  "p: /syscalls/1/arguments: values/0 must be 3 numbers and a count" },
		{ "/syscalls/1/arguments/beyond", "7",
		  "p: /syscalls/1/arguments/beyond: must be an object" },
	};

	check_refused(rows, ARRAY_SIZE(rows));
}

static void wrong_caps_files_and_peers(void **state)
{
	static const struct refusal rows[] = {
		{ "/capabilities/0/name", "\"CAP_X\"",
		  "p: /capabilities/0: unknown capability \"CAP_X\"" },
		{ "/capabilities/0/outcome", "\"x\"",
		  "p: /capabilities/0/outcome: unknown word \"x\"" },
		{ "/capabilities/0/number", "1025", "p: /capabilities/0/number: " RANGE },
		{ "/capabilities/0/arch", "\"\"", "p: /capabilities/0: unknown architecture \"\"" },
		{ "/files/0/path", NULL, "p: /files/0: \"path\" is missing" },
		{ "/files/0/operations", NULL, "p: /files/0: \"operations\" is missing" },
		{ "/files/0/operations", "[\"read\",\"x\"]",
		  "p: /files/0: operations/1: unknown word" },
		{ "/files/0/flags", "[null]", "p: /files/0: flags/0: unknown word" },
		{ "/files/0/label", "\"a)b\"", "p: /files/0: \"a)b\" is no type of SELinux" },
		{ "/files/0/label", "\"\"", "p: /files/0: \"\" is no type of SELinux" },
		{ "/files/0/rule", "\"x\"", "p: /files/0: unknown rule \"x\"" },
		{ "/files/0/originalCount", NULL, "p: /files/0: \"originalCount\" is missing" },
		{ "/files/0/originals", NULL, "p: /files/0: \"originals\" is missing" },
		{ "/files/0/originals/0", "7",
		  "p: /files/0: originals/0 must be a string of at most 16384 bytes" },
		{ "/network/0/operation", "\"x\"", "p: /network/0/operation: unknown word \"x\"" },
		{ "/network/0/family", "\"x\"",
		  "p: /network/0: \"family\" must be a known name or a number" },
		{ "/network/0/family", "65536",
		  "p: /network/0: \"family\" must be a known name or a number" },
		{ "/network/0/family", "-1",
		  "p: /network/0: \"family\" must be a known name or a number" },
		{ "/network/0/protocol", "256",
		  "p: /network/0: \"protocol\" must be a known name or a number" },
		{ "/network/0/protocol", NULL,
		  "p: /network/0: \"protocol\" must be a known name or a number" },
		{ "/network/0/port", "65536", "p: /network/0/port: " RANGE },
		{ "/network/0/manyAddresses", "1",
		  "p: /network/0/manyAddresses: must be true or false" },
		{ "/network/0/address", "\"192.0.2\"",
		  "p: /network/0: \"192.0.2\" is not an address of its family" },
		{ "/network/0/address", "\"::1\"",
		  "p: /network/0: \"::1\" is not an address of its family" },
		{ "/network/0/family", "\"unix\"",
		  "p: /network/0: \"192.0.2.1\" is not an address of its family" },
	};

	check_refused(rows, ARRAY_SIZE(rows));
}

/* The place in a message is a JSON pointer: it must be the place. */
static void places_are_exact(void **state)
{
	static const struct refusal rows[] = {
		{ "/recordedBy/merlon", "7", "p: /recordedBy/merlon: must be a string" },
		{ "/recording/losses", NULL, "p: /recording: \"losses\" is missing" },
		{ "/recording/hooks/files", "7", "p: /recording/hooks/files: must be a string" },
		{ "/syscalls/1/arguments/beyond/count", NULL,
		  "p: /syscalls/1/arguments/beyond: \"count\" is missing" },
		{ "/syscalls/1/arguments/beyond/arguments", "[]",
		  "p: /syscalls/1/arguments/beyond: must describe 3 arguments" },
		{ "/syscalls/1/arguments/beyond/arguments/2/max", NULL,
		  "p: /syscalls/1/arguments/beyond/arguments/2: \"max\" is missing" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_refused(&rows[i], 1);
}

static void wrong_documents(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "[]", "p: /: must be an object" },
		{ "{}", "p: /: \"format\" is missing" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;

		assert_null(profile_from_json("p", rows[i].text, strlen(rows[i].text), &err));
		check_text(rows[i].text, err.text, rows[i].want);
	}
}

static void text_limits(void **state)
{
	static const struct {
		const char *pointer;
		size_t max;
		const char *want; /* after the limit */
	} rows[] = {
		{ "/name", 16384, "p: /name: must be shorter" },
		{ "/subject/image", 16384, "p: /subject/image: must be shorter" },
		{ "/runtime/version", 16384, "p: /runtime/version: must be shorter" },
		{ "/files/0/path", 16384, "p: /files/0/path: must be shorter" },
		{ "/executables/0", 16384,
		  "p: /: executables/0 must be a string of at most 16384 bytes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (size_t over = 0; over < 2; over++) {
			cleanup_free char *value = malloc(rows[i].max + 4), *text = NULL;
			size_t n = rows[i].max + over;
			cleanup_json json_t *o = document();
			struct error err = ERROR_INIT;
			struct profile *p;

			memset(value, 'a', n + 2);
			value[0] = value[n + 1] = '"';
			value[n + 2] = '\0';
			change(o, rows[i].pointer, value);
			text = json_dumps(o, 0);
			p = profile_from_json("p", text, strlen(text), &err);
			check_number(rows[i].pointer, p != NULL, !over);
			check_text(rows[i].pointer, err.text, over ? rows[i].want : "");
			if (p)
				profile_free(p);
		}
	}
}

static void array_limits(void **state)
{
	static const struct {
		const char *pointer, *item;
		size_t max;
		const char *want;
	} rows[] = {
		{ "/notes", "\"x\"", 1024, "p: /notes: must be a shorter array" },
		{ "/executables", "\"x\"", 8192, "p: /executables: must be a shorter array" },
		{ "/subject/command", "\"x\"", 4096,
		  "p: /subject/command: must be a shorter array" },
		{ "/files/0/originals", "\"x\"", 1024,
		  "p: /files/0/originals: must be a shorter array" },
		{ "/files/0/operations", "\"read\"", 32,
		  "p: /files/0/operations: must be a shorter array" },
		{ "/syscalls/1/arguments/values", "[1,1,0,1]", 256,
		  "p: /syscalls/1/arguments/values: must be a shorter array" },
		{ "/credentials/effective", "\"CAP_CHOWN\"", 64,
		  "p: /credentials/effective: must be a shorter array" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (size_t over = 0; over < 2; over++) {
			cleanup_buf struct buf value = BUF_INIT;
			cleanup_json json_t *o = document();
			cleanup_free char *text = NULL;
			struct error err = ERROR_INIT;
			struct profile *p;

			for (size_t n = 0; n < rows[i].max + over; n++)
				buf_addf(&value, "%c%s", n ? ',' : '[', rows[i].item);
			buf_add_char(&value, ']');
			change(o, rows[i].pointer, value.data);
			text = json_dumps(o, 0);
			p = profile_from_json("p", text, strlen(text), &err);
			check_number(rows[i].pointer, p != NULL, !over);
			check_text(rows[i].pointer, err.text, over ? rows[i].want : "");
			if (p)
				profile_free(p);
		}
	}
}

/* How often the first executable did it. */
static json_int_t count_of(const json_t *fact)
{
	const json_t *evidence = json_array_get(json_object_get(fact, "evidence"), 0);

	return json_integer_value(json_object_get(evidence, "count"));
}

/* A merged file may list a fact twice: it is one fact, in whatever order the two come. */
static void facts_given_twice_are_one(void **state)
{
	static const char *const lists[] = { "syscalls", "capabilities", "files", "network" };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		cleanup_json json_t *o = document();
		json_t *list = json_object_get(o, lists[i]), *copy;
		cleanup_profile struct profile *p = NULL;
		cleanup_json json_t *back = NULL;
		cleanup_free char *text = NULL;
		size_t before = json_array_size(list);

		copy = json_deep_copy(json_array_get(list, 0));
		json_array_append_new(list, copy);
		text = json_dumps(o, 0);
		p = read_back(text);
		back = profile_to_json(p);
		list = json_object_get(back, lists[i]);
		check_number(lists[i], json_array_size(list), before);
		check_number(lists[i], count_of(json_array_get(list, 0)), 2);
	}
}

/* --- files -------------------------------------------------------------------------------------- */

static void saves_and_loads(void **state)
{
	cleanup_profile struct profile *p = sample_rich(), *back = NULL;
	cleanup_free char *text = text_of(p), *saved = NULL, *again = NULL;
	char *dir = unit_dir();
	const char *path = unit_path(dir, "x.merlon.json");
	struct error err = ERROR_INIT;

	assert_int_equal(profile_save(p, path, &err), 0);
	saved = unit_file_read(path, NULL);
	assert_int_equal(strlen(saved), strlen(text) + 1);
	assert_true(str_starts(saved, text) && str_ends(saved, "}\n"));
	back = profile_load(path, &err);
	assert_non_null(back);
	again = text_of(back);
	assert_string_equal(text, again);
	unit_dir_remove(dir);
}

static void what_cannot_be_loaded(void **state)
{
	char *dir = unit_dir();
	const struct {
		const char *path, *text, *want; /* behind the path */
	} rows[] = {
		{ unit_path(dir, "none"), NULL, ": No such file or directory" },
		{ unit_path(dir, "bad"), "{\n \"a\": }", ":2:7: " },
		{ unit_path(dir, "other"), "{}", ": /: \"format\" is missing" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;

		if (rows[i].text)
			unit_file_write(rows[i].path, rows[i].text, strlen(rows[i].text));
		assert_null(profile_load(rows[i].path, &err));
		check(err.text, str_starts(err.text, rows[i].path));
		check(err.text, str_starts(err.text + strlen(rows[i].path), rows[i].want));
	}
	unit_dir_remove(dir);
}

static void saving_to_nowhere(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");
	struct error err = ERROR_INIT;

	assert_int_equal(profile_save(p, "/no/such/directory/x", &err), -ENOENT);
	assert_string_equal(err.text, "/no/such/directory/x: cannot create a file beside it: "
				      "No such file or directory");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_everything),
		cmocka_unit_test(nearly_nothing),
		cmocka_unit_test(random_profiles),
		cmocka_unit_test(wrong_heads),
		cmocka_unit_test(wrong_calls),
		cmocka_unit_test(wrong_caps_files_and_peers),
		cmocka_unit_test(places_are_exact),
		cmocka_unit_test(wrong_documents),
		cmocka_unit_test(text_limits),
		cmocka_unit_test(array_limits),
		cmocka_unit_test(facts_given_twice_are_one),
		cmocka_unit_test(saves_and_loads),
		cmocka_unit_test(what_cannot_be_loaded),
		cmocka_unit_test(saving_to_nowhere),
	};

	return unit_run(tests);
}
