/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules [FILE|DIRECTORY...]: what an event costs on one core, all rules evaluated ("all" matching, so
 * that no rule is spared by an earlier one that fits). Without operands the rules are made up, 100 to
 * 800 of them, alike to those that people write. Prints, for each set of rules:
 *
 *	RULES NS_PER_EVENT EVENTS_PER_SECOND ALERTS_PER_MILLION CANDIDATE_BYTES
 *
 * Events are decoded before; their mix is that of a host with a web server, a database, a cache, an
 * application in Python and the usual cron jobs, as far as Falco's rules ask for events at all: see
 * kinds[]. Reading, closing and seeking are not in it, since no rule names them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "event/stream.h"
#include "rules/eval.h"

enum { EVENTS = 1 << 15, SECONDS = 2 };

static const char definitions[] =
	"{'define':'container','as':'web','id':'c0ffee000001','name':'web','image':'nginx:1.25',"
	"'repository':'nginx','tag':'1.25','pod_name':'web-0','pod_namespace':'shop'}\n"
	"{'define':'container','as':'db','id':'c0ffee000002','name':'db','image':'postgres:16',"
	"'repository':'postgres','tag':'16','pod_name':'db-0','pod_namespace':'shop'}\n"
	"{'define':'container','as':'app','id':'c0ffee000003','name':'app','image':"
	"'registry.example.org/shop/app:7','repository':'registry.example.org/shop/app','tag':'7'}\n"
	"{'define':'process','as':'init','name':'systemd','exe':'/sbin/init','exepath':"
	"'/usr/lib/systemd/systemd','pid':1,'uid':0,'user':'root'}\n"
	"{'define':'process','as':'shim','name':'containerd-shim','exe':'/usr/bin/containerd-shim',"
	"'exepath':'/usr/bin/containerd-shim-runc-v2','pid':90,'uid':0,'user':'root','parent':'init'}\n"
	"{'define':'process','as':'nginx0','name':'nginx','exe':'nginx','exepath':'/usr/sbin/nginx',"
	"'args':['-g','daemon off;'],'pid':100,'vpid':1,'uid':0,'user':'root','parent':'shim',"
	"'container':'web'}\n"
	"{'define':'process','as':'nginx','name':'nginx','exe':'nginx: worker','exepath':"
	"'/usr/sbin/nginx','pid':101,'vpid':7,'uid':101,'user':'nginx','parent':'nginx0'}\n"
	"{'define':'process','as':'pg0','name':'postgres','exe':'postgres','exepath':"
	"'/usr/lib/postgresql/16/bin/postgres','pid':200,'vpid':1,'uid':999,'user':'postgres',"
	"'parent':'shim','container':'db'}\n"
	"{'define':'process','as':'pg','name':'postgres','exe':'postgres: app shop','exepath':"
	"'/usr/lib/postgresql/16/bin/postgres','pid':201,'vpid':60,'uid':999,'user':'postgres',"
	"'parent':'pg0'}\n"
	"{'define':'process','as':'app','name':'python3','exe':'python3','exepath':"
	"'/usr/local/bin/python3.12','args':['-m','shop.server','--port','8000'],'cwd':'/srv/shop/',"
	"'pid':300,'vpid':1,'uid':1000,'user':'app','parent':'shim','container':'app'}\n"
	"{'define':'process','as':'cron','name':'cron','exe':'/usr/sbin/cron','exepath':"
	"'/usr/sbin/cron','pid':400,'uid':0,'user':'root','parent':'init'}\n"
	"{'define':'process','as':'sh','name':'sh','exe':'/bin/sh','exepath':'/usr/bin/dash','args':"
	"['-c','run-parts /etc/cron.hourly'],'pid':401,'uid':0,'user':'root','parent':'cron'}\n"
	"{'define':'process','as':'logrotate','name':'logrotate','exe':'logrotate','exepath':"
	"'/usr/sbin/logrotate','args':['/etc/logrotate.conf'],'pid':402,'uid':0,'user':'root',"
	"'parent':'sh'}\n"
	"{'define':'process','as':'kubelet','name':'kubelet','exe':'/usr/bin/kubelet','exepath':"
	"'/usr/bin/kubelet','pid':500,'uid':0,'user':'root','parent':'init'}\n"
	"{'define':'process','as':'sshd','name':'sshd','exe':'sshd: admin','exepath':'/usr/sbin/sshd',"
	"'pid':600,'uid':0,'user':'root','parent':'init'}\n"
	"{'define':'process','as':'bash','name':'bash','exe':'-bash','exepath':'/usr/bin/bash','pid':"
	"601,'uid':1001,'user':'admin','loginuid':1001,'tty':34816,'parent':'sshd'}\n";

