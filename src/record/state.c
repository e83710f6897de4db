/* SPDX-License-Identifier: Apache-2.0 */
#include "record/state.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"

#define RUN_DIR "/run/merlon"
#define RECORD_DIR RUN_DIR "/record"
#define BPF_DIR "/sys/fs/bpf"
#define OWN_BPF_DIR RUN_DIR "/bpf"

enum { STATE_FILE_MAX = 16 << 20, WORKLOADS_MAX = 8192 };

static int check_name(const char *name, struct error *err)
{
	size_t n = strlen(name);

	if (n == 0 || n > 128 || name[0] == '.')
		return error_set(err, EINVAL,
				 "a recording's name must have 1 to 128 characters "
				 "and not begin with a dot");
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
			return error_set(err, EINVAL,
					 "a recording's name is made of letters, digits, \".\", "
					 "\"_\" and \"-\": \"%s\"",
					 name);
	return 0;
}

int state_dir(const char *name, char *out, size_t size, struct error *err)
{
	int r = check_name(name, err);

	if (!r)
		snprintf(out, size, "%s/%s", RECORD_DIR, name);
	return r;
}

static bool is_bpf_fs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == BPF_FS_MAGIC;
}

int state_pin_dir(const char *name, char *out, size_t size, struct error *err)
{
	const char *root = BPF_DIR "/merlon";
	int r = check_name(name, err);

	if (r)
		return r;
	if (!is_bpf_fs(BPF_DIR)) {
		r = fs_mkdirs(OWN_BPF_DIR, 0700, err);
		if (r)
			return r;
		if (!is_bpf_fs(OWN_BPF_DIR) && mount("merlon", OWN_BPF_DIR, "bpf",
						     MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
			return error_errno(err, errno, "cannot mount a BPF file system on %s",
					   OWN_BPF_DIR);
		root = OWN_BPF_DIR;
	} else if (mkdir(root, 0700) < 0 && errno != EEXIST) {
		return error_errno(err, errno, "%s", root);
	}
	snprintf(out, size, "%s/record_%s", root, name);
	/* A dot means something to the BPF file system. */
	for (char *p = strrchr(out, '/'); *p; p++)
		if (*p == '.')
			*p = '+';
	return 0;
}

static int lock_open(const char *name, bool create)
{
	char dir[256], path[300];

	if (state_dir(name, dir, sizeof(dir), NULL))
		return -EINVAL;
	snprintf(path, sizeof(path), "%s/lock", dir);
	int fd = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0600);

	return fd < 0 ? -errno : fd;
}

int state_lock(const char *name, struct error *err)
{
	char dir[256];
	int fd, r = state_dir(name, dir, sizeof(dir), err);

	if (!r)
		r = fs_mkdirs(dir, 0700, err);
	if (r)
		return r;
	fd = lock_open(name, true);
	if (fd < 0)
		return error_errno(err, -fd, "%s/lock", dir);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return error_set(err, EBUSY,
				 "a recording called \"%s\" is running already; give this one "
				 "another --name, or take a snapshot of that one with "
				 "merlon record --snapshot %s",
				 name, name);
	}
	return fd;
}

bool state_is_locked(const char *name)
{
	cleanup_fd int fd = lock_open(name, false);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;
}

/* --- workloads ---------------------------------------------------------------------------------- */

void session_workload_deinit(struct session_workload *w)
{
	container_deinit(&w->who);
	vec_deinit(&w->cells);
	link_list_deinit(&w->links);
	free(w->profile_path);
	memset(w, 0, sizeof(*w));
}

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
#define FIELD(f)                                  \
	{                                         \
#f, offsetof(struct container, f) \
	}
	FIELD(id),	FIELD(name),	     FIELD(engine),	   FIELD(runtime),
	FIELD(image),	FIELD(image_digest), FIELD(pod_namespace), FIELD(pod_name),
	FIELD(pod_uid), FIELD(bundle),	     FIELD(rootfs),	   FIELD(cgroup),
};

static json_t *strings_json(char *const *items, size_t count)
{
	json_t *all = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(all, json_string(items[i]));
	return all;
}

static json_t *workload_json(const struct session_workload *w)
{
	json_t *o = json_object(), *cells = json_array(), *links = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		json_set_string(o, fields[i].name, *(char **)((char *)&w->who + fields[i].offset));
	vec_foreach(cell, &w->cells)
		json_array_append_new(cells, json_u64(*cell));
	json_object_set_new(o, "cells", cells);
	vec_foreach(pair, &w->links)
		json_object_set_new(links, pair->from, json_string(pair->to));
	json_object_set_new(o, "links", links);
	json_object_set_new(o, "volumes", strings_json(w->who.volumes.items, w->who.volumes.len));
	json_object_set_new(o, "volumeSources",
			    strings_json(w->who.volume_sources.items, w->who.volume_sources.len));
	json_object_set_new(o, "args", strings_json(w->who.command.items, w->who.command.len));
	json_object_set_new(o, "pid", json_integer(w->who.pid));
	json_object_set_new(o, "command", json_boolean(w->command));
	json_object_set_new(o, "ended", json_boolean(w->ended));
	json_object_set_new(o, "written", json_boolean(w->written));
	return o;
}

static int state_file(const char *name, char *out, size_t size, struct error *err)
{
	char dir[256];
	int r = state_dir(name, dir, sizeof(dir), err);

	if (!r)
		snprintf(out, size, "%s/state.json", dir);
	return r;
}

