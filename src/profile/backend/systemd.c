/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd: a drop-in for a service's unit (systemd.exec(5), systemd.resource-control(5)). For a
 * program that runs as a service, not in a container: the container runtime's own calls are left out.
 *
 * An option is written only if nothing in the profile speaks against it; the table says what would.
 * systemd adds to the filter itself what it needs to execute the program, and warns of calls that its
 * libseccomp does not know.
 */
#include "profile/backend.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "profile/backend/head.h"
#include "profile/flows.h"
#include "profile/needs.h"
#include "profile/path_pattern.h"
#include "profile/sockets.h"
#include "uapi/capability.h"
#include "uapi/socket.h"
#include "uapi/syscall.h"

enum { LINE_WORDS = 8, CALLS_MAX = 24, PATHS_MAX = 6 };

/* How a path speaks against an option. */
enum touch { TOUCH_ANY, TOUCH_CHANGE };

static const struct option {
	const char *line;
	const char *calls[CALLS_MAX]; /* any of these, by the workload */
	enum touch touch;
	const char *paths[PATHS_MAX]; /* any file at or below these */
	uint64_t caps;		      /* any of these, used */
} options[] = {
	{ "ProtectHome=yes", { NULL }, TOUCH_ANY, { "/home", "/root", "/run/user" }, 0 },
	{ "PrivateTmp=yes", { NULL }, TOUCH_ANY, { "/tmp/.X11-unix", "/tmp/.ICE-unix" }, 0 },
	{ "ProtectKernelTunables=yes",
	  { NULL },
	  TOUCH_CHANGE,
	  { "/proc/sys", "/sys", "/proc/irq" },
	  0 },
	{ "ProtectKernelModules=yes",
	  { "init_module", "finit_module", "delete_module" },
	  TOUCH_ANY,
	  { "/usr/lib/modules", "/lib/modules" },
	  1ULL << 16 /* CAP_SYS_MODULE */ },
	{ "ProtectKernelLogs=yes",
	  { "syslog" },
	  TOUCH_ANY,
	  { "/dev/kmsg", "/proc/kmsg" },
	  1ULL << 34 },
	{ "ProtectControlGroups=yes", { NULL }, TOUCH_CHANGE, { "/sys/fs/cgroup" }, 0 },
	{ "ProtectClock=yes",
	  { "clock_settime", "clock_settime64", "settimeofday", "stime", "adjtimex",
	    "clock_adjtime", "clock_adjtime64" },
	  TOUCH_ANY,
	  { "/dev/rtc", "/dev/rtc0" },
	  1ULL << 25 /* CAP_SYS_TIME */ },
	{ "ProtectHostname=yes", { "sethostname", "setdomainname" }, TOUCH_ANY, { NULL }, 0 },
	{ "RestrictRealtime=yes",
	  { "sched_setscheduler", "sched_setattr" },
	  TOUCH_ANY,
	  { NULL },
	  0 },
	{ "LockPersonality=yes", { "personality" }, TOUCH_ANY, { NULL }, 0 },
	{ "RestrictNamespaces=yes", { "unshare", "setns" }, TOUCH_ANY, { NULL }, 0 },
	{ "KeyringMode=private", { "keyctl", "add_key", "request_key" }, TOUCH_ANY, { NULL }, 0 },
	{ "RemoveIPC=yes",
	  { "shmget", "msgget", "semget" },
	  TOUCH_ANY,
	  { "/dev/shm", "/dev/mqueue" },
	  0 },
};

/* Devices that PrivateDevices=yes leaves. */
static const char *const private_devices[] = {
	"/dev/null",   "/dev/zero",   "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty",
	"/dev/pts",    "/dev/ptmx",   "/dev/shm",  "/dev/mqueue", "/dev/log",	  "/dev/stdin",
	"/dev/stdout", "/dev/stderr", "/dev/fd",   "/dev/console"
};

