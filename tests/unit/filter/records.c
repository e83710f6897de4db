/* SPDX-License-Identifier: Apache-2.0 */
#include "records.h"

#include <sys/stat.h>

#include "base/buf.h"

#define ONE(c, pool) (pool)[chance_below(c, ARRAY_SIZE(pool))]

static const char *const paths[] = {
	"/",	"/etc",	    "/etc/shadow", "/etc/passwd",   "/etc/ssh/x",
	"/tmp", "/tmp/a b", "/tmp/x/y",	   "/usr/bin/ls",   "/usr/lib/libc.so.6",
	"/a",	"/a/b/c",   "/etcetera",   "/root/.ssh/id", "/usr/lib/x86_64-linux-gnu/libz.so.1"
};
/* As programs write them. */
static const char *const raw_paths[] = { "etc/x", "../x",	   "/etc/../x", "//etc/x", "/etc/",
					 "x",	  "/etc/./passwd", "",		"." };
static const char *const names[] = { "sh",     "bash",	 "nginx",	    "a",
				     "ls",     "",	 "123456789012345", "memfd:x",
				     "procfs", "overlay" };
static const char *const ends[] = { "shadow", ".so.6", "/passwd", "x", "", "ls", "/etc/shadow" };
static const uint64_t numbers[] = { 0,		1,	    2,	       3,	   5,
				    9,		17,	    64,	       0101,	   02,
				    0100000,	020000000,  1000,      0x20000,	   UINT32_MAX,
				    1ULL << 40, UINT64_MAX, INT64_MAX, 0x7fffffff, 0x80000000,
				    0x10000000 };
static const int64_t results[] = { 0, 1, 3, -1, -2, -13, -4095, -9999, 1000 };
static const uint8_t four[][4] = {
	{ 10, 0, 0, 1 }, { 127, 0, 0, 1 }, { 192, 168, 1, 1 }, { 9, 9, 9, 9 }
};
static const uint16_t ports[] = { 0, 22, 80, 443, 65535 };

static void put(struct record_room *r, unsigned which, const void *data, size_t len)
{
	if (!len || r->ev.size + len > sizeof(*r))
		return;
	r->ev.text[which] = (struct abi_span){ r->ev.size, (uint32_t)len };
	memcpy((char *)r + r->ev.size, data, len);
	r->ev.size += (uint32_t)len;
}

static void put_text(struct record_room *r, unsigned which, const char *text)
{
	put(r, which, text, strlen(text));
}

static void put_path(struct chance *c, struct record_room *r, unsigned which, bool raw)
{
	char longest[ABI_EVENT_TEXT_MAX];

	if (raw && !chance_below(c, 3)) {
		put_text(r, which, ONE(c, raw_paths));
	} else if (!chance_below(c, 40)) { /* more than is compared, or scanned */
		memset(longest, 'p', sizeof(longest));
		longest[0] = '/';
		put(r, which, longest, 200 + chance_below(c, sizeof(longest) - 200));
	} else {
		put_text(r, which, ONE(c, paths));
	}
}

static void random_address(struct chance *c, uint8_t out[16])
{
	if (!chance_below(c, 4))
		return;
	memcpy(out, ONE(c, four), 4);
	if (!chance_below(c, 3)) {
		out[0] = 0xfe;
		out[1] = 0x80;
		out[15] = 1;
	}
}

static void random_socket(struct chance *c, struct record_room *r)
{
	static const uint16_t families[] = { 1, 2, 2, 10, 16, 17 };
	static const uint16_t protocols[] = { 6, 17, 1, 58, 255, 0, 132 };
	struct abi_event_call *call = &r->ev.call;

	r->ev.flags |= ABI_EVENT_FILE | ABI_EVENT_SOCKET;
	call->inode_mode = S_IFSOCK | 0777;
	call->family = ONE(c, families);
	if (call->family == 1 && chance_below(c, 2)) /* its peer's */
		put_path(c, r, ABI_TEXT_FILE, false);
	call->socket_type = (uint16_t)(1 | (chance_below(c, 2) ? ABI_SOCKET_ACCEPTED : 0));
	call->protocol = ONE(c, protocols);
	call->local_port = ONE(c, ports);
	call->remote_port = ONE(c, ports);
	random_address(c, call->local);
	random_address(c, call->remote);
}

static void random_file(struct chance *c, struct record_room *r)
{
	static const uint16_t modes[] = { S_IFREG, S_IFREG, S_IFREG, S_IFDIR, S_IFIFO, S_IFCHR };
	static const char *const memory[] = { "memfd:x", "/", "[eventfd]", "memfd:a//b", "" };

	r->ev.flags |= ABI_EVENT_FILE;
	r->ev.call.inode_mode = ONE(c, modes);
	r->ev.flags |= chance_below(c, 12) ? 0 : ABI_EVENT_PIDFD;
	if (!chance_below(c, 8)) {
		r->ev.call.path_flags = ABI_PATH_MEMORY;
		put_text(r, ABI_TEXT_FILE, ONE(c, memory));
	} else if (chance_below(c, 20)) {
		put_path(c, r, ABI_TEXT_FILE, false);
	}
}

