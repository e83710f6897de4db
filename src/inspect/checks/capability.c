/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities: which are added beyond the runtime's default, and which of the default are kept. */
#include <strings.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/check.h"

/* With or without "CAP_", in any case: runtimes take both. */
static bool is_capability(const struct word *w, const char *name)
{
	struct text t = w->value;

	if (t.len > 4 && !strncasecmp(t.data, "CAP_", 4))
		t = text_from(t.data + 4, t.len - 4);
	return t.data && t.len == strlen(name) && !strncasecmp(t.data, name, t.len);
}

static bool has(const struct words *list, const char *name)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (is_capability(&list->items[i], name))
			return true;
	return false;
}

static void fail_those(struct probe *p, const struct container *c, const char *const *names)
{
	for (uint32_t i = 0; i < c->security.add.count; i++)
		for (const char *const *n = names; *n; n++)
			if (is_capability(&c->security.add.items[i], *n))
				probe_fail(p, &c->security.add.items[i].at);
}

static void administrator(struct probe *p, const struct workload *w, const struct container *c)
{
	fail_those(p, c, (const char *const[]){ "ALL", "SYS_ADMIN", "NET_ADMIN", NULL });
}

static void module(struct probe *p, const struct workload *w, const struct container *c)
{
	fail_those(p, c, (const char *const[]){ "SYS_MODULE", NULL });
}

static void dangerous(struct probe *p, const struct workload *w, const struct container *c)
{
	fail_those(p, c,
		   (const char *const[]){ "SYS_PTRACE", "DAC_READ_SEARCH", "BPF", "PERFMON",
					  "SYS_RAWIO", "SYS_BOOT", "MAC_ADMIN", "MAC_OVERRIDE",
					  "SYSLOG", "SYS_TIME", "CHECKPOINT_RESTORE", NULL });
}

/* What runtimes give by default: adding it changes nothing. */
static const char *const defaults[] = { "AUDIT_WRITE", "CHOWN",	 "DAC_OVERRIDE", "FOWNER",
					"FSETID",      "KILL",	 "MKNOD",	 "NET_BIND_SERVICE",
					"SETFCAP",     "SETGID", "SETPCAP",	 "SETUID",
					"SYS_CHROOT",  NULL };

static bool is_one_of(const struct word *w, const char *const *names)
{
	for (; *names; names++)
		if (is_capability(w, *names))
			return true;
	return false;
}

static void added(struct probe *p, const struct workload *w, const struct container *c)
{
	for (uint32_t i = 0; i < c->security.add.count; i++)
		if (!is_one_of(&c->security.add.items[i], defaults))
			probe_fail(p, &c->security.add.items[i].at);
}

static void not_all_dropped(struct probe *p, const struct workload *w, const struct container *c)
{
	if (is_windows(w))
		probe_skip(p);
	else if (!has(&c->security.drop, "ALL"))
		probe_fail(p, &c->security.drop.at);
}

static void nothing_dropped(struct probe *p, const struct workload *w, const struct container *c)
{
	if (is_windows(w))
		probe_skip(p);
	else if (!c->security.drop.count)
		probe_fail(p, &c->security.drop.at);
}

static void added_back(struct probe *p, const struct workload *w, const struct container *c)
{
	if (!has(&c->security.drop, "ALL"))
		probe_skip(p);
	else
		for (uint32_t i = 0; i < c->security.add.count; i++)
			if (!is_capability(&c->security.add.items[i], "NET_BIND_SERVICE"))
				probe_fail(p, &c->security.add.items[i].at);
}

static void raw_sockets(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct security *s = &c->security;

	if (is_windows(w)) {
		probe_skip(p);
		return;
	}
	for (uint32_t i = 0; i < s->add.count; i++)
		if (is_capability(&s->add.items[i], "NET_RAW")) {
			probe_set_fix(p, FIX_REMOVE, &s->add.items[i].at, NULL);
			probe_fail(p, &s->add.items[i].at);
		}
	if (!has(&s->add, "NET_RAW") && !has(&s->drop, "ALL") && !has(&s->drop, "NET_RAW"))
		probe_fail(p, &s->drop.at);
}

#define CAPABILITY .category = CATEGORY_PRIVILEGE, .kinds = KINDS_CONTAINER
#define PAGE "https://man7.org/linux/man-pages/man7/capabilities.7.html"

