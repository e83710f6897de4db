/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/denial_alert.h"

#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "profile/path_rule.h"
#include "uapi/syscall.h"

enum { TEXT_MAX = 16384, ANCESTORS_MAX = 64 };

/* Types of events, and what they do to which path; operations are called as in profiles. */
static const struct {
	const char *type, *field, *wanted;
} paths[] = {
	{ "execve", "proc.exepath", "exec" },
	{ "execveat", "proc.exepath", "exec" },
	{ "unlink", "fs.path.name", "unlink" },
	{ "unlinkat", "fs.path.name", "unlink" },
	{ "rename", "fs.path.source", "rename-from" },
	{ "renameat", "fs.path.source", "rename-from" },
	{ "renameat2", "fs.path.source", "rename-from" },
	{ "rename", "fs.path.target", "rename-to" },
	{ "renameat", "fs.path.target", "rename-to" },
	{ "renameat2", "fs.path.target", "rename-to" },
	{ "mknod", "fs.path.name", "mknod" },
	{ "mknodat", "fs.path.name", "mknod" },
	{ "link", "fs.path.source", "link" },
	{ "linkat", "fs.path.source", "link" },
	{ "link", "fs.path.target", "link-target" },
	{ "linkat", "fs.path.target", "link-target" },
	{ "symlink", "fs.path.source", "symlink" },
	{ "symlinkat", "fs.path.source", "symlink" },
	{ "mkdir", "fs.path.name", "mkdir" },
	{ "mkdirat", "fs.path.name", "mkdir" },
	{ "rmdir", "fs.path.name", "rmdir" },
	{ "truncate", "fs.path.name", "truncate" },
	{ "mmap", "fd.name", "map-exec" },
	{ "chmod", "fs.path.name", "chmod" },
	{ "fchmod", "fs.path.name", "chmod" },
	{ "fchmodat", "fs.path.name", "chmod" },
};

/* How the flags of an open are called. */
static const struct {
	const char *flag, *wanted;
} opens[] = {
	{ "O_RDONLY", "read" },
	{ "O_WRONLY", "write" },
	{ "O_RDWR", "read write" },
	{ "O_CREAT", " create" },
};

/* What an alert says, by pointers into it. */
struct alerted {
	const json_t *alert, *event, *process, *fields;
	const char *type, *rule, *time, *verdict;
};

static const char *text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static bool read_alert(struct json_reader *r, const json_t *alert, struct alerted *a)
{
	*a = (struct alerted){ .alert = alert };
	return json_get_string(r, alert, "rule", true, TEXT_MAX, &a->rule) &&
	       json_get_string(r, alert, "time", true, CLOCK_TEXT_MAX, &a->time) &&
	       ((a->event = json_get_object(r, alert, "event", false)) || !r->failed) &&
	       (!a->event || (json_get_string(r, a->event, "type", true, TEXT_MAX, &a->type) &&
			      json_get_string(r, a->event, "verdict", false, 64, &a->verdict))) &&
	       ((a->process = json_get_object(r, alert, "process", false)) || !r->failed) &&
	       ((a->fields = json_get_object(r, alert, "output_fields", false)) || !r->failed);
}

static bool set(char **to, const char *text)
{
	if (!text || *to)
		return true;
	*to = strdup(text);
	return *to;
}

/* Paths are kept as profiles have them. */
static bool set_path(char **to, const char *path)
{
	free(*to);
	*to = profile_path_escape(path, strlen(path));
	return *to;
}

static bool set_parents(struct denial *d, const json_t *process)
{
	const json_t *all = json_object_get(process, "ancestors"), *one;
	size_t i;

	json_array_foreach (all, i, one) {
		cleanup_free char *text = NULL;
		const char *exe = text_of(one, "exe");

		if (i >= ANCESTORS_MAX)
			break;
		text = str_format("%lld %s",
				  (long long)json_integer_value(json_object_get(one, "pid")),
				  exe ? exe : "?");
		if (!text || !string_list_add(&d->parents, text))
			return false;
	}
	return true;
}

/* Who, where and when. Who wanted to run a program is, by then, told as that program: its parent most often did. */
static bool begin(struct denial *d, struct json_reader *r, const struct alerted *a)
{
	const json_t *container = json_object_get(a->alert, "container");
	const json_t *who = str_eq(a->type, "execve") || str_eq(a->type, "execveat") ?
				    json_array_get(json_object_get(a->process, "ancestors"), 0) :
				    a->process;
	const char *name = text_of(container, "name"), *exe = text_of(who, "exe");
	const char *colon = strstr(a->rule, ": ");

	*d = (struct denial){ .layer = DENIAL_DENY,
			      .enforced = !str_starts(a->verdict, "would-"),
			      .count = 1 };
	if (!clock_parse(a->time, &d->first_ns))
		return json_fail(r, "\"%s\" is not a time in UTC", a->time);
	d->last_ns = d->first_ns;
	d->pid = (int32_t)json_integer_value(json_object_get(a->process, "pid"));
	if (!set(&d->container, name ? name : text_of(container, "id")) ||
	    !set(&d->comm, text_of(who, "name")) || (exe && !set_path(&d->executable, exe)) ||
	    !set_parents(d, a->process))
		return false;
	d->label = colon ? str_dup_n(a->rule, (size_t)(colon - a->rule)) : NULL;
	return !colon || d->label;
}