static void random_bytes(struct chance *c, struct record_room *r)
{
	uint8_t bytes[32] = { 0 };

	if (chance_below(c, 2)) {
		put_text(r, ABI_TEXT_BYTES, ONE(c, names));
		return;
	}
	if (chance_below(c, 2)) { /* a unix path, with or without its NUL, or an abstract name */
		const char *path = ONE(c, paths);
		char address[64] = { 1 };

		snprintf(address + 2, sizeof(address) - 2, "%s", path);
		address[2] = chance_below(c, 8) ? address[2] : '\0';
		put(r, ABI_TEXT_BYTES, address, 2 + strlen(path) + chance_below(c, 3));
		return;
	}
	bytes[0] = (uint8_t)(chance_below(c, 3) ? 2 : 1);
	bytes[2] = (uint8_t)chance_below(c, 2);
	bytes[3] = 80;
	random_address(c, bytes + 4);
	put(r, ABI_TEXT_BYTES, bytes, chance_below(c, sizeof(bytes)));
}

/* What was sent: any bytes, with what rules ask for somewhere in between. */
static void random_data(struct chance *c, struct record_room *r)
{
	char data[ABI_EVENT_DATA_MAX];
	size_t len = 1 + chance_below(c, sizeof(data)), at = 0;

	for (size_t i = 0; i < len; i++)
		data[i] = (char)chance_below(c, 256);
	for (int i = 0; i < 3; i++) {
		const char *name = ONE(c, names);

		at = chance_below(c, len);
		for (size_t k = 0; name[k] && at + k < len; k++)
			data[at + k] = name[k];
	}
	put(r, ABI_TEXT_DATA, data, len);
}

static uint8_t truth(bool yes)
{
	return yes ? ABI_YES : ABI_NO;
}

void random_program(struct chance *c, const struct process *p, struct record_room *r)
{
	struct abi_event_call *call = &r->ev.call;

	memset(call->comm, 0, sizeof(call->comm));
	memset(call->program, ABI_UNKNOWN, sizeof(call->program));
	r->ev.text[ABI_TEXT_PROGRAM] = (struct abi_span){ 0, 0 };
	if (!p || !chance_below(c, 3))
		return;
	memcpy(call->comm, p->name.data,
	       p->name.len < sizeof(call->comm) ? p->name.len : sizeof(call->comm));
	call->program[ABI_PROGRAM_NAME] = ABI_YES;
	call->program[ABI_PROGRAM_UPPER] = truth(p->exe_upper_layer);
	call->program[ABI_PROGRAM_LOWER] = truth(p->exe_lower_layer);
	call->program[ABI_PROGRAM_MEMORY] = truth(p->exe_memfd);
	call->program[ABI_PROGRAM_DELETED] = truth(p->exe_deleted);
	call->program[ABI_PROGRAM_WRITABLE] = truth(p->exe_writable);
	call->program[ABI_PROGRAM_SETUID] = truth(p->exe_setuid);
	call->program[ABI_PROGRAM_SETGID] = truth(p->exe_setgid);
	if (p->exepath.data && chance_below(c, 5))
		put(r, ABI_TEXT_PROGRAM, p->exepath.data, p->exepath.len);
}

void kept_program_of(struct chance *c, const struct process *p, struct abi_program *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (!p || !chance_below(c, 3))
		return;
	ret->facts[ABI_PROGRAM_NAME] = ABI_YES;
	ret->parent = p->parent ? (uint32_t)p->parent->pid : 0;
	memcpy(ret->comm, p->name.data,
	       p->name.len < sizeof(ret->comm) ? p->name.len : sizeof(ret->comm));
	if (p->exepath.data && p->exepath.len < sizeof(ret->path) && chance_below(c, 5)) {
		memcpy(ret->path, p->exepath.data, p->exepath.len);
		ret->len = p->exepath.len;
	}
}

/* Groups that processes of a record are in, and their containers: of some there is none. */
static struct event_container containers[SIMULATE_GROUPS] = {
	[1] = { .id = TEXT("1") }, [2] = { .id = TEXT("2") }
};
static struct container_answers answers[SIMULATE_GROUPS];
static const char *const images[] = { "nginx", "docker.io/library/nginx", "quay.io/a/b", "" };
static const char *const container_names[] = { "web", "db", "1", "2", "host" };

static struct text one_or_none(struct chance *c, const char *const *pool, size_t count)
{
	return chance_below(c, 4) ? text_of(pool[chance_below(c, count)]) : TEXT_NONE;
}

