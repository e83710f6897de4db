/* SPDX-License-Identifier: Apache-2.0 */
#include "random.h"

#include "base/buf.h"

static const char *const texts[] = {
	"",	    "a",	"ab",		"abc",	 "b",		"sh",	       "bash",
	"cat",	    "/",	"/etc",		"/etc/", "/etc/shadow", "/etc/passwd", "/etc//x",
	"/tmp",	    "/tmp/a b", "/usr/bin/cat", "etc",	 "CBA",		"nginx",       "x=1",
	"host",	    "(a)",	"a,b",		"c1",	 "c2",		"web",	       "O_RDONLY",
	"10.0.0.1", "aGk=",	"\xc3\xa9",	"a\"b",
};
static const char *const globs[] = { "*",      "a*",  "*c",    "?", "[a-c]*",
				     "/etc/*", "*e*", "[!a]*", "",  "/*/s*" };
static const char *const regexes[] = { ".*", "a.*", "[abc]+", "/etc/.*", "(sh|bash|cat)",
				       "x",  "",    "^a" };
static const char *const addresses[] = { "10.0.0.1",  "10.0.0.2", "192.168.1.1",
					 "127.0.0.1", "\"::1\"",  "\"fe80::1\"" };
static const char *const networks[] = { "10.0.0.0/8",	  "10.0.0.0/31",  "0.0.0.0/0",
					"192.168.0.0/16", "127.0.0.1/32", "\"fe80::/10\"",
					"\"::/0\"",	  "10.0.0.2/32",  "1.0.0.0/8",
					"2.0.0.0/8",	  "10.0.0.0/12",  "10.0.0.3/30",
					"192.168.1.0/25", "128.0.0.0/1",  "127.0.0.0/9",
					"9.9.9.8/29" };
static const char *const numbers[] = { "0", "1", "2", "3", "5", "1000", "4294967295" };
static const char *const signed_numbers[] = { "-1", "0", "1", "2", "3", "5", "1000" };
static const char *const types[] = { "open",  "openat", "execve", "connect",
				     "write", "unlink", "listen" };

static const char *const text_fields[] = {
	"proc.name",
	"proc.pname",
	"proc.exe",
	"proc.exepath",
	"proc.cmdline",
	"proc.args",
	"proc.args[0]",
	"proc.cwd",
	"proc.aname[2]",
	"fd.name",
	"fd.directory",
	"fd.filename",
	"fd.typechar",
	"fd.type",
	"container.id",
	"container.name",
	"container.image.repository",
	"user.name",
	"evt.arg.flags",
	"evt.arg.name",
	"evt.arg.path",
	"evt.res",
	"fs.path.name",
	"fd.l4proto",
	"k8s.ns.name",
	"tolower(proc.name)",
	"basename(fd.name)",
	"concat(proc.name, proc.exe)",
	"b64(proc.exe)",
};
static const char *const field_pairs[] = {
	"proc.exe = val(proc.name)",
	"proc.cmdline contains val(proc.exe)",
	"fd.name startswith val(fd.directory)",
	"proc.exe != tolower(proc.name)",
	"proc.pid > val(proc.ppid)",
	"fd.sip = val(fd.cip)",
	"proc.exe in val(proc.cwd)",
	"user.uid = val(proc.tty)",
	"fd.sport <= val(fd.cport)",
};
static const char *const any_fields[] = { "proc.aname", "proc.aexe", "proc.acmdline",
					  "fd.sip.name" };
static const char *const number_fields[] = { "proc.tty", "user.uid", "group.gid",
					     "len(proc.name)" };
static const char *const signed_fields[] = { "proc.pid",    "proc.ppid",     "fd.num",
					     "evt.rawres",  "user.loginuid", "proc.vpid",
					     "proc.apid[1]" };
static const char *const any_signed_fields[] = { "proc.apid" };
static const char *const port_fields[] = { "fd.port", "fd.sport", "fd.cport" };
static const char *const bool_fields[] = { "evt.is_open_read",	  "evt.is_open_write",
					   "fd.connected",	  "proc.is_exe_upper_layer",
					   "evt.failed",	  "evt.is_io_write",
					   "container.privileged" };
static const char *const address_fields[] = { "fd.sip", "fd.cip", "fd.ip", "fd.rip" };
static const char *const network_fields[] = { "fd.snet", "fd.cnet", "fd.net", "fd.rnet" };

#define ONE(c, pool) (pool)[chance_below(c, ARRAY_SIZE(pool))]

