/* SPDX-License-Identifier: Apache-2.0 */
/* What containers share: the kernel's settings, mounts, who may log in, who watches. */
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/host/look.h"
#include "inspect/host/sshd.h"

enum { LINES_MAX = 10000, INCLUDES_DEEP = 4 };

/* The next line; false at the end. */
static bool next_line(struct text *content, struct text *ret)
{
	const char *end = content->len ? memchr(content->data, '\n', content->len) : NULL;
	uint32_t len = end ? (uint32_t)(end - content->data) : content->len;

	if (!content->len)
		return false;
	*ret = text_from(content->data, len);
	*content = text_from(content->data + len + (end != NULL),
			     content->len - len - (end != NULL));
	return true;
}

/* The next word between blanks; empty at the end. */
static struct text next_word(struct text *line)
{
	struct text rest = text_trim(*line);
	uint32_t n = 0;

	while (n < rest.len && !strchr(" \t", rest.data[n]))
		n++;
	*line = text_from(rest.data + n, rest.len - n);
	return text_from(rest.data, n);
}

/* --- the kernel ---------------------------------------------------------------------------------- */

static const char *const sysctls[] = {
	"fs.protected_hardlinks",
	"fs.protected_symlinks",
	"fs.suid_dumpable",
	"kernel.apparmor_restrict_unprivileged_userns",
	"kernel.dmesg_restrict",
	"kernel.kexec_load_disabled",
	"kernel.kptr_restrict",
	"kernel.perf_event_paranoid",
	"kernel.randomize_va_space",
	"kernel.unprivileged_bpf_disabled",
	"kernel.unprivileged_userns_clone",
	"kernel.yama.ptrace_scope",
	"net.core.bpf_jit_harden",
	"net.ipv4.conf.all.accept_redirects",
	"net.ipv4.conf.all.accept_source_route",
	"user.max_user_namespaces",
	"vm.mmap_min_addr",
};

static void add_sysctls(struct look *l, struct yaml_node *o)
{
	struct yaml_node *map = yaml_make_map(&l->arena, o->file, 1, 1);

	for (size_t i = 0; i < ARRAY_SIZE(sysctls); i++) {
		char path[256];
		struct text value;

		snprintf(path, sizeof(path), "/proc/sys/%s", sysctls[i]);
		for (char *s = path + 10; *s; s++)
			*s = *s == '.' ? '/' : *s;
		value = look_line(l, path);
		if (value.len)
			look_put(l, map, sysctls[i], look_text(l, look_file(l, path), 1, value));
	}
	look_put(l, o, "sysctls", map);
}

static void add_vulnerability(struct look *l, const char *path, void *arg)
{
	struct yaml_node *map = arg;
	struct text value = look_line(l, path), name = text_basename(text_of(path));

	if (value.len)
		yaml_make_put(&l->arena, map, name, look_text(l, look_file(l, path), 1, value));
}

static void add_kernel(struct look *l, struct yaml_node *o)
{
	struct text lsm = look_line(l, "/sys/kernel/security/lsm");
	struct yaml_node *map = yaml_make_map(&l->arena, o->file, 1, 1);

	if (lsm.len)
		look_put(l, o, "lsm",
			 look_text(l, look_file(l, "/sys/kernel/security/lsm"), 1, lsm));
	look_glob(l, "/sys/devices/system/cpu/vulnerabilities/*", add_vulnerability, map);
	if (map && map->count)
		look_put(l, o, "processor", map);
}

/* --- mounts -------------------------------------------------------------------------------------- */

static void add_mounts(struct look *l, struct yaml_node *o)
{
	const char *path = look_exists(l, "/proc/1/mounts") ? "/proc/1/mounts" : "/etc/fstab";
	struct text content = look_read(l, path), line;
	struct yaml_file *f = look_file(l, path);
	struct yaml_node *list = yaml_make_list(&l->arena, f, 1, 1);
	uint32_t number = 0;

	if (!content.data || !f)
		return;
	while (next_line(&content, &line) && ++number < LINES_MAX) {
		struct yaml_node *map = yaml_make_map(&l->arena, f, number, 1);
		static const char *const names[] = { "point", "type", "options" };

		if (text_starts(line, TEXT("#")) || !next_word(&line).len ||
		    !text_starts(text_trim(line), TEXT("/")))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			look_put(l, map, names[i], look_text(l, f, number, next_word(&line)));
		yaml_make_add(&l->arena, list, map);
	}
	look_put(l, o, "mounts", list);
}

static void add_swaps(struct look *l, struct yaml_node *o)
{
	struct text content = look_read(l, "/proc/swaps"), line;
	struct yaml_file *f = look_file(l, "/proc/swaps");
	struct yaml_node *list = yaml_make_list(&l->arena, f, 1, 1);
	uint32_t number = 0;

	if (!content.data || !f)
		return;
	while (next_line(&content, &line) && ++number < LINES_MAX)
		if (number > 1) /* the first is a heading */
			yaml_make_add(&l->arena, list, look_text(l, f, number, next_word(&line)));
	look_put(l, o, "swaps", list);
}

/* --- sshd ---------------------------------------------------------------------------------------- */

struct sshd {
	struct look *look;
	struct yaml_node *map;
	unsigned depth;
};

static void include(struct text pattern, void *arg);

static void read_sshd(struct look *l, const char *path, void *arg)
{
	struct sshd *s = arg;
	struct text content = look_read(l, path);

	if (content.data && s->depth < INCLUDES_DEEP) {
		s->depth++;
		sshd_read(&l->arena, s->map, look_file(l, path), content, include, s);
		s->depth--;
	}
}

