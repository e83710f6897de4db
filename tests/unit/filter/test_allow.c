/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that deny what a profile does not have, against the exact evaluator: the kernel can decide each; whatever
 * was recorded fits none of them, and what was not fits one.
 */
#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "guard/deny_check.h"
#include "guard/deny_hook.h"
#include "profile/access.h"
#include "profile/backend.h"
#include "profile/flows.h"
#include "profile/json.h"
#include "profile/path_pattern.h"
#include "records.h"
#include "simulate.h"
#include "unit/rules/rig.h"

static const char *golden_dir;

static const struct {
	const char *profile;
	struct backend_options options;
} cases[] = {
	{ "empty", { .exact_paths = false } },
	{ "server", { .exact_paths = false } },
	{ "server", { .files = BACKEND_FILES_ALL, .egress = BACKEND_EGRESS_PORT } },
	{ "shop", { .exact_paths = false } },
	{ "shop", { .files = BACKEND_FILES_ALL, .policy = { .with_entered = true } } },
	{ "ls", { .files = BACKEND_FILES_ALL, .exact_paths = true } },
	{ "many", { .exact_paths = false } },
};

/* --- events ----------------------------------------------------------------------------------------- */

enum what {
	RUN,
	READ,
	WRITE,
	REMOVE,
	RENAME,
	MAKE,
	CHMOD,
	USE_SOCKET,
	MAP,
	LINK,
	MAKE_DIR,
	REMOVE_DIR,
	CUT
};

/* "*" and the like become names that fit them; escapes become bytes. False: no text of JSON. */
static bool example_of(const char *pattern, struct buf *out)
{
	buf_reset(out);
	buf_add_str(out, "");
	for (struct path_token t; (t = path_token_next(&pattern)).kind != PATH_TOKEN_END;) {
		if (t.kind == PATH_TOKEN_BYTE)
			buf_add_char(out, (char)t.byte);
		else
			buf_add_str(out, t.kind == PATH_TOKEN_DEEP   ? "deep/er" :
					 t.kind == PATH_TOKEN_NUMBER ? "17" :
								       "41");
	}
	while (out->len > 1 && out->data[out->len - 1] == '/')
		out->data[--out->len] = '\0';
	return str_is_printable(out->data) || strchr(out->data, '\n') || !strchr(out->data, '\\');
}

static json_t *file_event(enum what what, const char *path, const char *other)
{
	switch (what) {
	case RUN:
		return json_pack("{s:s}", "event", "execve");
	case READ:
	case WRITE:
		return json_pack("{s:s, s:{s:s, s:s}, s:{s:s, s:s}}", "event", "openat", "args",
				 "name", path, "flags",
				 what == READ ? "O_RDONLY" : "O_WRONLY|O_CREAT", "fd", "type",
				 "file", "name", path);
	case REMOVE:
		return json_pack("{s:s, s:{s:s}}", "event", "unlinkat", "args", "name", path);
	case RENAME:
		return json_pack("{s:s, s:{s:s, s:s}}", "event", "renameat2", "args", "oldpath",
				 path, "newpath", other);
	case MAKE:
		return json_pack("{s:s, s:{s:s}}", "event", "mknodat", "args", "path", path);
	case CHMOD:
		return json_pack("{s:s, s:{s:s}}", "event", "fchmodat", "args", "filename", path);
	case MAP:
		return json_pack("{s:s, s:{s:s, s:s}}", "event", "mmap", "fd", "type", "file",
				 "name", path);
	case LINK:
		return json_pack("{s:s, s:{s:s, s:s}}", "event", "linkat", "args", "oldpath", other,
				 "newpath", path);
	case MAKE_DIR:
		return json_pack("{s:s, s:{s:s}}", "event", "mkdirat", "args", "path", path);
	case REMOVE_DIR:
		return json_pack("{s:s, s:{s:s}}", "event", "rmdir", "args", "path", path);
	case CUT:
		return json_pack("{s:s, s:{s:s}}", "event", "truncate", "args", "path", path);
	case USE_SOCKET:
		return json_pack("{s:s, s:{s:s, s:s}}", "event", "connect", "fd", "type", "unix",
				 "name", path);
	}
	return NULL;
}

