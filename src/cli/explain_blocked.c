/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain_blocked.h"

#include <linux/sched.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "profile/surface.h"
#include "profile/vulnerability.h"
#include "uapi/socket.h"

/* A part by name: the call, or the sockets that are meant. */
static void part_text(const struct reach *r, char *out, size_t size)
{
	const char *family = sys_family_name((unsigned)r->arg[0].value);

	if (!str_eq(r->call, "socket"))
		snprintf(out, size, "%s%s", r->call,
			 r->arg[0].value == CLONE_NEWUSER ? " with a new user namespace" : "");
	else if (r->arg[0].index == 1)
		snprintf(out, size, "%s sockets", r->arg[0].value == SOCK_RAW ? "raw" : "dccp");
	else
		snprintf(out, size, "%s sockets", family ? family : "other");
}

static void add_part(struct buf *list, const struct reach *r)
{
	char text[96];

	part_text(r, text, sizeof(text));
	buf_addf(list, "%s%s", list->len ? ", " : "", text);
}

struct counts {
	size_t open, all;
	struct buf reachable, blocked; /* lists */
};

static void count(struct counts *c, const struct surface *s, const struct policy *policy)
{
	for (size_t i = 0; i < SURFACE_PARTS_MAX && s->parts[i].call; i++) {
		bool open = policy_reaches(policy, &s->parts[i]);

		c->all++;
		c->open += open;
		add_part(open ? &c->reachable : &c->blocked, &s->parts[i]);
	}
}

static json_t *surface_json(const struct surface *s, const struct counts *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "part", json_string(s->name));
	json_object_set_new(o, "gives", json_string(s->why));
	json_object_set_new(o, "reachable",
			    json_string(c->reachable.data ? c->reachable.data : ""));
	json_object_set_new(o, "blocked", json_string(c->blocked.data ? c->blocked.data : ""));
	json_object_set_new(o, "open", json_boolean(c->open > 0));
	return o;
}

static void surface_print(const struct surface *s, const struct counts *c)
{
	printf("  %-22s %-9s %s\n", s->name,
	       !c->open		 ? "blocked" :
	       c->open == c->all ? "OPEN" :
				   "partly",
	       s->why);
	if (c->open)
		printf("  %-22s           reachable: %s\n", "", c->reachable.data);
}

static void surfaces_tell(const struct policy *policy, json_t *list)
{
	for (size_t i = 0; i < surfaces_count; i++) {
		struct counts c = { .reachable = BUF_INIT, .blocked = BUF_INIT };

		count(&c, &surfaces[i], policy);
		if (list)
			json_array_append_new(list, surface_json(&surfaces[i], &c));
		else
			surface_print(&surfaces[i], &c);
		buf_deinit(&c.reachable);
		buf_deinit(&c.blocked);
	}
}

static size_t vulnerabilities_tell(const struct policy *policy, bool cut_off, json_t *list)
{
	size_t n = 0;

	for (size_t i = 0; i < vulnerabilities_count; i++) {
		const struct vulnerability *v = &vulnerabilities[i];
		char way[96];

		if (vulnerability_is_cut_off(v, policy) != cut_off)
			continue;
		n++;
		if (list) {
			json_t *o = json_object();

			json_object_set_new(o, "id", json_string(v->id));
			json_object_set_new(o, "what", json_string(v->what));
			json_object_set_new(o, "cutOff", json_boolean(cut_off));
			json_array_append_new(list, o);
			continue;
		}
		part_text(&v->ways[0], way, sizeof(way));
		printf("  %-16s %s (%s)\n", v->id, v->what, way);
	}
	return n;
}

/* Calls of the native table: those with a name, and those of them that can be made. */
static void count_calls(const struct policy *policy, size_t *all, size_t *allowed)
{
	*all = *allowed = 0;
	for (int nr = 0; nr < SYS_NR_MAX; nr++) {
		const char *name = sys_call_name(SYS_ARCH_X86_64, nr);

		*all += name != NULL;
		*allowed += name && policy_reaches_call(policy, name);
	}
}

void explain_blocked(const struct policy *policy, bool json)
{
	size_t all, allowed;

	count_calls(policy, &all, &allowed);
	if (json) {
		cleanup_json json_t *o = json_object();
		json_t *parts = json_array(), *known = json_array();

		surfaces_tell(policy, parts);
		vulnerabilities_tell(policy, true, known);
		vulnerabilities_tell(policy, false, known);
		json_object_set_new(o, "calls", json_u64(all));
		json_object_set_new(o, "allowed", json_u64(allowed));
		json_object_set_new(o, "surface", parts);
		json_object_set_new(o, "vulnerabilities", known);
		json_dumpf(o, stdout, JSON_INDENT(2));
		putchar('\n');
		return;
	}
	printf("%zu of %zu system calls are allowed, %zu are blocked.\n\nThe kernel, by part\n",
	       allowed, all, all - allowed);
	surfaces_tell(policy, NULL);
	puts("\nKnown vulnerabilities that are cut off (on a kernel that has them)");
	if (!vulnerabilities_tell(policy, true, NULL))
		puts("  none");
	puts("\nKnown vulnerabilities whose way in is open");
	if (!vulnerabilities_tell(policy, false, NULL))
		puts("  none of those known here");
}
