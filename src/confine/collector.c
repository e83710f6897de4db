/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/collector.h"

#include <errno.h>
#include <limits.h>
#include <linux/audit.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "identity/container.h"
#include "identity/process.h"
#include "profile/path_rule.h"

enum { DENIALS_MAX = 8192, PARENTS_MAX = 16 };

struct collector {
	struct collector_options options;
	struct cgroup_layout layout;
	denial_list list;
	struct collector_counts counts;
	/* The last one asked for: denials come in bursts of one container. */
	char last_group[PATH_MAX];
	struct container last_container;
	bool last_known;
};

int collector_new(struct collector **ret, const struct collector_options *o, struct error *err)
{
	struct collector *c = calloc(1, sizeof(*c));
	int r = c ? cgroup_layout_detect(&c->layout, err) : error_errno(err, ENOMEM, "denials");

	if (r) {
		free(c);
		return r;
	}
	c->options = *o;
	*ret = c;
	return 0;
}

void collector_free(struct collector *c)
{
	if (!c)
		return;
	container_deinit(&c->last_container);
	denial_list_deinit(&c->list);
	free(c);
}

const denial_list *collector_denials(const struct collector *c)
{
	return &c->list;
}

const struct collector_counts *collector_counts(const struct collector *c)
{
	return &c->counts;
}

/* --- who ---------------------------------------------------------------------------------------- */

/* The container of a process, or NULL: it is in none, or *gone. */
static const struct container *container_of(struct collector *c, pid_t pid, bool *gone)
{
	char group[PATH_MAX];
	int r = cgroup_of_pid(&c->layout, pid, group, sizeof(group));

	*gone = r == -ESRCH;
	if (r)
		return NULL;
	if (!str_eq(group, c->last_group)) {
		strcpy(c->last_group, group);
		container_deinit(&c->last_container);
		memset(&c->last_container, 0, sizeof(c->last_container));
		c->last_known = !container_of_cgroup(&c->layout, group, &c->last_container);
	}
	return c->last_known ? &c->last_container : NULL;
}

static char *executable_of(pid_t pid)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	n = readlink(link, path, sizeof(path));
	return n > 0 ? profile_path_escape(path, (size_t)n) : NULL;
}

static char *name_of(pid_t pid)
{
	char file[64], name[64];

	snprintf(file, sizeof(file), "/proc/%d/comm", pid);
	return fs_read_line(file, name, sizeof(name)) ? NULL :
							profile_path_escape(name, strlen(name));
}

/* The stack of processes, as far as it is still there. */
static void add_parents(struct denial *d)
{
	struct process_status p;

	for (pid_t pid = d->pid;
	     d->parents.len < PARENTS_MAX && !process_read(pid, &p) && p.parent > 0;
	     pid = p.parent) {
		cleanup_free char *exe = executable_of(p.parent);

		if (!exe)
			exe = name_of(p.parent);
		string_list_addf(&d->parents, "%d %s", p.parent, exe ? exe : "?");
	}
}

static bool is_wanted(const struct collector *c, const struct container *container)
{
	return !c->options.container ||
	       (container && container_is_called(container, c->options.container));
}

static void take(struct collector *c, struct denial *d)
{
	bool gone = false;
	const struct container *container = d->pid ? container_of(c, d->pid, &gone) : NULL;
	int r;

	c->counts.denials++;
	if (!is_wanted(c, container)) {
		if (gone)
			c->counts.gone++;
		else
			c->counts.elsewhere++;
		return;
	}
	if (container && !d->container)
		d->container = strdup(container->name ? container->name : container->id);
	if (!d->executable)
		d->executable = executable_of(d->pid);
	string_list_deinit(&d->parents); /* the record's own, by number alone */
	add_parents(d);
	r = denial_list_add(&c->list, d, DENIALS_MAX);
	if (r < 0)
		c->counts.lost++;
	if (r == 1 && c->options.tell)
		c->options.tell(&c->list.items[c->list.len - 1], c->options.tell_arg);
}

void collector_take_record(struct denial *d, void *collector)
{
	take(collector, d);
}

void collector_take_call(const struct seccomp_data *data, pid_t pid, void *collector)
{
	cleanup_denial struct denial d = {
		.layer = DENIAL_SECCOMP, .count = 1, .pid = pid, .has_call = true
	};

	d.nr = (uint32_t)data->nr & ~SYS_X32_BIT;
	d.arch = data->arch == AUDIT_ARCH_I386	  ? SYS_ARCH_X86 :
		 (uint32_t)data->nr & SYS_X32_BIT ? SYS_ARCH_X32 :
						    SYS_ARCH_X86_64;
	if (d.nr > SYS_NR_MAX)
		d.nr = SYS_NR_MAX;
	d.arg_count = ARRAY_SIZE(d.args);
	memcpy(d.args, data->args, sizeof(d.args));
	d.first_ns = d.last_ns = clock_wall_ns();
	d.comm = name_of(pid);
	d.executable = executable_of(pid);
	take(collector, &d);
}
