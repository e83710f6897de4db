/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/docker.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/oci.h"
#include "inspect/reader.h"

enum { NUMBER_DIGITS = 10 }; /* of a user's */

bool docker_is_container(const struct yaml_node *n)
{
	const struct yaml_node *host = yaml_get(n, "HostConfig"), *config = yaml_get(n, "Config");

	return host && host->kind == YAML_MAP && config && config->kind == YAML_MAP &&
	       !yaml_get(n, "apiVersion");
}

struct text docker_name(const struct at *root)
{
	static const char *const members[] = { "Name", "ID", "Id" };

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		struct at at = at_member(root, members[i]);
		struct text name = at_text(&at);

		if (name.len && *name.data == '/')
			name = text_from(name.data + 1, name.len - 1);
		if (name.len)
			return name;
	}
	return TEXT("container");
}

/* The keys of a map, as places that stay; *ret_count is 0 for what is no map. */
static const struct at *read_map(struct reader *r, const struct at *parent, const char *name,
				 uint32_t *ret_count)
{
	const struct at *map = reader_keep(r, at_member(parent, name));
	struct at *list;

	*ret_count = 0;
	if (!map || !map->node)
		return NULL;
	if (map->node->kind != YAML_MAP) {
		reader_complain(r, map, "a map");
		return NULL;
	}
	list = arena_array(r->arena, struct at, map->node->count + 1);
	for (uint32_t i = 0; list && i < map->node->count; i++) {
		struct text key = map->node->entries[i].key;
		char *copy = arena_dup(r->arena, key.data, key.len);

		if (copy)
			list[(*ret_count)++] = at_key(map, copy);
	}
	return list;
}

/* --- published ports ----------------------------------------------------------------------------- */

/* The number that it begins with: "80/tcp", "8000-8010", "1000"; *ret_rest is what is behind it. */
static struct number number_of(struct text t, struct at at, struct text *ret_rest)
{
	struct number n = { .at = at };
	uint32_t i = 0;

	for (; i < t.len && i < NUMBER_DIGITS && t.data[i] >= '0' && t.data[i] <= '9'; i++)
		n.value = n.value * 10 + (t.data[i] - '0');
	n.set = i > 0;
	if (ret_rest)
		*ret_rest = i < t.len ? text_from(t.data + i, t.len - i) : TEXT_NONE;
	return n;
}

static bool is_every_address(struct text t)
{
	return !t.len || text_eq_str(t, "0.0.0.0") || text_eq_str(t, "::");
}

/* Where a port is really published, which says what was left to Docker: the first place. */
static struct at in_force(const struct at *root, const char *key)
{
	struct at ports = at_member(root, "NetworkSettings.Ports"), list = { 0 }, item = { 0 };

	if (ports.node)
		list = at_key(&ports, key);
	if (at_count(&list))
		item = at_item(&list, 0);
	item.parent = NULL; /* only what is in it is looked at */
	return item;
}

static void add_port(struct reader *r, const struct at *root, const struct at *key,
		     const struct at *item, struct container *c)
{
	struct port *p = &c->ports[c->port_count++];
	struct at actual = in_force(root, key->name);
	struct at port = at_member(&actual, "HostPort"), address = at_member(&actual, "HostIp");
	struct word said = reader_word(r, item, "HostPort");

	*p = (struct port){ .at = *item };
	p->container = number_of(text_of(key->name), *key, NULL);
	p->address = reader_word(r, item, "HostIp");
	if (!p->address.value.len && address.node)
		p->address.value = at_text(&address);
	if (is_every_address(p->address.value))
		p->address.value = TEXT_NONE;
	p->host = number_of(said.value.len ? said.value : at_text(&port), said.at, NULL);
	if (!p->host.set || !p->host.value)
		p->host = (struct number){ true, -1, said.at };
}

/* What is published on every address is there for IPv4, and behind it for IPv6. */
static bool is_other_half(const struct at *item)
{
	struct at address = at_member(item, "HostIp");

	return text_eq_str(at_text(&address), "::");
}