/* The rule that fits what the kernel asks about, or ""; what is merely seen fits none. */
static const char *fitting_text(struct rig *r, const char *json)
{
	static char name[256];

	assert_string_equal(rig_event(r, json), "");
	rig_record(r, json);
	r->event.verdict = VERDICT_WOULD_DENY;
	r->match_count = evaluator_run(r->evaluator, &r->event, r->matches, EVAL_MATCHES_MAX);
	name[0] = '\0';
	for (size_t i = 0; i < r->match_count; i++)
		snprintf(name + strlen(name), sizeof(name) - strlen(name), "%s|",
			 r->matches[i].rule->name.data);
	return name;
}

/* The same of a process in a container; takes the event. */
static const char *fitting(struct rig *r, json_t *event, const char *exe)
{
	cleanup_free char *text = NULL;

	assert_non_null(event);
	json_object_set_new(event, "process",
			    json_pack("{s:s, s:s, s:{s:s}}", "name", "x", "exepath", exe,
				      "container", "id", "0123456789ab"));
	text = json_dumps(event, JSON_ENSURE_ASCII);
	json_decref(event);
	assert_non_null(text);
	return fitting_text(r, text);
}

static void is_allowed(struct rig *r, json_t *event, const char *exe, const char *what)
{
	const char *rules = fitting(r, event, exe);

	if (*rules)
		fail_msg("%s was recorded, and is denied: %s", what, rules);
}

static void is_denied(struct rig *r, json_t *event, const char *exe, const char *rule)
{
	const char *rules = fitting(r, event, exe);

	if (!strstr(rules, rule))
		fail_msg("\"%s\" should deny it: %s", rule, rules);
}

/* --- what was recorded ------------------------------------------------------------------------------ */

static const struct {
	uint32_t op;
	enum what what;
} operations[] = {
	{ ABI_FILE_EXEC, RUN },		  { ABI_FILE_READ, READ },
	{ ABI_FILE_MAP_EXEC, READ },	  { ABI_FILE_WRITE, WRITE },
	{ ABI_FILE_CREATE, WRITE },	  { ABI_FILE_UNLINK, REMOVE },
	{ ABI_FILE_BIND, MAKE },	  { ABI_FILE_MKNOD, MAKE },
	{ ABI_FILE_CHMOD, CHMOD },	  { ABI_FILE_RENAME_FROM, RENAME },
	{ ABI_FILE_CONNECT, USE_SOCKET },
};

/* A name that something was given; NULL: nothing was. */
static char *renamed_to(const struct profile *p, const struct policy_options *o)
{
	cleanup_buf struct buf out = BUF_INIT;

	vec_foreach(f, &p->files)
		if (access_layer_is_wanted(f->layer, o) && f->ops & ABI_FILE_RENAME_TO &&
		    example_of(f->path, &out))
			return buf_take(&out);
	return NULL;
}

static void try_file(struct rig *r, const struct profile_file *f, const char *path, const char *to)
{
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		if (!(f->ops & operations[i].op))
			continue;
		if (operations[i].what == RENAME && !to)
			continue;
		is_allowed(r, file_event(operations[i].what, path, to),
			   operations[i].what == RUN ? path : "/x", path);
	}
}

static void recorded_files(struct rig *r, const struct profile *p, const struct policy_options *o)
{
	cleanup_free char *to = renamed_to(p, o);
	cleanup_buf struct buf path = BUF_INIT;

	vec_foreach(f, &p->files) {
		if (!access_layer_is_wanted(f->layer, o) ||
		    f->flags & (ABI_PATH_MEMORY | ABI_PATH_ABSTRACT))
			continue;
		if (example_of(f->path, &path))
			try_file(r, f, path.data, to);
		vec_foreach(seen, &f->originals)
			if (example_of(*seen, &path))
				try_file(r, f, path.data, to);
	}
}

static json_t *connection(unsigned family, const uint8_t *address, unsigned protocol, unsigned port)
{
	struct flow f = { .v6 = family == 10 };
	char text[FLOW_TEXT_MAX];

	memcpy(f.address, address, f.v6 ? 16 : 4);
	flow_address(&f, text);
	*strchr(text, '/') = '\0';
	return json_pack("{s:s, s:{s:s, s:s, s:s, s:i, s:b, s:b, s:b}}", "event", "connect", "fd",
			 "type", f.v6 ? "ipv6" : "ipv4", "l4proto", protocol == 6 ? "tcp" : "udp",
			 "server", text, "server_port", (int)port, "has_role", 1, "client_is_local",
			 1, "connected", 1);
}

