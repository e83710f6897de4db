/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/translate.h"

#include <errno.h>

#include "event/field.h"
#include "event_records.h"
#include "uapi/syscall.h"

static struct call_table calls;

struct world {
	struct process_table *processes;
	struct translator *translator;
	struct made_record m;
	struct event ev;
};

static int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	call_table_fill(&calls);
	assert_int_equal(process_table_new(&w->processes, 1000000, NULL, NULL), 0);
	assert_int_equal(translator_new(&w->translator, &calls, w->processes, 1000000), 0);
	*state = w;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *w = *state;

	translator_free(w->translator);
	process_table_free(w->processes);
	free(w);
	return 0;
}

static void call_begin(struct world *w, const char *name, int64_t result)
{
	record_begin(&w->m, ABI_EVENT_CALL, 5, 6);
	w->m.ev.nr = (__u16)sys_call_nr(sys_arch_of_table(ABI_TABLE_NATIVE), name);
	w->m.ev.call.result = result;
}

static void take(struct world *w, const char *type)
{
	assert_int_equal(translator_take(w->translator, &w->m.ev, &w->ev), 1);
	check_bytes(type, w->ev.type->name.data, w->ev.type->name.len, type, strlen(type));
}

/* The argument of that name; fails if the event does not have it. */
static const struct event_arg *arg(const struct world *w, const char *name)
{
	int id = event_param_id(text_of(name));
	int index = event_param_index(w->ev.type, id);
	int slot = index >= 0 ? w->ev.type->params[index].slot : -1;

	check(name, slot >= 0 && w->ev.arg_set >> slot & 1);
	return &w->ev.args[slot];
}

static void check_resolved(const struct world *w, const char *name, const char *want)
{
	struct text got = arg(w, name)->resolved;

	check_bytes(want, got.data ? got.data : "", got.len, want, strlen(want));
}

/* Every row is about an event type that has all the slots that the row fills, and no others. */
static void rows_fit_the_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < call_row_count; i++) {
		const struct call_row *row = &call_rows[i];
		const struct event_type *t = event_type_find(
			text_of(row->type ? row->type : row->call));
		unsigned slots = 0;

		check(row->call, t != NULL);
		for (uint32_t p = 0; p < t->param_count; p++)
			if (t->params[p].slot >= 0)
				slots |= 1u << t->params[p].slot;
		for (unsigned s = 0; s < CALL_SOURCES; s++) {
			check(row->call, !row->sources[s] || slots >> s & 1);
			for (uint32_t p = 0; p < t->param_count; p++) {
				bool text = t->params[p].kind == PARAM_TEXT ||
					    t->params[p].kind == PARAM_PATH;
				bool given = (row->sources[s] >= SOURCE_TEXT &&
					      row->sources[s] < SOURCE_WORD) ||
					     row->sources[s] == SOURCE_ADDRESS ||
					     row->sources[s] == SOURCE_STRING;

				if (t->params[p].slot == (int)s && row->sources[s])
					check(row->call, text == given);
			}
		}
		check(row->call, row->plan.flags & ABI_PLAN_WANTED);
	}
	/* The two ways in on this machine have different numbers. */
	assert_non_null(calls.rows[sys_call_nr(SYS_ARCH_X86_64, "openat")]);
	assert_non_null(calls.rows[ABI_TABLE_COMPAT * ABI_CALL_NR_MAX +
				   sys_call_nr(SYS_ARCH_X86, "openat")]);
}

/* The kernel takes an int, and looks at no more: nor may a rule, or a program hides behind the rest. */
static void what_the_kernel_ignores_is_not_there(void **state)
{
	static const struct {
		const char *call, *name;
		unsigned arg;
		uint64_t given, want;
	} rows[] = {
		{ "socket", "domain", 0, 0xffffffff00000011, 17 },
		{ "setuid", "uid", 0, 1ULL << 32, 0 },
		{ "prctl", "option", 0, 1ULL << 40 | 15, 15 },
		{ "chmod", "mode", 1, 1ULL << 33 | 04755, 04755 },
		{ "openat", "flags", 2, 3ULL << 61 | 0101, 0101 },
		{ "clone", "flags", 0, 1ULL << 63 | 0x10000000, 0x10000000 },
		/* These are looked at whole. */
		{ "truncate", "length", 1, 1ULL << 40, 1ULL << 40 },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		call_begin(w, rows[i].call, 0);
		w->m.ev.call.args[rows[i].arg] = rows[i].given;
		record_text(&w->m, ABI_TEXT_PATH1, "/x");
		take(w, rows[i].call);
		check_number(rows[i].call, arg(w, rows[i].name)->value.u, rows[i].want);
	}
}