const char random_prelude[] =
	"- list: shells\n  items: [sh, bash, \"a b\", nginx]\n"
	"- list: none\n  items: []\n"
	"- list: both\n  items: [shells, cat]\n"
	"- macro: opens\n  condition: evt.type in (open, openat)\n"
	"- macro: in_etc\n  condition: fd.name startswith /etc or fd.directory = /etc\n"
	"- macro: spawned\n  condition: evt.type = execve and not evt.failed = true\n"
	"- macro: odd\n  condition: (opens and in_etc) or (spawned and proc.name in (shells))\n"
	"- macro: reader\n  condition: opens and evt.is_open_read = true and fd.num >= 0\n";

static void add_quoted(struct buf *out, const char *text)
{
	buf_add_char(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, *text);
	}
	buf_add_char(out, '"');
}

typedef void value_fn(struct chance *c, struct buf *out);

static void any_text(struct chance *c, struct buf *out)
{
	add_quoted(out, ONE(c, texts));
}

static void any_glob(struct chance *c, struct buf *out)
{
	add_quoted(out, ONE(c, globs));
}

static void any_regex(struct chance *c, struct buf *out)
{
	add_quoted(out, ONE(c, regexes));
}

static void any_number(struct chance *c, struct buf *out)
{
	buf_add_str(out, ONE(c, numbers));
}

static void any_signed(struct chance *c, struct buf *out)
{
	buf_add_str(out, ONE(c, signed_numbers));
}

static void any_port(struct chance *c, struct buf *out)
{
	buf_add_str(out, (const char *const[]){ "80", "443", "4000", "22" }[chance_below(c, 4)]);
}

static void any_bool(struct chance *c, struct buf *out)
{
	buf_add_str(out, chance_below(c, 2) ? "true" : "false");
}

static void any_address(struct chance *c, struct buf *out)
{
	buf_add_str(out, ONE(c, addresses));
}

static void any_network(struct chance *c, struct buf *out)
{
	buf_add_str(out, ONE(c, networks));
}

static void any_path(struct chance *c, struct buf *out)
{
	if (chance_below(c, 2))
		any_text(c, out);
	else
		any_glob(c, out);
}

static void any_type(struct chance *c, struct buf *out)
{
	buf_add_str(out, ONE(c, types));
}

static void list(struct chance *c, struct buf *out, value_fn *value)
{
	size_t n = chance_below(c, 12) ? 1 + chance_below(c, 5) : 0;

	if (!chance_below(c, 8))
		n = 12;
	buf_add_char(out, '(');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_str(out, ", ");
		value(c, out);
	}
	buf_add_char(out, ')');
}

/* An operator on strings with its modifier, and the value or values. */
static void string_op(struct chance *c, struct buf *out, const char *op, value_fn *value)
{
	static const char *const modifiers[] = { "oneof", "anyof", "allof" };

	buf_addf(out, " %s ", op);
	if (chance_below(c, 5)) {
		value(c, out);
		return;
	}
	buf_addf(out, "%s ", ONE(c, modifiers));
	list(c, out, value);
}

static void list_op(struct chance *c, struct buf *out, value_fn *value)
{
	buf_add_str(out, chance_below(c, 4) ? " in " : " intersects ");
	list(c, out, value);
}

static void text_check(struct chance *c, struct buf *out, bool any)
{
	static const char *const plain[] = { "=",	  "!=",		"contains",
					     "icontains", "startswith", "endswith" };

	if (!any && !chance_below(c, 16)) {
		buf_add_str(out, ONE(c, field_pairs));
		return;
	}
	buf_add_str(out, any ? ONE(c, any_fields) : ONE(c, text_fields));
	switch (chance_below(c, 12)) {
	case 0:
		buf_add_str(out, " exists");
		break;
	case 1:
		string_op(c, out, chance_below(c, 2) ? "glob" : "iglob", any_glob);
		break;
	case 2:
		if (chance_below(c, 3))
			list_op(c, out, any_text);
		else
			string_op(c, out, "regex", any_regex);
		break;
	case 3:
		buf_add_str(out, " pmatch ");
		list(c, out, any_path);
		break;
	case 4:
		buf_addf(out, " %s ",
			 (const char *const[]){ "<", "<=", ">", ">=" }[chance_below(c, 4)]);
		any_signed(c, out);
		break;
	case 5:
		buf_add_str(out, " in (shells, x)");
		break;
	case 6:
		buf_add_str(out, (const char *const[]){ " in (shells)", " in (both, none, q)",
							" in (none)" }[chance_below(c, 3)]);
		break;
	case 7:
	case 8:
		list_op(c, out, any_text);
		break;
	default:
		string_op(c, out, ONE(c, plain), any_text);
		break;
	}
}

static void number_check(struct chance *c, struct buf *out, const char *field, value_fn *value)
{
	static const char *const ops[] = { "<", "<=", ">", ">=" };

	buf_add_str(out, field);
	switch (chance_below(c, 6)) {
	case 0:
		buf_add_str(out, " exists");
		break;
	case 1:
		list_op(c, out, value);
		break;
	case 2:
	case 3:
		buf_addf(out, " %s ", ONE(c, ops));
		value(c, out);
		break;
	default:
		string_op(c, out, chance_below(c, 3) ? "=" : "!=", value);
		break;
	}
}