/* map: of "80/tcp" and the places where it is published. */
static void read_bindings(struct reader *r, const struct at *root, const char *map,
			  struct container *c)
{
	uint32_t keys, count, all = 0;
	const struct at *places = read_map(r, root, map, &keys);

	for (uint32_t i = 0; places && i < keys; i++)
		all += at_count(&places[i]);
	c->ports = arena_array(r->arena, struct port, all + 1);
	for (uint32_t i = 0; places && c->ports && i < keys; i++) {
		if (places[i].node && places[i].node->kind != YAML_LIST) {
			reader_complain(r, &places[i], "a list");
			continue;
		}
		count = at_count(&places[i]);
		for (uint32_t k = 0; k < count; k++) {
			const struct at *item = reader_keep(r, at_item(&places[i], k));

			if (item && !(k && is_other_half(item)))
				add_port(r, root, &places[i], item, c);
		}
	}
}

/* Of a container with no network of its own none counts. */
static void read_ports(struct reader *r, const struct at *root, const struct word *network,
		       struct container *c)
{
	struct flag all = reader_flag(r, root, "HostConfig.PublishAllPorts");
	struct at actual = at_member(root, "NetworkSettings.Ports");

	if (word_is(network, "host") || word_is(network, "none") ||
	    text_starts(network->value, TEXT("container:")))
		return;
	if (all.value == ON && actual.node)
		read_bindings(r, root, "NetworkSettings.Ports", c);
	else
		read_bindings(r, root, "HostConfig.PortBindings", c);
}

/*
 * "bridge" is the default one to Docker, and any to podman, and what it was asked for at first: which networks there are
 * really counts for more.
 */
static struct word read_network(struct reader *r, const struct at *root)
{
	struct word w = reader_word(r, root, "HostConfig.NetworkMode");
	uint32_t count;
	const struct at *networks;

	if (w.value.len && !word_is(&w, "default") && !word_is(&w, "bridge"))
		return w;
	networks = read_map(r, root, "NetworkSettings.Networks", &count);
	for (uint32_t i = 0; networks && i < count; i++)
		if (str_eq(networks[i].name, "bridge") || str_eq(networks[i].name, "podman"))
			return w;
	return networks && count ? (struct word){ text_of(networks[0].name), networks[0] } : w;
}

/* --- what no bundle says ------------------------------------------------------------------------- */

/* {"Test": ["NONE"]} takes away what the image has. */
static struct at read_health(const struct at *root)
{
	struct at health = at_member(root, "Config.Healthcheck"), test = at_member(&health, "Test");
	struct at first = at_count(&test) ? at_item(&test, 0) : (struct at){ 0 };

	if (!first.node || text_eq_str(at_text(&first), "NONE"))
		health.node = NULL;
	return health;
}

static void read_words(struct reader *r, const struct at *root, struct workload *w)
{
	struct docker_words *d = &w->docker;
	struct container *c = &w->containers[0];

	d->restart = reader_word(r, root, "HostConfig.RestartPolicy.Name");
	d->restarts = reader_number(r, root, "HostConfig.RestartPolicy.MaximumRetryCount");
	d->ulimits = at_member(root, "HostConfig.Ulimits");
	if (!at_count(&d->ulimits))
		d->ulimits.node = NULL;
	d->cgroup_parent = reader_word(r, root, "HostConfig.CgroupParent");
	d->network = read_network(r, root);
	read_ports(r, root, &d->network, c);
	c->probes[PROBE_LIVENESS] = read_health(root);
}

static void read_image(struct reader *r, const struct at *root, struct container *c)
{
	if (c->image.value.len)
		return;
	c->image = reader_word(r, root, "Config.Image");
	c->image_name = image_parse(c->image.value);
}

void docker_add(struct arena *a, const struct at *root, struct workload *w, struct diags *d)
{
	struct reader r = { a, d };

	read_words(&r, root, w);
	read_image(&r, root, &w->containers[0]);
}

/* --- what confines it ---------------------------------------------------------------------------- */

/* "name=value", and "name:value" of old; no data if it is not there. */
static struct word option(const struct words *options, const char *name)
{
	size_t len = strlen(name);