struct unit {
	const struct profile *p;
	const struct policy_options *o;
	const struct access_list *files;
	const struct policy *policy;
	struct buf *out;
};

static bool is_touched(const struct unit *u, const struct option *option)
{
	vec_foreach(a, &u->files->items)
		for (size_t i = 0; i < PATHS_MAX && option->paths[i]; i++)
			if (path_is_below(a->path, option->paths[i]) &&
			    (option->touch == TOUCH_ANY || a->ops & ACCESS_OPS_CHANGE))
				return true;
	return false;
}

/* Namespaces by clone are told by its flags, and clone3 hides them. */
static bool clones_namespaces(const struct unit *u)
{
	const struct policy_entry *e = policy_find(u->policy, "clone");

	if (!e || !(e->reasons & POLICY_OBSERVED))
		return false;
	vec_foreach(c, &u->p->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);

		if (!name || !str_eq(name, "clone") || !access_layer_is_wanted(c->layer, u->o))
			continue;
		vec_foreach(t, &c->tuples)
			if (t->values[0] & 0x7e020000)
				return true;
		if (c->range.count && c->range.arg[0].any_bits & 0x7e020000)
			return true;
	}
	return false;
}

/* MemoryDenyWriteExecute= denies memory that is writable and executable, and making any executable later. */
static bool makes_code(const struct unit *u)
{
	enum { WRITE = 2, EXEC = 4 };

	vec_foreach(c, &u->p->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);
		bool later, now;

		if (!name || c->refused || !access_layer_is_wanted(c->layer, u->o))
			continue;
		later = str_eq(name, "mprotect") || str_eq(name, "pkey_mprotect");
		now = str_eq(name, "mmap") || str_eq(name, "mmap2");
		if (!later && !now)
			continue;
		vec_foreach(t, &c->tuples)
			if (t->values[0] & EXEC && (later || t->values[0] & WRITE))
				return true;
		if ((!c->tuples.len && !c->range.count) ||
		    (c->range.count && c->range.arg[0].any_bits & EXEC))
			return true;
	}
	return false;
}

static bool makes_set_id(const struct unit *u)
{
	static const char *const calls[] = { "chmod", "fchmod", "fchmodat", "fchmodat2", NULL };

	return needs_call(u->p, u->o, calls); /* with which mode was not recorded */
}

static bool uses_devices(const struct unit *u)
{
	vec_foreach(a, &u->files->items) {
		bool left = !path_is_below(a->path, "/dev") || str_eq(a->path, "/dev/") ||
			    str_eq(a->path, "/dev");

		for (size_t i = 0; i < ARRAY_SIZE(private_devices); i++)
			left = left || path_is_below(a->path, private_devices[i]);
		if (!left)
			return true;
	}
	return false;
}

static void add_options(const struct unit *u)
{
	uint64_t caps = policy_capabilities(u->p, u->o);

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct option *option = &options[i];
		const char *calls[CALLS_MAX + 1] = { NULL };

		memcpy(calls, option->calls, sizeof(option->calls));
		if (needs_call(u->p, u->o, calls) || is_touched(u, option) || caps & option->caps ||
		    (str_eq(option->line, "RestrictNamespaces=yes") && clones_namespaces(u)))
			continue;
		buf_addf(u->out, "%s\n", option->line);
	}
	if (!uses_devices(u))
		buf_add_str(u->out, "PrivateDevices=yes\n");
	if (!makes_code(u))
		buf_add_str(u->out, "MemoryDenyWriteExecute=yes\n");
	if (!makes_set_id(u))
		buf_add_str(u->out, "RestrictSUIDSGID=yes\n");
}

/* A list as several assignments of some words each: lines that people can read and compare. */
struct words {
	struct buf *out;
	const char *option;
	size_t count;
};

static void add_word(struct words *w, const char *word)
{
	if (w->count++ % LINE_WORDS == 0)
		buf_addf(w->out, "%s%s=%s", w->count > 1 ? "\n" : "", w->option, word);
	else
		buf_addf(w->out, " %s", word);
}