/* Types that know "=" and "in" only. */
static void equal_check(struct chance *c, struct buf *out, const char *field, value_fn *value)
{
	buf_add_str(out, field);
	if (!chance_below(c, 8))
		buf_add_str(out, " exists");
	else if (chance_below(c, 2))
		list_op(c, out, value);
	else
		string_op(c, out, chance_below(c, 3) ? "=" : "!=", value);
}

static void random_check(struct chance *c, struct buf *out)
{
	switch (chance_below(c, 16)) {
	case 0:
		number_check(c, out, ONE(c, number_fields), any_number);
		break;
	case 1:
		number_check(c, out, ONE(c, signed_fields), any_signed);
		break;
	case 2:
		number_check(c, out, ONE(c, port_fields), any_port);
		break;
	case 3:
		equal_check(c, out, ONE(c, bool_fields), any_bool);
		break;
	case 4:
		equal_check(c, out, ONE(c, address_fields), any_address);
		break;
	case 5:
		equal_check(c, out, ONE(c, network_fields), any_network);
		break;
	case 6:
		equal_check(c, out, "evt.type", any_type);
		break;
	case 7:
		text_check(c, out, true);
		break;
	case 8:
		buf_add_str(out, (const char *const[]){ "opens", "in_etc", "spawned", "odd",
							"reader" }[chance_below(c, 5)]);
		break;
	case 9:
		number_check(c, out, ONE(c, any_signed_fields), any_signed);
		break;
	default:
		text_check(c, out, false);
		break;
	}
}

/* Several checks of the same field: the evaluator makes one of them. */
static void same_field(struct chance *c, struct buf *out)
{
	static const char *const ops[] = { "=", "!=", "startswith", "endswith", "contains", "in" };
	const char *field = ONE(c, text_fields), *op = ONE(c, ops),
		   *word = chance_below(c, 3) ? " or " : " and ";
	bool network = !chance_below(c, 4), number = !chance_below(c, 4);

	if (network)
		field = ONE(c, network_fields);
	else if (number)
		field = ONE(c, signed_fields);
	buf_add_char(out, '(');
	for (size_t i = 0, n = 2 + chance_below(c, 4); i < n; i++) {
		if (i)
			buf_add_str(out, word);
		if (!chance_below(c, 4))
			op = network || number ? (chance_below(c, 2) ? "=" : "!=") : ONE(c, ops);
		if ((network || number) && strcmp(op, "=") && strcmp(op, "!="))
			op = "in";
		buf_add_str(out, field);
		buf_add_char(out, ' ');
		buf_add_str(out, op);
		buf_add_char(out, ' ');
		if (!strcmp(op, "in"))
			list(c, out, network ? any_network : number ? any_signed : any_text);
		else
			(network ? any_network : number ? any_signed : any_text)(c, out);
	}
	buf_add_char(out, ')');
}

void random_condition(struct chance *c, int depth, struct buf *out)
{
	size_t kind = chance_below(c, 8), n = 2 + chance_below(c, 3);

	if (depth <= 0 || kind < 2) {
		if (chance_below(c, 5))
			random_check(c, out);
		else
			same_field(c, out);
		return;
	}
	if (kind == 2) {
		buf_add_str(out, "not (");
		random_condition(c, depth - 1, out);
		buf_add_char(out, ')');
		return;
	}
	buf_add_char(out, '(');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_str(out, kind & 1 ? " and " : " or ");
		random_condition(c, depth - 1, out);
	}
	buf_add_char(out, ')');
}

/* --- events ------------------------------------------------------------------------------------------------ */

static struct text text_or_none(struct chance *c)
{
	return chance_below(c, 6) ? text_of(ONE(c, texts)) : TEXT_NONE;
}

static uint32_t small(struct chance *c)
{
	static const uint32_t pool[] = { 0, 1, 2, 3, 5, 1000, UINT32_MAX };

	return ONE(c, pool);
}

static void random_process(struct chance *c, struct random_world *w, size_t i)
{
	struct process *p = &w->processes[i];

	*p = PROCESS_NONE;
	p->parent = i && chance_below(c, 8) ? &w->processes[chance_below(c, i)] : NULL;
	p->container = chance_below(c, 3) ? &w->containers[chance_below(c, 3)] : NULL;
	p->name = text_of(ONE(c, texts));
	p->exe = text_or_none(c);
	p->exepath = text_or_none(c);
	p->cwd = text_or_none(c);
	p->user = text_or_none(c);
	for (size_t k = 0; k < RANDOM_TEXTS; k++)
		w->args[i][k] = text_of(ONE(c, texts));
	p->args = (struct texts){ w->args[i], (uint32_t)chance_below(c, RANDOM_TEXTS + 1) };
	p->pid = (int64_t)chance_below(c, 6);
	p->vpid = chance_below(c, 2) ? p->pid : -1;
	p->tty = small(c);
	p->uid = small(c);
	p->gid = small(c);
	p->loginuid = small(c);
	p->exe_upper_layer = chance_below(c, 2);
}