void random_containers(struct chance *c)
{
	static const struct text labels[] = { TEXT("app=web"), TEXT("tier=front"), TEXT("odd") };
	static const struct mount mounts[] = {
		{ .source = TEXT("/data"), .dest = TEXT("/srv") },
		{ .source = TEXT("/"), .dest = TEXT("/host"), .writable = true }
	};
	static uint32_t version;

	for (size_t i = 0; i < SIMULATE_GROUPS; i++) {
		struct event_container *e = &containers[i];

		if (!e->id.data)
			continue;
		e->version = ++version;
		answers[i] = (struct container_answers){ 0 };
		e->name = one_or_none(c, container_names, ARRAY_SIZE(container_names));
		e->image = one_or_none(c, images, ARRAY_SIZE(images));
		e->repository = one_or_none(c, images, ARRAY_SIZE(images));
		e->pod.name = one_or_none(c, container_names, ARRAY_SIZE(container_names));
		e->pod.namespace = one_or_none(c, container_names, ARRAY_SIZE(container_names));
		e->has_privileged = chance_below(c, 2);
		e->privileged = chance_below(c, 2);
		e->host_pid = chance_below(c, 2);
		e->labels = (struct texts){ labels, (uint32_t)chance_below(c, 4) };
		e->mounts = (struct mounts){ mounts, (uint32_t)chance_below(c, 3) };
	}
}

static const struct event_container *
container_of_group(uint64_t cgroup, const struct event_container *so_far, void *arg)
{
	return cgroup < SIMULATE_GROUPS && containers[cgroup].id.data ? &containers[cgroup] : NULL;
}

/* Some answers are not known, and some are to what others have asked. */
static void answer_group(struct chance *c, const struct container_terms *t,
			 const struct event_container *who, struct abi_group *g)
{
	struct container_answers *a = &answers[who - containers];
	uint64_t known = chance_below(c, 3) ? UINT64_MAX : chance_next(c);

	container_terms_answer(t, who, a);
	g->numbering = a->numbering;
	g->yes = a->yes & known;
	g->no = a->no & known;
	if (chance_below(c, 8))
		return;
	g->numbering -= (uint32_t)(1 + chance_below(c, 2));
	g->yes = chance_next(c);
	g->no = ~g->yes;
}

void random_groups(struct chance *c, const struct container_terms *t,
		   struct abi_group ret[SIMULATE_GROUPS])
{
	memset(ret, 0, SIMULATE_GROUPS * sizeof(*ret));
	for (uint64_t i = 0; i < SIMULATE_GROUPS; i++) {
		const struct event_container *who = container_of_group(i, NULL, NULL);

		ret[i].payer = who && chance_below(c, 3) ? i : 0;
		if (who && t && chance_below(c, 4))
			answer_group(c, t, who, &ret[i]);
	}
}

enum { START_NS = 1000 };

void kept_descent_of(struct chance *c, const struct process *p, struct abi_descent *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (!p || !chance_below(c, 6))
		return;
	ret->start_ns = START_NS + (uint64_t)p->pid;
	ret->cgroup = p->container ? (uint64_t)(p->container - containers) : SIMULATE_GROUPS;
	ret->vpid = (uint32_t)p->vpid;
	if (!p->parent || !chance_below(c, 8))
		return;
	ret->parent = (uint32_t)p->parent->pid;
	/* Or it was another process of that number. */
	ret->parent_start_ns = START_NS + ret->parent + !chance_below(c, 8);
}

void random_kept_descent(struct chance *c, struct abi_descent *ret)
{
	*ret = (struct abi_descent){ .start_ns = chance_below(c, 3),
				     .parent_start_ns = 1 + chance_below(c, 2),
				     .cgroup = chance_below(c, 2),
				     .vpid = (uint32_t)chance_below(c, 4),
				     .parent = (uint32_t)chance_below(c, 6) };
}

void random_kept_program(struct chance *c, struct abi_program *ret)
{
	const char *name = ONE(c, names);

	memset(ret, 0, sizeof(*ret));
	ret->facts[ABI_PROGRAM_NAME] = (uint8_t)chance_below(c, 3);
	ret->parent = (uint32_t)chance_below(c, 4);
	memcpy(ret->comm, name,
	       strlen(name) < sizeof(ret->comm) ? strlen(name) : sizeof(ret->comm));
	name = ONE(c, paths);
	ret->len = chance_below(c, 5) ? (uint32_t)strlen(name) : 0;
	memcpy(ret->path, name, ret->len);
}

/* Whatever a kernel might say. */
static void any_program(struct chance *c, struct record_room *r)
{
	struct abi_event_call *call = &r->ev.call;
	const char *name = ONE(c, names);

	memcpy(call->comm, name,
	       strlen(name) < sizeof(call->comm) ? strlen(name) : sizeof(call->comm));
	for (int i = 0; i < ABI_PROGRAM_FACTS; i++)
		call->program[i] = (uint8_t)chance_below(c, 3);
	if (chance_below(c, 2))
		put_path(c, r, ABI_TEXT_PROGRAM, false);
}