static void recorded_peers(struct rig *r, const struct profile *p, const struct policy_options *o)
{
	vec_foreach(peer, &p->peers)
		if (access_layer_is_wanted(peer->layer, o) && peer->port &&
		    (peer->op == ABI_PEER_CONNECT || peer->op == ABI_PEER_SEND) &&
		    (peer->family == 2 || peer->family == 10) &&
		    (peer->protocol == 6 || peer->protocol == 17))
			is_allowed(r,
				   connection(peer->family, peer->address, peer->protocol,
					      peer->port),
				   "/x", "a connection");
}

/* --- what was not ----------------------------------------------------------------------------------- */

static void strangers(struct rig *r, const struct backend_options *o, bool rules_of_files)
{
	static const uint8_t elsewhere[16] = { 203, 0, 113, 77 };
	json_t *upper = json_pack("{s:s}", "event", "execve");

	is_denied(r, file_event(RUN, NULL, NULL), "/tmp/dropped", ": program run");
	is_denied(r, file_event(RUN, NULL, NULL), "/usr/bin/nc", ": program run");
	json_object_set_new(upper, "process",
			    json_pack("{s:s, s:s, s:b, s:{s:s}}", "name", "x", "exepath", "/new",
				      "exe_upper_layer", 1, "container", "id", "0123456789ab"));
	{
		cleanup_free char *text = json_dumps(upper, 0);

		assert_non_null(strstr(fitting_text(r, text), ": changed program run"));
		json_decref(upper);
	}
	is_denied(r, json_pack("{s:s}", "event", "mount"), "/x", ": rare call made");
	is_denied(r, json_pack("{s:s}", "event", "bpf"), "/x", ": rare call made");
	is_denied(r,
		  json_pack("{s:s, s:{s:s}}", "event", "unshare", "args", "flags", "CLONE_NEWUSER"),
		  "/x", ": user namespace made");
	if (o->egress == BACKEND_EGRESS_ADDRESS)
		is_denied(r, connection(2, elsewhere, 6, 443), "/x", ": connection made");
	is_denied(r, connection(2, elsewhere, 6, 4444), "/x", ": connection made");
	is_denied(r, file_event(USE_SOCKET, "/run/docker.sock", NULL), "/x", ": socket used");
	is_denied(r, file_event(MAP, "/tmp/evil.so", NULL), "/x", ": library mapped");
	is_denied(r, file_event(MAP, "memfd:evil", NULL), "/x", ": library mapped");
	is_allowed(r, file_event(MAP, "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", NULL), "/x",
		   "an interpreter");
	if (!rules_of_files)
		return;
	is_denied(r, file_event(LINK, "/tmp/upload-1", "/etc/shadow"), "/x", ": hard link made");
	is_denied(r, file_event(MAKE_DIR, "/etc/x", NULL), "/x", ": directory made");
	is_denied(r, file_event(REMOVE_DIR, "/etc", NULL), "/x", ": directory removed");
	is_denied(r, file_event(CUT, "/etc/passwd", NULL), "/x", ": file cut");
	is_denied(r, file_event(WRITE, "/etc/passwd", NULL), "/x", ": file opened to be written");
	is_denied(r, file_event(WRITE, "/proc/sys/kernel/core_pattern", NULL), "/x",
		  ": file opened to be written");
	is_denied(r, file_event(WRITE, "/data", NULL), "/x", ": file opened to be written");
	is_denied(r, file_event(REMOVE, "/etc/passwd", NULL), "/x", ": file removed");
	is_denied(r, file_event(RENAME, "/etc/passwd", "/tmp/upload-1"), "/x", ": file renamed");
	is_denied(r, file_event(RENAME, "/tmp/upload-17.part", "/etc/passwd"), "/x",
		  ": file renamed");
	is_denied(r, file_event(MAKE, "/dev/sda", NULL), "/x", ": device, pipe or socket made");
	is_denied(r, file_event(CHMOD, "/bin/sh", NULL), "/x", ": mode changed");
	if (o->files == BACKEND_FILES_ALL)
		is_denied(r, file_event(READ, "/etc/shadow", NULL), "/x",
			  ": file opened to be read");
}

/* --- tests ------------------------------------------------------------------------------------------ */

static struct profile *load(const char *name)
{
	cleanup_free char *path = str_format("%s/%s.merlon.json", golden_dir, name);
	struct profile *p = profile_load(path, NULL);

	assert_non_null(p);
	return p;
}

