/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/live.h"

#include <stdarg.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/oci.h"
#include "inspect/workload.h"
#include "uapi/capability.h"

/* What findings show instead of what was declared: the place stays, the value is what is there. */
static struct at really(struct arena *a, const struct at *declared, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static struct at really(struct arena *a, const struct at *declared, const char *fmt, ...)
{
	struct yaml_node *n = arena_new(a, struct yaml_node);
	struct diag_place place = at_place(declared);
	struct at at = *declared;
	char words[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	if (!n)
		return at;
	*n = (struct yaml_node){ .kind = YAML_SCALAR,
				 .line = place.line,
				 .column = place.column,
				 .text = arena_text(a, text_of(words)) };
	for (const struct at *up = declared; up && !n->file; up = up->parent)
		n->file = up->node ? up->node->file : NULL;
	at.node = n;
	return at;
}

/* --- one process --------------------------------------------------------------------------------- */

static void apply_flags(const struct live_process *p, struct workload *w, struct arena *a)
{
	struct security *s = &w->containers[0].security;

	if (!p->filtered && s->seccomp.value.data && !word_is(&s->seccomp, "Unconfined")) {
		s->seccomp.value = TEXT_NONE;
		s->seccomp.at = really(a, &s->seccomp.at, "declared, but process %d has no filter",
				       p->pid);
		s->lapsed[LAPSE_SECCOMP] = s->seccomp.at;
	}
	if (!p->no_new_privileges && s->escalation.value == OFF) {
		s->escalation.value = ON;
		s->escalation.at = really(a, &s->escalation.at,
					  "declared, but not in force on process %d", p->pid);
	}
	if (p->uid_known && !p->uid && s->user.value != 0) {
		s->user.at = s->non_root.at = really(a, &s->user.at,
						     "%lld is declared, process %d is root",
						     (long long)s->user.value, p->pid);
		s->user.value = 0;
	}
}

/* Its own, or a child's of it. */
static bool is_under(const char *label, struct text profile)
{
	return text_starts(text_of(label), profile) &&
	       (!label[profile.len] || !strncmp(label + profile.len, "//", 2));
}

/* What is another profile may be as good: it is told, and not taken for none. */
static void apply_apparmor(const struct live_process *p, struct security *s, struct arena *a)
{
	struct text name = at_text(&s->apparmor.at);
	struct at *lapsed = &s->lapsed[LAPSE_LABEL];

	if (!word_is(&s->apparmor, "Localhost") || lapsed->node)
		return;
	if (p->lsm != LIVE_APPARMOR || !p->label || str_eq(p->label, "unconfined")) {
		*lapsed = really(a, &s->apparmor.at, "%.*s, but process %d is unconfined",
				 (int)name.len, name.data, p->pid);
		s->apparmor = (struct word){ TEXT("Unconfined"), *lapsed };
	} else if (!is_under(p->label, name)) {
		*lapsed = really(a, &s->apparmor.at, "%.*s, but process %d is under %s",
				 (int)name.len, name.data, p->pid, p->label);
	} else if (!p->label_enforced) {
		*lapsed = really(a, &s->apparmor.at,
				 "%.*s, but process %d is only complained of (complain mode)",
				 (int)name.len, name.data, p->pid);
	}
}

static void apply_selinux(const struct live_process *p, struct security *s, struct arena *a)
{
	struct at *lapsed = &s->lapsed[LAPSE_LABEL];

	if (!s->selinux_type.value.len || lapsed->node)
		return;
	if (p->lsm != LIVE_SELINUX)
		*lapsed = really(a, &s->selinux_type.at,
				 "declared, but SELinux is off, and process %d has no label",
				 p->pid);
	else if (!p->label_enforced)
		*lapsed = really(a, &s->selinux_type.at, "declared, but SELinux is permissive");
}

static void apply_namespaces(const struct live_process *p, struct workload *w, struct arena *a)
{
	struct flag *const flags[LIVE_NAMESPACES] = {
		[LIVE_PID] = &w->host_pid,
		[LIVE_NETWORK] = &w->host_network,
		[LIVE_IPC] = &w->host_ipc,
		[LIVE_UTS] = &w->host_uts,
	};

	for (int i = 0; i < LIVE_NAMESPACES; i++) {
		if (!p->host[i] || flags[i]->value == ON)
			continue;
		flags[i]->value = ON;
		flags[i]->at = really(a, &flags[i]->at,
				      "one of its own is declared, process %d is in the host's",
				      p->pid);
	}
}

/* Of users who run without root: the namespace is their engine's, and no bundle names it. */
static void apply_users(const struct live *live, struct workload *w)
{
	for (size_t i = 0; i < live->process_count; i++)
		if (!live->processes[i].own_users)
			return;
	if (live->process_count)
		w->host_users.value = OFF;
}

static bool has_capability(const struct words *w, unsigned cap)
{
	char name[64];
	unsigned other;

	for (uint32_t i = 0; i < w->count; i++) {
		struct text t = w->items[i].value;

		if (t.len >= sizeof(name))
			continue;
		memcpy(name, t.data, t.len);
		name[t.len] = '\0';
		if (str_eq(name, "ALL") || (sys_cap_parse(name, &other) && other == cap))
			return true;
	}
	return false;
}

/* Added, or kept of what is given by default. */
static bool may_have(const struct security *s, unsigned cap)
{
	bool given = oci_is_default_capability(text_of(sys_cap_name(cap)));

	return has_capability(&s->add, cap) || (given && !has_capability(&s->drop, cap));
}

static void apply_capabilities(const struct live_process *p, struct workload *w, struct arena *a)
{
	struct security *s = &w->containers[0].security;
	struct word *items;

	if (s->privileged.value == ON || !p->capabilities)
		return;
	items = arena_array(a, struct word, s->add.count + SYS_CAP_MAX);
	if (!items)
		return;
	if (s->add.count)
		memcpy(items, s->add.items, s->add.count * sizeof(*items));
	s->add.items = items;
	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++) {
		const char *name = sys_cap_name(cap);

		if (!(p->capabilities & 1ULL << cap) || may_have(s, cap))
			continue;
		items[s->add.count++] = (struct word){
			arena_text(a, text_of(name)),
			really(a, &s->add.at, "%s is not declared, process %d has it", name, p->pid)
		};
	}
}

/* --- mounts -------------------------------------------------------------------------------------- */

static struct mount *find_mount(struct container *c, const char *point)
{
	for (uint32_t i = c->mount_count; i-- > 0;)
		if (word_is(&c->mounts[i].path, point))
			return &c->mounts[i];
	return NULL;
}

static void add_mount(const struct live_mount *live, struct workload *w, struct container *c,
		      const struct at *list, struct arena *a)
{
	struct at at = really(a, list, "%s at %s is not declared, and mounted", live->source,
			      live->point);
	struct volume *v = &w->volumes[w->volume_count++];
	struct mount *m = &c->mounts[c->mount_count++];
	char number[16];

	snprintf(number, sizeof(number), "live %u", w->volume_count);
	*v = (struct volume){ .at = at, .type = "hostPath" };
	v->name = arena_text(a, text_of(number));
	v->host_path = (struct word){ arena_text(a, text_of(live->source)), at };
	*m = (struct mount){ .at = at };
	m->volume = (struct word){ v->name, at };
	m->path = (struct word){ arena_text(a, text_of(live->point)), at };
	m->read_only = (struct flag){ live->read_only ? ON : OFF, at };
	m->propagation = (struct word){ TEXT_NONE, at };
}

static bool is_below(const char *path, struct text top)
{
	return top.len && text_starts(text_of(path), top) && path[top.len] == '/';
}

/* As such, or as what is mounted below something that is bound with all that is below it. */
static bool is_declared(const struct at *list, const struct live_mount *live)
{
	for (uint32_t i = 0; i < at_count(list); i++) {
		struct at item = at_item(list, i);
		struct at to = at_member(&item, "destination"), from = at_member(&item, "source");

		if (text_eq_str(at_text(&to), live->point) ||
		    (is_below(live->point, at_text(&to)) && is_below(live->source, at_text(&from))))
			return true;
	}
	return false;
}

static void apply_mounts(const struct live *live, struct workload *w, struct arena *a)
{
	struct container *c = &w->containers[0];
	struct at list = at_member(&w->pod, "mounts");
	struct volume *volumes = arena_array(a, struct volume,
					     w->volume_count + live->mount_count + 1);
	struct mount *mounts = arena_array(a, struct mount, c->mount_count + live->mount_count + 1);

	if (!volumes || !mounts)
		return;
	if (w->volume_count)
		memcpy(volumes, w->volumes, w->volume_count * sizeof(*volumes));
	if (c->mount_count)
		memcpy(mounts, c->mounts, c->mount_count * sizeof(*mounts));
	w->volumes = volumes;
	c->mounts = mounts;
	for (size_t i = 0; i < live->mount_count; i++) {
		const struct live_mount *is = &live->mounts[i];
		struct mount *m = find_mount(c, is->point);

		if (!m && !is_declared(&list, is)) {
			add_mount(is, w, c, &list, a);
		} else if (m && m->read_only.value == ON && !is->read_only) {
			m->read_only.value = OFF;
			m->read_only.at = really(a, &m->read_only.at,
						 "declared read-only, and mounted writable");
		}
	}
}

/* The engine's name of the image, if the bundle has none; it was run by that name. */
static void apply_image(const struct live *live, struct container *c, struct arena *a)
{
	if (!live->image || c->image.value.len)
		return;
	c->image.value = arena_text(a, text_of(live->image));
	c->image.at = at_member(&c->at, "image"); /* where a manifest would have it */
	c->image.at = really(a, &c->image.at, "%s", live->image);
	c->image_name = image_parse(c->image.value);
}

/* ------------------------------------------------------------------------------------------------- */

void live_apply(const struct live *live, struct workload *w, struct arena *a)
{
	struct flag *root = &w->containers[0].security.read_only_root;

	for (size_t i = 0; i < live->process_count; i++) {
		apply_flags(&live->processes[i], w, a);
		apply_apparmor(&live->processes[i], &w->containers[0].security, a);
		apply_selinux(&live->processes[i], &w->containers[0].security, a);
		apply_namespaces(&live->processes[i], w, a);
		apply_capabilities(&live->processes[i], w, a);
	}
	apply_users(live, w);
	apply_mounts(live, w, a);
	apply_image(live, &w->containers[0], a);
	if (live->root_writable && root->value == ON) {
		root->value = OFF;
		root->at = really(a, &root->at, "declared, but its root is mounted writable");
	}
}