static bool keep_path(struct denial *d, const char *path, const char *wanted)
{
	if (!path)
		return true;
	return set_path(&d->target, path) && set(&d->wanted, wanted) && set(&d->operation, "path");
}

static bool fill_open(struct denial *d, const struct alerted *a)
{
	const char *flags = text_of(json_object_get(a->event, "args"), "flags");
	cleanup_buf struct buf wanted = BUF_INIT;

	for (size_t i = 0; flags && i < ARRAY_SIZE(opens); i++)
		if (strstr(flags, opens[i].flag))
			buf_add_str(&wanted, opens[i].wanted);
	/* What the flags do not tell, the rule does. */
	if (str_eq(a->type, "creat") || (str_ends(a->rule, ": file opened to be written") &&
					 (!wanted.len || !strstr(wanted.data, "write"))))
		buf_add_str(&wanted, wanted.len ? " write create" : "write create");
	return !wanted.failed && keep_path(d, text_of(json_object_get(a->event, "fd"), "name"),
					   wanted.len ? wanted.data : "read");
}

static bool fill_connect(struct denial *d, const struct alerted *a)
{
	const json_t *port = json_object_get(a->fields, "fd.rport");
	const char *address = text_of(a->fields, "fd.rip"),
		   *protocol = text_of(a->fields, "fd.l4proto"),
		   *type = text_of(json_object_get(a->event, "fd"), "type");

	if (type && str_eq(type, "unix"))
		return keep_path(d, text_of(json_object_get(a->event, "fd"), "name"), "connect");
	if (!address || !protocol)
		return true;
	d->target = str_format("%s %s %lld", protocol, address,
			       (long long)json_integer_value(port));
	return d->target && set(&d->operation, "connect");
}

static bool fill_capability(struct denial *d, const struct alerted *a)
{
	const char *name = text_of(json_object_get(a->event, "args"), "cap");

	return !name || (set(&d->operation, "capable") && set(&d->target, name));
}

/* Other events are calls that a profile has or has not. */
static bool fill_call(struct denial *d, const struct alerted *a)
{
	enum { CLONE_NEWUSER = 0x10000000 };
	int nr = sys_call_nr(SYS_ARCH_X86_64, a->type);

	if (nr < 0)
		return true;
	d->has_call = true;
	d->arch = SYS_ARCH_X86_64;
	d->nr = (uint32_t)nr;
	if (str_eq(a->type, "unshare"))
		d->args[d->arg_count++] = CLONE_NEWUSER;
	return set(&d->operation, "call") && set(&d->target, a->type);
}

static bool keep_if_known(struct denial *d, void (*keep)(struct denial *, void *), void *arg,
			  bool good)
{
	if (good && d->operation)
		keep(d, arg);
	denial_deinit(d);
	return good;
}

static bool keep_all(struct json_reader *r, const struct alerted *a,
		     void (*keep)(struct denial *, void *), void *arg)
{
	struct denial d;
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (!str_eq(a->type, paths[i].type))
			continue;
		found = true;
		if (!keep_if_known(&d, keep, arg,
				   begin(&d, r, a) &&
					   keep_path(&d, text_of(a->fields, paths[i].field),
						     paths[i].wanted)))
			return false;
	}
	if (found)
		return true;
	if (!begin(&d, r, a))
		return keep_if_known(&d, keep, arg, false);
	if (str_starts(a->type, "open") && !str_starts(a->type, "open_by"))
		return keep_if_known(&d, keep, arg, fill_open(&d, a));
	if (str_eq(a->type, "creat"))
		return keep_if_known(&d, keep, arg, fill_open(&d, a));
	if (str_eq(a->type, "capability"))
		return keep_if_known(&d, keep, arg, fill_capability(&d, a));
	if (str_eq(a->type, "connect") || str_eq(a->type, "sendto"))
		return keep_if_known(&d, keep, arg, fill_connect(&d, a));
	return keep_if_known(&d, keep, arg, fill_call(&d, a));
}

int denials_of_alert(struct json_reader *r, const json_t *alert,
		     void (*keep)(struct denial *, void *), void *arg)
{
	struct alerted a;

	if (!read_alert(r, alert, &a))
		return -EINVAL;
	if (!a.verdict)
		return 0;
	if (keep_all(r, &a, keep, arg))
		return 0;
	return r->failed ? -EINVAL : -ENOMEM;
}