static void start(struct rig *r, const struct profile *p, const struct backend_options *o)
{
	cleanup_buf struct buf yaml = BUF_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(profile_backend_deny.emit(p, o, &yaml, &err), 0);
	assert_false(yaml.failed);
	rig_init(r);
	rig_load(r, yaml.data);
	rig_start(r, MATCHING_ALL);
}

static void recorded_is_allowed_and_else_denied(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_profile struct profile *p = load(cases[i].profile);
		cleanup_rig struct rig r;

		start(&r, p, &cases[i].options);
		recorded_files(&r, p, &cases[i].options.policy);
		recorded_peers(&r, p, &cases[i].options.policy);
		if (p->files.len)
			strangers(&r, &cases[i].options,
				  cases[i].options.files != BACKEND_FILES_NONE);
	}
}

static void check_each(const struct rig *r)
{
	for (size_t i = 0; i < r->rules->rules.len; i++) {
		cleanup_buf struct buf why = BUF_INIT;
		uint64_t hooks;

		if (deny_check(r->rules->rules.items[i], &hooks, &why))
			fail_msg("%s can't be denied: %s", r->rules->rules.items[i]->name.data,
				 why.data);
	}
}

static void the_kernel_decides_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_profile struct profile *p = load(cases[i].profile);
		cleanup_rig struct rig r;

		start(&r, p, &cases[i].options);
		check_each(&r);
	}
}

/* --- patterns --------------------------------------------------------------------------------------- */

static const struct {
	const char *pattern;
	const char *fits, *fits_not; /* blanks between */
} patterns[] = {
	{ "/a/b", "/a/b", "/a /a/b/c /a/bc" },
	{ "/data/**", "/data/x /data/x/y", "/data /database" },
	{ "/tmp/log-*.txt", "/tmp/log-1.txt /tmp/log-.txt",
	  "/tmp/log-1/x.txt /tmp/log-1 /tmp/x.txt" },
	{ "/tmp/log-*", "/tmp/log-1 /tmp/log-", "/tmp/log-1/x /tmp/lo" },
	{ "/proc/@{pid}/comm", "/proc/1/comm /proc/945/comm", "/proc/sys/kernel/comm /proc/1/mem" },
	{ "/proc/@{pid}/fd/*", "/proc/17/fd/3",
	  "/proc/17/mem /proc/sys/fd/3 /proc/sys/kernel/core_pattern" },
	{ "/base/*/pg-*.dat", "/base/1/pg-2.dat",
	  "/base/1/x.dat /bas/1/pg-2.dat /base/1/pg-2.txt" },
	{ "/x*", "/x1", "/y /x1/z" },
	{ "/home/*/", "", "/home/x /home/x/y" }, /* directories, which nobody writes */
	{ "/odd\\x20\\x2c\\x22\\x2a*", "/odd\x20,\"*1", "/odd" },
};

/* Each word as a file that is written: denied or not. */
static void each_word(struct rig *r, const char *pattern, const char *words, bool fits)
{
	cleanup_free char *copy = strdup(words);

	for (char *save, *word = strtok_r(copy, fits && strchr(pattern, '\\') ? "" : " ", &save);
	     word; word = strtok_r(NULL, " ", &save)) {
		bool allowed = !*fitting(r, file_event(WRITE, word, NULL), "/x");

		if (allowed != fits)
			fail_msg("%s and %s", pattern, word);
	}
}

static void patterns_keep_their_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		cleanup_profile struct profile *p = profile_new("x");
		const struct profile_evidence e = { .exe = profile_executable(p, "/x") };
		cleanup_rig struct rig r;

		assert_non_null(profile_add_file(p, patterns[i].pattern, ABI_FILE_WRITE, 0,
						 PROFILE_APP, &e));
		start(&r, p, &(struct backend_options){ .exact_paths = true });
		check_each(&r);
		each_word(&r, patterns[i].pattern, patterns[i].fits, true);
		each_word(&r, patterns[i].pattern, patterns[i].fits_not, false);
	}
}

/* What the program that is made of the rules says of a file that is opened to be written. */
static enum filter_verdict verdict_of(const struct kernel_filter *f, const char *path)
{
	static struct record_room room;
	static struct filter_scratch scratch;