static void random_call(struct chance *c, struct filter_target target, struct record_room *r)
{
	struct abi_event_call *call = &r->ev.call;

	call->result = ONE(c, results);
	for (int i = 0; i < 6; i++)
		call->args[i] = ONE(c, numbers);
	call->fd = (int32_t)chance_below(c, 6) - 2;
	call->file_mode = chance_below(c, 2) ? 0x100000 : 0;
	r->ev.flags |= chance_below(c, 2) ? ABI_EVENT_UPPER : 0;
	r->ev.flags |= chance_below(c, 20) ? 0 : ABI_EVENT_URING;
	for (unsigned i = 0; i < 2; i++) {
		if (target.row->plan.path[i] == ABI_ARG_NONE || !chance_below(c, 12))
			continue;
		if (chance_below(c, 12))
			put_path(c, r, ABI_TEXT_PATH1 + i, true);
		if (chance_below(c, 2))
			put_path(c, r, ABI_TEXT_DIR1 + i, false);
	}
	any_program(c, r);
	if (chance_below(c, 2))
		random_bytes(c, r);
	if (target.row->plan.data != ABI_ARG_NONE && chance_below(c, 4))
		random_data(c, r);
	if (!chance_below(c, 3))
		random_socket(c, r);
	else if (chance_below(c, 3))
		random_file(c, r);
}

/* Texts that end with a NUL each, now and then after more than fits anywhere else. */
static void put_list(struct chance *c, struct record_room *r, unsigned which, const char *variable)
{
	char list[ABI_EVENT_TEXT_MAX];
	size_t len = 0;

	for (size_t n = chance_below(c, 6); n; n--) {
		const char *text = chance_below(c, 2) ? ONE(c, paths) : ONE(c, names);

		if (variable && chance_below(c, 2))
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s=", variable);
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s", text) + 1;
		if (!chance_below(c, 12)) {
			size_t filling = chance_below(c, 1000);

			if (len + filling > sizeof(list) - 200)
				break;
			memset(list + len, 'f', filling);
			len += filling;
		}
	}
	put(r, which, list, len);
}

static void random_exec(struct chance *c, struct record_room *r)
{
	struct abi_event_process *p = &r->ev.process;
	const char *name = ONE(c, names);

	p->parent = (uint32_t)chance_below(c, 4);
	p->vpid = (uint32_t)ONE(c, numbers);
	p->sid = (uint32_t)ONE(c, numbers);
	p->pgid = (uint32_t)ONE(c, numbers);
	p->vpgid = (uint32_t)ONE(c, numbers);
	p->tty = (uint32_t)ONE(c, numbers);
	p->loginuid = (uint32_t)ONE(c, numbers);
	p->uid_before = (uint32_t)ONE(c, numbers);
	p->exe_ino = ONE(c, numbers);
	p->path_flags = (uint32_t)chance_below(c, 8);
	p->exe_flags = (uint32_t)chance_below(c, 8);
	memcpy(p->comm, name, strlen(name) < sizeof(p->comm) ? strlen(name) : sizeof(p->comm));
	if (!chance_below(c, 10)) /* not terminated */
		memset(p->comm, 'c', sizeof(p->comm));
	r->ev.flags |= (uint16_t)(chance_below(c, 4) * ABI_EVENT_UPPER);
	if (chance_below(c, 10))
		put_path(c, r, ABI_TEXT_EXE, false);
	if (chance_below(c, 10))
		put_path(c, r, ABI_TEXT_CWD, false);
	for (unsigned i = 0; i < 3; i++) {
		static const uint16_t families[] = { 0, 0, 0, 1, 2, 10, 16, 17 };
		static const uint16_t modes[] = { 0, S_IFREG, S_IFDIR, S_IFIFO, S_IFCHR };

		p->stdio[i].family = ONE(c, families);
		p->stdio[i].inode_mode = p->stdio[i].family ? S_IFSOCK : ONE(c, modes);
		p->stdio[i].path_flags = chance_below(c, 4) ? 0 : ABI_PATH_MEMORY;
		put_text(r, ABI_TEXT_STDIO + i, ONE(c, names));
	}
	put_list(c, r, ABI_TEXT_ARGS, NULL);
	put_list(c, r, ABI_TEXT_ENV, chance_below(c, 2) ? "LD_PRELOAD" : "X");
	put_path(c, r, ABI_TEXT_NAME, true);
}

/* CAP_CHOWN, NET_BIND_SERVICE, NET_ADMIN, SYS_ADMIN; some of them; none. */
static uint64_t random_capabilities(struct chance *c)
{
	static const uint64_t sets[] = { 0, 0x1, 0x401, 0x201401, 0x1ffffffffff };

	return ONE(c, sets);
}

