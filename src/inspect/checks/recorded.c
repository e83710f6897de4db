/* SPDX-License-Identifier: Apache-2.0 */
/* What a recording shows to be more than a container needs. */
#include "base/cleanup.h"
#include "base/json.h"
#include "base/str.h"
#include "inspect/checks/confinement.h"
#include "inspect/oci.h"
#include "inspect/recording.h"
#include "profile/cbpf/filter.h"
#include "profile/seccomp_json.h"
#include "uapi/capability.h"
#include "uapi/syscall.h"

/* NULL, and it is skipped: there is none that tells enough. */
static const struct recording *recording_of(struct probe *p, const struct workload *w,
					    const struct container *c)
{
	const struct recording *r = recordings_find(probe_recordings(p), probe_object(p), w, c);

	if (r && !r->doubt && !is_windows(w))
		return r;
	probe_skip(p);
	return NULL;
}

static bool capability_number(struct text name, unsigned *ret)
{
	char copy[32];

	if (!name.len || name.len >= sizeof(copy))
		return false;
	memcpy(copy, name.data, name.len);
	copy[name.len] = '\0';
	return sys_cap_parse(copy, ret);
}

/* "CHOWN, KILL", or "none". */
static void name_capabilities(uint64_t set, char *out, size_t size)
{
	size_t at = 0;

	snprintf(out, size, "none");
	for (unsigned cap = 0; cap < SYS_CAP_MAX && at < size; cap++)
		if (set >> cap & 1)
			at += (size_t)snprintf(out + at, size - at, "%s%s", at ? ", " : "",
					       sys_cap_name(cap) + strlen("CAP_"));
}

static void unused_capability(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct recording *r = recording_of(p, w, c);
	const struct words *add = &c->security.add;
	char used[120];

	for (uint32_t i = 0; r && i < add->count; i++) {
		struct text name = add->items[i].value;
		unsigned cap;

		if (text_eq_str(name, "ALL")) {
			name_capabilities(r->capabilities, used, sizeof(used));
			probe_fail_value(p, &add->items[i].at, "ALL, and used: %s", used);
		} else if (capability_number(name, &cap) && !(r->capabilities >> cap & 1)) {
			probe_fail(p, &add->items[i].at);
		}
	}
}

/* Those that engines give without being asked. */
static uint64_t default_capabilities(void)
{
	uint64_t set = 0;

	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++)
		if (oci_is_default_capability(text_of(sys_cap_name(cap))))
			set |= (uint64_t)1 << cap;
	return set;
}

static char *capabilities_text(uint64_t add)
{
	cleanup_json json_t *value = json_pack("{s[s]}", "drop", "ALL");
	json_t *list = add ? json_array() : NULL;

	for (unsigned cap = 0; list && cap < SYS_CAP_MAX; cap++)
		if (add >> cap & 1)
			json_array_append_new(list,
					      json_string(sys_cap_name(cap) + strlen("CAP_")));
	if (list)
		json_object_set_new(value, "add", list);
	return json_dumps(value, JSON_COMPACT);
}

/* Where nothing is said yet all of it; else ALL is dropped if all that is used is added already. */
static void mend_capabilities(struct probe *p, const struct container *c, uint64_t used)
{
	const struct words *add = &c->security.add;
	struct at all = at_member(&c->security.at, "capabilities");
	cleanup_free char *text = all.node ? NULL : capabilities_text(used);
	unsigned cap;

	for (uint32_t i = 0; i < add->count; i++)
		if (capability_number(add->items[i].value, &cap))
			used &= ~((uint64_t)1 << cap);
	if (text)
		probe_set_fix(p, FIX_SET, &all, text);
	else if (all.node && !used)
		probe_set_fix(p, FIX_ADD, &c->security.drop.at, "\"ALL\"");
}