static void include(struct text pattern, void *arg)
{
	struct sshd *s = arg;
	char path[1024];

	if (pattern.len > 900)
		return;
	snprintf(path, sizeof(path), "%s%.*s", *pattern.data == '/' ? "" : "/etc/ssh/",
		 (int)pattern.len, pattern.data);
	look_glob(s->look, path, read_sshd, s);
}

static void add_sshd(struct look *l, struct yaml_node *o)
{
	struct sshd s = { .look = l };

	if (!look_exists(l, "/etc/ssh/sshd_config"))
		return;
	s.map = yaml_make_map(&l->arena, look_file(l, "/etc/ssh/sshd_config"), 1, 1);
	read_sshd(l, "/etc/ssh/sshd_config", &s);
	look_put(l, o, "sshd", s.map);
}

/* --- who is in the group docker ------------------------------------------------------------------ */

static void add_groups(struct look *l, struct yaml_node *o)
{
	struct text content = look_read(l, "/etc/group"), line;
	struct yaml_file *f = look_file(l, "/etc/group");
	struct yaml_node *groups = yaml_make_map(&l->arena, f, 1, 1), *list;
	uint32_t number = 0;

	while (next_line(&content, &line) && ++number < LINES_MAX) {
		const char *colon;

		if (!text_starts(line, TEXT("docker:")))
			continue;
		list = yaml_make_list(&l->arena, f, number, 1);
		colon = memrchr(line.data, ':', line.len);
		line = text_from(colon + 1, line.len - (uint32_t)(colon + 1 - line.data));
		while (line.len) {
			const char *comma = memchr(line.data, ',', line.len);
			uint32_t len = comma ? (uint32_t)(comma - line.data) : line.len;

			if (len)
				yaml_make_add(&l->arena, list,
					      look_text(l, f, number, text_from(line.data, len)));
			line = text_from(line.data + len + (comma != NULL),
					 line.len - len - (comma != NULL));
		}
		look_put(l, groups, "docker", list);
	}
	look_put(l, o, "groups", groups);
}

/* --- who watches --------------------------------------------------------------------------------- */

static const struct {
	const char *engine, *path;
} watched[] = {
	{ "docker", "/etc/docker" },
	{ "docker", "/etc/default/docker" },
	{ "docker", "/etc/sysconfig/docker" },
	{ "docker", "/var/lib/docker" },
	{ "docker", "/run/docker.sock" },
	{ "docker", "/usr/bin/dockerd" },
	{ "docker", "/usr/sbin/dockerd" },
	{ "docker", "/usr/lib/systemd/system/docker.service" },
	{ "containerd", "/etc/containerd/config.toml" },
	{ "containerd", "/run/containerd/containerd.sock" },
	{ "containerd", "/usr/bin/containerd" },
	{ "containerd", "/usr/bin/containerd-shim-runc-v2" },
	{ "runc", "/usr/bin/runc" },
	{ "runc", "/usr/sbin/runc" },
	{ "crun", "/usr/bin/crun" },
	{ "kubelet", "/var/lib/kubelet/config.yaml" },
	{ "kubelet", "/etc/kubernetes" },
};

/* "-w /etc/docker -p wa", "-a always,exit -F path=/usr/bin/runc", "-F dir=/etc/docker" */
static void add_rules(struct look *l, const char *path, void *arg)
{
	struct yaml_node *rules = arg;
	struct text content = look_read(l, path), line;
	struct yaml_file *f = look_file(l, path);
	uint32_t number = 0;

	while (next_line(&content, &line) && ++number < LINES_MAX) {
		struct text word;

		for (bool watch = false; (word = next_word(&line)).len;
		     watch = text_eq_str(word, "-w")) {
			if (*word.data == '#')
				break;
			if (text_starts(word, TEXT("path=")))
				word = text_from(word.data + 5, word.len - 5);
			else if (text_starts(word, TEXT("dir=")))
				word = text_from(word.data + 4, word.len - 4);
			else if (!watch)
				continue;
			yaml_make_add(&l->arena, rules, look_text(l, f, number, word));
		}
	}
}

static void add_audit(struct look *l, struct yaml_node *o)
{
	struct yaml_node *audit = yaml_make_map(&l->arena, o->file, 1, 1);
	struct yaml_node *rules = yaml_make_list(&l->arena, o->file, 1, 1);
	struct yaml_node *paths = yaml_make_list(&l->arena, o->file, 1, 1);
	struct yaml_node *engines = yaml_make_list(&l->arena, o->file, 1, 1);
	const char *last = "";

	look_glob(l, "/etc/audit/audit.rules", add_rules, rules);
	look_glob(l, "/etc/audit/rules.d/*.rules", add_rules, rules);
	for (size_t i = 0; i < ARRAY_SIZE(watched); i++) {
		struct yaml_file *f = look_file(l, watched[i].path);

		if (!look_exists(l, watched[i].path))
			continue;
		yaml_make_add(&l->arena, paths, look_text(l, f, 1, text_of(watched[i].path)));
		if (!str_eq(last, watched[i].engine))
			yaml_make_add(&l->arena, engines,
				      look_text(l, f, 1, text_of(watched[i].engine)));
		last = watched[i].engine;
	}
	look_put(l, audit, "watched", rules);
	look_put(l, audit, "paths", paths);
	look_put(l, o, "audit", audit);
	look_put(l, o, "engines", engines);
}

void host_node(struct look *l)
{
	struct yaml_node *o = look_object(l, KIND_HOST, "/");

	if (o) {
		add_sysctls(l, o);
		add_kernel(l, o);
		add_mounts(l, o);
		add_swaps(l, o);
		add_sshd(l, o);
		add_groups(l, o);
		add_audit(l, o);
		look_add_files(l, o, "cni", "/etc/cni/net.d/*.conf*");
	}
	look_finish(l, o);
}