void random_record(struct chance *c, struct filter_target target, int nr, struct record_room *r)
{
	memset(&r->ev, 0, sizeof(r->ev));
	/* What an earlier record left behind its texts is not looked at. */
	memset(r->data, chance_below(c, 2) ? '/' : 'x', 1024);
	r->ev.size = sizeof(r->ev);
	r->ev.kind = (uint8_t)target.kind;
	r->ev.nr = nr < 0 ? ABI_CALL_NR_MAX : (uint16_t)nr;
	r->ev.flags = ABI_EVENT_WATCHED;
	r->ev.tgid = (uint32_t)chance_below(c, 6);
	r->ev.tid = chance_below(c, 2) ? r->ev.tgid : (uint32_t)ONE(c, numbers);
	r->ev.vtid = (uint32_t)ONE(c, numbers);
	r->ev.uid = (uint32_t)ONE(c, numbers);
	r->ev.caps_permitted = random_capabilities(c);
	r->ev.caps_inheritable = random_capabilities(c);
	r->ev.caps_effective = random_capabilities(c);
	r->ev.gid = (uint32_t)ONE(c, numbers);
	r->ev.cpu = (uint16_t)chance_below(c, 4);
	r->ev.cgroup = chance_below(c, SIMULATE_GROUPS);
	if (target.kind == ABI_EVENT_EXEC)
		random_exec(c, r);
	else
		random_call(c, target, r);
}

/* Who random records are about, some of them. */
static const struct process_facts known[] = {
	{ .pid = 1,
	  .vpid = 1,
	  .name = TEXT("nginx"),
	  .exepath = TEXT("/usr/sbin/nginx"),
	  .cwd = TEXT("/srv"),
	  .exe_lower_layer = true },
	{ .pid = 2,
	  .parent = 1,
	  .vpid = 2,
	  .name = TEXT("sixteen-letters"),
	  .exepath = TEXT("/tmp/x"),
	  .exe_upper_layer = true,
	  .exe_writable = true,
	  .exe_deleted = true },
	{ .pid = 3,
	  .parent = 2,
	  .vpid = 3,
	  .name = TEXT("sh"),
	  .exepath = TEXT("/etc/sh"),
	  .cwd = TEXT("/srv"),
	  .exe_setuid = true,
	  .exe_setgid = true,
	  .exe_memfd = true },
};

struct process_table *random_processes(void)
{
	struct process_table *t;