static const char *const processes[] = { "nginx", "nginx", "nginx",   "pg",	  "pg",
					 "app",	  "app",   "app",     "kubelet",  "cron",
					 "sh",	  "bash",  "kubelet", "logrotate" };

static const char *const files_read[] = {
	"/etc/ld.so.cache",
	"/usr/lib/x86_64-linux-gnu/libc.so.6",
	"/usr/lib/x86_64-linux-gnu/libssl.so.3",
	"/usr/lib/x86_64-linux-gnu/libpthread.so.0",
	"/usr/lib/locale/locale-archive",
	"/usr/share/zoneinfo/UTC",
	"/proc/self/stat",
	"/proc/meminfo",
	"/sys/fs/cgroup/memory.max",
	"/sys/fs/cgroup/kubepods/cpu.stat",
	"/usr/share/nginx/html/index.html",
	"/usr/share/nginx/html/assets/app.4f2a.js",
	"/srv/shop/templates/cart.html",
	"/srv/shop/__pycache__/views.cpython-312.pyc",
	"/usr/local/lib/python3.12/json/decoder.py",
	"/var/lib/postgresql/data/base/16384/2619",
	"/var/lib/postgresql/data/base/16384/16402_fsm",
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/nsswitch.conf",
	"/etc/passwd",
	"/dev/urandom",
};
static const char *const files_written[] = {
	"/var/log/nginx/access.log",
	"/var/lib/nginx/tmp/client_body/0000000017",
	"/var/lib/postgresql/data/pg_wal/000000010000000000000042",
	"/var/lib/postgresql/data/pg_stat_tmp/global.tmp",
	"/tmp/tmp8fz2k1/upload.bin",
	"/var/lib/kubelet/pods/0a1b/volumes/x/token.tmp",
	"/dev/null",
	"/var/log/journal/0123/system.journal",
};
static const char *const programs[] = { "/usr/bin/date",    "/usr/bin/find", "/usr/bin/gzip",
					"/usr/bin/test",    "/usr/bin/grep", "/usr/sbin/nginx",
					"/usr/bin/pg_dump", "/usr/bin/cat" };