static void opens(void **state)
{
	struct world *w = *state;

	call_begin(w, "openat", 3);
	w->m.ev.call.args[0] = 4;
	w->m.ev.call.args[2] = 0101;
	w->m.ev.call.args[3] = 0600;
	w->m.ev.call.fd = 3;
	w->m.ev.call.inode_mode = 0100600;
	w->m.ev.call.dev = 8 << 20 | 1;
	w->m.ev.call.ino = 77;
	w->m.ev.call.file_mode = 0x100000;
	w->m.ev.flags |= ABI_EVENT_FILE;
	record_text(&w->m, ABI_TEXT_PATH1, "../link");
	record_text(&w->m, ABI_TEXT_DIR1, "/srv/x");
	record_text(&w->m, ABI_TEXT_FILE, "/srv/real");
	take(w, "openat");
	assert_int_equal(w->ev.fd_num, 3);
	assert_int_equal(w->ev.fd->type, FD_FILE);
	check_bytes("name", w->ev.fd->name.data, w->ev.fd->name.len, "/srv/real", 9);
	check_bytes("raw", w->ev.fd->name_raw.data, w->ev.fd->name_raw.len, "../link", 7);
	assert_int_equal(w->ev.fd->device, 8 << 8 | 1);
	check_resolved(w, "name", "/srv/link");
	assert_int_equal(arg(w, "dirfd")->value.i, 4);
	assert_int_equal(arg(w, "flags")->value.u, 0101 | 1ULL << 40);
	assert_int_equal(arg(w, "ino")->value.u, 77);
	assert_int_equal(w->ev.time_ns, 1001000);
	assert_int_equal(w->ev.tid, 6);

	call_begin(w, "openat", -ENOENT);
	w->m.ev.call.args[0] = (uint32_t)-100; /* as 32-bit code leaves it */
	record_text(&w->m, ABI_TEXT_PATH1, "/no//such/./file/");
	take(w, "openat");
	assert_int_equal(w->ev.fd_num, -ENOENT);
	check_bytes("name", w->ev.fd->name.data, w->ev.fd->name.len, "/no/such/file", 13);
	assert_int_equal(arg(w, "dirfd")->value.i, -100);
	assert_int_equal(w->ev.number, 2);
}