	for (uint32_t i = 0; i < options->count; i++) {
		struct text t = options->items[i].value;

		if (t.len < len || memcmp(t.data, name, len))
			continue;
		if (t.len == len)
			return (struct word){ TEXT("true"), options->items[i].at };
		if (t.data[len] == '=' || t.data[len] == ':')
			return (struct word){ text_from(t.data + len + 1, t.len - len - 1),
					      options->items[i].at };
	}
	return (struct word){ TEXT_NONE, options->at };
}

/* Docker's own profile, or one that was named, is one; a privileged container has none. */
static void read_seccomp(const struct words *options, struct security *s)
{
	s->seccomp = option(options, "seccomp");
	if (s->privileged.value == ON)
		s->seccomp.value = TEXT_NONE;
	else if (word_is(&s->seccomp, "unconfined"))
		s->seccomp.value = TEXT("Unconfined");
	else if (s->seccomp.value.len && !word_is(&s->seccomp, "builtin")) {
		s->seccomp_file = s->seccomp; /* not its name: its text */
		s->seccomp.value = TEXT("Localhost");
	} else
		s->seccomp.value = TEXT("RuntimeDefault");
}

/* The daemon may give it to all: config.v2.json has what came out. */
static void read_escalation(struct reader *r, const struct at *root, const struct words *options,
			    struct security *s)
{
	struct flag inherited = reader_flag(r, root, "NoNewPrivileges");
	struct word own = option(options, "no-new-privileges");

	s->escalation = (struct flag){ ON, own.at };
	if (inherited.value == ON || (own.value.len && !word_is(&own, "false")))
		s->escalation.value = OFF;
}

/* Not set for what is a name. */
static struct number number_of_all(struct text t, struct at at)
{
	struct text rest;
	struct number n = number_of(t, at, &rest);

	if (rest.len)
		n = (struct number){ .at = at };
	return n;
}

/* "", "0", "root", "web:www", "1000:1000". Who a name is, is in the image; that it is no number of root's is taken on trust. */
static void read_user(struct reader *r, const struct at *root, struct security *s)
{
	struct word w = reader_word(r, root, "Config.User");
	const char *colon = w.value.len ? memchr(w.value.data, ':', w.value.len) : NULL;
	size_t len = colon ? (size_t)(colon - w.value.data) : w.value.len;
	struct text name = text_from(w.value.data ? w.value.data : "", len);
	bool named = name.len && !text_eq_str(name, "root");

	s->user = number_of_all(name, w.at);
	s->group = (struct number){ .at = w.at };
	if (colon)
		s->group = number_of_all(text_from(colon + 1, w.value.len - len - 1), w.at);
	if (!named)
		s->user.set = true; /* nobody named: 0 */
	if (!colon && s->user.set)
		s->group.set = true;
	s->non_root = (struct flag){ named && !s->user.set ? ON : UNSET, w.at };
	s->groups = reader_words(r, root, "HostConfig.GroupAdd");
}

/* Privileged explains capabilities; null is Docker's default, [] hides nothing. */
static void read_privileges(struct reader *r, const struct at *root, struct security *s)
{
	struct words masked = reader_words(r, root, "HostConfig.MaskedPaths");

	s->privileged = reader_flag(r, root, "HostConfig.Privileged");
	s->add = reader_words(r, root, "HostConfig.CapAdd");
	s->drop = reader_words(r, root, "HostConfig.CapDrop");
	s->proc_mount = (struct word){ TEXT_NONE, masked.at };
	if (s->privileged.value == ON)
		s->add.count = s->drop.count = 0; /* one weakness, one finding */
	else if (masked.at.node && !words_have(&masked, "/proc/kcore"))
		s->proc_mount.value = TEXT("Unmasked");
}

static void read_security(struct reader *r, const struct at *root, struct security *s)
{
	struct words options = reader_words(r, root, "HostConfig.SecurityOpt");

	s->at = at_member(root, "HostConfig");
	s->read_only_root = reader_flag(r, root, "HostConfig.ReadonlyRootfs");
	read_privileges(r, root, s);
	read_seccomp(&options, s);
	read_escalation(r, root, &options, s);
	read_user(r, root, s);
	oci_take_labels(reader_word(r, root, "AppArmorProfile"),
			reader_word(r, root, "ProcessLabel"), s);
}