/* Parts of a thousand. $P a process, $R a file read, $W one written, $X a program, $N its name. */
static const struct {
	unsigned weight;
	const char *json;
} kinds[] = {
	{ 400, "{'event':'openat','process':'$P','result':7,'args':{'dirfd':'AT_FDCWD','name':'$R',"
	       "'flags':'O_RDONLY|O_CLOEXEC'},'fd':{'num':7,'type':'file','name':'$R'}}" },
	{ 60,
	  "{'event':'openat','process':'$P','result':'ENOENT','args':{'dirfd':'AT_FDCWD','name':"
	  "'$R','flags':'O_RDONLY|O_CLOEXEC'},'fd':{'type':'file','name':'$R'}}" },
	{ 60, "{'event':'openat','process':'$P','result':8,'args':{'dirfd':'AT_FDCWD','name':'$W',"
	      "'flags':'O_WRONLY|O_CREAT|O_APPEND'},'fd':{'num':8,'type':'file','name':'$W'}}" },
	{ 110,
	  "{'event':'sendto','process':'nginx','result':512,'fd':{'num':9,'type':'ipv4','client':"
	  "'10.1.2.3','client_port':40112,'server':'10.1.0.9','server_port':443,'l4proto':'tcp',"
	  "'server_is_local':true,'client_is_local':false}}" },
	{ 110,
	  "{'event':'recvfrom','process':'app','result':200,'fd':{'num':9,'type':'ipv4','client':"
	  "'10.1.0.9','client_port':40113,'server':'10.1.0.20','server_port':5432,'l4proto':'tcp'"
	  "}}" },
	{ 40, "{'event':'sendmsg','process':'pg','result':99,'fd':{'num':4,'type':'unix','name':"
	      "'/run/systemd/journal/socket'}}" },
	{ 40,
	  "{'event':'recvmsg','process':'kubelet','result':99,'fd':{'num':4,'type':'netlink'}}" },
	{ 40,
	  "{'event':'connect','process':'app','result':0,'fd':{'num':9,'type':'ipv4','client':"
	  "'10.1.0.9','client_port':40114,'server':'10.1.0.20','server_port':5432,'l4proto':'tcp'}}" },
	{ 20, "{'event':'connect','process':'$P','result':0,'fd':{'num':9,'type':'unix','name':"
	      "'/run/nscd/socket'}}" },
	{ 40,
	  "{'event':'accept4','process':'nginx','result':9,'fd':{'num':9,'type':'ipv4','client':"
	  "'10.1.2.3','client_port':40112,'server':'10.1.0.9','server_port':443,'l4proto':'tcp',"
	  "'server_is_local':true,'client_is_local':false}}" },
	{ 25,
	  "{'event':'execve','result':0,'process':{'name':'$N','exe':'$X','exepath':'$X','args':"
	  "['-q','/var/tmp/x'],'pid':900,'uid':0,'user':'root','parent':'$P'}}" },
	{ 15,
	  "{'event':'rename','process':'$P','result':0,'args':{'oldpath':'$W','newpath':'$R'}}" },
	{ 15, "{'event':'unlink','process':'$P','result':0,'args':{'path':'$W'}}" },
	{ 10, "{'event':'mkdir','process':'$P','result':0,'args':{'path':'$W','mode':448}}" },
	{ 5, "{'event':'fchmodat','process':'$P','result':0,'args':{'filename':'$W','mode':420}}" },
	{ 10, "{'event':'dup2','process':'sh','result':1,'fd':{'num':1,'type':'pipe'}}" },
};

static uint64_t chance = 4711;

static size_t below(size_t n)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (size_t)(chance % n);
}

#define ONE(pool) (pool)[below(ARRAY_SIZE(pool))]

static void die(const char *what)
{
	fprintf(stderr, "rules: %s\n", what);
	exit(1);
}

/* --- events ------------------------------------------------------------------------------------------- */

/* Puts one thing into all places of an event where the same sign stands. */
static void add_filled(struct buf *out, const char *json)
{
	const char *read = ONE(files_read), *written = ONE(files_written), *program = ONE(programs),
		   *process = ONE(processes);

	for (; *json; json++) {
		if (*json != '$') {
			buf_add_char(out, *json == '\'' ? '"' : *json);
			continue;
		}
		json++;
		buf_add_str(out, *json == 'P' ? process :
				 *json == 'R' ? read :
				 *json == 'W' ? written :
				 *json == 'X' ? program :
						strrchr(program, '/') + 1);
	}
	buf_add_char(out, '\n');
}

static void add_event(struct buf *out)
{
	size_t at = below(1000);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (at < kinds[i].weight) {
			add_filled(out, kinds[i].json);
			return;
		}
		at -= kinds[i].weight;
	}
	die("the weights are no thousand");
}

/* They live until the process ends. */
static struct event *make_events(void)
{
	struct event *events = calloc(EVENTS, sizeof(*events));
	struct buf text = BUF_INIT;
	struct event_reader *reader;
	struct error err = ERROR_INIT;

	add_filled(&text, definitions);
	for (int i = 0; i < EVENTS; i++)
		add_event(&text);
	if (!events || text.failed ||
	    event_reader_new(&reader, "events", text_from(text.data, text.len), true, &err))
		die("out of memory");
	for (int i = 0; i < EVENTS; i++)
		if (event_reader_next(reader, &events[i], &err) != 1)
			die(err.text);
	return events;
}

/* --- rules --------------------------------------------------------------------------------------------- */