static void add_calls(const struct unit *u, const struct backend_options *o)
{
	struct words w = { u->out, "SystemCallFilter", 0 };
	bool compared = false;

	buf_add_str(
		u->out,
		"\n# Calls that the program made, and those that it implies.\nSystemCallArchitectures=native");
	if (u->policy->archs[SYS_ARCH_X86])
		buf_add_str(u->out, " x86");
	if (u->policy->archs[SYS_ARCH_X32])
		buf_add_str(u->out, " x32");
	buf_add_char(u->out, '\n');
	/* A filter of the unit itself would be added to. */
	buf_add_str(u->out, "SystemCallFilter=\n");
	vec_foreach(e, &u->policy->entries) {
		if (e->deflected)
			continue;
		compared = compared || e->matches.len;
		add_word(&w, e->name);
	}
	buf_addf(u->out, "\nSystemCallErrorNumber=%s\n",
		 o->default_errno == EPERM ? "EPERM" : "ENOSYS");
	if (compared)
		buf_add_str(
			u->out,
			"# Arguments can't be compared here: some of these calls are allowed with fewer in the "
			"seccomp format.\n");
}

static void add_capabilities(const struct unit *u)
{
	uint64_t set = policy_capabilities(u->p, u->o);
	bool ambient = u->p->credentials.known && u->p->credentials.uid &&
		       set & u->p->credentials.effective;
	struct words w = { u->out, "CapabilityBoundingSet", 0 };

	buf_add_str(u->out, "\n# Capabilities.\n");
	buf_add_str(u->out, "CapabilityBoundingSet=\n");
	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++)
		if (set >> cap & 1)
			add_word(&w, sys_cap_name(cap));
	if (w.count)
		buf_add_char(u->out, '\n');
	if (ambient) {
		w = (struct words){ u->out, "AmbientCapabilities", 0 };
		for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++)
			if ((set & u->p->credentials.effective) >> cap & 1)
				add_word(&w, sys_cap_name(cap));
		buf_add_char(u->out, '\n');
	}
	if (!needs_escalation(u->p, u->o, u->files))
		buf_add_str(u->out, "NoNewPrivileges=yes\n");
}

/* "AF_INET6"; NULL for families that systemd can't name. */
static const char *family_name(unsigned family)
{
	switch (family) {
	case SYS_AF_UNIX:
		return "AF_UNIX";
	case SYS_AF_INET:
		return "AF_INET";
	case SYS_AF_INET6:
		return "AF_INET6";
	case SYS_AF_NETLINK:
		return "AF_NETLINK";
	case SYS_AF_PACKET:
		return "AF_PACKET";
	default:
		return NULL;
	}
}

static void add_addresses(const struct unit *u, const struct flow_list *flows)
{
	struct words w = { u->out, "IPAddressAllow", 0 };
	bool any = flows->other;

	vec_foreach(f, &flows->items)
		any = any || f->inbound || f->any;
	if (any || !u->p->recording.start_seen)
		return;
	buf_add_str(u->out, "IPAddressDeny=any\nIPAddressAllow=localhost\n");
	vec_foreach(f, &flows->items) {
		char text[FLOW_TEXT_MAX];

		flow_address(f, text);
		add_word(&w, text);
	}
	if (w.count)
		buf_add_char(u->out, '\n');
}

