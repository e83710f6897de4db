/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/oci.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/reader.h"

/* Docker's 14; podman leaves out three of them, none of the last eleven. */
static const char *const default_capabilities[] = {
	"AUDIT_WRITE",	    "MKNOD",	  "NET_RAW", "CHOWN",
	"DAC_OVERRIDE",	    "FOWNER",	  "FSETID",  "KILL",
	"NET_BIND_SERVICE", "SETFCAP",	  "SETGID",  "SETPCAP",
	"SETUID",	    "SYS_CHROOT", NULL,
};
enum { ID_DIGITS = 64 }; /* of a container */
enum { CAPABILITIES_MAX = 128 };
enum { DEFAULTS = ARRAY_SIZE(default_capabilities) - 1, FEW_DEFAULTS = DEFAULTS / 2 };

bool oci_is_config(const struct yaml_node *n)
{
	const struct yaml_node *version = yaml_get(n, "ociVersion");
	const struct yaml_node *process = yaml_get(n, "process"), *root = yaml_get(n, "root");

	return version && version->kind == YAML_SCALAR && !yaml_get(n, "apiVersion") &&
	       ((process && process->kind == YAML_MAP) || (root && root->kind == YAML_MAP));
}

/* --- lists of texts ------------------------------------------------------------------------------ */

static bool is_capability(struct text t, const char *name)
{
	if (t.len > 4 && !strncasecmp(t.data, "CAP_", 4))
		t = text_from(t.data + 4, t.len - 4);
	return t.len == strlen(name) && !strncasecmp(t.data, name, t.len);
}

static bool has_capability(const struct words *w, const char *name)
{
	for (uint32_t i = 0; i < w->count; i++)
		if (w->items[i].value.data && is_capability(w->items[i].value, name))
			return true;
	return false;
}

static bool has_text(const struct words *w, struct text t)
{
	for (uint32_t i = 0; i < w->count; i++)
		if (w->items[i].value.data && text_eq(w->items[i].value, t))
			return true;
	return false;
}

bool oci_is_default_capability(struct text t)
{
	for (int i = 0; i < DEFAULTS; i++)
		if (is_capability(t, default_capabilities[i]))
			return true;
	return false;
}

/* --- capabilities and devices -------------------------------------------------------------------- */

/* Everything in any of the sets, each once, at its first place. */
static struct words read_capabilities(struct reader *r, const struct at *sets)
{
	static const char *const names[] = { "bounding", "permitted", "effective", "inheritable",
					     "ambient" };
	struct words all = { .at = at_member(sets, names[0]) };

	all.items = arena_array(r->arena, struct word, CAPABILITIES_MAX);
	for (size_t i = 0; all.items && i < ARRAY_SIZE(names); i++) {
		struct words part = reader_words(r, sets, names[i]);

		for (uint32_t k = 0; k < part.count && all.count < CAPABILITIES_MAX; k++)
			if (part.items[k].value.data && !has_text(&all, part.items[k].value))
				all.items[all.count++] = part.items[k];
	}
	return all;
}

/* What of the default is missing; "ALL" if that is most of it. */
static struct words dropped(struct reader *r, const struct words *kept)
{
	struct words w = { .at = kept->at };

	w.items = arena_array(r->arena, struct word, DEFAULTS);
	for (int i = 0; w.items && i < DEFAULTS; i++)
		if (!has_capability(kept, default_capabilities[i]))
			w.items[w.count++] = (struct word){ text_of(default_capabilities[i]),
							    kept->at };
	if (w.count > FEW_DEFAULTS) {
		w.items[0].value = TEXT("ALL");
		w.count = 1;
	}
	return w;
}

/* The rule that lets it use every device, if that is the last word on all of them. */
static struct at every_device(struct reader *r, const struct at *root)
{
	struct at all = { 0 }, *rules;
	uint32_t count;

