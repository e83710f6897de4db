/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/host/process.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/host/unit.h"

enum { PIDS_MAX = 1 << 17 };

struct search {
	const struct daemon *daemon;
	struct yaml_node *found;
	unsigned long pid;
	size_t seen;
};

/* A process of a container may call itself what it likes, so it counts only where the host's own are. */
static bool is_of_host(struct look *l, const char *path)
{
	char own[64], first[64], link[64];

	snprintf(link, sizeof(link), "%s/ns/mnt", path);
	if (!look_link(l, "/proc/1/ns/mnt", first, sizeof(first)) ||
	    !look_link(l, link, own, sizeof(own)))
		return true; /* nobody knows; of a host that does not run there are no processes */
	return str_eq(first, own);
}

static bool is_called(struct look *l, const char *path, struct text cmdline, const char *name)
{
	size_t len = cmdline.len ? strnlen(cmdline.data, cmdline.len) : 0;
	char exe[4096], link[64];

	if (!text_eq_str(text_basename(text_from(cmdline.data, len)), name))
		return false;
	snprintf(link, sizeof(link), "%s/exe", path);
	if (!look_link(l, link, exe, sizeof(exe)))
		return true;
	exe[strcspn(exe, " ")] = '\0'; /* " (deleted)" */
	return text_eq_str(text_basename(text_of(exe)), name);
}

static void visit(struct look *l, const char *path, void *arg)
{
	struct search *s = arg;
	char file[64], comm[32] = "";
	struct text cmdline, line;

	if (s->found || ++s->seen > PIDS_MAX || strlen(path) > 40)
		return;
	snprintf(file, sizeof(file), "%s/comm", path);
	line = look_line(l, file);
	snprintf(comm, sizeof(comm), "%.*s", (int)line.len, line.data);
	if (!*comm || strncmp(comm, s->daemon->name, 15))
		return;
	snprintf(file, sizeof(file), "%s/cmdline", path);
	cmdline = look_read(l, file);
	if (!cmdline.len || !is_called(l, path, cmdline, s->daemon->name) ||
	    (!s->daemon->in_pod && !is_of_host(l, path)))
		return;
	s->found = flags_of_cmdline(&l->arena, look_file(l, file), cmdline, s->daemon->letters);
}

struct yaml_node *process_flags(struct look *l, const struct daemon *d)
{
	struct search s = { .daemon = d };

	look_each_process(l, visit, &s);
	if (!s.found && d->service && *l->prefix)
		s.found = unit_flags(l, d->service, d->letters);
	return s.found;
}
