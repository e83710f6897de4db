/* SPDX-License-Identifier: Apache-2.0 */
/* Images themselves: what their configuration says, and what is in their files. */
#include "base/cleanup.h"
#include "base/secret.h"
#include "base/str.h"
#include "inspect/check.h"
#include "inspect/image/image.h"

static bool has_config(struct probe *p, const struct object *o)
{
	if (o->image->config.len)
		return true;
	probe_skip(p);
	return false;
}

/* --- configuration ------------------------------------------------------------------------------- */

static void root_user(struct probe *p, const struct object *o)
{
	struct at at = at_member(&o->root, "config.User");
	struct text user = at_text(&at);
	const char *colon = user.len ? memchr(user.data, ':', user.len) : NULL;

	if (!has_config(p, o))
		return;
	if (colon)
		user.len = (uint32_t)(colon - user.data);
	if (!user.len || text_eq_str(user, "0") || text_eq_str(user, "root"))
		probe_fail(p, &at);
}

static void no_health_check(struct probe *p, const struct object *o)
{
	struct at test = at_member(&o->root, "config.Healthcheck.Test");
	struct at first = at_item(&test, 0);

	if (has_config(p, o) && (!at_count(&test) || text_eq_str(at_text(&first), "NONE")))
		probe_fail(p, &test);
}

static void tell_secret(struct probe *p, const struct at *at, struct text name, struct text value)
{
	struct secret s = secret_find(value);
	char described[160];

	if (s.what) {
		secret_describe(&s, described, sizeof(described));
		probe_fail_value(p, at, "%s", described);
	} else if (name.len && secret_is_named(name, value)) {
		probe_fail_value(p, at, "%.*s: %u bytes", (int)(name.len < 80 ? name.len : 80),
				 name.data, value.len);
	}
}

static void secret_variables(struct probe *p, const struct at *env)
{
	for (uint32_t i = 0; i < at_count(env); i++) {
		struct at at = at_item(env, i);
		struct text t = at_text(&at);
		const char *equals = t.len ? memchr(t.data, '=', t.len) : NULL;
		uint32_t len = equals ? (uint32_t)(equals - t.data) : t.len;

		if (equals)
			tell_secret(p, &at, text_from(t.data, len),
				    text_from(equals + 1, t.len - len - 1));
	}
}

static void secret_in_config(struct probe *p, const struct object *o)
{
	struct at env = at_member(&o->root, "config.Env");
	struct at labels = at_member(&o->root, "config.Labels");
	struct at history = at_member(&o->root, "history");

	if (!has_config(p, o))
		return;
	secret_variables(p, &env);
	for (uint32_t i = 0; labels.node && labels.node->kind == YAML_MAP && i < labels.node->count;
	     i++) {
		const struct yaml_entry *e = &labels.node->entries[i];
		struct at at = { &labels, "", AT_KEY, e->value };

		if (e->value->kind == YAML_SCALAR)
			tell_secret(p, &at, e->key, e->value->text);
	}
	for (uint32_t i = 0; i < at_count(&history); i++) {
		struct at step = at_item(&history, i), by = at_member(&step, "created_by");

		tell_secret(p, &by, TEXT_NONE, at_text(&by));
	}
}

static bool contains(struct text t, const char *s)
{
	return t.len && memmem(t.data, t.len, s, strlen(s));
}

static bool is_unchecked(struct text by)
{
	bool loads = contains(by, "curl ") || contains(by, "wget ");
	bool runs = contains(by, "| sh") || contains(by, "|sh") || contains(by, "| bash") ||
		    contains(by, "|bash");

	return contains(by, "ADD http://") || contains(by, "ADD https://") || (loads && runs);
}

static void from_the_network(struct probe *p, const struct object *o)
{
	struct at history = at_member(&o->root, "history");

	if (!has_config(p, o))
		return;
	for (uint32_t i = 0; i < at_count(&history); i++) {
		struct at step = at_item(&history, i), by = at_member(&step, "created_by");

		if (is_unchecked(at_text(&by)))
			probe_fail_value(p, &by, "step %u of its history", i + 1);
	}
}

static void name(struct probe *p, const struct object *o)
{
	struct image_name n = image_parse(text_of(o->image->name));

	if (!o->image->named)
		probe_skip(p);
	else if (!o->image->name)
		probe_fail_value(p, &o->root, "it has no name");
	else if (!n.digest.len && (!n.tag.len || text_eq_str(n.tag, "latest")))
		probe_fail_value(p, &o->root, "%s", o->image->name);
}

/* --- files --------------------------------------------------------------------------------------- */

static void tell_files(struct probe *p, const struct image *image, enum image_file_kind kind,
		       bool hidden)
{
	vec_foreach(f, &image->files) {
		char path[600];

		if (f->kind != kind || f->hidden != hidden)
			continue;
		snprintf(path, sizeof(path), "/%.*s", (int)f->path.len, f->path.data);
		if (f->what)
			probe_fail_file(p, path, "%s, in layer %u", f->what, f->layer);
		else
			probe_fail_file(p, path, "mode %04o, of user %u", f->mode, f->uid);
	}
}