	rules = reader_list(r, root, "linux.resources.devices", &count);
	for (uint32_t i = 0; i < count; i++) {
		struct at rule = at_item(rules, i), type = at_member(&rule, "type");
		struct at allow = at_member(&rule, "allow");

		if (yaml_get(rule.node, "major") || yaml_get(rule.node, "minor") ||
		    (type.node && !text_eq_str(at_text(&type), "a")))
			continue;
		all = at_is_true(&allow) ? rule : (struct at){ 0 };
	}
	return all;
}

/* What nobody who is not trusted with the host gets. */
static bool has_host_capabilities(const struct words *w)
{
	return has_capability(w, "SYS_ADMIN") && has_capability(w, "SYS_MODULE") &&
	       has_capability(w, "SYS_RAWIO");
}

/* They were added only if all had been dropped before. */
static void remove_defaults(struct security *s)
{
	uint32_t kept = 0;

	if (words_have(&s->drop, "ALL"))
		return;
	for (uint32_t i = 0; i < s->add.count; i++)
		if (!oci_is_default_capability(s->add.items[i].value))
			s->add.items[kept++] = s->add.items[i];
	s->add.count = kept;
}

static void read_privileges(struct reader *r, const struct at *root, struct security *s)
{
	const struct at *sets = reader_keep(r, at_member(root, "process.capabilities"));
	struct at devices = every_device(r, root);

	if (!sets)
		return;
	s->add = read_capabilities(r, sets);
	s->drop = dropped(r, &s->add);
	s->privileged = (struct flag){ OFF, at_member(root, "linux.resources.devices") };
	if (!has_host_capabilities(&s->add)) {
		remove_defaults(s);
		return;
	}
	if (devices.node) {
		s->privileged = (struct flag){ ON, devices };
		s->add.count = 0; /* one weakness, one finding */
	} else if (s->add.items) {
		s->add.items[0] = (struct word){ TEXT("ALL"), s->add.at };
		s->add.count = 1;
	}
}

/* --- the process --------------------------------------------------------------------------------- */

static void read_user(struct reader *r, const struct at *root, struct security *s)
{
	s->user = reader_number(r, root, "process.user.uid");
	s->group = reader_number(r, root, "process.user.gid");
	s->groups = reader_words(r, root, "process.user.additionalGids");
	s->user.set = s->group.set = true; /* nobody named: 0 */
	s->non_root = (struct flag){ UNSET, s->user.at };
}

/* A filter that refuses nothing is none. */
static bool refuses(struct reader *r, const struct at *root)
{
	struct at *calls, action = at_member(root, "linux.seccomp.defaultAction");
	uint32_t count;

	if (!text_eq_str(at_text(&action), "SCMP_ACT_ALLOW") &&
	    !text_eq_str(at_text(&action), "SCMP_ACT_LOG"))
		return true;
	calls = reader_list(r, root, "linux.seccomp.syscalls", &count);
	for (uint32_t i = 0; i < count; i++) {
		struct at rule = at_item(calls, i), what = at_member(&rule, "action");

		if (what.node && !text_eq_str(at_text(&what), "SCMP_ACT_ALLOW") &&
		    !text_eq_str(at_text(&what), "SCMP_ACT_LOG"))
			return true;
	}
	return false;
}

static void read_seccomp(struct reader *r, const struct at *root, struct security *s)
{
	s->seccomp = (struct word){ TEXT_NONE, at_member(root, "linux.seccomp") };
	if (!s->seccomp.at.node)
		return;
	if (s->seccomp.at.node->kind != YAML_MAP) {
		reader_complain(r, &s->seccomp.at, "a map");
	} else if (refuses(r, root)) {
		s->seccomp.value = TEXT("Localhost");
	} else {
		s->seccomp.value = TEXT("Unconfined");
		s->seccomp.at = at_member(root, "linux.seccomp.defaultAction");
	}
}