/* --- mounts and devices -------------------------------------------------------------------------- */

static void add_mount(struct reader *r, const struct at *item, struct workload *w,
		      struct container *c)
{
	struct volume *v = &w->volumes[w->volume_count];
	struct mount *m = &c->mounts[c->mount_count];
	struct word type = reader_word(r, item, "Type"), volume = reader_word(r, item, "Name");
	struct flag writable = reader_flag(r, item, "RW");
	char number[16];

	snprintf(number, sizeof(number), "%u", w->volume_count);
	*v = (struct volume){ .at = *item, .type = "hostPath" };
	v->name = arena_text(r->arena, text_of(number));
	v->host_path = reader_word(r, item, "Source");
	*m = (struct mount){ .at = *item };
	m->volume = (struct word){ v->name, *item };
	m->path = reader_word(r, item, "Destination");
	m->read_only = (struct flag){ writable.value == OFF ? ON : OFF, writable.at };
	m->propagation = reader_word(r, item, "Propagation");
	if (word_is(&m->propagation, "shared") || word_is(&m->propagation, "rshared"))
		m->propagation.value = TEXT("Bidirectional");
	else
		m->propagation.value = TEXT_NONE;
	if (volume.value.len || (type.value.len && !word_is(&type, "bind")) ||
	    oci_is_made_for_container(v->host_path.value, m->path.value))
		return;
	w->volume_count++;
	c->mount_count++;
}

/* A map by destination in Docker's file, a list of the same where `docker inspect` shows it. */
static void read_mounts(struct reader *r, const struct at *root, struct workload *w,
			struct container *c)
{
	struct at map = at_member(root, "MountPoints");
	uint32_t count = 0;
	const struct at *items = NULL, *list = NULL;

	if (map.node)
		items = read_map(r, root, "MountPoints", &count);
	else
		list = reader_list(r, root, "Mounts", &count);
	w->volumes = arena_array(r->arena, struct volume, count + 1);
	c->mounts = arena_array(r->arena, struct mount, count + 1);
	if (!w->volumes || !c->mounts)
		return;
	for (uint32_t i = 0; (items || list) && i < count; i++) {
		const struct at *item = items ? &items[i] : reader_keep(r, at_item(list, i));

		if (item)
			add_mount(r, item, w, c);
	}
}