/* Which files: the check's data. */
static void files(struct probe *p, const struct object *o)
{
	tell_files(p, o->image, *(const enum image_file_kind *)probe_data(p), false);
}

static void hidden_secret(struct probe *p, const struct object *o)
{
	if (o->image->layers > 1)
		tell_files(p, o->image, IMAGE_KEY, true);
	else
		probe_skip(p);
}

static void ssh_server(struct probe *p, const struct object *o)
{
	struct at ports = at_member(&o->root, "config.ExposedPorts");
	struct at port = at_key(&ports, "22/tcp");

	tell_files(p, o->image, IMAGE_SSHD, false);
	if (port.node)
		probe_fail(p, &port);
}

/* --- releases ------------------------------------------------------------------------------------ */

/* The last day of ordinary support, as the distributions announce it (those of Debian with LTS). */
static const struct {
	const char *id, *version, *until;
} releases[] = {
	{ "debian", "7", "2018-05-31" },     { "debian", "8", "2020-06-30" },
	{ "debian", "9", "2022-06-30" },     { "debian", "10", "2024-06-30" },
	{ "debian", "11", "2026-08-31" },    { "debian", "12", "2028-06-30" },
	{ "ubuntu", "12.04", "2017-04-28" }, { "ubuntu", "14.04", "2019-04-25" },
	{ "ubuntu", "16.04", "2021-04-30" }, { "ubuntu", "18.04", "2023-05-31" },
	{ "ubuntu", "20.04", "2025-05-31" }, { "ubuntu", "21.04", "2022-01-20" },
	{ "ubuntu", "21.10", "2022-07-14" }, { "ubuntu", "22.10", "2023-07-20" },
	{ "ubuntu", "23.04", "2024-01-25" }, { "ubuntu", "23.10", "2024-07-11" },
	{ "ubuntu", "24.10", "2025-07-10" }, { "alpine", "3.10", "2021-05-01" },
	{ "alpine", "3.11", "2021-11-01" },  { "alpine", "3.12", "2022-05-01" },
	{ "alpine", "3.13", "2022-11-01" },  { "alpine", "3.14", "2023-05-01" },
	{ "alpine", "3.15", "2023-11-01" },  { "alpine", "3.16", "2024-05-23" },
	{ "alpine", "3.17", "2024-11-22" },  { "alpine", "3.18", "2025-05-09" },
	{ "alpine", "3.19", "2025-11-01" },  { "alpine", "3.20", "2026-04-01" },
	{ "alpine", "3.21", "2026-11-01" },  { "alpine", "3.22", "2027-05-01" },
	{ "alpine", "3.23", "2027-11-01" },  { "centos", "6", "2020-11-30" },
	{ "centos", "7", "2024-06-30" },     { "centos", "8", "2021-12-31" },
	{ "amzn", "2018.03", "2023-12-31" }, { "amzn", "2", "2026-06-30" },
};

/* The value of a key, without quotes. */
static struct text release_value(const struct buf *release, const char *key)
{
	const char *at = release->data, *end = at + release->len;

	while (at && at < end) {
		size_t len = strcspn(at, "\n"), n = strlen(key);

		if (len > n && !strncmp(at, key, n) && at[n] == '=') {
			struct text t = text_from(at + n + 1, len - n - 1);

			if (t.len > 1 && strchr("\"'", t.data[0]))
				t = text_from(t.data + 1, t.len - 2);
			return t;
		}
		at += len + 1;
	}
	return TEXT_NONE;
}

static bool is_version(struct text version, const char *prefix)
{
	size_t len = strlen(prefix);

	return text_starts(version, text_of(prefix)) &&
	       (version.len == len || version.data[len] == '.');
}

static void old_release(struct probe *p, const struct object *o)
{
	struct text id = release_value(&o->image->release, "ID");
	struct text version = release_value(&o->image->release, "VERSION_ID");
	const char *today = probe_today(p);

	if (!today || !id.len || !version.len) {
		probe_skip(p);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(releases); i++)
		if (text_eq_str(id, releases[i].id) && is_version(version, releases[i].version) &&
		    strcmp(today, releases[i].until) > 0)
			probe_fail_file(p, "/etc/os-release", "%s %s: until %s", releases[i].id,
					releases[i].version, releases[i].until);
}

/* --- the table ----------------------------------------------------------------------------------- */

static const enum image_file_kind set_id = IMAGE_SETID, writable = IMAGE_WRITABLE,
				  device = IMAGE_DEVICE, key = IMAGE_KEY, cache = IMAGE_CACHE;

#define IMAGE .category = CATEGORY_IMAGE, .kinds = KINDS_IMAGE