	assert_int_equal(process_table_new(&t, 0, container_of_group, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) /* records are about 0 to 5 */
		assert_int_equal(process_table_put(t, &known[i]), 0);
	return t;
}

/* --- rules ------------------------------------------------------------------------------------------- */

static const char *const text_fields[] = { "fd.name",
					   "fd.name",
					   "fd.directory",
					   "fd.filename",
					   "fs.path.name",
					   "fs.path.source",
					   "fs.path.target",
					   "proc.name",
					   "proc.exepath",
					   "proc.cwd",
					   "proc.args",
					   "proc.args[0]",
					   "proc.cmdline",
					   "proc.env",
					   "proc.pname",
					   "proc.env[LD_PRELOAD]",
					   "proc.pexepath",
					   "proc.aname",
					   "proc.aname[1]",
					   "proc.aname[2]",
					   "proc.aexepath",
					   "proc.aexepath[2]",
					   "proc.inside.aexepath",
					   "proc.inside.aname[1]",
					   "proc.inside.aexepath[2]" };
static const char *const type_fields[] = { "fd.type", "proc.stdin.type", "proc.stdout.type" };
static const char *const number_fields[] = { "fd.num",		"evt.rawres",	 "thread.tid",
					     "thread.vtid",	"proc.pid",	 "proc.vpid",
					     "proc.sid",	"user.loginuid", "proc.exe_ino",
					     "user.uid_before", "evt.cpu",	 "proc.pgid" };
static const char *const unsigned_fields[] = { "user.uid", "group.gid", "proc.tty",
					       "evt.count.error" };
static const char *const bool_fields[] = { "evt.is_open_read",
					   "evt.is_open_write",
					   "evt.is_open_exec",
					   "evt.is_open_create",
					   "evt.failed",
					   "proc.is_exe_upper_layer",
					   "proc.is_exe_lower_layer",
					   "proc.is_exe_from_memfd",
					   "proc.is_exe_deleted",
					   "proc.is_exe_writable",
					   "proc.is_exe_setuid",
					   "proc.is_exe_setgid" };
static const char *const port_fields[] = { "fd.port", "fd.sport", "fd.cport", "fd.lport",
					   "fd.rport" };
static const char *const address_fields[] = { "fd.ip", "fd.sip", "fd.cip", "fd.lip", "fd.rip" };
static const char *const network_fields[] = { "fd.net", "fd.snet", "fd.cnet", "fd.lnet",
					      "fd.rnet" };
static const char *const unknown_checks[] = { "evt.num = 0",
					      "evt.num >= 0",
					      "evt.num > 3",
					      "proc.pname = bash",
					      "container.id != host",
					      "proc.cmdline contains x",
					      "fd.name contains etc",
					      "evt.arg.name regex \"/e.*\"",
					      "fd.nameraw startswith /etc" };

static void add_quoted(struct buf *out, const char *text)
{
	buf_addf(out, "\"%s\"", text);
}

static void add_list(struct chance *c, struct buf *out, const char *const *pool, size_t count)
{
	/* Now and then more than is compared one by one, for equality or otherwise. */
	size_t n = chance_below(c, 8) ? 1 + chance_below(c, 4) : 24;
	size_t others = chance_below(c, 16) ? 0 : TEXT_BRANCHES_MAX;

	buf_add_char(out, '(');
	for (size_t i = 0; i < others; i++)
		buf_addf(out, "\"%s/%zu\", ", pool[i % count], i / count);
	for (size_t i = 0; i < n; i++) {
		buf_add_str(out, i ? ", " : "");
		add_quoted(out, pool[chance_below(c, count)]);
	}
	buf_add_char(out, ')');
}

static void text_check(struct chance *c, const char *field, struct buf *out)
{
	static const char *const regexes[] = { "/etc/.*",
					       "^/etc/shadow$",
					       ".*shadow",
					       "/etcx?/shadow",
					       "/etc|/tmp",
					       "(/etc|/tmp).*",
					       "/usr/lib/[^/]*[.]so[.]6",
					       "/a*",
					       "(?i)/ETC/.*",
					       "/etc{1,2}/.*",
					       "/etc/shado\\\\w",
					       "[(]|/tmp",
					       "/.+/passwd" };
	static const char *const pieces[] = { "etc",	      "/",	"",    "s",
					      "shadow",	      "/bin/",	".so", "passwd",
					      "/usr/lib/lib", "tmp/a b" };
	static const char *const globs[] = {
		"*",	       "/etc/*", "*shadow", "*/bin/*",	   "/usr/*.so*", "*a*a*",
		"/etc/shadow", "/*/*",	 "",	    "/etc/?hadow", "*/lib*",	 "/tmp*/tmp"
	};
	static const char *const modifiers[] = { "oneof", "anyof", "allof" };
	const char *const *pool = chance_below(c, 4) ? paths :
				  chance_below(c, 2) ? raw_paths :
						       names;
	size_t count = pool == paths ? ARRAY_SIZE(paths) :
		       pool == names ? ARRAY_SIZE(names) :
				       ARRAY_SIZE(raw_paths);

	buf_add_str(out, field);
	switch (chance_below(c, 12)) {
	case 11:
		buf_addf(out, " regex %s ", chance_below(c, 4) ? "anyof" : "oneof");
		add_list(c, out, regexes, ARRAY_SIZE(regexes));
		break;
	case 9:
		buf_addf(out, " contains %s ", chance_below(c, 2) ? "anyof" : "oneof");
		add_list(c, out, pieces, ARRAY_SIZE(pieces));
		break;
	case 10:
		buf_addf(out, " glob %s ", chance_below(c, 4) ? "anyof" : "oneof");
		add_list(c, out, globs, ARRAY_SIZE(globs));
		break;
	case 0:
		buf_add_str(out, " exists");
		break;
	case 1:
		buf_add_str(out, " in ");
		add_list(c, out, pool, count);
		break;
	case 2:
		buf_add_str(out, " startswith ");
		add_quoted(out, pool[chance_below(c, count)]);
		break;
	case 3:
		buf_add_str(out, " endswith ");
		add_quoted(out, ONE(c, ends));
		break;
	case 4:
	case 5:
		buf_add_str(out, " pmatch ");
		add_list(c, out, pool, count);
		break;
	case 6:
		buf_addf(out, " %s %s ", chance_below(c, 2) ? "startswith" : "endswith",
			 ONE(c, modifiers));
		if (chance_below(c, 2))
			add_list(c, out, pool, count);
		else
			add_list(c, out, ends, ARRAY_SIZE(ends));
		break;
	default:
		buf_add_str(out, chance_below(c, 3) ? " = " : " != ");
		add_quoted(out, pool[chance_below(c, count)]);
	}
}

static void number_check(struct chance *c, const char *field, bool is_signed, struct buf *out)
{
	static const char *const ops[] = { "=", "!=", "<", "<=", ">", ">=" };
	static const char *const pool[] = { "0",   "1",	   "2",	    "3",	  "5",	       "80",
					    "443", "1000", "65535", "2147483648", "4294967295" };

	if (!chance_below(c, 5)) {
		buf_addf(out, "%s in (%s, %s)", field, pool[chance_below(c, 6)],
			 pool[chance_below(c, 6)]);
		return;
	}
	if (!chance_below(c, 8)) {
		buf_addf(out, "%s %s %s (%s, %s)", field, chance_below(c, 2) ? "=" : "!=",
			 (const char *const[]){ "oneof", "anyof", "allof" }[chance_below(c, 3)],
			 pool[chance_below(c, 6)], pool[chance_below(c, 6)]);
		return;
	}
	buf_addf(out, "%s %s ", field, ONE(c, ops));
	if (is_signed && !chance_below(c, 3))
		buf_add_str(out, chance_below(c, 2) ? "-1" : "-2");
	else
		buf_add_str(out, pool[chance_below(c, strstr(field, "port") ? 9 : 11)]);
}

static void address_check(struct chance *c, bool network, struct buf *out)
{
	static const char *const addresses[] = { "10.0.0.1", "127.0.0.1", "9.9.9.9",
						 "\"fe80::1\"" };
	static const char *const networks[] = {
		"10.0.0.0/8", "127.0.0.0/8",	"0.0.0.0/0",   "9.9.9.8/29",	 "\"fe80::/10\"",
		"\"::/0\"",   "192.168.1.1/32", "128.0.0.0/1", "\"fe80::1/127\""
	};

	buf_addf(out, "%s ", network ? ONE(c, network_fields) : ONE(c, address_fields));
	if (!chance_below(c, 4)) { /* many: they are looked up */
		buf_addf(out, "in (%s", network ? ONE(c, networks) : ONE(c, addresses));
		for (uint32_t n = chance_below(c, 24); n; n--)
			if (network && chance_below(c, 2))
				buf_addf(out, ", %s", ONE(c, networks));
			else if (network && chance_below(c, 2))
				buf_addf(out, ", 10.0.0.%zu/%zu", chance_below(c, 256),
					 chance_below(c, 33));
			else
				buf_addf(out, ", 11.%u.0.7%s", n, network ? "/30" : "");
		buf_add_char(out, ')');
	} else if (!chance_below(c, 3))
		buf_addf(out, "in (%s, %s)", network ? ONE(c, networks) : ONE(c, addresses),
			 network ? ONE(c, networks) : ONE(c, addresses));
	else
		buf_addf(out, "%s %s", chance_below(c, 3) ? "=" : "!=",
			 network ? ONE(c, networks) : ONE(c, addresses));
}

/* evt.arg and evt.rawarg of a parameter that the type has. */
static void argument_check(struct chance *c, struct filter_target target, struct buf *out)
{
	const struct event_type *t = target.type;
	const struct event_param *p;
	char field[64];

	if (!t->param_count) {
		buf_add_str(out, "evt.failed = true");
		return;
	}
	p = &t->params[chance_below(c, t->param_count)];
	snprintf(field, sizeof(field), "evt.%s.%.*s", chance_below(c, 4) ? "arg" : "rawarg",
		 (int)p->name.len, p->name.data);
	if (p->kind == PARAM_NAMES && field[4] == 'a' && !chance_below(c, 4)) {
		struct text first = p->names->items[chance_below(c, p->names->count)].name;
		struct text other = p->names->items[chance_below(c, p->names->count)].name;

		buf_addf(out, "%s contains %s (\"%.*s\", \"%.*s\")", field,
			 chance_below(c, 2) ? "allof" : "anyof", (int)first.len, first.data,
			 (int)other.len, other.data);
	} else if (p->kind == PARAM_NAMES && field[4] == 'a') {
		struct text name = p->names->items[chance_below(c, p->names->count)].name;
		static const char *const ops[] = { "=", "!=", "contains", "icontains",
						   "startswith" };

		buf_addf(out, "%s %s \"%.*s\"", field, ONE(c, ops), (int)name.len, name.data);
	} else if (p->kind == PARAM_SIGNAL && field[4] == 'a') {
		buf_addf(out, "%s %s SIGKILL", field, chance_below(c, 2) ? "=" : "!=");
	} else if (p->kind == PARAM_TEXT || p->kind == PARAM_PATH) {
		text_check(c, field, out);
	} else {
		number_check(c, field, false, out);
	}
}

static void data_check(struct chance *c, struct buf *out)
{
	static const char *const ops[] = { "=",		 "!=",	     "contains",
					   "startswith", "endswith", "bcontains" };
	const char *op = ONE(c, ops);

	buf_addf(out, "%s %s \"%s\"", chance_below(c, 3) ? "evt.buffer" : "evt.rawarg.data", op,
		 op[0] == 'b' ? "2f65" : ONE(c, names));
}

static void capability_check(struct chance *c, struct buf *out)
{
	static const char *const names_of[] = { "CAP_SYS_ADMIN",  "CAP_CHOWN", "CAP_NET",
						"CAP_SYS_PTRACE", "CAP_",      "ADMIN" };
	const char *field = chance_below(c, 2) ? "thread.cap_permitted" : "thread.cap_effective";

	if (chance_below(c, 3))
		buf_addf(out, "%s contains %s", field, ONE(c, names_of));
	else
		buf_addf(out, "%s contains %s (%s, %s)", field,
			 (const char *const[]){ "oneof", "anyof", "allof" }[chance_below(c, 3)],
			 ONE(c, names_of), ONE(c, names_of));
}

static void container_check(struct chance *c, struct buf *out)
{
	static const char *const ids[] = { "host", "host", "1", "2" };
	static const char *const texts[] = {
		"container.name",	  "container.image",
		"container.image",	  "container.image.repository",
		"container.mounts",	  "container.labels",
		"container.label[app]",	  "container.mount.dest[/data]",
		"k8s.pod.name",		  "k8s.ns.name",
		"toupper(container.name)"
	};
	static const char *const others[] = { "container.privileged = true",
					      "container.privileged = false",
					      "container.host_pid = true",
					      "container.name = val(container.id)",
					      "container.image = val(container.image.repository)",
					      "container.duration > 0",
					      "k8s.pod.name exists",
					      "container.name = val(proc.name)" };
	static const char *const values[] = {
		"web", "nginx", "quay.io", "host", "\"/data\"", "WEB"
	};

	if (!chance_below(c, 4)) {
		buf_add_str(out, ONE(c, others));
		return;
	}
	if (chance_below(c, 2)) {
		static const char *const ops[] = { "=",	       "!=",	     "contains",
						   "endswith", "startswith", "glob" };

		if (chance_below(c, 4))
			buf_addf(out, "%s %s %s", ONE(c, texts), ONE(c, ops), ONE(c, values));
		else
			buf_addf(out, "%s in (%s, %s)", ONE(c, texts), ONE(c, values),
				 ONE(c, values));
		return;
	}
	if (chance_below(c, 4))
		buf_addf(out, "container.id %s %s", chance_below(c, 2) ? "=" : "!=", ONE(c, ids));
	else
		buf_addf(out, "container.id in (%s, %s)", ONE(c, ids), ONE(c, ids));
}

static void random_check(struct chance *c, struct filter_target target, struct buf *out)
{
	static const char *const res[] = { "SUCCESS", "ENOENT", "EACCES", "EPERM" };

	switch (chance_below(c, 18)) {
	case 14:
		capability_check(c, out);
		break;
	case 15:
	case 16:
	case 17:
		container_check(c, out);
		break;
	case 0:
		number_check(c, ONE(c, number_fields), true, out);
		break;
	case 1:
		number_check(c, ONE(c, unsigned_fields), false, out);
		break;
	case 2:
		number_check(c, ONE(c, port_fields), false, out);
		break;
	case 3:
		buf_addf(out, "%s = %s", ONE(c, bool_fields),
			 chance_below(c, 2) ? "true" : "false");
		break;
	case 4:
		address_check(c, chance_below(c, 2), out);
		break;
	case 5:
	case 6:
		argument_check(c, target, out);
		break;
	case 7:
		if (target.row && target.row->plan.data != ABI_ARG_NONE && chance_below(c, 3))
			data_check(c, out);
		else
			buf_addf(out, "evt.res %s %s",
				 chance_below(c, 2) ? "=" : "!=", ONE(c, res));
		break;
	case 8:
		buf_addf(out, "fd.typechar %s '%c'",
			 chance_below(c, 2) ? "=" : "!=", "fd46upo"[chance_below(c, 7)]);
		break;
	case 9:
		buf_addf(out, "%s in (%s, %s)", ONE(c, type_fields),
			 fd_types[1 + chance_below(c, 7)].name.data,
			 fd_types[1 + chance_below(c, FD_TYPES - 1)].name.data);
		break;
	case 10:
		buf_addf(out, "%s", chance_below(c, 2) ? "fd.l4proto = tcp" : "fd.l4proto != udp");
		break;
	case 11:
		buf_add_str(out, chance_below(c, 4) ? "evt.type exists" : ONE(c, unknown_checks));
		break;
	default:
		text_check(c, ONE(c, text_fields), out);
		break;
	}
}

void random_kernel_condition(struct chance *c, struct filter_target target, int depth,
			     struct buf *out)
{
	size_t kind = chance_below(c, 8), n = 2 + chance_below(c, 2);

	if (depth <= 0 || kind < 2) {
		random_check(c, target, out);
		return;
	}
	if (kind == 2) {
		buf_add_str(out, "not (");
		random_kernel_condition(c, target, depth - 1, out);
		buf_add_char(out, ')');
		return;
	}
	buf_add_char(out, '(');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_str(out, kind & 1 ? " and " : " or ");
		random_kernel_condition(c, target, depth - 1, out);
	}
	buf_add_char(out, ')');
}