int state_save(const char *name, const struct state *state, struct error *err)
{
	cleanup_json json_t *root = json_object();
	cleanup_free char *text = NULL;
	json_t *all = json_array();
	char path[300];
	int r = state_file(name, path, sizeof(path), err);

	if (r)
		return r;
	vec_foreach(w, &state->workloads)
		json_array_append_new(all, workload_json(w));
	json_object_set_new(root, "version", json_integer(ABI_RECORD_VERSION));
	json_object_set_new(root, "start", json_integer(state->start_ns));
	json_object_set_new(root, "fileHook", json_string(state->hooks.files));
	json_object_set_new(root, "capabilityHook", json_string(state->hooks.capabilities));
	json_object_set_new(root, "workloads", all);
	text = json_dumps(root, JSON_COMPACT);
	if (!text)
		return error_errno(err, ENOMEM, "%s", path);
	return fs_write_atomic(path, text, strlen(text), 0600, err);
}

void state_deinit(struct state *state)
{
	vec_foreach(w, &state->workloads)
		session_workload_deinit(w);
	vec_deinit(&state->workloads);
}

static void strings_load(const json_t *all, void *items, size_t *len, size_t *size)
{
	char ***strings = items;
	const json_t *item;
	size_t i;

	json_array_foreach (all, i, item) {
		if (!json_is_string(item) ||
		    !vec_grow((void **)strings, size, *len, sizeof(char *)))
			continue;
		(*strings)[*len] = strdup(json_string_value(item));
		*len += (*strings)[*len] != NULL;
	}
}

static void links_load(const json_t *links, link_list *list)
{
	const char *from;
	json_t *to;

	json_object_foreach ((json_t *)links, from, to) {
		struct link_pair *pair = json_is_string(to) ? vec_add(list) : NULL;

		if (pair)
			*pair = (struct link_pair){ strdup(from), strdup(json_string_value(to)) };
		if (pair && (!pair->from || !pair->to))
			list->len--;
	}
}

static bool workload_load(struct json_reader *r, const json_t *o, struct session_workload *w)
{
	const json_t *cells = json_get_array(r, o, "cells", true, 65536), *cell;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (!json_get_copy(r, o, fields[i].name, 65536,
				   (char **)((char *)&w->who + fields[i].offset)))
			return false;
	json_array_foreach (cells, i, cell) {
		uint64_t *slot = vec_add(&w->cells);

		if (!slot || !json_u64_value(cell, slot))
			return json_fail(r, "cells/%zu: not a number", i);
	}
	strings_load(json_object_get(o, "volumes"), &w->who.volumes.items, &w->who.volumes.len,
		     &w->who.volumes.size);
	strings_load(json_object_get(o, "volumeSources"), &w->who.volume_sources.items,
		     &w->who.volume_sources.len, &w->who.volume_sources.size);
	strings_load(json_object_get(o, "args"), &w->who.command.items, &w->who.command.len,
		     &w->who.command.size);
	links_load(json_object_get(o, "links"), &w->links);
	w->who.pid = (pid_t)json_integer_value(json_object_get(o, "pid"));
	json_get_bool(r, o, "command", &w->command);
	json_get_bool(r, o, "ended", &w->ended);
	json_get_bool(r, o, "written", &w->written);
	if (!w->who.id || !w->who.name || !w->who.cgroup)
		return json_fail(r, "id, name or cgroup is missing");
	return !r->failed;
}

static void state_read(struct json_reader *r, const json_t *root, struct state *ret)
{
	const char *files = "", *capabilities = "";
	uint64_t version = 0, start = 0;
	const json_t *list, *item;
	size_t i;

	json_get_u64(r, root, "version", true, UINT32_MAX, &version);
	json_get_u64(r, root, "start", true, INT64_MAX, &start);
	json_get_string(r, root, "fileHook", true, sizeof(ret->hooks.files) - 1, &files);
	json_get_string(r, root, "capabilityHook", true, sizeof(ret->hooks.capabilities) - 1,
			&capabilities);
	if (!r->failed && version != ABI_RECORD_VERSION)
		json_fail(r, "this recording was started by another version of merlon");
	ret->start_ns = (int64_t)start;
	snprintf(ret->hooks.files, sizeof(ret->hooks.files), "%s", files);
	snprintf(ret->hooks.capabilities, sizeof(ret->hooks.capabilities), "%s", capabilities);
	list = json_get_array(r, root, "workloads", true, WORKLOADS_MAX);
	json_array_foreach (list, i, item) {
		struct session_workload *w = vec_add(&ret->workloads);

		if (!w)
			json_fail(r, "out of memory");
		if (!w || !workload_load(r, item, w))
			break;
	}
}

int state_load(const char *name, struct state *ret, struct error *err)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_json json_t *root = NULL;
	struct json_reader reader = { .err = err };
	char path[300];
	int r = state_file(name, path, sizeof(path), err);

	memset(ret, 0, sizeof(*ret));
	if (!r)
		r = fs_read(path, STATE_FILE_MAX, &text, err);
	if (r)
		return r;
	root = json_parse(path, text.data, text.len, err);
	if (!root)
		return -EINVAL;
	reader.file = path;
	state_read(&reader, root, ret);
	if (!reader.failed)
		return 0;
	state_deinit(ret);
	return -EINVAL;
}

void state_remove(const char *name)
{
	static const char *const files[] = { "state.json", "lock" };
	char dir[256], path[300];

	if (state_dir(name, dir, sizeof(dir), NULL))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
}

int state_each(int (*fn)(const char *name, void *arg), void *arg)
{
	cleanup_dir DIR *dir = opendir(RECORD_DIR);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (!r && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && !check_name(entry->d_name, NULL))
			r = fn(entry->d_name, arg);
	return r;
}