void oci_take_labels(struct word apparmor, struct word label, struct security *s)
{
	struct text rest = label.value, parts[3] = { 0 };

	s->apparmor = apparmor;
	if (word_is(&s->apparmor, "unconfined"))
		s->apparmor.value = TEXT("Unconfined");
	else if (s->apparmor.value.len)
		s->apparmor.value = TEXT("Localhost");
	else
		s->apparmor.value = TEXT_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(parts) && rest.len; i++) {
		const char *colon = memchr(rest.data, ':', rest.len);
		size_t len = colon ? (size_t)(colon - rest.data) : rest.len;

		parts[i] = text_from(rest.data, len);
		rest = colon ? text_from(colon + 1, rest.len - len - 1) : TEXT_NONE;
	}
	s->selinux_type = (struct word){ parts[2].len ? parts[2] : TEXT_NONE, label.at };
	s->selinux_level = (struct word){ rest.len ? rest : TEXT_NONE, label.at };
}

/* What is hidden of /proc in every container; a privileged one has all of it anyway. */
static void read_masks(struct reader *r, const struct at *root, struct security *s)
{
	struct words masked = reader_words(r, root, "linux.maskedPaths");

	s->proc_mount = (struct word){ TEXT_NONE, masked.at };
	if (!words_have(&masked, "/proc/kcore") && s->privileged.value != ON)
		s->proc_mount.value = TEXT("Unmasked");
}

void oci_take_env(struct reader *r, struct words all, struct container *c)
{
	c->env = arena_array(r->arena, struct env, all.count + 1);
	c->env_count = c->env ? all.count : 0;
	for (uint32_t i = 0; i < c->env_count; i++) {
		struct text t = all.items[i].value;
		const char *equals = t.len ? memchr(t.data, '=', t.len) : NULL;
		size_t len = equals ? (size_t)(equals - t.data) : t.len;
		struct env *e = &c->env[i];

		e->at = all.items[i].at;
		e->name = (struct word){ t.data ? text_from(t.data, len) : TEXT_NONE, e->at };
		e->value = (struct word){ equals ? text_from(equals + 1, t.len - len - 1) :
						   TEXT_NONE,
					  e->at };
	}
}

/* --- mounts -------------------------------------------------------------------------------------- */

/* Wherever an engine was told to keep what it has: a directory with a container's id for a name. */
static bool is_below_id(struct text source)
{
	uint32_t digits = 0;

	for (uint32_t i = 0; i < source.len; i++) {
		char c = source.data[i];

		if (c == '/' && digits == ID_DIGITS)
			return true;
		if (c == '/')
			digits = 0;
		else if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
			digits++;
		else
			digits = ID_DIGITS + 1; /* no id in this one */
	}
	return false;
}

/* ".../volumes/NAME/_data", as Docker and podman call what they keep for a name. */
static bool is_volume(struct text source)
{
	struct text end = TEXT("/_data"), name;

	if (!text_ends(source, end))
		return false;
	source.len -= end.len;
	name = text_basename(source);
	source.len -= name.len;
	return name.len && text_ends(source, TEXT("/volumes/"));
}

bool oci_is_made_for_container(struct text source, struct text destination)
{
	static const char *const volumes[] = {
		"/var/lib/docker/volumes/",
		"/var/lib/containers/storage/volumes/",
		"/var/lib/kubelet/pods/",
		"/var/lib/nerdctl/",
	};
	static const char *const points[] = {
		"/etc/resolv.conf", "/etc/hosts",	  "/etc/hostname",	  "/dev/shm",
		"/run/secrets",	    "/run/.containerenv", "/dev/termination-log", "/etc/passwd",
		"/etc/group",
	};
	static const char *const files[] = {
		"/var/lib/docker/containers/", "/var/lib/containers/storage/",
		"/run/containers/storage/",    "/run/containerd/",
		"/var/lib/containerd/",	       "/var/run/containers/storage/",
	};

	if (source.len && memmem(source.data, source.len, "/..", 3))
		return false; /* it may lead anywhere */
	for (size_t i = 0; i < ARRAY_SIZE(volumes); i++)
		if (text_starts(source, text_of(volumes[i])))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		if (!text_eq_str(destination, points[i]))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(files); k++)
			if (text_starts(source, text_of(files[k])))
				return true;
		return is_below_id(source);
	}
	return is_volume(source);
}