void random_world(struct chance *c, struct random_world *w)
{
	static const char *const ids[] = { "c1", "c2", "abc" };

	for (size_t i = 0; i < 3; i++) {
		w->containers[i] = (struct event_container){
			.id = text_of(ids[i]),
			.name = text_or_none(c),
			.repository = text_or_none(c),
			.has_privileged = chance_below(c, 2),
			.privileged = chance_below(c, 2),
			.pod = { .name = text_or_none(c), .namespace = text_or_none(c) },
		};
		w->containers[i].privileged &= w->containers[i].has_privileged;
	}
	for (size_t i = 0; i < RANDOM_PROCESSES; i++)
		random_process(c, w, i);
}

static struct address random_address(struct chance *c, bool six)
{
	static const char *const four[] = { "10.0.0.1", "10.0.0.2", "192.168.1.1", "127.0.0.1",
					    "9.9.9.9" };
	static const char *const pool6[] = { "::1", "fe80::1", "fe80::2" };
	struct address a = { 0 };

	if (chance_below(c, 10))
		address_parse(text_of(six ? ONE(c, pool6) : ONE(c, four)), &a);
	return a;
}

static void random_fd(struct chance *c, struct random_world *w)
{
	static const enum fd_type pool[] = { FD_FILE, FD_DIRECTORY,   FD_IPV4,
					     FD_IPV6, FD_IPV4_SERVER, FD_UNIX,
					     FD_PIPE, FD_FILE,	      FD_IPV4 };
	static const uint16_t ports[] = { 80, 443, 4000, 22 };
	struct fd *fd = &w->fd;
	bool six;

	*fd = FD_INIT;
	fd->type = ONE(c, pool);
	six = fd->type == FD_IPV6;
	if (fd->type == FD_FILE || fd->type == FD_DIRECTORY || fd->type == FD_UNIX)
		fd->name = text_or_none(c);
	fd->l4proto = chance_below(c, 2) ? TEXT("tcp") : TEXT_NONE;
	fd->client = random_address(c, six);
	fd->server = random_address(c, six);
	fd->client_port = ONE(c, ports);
	fd->server_port = ONE(c, ports);
	fd->has_role = chance_below(c, 6);
	fd->client_is_local = chance_below(c, 2);
	fd->connected = chance_below(c, 2);
	for (size_t i = 0; i < 2; i++)
		w->names[i] = text_of(ONE(c, texts));
	fd->server_names = (struct texts){ w->names, (uint32_t)chance_below(c, 3) };
}

static void random_args(struct chance *c, struct event *ev)
{
	for (uint32_t i = 0; i < ev->type->param_count; i++) {
		const struct event_param *p = &ev->type->params[i];
		struct event_arg *arg = p->slot >= 0 ? &ev->args[p->slot] : NULL;

		if (!arg || !chance_below(c, 6))
			continue;
		*arg = (struct event_arg){ 0 };
		if (p->kind == PARAM_TEXT || p->kind == PARAM_PATH) {
			arg->value = value_of_text(text_of(ONE(c, texts)));
			arg->resolved = chance_below(c, 2) ? text_or_none(c) : TEXT_NONE;
		} else if (p->kind == PARAM_BYTES) {
			arg->value = value_of_text(text_of(ONE(c, texts)));
			arg->value.type = VALUE_BYTES;
		} else {
			arg->value = (struct value){ .u = chance_below(c, 4), .type = VALUE_UINT };
		}
		ev->arg_set |= 1u << p->slot;
	}
}

void random_event(struct chance *c, struct random_world *w, struct event *ev)
{
	event_init(ev, event_type_find(text_of(ONE(c, types))));
	ev->number = 1 + chance_below(c, 3);
	ev->time_ns = (int64_t)chance_below(c, 1000000);
	ev->process = chance_below(c, 20) ? &w->processes[chance_below(c, RANDOM_PROCESSES)] : NULL;
	ev->has_result = chance_below(c, 8);
	ev->result = (int64_t)chance_below(c, 5) - 2;
	ev->fd_num = (int64_t)chance_below(c, 5) - 2;
	random_fd(c, w);
	ev->fd = chance_below(c, 6) ? &w->fd : NULL;
	random_args(c, ev);
}