/* clang-format off */
static const struct check checks[] = {
	{ .id = "MRL-411", .name = "image-root-user",
	  .title = "The image runs as root",
	  .attack = "Whoever takes over the process is root in the container, and on every volume that it mounts.",
	  .suggest = "Name a user: USER 10001.",
	  .aliases = "DS-0002 CKV_DOCKER_3 docker-4.1",
	  .severity = SEVERITY_HIGH, IMAGE, .object = root_user },
	{ .id = "MRL-412", .name = "image-no-healthcheck",
	  .title = "The image says nothing of its health",
	  .attack = "An engine without Kubernetes does not notice that it hangs.",
	  .suggest = "Add a HEALTHCHECK; Kubernetes asks by probes instead.",
	  .aliases = "DS-0026 CKV_DOCKER_2 docker-4.6",
	  .severity = SEVERITY_LOW, .optional = true, IMAGE, .object = no_health_check },
	{ .id = "MRL-413", .name = "image-setid-file",
	  .title = "A program runs with rights that its caller does not have",
	  .attack = "A bug in it makes root of any user in the container.",
	  .suggest = "Take the bit away (chmod a-s), or the program.",
	  .aliases = "docker-4.8",
	  .severity = SEVERITY_LOW, .data = &set_id, IMAGE, .object = files },
	{ .id = "MRL-414", .name = "image-world-writable",
	  .title = "Everybody may write to it",
	  .attack = "Any process in the container changes what others run or read.",
	  .suggest = "Take the right away (chmod o-w); a directory for all needs the sticky bit.",
	  .aliases = "",
	  .severity = SEVERITY_MEDIUM, .data = &writable, IMAGE, .object = files },
	{ .id = "MRL-415", .name = "image-secret-file",
	  .title = "A credential is in a file of the image",
	  .attack = "Whoever can pull the image has it.",
	  .suggest = "Revoke it, and mount it when the container starts, or while building (RUN --mount=type=secret).",
	  .aliases = "docker-4.10",
	  .severity = SEVERITY_HIGH, .data = &key, IMAGE, .object = files },
	{ .id = "MRL-416", .name = "image-secret-removed",
	  .title = "A credential was removed, and is still in a layer",
	  .attack = "Whoever can pull the image unpacks the layer.",
	  .suggest = "Revoke it, and build without it: what one step adds no later one takes away.",
	  .aliases = "",
	  .severity = SEVERITY_HIGH, IMAGE, .object = hidden_secret },
	{ .id = "MRL-417", .name = "image-secret-config",
	  .title = "A credential is in the image's configuration",
	  .attack = "Whoever can pull the image, or ask a registry about it, reads variables, labels and history.",
	  .suggest = "Revoke it, and give it when the container starts.",
	  .aliases = "DS-0031 CKV_DOCKER_10 docker-4.10-env",
	  .severity = SEVERITY_HIGH, IMAGE, .object = secret_in_config },
	{ .id = "MRL-418", .name = "image-package-cache",
	  .title = "What a package manager downloaded is left",
	  .attack = "Nothing by itself: it is weight, and tells what was installed.",
	  .suggest = "Remove it in the step that made it.",
	  .aliases = "",
	  .severity = SEVERITY_LOW, .data = &cache, IMAGE, .object = files },
	{ .id = "MRL-419", .name = "image-ssh-server",
	  .title = "The image has an SSH server",
	  .attack = "A second way in, past the cluster's permissions and its log, with keys that nobody renews.",
	  .suggest = "Remove it: kubectl exec, or the engine's, will do.",
	  .aliases = "DS-0004 CKV_DOCKER_1 docker-5.7-image",
	  .severity = SEVERITY_MEDIUM, IMAGE, .object = ssh_server },
	{ .id = "MRL-420", .name = "image-unchecked-download",
	  .title = "Something from the network went into the image unchecked",
	  .attack = "Whoever has that address, or is on the way to it, puts a program into the image.",
	  .suggest = "Download it, compare its sum, then use it; COPY instead of ADD.",
	  .aliases = "DS-0005 CKV_DOCKER_4 docker-4.9",
	  .severity = SEVERITY_MEDIUM, IMAGE, .object = from_the_network },
	{ .id = "MRL-421", .name = "image-old-release",
	  .title = "The distribution is not supported any more",
	  .attack = "Holes that are found are not mended.",
	  .suggest = "Build on a release that is supported.",
	  .aliases = "",
	  .severity = SEVERITY_HIGH, IMAGE, .object = old_release },
	{ .id = "MRL-422", .name = "image-name",
	  .title = "The image has no name, or one that will mean another",
	  .attack = "Nobody can say what ran.",
	  .suggest = "Give it a tag that is not moved.",
	  .aliases = "DS-0001",
	  .severity = SEVERITY_LOW, IMAGE, .object = name },
	{ .id = "MRL-423", .name = "image-device",
	  .title = "A device is in the image",
	  .attack = "Where it is not kept from being opened, it is the disk or the memory behind it.",
	  .suggest = "Remove it: engines make the devices that are needed.",
	  .aliases = "",
	  .severity = SEVERITY_MEDIUM, .data = &device, IMAGE, .object = files },
};
/* clang-format on */

const struct check_group checks_image_files = { checks, ARRAY_SIZE(checks) };