static bool is_bind(const struct at *item, const struct words *options)
{
	struct at type = at_member(item, "type");

	return text_eq_str(at_text(&type), "bind") || words_have(options, "bind") ||
	       words_have(options, "rbind");
}

static const struct word *find_option(const struct words *options, const char *a, const char *b)
{
	for (uint32_t i = 0; i < options->count; i++)
		if (word_is(&options->items[i], a) || word_is(&options->items[i], b))
			return &options->items[i];
	return NULL;
}

/* A volume and its mount are one thing here: they find each other by their number. */
static void add_bind(struct reader *r, const struct at *item, const struct words *options,
		     struct workload *w, struct container *c)
{
	struct volume *v = &w->volumes[w->volume_count];
	struct mount *m = &c->mounts[c->mount_count];
	const struct word *ro = find_option(options, "ro", "rro");
	const struct word *shared = find_option(options, "shared", "rshared");
	char number[16];

	*v = (struct volume){ .at = *item, .type = "hostPath" };
	snprintf(number, sizeof(number), "%u", w->volume_count);
	v->name = arena_text(r->arena, text_of(number));
	v->host_path = reader_word(r, item, "source");
	*m = (struct mount){ .at = *item };
	m->volume = (struct word){ v->name, *item };
	m->path = reader_word(r, item, "destination");
	m->read_only = ro ? (struct flag){ ON, ro->at } : (struct flag){ OFF, options->at };
	m->propagation = (struct word){ TEXT_NONE, options->at };
	if (shared)
		m->propagation = (struct word){ TEXT("Bidirectional"), shared->at };
	if (oci_is_made_for_container(v->host_path.value, m->path.value))
		return;
	w->volume_count++;
	c->mount_count++;
}

static void read_mounts(struct reader *r, const struct at *root, struct workload *w,
			struct container *c)
{
	uint32_t count;
	struct at *list = reader_list(r, root, "mounts", &count);

	w->volumes = arena_array(r->arena, struct volume, count + 1);
	c->mounts = arena_array(r->arena, struct mount, count + 1);
	if (!w->volumes || !c->mounts)
		return;
	for (uint32_t i = 0; i < count; i++) {
		const struct at *item = reader_keep(r, at_item(list, i));
		struct words options;

		if (!item)
			return;
		options = reader_words(r, item, "options");
		if (is_bind(item, &options))
			add_bind(r, item, &options, w, c);
	}
}

/* --- namespaces, limits -------------------------------------------------------------------------- */

/* The host's: not listed, or one of its first process. */
static struct flag is_hosts(struct reader *r, const struct at *root, const char *type)
{
	struct at *list;
	uint32_t count;
	struct flag f = { ON, at_member(root, "linux.namespaces") };

	list = reader_list(r, root, "linux.namespaces", &count);
	for (uint32_t i = 0; i < count; i++) {
		const struct at *item = reader_keep(r, at_item(list, i));
		struct at is, path;

		if (!item)
			return f;
		is = at_member(item, "type");
		path = at_member(item, "path");
		if (!text_eq_str(at_text(&is), type))
			continue;
		f.value = text_starts(at_text(&path), TEXT("/proc/1/ns/")) ? ON : OFF;
		f.at = f.value == ON ? path : *item;
	}
	return f;
}

static void read_sysctls(struct reader *r, const struct at *root, struct workload *w)
{
	const struct at *map = reader_keep(r, at_member(root, "linux.sysctl"));
	uint32_t count = map && map->node && map->node->kind == YAML_MAP ? map->node->count : 0;

	w->sysctls = arena_array(r->arena, struct sysctl, count + 1);
	for (uint32_t i = 0; w->sysctls && i < count; i++) {
		struct text key = map->node->entries[i].key;
		char *name = arena_dup(r->arena, key.data, key.len);

		if (name)
			w->sysctls[w->sysctl_count++].name = (struct word){ text_of(name),
									    at_key(map, name) };
	}
}

/* No limit, and one that is none. */
static struct word read_limit(struct reader *r, const struct at *root, const char *name)
{
	struct number n = reader_number(r, root, name);