	memset(&room.ev, 0, sizeof(room.ev));
	room.ev.kind = ABI_EVENT_CALL;
	room.ev.flags = ABI_EVENT_WATCHED | ABI_EVENT_DENIED | ABI_EVENT_FILE;
	room.ev.call.fd = -1;
	room.ev.call.args[2] = 02101; /* O_WRONLY, O_CREAT, O_APPEND */
	room.ev.call.inode_mode = 0100644;
	room.ev.text[ABI_TEXT_FILE] = (struct abi_span){ sizeof(room.ev), (uint32_t)strlen(path) };
	memcpy((char *)&room + sizeof(room.ev), path, strlen(path));
	room.ev.size = (uint32_t)(sizeof(room.ev) + strlen(path));
	*(uint64_t *)(void *)((char *)&room + ABI_EVENT_ROOM_OWNER) = SIMULATE_TASK;
	return simulate(f, &room, sizeof(room), &scratch, NULL);
}

/* The same by the kernel's part, for every file that was written. */
static void recorded_is_let_through(void **state)
{
	const struct filter_options o = { .hook = &deny_hooks[ABI_DENY_OPEN].filter,
					  .tail_call = ABI_DENY_VERDICT + 1,
					  .leave_call = ABI_DENY_LEAVE + 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_profile struct profile *p = load(cases[i].profile);
		cleanup_kernel_filter struct kernel_filter f = { 0 };
		cleanup_buf struct buf path = BUF_INIT;
		cleanup_rig struct rig r;

		start(&r, p, &cases[i].options);
		assert_int_equal(
			kernel_filter_compile(r.rules, deny_hook_target(ABI_DENY_OPEN), &o, &f), 0);
		vec_foreach(file, &p->files)
			if (file->ops & ABI_FILE_WRITE && file->path[0] == '/' &&
			    access_layer_is_wanted(file->layer, &cases[i].options.policy) &&
			    example_of(file->path, &path) &&
			    verdict_of(&f, path.data) != FILTER_DROP)
				fail_msg("%s was written, and would be denied", path.data);
		if (p->files.len)
			assert_int_equal(verdict_of(&f, "/etc/passwd"), FILTER_EMIT);
	}
}

/* Thousands of files and patterns: what was recorded stays allowed, and the kernel decides it in one program. */
static void many_files(void **state)
{
	enum { FILES = 5000, PATTERNS = 900 };
	cleanup_profile struct profile *p = profile_new("x");
	const struct profile_evidence e = { .exe = profile_executable(p, "/x") };
	const struct filter_options o = { .hook = &deny_hooks[ABI_DENY_OPEN].filter };
	cleanup_kernel_filter struct kernel_filter f = { 0 };
	cleanup_rig struct rig r;
	char path[400];

	(void)state;
	for (int i = 0; i < FILES + PATTERNS; i++) {
		snprintf(path, sizeof(path), i < FILES ? "/srv/%d/file-%d" : "/var/%d/part-%d-*.db",
			 i % 50, i);
		assert_non_null(profile_add_file(p, path, ABI_FILE_WRITE, 0, PROFILE_APP, &e));
	}
	snprintf(path, sizeof(path), "/long/%0300d", 5);
	assert_non_null(profile_add_file(p, path, ABI_FILE_WRITE, 0, PROFILE_APP, &e));
	start(&r, p, &(struct backend_options){ .exact_paths = true });
	check_each(&r);
	assert_int_equal(kernel_filter_compile(r.rules, deny_hook_target(ABI_DENY_OPEN), &o, &f),
			 0);
	assert_false(f.too_long);
	is_allowed(&r, file_event(WRITE, path, NULL), "/x", path);
	is_allowed(&r, file_event(WRITE, "/srv/49/file-4999", NULL), "/x", "a file");
	is_allowed(&r, file_event(WRITE, "/var/49/part-5899-77.db", NULL), "/x", "a pattern");
	is_allowed(&r, file_event(WRITE, "/var/0/part-5000-7.db", NULL), "/x", "a pattern");
	is_denied(&r, file_event(WRITE, "/srv/49/file-5000", NULL), "/x",
		  ": file opened to be written");
	is_denied(&r, file_event(WRITE, "/etc/passwd", NULL), "/x", ": file opened to be written");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_is_allowed_and_else_denied),
		cmocka_unit_test(the_kernel_decides_each),
		cmocka_unit_test(recorded_is_let_through),
		cmocka_unit_test(patterns_keep_their_meaning),
		cmocka_unit_test(many_files),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 1;
	}
	golden_dir = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