/* As people write them: an action, where, by whom, on what, and what is expected. */
static void add_rule(struct buf *out, size_t i)
{
	static const char *const shapes[] = {
		"spawned and container and proc.name in (tool%zu, tool%zub) and not proc.pname in "
		"(expected)",
		"open_read and fd.name in (/etc/secret%zu, /srv/key%zu) and not proc.name in (expected)",
		"open_write and container and fd.name startswith /opt/app%zu/ and not proc.pname = job%zu",
		"open_write and (fd.directory = /etc/conf%zu.d or fd.name endswith .service%zu) and not "
		"package_management",
		"outbound and fd.sport in (%zu, 1%zu) and not proc.name in (expected)",
		"spawned and proc.pname = server%zu and proc.cmdline contains \"flag%zu\"",
		"removed and (evt.arg.path startswith /var/lib/db%zu or evt.arg.path = /data/%zu)",
		"open_read and container and proc.aname[2] = daemon%zu and fd.name startswith /proc/%zu",
	};

	buf_addf(out, "- rule: r%zu\n  desc: d\n  output: o\n  priority: INFO\n  condition: ", i);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	buf_addf(out, shapes[i % ARRAY_SIZE(shapes)], i, i);
#pragma GCC diagnostic pop
	buf_add_char(out, '\n');
}

static void add_made_up(struct ruleset *rs, size_t count)
{
	struct buf text = BUF_INIT;

	buf_add_str(
		&text,
		"- list: expected\n  items: [dpkg, rpm, systemd, sshd, cron, runc, containerd]\n"
		"- macro: container\n  condition: container.id != host\n"
		"- macro: spawned\n  condition: evt.type in (execve, execveat)\n"
		"- macro: open_read\n  condition: evt.type in (open, openat, openat2) and "
		"evt.is_open_read = true and fd.typechar = 'f' and fd.num >= 0\n"
		"- macro: open_write\n  condition: evt.type in (open, openat, openat2) and "
		"evt.is_open_write = true and fd.typechar = 'f' and fd.num >= 0\n"
		"- macro: outbound\n  condition: evt.type in (connect, sendto) and fd.typechar = "
		"4 and evt.rawres >= 0\n"
		"- macro: removed\n  condition: evt.type in (unlink, unlinkat, rename, rmdir)\n"
		"- macro: package_management\n  condition: proc.name in (dpkg, apt, rpm, yum) or "
		"proc.pname in (dpkg, apt, rpm, yum)\n");
	for (size_t i = 1; i <= count; i++)
		add_rule(&text, i);
	ruleset_add(rs, "made-up.yaml", text_from(text.data, text.len));
	buf_deinit(&text);
}

/* --- measuring -------------------------------------------------------------------------------------------- */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void measure(struct ruleset *rs, const struct diags *diags, const struct event *events)
{
	struct rule_match matches[EVAL_MATCHES_MAX];
	struct program *p = NULL;
	struct evaluator *e;
	struct program_stats stats;
	size_t alerts = 0;
	double start, best = 1e9;
	int rounds = 0;

	if (!ruleset_compile(rs)) {
		diags_print(diags, false, stderr);
		die("the rules have errors");
	}
	ruleset_select(rs, TEXT("*"), true);
	p = program_new(rs, MATCHING_ALL);
	e = p ? evaluator_new(p, 0) : NULL;
	if (!e)
		die("out of memory");
	program_stats(p, &stats);
	/* The best round: the others are the machine's other work. */
	for (start = seconds(); seconds() - start < SECONDS; rounds++) {
		double before = seconds(), took;

		for (int i = 0; i < EVENTS; i++)
			alerts += evaluator_run(e, &events[i], matches, EVAL_MATCHES_MAX);
		took = seconds() - before;
		best = took < best ? took : best;
	}
	printf("%u %.0f %.0f %.0f %zu\n", stats.rules, best / EVENTS * 1e9, EVENTS / best,
	       (double)alerts / rounds / EVENTS * 1e6, stats.memory);
	fflush(stdout);
	evaluator_free(e);
	program_free(p);
}

static void run(char **paths, size_t count, const struct event *events)
{
	struct diags diags = { 0 };
	struct ruleset *rs = ruleset_new(&diags);
	struct error err = ERROR_INIT;

	if (!rs)
		die("out of memory");
	for (char **path = paths; path && *path; path++)
		if (ruleset_add_path(rs, *path, &err))
			die(err.text);
	if (count)
		add_made_up(rs, count);
	measure(rs, &diags, events);
	ruleset_free(rs);
	diags_deinit(&diags);
}

int main(int argc, char **argv)
{
	const struct event *events = make_events();

	if (argc > 1) {
		run(argv + 1, 0, events);
		return 0;
	}
	for (size_t n = 100; n <= 800; n *= 2)
		run(NULL, n, events);
	return 0;
}