static void paths(void **state)
{
	static const struct {
		const char *dir, *path, *want;
	} rows[] = {
		{ "/a/b", "c", "/a/b/c" }, { "/", "c", "/c" },	{ "/a/b", "../../../..", "/" },
		{ "/a", "", "/a" },	   { "", "", "" },	{ "/a", "/b/../..//c/.", "/c" },
		{ "/a", "b/", "/a/b" },	   { "", "c", "" },	{ "/a", "...", "/a/..." },
		{ "/a", "..", "/" },	   { "/a", ".", "/a" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		call_begin(w, "unlinkat", 0);
		record_text(&w->m, ABI_TEXT_PATH1, rows[i].path);
		record_text(&w->m, ABI_TEXT_DIR1, rows[i].dir);
		take(w, "unlinkat");
		check_resolved(w, "name", rows[i].want);
	}
	call_begin(w, "unlinkat", -ENOENT);
	record_text(&w->m, ABI_TEXT_DIR1, "/a");
	take(w, "unlinkat");
	check_resolved(w, "name", "");
}

static void connections(void **state)
{
	static const uint8_t server[] = { 2, 0, 0, 80, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct world *w = *state;

	call_begin(w, "connect", -EINPROGRESS);
	w->m.ev.call.fd = 9;
	w->m.ev.call.family = 2;
	w->m.ev.call.protocol = 6;
	w->m.ev.flags |= ABI_EVENT_FILE | ABI_EVENT_SOCKET;
	record_bytes(&w->m, ABI_TEXT_BYTES, server, sizeof(server));
	take(w, "connect");
	assert_int_equal(w->ev.fd->type, FD_IPV4);
	assert_int_equal(w->ev.fd->server_port, 80);
	assert_int_equal(w->ev.fd->server.bytes[3], 2);
	check_bytes("addr", arg(w, "addr")->value.string, arg(w, "addr")->value.len, "10.0.0.2:80",
		    11);

	call_begin(w, "accept4", 4);
	w->m.ev.call.family = 2;
	w->m.ev.call.local_port = 80;
	w->m.ev.call.remote_port = 4321;
	memcpy(w->m.ev.call.local, (uint8_t[]){ 10, 0, 0, 2 }, 4);
	memcpy(w->m.ev.call.remote, (uint8_t[]){ 10, 0, 0, 1 }, 4);
	w->m.ev.flags |= ABI_EVENT_FILE | ABI_EVENT_SOCKET;
	take(w, "accept4");
	assert_int_equal(w->ev.fd->client_port, 4321);
	assert_int_equal(w->ev.fd->server_port, 80);
	assert_true(w->ev.fd->server_is_local && !w->ev.fd->client_is_local);

	/* Who is the server is in the socket, whatever is done with it later. */
	for (unsigned accepted = 0; accepted < 2; accepted++) {
		call_begin(w, "dup2", 0);
		w->m.ev.call.family = 2;
		w->m.ev.call.socket_type = (uint16_t)(1 | (accepted ? ABI_SOCKET_ACCEPTED : 0));
		w->m.ev.call.local_port = 79;
		w->m.ev.call.remote_port = 4321;
		w->m.ev.flags |= ABI_EVENT_FILE | ABI_EVENT_SOCKET;
		take(w, "dup2");
		assert_int_equal(w->ev.fd->server_is_local, accepted);
		assert_int_equal(w->ev.fd->server_port, accepted ? 79 : 4321);
	}

	/* Addresses that are too short for their family, or of none. */
	for (size_t len = 0; len < 8; len++) {
		call_begin(w, "connect", -EINVAL);
		w->m.ev.call.family = 2;
		w->m.ev.flags |= ABI_EVENT_FILE | ABI_EVENT_SOCKET;
		record_bytes(&w->m, ABI_TEXT_BYTES, server, len);
		take(w, "connect");
		assert_int_equal(w->ev.arg_set, 0);
	}
	call_begin(w, "connect", 0);
	w->m.ev.call.family = 1;
	w->m.ev.flags |= ABI_EVENT_FILE | ABI_EVENT_SOCKET;
	record_bytes(&w->m, ABI_TEXT_BYTES, "\1\0\0bus", 6);
	take(w, "connect");
	assert_int_equal(w->ev.fd->type, FD_UNIX);
	check_bytes("abstract", w->ev.fd->name.data, w->ev.fd->name.len, "@bus", 4);
	record_text(&w->m, ABI_TEXT_FILE, "/run/docker.sock");
	take(w, "connect");
	check_bytes("peer", w->ev.fd->name.data, w->ev.fd->name.len, "/run/docker.sock", 16);
}

static void lives(void **state)
{
	struct world *w = *state;

	record_fork(&w->m, 1, 5, 5, "sh");
	assert_int_equal(translator_take(w->translator, &w->m.ev, &w->ev), 0);
	record_exec(&w->m, 1, 5, "/bin/id", "id\0-u", 6);
	record_text(&w->m, ABI_TEXT_NAME, "id");
	take(w, "execve");
	assert_true(w->ev.has_result && w->ev.result == 0);
	assert_int_equal(w->ev.process->pid, 5);
	check_resolved(w, "filename", "/bin/id");
	call_begin(w, "chdir", 0);
	record_text(&w->m, ABI_TEXT_PATH1, "/tmp");
	record_text(&w->m, ABI_TEXT_DIR1, "/tmp");
	take(w, "chdir");
	check_bytes("cwd", w->ev.process->cwd.data, w->ev.process->cwd.len, "/tmp", 4);
	record_begin(&w->m, ABI_EVENT_EXIT, 5, 5);
	w->m.ev.process.status = 0x8b;
	take(w, "procexit");
	assert_int_equal(arg(w, "sig")->value.i, 11);
	assert_int_equal(arg(w, "core")->value.u, 1);
	assert_int_equal(w->ev.process->pid, 5);
	translator_done(w->translator, &w->m.ev);
	assert_null(process_table_find(w->processes, 5));
}

static void the_unwatched_only_feed_the_table(void **state)
{
	struct world *w = *state;

	record_exec(&w->m, 1, 5, "/bin/id", "id", 3);
	w->m.ev.flags = 0;
	assert_int_equal(translator_take(w->translator, &w->m.ev, &w->ev), 0);
	assert_non_null(process_table_find(w->processes, 5));
	call_begin(w, "read", 0); /* has no row */
	assert_int_equal(translator_take(w->translator, &w->m.ev, &w->ev), 0);
	record_begin(&w->m, ABI_EVENT_CALL, 5, 5);
	assert_int_equal(translator_take(w->translator, &w->m.ev, &w->ev), 0);
}

static void paths_as_the_kernel_has_them(void **state)
{
	struct world *w = *state;
	__u16 nr = (__u16)sys_call_nr(sys_arch_of_table(ABI_TABLE_NATIVE), "rename");

	record_begin(&w->m, ABI_EVENT_PATHS, 5, 6);
	w->m.ev.nr = nr;
	record_text(&w->m, ABI_TEXT_PATH1, "/real/a");
	record_text(&w->m, ABI_TEXT_PATH2, "/real/b");
	assert_int_equal(translator_take(w->translator, &w->m.ev, &w->ev), 0);
	call_begin(w, "rename", 0);
	record_text(&w->m, ABI_TEXT_PATH1, "/link/a");
	record_text(&w->m, ABI_TEXT_PATH2, "/link/b");
	take(w, "rename");
	check_resolved(w, "oldpath", "/real/a");
	check_resolved(w, "newpath", "/real/b");
	assert_true(arg(w, "oldpath")->exact && arg(w, "newpath")->exact);
	take(w, "rename"); /* another one, of which the kernel said nothing */
	check_resolved(w, "oldpath", "/link/a");
	assert_false(arg(w, "oldpath")->exact);

	call_begin(w, "openat", 0); /* by io_uring */
	w->m.ev.flags |= ABI_EVENT_URING | ABI_EVENT_FILE;
	w->m.ev.call.args[2] = 0101;
	w->m.ev.call.inode_mode = 0100600;
	record_text(&w->m, ABI_TEXT_FILE, "/etc/shadow");
	take(w, "openat");
	assert_true(!w->ev.has_result && w->ev.fd_num == -1);
	check_resolved(w, "name", "/etc/shadow");
	check_bytes("fd", w->ev.fd->name.data, w->ev.fd->name.len, "/etc/shadow", 11);
	assert_int_equal(arg(w, "flags")->value.u, 0101);
}

static bool is_planned(const char *call)
{
	return calls.plans[sys_call_nr(sys_arch_of_table(ABI_TABLE_NATIVE), call)].flags;
}

static void only_what_is_wanted(void **state)
{
	struct world *w = *state;
	struct type_set some = { 0 };

	call_table_want(&calls, &some);
	for (size_t i = 0; i < CALL_SLOTS; i++)
		assert_int_equal(calls.plans[i].flags, 0);
	type_set_add(&some, event_type_index(event_type_find(TEXT("openat"))));
	call_table_want(&calls, &some);
	assert_true(is_planned("openat"));
	assert_false(is_planned("open"));
	assert_true(is_planned("chdir")); /* so that working directories are right */

	translator_want(w->translator, &some);
	record_exec(&w->m, 1, 5, "/bin/id", "id", 3);
	assert_int_equal(translator_take(w->translator, &w->m.ev, &w->ev), 0);
	call_begin(w, "chdir", 0);
	record_text(&w->m, ABI_TEXT_DIR1, "/tmp");
	assert_int_equal(translator_take(w->translator, &w->m.ev, &w->ev), 0);
	call_begin(w, "openat", -2);
	take(w, "openat");
	check_bytes("cwd", w->ev.process->cwd.data, w->ev.process->cwd.len, "/tmp", 4);
	translator_want(w->translator, NULL);
	call_begin(w, "chdir", -2);
	take(w, "chdir");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(rows_fit_the_types),
		TEST(what_the_kernel_ignores_is_not_there),
		TEST(opens),
		TEST(paths),
		TEST(connections),
		TEST(lives),
		TEST(the_unwatched_only_feed_the_table),
		TEST(only_what_is_wanted),
		TEST(paths_as_the_kernel_has_them),
	};

	return unit_run(tests);
}