static void kept_capabilities(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct recording *r = recording_of(p, w, c);
	const struct words *drop = &c->security.drop;
	uint64_t kept = default_capabilities();
	char names[120];
	unsigned cap;

	if (!r || c->security.privileged.value == ON || words_have(drop, "ALL"))
		return;
	for (uint32_t i = 0; i < drop->count; i++)
		if (capability_number(drop->items[i].value, &cap))
			kept &= ~((uint64_t)1 << cap);
	kept &= ~r->capabilities;
	if (!kept)
		return;
	name_capabilities(kept, names, sizeof(names));
	mend_capabilities(p, c, r->capabilities);
	probe_fail_value(p, &drop->at, "kept and never used: %s", names);
}

/* --- seccomp ------------------------------------------------------------------------------------- */

static bool permits(const struct cbpf_filter *f, const struct seccomp_data *data)
{
	uint32_t action = cbpf_filter_decide(f, data) & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* Calls of the machine's own table that the rules let through, and the policy does not know. */
static size_t count_beyond(const struct cbpf_filter *f, const struct policy *policy)
{
	size_t n = 0;

	for (int nr = 0; nr < SYS_NR_MAX; nr++) {
		const char *name = sys_call_name(SYS_ARCH_X86_64, nr);
		struct seccomp_data data = { .nr = nr,
					     .arch = sys_archs[SYS_ARCH_X86_64].audit_arch };

		n += name && !policy_find(policy, name) && permits(f, &data);
	}
	return n;
}

/* A bundle has its rules with it, and of Docker's options one is their text. NULL: a file has them. */
static json_t *own_rules(const struct probe *p, const struct word *seccomp, const struct word *file)
{
	if (!object_is_container(probe_object(p)) || !seccomp->at.node)
		return NULL;
	if (seccomp->at.node->kind == YAML_MAP)
		return yaml_json(seccomp->at.node);
	return file->value.len ? json_loadb(file->value.data, file->value.len, 0, NULL) : NULL;
}

static void wide_rules(struct probe *p, const struct recording *r, const struct word *seccomp,
		       const struct word *file)
{
	cleanup_json json_t *root = own_rules(p, seccomp, file);
	cleanup_cbpf_filter struct cbpf_filter f = { 0 };
	struct error err = ERROR_INIT;
	size_t beyond;

	if (!root ||
	    seccomp_json_read(&f, "config.json", root, &(struct seccomp_host){ 0 }, NULL, &err)) {
		probe_skip(p);
		return;
	}
	beyond = count_beyond(&f, &r->policy);
	if (beyond)
		probe_fail_value(p, &seccomp->at, "lets %zu calls through that are not needed",
				 beyond);
}

static void mend_annotation(struct probe *p, const struct workload *w, const struct container *c,
			    const struct recording *r)
{
	char key[CONFINEMENT_KEY_MAX];
	struct at at = confinement_seccomp_annotation(w, c, key);
	cleanup_free char *name = str_format("localhost/%s", r->seccomp_file);
	cleanup_json json_t *value = name ? json_string(name) : NULL;
	cleanup_free char *text = json_dumps(value, JSON_ENCODE_ANY);

	if (text && c->name.len && c->kind != CONTAINER_EPHEMERAL)
		probe_set_fix(p, FIX_SET, &at, text);
}

/* Where there is a profile of its own its members one after the other: the file's name, then the type. */
static void mend_seccomp(struct probe *p, const struct workload *w, const struct container *c,
			 const struct recording *r)
{
	const struct security *s = &c->security;
	struct at all = at_member(&s->at, "seccompProfile");
	cleanup_json json_t *value = json_pack("{ss ss}", "type", "Localhost", "localhostProfile",
					       r->seccomp_file);
	cleanup_free char *text = json_dumps(value, JSON_COMPACT);
	cleanup_free char *file = json_dumps(json_object_get(value, "localhostProfile"),
					     JSON_ENCODE_ANY);

	if (!text || !file)
		return;
	if (confinement_seccomp_is_annotated(p, w, c)) {
		if (!all.node) /* else both would have to be changed at once */
			mend_annotation(p, w, c, r);
	} else if (!all.node)
		probe_set_fix(p, FIX_SET, &all, text);
	else if (word_is(&s->seccomp_file, r->seccomp_file))
		probe_set_fix(p, FIX_SET, &s->seccomp.at, "\"Localhost\"");
	else
		probe_set_fix(p, FIX_SET, &s->seccomp_file.at, file);
}

static void wide_seccomp(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct recording *r = recording_of(p, w, c);
	const struct word *own = &c->security.seccomp;
	char key[CONFINEMENT_KEY_MAX];
	struct word effective = confinement_seccomp(p, w, c, key), *seccomp = &effective;
	const char *now = !seccomp->value.data		 ? "not set" :
			  word_is(seccomp, "Unconfined") ? "Unconfined" :
							   "RuntimeDefault";

	if (!r)
		return;
	if (word_is(seccomp, "Localhost")) {
		if (object_is_container(probe_object(p)))
			wide_rules(p, r, seccomp, &c->security.seccomp_file);
		return;
	}
	mend_seccomp(p, w, c, r);
	probe_fail_value(p, own->value.data ? &own->at : &seccomp->at,
			 "%s, and %zu calls are needed", now, r->policy.entries.len);
}

static void unwritten_root(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct recording *r = recording_of(p, w, c);

	if (r && c->security.read_only_root.value != ON && !r->written.len)
		probe_fail(p, &c->security.read_only_root.at);
}

#define COMMON                                                    \
	.category = CATEGORY_PRIVILEGE, .kinds = KINDS_CONTAINER, \
	.containers = 1u << CONTAINER_MAIN | 1u << CONTAINER_INIT, .recorded = true, .aliases = ""
#define WHY "the recording may not have seen everything that it does"

static const struct check checks[] = {
	{ .id = "MRL-151",
	  .name = "unused-capability",
	  .title = "A capability is added that was never used in the recording",
	  .attack =
		  "Whoever takes over the process uses it: what the program does not need, only an attacker does.",
	  .suggest = "Remove it from capabilities.add.",
	  .severity = SEVERITY_MEDIUM,
	  .fix = { .op = FIX_REMOVE, .aggressive = true, .why = WHY },
	  .container = unused_capability,
	  COMMON },
	{ .id = "MRL-152",
	  .name = "unused-default-capabilities",
	  .title = "Capabilities are kept that were never used in the recording",
	  .attack =
		  "The engine's default changes owners and users, makes raw packets and devices: tools for the way out "
		  "that this program never needs.",
	  .suggest = "Drop ALL and add what the recording used.",
	  .severity = SEVERITY_LOW,
	  .fix = { .op = FIX_SET, .aggressive = true, .why = WHY },
	  .container = kept_capabilities,
	  COMMON },
	{ .id = "MRL-153",
	  .name = "wide-seccomp",
	  .title = "The seccomp profile is wider than what was recorded",
	  .attack = "Holes in the kernel are reached by calls that this program never makes.",
	  .suggest =
		  "Use the recorded profile: merlon profile export --format seccomp, then type: Localhost.",
	  .suggest_bundle =
		  "Use the recorded profile: merlon confine --bundle, or merlon profile export.",
	  .severity = SEVERITY_MEDIUM,
	  .fix = { .op = FIX_SET,
		   .aggressive = true,
		   .why = "the profile must be on every node first, and " WHY },
	  .container = wide_seccomp,
	  COMMON },
	{ .id = "MRL-154",
	  .name = "unwritten-root",
	  .title = "The root file system is writable and was never written to",
	  .attack =
		  "Programs are replaced and tools put down in a place where nothing needs to be written.",
	  .suggest = "Set readOnlyRootFilesystem: true.",
	  .suggest_bundle = "Set root.readonly.",
	  .severity = SEVERITY_MEDIUM,
	  .fix = { .op = FIX_SET, .aggressive = true, .value = "true", .why = WHY },
	  .container = unwritten_root,
	  COMMON },
};

const struct check_group checks_recorded = { checks, ARRAY_SIZE(checks) };