/* By its name, since the device is on another machine perhaps. */
static bool is_block_device(struct text path)
{
	static const char *const names[] = {
		"/dev/sd",	"/dev/hd",   "/dev/vd", "/dev/xvd",   "/dev/nvme",   "/dev/dm-",
		"/dev/mapper/", "/dev/loop", "/dev/md", "/dev/disk/", "/dev/mmcblk", "/dev/nbd"
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (text_starts(path, text_of(names[i])))
			return !text_eq_str(path, "/dev/loop-control");
	return text_eq_str(path, "/dev"); /* all that is in it */
}

static void read_devices(struct reader *r, const struct at *root, struct container *c)
{
	uint32_t count;
	struct at *list = reader_list(r, root, "HostConfig.Devices", &count);

	c->devices = at_member(root, "HostConfig.Devices");
	for (uint32_t i = 0; i < count; i++) {
		const struct at *item = reader_keep(r, at_item(list, i));
		struct word path = item ? reader_word(r, item, "PathOnHost") : (struct word){ 0 };

		if (!is_block_device(path.value))
			continue;
		c->devices = *item;
		return;
	}
	c->devices.node = NULL;
}

/* --- all of it ----------------------------------------------------------------------------------- */

static struct flag is_hosts(struct reader *r, const struct at *root, const char *mode)
{
	struct word w = reader_word(r, root, mode);

	return (struct flag){ word_is(&w, "host") ? ON : UNSET, w.at };
}

/* userns-remap is for all containers: the daemon keeps them below a directory that is called UID.GID then. */
static bool is_remapped(const struct at *root)
{
	struct at at = at_member(root, "HostsPath");
	struct text path = at_text(&at), rest;
	const char *end = path.len ? memmem(path.data, path.len, "/containers/", 12) : NULL;
	struct text parent = text_basename(end ? text_from(path.data, (size_t)(end - path.data)) :
						 TEXT_NONE);

	return number_of(parent, at, &rest).set && rest.len > 1 && *rest.data == '.' &&
	       number_of_all(text_from(rest.data + 1, rest.len - 1), at).set;
}

static void read_namespaces(struct reader *r, const struct at *root, struct workload *w)
{
	w->host_pid = is_hosts(r, root, "HostConfig.PidMode");
	w->host_network = is_hosts(r, root, "HostConfig.NetworkMode");
	w->host_ipc = is_hosts(r, root, "HostConfig.IpcMode");
	w->host_uts = is_hosts(r, root, "HostConfig.UTSMode");
	w->host_users = is_hosts(r, root, "HostConfig.UsernsMode");
	if (w->host_users.value == UNSET && is_remapped(root))
		w->host_users.value = OFF;
}

static void read_sysctls(struct reader *r, const struct at *root, struct workload *w)
{
	uint32_t count;
	const struct at *map = read_map(r, root, "HostConfig.Sysctls", &count);

	w->sysctls = arena_array(r->arena, struct sysctl, count + 1);
	for (uint32_t i = 0; w->sysctls && map && i < count; i++)
		w->sysctls[w->sysctl_count++].name = (struct word){ text_of(map[i].name), map[i] };
}

/* 0 and -1 are no limit. */
static struct word read_limit(struct reader *r, const struct at *root, const char *name)
{
	struct number n = reader_number(r, root, name);

	return (struct word){ n.set && n.value > 0 ? at_text(&n.at) : TEXT_NONE, n.at };
}

static void read_resources(struct reader *r, const struct at *root, struct container *c)
{
	struct word quota = read_limit(r, root, "HostConfig.CpuQuota");

	c->resources[CPU_LIMIT] = read_limit(r, root, "HostConfig.NanoCpus");
	if (quota.value.len)
		c->resources[CPU_LIMIT] = quota;
	c->resources[MEMORY_LIMIT] = read_limit(r, root, "HostConfig.Memory");
	c->processes = read_limit(r, root, "HostConfig.PidsLimit");
}

/* What podman shows of an entry point is a text. */
static void read_command(struct reader *r, const struct at *root, struct container *c)
{
	struct at entry = at_member(root, "Config.Entrypoint");

	if (entry.node && entry.node->kind == YAML_SCALAR) {
		c->command.items = arena_new(r->arena, struct word);
		c->command.at = entry;
		c->command.count = c->command.items && entry.node->text.len;
		if (c->command.count)
			c->command.items[0] = reader_word_at(r, entry);
	} else {
		c->command = reader_words(r, root, "Config.Entrypoint");
	}
	if (c->command.count)
		c->args = reader_words(r, root, "Config.Cmd");
	else
		c->command = reader_words(r, root, "Config.Cmd");
}

struct workload *docker_read(struct arena *a, const struct at *root, struct text name,
			     struct diags *d)
{
	struct workload *w = arena_new(a, struct workload);
	struct container *c = arena_new(a, struct container);
	struct reader r = { a, d };

	if (!w || !c)
		return NULL;
	w->pod = w->meta = *root;
	w->annotations = w->labels = at_member(root, "Config.Labels");
	w->containers = c;
	w->container_count = 1;
	c->kind = CONTAINER_MAIN;
	c->at = *root;
	c->name = name;
	read_namespaces(&r, root, w);
	read_sysctls(&r, root, w);
	read_security(&r, root, &c->security);
	read_mounts(&r, root, w, c);
	read_devices(&r, root, c);
	read_resources(&r, root, c);
	oci_take_env(&r, reader_words(&r, root, "Config.Env"), c);
	read_command(&r, root, c);
	read_words(&r, root, w);
	read_image(&r, root, c);
	w->security.groups = c->security.groups;
	return a->failed ? NULL : w;
}