static int add_network(const struct unit *u, struct error *err)
{
	cleanup_socket_list struct socket_list sockets = { 0 };
	cleanup_flow_list struct flow_list flows = { 0 };
	const char *last = NULL;
	struct words w = { u->out, "RestrictAddressFamilies", 0 };
	int r = socket_list_build(&sockets, u->p, u->o, err);

	if (!r)
		r = flow_list_build(&flows, u->p, u->o, err);
	if (r)
		return r;
	buf_add_str(u->out, "\n# Network.\n");
	if (sockets.unknown) {
		buf_add_str(u->out,
			    "# It made more kinds of sockets than were kept: not restricted.\n");
	} else {
		bool named = true;

		vec_foreach(s, &sockets.items)
			named = named && family_name(s->family);
		if (!named)
			buf_add_str(u->out,
				    "# It uses an address family that is rare: not restricted.\n");
		else if (!sockets.items.len)
			buf_add_str(u->out, "RestrictAddressFamilies=none\n");
		for (size_t i = 0; named && i < sockets.items.len; i++) {
			const char *name = family_name(sockets.items.items[i].family);

			if (name != last) /* sorted, and names are static */
				add_word(&w, name);
			last = name;
		}
		if (w.count)
			buf_add_char(u->out, '\n');
	}
	add_addresses(u, &flows);
	return 0;
}

/* Words of a unit file: blanks and quotes escaped as in C, percent signs doubled. */
static void add_unit_path(struct buf *out, const char *path)
{
	for (const char *at = path; *at; at++) {
		if (*at == '%')
			buf_add_str(out, "%%");
		else if (*at == ' ' || *at == '"' || *at == '\'' || (unsigned char)*at < 0x20)
			buf_addf(out, "\\x%02x", (unsigned char)*at);
		else
			buf_add_char(out, *at);
	}
}

static int add_files(const struct unit *u)
{
	cleanup_string_list string_list written = { 0 };

	if (needs_written(&written, u->files))
		return -ENOMEM;
	buf_add_str(
		u->out,
		"\n# Files: everything is read-only but what it writes in.\nProtectSystem=strict\n");
	vec_foreach(a, &u->files->items) {
		char *top, **slot;

		if (!a->volume || !(a->ops & ACCESS_OPS_CHANGE))
			continue;
		slot = vec_add(&written);
		top = slot ? str_dup_n(a->path, strcspn(a->path, "*")) : NULL;
		if (!top)
			return -ENOMEM;
		if (strlen(top) > 1 && str_ends(top, "/"))
			top[strlen(top) - 1] = '\0';
		*slot = top;
	}
	vec_foreach(directory, &written) {
		buf_add_str(u->out, "ReadWritePaths=-");
		add_unit_path(u->out, *directory);
		buf_add_char(u->out, '\n');
	}
	return 0;
}

static int emit(const struct profile *p, const struct backend_options *o, struct buf *out,
		struct error *err)
{
	struct policy_options policy_options = o->policy;
	cleanup_policy struct policy policy = { 0 };
	cleanup_access_list struct access_list files = { 0 };
	struct unit u = { p, &policy_options, &files, &policy, out };
	int r;

	policy_options.without_runtime = true;
	r = policy_build(&policy, p, &policy_options, err);
	if (!r)
		r = access_list_build(&files, p, &policy_options, o->exact_paths, err);
	if (r)
		return r;
	backend_head(p, "#", out);
	buf_add_str(
		out,
		"#\n# /etc/systemd/system/UNIT.service.d/merlon.conf; then systemctl daemon-reload\n[Service]\n");
	if (p->credentials.known && p->credentials.uid)
		buf_addf(out, "User=%u\nGroup=%u\n", p->credentials.uid, p->credentials.gid);
	add_options(&u);
	add_capabilities(&u);
	r = add_network(&u, err);
	if (!r && add_files(&u))
		r = error_errno(err, ENOMEM, "systemd");
	if (!r)
		add_calls(&u, o);
	return r;
}

const struct profile_backend profile_backend_systemd = {
	.name = "systemd",
	.suffix = "systemd.conf",
	.summary = "a drop-in for a systemd service",
	.apply = "For a service on a host, not for a container:\n\n"
		 "    install -D -m 644 @FILE@ /etc/systemd/system/UNIT.service.d/merlon.conf\n"
		 "    systemctl daemon-reload && systemctl restart UNIT\n"
		 "    systemd-analyze security UNIT",
	.emit = emit,
};