	return (struct word){ n.set && n.value > 0 ? at_text(&n.at) : TEXT_NONE, n.at };
}

/* Block devices reach below file systems. */
static void read_devices(struct reader *r, const struct at *root, struct container *c)
{
	uint32_t count;
	struct at *list = reader_list(r, root, "linux.devices", &count);

	c->devices = at_member(root, "linux.devices");
	for (uint32_t i = 0; i < count; i++) {
		struct at item = at_item(list, i), type = at_member(&item, "type");

		if (text_eq_str(at_text(&type), "b")) {
			c->devices = item;
			return;
		}
	}
	c->devices.node = NULL;
}

/* Where engines note it; nobody else says where the root came from. */
static void read_image(struct reader *r, const struct workload *w, struct container *c)
{
	static const char *const keys[] = { "io.kubernetes.cri.image-name",
					    "io.kubernetes.cri-o.ImageName",
					    "org.opencontainers.image.ref.name" };
	const struct at *annotations = reader_keep(r, w->annotations);

	for (size_t i = 0; annotations && i < ARRAY_SIZE(keys) && !c->image.value.len; i++) {
		struct at at = at_key(annotations, keys[i]);

		if (at.node)
			c->image = reader_word_at(r, at);
		/* In image layouts the last of them is a tag alone. */
		if (c->image.value.len && !memchr(c->image.value.data, ':', c->image.value.len) &&
		    !memchr(c->image.value.data, '/', c->image.value.len))
			c->image.value = TEXT_NONE;
	}
	c->image_name = image_parse(c->image.value);
}

/* --- all of it ----------------------------------------------------------------------------------- */

static void read_container(struct reader *r, const struct at *root, struct workload *w,
			   struct container *c)
{
	struct security *s = &c->security;
	struct flag nnp = reader_flag(r, root, "process.noNewPrivileges");

	c->kind = CONTAINER_MAIN;
	c->at = *root;
	s->at = at_member(root, "process");
	if (s->at.node && s->at.node->kind != YAML_MAP)
		reader_complain(r, &s->at, "a map");
	s->escalation = (struct flag){ nnp.value == ON ? OFF : ON, nnp.at };
	s->read_only_root = reader_flag(r, root, "root.readonly");
	read_privileges(r, root, s);
	read_user(r, root, s);
	read_seccomp(r, root, s);
	oci_take_labels(reader_word(r, root, "process.apparmorProfile"),
			reader_word(r, root, "process.selinuxLabel"), s);
	read_masks(r, root, s);
	oci_take_env(r, reader_words(r, root, "process.env"), c);
	read_mounts(r, root, w, c);
	read_devices(r, root, c);
	c->command = reader_words(r, root, "process.args");
	c->resources[CPU_LIMIT] = read_limit(r, root, "linux.resources.cpu.quota");
	c->processes = read_limit(r, root, "linux.resources.pids.limit");
	c->resources[MEMORY_LIMIT] = read_limit(r, root, "linux.resources.memory.limit");
}

struct workload *oci_read(struct arena *a, const struct at *root, struct text name, struct diags *d)
{
	struct workload *w = arena_new(a, struct workload);
	struct container *c = arena_new(a, struct container);
	struct reader r = { a, d };
	struct flag user;

	if (!w || !c)
		return NULL;
	w->pod = w->meta = *root;
	w->annotations = at_member(root, "annotations");
	w->containers = c;
	w->container_count = 1;
	c->name = name;
	w->host_pid = is_hosts(&r, root, "pid");
	w->host_network = is_hosts(&r, root, "network");
	w->host_ipc = is_hosts(&r, root, "ipc");
	w->host_uts = is_hosts(&r, root, "uts");
	user = is_hosts(&r, root, "user");
	w->host_users = (struct flag){ user.value == ON ? ON : OFF, user.at };
	read_sysctls(&r, root, w);
	read_container(&r, root, w, c);
	read_image(&r, w, c);
	w->security.groups = c->security.groups;
	return a->failed ? NULL : w;
}