static const struct check checks[] = {
	{ .id = "MRL-131",
	  .name = "capability-admin",
	  .title = "The container administers the system or its network",
	  .attack =
		  "SYS_ADMIN mounts and enters namespaces, NET_ADMIN redirects traffic, ALL is both and more.",
	  .suggest = "Record what it uses; usually one narrow capability or none is left.",
	  .aliases =
		  "dangerousCapabilities capabilitiesAdded C-0046 KSV-0005 CapSysAdmin CKV_K8S_39",
	  .links = PAGE,
	  .fix = { .op = FIX_REMOVE,
		   .aggressive = true,
		   .why = "It may use it: a recording tells." },
	  .severity = SEVERITY_CRITICAL,
	  CAPABILITY,
	  .container = administrator },
	{ .id = "MRL-132",
	  .name = "capability-module",
	  .title = "The container may load kernel modules",
	  .attack = "Its module is the kernel, of the whole node.",
	  .suggest = "Remove SYS_MODULE; load it on the node.",
	  .aliases = "C-0046 KSV-0120",
	  .links = PAGE,
	  .fix = { .op = FIX_REMOVE,
		   .aggressive = true,
		   .why = "It may use it: a recording tells." },
	  .severity = SEVERITY_CRITICAL,
	  CAPABILITY,
	  .container = module },
	{ .id = "MRL-133",
	  .name = "capability-dangerous",
	  .title = "A capability is added that leads out",
	  .attack =
		  "SYS_PTRACE, DAC_READ_SEARCH, BPF, SYS_RAWIO and their like each open a known way to the node's "
		  "memory, files or settings.",
	  .suggest =
		  "Remove it; if a recording shows that it is needed, isolate the workload on nodes of its own.",
	  .aliases = "C-0046 docker-5.3-community",
	  .links = PAGE,
	  .fix = { .op = FIX_REMOVE,
		   .aggressive = true,
		   .why = "It may use it: a recording tells." },
	  .severity = SEVERITY_HIGH,
	  CAPABILITY,
	  .container = dangerous },
	{ .id = "MRL-134",
	  .name = "capability-added",
	  .title = "A capability beyond the default is added",
	  .attack = "More of the kernel answers to them.",
	  .suggest = "Remove what a recording does not show.",
	  .aliases = "C-0200 KSV-0022 CKV_K8S_25 docker-5.4",
	  .links = PAGE,
	  .fix = { .op = FIX_REMOVE,
		   .aggressive = true,
		   .why = "It may use it: a recording tells." },
	  .severity = SEVERITY_MEDIUM,
	  CAPABILITY,
	  .container = added },
	{ .id = "MRL-135",
	  .name = "capabilities-not-dropped",
	  .title = "Not all capabilities are dropped",
	  .attack = "The default set still lets it change owners, make devices, and bind any port.",
	  .suggest = "Set capabilities.drop: [ALL] and add back what a recording shows.",
	  .suggest_bundle = "Drop all (--cap-drop=all) and add back what a recording shows.",
	  .aliases = "insecureCapabilities C-0211 KSV-0003 CapDropAll CKV_K8S_37 CIS-5.2.9",
	  .links = PAGE,
	  .fix = { .op = FIX_ADD,
		   .aggressive = true,
		   .path = "securityContext.capabilities.drop",
		   .value = "\"ALL\"",
		   .why = "It may use one of the default set: a recording tells.",
		   .unrecorded = true },
	  .severity = SEVERITY_MEDIUM,
	  CAPABILITY,
	  .container = not_all_dropped },
	{ .id = "MRL-136",
	  .name = "no-capability-dropped",
	  .title = "No capability is dropped",
	  .attack = "As for MRL-135.",
	  .suggest = "Set capabilities.drop: [ALL].",
	  .suggest_bundle = "Drop all (--cap-drop=all).",
	  .aliases = "KSV-0004 CapDropAny",
	  .links = PAGE,
	  .fix = { .op = FIX_ADD,
		   .aggressive = true,
		   .path = "securityContext.capabilities.drop",
		   .value = "\"ALL\"",
		   .why = "It may use one of the default set: a recording tells.",
		   .unrecorded = true },
	  .severity = SEVERITY_LOW,
	  CAPABILITY,
	  .optional = true,
	  .container = nothing_dropped },
	{ .id = "MRL-137",
	  .name = "capability-added-back",
	  .title = "More than NET_BIND_SERVICE is added back",
	  .attack =
		  "The restricted standard is not met: each of them widens what a break-in reaches.",
	  .suggest = "Add back NET_BIND_SERVICE only, or move to a port above 1024.",
	  .aliases = "KSV-0106",
	  .links = PAGE,
	  .fix = { .op = FIX_REMOVE,
		   .aggressive = true,
		   .why = "It may use it: a recording tells." },
	  .severity = SEVERITY_LOW,
	  CAPABILITY,
	  .container = added_back },
	{ .id = "MRL-138",
	  .name = "drop-net-raw-capability",
	  .title = "The container may send raw packets",
	  .attack =
		  "Forges ARP and DNS answers and so reads and changes the traffic of pods on the same node.",
	  .suggest = "Drop NET_RAW, or better ALL.",
	  .aliases = "C-0199 KSV-0119 CKV_K8S_28 CIS-5.2.8",
	  .links = PAGE,
	  .fix = { .op = FIX_ADD,
		   .aggressive = true,
		   .value = "\"NET_RAW\"",
		   .why = "It may use it: a recording tells.",
		   .unrecorded = true },
	  .severity = SEVERITY_MEDIUM,
	  CAPABILITY,
	  .container = raw_sockets },
};

const struct check_group checks_capability = { checks, ARRAY_SIZE(checks) };
